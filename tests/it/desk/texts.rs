//! The workplace's own words to people who cannot get in: plain text, seen before it holds, and the same after every failed sign-in.

use aikagi::flows::workspaces::{self, WhichText};
use aikagi::model::{Role, minutes};

use super::DESK;
use super::policy::{hidden, holds};
use crate::cli;
use crate::harness::{PASSWORD, Server};
use crate::raw;

const FAILURE: &str = "/w/sakura/admin/policy/failure-text";
const CONTACT: &str = "/w/sakura/admin/policy/contact-text";
const WORDS: &str = "初めての方は、しおりの5ページへ\r\n<b>総務部</b> 内線 1234";
const SHOWN: &str = "初めての方は、しおりの5ページへ\n&#60;b&#62;総務部&#60;/b&#62; 内線 1234";

fn apply<'a>(ja: &'a str, was: &'a str) -> [(&'static str, &'a str); 4] {
    [("ja", ja), ("en", ""), ("was", was), ("step", "apply")]
}

async fn text(server: &Server, which: WhichText) -> [Option<String>; 2] {
    let workspace = workspaces::by_slug(&server.app, "sakura").await.expect("it works").expect("it is there");
    which.of(&workspace)
}

#[tokio::test]
async fn a_text_is_seen_before_it_holds() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let was = hidden(&desk.get(FAILURE).await, "was");
    let preview = desk.post(FAILURE, &[("ja", WORDS), ("en", ""), ("was", &was)]).await;
    preview.is(200).says("見えかたの確認").does_not_say("<b>");
    assert_eq!(preview.text.matches(&format!("<p class=\"own-words\">{SHOWN}</p>")).count(), 2, "in both languages");
    assert_eq!(text(&server, WhichText::Failure).await, [None, None]);
    let carried = [("ja", WORDS), ("en", ""), ("was", &was)];
    desk.post(FAILURE, &[&carried[..], &[("step", "edit")]].concat()).await.is(200).says("</textarea>");
    desk.submit(FAILURE, &[&carried[..], &[("step", "apply")]].concat()).await.says("案内の文を変えました").says(SHOWN);
    desk.get(&format!("{DESK}/history")).await.says("サインインできないときの案内文が変わりました");
    assert_eq!(text(&server, WhichText::Contact).await, [None, None], "the other text is another one");

    // Taken away again, by leaving it empty.
    let was = hidden(&desk.get(FAILURE).await, "was");
    desk.post(FAILURE, &[("ja", " "), ("en", ""), ("was", &was)]).await.says("何も出ません");
    desk.submit(FAILURE, &[("ja", " "), ("en", ""), ("was", &was), ("step", "apply")]).await.says("変えました");
    assert_eq!(text(&server, WhichText::Failure).await, [None, None]);
}

