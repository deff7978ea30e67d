//! What the operator does by commands: the real program dies.

use serde_json::Value;

use super::{Facts, NUMBER, any, audited, n, told};
use crate::cli::{House, INIT, mode};
use crate::harness::{every, is_postgres};
use crate::raw::{self, Dump};

/// Gives the command `args` in a house where `prepare` happened: once for every statement, dying before it.
async fn at_every_statement_of_a_command(prepare: impl AsyncFn(&House), args: &[&str], facts: fn(&Dump) -> Facts) {
    let (house, _) = House::set_up().await;
    prepare(&house).await;
    let before = raw::dump(&house.url()).await;
    assert!(facts(&before).iter().all(|(_, fact)| !fact), "before the command: {:?}", facts(&before));
    for nth in (1..300).step_by(every()) {
        let copy = house.copy().await;
        let output = copy.command(args).env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string()).output().expect("it starts");
        let found = facts(&raw::dump(&copy.url()).await);
        let done = found.iter().all(|(_, fact)| *fact);
        assert!(done || found.iter().all(|(_, fact)| !fact), "died before statement {nth}: half done: {found:?}");
        if output.status.success() {
            assert!(done && nth > 3, "after {nth} statements: {found:?}");
            return;
        }
        if !done {
            copy.ok(args);
        }
        let found = facts(&raw::dump(&copy.url()).await);
        assert!(found.iter().all(|(_, fact)| *fact), "died before statement {nth}, again: {found:?}");
    }
    panic!("the command has no end");
}

#[tokio::test]
async fn importing_members() {
    let prepare = async |house: &House| {
        let rows = "login,name,mobile,email\ntanaka,田中,090-1234-5678,ichiro@example.jp\nito,伊藤,,\nabe,阿部,,abe@example.jp\n";
        std::fs::write(house.path("members.csv"), rows).expect("written");
    };
    at_every_statement_of_a_command(prepare, &["member", "import", "acme", "members.csv"], |dump| {
        vec![
            ("all members", n(dump, "members") == 4),
            ("all contacts", n(dump, "contacts") == 3),
            ("written down", raw::count(dump, "audit", "action", "member_added") == 4),
        ]
    })
    .await;
}

#[tokio::test]
async fn changing_the_policy() {
    let args = ["workspace", "policy", "acme", "--set", "password.min_length=20"];
    at_every_statement_of_a_command(
        async |_: &House| {},
        &args,
        |dump| {
            let policy =
                |row: &Value| row["policy"].as_str().is_some_and(|policy| policy.contains("\"min_length\":20"));
            vec![("another policy", any(dump, "workspaces", policy)), ("written down", audited(dump, "policy_changed"))]
        },
    )
    .await;
}

