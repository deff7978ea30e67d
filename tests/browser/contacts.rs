//! Contacts that are held back: after a recovery, and after an objection.

use aikagi::flows::workspaces;
use aikagi::model::{Locale, hours, minutes, seconds};

use crate::browser::{Browser, looks, tell};
use crate::harness::{NEW_PASSWORD, PASSWORD, Server};
use crate::stage::Stage;

const MOBILE: &str = "+819012345678";
const EMAIL: &str = "ichiro@example.jp";
const ASK_JA: &str = "総務部 佐藤（内線 123）までお電話ください。";
const ASK_EN: &str = "Please call Sato in general affairs, extension 123.";

async fn signs_in(browser: &Browser, password: &str) {
    browser.open("/w/sakura/sign-in").await;
    browser.types("login", "tanaka").await;
    browser.types("password", password).await;
    browser.goes_on().await;
}

/// The link of the contact that the list shows so.
async fn presses_of(browser: &Browser, key: &str, shown: &str) {
    let label = browser.t_with(key, "shown", shown);
    let link = browser.find(&format!("a[aria-label=\"{label}\"]")).await;
    browser.clicks(&link).await;
}

/// tanaka has got back in by SMS, in a browser that nobody looks at, and the workplace says whom to ask.
async fn recovered(server: &Server, contacts: &[&str]) {
    workspaces::set_contact_text(&server.app, &server.workspace, Some(ASK_JA), Some(ASK_EN)).await.expect("it works");
    let tanaka = server.member("tanaka", contacts).await;
    let mut phone = server.visitor();
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    server.later(minutes(1));
}

async fn removal_after_a_recovery(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        recovered(server, &["090-1234-5678", EMAIL, "080-9876-5432"]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, NEW_PASSWORD).await;
        browser.comes_to("checkup-title").await;
        browser.goes_on().await;

        browser.presses("menu-contacts").await;
        presses_of(browser, "contacts-remove-this", "080-9876-5432").await;
        browser.comes_to("remove-title").await;
        browser.reads_text("remove-hold-closed").await;
        browser.page_is_well("remove-after-recovery").await;
        browser.presses_words(&browser.t_with("prove-button", "shown", EMAIL)).await;
        browser.comes_to("verify-title").await;
        browser.reads_text("verify-again-button").await;
        browser.changes_language_here("verify-title").await;
        browser.types("code", &server.code_for(EMAIL).await).await;
        browser.goes_on().await;
        browser.comes_to("remove-title").await;
        browser.reads_text("said-contact-confirmed").await;
        browser.page_is_well("remove-proved").await;
        browser.goes_on().await;
        browser.reads_text("said-contact-removed").await;

        let stage = Stage::open().await;
        recovered(&stage.server, &["090-1234-5678"]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, NEW_PASSWORD).await;
        browser.comes_to("checkup-title").await;
        browser.presses("menu-contacts").await;
        presses_of(browser, "contacts-remove-this", "090-1234-5678").await;
        browser.reads_text("remove-prove-none").await;
        browser.page_is_well("remove-after-recovery-alone").await;
        browser.presses("remove-hold-button").await;
        browser.comes_to("removal-held-title").await;
        browser.reads(if browser.locale == Locale::Ja { ASK_JA } else { ASK_EN }).await;
        browser.page_is_well("removal-held").await;
        browser.changes_language().await;
        browser.comes_to("cannot-title").await;
        browser.changes_language().await;
        signs_in(browser, NEW_PASSWORD).await;
        browser.comes_to("stopped-held-title").await;
        browser.page_is_well("stopped-after-removal").await;
    }
}

#[tokio::test]
async fn a_removal_after_a_recovery_wants_a_proof_in_japanese() {
    tell(Locale::Ja, removal_after_a_recovery).await;
}

#[tokio::test]
async fn a_removal_after_a_recovery_wants_a_proof_in_english() {
    tell(Locale::En, removal_after_a_recovery).await;
}

