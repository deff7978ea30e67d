//! What other servers return, by LMTP: only what was addressed to us by a message of ours is taken, answered only once it is written down, and nobody
//! takes more of us than their share.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aikagi::clock::{Clock, HandClock};
use aikagi::deliver::bounces::{Caps, Gate, Note};
use aikagi::deliver::return_path::ReturnPath;
use aikagi::deliver::{About, Outcome, Receipt};
use aikagi::model::id::MessageId;
use aikagi::model::{Cause, Timestamp};
use aikagi::vault::Keyring;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::harness::master;

const NOW: Timestamp = Timestamp(1_795_334_700_000_000);

/// Takes returned mail and remembers what was told.
pub struct House {
    pub address: SocketAddr,
    pub path: ReturnPath,
    noted: Arc<Mutex<Vec<Receipt>>>,
    /// Whether it can write.
    writes: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Opens a gate with this book behind it.
pub async fn gate(path: ReturnPath, clock: Arc<dyn Clock>, note: Note, caps: Caps) -> (SocketAddr, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let gate = Gate { path, host: "id.example.jp".to_owned(), clock, note, caps };
    tokio::spawn(gate.serve(listener, stop.clone()));
    (address, stop)
}

impl House {
    async fn open() -> Self {
        Self::with(Caps::default()).await
    }

    async fn with(caps: Caps) -> Self {
        let path = ReturnPath::new("bounce.example.jp", Arc::new(Keyring::new(&master())));
        let (noted, writes) = (Arc::<Mutex<Vec<Receipt>>>::default(), Arc::new(AtomicBool::new(true)));
        let (book, can) = (noted.clone(), writes.clone());
        let note: Note = Arc::new(move |receipt| {
            let can = can.load(Ordering::SeqCst);
            if can {
                book.lock().expect("nobody broke").push(receipt);
            }
            Box::pin(async move { can })
        });
        let (address, stop) = gate(path.clone(), Arc::new(HandClock::at(NOW)), note, caps).await;
        Self { address, path, noted, writes, stop }
    }

    fn noted(&self) -> Vec<Receipt> {
        self.noted.lock().expect("nobody broke").clone()
    }

    /// Everything that is said, to all of this.
    async fn says(&self, words: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.expect("somebody is there");
        stream.write_all(words).await.expect("they listen");
        let mut said = String::new();
        // A connection that is ended with words unread is reset: what was said before is there all the same.
        let mut bytes = [0; 4_096];
        while let Ok(read @ 1..) = stream.read(&mut bytes).await {
            said.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        said
    }
}

fn id(n: u8) -> MessageId {
    MessageId::new(NOW, [n; 10])
}

pub fn report(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/returned").join(format!("{name}.eml"));
    std::fs::read_to_string(path).expect("a report").replace('\n', "\r\n").into_bytes()
}

/// Hands a message on with Python's own client, and tells what was answered.
pub async fn hand_on(port: u16, to: &str, message: Vec<u8>) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
    let mut child = Command::new(tools.join("venv/bin/python"))
        .arg(root.join("tests/peers/lmtp_send.py"))
        .args([&port.to_string(), "", to])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("piped").write_all(&message).expect("it reads");
    let output =
        tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("it ran").expect("it ended");
    serde_json::from_slice(&output.stdout).expect("a line of JSON")
}

fn codes(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.as_bytes().get(3) == Some(&b' ')).map(|line| &line[..3]).collect()
}

