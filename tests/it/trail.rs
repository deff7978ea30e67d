//! Somebody waits for a message and sees how far it has come, as the page is loaded and while it is open; whoever may not know sees what strangers see.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aikagi::deliver::Outcome;
use aikagi::model::{Cause, minutes};
use reqwest::{Client, Response};

use crate::harness::{Browser, Server};
use crate::messages::{told, two, work, worker};

const NUMBER: &str = "090-1234-5678";
const TANAKA: &str = "+819012345678";
const STATE: &str = "/recover/code/state";

/// The server behind a socket, for streams that go on. Answers its address.
pub async fn behind_a_socket(server: &Server) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let service = server.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    url
}

/// Asks for what a browser's page asks for, and leaves it open.
pub async fn opens(url: &str, browser: &Browser, path: &str) -> Response {
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = Client::new().get(format!("{url}{path}")).header("cookie", cookies.join("; "));
    request.header("accept-language", "ja").send().await.expect("an answer")
}

/// What a stream says next; none when it ends.
pub async fn next(stream: &mut Response) -> Option<String> {
    let chunk =
        tokio::time::timeout(Duration::from_secs(10), stream.chunk()).await.expect("in time").expect("a stream");
    chunk.map(|bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8"))
}

/// Somebody at a device that the account knows, who asked for a code there.
async fn waits_for_a_code(server: &Server) -> Browser {
    server.member("tanaka", &[NUMBER]).await;
    let mut known = server.signed_in("tanaka", "198.51.100.7").await;
    known.post("/w/sakura/sign-out", &[]).await;
    known.asks_for_code(NUMBER).await.is(200);
    known
}

#[tokio::test]
async fn a_known_device_sees_what_became_of_the_code_and_a_stranger_sees_what_strangers_see() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    let mut known = server.signed_in("tanaka", "198.51.100.7").await;
    known.post("/w/sakura/sign-out", &[]).await;
    known.asks_for_code("090-1234-5678").await.says("送信を受け付けました").does_not_say("送信の会社に渡しました");
    work(&worker).await;
    known.get("/recover/code").await.says("送信の会社に渡しました").says("届くのを待っています");
    told(&server, "first", "first-1", Outcome::Delivered).await;
    known.get("/recover/code").await.says("<span>届きました").does_not_say("data-trail");
    let live = known.get("/recover/code/state").await;
    live.is(200);
    assert!(live.text.contains("event: over") && live.text.contains("届きました"), "{}", live.text);

    for number in ["090-1234-5678", "090-9999-9999"] {
        let mut stranger = server.visitor_at("203.0.113.7");
        stranger.asks_for_code(number).await.does_not_say("送信を受け付けました");
        work(&worker).await;
        stranger.get("/recover/code").await.does_not_say("送信の会社に渡しました").does_not_say("data-trail");
        stranger.get("/recover/code/state").await.is(404);
    }
    server.visitor().get("/recover/code/state").await.is(404);
}

#[tokio::test]
async fn a_member_sends_a_test_message_and_sees_it_arrive() {
    let server = Server::start().await;
    server.member("tanaka", &["090-1234-5678"]).await;
    server.member("sato", &["090-1111-2222"]).await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    let mut tanaka = server.signed_in("tanaka", "198.51.100.7").await;
    let id = tanaka.contact("090-1234-5678").await;
    let at = format!("/w/sakura/me/contacts/{id}/try");
    tanaka.get(&at).await.says("ためしのメッセージを送ります");
    tanaka.get(&format!("{at}/state")).await.is(404);
    tanaka.submit(&at, &[]).await.says("ためしのメッセージを送りました");
    work(&worker).await;
    let sent = first.sent();
    assert_eq!((sent[0].to.as_str(), sent[0].purpose.as_str()), (TANAKA, "test"));
    assert!(!sent[0].text.contains(|c: char| c.is_ascii_digit()), "it holds no code: {}", sent[0].text);
    tanaka.get(&at).await.says("送信の会社に渡しました").says("data-trail");
    told(&server, "first", "first-1", Outcome::Undeliverable(Cause::Blocked)).await;
    tanaka.get(&at).await.says("届けられませんでした").says("迷惑メッセージの対策");

    // Its budget is its own, and nobody else's contact is there.
    for _ in 0..5 {
        tanaka.post(&at, &[]).await;
    }
    tanaka.post(&at, &[]).await.is(429);
    tanaka.asks_for_code("090-1234-5678").await.is(200);
    let mut sato = server.signed_in("sato", "198.51.100.8").await;
    sato.get(&at).await.is(404);
    sato.post(&at, &[]).await.is(404);
    sato.get(&format!("{at}/state")).await.is(404);
}

