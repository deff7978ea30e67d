//! Access tokens at the desk: made with the password, shown once, listed to those whom they concern, ended; and told to their maker's contacts.

use aikagi::flows::{Visitor, Way, housekeeping, members};
use aikagi::model::{Locale, Network, Role, Timestamp, days, minutes};

use super::DESK;
use crate::harness::{Browser, PASSWORD, Page, Server, address};
use crate::raw;

const TOKENS: &str = "/w/sakura/admin/tokens";

impl Browser {
    /// Makes an access token that is good for these things.
    pub async fn makes_token(&mut self, name: &str, scopes: &[&str]) -> String {
        let page = self.asks_for_token(name, scopes, "30").await;
        page.is(200);
        page.token().unwrap_or_else(|| panic!("no token but {}", page.main()))
    }

    async fn asks_for_token(&mut self, name: &str, scopes: &[&str], days: &str) -> Page {
        let mut fields = vec![("name", name), ("days", days)];
        fields.extend(scopes.iter().map(|scope| (*scope, "yes")));
        self.post(&format!("{TOKENS}/new"), &fields).await
    }
}

impl Page {
    fn token(&self) -> Option<String> {
        let at = self.text.find("akt_")?;
        Some(self.text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
    }
}

/// A program as it calls from this address.
pub fn program_at(address: &str, now: Timestamp) -> Visitor {
    let address = address.parse().expect("an address");
    let (network, agent) = (Network::of(address), "program".to_owned());
    Visitor { now, locale: Locale::Ja, address, network, agent, device: None, way: Way::Api }
}

/// The ids of the tokens on the list that can be ended.
fn ids(page: &Page) -> Vec<String> {
    page.text.split("/admin/tokens/act_").skip(1).map(|rest| format!("act_{}", &rest[..26])).collect()
}

#[tokio::test]
async fn a_token_is_made_with_the_password_shown_once_and_told() {
    let server = Server::start().await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    let email = "sato@example.jp";
    let long_ago = server.app.now() - days(30);
    members::settle(&server.app, &server.workspace, &sato, None, &[address(email)], long_ago).await.expect("it works");
    desk.get(&format!("{DESK}/policy")).await.says("アクセストークンを見る");
    desk.get(TOKENS).await.is(200).says("使えるアクセストークンはありません");
    server.later(minutes(6));
    let asked = desk.asks_for_token("人事システム", &["members.read"], "30").await;
    asked.is(200).says("もう一度");
    assert_eq!(raw::rows(&server.dump().await, "access_tokens").len(), 0);
    let fields = [("name", "人事システム"), ("days", "30"), ("members.read", "yes"), ("again", PASSWORD)];
    let made = desk.post(&format!("{TOKENS}/new"), &fields).await;
    made.is(200).says("もう見られません").says("人事システム").says("12月22日");
    let token = made.token().expect("a token");
    assert_eq!(token.len(), "akt_".len() + 65);
    assert_eq!(made.headers["cache-control"], "no-store");

    let list = desk.get(TOKENS).await;
    list.says("人事システム").says("メンバーを見る").says("まだ使われていません").does_not_say(&token);
    let letters = server.received(email).await;
    let notice = letters.last().expect("a notice");
    assert_eq!(notice.purpose, "token_made");
    assert!(notice.text.contains("アクセストークンが作られました") && !notice.text.contains(&token));
    desk.get(&format!("{DESK}/history")).await.says("アクセストークンが作られました").says("members.read");

    // An objection holds the account; no token of it opens anything any more.
    server.visitor().submit(&crate::own::link_in(&notice.text), &[("sure", "yes")]).await.is(200);
    let rows = raw::rows(&server.dump().await, "members").to_vec();
    assert!(rows.iter().any(|row| row["login"] == "sato" && !row["held_at"].is_null()));
}

#[tokio::test]
async fn a_token_needs_a_name_something_to_do_and_an_end() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let all = ["members.read"];
    for (name, scopes, days, words) in [
        ("", &all[..], "30", "入力してください"),
        (" \u{3000} ", &all, "30", "入力してください"),
        ("a\u{1}b", &all, "30", "改行"),
        ("人事", &[], "30", "1つ以上"),
        ("人事", &all, "0", "90日"),
        ("人事", &all, "91", "90日"),
        ("人事", &all, "-1", "90日"),
        ("人事", &all, "", "90日"),
    ] {
        let page = desk.asks_for_token(name, scopes, days).await;
        page.is(422).says(words);
        assert!(page.token().is_none());
    }
    let long = "花".repeat(101);
    desk.asks_for_token(&long, &all, "30").await.is(422);
    // What is no scope makes none, and nothing that is sent beside is read.
    desk.asks_for_token("人事", &["owners.write", "role", "workspace_id"], "30").await.is(422);
    assert!(raw::rows(&server.dump().await, "access_tokens").is_empty());
    for nth in 0..20 {
        desk.makes_token(&format!("第{nth}"), &all).await;
    }
    desk.asks_for_token("多すぎ", &all, "30").await.is(422).says("20個");
    let last = ids(&desk.get(TOKENS).await).pop().expect("a token");
    desk.submit(&format!("{TOKENS}/{last}/end"), &[]).await.says("使えなくしました");
    desk.submit(&format!("{TOKENS}/{last}/end"), &[]).await.says("することがありませんでした");
    desk.makes_token("空いたところへ", &all).await;
    // Those that are over count no more, and are forgotten after a while.
    server.later(days(31));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.get(TOKENS).await.says("使えるアクセストークンはありません");
    desk.makes_token("あとで", &all).await;
    server.later(days(200));
    housekeeping::tidy(&server.app).await.expect("the database works");
    assert!(raw::rows(&server.dump().await, "access_tokens").is_empty());
}

