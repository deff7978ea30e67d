//! Somebody who cannot get in asks; the queue; the answer on the page that they keep.

use aikagi::flows::{housekeeping, locked_out, workspaces};
use aikagi::model::{Policy, Role, days, hours, minutes};

use super::DESK;
use crate::harness::{Browser, Page, Server};
use crate::raw;

const ASK: &str = "/w/sakura/recover/ask";

pub const FIELDS: [(&str, &str); 5] = [
    ("name", "佐藤　美咲"),
    ("login", "tanaka"),
    ("reach", "内線 1234"),
    ("cause", "phone_lost"),
    ("more", "携帯を川に落としました。"),
];

impl Browser {
    /// Asks the administrators on the workspace's page, and answers the link of the page to keep.
    pub async fn asks(&mut self, login: &str) -> String {
        let mut fields = FIELDS;
        fields[1].1 = login;
        self.post(ASK, &fields).await.leads_to().to_owned()
    }

    /// The path of the oldest request that waits.
    pub async fn first_request(&mut self) -> String {
        let page = self.get(&format!("{DESK}/queue")).await;
        let (_, rest) = page.text.split_once("/admin/queue/req_").expect("a request");
        format!("{DESK}/queue/req_{}", rest.split_once('"').expect("an attribute").0)
    }

    /// Works on a request from now on.
    pub async fn takes(&mut self, request: &str) -> Page {
        self.submit(&format!("{request}/take"), &[]).await
    }
}

#[tokio::test]
async fn whoever_cannot_get_in_asks_and_reads_the_answer_on_a_page_of_their_own() {
    let server = Server::start().await;
    let mut lost = server.visitor();
    lost.get("/w/sakura/recover").await.says("どちらも使えない");
    lost.get("/w/sakura/recover/other").await.says("recover/ask");
    lost.get(ASK).await.is(200).does_not_say("name=\"workspace\"");
    let link = lost.asks("tanaka").await;
    assert!(link.starts_with("/recover/asked/akw_") && link.len() > 70, "{link}");
    lost.get(&link).await.says("受け付けました").says("管理者が見るのを待っています").does_not_say("川に落とし");

    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    server.later(minutes(10));
    desk.get(DESK).await.says("1人が待っています");
    desk.get(&format!("{DESK}/queue")).await.says("佐藤 美咲").says("10分").says("未確認").says("携帯をなくした");
    let request = desk.first_request().await;
    desk.get(&request).await.says("携帯を川に落としました。").says("内線 1234").says("まだ、だれが書いたか");
    // Nothing is answered before it is taken.
    desk.submit(&format!("{request}/answer"), &[("answer", "はい")]).await.says("することがありませんでした");
    desk.takes(&request).await.says("返事を書く");
    lost.get(&link).await.says("管理者が見ています");
    desk.submit(&format!("{request}/answer"), &[("answer", " ")]).await.is(422);
    desk.submit(&format!("{request}/answer"), &[("answer", "総務の窓口へ、社員証を持って来てください。")])
        .await
        .is(200);
    lost.get(&link).await.says("返事があります").says("社員証を持って来て");
    desk.get(DESK).await.does_not_say("待っています");
    assert!(server.carrier.sent().is_empty(), "nothing goes to what was typed: {:?}", server.carrier.sent());
    server.deliver().await;
    assert!(raw::rows(&server.dump().await, "outbox").is_empty());
}

