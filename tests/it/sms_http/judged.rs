//! What we send and verify, judged by the vendors' own libraries for Python: a double takes their request and ours and reads the same in both, and
//! what one side signs the other takes for genuine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use aikagi::deliver::hooks::{Arrived, Hook as _, Refused, TwilioHook, VonageHook};
use aikagi::deliver::receipts::Outcome;
use aikagi::deliver::{Carrier, NotHandedOver};
use aikagi::model::{Cause, seconds};
use axum::http::{HeaderMap, HeaderValue};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::doubles::{
    ACCESS_KEY, ACCOUNT, API_KEY, API_SECRET, Double, KEY, KEY_SECRET, REGION, Read, SECRET_KEY, TOKEN,
};
use super::{CALLBACK, NOW, Secrets, TEXT, letter, settings, shown, sns, twilio, twilio_by_key, vonage};

/// The libraries, in a process that ends with the story.
struct Sdks {
    child: Child,
    asks: ChildStdin,
    tells: BufReader<ChildStdout>,
}

impl Sdks {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        let python = tools.join("venv/bin/python");
        assert!(python.exists(), "{} is missing: run `cargo xtask tools`", python.display());
        let mut command = Command::new(python);
        command.arg(root.join("tests/peers/sms_sdks.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python starts");
        let asks = child.stdin.take().expect("piped");
        let tells = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, asks, tells }
    }

    /// Has something done; what comes back is theirs.
    async fn ask(mut self, what: Value) -> (Self, Value) {
        tokio::task::spawn_blocking(move || {
            writeln!(self.asks, "{what}").expect("it listens");
            let mut line = String::new();
            self.tells.read_line(&mut line).expect("it answers");
            let answer: Value = serde_json::from_str(&line).expect("JSON");
            assert!(answer.get("broke").is_none(), "{what}: {answer}");
            (self, answer)
        })
        .await
        .expect("no panic")
    }
}

