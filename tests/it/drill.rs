//! A member tries out getting back in: to the end, and to no other end. It gains nothing, and takes nothing from a real recovery.

use aikagi::flows::readiness::go_round;
use aikagi::model::{Role, hours, minutes};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const MOBILE: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";
const DRILL: &str = "/w/sakura/me/drill";

/// Somebody with a number and an address, signed in.
async fn tanaka(server: &Server) -> Browser {
    server.member("tanaka", &[NUMBER, MAIL]).await;
    server.signed_in("tanaka", "198.51.100.9").await
}

/// Asks for a code to this contact of one's own.
async fn begins(own: &mut Browser, shown: &str) -> Page {
    let contact = own.contact(shown).await;
    own.submit(DRILL, &[("contact", &contact)]).await
}

async fn types(own: &mut Browser, code: &str) -> Page {
    own.submit(&format!("{DRILL}/code"), &[("code", code)]).await
}

/// A code that is not this one.
fn other(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..7])
}

#[tokio::test]
async fn a_drill_goes_to_the_end_and_changes_nothing_but_that_it_was_done() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    let done_at = server.app.now();
    own.get("/w/sakura/me").await.says("入り直しの練習");
    own.get(DRILL).await.says(NUMBER).says(MAIL).does_not_say("最後に練習した");
    let page = begins(&mut own, NUMBER).await;
    page.is(200).says("これは練習です").says("控え");
    let letters = server.received(MOBILE).await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("練習"), "{}", letters[0].text);
    let before = server.dump().await;
    let code = server.code_for(MOBILE).await;
    types(&mut own, &other(&code)).await.is(422).says("あと4回");
    let end = types(&mut own, &code).await;
    end.is(200).says("できました").says("パスワードは変わっていません");
    let after = server.dump().await;
    for table in ["passwords", "password_history", "device_members", "recoveries", "links", "alarms"] {
        assert_eq!(before.get(table), after.get(table), "{table}");
    }
    assert!(own.is_signed_in().await);
    assert_eq!(server.received(MOBILE).await.len(), 1, "nobody is told of anything");
    assert!(server.received(MAIL).await.is_empty());
    // Typed again, or looked at again, it is the same end; a code is good once.
    types(&mut own, "00000000").await.says("できました");
    own.get(DRILL).await.says("最後に練習したのは");
    assert_eq!(raw::count(&after, "audit", "action", "drilled"), 1);
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    desk.get("/w/sakura/admin/readiness/drills").await.says("tanaka");
    server.later(minutes(1));
    go_round(&server.app).await.expect("the database works").expect("nobody else is at it");
    desk.get("/w/sakura/admin/readiness").await.says("した人は 1人です");
    // It counts as a use of the contact.
    assert_eq!(raw::rows(&after, "contacts").iter().filter(|row| row["confirmed_at"] == done_at.0).count(), 1);
}

#[tokio::test]
async fn its_code_opens_no_recovery_and_a_recoverys_code_ends_no_drill() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    let mut phone = server.visitor_at("203.0.113.9");
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    let real = server.code_for(MOBILE).await;
    server.later(minutes(1));
    begins(&mut own, NUMBER).await.is(200);
    let drill = server.code_for(MOBILE).await;
    assert_ne!(real, drill);
    phone.types_code(&drill).await.is(422);
    types(&mut own, &real).await.is(422);
    // Nor does either code prove the contact itself.
    let contact = own.contact(NUMBER).await;
    own.post(&format!("/w/sakura/me/contacts/{contact}/resend"), &[]).await.is(303);
    let proof = server.code_for(MOBILE).await;
    let verify = format!("/w/sakura/me/contacts/{contact}/verify");
    own.submit(&verify, &[("code", &drill)]).await.is(422);
    types(&mut own, &proof).await.is(422);
    // Each goes on as if the others were not there.
    phone.types_code(&real).await.is(200);
    types(&mut own, &drill).await.says("できました");
    own.submit(&verify, &[("code", &proof)]).await.is(200);
}

#[tokio::test]
async fn it_belongs_to_the_session_that_began_it() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    server.member("suzuki", &["suzuki@example.jp"]).await;
    let mut suzuki = server.signed_in("suzuki", "198.51.100.10").await;
    let mut second = server.signed_in("tanaka", "198.51.100.11").await;
    begins(&mut own, NUMBER).await.is(200);
    let code = server.code_for(MOBILE).await;
    for browser in [&mut suzuki, &mut second] {
        assert_eq!(browser.get(&format!("{DRILL}/code")).await.leads_to(), DRILL);
        assert_eq!(browser.post(&format!("{DRILL}/code"), &[("code", &code)]).await.leads_to(), DRILL);
        assert_eq!(browser.post(&format!("{DRILL}/resend"), &[]).await.leads_to(), DRILL);
        assert_eq!(browser.get(&format!("{DRILL}/done")).await.leads_to(), DRILL);
    }
    let mut stranger = server.visitor();
    for path in ["", "/code", "/done", "/resend"] {
        assert_eq!(stranger.get(&format!("{DRILL}{path}")).await.leads_to(), "/w/sakura/sign-in");
    }
    // The second session's own drill takes the place of the first one's.
    server.later(minutes(1));
    begins(&mut second, NUMBER).await.is(200);
    assert_eq!(own.post(&format!("{DRILL}/code"), &[("code", &code)]).await.leads_to(), DRILL);
    let code = server.code_for(MOBILE).await;
    types(&mut second, &code).await.says("できました");
    // And its time ends.
    server.later(minutes(31));
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    begins(&mut own, NUMBER).await.is(200);
    let code = server.code_for(MOBILE).await;
    server.later(minutes(11));
    types(&mut own, &code).await.is(422);
    server.later(minutes(20));
    assert_eq!(own.get(&format!("{DRILL}/code")).await.leads_to(), DRILL);
}