#[tokio::test]
async fn two_helpers_do_not_work_on_one_request() {
    let server = Server::start().await;
    server.visitor().asks("tanaka").await;
    let (_, mut one) = server.keeper("kato", Role::HelpDesk).await;
    let (_, mut two) = server.keeper("mori", Role::HelpDesk).await;
    let request = one.first_request().await;
    let (first, second) = tokio::join!(one.post_taking(&request), two.post_taking(&request));
    first.is(303);
    second.is(303);
    let own = |page: Page| page.text.contains("返事を書く");
    let (a, b) = (own(one.get(&request).await), own(two.get(&request).await));
    assert!(a != b, "one of both works on it: {a} {b}");
    let (worker, other) = if a { (&mut one, &mut two) } else { (&mut two, &mut one) };
    other.submit(&format!("{request}/answer"), &[("answer", "x")]).await.says("することがありませんでした");
    other.submit(&format!("{request}/close"), &[]).await.says("することがありませんでした");
    other.takes(&request).await.does_not_say("返事を書く");
    server.later(minutes(14));
    worker.takes(&request).await.is(200);
    server.later(minutes(14));
    other.get(&request).await.does_not_say("引きつぐ</button>");
    server.later(minutes(14));
    other.get(DESK).await;
    server.later(minutes(3));
    let mut other = server.signed_in(if a { "mori" } else { "kato" }, "192.0.2.5").await;
    other.get(&request).await.says("引きつぐ</button>");
    other.takes(&request).await.says("返事を書く");
    other.submit(&format!("{request}/close"), &[]).await.does_not_say("返事を書く");
}

impl Browser {
    async fn post_taking(&mut self, request: &str) -> Page {
        self.post(&format!("{request}/take"), &[]).await
    }
}

#[tokio::test]
async fn a_text_is_taken_within_bounds_and_shown_as_text() {
    let server = Server::start().await;
    let mut lost = server.visitor();
    lost.submit(ASK, &[]).await.is(422).says("お名前を入力").says("昼間に連絡できる方法を入力").says("一つえらんで");
    let with = |field: &'static str, value: &'static str| {
        let mut fields = FIELDS;
        fields.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, old)| *old = value);
        fields
    };
    let long = Box::leak("長".repeat(1_001).into_boxed_str());
    lost.submit(ASK, &with("more", long)).await.is(422).says("1000文字まで").says("内線 1234");
    lost.submit(ASK, &with("name", Box::leak("n".repeat(101).into_boxed_str()))).await.is(422).says("100文字まで");
    lost.submit(ASK, &with("name", "a\u{7}b")).await.is(422).says("使えない記号");
    lost.submit(ASK, &with("cause", "anything")).await.is(422);
    let csrf = lost.csrf().await;
    lost.post_raw(ASK, format!("csrf={csrf}&name=%00").into_bytes()).await.is(400);
    assert!(raw::rows(&server.dump().await, "locked_out").is_empty());
    let evil = "<script>alert(1)</script>";
    lost.post(ASK, &with("name", evil)).await.is(303);
    lost.post(ASK, &with("more", "=HYPERLINK(\"http://evil.example\")\n<img src=x onerror=y>")).await.is(303);
    lost.post(ASK, &with("name", "\u{202e}ecila")).await.is(303);
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let page = desk.get(&format!("{DESK}/queue")).await;
    page.does_not_say("<script>alert").does_not_say("\u{202e}").says("&#60;script&#62;");
    for at in page.text.match_indices("/admin/queue/req_").map(|(at, _)| at) {
        let path = page.text[at..].split_once('"').expect("an attribute").0;
        desk.get(&format!("/w/sakura{path}")).await.does_not_say("<img src").does_not_say("href=\"http://evil");
    }
}

#[tokio::test]
async fn asking_is_bounded_by_network_and_by_workspace_whoever_has_it() {
    let server = Server::start().await;
    let mut seen = Vec::new();
    for workspace in ["sakura", "nobody-has-this"] {
        let mut pages = Vec::new();
        for n in 0..6 {
            let net = if workspace == "sakura" { 1 } else { 2 };
            let mut lost = server.visitor_at(&format!("203.0.113.{net}"));
            let mut fields = FIELDS.to_vec();
            fields.push(("workspace", workspace));
            let page = lost.post("/recover/ask", &fields).await;
            pages.push((page.status.as_u16(), page.headers.get("retry-after").cloned(), page.main(), n));
        }
        seen.push(pages);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].iter().map(|page| page.0).collect::<Vec<_>>(), [303, 303, 303, 303, 429, 429]);
    for n in 0..40 {
        let mut lost = server.visitor_at(&format!("198.51.{n}.1"));
        let page = lost.post(ASK, &FIELDS).await;
        assert_eq!(page.status.as_u16(), if n < 26 { 303 } else { 429 }, "{n}");
    }
    server.later(hours(1));
    server.visitor_at("203.0.113.1").post(ASK, &FIELDS).await.is(303);
}

