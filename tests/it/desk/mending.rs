//! Contacts, names and IDs put right at the desk: when a contact counts, who is told, and what somebody tries who may not.

use aikagi::model::{ContactState, Role, days, hours, minutes};

use super::DESK;
use super::calls::{NUMBER, TANAKA};
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::raw;

const NEW: &str = "080-9876-5432";
const NEW_TANAKA: &str = "+818098765432";
const MAIL: &str = "ichiro@example.jp";

impl Browser {
    /// Types a contact, looks it over, and says that it is right.
    async fn mends(&mut self, path: &str, address: &str, counts: &str) -> Page {
        self.submit(path, &[("address", address), ("counts", counts)]).await.is(200).says("これをすると");
        self.submit(path, &[("address", address), ("counts", counts), ("sure", "yes")]).await
    }
}

/// The first contact on the member's page.
fn contact(page: &Page) -> String {
    let at = page.text.find("/contacts/con_").expect("a contact");
    page.text[at..].split_once('"').expect("an attribute").0.to_owned()
}

#[tokio::test]
async fn a_mended_number_counts_after_a_day_and_is_confirmed_by_its_first_code() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    server.keeper("mori", Role::Administrator).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let path = format!("{page}{}", contact(&desk.get(&page).await));
    desk.get(&path).await.says("090-••••-5678").says("24時間後から").says("電話の本人確認を始める");

    // The first step changes nothing, and shows what was read.
    desk.submit(&path, &[("address", "０８０ー９８７６ー５４３２")]).await.says("080-9876-5432").says("（2件）");
    desk.get(&page).await.says("090-••••-5678");
    desk.mends(&path, NEW, "hold").await.says("連絡先を直しました").says("管理者が登録").does_not_say("090-••••-5678");

    // Everybody else is told, the former number too; the new one gets nothing.
    for old in [TANAKA, MAIL] {
        let letters = server.received(old).await;
        assert!(letters.last().expect("a notice").text.contains("連絡先を直しました"), "{old}: {letters:?}");
    }
    assert!(server.received(NEW_TANAKA).await.is_empty());
    // The former one opens nothing any more, the new one not yet.
    for number in [NUMBER, NEW] {
        let before = server.received(TANAKA).await.len();
        server.visitor().asks_for_code(number).await.says("2 / 4");
        assert_eq!(server.received(TANAKA).await.len(), before);
        assert!(server.received(NEW_TANAKA).await.is_empty());
    }
    // No secret goes there, and no letters, before its owner typed a code.
    server.later(hours(24) + minutes(1));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    let choice = desk.get(&format!("{page}/force")).await;
    choice.says("i•••@example.jp").does_not_say("080-••••-5432");
    let mut lost = server.visitor();
    lost.asks_for_code(NEW).await.says("2 / 4");
    let code = server.code_for(NEW_TANAKA).await;
    lost.types_code(&code).await.says("tanaka@sakura");
    lost.picks(&tanaka).await;
    lost.sets_password(NEW_PASSWORD).await;
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.get(&page).await.does_not_say("管理者が登録").says("080-••••-5432");
    desk.get(&format!("{page}/force")).await.says("080-••••-5432");
}

#[tokio::test]
async fn after_a_caller_check_it_counts_at_once_and_the_check_is_used_up() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    // Nothing is waived by asking for it.
    let add = format!("{page}/contacts/new");
    desk.submit(&add, &[("address", NEW), ("counts", "warrant"), ("sure", "yes")]).await.is(422).says("本人確認がまだ");
    let call = desk.opens_call("tanaka", None).await;
    let letters = server.letters_for(&mut desk, &call, "email", MAIL).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &letters)]).await.says("本人とわかりました");
    desk.get(&add).await.says("すぐに");
    // What cannot be taken does not use it up.
    for wrong in ["", "090", "03-1234-5678", "x@", "a@b.example, c@d.example", NUMBER] {
        let fields = [("address", wrong), ("counts", "warrant"), ("sure", "yes")];
        desk.submit(&add, &fields).await.is(422);
    }
    desk.mends(&add, NEW, "warrant").await.says("連絡先を追加しました");
    let mut lost = server.visitor();
    lost.asks_for_code(NEW).await.says("2 / 4");
    server.code_for(NEW_TANAKA).await;
    let more = [("address", "070-1111-2222"), ("counts", "warrant"), ("sure", "yes")];
    desk.submit(&add, &more).await.is(422).says("本人確認がまだ");
    let audit = server.dump().await;
    assert_eq!(raw::count(&audit, "audit", "action", "contact_added_by_desk"), 1);
    assert_eq!(raw::count(&audit, "warrants", "used_for", "contact_mended"), 1);
}

