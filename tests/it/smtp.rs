//! E-mail against a real server (aiosmtpd, a child process): TLS, sign-in, Japanese, dots and line ends, refusals, silence.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use aikagi::{
    deliver::{Carrier as _, Channel, HandedOver, Letter, NotHandedOver, SmtpCarrier, SmtpSecurity, SmtpSettings},
    model::{Cause, Timestamp},
};
use serde_json::Value;

/// The server, ended when dropped.
pub struct Peer {
    child: Child,
    port: u16,
    lines: mpsc::Receiver<Value>,
    cert: PathBuf,
}

impl Peer {
    /// Starts a server with these options and a certificate of its own for 127.0.0.1.
    pub fn start(name: &str, options: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        let python = tools.join("venv/bin/python");
        assert!(
            python.exists(),
            "{} is missing: python3 -m venv .tools/venv, then pip install aiosmtpd dkimpy pynacl",
            python.display()
        );

        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smtp-{name}"));
        std::fs::create_dir_all(&dir).expect("a directory for the certificate");
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");

        let mut child = Command::new(python)
            .arg(root.join("tests/peers/smtp_server.py"))
            .args(options)
            .arg("--cert")
            .arg(&cert)
            .arg("--key")
            .arg(&key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).expect("a line of JSON"));
            }
        });
        let mut peer = Self { child, port: 0, lines, cert };
        let port = peer.next()["port"].as_u64().expect("a port");
        peer.port = u16::try_from(port).expect("a port");
        peer
    }

    /// What the server says next.
    pub fn next(&self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(20)).expect("the server says something")
    }

    /// That nothing (more) arrived.
    pub fn is_quiet(&self) -> bool {
        self.lines.recv_timeout(Duration::from_millis(200)).is_err()
    }

    pub fn settings(&self, security: SmtpSecurity) -> SmtpSettings {
        SmtpSettings {
            name: "smtp".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            security,
            credentials: None,
            ca_file: Some(self.cert.clone()),
            from: "相鍵 <no-reply@example.jp>".to_owned(),
            public_host: "id.example.jp".to_owned(),
            dkim: None,
            return_path: None,
            timeout: Duration::from_secs(20),
            kept_connections: 2,
        }
    }

    pub fn carrier(&self, security: SmtpSecurity) -> SmtpCarrier {
        SmtpCarrier::new(self.settings(security)).expect("good settings")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn letter(text: &str) -> Letter {
    Letter {
        channel: Channel::Email,
        id: "msg_01".to_owned(),
        to: "taro@example.jp".to_owned(),
        sender: None,
        subject: Some("パスワードを再設定するための確認コードをお送りします(有効期限は10分間です)".to_owned()),
        text: text.to_owned(),
        html: None,
        purpose: "recovery_code".to_owned(),
        reference: None,
        at: Timestamp(1_700_000_000_000_000),
        expires_at: Timestamp(1_700_000_600_000_000),
    }
}

/// The words of a refusal: whether for good, and why; never with the letter's contents.
fn refusal(answer: Result<HandedOver, NotHandedOver>) -> (bool, String) {
    let (for_good, why) = match answer {
        Err(NotHandedOver { is_final, why, .. }) => (is_final, why),
        Ok(taken) => panic!("{taken:?}"),
    };
    for secret in ["taro", "example.jp", "12345678", "hunter2"] {
        assert!(!why.contains(secret), "{why}");
    }
    (for_good, why)
}

#[tokio::test]
async fn japanese_arrives_whole_over_starttls_with_sign_in() {
    let peer = Peer::start("starttls", &["--starttls", "--auth", "aikagi:hunter2"]);
    let mut settings = peer.settings(SmtpSecurity::StartTls);
    settings.credentials = Some(("aikagi".to_owned(), "hunter2".to_owned().into()));
    let carrier = SmtpCarrier::new(settings).expect("good settings");
    let body = "確認コードは 12345678 です。\n\nこのコードは誰にも教えないでください。髙橋﨑𠮷 ～①";
    let mut sent = letter(body);
    sent.html = Some("<p>確認コードは <b>12345678</b> です。</p>\n".to_owned());
    let answer = carrier.hand_over(&sent).await;
    assert_eq!(answer, Ok(HandedOver { provider_id: Some("TEST1".to_owned()) }));

    let got = peer.next();
    assert_eq!(got["tls"], true);
    assert_eq!(got["user"], "aikagi");
    assert_eq!(got["hello"], "id.example.jp");
    assert_eq!(got["mail_from"], "no-reply@example.jp");
    assert_eq!(got["rcpt_tos"], serde_json::json!(["taro@example.jp"]));
    assert_eq!(got["defects"], serde_json::json!([]));
    assert_eq!(got["headers"]["subject"], sent.subject.as_deref().expect("a subject"));
    assert_eq!(got["headers"]["from"], "相鍵 <no-reply@example.jp>");
    assert_eq!(got["headers"]["to"], "taro@example.jp");
    assert_eq!(got["headers"]["message-id"], "<msg_01@id.example.jp>");
    assert_eq!(got["headers"]["auto-submitted"], "auto-generated");
    assert_eq!(got["text"], body.replace('\n', "\r\n"));
    assert_eq!(got["html"], "<p>確認コードは <b>12345678</b> です。</p>\r\n");
}

#[tokio::test]
async fn a_connection_with_tls_from_the_start_serves_the_next_letter_too() {
    let peer = Peer::start("tls", &["--tls", "--auth", "aikagi:hunter2"]);
    let mut settings = peer.settings(SmtpSecurity::Tls);
    settings.credentials = Some(("aikagi".to_owned(), "hunter2".to_owned().into()));
    let carrier = SmtpCarrier::new(settings).expect("good settings");
    for text in ["one", "two"] {
        assert!(carrier.hand_over(&letter(text)).await.is_ok());
    }
    let (one, two) = (peer.next(), peer.next());
    assert_eq!((&one["tls"], &one["text"]), (&Value::Bool(true), &Value::from("one\r\n")));
    assert_eq!(two["text"], "two\r\n");
    assert_eq!(one["peer_port"], two["peer_port"]);
}

#[tokio::test]
async fn a_server_that_cannot_prove_itself_gets_nothing() {
    let peer = Peer::start("right", &["--tls"]);
    let other = Peer::start("wrong", &["--starttls"]);
    let plain = Peer::start("plain", &[]);
    for (server, security) in [(&peer, SmtpSecurity::Tls), (&other, SmtpSecurity::StartTls)] {
        let mut settings = server.settings(security);
        settings.ca_file = Some(plain.cert.clone());
        let carrier = SmtpCarrier::new(settings).expect("good settings");
        let (for_good, why) = refusal(carrier.hand_over(&letter("12345678")).await);
        assert!(!for_good, "{why}");
        // Without a file of authorities the system's are trusted, which know this server as little.
        let carrier = SmtpCarrier::new(SmtpSettings { ca_file: None, ..server.settings(security) });
        if let Ok(carrier) = carrier {
            assert!(!refusal(carrier.hand_over(&letter("12345678")).await).0);
        }
        assert!(server.is_quiet());
    }
    // STARTTLS that is not offered (or was taken out on the way) is no reason to go on without.
    let (for_good, why) = refusal(plain.carrier(SmtpSecurity::StartTls).hand_over(&letter("12345678")).await);
    assert!(!for_good && why.contains("STARTTLS"), "{why}");
    assert!(plain.is_quiet());
}

#[tokio::test]
async fn our_own_wrong_password_is_no_fault_of_the_letter() {
    let peer = Peer::start("password", &["--tls", "--auth", "aikagi:right"]);
    let mut settings = peer.settings(SmtpSecurity::Tls);
    settings.credentials = Some(("aikagi".to_owned(), "hunter2".to_owned().into()));
    let carrier = SmtpCarrier::new(settings).expect("good settings");
    let (for_good, why) = refusal(carrier.hand_over(&letter("12345678")).await);
    assert!(!for_good && why.contains("535"), "{why}");
    assert!(peer.is_quiet());
}

#[tokio::test]
async fn dots_and_bare_line_ends_arrive_as_written_and_end_nothing() {
    let peer = Peer::start("dots", &[]);
    let carrier = peer.carrier(SmtpSecurity::None);
    let long = format!("{}.\n", "x".repeat(2_000));
    let tricky = format!(".\n..\n.a\n\n.\nMAIL FROM:<eve@example.jp>\r\n.\r\n\r.\r=2E \t\n{long}.");
    for text in [tricky.clone(), format!("{tricky}確認"), ".".to_owned(), "\n.\n".to_owned(), String::new()] {
        let mut sent = letter(&text);
        assert!(carrier.hand_over(&sent).await.is_ok());
        let got = peer.next();
        let written = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
        // As the last line of a message quoted-printable text gets the line end that SMTP demands; base64 does not show it.
        let read = got["text"].as_str().expect("text");
        let end = if text.is_ascii() { "\r\n" } else { "" };
        assert_eq!(read, format!("{written}{end}"));

        sent.html = Some(text.clone());
        assert!(carrier.hand_over(&sent).await.is_ok());
        let got = peer.next();
        assert_eq!((&got["text"], &got["html"]), (&Value::from(&*written), &Value::from(&*written)));
        assert_eq!(got["defects"], serde_json::json!([]));
    }
    assert!(peer.is_quiet());
}

#[tokio::test]
async fn an_old_mobile_address_is_quoted() {
    let peer = Peer::start("quoted", &[]);
    let mut sent = letter("12345678");
    sent.to = "taro..x.@docomo.ne.jp".to_owned();
    assert_eq!(peer.carrier(SmtpSecurity::None).hand_over(&sent).await.err(), None);
    let got = peer.next();
    assert_eq!(got["rcpt_said"], "TO:<\"taro..x.\"@docomo.ne.jp>");
    assert_eq!(got["rcpt_tos"], serde_json::json!(["taro..x.@docomo.ne.jp"]));
    let raw = data_encoding::BASE64.decode(got["raw"].as_str().expect("text").as_bytes()).expect("base64");
    assert!(String::from_utf8_lossy(&raw).contains("\r\nTo: \"taro..x.\"@docomo.ne.jp\r\n"));
}

#[tokio::test]
async fn refusals_are_for_good_or_for_now_as_the_server_says() {
    for (option, code, expected) in [
        ("--refuse-rcpt", "550", true),
        ("--refuse-rcpt", "553", true),
        ("--defer", "451", false),
        ("--defer", "421", false),
    ] {
        let peer = Peer::start(&format!("code-{code}"), &[option, code]);
        let carrier = peer.carrier(SmtpSecurity::None);
        for _ in 0..2 {
            let (for_good, why) = refusal(carrier.hand_over(&letter("12345678")).await);
            assert_eq!(for_good, expected, "{why}");
            assert!(why.contains(code), "{why}");
        }
        assert!(peer.is_quiet());
    }
    let peer = Peer::start("nowhere", &[]);
    let mut sent = letter("12345678");
    sent.to = "taro".to_owned();
    assert!(refusal(peer.carrier(SmtpSecurity::None).hand_over(&sent).await).0);
    // An address that needs SMTPUTF8, which this server has not.
    sent.to = "太郎@example.jp".to_owned();
    let (_, why) = refusal(peer.carrier(SmtpSecurity::None).hand_over(&sent).await);
    assert!(!why.contains('太'), "{why}");
    assert!(peer.is_quiet());
}

#[tokio::test]
async fn a_refusal_says_whether_it_is_about_the_destination_or_about_us() {
    use Cause::{Account, Blocked, Full, Provider, RefusedSender, Throttled, UnknownDestination};
    for (option, reply, cause, is_final, code) in [
        ("--say-rcpt", "550 5.1.1 <taro@example.jp> unknown", UnknownDestination, true, "5.1.1"),
        ("--say-rcpt", "550 no such user taro@example.jp", UnknownDestination, true, "550"),
        ("--say-rcpt", "552 5.2.2 full", Full, true, "5.2.2"),
        ("--say-rcpt", "452 4.2.2 full", Full, false, "4.2.2"),
        ("--say-rcpt", "450 4.7.1 greylisted", Throttled, false, "4.7.1"),
        ("--say-rcpt", "451 4.3.0 later", Provider, false, "4.3.0"),
        ("--say-rcpt", "554 5.7.1 <taro@example.jp>: Relay access denied", Account, false, "5.7.1"),
        ("--refuse-data", "554 5.7.1 spam", Blocked, true, "5.7.1"),
        ("--refuse-mail", "550 5.7.1 not yours", RefusedSender, false, "5.7.1"),
        ("--refuse-mail", "530 5.7.0 sign in first", Account, false, "5.7.0"),
        ("--refuse-mail", "451 4.3.2 later", Provider, false, "4.3.2"),
    ] {
        let peer = Peer::start("causes", &[option, reply]);
        let carrier = peer.carrier(SmtpSecurity::None);
        for _ in 0..2 {
            let refused = carrier.hand_over(&letter("12345678")).await.expect_err(reply);
            let told = (refused.cause, refused.is_final, refused.code.as_deref());
            assert_eq!(told, (cause, is_final, Some(code)), "{reply}: {refused:?}");
            assert!(!format!("{refused:?}").contains("taro"), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn after_a_refusal_the_same_connection_carries_the_next_letter() {
    let peer = Peer::start("again", &["--unknown", "taro@example.jp"]);
    let carrier = peer.carrier(SmtpSecurity::None);
    let mut other = letter("two");
    other.to = "hanako@example.jp".to_owned();
    assert!(carrier.hand_over(&other).await.is_ok());
    assert!(carrier.hand_over(&letter("12345678")).await.is_err());
    assert!(carrier.hand_over(&other).await.is_ok());
    let (one, two) = (peer.next(), peer.next());
    assert_eq!(one["peer_port"], two["peer_port"]);
    assert_eq!(two["rcpt_tos"], serde_json::json!(["hanako@example.jp"]));
}

#[tokio::test]
async fn a_server_that_went_away_is_asked_again_later() {
    let mut peer = Peer::start("gone", &[]);
    let carrier = peer.carrier(SmtpSecurity::None);
    assert!(carrier.hand_over(&letter("one")).await.is_ok());
    peer.child.kill().expect("killed");
    peer.child.wait().expect("ended");
    let (for_good, why) = refusal(carrier.hand_over(&letter("12345678")).await);
    assert!(!for_good, "{why}");
}

#[tokio::test]
async fn a_late_answer_is_never_taken_for_the_next_letters() {
    let peer = Peer::start("late", &["--hang-first", "3"]);
    let carrier =
        SmtpCarrier::new(SmtpSettings { timeout: Duration::from_secs(1), ..peer.settings(SmtpSecurity::None) })
            .expect("good settings");
    let start = Instant::now();
    let (for_good, why) = refusal(carrier.hand_over(&letter("one")).await);
    assert!(!for_good && start.elapsed() < Duration::from_millis(2_500), "{why}");
    let answer = carrier.hand_over(&letter("two")).await;
    assert_eq!(answer, Ok(HandedOver { provider_id: Some("TEST2".to_owned()) }));
    assert_eq!(peer.next()["text"], "two\r\n");
}
