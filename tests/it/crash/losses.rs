//! A loss from the report to its end: the case, what it takes away, what the device is told to give up, and the way back.

use aikagi::model::minutes;
use serde_json::Value;

use super::{NUMBER, Step, any, at_every_statement, audited, look, member, n, step, told};
use crate::devices::device;
use crate::harness::{Browser, NEW_PASSWORD, Server};
use crate::raw::{self, Dump};
use crate::release;
use crate::wipes;

const MAIL: &str = "ichiro@example.jp";
const LOST: &str = "/w/sakura/me/lost";
const PHONE_AT: &str = "198.51.100.7";

/// tanaka's computer, beside a telephone that is signed in.
async fn beside_a_phone(server: &Server) -> Browser {
    member(server).await;
    server.signed_in("tanaka", PHONE_AT).await;
    server.signed_in("tanaka", "203.0.113.5").await
}

/// The report of the telephone and the number on it.
async fn report(mut own: Browser) -> Step {
    let device = format!("device_{}", device(&mut own, PHONE_AT).await);
    let contact = format!("contact_{}", own.contact(NUMBER).await);
    let mut step = step(own, LOST, &[("kind", "stolen")]);
    // A form's fields are named by what they are about.
    step.fields.extend([device, contact].map(|name| (&*name.leak(), "on".to_owned())));
    step
}

/// The same, sent.
async fn reported(server: &Server) -> Browser {
    let Step { mut browser, path, fields, .. } = report(beside_a_phone(server).await).await;
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.submit(&path, &fields).await.is(200);
    browser
}

/// What is lost in the case that is there.
fn is_lost(dump: &Dump, table: &str) -> bool {
    any(dump, table, |row| row["lost_in"].is_string())
}

fn thing(dump: &Dump, kind: &str, is: impl Fn(&Value) -> bool) -> bool {
    any(dump, "incident_things", |row| row["kind"] == kind && is(row))
}

#[tokio::test]
async fn reporting_a_loss() {
    let prepare = async |server: &Server| report(beside_a_phone(server).await).await;
    at_every_statement(prepare, |dump| {
        vec![
            ("a case", any(dump, "incidents", |row| row["kind"] == "stolen" && row["ended_at"].is_null())),
            ("one only", n(dump, "incidents") == 1),
            ("the device is lost", is_lost(dump, "device_members") && thing(dump, "device", |_| true)),
            ("the number is lost", is_lost(dump, "contacts") && thing(dump, "contact", |_| true)),
            ("its session is over", raw::count(dump, "sessions", "ended_by", "lost") == 1),
            ("and stands in the list", thing(dump, "session", |_| true)),
            ("written down", any(dump, "audit", |row| row["action"] == "loss_reported")),
            ("both contacts are told", told(dump, "loss_reported", 2)),
            ("the administrators are, too", any(dump, "alerts", |row| row["event"] == "member_loss")),
        ]
    })
    .await;
}

#[tokio::test]
async fn saying_that_it_was_found() {
    let prepare = async |server: &Server| {
        let mut own = reported(server).await;
        let id = device_of(server).await;
        own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
        let mail = own.contact(MAIL).await;
        server.later(minutes(1));
        own.proves_again(server, &mail, MAIL).await.is(200);
        step(own, &format!("{LOST}/found"), &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("the case is over", any(dump, "incidents", |row| row["outcome"] == "undone")),
            ("the device is not lost", !is_lost(dump, "device_members")),
            ("the list says so", thing(dump, "device", |row| !row["undone_at"].is_null())),
            ("the number counts again", !is_lost(dump, "contacts")),
            ("of it, too", thing(dump, "contact", |row| !row["undone_at"].is_null())),
            ("nothing is to be removed", raw::count(dump, "wipes", "cause", "found") == 1),
            ("written down", audited(dump, "loss_undone")),
        ]
    })
    .await;
}

/// The lost device's id.
async fn device_of(server: &Server) -> String {
    let dump = server.dump().await;
    let lost = raw::rows(&dump, "device_members").iter().find(|row| row["lost_in"].is_string()).expect("one is lost");
    lost["device_id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn having_a_lost_browser_cleared() {
    let prepare = async |server: &Server| {
        let own = reported(server).await;
        let id = device_of(server).await;
        step(own, &format!("{LOST}/wipe"), &[("device", &id)])
    };
    at_every_statement(prepare, |dump| {
        let of_the_case = |row: &Value| row["incident_id"] == raw::rows(dump, "incidents")[0]["id"];
        vec![
            ("it waits to be told", any(dump, "wipes", |row| row["state"] == "queued" && of_the_case(row))),
            ("written down", audited(dump, "wipe_asked")),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_lost_browser_is_told() {
    let prepare = async |server: &Server| {
        let (phone, mut own, id) = wipes::with_a_lost_phone(server).await;
        own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
        look(phone, "/wiped")
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("it was told", any(dump, "wipes", |row| row["state"] == "sent" && !row["sent_at"].is_null())),
            ("it can report", any(dump, "wipes", |row| row["secret"].is_string())),
            ("written down", audited(dump, "wipe_sent")),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_lost_browser_reports_back() {
    let prepare = async |server: &Server| {
        let (mut phone, mut own, id) = wipes::with_a_lost_phone(server).await;
        own.submit(&format!("{LOST}/wipe"), &[("device", &id)]).await.is(200);
        let page = phone.open("/w/sakura/sign-in").await;
        step(phone, "/wiped", &[("token", &wipes::token(&page)), ("seen", "yes"), ("left", "0")])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("it is over", any(dump, "wipes", |row| row["state"] == "confirmed" && !row["ended_at"].is_null())),
            ("written down", audited(dump, "wipe_confirmed")),
        ]
    })
    .await;
}

#[tokio::test]
async fn opening_a_held_account_by_a_second_contact() {
    let prepare = async |server: &Server| {
        let own = release::about_to_end_the_hold(server).await;
        step(own, "/recover/password", &[("password", NEW_PASSWORD)])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("the account is open", !any(dump, "members", |row| !row["held_at"].is_null())),
            ("nobody holds it", !any(dump, "members", |row| !row["held_by"].is_null())),
            ("the proof is used up", any(dump, "recoveries", |row| row["state"] == "finished")),
            ("another password", n(dump, "password_history") == 1),
            ("written down", audited(dump, "released_by_member")),
            ("both contacts are told", told(dump, "released", 2)),
        ]
    })
    .await;
}
