//! What stands out in the sign-in log is told once, and stays at the desk until somebody has seen to it.

use aikagi::flows::{alerts, sweeps};
use aikagi::model::{Role, days, hours, minutes};

use super::DESK;
use super::policy::hidden;
use crate::harness::{Browser, Server, config};
use crate::raw;

const OWNER: &str = "suzuki@example.jp";
const PAGE: &str = "/w/sakura/admin/alerts";
const SETTINGS: &str = "/w/sakura/admin/alerts/settings";

/// Looks through the log as a running server does, some minutes later.
pub async fn look(server: &Server) {
    server.later(minutes(4));
    while alerts::watch::follow(&server.app).await.expect("the database works") {}
    sweeps::watch(&server.app).await.expect("the database works");
}

/// An owner with an address, at the desk.
pub async fn owner(server: &Server) -> Browser {
    let owner = server.member("suzuki", &[OWNER, "090-8888-0000"]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", owner.id)).await;
    server.signed_in("suzuki", "192.0.2.5").await
}

/// Wrong passwords for this ID, each from a place of its own.
async fn wrong(server: &Server, login: &str, times: u8) {
    for n in 0..times {
        server.visitor_at(&format!("203.0.113.{n}")).signs_in(login, "not the password at all").await;
    }
}

/// Wrong passwords from one place for many.
async fn tries_many(server: &Server, logins: &[String], from: &str) {
    for login in logins {
        server.visitor_at(from).signs_in(login, "not the password at all").await;
    }
}

async fn mails(server: &Server) -> Vec<String> {
    let letters = server.received(OWNER).await.into_iter();
    letters.filter(|letter| letter.purpose != "new_device").filter_map(|letter| letter.subject).collect()
}

#[tokio::test]
async fn a_sign_in_after_ten_wrong_passwords_is_told_once_and_stays_until_it_is_seen_to() {
    let server = Server::start().await;
    let mut desk = owner(&server).await;
    server.member("tanaka", &["090-1234-5678"]).await;
    look(&server).await;
    wrong(&server, "tanaka", 9).await;
    server.later(minutes(1));
    server.signed_in("tanaka", "198.51.100.7").await;
    look(&server).await;
    assert_eq!(mails(&server).await, [""; 0], "nine are not ten");
    desk.get(PAGE).await.says("まだありません");

    server.later(hours(2));
    wrong(&server, "tanaka", 10).await;
    server.later(minutes(20));
    server.signed_in("tanaka", "198.51.100.7").await;
    look(&server).await;
    look(&server).await;
    let letters = server.received(OWNER).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.text.contains("tanaka@sakura") && letter.text.contains("10 回"), "{}", letter.text);
    assert_eq!(server.received("+819088880000").await.len(), 0, "who has an address gets no SMS about it");
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(DESK).await.says("間違いが続いたあとのサインイン").says("続けて 10 回");
    let page = desk.get(PAGE).await;
    page.says("心当たりがないときは").says("tanaka").says("サインインの記録を見る");
    let log =
        page.text.split_once("/admin/sign-ins?s=").expect("a link").1.split_once('"').expect("an end").0.to_owned();
    desk.get(&format!("{DESK}/sign-ins?s={log}")).await.says("203.0.113.9");

    let alert = hidden(&page, "alert");
    desk.submit(PAGE, &[("alert", &alert)]).await.says("確認ずみにしました").says("さんが");
    desk.submit(PAGE, &[("alert", &alert)]).await.says("先に確認していました");
    desk.post(PAGE, &[("alert", "sweep.nothing.0")]).await.is(404);
    desk.get(DESK).await.does_not_say("間違いが続いたあとのサインイン");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "sign_in_after_failures"), 1);
    assert_eq!(raw::count(&dump, "audit", "action", "alert_acknowledged"), 1);
}

