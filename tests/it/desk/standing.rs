//! Suspending, holding, signing out, deleting, and roles: at once, by rank, and in whichever order two people come.

use aikagi::flows::members::{self, Add, NewMember};
use aikagi::flows::standing::erase_some;
use aikagi::model::{LoginName, MemberState, Role, days, minutes};

use super::DESK;
use crate::harness::{NEW_PASSWORD, PASSWORD, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";

#[tokio::test]
async fn whoever_is_suspended_is_out_at_once_and_back_when_let_in() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let mut lost = server.visitor();
    lost.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    desk.get(&page).await.says("利用中").says("090-••••-5678").does_not_say("1234");
    desk.get(&format!("{page}/suspend")).await.says("サインイン中の端末（1台）").says("（1件）");
    desk.submit(&format!("{page}/suspend"), &[]).await.says("利用を停止しました").says("停止中");
    assert!(!own.is_signed_in().await);
    // What was on its way has ended, too, and nothing new begins.
    lost.types_code(&code).await.is(422);
    lost.picks(&tanaka).await;
    lost.sets_password(NEW_PASSWORD).await;
    own.signs_in("tanaka", NEW_PASSWORD).await.is(422);
    own.signs_in("tanaka", PASSWORD).await.does_not_say("ホーム");
    let letters = server.received(TANAKA).await;
    assert!(letters.last().expect("a notice").text.contains("停止されました"), "{letters:?}");
    assert!(!letters.last().expect("a notice").text.contains("自分ではない"), "there is nothing to stop");

    // Said twice it changes nothing more.
    desk.submit(&format!("{page}/suspend"), &[]).await.says("することがありませんでした");
    desk.submit(&format!("{page}/resume"), &[]).await.says("利用を再開しました");
    own.signs_in("tanaka", PASSWORD).await.is(200);
    desk.get(&page).await.says("管理者が、アカウントを一時停止しました").says("管理者が、アカウントを再開しました");
}

#[tokio::test]
async fn signing_out_ends_sessions_and_nothing_else() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (mut one, mut two) =
        (server.signed_in("tanaka", "198.51.100.9").await, server.signed_in("tanaka", "198.51.100.10").await);
    let page = format!("{DESK}/members/{}", tanaka.id);
    let shown = desk.get(&page).await;
    let at = shown.text.find("/devices/dev_").expect("a device");
    let end = shown.text[at..].split_once('"').expect("an attribute").0.to_owned();
    desk.submit(&format!("{page}{end}"), &[]).await.is(200);
    assert!(one.is_signed_in().await != two.is_signed_in().await, "one of both");
    desk.submit(&format!("{page}/sign-out"), &[]).await.says("サインアウトさせました");
    assert!(!one.is_signed_in().await && !two.is_signed_in().await);
    one.signs_in("tanaka", PASSWORD).await.is(200);
}

