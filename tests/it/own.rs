//! What people do with their own account: contacts, password, sessions, the look around after a recovery.

use aikagi::flows::{members, standing, workspaces};
use aikagi::model::{LoginName, Policy, Role, days, hours, minutes, seconds};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server};

const MOBILE: &str = "+819012345678";
const OTHER_MOBILE: &str = "+818098765432";
const EMAIL: &str = "ichiro@example.jp";

/// Adds a contact as pages do, and answers the path of the page that asks for its code.
async fn adds(browser: &mut Browser, kind: &str, typed: &str) -> String {
    let field = if kind == "mobile" { "number" } else { "email" };
    let page = browser.post(&format!("/w/sakura/me/contacts/add-{kind}"), &[(field, typed)]).await;
    page.leads_to().to_owned()
}

#[tokio::test]
async fn a_new_member_sets_a_password_by_link_and_adds_contacts_that_count_at_once() {
    let server = Server::start().await;
    let (_, link) = server.invited_to(&server.workspace, "suzuki", Role::Owner).await;
    let mut browser = server.visitor();
    browser.get(&link).await.says("suzuki@sakura");
    browser.submit(&link, &[("password", "suzuki")]).await.is(422);
    browser.submit(&link, &[("password", PASSWORD)]).await.says("value=\"suzuki@sakura\"");
    browser.get(&link).await.is(410);
    browser.submit(&link, &[("password", NEW_PASSWORD)]).await.is(410);

    browser.signs_in("suzuki@sakura", PASSWORD).await.is(200);
    browser.get("/w/sakura/me").await.says("me/contacts/add-mobile");
    let verify = adds(&mut browser, "mobile", "090-1234-5678").await;
    let code = server.code_for(MOBILE).await;
    browser.submit(&verify, &[("code", "0000 0000")]).await.is(422);
    browser.submit(&verify, &[("code", &code)]).await.says("090-1234-5678");
    let verify = adds(&mut browser, "email", EMAIL).await;
    let code = server.code_for(EMAIL).await;
    browser.submit(&verify, &[("code", &code)]).await.is(200);

    let mut phone = server.visitor_at("203.0.113.5");
    phone.asks_for_code_by_email(EMAIL, "").await.is(200);
    let code = server.code_for(EMAIL).await;
    phone.types_code(&code).await.says("suzuki@sakura");
}

#[tokio::test]
async fn a_later_contact_waits_a_day_and_the_older_ones_are_told() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    let verify = adds(&mut browser, "mobile", "080-9876-5432").await;
    let code = server.code_for(OTHER_MOBILE).await;
    browser.submit(&verify, &[("code", &code)]).await.says("080-9876-5432");

    for told in [MOBILE, EMAIL, OTHER_MOBILE] {
        let letters = server.received(told).await;
        assert!(letters.iter().any(|letter| letter.purpose == "contact_added"), "{told} was told");
    }
    let mut phone = server.visitor_at("203.0.113.5");
    phone.asks_for_code("080-9876-5432").await.is(200);
    assert_eq!(codes(&server, OTHER_MOBILE).await, 1, "only the code that proved the number");

    server.later(hours(24) + minutes(1));
    phone.asks_for_code("080-9876-5432").await.is(200);
    let code = server.code_for(OTHER_MOBILE).await;
    phone.types_code(&code).await.says("tanaka@sakura");
    phone.picks(&tanaka).await.says("4 / 4");
}

async fn codes(server: &Server, to: &str) -> usize {
    server.received(to).await.iter().filter(|letter| letter.purpose.ends_with("code")).count()
}

