//! Services that answer badly, and a described provider: whatever comes back, a message counts as handed over only where it was, and nothing of it
//! reaches the log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aikagi::deliver::{Carrier as _, HandedOver, NotHandedOver};
use aikagi::model::{Cause, seconds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::doubles::{SECRET_KEY, TOKEN};
use super::{CALLBACK, Secrets, TEXT, TwilioCarrier, clock, described, letter, settings, shown, sns, twilio, vonage};
use crate::doctor::peers::Authority;

/// A server that answers each request with the same bytes, and then ends the connection or keeps it.
pub struct Canned {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<(String, String)>>>,
    answered: Arc<Notify>,
}

impl Canned {
    pub async fn open(answer: Vec<u8>) -> Self {
        Self::with(answer, false).await
    }

    /// One that says no more after the bytes, and does not go.
    async fn silent_after(answer: &[u8]) -> Self {
        Self::with(answer.to_vec(), true).await
    }

    async fn with(answer: Vec<u8>, stays: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (asked, answered) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Notify>::default());
        let (all, bell) = (asked.clone(), answered.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = request(&mut stream).await else { continue };
                all.lock().expect("no panic").push(request);
                let _ = stream.write_all(&answer).await;
                bell.notify_one();
                if stays {
                    tokio::spawn(async move {
                        let _stream = stream;
                        std::future::pending::<()>().await;
                    });
                }
            }
        });
        Self { address, asked, answered }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Head and body of the newest request.
    pub fn asked(&self) -> (String, String) {
        self.asked.lock().expect("no panic").last().expect("it was asked").clone()
    }
}

async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).as_bytes(), body].concat()
}

