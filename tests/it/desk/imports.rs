//! Members from a file: looked through, kept, added piece by piece.

use aikagi::flows::desk::jobs;
use aikagi::flows::housekeeping;
use aikagi::model::{MemberState, Role, days, minutes, seconds};
use axum::body::Body;
use axum::http::Request;

use super::DESK;
use crate::harness::{Browser, Page, Server};
use crate::raw;

const IMPORT: &str = "/w/sakura/admin/members/import";

impl Browser {
    /// Sends a file as browsers do.
    pub async fn uploads(&mut self, file: &[u8]) -> Page {
        let csrf = self.csrf().await;
        self.uploads_with(&csrf, file).await
    }

    async fn uploads_with(&mut self, csrf: &str, file: &[u8]) -> Page {
        let mut body = format!(
            "--X\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--X\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"m.csv\"\r\ncontent-type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--X--\r\n");
        let request = Request::post(IMPORT).header("content-type", "multipart/form-data; boundary=X");
        self.send(request.body(Body::from(body)).expect("a request")).await
    }

    /// Sends a file, and answers the path of the draft.
    pub async fn drafts(&mut self, file: &[u8]) -> String {
        self.uploads(file).await.leads_to().to_owned()
    }
}

impl Server {
    /// Does all that waits.
    pub async fn works(&self) {
        while jobs::work(&self.app).await.expect("the database works") {}
    }

    /// How many members there are.
    pub async fn members(&self) -> usize {
        raw::rows(&self.dump().await, "members").len()
    }
}

fn file(rows: std::ops::Range<usize>) -> Vec<u8> {
    let rows = rows.map(|n| format!("p{n},人 {n},090-1000-{n:04}\r\n"));
    format!("ログインID,名前,携帯番号\r\n{}", rows.collect::<String>()).into_bytes()
}

#[tokio::test]
async fn a_file_that_excel_wrote_becomes_members() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let template = desk.get(&format!("{IMPORT}/template?in=ja")).await;
    assert_eq!(template.text, "\u{feff}ログインID,名前,ふりがな,部署,役割,携帯番号,メールアドレス\r\n");
    desk.get(&format!("{IMPORT}/template?in=en")).await.says("login,name,kana");
    // 髙橋 ① ～ by CP932, as a Japanese Windows writes it; the columns in an order of one's own.
    let mut shift_jis = b"\x96\xbc\x91\x4f,ID\r\n".to_vec();
    shift_jis.extend_from_slice(b"\xfb\xfc\x8b\xb4 \x87\x40\x81\x60,takahashi\r\n");
    let job = desk.drafts(&shift_jis).await;
    desk.get(&job).await.says("1人を追加できます").says("まだ何も追加されていません");
    assert_eq!(server.members().await, 1, "nothing happened yet");
    desk.submit(&format!("{job}/start"), &[]).await.says("閉じても進みます").says("http-equiv=\"refresh\"");
    server.works().await;
    desk.get(&job).await.says("1件できました").does_not_say("http-equiv=\"refresh\"");
    let row = raw::rows(&server.dump().await, "members").iter().find(|row| row["login"] == "takahashi").cloned();
    let row = row.expect("they are here");
    assert_eq!((row["name"].as_str(), row["state"].as_str()), (Some("髙橋 ①～"), Some("invited")));
    desk.get(&format!("{DESK}/history")).await.says("まとめた作業が始められました").says("メンバーに追加されました");
}

#[tokio::test]
async fn every_wrong_row_is_told_and_nothing_goes_in_by_halves() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let rows = "login,name,role,mobile,email\nito,伊藤,,,\nTANAKA,田中,,,\nsuzuki,,,03-1234-5678,x\nito,伊藤,owner,,\nsato2,佐藤,help_desk,,\nkato,加藤\n";
    let job = desk.drafts(rows.as_bytes()).await;
    let page = desk.get(&job).await;
    page.says("1人を追加できます").says("5行は、このままでは追加できません");
    for says in [
        "最近まで使われて",
        "固定電話",
        "空です",
        "メールアドレスではありません",
        "役割を付けられるのはオーナーだけ",
        "列の数が違います",
    ] {
        page.says(says);
    }
    // Not without saying so.
    desk.submit(&format!("{job}/start"), &[]).await.says("始めませんでした");
    server.works().await;
    assert_eq!(server.members().await, 2);
    let report = desk.get(&format!("{job}/report")).await;
    assert!(report.text.starts_with('\u{feff}') && report.text.lines().count() == 8, "{}", report.text);
    desk.submit(&format!("{job}/start"), &[("rows", "good")]).await.says("閉じても進みます");
    server.works().await;
    desk.get(&job).await.says("1件できました").says("5件はできませんでした");
    assert_eq!(server.members().await, 3);
}

