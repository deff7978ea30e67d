//! A telephone is lost: reported by hand, at one's own pages and at the desk, and found again.

use aikagi::clock::Clock as _;
use aikagi::flows::open_pages;
use aikagi::model::{Locale, Role, minutes};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::browser::{Browser, SIZES, looks, tell};
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
        browser.presses("lost-close").await;
        browser.reads_text("said-loss-closed").await;
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
        browser.presses("loss-step-hold").await;
        browser.reads_text("said-member-held").await;
        browser.presses("loss-step-void").await;
        browser.reads_text("said-loss-voided").await;
        browser.page_is_well("desk-loss-steps").await;
        browser.presses("loss-step-password").await;
        browser.reads_text("said-change-forced").await;
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

/// Signs in by hand.
async fn signs_in(browser: &Browser) {
    browser.open("/w/sakura/sign-in").await;
    browser.types("login", "tanaka").await;
    browser.types("password", PASSWORD).await;
    browser.goes_on().await;
    browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
}

/// The page that stands open hears what the server sees by its next look.
async fn hears(stage: &Stage, browser: &Browser) {
    while stage.server.app.open_pages.count() == 0 {
        browser.ask("return 0").await;
    }
    open_pages::look(&stage.server.app).await.expect("the database works");
}

/// Something asked of the page until it is so.
async fn until(browser: &Browser, script: &str) {
    for _ in 0..200 {
        if browser.ask(script).await == json!(true) {
            return;
        }
    }
    panic!("never: {script}");
}

/// The wire between a browser and the server, which can be cut.
struct Wire {
    url: String,
    cut: watch::Sender<bool>,
}

impl Wire {
    async fn to(stage: &Stage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let (cut, is_cut) = watch::channel(false);
        let server = stage.url.replace("http://localhost", "127.0.0.1");
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut is_cut, server) = (is_cut.clone(), server.clone());
                tokio::spawn(async move {
                    if *is_cut.borrow() {
                        return;
                    }
                    let mut far = TcpStream::connect(server).await.expect("the server listens");
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = is_cut.wait_for(|is_cut| *is_cut) => {}
                    }
                });
            }
        });
        Self { url, cut }
    }
}

async fn from_elsewhere(browser: &mut Browser) {
    for look in SIZES {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", MAIL]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser).await;
        // Two pages of one browser share the one that listens.
        let mut other = stage.server.signed_in("tanaka", "2001:db8::7").await;
        other.submit("/w/sakura/me/devices/sign-out-others", &[]).await.is(200);
        hears(&stage, browser).await;
        browser.comes_to("sign-in-title").await;
        browser.reads_text("said-over-elsewhere").await;
        browser.page_is_well("over-elsewhere").await;
    }
}

#[tokio::test]
async fn an_open_page_hears_that_it_was_signed_out_in_japanese() {
    tell(Locale::Ja, from_elsewhere).await;
}

#[tokio::test]
async fn an_open_page_hears_that_it_was_signed_out_in_english() {
    tell(Locale::En, from_elsewhere).await;
}

async fn emptied(browser: &mut Browser) {
    for look in SIZES {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", MAIL]).await;
        browser.stand_before(&stage, look).await;
        let wire = Wire::to(&stage).await;
        browser.url.clone_from(&wire.url);
        signs_in(browser).await;
        until(browser, "return (await caches.match('/w/sakura/me/offline')) !== undefined").await;
        browser.ask("localStorage.setItem('work', 'secret'); return 0").await;

        // Where there is no connection, the page that the device kept is shown, in its dress.
        wire.cut.send_replace(true);
        browser.open("/w/sakura/me/devices").await;
        browser.comes_to("offline-title").await;
        browser.picture(&format!("offline-{}-{}", browser.locale, look.width)).await;
        wire.cut.send_replace(false);
        browser.driver.browser_log().await.expect("Chromium keeps a log");
        browser.open("/w/sakura/me").await;

        // It is lost, and told to give up what it holds while a page of it is open.
        let mut other = stage.server.signed_in("tanaka", "2001:db8::7").await;
        let page = other.get("/w/sakura/me/lost").await;
        let at = page.text.find("device_dev_").expect("the browser");
        let lost = page.text[at + "device_".len()..][..30].to_owned();
        let ticked = format!("device_{lost}");
        other.submit("/w/sakura/me/lost", &[("kind", "stolen"), (&ticked, "on")]).await.is(200);
        other.submit("/w/sakura/me/lost/wipe", &[("device", &lost)]).await.says("待っています");
        hears(&stage, browser).await;
        browser.comes_to("wiped-done-title").await;
        browser.page_is_well("wiped").await;
        let left = browser.ask(
            "return (await caches.keys()).length + (await navigator.serviceWorker.getRegistrations()).length + localStorage.length",
        );
        assert_eq!(left.await, json!(0));
        other.get("/w/sakura/me/lost").await.says("消えたことを確かめました");
        browser.open("/w/sakura/me").await;
        browser.comes_to("sign-in-title").await;
    }
}

