//! Alerts for a program elsewhere: signed, tried again, and never sent into the house. The receivers here are real servers on this machine,
//! which the operator of these stories has opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aikagi::config::Config;
use aikagi::deliver::outgoing::{Names, Outgoing, OutgoingSettings};
use aikagi::deliver::worker::Worker;
use aikagi::deliver::{Carrier, WebhookCarrier};
use aikagi::flows::chain;
use aikagi::model::{Role, hours, minutes};
use aikagi::store::Db;
use data_encoding::BASE64;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::desk::alerts::{look, owner, settings};
use crate::desk::policy::hidden;
use crate::doctor::peers::Authority;
use crate::harness::{Browser, Server, config};
use crate::raw;

const SETTINGS: &str = "/w/sakura/admin/alerts/settings";
const WEBHOOK: &str = "/w/sakura/admin/alerts/webhook";

/// What a receiver does with a request.
#[derive(Clone, Copy)]
pub enum Habit {
    Takes,
    Fails,
    Redirects,
    Closes,
    Hangs,
    NeverEnds,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Came {
    head: String,
    pub body: String,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).unwrap_or_else(|| panic!("no {name}: {}", self.head)).1.trim()
    }

    /// Whether one of the signatures is of this secret, as docs/webhooks.md says to look: with another library than the server's.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = BASE64.decode(secret.strip_prefix("whsec_").expect("a secret").as_bytes()).expect("base64");
        let said = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
        self.header("webhook-signature").split(' ').any(|one| {
            let bytes = one.strip_prefix("v1,").and_then(|one| BASE64.decode(one.as_bytes()).ok());
            bytes.is_some_and(|bytes| aws_lc_rs::hmac::verify(&key, said.as_bytes(), &bytes).is_ok())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// A program elsewhere.
pub struct Receiver {
    pub url: String,
    came: Arc<Mutex<Vec<Came>>>,
    habit: Arc<Mutex<Habit>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://127.0.0.1:{}/hook?of=acme", listener.local_addr().expect("an address").port());
        let (came, habit) = (Arc::<Mutex<Vec<Came>>>::default(), Arc::new(Mutex::new(Habit::Takes)));
        let connections = Arc::new(AtomicUsize::new(0));
        let (all, how, count) = (came.clone(), habit.clone(), connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, all.clone(), *how.lock().await));
            }
        });
        Self { url, came, habit, connections }
    }

    pub async fn is(&self, habit: Habit) {
        *self.habit.lock().await = habit;
    }

    pub async fn came(&self) -> Vec<Came> {
        self.came.lock().await.clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    all: Arc<Mutex<Vec<Came>>>,
    habit: Habit,
) -> Option<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    let (head, body) = loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())?;
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    all.lock().await.push(Came { head, body });
    match habit {
        Habit::Takes => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell").await.ok()?,
        Habit::Fails => {
            stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 15\r\n\r\n<b>not now</b>\n").await.ok()?;
        }
        Habit::Redirects => {
            let to = b"HTTP/1.1 302 There\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(to).await.ok()?;
        }
        Habit::Closes => {}
        Habit::Hangs => std::future::pending().await,
        Habit::NeverEnds => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.ok()?;
            while stream.write_all(b"400\r\n").await.is_ok()
                && stream.write_all(&[b'x'; 1_024]).await.is_ok()
                && stream.write_all(b"\r\n").await.is_ok()
            {}
        }
    }
    Some(())
}

/// An operator who lets requests go to this machine.
fn opened() -> Config {
    let mut config = config();
    config.webhooks.networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config
}

/// What sends the requests, with these names.
fn requester(server: &Server, names: Option<Arc<dyn Names>>) -> Worker {
    let app = &server.app;
    let settings = OutgoingSettings::of(&app.config.webhooks);
    let outgoing = match names {
        Some(names) => Outgoing::with_names(settings, names),
        None => Outgoing::new(settings),
    };
    let (db, keyring, clock) = (app.db.clone(), app.keyring.clone(), app.clock.clone());
    let carrier = WebhookCarrier {
        db: Db::clone(&db),
        keyring: keyring.clone(),
        clock: clock.clone(),
        outgoing: outgoing.expect("authorities"),
    };
    let carriers: Vec<Arc<dyn Carrier>> = vec![Arc::new(carrier)];
    Worker {
        db,
        clock,
        keyring,
        dice: app.dice.clone(),
        carriers,
        breakers: Arc::default(),
        budgets: aikagi::model::Budgets::default(),
        receipt_wait: None,
        webhooks: true,
        bell: app.webhook_bell.clone(),
    }
}

async fn send(server: &Server) {
    let worker = requester(server, None);
    while worker.work_once().await.expect("the outbox works") > 0 {}
}