/// What each of the four makes of the same bytes.
async fn all(bytes: &[u8]) -> Vec<Result<HandedOver, NotHandedOver>> {
    let (service, secrets) = (Canned::open(bytes.to_vec()).await, Secrets::new());
    let letter = letter("+819012345678");
    let form = "method = \"POST\"\nform = { to = \"{to}\", text = \"{text}\" }\nid_at = \"/id\"";
    let answers = vec![
        twilio(&service.url(), &secrets, "sender = \"Acme\"").hand_over(&letter).await,
        vonage(&service.url(), &secrets, "secret").hand_over(&letter).await,
        sns(&service.url(), &secrets, SECRET_KEY).hand_over(&letter).await,
        described(&format!("url = \"{}/sms\"\n{form}", service.url())).hand_over(&letter).await,
    ];
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        let told = format!("{refused:?} {refused}");
        for secret in ["8190", "12345678", "確認", TOKEN, SECRET_KEY, "hotel"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    answers
}

#[tokio::test]
async fn what_a_service_took_it_took_however_oddly_it_says_so() {
    let huge = [b"{\"id\":\"", "x".repeat(5 << 20).as_bytes(), b"\"}"].concat();
    for body in [
        &b""[..],
        b"OK",
        b"\0\0\0",
        b"{\"sid\":null,\"id\":[]}",
        b"{\"sid\":\"a\\u0000b\",\"message_uuid\":\"\xff\"}",
        &huge,
    ] {
        for taken in all(&answer("200 OK", "", body)).await {
            assert_eq!(taken, Ok(HandedOver { provider_id: None }), "{} bytes", body.len());
        }
    }
    let broken_off = b"HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"sid\":\"SM1\"".to_vec();
    for taken in all(&broken_off).await {
        assert!(taken.is_ok(), "{taken:?}");
    }
}

#[tokio::test]
async fn what_a_service_did_not_take_waits() {
    let redirect = answer("302 There", "location: http://169.254.169.254/latest/meta-data/\r\n", b"");
    let large_head = answer("200 OK", &format!("x: {}\r\n", "x".repeat(100_000)), b"{}");
    for bytes in [
        answer("500 No", "", b"<h1>hotel 8190</h1>"),
        answer("503 No", "retry-after: 7\r\n", b"{\"code\":\"+819012345678\",\"type\":\"#819012345678\"}"),
        answer("429 No", "retry-after: 7\r\n", b"\0"),
        redirect,
        large_head,
        b"nonsense\r\n\r\n".to_vec(),
        b"HTTP/1.1 ".to_vec(),
        Vec::new(),
    ] {
        for refused in all(&bytes).await {
            let refused = refused.expect_err("not taken");
            assert!(!refused.is_final && matches!(refused.cause, Cause::Provider | Cause::Throttled), "{refused:?}");
            let asks = bytes.windows(11).any(|part| part == b"retry-after");
            assert_eq!(refused.retry_after, asks.then(|| seconds(7)), "{refused:?}");
        }
    }
    // Nobody there.
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let carrier = twilio(&format!("http://{gone}"), &Secrets::new(), "sender = \"Acme\"");
    let refused = carrier.hand_over(&letter("+819012345678")).await.expect_err("nobody there");
    assert_eq!((refused.cause, refused.is_final), (Cause::Provider, false));
}

#[tokio::test]
async fn what_a_service_refuses_for_good_is_not_tried_there_again() {
    for refused in all(&answer("400 No", "retry-after: 7\r\n", b"no JSON at all")).await {
        let refused = refused.expect_err("refused");
        assert_eq!((refused.cause, refused.is_final, refused.retry_after), (Cause::Malformed, true, None));
    }
    for refused in all(&answer("401 No", "", b"{}")).await {
        let refused = refused.expect_err("refused");
        assert_eq!((refused.cause, refused.is_final), (Cause::Account, false), "a key is mended, the letter is well");
    }
}

#[tokio::test]
async fn silence_is_waited_for_only_so_long() {
    let secrets = Secrets::new();
    for (said, taken) in [
        (&b""[..], false),
        (b"HTTP/1.1 201 Created\r\n", false),
        (b"HTTP/1.1 201 Created\r\ncontent-length: 90\r\n\r\n{", true),
    ] {
        let service = Canned::silent_after(said).await;
        let carrier = twilio(&service.url(), &secrets, "sender = \"Acme\"");
        let handing = tokio::spawn(async move { carrier.hand_over(&letter("+819012345678")).await });
        service.answered.notified().await;
        // From here on nothing happens but time, which passes by itself.
        tokio::time::pause();
        let answer = handing.await.expect("no panic");
        tokio::time::resume();
        assert_eq!(answer.is_ok(), taken, "{answer:?}");
        if let Err(refused) = answer {
            assert_eq!((refused.cause, refused.is_final), (Cause::Provider, false));
        }
    }
}

#[tokio::test]
async fn a_described_provider_gets_what_was_described() {
    let secrets = Secrets::new();
    let secret = secrets.file("p&ss \"word\"");
    let service =
        Canned::open(answer("200 OK", "x-message-id: M-7\r\n", b"{\"result\":{\"code\":0},\"id\":4711}")).await;
    let json = described(&format!(
        "url = \"{}/v1/{{id}}?cb={{callback}}\"\nheaders = {{ authorization = \"Bearer {{secret}}\", X-Ref = \"{{reference}}\" }}\n\
         secret_file = \"{}\"\nsender = \"Acme\"\nsuccess_at = \"/result/code\"\nsuccess_is = \"0\"\nid_at = \"/id\"\n\
         json = '{{\"to\":[\"{{to_digits}}\"],\"text\":\"{{text}}\",\"from\":\"{{sender}}\",\"long\":true,\"n\":1}}'",
        service.url(),
        shown(&secret)
    ));
    let taken = json.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(taken.provider_id.as_deref(), Some("4711"));
    let (head, body) = service.asked();
    let callback = CALLBACK.replace(':', "%3A").replace('/', "%2F");
    assert!(head.starts_with(&format!("POST /v1/msg_06gzzv2j03taw5w5anhmm53tq4?cb={callback} HTTP/1.1\r\n")), "{head}");
    for line in ["authorization: Bearer p&ss \"word\"", "x-ref: R-1", "content-type: application/json"] {
        assert!(head.lines().any(|it| it == line), "{line}: {head}");
    }
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body, serde_json::json!({ "to": ["819012345678"], "text": TEXT, "from": "Acme", "long": true, "n": 1 }));

    let form = described(&format!(
        "url = \"{}/sms\"\nmethod = \"PUT\"\nheaders = {{ authorization = \"Basic {{basic}}\" }}\nuser = \"acme\"\nsecret_file = \"{}\"\n\
         id_header = \"X-Message-ID\"\nform = {{ mobilenumber = \"{{to_national}}\", smstext = \"{{text}}\", smsid = \"{{id}}\" }}",
        service.url(),
        shown(&secret)
    ));
    let taken = form.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(taken.provider_id.as_deref(), Some("M-7"));
    let (head, body) = service.asked();
    assert!(head.starts_with("PUT /sms HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Basic YWNtZTpwJnNzICJ3b3JkIg=="), "{head}");
    let read: Vec<_> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let wanted = [("mobilenumber", "09012345678"), ("smsid", "msg_06gzzv2j03taw5w5anhmm53tq4"), ("smstext", TEXT)];
    assert_eq!(read, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));

    // A number that has no national form is not sent in another.
    let abroad = form.hand_over(&letter("+447400123456")).await.expect_err("abroad");
    assert_eq!((abroad.cause, abroad.is_final), (Cause::Unroutable, true));

    let get = described(&format!("url = \"{}/send?to={{to}}&text={{text}}\"\nmethod = \"GET\"", service.url()));
    get.hand_over(&letter("+819012345678")).await.expect("taken");
    let (head, body) = service.asked();
    let query = head.split(['?', ' ']).nth(2).expect("a query");
    let read: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(read, [("to".to_owned(), "+819012345678".to_owned()), ("text".to_owned(), TEXT.to_owned())]);
    assert!(body.is_empty() && !head.contains("content-length"), "{head}");
}

