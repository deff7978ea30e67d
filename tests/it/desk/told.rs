//! A broken chain, codes that do not leave, and the day's signed heads: found by the server itself and told by the ways that are left.

use aikagi::flows::chain::{self, proof, rounds};
use aikagi::flows::{alerts, sweeps};
use aikagi::model::{Role, days, hours, minutes};

use super::DESK;
use super::alerts::{owner, settings};
use super::policy::hidden;
use crate::harness::Server;
use crate::raw;

const PAGE: &str = "/w/sakura/admin/alerts";
const SETTINGS: &str = "/w/sakura/admin/alerts/settings";
const OWNER: &str = "suzuki@example.jp";

/// What a running server does by itself about its chains.
async fn walk(server: &Server, node: &str) {
    chain::append(&server.app).await.expect("the database works");
    while rounds::go_on(&server.app, node).await.expect("the database works") {}
    sweeps::watch(&server.app).await.expect("the database works");
}

async fn told(server: &Server, event: &str) -> usize {
    server.received(OWNER).await.iter().filter(|letter| letter.purpose == event).count()
}

#[tokio::test]
async fn a_row_that_was_changed_is_found_told_once_and_stays_until_an_owner_sees_to_it() {
    let server = Server::start().await;
    owner(&server).await;
    server.keeper("sato", Role::Administrator).await;
    for n in 0..20 {
        server.invited(&format!("m{n}")).await;
    }
    walk(&server, "one").await;
    walk(&server, "one").await;
    assert_eq!(told(&server, "chain_broken").await, 0);
    let workspace = server.workspace.id.clone();
    server.sql(&format!("update audit set action = 'x' where workspace_id = '{workspace}' and nth = 7")).await;
    server.invited("new").await;
    walk(&server, "one").await;
    assert_eq!(told(&server, "chain_broken").await, 0, "old rows have their turn once a day");
    server.later(days(1) + minutes(1));
    let mut nodes = tokio::task::JoinSet::new();
    for n in 0..10 {
        let app = server.app.clone();
        nodes.spawn(async move { rounds::go_on(&app, &format!("node {n}")).await });
    }
    nodes.join_all().await;
    server.later(minutes(3));
    walk(&server, "one").await;
    assert_eq!(told(&server, "chain_broken").await, 1);
    for _ in 0..2 {
        server.later(days(1) + minutes(1));
        walk(&server, "one").await;
    }
    assert_eq!(told(&server, "chain_broken").await, 1, "the same row is told once");

    let mut administrator = server.signed_in("sato", "192.0.2.5").await;
    administrator.get(DESK).await.says("変更の記録が、書きかえられています").says("7 番目");
    let page = administrator.get(PAGE).await;
    page.says("確認できるのは、オーナーだけです").does_not_say("name=\"alert\"");
    let id = format!("chain_broken.{workspace}.7");
    administrator.submit(PAGE, &[("alert", &id)]).await.says("オーナーだけです");
    server.later(days(120));
    aikagi::flows::housekeeping::tidy(&server.app).await.expect("it works");
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(DESK).await.says("7 番目");
    desk.submit(PAGE, &[("alert", &id)]).await.says("確認ずみにしました");
    desk.get(DESK).await.does_not_say("7 番目");
}

#[tokio::test]
async fn every_kind_of_damage_to_what_is_new_is_found_at_the_next_look() {
    for damage in [
        "update audit set actor = 'x' where nth = 9 and workspace_id = 'W'",
        "delete from audit where nth = 9 and workspace_id = 'W'",
        "delete from audit where nth >= 9 and workspace_id = 'W'",
        "delete from audit_tips where workspace_id = 'W'",
    ] {
        let server = Server::start().await;
        owner(&server).await;
        for n in 0..4 {
            server.invited(&format!("m{n}")).await;
        }
        walk(&server, "one").await;
        for n in 4..15 {
            server.invited(&format!("m{n}")).await;
        }
        chain::append(&server.app).await.expect("the database works");
        server.sql(&damage.replace("'W'", &format!("'{}'", server.workspace.id))).await;
        while rounds::go_on(&server.app, "one").await.expect("the database works") {}
        sweeps::watch(&server.app).await.expect("the database works");
        assert_eq!(told(&server, "chain_broken").await, 1, "{damage}");
    }
}