/// The secret that a page shows.
fn secret(text: &str) -> String {
    let (_, rest) = text.split_once("<code>whsec_").expect("a secret");
    format!("whsec_{}", rest.split_once('<').expect("an end").0.replace("&#43;", "+").replace("&#61;", "="))
}

async fn hooked(server: &Server, receiver: &Receiver) -> (Browser, String) {
    let mut desk = owner(server).await;
    let page = desk.post(WEBHOOK, &[("url", &receiver.url)]).await;
    page.is(200).says("署名の鍵");
    (desk, secret(&page.text))
}

async fn test(server: &Server, desk: &mut Browser) {
    desk.submit(&format!("{WEBHOOK}/test"), &[]).await.says("試しに送っています");
    send(server).await;
}

#[tokio::test]
async fn an_alert_comes_signed_and_tells_no_name() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, secret) = hooked(&server, &receiver).await;
    test(&server, &mut desk).await;
    let came = receiver.came().await;
    let [first] = came.as_slice() else { panic!("{came:?}") };
    assert!(first.head.starts_with("POST /hook?of=acme HTTP/1.1\r\n"), "{}", first.head);
    assert!(first.is_signed_by(&secret) && first.header("content-type") == "application/json");
    assert_eq!(first.json()["type"], "test");
    let at: i64 = first.header("webhook-timestamp").parse().expect("seconds");
    assert_eq!(at, server.clock_now() / 1_000_000);
    desk.get(SETTINGS).await.says("届きました").says("HTTP 200 well");

    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    for n in 0..10 {
        server.visitor_at(&format!("203.0.113.{n}")).signs_in("tanaka", "not the password at all").await;
    }
    server.later(minutes(1));
    server.signed_in("tanaka", "198.51.100.7").await;
    look(&server).await;
    send(&server).await;
    let came = receiver.came().await;
    let alert = came.last().expect("one");
    assert!(came.len() == 2 && alert.is_signed_by(&secret));
    assert_eq!(alert.json()["type"], "alert.sign_in_after_failures");
    assert_eq!(alert.json()["data"]["member"], tanaka.id.as_str());
    assert_eq!(alert.json()["data"]["count"], 10);
    assert_eq!(alert.json()["workspace"]["slug"], "sakura");
    for personal in ["tanaka", "田中", "8190", "198.51", "203.0.113", "さくら"] {
        assert!(!alert.body.contains(personal), "{personal} in {}", alert.body);
    }
    // The secret is nowhere in the database, the address neither.
    let dump = server.dump().await;
    let all = format!("{dump:?}");
    let bare = secret.strip_prefix("whsec_").expect("a secret");
    let bytes = BASE64.decode(bare.as_bytes()).expect("base64");
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    for needle in [bare, &hex, "hook?of"] {
        assert!(!all.contains(needle), "{needle} lies in the database");
    }
    assert_eq!(raw::count(&dump, "audit", "action", "webhook_changed"), 1);
}

#[tokio::test]
async fn by_https_only_who_shows_the_right_certificate_gets_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(folder.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = authority.acceptor("localhost", (2099, 1, 1));
    let came = Arc::<Mutex<Vec<Came>>>::default();
    let all = came.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                serve(stream, all.clone(), Habit::Takes).await;
            }
        }
    });
    let mut config = opened();
    config.webhooks.ports = vec![port];
    config.webhooks.ca_file = Some(authority.file.clone());
    let server = Server::start_with(config).await;
    let mut desk = owner(&server).await;
    // The certificate is of another name.
    desk.post(WEBHOOK, &[("url", &format!("https://127.0.0.1:{port}/"))]).await.is(200);
    test(&server, &mut desk).await;
    desk.get(SETTINGS).await.says("no TLS");
    assert_eq!(came.lock().await.len(), 0);
    let page = desk.post(WEBHOOK, &[("url", &format!("https://localhost:{port}/"))]).await;
    test(&server, &mut desk).await;
    assert!(came.lock().await.first().is_some_and(|one| one.is_signed_by(&secret(&page.text))));
}

#[tokio::test]
async fn the_days_head_comes_in_a_form_that_proves_the_log() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, secret) = hooked(&server, &receiver).await;
    let was = hidden(&desk.get(SETTINGS).await, "was");
    let mut fields = settings(&was, "10", "20");
    fields.push(("heads_to_webhook", "on"));
    desk.submit(SETTINGS, &fields).await.says("知らせ方を変えました");
    chain::append(&server.app).await.expect("it works");
    chain::heads::sign(&server.app).await.expect("it works");
    send(&server).await;
    let came = receiver.came().await;
    let [one] = came.as_slice() else { panic!("{came:?}") };
    assert!(one.is_signed_by(&secret));
    assert_eq!(one.json()["type"], "chain.head");
    let line = one.json()["data"]["head"].as_str().expect("a line").to_owned();
    let head = chain::heads::from_line(&line).expect("a head");
    assert!(chain::heads::is_signed(&head, &chain::heads::keys(&server.app).await.expect("keys")));
    let reports = chain::proof::database(&server.app, &[head]).await.expect("it works");
    assert!(reports.iter().all(|report| report.broken.is_none()));
}