#[tokio::test]
async fn the_old_contact_objects_and_both_are_frozen() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    let verify = adds(&mut browser, "mobile", "080-9876-5432").await;
    let code = server.code_for(OTHER_MOBILE).await;
    browser.submit(&verify, &[("code", &code)]).await.is(200);
    let mail = server.received(EMAIL).await.into_iter().find(|letter| letter.purpose == "contact_added").unwrap();
    let link = link_in(&mail.text);

    let mut scanner = server.visitor_at("203.0.113.80");
    scanner.get(&link).await.is(200);
    assert!(!browser.get("/w/sakura/me/contacts").await.text.contains("凍結"), "opening the link changes nothing");
    let mut elsewhere = server.visitor_at("203.0.113.5");
    elsewhere.submit(&link, &[]).await.is(200);

    let page = browser.get("/w/sakura/me/contacts").await;
    assert_eq!(page.text.matches("凍結").count(), 2, "the new number and the objecting address: {}", page.main());
    server.later(days(2));
    for (to, typed) in [(OTHER_MOBILE, "080-9876-5432"), (EMAIL, EMAIL)] {
        let before = codes(&server, to).await;
        let mut thief = server.visitor_at("203.0.113.9");
        if typed.contains('@') {
            thief.asks_for_code_by_email(typed, "").await.is(200);
        } else {
            thief.asks_for_code(typed).await.is(200);
        }
        assert_eq!(codes(&server, to).await, before, "{to} recovers nothing");
    }
    let mut phone = server.visitor_at("203.0.113.77");
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    phone.types_code(&code).await.says("tanaka@sakura");

    assert!(members::take_step(&server.app, &tanaka, standing::Step::Release).await.unwrap());
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    assert!(!browser.get("/w/sakura/me/contacts").await.text.contains("凍結"));
}

/// The path of the link in a message.
pub fn link_in(text: &str) -> String {
    let (_, rest) = text.split_once("http://id.example.jp").unwrap_or_else(|| panic!("no link in {text:?}"));
    rest.split(|c: char| !c.is_ascii_graphic()).next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn after_a_recovery_the_stranger_is_stopped_with_one_button() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let mut owner = server.visitor();
    owner.signs_in("tanaka", PASSWORD).await.is(200);

    let mut thief = server.visitor_at("203.0.113.9");
    thief.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    owner.get("/w/sakura/me").await.does_not_say("入り直しの手続きが進んでいます");
    thief.types_code(&code).await.is(200);
    owner.get("/w/sakura/me").await.says("入り直しの手続きが進んでいます");
    thief.picks(&tanaka).await.is(200);
    thief.sets_password(NEW_PASSWORD).await.is(200);
    assert!(!owner.is_signed_in().await, "every session ends");
    thief.signs_in("tanaka", NEW_PASSWORD).await.says("me/checkup");
    assert!(thief.is_signed_in().await);

    let mail = server.received(EMAIL).await.into_iter().find(|letter| letter.purpose == "recovered").unwrap();
    owner.submit(&link_in(&mail.text), &[]).await.is(200);
    assert!(!thief.is_signed_in().await, "the hold ends the thief's session");
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(403);
    thief.signs_in("tanaka", "何か別のことばを入れてみましょう").await.is(422);
    let before = codes(&server, MOBILE).await;
    server.later(minutes(20));
    thief.asks_for_code("090-1234-5678").await.is(200);
    assert_eq!(codes(&server, MOBILE).await, before, "a held account recovers nothing");

    assert!(members::take_step(&server.app, &tanaka, standing::Step::Release).await.unwrap());
    thief.signs_in("tanaka", NEW_PASSWORD).await.is(200);
}

#[tokio::test]
async fn the_word_of_an_sms_holds_the_account_as_well() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    browser.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    assert!(browser.is_signed_in().await, "this session goes on");
    let sms = server.received(MOBILE).await.into_iter().find(|letter| letter.purpose == "password_changed").unwrap();
    let is_word = |part: &&str| part.len() == 14 && part.matches('-').count() == 2;
    let word = sms.text.split(|c: char| !(c.is_ascii_uppercase() || c == '-')).find(is_word).unwrap().to_lowercase();

    let mut owner = server.visitor_at("203.0.113.5");
    owner.submit("/not-me", &[("word", "BCDF-GHJK-MNPQ")]).await.is(422);
    owner.submit("/not-me", &[("word", &word)]).await.is(200);
    assert!(browser.is_signed_in().await, "before the button nothing has changed");
    owner.submit("/not-me", &[("word", &word), ("sure", "yes")]).await.is(200);
    assert!(!browser.is_signed_in().await);
    assert!(server.reload(&tanaka).await.held_at.is_some());
    owner.submit("/not-me", &[("word", &word), ("sure", "yes")]).await.is(200);
}

