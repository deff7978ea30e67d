//! What looks as if somebody else had come in is told, to the member and to administrators; and what only seems so is not.

use aikagi::flows::alerts;
use aikagi::model::{Role, days, hours, minutes};

use crate::desk::alerts::{look, owner};
use crate::harness::{Server, config};
use crate::own::link_in;
use crate::raw;

const MAIL: &str = "ichiro@example.jp";
const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const TOKYO: &str = "192.0.2.10";
const OSAKA: &str = "198.51.100.10";
const PARIS: &str = "198.51.100.200";
const FRANCE: &str = "2001:db8:fa::7";
const NOWHERE: &str = "203.0.113.50";
const ALERTS: &str = "/w/sakura/admin/alerts";
const DATABASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/places/places.mmdb");

async fn with_places() -> Server {
    let mut config = config();
    config.places_file = Some(DATABASE.into());
    Server::start_with(config).await
}

/// A member who signed in in Tokyo, ten hours ago.
async fn settled(server: &Server) {
    server.member("tanaka", &[MAIL, NUMBER]).await;
    look(server).await;
    server.signed_in("tanaka", TOKYO).await;
    server.later(hours(10));
}

/// How often this was told there.
async fn told(server: &Server, to: &str, purpose: &str) -> usize {
    server.received(to).await.iter().filter(|letter| letter.purpose == purpose).count()
}

async fn alerted(server: &Server, event: &str) -> usize {
    raw::count(&server.dump().await, "alerts", "event", event)
}

/// Sets values of the policy, as a change by an owner would.
async fn decides(server: &Server, suspicion: &str) {
    server.sql(&format!("update workspaces set policy = '{{\"suspicion\":{suspicion}}}'")).await;
}

#[tokio::test]
async fn a_new_country_is_told_to_the_member_and_to_administrators_with_a_way_out() {
    let server = with_places().await;
    owner(&server).await;
    settled(&server).await;
    server.later(days(2));
    let mut thief = server.signed_in("tanaka", FRANCE).await;
    look(&server).await;
    look(&server).await;
    for to in [MAIL, TANAKA] {
        assert_eq!(told(&server, to, "new_country").await, 1, "{to}");
    }
    let letters = server.received(MAIL).await;
    let letter = letters.iter().find(|letter| letter.purpose == "new_country").expect("told");
    assert!(letter.text.contains("フランス") && letter.text.contains("2001:db8:fa::/64"), "{}", letter.text);
    assert_eq!(alerted(&server, "far_apart").await, 0, "of a country alone nobody knows how far it is");
    let mut desk = server.signed_in("suzuki", NOWHERE).await;
    desk.get(ALERTS).await.says("はじめての国からのサインイン").says("tanaka").says("出張や旅行でないか");
    // The way out of the notice holds the account.
    server.visitor_at(NOWHERE).submit(&link_in(&letter.text), &[]).await.says("アカウントを止めました");
    assert!(!thief.is_signed_in().await);
}

#[tokio::test]
async fn the_first_sign_in_the_same_country_and_a_place_that_nobody_knows_are_no_news() {
    let server = with_places().await;
    server.member("tanaka", &[MAIL]).await;
    look(&server).await;
    // The first of all, wherever it is.
    server.signed_in("tanaka", FRANCE).await;
    look(&server).await;
    server.later(days(1));
    server.signed_in("tanaka", PARIS).await;
    server.later(days(1));
    server.signed_in("tanaka", NOWHERE).await;
    look(&server).await;
    assert_eq!(told(&server, MAIL, "new_country").await, 0);
    // Japan is new; once it was told of, it is not.
    server.later(days(2));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    assert_eq!(told(&server, MAIL, "new_country").await, 1);
    server.later(days(2));
    server.signed_in("tanaka", OSAKA).await;
    look(&server).await;
    assert_eq!(told(&server, MAIL, "new_country").await, 1);
    // After more than ninety days without it, it is new again; where nothing is known from these days, nothing is.
    server.later(days(100));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    assert_eq!(told(&server, MAIL, "new_country").await, 1);
    server.later(days(2));
    server.signed_in("tanaka", FRANCE).await;
    look(&server).await;
    assert_eq!(told(&server, MAIL, "new_country").await, 2);
}