#[tokio::test]
async fn a_lost_browser_empties_itself_in_japanese() {
    tell(Locale::Ja, emptied).await;
}

#[tokio::test]
async fn a_lost_browser_empties_itself_in_english() {
    tell(Locale::En, emptied).await;
}

#[tokio::test]
async fn a_lost_browser_without_scripts_is_emptied_by_its_header_and_nobody_claims_to_know() {
    tell(Locale::Ja, async |browser| {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &["090-1234-5678", MAIL]).await;
        browser.stand_before(&stage, crate::browser::LOOKS[2]).await;
        signs_in(browser).await;
        let mut other = stage.server.signed_in("tanaka", "2001:db8::7").await;
        let page = other.get("/w/sakura/me/lost").await;
        let at = page.text.find("device_dev_").expect("the browser");
        let lost = page.text[at + "device_".len()..][..30].to_owned();
        other.submit("/w/sakura/me/lost", &[("kind", "lost"), (&format!("device_{lost}"), "on")]).await.is(200);
        other.submit("/w/sakura/me/lost/wipe", &[("device", &lost)]).await.says("待っています");
        browser.open("/w/sakura/me").await;
        browser.comes_to("wiped-title").await;
        browser.page_is_well("wiped-plain").await;
        browser.presses("wiped-button").await;
        browser.comes_to("wiped-done-title").await;
        other.get("/w/sakura/me/lost").await.says("消えたかどうかは分かりません");
    })
    .await;
}

/// A computer with the workplace's program, as it would have enrolled itself.
async fn with_program(stage: &Stage, member: &aikagi::store::members::Member) {
    let (id, workspace) = (&member.id, &member.workspace_id);
    let at = stage.server.clock.now().0;
    stage
        .server
        .sql(&format!(
            "insert into agents (id, workspace_id, member_id, name, platform, public_key, enrolled_by, enrolled_at, seen_at, number)
             values ('agt_00000000000000000000000001', '{workspace}', '{id}', 'sakura-note-12', 'linux x86_64', 'key', '{id}', {at}, {at}, 0)"
        ))
        .await;
}

async fn programs(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        browser.stand_before(&stage, look).await;
        let own = stage.seats(browser, "suzuki", Role::Administrator).await;
        browser.presses("menu-sessions").await;
        browser.comes_to("devices-title").await;
        browser.page_is_well("devices-of-an-administrator").await;
        browser.presses("agents-link").await;
        browser.comes_to("agents-title").await;
        browser.reads_text("agents-none").await;
        browser.page_is_well("agents-none").await;
        browser.presses("agents-make-code").await;
        browser.reads("AGT-").await;
        browser.page_is_well("agent-code").await;
        with_program(&stage, &own).await;
        browser.open("/w/sakura/me/devices/agents").await;
        browser.reads("sakura-note-12").await;
        browser.page_is_well("agents").await;

        let tanaka = stage.server.member("tanaka", &["090-1234-5678", MAIL]).await;
        stage.server.sql("delete from agents").await;
        with_program(&stage, &tanaka).await;
        let list = format!("/w/sakura/admin/members/{}/agents", tanaka.id);
        browser.open(&list).await;
        browser.page_is_well("desk-agents").await;
        browser.open(&format!("{list}/agt_00000000000000000000000001/wipe")).await;
        browser.comes_to("agent-wipe-title").await;
        browser.page_is_well("desk-agent-wipe").await;
        browser.presses("agent-wipe-button").await;
        browser.reads_text("said-agent-wipe-asked").await;
        browser.page_is_well("desk-agents-told").await;
        browser.presses("wipe-take-back").await;
        browser.reads_text("said-wipe-taken-back").await;
        browser.reads_text("wipe-impossible").await;
    }
}

