//! The server dies without a farewell before any statement of a story: what lies in the database then is the state before or the
//! state after, never one between, and the same step works when the server is back.

use std::collections::BTreeMap;
use std::process::Command;

use aikagi::model::{Timestamp, minutes};
use serde_json::{Value, json};

use crate::cli::House;
use crate::harness::{Browser, Database, NEW_PASSWORD, PASSWORD, Server};
use crate::raw::{self, Dump};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const STORY: &str = "AIKAGI_CRASH_STORY";

/// One form of one browser, as it is handed to the process that dies.
struct Step {
    browser: Browser,
    path: String,
    fields: Vec<(&'static str, String)>,
}

/// What is true of a database once the step has happened, and false before.
type Facts = Vec<(&'static str, bool)>;

/// Not a story but the process that dies: it sends one form to a server on the given database.
#[tokio::test]
async fn the_process_that_dies() {
    let Ok(story) = std::env::var(STORY) else { return };
    let story: Value = serde_json::from_str(&story).expect("JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let now = Timestamp(story["now"].as_i64().expect("a time"));
    let seed = story["seed"].as_u64().expect("a seed");
    let server = Server::reopen(Database::borrowed(&text(&story["url"])), seed, now).await;
    let mut browser = server.visitor_at(&text(&story["address"]));
    for (name, value) in story["cookies"].as_object().expect("cookies") {
        browser.cookies.insert(name.clone(), text(value));
    }
    browser.post_raw(&text(&story["path"]), text(&story["body"]).into_bytes()).await;
    server.app.db.close().await;
}

/// Plays `prepare`, then the step it ends in: once for every statement of the step, dying before it.
async fn at_every_statement<P>(prepare: P, facts: fn(&Dump) -> Facts)
where
    P: AsyncFn(&Server) -> Step,
{
    let server = Server::start().await;
    let mut step = prepare(&server).await;
    let csrf = step.browser.csrf().await;
    let fields: Vec<(&str, &str)> = [("csrf", csrf.as_str())]
        .into_iter()
        .chain(step.fields.iter().map(|(name, value)| (*name, value.as_str())))
        .collect();
    let body = crate::harness::form(&fields);
    let now = server.app.now();
    server.app.db.close().await;
    let before = server.dump().await;
    assert!(facts(&before).iter().all(|(_, fact)| !fact), "before the step: {:?}", facts(&before));

    for (died, nth) in (1..200).enumerate() {
        let copy = server.database().copy().await;
        let cookies: BTreeMap<_, _> = step.browser.cookies.clone();
        let story = json!({
            "url": copy.url, "now": now.0, "seed": 1_000 + nth, "cookies": cookies, "path": step.path, "body": body,
            "address": step.browser.address.ip().to_string(),
        });
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["crash::the_process_that_dies", "--exact", "--nocapture"])
            .env(STORY, story.to_string())
            .env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string())
            .output()
            .expect("it starts");
        let dump = raw::dump(&copy.url).await;
        let found = facts(&dump);
        let done = found.iter().all(|(_, fact)| *fact);
        let undone = found.iter().all(|(_, fact)| !fact);
        assert!(done || undone, "died before statement {nth}: half done: {found:?}");
        if output.status.success() {
            assert!(
                done,
                "the step does not do what it should: {found:?}\n{}",
                String::from_utf8_lossy(&output.stdout)
            );
            assert!(died > 3, "it died only {died} times");
            return;
        }
        // The server is back, and the person presses the button again.
        let again = Server::reopen(copy, 5_000 + nth, now).await;
        let mut browser = again.visitor_at(&step.browser.address.ip().to_string());
        browser.cookies = cookies;
        browser.post_raw(&step.path, body.clone().into_bytes()).await;
        let found = facts(&again.dump().await);
        assert!(found.iter().all(|(_, fact)| *fact), "died before statement {nth}, again: {found:?}");
        again.deliver().await;
        let left = again.dump().await;
        assert_eq!(raw::count(&left, "outbox", "state", "waiting"), 0);
        again.app.db.close().await;
    }
    panic!("the step has no end");
}

fn n(dump: &Dump, table: &str) -> usize {
    raw::rows(dump, table).len()
}

fn any(dump: &Dump, table: &str, fact: impl Fn(&Value) -> bool) -> bool {
    raw::rows(dump, table).iter().any(fact)
}

fn audited(dump: &Dump, action: &str) -> bool {
    raw::count(dump, "audit", "action", action) == 1
}

fn told(dump: &Dump, purpose: &str, times: usize) -> bool {
    raw::count(dump, "outbox", "purpose", purpose) == times
}

async fn member(server: &Server) -> aikagi::store::members::Member {
    server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await
}

fn step(browser: Browser, path: &str, fields: &[(&'static str, &str)]) -> Step {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Step { browser, path: path.to_owned(), fields }
}

#[tokio::test]
async fn asking_for_a_code() {
    let prepare = async |server: &Server| {
        member(server).await;
        step(server.visitor(), "/recover/mobile", &[("number", NUMBER)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("an attempt", n(dump, "recoveries") == 1),
            ("a code", n(dump, "codes") == 1),
            ("a message", n(dump, "outbox") == 1),
            ("counted", n(dump, "limits") > 0),
        ]
    })
    .await;
}

#[tokio::test]
async fn typing_the_code() {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        step(phone, "/recover/code", &[("code", &code)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("proved", any(dump, "recoveries", |row| row["state"] == "proved")),
            ("spent", any(dump, "codes", |row| !row["spent_at"].is_null())),
            ("a try taken", any(dump, "codes", |row| row["tries"] == 1)),
            ("written down", audited(dump, "recovery_proved")),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_wrong_code() {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        server.deliver().await;
        step(phone, "/recover/code", &[("code", "00000000")])
    };
    at_every_statement(prepare, |dump| {
        let counted = |scope: &str| {
            any(dump, "limits", |row| {
                row["key"].as_str().is_some_and(|key| key.starts_with(&format!("{scope}mem_"))) && row["spent"] == 1
            })
        };
        vec![
            ("a try taken", any(dump, "codes", |row| row["tries"] == 1)),
            ("counted for the day", counted("guess:")),
            ("counted in a row", counted("guess-row:")),
            (
                "counted for sweeps",
                any(dump, "limits", |row| row["key"].as_str().is_some_and(|key| key.starts_with("wrong:"))),
            ),
        ]
    })
    .await;
}

#[tokio::test]
async fn setting_the_new_password() {
    let prepare = async |server: &Server| {
        let tanaka = member(server).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        own.get("/w/sakura/me").await.is(200);
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        phone.types_code(&code).await.is(200);
        phone.picks(&tanaka).await.is(200);
        step(phone, "/recover/password", &[("password", NEW_PASSWORD)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("the proof is used up", any(dump, "recoveries", |row| row["state"] == "finished")),
            ("another password", n(dump, "password_history") == 1),
            ("the session is over", any(dump, "sessions", |row| row["ended_by"] == "recovered")),
            ("its epoch too", any(dump, "members", |row| row["epoch"] == 1)),
            (
                "the device is forgotten",
                any(dump, "device_members", |row| row["trusted"] == 0 || row["trusted"] == false),
            ),
            ("the network is forgotten", n(dump, "member_networks") == 0),
            ("the check-up waits", any(dump, "members", |row| !row["checkup_since"].is_null())),
            ("written down", audited(dump, "recovered")),
            ("both contacts are told", told(dump, "recovered", 2)),
            ("both can object", n(dump, "alarms") == 2),
        ]
    })
    .await;
}

#[tokio::test]
async fn signing_in() {
    let prepare = async |server: &Server| {
        member(server).await;
        step(server.visitor(), "/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("a session", n(dump, "sessions") == 1),
            ("a device", n(dump, "devices") == 1),
            ("known to the member", n(dump, "device_members") == 1),
            ("and the network", n(dump, "member_networks") == 1),
            ("written down", raw::count(dump, "sign_ins", "result", "done") == 1),
        ]
    })
    .await;
}

#[tokio::test]
async fn proving_a_contact() {
    let prepare = async |server: &Server| {
        server.member("tanaka", &["ichiro@example.jp"]).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        let page = own.post("/w/sakura/me/contacts/add-mobile", &[("number", NUMBER)]).await;
        let path = page.leads_to().to_owned();
        let code = server.code_for(TANAKA).await;
        step(own, &path, &[("code", &code)])
    };
    at_every_statement(prepare, |dump| {
        let proved = |row: &Value| row["kind"] == "sms" && row["state"] == "verified";
        vec![
            ("it counts", any(dump, "contacts", proved)),
            ("spent", any(dump, "codes", |row| !row["spent_at"].is_null())),
            ("written down", audited(dump, "contact_verified")),
            ("both contacts are told", told(dump, "contact_added", 2)),
            ("both can object", n(dump, "alarms") == 2),
        ]
    })
    .await;
}

#[tokio::test]
async fn asking_for_a_removal_that_holds() {
    let prepare = async |server: &Server| {
        let tanaka = member(server).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        phone.types_code(&code).await.is(200);
        phone.picks(&tanaka).await.is(200);
        phone.sets_password(NEW_PASSWORD).await.is(200);
        phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
        let email = phone.contact("ichiro@example.jp").await;
        step(phone, &format!("/w/sakura/me/contacts/{email}/remove"), &[("if_unproved", "hold")])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("held", any(dump, "members", |row| !row["held_at"].is_null())),
            ("the session is over", raw::count(dump, "sessions", "ended_by", "held") == 1),
            (
                "the device is forgotten",
                any(dump, "device_members", |row| row["trusted"] == 0 || row["trusted"] == false),
            ),
            ("written down", audited(dump, "removal_held")),
            ("both contacts are told", told(dump, "held", 2)),
        ]
    })
    .await;
}

async fn at_every_statement_of_deciding(decision: &'static str, facts: fn(&Dump) -> Facts) {
    let prepare = async |server: &Server| {
        let (own, frozen) = crate::frozen::ready_to_decide(server).await;
        step(own, &format!("/w/sakura/me/contacts/{frozen}/decide"), &[("decision", decision)])
    };
    at_every_statement(prepare, facts).await;
}

#[tokio::test]
async fn keeping_a_frozen_contact() {
    at_every_statement_of_deciding("keep", |dump| {
        vec![
            ("it counts again", raw::count(dump, "contacts", "state", "frozen") == 1),
            ("written down", audited(dump, "frozen_contact_kept")),
            ("all four contacts are told", told(dump, "contact_kept", 4)),
            ("two can object", raw::count(dump, "alarms", "event", "contact_kept") == 2),
        ]
    })
    .await;
}

#[tokio::test]
async fn removing_a_frozen_contact() {
    at_every_statement_of_deciding("remove", |dump| {
        vec![
            ("it is gone", raw::count(dump, "contacts", "state", "removed") == 1),
            ("written down", audited(dump, "frozen_contact_removed")),
            ("all four contacts are told", told(dump, "contact_removed", 4)),
            ("two can object", raw::count(dump, "alarms", "event", "contact_removed") == 2),
        ]
    })
    .await;
}

#[tokio::test]
async fn changing_the_password() {
    let prepare = async |server: &Server| {
        member(server).await;
        server.signed_in("tanaka", "198.51.100.9").await;
        let own = server.signed_in("tanaka", "198.51.100.10").await;
        step(own, "/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("another password", n(dump, "password_history") == 1),
            ("the other session is over", raw::count(dump, "sessions", "ended_by", "password_changed") == 1),
            ("this one is not", any(dump, "sessions", |row| row["epoch"] == 1 && row["ended_at"].is_null())),
            ("a new epoch", any(dump, "members", |row| row["epoch"] == 1)),
            ("written down", audited(dump, "password_changed")),
            ("both contacts are told", told(dump, "password_changed", 2)),
        ]
    })
    .await;
}

#[tokio::test]
async fn raising_the_alarm() {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        own.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
        let letters = server.received("ichiro@example.jp").await;
        let text = &letters.last().expect("a notice").text;
        let at = text.find("/not-me/").expect("a link");
        let path = text[at..].split_whitespace().next().expect("a word");
        step(server.visitor(), path, &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("used", any(dump, "alarms", |row| !row["used_at"].is_null())),
            ("held", any(dump, "members", |row| !row["held_at"].is_null())),
            ("the session is over", raw::count(dump, "sessions", "ended_by", "held") == 1),
            (
                "the device is forgotten",
                any(dump, "device_members", |row| row["trusted"] == 0 || row["trusted"] == false),
            ),
            ("written down", audited(dump, "held_by_member")),
            ("both contacts are told", told(dump, "held", 2)),
        ]
    })
    .await;
}

