//! What members do with their own account: coming and going, contacts, sessions, the password, and saying that it was not them.

use aikagi::model::minutes;
use serde_json::Value;

use super::{Facts, NUMBER, Step, TANAKA, any, at_every_statement, audited, member, n, step, told};
use crate::harness::{NEW_PASSWORD, PASSWORD, Server};
use crate::raw::{self, Dump};

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

/// Somebody changes the password, both contacts are told, and one of them objects by what the notice that came there holds.
async fn at_every_statement_of_the_alarm(objects: fn(&Server, &str) -> Step, to: &'static str) {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        own.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
        let letters = server.received(to).await;
        objects(server, &letters.last().expect("a notice").text)
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
async fn raising_the_alarm_by_link() {
    let objects = |server: &Server, text: &str| {
        let path = text[text.find("/not-me/").expect("a link")..].split_whitespace().next().expect("a path");
        step(server.visitor(), path, &[])
    };
    at_every_statement_of_the_alarm(objects, "ichiro@example.jp").await;
}

#[tokio::test]
async fn raising_the_alarm_by_word() {
    let objects = |server: &Server, text: &str| {
        let is_word = |part: &&str| part.len() == 14 && part.matches('-').count() == 2;
        let mut parts = text.split(|c: char| !(c.is_ascii_uppercase() || c == '-'));
        step(server.visitor(), "/not-me", &[("word", parts.find(is_word).expect("a word")), ("sure", "yes")])
    };
    at_every_statement_of_the_alarm(objects, TANAKA).await;
}

/// Signs out, or ends another session: the path of the form, made from the id of the older device.
async fn at_every_statement_of_ending_one_session(path: fn(&str) -> String, facts: fn(&Dump) -> Facts) {
    let prepare = async |server: &Server| {
        member(server).await;
        server.signed_in("tanaka", "198.51.100.9").await;
        let older = raw::rows(&server.dump().await, "devices")[0]["id"].as_str().expect("an id").to_owned();
        let own = server.signed_in("tanaka", "198.51.100.10").await;
        step(own, &path(&older), &[])
    };
    at_every_statement(prepare, facts).await;
}

#[tokio::test]
async fn signing_out() {
    let path = |_: &str| "/w/sakura/sign-out".to_owned();
    at_every_statement_of_ending_one_session(path, |dump| {
        vec![
            ("this one is over", raw::count(dump, "sessions", "ended_by", "signed_out") == 1),
            ("written down", audited(dump, "signed_out")),
        ]
    })
    .await;
}

#[tokio::test]
async fn ending_one_other_session() {
    let path = |older: &str| format!("/w/sakura/me/devices/{older}/sign-out");
    at_every_statement_of_ending_one_session(path, |dump| {
        vec![
            ("that one is over", raw::count(dump, "sessions", "ended_by", "ended_elsewhere") == 1),
            (
                "and its device is not known any more",
                any(dump, "device_members", |row| row["trusted"] == 0 || row["trusted"] == false),
            ),
            ("written down", audited(dump, "device_signed_out")),
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
        step(own, "/w/sakura/me/devices/sign-out-others", &[])
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
async fn removing_a_contact() {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        let email = own.contact("ichiro@example.jp").await;
        step(own, &format!("/w/sakura/me/contacts/{email}/remove"), &[])
    };
    at_every_statement(prepare, |dump| {
        vec![
            ("it is gone", raw::count(dump, "contacts", "state", "removed") == 1),
            ("written down", audited(dump, "contact_removed")),
            ("both contacts are told", told(dump, "contact_removed", 2)),
            ("both can object", raw::count(dump, "alarms", "event", "contact_removed") == 2),
        ]
    })
    .await;
}

/// A form without more fields than these, some minutes after the sign-in.
async fn at_every_statement_of_a_small_form(
    path: &str,
    fields: &[(&'static str, &'static str)],
    facts: fn(&Dump) -> Facts,
) {
    let prepare = async |server: &Server| {
        member(server).await;
        let mut own = server.signed_in("tanaka", "198.51.100.9").await;
        server.later(minutes(2));
        let email = own.contact("ichiro@example.jp").await;
        step(own, &path.replace("EMAIL", &email), fields)
    };
    at_every_statement(prepare, facts).await;
}

#[tokio::test]
async fn giving_the_password_again() {
    at_every_statement_of_a_small_form("/w/sakura/me/confirm", &[("password", PASSWORD)], |dump| {
        vec![("proved", any(dump, "sessions", |row| row["proved_at"] != row["created_at"]))]
    })
    .await;
}

#[tokio::test]
async fn putting_the_reminder_off() {
    at_every_statement_of_a_small_form("/w/sakura/me/later", &[], |dump| {
        vec![("put off", any(dump, "members", |row| !row["contacts_later"].is_null()))]
    })
    .await;
}

#[tokio::test]
async fn asking_for_the_code_of_ones_own_contact() {
    at_every_statement_of_a_small_form("/w/sakura/me/contacts/EMAIL/resend", &[], |dump| {
        vec![
            ("a code", n(dump, "codes") == 1),
            ("its message", told(dump, "contact_code", 1)),
            (
                "counted",
                any(dump, "limits", |row| {
                    row["key"].as_str().is_some_and(|key| key.contains("send")) && row["spent"] == 1
                }),
            ),
        ]
    })
    .await;
}
