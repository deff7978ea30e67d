//! Services that manage devices, asked to wipe one: Microsoft Intune by a double that was built from the published documents (never tried on the real
//! service), and any program by a signed request. Both are real servers on this machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aikagi::config::Config;
use aikagi::flows::management;
use aikagi::model::time::Span;
use aikagi::model::{Role, hours, minutes, seconds};
use aikagi::store::members::Member;
use aikagi::vault::signing::digest;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::desk::alerts::owner;
use crate::harness::{Browser, PASSWORD, Page, Server, config};
use crate::raw;
use crate::webhooks::{Habit, Receiver};

const MANAGEMENT: &str = "/w/sakura/admin/management";
const PHONE: &str = "0f3a2b1c-1111-2222-3333-444455556666";
const CLIENT: &str = "aaaabbbb-1111-2222-3333-ccccddddeeee";
const TENANT: &str = "sakura.onmicrosoft.com";
const SECRET: &str = "Q~8x.secret-value-of-the-app";

/// How the service is today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    Throttled,
    Down,
    /// It does what it is asked, and the answer is lost.
    LosesAnswers,
    /// It refuses every action.
    Refuses,
}

/// Microsoft Graph and where one signs in to it.
struct Graph {
    devices: Mutex<BTreeMap<String, Value>>,
    acts: Mutex<Vec<(String, String, Value)>>,
    tokens: Mutex<usize>,
    mood: Mutex<Mood>,
    /// Whether it lists what it was asked to do.
    lists: Mutex<bool>,
}