#[tokio::test]
async fn ending_all_other_sessions() {
    let prepare = async |server: &Server| {
        member(server).await;
        server.signed_in("tanaka", "198.51.100.9").await;
        server.signed_in("tanaka", "198.51.100.10").await;
        let own = server.signed_in("tanaka", "198.51.100.11").await;
        step(own, "/w/sakura/me/sessions/end-others", &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("two are over", raw::count(dump, "sessions", "ended_by", "ended_elsewhere") == 2),
            ("this one is not", any(dump, "sessions", |row| row["epoch"] == 1 && row["ended_at"].is_null())),
            ("written down", audited(dump, "ended_other_sessions")),
        ]
    })
    .await;
}

#[tokio::test]
async fn setting_a_first_password() {
    let prepare = async |server: &Server| {
        let (_, link) = server.invited_to(&server.workspace.clone(), "tanaka", aikagi::model::Role::Member).await;
        step(server.visitor(), &link, &[("password", NEW_PASSWORD)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("a password", n(dump, "passwords") == 1),
            ("the link is used up", any(dump, "links", |row| !row["used_at"].is_null())),
            ("active", any(dump, "members", |row| row["state"] == "active")),
            ("written down", audited(dump, "password_set_by_link")),
        ]
    })
    .await;
}

#[tokio::test]
async fn asking_for_another_code() {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        server.deliver().await;
        server.later(minutes(2));
        step(phone, "/recover/resend", &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("sent twice", any(dump, "recoveries", |row| row["sends"] == 2)),
            ("two messages", told(dump, "recovery_code", 2)),
            ("a newer code", any(dump, "codes", |row| row["created_at"] != any_of(dump, "recoveries", "created_at"))),
        ]
    })
    .await;
}

