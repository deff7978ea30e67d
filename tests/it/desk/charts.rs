//! Figures and charts on the desk's first page: every line of the logs is counted once, whoever counts, wherever it is stopped, and when the
//! clock is set.

use std::collections::BTreeMap;
use std::process::Command;

use aikagi::flows::{housekeeping, members, standing, tallies};
use aikagi::model::{Role, Timestamp, days, hours, minutes};
use serde_json::json;

use crate::harness::{Database, NEW_PASSWORD, PASSWORD, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const EMAIL: &str = "ichiro@example.jp";
const COUNTER: &str = "AIKAGI_TEST_COUNTS_ON";

/// Time passes until what happened can be counted, and it is.
async fn counts(server: &Server) {
    server.later(minutes(4));
    while tallies::follow(&server.app).await.expect("the database works") {}
}

/// What is counted, by hour and thing.
async fn counted(server: &Server) -> BTreeMap<(i64, String), i64> {
    let dump = server.dump().await;
    let whole = |value: &serde_json::Value| value.as_i64().expect("a number");
    let rows = raw::rows(&dump, "tallies")
        .iter()
        .map(|row| ((whole(&row["hour"]), row["what"].as_str().expect("a word").to_owned()), whole(&row["times"])));
    rows.collect()
}

/// How often it happened in all hours.
async fn times(server: &Server, what: &str) -> i64 {
    counted(server).await.iter().filter(|((_, word), _)| word == what).map(|(_, times)| times).sum()
}

/// Somebody forgot their password, and gets back in.
async fn gets_back_in(server: &Server, at: &str, by_email: bool) {
    let tanaka = server.reload(&server.member_called("tanaka").await).await;
    let mut phone = server.visitor_at(at);
    let to = if by_email {
        phone.asks_for_code_by_email(EMAIL, "").await.is(200);
        EMAIL
    } else {
        phone.asks_for_code(NUMBER).await.is(200);
        "+819012345678"
    };
    let code = server.code_for(to).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    let password = if by_email { PASSWORDS[1] } else { PASSWORDS[0] };
    phone.sets_password(password).await.is(200);
}

const PASSWORDS: [&str; 2] = [NEW_PASSWORD, "たぬきが渡った夜の橋の向こうの灯"];

impl Server {
    async fn member_called(&self, login: &str) -> aikagi::store::members::Member {
        let login = aikagi::model::LoginName::parse(login).expect("a login name");
        members::by_login(&self.app, &self.workspace, &login)
            .await
            .expect("the database works")
            .expect("they are there")
    }
}

#[tokio::test]
async fn the_first_page_shows_what_happened() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, EMAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    desk.get("/w/sakura/admin").await.is(200).says("まだ何もありません").says("この7日に入り直した人はいません");

    server.visitor().signs_in("tanaka", "wrong").await.is(422);
    gets_back_in(&server, "198.51.100.20", false).await;
    server.later(minutes(3));
    gets_back_in(&server, "198.51.100.21", true).await;
    // Only the ID was wanted.
    server.later(minutes(3));
    let mut phone = server.visitor_at("198.51.100.22");
    phone.asks_for_code(NUMBER).await.is(200);
    let code = server.code_for("+819012345678").await;
    phone.types_code(&code).await.is(200);
    // Somebody held the account, and an administrator let them in again.
    for step in [standing::Step::Hold, standing::Step::Release] {
        assert!(members::take_step(&server.app, &tanaka, step).await.expect("it works"));
    }
    counts(&server).await;
    let page = desk.get("/w/sakura/admin").await;
    page.is(200).says("66.6%").says("管理者の手を借りず 2 / 3回");
    page.says("うちパスワードの決め直し 2件").says("入れなかった 1件").says("<svg").says("数分前までの数です");
    let facts = [
        ("signed_in", 1),
        ("refused", 1),
        ("proved_by_sms", 2),
        ("proved_by_email", 1),
        ("back_by_sms", 1),
        ("back_by_email", 1),
        ("back_by_help", 1),
    ];
    for (what, often) in facts {
        assert_eq!(times(&server, what).await, often, "{what}");
    }
    // Nothing is counted again.
    counts(&server).await;
    counts(&server).await;
    for (what, often) in facts {
        assert_eq!(times(&server, what).await, often, "{what}");
    }
}

#[tokio::test]
async fn who_may_not_read_the_log_sees_no_charts_and_nobody_those_of_others() {
    let server = Server::start().await;
    let other = server.workspace("ume", "うめ商店").await;
    server.member_of(&other, "ono", &[]).await;
    let mut ono = server.visitor();
    ono.post("/w/ume/sign-in", &[("login", "ono"), ("password", PASSWORD)]).await.is(303);
    counts(&server).await;
    assert_eq!(times(&server, "signed_in").await, 1);
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    desk.get("/w/sakura/admin").await.is(200).says("まだ何もありません").does_not_say("<rect class=\"ink-main\" x");
    let (_, mut helper) = server.keeper("kuroda", Role::HelpDesk).await;
    helper.get("/w/sakura/admin").await.is(200).does_not_say("まだ何もありません").does_not_say("chart");
}

