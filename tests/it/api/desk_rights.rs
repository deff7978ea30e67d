//! Who may do what by which token: every operation by every role and every scope; when a token dies; and where it must not be found.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aikagi::flows::desk::forced_change::{self, By, Lifetime};
use aikagi::flows::keys::retiring::{self, Retire};
use aikagi::flows::{members, standing, workspaces};
use aikagi::model::{Action, ByToken, Networks, Role, Scope, days, hours, minutes, seconds};
use serde_json::json;

use super::desk::{ALL, Program};
use super::{Answer, House};
use crate::harness::{NEW_PASSWORD, PASSWORD};
use crate::raw;

/// The operations of the desk, with ids of nobody in their paths.
fn operations() -> Vec<(&'static str, String, Action)> {
    let nobody = "00000000000000000000000000";
    let filled = |path: &str| {
        let of = |path: String, name: &str, prefix: &str| path.replace(name, &format!("{prefix}_{nobody}"));
        let path = of(of(path.to_owned(), "{member}", "mem"), "{contact}", "con");
        let path = of(of(of(path, "{session}", "ses"), "{job}", "job"), "{request}", "req");
        of(of(path, "{message}", "msg"), "{device}", "dev")
    };
    let desk =
        aikagi::api::RIGHTS.iter().filter_map(|(method, path, action)| Some((*method, filled(path), (*action)?)));
    desk.collect()
}

async fn ask(house: &House, method: &str, path: &str, token: &str) -> Answer {
    match method {
        "get" => house.get(path).by(token).send().await,
        "delete" => house.delete(path).by(token).send().await,
        _ => house.post(path, &json!({})).by(token).send().await,
    }
}

fn kind(answer: &Answer) -> String {
    if answer.status.is_success() { String::new() } else { answer.get("type").replace("urn:aikagi:problem:", "") }
}