impl Drop for Sdks {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was read of two requests, without what only one side's library writes.
fn same(taken: &[Read], own: &[&str]) {
    let [theirs, ours] = taken else { panic!("{taken:?}") };
    let without = |read: &Read| {
        let rest = read.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        rest.map(|(name, value)| (name.clone(), value.clone())).collect::<Read>()
    };
    assert_eq!(without(theirs), without(ours));
}

async fn refused(carrier: &dyn Carrier, to: &str) -> NotHandedOver {
    let refused = carrier.hand_over(&letter(to)).await.expect_err(to);
    for secret in [&to[1..], "12345678", TOKEN, API_SECRET, SECRET_KEY, KEY_SECRET] {
        assert!(!format!("{refused:?}").contains(secret), "{refused:?}");
    }
    refused
}

#[tokio::test]
async fn twilio_reads_the_same_in_their_request_and_in_ours() {
    let (double, secrets, sdks) = (Double::twilio().await, Secrets::new(), Sdks::start());
    let fields = json!({ "to": "+819012345678", "from_": "+15005550006", "body": TEXT, "status_callback": CALLBACK, "validity_period": 600 });
    let send = |token: &str, fields: &Value| json!({ "do": "twilio_send", "base": double.url(), "account": ACCOUNT, "token": token, "fields": fields });
    let (sdks, theirs) = sdks.ask(send(TOKEN, &fields)).await;
    assert_eq!(theirs["state"], "queued", "{theirs}");
    let carrier = twilio(&double.url(), &secrets, "sender = \"+15005550006\"");
    let ours = carrier.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(ours.provider_id.as_deref(), theirs["sid"].as_str());
    same(&double.taken(), &[]);
    assert!(carrier.tells_receipts());
    carrier.knock().await.expect("let in");

    // By a key and a messaging service.
    let by_key = json!({ "to": "+819012345678", "messaging_service_sid": "MG1", "body": TEXT, "validity_period": 600 });
    let mut asked = send("-", &by_key);
    asked["key"] = json!(KEY);
    asked["secret"] = json!(KEY_SECRET);
    let (sdks, theirs) = sdks.ask(asked).await;
    assert_eq!(theirs["state"], "queued", "{theirs}");
    let carrier = twilio_by_key(&double.url(), &secrets);
    carrier.hand_over(&letter("+819012345678")).await.expect("taken");
    same(&double.taken()[2..], &[]);
    assert!(!carrier.tells_receipts());

    // Refusals, in the library's words and in ours.
    let carrier = twilio(&double.url(), &secrets, "sender = \"+15005550006\"");
    let mut sdks = sdks;
    for (to, code, cause, is_final) in [
        ("+819011110001", 21211, Cause::UnknownDestination, true),
        ("+819011110009", 21614, Cause::NotMobile, true),
        ("+819011110004", 21610, Cause::Blocked, true),
    ] {
        let mut fields = fields.clone();
        fields["to"] = json!(to);
        let (back, theirs) = sdks.ask(send(TOKEN, &fields)).await;
        sdks = back;
        assert_eq!(theirs["code"], code);
        let ours = refused(&carrier, to).await;
        assert_eq!((ours.code, ours.cause, ours.is_final), (Some(code.to_string()), cause, is_final));
    }
    let busy = refused(&carrier, "+819011110029").await;
    assert_eq!((busy.cause, busy.is_final, busy.retry_after), (Cause::Throttled, false, Some(seconds(3))));
    let (_, theirs) = sdks.ask(send("wrong", &fields)).await;
    assert_eq!(theirs, json!({ "status": 401, "code": 20003 }));
    let stranger = super::TwilioCarrier::new(
        settings(&format!(
            "name = \"sms\"\nurl = \"{}\"\naccount = \"{ACCOUNT}\"\ntoken_file = \"{}\"\nsender = \"+15005550006\"",
            double.url(),
            shown(&secrets.file("wrong"))
        )),
        CALLBACK.to_owned(),
        super::clock(),
    );
    let stranger = stranger.expect("they fit together");
    let ours = refused(&stranger, "+819012345678").await;
    assert_eq!((ours.cause, ours.is_final, ours.code.as_deref()), (Cause::Account, false, Some("20003")));
    assert_eq!(stranger.knock().await.expect_err("a stranger").cause, Cause::Account);
    assert_eq!(double.taken().len(), 4);
}

#[tokio::test]
async fn twilios_validator_and_ours_take_the_same_for_genuine() {
    let mut sdks = Sdks::start();
    for (address, url) in [
        (CALLBACK, CALLBACK),
        (CALLBACK, "https://id.example.jp:443/hooks/messages/sms"),
        ("https://id.example.jp:8443/hooks/messages/sms", "https://id.example.jp/hooks/messages/sms"),
        ("http://localhost:8080/hooks/messages/sms", "http://localhost:8080/hooks/messages/sms"),
    ] {
        let fields = json!({
            "MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003", "To": "+819012345678", "From": "Acme",
            "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "日本語": "空 +&=%", "a": "", "A": "1"
        });
        let sign = json!({ "do": "twilio_sign", "token": TOKEN, "url": url, "fields": fields });
        let (back, signed) = sdks.ask(sign).await;
        let signature = signed["signature"].as_str().expect("a signature").to_owned();
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields.as_object().expect("fields") {
            body.append_pair(name, value.as_str().expect("a text"));
        }
        let body = body.finish();
        let read = |address: &str, token: &str, body: &str, signature: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-twilio-signature", HeaderValue::from_str(signature).expect("ASCII"));
            let hook = TwilioHook::new("sms", address.to_owned(), token);
            hook.read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW)
        };
        let receipts = read(address, TOKEN, &body, &signature).expect("genuine");
        assert_eq!(receipts[0].outcome, Outcome::Undeliverable(Cause::Unreachable));
        // What either refuses the other refuses.
        let mut other = fields.clone();
        other["MessageStatus"] = json!("delivered");
        let judge = |fields: &Value, signature: &str, token: &str| json!({ "do": "twilio_judge", "token": token, "url": address, "fields": fields, "signature": signature });
        let (back, genuine) = back.ask(judge(&fields, &signature, TOKEN)).await;
        assert_eq!(genuine["genuine"], true, "{address} {url}");
        let (back, altered) = back.ask(judge(&other, &signature, TOKEN)).await;
        let (back, strange) = back.ask(judge(&fields, &signature, "another")).await;
        sdks = back;
        assert_eq!((&altered["genuine"], &strange["genuine"]), (&json!(false), &json!(false)));
        let body_altered = body.replace("undelivered", "delivered");
        assert!(matches!(read(address, TOKEN, &body_altered, &signature), Err(Refused::Forged(_))));
        assert!(matches!(read(address, "another", &body, &signature), Err(Refused::Forged(_))));
    }
}