fn any_of(dump: &Dump, table: &str, column: &str) -> Value {
    raw::rows(dump, table).first().map_or(Value::Null, |row| row[column].clone())
}

#[tokio::test]
async fn adding_a_contact() {
    let prepare = async |server: &Server| {
        server.member("tanaka", &["ichiro@example.jp"]).await;
        let own = server.signed_in("tanaka", "198.51.100.9").await;
        step(own, "/w/sakura/me/contacts/add-mobile", &[("number", NUMBER)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("a contact", raw::count(dump, "contacts", "state", "unverified") == 1),
            ("its code", n(dump, "codes") == 1),
            ("its message", told(dump, "contact_code", 1)),
            ("written down", audited(dump, "contact_added")),
        ]
    })
    .await;
}

#[tokio::test]
async fn ending_the_check_up() {
    let prepare = async |server: &Server| {
        member(server).await;
        server.sql("update members set checkup_since = 1").await;
        let own = server.signed_in("tanaka", "198.51.100.9").await;
        step(own, "/w/sakura/me/checkup", &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("it waits no longer", any(dump, "members", |row| row["checkup_since"].is_null())),
            ("written down", audited(dump, "checked_up")),
        ]
    })
    .await;
}

/// Gives the command `args` in a house where `prepare` happened: once for every statement, dying before it.
async fn at_every_statement_of_a_command(prepare: impl AsyncFn(&House), args: &[&str], facts: fn(&Dump) -> Facts) {
    let (house, _) = House::set_up().await;
    prepare(&house).await;
    let before = raw::dump(&house.url()).await;
    assert!(facts(&before).iter().all(|(_, fact)| !fact), "before the command: {:?}", facts(&before));
    for nth in 1..300 {
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
async fn releasing_a_member() {
    let prepare = async |house: &House| {
        house.ok(&["member", "add", "acme", "tanaka", "--name", "田中", "--mobile", NUMBER]);
        house.ok(&["member", "hold", "acme", "tanaka"]);
        crate::raw::run(&house.url(), "update contacts set state = 'frozen'").await;
    };
    at_every_statement_of_a_command(prepare, &["member", "release", "acme", "tanaka"], |dump| {
        vec![
            ("held no longer", !any(dump, "members", |row| !row["held_at"].is_null())),
            ("the contact thaws", raw::count(dump, "contacts", "state", "frozen") == 0),
            ("written down", audited(dump, "released")),
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
async fn suspending_a_member() {
    let prepare = async |house: &House| {
        house.ok(&["member", "add", "acme", "tanaka", "--name", "田中"]);
        crate::raw::run(&house.url(), "update members set state = 'active' where login = 'tanaka'").await;
    };
    at_every_statement_of_a_command(prepare, &["member", "suspend", "acme", "tanaka"], |dump| {
        vec![
            ("suspended", raw::count(dump, "members", "state", "suspended") == 1),
            ("a new epoch", any(dump, "members", |row| row["epoch"] == 1)),
            ("written down", audited(dump, "suspended")),
        ]
    })
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