#[tokio::test]
async fn files_that_are_no_list_change_nothing_and_say_what_would_be_right() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let long = format!("login,name\nito,{}\n", "長".repeat(22_000));
    for (bytes, says) in [
        (b"".as_slice(), "ファイルを選んでください"),
        (b"login,name\n", "行がありません"),
        (b"login,name,state,verified,workspace_id\nito,x,active,1,wsp_other\n", "state, verified, workspace_id"),
        (b"login,name,login\n", "2つあります"),
        (b"login,kana\nito,x\n", "「名前」の列がありません"),
        (b"login,name\nito,\xfd\xfe\n", "2行目から先が読めません"),
        (b"\xff\xfel\0o\0\x00\xd8", "読めません"),
        (b"\x00\x00\x00\x00", "知らない列があります"),
    ] {
        desk.uploads(bytes).await.is(422).says(says);
    }
    for bytes in [b"login,name\nito,a\0b\n".as_slice(), long.as_bytes()] {
        let job = desk.drafts(bytes).await;
        desk.get(&job).await.says("追加できる行がありません");
        desk.submit(&format!("{job}/start"), &[("rows", "good")]).await.says("始めませんでした");
    }
    assert_eq!(server.members().await, 1);
    // What no page of ours sends.
    let draft = file(0..1);
    desk.uploads_with("made-up", &draft).await.is(403);
    desk.post(IMPORT, &[("file", "login,name\nito,x\n")]).await.is(422);
    let body = Request::post(IMPORT)
        .header("content-type", "multipart/form-data; boundary=X")
        .header("sec-fetch-site", "cross-site");
    desk.send(body.body(Body::from("--X--")).expect("a request")).await.is(403);
    let other = Request::post(format!("{DESK}/members")).header("content-type", "multipart/form-data; boundary=X");
    desk.send(other.body(Body::from("--X--")).expect("a request")).await.is(400);
    let huge = vec![b'a'; 16 * 1024 * 1024 + 1];
    desk.uploads(&huge).await.is(413);
    let mut stranger = server.visitor();
    let csrf = stranger.csrf().await;
    assert_eq!(stranger.uploads_with(&csrf, &draft).await.leads_to(), "/w/sakura/sign-in");
    assert_eq!(server.members().await, 1);
}

#[tokio::test]
async fn what_was_sent_is_kept_sealed_and_erased_when_it_is_done_left_or_forgotten() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let inputs = async || {
        let dump = server.dump().await;
        assert!(!format!("{dump:?}").contains("090-1000-0001"), "nothing stands there in the clear");
        raw::rows(&dump, "job_pieces").iter().filter(|row| !row["input"].is_null()).count()
    };
    let (one, two, three) =
        (desk.drafts(&file(0..250)).await, desk.drafts(&file(0..9)).await, desk.drafts(&file(0..9)).await);
    assert_eq!(inputs().await, 5);
    desk.submit(&format!("{two}/stop"), &[]).await.says("中止しました");
    assert_eq!(inputs().await, 4);
    desk.submit(&format!("{one}/start"), &[]).await.is(200);
    server.works().await;
    assert_eq!((inputs().await, server.members().await), (1, 251));
    server.later(days(1) + minutes(1));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert_eq!(inputs().await, 0);
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&format!("{three}/start"), &[]).await.says("始めませんでした");
    server.later(days(91));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(raw::rows(&server.dump().await, "jobs").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_often_it_is_started_everybody_comes_once() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (job, again) = (desk.drafts(&file(0..250)).await, desk.drafts(&file(200..450)).await);
    let csrf = desk.csrf().await;
    let starts = (0..20).map(|n| {
        let mut desk = desk.clone();
        let path = format!("{}/start", if n % 2 == 0 { &job } else { &again });
        let body = format!("csrf={csrf}&rows=good").into_bytes();
        tokio::spawn(async move { desk.post_raw(&path, body).await })
    });
    for start in starts.collect::<Vec<_>>() {
        start.await.expect("an answer").is(303);
    }
    let app = &server.app;
    let workers = (0..4).map(|_| async { while jobs::work(app).await.expect("the database works") {} });
    futures_util::future::join_all(workers).await;
    assert_eq!(server.members().await, 451);
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "job_started"), 2);
    assert_eq!(raw::count(&dump, "audit", "action", "member_added"), 451);
    let told: i64 = raw::rows(&dump, "jobs").iter().map(|row| row["failed"].as_i64().expect("a number")).sum();
    assert_eq!(told, 50, "whoever stood in both files was told once");
}