#[tokio::test]
async fn after_every_failure_it_is_the_same_and_only_on_the_workplaces_page() {
    let server = Server::start().await;
    for login in ["tanaka", "suzuki", "mori"] {
        server.member(login, &[]).await;
    }
    server.sql("update members set state = 'suspended' where login = 'suzuki'").await;
    server.sql("update members set state = 'deleted' where login = 'mori'").await;
    server.invited("invited").await;
    let words = [Some("しおりの5ページへ"), Some("See page 5")];
    workspaces::set_text(&server.app, &server.workspace, WhichText::Failure, words).await.expect("it works");
    let contact = [Some("総務部"), None];
    workspaces::set_text(&server.app, &server.workspace, WhichText::Contact, contact).await.expect("it works");
    let mut seen = Vec::new();
    let tries = [
        ("tanaka", "wrong"),
        ("nobody", PASSWORD),
        ("suzuki", "wrong"),
        ("mori", PASSWORD),
        ("invited", PASSWORD),
        ("tanaka@momiji", PASSWORD),
    ];
    for (n, (login, password)) in tries.into_iter().enumerate() {
        let mut browser = server.visitor_at(&format!("198.51.100.{n}"));
        let page = browser.signs_in(login, password).await;
        page.is(422).says("しおりの5ページへ").says("総務部");
        seen.push(page.main());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    // Also while one has to wait, whoever exists.
    for login in ["tanaka", "nobody"] {
        let mut browser = server.visitor_at("198.51.100.50");
        let mut page = browser.signs_in(login, "wrong").await;
        for _ in 0..6 {
            page = browser.signs_in(login, "wrong").await;
        }
        page.is(429).says("しおりの5ページへ");
    }
    let mut english = server.visitor_at("198.51.100.60");
    english.language = "en".to_owned();
    english.signs_in("tanaka", "wrong").await.says("See page 5").does_not_say("しおり");
    // The common page knows no workplace, and the page before a try says nothing.
    let mut common = server.visitor_at("198.51.100.61");
    common
        .submit("/sign-in", &[("login", "tanaka@sakura"), ("password", "wrong")])
        .await
        .is(422)
        .does_not_say("しおり");
    server.visitor().get("/w/sakura/sign-in").await.does_not_say("しおり");
}

#[tokio::test]
async fn what_nobody_sees_or_what_passes_for_something_else_is_refused() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    for page in [FAILURE, CONTACT] {
        let was = hidden(&desk.get(page).await, "was");
        let long = "あ".repeat(301);
        for (typed, says) in [
            ("総務\u{202e}部", "目に見えない文字"),
            ("総務\u{200b}部", "目に見えない文字"),
            ("総務\u{7}部", "目に見えない文字"),
            ("s\u{430}kura", "別の文字が混ざって"),
            (long.as_str(), "300文字まで"),
            ("1\n2\n3\n4\n5\n6\n7", "6行まで"),
        ] {
            for step in ["review", "apply"] {
                let fields = [("ja", "よい文"), ("en", typed), ("was", &was), ("step", step)];
                let shown = desk.post(page, &fields).await;
                shown.is(422).says(says).says("よい文</textarea>");
                assert!(shown.text.contains("id=\"en-wrong\""), "{typed:?}");
            }
        }
    }
    let fields = [("ja", "a\0b"), ("en", ""), ("was", ""), ("step", "apply")];
    desk.post(FAILURE, &fields).await.is(400);
    assert_eq!(text(&server, WhichText::Failure).await, [None, None]);
    assert_eq!(text(&server, WhichText::Contact).await, [None, None]);
    // The longest that there can be fits, also when the password is asked for between.
    server.later(minutes(6));
    let was = hidden(&desk.get(CONTACT).await, "was");
    let longest = "鬱".repeat(300);
    let asked = desk.post(CONTACT, &[("ja", &longest), ("en", &longest), ("was", &was), ("step", "apply")]).await;
    asked.is(200).says("もう一度");
    let fields = [("ja", longest.as_str()), ("en", &longest), ("was", &was), ("step", "apply"), ("again", PASSWORD)];
    desk.submit(CONTACT, &fields).await.says("案内の文を変えました");
    let was = hidden(&desk.get(CONTACT).await, "was");
    desk.post(CONTACT, &[("ja", &longest), ("en", "x"), ("was", &was)]).await.is(200).says("見えかた");
}

#[tokio::test]
async fn two_who_write_at_once_both_see_what_the_other_wrote() {
    let server = Server::start().await;
    let (_, mut one) = server.keeper("sato", Role::Administrator).await;
    let (_, mut two) = server.keeper("ito", Role::Owner).await;
    let (was_one, was_two) = (hidden(&one.get(CONTACT).await, "was"), hidden(&two.get(CONTACT).await, "was"));
    one.submit(CONTACT, &apply("佐藤の文", &was_one)).await.says("変えました");
    let page = two.post(CONTACT, &apply("伊藤の文", &was_two)).await;
    holds(&page, 422);
    page.says("own-words\">佐藤の文").says("伊藤の文</textarea>");
    assert_eq!(text(&server, WhichText::Contact).await[0].as_deref(), Some("佐藤の文"));
    two.submit(CONTACT, &apply("伊藤の文", &hidden(&page, "was"))).await.says("変えました");
    assert_eq!(text(&server, WhichText::Contact).await[0].as_deref(), Some("伊藤の文"));
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "contact_text_changed"), 2);
    // Saving what is there already is no change.
    let was = hidden(&two.get(CONTACT).await, "was");
    two.submit(CONTACT, &apply("伊藤の文", &was)).await.is(200);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "contact_text_changed"), 2);
}

#[tokio::test]
async fn the_operator_writes_them_too_within_the_same_bounds() {
    let (house, _) = cli::House::set_up().await;
    for (bad, says) in
        [("a\u{202e}b", "nobody sees"), ("s\u{430}kura", "look alike"), ("1\n2\n3\n4\n5\n6\n7", "6 lines")]
    {
        let told = cli::err(&house.run(&set(&["--ja", bad])));
        assert!(told.contains(says), "{told}");
    }
    assert!(house.ok(&set(&["--ja", "しおりへ", "--en", "See page 5"])).contains("See page 5"));
    assert!(house.ok(&set(&["--en", ""])).contains("しおりへ"), "the other language stays");
    let dump = raw::dump(&house.url()).await;
    let row = &raw::rows(&dump, "workspaces")[0];
    assert!(
        row["failure_text_ja"] == "しおりへ" && row["failure_text_en"].is_null() && row["contact_text_ja"].is_null(),
        "{row:?}"
    );
    assert_eq!(raw::count(&dump, "audit", "action", "failure_text_changed"), 2);
}

fn set<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["workspace", "failure-text", "acme"], rest].concat()
}