#[tokio::test]
async fn nobody_is_in_tokyo_and_in_paris_within_an_hour() {
    let server = with_places().await;
    owner(&server).await;
    settled(&server).await;
    // Ten hours from Tokyo to Paris is an aeroplane's time: 9,700 km.
    server.signed_in("tanaka", PARIS).await;
    look(&server).await;
    assert_eq!(alerted(&server, "far_apart").await, 0);
    server.later(hours(1));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    look(&server).await;
    assert_eq!((alerted(&server, "far_apart").await, told(&server, MAIL, "far_apart").await), (1, 1));
    let letters = server.received(MAIL).await;
    let letter = letters.iter().find(|letter| letter.purpose == "far_apart").expect("told");
    assert!(letter.text.contains("日本 東京") && letter.text.contains("/not-me/"), "{}", letter.text);
    let mut desk = server.signed_in("suzuki", NOWHERE).await;
    desk.get(ALERTS).await.says("離れた場所からの続けてのサインイン").says("km離れた場所");
    // Told once a day.
    server.signed_in("tanaka", PARIS).await;
    look(&server).await;
    assert_eq!((alerted(&server, "far_apart").await, told(&server, MAIL, "far_apart").await), (1, 1));
}

#[tokio::test]
async fn the_speed_is_the_policys_and_a_train_is_no_news() {
    let server = with_places().await;
    settled(&server).await;
    decides(&server, r#"{"travel_kmh":300}"#).await;
    // Tokyo to Osaka, 400 km, in an hour and a half: 270 km an hour.
    server.signed_in("tanaka", TOKYO).await;
    server.later(minutes(90));
    server.signed_in("tanaka", OSAKA).await;
    look(&server).await;
    assert_eq!(alerted(&server, "far_apart").await, 0);
    server.later(minutes(50));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    assert_eq!(alerted(&server, "far_apart").await, 1);
}

#[tokio::test]
async fn networks_that_are_the_workplaces_own_say_nothing_of_where_people_are() {
    let server = with_places().await;
    settled(&server).await;
    let own = r#"{"bound":"desk","from":["198.51.100.128/25"]}"#;
    server.sql(&format!("update workspaces set networks = '{own}'")).await;
    server.signed_in("tanaka", TOKYO).await;
    server.later(minutes(10));
    // Out of the workplace's VPN, which ends in Paris, and back.
    server.signed_in("tanaka", PARIS).await;
    server.later(minutes(10));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    assert_eq!((alerted(&server, "far_apart").await, alerted(&server, "new_country").await), (0, 0));
    assert_eq!(told(&server, MAIL, "far_apart").await + told(&server, MAIL, "new_country").await, 0);
}

#[tokio::test]
async fn what_the_policy_switches_off_is_not_looked_for() {
    let server = with_places().await;
    settled(&server).await;
    decides(&server, r#"{"new_country":false,"travel":false,"failures":false}"#).await;
    server.signed_in("tanaka", TOKYO).await;
    server.later(minutes(10));
    server.signed_in("tanaka", PARIS).await;
    for _ in 0..12 {
        server.visitor_at(NOWHERE).signs_in("tanaka", "not the password at all").await;
        server.later(minutes(2));
    }
    look(&server).await;
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "alerts").is_empty());
    assert_eq!(told(&server, MAIL, "failed_tries").await + told(&server, MAIL, "new_country").await, 0);
}

#[tokio::test]
async fn without_a_database_of_places_everything_works_and_nothing_is_said_of_them() {
    let server = Server::start().await;
    settled(&server).await;
    let mut own = server.signed_in("tanaka", PARIS).await;
    look(&server).await;
    assert_eq!(alerted(&server, "new_country").await + alerted(&server, "far_apart").await, 0);
    own.get("/w/sakura/me/devices").await.says(PARIS).does_not_say("フランス");
}

