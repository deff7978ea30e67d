//! A telephone is lost or stolen: what is on it opens nothing, whoever reported it, and comes back only by what was not on it.

use aikagi::flows::sweeps;
use aikagi::model::{Role, days, hours, minutes, seconds};

use crate::devices::device;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Page, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";
const LOST: &str = "/w/sakura/me/lost";
const PHONE_AT: &str = "198.51.100.7";

/// A member with a telephone that is signed in, and a computer.
async fn with_phone(server: &Server) -> (Browser, Browser) {
    server.member("tanaka", &[NUMBER, MAIL]).await;
    let phone = server.signed_in("tanaka", PHONE_AT).await;
    (phone, server.signed_in("tanaka", "203.0.113.5").await)
}

impl Browser {
    /// Reports the telephone and the number on it.
    async fn reports_the_phone(&mut self, more: &[(&str, &str)]) -> Page {
        let device = format!("device_{}", device(self, PHONE_AT).await);
        let contact = format!("contact_{}", self.contact(NUMBER).await);
        let mut fields = vec![("kind", "stolen"), (&*device, "on"), (&*contact, "on")];
        fields.extend(more);
        self.submit(LOST, &fields).await
    }
}

#[tokio::test]
async fn what_is_on_a_stolen_telephone_opens_nothing_any_more() {
    let server = Server::start().await;
    let (mut phone, mut own) = with_phone(&server).await;
    // The thief has asked for a code a moment ago.
    let mut thief = server.visitor_at("198.51.100.99");
    thief.asks_for_code(NUMBER).await;
    let code = server.code_for(TANAKA).await;
    own.get(LOST).await.says("どの端末ですか").says(NUMBER).says(MAIL);
    own.reports_the_phone(&[]).await.says("届け出を受け付けました").says("盗まれた").says("から使えません");
    assert!(!phone.is_signed_in().await && own.is_signed_in().await);
    // The code that is on the telephone proves the number, which leads to nobody.
    thief.types_code(&code).await.does_not_say("tanaka@sakura");
    // Nor does a new one come.
    let before = server.received(TANAKA).await.len();
    server.later(minutes(20));
    server.visitor_at("198.51.100.99").asks_for_code(NUMBER).await.says("2 / 4");
    assert_eq!(server.received(TANAKA).await.len(), before);
    // The password that the telephone remembers opens nothing there, and says why.
    phone.signs_in("tanaka", PASSWORD).await.is(403).says("なくしたと届け出されています");
    phone.signs_in("tanaka", "まちがったことばをならべてみる").await.is(422).does_not_say("届け出");
    // Its owner gets in by the address.
    own.get("/w/sakura/me/contacts").await.says("紛失中");
}

#[tokio::test]
async fn the_lost_number_is_told_and_has_no_say() {
    let server = Server::start().await;
    let (_, mut own) = with_phone(&server).await;
    let word = server.received(TANAKA).await.into_iter().find(|letter| letter.purpose == "new_device").expect("told");
    own.reports_the_phone(&[]).await.is(200);
    let newest = |letters: Vec<aikagi::deliver::Letter>| {
        letters.into_iter().rfind(|letter| letter.purpose == "loss_reported").expect("told").text
    };
    let (sms, mail) = (newest(server.received(TANAKA).await), newest(server.received(MAIL).await));
    assert!(!sms.contains("自分ではない") && mail.contains("/not-me/"), "{sms}\n{mail}");
    // The word of an older notice, which the thief reads on the telephone, holds nobody.
    let is_word = |part: &&str| part.len() == 14 && part.matches('-').count() == 2;
    let mut parts = word.text.split(|c: char| !(c.is_ascii_uppercase() || c == '-'));
    let word = parts.find(is_word).expect("a word");
    server.visitor().submit("/not-me", &[("word", word), ("sure", "yes")]).await;
    assert!(own.is_signed_in().await, "an old word of the lost number is good for nothing");
    // Whose report it was not has the account held.
    let at = mail.find("/not-me/").expect("a link");
    let link = mail[at..].split_whitespace().next().expect("a path");
    server.visitor().submit(link, &[]).await.is(200);
    assert!(!own.is_signed_in().await);
}

