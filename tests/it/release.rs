//! Whoever said "that was not me" takes it back with a second contact, and nobody else does: not the thief of a telephone, of a mailbox, of a password.

use aikagi::flows::sweeps;
use aikagi::model::{Role, days, hours, minutes};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::own::link_in;
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";
/// A third contact, where there is one.
const SPARE: &str = "spare@example.jp";
const THIRD: &str = "たぬきが渡った夜の橋の向こうの灯";

/// How each story begins: a member with these contacts since yesterday, and somebody who knows the password and signed in on a device of their own.
struct Entered {
    server: Server,
    thief: Browser,
    /// The member, at a device that is not known.
    own: Browser,
    /// The notice that the mailbox got of it.
    link: String,
}

/// That beginning on a server; answers the other's browser.
async fn enters(server: &Server, contacts: &[&str]) -> Browser {
    server.member("tanaka", contacts).await;
    server.later(days(1));
    server.signed_in("tanaka", "192.0.2.10").await;
    server.later(minutes(10));
    server.signed_in("tanaka", "198.51.100.99").await
}

async fn entered(contacts: &[&str]) -> Entered {
    let server = Server::start().await;
    let thief = enters(&server, contacts).await;
    let (own, link) = (server.visitor_at("203.0.113.5"), link(&server, MAIL).await);
    Entered { server, thief, own, link }
}

/// The member's browser, one form before their account, which they had held, is open again.
pub async fn about_to_end_the_hold(server: &Server) -> Browser {
    enters(server, &[NUMBER, MAIL]).await;
    let (mut own, link) = (server.visitor_at("203.0.113.5"), link(server, MAIL).await);
    own.submit(&link, &[]).await.is(200);
    own.submit(&format!("{link}/release"), &[("contact", NUMBER)]).await.is(200);
    own.proves(server, TANAKA).await;
    own
}

/// The same, and the member has said by the mailbox's notice that it was not them.
async fn objected(contacts: &[&str]) -> (Entered, Page) {
    let mut entered = entered(contacts).await;
    let page = entered.own.submit(&entered.link, &[]).await;
    page.is(200);
    (entered, page)
}

impl Entered {
    /// The member asks for a code to another contact.
    async fn asks_for_release(&mut self, contact: &str) -> Page {
        self.own.submit(&format!("{}/release", self.link), &[("contact", contact)]).await
    }
}

/// The link of the newest notice that this address got and that can be objected to.
async fn link(server: &Server, address: &str) -> String {
    let letters = server.received(address).await;
    let letter = letters.iter().rev().find(|letter| letter.text.contains("/not-me/")).expect("a notice");
    link_in(&letter.text)
}

/// The word of the newest notice that this number got.
async fn word(server: &Server, number: &str) -> String {
    let letters = server.received(number).await;
    let is_word = |part: &&str| part.len() == 14 && part.matches('-').count() == 2;
    let mut words = letters
        .iter()
        .rev()
        .filter_map(|letter| letter.text.split(|c: char| !(c.is_ascii_uppercase() || c == '-')).find(is_word));
    words.next().expect("a word").to_owned()
}

/// How many codes went there.
async fn codes(server: &Server, to: &str) -> usize {
    server.received(to).await.iter().filter(|letter| letter.purpose == "recovery_code").count()
}

async fn held(server: &Server) -> bool {
    let dump = server.dump().await;
    raw::rows(&dump, "members").iter().any(|row| row["login"] == "tanaka" && !row["held_at"].is_null())
}

impl Browser {
    /// Types the code that went to the other contact, and picks the account. Answers the code.
    async fn proves(&mut self, server: &Server, to: &str) -> String {
        let code = server.code_for(to).await;
        let page = self.types_code(&code).await;
        page.says("tanaka@sakura");
        let at = page.text.find("mem_").expect("an id");
        let id: String = page.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        self.submit("/recover/id", &[("pick", &id)]).await.is(200);
        code
    }

    /// The same, and sets a password.
    async fn ends_the_hold(&mut self, server: &Server, to: &str, password: &str) -> Page {
        self.proves(server, to).await;
        self.sets_password(password).await
    }
}

