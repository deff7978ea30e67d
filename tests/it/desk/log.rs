//! The logs as an administrator looks through them, and as files.

use aikagi::model::{Role, days, minutes};

use super::DESK;
use crate::harness::{PASSWORD, Server};

#[tokio::test]
async fn an_administrator_finds_who_tried_and_what_was_done() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let mut own = server.visitor_at("198.51.100.9");
    own.signs_in("tanaka", "wrong").await.is(422);
    own.signs_in("nobody", PASSWORD).await.is(422);
    server.later(days(2));
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    desk.submit(&format!("{DESK}/members/{}/suspend", tanaka.id), &[]).await.is(200);

    let log = format!("{DESK}/sign-ins");
    desk.get(&log).await.says("パスワード違い").says("サインインしました");
    desk.submit(&log, &[("login", "tanaka@sakura")]).await.says("パスワード違い").does_not_say("192.0.2.5");
    desk.submit(&log, &[("what", "done")]).await.says("192.0.2.5").does_not_say("198.51.100.9");
    desk.submit(&log, &[("place", "198.51.100.9")]).await.says("パスワード違い").does_not_say("192.0.2.5");
    desk.submit(&log, &[("from", "2026-11-24")]).await.says("192.0.2.5").does_not_say("198.51.100.9");
    desk.submit(&log, &[("to", "2026-11-22")]).await.says("198.51.100.9").does_not_say("192.0.2.5");
    desk.submit(&log, &[("login", "no-such-member")]).await.says("あてはまる記録はありません");
    for (field, value, says) in
        [("from", "yesterday", "日付は"), ("place", "house", "IPアドレスを"), ("to", "2026-13-40", "日付は")]
    {
        let page = desk.submit(&log, &[(field, value)]).await;
        page.is(422).says(says);
        assert!(page.text.contains(value), "what was typed stays");
    }
    let page = desk.post(&log, &[("login", "tanaka")]).await;
    assert!(!page.leads_to().contains("tanaka"), "{}", page.leads_to());

    let history = format!("{DESK}/history");
    desk.get(&history)
        .await
        .says("管理者が、アカウントを一時停止しました")
        .says("state: active → suspended")
        .says("sato");
    desk.submit(&history, &[("what", "member_added")])
        .await
        .says("メンバーに追加されました")
        .does_not_say("active → suspended");
}

#[tokio::test]
async fn a_log_is_taken_out_as_a_file_and_that_is_logged() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    server.sql("update members set name = '=1+1'").await;
    server.signed_in("tanaka", "198.51.100.9").await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    // What happens in this very moment belongs to the next file.
    server.later(minutes(1));
    let path = format!("{DESK}/sign-ins/export");
    let file = desk.post(&path, &[("format", "csv")]).await;
    file.is(200);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let name = file.headers["content-disposition"].to_str().expect("a name");
    assert!(name.starts_with("attachment; filename=\"aikagi-sakura-sign-ins-2026"), "{name}");
    assert!(
        file.text.starts_with('\u{feff}') && file.text.contains("tanaka") && !file.text.contains(",=1+1"),
        "{}",
        file.text
    );
    let file = desk.post(&path, &[("format", "jsonl"), ("s", "made-up")]).await;
    assert!(file.text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{}", file.text);
    desk.post(&path, &[("format", "exe")]).await.is(400);
    // A search that finds nobody gives nobody's lines.
    let search = desk.submit(&format!("{DESK}/sign-ins"), &[("login", "no-such-member")]).await;
    let sealed = search
        .text
        .split("name=\"s\" value=\"")
        .nth(1)
        .expect("the search")
        .split_once('"')
        .expect("an end")
        .0
        .to_owned();
    let file = desk.post(&path, &[("format", "csv"), ("s", &sealed)]).await;
    assert_eq!(file.text.lines().count(), 1, "only the heads: {}", file.text);
    desk.get(&format!("{DESK}/history")).await.says("記録が書き出されました");
}
