//! A page stays open while its session ends, by whatever it is ended: it hears of it within a look, and the door says why.

use aikagi::flows::open_pages;
use aikagi::model::{Policy, Role, hours};
use reqwest::Response;

use crate::devices::device;
use crate::harness::{Browser, NEW_PASSWORD, PASSWORD, Server};
use crate::trail::{behind_a_socket, next, opens};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const OPEN: &str = "/w/sakura/me/open";
const PHONE_AT: &str = "198.51.100.7";

/// A member's telephone with an open page, and their computer.
async fn with_an_open_page(server: &Server, url: &str) -> (Browser, Response, Browser) {
    let phone = server.signed_in("tanaka", PHONE_AT).await;
    let mut page = opens(url, &phone, OPEN).await;
    assert_eq!((page.status().as_u16(), &page.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
    assert!(next(&mut page).await.expect("a beginning").starts_with("retry: "));
    (phone, page, server.signed_in("tanaka", "203.0.113.5").await)
}

/// What the page hears by the next look.
async fn hears(server: &Server, page: &mut Response) -> String {
    open_pages::look(&server.app).await.expect("the database works");
    next(page).await.expect("news")
}

#[tokio::test]
async fn whatever_ends_a_session_its_open_page_hears_and_the_door_says_why() {
    let server = Server::start().await;
    let url = behind_a_socket(&server).await;
    let tanaka = server.member("tanaka", &[NUMBER]).await;
    let (_, mut boss) = server.keeper("suzuki", Role::Administrator).await;
    let desk = format!("/w/sakura/admin/members/{}", tanaka.id);
    for (why, words) in [
        ("elsewhere", "別の端末の操作で"),
        ("desk", "管理者の操作でサインアウト"),
        ("suspend", "いま使えなくなっています"),
        ("lost", "紛失・盗難として届け出"),
        ("password", "パスワードが変わったため"),
    ] {
        let (mut phone, mut page, mut own) = with_an_open_page(&server, &url).await;
        match why {
            "elsewhere" => drop(own.submit("/w/sakura/me/devices/sign-out-others", &[]).await),
            "desk" => drop(boss.submit(&format!("{desk}/sign-out"), &[]).await),
            "password" => {
                let fields = [("current", PASSWORD), ("password", NEW_PASSWORD)];
                own.submit("/w/sakura/me/password", &fields).await.is(200);
            }
            "suspend" => drop(boss.submit(&format!("{desk}/suspend"), &[]).await),
            _ => {
                let device = format!("device_{}", device(&mut own, PHONE_AT).await);
                own.submit("/w/sakura/me/lost", &[("kind", "lost"), (&device, "on")]).await.is(200);
            }
        }
        let heard = hears(&server, &mut page).await;
        assert!(heard.starts_with("event: over\n"), "{why}: {heard}");
        assert_eq!(next(&mut page).await, None, "{why}: that is all");
        phone.open("/w/sakura/me").await.says(words);
        if why == "suspend" {
            boss.submit(&format!("{desk}/resume"), &[]).await;
        }
    }
    assert_eq!(server.app.open_pages.count(), 0);
}

#[tokio::test]
async fn a_look_is_one_read_and_nobody_else_hears() {
    let server = Server::start().await;
    let url = behind_a_socket(&server).await;
    server.member("tanaka", &[NUMBER]).await;
    server.member("sato", &[]).await;
    let before = server.app.db.statements();
    open_pages::look(&server.app).await.expect("the database works");
    assert_eq!(server.app.db.statements(), before, "nothing is open");
    let (phone, mut page, mut own) = with_an_open_page(&server, &url).await;
    let sato = server.signed_in("sato", "192.0.2.1").await;
    let mut neighbour = opens(&url, &sato, OPEN).await;
    assert!(next(&mut neighbour).await.expect("a beginning").starts_with("retry: "));
    own.post("/w/sakura/sign-out", &[]).await;
    let before = server.app.db.statements();
    open_pages::look(&server.app).await.expect("the database works");
    assert_eq!(server.app.db.statements(), before + 1);
    // Both still live: they hear that only when the node stops, and ask another.
    server.app.open_pages.close();
    assert_eq!((next(&mut page).await, next(&mut neighbour).await), (None, None));
    let mut late = opens(&url, &phone, OPEN).await;
    assert!(next(&mut late).await.is_some_and(|text| text.starts_with("retry: ")), "told to come later");
    assert_eq!(next(&mut late).await, None);
}

#[tokio::test]
async fn an_open_page_is_no_use_of_the_session() {
    let server = Server::start().await;
    let url = behind_a_socket(&server).await;
    server.member("tanaka", &[NUMBER]).await;
    let mut phone = server.signed_in("tanaka", PHONE_AT).await;
    let hours_of_idleness = Policy::default().session.idle_minutes(Role::Member) / 60;
    for _ in 0..hours_of_idleness {
        let mut page = opens(&url, &phone, OPEN).await;
        assert!(next(&mut page).await.expect("a beginning").starts_with("retry: "));
        server.later(hours(1));
    }
    let mut page = opens(&url, &phone, OPEN).await;
    assert_eq!(next(&mut page).await.as_deref(), Some("event: over\ndata: \n\n"), "it idled away all the same");
    phone.open("/w/sakura/me").await.says("しばらく使っていなかったため");
}

#[tokio::test]
async fn who_was_never_signed_in_is_not_to_ask_again_and_one_session_has_its_share() {
    let server = Server::start().await;
    let url = behind_a_socket(&server).await;
    server.member("tanaka", &[NUMBER]).await;
    assert_eq!(opens(&url, &server.visitor(), OPEN).await.status(), 204);
    let mut forger = server.visitor();
    forger.cookies.insert("aikagi_s_sakura".to_owned(), format!("aks_{}", "0".repeat(65)));
    let mut page = opens(&url, &forger, OPEN).await;
    assert_eq!(next(&mut page).await.as_deref(), Some("event: over\ndata: \n\n"), "as for any that is over");
    forger.open("/w/sakura/me").await.does_not_say("別の端末").says("しばらく使っていなかったため");
    let phone = server.signed_in("tanaka", PHONE_AT).await;
    let mut open = Vec::new();
    for _ in 0..8 {
        let mut page = opens(&url, &phone, OPEN).await;
        assert!(next(&mut page).await.is_some());
        open.push(page);
    }
    let mut ninth = opens(&url, &phone, OPEN).await;
    assert!(next(&mut ninth).await.is_some_and(|text| text.starts_with("retry: ")));
    assert_eq!(next(&mut ninth).await, None, "it asks again later");
    assert!(server.received(TANAKA).await.iter().all(|letter| letter.purpose == "new_device"));
}
