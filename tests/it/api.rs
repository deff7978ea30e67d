//! The stories over the JSON API: real HTTP, real SQL, a clock in our hands.

mod desk;
mod desk_devices;
mod desk_logs;
mod desk_rights;
mod desk_work;

use std::net::SocketAddr;
use std::time::Duration;

use aikagi::deliver::Letter;
use aikagi::flows::{members, standing, workspaces};
use aikagi::model::{Policy, minutes, seconds};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::harness::{self, NEW_PASSWORD as NEW, PASSWORD, Server};

/// The server on loopback, with two members, and a client that keeps no cookies.
pub struct House {
    pub server: Server,
    pub url: String,
    client: reqwest::Client,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
    /// The text under a key.
    pub fn get(&self, key: &str) -> String {
        self.json()[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {}", self.text)).to_owned()
    }
    /// The same answer, as soon as it is what is expected.
    pub fn ok(self) -> Self {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self
    }
    /// Asserts that it is this problem.
    pub fn is(self, status: u16, name: &str) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        assert_eq!(self.get("type"), format!("urn:aikagi:problem:{name}"), "{}", self.text);
        assert_eq!(self.json()["status"], status);
        self
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible letters"))
    }
}

impl House {
    pub async fn open() -> Self {
        Self::open_with(harness::config()).await
    }

    pub async fn open_with(config: aikagi::config::Config) -> Self {
        let server = Server::start_with(config).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let router = aikagi::server::router(&server.app).expect("the parts fit");
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        server.member("tanaka", &["090-1234-5678", "hanako@example.net"]).await;
        server.member("suzuki", &["080-1111-2222", "ichiro@example.net"]).await;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
        Self { server, url, client }
    }

    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask { house: self, request: self.client.request(method, format!("{}/api{path}", self.url)) }
    }
    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }
    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }
    pub fn post(&self, path: &str, body: &Value) -> Ask<'_> {
        self.ask(Method::POST, path).raw(body.to_string())
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> Answer {
        self.post("/v1/sign-in", &json!({ "login": login, "password": password })).send().await
    }

    /// A session's token.
    pub async fn session(&self, login: &str) -> String {
        self.sign_in(&format!("{login}@sakura"), PASSWORD).await.ok().get("session")
    }

    pub async fn start(&self, kind: &str, address: &str) -> Answer {
        self.post("/v1/recovery", &json!({ "kind": kind, "address": address })).send().await
    }

    /// The newest message to this number or address, after everything that waits has left.
    pub async fn letter(&self, to: &str) -> Option<Letter> {
        self.server.received(to).await.pop()
    }

    /// The 8 digits of the newest code.
    pub async fn code(&self, to: &str) -> String {
        self.server.code_for(to).await
    }
}

/// A code that is not the right one.
fn other_than(code: &str) -> String {
    format!("{:08}", (code.parse::<u64>().expect("digits") + 1) % 100_000_000)
}

/// A request in the making.
pub struct Ask<'a> {
    house: &'a House,
    request: reqwest::RequestBuilder,
}

impl Ask<'_> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }
    pub fn by(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }
    fn on(self, handle: &str) -> Self {
        self.with("Aikagi-Recovery", handle)
    }
    fn raw(self, body: String) -> Self {
        self.with("Content-Type", "application/json").of(body)
    }
    fn of(mut self, body: String) -> Self {
        self.request = self.request.body(body);
        self
    }
    pub async fn send(self) -> Answer {
        let response = self.request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("UTF-8");
        let answer = Answer { status, headers, text };
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.text);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        for name in ["set-cookie", "access-control-allow-origin"] {
            assert_eq!(answer.header(name), "", "no {name} under /api");
        }
        let _ = &self.house;
        answer
    }
}

