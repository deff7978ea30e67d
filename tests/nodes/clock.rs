//! A node's clock is set back, set forward, or wrong from the start, while the others' and the database's is right.

use std::fs;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client, text};
use crate::cluster::{Server, Tables as _, cluster};
use crate::house::{House, Node, PASSWORD, mobile};
use crate::together::code_for;

const NEW_PASSWORD: &str = "きつねと歩いた雪の日のバス停まで";

/// A node whose clock is as much off as its file says; only the wall clock, as when somebody sets it.
struct Watch {
    node: Node,
    file: std::path::PathBuf,
}

impl Watch {
    fn start(house: &House, name: &'static str, off: &str) -> Self {
        let file = house.path(&format!("{name}.clock"));
        fs::write(&file, off).expect("written");
        let mut node = Node::new(name);
        let library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
            .map(|folder| format!("{folder}/faketime/libfaketime.so.1"))
            .into_iter()
            .find(|path| fs::exists(path).unwrap_or_default())
            .expect("libfaketime");
        node.before = vec![
            "env".to_owned(),
            format!("LD_PRELOAD={library}"),
            format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
            "FAKETIME_NO_CACHE=1".to_owned(),
            "DONT_FAKE_MONOTONIC=1".to_owned(),
        ];
        node.start(house);
        Self { node, file }
    }

    fn set(&self, off: &str) {
        // In one go, since the node may read it at any moment.
        let next = self.file.with_extension("next");
        fs::write(&next, off).expect("written");
        fs::rename(next, &self.file).expect("renamed");
    }
}

async fn one_right_and_one_to_set(off: &str) -> (Server, House, Node, Watch) {
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(2).await;
    let right = house.running("right");
    let other = Watch::start(&house, "other", off);
    (postgres, house, right, other)
}

/// Waits until the node refuses everybody since its clock is wrong.
async fn shuts(node: &Node) {
    node.becomes("clock").await;
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = Client::at("198.51.100.9").sign_in(&node.url(), "m1", PASSWORD).await;
        if matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable") {
            return;
        }
        assert!(Instant::now() < end, "{answer:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_ends_the_codes_of_all_nodes() {
    let (_postgres, house, right, other) = one_right_and_one_to_set("+0").await;
    let phone = Client::at("198.51.100.1");
    let started = phone.start_recovery(&right.url(), "sms", &mobile(0)).await.done();
    let (handle, reference) = (text(&started["handle"]), text(&started["recovery"]["reference"]));
    let code = code_for(&house, &reference).await;
    let session = text(&phone.sign_in(&other.node.url(), "m0", PASSWORD).await.done()["session"]);
    other.set("-1h");
    shuts(&other.node).await;
    phone.check_code(&right.url(), &handle, &code).await.is_refused("code-dead");
    // Nothing else that was answered is gone, and the node comes back by itself when the clock is right.
    phone.session(&right.url(), &session).await.done();
    other.set("+0");
    other.node.becomes("ready").await;
    phone.session(&other.node.url(), &session).await.done();
}

#[tokio::test]
async fn a_clock_that_ran_ahead_and_is_put_right_serves_again() {
    let (_postgres, house, right, other) = one_right_and_one_to_set("+0").await;
    let phone = Client::at("198.51.100.1");
    let session = text(&phone.sign_in(&right.url(), "m0", PASSWORD).await.done()["session"]);
    let started = phone.start_recovery(&right.url(), "sms", &mobile(0)).await.done();
    let (handle, reference) = (text(&started["handle"]), text(&started["recovery"]["reference"]));
    let code = code_for(&house, &reference).await;
    for ahead in ["+1h", "+400d"] {
        other.set(ahead);
        shuts(&other.node).await;
        other.set("+0");
        // Ready is said when requests are served, not before.
        other.node.becomes("ready").await;
        phone.session(&other.node.url(), &session).await.done();
    }
    // To fall from an hour ahead is to be set back as well.
    phone.check_code(&other.node.url(), &handle, &code).await.is_refused("code-dead");
}

#[tokio::test]
async fn a_clock_that_runs_ahead_ends_and_sends_nothing() {
    let (postgres, house, right, other) = one_right_and_one_to_set("+0").await;
    let own = Client::at("198.51.100.1");
    let session = text(&own.sign_in(&right.url(), "m0", PASSWORD).await.done()["session"]);
    own.change_password(&right.url(), &session, PASSWORD, NEW_PASSWORD).await.done();
    other.set("+400d");
    shuts(&other.node).await;
    let before = postgres.rows("select count(*) as n from outbox").await;
    let refused = own.start_recovery(&other.node.url(), "sms", &mobile(1)).await;
    assert!(matches!(refused, Answer::Lost(Some(503), _)), "{refused:?}");
    assert_eq!(postgres.rows("select count(*) as n from outbox").await, before);
    // On the other node everything is as it was, and messages leave.
    own.session(&right.url(), &session).await.done();
    own.sign_in(&right.url(), "m0", NEW_PASSWORD).await.done();
    let started = own.start_recovery(&right.url(), "sms", &mobile(1)).await.done();
    code_for(&house, &text(&started["recovery"]["reference"])).await;
}

#[tokio::test]
async fn a_node_that_starts_with_a_wrong_clock_serves_nobody() {
    let (_postgres, _house, right, other) = one_right_and_one_to_set("-1h").await;
    let answer = Client::at("198.51.100.1").sign_in(&other.node.url(), "m0", PASSWORD).await;
    assert!(matches!(&answer, Answer::Lost(Some(503), word) if word == "unavailable"), "{answer:?}");
    assert_eq!(other.node.ready().await, "clock");
    Client::at("198.51.100.1").sign_in(&right.url(), "m0", PASSWORD).await.done();
    other.set("+0");
    other.node.becomes("ready").await;
    Client::at("198.51.100.1").sign_in(&other.node.url(), "m0", PASSWORD).await.done();
}
