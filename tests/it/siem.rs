//! The logs as a stream: in order, without names, and none is lost while the receiver is away, killed in the middle, or the server is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aikagi::config::{Siem, SiemForm};
use aikagi::deliver::receiver::Receiver;
use aikagi::flows::siem;
use aikagi::model::minutes;
use axum::body::Body;
use axum::http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::Mutex;

use crate::doctor::peers::Authority;
use crate::harness::{PASSWORD, Server, form};
use crate::raw;

/// A program that takes lines by TCP.
pub struct Taker {
    pub to: String,
    /// What was read of each connection to its end.
    read: Arc<Mutex<Vec<String>>>,
    /// Cuts connections when it has read this many bytes; 0: never.
    cuts: Arc<AtomicUsize>,
    away: Arc<AtomicBool>,
}

impl Taker {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let to = format!("tcp://{}", listener.local_addr().expect("an address"));
        let (read, cuts, away) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(AtomicUsize::new(0)), Arc::default());
        let taker = Self { to, read, cuts, away };
        let (read, cuts, away) = (taker.read.clone(), taker.cuts.clone(), taker.away.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if away.load(Ordering::SeqCst) {
                    continue;
                }
                let (mut bytes, cut) = (Vec::new(), cuts.load(Ordering::SeqCst));
                let mut buffer = [0; 512];
                while let Ok(some @ 1..) = stream.read(&mut buffer).await {
                    bytes.extend_from_slice(&buffer[..some]);
                    if cut > 0 && bytes.len() > cut {
                        // Killed: what lies unread in its socket makes the system answer with a reset.
                        stream.set_zero_linger().ok();
                        break;
                    }
                }
                read.lock().await.push(String::from_utf8_lossy(&bytes).into_owned());
                stream.shutdown().await.ok();
            }
        });
        taker
    }

    fn receiver(&self, format: SiemForm) -> Receiver {
        receiver(&self.to, format)
    }

    /// All messages that were framed by counting octets and are whole, in their order.
    async fn syslog(&self) -> Vec<String> {
        let mut all = Vec::new();
        for text in self.read.lock().await.iter() {
            let mut rest = text.as_bytes();
            while let Some(space) = rest.iter().position(|byte| *byte == b' ') {
                let length: usize = std::str::from_utf8(&rest[..space]).expect("digits").parse().expect("a length");
                let Some(message) = rest.get(space + 1..space + 1 + length) else { break };
                all.push(String::from_utf8(message.to_vec()).expect("UTF-8"));
                rest = &rest[space + 1 + length..];
            }
        }
        all
    }
}

fn receiver(to: &str, format: SiemForm) -> Receiver {
    Receiver::new(&Siem { to: to.to_owned(), format, ca_file: None }, "id.example.jp").expect("a receiver")
}

/// The id that a message carries.
fn id(message: &str) -> String {
    message.split_once(" id=\"").expect("an id").1.split_once('"').expect("an end").0.to_owned()
}

/// Streams as a running server does, some minutes later.
async fn stream(server: &Server, receiver: &Receiver, node: &str) {
    server.later(minutes(4));
    while siem::send(&server.app, receiver, node).await.expect("the database works") {}
}

/// The ids of a log, in their order.
async fn ids(server: &Server, table: &str) -> Vec<String> {
    let dump = server.dump().await;
    let mut ids: Vec<_> =
        raw::rows(&dump, table).iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn every_line_comes_in_order_and_tells_no_name() {
    let server = Server::start().await;
    let taker = Taker::open().await;
    let receiver = taker.receiver(SiemForm::Syslog);
    stream(&server, &receiver, "one").await;
    server.later(minutes(1));
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    server.signed_in("tanaka", "198.51.100.7").await;
    server.visitor_at("198.51.100.8").signs_in("typed-by-a-stranger", "不正な合言葉をここに打つ人").await;
    // A browser whose name tries to end the line and begin another.
    let mut hostile = server.visitor_at("198.51.100.9");
    let csrf = hostile.csrf().await;
    let body = form(&[("csrf", &csrf), ("login", "tanaka"), ("password", "wrong wrong wrong")]);
    let request = Request::post("/w/sakura/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "x\"] <34>1 2026-01-01T00:00:00Z evil - - - forged \\")
        .body(Body::from(body))
        .expect("a request");
    hostile.send(request).await.is(422);
    stream(&server, &receiver, "one").await;
    let said = taker.syslog().await;
    let sent: Vec<_> = said.iter().map(|message| id(message)).collect();
    let sign_ins: Vec<_> = sent.iter().filter(|id| id.starts_with("sin_")).cloned().collect();
    assert_eq!(sign_ins, ids(&server, "sign_ins").await);
    assert_eq!(sign_ins.len(), 3);
    assert!(said.iter().all(|message| message.starts_with("<8") && message.contains(">1 2026-11-2")), "{said:?}");
    let wrong = said.iter().find(|message| message.contains("what=\"wrong_password\"")).expect("the hostile one");
    assert!(wrong.contains("agent=\"x\\\"\\] <34>1 2026-01-01T00:00:00Z evil - - - forged \\\\\"]"), "{wrong}");
    assert!(wrong.contains(&format!("member=\"{}\"", tanaka.id)) && wrong.contains("network=\"198.51.100.9/32\""));
    assert!(said.iter().any(|message| message.contains("audit [") && message.contains("what=\"member_added\"")));
    let all = said.join("\n");
    for personal in ["tanaka", "typed-by-a-stranger", "田中", "8190", "1234-5678", PASSWORD, "合言葉"] {
        assert!(!all.contains(personal), "{personal} in {all}");
    }
    // Nothing twice while all goes well, and lines that are not there yet for sure wait.
    server.signed_in("tanaka", "198.51.100.7").await;
    siem::send(&server.app, &receiver, "one").await.expect("the database works");
    assert_eq!(taker.syslog().await.len(), said.len());
}

#[tokio::test]
async fn nothing_is_lost_while_the_receiver_is_away_or_dies_in_the_middle() {
    let server = Server::start().await;
    let taker = Taker::open().await;
    let receiver = taker.receiver(SiemForm::Syslog);
    stream(&server, &receiver, "one").await;
    for n in 0..40 {
        server.invited(&format!("m{n}")).await;
    }
    taker.cuts.store(3_000, Ordering::SeqCst);
    stream(&server, &receiver, "one").await;
    let wanted = ids(&server, "audit").await;
    let got = async || taker.syslog().await.iter().map(|message| id(message)).collect::<Vec<_>>();
    assert!((1..wanted.len()).contains(&got().await.len()), "cut off in the middle");
    // The receiver is gone, people go on, the next node takes over when the lease of the first has ended.
    taker.away.store(true, Ordering::SeqCst);
    stream(&server, &receiver, "one").await;
    server.invited("late").await;
    taker.away.store(false, Ordering::SeqCst);
    taker.cuts.store(0, Ordering::SeqCst);
    stream(&server, &receiver, "two").await;
    let got: std::collections::BTreeSet<_> = got().await.into_iter().collect();
    let missing: Vec<_> = ids(&server, "audit").await.into_iter().filter(|id| !got.contains(id)).collect();
    // What happened before a receiver was named is not sent: the workspace's own first line.
    assert_eq!(missing.len(), 1, "{missing:?}");
}

#[tokio::test]
async fn one_node_at_a_time_sends() {
    let server = Server::start().await;
    let taker = Taker::open().await;
    stream(&server, &taker.receiver(SiemForm::Syslog), "one").await;
    server.invited("m1").await;
    server.later(minutes(4));
    let mut nodes = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (app, receiver) = (server.app.clone(), taker.receiver(SiemForm::Syslog));
        nodes.spawn(async move { siem::send(&app, &receiver, &format!("node {n}")).await });
    }
    for node in nodes.join_all().await {
        node.expect("the database works");
    }
    let said = taker.syslog().await;
    assert_eq!(said.iter().filter(|message| message.contains("what=\"member_added\"")).count(), 1, "{said:?}");
}

