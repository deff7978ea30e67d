//! 「ID・パスワードの確認」, by hand.

use aikagi::model::Locale;

use crate::browser::{Browser, LOOKS, tell};
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