#[tokio::test]
async fn the_only_administrator_declares_and_waits_an_hour_and_an_objection_ends_it() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[MAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let (declare, add) = (format!("{page}/declare"), format!("{page}/contacts/new"));
    desk.get(&declare).await.says("管理者がおひとり");
    for (words, says) in [("", "入力してください"), ("a\nb", "使えない文字"), (&"あ".repeat(201), "200文字まで")]
    {
        desk.submit(&declare, &[("words", words)]).await.is(422).says(says);
    }
    desk.submit(&declare, &[("words", "店舗で運転免許証を確認")]).await.says("届け出を記録しました").says("届け出ずみ");
    let told = server.received(MAIL).await;
    assert!(told.last().expect("a notice").text.contains("対面で本人確認"), "{told:?}");
    assert!(!format!("{:?}", server.dump().await).contains("運転免許証"), "the words are sealed");
    desk.mends(&add, NEW, "warrant").await.says("連絡先を追加しました");
    server.visitor().asks_for_code(NEW).await.says("2 / 4");
    assert!(server.received(NEW_TANAKA).await.is_empty(), "not before the hour is over");
    server.later(minutes(61));
    server.visitor().asks_for_code(NEW).await.says("2 / 4");
    assert_eq!(server.received(NEW_TANAKA).await.len(), 1);

    // The next one is stopped by the member's own "that was not me".
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&declare, &[("words", "店舗で運転免許証を確認")]).await.says("届け出ずみ");
    let notice = server.received(MAIL).await.pop().expect("a notice").text;
    let link = notice.split_whitespace().find(|word| word.contains("/not-me/")).expect("a link");
    let path = link.split_once("jp").expect("a host").1.to_owned();
    let mut own = server.visitor();
    own.submit(&path, &[]).await.is(200);
    assert!(server.reload(&tanaka).await.held_at.is_some());
    server.later(minutes(61));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    let more = [("address", "070-1111-2222"), ("counts", "warrant"), ("sure", "yes")];
    desk.submit(&add, &more).await.is(422).says("本人確認がまだ");
    desk.submit(&declare, &[("words", "もう一度")]).await.says("することがありませんでした");
    // With a second administrator there is no declaring.
    desk.submit(&format!("{page}/release"), &[]).await.is(200);
    server.keeper("mori", Role::Administrator).await;
    desk.get(&declare).await.says("ほかにも管理者がいる");
    desk.submit(&declare, &[("words", "もう一度")]).await.says("することがありませんでした");
}

#[tokio::test]
async fn a_secret_is_shown_once_to_who_made_sure_of_a_member_whom_nothing_reaches() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[]).await;
    let reached = server.member("ito", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let show = format!("{page}/show-secret");
    desk.get(&format!("{page}/force")).await.says("送れる連絡先がありません").says("対面で確かめたことを届け出る");
    desk.submit(&show, &[]).await.says("本人確認がまだ");
    desk.submit(&format!("{page}/declare"), &[("words", "店舗で確認")]).await.is(200);
    desk.submit(&show, &[]).await.says("本人確認がまだ");
    let theirs = format!("{DESK}/members/{}", reached.id);
    desk.submit(&format!("{theirs}/declare"), &[("words", "店舗で確認")]).await.is(200);
    server.later(minutes(61));
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&format!("{theirs}/show-secret"), &[]).await.says("連絡先に送ってください");
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let csrf = desk.csrf().await;
    // Fifty presses at once show one secret.
    let presses = (0..50).map(|_| {
        let (mut desk, show, body) = (desk.clone(), show.clone(), format!("csrf={csrf}"));
        tokio::spawn(async move { desk.post_raw(&show, body.into_bytes()).await })
    });
    let mut shown = Vec::new();
    for press in presses.collect::<Vec<_>>() {
        let page = press.await.expect("an answer");
        if page.status == 200 {
            shown.push(page);
        }
    }
    assert_eq!(shown.len(), 1);
    let groups = &shown[0].text;
    shown[0].says("一度しか表示されません");
    let secret: Vec<&str> = groups.split("<li><strong>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(secret.len(), 6, "{groups}");
    assert!(!own.is_signed_in().await);
    own.signs_in("tanaka", PASSWORD).await.does_not_say("ホーム");
    own.signs_in("tanaka", &secret.join("-")).await.says("新しいパスワード");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "forced_secret_shown"), 1);
}