#[tokio::test]
async fn json_goes_by_tcp_by_udp_and_into_a_file() {
    let server = Server::start().await;
    let taker = Taker::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("siem.jsonl");
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let udp = format!("udp://{}", socket.local_addr().expect("an address"));
    stream(&server, &taker.receiver(SiemForm::Json), "one").await;
    server.invited("m1").await;
    stream(&server, &taker.receiver(SiemForm::Json), "one").await;
    let text = taker.read.lock().await.join("");
    let line: serde_json::Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    assert_eq!((line["log"].as_str(), line["what"].as_str()), (Some("audit"), Some("member_added")));
    server.invited("m2").await;
    stream(&server, &receiver(&format!("file:{}", file.display()), SiemForm::Json), "one").await;
    let written = std::fs::read_to_string(&file).expect("a file");
    assert!(written.lines().count() == 1 && written.contains("member_added"), "{written}");
    assert_eq!(crate::cli::mode(&file), 0o600);
    server.invited("m3").await;
    stream(&server, &receiver(&udp, SiemForm::Syslog), "one").await;
    let mut buffer = [0; 4_096];
    let length = socket.recv(&mut buffer).await.expect("a message");
    let message = String::from_utf8_lossy(&buffer[..length]);
    assert!(message.starts_with("<85>1 ") && message.ends_with("audit member_added"), "{message}");
}

#[tokio::test]
async fn by_tls_only_who_shows_the_right_certificate_gets_a_line() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new(folder.path());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let acceptor = authority.acceptor("localhost", (2099, 1, 1));
    let read = Arc::<Mutex<Vec<u8>>>::default();
    let all = read.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = Vec::new();
            if stream.read_to_end(&mut bytes).await.is_ok() {
                all.lock().await.extend(bytes);
                stream.shutdown().await.ok();
            }
        }
    });
    let to = |host: &str, ca_file| {
        let siem = Siem { to: format!("tls://{host}:{port}"), format: SiemForm::Syslog, ca_file };
        Receiver::new(&siem, "id.example.jp").expect("a receiver")
    };
    stream(&server, &to("localhost", Some(authority.file.clone())), "one").await;
    server.invited("m1").await;
    // Nobody knows the authority; then the certificate is of another name.
    stream(&server, &to("localhost", None), "one").await;
    stream(&server, &to("127.0.0.1", Some(authority.file.clone())), "one").await;
    assert!(read.lock().await.is_empty());
    stream(&server, &to("localhost", Some(authority.file.clone())), "one").await;
    let text = String::from_utf8(read.lock().await.clone()).expect("UTF-8");
    let (length, message) = text.split_once(' ').expect("a length");
    assert_eq!(length.parse(), Ok(message.len()), "{text}");
    assert!(message.ends_with("audit member_added"), "{text}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_doubles_and_loses_nothing() {
    let server = Server::start().await;
    let taker = Taker::open().await;
    let receiver = taker.receiver(SiemForm::Syslog);
    stream(&server, &receiver, "one").await;
    server.invited("m1").await;
    stream(&server, &receiver, "one").await;
    server.clock.turn_back(minutes(90));
    stream(&server, &receiver, "one").await;
    server.invited("m2").await;
    stream(&server, &receiver, "one").await;
    let got: Vec<_> = taker.syslog().await.iter().map(|message| id(message)).collect();
    let added = ids(&server, "audit").await;
    assert!(added.iter().filter(|id| got.contains(id)).count() >= added.len() - 1, "{got:?} of {added:?}");
}
