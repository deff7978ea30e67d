//! A caller says to be a member, and proves it by letters, by a number on a signed-in page, or by a second administrator.

use aikagi::model::{Role, minutes};

use super::DESK;
use crate::harness::{Browser, Server};
use crate::raw;

pub const NUMBER: &str = "090-1234-5678";
pub const TANAKA: &str = "+819012345678";

impl Browser {
    /// Opens a call about this ID, and answers its path.
    pub async fn opens_call(&mut self, login: &str, request: Option<&str>) -> String {
        let request = request.and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
        let page = self.post(&format!("{DESK}/calls/new"), &[("login", login), ("request", &request)]).await;
        page.leads_to().to_owned()
    }
}

impl Server {
    /// Sends the call's letters and reads them where they arrive.
    pub async fn letters_for(&self, desk: &mut Browser, call: &str, by: &str, to: &str) -> String {
        desk.submit(&format!("{call}/send"), &[("by", by)]).await.is(200);
        let letters = self.received(to).await;
        let letter = letters.iter().rev().find(|letter| letter.purpose == "call_letters").expect("letters");
        let words = letter.text.split(|c: char| !c.is_ascii_uppercase());
        words.into_iter().find(|word| word.len() == 4).expect("four letters").to_owned()
    }
}

#[tokio::test]
async fn a_caller_reads_out_letters_and_the_helper_sees_that_member_for_half_an_hour() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    desk.get(&page).await.is(404);
    let call = desk.opens_call("ＴＡＮＡＫＡ@sakura", None).await;
    desk.get(&call).await.says("電話を受け付けました").does_not_say("営業部").does_not_say("5678");
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    let sent = server.received(TANAKA).await.remove(0).text;
    assert!(sent.contains("ヘルプデスクと電話中なら") && !sent.contains("@id.example.jp"), "{sent}");
    desk.get(&page).await.is(404);
    desk.submit(&format!("{call}/letters"), &[("letters", "12345678")]).await.is(422).says("英字4文字");
    desk.submit(&format!("{call}/letters"), &[("letters", &format!(" {} ", code.to_lowercase()))])
        .await
        .is(200)
        .says("本人とわかりました");
    desk.get(&page).await.is(200).says("営業部").says("090-••••-5678").does_not_say("/suspend");
    desk.get(&page).await.is(200);
    // Told once a call, on every contact; each look is written down.
    let told = server.received("ichiro@example.jp").await;
    assert_eq!(told.iter().filter(|letter| letter.purpose == "call_proved").count(), 1);
    let audit = server.dump().await;
    let actions = |word: &str| raw::rows(&audit, "audit").iter().filter(|row| row["action"] == word).count();
    assert_eq!((actions("call_opened"), actions("call_proved"), actions("looked_in_call")), (1, 1, 2));
    // The list and the search stay shut, and what is an administrator's does.
    desk.get(&format!("{DESK}/members")).await.is(403);
    desk.post(&format!("{page}/suspend"), &[]).await.is(403);
    server.later(minutes(14));
    desk.get(&page).await.is(200);
    server.later(minutes(14));
    desk.get(&page).await.is(200);
    server.later(minutes(3));
    desk.get(&page).await.is(404);
    desk.get(&call).await.says("この電話は終わっています");
}

#[tokio::test]
async fn every_way_looks_the_same_for_an_id_that_nobody_has() {
    let mut all = Vec::new();
    for who in ["nobody", "member", "contactless", "held", "suspended", "administrator", "myself"] {
        let server = Server::start().await;
        server.member("suzuki", &["090-5555-5555"]).await;
        let login = if who == "myself" { "kato" } else { "tanaka" };
        if !matches!(who, "nobody" | "myself") {
            let contacts: &[&str] = if who == "contactless" { &[] } else { &[NUMBER] };
            let member = server.member("tanaka", contacts).await;
            let set = match who {
                "held" => "held_at = 1",
                "suspended" => "state = 'suspended'",
                "administrator" => "role = 'administrator'",
                _ => "role = 'member'",
            };
            server.sql(&format!("update members set {set} where id = '{}'", member.id)).await;
        }
        let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
        let mut seen = Vec::new();
        let count = || server.app.db.statements();
        let call = desk.opens_call(login, None).await;
        let steps: [(&str, &[(&str, &str)]); 9] = [
            ("send", &[("by", "sms")]),
            ("send", &[("by", "sms")]),
            ("letters", &[("letters", "BCDF")]),
            ("letters", &[("letters", "BCDF")]),
            ("letters", &[("letters", "BCDF")]),
            ("letters", &[("letters", "BCDF")]),
            ("prompt", &[]),
            ("number", &[("number", "5")]),
            ("second", &[]),
        ];
        for (step, fields) in steps {
            desk.csrf().await;
            let before = count();
            let page = desk.submit(&format!("{call}/{step}"), fields).await;
            seen.push((page.status.as_u16(), page.main().replace(login, "?"), count() - before));
        }
        server.deliver().await;
        let sent = server.carrier.sent().into_iter().filter(|letter| letter.purpose == "call_letters").count();
        assert_eq!(sent, usize::from(who == "member"), "{who}");
        all.push((who, seen));
    }
    for (who, seen) in &all[1..] {
        for (n, (one, nobody)) in seen.iter().zip(&all[0].1).enumerate() {
            assert_eq!(one, nobody, "{who}, step {n}");
        }
    }
}

