//! One member is added and invited: by email, by SMS, on paper; and what somebody tries with an invitation that is not theirs.

use aikagi::model::{Role, days, minutes, seconds};

use super::DESK;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server};
use crate::raw;

const PHONE: &str = "+819012345678";
const MAIL: &str = "hanako@example.jp";

/// 田中 花子 is added, with a number and an address. Answers her page.
async fn added(desk: &mut Browser) -> String {
    let fields = [("login", "hanako"), ("name", "田中 花子"), ("mobile", "090-1234-5678"), ("email", MAIL)];
    desk.post(&format!("{DESK}/members/new"), &fields).await.leads_to().to_owned()
}

/// The values of the choice on the page that invites: contacts first.
async fn ways(desk: &mut Browser, page: &str) -> Vec<String> {
    let text = desk.get(&format!("{page}/invite")).await.text;
    let values = text.split("type=\"radio\" name=\"to\" value=\"").skip(1);
    values.map(|rest| rest.split_once('"').expect("an end").0.to_owned()).collect()
}

/// Invites by the contact of this kind, and answers the code that arrived.
async fn invited(server: &Server, desk: &mut Browser, page: &str, to: &str) -> String {
    let kind = if to == PHONE { "携帯番号" } else { "メール" };
    let text = desk.get(&format!("{page}/invite")).await.text;
    let row = text.split("class=\"choice\"").find(|row| row.contains(kind)).expect("this way").to_owned();
    let way = row.split_once("value=\"").expect("a value").1.split_once('"').expect("an end").0.to_owned();
    let again = [("to", way.as_str()), ("again", PASSWORD)];
    desk.submit(&format!("{page}/invite"), &again).await.says("招待を送りました").says("まで）");
    desk.submit(&format!("{page}/invite"), &[("to", &way)]).await.says("少し前に送ったばかりです");
    server.later(minutes(1));
    code(&server.received(to).await.last().expect("it came").text)
}

/// The code in a text.
pub fn code(text: &str) -> String {
    let is_code = |word: &&str| word.len() == 23 && word.matches('-').count() == 5;
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .find(is_code)
        .unwrap_or_else(|| panic!("no code in {text}"))
        .to_owned()
}

#[tokio::test]
async fn somebody_is_added_and_invited_by_email_and_that_proves_the_address() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let new = format!("{DESK}/members/new");
    let wrong = [("login", "hanako@x"), ("name", ""), ("mobile", "03-1234-5678"), ("role", "owner")];
    desk.submit(&new, &wrong).await.is(422).says("@より前だけ").says("空です").says("固定電話").says("hanako@x");
    desk.submit(&new, &[("login", "sato"), ("name", "佐藤")]).await.is(422).says("ほかの方が使っている");
    let page = added(&mut desk).await;
    desk.get(&page).await.says("招待中").says("未確認").says("招待する");
    let text = server.received(MAIL).await;
    assert!(text.is_empty(), "nothing is sent by adding");
    let code = invited(&server, &mut desk, &page, MAIL).await;
    let mail = server.received(MAIL).await.remove(0).text;
    assert!(mail.contains(&format!("/invitation/{code}")) && mail.contains("hanako@sakura"), "{mail}");
    // A scanner opens the link as often as it likes.
    let mut phone = server.visitor();
    for _ in 0..3 {
        phone.get(&format!("/invitation/{code}")).await.is(200).says(&code);
    }
    phone.submit("/invitation", &[("code", &code)]).await.says("hanako@sakura").says("パスワード");
    desk.get(&page).await.says("に開きました");
    let link =
        phone.post("/invitation", &[("code", &code.to_lowercase().replace('-', " "))]).await.leads_to().to_owned();
    assert!(!phone.is_signed_in().await, "it opens nothing else");
    phone.submit(&link, &[("password", NEW_PASSWORD)]).await.is(200);
    phone.signs_in("hanako", NEW_PASSWORD).await.is(200);
    assert!(phone.is_signed_in().await);
    desk.get(&page).await.says("確認ずみ").says("未確認").says("に使われました").does_not_say("/invite\"");
    // Once.
    phone.submit("/invitation", &[("code", &code)]).await.is(422).says("このコードは使えません");
    phone.get(&link).await.does_not_say("hanako@sakura");
    desk.submit(&format!("{page}/uninvite"), &[]).await.says("することがありませんでした");
}