#[test]
fn each_operation_of_the_desk_and_no_other_names_its_right() {
    for (method, path, action) in aikagi::api::RIGHTS {
        assert_eq!(path.starts_with("/v1/desk"), action.is_some(), "{method} {path}");
    }
    assert!(operations().len() > 30);
    assert_eq!(ALL, Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_operation_is_open_to_the_roles_of_the_table_and_to_no_other() {
    let house = House::open().await;
    for &role in Role::ALL {
        let login = format!("keeper-{}", role.rank());
        house.server.keeper(&login, role).await;
        let session = house.session(&login).await;
        for (method, path, action) in operations() {
            let answer = ask(&house, method, &path, &session).await;
            let refused = kind(&answer) == "not-allowed";
            assert_eq!(refused, !role.may(action), "{role} at {method} {path}: {}", answer.text);
            assert!(answer.status.as_u16() < 500, "{role} at {method} {path}: {}", answer.text);
        }
    }
    for (method, path, _) in operations() {
        let nobody = match method {
            "get" => house.get(&path),
            "delete" => house.delete(&path),
            _ => house.post(&path, &json!({})),
        };
        nobody.send().await.is(401, "not-signed-in");
    }
}

#[tokio::test]
async fn every_operation_is_open_to_its_scope_and_to_no_other() {
    let house = House::open().await;
    let (_, mut desk) = house.server.keeper("sato", Role::Owner).await;
    for scope in ALL {
        let token = desk.makes_token(scope, &[scope]).await;
        for (method, path, action) in operations() {
            let answer = ask(&house, method, &path, &token).await;
            let wanted = match action.by_token() {
                ByToken::Never => "session-needed",
                ByToken::With(needed) if needed.as_str() != *scope => "scope-missing",
                ByToken::Any | ByToken::With(_) => "",
            };
            let got = kind(&answer);
            if wanted.is_empty() {
                assert!(
                    !matches!(answer.status.as_u16(), 401 | 403) && answer.status.as_u16() < 500,
                    "{scope} at {method} {path}: {}",
                    answer.text
                );
            } else {
                assert_eq!(got, wanted, "{scope} at {method} {path}");
            }
            if let ByToken::With(needed) = action.by_token()
                && wanted == "scope-missing"
            {
                assert_eq!(answer.get("scope"), needed.as_str());
                let challenge = format!(r#"Bearer error="insufficient_scope", scope="{needed}""#);
                assert_eq!(answer.header("www-authenticate"), challenge);
            }
        }
        // What is the maker's own is not the program's.
        for path in ["/v1/session", "/v1/me", "/v1/sessions"] {
            house.get(path).by(&token).send().await.is(401, "not-signed-in");
        }
    }
}

#[tokio::test]
async fn a_session_at_the_desk_proves_the_password_and_a_token_did_when_it_was_made() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, ALL).await;
    let session = house.session("sato").await;
    house.server.later(minutes(6));
    let path = house.of(&program, "tanaka").await;
    let suspend = || house.ask(reqwest::Method::POST, &format!("{path}/suspend"));
    suspend().by(&session).send().await.is(403, "prove-again");
    house.get(&path).by(&session).send().await.ok();
    house.post("/v1/session/proof", &json!({ "password": PASSWORD })).by(&session).send().await.ok();
    suspend().by(&session).send().await.ok();
    program.does(&house, &format!("{path}/resume")).await.ok();
    // Roles are given by an owner who is there.
    let role = json!({ "role": "administrator" });
    program.post(&house, &format!("{path}/role"), &role).await.is(403, "session-needed");
    house.post(&format!("{path}/role"), &role).by(&session).send().await.ok();
    // Now that tanaka has a part in the desk, no token touches them, not even an owner's.
    program.does(&house, &format!("{path}/suspend")).await.is(403, "rank-too-high");
    let contact = json!({ "kind": "email", "address": "thief@example.org" });
    program.post(&house, &format!("{path}/contacts"), &contact).await.is(403, "rank-too-high");
    program.post(&house, &format!("{path}/force-password"), &json!({})).await.is(403, "rank-too-high");
    suspend().by(&session).send().await.ok();
    let own = house.of(&program, "sato").await;
    program.does(&house, &format!("{own}/suspend")).await.is(403, "oneself");
    house.post(&format!("{own}/role"), &json!({ "role": "member" })).by(&session).send().await.is(409, "last-owner");
    house.post(&format!("{own}/role"), &json!({ "role": "king" })).by(&session).send().await.is(400, "malformed");
}

#[tokio::test]
async fn whatever_ends_all_sessions_ends_every_token_at_once() {
    for way in
        ["suspended", "deleted", "held", "forced", "password", "role", "signed out", "other sessions", "workspace"]
    {
        let house = House::open().await;
        let (sato, mut desk, program) = house.program("sato", Role::Administrator, ALL).await;
        program.get(&house, "/v1/desk").await.ok();
        let app = &house.server.app;
        let step = async |step| assert!(members::take_step(app, &sato, step).await.expect("it works"));
        match way {
            "suspended" => step(standing::Step::Suspend).await,
            "deleted" => step(standing::Step::Delete).await,
            "held" => step(standing::Step::Hold).await,
            "signed out" => step(standing::Step::SignOut).await,
            "forced" => {
                let since = app.now() - days(30);
                let email = [crate::harness::address("sato@example.jp")];
                members::settle(app, &house.server.workspace, &sato, None, &email, since).await.expect("it works");
                let by = By::Operator(&sato.workspace_id);
                forced_change::force(app, by, &sato.id, None, Lifetime::default())
                    .await
                    .expect("it works")
                    .expect("done");
            }
            "password" => {
                let fields = [("current", PASSWORD), ("password", NEW_PASSWORD)];
                desk.submit("/w/sakura/me/password", &fields).await.is(200);
            }
            "other sessions" => {
                let session = house.session("sato").await;
                house.delete("/v1/sessions").by(&session).send().await.ok();
            }
            // Another role, and be it the same a moment later.
            "role" => {
                let (_, mut owner) = house.server.keeper("kato", Role::Owner).await;
                let path = format!("/w/sakura/admin/members/{}/role", sato.id);
                owner.submit(&path, &[("role", "help_desk")]).await.says("役割を変えました");
                owner.submit(&path, &[("role", "administrator")]).await.says("役割を変えました");
            }
            _ => house.server.sql("update workspaces set suspended_at = 1").await,
        }
        let dead = program.get(&house, "/v1/desk").await.is(401, "not-signed-in");
        assert_eq!(dead.header("www-authenticate"), r#"Bearer error="invalid_token""#, "{way}");
        // It does not come back with the account.
        if way == "suspended" {
            step(standing::Step::Resume).await;
            program.get(&house, "/v1/desk").await.is(401, "not-signed-in");
        }
    }
}

#[tokio::test]
async fn a_token_ends_by_the_clock_by_a_button_and_goes_no_further_than_its_makers_role() {
    let house = House::open().await;
    let (sato, _, program) = house.program("sato", Role::Owner, ALL).await;
    house.server.sql(&format!("update members set role = 'help_desk' where id = '{}'", sato.id)).await;
    program.get(&house, "/v1/desk/members").await.is(403, "not-allowed");
    program.get(&house, "/v1/desk").await.ok();
    house.server.sql(&format!("update members set role = 'member' where id = '{}'", sato.id)).await;
    program.get(&house, "/v1/desk").await.is(403, "not-allowed");
    house.server.sql(&format!("update members set role = 'owner' where id = '{}'", sato.id)).await;
    program.get(&house, "/v1/desk/members").await.ok();
    // Written once an hour.
    let used = async || raw::rows(&house.server.dump().await, "access_tokens")[0]["used_at"].as_i64().expect("a time");
    let first = used().await;
    house.server.later(minutes(59));
    program.get(&house, "/v1/desk").await.ok();
    assert_eq!(used().await, first);
    house.server.later(minutes(1));
    program.get(&house, "/v1/desk").await.ok();
    assert!(used().await > first);
    // A password that has expired opens as little by a token as by a session.
    let mut policy = aikagi::model::Policy::nist();
    policy.password.expiry_days = Some(90);
    workspaces::set_policy(&house.server.app, &house.server.workspace, &policy).await.expect("it works");
    house.server.sql("update passwords set set_at = 1").await;
    program.get(&house, "/v1/desk").await.is(403, "password-expired");
    policy.password.expiry_days = None;
    workspaces::set_policy(&house.server.app, &house.server.workspace, &policy).await.expect("it works");
    house.server.later(days(29) + hours(22) + minutes(59) + seconds(59));
    program.get(&house, "/v1/desk").await.ok();
    house.server.later(seconds(1));
    program.get(&house, "/v1/desk").await.is(401, "not-signed-in");
    // By a button.
    let mut desk = house.server.signed_in("sato", "192.0.2.5").await;
    let token = desk.makes_token("別の", ALL).await;
    let another = Program { token };
    let id = another.get(&house, "/v1/desk").await.ok().get("token");
    desk.submit(&format!("/w/sakura/admin/tokens/{id}/end"), &[]).await.is(200);
    another.get(&house, "/v1/desk").await.is(401, "not-signed-in");
}

#[tokio::test]
async fn a_token_that_is_used_outlives_the_master_key_that_it_was_made_with() {
    let house = House::open().await;
    let server = &house.server;
    let (_, _, program) = house.program("sato", Role::Administrator, ALL).await;
    let (_, _, unused) = house.program("mori", Role::Administrator, ALL).await;
    let (mut file, new) = crate::keys::with_another();
    let old = server.app.keyring.writes();
    crate::keys::rotate(server, &file, &new).await;
    server.later(hours(1));
    program.get(&house, "/v1/desk").await.ok();
    let hashes = async || -> Vec<String> {
        let dump = server.dump().await;
        let rows = raw::rows(&dump, "access_tokens").iter();
        rows.map(|row| row["token_hash"].as_str().expect("a hash").split('.').next().expect("an id").to_owned())
            .collect()
    };
    let mut wanted = vec![old.clone(), new];
    wanted.sort();
    let mut found = hashes().await;
    found.sort();
    assert_eq!(found, wanted, "one of them was made anew");
    let retired = retiring::retire(&server.app, &old, false).await.expect("it works");
    assert!(matches!(&retired, Retire::Needed(rows) if rows.access_tokens == 1), "{retired:?}");
    let retired = retiring::retire(&server.app, &old, true).await.expect("it works");
    assert!(matches!(retired, Retire::Ready(_)), "{retired:?}");
    assert!(file.take(&old).is_some());
    server.app.keyring.replace(&file).expect("the key that writes is in it");
    program.get(&house, "/v1/desk").await.ok();
    unused.get(&house, "/v1/desk").await.is(401, "not-signed-in");
}

#[tokio::test]
async fn the_networks_of_a_workspace_bind_its_tokens() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Administrator, ALL).await;
    let (_, _, other) = house.program("mori", Role::Administrator, ALL).await;
    let networks =
        |text: &str| Networks::from_json(&json!({ "bound": "desk", "from": [text] }).to_string()).expect("a list");
    let here = networks("127.0.0.0/8");
    workspaces::set_networks(&house.server.app, &house.server.workspace, Some(&here)).await.expect("it works");
    program.get(&house, "/v1/desk").await.ok();
    let elsewhere = networks("203.0.113.0/24");
    workspaces::set_networks(&house.server.app, &house.server.workspace, Some(&elsewhere)).await.expect("it works");
    program.get(&house, "/v1/desk").await.is(401, "not-signed-in");
    workspaces::set_networks(&house.server.app, &house.server.workspace, None).await.expect("it works");
    program.get(&house, "/v1/desk").await.is(401, "not-signed-in");
    other.get(&house, "/v1/desk").await.ok();
    assert_eq!(raw::count(&house.server.dump().await, "audit", "action", "token_outside"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_calls_at_once_none_succeeds_after_the_maker_was_suspended() {
    let mut config = crate::harness::config();
    config.limits.token_requests_per_minute = 1_000_000;
    let house = Arc::new(House::open_with(config).await);
    let (sato, _, program) = house.program("sato", Role::Administrator, ALL).await;
    let path = house.of(&program, "tanaka").await;
    let login = "tanaka".parse().expect("a login name");
    let tanaka = members::by_login(&house.server.app, &house.server.workspace, &login).await;
    let tanaka = tanaka.expect("it works").expect("they are there");
    // Before the race, since it changes a row behind the server's back, who does not wait for anybody.
    let (_, mut owner) = house.server.keeper("kato", Role::Owner).await;
    let suspended = Arc::new(AtomicBool::new(false));
    let calls = (0..50).map(|nth| {
        let (house, program, path, suspended) = (house.clone(), program.clone(), path.clone(), suspended.clone());
        tokio::spawn(async move {
            let (mut late, mut round) = (0, 0);
            // On until it has come too late twice.
            while late < 2 {
                let after = suspended.load(Ordering::SeqCst);
                let step = if (nth + round) % 2 == 0 { "suspend" } else { "resume" };
                let answer = program.does(&house, &format!("{path}/{step}")).await;
                if after {
                    assert_eq!(answer.status, 401, "after the maker was suspended: {}", answer.text);
                    late += 1;
                }
                round += 1;
            }
        })
    });
    let calls: Vec<_> = calls.collect();
    owner.submit(&format!("/w/sakura/admin/members/{}/suspend", sato.id), &[]).await.says("停止しました");
    let tanaka = house.server.reload(&tanaka).await;
    suspended.store(true, Ordering::SeqCst);
    for call in calls {
        call.await.expect("a call");
    }
    // Nor did any that was under way change anything.
    let now = house.server.reload(&tanaka).await;
    assert_eq!((now.state, now.epoch), (tanaka.state, tanaka.epoch));
    assert!(raw::count(&house.server.dump().await, "audit", "action", "suspended") > 0);
}

#[tokio::test]
async fn a_token_that_nobody_has_costs_what_a_dead_one_costs_and_says_the_same() {
    let house = House::open().await;
    let (_, mut desk, program) = house.program("sato", Role::Owner, ALL).await;
    program.get(&house, "/v1/desk").await.ok();
    let ended = desk.makes_token("前の", ALL).await;
    house.server.sql("update access_tokens set ended_at = 1 where name = '前の'").await;
    let late = desk.makes_token("古い", ALL).await;
    house.server.sql("update access_tokens set expires_at = 1 where name = '古い'").await;
    let mut forged = program.token.clone();
    forged.replace_range(forged.len() - 1.., if forged.ends_with('0') { "1" } else { "0" });
    let unknown = format!("akt_{}", "0".repeat(65));
    let mut all = Vec::new();
    for token in [&unknown, &ended, &late, &forged] {
        let before = house.server.app.db.statements();
        let answer = house.get("/v1/desk").by(token).send().await.is(401, "not-signed-in");
        let headers: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        all.push((house.server.app.db.statements() - before, answer.text, headers));
    }
    assert!(all.windows(2).all(|two| two[0] == two[1]), "{all:#?}");
    for token in [
        "akt_",
        "akt_x",
        &program.token.to_uppercase(),
        &program.token.replace("akt_", "aks_"),
        &format!("{}\u{e9}", program.token),
    ] {
        let headers = token.bytes().all(|byte| byte.is_ascii_graphic());
        if headers {
            house.get("/v1/desk").by(token).send().await.is(401, "not-signed-in");
        }
    }
    let twice = house.get("/v1/desk").by(&program.token).by(&program.token).send().await;
    twice.is(401, "not-signed-in");
}

#[tokio::test]
async fn a_token_lies_in_no_row_and_in_no_message() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, ALL).await;
    program.get(&house, "/v1/desk/audit").await.ok();
    let path = house.of(&program, "tanaka").await;
    program.does(&house, &format!("{path}/suspend")).await.ok();
    let secret = &program.token["akt_".len() + 13..];
    let text = serde_json::to_string(&house.server.dump().await).expect("JSON");
    assert!(!text.contains(secret) && !text.contains(&program.token));
    let audit = program.get(&house, "/v1/desk/audit").await.ok();
    assert!(!audit.text.contains(secret), "nor in the log");
    house.server.deliver().await;
    assert!(house.server.carrier.sent().iter().all(|letter| !letter.text.contains(secret)));
    if let Some(folder) = house.server.database().folder() {
        for file in std::fs::read_dir(folder).expect("a folder") {
            let bytes = std::fs::read(file.expect("a file").path()).expect("it opens");
            assert!(!String::from_utf8_lossy(&bytes).contains(secret));
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_in_one_way_is_not_read_at_the_desk_either() {
    let house = House::open().await;
    let (_, _, program) = house.program("sato", Role::Owner, ALL).await;
    let path = house.of(&program, "tanaka").await;
    let add = "/v1/desk/members";
    for (path, body) in [
        (add, r#"{"login":"a","login":"b","name":"n"}"#),
        (add, r#"{"login":["a"],"name":"n"}"#),
        (add, r#"{"login":"a\u0000","name":"n"}"#),
        (add, r#"{"login":"a","name":"\ud800"}"#),
        (add, r#"[{"login":"a","name":"n"}]"#),
        (add, ""),
        ("/v1/desk/members/search", r#"{"typed":5}"#),
        ("/v1/desk/members/search", r#"{"typed":"a","limit":1e99}"#),
        ("/v1/desk/policy", r#"{"version":"x","passwordMinLength":[20]}"#),
        ("/v1/desk/policy", r#"{"version":"x","passwordMinLength":20.5}"#),
        ("/v1/desk/audit/export", r#"{"what":{"x":1}}"#),
    ] {
        let ask = house.ask(reqwest::Method::POST, path).raw(body.to_owned());
        ask.by(&program.token).send().await.is(400, "malformed");
    }
    let huge = json!({ "login": "a", "name": "x".repeat(1 << 20) });
    program.post(&house, add, &huge).await.is(413, "too-large");
    for id in [
        "mem_x",
        "%00",
        "mem_%00000000000000000000000000",
        "con_00000000000000000000000000",
        "'",
        "..%2f..",
        "mem_00000000000000000000000000",
    ] {
        program.get(&house, &format!("/v1/desk/members/{id}")).await.is(404, "not-found");
        program.does(&house, &format!("/v1/desk/members/{id}/suspend")).await.is(404, "not-found");
    }
    house.get(&path).with("Authorization", &format!("Basic {}", program.token)).send().await.is(401, "not-signed-in");
    house.get(&format!("{path}?access_token={}", program.token)).send().await.is(401, "not-signed-in");
}

#[tokio::test]
async fn a_token_has_so_many_requests_a_minute_and_few_of_them_write() {
    let mut config = crate::harness::config();
    config.limits.token_requests_per_minute = 30;
    let house = House::open_with(config).await;
    let (_, mut desk, program) = house.program("sato", Role::Owner, ALL).await;
    let other = Program { token: desk.makes_token("別の", ALL).await };
    // Two are taken at once, a twelfth of what there is to a minute, up to its whole.
    for nth in 0..30_i64 {
        program.get(&house, "/v1/desk").await.ok();
        assert_eq!(taken(&house).await, (nth / 2 + 1) * 2, "request {nth}");
    }
    for _ in 0..3 {
        let refused = program.get(&house, "/v1/desk").await.is(429, "too-many-requests");
        assert_eq!((refused.header("retry-after"), &refused.json()["retryAfter"]), ("60", &json!(60)));
    }
    // Nobody else's, and no session.
    other.get(&house, "/v1/desk").await.ok();
    let session = house.session("sato").await;
    house.get("/v1/desk").by(&session).send().await.ok();
    house.server.later(seconds(59));
    program.get(&house, "/v1/desk").await.is(429, "too-many-requests");
    house.server.later(seconds(1));
    program.get(&house, "/v1/desk").await.ok();
}

/// How many requests of programs are taken in the database.
async fn taken(house: &House) -> i64 {
    let dump = house.server.dump().await;
    let of_tokens = raw::rows(&dump, "limits")
        .iter()
        .filter(|row| row["key"].as_str().is_some_and(|key| key.starts_with("token:")));
    of_tokens.map(|row| row["spent"].as_i64().expect("a number")).sum()
}
