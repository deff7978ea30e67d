//! What happens beside the straight way back in: wrong and late codes, another code, another way, too much of it.

use aikagi::model::{Locale, minutes, seconds};
use thirtyfour::Cookie;

use crate::browser::{Browser, looks, tell};
use crate::harness::NEW_PASSWORD;
use crate::stage::Stage;

const TANAKA: &str = "+819012345678";

async fn asks_by_sms(browser: &Browser) {
    browser.open("/w/sakura/recover/mobile").await;
    browser.types("number", "090-1234-5678").await;
    browser.goes_on().await;
    browser.comes_to("recover-code-title").await;
}

/// A code that is not this one.
fn other(code: &str) -> String {
    code.chars().map(|c| if c == '9' { '0' } else { char::from(c as u8 + 1) }).collect()
}

async fn codes_that_do_not_fit(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        browser.open("/w/sakura/recover/mobile").await;
        browser.types("number", "03-1234-5678").await;
        browser.goes_on().await;
        browser.reads_text("slip-number-landline").await;
        assert_eq!(browser.value("number").await, "03-1234-5678", "what was typed stays");
        browser.page_is_well("recover-mobile-wrong").await;

        asks_by_sms(browser).await;
        let code = server.code_for(TANAKA).await;
        browser.types("code", "1234").await;
        browser.goes_on().await;
        browser.reads_text("slip-code-shape").await;
        for left in ["4", "3", "2", "1"] {
            browser.types("code", &other(&code)).await;
            browser.goes_on().await;
            browser.reads_with("slip-code-wrong", "left", left).await;
            if left == "4" {
                browser.page_is_well("recover-code-wrong").await;
            }
        }
        browser.types("code", &other(&code)).await;
        browser.goes_on().await;
        browser.reads_text("recover-code-dead").await;
        browser.page_is_well("recover-code-dead").await;

        server.later(minutes(2));
        browser.presses("recover-code-again").await;
        browser.reads_text("said-code-sent-again").await;
        browser.page_is_well("recover-code-sent-again").await;
        server.later(minutes(10) + seconds(1));
        browser.open("/recover/code").await;
        browser.reads_text("recover-code-expired").await;
        browser.page_is_well("recover-code-expired").await;
    }
}

#[tokio::test]
async fn a_code_that_does_not_fit_says_what_next_in_japanese() {
    tell(Locale::Ja, codes_that_do_not_fit).await;
}

#[tokio::test]
async fn a_code_that_does_not_fit_says_what_next_in_english() {
    tell(Locale::En, codes_that_do_not_fit).await;
}

async fn nothing_arrives(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        browser.stand_before(&stage, look).await;

        asks_by_sms(browser).await;
        browser.presses("recover-code-late-mobile").await;
        browser.page_is_well("recover-code-late").await;
        browser.presses("resend").await;
        browser.find(".note.info").await;
        browser.comes_to("recover-code-title").await;
        browser.page_is_well("recover-code-too-soon").await;
        // The page that answered has no address of its own: another language still finds the way back to it.
        browser.changes_language_here("recover-code-title").await;

        browser.presses("recover-code-late-mobile").await;
        browser.presses("recover-code-settings-link").await;
        browser.comes_to("help-sms-title").await;
        browser.page_is_well("help-sms").await;
        let fold = browser.find(".folds summary").await;
        browser.clicks(&fold).await;
        browser.page_is_well("help-sms-open").await;

        browser.open("/recover/code").await;
        browser.presses("recover-code-late-mobile").await;
        server.later(minutes(1));
        browser.presses("resend").await;
        browser.reads_text("said-code-sent-again").await;

        browser.presses("recover-code-late-mobile").await;
        browser.presses("recover-code-by-email").await;
        browser.comes_to("recover-email-title").await;
        browser.types("email", "ichiro@example.jp").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.types("code", &server.code_for("ichiro@example.jp").await).await;
        browser.goes_on().await;
        browser.comes_to("recover-ids-title").await;

        browser.open("/w/sakura/recover").await;
        browser.presses("recover-choose-other").await;
        browser.comes_to("recover-other-title").await;
        browser.page_is_well("recover-other").await;
    }
}

#[tokio::test]
async fn when_nothing_arrives_there_are_other_ways_in_japanese() {
    tell(Locale::Ja, nothing_arrives).await;
}

#[tokio::test]
async fn when_nothing_arrives_there_are_other_ways_in_english() {
    tell(Locale::En, nothing_arrives).await;
}

async fn attempts_that_are_over(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678"]).await;
        browser.stand_before(&stage, look).await;

        asks_by_sms(browser).await;
        browser.types("code", &server.code_for(TANAKA).await).await;
        browser.goes_on().await;
        browser.comes_to("recover-ids-title").await;
        browser.goes_on().await;
        browser.comes_to("recover-password-title").await;
        let handle = browser.driver.get_named_cookie("aikagi_r").await.expect("the attempt's cookie").value;
        browser.types("password", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("sign-in-title").await;
        // As in a second tab that still shows the form.
        browser.driver.add_cookie(Cookie::new("aikagi_r", handle)).await.expect("a cookie");
        browser.open("/recover/password").await;
        browser.reads_text("recover-ended-used").await;
        browser.page_is_well("recover-ended-used").await;
        browser.presses("recover-ended-again").await;
        browser.comes_to("recover-choose-title").await;

        asks_by_sms(browser).await;
        server.later(minutes(31));
        browser.open("/recover/code").await;
        browser.reads_text("recover-ended-expired").await;
        browser.page_is_well("recover-ended").await;

        for _ in 0..20 {
            browser.open("/w/sakura/recover/mobile").await;
            browser.types("number", "090-1234-5678").await;
            browser.goes_on().await;
            if !browser.has("#code").await {
                break;
            }
            server.later(minutes(1));
        }
        browser.comes_to("too-many-title").await;
        browser.page_is_well("recover-too-many").await;
        browser.presses("recover-code-by-email").await;
        browser.comes_to("recover-email-title").await;
    }
}

#[tokio::test]
async fn an_attempt_that_is_over_leads_on_in_japanese() {
    tell(Locale::Ja, attempts_that_are_over).await;
}

#[tokio::test]
async fn an_attempt_that_is_over_leads_on_in_english() {
    tell(Locale::En, attempts_that_are_over).await;
}
