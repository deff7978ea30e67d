//! The server dies before any statement of a forced change, of its secret's exchange and of its end: what lies in the database then is the
//! state before or the state after, and the same step works when the server is back.

use std::collections::BTreeMap;
use std::process::Command;

use aikagi::model::{LoginName, Timestamp};
use serde_json::{Value, json};

use crate::forced::{force, secret_for};
use crate::harness::{Browser, Database, NEW_PASSWORD, Server, every, form};
use crate::raw::{self, Dump};

const STORY: &str = "AIKAGI_FORCED_CRASH_STORY";
const NUMBER: &str = "090-1234-5678";
const EMAIL: &str = "ichiro@example.jp";

/// What the process does that dies.
enum Step {
    /// The operator demands a new password of tanaka.
    Force,
    /// One form of one browser.
    Form(Box<Browser>, String, Vec<(&'static str, String)>),
}

type Facts = Vec<(&'static str, bool)>;

async fn acts(server: &Server, story: &Value) {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    if story["path"].is_null() {
        let login = LoginName::parse("tanaka").expect("a login name");
        let found = aikagi::flows::members::by_login(&server.app, &server.workspace, &login).await;
        let member = found.expect("the database works").expect("they are there");
        force(server, &member).await.expect("it is demanded");
        return;
    }
    let mut browser = server.visitor();
    for (name, value) in story["cookies"].as_object().expect("cookies") {
        browser.cookies.insert(name.clone(), text(value));
    }
    browser.post_raw(&text(&story["path"]), text(&story["body"]).into_bytes()).await;
}

/// Not a story but the process that dies.
#[tokio::test]
async fn the_process_that_dies_of_a_forced_change() {
    let Ok(story) = std::env::var(STORY) else { return };
    let story: Value = serde_json::from_str(&story).expect("JSON");
    let now = Timestamp(story["now"].as_i64().expect("a time"));
    let seed = story["seed"].as_u64().expect("a seed");
    let server = Server::reopen(Database::borrowed(story["url"].as_str().expect("a URL")), seed, now).await;
    acts(&server, &story).await;
    server.app.db.close().await;
}

async fn at_every_statement<P>(prepare: P, facts: fn(&Dump) -> Facts)
where
    P: AsyncFn(&Server) -> Step,
{
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, EMAIL]).await;
    server.signed_in("tanaka", "198.51.100.9").await;
    let step = prepare(&server).await;
    let mut story = json!({ "now": server.app.now().0 });
    if let Step::Form(mut browser, path, fields) = step {
        let csrf = browser.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        let cookies: BTreeMap<_, _> = browser.cookies.clone();
        story["cookies"] = json!(cookies);
        story["path"] = path.into();
        story["body"] = form(&all).into();
    }
    let now = server.app.now();
    server.app.db.close().await;
    let before = server.dump().await;
    assert!(facts(&before).iter().all(|(_, fact)| !fact), "before the step: {:?}", facts(&before));
    for (died, nth) in (1..200).step_by(every()).enumerate() {
        let copy = server.database().copy().await;
        story["url"] = copy.url.clone().into();
        story["seed"] = (1_000 + nth).into();
        let output = Command::new(std::env::current_exe().expect("this program"))
            .args(["forced_crash::the_process_that_dies_of_a_forced_change", "--exact", "--nocapture"])
            .env(STORY, story.to_string())
            .env("AIKAGI_ABORT_AT_STATEMENT", nth.to_string())
            .output()
            .expect("it starts");
        let found = facts(&raw::dump(&copy.url).await);
        let done = found.iter().all(|(_, fact)| *fact);
        let undone = found.iter().all(|(_, fact)| !fact);
        assert!(done || undone, "died before statement {nth}: half done: {found:?}");
        if output.status.success() {
            assert!(
                done,
                "the step does not do what it should: {found:?}\n{}",
                String::from_utf8_lossy(&output.stdout)
            );
            assert!(died * every() > 3, "it died only {died} times");
            return;
        }
        let again = Server::reopen(copy, 5_000 + nth, now).await;
        acts(&again, &story).await;
        let found = facts(&again.dump().await);
        assert!(found.iter().all(|(_, fact)| *fact), "died before statement {nth}, again: {found:?}");
        again.deliver().await;
        assert_eq!(raw::count(&again.dump().await, "outbox", "state", "waiting"), 0);
        again.app.db.close().await;
    }
    panic!("the step has no end");
}

fn any(dump: &Dump, table: &str, fact: impl Fn(&Value) -> bool) -> bool {
    raw::rows(dump, table).iter().any(fact)
}

#[tokio::test]
async fn demanding_a_new_password() {
    at_every_statement(
        async |_| Step::Force,
        |dump| {
            vec![
                ("demanded", raw::count(dump, "members", "demand", "forced") == 1),
                ("a new epoch", any(dump, "members", |row| row["epoch"] == 1)),
                ("the session is over", any(dump, "sessions", |row| row["ended_by"] == "change_forced")),
                ("no network is known", raw::rows(dump, "member_networks").is_empty()),
                ("a secret lives", any(dump, "forced_changes", |row| !row["secret_hash"].is_null())),
                ("one message", raw::count(dump, "outbox", "purpose", "forced_change") == 1),
                ("one notice", raw::count(dump, "outbox", "purpose", "change_forced") == 1),
                ("it can be objected to", raw::count(dump, "alarms", "event", "change_forced") == 1),
                ("written down", raw::count(dump, "audit", "action", "change_forced") == 1),
            ]
        },
    )
    .await;
}

async fn demanded(server: &Server) -> String {
    let login = LoginName::parse("tanaka").expect("a login name");
    let found = aikagi::flows::members::by_login(&server.app, &server.workspace, &login).await;
    force(server, &found.expect("the database works").expect("they are there")).await.expect("it is demanded");
    secret_for(server, EMAIL).await
}

#[tokio::test]
async fn typing_the_secret() {
    let prepare = async |server: &Server| {
        let secret = demanded(server).await;
        let fields = vec![("login", "tanaka".to_owned()), ("password", secret)];
        Step::Form(Box::new(server.visitor()), "/w/sakura/sign-in".to_owned(), fields)
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("a link", any(dump, "links", |row| row["used_at"].is_null())),
            ("it is the secret's", any(dump, "forced_changes", |row| !row["link_id"].is_null())),
            ("in the sign-in log", raw::count(dump, "sign_ins", "result", "secret_taken") == 1),
            ("written down", raw::count(dump, "audit", "action", "forced_secret_taken") == 1),
        ]
    })
    .await;
}

#[tokio::test]
async fn setting_the_password_that_was_demanded() {
    let prepare = async |server: &Server| {
        let secret = demanded(server).await;
        let mut phone = server.visitor();
        let page = phone.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", &secret)]).await;
        let path = page.leads_to().to_owned();
        Step::Form(Box::new(phone), path, vec![("password", NEW_PASSWORD.to_owned())])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("another password", raw::rows(dump, "password_history").len() == 1),
            ("used up", any(dump, "forced_changes", |row| !row["used_at"].is_null() && row["secret_hash"].is_null())),
            ("nothing is demanded", any(dump, "members", |row| row["login"] == "tanaka" && row["demand"].is_null())),
            ("the check-up waits", any(dump, "members", |row| !row["checkup_since"].is_null())),
            ("written down", raw::count(dump, "audit", "action", "forced_change_done") == 1),
            ("both contacts are told", raw::count(dump, "outbox", "purpose", "password_changed") == 2),
        ]
    })
    .await;
}
