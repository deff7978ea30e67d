//! Schemathesis tries every shape that our OpenAPI text allows, and many that it does not, against a real server.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use aikagi::model::{Role, Scope};
use serde_json::json;

use crate::api::House;
use crate::harness::{self, PASSWORD};

/// Cases an operation gets in each phase, chosen so that the run takes about a minute: it happens once for each engine.
const EXAMPLES: &str = "50";
/// It is stopped after this many seconds whatever it does.
const LONGEST: u64 = 150;

/// Checks that are left out, each with its reason.
const LEFT_OUT: &[(&str, &str)] = &[
    // A schema cannot say what a mobile number, an ID or a right password is, nor which ids exist: what has the right
    // shape may still be refused.
    ("positive_data_acceptance", "422 says so, field by field"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_that_the_description_allows_is_answered_as_described() {
    let program = program();
    let mut config = harness::config();
    let l = &mut config.limits;
    for limit in [
        &mut l.code_tries,
        &mut l.sends_per_15_minutes,
        &mut l.sends_per_hour,
        &mut l.sends_per_day,
        &mut l.network_unproved_per_hour,
        &mut l.network_unproved_per_day,
        &mut l.prefix_unverified_per_hour,
        &mut l.guesses_per_day,
        &mut l.guesses_in_a_row,
        &mut l.live_attempts,
        &mut l.token_requests_per_minute,
        &mut l.sign_in_free_tries,
        &mut l.sign_in_failures_unknown_device,
        &mut l.sign_in_failures_known_device,
    ] {
        *limit = 1_000_000;
    }
    l.resend_seconds = 0;
    l.contacts_per_kind = 100_000;
    let house = House::open_with(config).await;
    let unproved = house.start("email", "hanako@example.net").await.ok().get("handle");
    let proved = house.start("sms", "080-1111-2222").await.ok().get("handle");
    let code = json!({ "code": house.code("+818011112222").await });
    house.post("/v1/recovery/check", &code).with("Aikagi-Recovery", &proved).send().await.ok();

    // A program that may do all that one may, so that it gets behind the desk, too; and those whom it signs in as and recovers are none of
    // those whom a program suspends.
    house.server.sql("update members set role = 'help_desk'").await;
    let (_, mut desk) = house.server.keeper("sato", Role::Owner).await;
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let token = desk.makes_token("schemathesis", &scopes).await;

    let left_out: Vec<&str> = LEFT_OUT.iter().map(|(check, _)| *check).collect();
    let hooks = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/schemathesis_hooks.py");
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let to_file = || std::fs::OpenOptions::new().create(true).append(true).open(&said).unwrap();
    let mut run = Command::new(program)
        .args(["run", &format!("{}/api/openapi.json", house.url)])
        .args(["--seed", "1", "--max-examples", EXAMPLES, "--workers", "2", "--generation-database", "none"])
        .args(["--checks", "all", "--exclude-checks", &left_out.join(","), "--no-color"])
        .current_dir(folder.path())
        .env("SCHEMATHESIS_HOOKS", hooks)
        .env("AIKAGI_PASSWORD", PASSWORD)
        .env("AIKAGI_DESK", token)
        .env("AIKAGI_UNPROVED", unproved)
        .env("AIKAGI_PROVED", proved)
        .stdin(Stdio::null())
        .stdout(to_file())
        .stderr(to_file())
        .spawn()
        .unwrap();
    let mut left = LONGEST;
    let status = loop {
        if let Some(status) = run.try_wait().unwrap() {
            break Some(status);
        }
        if left == 0 {
            run.kill().unwrap();
            break None;
        }
        left -= 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    let said = std::fs::read_to_string(said).unwrap();
    println!("{said}");
    let status = status.unwrap_or_else(|| panic!("schemathesis took more than {LONGEST} s:\n{said}"));
    assert!(status.success(), "schemathesis found something:\n{said}");
}

/// From `AIKAGI_TOOLS`, or else from `.tools/` beside the sources.
fn program() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(".tools");
    let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(beside, PathBuf::from);
    let program = tools.join("venv/bin/schemathesis");
    assert!(
        program.is_file(),
        "schemathesis is not installed: run `cargo xtask tools`, or `python3 -m venv .tools/venv && \
         .tools/venv/bin/pip install schemathesis` (looked for {})",
        program.display()
    );
    program
}
