//! The primary dies and its standby takes over; and a server that only reads is used by nobody.

use std::time::{Duration, Instant};

use crate::client::{Answer, Client, text};
use crate::cluster::{Server, Tables as _, cluster};
use crate::house::{House, Node, PASSWORD};
use crate::load::{Dice, Load, Post, judge};
use crate::proxy::{Proxy, free_port};

/// A standby without which the primary answers no commit.
async fn synchronous_standby(primary: &Server) -> Server {
    let standby = primary.standby("s1");
    primary.sql("alter system set synchronous_standby_names = 's1'").await;
    primary.reload();
    follows(primary).await;
    standby
}

/// Waits until every commit waits for the standby.
async fn follows(primary: &Server) {
    let end = Instant::now() + Duration::from_secs(20);
    while primary.rows("select 1 as one from pg_stat_replication where sync_state = 'sync'").await.is_empty() {
        assert!(Instant::now() < end, "the standby does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_standby_takes_over_from_a_primary_that_was_killed_and_nothing_that_was_answered_is_lost() {
    let dice = Dice::of_this_run();
    let primary = cluster();
    let port = free_port();
    let mut house = House::set_up(&primary.url());
    house.people(7).await;
    let standby = synchronous_standby(&primary).await;
    let before = Proxy::postgresql(&house, port, primary.port, standby.port);
    house.database_url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let (mut a, b) = (house.running("a"), house.running("b"));
    // Without the standby nobody is told that anything is done, and what is there can be read.
    let watcher = Client::at("198.51.100.1");
    let token = text(&watcher.sign_in(&a.url(), "m6", PASSWORD).await.done()["session"]);
    standby.stop("fast");
    let entered = watcher.sign_in(&a.url(), "m6", PASSWORD).await;
    assert!(matches!(&entered, Answer::Lost(Some(503), word) if word == "unavailable"), "{entered:?}");
    watcher.session(&a.url(), &token).await.done();
    standby.start_again();
    follows(&primary).await;
    watcher.sign_in(&a.url(), "m6", PASSWORD).await.done();

    let load = Load::begin(6, &dice, &[&a, &b], &Post::File(house.path("messages.jsonl")));
    tokio::time::sleep(Duration::from_secs(4)).await;
    primary.kill();
    // The proxy leads to the standby, which they do not take.
    for node in [&a, &b] {
        node.becomes("read-only").await;
    }
    standby.promote();
    for node in [&a, &b] {
        node.becomes("ready").await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let people = load.end().await;
    assert!(people.iter().any(|person| person.statuses.contains(&503)), "no request met the change");
    assert!(people.iter().all(|person| !person.statuses.contains(&0)), "a node gave no answer");
    judge(&standby, people).await;

    // The operator changes the lines, and the former primary comes back as a standby.
    drop(before);
    let _after = Proxy::postgresql(&house, port, standby.port, primary.port);
    primary.becomes_standby();
    a.signal("TERM");
    assert!(a.wait());
    a.start(&house);
    a.becomes("ready").await;
    // A node that is led to it does not even start.
    house.database_url = primary.url();
    let refused = Node::new("c").begin(&house).expect_err("it must not start on a standby");
    assert!(refused.contains("the database only reads"), "{refused}");
}

#[tokio::test]
async fn a_node_on_a_server_that_only_reads_shows_nobody_what_may_be_over() {
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(1).await;
    let a = house.running("a");
    let client = Client::at("198.51.100.1");
    let token = text(&client.sign_in(&a.url(), "m0", PASSWORD).await.done()["session"]);
    postgres.stop("fast");
    postgres.becomes_standby();
    a.becomes("read-only").await;
    let seen = client.session(&a.url(), &token).await;
    assert!(matches!(&seen, Answer::Lost(Some(503), word) if word == "unavailable"), "{seen:?}");
    postgres.promote();
    a.becomes("ready").await;
    client.session(&a.url(), &token).await.done();

    // Made read-only where it stands, as before a move.
    postgres.sql("alter system set default_transaction_read_only = on").await;
    postgres.reload();
    a.becomes("read-only").await;
    let entered = client.sign_in(&a.url(), "m0", PASSWORD).await;
    assert!(matches!(&entered, Answer::Lost(Some(503), word) if word == "unavailable"), "{entered:?}");
    postgres.take_writes();
    a.becomes("ready").await;
    client.sign_in(&a.url(), "m0", PASSWORD).await.done();
}