#[tokio::test]
async fn the_device_that_comes_back_is_written_down_once() {
    let server = Server::start().await;
    let (mut phone, mut own) = with_phone(&server).await;
    own.reports_the_phone(&[]).await.does_not_say("断られました");
    server.later(minutes(3));
    for _ in 0..3 {
        assert!(!phone.is_signed_in().await);
        phone.cookies.insert("x".to_owned(), "y".to_owned());
    }
    own.get(LOST).await.says("断られました");
    let dump = server.dump().await;
    let things = raw::rows(&dump, "incident_things");
    let back: Vec<_> = things.iter().filter(|row| !row["confirmed_at"].is_null()).collect();
    assert_eq!(back.len(), 1);
    assert_eq!(back[0]["kind"], "session");
}

#[tokio::test]
async fn found_again_needs_a_contact_that_was_not_on_it() {
    let server = Server::start().await;
    let (mut phone, mut own) = with_phone(&server).await;
    own.reports_the_phone(&[]).await.is(200);
    // The password is not enough, nor a contact that was added since.
    own.submit(&format!("{LOST}/found"), &[]).await.says("認証番号を送る");
    phone.signs_in("tanaka", PASSWORD).await.is(403);
    let mail = own.contact(MAIL).await;
    server.later(minutes(1));
    own.proves_again(&server, &mail, MAIL).await.is(200);
    // What was proved in one session says nothing in another.
    let mut other = server.signed_in("tanaka", "192.0.2.9").await;
    other.submit(&format!("{LOST}/found"), &[]).await.says("認証番号を送る");
    own.get(LOST).await.says("見つかりました");
    own.submit(&format!("{LOST}/found"), &[]).await.says("元にもどしました");
    own.submit(&format!("{LOST}/found"), &[]).await.says("することがありませんでした");
    phone.signs_in("tanaka", PASSWORD).await.is(200);
    server.visitor().asks_for_code(NUMBER).await.says("2 / 4");
    assert!(server.received(TANAKA).await.iter().any(|letter| letter.purpose == "recovery_code"));
}

#[tokio::test]
async fn a_thief_who_recovered_declares_nothing_lost_without_another_channel() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut thief = server.visitor_at("198.51.100.99");
    thief.asks_for_code(NUMBER).await;
    let code = server.code_for(TANAKA).await;
    thief.types_code(&code).await;
    thief.picks(&tanaka).await;
    thief.sets_password(NEW_PASSWORD).await;
    thief.signs_in("tanaka", NEW_PASSWORD).await;
    let mail = format!("contact_{}", thief.contact(MAIL).await);
    let typed = [("kind", "lost"), (&*mail, "on")];
    thief.submit(LOST, &typed).await.says("アカウントを止める");
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "incidents").is_empty());
    // All that is left is to have the account held.
    thief.submit(LOST, &[&typed[..], &[("if_unproved", "hold")]].concat()).await.is(200);
    assert!(!thief.is_signed_in().await);
    assert!(server.reload(&tanaka).await.held_at.is_some());
}

#[tokio::test]
async fn nothing_and_the_own_device_and_foreign_ids_are_no_loss() {
    let server = Server::start().await;
    let (_, mut own) = with_phone(&server).await;
    server.member("sato", &["080-9999-0000"]).await;
    let mut sato = server.signed_in("sato", "192.0.2.77").await;
    let foreign = format!("device_{}", device(&mut sato, "192.0.2.77").await);
    let this = format!("device_{}", device(&mut own, "203.0.113.5").await);
    let contact = format!("contact_{}", sato.contact("080-9999-0000").await);
    for fields in [vec![], vec![(&*foreign, "on")], vec![(&*this, "on")], vec![(&*contact, "on")]] {
        own.submit(LOST, &[&[("kind", "lost")][..], &fields].concat()).await.is(422);
    }
    assert!(raw::rows(&server.dump().await, "incidents").is_empty());
    assert!(sato.is_signed_in().await);
}

