//! Two nodes on one database are one server: whatever one of them was told, the other one's next answer knows.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Answer, Client, text};
use crate::cluster::{Server, Tables as _, cluster};
use crate::house::{House, Node, PASSWORD, digits, mobile};

const NEW_PASSWORD: &str = "きつねと歩いた雪の日のバス停まで";

/// A house with two nodes and three members.
async fn two_nodes(settings: &[(&str, &str)]) -> (Server, House, Node, Node) {
    let postgres = cluster();
    let mut house = House::set_up(&postgres.url());
    for (key, value) in settings {
        house.set(key, value);
    }
    house.people(3).await;
    let (a, b) = (house.running("a"), house.running("b"));
    (postgres, house, a, b)
}

/// The code that arrives for this attempt.
pub async fn code_for(house: &House, reference: &str) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let all = house.messages();
        if let Some(message) = all.iter().rev().find(|message| message["reference"] == reference) {
            return digits(message["text"].as_str().expect("a text")).expect("a code");
        }
        assert!(Instant::now() < end, "no message for {reference}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn handle(started: &Value) -> (String, String) {
    (text(&started["handle"]), text(&started["recovery"]["reference"]))
}

#[tokio::test]
async fn a_recovery_goes_through_both_nodes() {
    let (_postgres, house, a, b) = two_nodes(&[]).await;
    let (a, b) = (&a.url(), &b.url());
    let phone = Client::at("198.51.100.1");
    let (handle, reference) = handle(&phone.start_recovery(a, "sms", &mobile(0)).await.done());
    let code = code_for(&house, &reference).await;
    let found = phone.check_code(b, &handle, &code).await.done();
    phone.set_password(a, &handle, &text(&found["ids"][0]["id"]), NEW_PASSWORD).await.done();
    phone.sign_in(b, "m0", PASSWORD).await.is_refused("wrong-credentials");
    phone.sign_in(b, "m0", NEW_PASSWORD).await.done();
    phone.check_code(b, &handle, &code).await.is_refused("recovery-ended");
}

