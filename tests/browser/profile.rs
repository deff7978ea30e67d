//! A member's own pages, by hand.

use aikagi::model::{Locale, days, minutes};

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::stage::Stage;

async fn signs_in(browser: &Browser, password: &str) {
    browser.open("/w/sakura/sign-in").await;
    browser.types("login", "tanaka").await;
    browser.types("password", password).await;
    browser.goes_on().await;
    browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
}

async fn own_contacts(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &[]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, PASSWORD).await;
        browser.page_is_well("home-no-contacts").await;
        browser.presses("menu-contacts").await;
        browser.comes_to("contacts-title").await;
        browser.page_is_well("contacts-empty").await;

        server.later(minutes(40));
        browser.presses("contacts-add-mobile").await;
        browser.comes_to("reauth-title").await;
        browser.page_is_well("confirm").await;
        browser.changes_language_here("reauth-title").await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("slip-password-wrong").await;
        browser.page_is_well("confirm-wrong").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;

        browser.comes_to("add-mobile-title").await;
        browser.page_is_well("add-mobile").await;
        browser.types("number", "090-1234").await;
        browser.goes_on().await;
        browser.reads_text("slip-number-short").await;
        browser.page_is_well("add-mobile-wrong").await;
        browser.types("number", "090 1234 5678").await;
        browser.goes_on().await;
        browser.comes_to("verify-title").await;
        browser.page_is_well("verify").await;
        browser.presses("resend").await;
        browser.find(".note.info").await;
        browser.page_is_well("verify-too-soon").await;
        browser.changes_language_here("verify-title").await;
        browser.types("code", &server.code_for("+819012345678").await).await;
        browser.goes_on().await;
        browser.comes_to("contacts-title").await;
        browser.reads_text("said-contact-added").await;

        browser.presses("contacts-add-email").await;
        browser.comes_to("add-email-title").await;
        browser.page_is_well("add-email").await;
        browser.types("email", "ichiro@example.jp").await;
        browser.goes_on().await;
        browser.comes_to("verify-title").await;
        browser.presses("verify-later").await;
        browser.comes_to("contacts-title").await;
        browser.page_is_well("contacts").await;
        browser.presses("contacts-verify").await;
        browser.comes_to("verify-title").await;
        server.later(minutes(11));
        browser.open(&browser.path().await).await;
        browser.reads_text("recover-code-expired").await;
        browser.page_is_well("verify-expired").await;
        browser.presses("recover-code-again").await;
        browser.reads_text("said-code-sent-again").await;
        browser.types("code", &server.code_for("ichiro@example.jp").await).await;
        browser.goes_on().await;
        browser.reads_text("said-contact-added").await;

        browser.presses("contacts-remove").await;
        if browser.has("input[name=next]").await {
            browser.types("password", PASSWORD).await;
            browser.goes_on().await;
        }
        browser.comes_to("remove-title").await;
        browser.page_is_well("remove").await;
        browser.goes_on().await;
        browser.comes_to("contacts-title").await;
        browser.reads_text("said-contact-removed").await;
        browser.presses("contacts-remove").await;
        browser.comes_to("remove-title").await;
        browser.reads_text("remove-last").await;
        browser.page_is_well("remove-last").await;
        browser.presses("remove-keep").await;
        browser.comes_to("contacts-title").await;
    }
}

#[tokio::test]
async fn own_contacts_are_kept_in_japanese() {
    tell(Locale::Ja, own_contacts).await;
}

#[tokio::test]
async fn own_contacts_are_kept_in_english() {
    tell(Locale::En, own_contacts).await;
}

async fn own_password_and_sessions(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, PASSWORD).await;
        browser.presses("home-sessions").await;
        browser.comes_to("devices-title").await;
        browser.page_is_well("devices-only").await;
        server.visitor().signs_in("tanaka", PASSWORD).await.is(200);
        server.visitor_at("2001:db8::7").signs_in("tanaka", PASSWORD).await.is(200);
        browser.presses("menu-sessions").await;
        browser.reads("iPhone").await;
        browser.page_is_well("devices").await;
        browser.presses("devices-rename").await;
        browser.comes_to("device-name-title").await;
        browser.types("name", &"長".repeat(31)).await;
        browser.presses("device-name-button").await;
        browser.page_is_well("device-name-long").await;
        browser.types("name", "いつものスマートフォン").await;
        browser.presses("device-name-button").await;
        browser.reads_text("said-device-named").await;
        browser.reads("いつものスマートフォン").await;
        browser.presses("devices-sign-out").await;
        browser.reads_text("said-session-ended").await;
        browser.presses("devices-sign-out-others").await;
        browser.reads_text("said-sessions-ended").await;
        browser.reads_text("devices-only").await;

        browser.presses("menu-password").await;
        browser.comes_to("change-password-title").await;
        browser.page_is_well("password").await;
        browser.types("current", "ちがうものを入れた").await;
        browser.types("password", "short").await;
        browser.goes_on().await;
        browser.reads_text("summary-title").await;
        browser.page_is_well("password-wrong").await;
        browser.types("current", PASSWORD).await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("slip-password-again").await;
        browser.types("current", PASSWORD).await;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("said-password-changed").await;
        browser.page_is_well("home-password-changed").await;

        server.later(days(181));
        browser.open("/w/sakura/me").await;
        browser.comes_to("sign-in-title").await;
        browser.reads_text("said-session-over").await;
        browser.page_is_well("sign-in-session-over").await;
        signs_in(browser, NEW_PASSWORD).await;
        browser.page_is_well("home-reconfirm").await;
        browser.presses("home-reconfirm-go").await;
        browser.comes_to("verify-title").await;
    }
}

#[tokio::test]
async fn own_password_and_sessions_in_japanese() {
    tell(Locale::Ja, own_password_and_sessions).await;
}

#[tokio::test]
async fn own_password_and_sessions_in_english() {
    tell(Locale::En, own_password_and_sessions).await;
}
