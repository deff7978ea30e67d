//! The audit log leaves the server as a file that grows, and tells after a restore what was undone.

use std::fs;

use crate::backup::spare;
use crate::cli::{House, err, mode};

#[tokio::test]
async fn an_export_grows_and_tells_after_a_restore_what_was_undone() {
    let (house, _) = House::set_up().await;
    for login in ["tanaka", "sato"] {
        house.ok(&["member", "add", "acme", login, "--name", "田中"]);
    }
    house.ok(&["audit", "export", "audit.jsonl"]);
    let before = fs::read_to_string(house.path("audit.jsonl")).expect("an export");
    assert_eq!(mode(&house.path("audit.jsonl")), 0o600);
    assert!(
        before.lines().any(|line| line.contains("member_added") && line.contains("\"login\":\"tanaka\"")),
        "{before}"
    );

    house.ok(&["backup", "a.backup"]);
    house.ok(&["member", "hold", "acme", "tanaka"]);
    house.ok(&["member", "add", "acme", "ito", "--name", "伊藤"]);
    // A run that died left half a line.
    fs::write(house.path("audit.jsonl"), format!("{before}{}", &before[..30])).expect("written");
    house.ok(&["audit", "export", "audit.jsonl"]);
    let text = fs::read_to_string(house.path("audit.jsonl")).expect("an export");
    assert!(text.starts_with(&before) && text.lines().count() == before.lines().count() + 2, "{text}");
    let again = house.ok(&["audit", "export", "audit.jsonl"]);
    assert!(again.starts_with("0 lines"), "{again}");
    assert!(house.refused(&["audit", "export", "aikagi.toml"]).contains("something else"));

    // A file that is no export stops a restore before it begins.
    let target = spare().await;
    let restore = |export: &str| {
        let mut command = house.command(&["restore", "a.backup", "--audit-export", export]);
        command.env("AIKAGI_DATABASE_URL", &target.url).output().expect("the program starts")
    };
    let said = restore("aikagi.toml");
    assert_eq!(said.status.code(), Some(1));
    assert!(err(&said).contains("aikagi.toml:1: this is no line of an audit export"), "{}", err(&said));
    let said = restore("audit.jsonl");
    assert!(said.status.success(), "{}", err(&said));
    let said = String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("tanaka@acme: was stopped, and is not any more"), "{said}");
    assert!(said.contains("\n  aikagi member hold acme tanaka\n"), "{said}");
    assert!(said.contains("ito@acme: was added, and is gone") && !said.contains("sato@acme"), "{said}");
}
