//! Finding a member among many.

use aikagi::flows::desk::roster::make_words;
use aikagi::flows::{import, members};
use aikagi::model::{Role, days};

use super::DESK;
use crate::harness::{Browser, Server};
use crate::imports::people;

/// 120 members come in at once, by a file.
async fn many(server: &Server) {
    let all = people(0..120);
    let mut import = import::begin(&server.app, &server.workspace, &all).await.expect("the database works");
    while import.done() < all.len() {
        let chunk = import.prepare(false).await.expect("it seals");
        assert_eq!(import.put(&chunk).await.expect("the database works"), import::Put::Done);
    }
}

#[tokio::test]
async fn a_long_list_is_paged_in_the_order_of_ids_without_gap_or_repetition() {
    let server = Server::start().await;
    many(&server).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut page = desk.get(&format!("{DESK}/members")).await;
    let mut seen = page.logins();
    assert_eq!(seen.len(), 50);
    while let Some(next) = page.next() {
        page = desk.get(&next).await;
        page.is(200);
        seen.extend(page.logins());
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (121, &sorted));
    // Somebody else's place in the list, or a made-up one, is the beginning.
    assert_eq!(desk.get(&format!("{DESK}/members?s=s1.k.AAAA")).await.logins().len(), 50);
}

#[tokio::test]
async fn those_who_signed_in_last_before_a_day_are_found_longest_away_first() {
    let server = Server::start().await;
    // The clock begins on the 21st of November, UTC.
    for (login, later) in [("early", 10), ("middle", 20), ("late", 0)] {
        server.member(login, &[]).await;
        server.signed_in(login, "192.0.2.1").await;
        server.later(days(later));
    }
    server.member("never", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let list = format!("{DESK}/members");
    let before = async |desk: &mut Browser, which: &str, day: &str| {
        desk.submit(&list, &[("q", ""), ("which", which), ("before", day)]).await
    };
    assert_eq!(before(&mut desk, "before", "2026-12-01").await.logins(), ["never", "early"]);
    assert_eq!(before(&mut desk, "before", "2026-12-02").await.logins(), ["never", "early", "middle"]);
    // A day that is filled in is meant, unless something else is chosen.
    let page = before(&mut desk, "present", "2026-12-01").await;
    assert_eq!(page.logins(), ["never", "early"]);
    assert!(page.text.contains("value=\"2026-12-01\"") && page.text.contains("value=\"before\" selected"));
    let page = before(&mut desk, "active", "2026-12-01").await;
    assert_eq!(page.logins().len(), 5);
    assert!(!page.text.contains("2026-12-01"), "what has no meaning is not shown");
    for day in ["", "yesterday", "2026-02-30"] {
        let page = before(&mut desk, "before", day).await;
        page.is(422).says("日付は");
        assert!(page.logins().is_empty(), "nobody is shown who was not meant");
    }
    // What is then done to all that were found is done to these.
    let page = before(&mut desk, "before", "2026-12-01").await;
    let (_, after) = page.text.split_once("name=\"s\" value=\"").expect("a sealed search");
    let sealed = after.split_once('"').expect("its end").0;
    let many = [("do", "suspend"), ("whom", "found"), ("s", sealed)];
    desk.submit(&format!("{list}/many"), &many).await.says("2人の利用を止めます");
}

#[tokio::test]
async fn whoever_came_by_a_file_is_found_once_their_words_are_made() {
    let server = Server::start().await;
    many(&server).await;
    while make_words(&server.app).await.expect("the database works") {}
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let listed = desk.looks_for("m", "invited").await;
    let mut seen = listed.logins();
    let mut page = listed;
    while let Some(next) = page.next() {
        page = desk.get(&next).await;
        seen.extend(page.logins());
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (120, 120), "each by one of their words, once");
}

#[tokio::test]
async fn a_member_is_found_by_what_one_remembers() {
    let server = Server::start().await;
    server.member("tanaka.i", &["090-1234-5678", "ichiro@example.jp"]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    for typed in [
        "tanaka",
        "ＴＡＮＡＫＡ",
        "tanaka.i@sakura",
        "田中",
        "一郎",
        "タナカ",
        "ﾀﾅｶ",
        "いちろう　営業",
        "営業",
        "090-1234-5678",
        "＋８１ ９０ １２３４ ５６７８",
        "Ichiro@Example.JP",
    ] {
        assert!(desk.looks_for(typed, "present").await.logins().contains(&"tanaka.i".to_owned()), "{typed}");
    }
    for typed in
        ["中", "090-1234-5679", "ichir", "ichiro@example.com", "営業 x", "%", "_", "'", "\u{10ffff}", "x' or '1'='1"]
    {
        let page = desk.looks_for(typed, "present").await;
        page.is(200);
        assert!(!page.logins().contains(&"tanaka.i".to_owned()), "{typed}");
    }
    // What was typed does not travel in the address, and is cut where nobody is called so.
    let page = desk.post(&format!("{DESK}/members"), &[("q", "090-1234-5678")]).await;
    assert!(!page.leads_to().contains("1234") && page.leads_to().contains("?s="), "{}", page.leads_to());
    desk.looks_for(&"長".repeat(1_000), "present").await.is(200).says("見つかりませんでした");
    desk.post_raw(&format!("{DESK}/members"), b"q=%00".to_vec()).await.is(400);
}

#[tokio::test]
async fn the_filters_show_whom_they_say() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    server.invited("invited").await;
    let away = server.member("away", &[]).await;
    for (login, step) in [("stopped", "suspend"), ("held", "hold"), ("gone", "delete")] {
        let member = server.member(login, &[]).await;
        desk.submit(&format!("{DESK}/members/{}/{step}", member.id), &[]).await.is(200);
    }
    for (which, expected) in [
        ("present", vec!["away", "held", "invited", "sato", "stopped"]),
        ("invited", vec!["invited"]),
        ("suspended", vec!["stopped"]),
        ("held", vec!["held"]),
        ("above", vec!["sato"]),
        ("deleted", vec!["gone"]),
        ("no such filter", vec!["away", "held", "invited", "sato", "stopped"]),
    ] {
        assert_eq!(desk.looks_for("", which).await.logins(), expected, "{which}");
    }
    server.signed_in("away", "198.51.100.8").await;
    assert_eq!(server.reload(&away).await.signed_in_day, server.app.now().day());
    server.later(days(31));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    assert_eq!(desk.looks_for("", "away30").await.logins(), ["held", "away"], "longest away first, active ones only");
    assert!(desk.looks_for("", "away90").await.logins() == ["held"]);
    assert_eq!(desk.looks_for("田中", "suspended").await.logins(), ["stopped"]);
    assert!(members::list(&server.app, &server.workspace, "", 9).await.is_ok());
}