#[tokio::test]
async fn owners_see_all_and_end_those_below_others_only_their_own() {
    let server = Server::start().await;
    let (_, mut owner) = server.keeper("sato", Role::Owner).await;
    let (_, mut second) = server.keeper("kato", Role::Owner).await;
    let (_, mut admin) = server.keeper("mori", Role::Administrator).await;
    let (_, mut other) = server.keeper("abe", Role::Administrator).await;
    owner.makes_token("第一の", &["members.read"]).await;
    admin.makes_token("第二の", &["members.read"]).await;
    let list = owner.get(TOKENS).await;
    list.says("第一の").says("第二の");
    let all = ids(&list);
    assert_eq!(all.len(), 2);
    let (of_admin, of_owner) = (&all[0], &all[1]);
    admin.get(TOKENS).await.says("第二の").does_not_say("第一の");
    other.get(TOKENS).await.does_not_say("第二の");
    for id in [of_admin, of_owner] {
        other.post(&format!("{TOKENS}/{id}/end"), &[]).await.is(404);
    }
    admin.post(&format!("{TOKENS}/{of_owner}/end"), &[]).await.is(404);
    second.submit(&format!("{TOKENS}/{of_owner}/end"), &[]).await.says("役割");
    second.submit(&format!("{TOKENS}/{of_admin}/end"), &[]).await.says("使えなくしました");
    admin.get(TOKENS).await.says("使えるアクセストークンはありません");
    owner.get(TOKENS).await.says("第一の");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "token_ended"), 1);
    // Another workspace has none of it.
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &[]).await;
    server.sql(&format!("update members set role = 'owner' where id = '{}'", theirs.id)).await;
    let mut away = server.visitor_at("198.51.100.77");
    away.submit("/w/momiji/sign-in", &[("login", "theirs"), ("password", PASSWORD)]).await.is(200);
    away.get("/w/momiji/admin/tokens").await.is(200).does_not_say("第一の");
    away.post(&format!("/w/momiji/admin/tokens/{of_owner}/end"), &[]).await.is(404);
}

#[tokio::test]
async fn a_hundred_tokens_are_paged() {
    let server = Server::start().await;
    let (sato, mut desk) = server.keeper("sato", Role::Owner).await;
    for nth in 0..120 {
        server
            .sql(&format!(
                "insert into access_tokens (id, workspace_id, member_id, epoch, name, scopes, token_prefix, token_hash, expires_at, created_at)
                values ('act_{nth:026}', '{}', '{}', {}, 'n{nth}', 'jobs', 'p{nth}', 'x', 9000000000000000, 1)",
                sato.workspace_id, sato.id, sato.epoch
            ))
            .await;
    }
    let mut seen = Vec::new();
    let mut path = Some(TOKENS.to_owned());
    while let Some(at) = path {
        let page = desk.get(&at).await;
        page.is(200);
        seen.extend(ids(&page));
        path = page.next();
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.windows(2).all(|two| two[0] > two[1]), "newest first");
}