#[tokio::test]
async fn somebody_who_forgot_the_password_gets_back_in_through_the_api() {
    let house = House::open().await;
    let old = house.session("tanaka").await;
    let started = house.start("sms", "０９０ー１２３４ー５６７８").await.ok();
    let handle = started.get("handle");
    let recovery = &started.json()["recovery"];
    assert_eq!(recovery["step"], "code");
    let letter = house.letter("+819012345678").await.unwrap();
    assert!(letter.text.contains(recovery["mark"].as_str().unwrap()), "{}", letter.text);

    let code = house.code("+819012345678").await;
    let checked = house.post("/v1/recovery/check", &json!({ "code": code })).on(&handle).send().await.ok();
    let ids = checked.json()["ids"].clone();
    assert_eq!(ids.as_array().unwrap().len(), 1);
    assert_eq!(ids[0]["login"], "tanaka");
    assert_eq!(ids[0]["workspace"], "sakura");
    assert_eq!(house.get("/v1/recovery").on(&handle).send().await.ok().get("step"), "password");

    let set = json!({ "id": ids[0]["id"], "password": NEW });
    house.post("/v1/recovery/password", &set).on(&handle).send().await.ok();
    house.get("/v1/session").by(&old).send().await.is(401, "not-signed-in");
    house.post("/v1/recovery/password", &set).on(&handle).send().await.is(409, "recovery-ended");
    house.sign_in("tanaka@sakura", PASSWORD).await.is(401, "wrong-credentials");

    let signed_in = house.sign_in("tanaka@sakura", NEW).await.ok();
    assert_eq!(signed_in.json()["next"]["type"], "checkup");
    let token = signed_in.get("session");
    let contacts = house.get("/v1/me").by(&token).send().await.ok().json()["contacts"].clone();
    let path = format!("/v1/me/contacts/{}", contacts[0]["id"].as_str().unwrap());
    house.delete(&path).by(&token).send().await.is(409, "after-recovery");
    house.delete("/v1/me/checkup").by(&token).send().await.ok();
    assert_eq!(house.get("/v1/session").by(&token).send().await.ok().json()["next"]["type"], "done");
}

#[tokio::test]
async fn a_wrong_code_is_counted_and_a_dead_one_opens_nothing() {
    let house = House::open().await;
    let handle = house.start("email", "hanako@example.net").await.ok().get("handle");
    let code = house.code("hanako@example.net").await;
    let wrong = json!({ "code": other_than(&code) });
    for left in (0..5).rev() {
        let answer = house.post("/v1/recovery/check", &wrong).on(&handle).send().await.is(422, "invalid-fields");
        assert_eq!(answer.json()["triesLeft"], left);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/code");
        assert_eq!(answer.json()["errors"][0]["code"], "wrong");
    }
    let right = json!({ "code": code });
    house.post("/v1/recovery/check", &right).on(&handle).send().await.is(409, "code-dead");
    let set = json!({ "id": "mem_00000000000000000000000000", "password": NEW });
    house.post("/v1/recovery/password", &set).on(&handle).send().await.is(409, "code-first");

    let soon = house.ask(Method::POST, "/v1/recovery/resend").on(&handle).send().await.is(429, "too-many-requests");
    assert_eq!(soon.header("retry-after"), "60");
    assert_eq!(soon.json()["retryAfter"], 60);
    house.server.later(seconds(61));
    let again = house.ask(Method::POST, "/v1/recovery/resend").on(&handle).send().await.ok();
    assert_eq!(again.json()["triesLeft"], 5);
    let code = json!({ "code": house.code("hanako@example.net").await });
    house.post("/v1/recovery/check", &code).on(&handle).send().await.ok();
}

