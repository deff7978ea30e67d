//! What somebody tries at the help desk who is not whom they say, or who may not.

use aikagi::flows::desk::{Seat, warrant};
use aikagi::flows::session::{self, Signed};
use aikagi::flows::{Visitor, Way, housekeeping};
use aikagi::model::{Action, Locale, Network, Role, Secret, Timestamp, days, minutes, seconds};
use aikagi::store::Error;

use super::DESK;
use super::calls::{NUMBER, TANAKA};
use crate::harness::{Browser, Server, digits};
use crate::raw;

#[tokio::test]
async fn fifty_guesses_at_once_are_three() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    let csrf = desk.csrf().await;
    let wrong = if code == "BBBB" { "CCCC" } else { "BBBB" };
    let guesses = (0..50).map(|_| {
        let mut desk = desk.clone();
        let (path, body) = (format!("{call}/letters"), format!("csrf={csrf}&letters={wrong}"));
        tokio::spawn(async move { desk.post_raw(&path, body.into_bytes()).await })
    });
    for guess in guesses.collect::<Vec<_>>() {
        guess.await.expect("an answer").is(422);
    }
    let tries =
        raw::rows(&server.dump().await, "codes").iter().map(|row| row["tries"].as_i64().expect("a number")).max();
    assert_eq!(tries, Some(3));
    // The right one comes too late.
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(422);
    desk.get(&format!("{DESK}/members/{}", tanaka.id)).await.is(404);
    // Two codes a call, five calls a day about one ID, however it is written, whoever opens them.
    server.later(seconds(61));
    desk.submit(&format!("{call}/send"), &[("by", "sms")]).await.is(200);
    server.later(seconds(61));
    desk.submit(&format!("{call}/send"), &[("by", "sms")]).await.says("することがありませんでした");
    let (_, mut other) = server.keeper("mori", Role::HelpDesk).await;
    for typed in ["tanaka", "TANAKA", "ｔａｎａｋａ", "tanaka@sakura"] {
        other.opens_call(typed, None).await;
    }
    desk.submit(&format!("{DESK}/calls/new"), &[("login", "tanaka")]).await.is(422).says("回数が多すぎます");
    desk.opens_call("somebody-else", None).await;
}

#[tokio::test]
async fn a_calls_letters_and_a_recoverys_code_do_not_pass_for_one_another() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let mut phone = server.visitor();
    phone.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    let call = desk.opens_call("tanaka", None).await;
    let letters = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    phone.types_code(&letters).await.is(422).says("8けた");
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(422).says("英字4文字");
    // Neither slip cost a try.
    assert!(raw::rows(&server.dump().await, "codes").iter().all(|row| row["tries"] == 0));
    phone.types_code(&code).await.says("tanaka@sakura");
    let all = server.received(TANAKA).await;
    assert!(all.iter().all(|letter| letter.purpose != "call_letters" || !letter.text.contains(&digits(&all[0].text))));
    // Letters of one call open no other.
    let other = desk.opens_call("tanaka", None).await;
    desk.submit(&format!("{other}/send"), &[("by", "email")]).await.is(200);
    desk.submit(&format!("{other}/letters"), &[("letters", &letters)]).await.is(422);
    // Ten minutes, and once.
    server.later(minutes(11));
    desk.submit(&format!("{call}/letters"), &[("letters", &letters)]).await.is(422);
}

#[tokio::test]
async fn nobody_uses_another_helpers_call_or_another_workspaces() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let (_, mut other) = server.keeper("mori", Role::HelpDesk).await;
    let (_, mut keeper) = server.keeper("sato", Role::Owner).await;
    server.visitor().asks("tanaka").await;
    let request = desk.first_request().await;
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    for who in [&mut other, &mut keeper] {
        who.get(&call).await.is(404);
        for (step, fields) in [
            ("letters", vec![("letters", code.as_str())]),
            ("number", vec![("number", "10")]),
            ("send", vec![("by", "sms")]),
            ("prompt", vec![]),
            ("second", vec![]),
            ("end", vec![]),
        ] {
            who.post(&format!("{call}/{step}"), &fields).await.is(404);
        }
    }
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.says("本人とわかりました");
    other.get(&format!("{DESK}/members/{}", tanaka.id)).await.is(404);
    // In another workspace none of it is there.
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &[]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", theirs.id)).await;
    let mut away = server.visitor_at("198.51.100.77");
    away.submit("/w/momiji/sign-in", &[("login", "theirs"), ("password", crate::harness::PASSWORD)]).await.is(200);
    for path in [&call, &request, &format!("{DESK}/members/{}", tanaka.id)] {
        away.get(&path.replace("sakura", "momiji")).await.is(404);
    }
    for path in [format!("{request}/take"), format!("{call}/agree"), format!("{call}/letters")] {
        away.post(&path.replace("sakura", "momiji"), &[("letters", &code)]).await.is(404);
    }
    away.get("/w/momiji/admin/queue").await.does_not_say("美咲");
}