#[tokio::test]
async fn a_whole_chain_is_never_called_broken_whatever_was_forgotten_or_erased() {
    let server = Server::start().await;
    owner(&server).await;
    for n in 0..30 {
        server.invited(&format!("m{n}")).await;
    }
    walk(&server, "one").await;
    chain::heads::sign(&server.app).await.expect("it works");
    // Three years later all of it is forgotten up to a head.
    server.later(days(1_200));
    server.invited("late").await;
    chain::append(&server.app).await.expect("it works");
    chain::heads::sign(&server.app).await.expect("it works");
    aikagi::flows::housekeeping::tidy(&server.app).await.expect("it works");
    for _ in 0..3 {
        walk(&server, "one").await;
        server.later(days(1) + minutes(1));
    }
    assert_eq!(raw::count(&server.dump().await, "alerts", "event", "chain_broken"), 0);
    assert!(proof::database(&server.app, &[]).await.expect("it works").iter().all(|report| report.broken.is_none()));
}

#[tokio::test]
async fn codes_that_do_not_leave_are_shown_on_the_first_page() {
    let server = Server::start().await;
    let mut desk = owner(&server).await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let watch = async || alerts::messages::watch(&server.app).await.expect("the database works");
    // Nobody has this number: what is written for strangers goes nowhere and is no trouble.
    server.visitor_at("198.51.100.4").asks_for_code("090-5555-0000").await.says("2 / 4");
    server.visitor_at("198.51.100.5").asks_for_code("090-1234-5678").await.says("2 / 4");
    watch().await;
    desk.get(DESK).await.does_not_say("認証番号が届いていない");
    server.carrier.fail_temporarily(1_000);
    server.deliver().await;
    server.later(minutes(2));
    watch().await;
    watch().await;
    sweeps::watch(&server.app).await.expect("the database works");
    desk.get(DESK).await.says("認証番号が届いていないおそれがあります");
    assert_eq!(raw::count(&server.dump().await, "alerts", "event", "messages_failing"), 1);
    server.carrier.fail_temporarily(0);
    assert_eq!(told(&server, "messages_failing").await, 0, "mail is no way to say that mail fails");
    // It is over when it has been so for a while; the next time is another one.
    server.later(minutes(20));
    watch().await;
    assert_eq!(raw::count(&server.dump().await, "alerts", "event", "messages_failing"), 1);
    server.carrier.refuse(true);
    for n in 0..6 {
        let mut browser = server.visitor_at(&format!("198.51.100.{}", 20 + n));
        server.member(&format!("m{n}"), &[&format!("090-7777-000{n}")]).await;
        browser.asks_for_code(&format!("090-7777-000{n}")).await.says("2 / 4");
        server.deliver().await;
    }
    assert_eq!(raw::count(&server.dump().await, "outbox", "state", "failed"), 6);
    watch().await;
    assert_eq!(raw::count(&server.dump().await, "alerts", "event", "messages_failing"), 2);
}

#[tokio::test]
async fn the_days_head_goes_to_an_address_and_proves_the_log_later() {
    let server = Server::start().await;
    let mut desk = owner(&server).await;
    let was = hidden(&desk.get(SETTINGS).await, "was");
    let mut fields = settings(&was, "10", "20");
    fields.retain(|(name, _)| *name != "heads");
    fields.extend([("heads", "address"), ("heads_address", "Vault@example.net")]);
    desk.submit(SETTINGS, &fields).await.says("知らせ方を変えました");
    chain::append(&server.app).await.expect("it works");
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let app = server.app.clone();
        nodes.spawn(async move { chain::heads::sign(&app).await });
    }
    nodes.join_all().await;
    let letters = server.received("Vault@example.net").await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    let words: Vec<&str> = letter.text.split_whitespace().collect();
    let head = words.windows(7).find_map(|words| chain::heads::from_line(&words.join(" "))).expect("a head");
    assert_eq!(head.workspace_id, server.workspace.id.0);
    assert!(chain::heads::is_signed(&head, &chain::heads::keys(&server.app).await.expect("keys")));
    let kept = std::slice::from_ref(&head);
    let whole = async || {
        let reports = proof::database(&server.app, kept).await.expect("it works");
        reports.iter().all(|report| report.broken.is_none())
    };
    assert!(whole().await);
    server.later(hours(1));
    server.invited("late").await;
    chain::append(&server.app).await.expect("it works");
    chain::heads::sign(&server.app).await.expect("it works");
    assert_eq!(server.received("Vault@example.net").await.len(), 1, "once a day");
    // Whoever writes the log anew, heads and all, is found out by what lies elsewhere.
    server.sql(&format!("delete from audit where workspace_id = '{}' and nth = {}", head.workspace_id, head.nth)).await;
    server.sql("delete from audit_heads").await;
    assert!(!whole().await);
}
