//! A stranger's network that asks for codes toward many countries is closed for a day: it sees what everybody sees who asked too often, and the log and administrators
//! know why.

use aikagi::config::Config;
use aikagi::flows::sweeps;
use aikagi::model::{days, hours, minutes};

use crate::harness::{Page, Server, config};
use crate::raw;

const JAPAN: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const KOREA: &str = "+82 10 1234 5678";
const FRANCE: &str = "+33 6 12 34 56 78";
const BRITAIN: &str = "+44 7400 123456";
const GERMANY: &str = "+49 1512 3456789";
const OWNER: &str = "suzuki@example.jp";
const FROM: &str = "203.0.113.9";

/// Many countries, and limits of everything else that nothing here reaches.
fn open_to_many() -> Config {
    let mut config = config();
    config.countries = ["JP", "KR", "FR", "GB", "DE", "IT", "AU", "SG"].map(str::to_owned).to_vec();
    let l = &mut config.limits;
    for limit in [
        &mut l.sends_per_15_minutes,
        &mut l.sends_per_hour,
        &mut l.sends_per_day,
        &mut l.network_unproved_per_hour,
        &mut l.network_unproved_per_day,
        &mut l.live_attempts,
    ] {
        *limit = 1_000;
    }
    config
}

async fn house() -> Server {
    let server = Server::start_with(open_to_many()).await;
    let owner = server.member("suzuki", &[OWNER]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    server.member("tanaka", &[JAPAN]).await;
    server
}

async fn asks(server: &Server, from: &str, number: &str) -> Page {
    server.visitor_at(from).post("/w/sakura/recover/mobile", &[("number", number)]).await
}

async fn asks_for_many(server: &Server, from: &str) {
    for number in [JAPAN, KOREA, FRANCE, KOREA, BRITAIN] {
        asks(server, from, number).await.is(303);
    }
}

#[tokio::test]
async fn a_network_that_asks_for_codes_toward_four_countries_is_closed_for_a_day() {
    let server = house().await;
    let mut own = server.signed_in("tanaka", "198.51.100.7").await;
    asks_for_many(&server, FROM).await;
    let (known, nobody) = (asks(&server, FROM, JAPAN).await, asks(&server, FROM, "090-9999-0000").await);
    assert_eq!(known.status, 429);
    assert_eq!((known.status, known.main()), (nobody.status, nobody.main()));
    assert_eq!(known.headers["retry-after"], "86400");
    server.visitor_at(FROM).post("/w/sakura/recover/email", &[("email", OWNER), ("login", "")]).await.is(429);
    // Elsewhere, and on a device that the account knows, nothing changed.
    asks(&server, "203.0.113.10", JAPAN).await.is(303);
    own.address.set_ip(FROM.parse().expect("an address"));
    own.asks_for_code(JAPAN).await.is(200).says("2 / 4");

    sweeps::watch(&server.app).await.expect("the database works");
    sweeps::watch(&server.app).await.expect("the database works");
    let letters = server.received(OWNER).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.text.contains("4 か国") && letter.text.contains(FROM), "{}", letter.text);
    let dump = server.dump().await;
    let lines: Vec<_> = raw::rows(&dump, "audit").iter().filter(|line| line["action"] == "many_countries").collect();
    let [line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(line["network"], format!("{FROM}/32").as_str());
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get("/w/sakura/admin/alerts").await.says("1つの場所から、多くの国への認証番号").says(FROM);

    server.later(hours(23));
    asks(&server, FROM, JAPAN).await.is(429);
    server.later(hours(1) + minutes(1));
    asks(&server, FROM, JAPAN).await.is(303);
}

#[tokio::test]
async fn codes_that_are_typed_do_not_count_and_a_new_day_begins_anew() {
    let server = house().await;
    for number in [KOREA, FRANCE] {
        asks(&server, FROM, number).await.is(303);
    }
    let mut phone = server.visitor_at(FROM);
    phone.asks_for_code(JAPAN).await.is(200);
    let code = server.code_for(TANAKA).await;
    phone.types_code(&code).await.says("tanaka@sakura");
    asks(&server, FROM, BRITAIN).await.is(303);
    asks(&server, FROM, BRITAIN).await.is(303);
    server.later(days(1));
    for number in [GERMANY, JAPAN, KOREA] {
        asks(&server, FROM, number).await.is(303);
    }
    asks(&server, FROM, JAPAN).await.is(303);
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 0);
}

/// Whoever moves through the /64s of one site meets the site's own limit, four times as high.
#[tokio::test]
async fn a_site_that_moves_through_its_networks_is_closed_as_a_whole() {
    let server = house().await;
    let numbers = ["+82 10 1234 5678", FRANCE, BRITAIN, GERMANY, JAPAN, "+39 312 345 6789", "+61 412 345 678"];
    let mut limited = open_to_many();
    limited.limits.network_countries_per_day = 1;
    let small = Server::start_with(limited).await;
    for (n, number) in numbers.iter().enumerate() {
        asks(&server, &format!("2001:db8:0:{n:x}::1"), number).await.is(303);
        let status = asks(&small, &format!("2001:db8:0:{n:x}::1"), number).await.status.as_u16();
        assert_eq!(status, if n < 5 { 303 } else { 429 }, "{n}");
    }
}

#[tokio::test]
async fn a_network_is_closed_by_the_same_work_whoever_has_the_numbers() {
    let mut seen = Vec::new();
    for known in [true, false] {
        let server = Server::start_with(open_to_many()).await;
        server.member("sato", &["090-9999-0000"]).await;
        if known {
            server.member("tanaka", &[JAPAN]).await;
        }
        let mut all = Vec::new();
        for number in [KOREA, FRANCE, KOREA, BRITAIN, JAPAN, GERMANY, JAPAN] {
            let mut browser = server.visitor_at(FROM);
            let csrf = browser.csrf().await;
            let body = crate::harness::form(&[("csrf", &csrf), ("number", number)]);
            let before = server.app.db.statements();
            let page = browser.post_raw("/recover/mobile", body.into_bytes()).await;
            let statements = server.app.db.statements() - before;
            let dump = server.dump().await;
            let rows = ["outbox", "recoveries", "limits", "alerts"].map(|table| raw::rows(&dump, table).len());
            all.push((page.status.as_u16(), statements, rows));
        }
        seen.push(all);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].last().map(|last| last.0), Some(429));
}

/// Fifty at once get no more countries than one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_at_once_close_the_network_as_soon() {
    let server = house().await;
    let numbers = [JAPAN, KOREA, FRANCE, BRITAIN, GERMANY, "+39 312 345 6789", "+61 412 345 678"];
    let mut all = tokio::task::JoinSet::new();
    for n in 0..50 {
        let mut browser = server.visitor_at(FROM);
        all.spawn(async move { browser.post("/recover/mobile", &[("number", numbers[n % 7])]).await.status.as_u16() });
    }
    let refused = all.join_all().await.into_iter().filter(|status| *status == 429).count();
    let countries = "select count(distinct toward) from recoveries";
    assert_eq!(raw::number(&server.database().url, countries).await, 4);
    assert!(refused > 0);
    let alerts = "select count(*) from alerts where event = 'many_countries' and workspace_id is null";
    assert_eq!(raw::number(&server.database().url, alerts).await, 1, "the operator's, from the common page");
}
