//! The server dies without a farewell before any statement of a story: what lies in the database then is the state before or the
//! state after, never one between, and the same step works when the server is back.

mod commands;
mod desk;
mod losses;
mod own;
mod recovery;

use std::collections::BTreeMap;
use std::process::Command;

use aikagi::model::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Browser, Database, Server, every};
use crate::raw::{self, Dump};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const STORY: &str = "AIKAGI_CRASH_STORY";

/// One form of one browser, or one page that it opens, as it is handed to the process that dies.
struct Step {
    browser: Browser,
    is_form: bool,
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
    send(&mut browser, &text(&story["path"]), story["body"].as_str()).await;
    server.app.db.close().await;
}

async fn send(browser: &mut Browser, path: &str, form: Option<&str>) {
    match form {
        Some(form) => drop(browser.post_raw(path, form.as_bytes().to_vec()).await),
        None => drop(browser.get(path).await),
    }
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
    let body = step.is_form.then(|| crate::harness::form(&fields));
    let now = server.app.now();
    server.app.db.close().await;
    let before = server.dump().await;
    assert!(facts(&before).iter().all(|(_, fact)| !fact), "before the step: {:?}", facts(&before));

    // Up to here the process only starts.
    let started = Server::reopen(server.database().copy().await, 999, now).await;
    let start = started.app.db.statements();
    started.app.db.close().await;
    for (died, nth) in (start + 1..start + 200).step_by(every()).enumerate() {
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
            assert!(died * every() > 1, "it died only {died} times");
            return;
        }
        // The server is back, and the person presses the button again.
        let again = Server::reopen(copy, 5_000 + nth, now).await;
        let mut browser = again.visitor_at(&step.browser.address.ip().to_string());
        browser.cookies = cookies;
        send(&mut browser, &step.path, body.as_deref()).await;
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
    Step { browser, is_form: true, path: path.to_owned(), fields }
}

/// A page is opened.
fn look(browser: Browser, path: &str) -> Step {
    Step { is_form: false, ..step(browser, path, &[]) }
}
