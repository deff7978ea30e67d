//! 「ID・パスワードの確認」, by hand, from the door and back to it.

use aikagi::model::Locale;

use crate::browser::{Browser, LOOKS, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

const TANAKA: &str = "+819012345678";

async fn back_in_by_sms(browser: &mut Browser) {
    for look in LOOKS {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura").await;
        browser.comes_to("sign-in-title").await;
        browser.page_is_well("sign-in").await;
        browser.presses("sign-in-help-link").await;
        browser.comes_to("recover-choose-title").await;
        browser.page_is_well("recover-choose").await;
        browser.presses("recover-choose-mobile").await;
        browser.comes_to("recover-mobile-title").await;
        browser.page_is_well("recover-mobile").await;
        browser.types("number", "０９０-1234 5678").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.page_is_well("recover-code").await;
        let code = stage.server.code_for(TANAKA).await;
        browser.types("code", &code).await;
        browser.goes_on().await;
        browser.comes_to("recover-ids-title").await;
        browser.reads("tanaka@sakura").await;
        browser.page_is_well("recover-id").await;
        browser.goes_on().await;
        sets_password_and_signs_in(browser).await;
    }
}

async fn sets_password_and_signs_in(browser: &Browser) {
    browser.comes_to("recover-password-title").await;
    browser.page_is_well("recover-password").await;
    browser.types("password", NEW_PASSWORD).await;
    browser.page_is_well("recover-password-typed").await;
    browser.goes_on().await;

    browser.comes_to("sign-in-title").await;
    browser.reads_text("said-password-set").await;
    assert_eq!(browser.value("login").await, "tanaka@sakura");
    browser.page_is_well("sign-in-again").await;
    browser.types("password", PASSWORD).await;
    browser.goes_on().await;
    browser.reads_text("slip-sign-in-failed").await;
    browser.page_is_well("sign-in-failed").await;
    assert_eq!(browser.value("login").await, "tanaka@sakura", "the ID stays");
    browser.types("password", NEW_PASSWORD).await;
    browser.goes_on().await;

    browser.comes_to("checkup-title").await;
    browser.page_is_well("checkup").await;
    browser.goes_on().await;
    browser.reads_text("said-checkup-done").await;
    browser.page_is_well("home").await;
}

#[tokio::test]
async fn tanaka_gets_back_in_by_sms_in_japanese() {
    tell(Locale::Ja, back_in_by_sms).await;
}

#[tokio::test]
async fn tanaka_gets_back_in_by_sms_in_english() {
    tell(Locale::En, back_in_by_sms).await;
}

async fn back_in_by_email(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/").await;
        browser.comes_to("sign-in-title").await;
        browser.page_is_well("sign-in-common").await;
        browser.presses("sign-in-help-link").await;
        browser.presses("recover-choose-email").await;
        browser.comes_to("recover-email-title").await;
        browser.page_is_well("recover-email").await;
        browser.types("email", "ichiro.example.jp").await;
        browser.goes_on().await;
        browser.reads_text("slip-email-no-at").await;
        browser.page_is_well("recover-email-wrong").await;
        browser.types("email", "Ｉchiro@example.jp").await;
        browser.types("login", "tanaka@sakura").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.presses("recover-code-late-email").await;
        browser.page_is_well("recover-code-email").await;
        let code = stage.server.code_for("ichiro@example.jp").await;
        browser.types("code", &format!("{} {}", &code[..4], &code[4..])).await;
        browser.goes_on().await;
        browser.comes_to("recover-ids-title").await;
        browser.goes_on().await;
        browser.comes_to("recover-password-title").await;
        browser.types("password", "tanaka").await;
        browser.goes_on().await;
        browser.reads_text("summary-title").await;
        browser.page_is_well("recover-password-wrong").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("sign-in-title").await;
        browser.reads_text("said-password-set").await;
    }
}

#[tokio::test]
async fn tanaka_gets_back_in_by_email_in_japanese() {
    tell(Locale::Ja, back_in_by_email).await;
}

#[tokio::test]
async fn tanaka_gets_back_in_by_email_in_english() {
    tell(Locale::En, back_in_by_email).await;
}

async fn one_of_several_ids(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let momiji = server.workspace("momiji", "もみじ工務店とその仲間たちの共同事業組合").await;
        server.member("tanaka", &["090-1234-5678"]).await;
        server.member_of(&momiji, "ichiro.tanaka.of.the.long.name", &["090-1234-5678"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/recover/mobile").await;
        browser.types("number", "+81 90 1234 5678").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.types("code", &server.code_for(TANAKA).await).await;
        browser.goes_on().await;
        browser.comes_to("recover-ids-title").await;
        browser.page_is_well("recover-id-several").await;
        browser.goes_on().await;
        browser.reads_text("slip-nothing-picked").await;
        browser.page_is_well("recover-id-none-picked").await;
        browser.presses_words("ichiro.tanaka.of.the.long.name@momiji").await;
        browser.page_is_well("recover-id-picked").await;
        browser.goes_on().await;
        browser.comes_to("recover-password-title").await;
        browser.reads("ichiro.tanaka.of.the.long.name@momiji").await;
        // One may also stop once the ID is known.
        browser.open("/recover/id").await;
        browser.presses("recover-ids-enough").await;
        browser.comes_to("sign-in-title").await;
    }
}

#[tokio::test]
async fn one_of_several_ids_is_chosen_in_japanese() {
    tell(Locale::Ja, one_of_several_ids).await;
}

#[tokio::test]
async fn one_of_several_ids_is_chosen_in_english() {
    tell(Locale::En, one_of_several_ids).await;
}
