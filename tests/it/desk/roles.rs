//! Every address of the desk, asked by every role; and the page that shows people the table.

use std::fmt::Write as _;

use aikagi::model::{Action, ByToken, Role, minutes};
use aikagi::web::DESK_ADDRESSES;

/// An address with something in each of its places.
fn filled(path: &str, member: &str) -> String {
    let places = [
        ("{id}", member),
        ("{session}", "ses_0"),
        ("{request}", "req_0"),
        ("{call}", "cal_0"),
        ("{contact}", "con_0"),
        ("{reason}", "stale"),
        ("{job}", "job_0"),
        ("{token}", "act_0"),
        ("{step}", "ost_0"),
        ("{message}", "msg_0"),
        ("{agent}", "agt_0"),
        ("{managed}", "mng_0"),
        ("{way}", "webhook"),
    ];
    places.iter().fold(path.to_owned(), |path, (place, value)| path.replace(place, value))
}

use super::DESK;
use crate::harness::{PASSWORD, Server};

#[tokio::test]
async fn every_address_is_open_to_the_roles_of_the_table_and_to_no_other() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    let mut asked = 0;
    for &role in Role::ALL {
        let (_, mut desk) = server.keeper(&format!("keeper-{}", role.rank()), role).await;
        for (method, path, action) in DESK_ADDRESSES {
            let path = format!("/w/sakura{}", filled(path, tanaka.id.as_str()));
            // A form without anything in it is no refusal of the role, either.
            let page = if *method == "get" { desk.get(&path).await } else { desk.post(&path, &[]).await };
            let status = page.status.as_u16();
            assert_eq!(status == 403, !role.may(*action), "{role} at {method} {path}: {status}");
            assert!(status < 500, "{role} at {method} {path}: {status}");
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
    // Whoever is not signed in is led to the door, everywhere.
    let mut stranger = server.visitor();
    for (method, path, _) in DESK_ADDRESSES {
        let path = format!("/w/sakura{}", filled(path, tanaka.id.as_str()));
        let page = if *method == "get" { stranger.get(&path).await } else { stranger.post(&path, &[]).await };
        assert_eq!(page.leads_to(), "/w/sakura/sign-in", "{method} {path}");
    }
}

#[tokio::test]
async fn another_workspaces_desk_and_members_are_not_there() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let other = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&other, "theirs", &["090-1234-5678"]).await;
    desk.get(&format!("{DESK}/members/{}", theirs.id)).await.is(404);
    assert_eq!(desk.get("/w/momiji/admin/members").await.leads_to(), "/w/momiji/sign-in");
    for step in ["suspend", "resume", "hold", "release", "sign-out", "delete", "bring-back"] {
        desk.post(&format!("{DESK}/members/{}/{step}", theirs.id), &[]).await.is(404);
    }
    desk.post(&format!("{DESK}/members/{}/role", theirs.id), &[("role", "owner")]).await.is(404);
    assert!(desk.looks_for("090-1234-5678", "present").await.logins().is_empty());
    assert!(desk.looks_for("theirs", "present").await.logins().is_empty());
    let now = server.reload(&theirs).await;
    assert_eq!((now.state, now.role, now.epoch, now.held_at), (theirs.state, theirs.role, theirs.epoch, None));
}

#[tokio::test]
async fn what_is_sensitive_asks_for_the_password_and_loses_nothing() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    server.later(minutes(6));
    let role = format!("{DESK}/members/{}/role", tanaka.id);
    let page = desk.submit(&role, &[("role", "administrator")]).await;
    page.is(200).says("もう一度");
    assert!(page.text.contains("name=\"role\" value=\"administrator\""), "what was chosen is carried along");
    let again = [("role", "administrator"), ("username", "sato@sakura"), ("again", "wrong")];
    let wrong = desk.submit(&role, &again).await;
    assert_eq!(wrong.text.matches("name=\"username\"").count(), 1, "no field stands there twice");
    wrong.is(422);
    assert!(wrong.text.contains("name=\"role\" value=\"administrator\"") && !wrong.text.contains("value=\"wrong\""));
    assert_eq!(server.reload(&tanaka).await.role, Role::Member);
    desk.submit(&role, &[("role", "administrator"), ("again", PASSWORD)]).await.says("役割を変えました");
    assert_eq!(server.reload(&tanaka).await.role, Role::Administrator);
    // From then on it is fresh again.
    desk.submit(&role, &[("role", "member")]).await.says("役割を変えました");
}

#[test]
fn the_page_for_people_shows_this_table() {
    let mut table =
        String::from("| | owner | administrator | help desk | member | password again |\n|---|---|---|---|---|---|\n");
    for &action in Action::ALL {
        let mark = |yes| if yes { "yes" } else { "" };
        let roles: Vec<_> = Role::ALL.iter().map(|role| mark(role.may(action))).collect();
        let words = action.as_str().replace('_', " ");
        writeln!(table, "| {words} | {} | {} |", roles.join(" | "), mark(action.is_sensitive())).expect("a text");
    }
    let page = include_str!("../../../docs/roles.md");
    assert!(page.contains(&table), "docs/roles.md should hold:\n{table}");
    let mut table = String::from("| by access token | scope |\n|---|---|\n");
    for &action in Action::ALL {
        let scope = match action.by_token() {
            ByToken::Any => "any",
            ByToken::With(scope) => scope.as_str(),
            ByToken::Never => continue,
        };
        writeln!(table, "| {} | {scope} |", action.as_str().replace('_', " ")).expect("a text");
    }
    assert!(page.contains(&format!("{table}\n")), "docs/roles.md should hold:\n{table}");
}
