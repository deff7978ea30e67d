//! Receipts that come to `/hooks/messages/NAME`: genuine ones are written down before they are answered, and nobody else gets anything done there.

use std::sync::Arc;

use aikagi::config::Config;
use aikagi::config::carriers::CarrierSettings;
use aikagi::deliver::worker::Worker;
use aikagi::model::minutes;
use aws_lc_rs::hmac;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::doubles::{ACCOUNT, API_KEY, Double, TOKEN};
use super::{NOW, Secrets};
use crate::harness::{Server, config};
use crate::raw::{number, rows};

const SIGNATURE_SECRET: &str = "signature secret of the story, long enough";
const HOOK_SECRET: &str = "hook secret of the story";
const TWILIO: &str = "http://id.example.jp/hooks/messages/tw";

/// The id that the double gives to what it takes.
const SID: &str = "SM00000000000000000000000000000001";

/// A server with a carrier of each kind; the first of them is a double on this machine.
struct House {
    server: Server,
    router: axum::Router,
    worker: Worker,
    _double: Double,
    _secrets: Secrets,
}

fn with_carriers(secrets: &Secrets, twilio: &str) -> Config {
    let [token, api, signature, hook] =
        [TOKEN, "vonage secret", SIGNATURE_SECRET, HOOK_SECRET].map(|text| secrets.file(text).display().to_string());
    let mut config = config();
    config.carriers = [
        format!("kind = \"twilio\"\nname = \"tw\"\nurl = \"{twilio}\"\naccount = \"{ACCOUNT}\"\ntoken_file = \"{token}\"\nsender = \"Acme\""),
        format!(
            "kind = \"vonage\"\nname = \"vo\"\nkey = \"{API_KEY}\"\nsecret_file = \"{api}\"\nsender = \"Acme\"\nsignature_secret_file = \"{signature}\""
        ),
        format!("kind = \"sns\"\nname = \"sn\"\nregion = \"ap-northeast-1\"\naccess_key = \"AK\"\nsecret_key_file = \"{api}\""),
        format!(
            "kind = \"http\"\nname = \"own\"\nurl = \"https://api.example.jp/sms\"\nform = {{ to = \"{{to}}\", text = \"{{text}}\" }}\n\
             [receipts]\nproof = \"hmac_sha256\"\nheader = \"X-Signature\"\nsecret_file = \"{hook}\"\nid = \"/id\"\nmessage = \"/message\"\n\
             state = \"/state\"\ncode = \"/code\"\n[receipts.states]\nwait = \"underway\"\nok = \"delivered\"\nng = \"undeliverable\"\n\
             [receipts.codes]\n\"12\" = \"unreachable\""
        ),
        format!(
            "kind = \"smtp\"\nname = \"mx\"\nfrom = \"no-reply@example.jp\"\nhost = \"mx.example.jp\"\n[bounce_webhook]\n\
             proof = \"secret\"\nheader = \"X-Hook\"\nsecret_file = \"{hook}\"\neach = \"\"\nmessage = \"/smtp-id\"\nstate = \"/event\"\n\
             states = {{ bounced = \"unknown_destination\", deferred = \"underway\" }}"
        ),
    ]
    .map(|text| toml::from_str::<CarrierSettings>(&text).expect("settings"))
    .into();
    config
}

impl House {
    async fn open() -> Self {
        let (secrets, double) = (Secrets::new(), Double::twilio().await);
        let server = Server::start_with(with_carriers(&secrets, &double.url())).await;
        let router = aikagi::server::router(&server.app).expect("the parts fit");
        let app = &server.app;
        let worker = Worker {
            db: app.db.clone(),
            clock: app.clock.clone(),
            keyring: app.keyring.clone(),
            dice: app.dice.clone(),
            carriers: aikagi::server::carriers(&app.config).expect("the parts fit"),
            breakers: Arc::default(),
            receipt_wait: None,
            budgets: aikagi::model::Budgets::default(),
            webhooks: false,
            bell: app.outbox_bell.clone(),
        };
        Self { server, router, worker, _double: double, _secrets: secrets }
    }