#[tokio::test]
async fn whoever_is_deleted_comes_back_within_a_week_as_what_they_were() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    desk.submit(&format!("{page}/delete"), &[]).await.says("7日間は取り消せます").says("削除ずみ");
    let mut own = server.visitor();
    own.signs_in("tanaka", PASSWORD).await.is(422);
    let sent = server.received(TANAKA).await.len();
    own.asks_for_code(NUMBER).await.says("2 / 4");
    assert_eq!(server.received(TANAKA).await.len(), sent, "the number leads nowhere");
    server.later(days(6));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&format!("{page}/bring-back"), &[]).await.says("削除を取り消しました");
    own.signs_in("tanaka", PASSWORD).await.is(200);
    desk.submit(&format!("{page}/force"), &[]).await.says("仮パスワードを送りました");
    desk.submit(&format!("{page}/delete"), &[]).await.is(200);
    server.later(days(7) + minutes(1));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&format!("{page}/bring-back"), &[]).await.says("することがありませんでした");
    assert_eq!(server.reload(&tanaka).await.state, MemberState::Deleted);

    // Nothing personal is left, but in the log that somebody was here, and nobody gets the ID for half a year.
    let of_tanaka = async || {
        let dump = server.dump().await;
        let rows = raw::rows(&dump, "audit").iter().filter(|row| row.to_string().contains(tanaka.id.as_str()));
        rows.map(|row| row["action"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert!(of_tanaka().await.len() > 3);
    assert_eq!(erase_some(&server.app).await.expect("the database works"), 1);
    assert_eq!(erase_some(&server.app).await.expect("the database works"), 0);
    assert_eq!(of_tanaka().await, ["erased"], "in the log it is only said that somebody went");
    let reports = crate::chain::prove(&server).await;
    assert!(crate::chain::whole(&reports) && reports[0].erased > 3, "and its chain holds: {reports:?}");
    let dump = server.dump().await;
    for table in [
        "contacts",
        "invitations",
        "passwords",
        "password_history",
        "member_words",
        "sessions",
        "links",
        "alarms",
        "device_members",
    ] {
        assert_eq!(raw::count(&dump, table, "member_id", tanaka.id.as_str()), 0, "{table}");
    }
    let row = raw::rows(&dump, "members").iter().find(|row| row["id"] == tanaka.id.as_str()).expect("the row stays");
    assert!(row["name"] == "" && row["kana"] == "" && row["login"] != "tanaka", "{row:?}");
    desk.get(&page)
        .await
        .says("名前や連絡先が消されました")
        .says("消去されたメンバー")
        .does_not_say("たなか")
        .does_not_say("~mem");
    desk.submit(&format!("{page}/bring-back"), &[]).await.says("することがありませんでした");
    let new = NewMember {
        login: LoginName::parse("tanaka").expect("a login name"),
        ..crate::imports::people(0..1).remove(0)
    };
    let add = async || members::add(&server.app, &server.workspace, &new).await.expect("the database works");
    assert!(matches!(add().await, Add::Taken));
    server.later(days(181));
    assert!(matches!(add().await, Add::Done { .. }));
}

#[tokio::test]
async fn nobody_acts_on_an_equal_a_higher_one_or_themselves() {
    let server = Server::start().await;
    let (owner, _) = server.keeper("owner", Role::Owner).await;
    let (peer, _) = server.keeper("peer", Role::Administrator).await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    for (whom, says) in [(&owner, "上の役割"), (&peer, "上の役割"), (&sato, "ご自身のアカウント")] {
        for step in ["suspend", "hold", "release", "sign-out", "delete"] {
            desk.submit(&format!("{DESK}/members/{}/{step}", whom.id), &[]).await.says(says);
        }
        desk.post(&format!("{DESK}/members/{}/role", whom.id), &[("role", "member")]).await.is(403);
        let now = server.reload(whom).await;
        assert_eq!((now.state, now.role, now.held_at), (whom.state, whom.role, None), "{}", whom.login);
    }
    // The page about them offers nothing.
    let page = desk.get(&format!("{DESK}/members/{}", owner.id)).await;
    assert!(!page.text.contains("/suspend\"") && !page.text.contains("/role\""));
}

#[tokio::test]
async fn who_lost_the_role_a_moment_ago_changes_nothing_more() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (_, mut owner) = server.keeper("owner", Role::Owner).await;
    owner.submit(&format!("{DESK}/members/{}/role", sato.id), &[("role", "member")]).await.says("役割を変えました");
    let page = desk.post(&format!("{DESK}/members/{}/suspend", tanaka.id), &[]).await;
    assert_eq!(page.leads_to(), "/w/sakura/sign-in");
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.post(&format!("{DESK}/members/{}/suspend", tanaka.id), &[]).await.is(403);
    assert_eq!(server.reload(&tanaka).await.state, MemberState::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_owner_stays_also_when_two_step_down_at_once() {
    let server = Server::start().await;
    for round in 0..10 {
        let (one, mut first) = server.keeper(&format!("a{round}"), Role::Owner).await;
        let (two, mut second) = server.keeper(&format!("b{round}"), Role::Owner).await;
        first.csrf().await;
        second.csrf().await;
        let (a, b) = (format!("{DESK}/members/{}/role", one.id), format!("{DESK}/members/{}/role", two.id));
        let (a, b) = (
            tokio::spawn(async move { first.post(&a, &[("role", "member")]).await }),
            tokio::spawn(async move { second.post(&b, &[("role", "member")]).await }),
        );
        a.await.expect("no panic").is(303);
        b.await.expect("no panic").is(303);
        let owners = [server.reload(&one).await.role, server.reload(&two).await.role];
        assert_eq!(owners.iter().filter(|role| **role == Role::Owner).count(), 1, "round {round}");
        // The next round has only its own two.
        server.sql("update members set role = 'member'").await;
    }
}

/// 50 sign-ins with the right password are on their way when the account is suspended, deleted, signed out. After the answer none of
/// them is in.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_valid_after_the_answer_whatever_was_on_its_way() {
    let server = Server::start().await;
    let (_, desk) = server.keeper("sato", Role::Administrator).await;
    for round in 0..8 {
        let login = format!("m{round}");
        let tanaka = server.member(&login, &[]).await;
        let step = ["suspend", "delete", "hold", "sign-out"][round % 4];
        let mut running = tokio::task::JoinSet::new();
        for n in 0..50 {
            let mut thief = server.visitor_at(&format!("203.{round}.{n}.1"));
            let login = login.clone();
            running.spawn(async move {
                thief.post("/w/sakura/sign-in", &[("login", &login), ("password", PASSWORD)]).await;
                thief
            });
        }
        tokio::task::yield_now().await;
        let mut desk = desk.clone();
        let answer = desk.post(&format!("{DESK}/members/{}/{step}", tanaka.id), &[]).await;
        answer.is(303);
        let epoch = server.reload(&tanaka).await.epoch;
        let mut inside = 0;
        for mut thief in running.join_all().await {
            inside += usize::from(thief.is_signed_in().await);
        }
        if step == "sign-out" {
            // Those who came after the answer are in, by the new epoch.
            let dump = server.dump().await;
            let stale = raw::rows(&dump, "sessions").iter().filter(|row| {
                row["member_id"] == tanaka.id.as_str()
                    && row["ended_at"].is_null()
                    && row["epoch"].as_i64() < Some(epoch)
            });
            assert_eq!(stale.count(), 0, "round {round}");
        } else {
            assert_eq!(inside, 0, "round {round}: in after {step}");
        }
    }
}

/// The same a thousand times with few at once, since chance decides who overtakes whom: sign-ins by page and by API, and a session that was there
/// before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_times_nothing_is_valid_after_the_answer() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let tanaka = server.member("tanaka", &["tanaka@example.jp"]).await;
    let steps = [("suspend", "resume"), ("hold", "release"), ("delete", "bring-back"), ("sign-out", "")];
    for round in 0..1_000_usize {
        let (step, undo) = steps[round % steps.len()];
        // Every network is new, so that no delay decides it; and the desk's password is given anew in time.
        let from = |n: usize| format!("100.{}.{}.{n}", 64 + round / 250, round % 250);
        let mut before = server.visitor_at(&from(9));
        before.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await.is(303);
        let mut running = tokio::task::JoinSet::new();
        for n in 0..3 {
            let mut thief = server.visitor_at(&from(n));
            running.spawn(async move {
                // Some are a little later than others.
                for _ in 0..(round * (n + 1)) % 7 {
                    tokio::task::yield_now().await;
                }
                thief.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await;
                thief
            });
        }
        for _ in 0..round % 11 {
            tokio::task::yield_now().await;
        }
        let path = format!("{DESK}/members/{}", tanaka.id);
        desk.post(&format!("{path}/{step}"), &[]).await.is(303);
        let epoch = server.reload(&tanaka).await.epoch;
        assert!(!before.is_signed_in().await, "round {round}: a session outlived {step}");
        for mut thief in running.join_all().await {
            if undo.is_empty() {
                continue;
            }
            assert!(!thief.is_signed_in().await, "round {round}: in after {step}");
        }
        let live = "select count(*) from sessions where ended_at is null and member_id = ";
        let stale = format!("{live}'{}' and epoch < {epoch}", tanaka.id);
        assert_eq!(raw::number(&server.database().url, &stale).await, 0, "round {round}");
        if !undo.is_empty() {
            desk.post(&format!("{path}/{undo}"), &[]).await.is(303);
        }
    }
}