#[tokio::test]
async fn the_member_opens_the_account_again_by_a_second_contact() {
    let (Entered { server, mut thief, mut own, link }, done) = objected(&[NUMBER, MAIL]).await;
    done.says("アカウントを止めました").says("別の連絡先で再開する").says("そちらでは押さないでください");
    assert!(!thief.is_signed_in().await);
    // Whoever has only the password reads that the account is stopped, and how its owner goes on.
    thief.signs_in("tanaka", PASSWORD).await.is(403).says("そのお知らせをもう一度開く");
    // Opened again, the notice leads to the same place and changes nothing.
    own.get(&link).await.says("もう止めてあります").says("別の連絡先で再開する");
    own.get(&format!("{link}/release")).await.says("携帯番号かメールアドレス").says("会社の管理者に再開を頼んで");
    own.submit(&format!("{link}/release"), &[("contact", NUMBER)]).await.says("2 / 4");
    own.ends_the_hold(&server, TANAKA, NEW_PASSWORD).await.says("tanaka@sakura");
    assert!(!held(&server).await);
    // What the hold ended stays ended, and the old password opens nothing.
    assert!(!thief.is_signed_in().await);
    thief.signs_in("tanaka", PASSWORD).await.is(422);
    own.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    // Every contact is told, and can object.
    for to in [TANAKA, MAIL] {
        let letters = server.received(to).await;
        let told = letters.iter().rfind(|letter| letter.purpose == "released").expect("told");
        assert!(told.text.contains("再開"), "{}", told.text);
    }
    // The case stays open for the administrators, and its list says what happened.
    own.get("/w/sakura/me/lost")
        .await
        .says("第三者の使用の疑い")
        .says("別の連絡先で再開されました")
        .says("会社の管理者です");
    own.submit("/w/sakura/me/lost/found", &[]).await.says("することがありませんでした");
    // Administrators are told of the hold, once.
    for _ in 0..2 {
        sweeps::watch(&server.app).await.expect("the database works");
    }
    let (_, mut boss) = server.keeper("suzuki", Role::Administrator).await;
    boss.get("/w/sakura/admin/alerts").await.says("「自分ではない」でアカウントを止めました");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "alerts", "event", "member_objected"), 1);
    assert_eq!(raw::count(&dump, "alerts", "event", "member_loss"), 0);
    let cases = raw::rows(&dump, "incidents");
    assert_eq!(cases.len(), 1);
    assert!(
        cases[0]["kind"] == "suspected"
            && cases[0]["ended_at"].is_null()
            && cases[0]["opened_by"] == cases[0]["member_id"]
    );
    for action in ["suspicion_opened", "held_by_member", "released_by_member"] {
        assert_eq!(raw::count(&dump, "audit", "action", action), 1, "{action}");
    }
    // Once it is over, the notice is good for nothing more.
    own.get(&link).await.does_not_say("別の連絡先で再開する");
}

#[tokio::test]
async fn by_the_word_of_an_sms_it_is_the_address_that_opens_it() {
    let Entered { server, mut own, .. } = entered(&[NUMBER, MAIL]).await;
    let word = word(&server, TANAKA).await;
    own.submit("/not-me", &[("word", &word), ("sure", "yes")]).await.says("別の連絡先で再開する");
    own.submit("/not-me", &[("word", &word)]).await.says("もう止めてあります");
    let page = own.submit("/not-me/release", &[("word", &word)]).await;
    page.says("携帯番号かメールアドレス").says(&word);
    own.submit("/not-me/release", &[("word", &word), ("contact", "まちがい")]).await.is(422).says(&word);
    own.submit("/not-me/release", &[("word", &word), ("contact", MAIL)]).await.says("2 / 4");
    own.ends_the_hold(&server, MAIL, NEW_PASSWORD).await.says("tanaka@sakura");
    assert!(!held(&server).await);
    own.open("/not-me/release").await.is(200).says("「自分ではない」");
}

#[tokio::test]
async fn who_has_only_the_notice_or_only_the_second_contact_opens_nothing() {
    let (Entered { server, own: mut mailbox, link, .. }, _) = objected(&[NUMBER, MAIL]).await;
    // The mailbox that objected gets no code for it, and the page is the same as for one that would.
    mailbox.submit(&format!("{link}/release"), &[("contact", MAIL)]).await.says("2 / 4");
    assert_eq!(codes(&server, MAIL).await, 0);
    // Nor does anybody else's number, nor one that nobody has.
    server.member("sato", &["080-9999-0000"]).await;
    mailbox.submit(&format!("{link}/release"), &[("contact", "080-9999-0000")]).await.says("2 / 4");
    assert_eq!(codes(&server, "+818099990000").await, 0);
    // The telephone alone, with the right password even, recovers nothing while the account is held.
    let mut phone = server.visitor_at("198.51.100.99");
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    assert_eq!(codes(&server, TANAKA).await, 0);
    phone.signs_in("tanaka", PASSWORD).await.is(403);
    // A notice that was not used opens no release: it is asked first whether it was them.
    let unused = word(&server, TANAKA).await;
    phone.submit("/not-me/release", &[("word", &unused), ("contact", MAIL)]).await.is(422);
    assert_eq!(codes(&server, MAIL).await, 0);
    assert!(held(&server).await);
}

