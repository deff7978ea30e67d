//! The logs, the figures and long work, read by a program: page by page, whole as JSON Lines, and never another workspace's.

use std::collections::BTreeSet;

use aikagi::model::{Role, seconds};
use serde_json::{Value, json};

use super::House;
use super::desk::ALL;
use crate::harness::PASSWORD;
use crate::raw;

#[tokio::test]
async fn both_logs_are_paged_by_what_is_wanted_and_taken_out_as_lines() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, &["logs.read", "logs.export"]).await;
    for _ in 0..60 {
        house.server.later(seconds(61));
        house.sign_in("suzuki@sakura", PASSWORD).await.ok();
    }
    house.sign_in("tanaka@sakura", "wrong").await.is(401, "wrong-credentials");
    let mut seen = BTreeSet::new();
    let mut path = "/v1/desk/sign-ins?what=done".to_owned();
    let mut pages = 0;
    loop {
        let page = program.get(&house, &path).await.ok().json();
        for line in page["lines"].as_array().unwrap() {
            assert_eq!(line["result"], "done");
            assert!(seen.insert(line["id"].as_str().unwrap().to_owned()), "{line} twice");
        }
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/desk/sign-ins?cursor={next}");
    }
    assert_eq!((pages, seen.len()), (2, 61), "the keeper, and sixty times suzuki");
    let all = program.get(&house, "/v1/desk/sign-ins?what=done&limit=200").await.ok().json();
    assert_eq!((all["lines"].as_array().unwrap().len(), &all["next"]), (61, &Value::Null));
    let few = program.get(&house, "/v1/desk/sign-ins?what=done&limit=7").await.ok().json();
    let next = few["next"].as_str().expect("more");
    let more = program.get(&house, &format!("/v1/desk/sign-ins?limit=3&cursor={next}")).await.ok().json();
    assert_eq!((few["lines"].as_array().unwrap().len(), more["lines"].as_array().unwrap().len()), (7, 3));
    assert_eq!(program.get(&house, "/v1/desk/audit?limit=1").await.ok().json()["lines"].as_array().unwrap().len(), 1);
    let wrong = program.get(&house, "/v1/desk/sign-ins?what=wrong_password").await.ok().json();
    assert_eq!((wrong["lines"].as_array().unwrap().len(), &wrong["lines"][0]["login"]), (1, &json!("tanaka")));
    let none = program.get(&house, "/v1/desk/sign-ins?to=2026-01-01T00:00:00Z").await.ok().json();
    assert_eq!(none["lines"], json!([]));
    let local = program.get(&house, "/v1/desk/sign-ins?network=127.0.0.1&what=wrong_password").await.ok().json();
    assert_eq!(local["lines"].as_array().unwrap().len(), 1);
    for query in [
        "what=x",
        "member=tanaka",
        "member=mem_%00",
        "actor=mem_00000000000000000000000000",
        "network=sakura",
        "from=yesterday",
        "limit=0",
        "limit=201",
        "cursor=x",
        "older=sin_1",
        "what=done&what=held",
    ] {
        program.get(&house, &format!("/v1/desk/sign-ins?{query}")).await.is(400, "query");
    }
    program.get(&house, "/v1/desk/audit?what=no_such_deed").await.is(400, "query");

    house.server.later(seconds(1));
    let file = program.post(&house, "/v1/desk/sign-ins/export", &json!({ "what": "done" })).await.ok();
    assert_eq!(file.headers["content-type"], "application/jsonl");
    let lines: Vec<Value> = file.text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 61);
    house.server.later(seconds(1));
    let audit = program.get(&house, "/v1/desk/audit?what=log_exported").await.ok().json();
    let line = &audit["lines"][0];
    let token = program.get(&house, "/v1/desk").await.ok().get("token");
    assert_eq!(
        (&line["actorLogin"], &line["subject"], &line["reference"]),
        (&json!("sato"), &json!("sign_ins"), &json!(token))
    );
    assert_eq!(line["details"]["what"]["after"], "done");
    let made = program.get(&house, "/v1/desk/audit?what=token_made").await.ok().json();
    assert_eq!(made["lines"][0]["details"]["scopes"]["after"], "logs.read logs.export");
    let file = program.post(&house, "/v1/desk/audit/export", &json!({})).await.ok();
    assert!(file.text.lines().count() > 2 && file.text.contains("token_made"));
    program.post(&house, "/v1/desk/audit/export", &json!({ "cursor": "x" })).await.is(400, "query");
    program.post(&house, "/v1/desk/audit/export", &json!({ "limit": 5 })).await.is(400, "query");
    program.post(&house, "/v1/desk/audit/export", &json!({ "format": "csv" })).await.is(400, "malformed");
}