#[tokio::test]
async fn another_clients_handle_opens_only_its_own_attempt() {
    let house = House::open().await;
    let mine = house.start("sms", "090-1234-5678").await.ok().get("handle");
    let theirs = house.start("sms", "080-1111-2222").await.ok().get("handle");
    let code = house.code("+819012345678").await;
    house.post("/v1/recovery/check", &json!({ "code": code })).on(&theirs).send().await.is(422, "invalid-fields");
    let mut broken = mine.clone();
    broken.replace_range(mine.len() - 1.., if mine.ends_with('0') { "1" } else { "0" });
    house.post("/v1/recovery/check", &json!({ "code": code })).on(&broken).send().await.is(409, "recovery-ended");
    house.post("/v1/recovery/check", &json!({ "code": code })).send().await.is(400, "header");
    let ids = house.post("/v1/recovery/check", &json!({ "code": code })).on(&mine).send().await.ok().json();
    // The proof is for tanaka's number: nobody else can be chosen with it, and it is bound to this attempt.
    let suzuki = house.get("/v1/me").by(&house.session("suzuki").await).send().await.ok().get("id");
    let set = json!({ "id": suzuki, "password": NEW });
    house.post("/v1/recovery/password", &set).on(&mine).send().await.is(422, "invalid-fields");
    let set = json!({ "id": ids["ids"][0]["id"], "password": NEW });
    house.post("/v1/recovery/password", &set).on(&theirs).send().await.is(409, "code-first");
}