#[tokio::test]
async fn a_telephone_that_recovered_the_account_does_not_open_it_again() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL, SPARE]).await;
    server.later(days(1));
    let mut thief = server.visitor_at("198.51.100.99");
    thief.asks_for_code(NUMBER).await;
    let code = server.code_for(TANAKA).await;
    thief.types_code(&code).await;
    thief.picks(&tanaka).await;
    thief.sets_password(NEW_PASSWORD).await;
    server.later(minutes(2));
    // The thief signs in as well: the newest notice is of the new device, not of the recovery.
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    let link = link(&server, MAIL).await;
    let mut own = server.visitor_at("203.0.113.5");
    own.submit(&link, &[]).await.says("別の連絡先で再開する");
    let before = codes(&server, TANAKA).await;
    own.submit(&format!("{link}/release"), &[("contact", NUMBER)]).await.says("2 / 4");
    assert_eq!(codes(&server, TANAKA).await, before, "the number that recovered ends no hold");
    // The third contact does, for who has the notice.
    own.submit(&format!("{link}/release"), &[("contact", SPARE)]).await.says("2 / 4");
    own.ends_the_hold(&server, SPARE, THIRD).await.says("tanaka@sakura");
    assert!(!held(&server).await);
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(422);
}

#[tokio::test]
async fn a_thief_with_telephone_and_mailbox_ends_no_hold_of_the_third_contact() {
    let Entered { server, mut own, link: mail_link, .. } = entered(&[NUMBER, MAIL, SPARE]).await;
    let own_link = link(&server, SPARE).await;
    own.submit(&own_link, &[]).await.is(200);
    // The thief presses the button of their own notice, too, and then asks for a code to the other contact they have.
    let mut thief = server.visitor_at("198.51.100.99");
    let sms_word = word(&server, TANAKA).await;
    thief.submit(&mail_link, &[]).await.does_not_say("別の連絡先で再開する");
    thief.post(&format!("{mail_link}/release"), &[("contact", NUMBER)]).await;
    thief.submit("/not-me", &[("word", &sms_word), ("sure", "yes")]).await.does_not_say("別の連絡先で再開する");
    thief.post("/not-me/release", &[("word", &sms_word), ("contact", MAIL)]).await;
    assert_eq!((codes(&server, TANAKA).await, codes(&server, MAIL).await), (0, 0));
    // Two contacts objected: from now on it is the administrator's, for the owner, too.
    own.get(&own_link).await.says("もう止めてあります").does_not_say("別の連絡先で再開する");
    own.post(&format!("{own_link}/release"), &[("contact", NUMBER)]).await;
    assert_eq!(codes(&server, TANAKA).await, 0);
    assert!(held(&server).await);
}

#[tokio::test]
async fn a_thief_who_objects_first_is_stopped_by_a_second_objection_under_way() {
    let Entered { server, mut thief, mut own, link: mail_link } = entered(&[NUMBER, MAIL, SPARE]).await;
    // Who has the mailbox and the telephone holds the account, and is about to open it with a password of their own.
    thief.submit(&mail_link, &[]).await.is(200);
    thief.submit(&format!("{mail_link}/release"), &[("contact", NUMBER)]).await.says("2 / 4");
    thief.proves(&server, TANAKA).await;
    // The owner objects by the third contact before the password is set.
    own.submit(&link(&server, SPARE).await, &[]).await.is(200);
    thief.sets_password(NEW_PASSWORD).await;
    assert!(held(&server).await);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "released_by_member"), 0);
}

#[tokio::test]
async fn what_an_administrator_holds_only_an_administrator_releases() {
    let Entered { server, mut own, link, .. } = entered(&[NUMBER, MAIL]).await;
    let tanaka = {
        let dump = server.dump().await;
        let rows = raw::rows(&dump, "members");
        rows.iter().find(|row| row["login"] == "tanaka").expect("tanaka")["id"].as_str().expect("text").to_owned()
    };
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let of = |step: &str| format!("/w/sakura/admin/members/{tanaka}/{step}");
    desk.submit(&of("hold"), &[]).await;
    assert!(held(&server).await);
    // Objecting on top of it gives no way out.
    own.submit(&link, &[]).await.does_not_say("別の連絡先で再開する");
    own.post(&format!("{link}/release"), &[("contact", NUMBER)]).await;
    assert_eq!(codes(&server, TANAKA).await, 0);
    // The case is the administrators' to see.
    desk.get(&of("lost")).await.says("第三者の使用の疑い");
    desk.submit(&of("release"), &[]).await;
    assert!(!held(&server).await);
}

#[tokio::test]
async fn an_administrator_was_faster_and_the_attempt_sets_no_password() {
    let (mut it, _) = objected(&[NUMBER, MAIL]).await;
    it.asks_for_release(NUMBER).await;
    let Entered { server, mut own, .. } = it;
    let code = server.code_for(TANAKA).await;
    let dump = server.dump().await;
    let id = raw::rows(&dump, "incidents")[0]["member_id"].as_str().expect("text").to_owned();
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    desk.submit(&format!("/w/sakura/admin/members/{id}/release"), &[]).await;
    own.types_code(&code).await.does_not_say("tanaka@sakura");
    own.sets_password(NEW_PASSWORD).await;
    own.signs_in("tanaka", NEW_PASSWORD).await.is(422);
    own.signs_in("tanaka", PASSWORD).await.is(200);
}

