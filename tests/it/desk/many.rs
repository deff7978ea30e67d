//! One thing for many members: counted beforehand without a change, done piece by piece, each of them once.

use std::collections::BTreeSet;

use aikagi::flows::desk::jobs;
use aikagi::flows::members;
use aikagi::flows::standing::Step;
use aikagi::model::{MemberState, Role, minutes, seconds};

use super::DESK;
use crate::forced::secret_in;
use crate::harness::{Browser, PASSWORD, Server};
use crate::raw;

const MANY: &str = "/w/sakura/admin/members/many";

impl Browser {
    /// Prepares something for everybody whom the list without a search finds, and answers the draft's path.
    async fn prepares(&mut self, what: &str) -> String {
        self.post(MANY, &[("do", what), ("whom", "found")]).await.leads_to().to_owned()
    }

    /// The same for those who are ticked.
    async fn prepares_for(&mut self, what: &str, ids: &[&str]) -> String {
        let names: Vec<_> = ids.iter().map(|id| format!("m:{id}")).collect();
        let mut fields = vec![("do", what), ("whom", "ticked")];
        fields.extend(names.iter().map(|name| (name.as_str(), "1")));
        self.post(MANY, &fields).await.leads_to().to_owned()
    }
}

/// Forty-five who can be reached, and one of each who cannot.
async fn house(server: &Server) {
    for n in 0..45 {
        server.member(&format!("m{n:02}"), &[&format!("m{n:02}@example.jp")]).await;
    }
    server.member("without", &[]).await;
    server.invited("invited").await;
    let suspended = server.member("suspended", &["suspended@example.jp"]).await;
    members::take_step(&server.app, &suspended, Step::Suspend).await.expect("it works");
    server.keeper("owner", Role::Owner).await;
}

/// The temporary passwords that came, each with where it came.
async fn secrets(server: &Server) -> Vec<String> {
    server.deliver().await;
    server.carrier.sent().iter().filter_map(|letter| secret_in(&letter.text)).collect()
}

#[tokio::test]
async fn all_get_a_secret_of_their_own_and_who_cannot_is_named_with_the_reason() {
    let server = Server::start().await;
    house(&server).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let job = desk.prepares("force-8").await;
    let draft = desk.get(&job).await;
    draft
        .says("45人に、すぐにパスワードを変えてもらいます")
        .says("5人は対象になりません")
        .says("まだ何も変わっていません");
    for why in ["ご自身です", "同じか上の役割", "確認済みの連絡先がありません", "いまの状態では行えません"]
    {
        draft.says(why);
    }
    assert!(secrets(&server).await.is_empty(), "only counted");
    server.visitor().signs_in("m07", PASSWORD).await.is(200);

    desk.submit(&format!("{job}/demand"), &[]).await.says("閉じても進みます");
    server.works().await;
    desk.get(&job).await.says("45件できました").says("5件はできませんでした").says("without");
    let sent = secrets(&server).await;
    assert_eq!((sent.len(), sent.iter().collect::<BTreeSet<_>>().len()), (45, 45), "each has its own");
    server.visitor().signs_in("m07", PASSWORD).await.is(403);
    server.visitor().signs_in("without", PASSWORD).await.is(200);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "change_forced"), 45);
    let hours = raw::rows(&dump, "forced_changes").iter().map(|row| {
        (row["expires_at"].as_i64().expect("a time") - row["created_at"].as_i64().expect("a time")) / 3_600_000_000
    });
    assert!(hours.clone().all(|hours| hours == 8) && hours.count() == 45);
    assert!(raw::rows(&dump, "job_pieces").iter().all(|row| row["input"].is_null()), "nothing is kept of it");
    // Said a second time, it does nothing.
    desk.submit(&format!("{job}/demand"), &[]).await.says("始めませんでした");
    server.works().await;
    assert_eq!(secrets(&server).await.len(), 45);
}