#[tokio::test]
async fn failures_that_a_sign_in_broke_or_that_are_long_past_do_not_count_together() {
    let server = Server::start().await;
    owner(&server).await;
    server.member("tanaka", &[]).await;
    for _ in 0..2 {
        wrong(&server, "tanaka", 6).await;
        server.later(minutes(1));
        server.signed_in("tanaka", "198.51.100.7").await;
        server.later(minutes(1));
    }
    wrong(&server, "tanaka", 6).await;
    server.later(minutes(61));
    wrong(&server, "tanaka", 6).await;
    server.later(minutes(1));
    server.signed_in("tanaka", "198.51.100.7").await;
    look(&server).await;
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 0);
}

#[tokio::test]
async fn a_network_that_failed_over_many_people_is_told_once_a_day() {
    let server = Server::start().await;
    owner(&server).await;
    let mut logins = Vec::new();
    for n in 0..15 {
        logins.push(format!("m{n}"));
        server.member(&format!("m{n}"), &[]).await;
    }
    logins.extend((0..4).map(|n| format!("nobody{n}")));
    tries_many(&server, &logins, "203.0.113.9").await;
    look(&server).await;
    assert_eq!(mails(&server).await.len(), 0, "nineteen are not twenty");
    // Who mistypes and then gets in is no stranger.
    server.later(minutes(1));
    server.signed_in("m0", "203.0.113.9").await;
    tries_many(&server, &["nobody4".to_owned()], "203.0.113.9").await;
    look(&server).await;
    assert_eq!(mails(&server).await.len(), 0);
    tries_many(&server, &["nobody5".to_owned(), "m1".to_owned()], "203.0.113.9").await;
    look(&server).await;
    for _ in 0..3 {
        tries_many(&server, &logins, "203.0.113.9").await;
        look(&server).await;
    }
    let letters = server.received(OWNER).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert!(letter.text.contains("203.0.113.9") && letter.text.contains("20 個"), "{}", letter.text);
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(PAGE).await.says("1つの場所から、多くのIDが試されています").says("203.0.113.9");
    server.later(days(1));
    tries_many(&server, &logins, "203.0.113.9").await;
    tries_many(&server, &logins, "203.0.113.9").await;
    look(&server).await;
    assert_eq!(mails(&server).await.len(), 2, "the next day is another one");
}

#[tokio::test]
async fn ids_that_nobody_has_count_by_themselves_for_the_workplace_that_they_were_tried_at() {
    let server = Server::start().await;
    owner(&server).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let nobodies = |at: &str| (0..19).map(|n| format!("nobody{n}{at}")).collect::<Vec<_>>();
    tries_many(&server, &nobodies(""), "203.0.113.9").await;
    tries_many(&server, &nobodies("@momiji"), "203.0.113.9").await;
    tries_many(&server, &nobodies("@nowhere"), "203.0.113.9").await;
    look(&server).await;
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 0, "nineteen at one workplace are not twenty");
    server.later(minutes(61));
    tries_many(&server, &(0..20).map(|n| format!("nobody{n}")).collect::<Vec<_>>(), "203.0.113.9").await;
    look(&server).await;
    let dump = server.dump().await;
    let alerts = raw::rows(&dump, "alerts");
    let [alert] = alerts else { panic!("{alerts:?}") };
    assert_eq!((alert["event"].as_str(), alert["times"].as_i64()), (Some("network_failures"), Some(20)));
    assert_eq!(alert["workspace_id"], server.workspace.id.as_str());
    assert_ne!(alert["workspace_id"], momiji.id.as_str());
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(PAGE).await.says("203.0.113.9");
    // The log says where it was tried, and not what.
    let log = desk.submit(&format!("{DESK}/sign-ins"), &[("what", "unknown_id")]).await;
    log.says("203.0.113.9").does_not_say("nobody0");
}

/// A stranger with many networks fills the administrators' mailboxes with ten messages a day, not more.
#[tokio::test]
async fn a_stranger_cannot_bury_administrators_under_mail() {
    let mut config = config();
    config.limits.sign_in_free_tries = 100;
    let server = Server::start_with(config).await;
    let mut desk = owner(&server).await;
    let form = desk.get(SETTINGS).await;
    desk.submit(SETTINGS, &settings(&hidden(&form, "was"), "3", "5")).await.says("知らせ方を変えました");
    let mut logins: Vec<_> = (0..4).map(|n| format!("nobody{n}")).collect();
    server.member("tanaka", &[]).await;
    logins.push("tanaka".to_owned());
    for n in 0..25 {
        tries_many(&server, &logins, &format!("203.0.113.{n}")).await;
    }
    look(&server).await;
    let letters = server.received(OWNER).await;
    assert_eq!(letters.len(), 10, "{letters:?}");
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 25, "the others are listed");
    let page = desk.get(PAGE).await;
    assert_eq!(page.text.matches("alert-row").count(), 25, "{}", page.main());
}