#[tokio::test]
async fn after_a_recovery_contacts_stay_for_a_day_unless_the_other_channel_proves() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &["090-1234-5678", EMAIL]).await;
    let mut phone = server.visitor();
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", NEW_PASSWORD).await.says("me/checkup");
    phone.submit("/w/sakura/me/checkup", &[]).await.is(200);

    let contacts = phone.get("/w/sakura/me/contacts").await;
    let ids: Vec<&str> = contacts.text.match_indices("con_").map(|(at, _)| &contacts.text[at..at + 30]).collect();
    let (mobile, email) = (ids.first().unwrap(), ids.last().unwrap());
    let remove = format!("/w/sakura/me/contacts/{mobile}/remove");
    phone.submit(&remove, &[]).await.says("入り直");
    assert!(phone.get("/w/sakura/me/contacts").await.text.contains("090-1234-5678"), "it stays");

    server.later(minutes(1));
    phone.submit(&format!("/w/sakura/me/contacts/{email}/resend"), &[]).await.is(200);
    let code = server.code_for(EMAIL).await;
    phone.submit(&format!("/w/sakura/me/contacts/{email}/verify"), &[("code", &code)]).await.is(200);
    phone.submit(&remove, &[]).await.does_not_say("090-1234-5678");
    let told = server.received(MOBILE).await;
    assert!(told.iter().any(|letter| letter.purpose == "contact_removed"), "the removed number is told");
}

/// tanaka has recovered by the number and is signed in, with the check-up done.
async fn recovered_by_sms(server: &Server, contacts: &[&str]) -> Browser {
    let tanaka = server.member("tanaka", contacts).await;
    let mut phone = server.visitor();
    phone.asks_for_code("090-1234-5678").await.is(200);
    let code = server.code_for(MOBILE).await;
    phone.types_code(&code).await.is(200);
    phone.picks(&tanaka).await.is(200);
    phone.sets_password(NEW_PASSWORD).await.is(200);
    phone.signs_in("tanaka", NEW_PASSWORD).await.says("me/checkup");
    phone.submit("/w/sakura/me/checkup", &[]).await.is(200);
    phone
}

#[tokio::test]
async fn who_cannot_prove_another_channel_can_only_have_the_account_held() {
    let server = Server::start().await;
    workspaces::set_contact_text(&server.app, &server.workspace, Some("総務の佐藤（内線 123）まで"), None)
        .await
        .unwrap();
    let mut phone = recovered_by_sms(&server, &["090-1234-5678", EMAIL]).await;
    let (mobile, email) = (phone.contact("090-1234-5678").await, phone.contact(EMAIL).await);
    let remove = format!("/w/sakura/me/contacts/{email}/remove");
    let page = phone.get(&remove).await;
    page.says("24時間").says("if_unproved").says("すべての端末がサインアウトします").says("総務の佐藤（内線 123）まで");
    page.says(&format!("{email}/resend?next={remove}")).does_not_say(&format!("{mobile}/resend"));
    assert!(page.text.find("remove-hold").is_none(), "every text has its words");
    phone.submit(&remove, &[("if_unproved", "no")]).await.says("if_unproved");
    assert!(phone.is_signed_in().await, "asked for by nothing else");

    let mut second = server.visitor_at("203.0.113.66");
    second.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    let kept = phone.cookies.clone();
    let page = phone.submit(&remove, &[("if_unproved", "hold")]).await;
    page.is(200).says("アカウントを一時的に止めました").says("総務の佐藤（内線 123）まで").does_not_say("me/contacts");
    for to in [MOBILE, EMAIL] {
        let letters = server.received(to).await;
        assert_eq!(letters.iter().filter(|letter| letter.purpose == "held").count(), 1, "{to}");
        assert!(letters.iter().all(|letter| letter.purpose != "contact_removed"), "{to}");
    }

    // Who held the session, or another one, can do nothing with it any more.
    phone.cookies = kept;
    let before = server.dump().await;
    for browser in [&mut phone, &mut second] {
        assert!(!browser.is_signed_in().await);
        for (path, fields) in [
            (remove.as_str(), vec![]),
            (remove.as_str(), vec![("if_unproved", "hold")]),
            ("/w/sakura/me/contacts/add-email", vec![("email", "thief@example.jp")]),
            ("/w/sakura/me/password", vec![("current", NEW_PASSWORD), ("password", PASSWORD)]),
            ("/w/sakura/me/checkup", vec![]),
        ] {
            assert_eq!(browser.post(path, &fields).await.leads_to(), "/w/sakura/sign-in", "{path}");
        }
        browser.signs_in("tanaka", NEW_PASSWORD).await.is(403).says("止めています");
    }
    let after = server.dump().await;
    for table in ["members", "passwords", "contacts", "outbox", "codes"] {
        assert_eq!(crate::raw::rows(&before, table), crate::raw::rows(&after, table), "{table}");
    }
    assert_eq!(crate::raw::count(&after, "audit", "action", "removal_held"), 1);

    let tanaka = members::by_login(&server.app, &server.workspace, &LoginName::parse("tanaka").unwrap()).await.unwrap();
    assert!(members::take_step(&server.app, &tanaka.unwrap(), standing::Step::Release).await.unwrap());
    phone.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    phone.get("/w/sakura/me/contacts").await.says(EMAIL).says("090-1234-5678");
}