#[tokio::test]
async fn a_signed_in_member_says_yes_and_reads_out_the_number() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    server.member("suzuki", &[]).await;
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let mut other = server.signed_in("suzuki", "198.51.100.10").await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let call = desk.opens_call("tanaka", None).await;
    own.get("/w/sakura/me").await.does_not_say("ヘルプデスク");
    desk.submit(&format!("{call}/prompt"), &[]).await.is(200).says("2けたの番号");
    other.get("/w/sakura/me").await.does_not_say("ヘルプデスク");
    let (number, id) = own.asked().await;
    desk.get(&call).await.does_not_say(&format!(">{number}<"));
    // The number alone is no proof, nor is somebody else's "yes".
    other.submit("/w/sakura/me/call", &[("call", &id), ("speaks", "yes")]).await.says("することがありませんでした");
    desk.submit(&format!("{call}/number"), &[("number", &number)]).await.is(422);
    own.submit("/w/sakura/me/call", &[("call", &id), ("speaks", "yes")]).await.says("伝えました");
    own.get("/w/sakura/me").await.does_not_say("番号を読み上げて");
    desk.submit(&format!("{call}/number"), &[("number", &number)]).await.says("本人とわかりました");
    desk.get(&format!("{DESK}/members/{}", tanaka.id)).await.is(200);

    // Whoever does not speak with anybody ends it at once.
    let call = desk.opens_call("tanaka", None).await;
    desk.submit(&format!("{call}/prompt"), &[]).await.is(200);
    let (number, id) = own.asked().await;
    own.submit("/w/sakura/me/call", &[("call", &id), ("speaks", "no")]).await.says("「本人ではない」と伝えました");
    desk.submit(&format!("{call}/number"), &[("number", &number)]).await.is(422);
    desk.get(&call).await.says("この電話は終わっています");
    own.submit("/w/sakura/me/call", &[("call", &id), ("speaks", "yes")]).await.says("することがありませんでした");
}

impl Browser {
    /// The number that the member's own page shows, and which call it is.
    pub async fn asked(&mut self) -> (String, String) {
        let page = self.get("/w/sakura/me").await;
        page.says("ヘルプデスクの人と話していますか");
        let (_, rest) = page.text.split_once("<strong>").expect("a number");
        let number = rest.split_once('<').expect("a tag").0.to_owned();
        assert!(number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
        let (_, rest) = page.text.split_once("name=\"call\" value=\"").expect("a call");
        (number, rest.split_once('"').expect("an attribute").0.to_owned())
    }
}

#[tokio::test]
async fn a_second_administrator_agrees_and_nobody_agrees_to_their_own_call() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let (_, mut helper) = server.keeper("mori", Role::HelpDesk).await;
    let (_, mut keeper) = server.keeper("sato", Role::Administrator).await;
    let call = desk.opens_call("tanaka", None).await;
    let agree = format!("{call}/agree");
    // Not asked yet.
    keeper.submit(&agree, &[]).await.says("することがありませんでした");
    desk.submit(&format!("{call}/second"), &[]).await.says("同意を待っています");
    keeper.get(&format!("{DESK}/queue")).await.says("同意を待っている電話");
    keeper.get(&format!("{DESK}/calls")).await.says("田中 一郎").says("tanaka");
    helper.post(&agree, &[]).await.is(403);
    desk.post(&agree, &[]).await.is(403);
    keeper.submit(&agree, &[]).await.says("同意しました");
    desk.get(&call).await.says("本人とわかりました");
    desk.get(&format!("{DESK}/members/{}", tanaka.id)).await.is(200);
    helper.get(&format!("{DESK}/members/{}", tanaka.id)).await.is(404);
    // An administrator's own call needs another one.
    let call = keeper.opens_call("tanaka", None).await;
    keeper.submit(&format!("{call}/second"), &[]).await.is(200);
    keeper.get(&format!("{DESK}/calls")).await.says("同意を待っている電話はありません");
    keeper.submit(&format!("{call}/agree"), &[]).await.says("自分");
    keeper.get(&call).await.does_not_say("本人とわかりました");
}

#[tokio::test]
async fn a_request_leads_to_the_check_and_to_the_member() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    server.visitor().asks("tanaka").await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let request = desk.first_request().await;
    desk.takes(&request).await.says("本人確認をはじめる").does_not_say("mem_");
    let call = desk.opens_call("tanaka", Some(&request)).await;
    desk.get(&request).await.says("本人確認をつづける");
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.is(200);
    desk.get(&request).await.says("確認ずみ").says(tanaka.id.as_str());
    desk.get(&format!("{DESK}/queue")).await.says("確認ずみ").says("つづける");
}

