//! What becomes of contacts that an objection froze: who may decide it, and who may not.

use aikagi::flows::{members, standing, workspaces};
use aikagi::model::{hours, minutes, seconds};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server};
use crate::own::link_in;
use crate::raw;

const MOBILE: &str = "+819012345678";
const ADDED: &str = "+818098765432";
const EMAIL: &str = "ichiro@example.jp";
/// An address that took no part in the change.
pub const SPARE: &str = "spare@example.jp";

/// Somebody signed in as tanaka added 080-9876-5432, and the address [`EMAIL`] objected: both are frozen. Of the older
/// contacts these are there beside it. The browser is the one that added the number, with a fresh password.
async fn frozen(server: &Server, beside: &[&str]) -> Browser {
    let contacts: Vec<&str> = [EMAIL].into_iter().chain(beside.iter().copied()).collect();
    server.member("tanaka", &contacts).await;
    let mut browser = server.signed_in("tanaka", "198.51.100.7").await;
    let page = browser.post("/w/sakura/me/contacts/add-mobile", &[("number", "080-9876-5432")]).await;
    let code = server.code_for(ADDED).await;
    browser.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    server.later(minutes(1));
    objects(server, EMAIL).await;
    server.later(minutes(1));
    browser
}

/// Whoever has this address presses the button of its newest notice.
async fn objects(server: &Server, address: &str) {
    let letters = server.received(address).await;
    let letter = letters.iter().rev().find(|letter| letter.text.contains("/not-me/")).expect("a notice");
    server.visitor_at("203.0.113.5").submit(&link_in(&letter.text), &[]).await.is(200);
}

/// A browser in which everything was proved that decides about the frozen address, and the address's id.
pub async fn ready_to_decide(server: &Server) -> (Browser, String) {
    let mut own = frozen(server, &["090-1234-5678", SPARE]).await;
    let spare = own.contact(SPARE).await;
    own.proves_again(server, &spare, SPARE).await.is(200);
    let frozen = own.contact(EMAIL).await;
    (own, frozen)
}

async fn decides(browser: &mut Browser, id: &str, decision: &str) -> crate::harness::Page {
    browser.submit(&format!("/w/sakura/me/contacts/{id}/decide"), &[("decision", decision)]).await
}

/// Fails the story if anything was decided.
async fn nothing_was_decided(server: &Server, frozen: usize) {
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "contacts", "state", "frozen"), frozen);
    for action in ["frozen_contact_kept", "frozen_contact_removed", "contact_removed"] {
        assert_eq!(raw::count(&dump, "audit", "action", action), 0, "{action}");
    }
}

async fn told(server: &Server, to: &str, purpose: &str) -> usize {
    server.received(to).await.iter().filter(|letter| letter.purpose == purpose).count()
}

#[tokio::test]
async fn an_older_contact_decides_and_everybody_is_told() {
    let server = Server::start().await;
    let mut own = frozen(&server, &["090-1234-5678", SPARE]).await;
    own.get("/w/sakura/me/contacts").await.says("自分ではない").says("どうするかを決める");
    let (email, added, spare) =
        (own.contact(EMAIL).await, own.contact("080-9876-5432").await, own.contact(SPARE).await);
    let page = own.get(&format!("/w/sakura/me/contacts/{email}/decide")).await;
    page.says("先に、別の連絡先で").says("090-1234-5678").says(SPARE).does_not_say("使いつづける");

    let decide = format!("/w/sakura/me/contacts/{email}/decide");
    let page = own.post(&format!("/w/sakura/me/contacts/{spare}/resend?next={decide}"), &[]).await;
    let verify = page.leads_to().to_owned();
    own.get(&verify).await.says(&format!("verify?next={decide}")).says(&format!("resend?next={decide}"));
    let code = server.code_for(SPARE).await;
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    own.post(&verify, &[("code", wrong)]).await.is(422).says(&format!("verify?next={decide}"));
    assert_eq!(own.post(&verify, &[("code", &code)]).await.leads_to(), decide);
    own.get(&decide).await.says("使いつづける").says("24時間後");

    decides(&mut own, &email, "keep").await.says("元にもどしました").says("入り直しに使えるまで あと24時間");
    for to in [MOBILE, SPARE, EMAIL, ADDED] {
        assert_eq!(told(&server, to, "contact_kept").await, 1, "{to}");
    }
    decides(&mut own, &added, "remove").await.says("連絡先を削除しました").does_not_say("080-9876-5432");
    for to in [MOBILE, SPARE, EMAIL, ADDED] {
        assert_eq!(told(&server, to, "contact_removed").await, 1, "{to}");
    }
    // The decided contact is told, but has no say in it.
    let last = server.received(ADDED).await.pop().expect("a notice");
    assert!(last.text.contains("管理者"), "{}", last.text);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "frozen_contact_kept"), 1);
    assert_eq!(raw::count(&dump, "audit", "action", "frozen_contact_removed"), 1);
    decides(&mut own, &added, "keep").await.is(404);
    decides(&mut own, &email, "remove").await.is(200);
    own.get("/w/sakura/me/contacts").await.says(EMAIL);

    // Kept, it recovers after the hold, and not before.
    let codes = async || told(&server, EMAIL, "recovery_code").await;
    let mut phone = server.visitor_at("203.0.113.77");
    server.later(hours(23));
    phone.asks_for_code_by_email(EMAIL, "").await.is(200);
    assert_eq!(codes().await, 0, "it recovers nothing yet");
    server.later(hours(1) + minutes(10));
    phone.asks_for_code_by_email(EMAIL, "").await.is(200);
    assert_eq!(codes().await, 1);
}