#[tokio::test]
async fn vonage_reads_the_same_in_their_request_and_in_ours() {
    let (double, secrets, mut sdks) = (Double::vonage().await, Secrets::new(), Sdks::start());
    let send = |secret: &str, to: &str| {
        let fields = json!({
            "to": to, "from_": "Acme", "text": TEXT, "ttl": 1800, "client_ref": "msg_06gzzv2j03taw5w5anhmm53tq4",
            "webhook_url": CALLBACK, "webhook_version": "v1"
        });
        json!({ "do": "vonage_send", "host": double.address.to_string(), "key": API_KEY, "secret": secret, "fields": fields })
    };
    let (back, theirs) = sdks.ask(send(API_SECRET, "819012345678")).await;
    sdks = back;
    let carrier = vonage(&double.url(), &secrets, API_SECRET);
    let ours = carrier.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(ours.provider_id.as_deref(), theirs["message_uuid"].as_str(), "{theirs}");
    same(&double.taken(), &[]);
    carrier.knock().await.expect("let in");
    for (to, status, code, cause, is_final) in [
        ("819011110004", 403, "1240", Cause::Blocked, true),
        ("819011110007", 402, "low-balance", Cause::Account, false),
        ("819011110029", 429, "1000", Cause::Throttled, false),
    ] {
        let (back, theirs) = sdks.ask(send(API_SECRET, to)).await;
        sdks = back;
        assert_eq!(theirs["status"], status, "{theirs}");
        let ours = refused(&carrier, &format!("+{to}")).await;
        assert_eq!((ours.code.as_deref(), ours.cause, ours.is_final), (Some(code), cause, is_final));
    }
    let (_, theirs) = sdks.ask(send("wrong", "819012345678")).await;
    assert_eq!(theirs["status"], 401);
    let stranger = vonage(&double.url(), &secrets, "wrong");
    assert_eq!(refused(&stranger, "+819012345678").await.cause, Cause::Account);
    assert_eq!(stranger.knock().await.expect_err("a stranger").cause, Cause::Account);
}

#[tokio::test]
async fn vonages_validator_and_ours_take_the_same_for_genuine() {
    const SECRET: &str = "signature secret of the story, long enough";
    let (secrets, mut sdks) = (Secrets::new(), Sdks::start());
    let text = format!(
        "name = \"sms\"\nkey = \"{API_KEY}\"\nsecret_file = \"-\"\nsender = \"Acme\"\nsignature_secret_file = \"{}\"",
        shown(&secrets.file(SECRET))
    );
    let hook = VonageHook::of(&settings(&text)).expect("a secret").expect("a hook");
    let body = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","status":"delivered","to":"819012345678"}"#;
    let read = |token: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).expect("ASCII"));
        hook.read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW)
    };
    for (secret, genuine) in [(SECRET, true), ("another secret of the story, as long", false)] {
        let hash = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
        let claims =
            json!({ "iat": NOW.0 / 1_000_000, "jti": "j", "iss": "Vonage", "payload_hash": hash, "api_key": API_KEY });
        let (back, made) = sdks.ask(json!({ "do": "vonage_token", "claims": claims, "secret": secret })).await;
        let token = made["token"].as_str().expect("a token").to_owned();
        let (back, judged) = back.ask(json!({ "do": "vonage_judge", "token": token, "secret": SECRET })).await;
        sdks = back;
        assert_eq!(judged["genuine"], genuine);
        assert_eq!(read(&token).is_ok(), genuine, "{:?}", read(&token));
        // The last character but one: the last may hold bits that mean nothing.
        let mut bent = token.into_bytes();
        let at = bent.len() - 2;
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).expect("ASCII");
        let (back, judged) = sdks.ask(json!({ "do": "vonage_judge", "token": bent, "secret": SECRET })).await;
        sdks = back;
        assert_eq!(judged["genuine"], false);
        assert!(matches!(read(&bent), Err(Refused::Forged(_))));
    }
}