/// A call about this member that the helper has proved.
async fn proved(server: &Server, desk: &mut Browser, login: &str, to: &str) -> String {
    let call = desk.opens_call(login, None).await;
    let by = if to.contains('@') { "email" } else { "sms" };
    let code = server.letters_for(desk, &call, by, to).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.says("本人とわかりました");
    call
}

#[tokio::test]
async fn the_help_desk_helps_whom_it_proved_and_nobody_else() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, "ichiro@example.jp"]).await;
    let ito = server.member("ito", &["090-7777-7777"]).await;
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let (_, mut other) = server.keeper("mori", Role::HelpDesk).await;
    let open = desk.opens_call("tanaka", None).await;
    for step in ["force", "sign-out"] {
        assert_eq!(desk.get(&format!("{open}/{step}")).await.leads_to(), open, "not proved yet");
        desk.submit(&format!("{open}/{step}"), &[]).await.says("何も変わっていません");
    }
    desk.submit(&format!("{open}/end"), &[]).await.is(200);
    let call = proved(&server, &mut desk, "tanaka", TANAKA).await;
    let mut phone = server.signed_in("tanaka", "198.51.100.9").await;
    desk.get(&call).await.says("この方のためにできること");
    desk.get(&format!("{call}/sign-out")).await.says("すべての端末からサインアウトさせる").says("田中");
    desk.submit(&format!("{call}/sign-out"), &[]).await.says("サインアウトさせました");
    assert!(!phone.is_signed_in().await);
    let page = desk.get(&format!("{call}/force")).await;
    page.says("090-••••-5678").does_not_say("9012345678");
    let (_, rest) = page.text.split_once("value=\"con_").expect("a contact to choose");
    let to = format!("con_{}", rest.split_once('"').expect("its end").0);
    // Nobody else's call, no other member's contact, no other way to the same thing.
    for step in ["force", "sign-out"] {
        other.get(&format!("{call}/{step}")).await.is(404);
        other.post(&format!("{call}/{step}"), &[]).await.is(404);
    }
    server.sql(&format!("update contacts set member_id = '{}' where id = '{to}'", ito.id)).await;
    desk.submit(&format!("{call}/force"), &[("to", &to)]).await.does_not_say("仮パスワードを送りました");
    server.sql(&format!("update contacts set member_id = '{}' where id = '{to}'", tanaka.id)).await;
    for step in ["force", "show-secret", "suspend", "contacts/new", "edit", "request", "sign-out"] {
        desk.post(&format!("{DESK}/members/{}/{step}", tanaka.id), &[]).await.is(403);
    }
    assert!(server.reload(&tanaka).await.demand.is_none());
    // The password is asked for again, and nothing is lost by that.
    server.later(minutes(6));
    let fields = [("to", to.as_str()), ("hours", "4")];
    desk.submit(&format!("{call}/force"), &fields).await.says("もう一度");
    let mut again = fields.to_vec();
    again.push(("again", crate::harness::PASSWORD));
    desk.submit(&format!("{call}/force"), &again).await.is(200).says("仮パスワードを送りました");
    assert!(server.reload(&tanaka).await.demand.is_some());
    server.deliver().await;
    let letters = server.carrier.sent();
    let secrets = letters.iter().filter(|letter| crate::forced::secret_in(&letter.text).is_some()).count();
    assert_eq!(secrets, 1, "it went to the member's own contact");
    assert!(letters.iter().any(|letter| letter.purpose == "change_forced"), "the other contact is told");
    assert!(server.reload(&ito).await.demand.is_none());
}

#[tokio::test]
async fn what_a_proved_call_allows_ends_with_it() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    for end in ["time", "held", "rank", "end", "role"] {
        server
            .sql(&format!(
                "update members set held_at = null, role = 'member', demand = null where id = '{}'",
                tanaka.id
            ))
            .await;
        let (kato, mut desk) = server.keeper(&format!("kato-{end}"), Role::HelpDesk).await;
        let call = proved(&server, &mut desk, "tanaka", TANAKA).await;
        match end {
            "time" => server.later(minutes(31)),
            "held" => server.sql(&format!("update members set held_at = 1 where id = '{}'", tanaka.id)).await,
            "rank" => {
                server.sql(&format!("update members set role = 'administrator' where id = '{}'", tanaka.id)).await;
            }
            "end" => {
                desk.submit(&format!("{call}/end"), &[]).await.is(200);
            }
            _ => server.sql(&format!("update members set role = 'member' where id = '{}'", kato.id)).await,
        }
        let again = [("again", crate::harness::PASSWORD)];
        for step in ["force", "sign-out"] {
            desk.submit(&format!("{call}/{step}"), &again).await.does_not_say("サインアウトさせました");
        }
        assert!(server.reload(&tanaka).await.demand.is_none(), "{end}");
        server.later(minutes(120));
    }
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "signed_out_by_desk"), 0);
    assert!(raw::rows(&dump, "forced_changes").is_empty());
}