#[tokio::test]
async fn a_secret_outlives_a_change_of_the_master_keys() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, secret) = hooked(&server, &receiver).await;
    let (file, id) = crate::keys::with_another();
    crate::keys::rotate(&server, &file, &id).await;
    let row = server.dump().await["alert_settings"][0]["webhook"].as_str().expect("sealed").to_owned();
    assert!(row.starts_with(&format!("s1.{id}.")), "sealed anew");
    test(&server, &mut desk).await;
    assert!(receiver.came().await[0].is_signed_by(&secret));
}

#[tokio::test]
async fn for_a_day_the_old_secret_signs_beside_the_new_one() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, old) = hooked(&server, &receiver).await;
    let page = desk.post(&format!("{WEBHOOK}/secret"), &[]).await;
    page.is(200).says("24時間");
    let new = secret(&page.text);
    assert_ne!(old, new);
    test(&server, &mut desk).await;
    desk.get(SETTINGS).await.says("前の鍵でも署名しています");
    server.later(hours(24));
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    test(&server, &mut desk).await;
    let came = receiver.came().await;
    assert!(came[0].is_signed_by(&old) && came[0].is_signed_by(&new));
    assert!(!came[1].is_signed_by(&old) && came[1].is_signed_by(&new));
    assert!(!came[0].is_signed_by("whsec_AAAA"));
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_for_a_day_and_then_given_up() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, secret) = hooked(&server, &receiver).await;
    receiver.is(Habit::Fails).await;
    test(&server, &mut desk).await;
    desk.get(SETTINGS).await.says("送っています").says("HTTP 500 &#60;b&#62;not now&#60;/b&#62;").says("次は");
    receiver.is(Habit::Redirects).await;
    server.later(minutes(1));
    send(&server).await;
    desk.get(SETTINGS).await.says("HTTP 302");
    receiver.is(Habit::Closes).await;
    server.later(minutes(5));
    send(&server).await;
    desk.get(SETTINGS).await.says("no answer");
    receiver.is(Habit::Takes).await;
    server.later(hours(1));
    send(&server).await;
    let came = receiver.came().await;
    assert_eq!(came.len(), 4);
    assert!(
        came.iter().all(|one| one.header("webhook-id") == came[0].header("webhook-id")),
        "the same event each time"
    );
    assert!(came.iter().all(|one| one.is_signed_by(&secret)), "each signed at its own time");

    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    receiver.is(Habit::Fails).await;
    test(&server, &mut desk).await;
    let mut tries = receiver.came().await.len();
    for _ in 0..30 {
        server.later(hours(1));
        send(&server).await;
        let now = receiver.came().await.len();
        assert!(now - tries <= 1, "once an hour at most in the end");
        tries = now;
    }
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(SETTINGS).await.says("届きませんでした");
    assert!((20..=30).contains(&tries), "{tries}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_and_a_slow_receiver_holds_up_no_code() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, _) = hooked(&server, &receiver).await;
    receiver.is(Habit::NeverEnds).await;
    test(&server, &mut desk).await;
    let page = desk.get(SETTINGS).await;
    page.says("届きました").says("HTTP 200 xxx");
    assert!(!page.text.contains(&"x".repeat(250)));

    receiver.is(Habit::Hangs).await;
    for _ in 0..12 {
        desk.submit(&format!("{WEBHOOK}/test"), &[]).await.is(200);
    }
    let worker = requester(&server, None);
    let hanging = tokio::spawn(async move { worker.work_once().await });
    while receiver.connections.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.member("tanaka", &["090-1234-5678"]).await;
    server.visitor().asks_for_code("090-1234-5678").await.says("2 / 4");
    server.code_for("+819012345678").await;
    hanging.abort();
}

/// A name that leads inside.
struct Inside(&'static [&'static str]);

impl Names for Inside {
    fn look_up<'a>(&'a self, _: &'a str) -> BoxFuture<'a, std::io::Result<Vec<std::net::IpAddr>>> {
        Box::pin(async { Ok(self.0.iter().map(|address| address.parse().expect("an address")).collect()) })
    }
}