#[tokio::test]
async fn sns_reads_the_same_in_their_request_and_in_ours() {
    let (double, secrets, mut sdks) = (Double::sns().await, Secrets::new(), Sdks::start());
    let send = |secret: &str, to: &str| {
        json!({
            "do": "sns_send", "url": double.url(), "region": REGION, "access_key": ACCESS_KEY, "secret_key": secret, "to": to,
            "text": TEXT, "sender": "ACME"
        })
    };
    let (back, theirs) = sdks.ask(send(SECRET_KEY, "+819012345678")).await;
    sdks = back;
    let carrier = sns(&double.url(), &secrets, SECRET_KEY);
    let ours = carrier.hand_over(&letter("+819012345678")).await.expect("taken");
    assert_eq!(ours.provider_id.as_deref(), theirs["message_id"].as_str(), "{theirs}");
    same(&double.taken(), &[]);
    assert!(!carrier.tells_receipts());
    carrier.knock().await.expect("let in");
    for (to, code, cause, is_final) in [
        ("+819011110001", "InvalidParameter", Cause::UnknownDestination, true),
        ("+819011110029", "Throttling", Cause::Throttled, false),
    ] {
        let (back, theirs) = sdks.ask(send(SECRET_KEY, to)).await;
        sdks = back;
        assert_eq!(theirs["code"], code);
        let ours = refused(&carrier, to).await;
        assert_eq!((ours.code.as_deref(), ours.cause, ours.is_final), (Some(code), cause, is_final));
    }
    let (_, theirs) = sdks.ask(send("wrong", "+819012345678")).await;
    assert_eq!(theirs["code"], "SignatureDoesNotMatch");
    let stranger = sns(&double.url(), &secrets, "wrong");
    assert_eq!(refused(&stranger, "+819012345678").await.cause, Cause::Account);
    assert_eq!(stranger.knock().await.expect_err("a stranger").cause, Cause::Account);
}

/// botocore signs the very request that we sent, at the same time, and writes the same header.
#[tokio::test]
async fn our_signature_is_the_one_of_botocore() {
    let (secrets, mut sdks) = (Secrets::new(), Sdks::start());
    for path in ["", "/"] {
        let service = super::hostile::Canned::open(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
        let carrier = sns(&format!("{}{path}", service.url()), &secrets, SECRET_KEY);
        carrier.hand_over(&letter("+819012345678")).await.expect_err("it breaks");
        let (head, body) = service.asked();
        let header = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("no {name}: {head}")).split_once(": ").expect("a header").1.to_owned()
        };
        let asked = json!({
            "do": "sigv4", "url": format!("http://{}/", header("host")), "region": REGION, "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY, "content_type": header("content-type"), "body": body, "at": NOW.0 / 1_000_000
        });
        let (back, theirs) = sdks.ask(asked).await;
        sdks = back;
        assert_eq!(theirs["date"], header("x-amz-date"));
        assert_eq!(theirs["authorization"], header("authorization"));
    }
}