#[tokio::test]
async fn long_work_is_seen_and_stopped_and_the_figures_are_read() {
    let house = House::open().await;
    let (sato, _, program) = house.program("sato", Role::Administrator, &["jobs", "members.read"]).await;
    assert_eq!(program.get(&house, "/v1/desk/jobs").await.ok().json()["jobs"], json!([]));
    let job = "job_00000000000000000000000001";
    house
        .server
        .sql(&format!(
            "insert into jobs (id, workspace_id, kind, by_member, state, total, done, failed, pieces, next, leased_until, worked_at, created_at, started_at)
            values ('{job}', '{}', 'import', '{}', 'waiting', 200, 0, 1, 2, 0, 0, 0, 1795294800000000, 1795294800000000)",
            sato.workspace_id, sato.id
        ))
        .await;
    let one = program.get(&house, &format!("/v1/desk/jobs/{job}")).await.ok().json();
    assert_eq!((&one["job"]["state"], &one["job"]["total"]), (&json!("waiting"), &json!(200)));
    assert_eq!(one["troubles"], json!([]));
    let stop = format!("/v1/desk/jobs/{job}/stop");
    program.does(&house, &stop).await.ok();
    program.does(&house, &stop).await.is(409, "nothing-to-do");
    assert_eq!(raw::count(&house.server.dump().await, "audit", "action", "job_stopped"), 1);
    program.get(&house, "/v1/desk/jobs/job_x").await.is(404, "not-found");

    let figures = program.get(&house, "/v1/desk/readiness").await.ok().json();
    assert_eq!((&figures["takenAt"], &figures["days"]), (&Value::Null, &json!([])));
    let day = house.server.app.now().day();
    for (what, members) in [("ready", 7), ("no_contact", 3), ("drilled", 2)] {
        house
            .server
            .sql(&format!(
                "insert into readiness_days (workspace_id, day, what, members) values ('{}', {day}, '{what}', {members})",
                sato.workspace_id
            ))
            .await;
    }
    let figures = program.get(&house, "/v1/desk/readiness").await.ok().json();
    let day = &figures["days"][0];
    assert_eq!((&day["all"], &day["ready"], &day["drilled"]), (&json!(10), &json!(7), &json!(2)));
    assert_eq!(day["reasons"]["no_contact"], 3);
}