/// Eleven in the evening and one in the morning are two days, where people are.
#[tokio::test]
async fn a_day_begins_at_midnight_in_japan() {
    // 23:00 in Japan.
    let evening = Timestamp(1_795_273_200_000_000) - hours(1);
    let server = Server::start_at(crate::harness::config(), Database::new().await, evening).await;
    server.keeper("sato", Role::Administrator).await;
    server.visitor().signs_in("sato", "wrong").await.is(422);
    server.later(hours(2));
    server.visitor().signs_in("sato", "wrong").await.is(422);
    server.visitor_at("198.51.100.9").signs_in("sato", "wrong").await.is(422);
    counts(&server).await;
    let page = server.signed_in("sato", "192.0.2.5").await.get("/w/sakura/admin").await;
    page.is(200).says("入れなかった 2件");
    let table =
        page.text.split_once("id=\"days-title\"").expect("the days").1.split_once("</table>").expect("it ends").0;
    let row = |day: &str| table.split_once(day).expect("the day").1.split_once("</tr>").expect("it ends").0.to_owned();
    assert!(row("11月21日").contains(">1</td>") && row("11月22日").contains(">2</td>"), "{table}");
}

#[tokio::test]
async fn two_nodes_that_count_at_once_count_once() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    tallies::follow(&server.app).await.expect("the database works");
    for nth in 0..12 {
        server.visitor_at(&format!("198.51.100.{nth}")).signs_in("tanaka", "wrong").await.is(422);
    }
    server.later(minutes(4));
    let app = &server.app;
    let (a, b, c) = tokio::join!(tallies::follow(app), tallies::follow(app), tallies::follow(app));
    assert!([a, b, c].iter().all(Result::is_ok));
    counts(&server).await;
    assert_eq!(times(&server, "refused").await, 12);
}

/// More lines than one piece holds, some of one microsecond.
#[tokio::test]
async fn a_long_log_is_counted_piece_by_piece() {
    let server = Server::start().await;
    let at = server.app.now();
    let rows: Vec<String> = (0_u16..2_345)
        .map(|nth| {
            let [high, low] = nth.to_be_bytes();
            let id = aikagi::model::id::SignInId::new(at, [high, low, 1, 0, 0, 0, 0, 0, 0, 0]);
            let workspace = &server.workspace.id;
            format!("('{id}', '{workspace}', null, 'unknown_id', 'page', 'a', 'n', '', null, {})", at.0)
        })
        .collect();
    server.sql(&format!("insert into sign_ins (id, workspace_id, member_id, result, way, address, network, agent, device_id, at) values {}", rows.join(", "))).await;
    counts(&server).await;
    assert_eq!(times(&server, "refused").await, 2_345);
}

#[tokio::test]
async fn a_clock_that_is_set_loses_and_doubles_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let misses = async |from: u8, count: u8| {
        for nth in from..from + count {
            server.visitor_at(&format!("198.51.100.{nth}")).signs_in("tanaka", "wrong").await.is(422);
        }
    };
    misses(0, 3).await;
    counts(&server).await;
    // An hour back: what comes now is older than what was counted.
    server.clock.turn_back(hours(1));
    misses(10, 2).await;
    counts(&server).await;
    assert_eq!(times(&server, "refused").await, 2, "the hour that is still to come is not counted yet");
    server.later(hours(2));
    misses(20, 1).await;
    counts(&server).await;
    assert_eq!(times(&server, "refused").await, 6);
    // A day forward, and back again.
    server.later(days(1));
    misses(30, 1).await;
    counts(&server).await;
    server.clock.turn_back(days(1));
    misses(40, 1).await;
    counts(&server).await;
    server.later(days(1) + hours(1));
    counts(&server).await;
    assert_eq!(times(&server, "refused").await, 8);
}

#[tokio::test]
async fn counts_are_kept_for_four_hundred_days() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    server.visitor().signs_in("tanaka", "wrong").await.is(422);
    counts(&server).await;
    server.later(days(399));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert_eq!(times(&server, "refused").await, 1);
    server.later(days(2));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(counted(&server).await.is_empty());
}

/// Not a story but the process that counts, and may die of it.
#[tokio::test]
async fn the_process_that_counts() {
    let Ok(play) = std::env::var(COUNTER) else { return };
    let play: serde_json::Value = serde_json::from_str(&play).expect("JSON");
    let now = Timestamp(play["now"].as_i64().expect("a time"));
    let server = Server::reopen(Database::borrowed(play["url"].as_str().expect("a URL")), 77, now).await;
    while tallies::follow(&server.app).await.expect("the database works") {}
    server.app.db.close().await;
}

#[tokio::test]
async fn whoever_dies_while_counting_leaves_nothing_half_counted() {
    let server = Server::start().await;
    let (_, _) = server.keeper("sato", Role::Administrator).await;
    for nth in 0..3 {
        server.visitor_at(&format!("198.51.100.{nth}")).signs_in("sato", "wrong").await.is(422);
    }
    server.later(minutes(4));
    let now = server.app.now();
    server.app.db.close().await;
    let mut died = 0;
    for nth in 1..200 {
        let copy = server.database().copy().await;
        let counter = |abort: Option<String>| {
            let mut command = Command::new(std::env::current_exe().expect("this program"));
            command.args(["desk::charts::the_process_that_counts", "--exact", "--nocapture"]);
            command.env(COUNTER, json!({ "url": copy.url, "now": now.0 }).to_string());
            if let Some(abort) = abort {
                command.env("AIKAGI_ABORT_AT_STATEMENT", abort);
            }
            command.output().expect("it starts").status.success()
        };
        let survived = counter(Some(nth.to_string()));
        died += u32::from(!survived);
        assert!(survived || counter(None), "it counts when the server is back");
        let dump = raw::dump(&copy.url).await;
        let rows = raw::rows(&dump, "tallies");
        let sum = |what: &str| {
            rows.iter().filter(|row| row["what"] == what).filter_map(|row| row["times"].as_i64()).sum::<i64>()
        };
        assert_eq!((sum("signed_in"), sum("refused")), (1, 3), "died before statement {nth}");
        if survived {
            assert!(died > 5, "it died only {died} times");
            return;
        }
    }
    panic!("counting has no end");
}