/// Somebody added 080-9876-5432 with tanaka's password, and the address objected.
async fn frozen(server: &Server, contacts: &[&str]) {
    workspaces::set_contact_text(&server.app, &server.workspace, Some(ASK_JA), Some(ASK_EN)).await.expect("it works");
    server.member("tanaka", contacts).await;
    let mut other = server.signed_in("tanaka", "203.0.113.66").await;
    let page = other.post("/w/sakura/me/contacts/add-mobile", &[("number", "080-9876-5432")]).await;
    let code = server.code_for("+818098765432").await;
    other.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    server.later(minutes(40));
    let letters = server.received(EMAIL).await;
    let text = &letters.last().expect("a notice").text;
    let path = &text[text.find("/not-me/").expect("a link")..];
    let path = path.split_whitespace().next().expect("a word");
    server.visitor_at("203.0.113.5").submit(path, &[]).await.is(200);
    server.later(minutes(5));
}

async fn frozen_contacts(browser: &mut Browser) {
    for look in looks(browser.locale) {
        let stage = Stage::open().await;
        let server = &stage.server;
        frozen(server, &["090-1234-5678", EMAIL, "spare.address.of.tanaka@example.jp"]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, PASSWORD).await;
        browser.presses("menu-contacts").await;
        browser.comes_to("contacts-title").await;
        browser.page_is_well("contacts-frozen").await;
        presses_of(browser, "contacts-decide-this", EMAIL).await;
        browser.comes_to("decide-title").await;
        browser.page_is_well("decide-prove").await;
        browser.presses_words(&browser.t_with("prove-button", "shown", "090-1234-5678")).await;
        browser.comes_to("verify-title").await;
        browser.page_is_well("verify-for-decision").await;
        server.later(minutes(6));
        browser.types("code", &server.code_for(MOBILE).await).await;
        browser.goes_on().await;
        // It took a while: the password once more, and then back to the decision.
        browser.comes_to("reauth-title").await;
        browser.types("password", PASSWORD).await;
        browser.goes_on().await;
        browser.comes_to("decide-title").await;
        browser.page_is_well("decide").await;
        browser.presses("decide-keep-button").await;
        browser.reads_text("said-contact-kept").await;
        browser.page_is_well("contacts-kept").await;
        presses_of(browser, "contacts-decide-this", "080-9876-5432").await;
        browser.presses("decide-remove-button").await;
        browser.reads_text("said-contact-removed").await;

        let stage = Stage::open().await;
        let server = &stage.server;
        frozen(server, &[EMAIL]).await;
        browser.stand_before(&stage, look).await;
        signs_in(browser, PASSWORD).await;
        browser.presses("menu-contacts").await;
        presses_of(browser, "contacts-decide-this", EMAIL).await;
        browser.reads_text("decide-none").await;
        browser.page_is_well("decide-ask").await;
        browser.presses("decide-later").await;
        server.sql("update contacts set frozen_at = null, changed_at = null where state = 'frozen'").await;
        browser.open("/w/sakura/me/contacts").await;
        browser.reads_text("state-frozen-note-undated").await;
        browser.page_is_well("contacts-frozen-undated").await;
        presses_of(browser, "contacts-decide-this", EMAIL).await;
        browser.page_is_well("decide-ask-undated").await;

        let stage = Stage::open().await;
        let server = &stage.server;
        frozen(server, &[EMAIL, "090-1234-5678"]).await;
        server.sql(&format!("update members set recovered_at = {}, recovered_by = 'sms'", server.app.now().0)).await;
        server.later(hours(2) + seconds(1));
        browser.stand_before(&stage, look).await;
        signs_in(browser, PASSWORD).await;
        browser.presses("menu-contacts").await;
        presses_of(browser, "contacts-decide-this", EMAIL).await;
        browser.comes_to("decide-title").await;
        browser.page_is_well("decide-wait").await;
    }
}

#[tokio::test]
async fn a_frozen_contact_is_decided_in_japanese() {
    tell(Locale::Ja, frozen_contacts).await;
}

#[tokio::test]
async fn a_frozen_contact_is_decided_in_english() {
    tell(Locale::En, frozen_contacts).await;
}
