//! No room on the disk: what cannot be written is refused for now, what is there can be read, and with room all goes on. The room
//! is the system's limit on the size of files, which needs no rights and no disk of its own.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client, text};
use crate::cluster::{SqliteFile, Tables as _};
use crate::house::{House, Node, PASSWORD};
use crate::load::{Dice, Load, Post, judge};

/// How large the process may make any file.
fn may_write(node: &Node, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let done = Command::new("prlimit").args(["--pid", &node.pid().to_string(), &limit]).status().expect("prlimit runs");
    assert!(done.success());
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
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let answer = watcher.sign_in(&a.url(), "m6", PASSWORD).await;
            if matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable") {
                break;
            }
            assert!(answer.is_done(), "{answer:?}");
            assert!(Instant::now() < end, "there is room for ever");
        }
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
