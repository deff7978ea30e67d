//! Recovery by code, from the number to the new password.

use aikagi::model::minutes;
use serde_json::Value;

use super::{NUMBER, TANAKA, any, at_every_statement, audited, member, n, step, told};
use crate::harness::{NEW_PASSWORD, Server};
use crate::raw::{self, Dump};

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
async fn choosing_whose_password_is_set() {
    let prepare = async |server: &Server| {
        let tanaka = member(server).await;
        server.member("tanaka2", &[NUMBER]).await;
        let mut phone = server.visitor();
        phone.asks_for_code(NUMBER).await.is(200);
        let code = server.code_for(TANAKA).await;
        phone.types_code(&code).await.is(200);
        step(phone, "/recover/id", &[("pick", tanaka.id.as_str())])
    };
    at_every_statement(prepare, |dump| {
        vec![("chosen", any(dump, "recoveries", |row| row["member_id"] == tanakas_id(dump)))]
    })
    .await;
}

fn tanakas_id(dump: &Dump) -> Value {
    raw::rows(dump, "members").iter().find(|row| row["login"] == "tanaka").map_or(Value::Null, |row| row["id"].clone())
}