#[tokio::test]
async fn the_code_of_a_new_number_and_of_a_drill_are_seen_on_their_way() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    server.member("sato", &["090-1111-2222"]).await;
    let (first, second) = two();
    let worker = worker(&server, &[&first, &second]);
    let mut tanaka = server.signed_in("tanaka", "198.51.100.7").await;
    let mut sato = server.signed_in("sato", "198.51.100.8").await;

    let page = tanaka.submit("/w/sakura/me/contacts/add-mobile", &[("number", "080-9876-5432")]).await;
    page.is(200).says("送信を受け付けました").says("お問い合わせ番号").says("data-trail");
    let verify = page.text.split("data-trail=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let (verify, state) = (verify.trim_end_matches("/state").to_owned(), verify.to_owned());
    work(&worker).await;
    tanaka.get(&verify).await.says("送信の会社に渡しました").says("届くのを待っています");
    told(&server, "first", "first-1", Outcome::Undeliverable(Cause::UnknownDestination)).await;
    tanaka.get(&verify).await.says("届けられませんでした").does_not_say("data-trail");
    let live = tanaka.get(&state).await;
    assert!(live.text.contains("event: over") && live.text.contains("届けられませんでした"), "{}", live.text);
    for path in [&verify, &state] {
        sato.get(path).await.is(404);
    }
    assert_eq!(server.visitor().get(&state).await.leads_to(), "/w/sakura/sign-in");

    let contact = tanaka.contact(NUMBER).await;
    let drill = tanaka.submit("/w/sakura/me/drill", &[("contact", &contact)]).await;
    drill.is(200).says("送信を受け付けました").says("お問い合わせ番号").says("/me/drill/code/state");
    work(&worker).await;
    told(&server, "first", "first-2", Outcome::Delivered).await;
    tanaka.get("/w/sakura/me/drill/code").await.says("<span>届きました");
    sato.get("/w/sakura/me/drill/code/state").await.is(404);
    let letter = first.sent().into_iter().find(|letter| letter.to == TANAKA).expect("a code");
    let code = crate::harness::digits(&letter.text);
    tanaka.submit("/w/sakura/me/drill/code", &[("code", &code)]).await.says("できました");
    tanaka.get("/w/sakura/me/drill/code/state").await.is(404);
}

#[tokio::test]
async fn an_older_code_of_a_contact_is_no_trail_of_the_next_one() {
    let server = Server::start().await;
    server.member("tanaka", &[NUMBER]).await;
    let mut tanaka = server.signed_in("tanaka", "198.51.100.7").await;
    let contact = tanaka.contact(NUMBER).await;
    let at = format!("/w/sakura/me/contacts/{contact}");
    tanaka.get(&format!("{at}/verify")).await.does_not_say("お問い合わせ番号");
    tanaka.submit(&format!("{at}/resend"), &[]).await.says("送信を受け付けました");
    let code = server.code_for(TANAKA).await;
    tanaka.submit(&format!("{at}/verify"), &[("code", &code)]).await.is(200);
    tanaka.get(&format!("{at}/verify")).await.does_not_say("送信を受け付けました");
    server.later(minutes(2));
    tanaka.submit(&format!("{at}/resend"), &[]).await.says("送信を受け付けました").says("data-trail");
}

#[tokio::test]
async fn a_stream_tells_as_it_happens_and_ends_with_the_attempt() {
    let server = Server::start().await;
    let mut known = waits_for_a_code(&server).await;
    let url = behind_a_socket(&server).await;
    let mut stream = opens(&url, &known, STATE).await;
    assert_eq!(
        (stream.status().as_u16(), &stream.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    let first = next(&mut stream).await.expect("what is now");
    assert!(first.starts_with("retry: 1000\ndata: ") && !first.contains("送信の会社"), "{first}");

    // While it is open it costs one read a second, whoever looks.
    let (before, began) = (server.app.db.statements(), Instant::now());
    while server.app.db.statements() < before + 3 {
        tokio::task::yield_now().await;
    }
    assert!(began.elapsed() > Duration::from_millis(1_900), "{:?}", began.elapsed());

    let code = server.code_for(TANAKA).await;
    let handed = next(&mut stream).await.expect("news");
    assert!(handed.contains("送信の会社に渡しました") && !handed.contains("event: over"), "{handed}");
    known.types_code(&code).await.says("tanaka@sakura");
    assert_eq!(next(&mut stream).await, None, "nobody waits for it any more");
    assert_eq!(opens(&url, &known, STATE).await.status(), 404);
}

#[tokio::test]
async fn one_network_has_only_so_many_streams_and_a_place_that_is_left_is_free() {
    let server = Server::start().await;
    let known = waits_for_a_code(&server).await;
    let url = behind_a_socket(&server).await;
    let mut open = Vec::new();
    for _ in 0..30 {
        let mut stream = opens(&url, &known, STATE).await;
        assert!(next(&mut stream).await.is_some());
        open.push(stream);
    }
    let turned_away = opens(&url, &known, STATE).await;
    assert_eq!(turned_away.status(), 503);
    assert!(turned_away.headers().contains_key("retry-after"));
    // The page is there all the same.
    known.clone().get("/recover/code").await.is(200).says("送信を受け付けました");
    open.truncate(20);
    let began = Instant::now();
    while opens(&url, &known, STATE).await.status() != 200 {
        assert!(began.elapsed() < Duration::from_secs(20), "what nobody reads is given back");
    }
}
