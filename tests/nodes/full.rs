//! No room on the disk: what cannot be written is refused for now, what is there can be read, and with room all goes on. Under SQLite the
//! room is the system's limit on the size of files, which needs no rights and no disk of its own; PostgreSQL has a small disk.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client, text};
use crate::cluster::{SqliteFile, Tables as _};
use crate::house::{House, Node, PASSWORD};
use crate::load::{Dice, Load, Post, judge};
use crate::small_disk;

/// How large the process may make any file.
fn may_write(node: &Node, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let done = Command::new("prlimit").args(["--pid", &node.pid().to_string(), &limit]).status().expect("prlimit runs");
    assert!(done.success());
}

/// Signs in until it is told to come later; nobody is told anything else.
async fn until_the_door_is_closed(watcher: &Client, node: &Node, between: impl Fn()) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = watcher.sign_in(&node.url(), "m6", PASSWORD).await;
        if matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable") {
            return;
        }
        assert!(answer.is_done(), "{answer:?}");
        assert!(Instant::now() < end, "there is room for ever");
        between();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_sqlite_closes_the_door_for_changes_until_there_is_room() {
    let dice = Dice::of_this_run();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("aikagi.db");
    let database = SqliteFile(format!("sqlite:{}", file.display()));
    let house = House::set_up(&database.0);
    house.people(7).await;
    let mut a = Node::new("a");
    // The system's signal for "too large" ends a program that does not ask for the error instead, as a full disk gives it.
    a.before = ["sh", "-c", r#"trap "" XFSZ; exec "$0" "$@""#].map(str::to_owned).to_vec();
    a.start(&house);
    let watcher = Client::at("198.51.100.1");
    let token = text(&watcher.sign_in(&a.url(), "m6", PASSWORD).await.done()["session"]);
    let load = Load::begin(6, &dice, &[&a], &Post::File(house.path("messages.jsonl")));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        // It was used last two minutes ago, which the next look would write down.
        database.sql("update sessions set seen_at = seen_at - 120000000 where ended_at is null").await;
        may_write(&a, "524288");
        until_the_door_is_closed(&watcher, &a, || {}).await;
        watcher.session(&a.url(), &token).await.done();
        assert_eq!(a.ready().await, "ready");
        tokio::time::sleep(Duration::from_secs(1)).await;
        watcher.session(&a.url(), &token).await.done();
        may_write(&a, "unlimited");
        watcher.sign_in(&a.url(), "m6", PASSWORD).await.done();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let people = load.end().await;
    assert!(people.iter().any(|person| person.statuses.contains(&503)), "no request met the full disk");
    judge(&database, people).await;
    // The limit was for the database alone.
    assert!(fs::metadata(house.path("messages.jsonl")).is_ok_and(|file| file.len() < 524_288));
    a.signal("TERM");
    assert!(a.wait());
    house.ok(&["backup", &house.path("x.backup").display().to_string()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_postgresql_closes_the_door_for_changes_until_there_is_room() {
    let dice = Dice::of_this_run();
    // Dropped in the other order: the server leaves the disk first.
    let (disk, postgres);
    (postgres, disk) = small_disk::cluster();
    let house = House::set_up(&postgres.url());
    house.people(7).await;
    let (a, b) = (house.running("a"), house.running("b"));
    let watcher = Client::at("198.51.100.1");
    let token = text(&watcher.sign_in(&a.url(), "m6", PASSWORD).await.done()["session"]);
    let load = Load::begin(6, &dice, &[&a, &b], &Post::File(house.path("messages.jsonl")));
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        // It was used last two minutes ago, which the next look would write down.
        postgres.sql("update sessions set seen_at = seen_at - 120000000 where ended_at is null").await;
        disk.fill();
        for node in [&a, &b] {
            until_the_door_is_closed(&watcher, node, || disk.fill()).await;
            watcher.session(&node.url(), &token).await.done();
            assert_eq!(node.ready().await, "ready");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        watcher.session(&b.url(), &token).await.done();
        disk.make_room();
        for node in [&a, &b] {
            watcher.sign_in(&node.url(), "m6", PASSWORD).await.done();
        }
    }

    // With no room for its log PostgreSQL gives up, and does not come back before there is.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    disk.fill();
    postgres.uses_up_its_log(|| disk.fill()).await;
    let said = postgres.log();
    assert!(said.contains("ERROR:  could not extend file"), "no table met the full disk: {said}");
    assert!(said.contains("PANIC:  could not write to file \"pg_wal/"), "its log has room: {said}");
    for node in [&a, &b] {
        node.becomes("database").await;
        until_the_door_is_closed(&watcher, node, || {}).await;
        let seen = watcher.session(&node.url(), &token).await;
        assert!(matches!(&seen, Answer::Lost(Some(503), word) if word == "unavailable"), "{seen:?}");
    }
    assert!(postgres.go().is_err(), "it runs without room");
    disk.make_room();
    postgres.start_again();
    for node in [&a, &b] {
        node.becomes("ready").await;
        watcher.session(&node.url(), &token).await.done();
        watcher.sign_in(&node.url(), "m6", PASSWORD).await.done();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let people = load.end().await;
    assert!(people.iter().any(|person| person.statuses.contains(&503)), "no request met the full disk");
    assert!(people.iter().all(|person| !person.statuses.contains(&0)), "a node gave no answer");
    judge(&postgres, people).await;
}