#[tokio::test]
async fn the_button_that_holds_removes_where_nothing_needs_a_proof() {
    let server = Server::start().await;
    let mut phone = recovered_by_sms(&server, &["090-1234-5678", EMAIL]).await;
    let email = phone.contact(EMAIL).await;
    let remove = format!("/w/sakura/me/contacts/{email}/remove");
    server.later(minutes(1));
    let page = phone.post(&format!("/w/sakura/me/contacts/{email}/resend?next={remove}"), &[]).await;
    let code = server.code_for(EMAIL).await;
    let back = phone.post(page.leads_to(), &[("code", &code)]).await;
    assert_eq!(back.leads_to(), remove, "back to what asked for the proof");
    phone.get(&remove).await.says("連絡先を確認しました").does_not_say("if_unproved");
    phone.submit(&remove, &[("if_unproved", "hold")]).await.says("連絡先を削除しました");
    assert!(phone.is_signed_in().await);

    // Without anybody else to ask, the page says so.
    let server = Server::start().await;
    let mut phone = recovered_by_sms(&server, &["090-1234-5678"]).await;
    let mobile = phone.contact("090-1234-5678").await;
    let remove = format!("/w/sakura/me/contacts/{mobile}/remove");
    phone.get(&remove).await.says("ほかにありません").says("if_unproved");
    // The way on after a code leads nowhere else.
    for next in ["//evil.example/", "https://evil.example/", "/w/ume/me/contacts", "/w/sakura/sign-in"] {
        let page = phone.get(&format!("/w/sakura/me/contacts/{mobile}/verify?next={next}")).await;
        page.does_not_say("evil.example").does_not_say("next=/w/ume").says("next=/w/sakura/me\"");
    }
}

#[tokio::test]
async fn delicate_pages_ask_for_the_password_again() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    server.later(minutes(6));
    let page = browser.get("/w/sakura/me/contacts/add-email").await;
    assert_eq!(page.leads_to(), "/w/sakura/me/confirm?next=/w/sakura/me/contacts/add-email");
    browser.submit("/w/sakura/me/contacts/add-email", &[("email", EMAIL)]).await;
    assert!(server.received(EMAIL).await.is_empty(), "nothing was sent");
    browser
        .submit("/w/sakura/me/confirm", &[("password", "x"), ("next", "/w/sakura/me/contacts/add-email")])
        .await
        .is(422);
    let page = browser.post("/w/sakura/me/confirm", &[("password", PASSWORD), ("next", "//evil.example/")]).await;
    assert_eq!(page.leads_to(), "/w/sakura/me");
    browser.get("/w/sakura/me/contacts/add-email").await.is(200);
}