#[tokio::test]
async fn an_sms_has_a_code_to_type_and_no_link_and_fits_one_part() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = added(&mut desk).await;
    let code = invited(&server, &mut desk, &page, PHONE).await;
    let sms = server.received(PHONE).await.remove(0).text;
    assert!(aikagi::wording::messages::fits_one_part(&sms) && !sms.contains("://") && !sms.contains("花子"), "{sms}");
    // Sent again, the one before ends.
    server.later(minutes(1));
    let second = invited(&server, &mut desk, &page, PHONE).await;
    let mut phone = server.visitor();
    phone.submit("/invitation", &[("code", &code)]).await.is(422);
    let link = phone.post("/invitation", &[("code", &second)]).await.leads_to().to_owned();
    // Revoked, both the code and the page that it opened are over.
    desk.submit(&format!("{page}/uninvite"), &[]).await.says("招待を取り消しました").says("招待は終わりました");
    phone.submit(&link, &[("password", NEW_PASSWORD)]).await.does_not_say("hanako@sakura");
    phone.submit("/invitation", &[("code", &second)]).await.is(422);
    let third = invited(&server, &mut desk, &page, PHONE).await;
    server.later(days(14));
    phone.submit("/invitation", &[("code", &third)]).await.is(422);
    assert_eq!(raw::count(&server.dump().await, "members", "state", "active"), 1);
}

#[tokio::test]
async fn a_slip_is_shown_once_and_proves_no_contact() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = added(&mut desk).await;
    assert_eq!(ways(&mut desk, &page).await.len(), 3);
    let slip = desk.post(&format!("{page}/invite"), &[("to", "slip")]).await;
    slip.is(200).says("hanako@sakura").says("/invitation").says("<svg");
    let code = code(&slip.text);
    assert!(!format!("{:?}", server.dump().await).contains(&code), "it is nowhere in the database");
    let mut phone = server.visitor();
    let link = phone.post("/invitation", &[("code", &code)]).await.leads_to().to_owned();
    phone.submit(&link, &[("password", NEW_PASSWORD)]).await.is(200);
    desk.get(&page).await.says("未確認").does_not_say("確認ずみ").says("に使われました");
    desk.post(&format!("{page}/invite"), &[]).await.is(400);
}

/// Another address, sealed for the row of this member's address.
async fn sealed_anew(server: &Server, member: &str, address: &str) -> String {
    let dump = server.dump().await;
    let row = raw::rows(&dump, "contacts").iter().find(|row| row["member_id"] == member && row["kind"] == "email");
    let id = row.expect("a row")["id"].as_str().expect("an id");
    let workspace = &server.workspace;
    let key = server.app.data_key(&workspace.id, &workspace.data_key).expect("the key");
    key.seal(&*server.app.dice, "contact", id, address.as_bytes())
}