#[tokio::test]
async fn nothing_of_another_workspace_is_there() {
    let house = House::open().await;
    let momiji = house.server.workspace("momiji", "もみじ運送").await;
    let theirs = house.away(&momiji).await;
    let (_, _, program) = house.program("sato", Role::Owner, ALL).await;
    let tanaka = house.of(&program, "tanaka").await;
    let found = house.get("/v1/desk/members").by(&theirs).send().await.ok().json();
    assert_eq!(found["members"].as_array().unwrap().len(), 1, "only themselves: {found}");
    house.get(&tanaka).by(&theirs).send().await.is(404, "not-found");
    for step in ["suspend", "resume", "hold", "release", "sign-out", "delete", "bring-back", "request-password"] {
        let ask = house.ask(reqwest::Method::POST, &format!("{tanaka}/{step}"));
        ask.by(&theirs).send().await.is(404, "not-found");
    }
    for (step, body) in [
        ("force-password", json!({})),
        ("contacts", json!({ "kind": "email", "address": "thief@example.org" })),
        ("role", json!({ "role": "owner" })),
        ("profile", json!({ "version": "1", "login": "x", "name": "x", "kana": "", "department": "", "locale": "ja" })),
    ] {
        house.post(&format!("{tanaka}/{step}"), &body).by(&theirs).send().await.is(404, "not-found");
    }
    let search = json!({ "typed": "090-1234-5678" });
    let found = house.post("/v1/desk/members/search", &search).by(&theirs).send().await.ok().json();
    assert_eq!(found["members"], json!([]));
    let audit = house.get("/v1/desk/audit").by(&theirs).send().await.ok();
    assert!(!audit.text.contains("sato") && !audit.text.contains("token_made"), "{}", audit.text);
    let member = tanaka.rsplit('/').next().unwrap();
    let lines = house.get(&format!("/v1/desk/sign-ins?member={member}")).by(&theirs).send().await.ok().json();
    assert_eq!(lines["lines"], json!([]));
    let before = house.finds(&program, "tanaka").await;
    assert_eq!((&before["state"], &before["role"]), (&json!("active"), &json!("member")));
}

#[tokio::test]
async fn a_token_stands_in_no_line_of_the_servers_own_log() {
    let (house, init) = crate::cli::House::set_up().await;
    let mut server = crate::cli::Running::start(&house);
    let browser = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let at = |path: &str| format!("http://{}{path}", server.address);
    let post = async |page: &str, path: &str, fields: &[(&str, &str)]| {
        let form = browser.get(at(page)).send().await.expect("an answer").text().await.expect("a page");
        let (_, rest) = form.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("no form: {form}"));
        let mut all = vec![("csrf", rest.split('"').next().expect("its end"))];
        all.extend_from_slice(fields);
        browser.post(at(path)).form(&all).send().await.expect("an answer").text().await.expect("a page")
    };
    let link = init.split("/set-password/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link");
    let link = format!("/set-password/{link}");
    post(&link, &link, &[("password", PASSWORD)]).await;
    let door = "/w/acme/sign-in";
    post(door, door, &[("login", "suzuki"), ("password", PASSWORD)]).await;
    let new = "/w/acme/admin/tokens/new";
    let made = post(new, new, &[("name", "人事"), ("days", "7"), ("members.read", "yes")]).await;
    let start = made.find("akt_").unwrap_or_else(|| panic!("no token on {made}"));
    let token = &made[start..][.."akt_".len() + 65];
    let ask = async |path: &str, token: &str| {
        browser.get(at(path)).bearer_auth(token).send().await.expect("an answer").status().as_u16()
    };
    let mut wrong = token.to_owned();
    wrong.replace_range(69 - 1.., if wrong.ends_with('0') { "1" } else { "0" });
    assert_eq!(ask("/api/v1/desk/members", token).await, 200);
    assert_eq!(ask("/api/v1/desk/policy", token).await, 403);
    assert_eq!(ask("/api/v1/desk/members", &wrong).await, 401);
    assert_eq!(ask(&format!("/api/v1/desk/members/{token}"), token).await, 404);
    assert_eq!(ask(&format!("/w/acme/admin/members/{token}"), token).await, 404);
    let foreign = ["0", "1"].map(|sign| format!("mem_{}", sign.repeat(26)));
    assert_eq!(ask(&format!("/api/v1/desk/members/{}", foreign[0]), token).await, 404);
    assert_eq!(ask(&format!("/w/acme/admin/members/{}", foreign[1]), token).await, 404);
    server.signal();
    assert_eq!(server.end(), Some(0));
    let log = std::fs::read_to_string(house.path("log")).expect("a log");
    assert!(log.len() > 1_000 && log.contains("stopped"), "it wrote at all: {log}");
    assert!(!log.contains(&token["akt_".len() + 13..]), "the token is in the log");
    assert!(foreign.iter().all(|id| log.contains(id)), "what is not of the workspace is written down: {log}");
}