#[tokio::test]
async fn sessions_end_by_time_by_hand_and_elsewhere() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let (mut pc, mut phone) = (server.visitor(), server.visitor_at("203.0.113.5"));
    pc.signs_in("tanaka", PASSWORD).await.is(200);
    phone.signs_in("tanaka", PASSWORD).await.is(200);
    phone.get("/w/sakura/me/devices").await.says("203.0.113.5").says("198.51.100.7");
    phone.submit("/w/sakura/me/devices/sign-out-others", &[]).await.is(200);
    assert!(!pc.is_signed_in().await);
    assert!(phone.is_signed_in().await);

    pc.signs_in("tanaka", PASSWORD).await.is(200);
    let kept = pc.cookies.clone();
    pc.submit("/w/sakura/sign-out", &[]).await.says("サインアウト");
    pc.cookies = kept;
    assert!(!pc.is_signed_in().await, "a copied cookie is dead after signing out");

    server.later(minutes(61));
    phone.open("/w/sakura/me").await.says("サインイン");
    assert!(!phone.is_signed_in().await, "an hour without use");

    phone.signs_in("tanaka", PASSWORD).await.is(200);
    for _ in 0..14 {
        server.later(minutes(50));
        phone.get("/w/sakura/me").await;
    }
    assert!(phone.is_signed_in().await, "in use");
    server.later(minutes(30));
    assert!(!phone.is_signed_in().await, "twelve hours at most");
}

#[tokio::test]
async fn a_password_that_was_used_before_or_is_known_is_refused_with_the_reason() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    let path = "/w/sakura/me/password";
    for bad in [PASSWORD, "passwordpassword", "tanakatanakatanaka", "みじかい", "aaaaaaaaaaaaaaaaaaaa"] {
        browser.submit(path, &[("current", PASSWORD), ("password", bad)]).await.is(422);
    }
    browser
        .submit(path, &[("current", "まちがったパスワードです、ほんとうに"), ("password", NEW_PASSWORD)])
        .await
        .is(422);
    browser.submit(path, &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    browser.submit(path, &[("current", NEW_PASSWORD), ("password", PASSWORD)]).await.is(422);
}

#[tokio::test]
async fn the_workspace_may_demand_contacts_and_let_passwords_expire() {
    let server = Server::start().await;
    let mut policy = Policy::nist();
    policy.contacts.required_after_days = Some(40);
    policy.password.expiry_days = Some(90);
    aikagi::flows::workspaces::set_policy(&server.app, &server.workspace, &policy).await.unwrap();
    server.member("tanaka", &[]).await;
    let mut browser = server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.says("me/later");
    browser.submit("/w/sakura/me/later", &[]).await.does_not_say("me/later");
    server.later(days(41));
    browser.signs_in("tanaka", PASSWORD).await.says("add-mobile").does_not_say("me/later");
    server.later(days(30));
    let page = browser.signs_in("tanaka", PASSWORD).await;
    page.says("name=\"current\"");
    assert_eq!(browser.get("/w/sakura/me/contacts").await.leads_to(), "/w/sakura/me/password");
    browser.submit("/w/sakura/me/password", &[("current", PASSWORD), ("password", NEW_PASSWORD)]).await.is(200);
    browser.get("/w/sakura/me/contacts").await.is(200);
}

#[tokio::test]
async fn somebody_elses_contacts_and_sessions_are_not_found() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    server.member("sato", &["080-9876-5432"]).await;
    let (mut tanaka, mut sato) = (server.visitor(), server.visitor_at("203.0.113.5"));
    tanaka.signs_in("tanaka", PASSWORD).await.is(200);
    sato.signs_in("sato", PASSWORD).await.is(200);
    let page = sato.get("/w/sakura/me/contacts").await;
    let contact = &page.text[page.text.find("con_").unwrap()..][..30];
    let page = sato.get("/w/sakura/me/devices").await;
    let at = page.text.find("dev_").expect("a device");
    let device = page.text[at..at + 30].to_owned();
    for path in ["verify", "remove"] {
        tanaka.get(&format!("/w/sakura/me/contacts/{contact}/{path}")).await.is(404);
    }
    for path in ["verify", "remove", "resend"] {
        tanaka.submit(&format!("/w/sakura/me/contacts/{contact}/{path}"), &[("code", "1234 5678")]).await.is(404);
    }
    tanaka.get(&format!("/w/sakura/me/devices/{device}/name")).await.is(404);
    tanaka.submit(&format!("/w/sakura/me/devices/{device}/name"), &[("name", "x")]).await.is(404);
    tanaka.submit(&format!("/w/sakura/me/devices/{device}/sign-out"), &[]).await.is(404);
    assert!(sato.is_signed_in().await);
    assert!(sato.get("/w/sakura/me/contacts").await.text.contains("080-9876-5432"));
    server.later(seconds(1));
}