#[tokio::test]
async fn a_contact_that_came_later_or_is_lost_or_frozen_opens_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &[MAIL]).await;
    server.later(days(1));
    server.signed_in("tanaka", "192.0.2.10").await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    // Somebody with the password adds a number; a day later it counts, but what is objected to was before.
    let notice = link(&server, MAIL).await;
    let page = own.post("/w/sakura/me/contacts/add-mobile", &[("number", NUMBER)]).await;
    let code = server.code_for(TANAKA).await;
    own.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    server.later(days(2));
    let mut stranger = server.visitor_at("198.51.100.99");
    stranger.submit(&notice, &[]).await.says("別の連絡先で再開する");
    stranger.submit(&format!("{notice}/release"), &[("contact", NUMBER)]).await.says("2 / 4");
    assert_eq!(codes(&server, TANAKA).await, 0);
    assert!(held(&server).await);
}

#[tokio::test]
async fn fifty_at_once_end_the_hold_once() {
    let Entered { server, mut own, link, .. } = entered(&[NUMBER, MAIL]).await;
    let objections = (0..50).map(|_| {
        let (mut own, link) = (server.visitor_at("203.0.113.5"), link.clone());
        tokio::spawn(async move { own.submit(&link, &[]).await.status })
    });
    for objection in objections.collect::<Vec<_>>() {
        assert_eq!(objection.await.expect("no panic"), 200);
    }
    own.submit(&format!("{link}/release"), &[("contact", NUMBER)]).await.says("2 / 4");
    let code = own.proves(&server, TANAKA).await;
    own.get("/recover/password").await.is(200);
    let finishes = (0..50).map(|_| {
        let mut own = own.clone();
        tokio::spawn(async move { own.post("/recover/password", &[("password", NEW_PASSWORD)]).await.status })
    });
    let mut done = 0;
    for finish in finishes.collect::<Vec<_>>() {
        done += usize::from(finish.await.expect("no panic") == 303);
    }
    assert_eq!(done, 1);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "released_by_member"), 1);
    assert_eq!(raw::rows(&dump, "incidents").len(), 1);
    assert_eq!(server.received(MAIL).await.iter().filter(|letter| letter.purpose == "released").count(), 1);
    // Replayed, nothing of it works again.
    own.sets_password(THIRD).await.does_not_say("サインインしてください");
    own.types_code(&code).await.does_not_say("tanaka@sakura");
}

#[tokio::test]
async fn an_objection_at_the_moment_of_the_release_is_never_lost() {
    let (mut it, _) = objected(&[NUMBER, MAIL, SPARE]).await;
    let spare_link = link(&it.server, SPARE).await;
    it.asks_for_release(NUMBER).await;
    let Entered { server, mut own, .. } = it;
    own.proves(&server, TANAKA).await;
    own.get("/recover/password").await.is(200);
    let mut other = server.visitor_at("192.0.2.200");
    other.get(&spare_link).await.is(200);
    let ends = tokio::spawn(async move { own.post("/recover/password", &[("password", NEW_PASSWORD)]).await.status });
    let objects = tokio::spawn(async move { other.post(&spare_link, &[]).await.status });
    ends.await.expect("no panic");
    assert_eq!(objects.await.expect("no panic"), 200);
    // Whichever came first: in the end the account is held.
    assert!(held(&server).await);
}

#[tokio::test]
async fn the_notice_leads_nowhere_after_its_week() {
    let (Entered { server, mut own, link, .. }, _) = objected(&[NUMBER, MAIL]).await;
    server.later(days(7) + hours(1));
    own.get(&format!("{link}/release")).await.is(410);
    own.post(&format!("{link}/release"), &[("contact", NUMBER)]).await.is(410);
    assert_eq!(codes(&server, TANAKA).await, 0);
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_changes_nothing() {
    let Entered { server, mut own, link, .. } = entered(&[NUMBER, MAIL]).await;
    let mut scanner = server.visitor_at("192.0.2.250");
    for path in [link.clone(), format!("{link}/release"), link.clone()] {
        scanner.get(&path).await;
    }
    assert!(!held(&server).await);
    own.submit(&link, &[]).await.is(200);
    for path in [link.clone(), format!("{link}/release"), "/not-me/release".to_owned()] {
        scanner.open(&path).await.is(200);
    }
    assert!(held(&server).await);
    assert_eq!(codes(&server, TANAKA).await + codes(&server, MAIL).await, 0);
}
