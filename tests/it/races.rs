//! Many at once: what may happen once happens once, what is counted is counted exactly, and nothing that was begun before an
//! account closed is valid after it.

use std::sync::Arc;

use aikagi::flows::contacts::{self, Decide, Decision, Remove, Unproved};
use aikagi::flows::{members, password, session, standing};
use aikagi::model::{Secret, Timestamp, hours, minutes};
use aikagi::store::members::Member;
use axum::http::StatusCode;

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server, digits, form};
use crate::raw::{self, Dump};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";

/// Sends the same form from each of these browsers at once. Their tokens were fetched before.
pub async fn all_at_once(browsers: Vec<Browser>, path: &str, fields: &[(&str, &str)]) -> Vec<(Browser, Page)> {
    let mut ready = Vec::new();
    for mut browser in browsers {
        let csrf = browser.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let body = form(&all).into_bytes();
        ready.push((browser, body));
    }
    let gate = Arc::new(tokio::sync::Barrier::new(ready.len()));
    let mut running = tokio::task::JoinSet::new();
    for (mut browser, body) in ready {
        let (gate, path) = (gate.clone(), path.to_owned());
        running.spawn(async move {
            gate.wait().await;
            let page = browser.post_raw(&path, body).await;
            (browser, page)
        });
    }
    running.join_all().await
}

fn with_status(answers: &[(Browser, Page)], status: StatusCode) -> usize {
    answers.iter().filter(|(_, page)| page.status == status).count()
}

/// Browsers on networks of their own.
fn crowd(server: &Server, n: usize) -> Vec<Browser> {
    (0..n).map(|n| server.visitor_at(&format!("203.0.{}.{}", 100 + n / 200, 1 + n % 200))).collect()
}

/// A browser that has typed the code and chosen the ID.
async fn at_the_last_step(server: &Server, member: &Member, at: &str) -> Browser {
    let mut phone = server.visitor_at(at);
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.is(200);
    phone.picks(member).await.says("4 / 4");
    phone
}