#[tokio::test]
async fn no_address_leads_into_the_house() {
    let server = Server::start().await;
    let mut desk = owner(&server).await;
    for (typed, says) in [
        ("", "アドレスとして読めません"),
        ("hooks.example.jp", "アドレスとして読めません"),
        ("http://hooks.example.jp/", "https:// で始まる"),
        ("http://127.0.0.1/", "https:// で始まる"),
        ("https://127.0.0.1/", "会社の中"),
        ("https://10.1.2.3/", "会社の中"),
        ("https://[::1]/", "会社の中"),
        ("https://[::ffff:192.168.0.1]/", "会社の中"),
        ("https://169.254.169.254/latest/meta-data/", "会社の中"),
        ("https://hooks.example.jp:22/", "ポート"),
        ("https://me:secret@hooks.example.jp/", "利用者名"),
    ] {
        desk.post(WEBHOOK, &[("url", typed)]).await.is(422).says(says);
    }
    assert_eq!(raw::rows(&server.dump().await, "alert_settings").len(), 0);
    // A name is looked up only when something is sent: whatever it says then is looked at again.
    desk.post(WEBHOOK, &[("url", "https://hooks.example.jp/")]).await.is(200);
    for inside in [
        &["127.0.0.1"][..],
        &["10.0.0.1", "192.168.1.1"],
        &["::1"],
        &["fe80::1"],
        &["fd00::1"],
        &["169.254.169.254"],
        &["100.64.0.1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::1"],
        &["0.0.0.0"],
        &["224.0.0.1"],
    ] {
        desk.submit(&format!("{WEBHOOK}/test"), &[]).await.is(200);
        let worker = requester(&server, Some(Arc::new(Inside(inside))));
        assert_eq!(worker.work_once().await.expect("the outbox works"), 1);
        desk.get(SETTINGS)
            .await
            .says("届きませんでした")
            .says("the address is not public")
            .does_not_say("送っています");
    }
    // What the world's own resolver says of this machine's name.
    desk.post(WEBHOOK, &[("url", "https://localhost/")]).await.is(200);
    desk.submit(&format!("{WEBHOOK}/test"), &[]).await.is(200);
    send(&server).await;
    assert_eq!(raw::count(&server.dump().await, "outbox", "cause", "the address is not public"), 13);
}

#[tokio::test]
async fn in_the_clear_only_this_machine_is_asked() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let port = receiver
        .url
        .split_once(':')
        .expect("a port")
        .1
        .split_once(':')
        .expect("a port")
        .1
        .split_once('/')
        .expect("a path")
        .0;
    let mut desk = owner(&server).await;
    // A name that says it is this machine and leads elsewhere.
    desk.post(WEBHOOK, &[("url", &format!("http://localhost:{port}/"))]).await.is(200);
    desk.submit(&format!("{WEBHOOK}/test"), &[]).await.is(200);
    let elsewhere = requester(&server, Some(Arc::new(Inside(&["8.8.8.8"]))));
    elsewhere.work_once().await.expect("the outbox works");
    desk.get(SETTINGS).await.says("the address is not public");
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nobody_but_an_owner_of_this_workspace_touches_its_webhook() {
    let server = Server::start_with(opened()).await;
    let receiver = Receiver::open().await;
    let (mut desk, _) = hooked(&server, &receiver).await;
    let (_, mut administrator) = server.keeper("sato", Role::Administrator).await;
    for (path, fields) in
        [("", &[("url", "http://127.0.0.1/")][..]), ("/secret", &[]), ("/remove", &[]), ("/test", &[])]
    {
        administrator.post(&format!("{WEBHOOK}{path}"), fields).await.is(403);
    }
    server.later(minutes(6));
    desk.post(&format!("{WEBHOOK}/secret"), &[]).await.is(200).says("もう一度").does_not_say("whsec_");
    assert_eq!(raw::count(&server.dump().await, "audit", "action", "webhook_secret_renewed"), 0);
    let mut desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.submit(&format!("{WEBHOOK}/test"), &[]).await.is(200);
    desk.submit(&format!("{WEBHOOK}/remove"), &[]).await.says("送るのをやめました").does_not_say("127.0.0.1");
    send(&server).await;
    assert_eq!(receiver.came().await.len(), 0, "what still waited is given up");
    for _ in 0..25 {
        desk.post(&format!("{WEBHOOK}/test"), &[]).await.is(303);
    }
    desk.post(WEBHOOK, &[("url", &receiver.url)]).await.is(200);
    for _ in 0..25 {
        desk.post(&format!("{WEBHOOK}/test"), &[]).await.is(303);
    }
    let waiting = raw::count(&server.dump().await, "outbox", "purpose", "test");
    assert_eq!(waiting, 20, "so many tests an hour");
    // A kind that is not wanted does not go out, one that is always told does.
    let was = hidden(&desk.get(SETTINGS).await, "was");
    let only =
        settings(&was, "10", "20").into_iter().filter(|(name, _)| !name.starts_with("kind_")).collect::<Vec<_>>();
    desk.submit(SETTINGS, &only).await.says("知らせ方を変えました");
}
