//! The database goes away and comes back: what was answered is there, everybody is told to come again meanwhile, and no node has to
//! be helped up.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};

use crate::client::{Answer, Client, text};
use crate::cluster::{Server, Tables as _, cluster};
use crate::house::{House, Node, PASSWORD, mobile};
use crate::load::{Dice, Load, Post, judge};

/// Both doors say properly that they are closed, and the node says so to whoever watches it.
async fn is_closed_at(node: &Node, token: &str) {
    let client = Client::at("198.51.100.1");
    let base = node.url();
    let number = mobile(0);
    // All at once: each waits as long as the pool does.
    let (look, enter, recover, page) = tokio::join!(
        client.session(&base, token),
        client.sign_in(&base, "m0", PASSWORD),
        client.start_recovery(&base, "sms", &number),
        reqwest::get(format!("{base}/w/acme/sign-in")),
    );
    for answer in [look, enter, recover] {
        assert!(matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable"), "{answer:?}");
    }
    let page = page.expect("an answer");
    assert_eq!(page.status().as_u16(), 503);
    assert!(page.headers().contains_key("retry-after"), "{:?}", page.headers());
    assert!(page.headers()["content-type"].to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    let text = page.text().await.expect("a page");
    assert!(text.contains("ただいま使えません"), "{text}");
}

/// Two nodes on a PostgreSQL of their own, at which six people are busy; a seventh looks on.
struct Busy {
    postgres: Server,
    a: Node,
    b: Node,
    watcher: Client,
    token: String,
    load: Load,
    /// The folder of both nodes; it goes when this is dropped.
    house: House,
}

async fn busy() -> Busy {
    let dice = Dice::of_this_run();
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(7).await;
    let (a, b) = (house.running("a"), house.running("b"));
    let watcher = Client::at("198.51.100.1");
    let token = text(&watcher.sign_in(&a.url(), "m6", PASSWORD).await.done()["session"]);
    let load = Load::begin(6, &dice, &[&a, &b], &Post::File(house.path("messages.jsonl")));
    Busy { postgres, a, b, watcher, token, load, house }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_restarted_under_load_and_the_nodes_go_on_by_themselves() {
    let Busy { postgres, a, b, watcher, token, load, house: _house } = busy().await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        postgres.stop("immediate");
        postgres.start_again();
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    postgres.stop("fast");
    for node in [&a, &b] {
        node.becomes("database").await;
    }
    tokio::join!(is_closed_at(&a, &token), is_closed_at(&b, &token));
    postgres.start_again();
    for node in [&a, &b] {
        node.becomes("ready").await;
        watcher.session(&node.url(), &token).await.done();
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let people = load.end().await;
    assert!(people.iter().any(|person| person.statuses.contains(&503)), "no request met a stop");
    assert!(people.iter().all(|person| !person.statuses.contains(&0)), "a node gave no answer");
    judge(&postgres, people).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_hangs_costs_everybody_some_seconds_and_no_node() {
    let Busy { postgres, a, b, watcher, token, load, house: _house } = busy().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    postgres.hang();
    let hung = Instant::now();
    // More at once than the pool has connections, so that some wait for one.
    let asked = (0..40).map(|n| {
        let (watcher, base, token) = (watcher.clone(), if n % 2 == 0 { a.url() } else { b.url() }, token.clone());
        tokio::spawn(async move { (watcher.session(&base, &token).await, Instant::now()) })
    });
    for answer in futures_util::future::join_all(asked).await {
        let (answer, at) = answer.expect("no panic");
        assert!(matches!(&answer, Answer::Lost(Some(503), _)), "{answer:?}");
        // The pool's five seconds and a statement's five, and what a busy machine adds; not the hang's own length.
        assert!(at.duration_since(hung) < Duration::from_secs(18), "{:?}", at.duration_since(hung));
    }
    for node in [&a, &b] {
        node.becomes("database").await;
    }
    // Whoever asked left; the pool is whole again as soon as the database is.
    postgres.go_on();
    for node in [&a, &b] {
        node.becomes("ready").await;
        let again = (0..40).map(|_| async { watcher.session(&node.url(), &token).await });
        for answer in futures_util::future::join_all(again).await {
            answer.done();
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let people = load.end().await;
    assert!(people.iter().any(|person| person.statuses.contains(&503)), "no request met the hang");
    judge(&postgres, people).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_does_not_pile_up_inside_postgresql() {
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(1).await;
    let node = house.running("a");
    let client = Client::at("198.51.100.1");
    let token = text(&client.sign_in(&node.url(), "m0", PASSWORD).await.done()["session"]);
    let mut keeper = PgConnection::connect(&postgres.url()).await.expect("PostgreSQL answers");
    let mut lock = keeper.begin().await.expect("a transaction");
    sqlx::query("lock table sessions in access exclusive mode").execute(&mut *lock).await.expect("locked");
    // More at once than the pool has connections, and again.
    for _ in 0..2 {
        let asked = (0..20).map(|_| async { client.session(&node.url(), &token).await });
        for answer in futures_util::future::join_all(asked).await {
            assert!(matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable"), "{answer:?}");
        }
    }
    // Those that were cut on a slow machine are noticed while the lock is held still.
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let open = postgres.rows("select count(*) as n from pg_stat_activity where application_name = 'aikagi'").await;
        if open[0]["n"].as_u64().is_some_and(|open| open <= 16) {
            break;
        }
        assert!(Instant::now() < end, "{open:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    lock.rollback().await.expect("let go");
    client.session(&node.url(), &token).await.done();
}