#[tokio::test]
async fn fifty_clients_at_two_nodes_spend_a_code_once() {
    let (postgres, house, a, b) = two_nodes(&[]).await;
    let phone = Client::at("198.51.100.1");
    let (handle, reference) = handle(&phone.start_recovery(&a.url(), "sms", &mobile(0)).await.done());
    let code = code_for(&house, &reference).await;
    let bases = [a.url(), b.url()];
    let tries = (0..50).map(|n| {
        let (phone, base, handle, code) = (phone.clone(), bases[n % 2].clone(), handle.clone(), code.clone());
        tokio::spawn(async move { phone.check_code(&base, &handle, &code).await })
    });
    let mut ids = Vec::new();
    for answer in futures_util::future::join_all(tries).await {
        match answer.expect("no panic") {
            Answer::Done(found) => ids.push(text(&found["ids"][0]["id"])),
            Answer::Refused(409, _) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(!ids.is_empty(), "nobody got in");
    // Who holds the handle may ask for the IDs again, but the code was taken once.
    let proofs = postgres.rows("select 1 as one from audit where action = 'recovery_proved'").await;
    assert_eq!(proofs.len(), 1);
    let spent = postgres.rows("select tries from codes where spent_at is not null").await;
    assert_eq!(spent.len(), 1, "{spent:?}");

    let tries = (0..50).map(|n| {
        let (phone, base, handle, id) = (phone.clone(), bases[n % 2].clone(), handle.clone(), ids[0].clone());
        let password = format!("{NEW_PASSWORD} {n}");
        tokio::spawn(
            async move { phone.set_password(&base, &handle, &id, &password).await.is_done().then_some(password) },
        )
    });
    let set: Vec<String> =
        futures_util::future::join_all(tries).await.into_iter().filter_map(|set| set.expect("no panic")).collect();
    assert_eq!(set.len(), 1, "one proof set {} passwords", set.len());
    phone.sign_in(&bases[1], "m0", &set[0]).await.done();
}

#[tokio::test]
async fn what_ends_a_session_on_one_node_has_ended_it_on_the_other_at_the_next_request() {
    let (_postgres, house, a, b) = two_nodes(&[]).await;
    let (a, b) = (&a.url(), &b.url());
    let own = Client::at("198.51.100.1");
    let session =
        async |at: &str, login: &str, password: &str| text(&own.sign_in(at, login, password).await.done()["session"]);

    let one = session(a, "m0", PASSWORD).await;
    own.session(b, &one).await.done();
    own.sign_out(a, &one).await.done();
    own.session(b, &one).await.is_refused("not-signed-in");

    let (one, two) = (session(a, "m0", PASSWORD).await, session(b, "m0", PASSWORD).await);
    own.end_others(a, &one).await.done();
    own.session(b, &two).await.is_refused("not-signed-in");
    own.session(b, &one).await.done();

    let two = session(b, "m0", PASSWORD).await;
    own.change_password(a, &one, PASSWORD, NEW_PASSWORD).await.done();
    own.session(b, &two).await.is_refused("not-signed-in");
    own.sign_in(b, "m0", PASSWORD).await.is_refused("wrong-credentials");

    let (one, two) = (session(a, "m1", PASSWORD).await, session(b, "m1", PASSWORD).await);
    house.ok(&["member", "suspend", "acme", "m1"]);
    own.session(a, &one).await.is_refused("not-signed-in");
    own.session(b, &two).await.is_refused("not-signed-in");
    own.sign_in(b, "m1", PASSWORD).await.is_refused("account-suspended");
    house.ok(&["member", "resume", "acme", "m1"]);
    session(a, "m1", PASSWORD).await;
    session(b, "m1", PASSWORD).await;
}

/// Somebody's browser, signed in at this node.
async fn browser(base: &str, login: &str) -> reqwest::Client {
    let browser = reqwest::Client::builder().cookie_store(true).build().expect("a browser");
    let door = format!("{base}/w/acme/sign-in");
    let page = browser.get(&door).send().await.expect("a page").text().await.expect("a text");
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
    let csrf = rest.split('"').next().expect("its value");
    let form = [("csrf", csrf), ("login", login), ("password", PASSWORD)];
    let home = browser.post(&door).form(&form).send().await.expect("a page");
    assert!(home.url().path().ends_with("/me"), "{}", home.url());
    browser
}

#[tokio::test]
async fn an_open_page_at_one_node_hears_what_ended_its_session_at_the_other() {
    let (_postgres, _house, a, b) = two_nodes(&[]).await;
    let (a, b) = (&a.url(), &b.url());
    let phone = browser(a, "m0").await;
    let open = |base: &String| phone.get(format!("{base}/w/acme/me/open")).send();
    let mut page = open(a).await.expect("a stream");
    let next = async |page: &mut reqwest::Response| {
        let chunk = tokio::time::timeout(Duration::from_secs(30), page.chunk()).await.expect("in time");
        chunk.expect("a stream").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    assert!(next(&mut page).await.is_some_and(|text| text.starts_with("retry: ")));
    let own = Client::at("198.51.100.1");
    let session = text(&own.sign_in(b, "m0", PASSWORD).await.done()["session"]);
    let begun = Instant::now();
    own.end_others(b, &session).await.done();
    assert_eq!(next(&mut page).await.as_deref(), Some("event: over\ndata: \n\n"));
    println!("heard after {:?}", begun.elapsed());
    assert_eq!(next(&mut page).await, None);
    let door = phone.get(format!("{a}/w/acme/me")).send().await.expect("a page");
    assert!(door.url().path().ends_with("/sign-in"), "{}", door.url());
}

#[tokio::test]
async fn a_policy_and_a_workspace_hold_on_both_nodes_at_once() {
    let (_postgres, house, a, b) = two_nodes(&[]).await;
    let own = Client::at("198.51.100.1");
    let mut password = PASSWORD.to_owned();
    for (round, least) in [12, 30, 12].into_iter().enumerate() {
        house.ok(&["workspace", "policy", "acme", "--set", &format!("password.min_length={least}")]);
        for node in [&a, &b] {
            let session = text(&own.sign_in(&node.url(), "m0", &password).await.done()["session"]);
            let new = format!("くまの{round}つの青い木の馬と{}", node.name);
            let answer = own.change_password(&node.url(), &session, &password, &new).await;
            if least == 30 {
                answer.is_refused("too_short");
            } else {
                answer.done();
                password = new;
            }
        }
    }
    house.ok(&["workspace", "create", "bravo", "--name", "Bravo"]);
    for node in [&a, &b] {
        own.page(&node.url(), "/w/bravo/sign-in").await.done();
    }
}

#[tokio::test]
async fn limits_count_on_both_nodes_together() {
    let (_postgres, house, a, b) = two_nodes(&[
        ("LIMITS__SENDS_PER_15_MINUTES", "3"),
        ("LIMITS__SIGN_IN_FREE_TRIES", "4"),
        ("LIMITS__NETWORK_UNPROVED_PER_HOUR", "5"),
    ])
    .await;
    let bases = [a.url(), b.url()];
    // Wrong passwords: four are free, then one waits, wherever one asks.
    let stranger = Client::at("198.51.100.1");
    for n in 0..4 {
        stranger.sign_in(&bases[n % 2], "m0", "wrong").await.is_refused("wrong-credentials");
    }
    let answers = [stranger.sign_in(&bases[0], "m0", "wrong").await, stranger.sign_in(&bases[1], "m0", "wrong").await];
    assert!(answers.iter().any(|answer| answer.word() == "too-many-requests"), "{answers:?}");

    // Codes to one number: three, whoever sends them.
    for n in 0..3 {
        Client::at(&format!("198.51.100.{}", 10 + n)).start_recovery(&bases[n % 2], "sms", &mobile(1)).await.done();
    }
    for base in &bases {
        Client::at("198.51.100.20").start_recovery(base, "sms", &mobile(1)).await.is_refused("too-many-requests");
    }
    // Codes for one network: five.
    let office = Client::at("203.0.113.1");
    for n in 0..5 {
        office.start_recovery(&bases[n % 2], "sms", &mobile(100 + n)).await.done();
    }
    for base in &bases {
        office.start_recovery(base, "sms", &mobile(200)).await.is_refused("too-many-requests");
    }

    // Guesses at a code, and the wait before another one.
    let phone = Client::at("198.51.100.30");
    let (handle, reference) = handle(&phone.start_recovery(&bases[0], "sms", &mobile(2)).await.done());
    let code = code_for(&house, &reference).await;
    for base in &bases {
        phone.resend(base, &handle).await.is_refused("too-many-requests");
    }
    let wrong = if code == "00000000" { "11111111" } else { "00000000" };
    for n in 0..5 {
        phone.check_code(&bases[n % 2], &handle, wrong).await.is_refused("wrong");
    }
    for base in &bases {
        phone.check_code(base, &handle, &code).await.is_refused("code-dead");
    }
}