#[tokio::test]
async fn only_a_contact_of_ones_own_that_recovers_now_is_tried() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    server.member("suzuki", &["suzuki@example.jp"]).await;
    let far = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&far, "theirs", &["theirs@example.jp"]).await;
    let dump = server.dump().await;
    let contacts: Vec<String> = dump["contacts"]
        .iter()
        .filter(|row| row["member_id"] == theirs.id.as_str())
        .map(|row| row["id"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(contacts.len(), 1);
    let mut suzuki = server.signed_in("suzuki", "198.51.100.10").await;
    let of_suzuki = suzuki.contact("suzuki@example.jp").await;
    let page = own.post("/w/sakura/me/contacts/add-mobile", &[("number", "080-9876-5432")]).await;
    let code = server.code_for("+818098765432").await;
    own.submit(page.leads_to(), &[("code", &code)]).await.is(200);
    let waiting = own.contact("080-9876-5432").await;
    own.get(DRILL).await.says(NUMBER).does_not_say("080-9876-5432");
    for contact in [contacts[0].as_str(), &of_suzuki, &waiting, "con_x", ""] {
        own.submit(DRILL, &[("contact", contact)]).await.says("送り先が使えなくなりました");
    }
    assert_eq!(raw::count(&server.dump().await, "outbox", "purpose", "drill_code"), 0);
    // What counted when it began and does not any more ends it.
    let mobile = own.contact(NUMBER).await;
    begins(&mut own, NUMBER).await.is(200);
    let code = server.code_for(MOBILE).await;
    server.sql(&format!("update contacts set state = 'frozen' where id = '{mobile}'")).await;
    types(&mut own, &code).await.says("送り先が使えなくなりました");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "drilled"), 0);
}

#[tokio::test]
async fn its_messages_and_guesses_are_counted_and_take_nothing_from_a_real_recovery() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    let mut wrong = 0;
    for _ in 0..5 {
        begins(&mut own, NUMBER).await.is(200);
        let code = server.code_for(MOBILE).await;
        for _ in 0..5 {
            let page = types(&mut own, &other(&code)).await;
            wrong += usize::from(page.status.as_u16() == 422);
        }
        server.later(minutes(16));
        if !own.is_signed_in().await {
            own = server.signed_in("tanaka", "198.51.100.9").await;
        }
    }
    assert_eq!(wrong, 25);
    begins(&mut own, NUMBER).await.is(429);
    begins(&mut own, MAIL).await.is(429);
    // Nobody saw a guess but the drill's own count, and a recovery has all of its messages and tries.
    let dump = server.dump().await;
    let keys: Vec<&str> = dump["limits"].iter().filter_map(|row| row["key"].as_str()).collect();
    assert!(!keys.iter().any(|key| key.starts_with("guess") || key.starts_with("unproved")), "{keys:?}");
    let mut phone = server.visitor_at("203.0.113.9");
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(MOBILE).await;
    for left in ["4", "3", "2", "1"] {
        phone.types_code(&other(&code)).await.is(422).says(&format!("あと{left}回"));
    }
    phone.types_code(&code).await.is(200);
}

#[tokio::test]
async fn after_a_recovery_it_proves_nothing() {
    let server = Server::start().await;
    let member = server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut thief = server.visitor_at("203.0.113.9");
    thief.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(MOBILE).await;
    thief.types_code(&code).await.is(200);
    thief.picks(&member).await.is(200);
    thief.sets_password(NEW_PASSWORD).await.is(200);
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    server.later(minutes(1));
    begins(&mut thief, MAIL).await.is(200);
    let code = server.code_for(MAIL).await;
    types(&mut thief, &code).await.says("できました");
    // By a code to the other kind of contact, a removal would be open; a drill's is none.
    let mobile = thief.contact(NUMBER).await;
    thief.submit(&format!("/w/sakura/me/contacts/{mobile}/remove"), &[]).await;
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "contact_removed"), 0);
    assert_eq!(raw::count(&dump, "contacts", "state", "verified"), 2);
    let mail = thief.contact(MAIL).await;
    thief.proves_again(&server, &mail, MAIL).await.is(200);
    thief.submit(&format!("/w/sakura/me/contacts/{mobile}/remove"), &[]).await;
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "contact_removed"), 1, "a real proof opens it");
    // The former password is gone as ever, the drill changed nothing about that.
    server.visitor().signs_in("tanaka", PASSWORD).await.is(422);
    server.later(hours(1));
}

#[tokio::test]
async fn it_ends_with_the_session_and_the_account() {
    let server = Server::start().await;
    let mut own = tanaka(&server).await;
    begins(&mut own, NUMBER).await.is(200);
    let code = server.code_for(MOBILE).await;
    let mut copy = own.clone();
    own.submit("/w/sakura/sign-out", &[]).await.is(200);
    assert_eq!(copy.post(&format!("{DRILL}/code"), &[("code", &code)]).await.leads_to(), "/w/sakura/sign-in");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "drilled"), 0);
    // Signed in anew it is another session's.
    own.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(own.post(&format!("{DRILL}/code"), &[("code", &code)]).await.leads_to(), DRILL);
}