#[tokio::test]
async fn nothing_is_decided_without_a_proof_of_an_older_contact() {
    let server = Server::start().await;
    let mut own = frozen(&server, &["090-1234-5678"]).await;
    let (email, added) = (own.contact(EMAIL).await, own.contact("080-9876-5432").await);
    for (id, decision) in [(&email, "keep"), (&email, "remove"), (&added, "keep"), (&added, "remove")] {
        decides(&mut own, id, decision).await.says("先に、別の連絡先で");
    }
    for decision in ["", "thaw", "keep,remove"] {
        decides(&mut own, &email, decision).await.is(400);
    }
    // Nor by the way that every other contact is removed.
    own.submit(&format!("/w/sakura/me/contacts/{added}/remove"), &[]).await.says("この連絡先をどうしますか");
    own.submit(&format!("/w/sakura/me/contacts/{added}/remove"), &[("if_unproved", "hold")]).await.is(200);
    nothing_was_decided(&server, 2).await;
    assert!(own.is_signed_in().await, "nothing was held either");
}

#[tokio::test]
async fn what_took_part_in_the_change_decides_nothing() {
    let server = Server::start().await;
    let mut own = frozen(&server, &[]).await;
    workspaces::set_contact_text(&server.app, &server.workspace, Some("総務の佐藤（内線 123）まで"), None)
        .await
        .unwrap();
    let (email, added) = (own.contact(EMAIL).await, own.contact("080-9876-5432").await);
    for id in [&email, &added] {
        own.post(&format!("/w/sakura/me/contacts/{id}/resend"), &[]).await.is(404);
        own.submit(&format!("/w/sakura/me/contacts/{id}/verify"), &[("code", "12345678")]).await.is(422);
        let page = decides(&mut own, id, "keep").await;
        page.says("変更より前からあって").says("総務の佐藤（内線 123）まで").does_not_say("使いつづける");
    }
    nothing_was_decided(&server, 2).await;
}

#[tokio::test]
async fn a_contact_added_after_the_change_decides_nothing() {
    let server = Server::start().await;
    let mut own = frozen(&server, &[]).await;
    let page = own.post("/w/sakura/me/contacts/add-email", &[("email", "thief@example.jp")]).await;
    let code = server.code_for("thief@example.jp").await;
    own.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    // Not even when its own hold has passed.
    server.later(hours(25));
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let (thiefs, email) = (own.contact("thief@example.jp").await, own.contact(EMAIL).await);
    own.proves_again(&server, &thiefs, "thief@example.jp").await.says("連絡先を確認しました");
    decides(&mut own, &email, "remove").await.says("変更より前からあって");
    nothing_was_decided(&server, 2).await;
}