#[tokio::test]
async fn nobody_learns_who_has_an_account() {
    let house = House::open().await;
    let (known, unknown) = (house.start("sms", "090-1234-5678").await, house.start("sms", "090-9999-9999").await);
    let shape = |answer: &Answer| {
        let mut json = answer.json();
        for key in ["mark", "reference"] {
            let text = json["recovery"][key].as_str().unwrap().len();
            json["recovery"][key] = json!(text);
        }
        json["handle"] = json!(answer.get("handle").len());
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        (answer.status, names, json)
    };
    assert_eq!(shape(&known), shape(&unknown));
    assert!(house.letter("+819099999999").await.is_none());

    let wrong = house.sign_in("tanaka@sakura", "something else").await.is(401, "wrong-credentials");
    for login in ["nobody@sakura", "tanaka@nowhere", "tanaka@example.com"] {
        let other = house.sign_in(login, "something else").await;
        assert_eq!((other.status, &other.text), (wrong.status, &wrong.text), "{login}");
    }
    let suzuki = members::by_login(&house.server.app, &house.server.workspace, &"suzuki".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    members::take_step(&house.server.app, &suzuki, standing::Step::Suspend).await.unwrap();
    assert_eq!(house.sign_in("suzuki@sakura", "something else").await.text, wrong.text);
    house.sign_in("suzuki@sakura", PASSWORD).await.is(403, "account-suspended");
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn a_token_opens_nothing_after_signing_out() {
    let house = House::open().await;
    let answer = house.sign_in("tanaka@sakura", PASSWORD).await.ok();
    assert_eq!(answer.json()["next"]["type"], "done");
    assert_eq!(answer.get("workspace"), "sakura");
    let (token, device) = (answer.get("session"), answer.get("device"));
    assert_eq!(house.get("/v1/session").by(&token).send().await.ok().get("login"), "tanaka");
    house.delete("/v1/session").by(&token).send().await.ok();
    let ended = house.get("/v1/session").by(&token).send().await.is(401, "not-signed-in");
    assert_eq!(ended.header("www-authenticate"), r#"Bearer error="invalid_token""#);
    assert_eq!(house.get("/v1/session").send().await.is(401, "not-signed-in").header("www-authenticate"), "Bearer");

    let body = json!({ "workspace": "sakura", "login": "tanaka", "password": PASSWORD });
    let again = house.post("/v1/sign-in", &body).with("Aikagi-Device", &device).send().await.ok();
    assert_eq!(again.json()["device"], Value::Null, "the device that was sent goes on");
}

#[tokio::test]
async fn contacts_are_added_proved_and_removed_after_the_password_was_given_again() {
    let house = House::open().await;
    let token = house.session("tanaka").await;
    house.server.later(minutes(6));
    let new = json!({ "kind": "email", "address": "new@example.org" });
    house.post("/v1/me/contacts", &new).by(&token).send().await.is(403, "prove-again");
    let proof = |password: &str| house.post("/v1/session/proof", &json!({ "password": password })).by(&token);
    let wrong = proof("something else").send().await.is(422, "invalid-fields");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/password");
    proof(PASSWORD).send().await.ok();

    let id = house.post("/v1/me/contacts", &new).by(&token).send().await.ok().get("id");
    let code = house.code("new@example.org").await;
    let verify = format!("/v1/me/contacts/{id}/verify");
    house.post(&verify, &json!({ "code": other_than(&code) })).by(&token).send().await.is(422, "invalid-fields");
    let theirs = house.session("suzuki").await;
    house.post(&verify, &json!({ "code": code })).by(&theirs).send().await.is(404, "not-found");
    let done = house.post(&verify, &json!({ "code": code })).by(&token).send().await.ok();
    assert_eq!(done.get("recoversFrom"), "2026-11-22T21:06:00.000Z", "a new contact waits a day");
    house.post("/v1/me/contacts", &new).by(&token).send().await.is(409, "contact-taken");

    let contacts = house.get("/v1/me").by(&token).send().await.ok().json()["contacts"].clone();
    let states: Vec<&str> = contacts.as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["verified", "verified", "verified"]);
    house.delete(&format!("/v1/me/contacts/{id}")).by(&theirs).send().await.is(404, "not-found");
    house.delete(&format!("/v1/me/contacts/{id}")).by(&token).send().await.ok();
    house.delete(&format!("/v1/me/contacts/{id}")).by(&token).send().await.is(404, "not-found");
}

/// The id of the member's contact with this address.
async fn contact(house: &House, token: &str, address: &str) -> Value {
    let profile = house.get("/v1/me").by(token).send().await.ok().json();
    let all = profile["contacts"].as_array().expect("a list").clone();
    all.into_iter().find(|it| it["address"] == address).unwrap_or_else(|| panic!("no {address} in {profile}"))
}

#[tokio::test]
async fn a_removal_after_a_recovery_holds_only_where_the_client_says_so() {
    let house = House::open().await;
    workspaces::set_contact_text(&house.server.app, &house.server.workspace, Some("総務の佐藤まで"), None)
        .await
        .unwrap();
    let handle = house.start("sms", "090-1234-5678").await.ok().get("handle");
    let code = json!({ "code": house.code("+819012345678").await });
    let ids = house.post("/v1/recovery/check", &code).on(&handle).send().await.ok().json();
    let password = json!({ "id": ids["ids"][0]["id"], "password": NEW });
    house.post("/v1/recovery/password", &password).on(&handle).send().await.ok();
    let token = house.sign_in("tanaka@sakura", NEW).await.ok().get("session");
    let email = contact(&house, &token, "hanako@example.net").await["id"].clone();
    let path = format!("/v1/me/contacts/{}", email.as_str().unwrap());

    let answer = house.delete(&path).by(&token).send().await.is(409, "after-recovery");
    assert_eq!(answer.json()["contacts"], json!([email]), "by which one can go on");
    assert!(answer.json()["retryAfter"].as_i64().unwrap() > 86_000);
    for query in ["ifUnproved=release", "ifUnproved=", "if_unproved=hold", "ifUnproved=hold&ifUnproved=hold", "x=1"] {
        house.delete(&format!("{path}?{query}")).by(&token).send().await.is(400, "query");
    }
    house.get("/v1/session").by(&token).send().await.ok();

    let answer = house.delete(&format!("{path}?ifUnproved=hold")).by(&token).send().await.ok();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json(), json!({ "result": "held", "contact": "総務の佐藤まで" }));
    house.get("/v1/session").by(&token).send().await.is(401, "not-signed-in");
    house.delete(&format!("{path}?ifUnproved=hold")).by(&token).send().await.is(401, "not-signed-in");
    house.sign_in("tanaka@sakura", NEW).await.is(403, "account-held");
    assert!(house.server.received("hanako@example.net").await.iter().any(|letter| letter.purpose == "held"));
}

#[tokio::test]
async fn a_frozen_contact_is_decided_through_the_api() {
    let house = House::open().await;
    let token = house.session("tanaka").await;
    let new = json!({ "kind": "email", "address": "new@example.org" });
    let id = house.post("/v1/me/contacts", &new).by(&token).send().await.ok().get("id");
    let code = json!({ "code": house.code("new@example.org").await });
    house.post(&format!("/v1/me/contacts/{id}/verify"), &code).by(&token).send().await.ok();
    let decision = format!("/v1/me/contacts/{id}/decision");
    let keep = json!({ "decision": "keep" });
    house.post(&decision, &keep).by(&token).send().await.is(409, "not-frozen");
    let notice = house.letter("hanako@example.net").await.unwrap();
    house.server.later(seconds(1));
    house.server.visitor().submit(&crate::own::link_in(&notice.text), &[]).await.is(200);
    house.server.later(seconds(1));

    let frozen = contact(&house, &token, "new@example.org").await;
    assert_eq!(frozen["state"], "frozen");
    assert_eq!(frozen["changedAt"], "2026-11-21T21:00:00.000Z");
    assert_eq!(frozen["frozenAt"], "2026-11-21T21:00:01.000Z");
    let mobile = contact(&house, &token, "090-1234-5678").await["id"].clone();
    house.delete(&format!("/v1/me/contacts/{id}")).by(&token).send().await.is(409, "contact-frozen");
    let answer = house.post(&decision, &keep).by(&token).send().await.is(409, "prove-contact");
    assert_eq!(answer.json()["contacts"], json!([mobile]));
    house.post(&decision, &json!({ "decision": "thaw" })).by(&token).send().await.is(400, "malformed");

    let mobile = format!("/v1/me/contacts/{}", mobile.as_str().unwrap());
    house.ask(Method::POST, &format!("{mobile}/resend")).by(&token).send().await.ok();
    let code = json!({ "code": house.code("+819012345678").await });
    house.post(&format!("{mobile}/verify"), &code).by(&token).send().await.ok();
    let theirs = house.session("suzuki").await;
    house.post(&decision, &keep).by(&theirs).send().await.is(404, "not-found");
    house.server.later(minutes(6));
    house.post(&decision, &keep).by(&token).send().await.is(403, "prove-again");
    house.post("/v1/session/proof", &json!({ "password": PASSWORD })).by(&token).send().await.ok();
    assert_eq!(house.post(&decision, &keep).by(&token).send().await.ok().status, StatusCode::NO_CONTENT);
    let kept = contact(&house, &token, "new@example.org").await;
    assert_eq!((kept["state"].as_str(), &kept["frozenAt"]), (Some("verified"), &Value::Null));
    assert_eq!(kept["recoversFrom"], "2026-11-22T21:06:02.000Z");
    house.post(&decision, &keep).by(&token).send().await.is(409, "not-frozen");

    // Without a contact that is old enough only an administrator decides.
    let notice = house.letter("+819012345678").await.unwrap();
    assert_eq!(notice.purpose, "contact_kept");
    let hanako = contact(&house, &token, "hanako@example.net").await["id"].as_str().unwrap().to_owned();
    house.delete(&mobile).by(&token).send().await.ok();
    let decision = format!("/v1/me/contacts/{hanako}/decision");
    house.post(&decision, &json!({ "decision": "remove" })).by(&token).send().await.is(409, "ask-administrator");
}

#[tokio::test]
async fn sessions_are_listed_and_only_ones_own_can_be_ended() {
    let house = House::open().await;
    let (first, second) = (house.session("tanaka").await, house.session("tanaka").await);
    let theirs = house.session("suzuki").await;
    let list = house.get("/v1/sessions").by(&first).send().await.ok().json()["sessions"].clone();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let other = list.as_array().unwrap().iter().find(|it| it["this"] == false).unwrap();
    let path = format!("/v1/sessions/{}", other["id"].as_str().unwrap());
    house.delete(&path).by(&theirs).send().await.is(404, "not-found");
    house.get("/v1/session").by(&second).send().await.ok();
    house.delete(&path).by(&first).send().await.ok();
    house.get("/v1/session").by(&second).send().await.is(401, "not-signed-in");
    for id in ["ses_x", "%00", "ses_%00000000000000000000000000", "mem_00000000000000000000000000", "'"] {
        house.delete(&format!("/v1/sessions/{id}")).by(&first).send().await.is(404, "not-found");
    }
    let third = house.session("tanaka").await;
    house.delete("/v1/sessions").by(&first).send().await.ok();
    house.get("/v1/session").by(&third).send().await.is(401, "not-signed-in");
    house.get("/v1/session").by(&first).send().await.ok();
}

#[tokio::test]
async fn a_password_is_refused_with_its_reasons_and_the_present_one_is_needed() {
    let house = House::open().await;
    let token = house.session("tanaka").await;
    let change = |current: &str, password: &str| {
        house.post("/v1/me/password", &json!({ "current": current, "password": password })).by(&token)
    };
    let short = change(PASSWORD, "みじかい").send().await.is(422, "invalid-fields");
    let error = &short.json()["errors"][0];
    assert_eq!((error["pointer"].as_str(), error["code"].as_str()), (Some("/password"), Some("too_short")));
    let wrong = change("something else", NEW).send().await.is(422, "invalid-fields");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/current");
    change(PASSWORD, NEW).send().await.ok();
    house.get("/v1/session").by(&token).send().await.ok();
    house.sign_in("tanaka@sakura", NEW).await.ok();
}

#[tokio::test]
async fn an_expired_password_opens_nothing_but_its_change() {
    let house = House::open().await;
    let mut policy = Policy::nist();
    policy.password.expiry_days = Some(30);
    workspaces::set_policy(&house.server.app, &house.server.workspace, &policy).await.unwrap();
    let answer = house.sign_in("tanaka@sakura", PASSWORD).await.ok();
    assert_eq!(answer.json()["next"]["type"], "set_password");
    let token = answer.get("session");
    house.get("/v1/me").by(&token).send().await.is(403, "password-expired");
    house.get("/v1/sessions").by(&token).send().await.is(403, "password-expired");
    let change = json!({ "current": PASSWORD, "password": NEW });
    house.post("/v1/me/password", &change).by(&token).send().await.ok();
    house.get("/v1/me").by(&token).send().await.ok();
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_not_read_at_all() {
    let house = House::open().await;
    let send = |body: &str| house.ask(Method::POST, "/v1/sign-in").raw(body.to_owned()).send();
    for body in [
        r#"{"login":"tanaka@sakura","login":"suzuki@sakura","password":"x"}"#,
        r#"{"login":"tanaka@sakura","password":"x","l\u006fgin":"suzuki@sakura"}"#,
        r#"{"login":["tanaka@sakura","suzuki@sakura"],"password":"x"}"#,
        r#"{"login":"tanaka@sakura","password":"x","admin":true}"#,
        r#"{"login":"tanaka\u0000@sakura","password":"x"}"#,
        r#"{"login":"tanaka@sakura","password":"\ud800"}"#,
        r#"{"login":"tanaka@sakura","password":5}"#,
        r#"{"login":"tanaka@sakura"}"#,
        r#"{"login":"tanaka@sakura","password":"x"}{}"#,
        "login=tanaka@sakura&password=x",
        "",
    ] {
        send(body).await.is(400, "malformed");
    }
    let long = json!({ "login": "a".repeat(300), "password": "x" }).to_string();
    assert_eq!(send(&long).await.is(400, "malformed").json()["errors"][0]["pointer"], "/login");
    let body = json!({ "login": "tanaka@sakura", "password": PASSWORD }).to_string();
    let form = house.ask(Method::POST, "/v1/sign-in").with("Content-Type", "application/x-www-form-urlencoded");
    assert_eq!(form.send().await.is(415, "media-type").status, 415);
    let text = house.ask(Method::POST, "/v1/sign-in").with("Content-Type", "text/plain");
    Ask { request: text.request.body(body), house: &house }.send().await.is(415, "media-type");
}

#[tokio::test]
async fn ten_megabytes_of_password_are_refused_before_anything_is_hashed() {
    let house = House::open().await;
    let before = house.server.app.hashing.done();
    house.sign_in("tanaka@sakura", &"x".repeat(10 << 20)).await.is(413, "too-large");
    house.sign_in("tanaka@sakura", &"x".repeat(1_025)).await.is(400, "malformed");
    house.sign_in("tanaka@sakura", &"合".repeat(1_000)).await.is(422, "invalid-fields");
    assert_eq!(house.server.app.hashing.done(), before);
}

#[tokio::test]
async fn many_wrong_passwords_make_one_wait() {
    let house = House::open().await;
    for _ in 0..4 {
        house.sign_in("tanaka@sakura", "something else").await.is(401, "wrong-credentials");
    }
    let answers = [
        house.sign_in("tanaka@sakura", "something else").await,
        house.sign_in("tanaka@sakura", "something else").await,
    ];
    let waiting = answers.into_iter().find(|answer| answer.status == 429).unwrap().is(429, "too-many-requests");
    assert!(waiting.header("retry-after").parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn a_cookie_opens_nothing_and_a_token_of_the_other_door_neither() {
    let house = House::open().await;
    let mut browser = house.server.visitor();
    browser.signs_in("tanaka", PASSWORD).await.is(200);
    assert!(browser.is_signed_in().await);
    let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    house.get("/v1/me").with("Cookie", &cookies.join("; ")).send().await.is(401, "not-signed-in");
    for token in browser.cookies.values() {
        house.get("/v1/me").by(token).send().await.is(401, "not-signed-in");
    }
}

#[tokio::test]
async fn problems_speak_the_language_that_was_asked_for() {
    let house = House::open().await;
    for (asked, got, word) in
        [("en-GB,en;q=0.9", "en", "password"), ("ja", "ja", "パスワード"), ("fr", "ja", "パスワード")]
    {
        let body = json!({ "login": "tanaka@sakura", "password": "something else" });
        let answer = house.post("/v1/sign-in", &body).with("Accept-Language", asked).send().await;
        let answer = answer.is(401, "wrong-credentials");
        assert_eq!(answer.header("content-language"), got);
        assert!(answer.get("detail").contains(word), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let house = House::open().await;
    house.get("/v1/nothing").send().await.is(404, "not-found");
    house.get("/v2/session").send().await.is(404, "not-found");
    let other = house.get("/v1/sign-in").send().await.is(405, "method-not-allowed");
    assert_eq!(other.header("allow"), "POST");
    let options = house.ask(Method::OPTIONS, "/v1/session").with("Origin", "https://evil.example").send().await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET,HEAD,DELETE"));
    let token = house.session("tanaka").await;
    let head = house.ask(Method::HEAD, "/v1/session").by(&token).send().await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn everything_is_described_once_and_nothing_else() {
    let house = House::open().await;
    let api = house.get("/openapi.json").send().await.ok().json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described = Vec::new();
    let mut names = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.push(format!("{method} {path}"));
            names.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let mut served: Vec<String> = aikagi::api::ENDPOINTS
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(move |method| format!("{method} /api{path}")))
        .collect();
    described.sort();
    served.sort();
    assert_eq!(described, served);
    for name in [
        "signIn",
        "signOut",
        "getSession",
        "proveAgain",
        "listSessions",
        "endSession",
        "endOtherSessions",
        "startRecovery",
        "getRecovery",
        "resendRecoveryCode",
        "checkRecoveryCode",
        "setRecoveredPassword",
        "getProfile",
        "finishCheckup",
        "changePassword",
        "addContact",
        "verifyContact",
        "resendContactCode",
        "removeContact",
        "decideContact",
    ] {
        assert_eq!(names.iter().filter(|it| *it == name).count(), 1, "{name}");
    }
    let guide = include_str!("../../docs/api.md");
    for name in &names {
        assert_eq!(names.iter().filter(|it| *it == name).count(), 1, "{name} stands twice");
        let at_desk = api["paths"].as_object().unwrap().iter().any(|(path, item)| {
            path.starts_with("/api/v1/desk") && item.as_object().unwrap().values().any(|it| it["operationId"] == **name)
        });
        assert!(!at_desk || guide.contains(&format!("`{name}`")), "docs/api.md lacks {name}");
    }
    assert_eq!(names.len(), served.len());
}