#[tokio::test]
async fn what_a_call_opened_shuts_when_the_member_or_the_helper_is_stopped() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (kato, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(200);
    for set in ["state = 'suspended'", "state = 'deleted'", "held_at = 1", "role = 'help_desk'", "role = 'owner'"] {
        desk.get(&page).await.is(200);
        server.sql(&format!("update members set {set} where id = '{}'", tanaka.id)).await;
        desk.get(&page).await.is(404);
        desk.get(&call).await.says("この電話は終わっています");
        let back = "state = 'active', held_at = null, role = 'member'";
        server.sql(&format!("update members set {back} where id = '{}'", tanaka.id)).await;
    }
    server.sql(&format!("update members set role = 'member' where id = '{}'", kato.id)).await;
    desk.get(&page).await.is(403);
    server.sql(&format!("update members set role = 'help_desk' where id = '{}'", kato.id)).await;
    desk.submit(&format!("{call}/end"), &[]).await.says("この電話は終わっています");
    desk.get(&page).await.is(404);
    // A clock that was set back ends what would live too long.
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(200);
    housekeeping::clock_went_back(&server.app).await.expect("the database works");
    desk.get(&page).await.is(404);
    server.later(days(91));
    housekeeping::tidy(&server.app).await.expect("the database works");
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "calls").is_empty() && raw::rows(&dump, "warrants").is_empty());
}

#[tokio::test]
async fn a_suspension_between_the_letters_and_their_reading_opens_nothing() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    server.sql(&format!("update members set held_at = 1 where id = '{}'", tanaka.id)).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(422);
    let young = desk.opens_call("tanaka", None).await;
    server.sql(&format!("update members set held_at = null where id = '{}'", tanaka.id)).await;
    // A contact that does not count yet gets no letters.
    server.sql("update contacts set recovers_from = 9000000000000000").await;
    let before = server.received(TANAKA).await.len();
    desk.submit(&format!("{young}/send"), &[("by", "sms")]).await.is(200);
    assert_eq!(server.received(TANAKA).await.len(), before);
    // Half an hour is all the time there is.
    server.sql("update contacts set recovers_from = 1").await;
    let late = desk.opens_call("tanaka", None).await;
    server.later(minutes(14));
    desk.get(DESK).await.is(200);
    server.later(minutes(14));
    desk.get(DESK).await.is(200);
    server.later(minutes(3));
    desk.submit(&format!("{late}/send"), &[("by", "sms")]).await.says("することがありませんでした");
    desk.get(&late).await.says("この電話は終わっています");
}

#[tokio::test]
async fn a_proved_call_gives_its_helper_one_warrant_that_is_used_once() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (_, other) = server.keeper("mori", Role::Administrator).await;
    let call = desk.opens_call("tanaka", None).await;
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(200);
    let (own, others) = (signed(&server, &desk).await, signed(&server, &other).await);
    let visitor = visitor(server.app.now());
    let seat = Seat::take(&own, &visitor, Action::TakeCalls).expect("an administrator");
    let foreign = Seat::take(&others, &visitor, Action::TakeCalls).expect("an administrator");
    assert!(warrant::find(&server.app, &foreign, &tanaka.id).await.expect("it works").is_none());
    assert_eq!(warrant::find(&server.app, &seat, &tanaka.id).await.expect("it works").expect("one").ground, "call");
    let mut used = Vec::new();
    for seat in [&foreign, &seat, &seat] {
        let mut tries = server.app.db.tries();
        let mut conn = tries.begin().await.expect("a transaction");
        used.push(warrant::consume(&mut conn, seat, &tanaka.id, "test").await.expect("it works"));
        tries.settle(conn, Ok::<_, Error>(())).await.expect("no other try").expect("it commits");
    }
    assert_eq!(used, [false, true, false]);
}

async fn signed(server: &Server, browser: &Browser) -> Signed {
    let token = Secret::from(browser.cookies["aikagi_s_sakura"].clone());
    let signed = session::authenticate(&server.app, &token, &visitor(server.app.now())).await;
    signed.expect("it works").expect("signed in")
}

fn visitor(now: Timestamp) -> Visitor {
    let address = "192.0.2.5".parse().expect("an address");
    let (network, agent) = (Network::of(address), String::new());
    Visitor { now, locale: Locale::Ja, address, network, agent, device: None, way: Way::Page }
}