fn audited(dump: &Dump, action: &str) -> usize {
    raw::count(dump, "audit", "action", action)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_recovery_ends_in_one_new_password() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let phone = at_the_last_step(&server, &tanaka, "198.51.100.7").await;
    let answers = all_at_once(vec![phone; 50], "/recover/password", &[("password", NEW_PASSWORD)]).await;
    assert_eq!(with_status(&answers, StatusCode::SEE_OTHER), 1);
    assert_eq!(
        with_status(&answers, StatusCode::GONE),
        49,
        "{:?}",
        answers.iter().map(|a| a.1.status).collect::<Vec<_>>()
    );
    let dump = server.dump().await;
    assert_eq!(audited(&dump, "recovered"), 1);
    assert_eq!(raw::rows(&dump, "password_history").len(), 1);
    assert_eq!(raw::count(&dump, "outbox", "purpose", "recovered"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_guesses_at_once_are_five() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut phone = server.visitor();
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    let wrong = if code == "00000000" { "00000001" } else { "00000000" };
    let answers = all_at_once(vec![phone.clone(); 500], "/recover/code", &[("code", wrong)]).await;
    assert_eq!(with_status(&answers, StatusCode::UNPROCESSABLE_ENTITY), 500);
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "codes")[0]["tries"], 5);
    let spent: Vec<_> = raw::rows(&dump, "limits")
        .iter()
        .filter(|row| row["key"].as_str().is_some_and(|key| key.starts_with("guess:")))
        .map(|row| row["spent"].as_i64().unwrap_or_default())
        .collect();
    assert_eq!(spent, [5, 5], "the account's budget and the address's own lose the five that were compared");
    phone.types_code(&code).await.is(422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_at_once_send_three_codes() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let answers = all_at_once(crowd(&server, 50), "/recover/mobile", &[("number", NUMBER)]).await;
    assert_eq!(with_status(&answers, StatusCode::SEE_OTHER), 3);
    assert_eq!(with_status(&answers, StatusCode::TOO_MANY_REQUESTS), 47);
    assert_eq!(server.received(TANAKA).await.len(), 3);
    assert_eq!(raw::rows(&server.dump().await, "recoveries").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_resends_at_once_are_one() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut phone = server.visitor();
    phone.asks_for_code(NUMBER).await.is(200);
    server.later(minutes(1));
    let answers = all_at_once(vec![phone; 50], "/recover/resend", &[]).await;
    assert_eq!(with_status(&answers, StatusCode::SEE_OTHER), 1);
    assert_eq!(server.received(TANAKA).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_wrong_passwords_at_once_are_slowed_like_one_after_the_other() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    for login in ["tanaka", "nobody"] {
        let browsers = vec![server.visitor(); 50];
        let hashes = server.app.hashing.done();
        let answers =
            all_at_once(browsers, "/w/sakura/sign-in", &[("login", login), ("password", "wrong wrong wrong")]).await;
        // Four are free; the fifth is looked at and closes the door.
        assert_eq!(with_status(&answers, StatusCode::UNPROCESSABLE_ENTITY), 5, "{login}");
        assert_eq!(with_status(&answers, StatusCode::TOO_MANY_REQUESTS), 45, "{login}");
        assert_eq!(server.app.hashing.done() - hashes, 5, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_link_sets_one_password_however_often_it_is_pressed() {
    let server = Server::start().await;
    let (_, link) = server.invited_to(&server.workspace, "tanaka", aikagi::model::Role::Member).await;
    let answers = all_at_once(crowd(&server, 20), &link, &[("password", NEW_PASSWORD)]).await;
    assert_eq!(with_status(&answers, StatusCode::SEE_OTHER), 1);
    let dump = server.dump().await;
    assert_eq!(audited(&dump, "password_set_by_link"), 1);
    assert_eq!(raw::rows(&dump, "password_history").len(), 0);
}

/// The operator sends a new link at the moment in which the old one is used: it would set the password of a member who has one.
#[tokio::test]
async fn a_link_made_for_somebody_who_has_a_password_by_now_is_worth_nothing() {
    let server = Server::start().await;
    let (invited, link) = server.invited_to(&server.workspace, "tanaka", aikagi::model::Role::Member).await;
    server.visitor().submit(&link, &[("password", PASSWORD)]).await.is(200);
    let second = members::invite_again(&server.app, &server.workspace, &invited).await.expect("it works");
    if let Some(second) = second {
        let mut thief = server.visitor_at("203.0.113.66");
        let answer = thief.post(&second, &[("password", NEW_PASSWORD)]).await;
        assert_ne!(answer.status, StatusCode::SEE_OTHER, "the password of an active member was set by a link");
    }
    server.signed_in("tanaka", "198.51.100.7").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_contact_is_verified_once() {
    let server = Server::start().await;
    server.member("tanaka", &["ichiro@example.jp"]).await;
    let mut browser = server.signed_in("tanaka", "198.51.100.7").await;
    let page = browser.post("/w/sakura/me/contacts/add-mobile", &[("number", NUMBER)]).await;
    let verify = page.leads_to().to_owned();
    let code = server.code_for(TANAKA).await;
    let answers = all_at_once(vec![browser; 30], &verify, &[("code", &code)]).await;
    assert_eq!(with_status(&answers, StatusCode::SEE_OTHER), 1);
    let dump = server.dump().await;
    assert_eq!(audited(&dump, "contact_verified"), 1);
    assert_eq!(raw::count(&dump, "outbox", "purpose", "contact_added"), 2, "one notice to each contact");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_alarm_rings_once() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let mut phone = at_the_last_step(&server, &tanaka, "198.51.100.7").await;
    phone.sets_password(NEW_PASSWORD).await.is(200);
    let link = not_me(&server).await;
    let answers = all_at_once(crowd(&server, 30), &link, &[]).await;
    assert_eq!(with_status(&answers, StatusCode::OK), 30, "whoever presses late is told the same");
    let dump = server.dump().await;
    assert_eq!(audited(&dump, "held_by_member"), 1);
    assert_eq!(raw::count(&dump, "outbox", "purpose", "held"), 2, "one notice to each contact");
}

/// Somebody who recovered a moment ago and cannot prove another channel asks for a removal with the button that holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_removal_that_holds_holds_once_and_tells_once() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let mut phone = at_the_last_step(&server, &tanaka, "198.51.100.7").await;
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    let email = phone.contact("ichiro@example.jp").await;
    let path = format!("/w/sakura/me/contacts/{email}/remove");
    let answers = all_at_once(vec![phone; 50], &path, &[("if_unproved", "hold")]).await;
    let held = with_status(&answers, StatusCode::OK);
    assert!(held >= 1, "nobody was told");
    assert_eq!(held + with_status(&answers, StatusCode::SEE_OTHER), 50, "who comes late is sent to the door");
    let dump = server.dump().await;
    assert_eq!(audited(&dump, "removal_held"), 1);
    assert_eq!(audited(&dump, "contact_removed"), 0);
    assert_eq!(raw::count(&dump, "outbox", "purpose", "held"), 2, "one notice to each contact");
    assert_eq!(raw::count(&dump, "contacts", "state", "verified"), 2, "both contacts are still there");
    for (mut browser, _) in answers {
        assert!(!browser.is_signed_in().await);
    }
}

/// Keep and remove, pressed together: one of them happens, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_frozen_contact_is_decided_once() {
    for mixed in [false, true] {
        let server = Server::start().await;
        let (own, frozen) = crate::frozen::ready_to_decide(&server).await;
        let path = format!("/w/sakura/me/contacts/{frozen}/decide");
        let other_word = [("decision", if mixed { "remove" } else { "keep" })];
        let (one, other) = tokio::join!(
            all_at_once(vec![own.clone(); 25], &path, &[("decision", "keep")]),
            all_at_once(vec![own; 25], &path, &other_word),
        );
        for (_, page) in one.iter().chain(&other) {
            assert!([StatusCode::SEE_OTHER, StatusCode::NOT_FOUND].contains(&page.status), "{}", page.status);
        }
        let dump = server.dump().await;
        let (kept, removed) = (audited(&dump, "frozen_contact_kept"), audited(&dump, "frozen_contact_removed"));
        assert_eq!(kept + removed, 1, "kept {kept}, removed {removed}");
        assert!(mixed || kept == 1);
        let told = |purpose| raw::count(&dump, "outbox", "purpose", purpose);
        assert_eq!(told("contact_kept") + told("contact_removed"), 4, "one notice to each contact");
    }
}

/// An objection that freezes the very contact by which another is being decided: neither waits for the other for ever, the
/// objection stands in the end, and everybody was told of what was decided before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_decision_and_an_objection_at_once_leave_the_objection_standing() {
    for _ in 0..12 {
        let server = Server::start().await;
        let (own, frozen) = crate::frozen::ready_to_decide(&server).await;
        let letters = server.received(crate::frozen::SPARE).await;
        let text = &letters.iter().find(|letter| letter.purpose == "contact_added").expect("a notice").text;
        let link = crate::own::link_in(text);
        let path = format!("/w/sakura/me/contacts/{frozen}/decide");
        let (decided, objected) = tokio::join!(
            all_at_once(vec![own], &path, &[("decision", "keep")]),
            all_at_once(vec![server.visitor_at("203.0.113.5")], &link, &[]),
        );
        assert_eq!(with_status(&objected, StatusCode::OK), 1);
        assert_eq!(with_status(&decided, StatusCode::SEE_OTHER), 1);
        let dump = server.dump().await;
        let spare = raw::rows(&dump, "contacts").iter().find(|row| row["confirmed_in"] != serde_json::Value::Null);
        assert_eq!(spare.expect("it was proved")["state"], "frozen");
        let notices = raw::count(&dump, "outbox", "purpose", "contact_kept");
        assert_eq!(notices, audited(&dump, "frozen_contact_kept") * 4);
    }
}

/// The path of the newest notice's link.
async fn not_me(server: &Server) -> String {
    let letters = server.received("ichiro@example.jp").await;
    let text = &letters.last().expect("a notice").text;
    let at = text.find("/not-me/").expect("a link");
    text[at..].split_whitespace().next().expect("a word").to_owned()
}

/// What ends everything that was open.
#[derive(Debug, Clone, Copy)]
enum Closing {
    Recovered,
    Held,
    Suspended,
}

/// Sign-ins with the right password that race with the account's closing: however they fall, nobody is in afterwards, no device
/// of before is known, and none of them can come in again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_was_begun_before_the_account_closed_is_valid_after_it() {
    let server = Server::start().await;
    for round in 0..36 {
        let closing = [Closing::Recovered, Closing::Held, Closing::Suspended][round % 3];
        let login = format!("m{round}");
        let number = format!("090-1000-{round:04}");
        let member = server.member(&login, &[&number]).await;
        let mut phone = server.visitor_at(&format!("198.51.100.{round}"));
        if matches!(closing, Closing::Recovered) {
            phone.asks_for_code(&number).await.is(200);
            let letters = server.received(&format!("+8190{}", &number[4..].replace('-', ""))).await;
            phone.types_code(&digits(&letters.last().expect("a code").text)).await.is(200);
            phone.picks(&member).await.is(200);
        }
        let mut thieves = Vec::new();
        for n in 0..3 {
            let mut thief = server.visitor_at(&format!("203.0.{round}.{n}"));
            thief.csrf().await;
            thieves.push(thief);
        }
        phone.csrf().await;
        let mut running = tokio::task::JoinSet::new();
        for mut thief in thieves {
            let login = login.clone();
            running.spawn(async move {
                thief.post("/w/sakura/sign-in", &[("login", &login), ("password", PASSWORD)]).await;
                thief
            });
        }
        match closing {
            Closing::Recovered => phone.sets_password(NEW_PASSWORD).await.says("新しいパスワードを決めました").is(200),
            Closing::Held => {
                members::take_step(&server.app, &member, standing::Step::Hold).await.expect("it works");
                continue_with(&phone)
            }
            Closing::Suspended => {
                assert!(members::take_step(&server.app, &member, standing::Step::Suspend).await.expect("it works"));
                continue_with(&phone)
            }
        };
        for mut thief in running.join_all().await {
            assert!(!thief.is_signed_in().await, "round {round}: in after {closing:?}");
        }
        let dump = server.dump().await;
        let known = raw::rows(&dump, "device_members")
            .iter()
            .filter(|row| row["member_id"] == member.id.as_str() && (row["trusted"] == 1 || row["trusted"] == true))
            .count();
        if !matches!(closing, Closing::Suspended) {
            assert_eq!(known, 0, "round {round}: a device is known after {closing:?}");
            assert_eq!(raw::count(&dump, "member_networks", "member_id", member.id.as_str()), 0, "round {round}");
        }
        if matches!(closing, Closing::Held) {
            members::take_step(&server.app, &server.reload(&member).await, standing::Step::Release)
                .await
                .expect("it works");
        }
        if matches!(closing, Closing::Suspended) {
            let member = server.reload(&member).await;
            assert!(members::take_step(&server.app, &member, standing::Step::Resume).await.expect("it works"));
        }
    }
}

fn continue_with(_: &Browser) -> &'static Page {
    static NOTHING: std::sync::OnceLock<Page> = std::sync::OnceLock::new();
    NOTHING.get_or_init(|| Page { status: StatusCode::OK, headers: axum::http::HeaderMap::new(), text: String::new() })
}

/// Somebody who has stolen a session and the old password changes the password in the moment in which its owner gets back in:
/// they proved the old one before, their change comes after. The owner's word stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_change_begun_before_a_recovery_does_not_undo_it() {
    const THIEFS: &str = "ぬすっとの長い合言葉をここに書く夜";
    let server = Server::start().await;
    for round in 0..20 {
        let (login, number) = (format!("m{round}"), format!("090-1000-{round:04}"));
        let member = server.member(&login, &[&number]).await;
        let mut thief = server.visitor_at(&format!("203.0.113.{round}"));
        thief.signs_in(&login, PASSWORD).await.is(200);
        let mut phone = server.visitor_at(&format!("198.51.100.{round}"));
        phone.asks_for_code(&number).await.is(200);
        let letters = server.received(&format!("+8190{}", &number[4..].replace('-', ""))).await;
        phone.types_code(&digits(&letters.last().expect("a code").text)).await.is(200);
        phone.picks(&member).await.is(200);
        let change = tokio::spawn({
            let mut thief = thief.clone();
            async move { thief.post("/w/sakura/me/password", &[("current", PASSWORD), ("password", THIEFS)]).await }
        });
        let door = phone.sets_password(NEW_PASSWORD).await;
        change.await.expect("no panic");
        if door.text.contains("新しいパスワードを決めました") {
            let mut owner = server.visitor_at(&format!("198.51.101.{round}"));
            owner.signs_in(&login, NEW_PASSWORD).await.is(200);
            let mut again = server.visitor_at(&format!("203.0.114.{round}"));
            again.signs_in(&login, THIEFS).await.is(422);
            assert!(!thief.is_signed_in().await);
        }
    }
}

/// The same without luck: the session was read, then the account was closed, then the change goes on.
#[tokio::test]
async fn what_a_session_began_ends_with_it() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let thief = server.signed_in("tanaka", "203.0.113.66").await;
    let token = Secret::from(thief.cookies["aikagi_s_sakura"].clone());
    let visitor = visitor(server.app.now());
    let signed = session::authenticate(&server.app, &token, &visitor).await.expect("it works").expect("signed in");

    // Only the session ends: its owner pressed the button in another browser.
    let mut owner = server.signed_in("tanaka", "198.51.100.7").await;
    owner.submit("/w/sakura/me/devices/sign-out-others", &[]).await.is(200);

    let before = server.dump().await;
    let change = password::change(&server.app, &signed, &Secret::from(PASSWORD), &Secret::from(NEW_PASSWORD), &visitor)
        .await
        .expect("it works");
    assert!(!matches!(change, password::Change::Done), "a session that was ended set a password");
    let number = contacts::Address::Mobile(aikagi::model::Phone::parse("090-6666-6666", &["JP"]).expect("a number"));
    let added = contacts::add(&server.app, &signed, &number, &visitor).await.expect("it works");
    assert!(!matches!(added, contacts::Add::CodeSent(_)), "a session that was ended added a contact");
    let own = contacts::list(&server.app, &signed).await.expect("it works");
    let removed = contacts::remove(&server.app, &signed, &own[0].id, Unproved::Hold, &visitor).await.expect("it works");
    assert_eq!(removed, Remove::ProveAgain, "a session that was ended removed a contact");
    let decided = contacts::decide(&server.app, &signed, &own[0].id, Decision::Keep, &visitor).await.expect("it works");
    assert_eq!(decided, Decide::ProveAgain, "a session that was ended decided about a contact");
    let after = server.dump().await;
    for table in ["members", "passwords", "contacts", "outbox", "codes", "audit"] {
        assert_eq!(raw::rows(&before, table), raw::rows(&after, table), "{table}");
    }
    assert!(owner.is_signed_in().await);
    assert_eq!(server.reload(&tanaka).await.epoch, tanaka.epoch + 1);
}