#[tokio::test]
async fn only_who_was_ticked_or_found_is_meant() {
    let server = Server::start().await;
    house(&server).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let list = desk.looks_for("m1", "active").await;
    let ids: Vec<_> =
        list.text.split("name=\"m:").skip(1).map(|rest| rest.split_once('"').expect("a name").0).collect();
    assert_eq!(ids.len(), 10, "every row can be ticked");
    let job = desk.prepares_for("suspend", &ids[..3]).await;
    desk.get(&job).await.says("3人の利用を止めます");
    desk.submit(&format!("{job}/suspend"), &[]).await.is(200);
    server.works().await;
    let states = |dump: &raw::Dump| raw::count(dump, "members", "state", "suspended");
    assert_eq!(states(&server.dump().await), 4);
    server.visitor().signs_in("m10", PASSWORD).await.is(403);

    // All whom a search finds, wherever in the list one stands; what was looked for travels sealed.
    let (_, after) = list.text.split_once("name=\"s\" value=\"").expect("a sealed search");
    let sealed = after.split_once('"').expect("its end").0;
    let found = desk.submit(MANY, &[("do", "suspend"), ("whom", "found"), ("s", sealed)]).await;
    found.says("7人の利用を止めます").does_not_say("対象になりません");
    let all = desk.prepares("resume").await;
    desk.get(&all).await.says("4人の利用を再開します");
    desk.submit(&format!("{all}/suspend"), &[]).await.is(200);
    server.works().await;
    assert_eq!(states(&server.dump().await), 0);
    server.visitor().signs_in("m10", PASSWORD).await.is(200);

    // Nobody, and nothing.
    let back = desk.prepares_for("suspend", &[]).await;
    desk.get(&back).await.says("だれもえらばれていません");
    desk.submit(MANY, &[("do", ""), ("whom", "found")]).await.is(400);
    desk.submit(MANY, &[("do", "delete"), ("whom", "found")]).await.is(400);
    desk.submit(MANY, &[("do", "suspend"), ("whom", "")]).await.is(400);
}

#[tokio::test]
async fn many_are_asked_for_the_next_sign_in_or_signed_out() {
    let server = Server::start().await;
    house(&server).await;
    let mut m03 = server.signed_in("m03", "198.51.100.9").await;
    server.later(minutes(1));
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let job = desk.prepares("request").await;
    desk.get(&job).await.says("46人に、次のサインインで変更を求めます");
    desk.submit(&format!("{job}/demand"), &[]).await.is(200);
    server.works().await;
    assert_eq!(raw::count(&server.dump().await, "members", "demand", "requested"), 46, "also who has no contact");
    assert!(m03.is_signed_in().await);
    let again = desk.prepares("request").await;
    desk.get(&again).await.says("対象になる人がいません").says("もう変更を求めてあります");
    desk.submit(&format!("{again}/demand"), &[]).await.says("始めませんでした");

    let job = desk.prepares("sign-out").await;
    desk.submit(&format!("{job}/sign-out"), &[]).await.is(200);
    server.works().await;
    assert!(!m03.is_signed_in().await);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "signed_out_by_desk"), 46);
}