/// Answers by TLS with a certificate for `localhost`, and counts what it was asked.
async fn by_tls(authority: &Authority) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tls, asked) = (authority.acceptor("localhost", (2036, 1, 1)), Arc::<AtomicUsize>::default());
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let Ok(mut stream) = tls.accept(tcp).await else { continue };
            let mut buffer = [0; 8_192];
            let _ = stream.read(&mut buffer).await;
            count.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&answer("201 Created", "", b"{\"sid\":\"SM1\"}")).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, asked)
}

#[tokio::test]
async fn nothing_is_said_to_a_service_whose_certificate_nobody_vouches_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (authority, secrets) = (Authority::new(folder.path()), Secrets::new());
    let (port, asked) = by_tls(&authority).await;
    let known = format!("sender = \"Acme\"\nca_file = \"{}\"", shown(&authority.file));
    for (url, settings) in [
        (format!("https://localhost:{port}"), "sender = \"Acme\""),
        // Vouched for, and of another name.
        (format!("https://127.0.0.1:{port}"), known.as_str()),
    ] {
        let refused = twilio(&url, &secrets, settings).hand_over(&letter("+819012345678")).await.expect_err(&url);
        assert_eq!((refused.cause, refused.is_final), (Cause::Provider, false));
        assert!(refused.why.starts_with("no TLS"), "{}", refused.why);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let carrier = twilio(&format!("https://localhost:{port}"), &secrets, &known);
    let taken = carrier.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(taken.provider_id.as_deref(), Some("SM1"));
}

/// What runs for trying out has no address that a provider could reach; one that is named all the same is a reason to refuse the message.
#[tokio::test]
async fn a_server_that_cannot_be_reached_asks_for_no_receipts() {
    let (service, secrets) = (Canned::open(answer("201 Created", "", b"{\"sid\":\"SM1\"}")).await, Secrets::new());
    let file = secrets.file(TOKEN);
    let text = format!(
        "name = \"sms\"\nurl = \"{}\"\naccount = \"AC1\"\ntoken_file = \"{}\"\nsender = \"Acme\"",
        service.url(),
        shown(&file)
    );
    for (callback, asks) in [("http://localhost:8080/hooks/messages/sms", false), (CALLBACK, true)] {
        let carrier = TwilioCarrier::new(settings(&text), callback.to_owned(), clock()).expect("they fit together");
        assert_eq!(carrier.tells_receipts(), asks);
        carrier.hand_over(&letter("+819012345678")).await.expect("taken");
        assert_eq!(service.asked().1.contains("StatusCallback"), asks);
    }
}