#[tokio::test]
async fn a_report_is_written_down_for_its_message_and_then_answered() {
    let house = House::open().await;
    let address = house.path.address(id(1).as_str()).expect("an address");
    for (name, outcome, code) in [
        ("postfix-late", Outcome::Underway, "4.4.1"),
        ("postfix-unknown", Outcome::Undeliverable(Cause::UnknownDestination), "5.1.1"),
        ("postfix-arrived", Outcome::Delivered, "2.0.0"),
    ] {
        let answer = hand_on(house.address.port(), &address, report(name)).await;
        assert_eq!(answer["code"], 250, "{answer}");
        let newest = house.noted().pop().expect("noted");
        let code = Some(code.to_owned());
        assert_eq!(newest, Receipt { about: About::Message { id: id(1), carrier: None }, outcome, code, at: NOW });
    }
    // What is no report is taken, and says nothing.
    for name in ["out-of-office", "qmail-unknown", "read-receipt", "spam-complaint", "within-forwarded"] {
        assert_eq!(hand_on(house.address.port(), &address, report(name)).await["code"], 250, "{name}");
    }
    assert_eq!(house.noted().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_asked_for_again() {
    let house = House::open().await;
    let address = house.path.address(id(1).as_str()).expect("an address");
    house.writes.store(false, Ordering::SeqCst);
    let answer = hand_on(house.address.port(), &address, report("postfix-unknown")).await;
    assert_eq!(answer["code"], 451, "{answer}");
    house.writes.store(true, Ordering::SeqCst);
    assert_eq!(hand_on(house.address.port(), &address, report("postfix-unknown")).await["code"], 250);
    assert_eq!(house.noted().len(), 1);
}

#[tokio::test]
async fn an_address_that_was_not_made_here_is_refused() {
    let house = House::open().await;
    let ours = house.path.address(id(1).as_str()).expect("an address");
    let other = ReturnPath::new(
        "bounce.example.jp",
        Arc::new(Keyring::new(&aikagi::vault::MasterKeys::generate(&aikagi::vault::SeededDice::new(9)))),
    );
    let forged = other.address(id(1).as_str()).expect("an address");
    let swapped = ours.replace(&id(1).as_str()[4..], &id(2).as_str()[4..]);
    for to in [
        &forged,
        &swapped,
        "taro@bounce.example.jp",
        "bounces@bounce.example.jp",
        &ours.replace("bounce.example", "example"),
    ] {
        let answer = hand_on(house.address.port(), to, report("postfix-unknown")).await;
        assert_eq!(answer["code"], 550, "{to}: {answer}");
    }
    assert!(house.noted().is_empty());
}

#[tokio::test]
async fn each_recipient_has_an_answer_of_its_own_and_commands_may_come_at_once() {
    let house = House::open().await;
    let [one, two] = [1, 2].map(|n| house.path.address(id(n).as_str()).expect("an address"));
    let mut words = format!(
        "LHLO mx\r\nMAIL FROM:<> SIZE=3000\r\nRCPT TO:<{one}>\r\nRCPT TO:<taro@example.jp>\r\nrcpt to: <{two}>\r\nDATA\r\n"
    )
    .into_bytes();
    words.extend(report("postfix-unknown"));
    words.extend(b".\r\nRSET\r\nNOOP\r\nVRFY taro\r\nDATA\r\nEHLO mx\r\nXYZ\r\nQUIT\r\n");
    let said = house.says(&words).await;
    let expected = [
        "220", "250", "250", "250", "550", "250", "354", "250", "250", "250", "250", "252", "503", "500", "500", "221",
    ];
    assert_eq!(codes(&said), expected, "{said}");
    let about: Vec<_> = house.noted().into_iter().map(|receipt| receipt.about).collect();
    assert_eq!(about, [About::Message { id: id(1), carrier: None }, About::Message { id: id(2), carrier: None }]);
}

#[tokio::test]
async fn steps_out_of_order_are_refused() {
    let house = House::open().await;
    let one = house.path.address(id(1).as_str()).expect("an address");
    let words = format!(
        "MAIL FROM:<>\r\nLHLO\r\nLHLO mx\r\nRCPT TO:<{one}>\r\nMAIL\r\nMAIL FROM:<> SIZE=9999999\r\nMAIL FROM:<>\r\nMAIL FROM:<>\r\nDATA\r\nQUIT\r\n"
    );
    let said = house.says(words.as_bytes()).await;
    assert_eq!(codes(&said), ["220", "503", "500", "250", "503", "501", "552", "250", "503", "503", "221"], "{said}");
}

#[tokio::test]
async fn nobody_takes_more_than_their_share() {
    let caps = Caps {
        message: 5_000,
        recipients: 2,
        mistakes: 4,
        silence: Duration::from_millis(200),
        connections: 2,
        ..Caps::default()
    };
    let house = House::with(caps).await;
    let one = house.path.address(id(1).as_str()).expect("an address");
    let hello = format!("LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{one}>\r\n");

    let too_long = format!("{hello}DATA\r\n{}\r\n.\r\nQUIT\r\n", "x".repeat(6_000));
    assert_eq!(codes(&house.says(too_long.as_bytes()).await)[5..], ["552", "221"]);
    let far_too_long = format!("{hello}DATA\r\n{}", "x".repeat(60_000));
    assert!(house.says(far_too_long.as_bytes()).await.ends_with("421 5.3.4 far too large\r\n"));
    let many = format!("{hello}RCPT TO:<{one}>\r\nRCPT TO:<{one}>\r\nQUIT\r\n");
    assert_eq!(codes(&house.says(many.as_bytes()).await)[4..], ["250", "452", "221"]);
    let line = format!("LHLO {}\r\n", "x".repeat(4_000));
    assert!(house.says(line.as_bytes()).await.contains("500 5.5.2 that line is too long"));
    assert!(house.says(b"LHLO mx\nQUIT\n").await.contains("500 5.5.2 lines end with CR and LF"));
    let guesses = format!("LHLO mx\r\nMAIL FROM:<>\r\n{}", "RCPT TO:<a@bounce.example.jp>\r\n".repeat(9));
    let said = house.says(guesses.as_bytes()).await;
    assert_eq!((codes(&said).len(), said.contains("421 4.7.0 too many mistakes")), (8, true), "{said}");
    // Whoever says nothing is sent away.
    assert!(house.says(b"LHLO mx\r\n").await.ends_with("421 4.4.2 silent for too long\r\n"));
    assert!(
        house.says(format!("{hello}DATA\r\nno end").as_bytes()).await.ends_with("421 4.4.2 silent for too long\r\n")
    );
    assert!(house.noted().is_empty());
}

#[tokio::test]
async fn one_connection_too_many_is_turned_away_and_the_next_one_taken() {
    let house = House::with(Caps { connections: 1, ..Caps::default() }).await;
    let mut first = TcpStream::connect(house.address).await.expect("somebody is there");
    let mut greeting = [0; 3];
    first.read_exact(&mut greeting).await.expect("a greeting");
    assert_eq!(&greeting, b"220");
    assert!(house.says(b"").await.starts_with("421 4.3.2 too many connections"));
    first.write_all(b"QUIT\r\n").await.expect("they listen");
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).await.expect("the end");
    // The seat is free a moment after the last word.
    let taken = async {
        while !house.says(b"QUIT\r\n").await.starts_with("220") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken).await.expect("a seat");
}

#[tokio::test]
async fn a_server_that_stops_sees_a_message_to_its_end() {
    let house = House::open().await;
    let one = house.path.address(id(1).as_str()).expect("an address");
    let mut stream = TcpStream::connect(house.address).await.expect("somebody is there");
    let hello = format!("LHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<{one}>\r\nDATA\r\n");
    stream.write_all(hello.as_bytes()).await.expect("they listen");
    let mut said = String::new();
    let mut bytes = [0; 1_024];
    while !said.contains("354") {
        let read = stream.read(&mut bytes).await.expect("words");
        said.push_str(std::str::from_utf8(&bytes[..read]).expect("ASCII"));
    }
    house.stop.cancel();
    stream.write_all(&report("postfix-unknown")).await.expect("they listen");
    stream.write_all(b".\r\n").await.expect("they listen");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("the end");
    assert!(rest.starts_with("250 2.0.0 noted\r\n") && rest.contains("421 4.3.2 going away"), "{rest}");
    assert_eq!(house.noted().len(), 1);
    assert!(TcpStream::connect(house.address).await.is_err(), "nobody new is taken");
}