    /// Somebody asks for a code, and the double takes it. Gives the message's id.
    async fn code_is_sent(&self) -> String {
        self.server.member("tanaka", &["090-1234-5678"]).await;
        self.server.visitor().asks_for_code("090-1234-5678").await.says("2 / 4");
        self.worker.work_once().await.expect("the outbox works");
        let dump = self.server.dump().await;
        let [handing] = rows(&dump, "handings") else { panic!("{:?}", rows(&dump, "handings")) };
        assert_eq!((&handing["carrier"], &handing["provider_id"]), (&json!("tw"), &json!(SID)));
        handing["message_id"].as_str().expect("an id").to_owned()
    }

    /// How far the only message for a person came, and why no further.
    async fn came(&self) -> (String, String) {
        let dump = self.server.dump().await;
        let message = rows(&dump, "outbox").iter().find(|row| row["carrier"] == "tw").expect("a message");
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("cause"))
    }

    /// A receipt of the double's message.
    async fn says(&self, state: &str, code: &str) -> StatusCode {
        let body = format!("ErrorCode={code}&MessageSid={SID}&MessageStatus={state}&To=%2B819012345678");
        self.twilio("/hooks/messages/tw", &body, TOKEN).await
    }

    async fn send(&self, request: Request<Body>) -> StatusCode {
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        assert!(!answer.headers().contains_key("set-cookie"));
        answer.status()
    }

    /// A receipt as Twilio sends it, signed with this token.
    async fn twilio(&self, path: &str, body: &str, token: &str) -> StatusCode {
        let mut fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
        fields.sort();
        let said = fields.iter().fold(TWILIO.to_owned(), |said, (name, value)| said + name + value);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        let signature = BASE64.encode(hmac::sign(&key, said.as_bytes()).as_ref());
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
            .header("x-twilio-signature", signature);
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// The same of Vonage, signed so many seconds ago.
    async fn vonage(&self, body: &str, secret: &str, ago: i64) -> StatusCode {
        let part = |value: &serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let hash = HEXLOWER.encode(&Sha256::digest(body.as_bytes()));
        let claims = json!({ "iat": NOW.0 / 1_000_000 - ago, "payload_hash": hash, "api_key": API_KEY });
        let said = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(&claims));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let token = format!("{said}.{}", BASE64URL_NOPAD.encode(hmac::sign(&key, said.as_bytes()).as_ref()));
        let request = Request::post("/hooks/messages/vo").header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    /// The same of the described provider.
    async fn own(&self, body: impl Into<Vec<u8>>, secret: &str) -> StatusCode {
        let body = body.into();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, &body).as_ref());
        let request = Request::post("/hooks/messages/own").header("x-signature", signature);
        self.send(request.body(Body::from(body)).expect("a request")).await
    }
}