/// The fields of the settings' form.
pub fn settings<'a>(was: &'a str, failures: &'a str, members: &'a str) -> Vec<(&'static str, &'a str)> {
    let mut fields =
        vec![("was", was), ("failures", failures), ("members", members), ("mails", "all"), ("heads", "nobody")];
    for kind in [
        "kind_guesses_in_a_row",
        "kind_sweep",
        "kind_sign_in_after_failures",
        "kind_network_failures",
        "kind_messages_failing",
    ] {
        fields.push((kind, "on"));
    }
    fields
}

/// Fifty tasks find the same thing in the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_nodes_that_look_at_once_tell_once() {
    let server = Server::start().await;
    owner(&server).await;
    server.member("tanaka", &[]).await;
    look(&server).await;
    wrong(&server, "tanaka", 10).await;
    server.later(minutes(1));
    server.signed_in("tanaka", "198.51.100.7").await;
    server.later(minutes(4));
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let app = server.app.clone();
        nodes.spawn(async move {
            while alerts::watch::follow(&app).await? {}
            sweeps::watch(&app).await
        });
    }
    for node in nodes.join_all().await {
        node.expect("the database works");
    }
    sweeps::watch(&server.app).await.expect("the database works");
    assert_eq!(mails(&server).await.len(), 1);
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 1);
}

#[tokio::test]
async fn settings_are_changed_by_owners_within_bounds_with_before_and_after() {
    let server = Server::start().await;
    let mut desk = owner(&server).await;
    let (_, mut administrator) = server.keeper("sato", Role::Administrator).await;
    administrator.get(SETTINGS).await.is(403);
    administrator.post(SETTINGS, &[]).await.is(403);
    administrator.get(PAGE).await.is(200).does_not_say("知らせ方を変える");
    let form = desk.get(SETTINGS).await;
    let was = hidden(&form, "was");
    for (failures, members, says) in [("2", "20", "3"), ("101", "20", "100"), ("10", "4", "500"), ("x", "20", "3")] {
        desk.post(SETTINGS, &settings(&was, failures, members)).await.is(422).says(says);
    }
    let mut bad = settings(&was, "10", "20");
    bad[4] = ("heads", "address");
    bad.push(("heads_address", "not an address"));
    desk.post(SETTINGS, &bad).await.is(422);
    let mut good = settings(&was, "５", "30");
    good.retain(|(name, _)| *name != "kind_network_failures");
    desk.submit(SETTINGS, &good).await.says("知らせ方を変えました").says("value=\"5\"").says("value=\"30\"");
    desk.post(SETTINGS, &settings(&was, "10", "20")).await.is(422).says("ほかの管理者が変えたか");
    desk.get(&format!("{DESK}/history"))
        .await
        .says("知らせ方が変わりました")
        .says("failures_in_a_row: 10 → 5")
        .says("members_of_a_network: 20 → 30");
    // What it does not want to hear of is not looked for.
    server.member("tanaka", &[]).await;
    let mut logins: Vec<_> = (0..40).map(|n| format!("nobody{n}")).collect();
    logins.push("tanaka".to_owned());
    tries_many(&server, &logins, "203.0.113.9").await;
    look(&server).await;
    assert_eq!(raw::rows(&server.dump().await, "alerts").len(), 0);
    // Another workspace's alerts and settings are its own.
    let other = server.workspace("momiji", "もみじ運送").await;
    server.member_of(&other, "kato", &[]).await;
    assert_eq!(desk.get("/w/momiji/admin/alerts").await.leads_to(), "/w/momiji/sign-in");
}
