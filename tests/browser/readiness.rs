//! An administrator sees who could not get back in alone and asks them; a member tries out getting back in.

use aikagi::flows::readiness::go_round;
use aikagi::model::{Locale, minutes};

use crate::browser::{Browser, looks, tell};
use crate::harness::PASSWORD;
use crate::stage::Stage;

async fn signs_in(browser: &Browser, login: &str) {
    browser.open("/w/sakura/sign-in").await;
    browser.types("login", login).await;
    browser.types("password", PASSWORD).await;
    browser.goes_on().await;
    browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
}

async fn from_the_list_to_the_drill(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        let lost = server.member("lost", &[]).await;
        let sato = server.member("sato", &[]).await;
        server.sql(&format!("update members set role = 'owner' where id = '{}'", sato.id)).await;
        server.later(minutes(1));
        go_round(&server.app).await.expect("the database works").expect("nobody else is at it");
        browser.stand_before(&stage, look).await;

        signs_in(browser, "sato").await;
        browser.presses("menu-desk").await;
        browser.presses("desk-readiness").await;
        browser.comes_to("readiness-title").await;
        browser.page_is_well("desk-readiness").await;
        browser.changes_language_here("readiness-title").await;
        browser.presses("readiness-trend-table").await;
        browser.page_is_well("desk-readiness-table").await;
        browser.presses("readiness-no-contact").await;
        browser.comes_to("readiness-no-contact").await;
        browser.page_is_well("desk-readiness-list").await;
        browser.presses("slips-print").await;
        browser.comes_to("slips-title").await;
        browser.page_is_well("desk-slips").await;
        browser.changes_language().await;
        browser.comes_to("readiness-no-contact").await;
        browser.changes_language().await;
        let link = browser.find(&format!("a[href$='{}']", lost.id)).await;
        browser.clicks(&link).await;
        browser.presses("way-nudge").await;
        browser.comes_to("way-nudge").await;
        browser.page_is_well("desk-nudge").await;
        browser.goes_on().await;
        browser.reads_text("said-nudged").await;
        browser.page_is_well("desk-member-nudged").await;
        browser.open("/w/sakura/admin/readiness/drills").await;
        browser.reads_text("readiness-drilled-none").await;
        browser.page_is_well("desk-drills-none").await;

        browser.forget_everything().await;
        signs_in(browser, "tanaka").await;
        browser.presses("drill-link").await;
        browser.comes_to("drill-title").await;
        browser.page_is_well("drill").await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        browser.reads_text("drill-banner").await;
        browser.page_is_well("drill-code").await;
        browser.changes_language_here("recover-code-title").await;
        browser.types("code", "0000").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("drill-code-wrong").await;
        browser.types("code", &server.code_for("+819012345678").await).await;
        browser.goes_on().await;
        browser.comes_to("drill-done-title").await;
        browser.page_is_well("drill-done").await;
        browser.presses("drill-done-back").await;
        browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
    }
}

#[tokio::test]
async fn who_cannot_get_back_in_is_seen_and_getting_in_is_tried_in_japanese() {
    tell(Locale::Ja, from_the_list_to_the_drill).await;
}

#[tokio::test]
async fn who_cannot_get_back_in_is_seen_and_getting_in_is_tried_in_english() {
    tell(Locale::En, from_the_list_to_the_drill).await;
}