#[tokio::test]
async fn whoever_proves_nothing_gets_nothing_done() {
    let house = House::open().await;
    let before = house.server.dump().await;
    let post = |path: &str, body: Vec<u8>| Request::post(path.to_owned()).body(Body::from(body)).expect("a request");
    for path in [
        "/hooks/messages/nobody",
        "/hooks/messages/sn",
        "/hooks/messages/",
        "/hooks/messages/tw/x",
        "/hooks/messages/TW",
    ] {
        assert_eq!(house.send(post(path, Vec::new())).await, 404, "{path}");
    }
    let get = Request::get("/hooks/messages/tw").body(Body::empty()).expect("a request");
    assert_eq!(house.send(get).await, 405);
    for carrier in ["tw", "vo", "own"] {
        let path = format!("/hooks/messages/{carrier}");
        let deep = "[".repeat(60_000);
        for body in [&b""[..], b"MessageSid=SM1&MessageStatus=delivered", b"{}", b"\0\xff", deep.as_bytes()] {
            assert_eq!(house.send(post(&path, body.to_vec())).await, 403, "{path}");
        }
        assert_eq!(house.send(post(&path, vec![b'x'; 64 * 1_024 + 1])).await, 413, "{path}");
        for header in ["x-twilio-signature", "authorization", "x-signature"] {
            for value in ["", "x", "Bearer ..", "Bearer a.b.c", "====", &"0".repeat(64), &"A".repeat(9_000)] {
                let request = Request::post(&path).header(header, value).body(Body::from("a=b")).expect("a request");
                assert_eq!(house.send(request).await, 403, "{path} {header}: {value}");
            }
        }
    }
    let delivered = "MessageSid=SM1&MessageStatus=delivered";
    assert_eq!(house.twilio("/hooks/messages/tw", delivered, "another").await, 403);
    assert_eq!(
        house.twilio("/hooks/messages/vo", delivered, TOKEN).await,
        403,
        "one carrier's proof is none for another"
    );
    let status = r#"{"message_uuid":"u","status":"delivered"}"#;
    assert_eq!(house.vonage(status, "another", 0).await, 403);
    assert_eq!(house.vonage(status, SIGNATURE_SECRET, 86_401).await, 403);
    assert_eq!(house.vonage(status, SIGNATURE_SECRET, -301).await, 403);
    assert_eq!(house.own(r#"{"id":"A","state":"ok"}"#, "another").await, 403);
    assert!(before == house.server.dump().await, "something was written");
}

#[tokio::test]
async fn what_is_genuine_and_says_nothing_changes_nothing() {
    let house = House::open().await;
    let before = house.server.dump().await;
    assert_eq!(house.twilio("/hooks/messages/tw", "MessageSid=SM1&MessageStatus=received", TOKEN).await, 204);
    assert_eq!(house.twilio("/hooks/messages/tw", "MessageStatus=delivered", TOKEN).await, 400);
    assert_eq!(house.vonage(r#"{"message_uuid":"u","status":"pondered"}"#, SIGNATURE_SECRET, 0).await, 204);
    assert_eq!(house.vonage("[]", SIGNATURE_SECRET, 0).await, 400);
    assert_eq!(house.own(r#"{"id":"A","state":"pondered"}"#, HOOK_SECRET).await, 204);
    assert_eq!(house.own(r#"{"state":"ok"}"#, HOOK_SECRET).await, 204);
    assert_eq!(house.own(vec![b'['; 60_000], HOOK_SECRET).await, 400);
    assert!(before == house.server.dump().await, "something was written");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_told_at_the_start() {
    let secrets = Secrets::new();
    let config = with_carriers(&secrets, "https://api.example.jp");
    std::fs::remove_file(secrets.file(HOOK_SECRET)).expect("removed");
    let server = Server::start_with(config).await;
    let why = aikagi::server::router(&server.app).expect_err("no secret").to_string();
    assert!(why.contains("carrier `own`") && why.contains("receipts.secret_file"), "{why}");
}

#[tokio::test]
async fn what_arrived_has_arrived_whatever_is_told_after_it() {
    let house = House::open().await;
    house.code_is_sent().await;
    assert_eq!(house.came().await, ("handed".to_owned(), String::new()));
    assert_eq!(house.says("sent", "").await, 204);
    assert_eq!(house.came().await.0, "handed");
    assert_eq!(house.says("delivered", "").await, 204);
    assert_eq!(house.came().await, ("delivered".to_owned(), String::new()));
    let after = house.server.dump().await;
    // Sent again, by the provider or by whoever overheard it, and in the wrong order.
    for (state, code) in
        [("delivered", ""), ("queued", ""), ("sent", ""), ("undelivered", "30003"), ("failed", "30007")]
    {
        house.server.later(minutes(1));
        assert_eq!(house.says(state, code).await, 204, "{state}");
        assert!(after == house.server.dump().await, "{state} changed something");
    }
}

#[tokio::test]
async fn a_message_that_did_not_arrive_takes_no_number_away() {
    let house = House::open().await;
    house.code_is_sent().await;
    let of_members = async || {
        let dump = house.server.dump().await;
        ["contacts", "members", "codes", "recoveries"].map(|table| rows(&dump, table).to_vec())
    };
    let before = of_members().await;
    assert_eq!(house.says("undelivered", "30005").await, 204);
    assert_eq!(house.came().await, ("undeliverable".to_owned(), "unknown_destination".to_owned()));
    assert!(before == of_members().await, "a receipt changed what is the member's");
    let dump = house.server.dump().await;
    let [handing] = rows(&dump, "handings") else { panic!("one try") };
    assert_eq!((&handing["state"], &handing["code"]), (&json!("undeliverable"), &json!("30005")));
    // The network was wrong: it arrives after all.
    assert_eq!(house.says("delivered", "").await, 204);
    assert_eq!(house.came().await.0, "delivered");
}

#[tokio::test]
async fn a_receipt_may_come_before_its_message_is_known() {
    let house = House::open().await;
    assert_eq!(house.says("delivered", "").await, 204);
    assert_eq!(house.says("sent", "").await, 204);
    assert_eq!(number(&house.server.database().url, "select count(*) from early_receipts").await, 2);
    house.code_is_sent().await;
    assert_eq!(house.came().await.0, "handed");
    house.server.app.receipts.settle().await.expect("the database works");
    assert_eq!(house.came().await.0, "delivered");
    assert_eq!(number(&house.server.database().url, "select count(*) from early_receipts").await, 0);
}

#[tokio::test]
async fn a_described_provider_may_name_our_own_id() {
    let house = House::open().await;
    let message = house.code_is_sent().await;
    let stranger = format!("msg_{}", "0".repeat(26));
    let before = house.server.dump().await;
    assert_eq!(house.own(format!(r#"{{"message":"{stranger}","state":"ok"}}"#), HOOK_SECRET).await, 204);
    assert!(before == house.server.dump().await, "a message that is none was told of");
    // What another carrier took is none of its business.
    let no = format!(r#"{{"message":"{message}","state":"ng","code":12}}"#);
    assert_eq!(house.own(no.clone(), HOOK_SECRET).await, 204);
    assert_eq!(house.came().await.0, "handed");
    house.server.sql("update handings set carrier = 'own'").await;
    assert_eq!(house.own(no, HOOK_SECRET).await, 204);
    assert_eq!(house.came().await, ("undeliverable".to_owned(), "unreachable".to_owned()));
    assert_eq!(house.own(format!(r#"{{"message":"{message}","state":"ok"}}"#), HOOK_SECRET).await, 204);
    assert_eq!(house.came().await.0, "delivered");
}

#[tokio::test]
async fn what_names_a_message_that_is_still_in_hand_is_to_be_told_again() {
    let house = House::open().await;
    let message = house.code_is_sent().await;
    let arrived = format!(r#"{{"message":"{message}","state":"ok"}}"#);
    // The provider has it, and the node that gave it there has not written so yet.
    house.server.sql("update outbox set state = 'waiting', claim = 'a node' where purpose = 'recovery_code'").await;
    house.server.sql("update handings set carrier = 'unwritten'").await;
    let before = house.server.dump().await;
    assert_eq!(house.own(arrived.clone(), HOOK_SECRET).await, 503);
    assert!(before == house.server.dump().await, "something was written");
    house.server.sql("update handings set carrier = 'own'").await;
    assert_eq!(house.own(arrived, HOOK_SECRET).await, 204);
    assert_eq!(house.came().await.0, "delivered");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_to_be_told_again() {
    let house = House::open().await;
    house.code_is_sent().await;
    let before = house.server.dump().await;
    house.server.app.db.set_shut(true);
    assert_eq!(house.says("delivered", "").await, 503);
    house.server.app.db.set_shut(false);
    assert!(before == house.server.dump().await, "something was written");

    // As many receipts of messages that nobody knows as there is room for.
    let many = "insert into early_receipts (carrier, provider_id, outcome, at)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 10000)
        select 'vo', 'x' || i, 'delivered', 1 from n";
    house.server.sql(many).await;
    let status = r#"{"message_uuid":"nobody-knows","status":"delivered"}"#;
    assert_eq!(house.vonage(status, SIGNATURE_SECRET, 0).await, 503);
    assert_eq!(number(&house.server.database().url, "select count(*) from early_receipts").await, 10_000);
    assert_eq!(house.says("delivered", "").await, 204, "what is known is written all the same");
    assert_eq!(house.came().await.0, "delivered");
}

/// A mail provider tells of many messages at once, and names ours by the header that we wrote.
#[tokio::test]
async fn a_mail_providers_bounces_come_the_same_way() {
    let house = House::open().await;
    let message = house.code_is_sent().await;
    let send = async |secret: &str| {
        let body = format!(
            r#"[{{"event":"opened","smtp-id":"<{message}@id.example.jp>"}},{{"event":"bounced","smtp-id":"<x@else.example>"}},
               {{"event":"bounced","smtp-id":"<{message}@id.example.jp>","email":"taro@example.jp"}}]"#
        );
        let request = Request::post("/hooks/messages/mx").header("x-hook", secret);
        house.send(request.body(Body::from(body)).expect("a request")).await
    };
    house.server.sql("update handings set carrier = 'mx'").await;
    assert_eq!(send("another").await, 403);
    assert_eq!(house.came().await.0, "handed");
    assert_eq!(send(HOOK_SECRET).await, 204);
    assert_eq!(house.came().await, ("undeliverable".to_owned(), "unknown_destination".to_owned()));
}
