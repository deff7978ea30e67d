//! The administrators' desk: an owner finds a member, suspends and lets in again, changes a role; a helper sees what is theirs.

use aikagi::flows::tallies;
use aikagi::model::{Locale, Role, minutes};

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD, Server};
use crate::stage::Stage;

/// What the charts count, as a company of two hundred makes it.
async fn a_busy_week(server: &Server) {
    const HOUR: i64 = 3_600_000_000;
    let (workspace, last) = (&server.workspace.id, server.app.now().0 / HOUR * HOUR);
    let mut rows = Vec::new();
    for ago in 1..168 {
        let hour = last - ago * HOUR;
        let at_work = [0, 0, 1, 2, 3, 9, 24, 31, 18, 9, 7, 6, 14, 9, 7, 6, 5, 8, 4, 2, 1, 1, 0, 0];
        let of_day = usize::try_from((hour / HOUR + 9).rem_euclid(24)).expect("an hour of a day");
        let times = at_work[of_day] + ago % 3;
        for (log, what, times) in [
            ("sign_ins", "signed_in", times),
            ("sign_ins", "refused", times / 6),
            ("audit", "proved_by_sms", i64::from(ago % 11 == 0)),
            ("audit", "proved_by_email", i64::from(ago % 19 == 0)),
            ("audit", "back_by_sms", i64::from(ago % 11 == 0)),
            ("audit", "back_by_email", i64::from(ago % 23 == 0)),
            ("audit", "back_by_help", i64::from(ago % 71 == 0)),
        ] {
            if times > 0 {
                rows.push(format!("('{workspace}', {hour}, '{log}', '{what}', {times})"));
            }
        }
    }
    let rows = rows.join(", ");
    server.sql(&format!("insert into tallies (workspace_id, hour, log, what, times) values {rows}")).await;
}

async fn at_the_desk(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
        server.invited("suzuki").await;
        browser.stand_before(&stage, look).await;
        let sato = stage.seats(browser, "sato", Role::Owner).await;
        browser.presses("menu-desk").await;
        browser.comes_to("desk-start-title").await;
        browser.page_is_well("desk-start").await;
        a_busy_week(server).await;
        server.later(minutes(4));
        while tallies::follow(&server.app).await.expect("the database works") {}
        browser.open("/w/sakura/admin").await;
        browser.find("svg.plot rect").await;
        browser.page_is_well("desk-start-counted").await;
        browser.presses("chart-table").await;
        browser.page_is_well("desk-start-table").await;

        browser.types("q", "090-1234-5678").await;
        browser.goes_on().await;
        browser.comes_to("desk-members").await;
        browser.page_is_well("desk-members").await;
        assert!(!browser.path().await.contains("1234"));
        browser.types("q", "zzz").await;
        browser.goes_on().await;
        browser.reads_text("desk-members-none-found").await;
        browser.page_is_well("desk-members-none").await;
        browser.presses("desk-pages-first").await;
        let link = browser.find(&format!("a[href$='{}']", tanaka.id)).await;
        browser.clicks(&link).await;
        browser.comes_to_heading("田中 一郎").await;
        browser.page_is_well("desk-member").await;

        browser.presses("way-suspend").await;
        browser.comes_to("way-suspend").await;
        browser.page_is_well("desk-before-suspend").await;
        browser.goes_on().await;
        browser.reads_text("said-member-suspended").await;
        browser.page_is_well("desk-member-suspended").await;
        browser.presses("way-resume").await;
        browser.reads_text("said-member-resumed").await;

        // The password is asked for again, and what was chosen stays.
        browser.presses("way-role").await;
        browser.comes_to("way-role").await;
        browser.page_is_well("desk-role").await;
        server.later(minutes(6));
        browser.presses("role-administrator").await;
        browser.goes_on().await;
        browser.comes_to("reauth-title").await;
        browser.page_is_well("desk-confirm").await;
        browser.types("again", NEW_PASSWORD).await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("desk-confirm-wrong").await;
        browser.types("again", PASSWORD).await;
        browser.goes_on().await;
        browser.reads_text("said-role-changed").await;
        assert_eq!(server.reload(&tanaka).await.role, Role::Administrator);
        browser.presses("way-delete").await;
        browser.page_is_well("desk-before-delete").await;
        let button = browser.find("button.destroys").await;
        browser.clicks(&button).await;
        browser.reads_text("said-member-deleted").await;
        browser.page_is_well("desk-member-deleted").await;

        // A helper has the desk's first page, and is told whose the others are.
        server.sql(&format!("update members set role = 'help_desk' where id = '{}'", sato.id)).await;
        browser.open("/w/sakura/admin").await;
        browser.reads_text("desk-helper-start").await;
        browser.page_is_well("desk-start-helper").await;
        browser.open("/w/sakura/admin/members").await;
        browser.comes_to("problem-not-yours-title").await;
        browser.page_is_well("problem-not-yours").await;
    }
}

#[tokio::test]
async fn an_owner_looks_after_members_in_japanese() {
    tell(Locale::Ja, at_the_desk).await;
}

#[tokio::test]
async fn an_owner_looks_after_members_in_english() {
    tell(Locale::En, at_the_desk).await;
}