#[tokio::test]
async fn fifty_reports_at_once_are_one_case_and_one_notice() {
    let server = Server::start().await;
    let (_, mut own) = with_phone(&server).await;
    let device = format!("device_{}", device(&mut own, PHONE_AT).await);
    let reports = (0..50).map(|_| {
        let (mut own, device) = (own.clone(), device.clone());
        tokio::spawn(async move { own.post(LOST, &[("kind", "lost"), (&device, "on")]).await.status })
    });
    for report in reports.collect::<Vec<_>>() {
        assert_eq!(report.await.expect("no panic"), 303);
    }
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "incidents").len(), 1);
    let told = server.received(MAIL).await.iter().filter(|letter| letter.purpose == "loss_reported").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn an_administrator_reports_closes_and_undoes() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut phone = server.signed_in("tanaka", PHONE_AT).await;
    let (sato, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("/w/sakura/admin/members/{}/lost", tanaka.id);
    let shown = desk.get(&page).await;
    shown.says("090-••••-5678").does_not_say(NUMBER);
    let field = |prefix: &str| {
        let at = shown.text.find(prefix).unwrap_or_else(|| panic!("no {prefix}"));
        shown.text[at..].split_once('"').expect("an attribute").0.to_owned()
    };
    let (device, contact) = (field("device_dev_"), field("contact_con_"));
    let report = [("kind", "lost"), (&*device, "on"), (&*contact, "on")];
    desk.submit(&page, &report).await.says("届け出を受け付けました").says("対応を終える");
    assert!(!phone.is_signed_in().await);
    // Again, it changes nothing more, and shows the case.
    desk.submit(&page, &report).await.is(200).says("対応を終える");
    assert_eq!(raw::rows(&server.dump().await, "incidents").len(), 1);
    // Closed, what was lost stays so.
    desk.submit(&format!("{page}/close"), &[]).await.says("対応を終えました");
    phone.signs_in("tanaka", PASSWORD).await.is(403);
    // A release gives nothing of it back.
    desk.submit(&format!("/w/sakura/admin/members/{}/release", tanaka.id), &[]).await;
    phone.signs_in("tanaka", PASSWORD).await.is(403);
    desk.submit(&format!("{page}/found"), &[]).await.says("元にもどしました");
    phone.signs_in("tanaka", PASSWORD).await.is(200);
    // Nobody does it to themselves, nor to somebody of another workspace.
    let own = format!("/w/sakura/admin/members/{}/lost", sato.id);
    desk.submit(&own, &report).await;
    desk.get("/w/sakura/admin/members/mem_00000000000000000000000000/lost").await.is(404);
    let dump = server.dump().await;
    assert!(raw::rows(&dump, "incidents").iter().all(|row| row["member_id"] == tanaka.id.as_str()));
}

#[tokio::test]
async fn a_lost_number_is_taken_away_and_the_new_one_counts() {
    let server = Server::start().await;
    let (_, mut own) = with_phone(&server).await;
    let number = own.contact(NUMBER).await;
    own.reports_the_phone(&[]).await.is(200);
    let before = server.received(TANAKA).await.len();
    own.submit(&format!("/w/sakura/me/contacts/{number}/remove"), &[]).await.says("削除しました");
    assert_eq!(server.received(TANAKA).await.len(), before, "it has no say");
    // The case stays until somebody ends it; the device is lost as before.
    server.later(hours(1));
    let mut own = server.signed_in("tanaka", "203.0.113.6").await;
    own.get(LOST).await.says("端末の紛失").is(200);
    server.later(days(1));
}