impl Graph {
    async fn open() -> (Arc<Self>, String) {
        let phone = json!({
            "id": PHONE, "deviceName": "田中のiPhone", "operatingSystem": "iOS", "userId": "u-1",
            "userPrincipalName": "tanaka@sakura.example.jp", "enrolledDateTime": "2026-04-01T00:00:00Z",
            "managementState": "managed", "deviceActionResults": [],
        });
        let graph = Arc::new(Self {
            devices: Mutex::new(BTreeMap::from([(PHONE.to_owned(), phone)])),
            acts: Mutex::default(),
            tokens: Mutex::default(),
            mood: Mutex::new(Mood::Well),
            lists: Mutex::new(true),
        });
        let routes = Router::new()
            .route("/{tenant}/oauth2/v2.0/token", post(token))
            .route("/v1.0/deviceManagement/managedDevices", get(all))
            .route("/v1.0/deviceManagement/managedDevices/{id}", get(one))
            .route("/v1.0/deviceManagement/managedDevices/{id}/{action}", post(act))
            .with_state(graph.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (graph, url)
    }

    fn is(&self, mood: Mood) {
        *self.mood.lock().expect("a mood") = mood;
    }

    fn acts(&self) -> Vec<(String, String, Value)> {
        self.acts.lock().expect("acts").clone()
    }

    fn sets(&self, name: &str, value: Value) {
        self.devices.lock().expect("devices").get_mut(PHONE).expect("the telephone")[name] = value;
    }

    /// What it tells of the newest action.
    fn tells(&self, state: &str) {
        self.devices.lock().expect("devices").get_mut(PHONE).expect("the telephone")["deviceActionResults"][0]["actionState"] =
            json!(state);
    }

    fn lets_in(&self, headers: &HeaderMap) -> Option<Response> {
        if headers.get("authorization").and_then(|it| it.to_str().ok()) != Some("Bearer token-1") {
            return Some(problem(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"));
        }
        match *self.mood.lock().expect("a mood") {
            Mood::Throttled => {
                let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests");
                answer.headers_mut().insert("retry-after", "600".parse().expect("a value"));
                Some(answer)
            }
            Mood::Down => Some(problem(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable")),
            _ => None,
        }
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": "told to nobody: tanaka@sakura.example.jp" } })))
        .into_response()
}

async fn token(
    State(graph): State<Arc<Graph>>,
    Path(tenant): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let has = |name: &str, value: &str| form.get(name).is_some_and(|it| it == value);
    assert!(has("grant_type", "client_credentials") && form["scope"].ends_with("/.default"), "{form:?}");
    if tenant != TENANT || !has("client_id", CLIENT) || !has("client_secret", SECRET) {
        let said =
            json!({ "error": "invalid_client", "error_description": "AADSTS7000215: ...", "error_codes": [7_000_215] });
        return (StatusCode::UNAUTHORIZED, Json(said)).into_response();
    }
    *graph.tokens.lock().expect("a count") += 1;
    Json(json!({ "token_type": "Bearer", "expires_in": 3_599, "ext_expires_in": 3_599, "access_token": "token-1" }))
        .into_response()
}

async fn all(State(graph): State<Arc<Graph>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = graph.lets_in(&headers) {
        return refusal;
    }
    Json(json!({ "value": [{ "id": PHONE }] })).into_response()
}

async fn one(State(graph): State<Arc<Graph>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(refusal) = graph.lets_in(&headers) {
        return refusal;
    }
    match graph.devices.lock().expect("devices").get(&id) {
        Some(device) => Json(device.clone()).into_response(),
        None => problem(StatusCode::NOT_FOUND, "ResourceNotFound"),
    }
}

async fn act(
    State(graph): State<Arc<Graph>>,
    Path((id, action)): Path<(String, String)>,
    headers: HeaderMap,
    body: String,
) -> Response {
    if let Some(refusal) = graph.lets_in(&headers) {
        return refusal;
    }
    let mood = *graph.mood.lock().expect("a mood");
    if mood == Mood::Refuses {
        return problem(StatusCode::BAD_REQUEST, "BadRequest");
    }
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).expect("JSON") };
    graph.acts.lock().expect("acts").push((id.clone(), action.clone(), body));
    if *graph.lists.lock().expect("a truth") {
        let result =
            json!({ "actionName": action, "actionState": "pending", "startDateTime": "2026-11-21T21:30:00.1234567Z" });
        let mut devices = graph.devices.lock().expect("devices");
        devices.get_mut(&id).expect("a device")["deviceActionResults"] = json!([result]);
    }
    if mood == Mood::LosesAnswers {
        std::panic::resume_unwind(Box::new("the connection breaks"));
    }
    StatusCode::NO_CONTENT.into_response()
}

/// A server, Intune, and an owner who connected it.
async fn connected() -> (Server, Arc<Graph>, Browser) {
    let (graph, url) = Graph::open().await;
    let server = Server::start_with(reaching(&url)).await;
    let mut desk = owner(&server).await;
    let fields = [("tenant", TENANT), ("client", CLIENT), ("secret", SECRET)];
    desk.submit(&format!("{MANAGEMENT}/graph"), &fields).await.says("端末管理サービスを設定しました");
    (server, graph, desk)
}

fn reaching(url: &str) -> Config {
    let mut config = config();
    config.management.graph_url = format!("{url}/v1.0");
    url.clone_into(&mut config.management.sign_in_url);
    config.webhooks.networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config
}

/// tanaka with the telephone. Answers the page of their devices, and the page before a wipe.
async fn with_phone(server: &Server, desk: &mut Browser, way: &str, device: &str) -> (Member, String, String) {
    let tanaka = server.member("tanaka", &["090-1234-5678"]).await;
    let page = format!("/w/sakura/admin/members/{}/managed", tanaka.id);
    let fields = [("way", way), ("device", device), ("name", "社用スマートフォン")];
    desk.submit(&page, &fields).await.says("端末を登録しました").says("社用スマートフォン");
    let wipe = wipe_on(&desk.get(&page).await, &page);
    (tanaka, page, wipe)
}

fn wipe_on(page: &Page, path: &str) -> String {
    let at = page.text.find(&format!("{path}/mng_")).expect("a device");
    let end = page.text[at..].find("/wipe").expect("its wipe");
    page.text[at..at + end + 5].to_owned()
}

/// The time passes, and the server sees to what is due.
async fn after(server: &Server, span: Span) {
    server.later(span);
    while management::go_on(&server.app).await.expect("the database works") {}
}

async fn wipes(server: &Server) -> Vec<Value> {
    raw::rows(&server.dump().await, "wipes").to_vec()
}

async fn actions(server: &Server, action: &str) -> usize {
    raw::count(&server.dump().await, "audit", "action", action)
}

#[tokio::test]
async fn intune_is_connected_tried_out_and_asked_and_says_when_it_is_done() {
    let (server, graph, mut desk) = connected().await;
    desk.get(MANAGEMENT).await.says(TENANT).says(CLIENT).does_not_say(SECRET);
    desk.submit(&format!("{MANAGEMENT}/graph/try"), &[]).await.says("つながりました（HTTP 200）");
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", &PHONE.to_uppercase()).await;
    desk.get(&page).await.says("田中のiPhone").says("tanaka@sakura.example.jp");
    desk.get(&wipe).await.says("元にもどせません").says("管理から外れます").does_not_say("サインアウトさせる");
    desk.submit(&wipe, &[("what", "data")]).await.says("端末管理サービスに頼むところです");
    desk.submit(&wipe, &[("what", "data")]).await;
    assert_eq!(wipes(&server).await.len(), 1, "twice is once");
    after(&server, seconds(1)).await;
    assert_eq!(graph.acts(), [(PHONE.to_owned(), "retire".to_owned(), Value::Null)]);
    desk.get(&page).await.says("端末管理サービスに頼みました");
    // It is asked how far it has come, and nothing is asked for twice.
    after(&server, minutes(2)).await;
    after(&server, minutes(4)).await;
    assert_eq!((graph.acts().len(), *graph.tokens.lock().expect("a count")), (1, 1));
    graph.tells("done");
    after(&server, hours(1)).await;
    desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(&page).await.says("消えたことを確かめました");
    let wipe_row = &wipes(&server).await[0];
    assert_eq!((&wipe_row["state"], &wipe_row["cause"]), (&json!("confirmed"), &Value::Null));
    assert!(wipe_row["receipt"].as_str().is_some_and(|receipt| receipt.contains("done")));
    for (action, times) in [("managed_wipe_asked", 1), ("managed_wipe_sent", 1), ("managed_wipe_ended", 1)] {
        assert_eq!(actions(&server, action).await, times, "{action}");
    }
    // The whole telephone, now.
    desk.submit(&wipe, &[("what", "device")]).await.says("頼むところです");
    after(&server, seconds(1)).await;
    let (_, action, body) = graph.acts().pop().expect("a wipe");
    assert_eq!(
        (action.as_str(), &body["keepUserData"], &body["keepEnrollmentData"]),
        ("wipe", &json!(false), &json!(false))
    );
    assert!(!json!(server.dump().await).to_string().contains(SECRET), "the secret lies sealed");
}

#[tokio::test]
async fn what_does_not_open_the_service_is_told_in_its_own_word_and_keeps_what_was_typed() {
    let (server, graph, mut desk) = connected().await;
    for (field, bad, says) in [
        ("tenant", "../../evil", "テナントIDか、ドメイン名"),
        ("client", "not-a-guid", "0f3a2b1c-1111"),
        ("secret", "", "「値」を入力"),
        ("secret", "with space", "「値」を入力"),
    ] {
        let mut fields = BTreeMap::from([("tenant", TENANT), ("client", CLIENT), ("secret", SECRET)]);
        fields.insert(field, bad);
        let page = desk.submit(&format!("{MANAGEMENT}/graph"), &fields.into_iter().collect::<Vec<_>>()).await;
        page.is(422).says(says);
        assert!(!page.text.contains(&format!("value=\"{SECRET}\"")), "no secret stands on a page");
    }
    let wrong = [("tenant", TENANT), ("client", CLIENT), ("secret", "another")];
    desk.submit(&format!("{MANAGEMENT}/graph"), &wrong).await;
    desk.submit(&format!("{MANAGEMENT}/graph/try"), &[]).await.says("つながりませんでした（HTTP 401 invalid_client）");
    // Nobody registers a device that the service could not be asked about, or does not know.
    let tanaka = server.member("tanaka", &[]).await;
    let page = format!("/w/sakura/admin/members/{}/managed", tanaka.id);
    let fields = [("way", "graph"), ("device", PHONE), ("name", "")];
    desk.submit(&page, &fields).await.is(422).says("HTTP 401 invalid_client");
    let right = [("tenant", TENANT), ("client", CLIENT), ("secret", SECRET)];
    desk.submit(&format!("{MANAGEMENT}/graph"), &right).await;
    let unknown = [("way", "graph"), ("device", CLIENT), ("name", "")];
    desk.submit(&page, &unknown).await.is(422).says("このIDの端末はありません").says(CLIENT);
    for (way, device, says) in [
        ("graph", "x", "0f3a2b1c-1111"),
        ("graph", "0f3a2b1c-1111-2222-3333-44445555666/", "0f3a2b1c-1111"),
        ("smoke", PHONE, "選んでください"),
        ("webhook", "a b", "空白のない"),
        ("webhook", "", "空白のない"),
        ("webhook", "ok", "接続されていません"),
    ] {
        desk.submit(&page, &[("way", way), ("device", device), ("name", "")]).await.is(422).says(says);
    }
    desk.submit(&page, &fields).await.says("田中のiPhone");
    desk.submit(&page, &fields).await.is(422).says("すでに登録されています");
    graph.is(Mood::Down);
    desk.submit(&format!("{MANAGEMENT}/graph/try"), &[]).await.says("HTTP 503");
    let dump = server.dump().await;
    assert_eq!(raw::rows(&dump, "managed_devices").len(), 1);
}

#[tokio::test]
async fn a_telephone_that_was_passed_on_is_not_wiped() {
    for (name, value) in [("userId", json!("u-2")), ("enrolledDateTime", json!("2026-11-20T00:00:00Z"))] {
        let (server, graph, mut desk) = connected().await;
        let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
        desk.submit(&wipe, &[("what", "device")]).await.says("頼むところです");
        graph.sets(name, value);
        after(&server, seconds(1)).await;
        assert!(graph.acts().is_empty(), "nothing was asked for");
        desk.get(&page).await.says("消せません").says("使う人か管理の登録が変わっている");
    }
    // Taken out here, and somebody else's since: the old command reaches nobody.
    let (server, graph, mut desk) = connected().await;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    desk.submit(&wipe, &[("what", "device")]).await;
    desk.submit(&wipe.replace("/wipe", "/remove"), &[]).await.says("端末の登録を外しました");
    let ito = server.member("ito", &[]).await;
    let other = format!("/w/sakura/admin/members/{}/managed", ito.id);
    desk.submit(&other, &[("way", "graph"), ("device", PHONE), ("name", "")]).await.says("端末を登録しました");
    after(&server, hours(1)).await;
    assert!(graph.acts().is_empty());
    let row = &wipes(&server).await[0];
    assert_eq!((&row["state"], &row["cause"]), (&json!("impossible"), &json!("passed_on")));
    server.signed_in("suzuki", "192.0.2.5").await.get(&page).await.says("登録された端末はありません");
}

#[tokio::test]
async fn while_the_service_does_not_answer_it_waits_says_so_and_can_be_taken_back() {
    let (server, graph, mut desk) = connected().await;
    let (tanaka, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    graph.is(Mood::Throttled);
    desk.submit(&wipe, &[("what", "data")]).await;
    after(&server, seconds(1)).await;
    desk.get(&page).await.says("頼むところです").says("HTTP 429 TooManyRequests");
    // It asked for ten minutes.
    graph.is(Mood::Well);
    after(&server, minutes(4)).await;
    assert!(graph.acts().is_empty());
    let id = wipes(&server).await[0]["id"].as_str().expect("an id").to_owned();
    let back = format!("/w/sakura/admin/members/{}/lost/wipes/{id}/take-back", tanaka.id);
    desk.submit(&back, &[("from", "managed")]).await.says("取り消しました").says("管理者が取り消したため");
    after(&server, hours(1)).await;
    assert!(graph.acts().is_empty(), "what was taken back is not asked for");
    // What the service took is not taken back any more.
    desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.submit(&wipe, &[("what", "data")]).await;
    after(&server, seconds(1)).await;
    let sent = wipes(&server).await.into_iter().find(|row| row["state"] == "sent").expect("one");
    let back = back.replace(&id, sent["id"].as_str().expect("an id"));
    desk.submit(&back, &[("from", "managed")]).await.says("今の状態では、することがありません");
    assert_eq!(graph.acts().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_wipe() {
    let (server, graph, mut desk) = connected().await;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    graph.is(Mood::LosesAnswers);
    desk.submit(&wipe, &[("what", "device")]).await;
    after(&server, seconds(1)).await;
    assert_eq!(graph.acts().len(), 1);
    let row = &wipes(&server).await[0];
    assert_eq!(
        (&row["state"], &row["handed_at"]),
        (&json!("sent"), &Value::Null),
        "nobody knows; nobody takes it back"
    );
    // Whatever is said to a later look, the first may have been heard: it is not taken back, and not asked for anew.
    graph.is(Mood::Throttled);
    after(&server, minutes(2)).await;
    assert_eq!(wipes(&server).await[0]["state"], "sent");
    graph.is(Mood::Well);
    after(&server, minutes(11)).await;
    assert_eq!(graph.acts().len(), 1, "it stands there already");
    desk = server.signed_in("suzuki", "192.0.2.5").await;
    graph.tells("failed");
    after(&server, minutes(3)).await;
    desk.get(&page).await.says("確かめられませんでした").says("一部のデータを消せませんでした");
    // Asked for once more, it is a request of its own, whatever came of the one before.
    desk.submit(&wipe, &[("what", "device"), ("again", PASSWORD)]).await.says("頼むところです");
    after(&server, seconds(1)).await;
    assert_eq!(graph.acts().len(), 2);
}

#[tokio::test]
async fn what_the_service_does_not_list_is_told_by_its_state_and_then_by_its_absence() {
    let (server, graph, mut desk) = connected().await;
    *graph.lists.lock().expect("a truth") = false;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    desk.submit(&wipe, &[("what", "device")]).await;
    after(&server, seconds(1)).await;
    graph.sets("managementState", json!("wipePending"));
    after(&server, minutes(2)).await;
    assert_eq!(wipes(&server).await[0]["state"], "sent");
    graph.devices.lock().expect("devices").clear();
    after(&server, minutes(2)).await;
    desk.get(&page).await.says("確かめられませんでした").says("消去が済むとなくなりますが");
    assert_eq!(graph.acts().len(), 1);
}

#[tokio::test]
async fn where_intune_lists_nothing_an_answer_that_was_lost_is_asked_for_again_and_a_refusal_then_proves_nothing() {
    let (server, graph, mut desk) = connected().await;
    *graph.lists.lock().expect("a truth") = false;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    graph.is(Mood::LosesAnswers);
    desk.submit(&wipe, &[("what", "device")]).await;
    after(&server, seconds(1)).await;
    after(&server, minutes(2)).await;
    assert_eq!(graph.acts().len(), 2, "the same enrolment, once more");
    graph.is(Mood::Refuses);
    after(&server, minutes(10)).await;
    desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(&page).await.says("確かめられませんでした").says("消えたかどうかは分かりません");
}

#[tokio::test]
async fn a_secret_that_ended_leaves_what_was_asked_for_waiting() {
    let (server, graph, mut desk) = connected().await;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    desk.submit(&wipe, &[("what", "data")]).await;
    let wrong = [("tenant", TENANT), ("client", CLIENT), ("secret", "ended")];
    desk.submit(&format!("{MANAGEMENT}/graph"), &wrong).await;
    after(&server, seconds(1)).await;
    desk.get(&page).await.says("頼むところです").says("HTTP 401 invalid_client");
    let right = [("tenant", TENANT), ("client", CLIENT), ("secret", SECRET)];
    desk.submit(&format!("{MANAGEMENT}/graph"), &right).await;
    after(&server, minutes(2)).await;
    assert_eq!(graph.acts().len(), 1);
}

#[tokio::test]
async fn what_the_service_refuses_is_never_asked_for_again() {
    let (server, graph, mut desk) = connected().await;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    graph.is(Mood::Refuses);
    desk.submit(&wipe, &[("what", "device")]).await;
    after(&server, seconds(1)).await;
    graph.is(Mood::Well);
    after(&server, hours(2)).await;
    assert!(graph.acts().is_empty());
    server.signed_in("suzuki", "192.0.2.5").await.get(&page).await.says("消せません").says("サービスが断りました");
}

#[tokio::test]
async fn fifty_nodes_at_once_ask_once() {
    let (server, graph, mut desk) = connected().await;
    let (_, _, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    desk.submit(&wipe, &[("what", "device")]).await;
    server.later(seconds(1));
    let app = &server.app;
    let all = (0..50).map(|_| async { management::go_on(app).await.expect("the database works") });
    futures_util::future::join_all(all).await;
    assert_eq!(graph.acts().len(), 1);
    assert_eq!(actions(&server, "managed_wipe_sent").await, 1);
}

/// What the program at the service tells, signed with this secret.
async fn tells(server: &Server, workspace: &str, secret: &str, at: i64, body: &str) -> u16 {
    let key = BASE64.decode(secret.strip_prefix("whsec_").expect("a secret").as_bytes()).expect("base64");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
    let id = format!("rec_{}", digest(body.as_bytes()));
    let signed = BASE64.encode(aws_lc_rs::hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes()).as_ref());
    let request = Request::post(format!("/hooks/management/{workspace}"))
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", format!("v1,{signed}"))
        .body(Body::from(body.to_owned()))
        .expect("a request");
    server.visitor_at("192.0.2.77").send(request).await.status.as_u16()
}

fn secret_on(page: &Page) -> String {
    let at = page.text.find("whsec_").unwrap_or_else(|| panic!("no secret in {}", page.text));
    page.text[at..].split(['<', '"']).next().expect("a secret").to_owned()
}

#[tokio::test]
async fn any_program_is_told_by_a_signed_request_and_answers_by_one() {
    let program = Receiver::open().await;
    let server = Server::start_with(reaching("http://127.0.0.1:1")).await;
    let mut desk = owner(&server).await;
    let made = desk.submit(&format!("{MANAGEMENT}/webhook"), &[("url", &program.url)]).await;
    let secret = secret_on(&made);
    desk.get(MANAGEMENT).await.does_not_say("whsec_").does_not_say("of=acme");
    desk.submit(&format!("{MANAGEMENT}/webhook/try"), &[]).await.says("つながりました（HTTP 200）");
    let (tanaka, page, wipe) = with_phone(&server, &mut desk, "webhook", "UDID:00-1").await;
    program.is(Habit::Fails).await;
    desk.submit(&wipe, &[("what", "sign_out")]).await.says("頼むところです");
    after(&server, seconds(1)).await;
    desk.get(&page).await.says("頼むところです").says("HTTP 500").does_not_say("not now");
    program.is(Habit::Takes).await;
    after(&server, minutes(2)).await;
    let came = program.came().await;
    let told = came.last().expect("a request");
    assert!(told.is_signed_by(&secret));
    let row = wipes(&server).await[0].clone();
    let id = row["id"].as_str().expect("an id").to_owned();
    assert_eq!(told.header("webhook-id"), id, "the same command has the same id");
    let said = told.json();
    assert_eq!((&said["type"], &said["data"]["what"]), (&json!("device.wipe"), &json!("sign_out")));
    assert_eq!((&said["data"]["device"], &said["data"]["member"]), (&json!("UDID:00-1"), &json!(tanaka.id)));
    let receipts = format!("http://id.example.jp/hooks/management/{}", server.workspace.id);
    assert_eq!(said["data"]["receipts"], json!(receipts));
    assert!(!told.body.contains("tanaka") && !told.body.contains("1234"), "ids and nothing else: {}", told.body);
    desk.get(&page).await.says("端末管理サービスに頼みました");
    // Forged, too old, from the future, another workspace's, of no command: nothing happens, and the log tells.
    let (workspace, now) = (server.workspace.id.0.clone(), server.clock_now() / 1_000_000);
    let done = json!({ "command": id, "state": "done", "detail": "3 apps" }).to_string();
    let wrong = format!("whsec_{}", BASE64.encode(&[7; 32]));
    let momiji = server.workspace("momiji", "もみじ運送").await;
    assert_eq!(tells(&server, &workspace, &wrong, now, &done).await, 401);
    assert_eq!(tells(&server, &workspace, &secret, now - 301, &done).await, 401);
    assert_eq!(tells(&server, &workspace, &secret, now + 301, &done).await, 401);
    assert_eq!(tells(&server, &workspace, &secret, i64::MIN, &done).await, 401);
    assert_eq!(tells(&server, momiji.id.as_str(), &secret, now, &done).await, 401);
    assert_eq!(tells(&server, "wsp_nobody", &secret, now, &done).await, 401);
    for bad in
        ["", "{}", "[]", "{\"command\":1}", &done.replace("done", "perhaps"), &done.replace("3 apps", &"x".repeat(301))]
    {
        assert_eq!(tells(&server, &workspace, &secret, now, bad).await, 400, "{bad}");
    }
    assert_eq!(tells(&server, &workspace, &secret, now, &done.replace("3 apps", "a\\u0000b")).await, 400);
    let foreign = done.replace(&id, "wip_00000000000000000000000000");
    assert_eq!(tells(&server, &workspace, &secret, now, &foreign).await, 409);
    assert_eq!(wipes(&server).await[0]["state"], "sent");
    assert_eq!(actions(&server, "management_forged").await, 1, "written down once an hour");
    // The true one, and again, and another story afterwards.
    assert_eq!(tells(&server, &workspace, &secret, now, &done).await, 204);
    assert_eq!(tells(&server, &workspace, &secret, now, &done).await, 204, "word for word");
    assert_eq!(tells(&server, &workspace, &secret, now, &done.replace("done", "failed")).await, 409);
    assert_eq!(actions(&server, "managed_wipe_ended").await, 1);
    desk.get(&page).await.says("消えたことを確かめました");
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_and_what_comes_too_late_is_told_once() {
    let program = Receiver::open().await;
    let server = Server::start_with(reaching("http://127.0.0.1:1")).await;
    let mut desk = owner(&server).await;
    let old = secret_on(&desk.submit(&format!("{MANAGEMENT}/webhook"), &[("url", &program.url)]).await);
    let (tanaka, _, wipe) = with_phone(&server, &mut desk, "webhook", "UDID:00-1").await;
    desk.submit(&wipe, &[("what", "data")]).await;
    let new = secret_on(&desk.submit(&format!("{MANAGEMENT}/webhook/secret"), &[]).await);
    after(&server, seconds(1)).await;
    let told = program.came().await.pop().expect("a request");
    assert!(told.is_signed_by(&old) && told.is_signed_by(&new) && old != new);
    let id = wipes(&server).await[0]["id"].as_str().expect("an id").to_owned();
    // It is given up here before the answer comes.
    desk.submit(&wipe.replace("/wipe", "/remove"), &[]).await.says("端末の登録を外しました");
    let (workspace, now) = (server.workspace.id.0.clone(), server.clock_now() / 1_000_000);
    let done = json!({ "command": id, "state": "done" }).to_string();
    for _ in 0..3 {
        assert_eq!(tells(&server, &workspace, &old, now, &done).await, 204);
    }
    assert_eq!(actions(&server, "managed_wipe_ended_late").await, 1, "what was done all the same is told, once");
    assert_eq!(wipes(&server).await[0]["cause"], "passed_on");
    server.later(hours(25));
    let now = server.clock_now() / 1_000_000;
    assert_eq!(tells(&server, &workspace, &old, now, &done).await, 401, "the day is over");
    assert_eq!(tells(&server, &workspace, &new, now, &done).await, 204);
    // An erased account leaves nothing of it.
    server
        .sql(&format!("update members set state = 'deleted', deleted_from = 'active' where id = '{}'", tanaka.id))
        .await;
    assert!(wipes(&server).await.len() == 1);
}

#[tokio::test]
async fn what_waits_is_given_up_with_the_connection_and_nothing_leads_into_the_house() {
    let (server, graph, mut desk) = connected().await;
    let (_, page, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    desk.submit(&wipe, &[("what", "device")]).await;
    desk.submit(&format!("{MANAGEMENT}/graph/remove"), &[]).await.says("接続を外しました");
    after(&server, hours(1)).await;
    assert!(graph.acts().is_empty());
    desk = server.signed_in("suzuki", "192.0.2.5").await;
    desk.get(&page).await.says("接続が、設定されていません").says("まだ接続されていません");
    desk.submit(&wipe, &[("what", "device")]).await.says("今の状態では、することがありません");
    desk.submit(&format!("{MANAGEMENT}/graph/try"), &[]).await;
    desk.submit(&format!("{MANAGEMENT}/smoke/try"), &[]).await.is(404);
    for url in ["http://example.jp/", "https://10.0.0.1/", "https://169.254.169.254/x", "https://a:b@example.jp/", ""] {
        desk.submit(&format!("{MANAGEMENT}/webhook"), &[("url", url)]).await.is(422);
    }
    assert!(raw::rows(&server.dump().await, "managements").is_empty());
}

#[tokio::test]
async fn only_owners_connect_and_nobody_wipes_above_their_rank_elsewhere_or_without_end() {
    let (server, graph, mut desk) = connected().await;
    let (tanaka, _, wipe) = with_phone(&server, &mut desk, "graph", PHONE).await;
    let (sato, mut administrator) = server.keeper("sato", Role::Administrator).await;
    for path in ["", "/graph", "/webhook", "/webhook/secret", "/graph/try", "/graph/remove"] {
        administrator.post(&format!("{MANAGEMENT}{path}"), &[]).await.is(if path.is_empty() { 405 } else { 403 });
    }
    administrator.get(MANAGEMENT).await.is(403);
    // An administrator asks for a member's, not for an equal's; and not for one that is another member's.
    let own = wipe.replace(tanaka.id.as_str(), sato.id.as_str());
    administrator.submit(&own, &[("what", "device")]).await;
    let (ito, _) = server.keeper("ito", Role::Administrator).await;
    administrator.submit(&wipe.replace(tanaka.id.as_str(), ito.id.as_str()), &[("what", "device")]).await;
    let yamada = server.member("yamada", &[]).await;
    administrator.submit(&wipe.replace(tanaka.id.as_str(), yamada.id.as_str()), &[("what", "device")]).await.is(404);
    // Another workspace's ids are nobody's here.
    let momiji = server.workspace("momiji", "もみじ運送").await;
    let theirs = server.member_of(&momiji, "theirs", &[]).await;
    for path in ["managed", "managed/mng_0/wipe"] {
        administrator.get(&format!("/w/sakura/admin/members/{}/{path}", theirs.id)).await.is(404);
    }
    assert!(wipes(&server).await.is_empty());
    // Without a fresh password nothing is asked for.
    server.later(minutes(6));
    administrator.submit(&wipe, &[("what", "device")]).await.says("もう一度");
    assert!(wipes(&server).await.is_empty());
    administrator.submit(&wipe, &[("what", "device"), ("again", PASSWORD)]).await.says("頼むところです");
    // Five whole devices in a day.
    for n in 0..6 {
        server.later(seconds(1));
        server.sql("update wipes set ended_at = 1, state = 'failed' where ended_at is null").await;
        let page = administrator.submit(&wipe, &[("what", "device")]).await;
        assert_eq!(page.text.contains("頼むところです"), n < 4, "{n}");
    }
    assert!(graph.acts().is_empty());
}