#[tokio::test]
async fn a_changed_role_contact_or_state_ends_it() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Owner).await;
    let page = added(&mut desk).await;
    let id = page.rsplit('/').next().expect("an id").to_owned();
    for (set, back) in [
        ("update members set role = 'help_desk'", "update members set role = 'member'"),
        ("update members set state = 'suspended'", "update members set state = 'invited'"),
        ("update members set held_at = 1", "update members set held_at = null"),
    ] {
        let code = invited(&server, &mut desk, &page, MAIL).await;
        let mut phone = server.visitor();
        let link = phone.post("/invitation", &[("code", &code)]).await.leads_to().to_owned();
        server.sql(&format!("{set} where id = '{id}'")).await;
        phone.submit("/invitation", &[("code", &code)]).await.is(422);
        phone.submit(&link, &[("password", NEW_PASSWORD)]).await.does_not_say("hanako@sakura");
        server.sql(&format!("{back} where id = '{id}'")).await;
        server.later(seconds(1));
    }
    for set in ["state = 'removed'", "state = 'frozen'"] {
        let code = invited(&server, &mut desk, &page, MAIL).await;
        server.sql(&format!("update contacts set {set} where member_id = '{id}' and kind = 'email'")).await;
        server.visitor().submit("/invitation", &[("code", &code)]).await.is(422);
        server.sql(&format!("update contacts set state = 'unverified' where member_id = '{id}'")).await;
        server.later(seconds(1));
    }
    // The same row with another address: what was sent to the one does not prove the other.
    let code = invited(&server, &mut desk, &page, MAIL).await;
    let signed = sealed_anew(&server, &id, "other@example.jp").await;
    server.sql(&format!("update contacts set address = '{signed}' where member_id = '{id}' and kind = 'email'")).await;
    server.visitor().submit("/invitation", &[("code", &code)]).await.is(422);
    assert_eq!(raw::count(&server.dump().await, "passwords", "member_id", &id), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_uses_at_once_are_one() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = added(&mut desk).await;
    let code = invited(&server, &mut desk, &page, MAIL).await;
    let uses = (0..50).map(|n| {
        let mut phone = server.visitor_at(&format!("203.0.113.{n}"));
        let code = code.clone();
        tokio::spawn(async move {
            let opened = phone.post("/invitation", &[("code", &code)]).await;
            if opened.status != 303 {
                return false;
            }
            let set = phone.post(opened.leads_to(), &[("password", NEW_PASSWORD)]).await;
            set.status == 303
        })
    });
    let mut done = 0;
    for one in uses.collect::<Vec<_>>() {
        done += usize::from(one.await.expect("no panic"));
    }
    assert!(done <= 1, "{done} passwords were set");
    let dump = server.dump().await;
    assert_eq!(raw::count(&dump, "audit", "action", "password_set_by_link"), done);
    let consumed = raw::rows(&dump, "invitations").iter().filter(|row| !row["used_at"].is_null()).count();
    assert_eq!(consumed, done);
}

#[tokio::test]
async fn guesses_end_and_another_workspaces_members_are_not_there() {
    let server = Server::start().await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let (theirs, _) = server.invited_to(&momiji, "theirs", Role::Member).await;
    let (boss, _) = server.invited_to(&server.workspace.clone(), "boss", Role::Owner).await;
    for step in ["invite", "uninvite"] {
        desk.post(&format!("{DESK}/members/{}/{step}", theirs.id), &[("to", "slip")]).await.is(404);
        desk.submit(&format!("{DESK}/members/{}/{step}", boss.id), &[("to", "slip")]).await.says("上の役割");
        desk.submit(&format!("{DESK}/members/{}/{step}", sato.id), &[("to", "slip")]).await.says("ご自身");
    }
    let page = added(&mut desk).await;
    let foreign = server.member("suzuki", &["suzuki@example.jp"]).await;
    let contact = raw::rows(&server.dump().await, "contacts")
        .iter()
        .find(|row| row["member_id"] == foreign.id.as_str())
        .expect("a row")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    desk.post(&format!("{page}/invite"), &[("to", &contact)]).await.is(404);
    assert!(raw::rows(&server.dump().await, "invitations").is_empty());
    let mut thief = server.visitor();
    for typed in ["", "x", "CDF-234-HJK-567-LMN-89P", &"あ".repeat(500)] {
        thief.submit("/invitation", &[("code", typed)]).await.is(422);
    }
    thief.get("/invitation/%00").await.is(404);
    let mut last = 0;
    for _ in 0..300 {
        last = thief.post("/invitation", &[("code", "x")]).await.status.as_u16();
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn all_whom_a_file_brought_are_invited_by_what_they_have() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let file = "login,name,mobile,email\na1,甲,090-1111-1111,a1@example.jp\na2,乙,090-2222-2222,\na3,丙,,\n";
    let job = desk.drafts(file.as_bytes()).await;
    desk.submit(&format!("{job}/invite"), &[]).await.says("することがありませんでした");
    desk.submit(&format!("{job}/start"), &[]).await.is(200);
    server.works().await;
    desk.get(&job).await.says("追加した人を招待する");
    desk.submit(&format!("{job}/invite"), &[]).await.says("招待の送信");
    desk.submit(&format!("{job}/invite"), &[]).await.says("招待の送信");
    server.works().await;
    let received = [server.received("a1@example.jp").await, server.received("+819022222222").await];
    assert!(received.iter().all(|letters| letters.len() == 1), "each got one: {received:?}");
    assert!(server.received("+819011111111").await.is_empty());
    let jobs = desk.get(&format!("{DESK}/jobs")).await;
    let at = jobs.text.split("admin/jobs/").find(|rest| rest.contains("招待の送信")).expect("it is listed");
    let id = at.split_once('"').expect("an end").0.to_owned();
    desk.get(&format!("{DESK}/jobs/{id}")).await.says("a3").says("紙の案内");
}

#[tokio::test]
async fn the_list_is_taken_out_as_it_is_shown_and_that_is_written_down() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", "ichiro@example.jp"]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let file: Vec<_> = (0..120).map(|n| format!("m{n:03},人\n")).collect();
    let job = desk.drafts(format!("login,name\n{}", file.concat()).as_bytes()).await;
    desk.submit(&format!("{job}/start"), &[]).await.is(200);
    server.works().await;
    server.sql(&format!("update members set name = '=1+1', department = '＋x' where id = '{}'", tanaka.id)).await;
    let export = format!("{DESK}/members/export");
    let all = desk.post(&export, &[]).await;
    all.is(200);
    assert_eq!(all.text.lines().count(), 123, "{}", all.text);
    assert!(
        all.text.starts_with("\u{feff}ログインID,名前") && all.text.contains(",'=1+1,") && all.text.contains(",'＋x,")
    );
    assert!(all.text.contains("090-••••-5678") && !all.text.contains("12345678") && !all.text.contains("ichiro@"));
    // As it was looked through.
    let shown = desk.looks_for("", "active").await;
    let sealed = shown.text.split("name=\"s\" value=\"").nth(1).expect("a field").split_once('"').expect("an end").0;
    let active = desk.post(&export, &[("s", sealed)]).await;
    assert_eq!(active.text.lines().count(), 3, "{}", active.text);
    desk.get(&format!("{DESK}/history")).await.says("メンバーの一覧が書き出されました");
    // Whole contacts are an owner's.
    desk.post(&format!("{export}/whole"), &[]).await.is(403);
    let (_, mut owner) = server.keeper("owner", Role::Owner).await;
    let whole = owner.post(&format!("{export}/whole"), &[]).await;
    assert!(whole.text.contains("'+819012345678") && whole.text.contains("ichiro@example.jp"), "{}", whole.text);
    server.later(minutes(6));
    owner.post(&export, &[]).await.says("もう一度");
}