#[tokio::test]
async fn adding_a_member() {
    let args = ["member", "add", "acme", "tanaka", "--name", "田中", "--mobile", NUMBER];
    at_every_statement_of_a_command(
        async |_: &House| {},
        &args,
        |dump| {
            vec![
                ("a member", n(dump, "members") == 2),
                ("a contact", n(dump, "contacts") == 1),
                ("a link", n(dump, "links") == 2),
                ("written down", raw::count(dump, "audit", "action", "member_added") == 2),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn making_a_workspace() {
    let args = ["workspace", "create", "ume", "--name", "うめ商店"];
    at_every_statement_of_a_command(
        async |_: &House| {},
        &args,
        |dump| {
            vec![
                ("a workspace", n(dump, "workspaces") == 2),
                ("its slug", n(dump, "workspace_slugs") == 2),
                ("written down", raw::count(dump, "audit", "action", "workspace_created") == 2),
            ]
        },
    )
    .await;
}

#[tokio::test]
async fn changing_whom_to_ask() {
    let args = ["workspace", "contact-text", "acme", "--ja", "総務部 内線 1234"];
    at_every_statement_of_a_command(
        async |_: &House| {},
        &args,
        |dump| {
            let text = |row: &Value| row["contact_text_ja"] == "総務部 内線 1234";
            vec![("the text", any(dump, "workspaces", text)), ("written down", audited(dump, "contact_text_changed"))]
        },
    )
    .await;
}

#[tokio::test]
async fn ending_a_sweep() {
    let prepare = async |house: &House| {
        let sql = "insert into alerts (event, scope, window_at, ends_at, created_at) values ('sweep', '', 1, 9000000000000000, 1)";
        raw::run(&house.url(), sql).await;
    };
    at_every_statement_of_a_command(prepare, &["alert", "end"], |dump| {
        vec![
            ("it closes nothing", any(dump, "alerts", |row| row["ends_at"] != 9_000_000_000_000_000_i64)),
            ("written down", audited(dump, "sweep_ended")),
        ]
    })
    .await;
}

/// `aikagi member VERB` about tanaka, whose rows these statements have brought so far.
async fn at_every_statement_of_a_members_keeping(verb: &str, sql: &[&str], facts: fn(&Dump) -> Facts) {
    let prepare = async |house: &House| {
        house.ok(&["member", "add", "acme", "tanaka", "--name", "田中", "--mobile", NUMBER]);
        for sql in sql {
            raw::run(&house.url(), sql).await;
        }
    };
    at_every_statement_of_a_command(prepare, &["member", verb, "acme", "tanaka"], facts).await;
}

fn of_tanaka(dump: &Dump, fact: impl Fn(&Value) -> bool) -> bool {
    any(dump, "members", |row| row["login"] == "tanaka" && fact(row))
}

#[tokio::test]
async fn inviting_a_member_again() {
    at_every_statement_of_a_members_keeping("invite", &[], |dump| {
        vec![
            ("a new link", n(dump, "links") == 3),
            ("the older one is over", any(dump, "links", |row| !row["used_at"].is_null())),
            ("written down", audited(dump, "invited_again")),
        ]
    })
    .await;
}

#[tokio::test]
async fn suspending_a_member() {
    at_every_statement_of_a_members_keeping("suspend", &["update members set state = 'active'"], |dump| {
        vec![
            ("suspended", of_tanaka(dump, |row| row["state"] == "suspended")),
            ("a new epoch", of_tanaka(dump, |row| row["epoch"] == 1)),
            ("written down", audited(dump, "suspended")),
        ]
    })
    .await;
}

#[tokio::test]
async fn letting_a_member_in_again() {
    at_every_statement_of_a_members_keeping("resume", &["update members set state = 'suspended'"], |dump| {
        vec![
            ("active", of_tanaka(dump, |row| row["state"] == "active")),
            ("a new epoch", of_tanaka(dump, |row| row["epoch"] == 1)),
            ("written down", audited(dump, "resumed")),
        ]
    })
    .await;
}

#[tokio::test]
async fn holding_a_member() {
    let sql = ["update members set state = 'active'", "update contacts set state = 'verified', verified_at = 1"];
    at_every_statement_of_a_members_keeping("hold", &sql, |dump| {
        vec![
            ("held", of_tanaka(dump, |row| !row["held_at"].is_null())),
            ("a new epoch", of_tanaka(dump, |row| row["epoch"] == 1)),
            ("written down", audited(dump, "held")),
            ("the contact is told", told(dump, "held", 1)),
        ]
    })
    .await;
}

#[tokio::test]
async fn releasing_a_member() {
    let sql = ["update members set held_at = 1", "update contacts set state = 'frozen'"];
    at_every_statement_of_a_members_keeping("release", &sql, |dump| {
        vec![
            ("held no longer", of_tanaka(dump, |row| row["held_at"].is_null())),
            ("the contact thaws", raw::count(dump, "contacts", "state", "frozen") == 0),
            ("written down", audited(dump, "released")),
        ]
    })
    .await;
}

#[tokio::test]
async fn setting_up_a_server() {
    for nth in (1..100).step_by(every()) {
        let house = House::empty().await;
        let died = house.command(&INIT).env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string()).output().expect("it starts");
        if died.status.success() {
            assert!(nth > 8, "it died only {nth} times");
            return;
        }
        // Nobody takes it for a server.
        assert!(house.refused(&["member", "list", "acme"]).contains("there is no aikagi.toml here"));
        let said = house.ok(&INIT);
        assert!(said.contains("/set-password/akl_"), "{said}");
        assert_eq!(house.members().len(), 1, "died before statement {nth}");
        let dump = raw::dump(&house.url()).await;
        assert_eq!((n(&dump, "workspaces"), n(&dump, "workspace_slugs"), n(&dump, "master_keys")), (1, 1, 1));
        assert!(audited(&dump, "workspace_created") && audited(&dump, "member_added"));
        assert_eq!(raw::rows(&dump, "links").iter().filter(|row| row["used_at"].is_null()).count(), 1);
        let mut left: Vec<_> = house.files();
        left.retain(|name| !name.starts_with("aikagi.db"));
        assert_eq!(left, ["aikagi.toml", "master.key"]);
        for name in left {
            assert_eq!(mode(&house.path(&name)), 0o600);
        }
    }
    panic!("the set-up has no end");
}

#[tokio::test]
async fn a_set_up_killed_before_anybody_saw_the_link_gives_another_one() {
    let (house, said) = House::set_up().await;
    let link = |said: &str| said.split("/set-password/").nth(1).expect("a link")[..40].to_owned();
    let unfinished = house.path("aikagi.toml.unfinished");
    std::fs::rename(house.path("aikagi.toml"), &unfinished).expect("renamed");
    // Other words do not go on with it, and change nothing.
    let before = raw::dump(&house.url()).await;
    for [from, to] in
        [["suzuki", "sato"], ["acme", "bravo"], ["Acme", "Bravo"], ["http://localhost:8080", "http://localhost:9"]]
    {
        let others: Vec<_> = INIT.iter().map(|word| if *word == from { to } else { word }).collect();
        let refused = house.refused(&others);
        assert!(refused.contains("run it again with the words that it had"), "{refused}");
        assert!(unfinished.exists() && house.path("master.key").exists() && !house.path("aikagi.toml").exists());
    }
    assert_eq!(raw::dump(&house.url()).await, before);
    // Nor does a second one at the same time.
    let held = std::fs::File::open(&unfinished).expect("it is there");
    held.lock().expect("locked");
    let refused = house.refused(&INIT);
    assert!(refused.contains("at work here") && unfinished.exists(), "{refused}");
    drop(held);
    // Nor without the key, which was there before the database.
    if !is_postgres() {
        std::fs::rename(house.path("master.key"), house.path("kept.key")).expect("renamed");
        let refused = house.refused(&INIT);
        assert!(refused.contains("aikagi.db is there already") && !house.path("master.key").exists(), "{refused}");
        std::fs::rename(house.path("kept.key"), house.path("master.key")).expect("renamed");
    }
    assert_ne!(link(&house.ok(&INIT)), link(&said));
    assert!(!unfinished.exists() && house.members().len() == 1);
    assert!(house.refused(&INIT).contains("aikagi.toml is there already"));
}

#[tokio::test]
async fn letting_an_owner_back_in() {
    let args = ["owner", "recover", "acme", "suzuki"];
    at_every_statement_of_a_command(
        async |_: &House| {},
        &args,
        |dump| {
            vec![
                ("a new password is demanded", any(dump, "members", |row| row["demand"] == "forced")),
                ("a secret", n(dump, "forced_changes") == 1),
                ("written down", audited(dump, "owner_recovered")),
            ]
        },
    )
    .await;
    let (house, _) = House::set_up().await;
    house.ok(&["member", "add", "acme", "tanaka", "--name", "田中"]);
    let refused = house.refused(&["owner", "recover", "acme", "tanaka"]);
    assert!(refused.contains("is not an owner"), "{refused}");
    let said = house.ok(&args);
    let secret = said.split_whitespace().find(|word| word.matches('-').count() == 5).expect("a secret");
    assert_eq!(secret.len(), 23, "{said}");
    assert!(!format!("{:?}", raw::dump(&house.url()).await).contains(&secret.replace('-', "")));
}
