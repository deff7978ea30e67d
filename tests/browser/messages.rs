//! Messages seen on their way: by whoever waits for a code or tries a contact out, while the page is open and without scripts by loading it anew; by administrators in the log.

use std::sync::Arc;

use aikagi::deliver::worker::Worker;
use aikagi::deliver::{About, Carrier, MemoryCarrier, Outcome, Receipt};
use aikagi::model::{Cause, Locale, Role};

use crate::browser::{Browser, LOOKS, looks, tell};
use crate::harness::{PASSWORD, Server};
use crate::stage::Stage;

const NUMBER: &str = "090-1234-5678";

/// A carrier that tells later what became of a letter, and its worker.
struct Carried<'a> {
    server: &'a Server,
    worker: Worker,
    letters: Arc<MemoryCarrier>,
}

impl<'a> Carried<'a> {
    fn of(server: &'a Server) -> Self {
        let letters = Arc::new(MemoryCarrier::telling("domestic"));
        let mut worker = server.worker.clone();
        worker.carriers = vec![letters.clone() as Arc<dyn Carrier>];
        Self { server, worker, letters }
    }

    async fn hands_over(&self) {
        while self.worker.work_once().await.expect("the outbox works") > 0 {}
    }

    /// The carrier tells what became of its newest letter.
    async fn tells(&self, outcome: Outcome) {
        let id = format!("domestic-{}", self.letters.sent().len());
        let about = About::Provider { carrier: "domestic".to_owned(), id };
        let receipt = Receipt { about, outcome, code: None, at: self.server.app.now() };
        self.server.app.receipts.note(&receipt).await.expect("the database works");
    }
}

async fn signs_in(browser: &Browser) {
    browser.open("/w/sakura/sign-in").await;
    browser.types("login", "tanaka").await;
    browser.types("password", PASSWORD).await;
    browser.goes_on().await;
    browser.comes_to_heading(&browser.t_with("home-title", "name", "田中 一郎")).await;
}

/// Marks the page, so that one that was loaded anew is told from one that grew.
async fn marks(browser: &Browser) {
    browser.ask("document.documentElement.dataset.same = ''").await;
}

/// The page says it: by itself where scripts run, loaded anew where they do not.
async fn comes_to_say(browser: &Browser, page: &str, key: &str) {
    if browser.look.scripts {
        browser.reads_text(key).await;
        assert!(browser.has("html[data-same]").await, "the page is the same one");
    } else {
        browser.open(page).await;
        browser.reads_text(key).await;
    }
}

async fn a_code_on_its_way(browser: &mut Browser) {
    for look in LOOKS {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &[NUMBER]).await;
        let carried = Carried::of(&stage.server);
        browser.stand_before(&stage, look).await;
        signs_in(browser).await;
        browser.presses("menu-leave").await;
        browser.comes_to("sign-in-title").await;
        browser.open("/w/sakura/recover/mobile").await;
        browser.types("number", NUMBER).await;
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        marks(browser).await;
        browser.reads_text("trail-taken").await;
        assert!(!browser.words().await.contains(&browser.t("trail-handed")));
        carried.hands_over().await;
        comes_to_say(browser, "/recover/code", "trail-handed").await;
        browser.page_is_well("recover-code-handed").await;
        marks(browser).await;
        carried.tells(Outcome::Delivered).await;
        comes_to_say(browser, "/recover/code", "trail-arrived").await;
        assert!(!browser.words().await.contains(&browser.t("trail-waiting")));
        browser.page_is_well("recover-code-arrived").await;

        // A stranger sees what strangers always saw, whoever has the number.
        for number in [NUMBER, "090-9999-0000"] {
            browser.forget_everything().await;
            browser.open("/w/sakura/recover/mobile").await;
            browser.types("number", number).await;
            browser.goes_on().await;
            browser.comes_to("recover-code-title").await;
            carried.hands_over().await;
            browser.open("/recover/code").await;
            assert!(!browser.has(".trail").await && !browser.has("details[open]").await);
        }
    }
}

#[tokio::test]
async fn a_known_device_sees_the_code_arrive_in_japanese() {
    tell(Locale::Ja, a_code_on_its_way).await;
}

#[tokio::test]
async fn a_known_device_sees_the_code_arrive_in_english() {
    tell(Locale::En, a_code_on_its_way).await;
}

