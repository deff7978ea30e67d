//! Two nodes behind the proxies of `deploy/`: each is restarted in turn, and nobody notices; and a client cannot write its own
//! address.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Answer, Client, text};
use crate::cluster::cluster;
use crate::house::{House, Node, PASSWORD, mobile};
use crate::proxy::Proxy;

/// Asks one thing after the other until told to stop. Answers how many, and what was not done.
async fn ask_all_day(
    client: Client,
    base: String,
    n: usize,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
) -> Vec<(usize, Answer)> {
    let login = format!("m{n}");
    let token = text(&client.sign_in(&base, &login, PASSWORD).await.done()["session"]);
    let mut lost = Vec::new();
    for step in 0.. {
        if stop.load(Ordering::Relaxed) {
            return lost;
        }
        let answer = match step % 5 {
            0 => client.sign_in(&base, &login, PASSWORD).await,
            1 => client.start_recovery(&base, "sms", &mobile(n)).await,
            2 => client.page(&base, "/w/acme/sign-in").await,
            _ => client.session(&base, &token).await,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if !answer.is_done() {
            lost.push((step, answer));
        }
    }
    lost
}

async fn each_node_is_restarted_in_turn(proxy_of: fn(&House, [&Node; 2]) -> Proxy, drain_seconds: &str) {
    let postgres = cluster();
    let mut house = House::set_up(&postgres.url());
    house.people(8).await;
    house.set("DRAIN_SECONDS", drain_seconds);
    let mut a = house.running("a");
    let mut b = Node::beside("b", &a);
    b.start(&house);
    let proxy = proxy_of(&house, [&a, &b]);
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let people: Vec<_> = (0..8_u8)
        .map(|n| {
            let client = proxy.client([127, 1, 0, n + 1], "");
            tokio::spawn(ask_all_day(client, proxy.url(), n.into(), stop.clone(), count.clone()))
        })
        .collect();
    for _ in 0..2 {
        for node in [&mut a, &mut b] {
            node.signal("TERM");
            let pid = node.pid();
            assert!(tokio::task::block_in_place(|| node.wait()), "{pid} did not end well");
            node.start(&house);
            // As docs/operating.md says: the next one only when the proxy has forgotten that this one was away (nginx's two seconds
            // are whole ones by the clock, so up to three), and sends people here again.
            node.becomes("ready").await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            let (before, end) = (node.sign_ins().await, Instant::now() + Duration::from_secs(30));
            while node.sign_ins().await < before + 3 {
                assert!(Instant::now() < end, "the proxy sends nobody to {}", node.name);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut lost = Vec::new();
    for person in people {
        lost.extend(person.await.expect("no panic"));
    }
    let count = count.load(Ordering::Relaxed);
    if !lost.is_empty() {
        for log in ["caddy.log", "nginx-error.log", "a.log", "b.log"] {
            println!("--- {log}\n{}", std::fs::read_to_string(house.path(log)).unwrap_or_default());
        }
        panic!("{} of {count} requests were not answered: {:?}", lost.len(), &lost[..lost.len().min(10)]);
    }
    assert!(count > 200, "only {count} requests: no load");
    println!("{count} requests, none lost");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_each_node_is_restarted_in_turn_and_nobody_notices() {
    each_node_is_restarted_in_turn(Proxy::nginx, "0").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_caddy_each_node_is_restarted_in_turn_and_nobody_notices() {
    each_node_is_restarted_in_turn(Proxy::caddy, "5").await;
}

/// Signs in with a forged address in the request, and answers which network the server saw.
async fn seen_by_the_server(proxy: &Proxy, forged: &str) -> String {
    let client = proxy.client([127, 1, 2, 3], forged);
    let token = text(&client.sign_in(&proxy.url(), "m0", PASSWORD).await.done()["session"]);
    let list = client.send(client.request(reqwest::Method::GET, &proxy.url(), "sessions").bearer_auth(token)).await;
    let list = list.done();
    let this = list["sessions"].as_array().and_then(|all| all.iter().find(|one| one["this"] == true));
    text(&this.expect("the session that asks")["network"])
}

#[tokio::test]
async fn behind_either_proxy_a_client_cannot_write_its_own_address() {
    let postgres = cluster();
    let house = House::set_up(&postgres.url());
    house.people(1).await;
    let a = house.running("a");
    let mut b = Node::beside("b", &a);
    b.start(&house);
    for proxy in [Proxy::nginx(&house, [&a, &b]), Proxy::caddy(&house, [&a, &b])] {
        for forged in ["", "203.0.113.9", "203.0.113.9, 127.0.0.1"] {
            let seen = seen_by_the_server(&proxy, forged).await;
            assert!(seen.starts_with("127.1.2.3"), "the server saw {seen} at {}", proxy.url());
        }
    }
}