#[tokio::test]
async fn a_node_that_dies_with_a_piece_loses_nothing_and_adds_nobody_twice() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let job = desk.drafts(&file(0..350)).await;
    desk.submit(&format!("{job}/start"), &[]).await.is(200);
    assert!(jobs::work(&server.app).await.expect("the database works"));
    desk.get(&job).await.says("100 / 350 行");
    // It took the next piece and is gone: for a minute nobody else takes it.
    let now = server.app.now();
    server.sql(&format!("update jobs set run_id = 'run_dead', leased_until = {}", (now + seconds(60)).0)).await;
    assert!(!jobs::work(&server.app).await.expect("the database works"));
    server.later(seconds(61));
    server.works().await;
    desk.get(&job).await.says("350件できました");
    assert_eq!(server.members().await, 351);
}

#[tokio::test]
async fn whoever_began_it_must_still_be_allowed_to() {
    let server = Server::start().await;
    let (sato, mut desk) = server.keeper("sato", Role::Owner).await;
    let (_, mut other) = server.keeper("kato", Role::Administrator).await;
    let rows: Vec<_> = (0..150).map(|n| format!("q{n},人,{}\n", if n == 120 { "管理者" } else { "" })).collect();
    let job = desk.drafts(format!("ID,氏名,役割\n{}", rows.concat()).as_bytes()).await;
    other.get(&job).await.says("ファイルを選んだ方だけ");
    other.submit(&format!("{job}/start"), &[]).await.says("始めませんでした");
    desk.submit(&format!("{job}/start"), &[]).await.says("閉じても進みます");
    assert!(jobs::work(&server.app).await.expect("the database works"));
    // An administrator gives no roles: the row of one is left out.
    server.sql(&format!("update members set role = 'administrator' where id = '{}'", sato.id)).await;
    server.works().await;
    other.get(&job).await.says("149件できました").says("役割を付けられるのはオーナーだけ");
    assert!(raw::rows(&server.dump().await, "members").iter().all(|row| row["login"] != "q120"));
    for set in ["state = 'suspended'", "role = 'help_desk'", "held_at = 1", "demand = 'forced'"] {
        server
            .sql(&format!(
                "update members set role = 'owner', state = 'active', held_at = null, demand = null where id = '{}'",
                sato.id
            ))
            .await;
        let mut desk = server.signed_in("sato", "192.0.2.5").await;
        let job = desk.drafts(&file(0..150)).await;
        desk.submit(&format!("{job}/start"), &[]).await.is(200);
        server.sql(&format!("update members set {set} where id = '{}'", sato.id)).await;
        server.works().await;
        other.get(&job).await.says("途中で止まりました").says("役割がなくなったため");
        let dump = server.dump().await;
        assert!(raw::rows(&dump, "job_pieces").iter().all(|row| row["input"].is_null()));
        assert!(raw::rows(&dump, "members").iter().all(|row| row["login"] != "p0"));
    }
    assert_eq!(server.reload(&sato).await.state, MemberState::Active);
}

#[tokio::test]
async fn a_stopped_job_stays_where_it_is_and_another_workspaces_is_not_there() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let job = desk.drafts(&file(0..350)).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &[]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", theirs.id)).await;
    let mut away = server.visitor_at("198.51.100.77");
    away.submit("/w/momiji/sign-in", &[("login", "theirs"), ("password", crate::harness::PASSWORD)]).await.is(200);
    let foreign = job.replace("sakura", "momiji");
    away.get(&foreign).await.is(404);
    away.get(&format!("{foreign}/report")).await.is(404);
    for step in ["start", "stop"] {
        away.post(&format!("{foreign}/{step}"), &[("rows", "good")]).await.is(404);
    }
    desk.submit(&format!("{job}/start"), &[]).await.is(200);
    assert!(jobs::work(&server.app).await.expect("the database works"));
    desk.submit(&format!("{job}/stop"), &[]).await.says("中止しました");
    desk.submit(&format!("{job}/stop"), &[]).await.says("することがありませんでした");
    server.works().await;
    desk.get(&job).await.says("100件できました").says("中止しました");
    assert_eq!(server.members().await, 102);
    desk.get(&format!("{DESK}/jobs")).await.says("100 / 350 行").says("ファイルからの追加");
}