async fn ones_own_contacts(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        stage.server.member("tanaka", &[NUMBER]).await;
        let carried = Carried::of(&stage.server);
        browser.stand_before(&stage, look).await;
        signs_in(browser).await;

        // A test message.
        browser.presses("menu-contacts").await;
        let link = browser.find("a[href$='/try']").await;
        browser.clicks(&link).await;
        browser.comes_to("try-title").await;
        browser.page_is_well("try-before").await;
        browser.goes_on().await;
        browser.reads_text("trail-taken").await;
        let at = browser.path().await;
        marks(browser).await;
        carried.hands_over().await;
        comes_to_say(browser, &at, "trail-handed").await;
        marks(browser).await;
        carried.tells(Outcome::Delivered).await;
        comes_to_say(browser, &at, "trail-arrived").await;
        browser.page_is_well("try-arrived").await;

        // The code of a new number that nobody has.
        browser.open("/w/sakura/me/contacts/add-mobile").await;
        browser.types("number", "080-9876-5432").await;
        browser.goes_on().await;
        browser.comes_to("verify-title").await;
        browser.reads_text("reference").await;
        let at = browser.path().await;
        marks(browser).await;
        carried.hands_over().await;
        carried.tells(Outcome::Undeliverable(Cause::UnknownDestination)).await;
        comes_to_say(browser, &at, "trail-failed").await;
        browser.page_is_well("verify-failed").await;

        // A drill's.
        browser.open("/w/sakura/me/drill").await;
        let choice = browser.find("input[name=contact]").await;
        if !choice.is_selected().await.expect("a choice") {
            browser.ask("document.querySelector('input[name=contact]').checked = true").await;
        }
        browser.goes_on().await;
        browser.comes_to("recover-code-title").await;
        let at = browser.path().await;
        marks(browser).await;
        carried.hands_over().await;
        comes_to_say(browser, &at, "trail-handed").await;
        browser.page_is_well("drill-code-handed").await;
    }
}

#[tokio::test]
async fn a_members_own_messages_arrive_before_their_eyes_in_japanese() {
    tell(Locale::Ja, ones_own_contacts).await;
}

#[tokio::test]
async fn a_members_own_messages_arrive_before_their_eyes_in_english() {
    tell(Locale::En, ones_own_contacts).await;
}

async fn the_log(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        server.member("tanaka", &[NUMBER]).await;
        server.member("suzuki", &["090-2222-0001"]).await;
        let carried = Carried::of(server);
        let mut reference = String::new();
        for (n, number, outcome) in [
            (1, NUMBER, Outcome::Undeliverable(Cause::Full)),
            (2, "090-2222-0001", Outcome::Delivered),
            (3, "090-2222-0001", Outcome::Undeliverable(Cause::Blocked)),
        ] {
            let page = server.visitor_at(&format!("203.0.113.{n}")).asks_for_code(number).await;
            let (_, rest) = page.text.split_once("class=\"reference\"").expect("a reference number");
            reference = rest.split("<strong>").nth(1).expect("a number").split('<').next().expect("an end").to_owned();
            carried.hands_over().await;
            carried.tells(outcome).await;
        }
        browser.stand_before(&stage, look).await;
        stage.seats(browser, "sato", Role::Owner).await;
        browser.open("/w/sakura/admin").await;
        browser.presses("messages-title").await;
        browser.comes_to("messages-title").await;
        browser.reads("suzuki").await;
        browser.page_is_well("desk-messages").await;

        browser.types("address", "090-1234-5678").await;
        browser.goes_on().await;
        browser.reads_text("cause-full").await;
        assert!(!browser.words().await.contains("suzuki") && !browser.path().await.contains("1234"));
        browser.page_is_well("desk-messages-filtered").await;
        browser.types("address", "x").await;
        browser.goes_on().await;
        browser.find(".summary").await;
        browser.page_is_well("desk-messages-wrong").await;
        browser.open("/w/sakura/admin/messages").await;
        browser.types("login", "nobody").await;
        browser.goes_on().await;
        browser.reads_text("messages-none").await;
        browser.page_is_well("desk-messages-none").await;

        browser.open("/w/sakura/admin/messages").await;
        browser.types("reference", &reference).await;
        browser.goes_on().await;
        browser.reads_text("message-way-not-arrived").await;
        browser.reads_text("cause-blocked").await;
        browser.page_is_well("desk-messages-found").await;

        browser.open("/w/sakura/admin/messages").await;
        let link = browser.find("td a[href*='/messages/msg_']").await;
        browser.clicks(&link).await;
        browser.comes_to("message-title").await;
        browser.reads_text("message-kept").await;
        browser.page_is_well("desk-message").await;

        // A helper finds by number, and sees nobody's name.
        server.sql("update members set role = 'help_desk' where login = 'sato'").await;
        browser.open("/w/sakura/admin/messages").await;
        assert!(!browser.has("#login").await);
        browser.types("reference", &reference).await;
        browser.goes_on().await;
        browser.reads_text("message-way-not-arrived").await;
        assert!(!browser.words().await.contains("suzuki"));
        browser.page_is_well("desk-messages-helper").await;
    }
}

#[tokio::test]
async fn administrators_look_messages_up_in_japanese() {
    tell(Locale::Ja, the_log).await;
}

#[tokio::test]
async fn administrators_look_messages_up_in_english() {
    tell(Locale::En, the_log).await;
}