#[tokio::test]
async fn a_sign_in_on_the_lost_device_that_is_on_its_way_comes_to_nothing() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    let phone = server.signed_in("tanaka", PHONE_AT).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("/w/sakura/admin/members/{}/lost", tanaka.id);
    let shown = desk.get(&page).await;
    let at = shown.text.find("device_dev_").expect("a device");
    let device = shown.text[at..].split_once('"').expect("an attribute").0.to_owned();
    for _ in 0..20 {
        let mut thief = phone.clone();
        thief.cookies.remove("aikagi_s_sakura");
        let entering = tokio::spawn(async move {
            thief.post("/w/sakura/sign-in", &[("login", "tanaka"), ("password", PASSWORD)]).await;
            thief
        });
        desk.post(&page, &[("kind", "stolen"), (&device, "on")]).await.is(303);
        let mut thief = entering.await.expect("no panic");
        assert!(!thief.is_signed_in().await);
        desk.post(&format!("{page}/found"), &[]).await.is(303);
        server.later(seconds(2));
    }
    // What was not lost stays open.
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    desk.post(&page, &[("kind", "stolen"), (&device, "on")]).await.is(303);
    assert!(own.is_signed_in().await);
}

#[tokio::test]
async fn what_an_older_case_left_lost_is_found_after_a_newer_one_was() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    server.signed_in("tanaka", PHONE_AT).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let page = format!("/w/sakura/admin/members/{}/lost", tanaka.id);
    let field = |shown: &Page, prefix: &str| {
        let at = shown.text.find(prefix).unwrap_or_else(|| panic!("no {prefix}"));
        shown.text[at..].split_once('"').expect("an attribute").0.to_owned()
    };
    let shown = desk.get(&page).await;
    let (device, contact) = (field(&shown, "device_dev_"), field(&shown, "contact_con_"));
    desk.submit(&page, &[("kind", "lost"), (&device, "on")]).await.is(200);
    desk.submit(&format!("{page}/close"), &[]).await.is(200);
    server.later(minutes(1));
    desk.submit(&page, &[("kind", "lost"), (&contact, "on")]).await.is(200);
    desk.submit(&format!("{page}/found"), &[]).await.says("元にもどしました");
    let lost = |dump: &raw::Dump, table: &str| raw::rows(dump, table).iter().any(|row| !row["lost_in"].is_null());
    let dump = server.dump().await;
    assert!(lost(&dump, "device_members") && !lost(&dump, "contacts"));
    desk.get(&page).await.says("見つかった");
    desk.submit(&format!("{page}/found"), &[]).await.says("元にもどしました");
    assert!(!lost(&server.dump().await, "device_members"));
}

#[tokio::test]
async fn the_list_is_handed_on_as_a_file_and_says_what_lives_on() {
    let server = Server::start().await;
    let (mut phone, mut own) = with_phone(&server).await;
    own.reports_the_phone(&[]).await.is(200);
    assert!(!phone.is_signed_in().await);
    let (_, mut boss) = server.keeper("suzuki", Role::Administrator).await;
    let page = boss.get("/w/sakura/admin").await;
    let at = page.says("紛失・盗難の対応中").text.find("/lost\">").expect("a case");
    let member = page.text[..at].rsplit('/').next().expect("an id").to_owned();
    let case = format!("/w/sakura/admin/members/{member}/lost");
    boss.get(&case).await.says("まだ使えるもの").says("まで使えることがあります");
    let file = boss.post(&format!("{case}/receipt"), &[("as", "json")]).await;
    let list: serde_json::Value = serde_json::from_str(&file.text).expect("JSON");
    assert_eq!((&list["login"], &list["what"]), (&"tanaka@sakura".into(), &"stolen".into()));
    let things = list["things"].as_array().expect("a list");
    let of = |kind: &str, state: &str| things.iter().filter(|one| one["kind"] == kind && one["state"] == state).count();
    assert_eq!((of("device", "stopped"), of("contact", "stopped"), of("session", "refused")), (1, 1, 1), "{list}");
    let living = things.iter().find(|one| one["state"] == "lives").expect("the computer");
    assert!(living["may_live_until"].as_str().is_some_and(|at| at.ends_with('Z')), "{living}");
    assert!(!file.text.contains("9012345678") && file.text.contains("090-••••-5678"), "contacts are masked");
    let file = boss.post(&format!("{case}/receipt"), &[("as", "csv")]).await;
    assert!(file.text.starts_with("\u{feff}kind,id,name,state,told_at"), "{}", file.text);
    assert!(file.headers["content-disposition"].to_str().is_ok_and(|name| name.contains("attachment")));
    assert_eq!(file.text.lines().count(), 5);
    boss.post(&format!("{case}/receipt"), &[("as", "exe")]).await.is(400);
    // Not for a member, nor for another workplace's administrator.
    own.post(&format!("{case}/receipt"), &[("as", "json")]).await.is(403);
    let nobody = case.replace(&member, "mem_00000000000000000000000000");
    boss.post(&format!("{nobody}/receipt"), &[("as", "json")]).await.is(404);
}