pub fn visitor(now: Timestamp) -> aikagi::flows::Visitor {
    let address = "203.0.113.66".parse().expect("an address");
    aikagi::flows::Visitor {
        now,
        locale: aikagi::model::Locale::Ja,
        address,
        network: aikagi::model::Network::of(address),
        agent: String::new(),
        device: None,
        way: aikagi::flows::Way::Page,
    }
}

/// Two attempts were proved before either was finished: once one has set the password, the other is over, chosen or not.
#[tokio::test]
async fn two_proved_attempts_set_one_password() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let mut thief = server.visitor_at("203.0.113.66");
    thief.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for(TANAKA).await;
    thief.types_code(&code).await.says("tanaka@sakura");
    let mut owner = at_the_last_step(&server, &tanaka, "198.51.100.7").await;
    owner.sets_password(NEW_PASSWORD).await.is(200);
    thief.picks(&tanaka).await.does_not_say("4 / 4");
    thief.sets_password("ぬすっとの長い合言葉をここに書く夜").await.does_not_say("新しいパスワードを決めました");
    server.later(hours(1));
    let mut owner = server.visitor();
    owner.signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

/// A number that two people share: an attempt was proved and chose one of them, then the other got back in. The older proof does
/// not come back to that other one.
#[tokio::test]
async fn an_older_proof_of_a_shared_number_cannot_be_turned_on_who_has_got_back_in() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let sato = server.member("sato", &[NUMBER]).await;
    let mut older = at_the_last_step(&server, &sato, "203.0.113.66").await;
    at_the_last_step(&server, &tanaka, "198.51.100.7").await.sets_password(NEW_PASSWORD).await.is(200);
    older.picks(&tanaka).await.is(422).does_not_say("tanaka@sakura");
    older.sets_password("ぬすっとの長い合言葉をここに書く夜").await.says("value=\"sato@sakura\"");
    server.visitor().signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

/// The owner sees 「入り直しの手続きが進んでいます」, and changes the password at once: the thief's proved attempt is over.
#[tokio::test]
async fn changing_the_password_ends_attempts_that_were_proved() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut thief = at_the_last_step(&server, &tanaka, "203.0.113.66").await;
    own.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    thief.sets_password("ぬすっとの長い合言葉をここに書く夜").await.is(410);
    server.visitor().signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

/// Somebody signs in on one device in the moment in which they end the sessions of all others from another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_right_password_is_never_called_wrong_because_other_sessions_ended_meanwhile() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut pc = server.signed_in("tanaka", "198.51.100.7").await;
    for _ in 0..15 {
        let (mut phone, mut again) = (server.visitor_at("203.0.113.5"), pc.clone());
        let ending = tokio::spawn(async move { again.post("/w/sakura/me/devices/sign-out-others", &[]).await.status });
        let door = phone.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await;
        assert_eq!(door.leads_to(), "/w/sakura/me");
        ending.await.expect("it ends");
        pc = server.signed_in("tanaka", "198.51.100.7").await;
    }
}
