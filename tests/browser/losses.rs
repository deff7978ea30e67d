//! A telephone is lost: reported by hand, at one's own pages and at the desk, and found again.

use aikagi::model::{Locale, Role, minutes};

use crate::browser::{Browser, looks, tell};
use crate::harness::PASSWORD;
use crate::stage::Stage;

const MAIL: &str = "ichiro@example.jp";

async fn ones_own(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", MAIL]).await;
        server.signed_in("tanaka", "2001:db8::7").await;
        browser.stand_before(&stage, look).await;
        browser.open("/w/sakura/sign-in").await;
        browser.types("login", "tanaka").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.presses("menu-sessions").await;
        browser.presses("lost-link").await;
        browser.comes_to("lost-title").await;
        browser.page_is_well("lost").await;
        browser.clicks(&browser.find("input[name^=contact_]:checked").await).await;
        browser.presses("lost-button").await;
        browser.reads_text("slip-nothing-chosen").await;
        browser.page_is_well("lost-nothing").await;
        browser.clicks(&browser.find("input[name^=device_]").await).await;
        browser.clicks(&browser.find("input[name^=contact_]").await).await;
        browser.presses("lost-button").await;
        browser.comes_to("lost-open-title").await;
        browser.reads_text("said-loss-reported").await;
        browser.page_is_well("loss").await;

        server.later(minutes(1));
        browser.presses_words(&browser.t_with("lost-found-prove", "shown", MAIL)).await;
        browser.find("#code").await;
        browser.types("code", &server.code_for(MAIL).await).await;
        browser.goes_on().await;
        browser.comes_to("lost-open-title").await;
        browser.page_is_well("loss-proved").await;
        browser.presses("lost-found-button").await;
        browser.reads_text("said-loss-undone").await;
    }
}

#[tokio::test]
async fn a_lost_telephone_in_japanese() {
    tell(Locale::Ja, ones_own).await;
}

#[tokio::test]
async fn a_lost_telephone_in_english() {
    tell(Locale::En, ones_own).await;
}

async fn at_the_desk(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678", MAIL]).await;
        server.signed_in("tanaka", "2001:db8::7").await;
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "suzuki", Role::Administrator).await;
        browser.open(&format!("/w/sakura/admin/members/{}", tanaka.id)).await;
        browser.presses("desk-lost").await;
        browser.comes_to("desk-lost").await;
        browser.page_is_well("desk-lost").await;
        browser.clicks(&browser.find("input[name^=device_]").await).await;
        browser.presses("lost-button").await;
        browser.reads_text("said-loss-reported").await;
        browser.page_is_well("desk-loss").await;
        browser.presses("desk-lost-close").await;
        browser.reads_text("said-loss-closed").await;
        browser.presses("desk-lost").await;
        browser.page_is_well("desk-loss-closed").await;
        browser.presses("desk-lost-found").await;
        browser.reads_text("said-loss-undone").await;
    }
}

#[tokio::test]
async fn a_members_lost_telephone_at_the_desk_in_japanese() {
    tell(Locale::Ja, at_the_desk).await;
}

#[tokio::test]
async fn a_members_lost_telephone_at_the_desk_in_english() {
    tell(Locale::En, at_the_desk).await;
}