#[tokio::test]
async fn another_id_ends_the_sessions_and_the_old_one_is_nobodys() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[MAIL]).await;
    server.member("ito", &[]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (_, mut other) = server.keeper("mori", Role::Administrator).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let edit = format!("{page}/edit");
    let mut own = server.signed_in("tanaka", "198.51.100.9").await;
    let seen = async |desk: &mut Browser| {
        let form = desk.get(&edit).await;
        form.says("value=\"田中").says("value=\"営業部\"");
        let at = form.text.find("name=\"seen\" value=\"").expect("a time") + 19;
        form.text[at..].split_once('"').expect("an end").0.to_owned()
    };
    let (first, second) = (seen(&mut desk).await, seen(&mut other).await);
    let fields = |login: &'static str, name: &'static str, seen: &str| {
        vec![
            ("login", login.to_owned()),
            ("name", name.to_owned()),
            ("kana", "たなか みさき".to_owned()),
            ("department", "営業部".to_owned()),
            ("locale", "ja".to_owned()),
            ("seen", seen.to_owned()),
            // What nobody is asked for changes nothing.
            ("role", "owner".to_owned()),
            ("state", "suspended".to_owned()),
            ("workspace_id", "wsp_other".to_owned()),
        ]
    };
    let send = async |desk: &mut Browser, all: Vec<(&str, String)>| {
        let all: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
        desk.submit(&edit, &all).await
    };
    for (login, name, says) in [
        ("", "田中 美咲", "ID"),
        ("tanaka", "", "入力してください"),
        ("tanaka", "a\u{7}b", "使えない文字"),
        ("ito", "田中 美咲", "ほかの方が使っている"),
        ("аdmin", "田中 美咲", "ID"),
    ] {
        send(&mut desk, fields(login, name, &first)).await.is(422).says(says);
    }
    send(&mut desk, fields("tanaka", "田中 美咲（旧姓 林）", &first)).await.says("保存しました").says("旧姓 林");
    assert!(own.is_signed_in().await, "a name ends nothing");
    // The other administrator's form is of before: told, and loses nothing.
    let late = send(&mut other, fields("misaki", "田中 みさき", &second)).await;
    late.is(422).says("ほかの方がこのメンバーを変えました").says("misaki");
    let now = seen(&mut other).await;
    send(&mut other, fields("misaki", "田中 みさき", &now)).await.says("IDを変えました");
    assert!(!own.is_signed_in().await);
    own.signs_in("tanaka", PASSWORD).await.is(422);
    own.signs_in("misaki", PASSWORD).await.is(200);
    let told = server.received(MAIL).await;
    assert!(told.last().expect("a notice").text.contains("IDを変えました"), "{told:?}");
    desk.looks_for("misaki", "present").await.says("田中 みさき");
    let dump = server.dump().await;
    let row = raw::rows(&dump, "members").iter().find(|row| row["login"] == "misaki").expect("it is there").clone();
    assert!(row["role"] == "member" && row["state"] == "active" && row["workspace_id"] == server.workspace.id.as_str());
    // Nobody else gets the old one; its owner gets it back.
    let ito = server.member("suzuki", &[]).await;
    let theirs = format!("{DESK}/members/{}/edit", ito.id);
    let form = desk.get(&theirs).await;
    let at = form.text.find("name=\"seen\" value=\"").expect("a time") + 19;
    let seen_theirs = form.text[at..].split_once('"').expect("an end").0.to_owned();
    let take = [("login", "tanaka"), ("name", "鈴木"), ("locale", "ja"), ("seen", &seen_theirs)];
    desk.submit(&theirs, &take).await.is(422).says("少し前まで");
    let now = seen(&mut desk).await;
    send(&mut desk, fields("tanaka", "田中 美咲", &now)).await.says("IDを変えました");
}

