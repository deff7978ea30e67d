//! A server that lacks the key the database is written with reads and changes nothing until it has it, and whoever changes the key waits
//! for every server that runs.

use std::fs;
use std::time::Duration;

use aikagi::flows::keys::{self, rotation};
use aikagi::model::hours;
use aikagi::vault::{MasterKeys, SeededDice};

use crate::cli::{Running, get};
use crate::harness::{PASSWORD, is_postgres};
use crate::key_command::house;
use crate::keys::{Nodes, contacts, reads, rotate, with_another};
use crate::raw;

#[tokio::test]
async fn a_server_without_the_key_that_writes_stops_until_it_has_it() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    let tanaka = nodes.a.member("tanaka", &["ichiro@example.jp"]).await;
    let mut own = nodes.b.signed_in("tanaka", "198.51.100.7").await;
    // B was cut off when the key changed, and has not read the file.
    for name in ["a", "b"] {
        keys::farewell(&nodes.b.app, name).await.expect("it works");
    }
    rotate(&nodes.a, &file, &id).await;
    keys::announce(&nodes.a.app, "one").await.expect("it works");
    keys::refresh(&nodes.b.app).await.expect_err("it has no such key");
    let mut person = nodes.b.visitor_at("203.0.113.5");
    person.asks_for_code_by_email("ichiro@example.jp", "").await.is(503);
    person.signs_in("tanaka", PASSWORD).await.is(503);
    own.post("/w/sakura/me/contacts/add-email", &[("email", "late@example.jp")]).await.is(503);
    assert_eq!(contacts(&nodes.a, &tanaka).await.len(), 1);
    // It says that it runs, and is waited for; nothing but the file is missing.
    keys::announce(&nodes.b.app, "b").await.expect("it is heard");
    assert_eq!(rotation::behind(&nodes.a.app, &id).await.expect("it works").len(), 1);
    keys::refresh(&nodes.b.app).await.expect_err("still");
    reads(&nodes.b.app, &file, "b").await;
    assert!(own.is_signed_in().await);
    person.asks_for_code_by_email("ichiro@example.jp", "").await.is(200);
    let code = nodes.b.code_for("ichiro@example.jp").await;
    person.types_code(&code).await.says("tanaka@sakura");
}

#[tokio::test]
async fn a_server_whose_clock_is_off_is_not_taken_for_silent() {
    let nodes = Nodes::start().await;
    let (file, id) = with_another();
    reads(&nodes.a.app, &file, "a").await;
    if !is_postgres() {
        // All are on one machine, and have one clock.
        return;
    }
    nodes.a.later(hours(1));
    reads(&nodes.a.app, &file, "a").await;
    let unready = rotation::unready(&nodes.a.app, &id).await.expect("it works");
    assert_eq!(unready.iter().map(|server| server.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn a_running_server_without_the_key_stops_and_goes_on_when_the_file_has_it() {
    let house = house().await;
    let server = Running::start(&house);
    let mut file = MasterKeys::read(&house.path("master.key")).expect("readable");
    let id = file.add(&SeededDice::new(5));
    let sql = format!("insert into master_keys (nth, id, writes_from, done_at) values (2, '{id}', 1, 1)");
    raw::run(&house.url(), &sql).await;
    while !get(server.operations, "/readyz").ends_with("key\n") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Pages that need nothing from the database are shown; no sign of a workspace is.
    assert!(get(server.address, "/w/acme/me").starts_with("HTTP/1.1 503"));
    fs::write(house.path("master.key"), file.to_text()).expect("written");
    while !get(server.operations, "/readyz").ends_with("ready\n") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!get(server.address, "/w/acme/me").starts_with("HTTP/1.1 503"));
}

#[tokio::test]
async fn the_key_file_is_not_blamed_for_a_database_that_does_not_answer() {
    let house = house().await;
    raw::run(&house.url(), "drop table master_keys").await;
    let said = house.refused(&["member", "list", "acme"]);
    assert!(said.contains("cannot be asked which key") && !said.contains("the key file"), "{said}");
}