#[tokio::test]
async fn slips_for_all_whom_nothing_else_invites_come_twenty_at_a_time_and_once() {
    let server = Server::start().await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let rows: Vec<_> = (0..130).map(|n| format!("s{n:03},人{n}\n")).collect();
    let job = desk.drafts(format!("login,name\n{}", rows.concat()).as_bytes()).await;
    desk.post(&format!("{job}/slips"), &[]).await.is(303);
    desk.submit(&format!("{job}/start"), &[]).await.is(200);
    server.works().await;
    desk.get(&job).await.says("紙の案内をまとめて作る");
    let (mut codes, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = desk.post(&format!("{job}/slips"), &[("after", &after)]).await;
        page.is(200);
        assert!(page.text.len() < 100_000, "{} bytes", page.text.len());
        let is_code = |word: &&str| word.len() == 23 && word.matches('-').count() == 5;
        let words = page.text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        codes.extend(words.filter(is_code).map(str::to_owned));
        pages += 1;
        let Some((_, rest)) = page.text.split_once("name=\"after\" value=\"") else { break };
        after = rest.split_once('"').expect("its end").0.to_owned();
    }
    assert!((7..=10).contains(&pages), "{pages}");
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 130, "each has a code of their own");
    // Asked again, nobody gets a second one: what is printed stays good.
    desk.post(&format!("{job}/slips"), &[]).await.is(200).says("紙の案内を作る人がいません");
    let mut phone = server.visitor();
    let page = phone.submit("/invitation", &[("code", &codes[77])]).await;
    page.is(200).says("パスワード");
    // Another's job, another kind of job, no job.
    let (_, mut helper) = server.keeper("kato", Role::HelpDesk).await;
    helper.post(&format!("{job}/slips"), &[]).await.is(403);
    desk.post(&format!("{DESK}/jobs/job_0/slips"), &[]).await.is(404);
    desk.post(&format!("{job}/slips"), &[("after", "x")]).await.is(400);
    desk.post(&format!("{job}/slips"), &[("after", "18446744073709551615")]).await.is(200);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "invited"), 130);
}