#[tokio::test]
async fn contacts_are_mended_by_rank_in_this_workspace_once() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (owner, _) = server.keeper("owner", Role::Owner).await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    let (_, mut helper) = server.keeper("kato", Role::HelpDesk).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &["070-2222-3333"]).await;
    let fields = [("address", NEW), ("counts", "hold"), ("sure", "yes")];
    for whom in [&owner, &sato] {
        desk.submit(&format!("{DESK}/members/{}/contacts/new", whom.id), &fields)
            .await
            .is(200)
            .does_not_say("追加しました");
    }
    desk.post(&format!("{DESK}/members/{}/contacts/new", theirs.id), &fields).await.is(404);
    helper.post(&format!("{DESK}/members/{}/contacts/new", tanaka.id), &fields).await.is(403);
    let dump = server.dump().await;
    let foreign = raw::rows(&dump, "contacts").iter().find(|row| row["member_id"] == theirs.id.as_str()).expect("one");
    let foreign = format!("{DESK}/members/{}/contacts/{}", tanaka.id, foreign["id"].as_str().expect("an id"));
    desk.get(&foreign).await.is(404);
    desk.submit(&format!("{foreign}/remove"), &[]).await.says("することがありませんでした");
    assert_eq!(raw::rows(&server.dump().await, "contacts").len(), 2);

    // Two at once replace it once; the second is told.
    let page = format!("{DESK}/members/{}", tanaka.id);
    let path = format!("{page}{}", contact(&desk.get(&page).await));
    let csrf = desk.csrf().await;
    let presses = (0..20).map(|nth| {
        let (mut desk, path) = (desk.clone(), path.clone());
        let body = format!("csrf={csrf}&address=080-1000-{nth:04}&counts=hold&sure=yes");
        tokio::spawn(async move { desk.post_raw(&path, body.into_bytes()).await.status })
    });
    for press in presses.collect::<Vec<_>>() {
        assert_eq!(press.await.expect("an answer"), 303);
    }
    let rows = raw::rows(&server.dump().await, "contacts").to_vec();
    let live = rows.iter().filter(|row| row["member_id"] == tanaka.id.as_str() && row["state"] != "removed").count();
    assert_eq!(live, 1, "{rows:?}");
}

#[tokio::test]
async fn an_objection_to_a_mended_contact_freezes_it_and_a_removal_ends_what_went_there() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("{DESK}/members/{}", tanaka.id);
    let path = format!("{page}{}", contact(&desk.get(&page).await));
    // A code and a secret are on their way to the number that goes.
    let mut lost = server.visitor();
    lost.asks_for_code(NUMBER).await.says("2 / 4");
    let code = server.code_for(TANAKA).await;
    desk.submit(&format!("{page}/force"), &[("to", path.rsplit('/').next().expect("an id"))]).await.is(200);
    let secret = server.received(TANAKA).await.pop().expect("a secret").text;
    let secret = secret.split_whitespace().find(|word| word.matches('-').count() == 5).expect("six groups").to_owned();
    desk.mends(&path, NEW, "hold").await.says("連絡先を直しました");
    lost.types_code(&code).await.is(422);
    server.visitor().signs_in("tanaka", &secret).await.is(422);
    // By the notice of the number that is gone the account is held, and the new number waits anew after a release.
    let notice = server.received(TANAKA).await.pop().expect("a notice").text;
    let word = notice
        .split_whitespace()
        .flat_map(|part| part.split(['「', '」', '：', '。']))
        .find(|part| part.len() == 14 && part.matches('-').count() == 2);
    let word = word.unwrap_or_else(|| panic!("a word in {notice}")).to_owned();
    server.visitor().submit("/not-me", &[("word", &word), ("sure", "yes")]).await.is(200);
    assert!(server.reload(&tanaka).await.held_at.is_some());
    server.later(days(2));
    server.visitor().asks_for_code(NEW).await.says("2 / 4");
    assert!(server.received(NEW_TANAKA).await.is_empty());
    let dump = server.dump().await;
    let new =
        raw::rows(&dump, "contacts").iter().find(|row| row["verified_at"].is_null()).expect("the new one").clone();
    assert_eq!(new["state"], ContactState::Frozen.as_str());
    let mut desk = server.signed_in("sato", "192.0.2.5").await;
    desk.submit(&format!("{page}/release"), &[]).await.is(200);
    server.visitor().asks_for_code(NEW).await.says("2 / 4");
    assert!(server.received(NEW_TANAKA).await.is_empty(), "it waits once more");
    server.later(hours(25));
    server.visitor().asks_for_code(NEW).await.says("2 / 4");
    assert_eq!(server.received(NEW_TANAKA).await.len(), 1, "and then counts as it would have");
}
