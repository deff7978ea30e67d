//! The message log as a file: what is looked for and no more, without text or destination, and logged.

use aikagi::model::{Role, days, minutes};

use super::DESK;
use crate::harness::{Browser, PASSWORD, Page, Server};
use crate::raw;

const EXPORT: &str = "/w/sakura/admin/messages/export";

/// Two members who asked for codes; one has a formula for a name.
async fn house() -> (Server, Browser) {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    server.member("suzuki", &["suzuki@example.jp"]).await;
    server.sql("update members set name = '=1+1' where login = 'tanaka'").await;
    server.visitor_at("203.0.113.1").asks_for_code("090-1234-5678").await.is(200);
    server.visitor_at("203.0.113.2").asks_for_code_by_email("suzuki@example.jp", "").await.is(200);
    server.visitor_at("203.0.113.3").asks_for_code("090-9999-0000").await.is(200);
    server.deliver().await;
    let (_, desk) = server.keeper("sato", Role::Administrator).await;
    server.later(minutes(1));
    (server, desk)
}

async fn looks_for(desk: &mut Browser, fields: &[(&str, &str)]) -> String {
    let page = desk.post(&format!("{DESK}/messages"), fields).await;
    page.leads_to().split_once("?s=").expect("a search").1.to_owned()
}

async fn file(desk: &mut Browser, search: &str) -> Page {
    desk.post(EXPORT, &[("format", "csv"), ("s", search)]).await
}

#[tokio::test]
async fn it_has_who_and_how_far_and_neither_text_nor_destination() {
    let (server, mut desk) = house().await;
    let csv = file(&mut desk, "").await;
    csv.is(200);
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    let name = csv.headers["content-disposition"].to_str().expect("a name");
    assert!(name.starts_with("attachment; filename=\"aikagi-sakura-messages-2026"), "{name}");
    assert_eq!(csv.text.lines().count(), 3, "the heads and two; a decoy is nobody's: {}", csv.text);
    assert!(csv.text.contains("tanaka,'=1+1") && csv.text.contains("recovery_code"), "{}", csv.text);
    for secret in ["9012345678", "1234-5678", "suzuki@example.jp", "認証番号"] {
        assert!(!csv.text.contains(secret), "{}", csv.text);
    }
    let lines = desk.post(EXPORT, &[("format", "jsonl"), ("s", "made-up")]).await;
    assert_eq!(lines.headers["content-type"], "application/jsonl");
    let lines: Vec<serde_json::Value> =
        lines.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2, "a search that nobody sealed asks for nothing in particular");
    assert_eq!(lines[1]["login"], "tanaka");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "log_exported"), 2);
    desk.get(&format!("{DESK}/history")).await.says("記録が書き出されました");
    desk.post(EXPORT, &[("format", "exe")]).await.is(400);
}

#[tokio::test]
async fn it_has_what_was_looked_for_and_nothing_where_nobody_was_found() {
    let (server, mut desk) = house().await;
    let theirs = server.workspace("momiji", "もみじ運送").await;
    server.member_of(&theirs, "theirs", &["090-7777-0000"]).await;
    server.visitor_at("203.0.113.4").asks_for_code("090-7777-0000").await.is(200);
    server.deliver().await;
    server.later(minutes(1));
    let reference = server.dump().await["outbox"]
        .iter()
        .find(|row| row["workspace_id"] == theirs.id.as_str())
        .and_then(|row| row["reference"].as_str().map(str::to_owned))
        .expect("a reference number");
    for (fields, lines) in [
        (vec![("login", "tanaka")], 1),
        (vec![("address", "+81 90 1234 5678")], 1),
        (vec![("kind", "email")], 1),
        (vec![("kind", "email"), ("login", "tanaka")], 0),
        (vec![("state", "handed")], 2),
        (vec![("state", "undeliverable")], 0),
        (vec![("login", "nobody")], 0),
        (vec![("login", "theirs")], 0),
        (vec![("address", "090-7777-0000")], 0),
        (vec![("reference", &reference)], 0),
        (vec![("reference", "' or 1=1 --")], 0),
        (vec![("state", "no-such"), ("kind", "no-such")], 2),
        (vec![("kind", "webhook")], 0),
    ] {
        let search = looks_for(&mut desk, &fields).await;
        let csv = file(&mut desk, &search).await;
        assert_eq!(csv.text.lines().count(), lines + 1, "{fields:?}: {}", csv.text);
        assert!(!csv.text.contains("theirs"));
    }
    let search = looks_for(&mut desk, &[("address", "x")]).await;
    file(&mut desk, &search).await.is(400);
    // What one session sealed, another does not open.
    let search = looks_for(&mut desk, &[("login", "tanaka")]).await;
    let (_, mut other) = server.keeper("ito", Role::Owner).await;
    server.later(minutes(1));
    assert!(file(&mut other, &search).await.text.lines().count() > 2);
}

#[tokio::test]
async fn it_takes_the_right_and_the_password_again() {
    let (server, mut desk) = house().await;
    let (_, mut helper) = server.keeper("helper", Role::HelpDesk).await;
    file(&mut helper, "").await.is(403);
    helper.get(&format!("{DESK}/messages")).await.is(200).does_not_say("/messages/export");
    desk.get(&format!("{DESK}/messages")).await.says("/messages/export");
    server.later(minutes(6));
    let asked = file(&mut desk, "").await;
    asked.is(200).says("もう一度").does_not_say("recovery_code");
    let again = desk.post(EXPORT, &[("format", "csv"), ("s", ""), ("again", PASSWORD)]).await;
    assert!(again.text.contains("recovery_code"), "{}", again.text);
    server.later(days(1));
    assert_eq!(file(&mut desk, "").await.leads_to(), "/w/sakura/sign-in");
}