#[tokio::test]
async fn administrators_are_told_of_a_members_report_once() {
    let server = Server::start().await;
    let (_, mut own) = with_phone(&server).await;
    let (_, mut boss) = server.keeper("suzuki", Role::Administrator).await;
    for _ in 0..2 {
        own.reports_the_phone(&[]).await.is(200);
    }
    sweeps::watch(&server.app).await.expect("the database works");
    boss.get("/w/sakura/admin/alerts").await.says("メンバーが端末の紛失・盗難を届け出ました");
    assert_eq!(raw::count(&server.dump().await, "alerts", "event", "member_loss"), 1);
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "member_loss"), 1);
}

#[tokio::test]
async fn the_help_desk_reports_for_whom_it_proved_and_stops_no_contact_by_another() {
    let server = Server::start().await;
    let (mut phone, mut own) = with_phone(&server).await;
    let id = device(&mut own, PHONE_AT).await;
    let contact = format!("contact_{}", own.contact(MAIL).await);
    let (_, mut desk) = server.keeper("kato", Role::HelpDesk).await;
    let call = desk.opens_call("tanaka", None).await;
    desk.submit(&format!("{call}/lost"), &[("kind", "lost"), (&format!("device_{id}"), "on")]).await;
    assert!(phone.is_signed_in().await, "not proved yet");
    // Whoever has the telephone reads the letters out, and would have the mail stopped.
    let code = server.letters_for(&mut desk, &call, "sms", TANAKA).await;
    desk.submit(&format!("{call}/letters"), &[("letters", &code)]).await.says("本人とわかりました");
    desk.get(&format!("{call}/lost")).await.says("管理者に引き継いでください").does_not_say("ichiro");
    desk.submit(&format!("{call}/lost"), &[("kind", "lost"), (&contact, "on")]).await.is(422);
    assert!(raw::rows(&server.dump().await, "incidents").is_empty());
    let fields = [("kind", "lost"), (&*format!("device_{id}"), "on"), (&*contact, "on")];
    desk.submit(&format!("{call}/lost"), &fields).await.says("届け出を受け付けました");
    assert!(!phone.is_signed_in().await);
    let frozen = raw::count(&server.dump().await, "contacts", "state", "frozen");
    assert_eq!(frozen, 0, "no contact by another");
    // Nobody else's call, and none that is over.
    let (_, mut other) = server.keeper("mori", Role::HelpDesk).await;
    other.post(&format!("{call}/lost"), &fields).await.is(404);
    server.later(minutes(31));
    let mut late = fields.to_vec();
    late.push(("again", PASSWORD));
    desk.submit(&format!("{call}/lost"), &late).await.does_not_say("届け出を受け付けました");
}