#[tokio::test]
async fn devices_show_where_they_were_used() {
    let server = with_places().await;
    server.member("tanaka", &[MAIL]).await;
    let mut own = server.signed_in("tanaka", TOKYO).await;
    own.get("/w/sakura/me/devices").await.says("日本 東京").says(TOKYO);
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let dump = server.dump().await;
    let rows = raw::rows(&dump, "members");
    let id = rows.iter().find(|row| row["login"] == "tanaka").expect("tanaka")["id"].as_str().expect("text").to_owned();
    desk.get(&format!("/w/sakura/admin/members/{id}")).await.says("日本 東京");
}

#[tokio::test]
async fn wrong_passwords_in_a_row_are_told_once_a_day_by_email_without_a_button_and_close_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &[MAIL, NUMBER]).await;
    server.member("sato", &["080-9999-0000"]).await;
    look(&server).await;
    for _ in 0..2 {
        for n in 0..9 {
            server.visitor_at(&format!("203.0.113.{n}")).signs_in("tanaka", "not the password at all").await;
        }
        look(&server).await;
        server.later(hours(2));
    }
    assert_eq!(told(&server, MAIL, "failed_tries").await, 0, "nine are not ten, and an hour later they begin anew");
    for round in 0..3 {
        for n in 0..15 {
            let mut stranger = server.visitor_at(&format!("203.0.113.{}", 20 * round + n));
            // A stranger sees the same for an ID that nobody has.
            let (some, none) = (
                stranger.signs_in("tanaka", "not the password at all").await,
                server
                    .visitor_at(&format!("203.0.113.{}", 100 + 20 * round + n))
                    .signs_in("nobody", "not the password at all")
                    .await,
            );
            assert_eq!(some.status, none.status);
        }
        look(&server).await;
        server.later(hours(2));
    }
    assert_eq!(told(&server, MAIL, "failed_tries").await, 1);
    assert_eq!(told(&server, TANAKA, "failed_tries").await, 0, "an SMS costs money");
    let letters = server.received(MAIL).await;
    let letter = letters.iter().find(|letter| letter.purpose == "failed_tries").expect("told");
    assert!(
        !letter.text.contains("/not-me/") && letter.text.contains("だれもサインインしていません"),
        "{}",
        letter.text
    );
    // Nothing is closed by it: whoever recovers comes in, and the next day it is told again.
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "members").iter().all(|row| row["held_at"].is_null()));
    server.visitor_at(TOKYO).asks_for_code(NUMBER).await.says("2 / 4");
    assert_eq!(told(&server, TANAKA, "recovery_code").await, 1);
    server.later(days(1));
    for n in 0..10 {
        server.visitor_at(&format!("203.0.113.{n}")).signs_in("tanaka", "not the password at all").await;
    }
    look(&server).await;
    assert_eq!(told(&server, MAIL, "failed_tries").await, 2);
}

#[tokio::test]
async fn a_sign_in_after_wrong_passwords_is_told_to_the_member_with_a_way_out() {
    let server = Server::start().await;
    server.member("tanaka", &[MAIL]).await;
    look(&server).await;
    for n in 0..10 {
        server.visitor_at(&format!("203.0.113.{n}")).signs_in("tanaka", "not the password at all").await;
    }
    server.later(minutes(20));
    server.signed_in("tanaka", TOKYO).await;
    look(&server).await;
    let letters = server.received(MAIL).await;
    let letter = letters.iter().find(|letter| letter.purpose == "after_failures").expect("told");
    assert!(letter.text.contains("/not-me/"), "{}", letter.text);
}

#[tokio::test]
async fn a_clock_that_is_set_back_tells_nothing_twice() {
    let server = with_places().await;
    owner(&server).await;
    settled(&server).await;
    server.later(days(2));
    server.signed_in("tanaka", FRANCE).await;
    look(&server).await;
    // The position is put back as by a clock: the same lines are looked at once more.
    server.sql("update followers set until = until + 86400000000").await;
    for _ in 0..3 {
        while alerts::watch::follow(&server.app).await.expect("the database works") {}
    }
    look(&server).await;
    assert_eq!((told(&server, MAIL, "new_country").await, alerted(&server, "new_country").await), (1, 1));
    assert_eq!(told(&server, "suzuki@example.jp", "new_country").await, 1);
}