#[tokio::test]
async fn what_changed_since_the_draft_counts() {
    let server = Server::start().await;
    house(&server).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let job = desk.prepares("force-1").await;
    for (login, set) in [
        ("m00", "role = 'administrator'"),
        ("m01", "state = 'suspended'"),
        ("m02", "held_at = 1"),
        ("m03", "state = 'deleted', deleted_from = 'active'"),
    ] {
        server.sql(&format!("update members set {set} where login = '{login}'")).await;
    }
    server
        .sql("update contacts set state = 'frozen' where member_id in (select id from members where login = 'm04')")
        .await;
    desk.submit(&format!("{job}/demand"), &[]).await.is(200);
    server.works().await;
    desk.get(&job).await.says("40件できました").says("10件はできませんでした");
    assert_eq!(secrets(&server).await.len(), 40);
    for login in ["m00", "m01", "m02", "m04"] {
        let dump = server.dump().await;
        let row = raw::rows(&dump, "members").iter().find(|row| row["login"] == login).expect("they are there");
        assert!(row["demand"].is_null(), "{login}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_dies_with_a_piece_or_works_beside_another_sends_nobody_two() {
    let server = Server::start().await;
    house(&server).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let job = desk.prepares("force-1").await;
    let csrf = desk.csrf().await;
    let starts = (0..20).map(|_| {
        let mut desk = desk.clone();
        let (path, body) = (format!("{job}/demand"), format!("csrf={csrf}").into_bytes());
        tokio::spawn(async move { desk.post_raw(&path, body).await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.expect("an answer").is(303);
    }
    assert!(jobs::work(&server.app).await.expect("the database works"));
    let now = server.app.now();
    server.sql(&format!("update jobs set run_id = 'run_dead', leased_until = {}", (now + seconds(60)).0)).await;
    assert!(!jobs::work(&server.app).await.expect("the database works"), "somebody has it");
    server.later(seconds(61));
    let app = &server.app;
    let workers = (0..4).map(|_| async { while jobs::work(app).await.expect("the database works") {} });
    futures_util::future::join_all(workers).await;
    desk.get(&job).await.says("45件できました");
    assert_eq!(secrets(&server).await.len(), 45);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "job_started"), 1);
}

#[tokio::test]
async fn it_ends_with_the_right_of_whoever_began_it() {
    let server = Server::start().await;
    house(&server).await;
    let (suzuki, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let (_, mut other) = server.keeper("kato", Role::Administrator).await;
    let job = desk.prepares("force-1").await;
    other.get(&job).await.says("えらんだ方だけ");
    other.submit(&format!("{job}/demand"), &[]).await.says("始めませんでした");
    // Each word to go belongs to one right.
    for step in ["start", "suspend", "sign-out"] {
        let said = desk.post(&format!("{job}/{step}"), &[]).await;
        assert!(said.status.is_client_error(), "{step}: {}", said.status);
    }
    desk.submit(&format!("{job}/demand"), &[]).await.is(200);
    assert!(jobs::work(&server.app).await.expect("the database works"));
    assert!(members::take_step(&server.app, &suzuki, Step::Suspend).await.expect("it works"));
    server.works().await;
    other.get(&job).await.says("途中で止まりました").says("役割がなくなったため");
    assert_eq!(secrets(&server).await.len(), 20, "a piece was done before");
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "job_pieces").iter().all(|row| row["input"].is_null()));
}

#[tokio::test]
async fn it_asks_for_the_password_and_is_not_for_the_help_desk_or_another_workspace() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["tanaka@example.jp"]).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let (_, mut helper) = server.keeper("helper", Role::HelpDesk).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &["theirs@example.jp"]).await;
    let job = desk.prepares_for("suspend", &[theirs.id.as_str(), tanaka.id.as_str(), "mem_nobody", "<b>"]).await;
    desk.get(&job)
        .await
        .says("1人の利用を止めます")
        .says("3人は対象になりません")
        .says("いなくなっています")
        .does_not_say("<b>");
    helper.post(MANY, &[("do", "suspend"), ("whom", "found")]).await.is(403);
    helper.post(&format!("{job}/suspend"), &[]).await.is(403);
    helper.get(&job).await.is(403);
    server.later(minutes(6));
    let start = format!("{job}/suspend");
    desk.submit(&start, &[]).await.says("もう一度");
    server.works().await;
    assert_eq!(server.reload(&tanaka).await.state, MemberState::Active);
    desk.submit(&start, &[("again", PASSWORD)]).await.says("閉じても進みます");
    server.works().await;
    assert_eq!(server.reload(&tanaka).await.state, MemberState::Suspended);
    assert_eq!(server.reload(&theirs).await.state, MemberState::Active);
    desk.get(&format!("{DESK}/jobs")).await.says("利用の停止");
}

#[tokio::test]
async fn a_code_leaves_before_what_goes_to_many() {
    let server = Server::start().await;
    house(&server).await;
    let (_, mut desk) = server.keeper("suzuki", Role::Administrator).await;
    let job = desk.prepares("force-1").await;
    desk.submit(&format!("{job}/demand"), &[]).await.is(200);
    server.works().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    server.visitor().asks_for_code("090-1234-5678").await;
    server.deliver_some().await;
    let first = server.carrier.sent();
    assert!(first.iter().any(|letter| letter.purpose == "recovery_code"), "it did not wait behind 45 others");
    assert!(first.len() <= 32);
}