#[tokio::test]
async fn administrators_hear_of_requests_once_in_a_quarter_of_an_hour_and_owners_of_long_waiting() {
    let server = Server::start().await;
    let owner = server.member("owner", &["owner@example.jp", "090-1111-1111"]).await;
    let keeper = server.member("keeper", &["keeper@example.jp"]).await;
    let phone = server.member("phone", &["090-2222-2222"]).await;
    for (member, role) in [(&owner, "owner"), (&keeper, "administrator"), (&phone, "administrator")] {
        server.sql(&format!("update members set role = '{role}' where id = '{}'", member.id)).await;
    }
    let count = async || {
        locked_out::watch(&server.app).await.expect("the database works");
        server.deliver().await;
        server.carrier.sent().len()
    };
    assert_eq!(count().await, 0);
    let link = server.visitor().asks("tanaka").await;
    assert_eq!(count().await, 3, "each by e-mail, or by SMS who has no address");
    server.later(minutes(5));
    server.visitor().asks("suzuki").await;
    assert_eq!(count().await, 3);
    server.later(minutes(10));
    assert_eq!(count().await, 6, "what came meanwhile is told afterwards");
    assert_eq!(count().await, 6);
    let mail = server.received("owner@example.jp").await.remove(0).text;
    assert!(mail.contains("http://id.example.jp/w/sakura/admin/queue") && !mail.contains("美咲"), "{mail}");
    server.later(hours(3) + minutes(44));
    assert_eq!(count().await, 6);
    server.later(minutes(2));
    assert_eq!(count().await, 7, "the owner hears that somebody waits for four hours");
    assert!(server.received("owner@example.jp").await.last().expect("a letter").text.contains("4時間より長く"));
    server.later(hours(2));
    assert_eq!(count().await, 8, "of the second one, too, and of each once");
    let mut policy = Policy::default();
    policy.desk.escalate_hours = 1;
    workspaces::set_policy(&server.app, &server.workspace, &policy).await.expect("the database works");
    server.visitor().asks("third").await;
    assert_eq!(count().await, 11);
    server.later(hours(1));
    assert_eq!(count().await, 12);
    // After ninety days nothing of it is left, and the link leads nowhere.
    server.later(days(91));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(raw::rows(&server.dump().await, "locked_out").is_empty());
    server.visitor().get(&link).await.is(410);
}

#[tokio::test]
async fn what_was_written_lies_sealed_and_nobodys_is_seen_by_nobody() {
    let server = Server::start().await;
    let mut lost = server.visitor();
    let link = lost.asks("tanaka").await;
    let mut fields = FIELDS.to_vec();
    fields.push(("workspace", "tanaka@nobody-has-this"));
    let nobodys = lost.post("/recover/ask", &fields).await.leads_to().to_owned();
    assert_eq!(link.len(), nobodys.len());
    lost.get(&nobodys).await.says("管理者が見るのを待っています");
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    desk.get(&format!("{DESK}/queue")).await.says("1人が待っています");
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "locked_out").len(), 2);
    let text = serde_json::to_string(raw::rows(&dump, "locked_out")).expect("JSON");
    for secret in ["美咲", "1234", "川に", "tanaka", "nobody-has-this", &link[19..], &link[32..]] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let lengths: Vec<_> =
        raw::rows(&dump, "locked_out").iter().map(|row| row["written"].as_str().expect("a text").len()).collect();
    assert_eq!(lengths[0], lengths[1]);
    // A link with another secret half, and another kind of link, lead nowhere.
    let mut other = link.clone();
    other.replace_range(link.len() - 1.., if link.ends_with('0') { "1" } else { "0" });
    lost.get(&other).await.is(410);
    lost.get(&link.replace("akw_", "aka_")).await.is(410);
    lost.get("/recover/asked/x").await.is(410);
}
