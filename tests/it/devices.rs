//! One's own devices: told once when they are new, named, signed out from elsewhere.

use aikagi::model::{Role, days, hours};

use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server};
use crate::raw;

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const MAIL: &str = "ichiro@example.jp";
const PAGE: &str = "/w/sakura/me/devices";

async fn told(server: &Server, to: &str) -> usize {
    server.received(to).await.iter().filter(|letter| letter.purpose == "new_device").count()
}

/// The id of the device that is shown under this place.
pub async fn device(browser: &mut Browser, place: &str) -> String {
    let page = browser.get(PAGE).await;
    let at = page.text.find(place).unwrap_or_else(|| panic!("no {place} on {}", page.main()));
    let rest = &page.text[at..];
    rest[rest.find("dev_").expect("an id")..][..30].to_owned()
}

#[tokio::test]
async fn a_new_device_is_told_once_and_the_first_is_no_news() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut phone = server.visitor_at("198.51.100.7");
    phone.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, 0, "the first one");
    let mut office = server.visitor_at("203.0.113.5");
    office.signs_in("tanaka", PASSWORD).await.is(200);
    for to in [TANAKA, MAIL] {
        assert_eq!(told(&server, to).await, 1, "{to}");
    }
    let mail =
        server.received(MAIL).await.into_iter().rfind(|letter| letter.purpose == "new_device").expect("a notice");
    assert!(mail.text.contains("203.0.113.5") && mail.text.contains("/not-me/"), "{}", mail.text);
    // The same browser, from another place, after an update: its secret says that it is the same.
    server.later(hours(30));
    office.post("/w/sakura/sign-out", &[]).await;
    office.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, 1);
}

#[tokio::test]
async fn a_recovery_tells_of_itself_and_its_device_is_no_second_news() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER, MAIL]).await;
    server.visitor_at("198.51.100.7").signs_in("tanaka", PASSWORD).await.is(200);
    let mut lost = server.visitor_at("203.0.113.5");
    lost.asks_for_code(NUMBER).await;
    let code = server.code_for(TANAKA).await;
    lost.types_code(&code).await;
    lost.picks(&tanaka).await;
    lost.sets_password(NEW_PASSWORD).await;
    lost.signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, 0);
    // After the look around another new one is news again.
    lost.submit("/w/sakura/me/checkup", &[]).await.is(200);
    server.visitor_at("192.0.2.44").signs_in("tanaka", NEW_PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, 1);
}

#[tokio::test]
async fn what_is_signed_out_from_elsewhere_is_a_new_device_afterwards() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, MAIL]).await;
    let mut other = server.signed_in("tanaka", "198.51.100.7").await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let id = device(&mut own, "198.51.100.7").await;
    let before = told(&server, MAIL).await;
    own.submit(&format!("{PAGE}/{id}/sign-out"), &[]).await.says("サインアウトしました").says("サインアウト済み");
    assert!(!other.is_signed_in().await && own.is_signed_in().await);
    other.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, before + 1);
    own.submit(&format!("{PAGE}/sign-out-others"), &[]).await.says("すべてサインアウト");
    assert!(!other.is_signed_in().await);
    other.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, before + 2);
}

#[tokio::test]
async fn a_device_has_the_name_that_its_owner_gives_it() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let id = device(&mut own, "203.0.113.5").await;
    let path = format!("{PAGE}/{id}/name");
    own.get(&path).await.says("端末の名前");
    for wrong in ["あ".repeat(31), "a\u{202e}b".to_owned(), "一行\n二行".to_owned(), "p\u{430}ypal".to_owned()] {
        own.submit(&path, &[("name", &wrong)]).await.is(422);
    }
    own.submit(&path, &[("name", "<b>会社の</b>スマホ")]).await.says("&#60;b&#62;会社の");
    desk.get(&format!("/w/sakura/admin/members/{}", tanaka.id)).await.says("&#60;b&#62;会社の");
    own.submit(&path, &[("name", " ")]).await.does_not_say("会社の");
}

#[tokio::test]
async fn nobody_touches_a_device_of_somebody_else() {
    let server = Server::start().await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    server.member("sato", &[]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let id = device(&mut own, "203.0.113.5").await;
    let mut sato = server.signed_in("sato", "198.51.100.9").await;
    let before = server.dump().await;
    for path in [format!("{PAGE}/{id}/sign-out"), format!("{PAGE}/{id}/name"), format!("{PAGE}/dev_x/sign-out")] {
        sato.submit(&path, &[("name", "x")]).await.is(404);
    }
    assert_eq!(raw::rows(&before, "device_members").len(), raw::rows(&server.dump().await, "device_members").len());
    assert!(own.is_signed_in().await);
    // An administrator signs out who is below, and of theirs only what is theirs.
    let (keeper, mut desk) = server.keeper("mori", Role::Administrator).await;
    desk.submit(&format!("/w/sakura/admin/members/{}/devices/{id}/sign-out", keeper.id), &[]).await;
    assert!(own.is_signed_in().await);
    desk.submit(&format!("/w/sakura/admin/members/{}/devices/{id}/sign-out", tanaka.id), &[]).await.is(200);
    assert!(!own.is_signed_in().await);
}

#[tokio::test]
async fn a_device_that_nobody_used_for_half_a_year_is_not_shown() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    server.signed_in("tanaka", "198.51.100.7").await;
    server.later(days(181));
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    own.get(PAGE).await.says("203.0.113.5").does_not_say("198.51.100.7");
}

#[tokio::test]
async fn who_comes_with_the_beginning_of_a_known_token_is_told_of_as_anybody() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER, MAIL]).await;
    let own = server.signed_in("tanaka", "198.51.100.7").await;
    let mut forged = own.cookies["aikagi_d"].clone();
    let last = if forged.pop() == Some('a') { 'b' } else { 'a' };
    forged.push(last);
    let mut thief = server.visitor_at("203.0.113.5");
    thief.cookies.insert("aikagi_d".to_owned(), forged);
    thief.signs_in("tanaka", PASSWORD).await.is(200);
    assert_eq!(told(&server, MAIL).await, 1);
}