#[tokio::test]
async fn a_computer_gets_the_workplaces_program_and_is_told_in_japanese() {
    tell(Locale::Ja, programs).await;
}

#[tokio::test]
async fn a_computer_gets_the_workplaces_program_and_is_told_in_english() {
    tell(Locale::En, programs).await;
}

/// A telephone that a service manages, as it was registered on another day.
async fn with_managed(stage: &Stage, member: &aikagi::store::members::Member, by: &aikagi::store::members::Member) {
    let at = stage.server.clock.now().0;
    let told =
        r#"{"name":"iPhone-4F2K","system":"iOS","user":"u-1","user_name":"tanaka@sakura.example.jp","enrolled":"x"}"#;
    stage
        .server
        .sql(&format!(
            "insert into managed_devices (id, workspace_id, member_id, way, device, name, told, added_by, added_at)
             values ('mng_00000000000000000000000001', '{}', '{}', 'graph', '0f3a2b1c-1111-2222-3333-444455556666', 'iPhone', '{told}', '{}', {at})",
            member.workspace_id, member.id, by.id
        ))
        .await;
}

async fn managed(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        browser.stand_before(&stage, look).await;
        let own = stage.seats(browser, "suzuki", Role::Owner).await;
        let tanaka = stage.server.member("tanaka", &["090-1234-5678", MAIL]).await;
        let list = format!("/w/sakura/admin/members/{}/managed", tanaka.id);
        browser.open(&list).await;
        browser.reads_text("managed-no-service").await;
        browser.page_is_well("desk-managed-none").await;
        browser.presses("management-title").await;
        browser.comes_to("management-title").await;
        browser.page_is_well("desk-management-none").await;
        browser.presses("management-connect").await;
        browser.reads_text("slip-tenant-form").await;
        browser.page_is_well("desk-management-wrong").await;
        browser.types("tenant", "sakura.onmicrosoft.com").await;
        browser.types("client", "aaaabbbb-1111-2222-3333-ccccddddeeee").await;
        browser.types("secret", "Q~8x.secret-value").await;
        browser.presses("management-connect").await;
        browser.reads_text("said-management-set").await;
        browser.page_is_well("desk-management").await;

        with_managed(&stage, &tanaka, &own).await;
        browser.open(&list).await;
        browser.reads("iPhone-4F2K").await;
        browser.page_is_well("desk-managed").await;
        browser.presses("managed-add-button").await;
        browser.reads_text("slip-guid-form").await;
        browser.page_is_well("desk-managed-wrong").await;
        browser.open(&format!("{list}/mng_00000000000000000000000001/wipe")).await;
        browser.comes_to("agent-wipe-title").await;
        browser.page_is_well("desk-managed-wipe").await;
        browser.presses("agent-wipe-button").await;
        browser.reads_text("said-managed-wipe-asked").await;
        browser.reads_text("wipe-queued-managed").await;
        browser.page_is_well("desk-managed-told").await;
        browser.presses("wipe-take-back").await;
        browser.reads_text("said-wipe-taken-back").await;

        // The case has it, too.
        browser.open(&format!("/w/sakura/admin/members/{}/lost", tanaka.id)).await;
        browser.clicks(&browser.find("input[name^=contact_]").await).await;
        browser.presses("lost-button").await;
        browser.reads_text("managed-title").await;
        browser.page_is_well("desk-loss-managed").await;
    }
}

#[tokio::test]
async fn a_telephone_that_a_service_manages_is_wiped_in_japanese() {
    tell(Locale::Ja, managed).await;
}

#[tokio::test]
async fn a_telephone_that_a_service_manages_is_wiped_in_english() {
    tell(Locale::En, managed).await;
}