#[tokio::test]
async fn a_proof_from_before_the_freezing_does_not_count() {
    let server = Server::start().await;
    server.member("tanaka", &[EMAIL, "090-1234-5678"]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let page = own.post("/w/sakura/me/contacts/add-email", &[("email", "new@example.jp")]).await;
    let code = server.code_for("new@example.jp").await;
    own.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    server.later(seconds(1));
    let mobile = own.contact("090-1234-5678").await;
    own.proves_again(&server, &mobile, MOBILE).await.says("連絡先を確認しました");
    server.later(seconds(1));
    objects(&server, EMAIL).await;
    let new = own.contact("new@example.jp").await;
    decides(&mut own, &new, "keep").await.says("先に、別の連絡先で");
    nothing_was_decided(&server, 2).await;

    // A recovery by that contact is a proof of it, but not one of this session, even if it leaves it alive.
    server
        .sql(&format!(
            "update contacts set confirmed_at = {}, confirmed_in = null where id = '{mobile}'",
            server.app.now().0 + 1
        ))
        .await;
    decides(&mut own, &new, "keep").await.says("先に、別の連絡先で");
    nothing_was_decided(&server, 2).await;
    server.later(minutes(2));
    own.proves_again(&server, &mobile, MOBILE).await.says("連絡先を確認しました");
    decides(&mut own, &new, "remove").await.says("連絡先を削除しました");
}

/// The owner proves a contact; a thief who knows the password, too, decides in a session of their own.
#[tokio::test]
async fn a_proof_in_another_session_does_not_count() {
    let server = Server::start().await;
    let (mut own, email) = ready_to_decide(&server).await;
    let mut thief = server.signed_in("tanaka", "203.0.113.66").await;
    decides(&mut thief, &email, "remove").await.says("先に、別の連絡先で");
    nothing_was_decided(&server, 2).await;
    decides(&mut own, &email, "keep").await.says("元にもどしました");
}

/// What was frozen and kept counted in full only after the change: it decides nothing else of it.
#[tokio::test]
async fn a_contact_that_was_kept_does_not_decide_the_other_one() {
    let server = Server::start().await;
    let (mut own, email) = ready_to_decide(&server).await;
    decides(&mut own, &email, "keep").await.says("元にもどしました");
    server.later(hours(25));
    let mut other = server.signed_in("tanaka", "203.0.113.66").await;
    other.proves_again(&server, &email, EMAIL).await.says("連絡先を確認しました");
    let added = other.contact("080-9876-5432").await;
    decides(&mut other, &added, "keep").await.says("先に、別の連絡先で").does_not_say(&format!("{email}/resend"));
    assert_eq!(raw::count(&server.dump().await, "contacts", "state", "frozen"), 1);
}

/// Whoever got in by a stolen number can type a code that goes there as often as they like: for a day it decides nothing.
#[tokio::test]
async fn for_a_day_after_a_recovery_its_own_channel_decides_nothing() {
    let server = Server::start().await;
    frozen(&server, &["090-1234-5678"]).await;
    let tanaka = members::by_login(&server.app, &server.workspace, &aikagi::model::LoginName::parse("tanaka").unwrap())
        .await
        .unwrap()
        .unwrap();
    let mut thief = server.visitor_at("203.0.113.66");
    thief.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    thief.types_code(&code).await.is(200);
    thief.picks(&tanaka).await.is(200);
    thief.sets_password(NEW_PASSWORD).await.is(200);
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    server.later(minutes(2));
    let (mobile, email) = (thief.contact("090-1234-5678").await, thief.contact(EMAIL).await);
    thief.proves_again(&server, &mobile, MOBILE).await.says("連絡先を確認しました");
    for decision in ["keep", "remove"] {
        decides(&mut thief, &email, decision).await.says("入り直してから24時間").does_not_say("使いつづける");
    }
    nothing_was_decided(&server, 2).await;

    server.later(hours(24));
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    thief.proves_again(&server, &mobile, MOBILE).await.says("連絡先を確認しました");
    decides(&mut thief, &email, "keep").await.says("元にもどしました");
}

#[tokio::test]
async fn somebody_elses_frozen_contact_is_not_found() {
    let server = Server::start().await;
    let (_, email) = ready_to_decide(&server).await;
    server.member("sato", &["080-1111-2222", "sato@example.jp"]).await;
    let ume = server.workspace("ume", "うめ商店").await;
    server.member_of(&ume, "tanaka", &["090-1234-5678"]).await;
    let mut sato = server.signed_in("sato", "203.0.113.6").await;
    let mut umes = server.visitor_at("203.0.113.7");
    umes.submit("/w/ume/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await.is(200);
    for (browser, slug) in [(&mut sato, "sakura"), (&mut umes, "ume")] {
        let path = format!("/w/{slug}/me/contacts/{email}/decide");
        browser.get(&path).await.is(404);
        for decision in ["keep", "remove"] {
            browser.post(&path, &[("decision", decision)]).await.is(404);
        }
    }
    nothing_was_decided(&server, 2).await;
}

#[tokio::test]
async fn deciding_wants_a_fresh_password_and_a_live_session() {
    let server = Server::start().await;
    let (mut own, email) = ready_to_decide(&server).await;
    let path = format!("/w/sakura/me/contacts/{email}/decide");
    server.later(minutes(6));
    let confirm = format!("/w/sakura/me/confirm?next={path}");
    assert_eq!(own.get(&path).await.leads_to(), confirm);
    assert_eq!(own.post(&path, &[("decision", "keep")]).await.leads_to(), confirm);
    nothing_was_decided(&server, 2).await;

    let kept = own.cookies.clone();
    own.submit("/w/sakura/sign-out", &[]).await.is(200);
    own.cookies = kept;
    assert_eq!(own.post(&path, &[("decision", "keep")]).await.leads_to(), "/w/sakura/sign-in");
    nothing_was_decided(&server, 2).await;
}

/// A second objection, to the same change by another contact, wants a newer proof by one that is left.
#[tokio::test]
async fn another_objection_takes_its_contact_out_and_wants_a_newer_proof() {
    let server = Server::start().await;
    let (mut own, email) = ready_to_decide(&server).await;
    server.later(minutes(1));
    objects(&server, SPARE).await;
    let added = own.contact("080-9876-5432").await;
    decides(&mut own, &added, "keep").await.says("先に、別の連絡先で").does_not_say(&format!("{SPARE} に"));
    decides(&mut own, &email, "keep").await.says("先に、別の連絡先で");
    nothing_was_decided(&server, 3).await;
    server.later(minutes(1));
    let mobile = own.contact("090-1234-5678").await;
    own.proves_again(&server, &mobile, MOBILE).await.is(200);
    for shown in [EMAIL, SPARE] {
        let id = own.contact(shown).await;
        decides(&mut own, &id, "keep").await.says("元にもどしました");
    }
    decides(&mut own, &added, "remove").await.says("連絡先を削除しました");
}

#[tokio::test]
async fn who_is_told_of_a_decision_can_object_to_it() {
    let server = Server::start().await;
    let (mut own, _) = ready_to_decide(&server).await;
    let added = own.contact("080-9876-5432").await;
    decides(&mut own, &added, "keep").await.says("元にもどしました");
    server.later(minutes(1));
    objects(&server, SPARE).await;
    let page = own.get("/w/sakura/me/contacts").await;
    assert_eq!(page.text.matches(">凍結中<").count(), 3, "{}", page.main());
    decides(&mut own, &added, "keep").await.says("先に、別の連絡先で");
}

/// Rows that an earlier version froze do not say what was objected to.
#[tokio::test]
async fn what_was_frozen_before_is_left_to_the_administrator() {
    let server = Server::start().await;
    let (mut own, email) = ready_to_decide(&server).await;
    server.sql("update contacts set frozen_at = null, changed_at = null where state = 'frozen'").await;
    own.get("/w/sakura/me/contacts").await.says("自分ではない");
    decides(&mut own, &email, "keep").await.says("会社の管理者");
    nothing_was_decided(&server, 2).await;
    // Another objection does not make it theirs.
    objects(&server, SPARE).await;
    let dump = server.dump().await;
    let undated = |row: &&serde_json::Value| row["state"] == "frozen" && row["frozen_at"].is_null();
    assert_eq!(raw::rows(&dump, "contacts").iter().filter(undated).count(), 2);
    let name = aikagi::model::LoginName::parse("tanaka").unwrap();
    let tanaka = members::by_login(&server.app, &server.workspace, &name).await.unwrap().unwrap();
    assert!(members::take_step(&server.app, &tanaka, standing::Step::Release).await.unwrap());
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "contacts", "state", "frozen"), 0);
    assert!(raw::rows(&dump, "contacts").iter().all(|row| row["frozen_at"].is_null() && row["changed_at"].is_null()));
}
