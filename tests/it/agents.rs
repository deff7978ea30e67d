//! The workplace's program on a device, as the server meets it: enrolled once, told what to give up, believed only what it signed. The program itself
//! is told in agent/tests/.

use aikagi::flows::agents as flow;
use aikagi::model::agent::{
    Command, ENROL, Enrol, Enrolled, HEADERS, LEAVE, POLL, Part, PartState, Poll, Polled, Purpose, RECEIPTS, Receipt,
    Signed, State, VERSION, What, request_text,
};
use aikagi::model::{Role, days, hours, minutes};
use aikagi::vault::signing::{Signer, digest, has_signed};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::harness::{Browser, Database, PASSWORD, Server};
use crate::raw;

const DESK: &str = "/w/sakura/admin";
const OWN: &str = "/w/sakura/me/devices/agents";
const OFFICE: &str = "192.0.2.50";

/// A device: its key, what it was told when it enrolled, and how often it asked.
struct Device {
    key: Signer,
    is: Enrolled,
    number: i64,
}

async fn post(server: &Server, from: &str, path: &str, headers: &[(&str, String)], body: Vec<u8>) -> (u16, Value) {
    let router = aikagi::api::router(server.app.clone());
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let mut request = request.body(Body::from(body)).expect("a request");
    let from = std::net::SocketAddr::new(from.parse().expect("an address"), 40_000);
    request.extensions_mut().insert(ConnectInfo(from));
    let answer = router.oneshot(request).await.expect("an answer");
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn enrolment(key: &Signer, code: &str) -> Vec<u8> {
    let mut asked = Enrol {
        code: code.to_owned(),
        name: "pc-12 <b>\u{202e}".to_owned(),
        platform: "Linux x86_64".to_owned(),
        public_key: key.public(),
        proof: String::new(),
    };
    asked.proof = key.sign(&Purpose::Enrolment.over(&asked.text()));
    serde_json::to_vec(&asked).expect("JSON")
}

impl Device {
    async fn enrols(server: &Server, seed: u8, code: &str) -> Self {
        let key = Signer::from_seed(&[seed; 32]);
        let (status, said) = post(server, OFFICE, ENROL, &[], enrolment(&key, code)).await;
        assert_eq!(status, 201, "{said}");
        Self { key, is: serde_json::from_value(said).expect("what it is"), number: 0 }
    }

    /// A request as this device signs it.
    fn signs(&self, path: &str, number: i64, body: &[u8]) -> Vec<(&'static str, String)> {
        let text = request_text(path, &self.is.agent, number, &digest(body));
        let signature = self.key.sign(&Purpose::Request.over(&text));
        HEADERS.into_iter().zip([self.is.agent.clone(), number.to_string(), signature]).collect()
    }

    async fn asks(&mut self, server: &Server, path: &str, body: &impl serde::Serialize) -> (u16, Value) {
        self.number += 1;
        let body = serde_json::to_vec(body).expect("JSON");
        post(server, OFFICE, path, &self.signs(path, self.number, &body), body).await
    }

    /// What it is told, without waiting.
    async fn polls(&mut self, server: &Server) -> Vec<Signed> {
        let (status, said) = self.asks(server, POLL, &Poll::default()).await;
        assert_eq!(status, 200, "{said}");
        serde_json::from_value::<Polled>(said).expect("commands").commands
    }

    /// The one thing that it is told.
    async fn is_told(&mut self, server: &Server) -> Command {
        let told = self.polls(server).await;
        assert_eq!(told.len(), 1);
        let signed = has_signed(&self.is.command_key, &Purpose::Command.over(&told[0].text), &told[0].signature);
        assert!(signed, "the workspace signed it");
        serde_json::from_str(&told[0].text).expect("a command")
    }

    fn receipt(&self, command: &Command, state: State) -> Receipt {
        Receipt {
            v: VERSION,
            command: command.command.clone(),
            workspace: command.workspace.clone(),
            agent: self.is.agent.clone(),
            state,
            parts: vec![Part { what: What::Data, name: "/srv/app".to_owned(), result: PartState::Done, why: None }],
            began_at: 1,
            ended_at: 2,
        }
    }

    fn signs_receipt(&self, receipt: &Receipt) -> Signed {
        let text = serde_json::to_string(receipt).expect("JSON");
        Signed { signature: self.key.sign(&Purpose::Receipt.over(&text)), text }
    }
}

/// The code on the page.
fn code_on(text: &str) -> String {
    let at = text.find("AGT-").unwrap_or_else(|| panic!("no code in {text}"));
    text[at..at + 23].to_owned()
}

async fn own_code(own: &mut Browser) -> String {
    let page = own.submit(OWN, &[]).await;
    page.says("aikagi-agent enrol --server http://id.example.jp --code AGT-");
    code_on(&page.text)
}

/// tanaka with a device, and an administrator.
async fn with_device(server: &Server) -> (Browser, Device, Browser, String) {
    let tanaka = server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let code = own_code(&mut own).await;
    let device = Device::enrols(server, 1, &code).await;
    let (_, desk) = server.keeper("sato", Role::Administrator).await;
    (own, device, desk, format!("{DESK}/members/{}/agents", tanaka.id))
}

fn actions(dump: &raw::Dump, action: &str) -> usize {
    raw::rows(dump, "audit").iter().filter(|row| row["action"] == action).count()
}

#[tokio::test]
async fn a_device_is_enrolled_told_and_says_that_it_is_done() {
    let server = Server::start().await;
    let (mut own, mut device, mut desk, page) = with_device(&server).await;
    assert_eq!((&*device.is.login, &*device.is.workspace_name), ("tanaka@sakura", "さくら商事"));
    own.get(OWN).await.says("pc-12").says("Linux x86_64").does_not_say("<b>").does_not_say("\u{202e}");
    assert!(device.polls(&server).await.is_empty());
    let wipe = format!("{page}/{}/wipe", device.is.agent);
    desk.get(&wipe).await.says("pc-12").says("元にもどせません");
    desk.submit(&wipe, &[("what", "data")]).await.says("端末に指示しました").says("端末がつながるのを待っています");
    // Twice is once.
    desk.submit(&wipe, &[("what", "data")]).await.is(200);
    let command = device.is_told(&server).await;
    assert_eq!((command.what, &command.agent, &command.member), (What::Data, &device.is.agent, &device.is.member));
    desk.get(&page).await.says("端末に伝えました");
    // Not answered, it is told again; named as held, it is not.
    assert_eq!(device.is_told(&server).await.command, command.command);
    let held = Poll { wait: 0, holding: vec![command.command.clone()] };
    assert_eq!(device.asks(&server, POLL, &held).await.1["commands"], serde_json::json!([]));
    let signed = device.signs_receipt(&device.receipt(&command, State::Done));
    for _ in 0..2 {
        assert_eq!(device.asks(&server, RECEIPTS, &signed).await.0, 204);
    }
    desk.get(&page).await.says("消えたことを確かめました");
    assert!(device.polls(&server).await.is_empty());
    // Another account of the same thing is not taken.
    let other = device.signs_receipt(&device.receipt(&command, State::Failed));
    assert_eq!(device.asks(&server, RECEIPTS, &other).await, (422, serde_json::json!({ "error": "receipt" })));
    let dump = server.dump().await;
    let kept: Signed = serde_json::from_str(raw::rows(&dump, "wipes")[0]["receipt"].as_str().unwrap()).unwrap();
    assert_eq!(kept, signed);
    assert_eq!((actions(&dump, "agent_wipe_asked"), actions(&dump, "agent_wipe_ended")), (1, 1));
    assert_eq!(actions(&dump, "agent_receipt_refused"), 1);
}

#[tokio::test]
async fn what_did_not_work_and_what_is_not_allowed_is_told_as_it_is() {
    let server = Server::start().await;
    let (_, mut device, mut desk, page) = with_device(&server).await;
    let wipe = format!("{page}/{}/wipe", device.is.agent);
    for (what, state, said) in [
        ("sign_out", State::Failed, "一部のデータを消せませんでした"),
        ("device", State::Refused, "受け付けない設定になっています"),
    ] {
        desk.submit(&wipe, &[("what", what)]).await.is(200);
        let command = device.is_told(&server).await;
        let receipt = device.signs_receipt(&device.receipt(&command, state));
        assert_eq!(device.asks(&server, RECEIPTS, &receipt).await.0, 204);
        desk.get(&page).await.says(said);
    }
    // In time the device never came; what it says much later is written down and changes nothing.
    desk.submit(&wipe, &[("what", "data")]).await.is(200);
    let command = device.is_told(&server).await;
    server.later(days(91));
    aikagi::flows::housekeeping::tidy(&server.app).await.expect("it works");
    assert!(device.polls(&server).await.is_empty());
    let receipt = device.signs_receipt(&device.receipt(&command, State::Done));
    assert_eq!(device.asks(&server, RECEIPTS, &receipt).await.0, 204);
    let dump = server.dump().await;
    assert_eq!(actions(&dump, "agent_wipe_ended_late"), 1);
    let last = raw::rows(&dump, "wipes").iter().find(|row| row["id"] == command.command.as_str()).expect("a wipe");
    assert_eq!((&last["state"], &last["cause"]), (&"failed".into(), &"not_reached".into()));
}

#[tokio::test]
async fn forged_replayed_and_foreign_requests_reach_nothing_and_are_written_down() {
    let server = Server::start().await;
    let (_, mut device, mut desk, page) = with_device(&server).await;
    server.member("kato", &[]).await;
    let mut kato = server.signed_in("kato", "203.0.113.9").await;
    let code = own_code(&mut kato).await;
    let mut other = Device::enrols(&server, 2, &code).await;
    desk.submit(&format!("{page}/{}/wipe", device.is.agent), &[("what", "data")]).await.is(200);
    let command = device.is_told(&server).await;
    let body = serde_json::to_vec(&Poll::default()).unwrap();
    // The same request once more; an older number; a number that is none.
    let again = device.signs(POLL, device.number, &body);
    assert_eq!(post(&server, OFFICE, POLL, &again, body.clone()).await.0, 409);
    for number in ["0", "-5", "x", "9223372036854775808"] {
        let mut headers = again.clone();
        headers[1].1 = number.to_owned();
        assert_eq!(post(&server, OFFICE, POLL, &headers, body.clone()).await.0, 400, "{number}");
    }
    // Signed for another address, another number, another body, by another device, for a device that nobody has.
    let number = device.number + 1;
    let good = device.signs(POLL, number, &body);
    assert_eq!(post(&server, OFFICE, LEAVE, &good, body.clone()).await.0, 401);
    assert_eq!(post(&server, OFFICE, POLL, &good, b"{\"wait\":1}".to_vec()).await.0, 401);
    let mut higher = good.clone();
    higher[1].1 = (number + 1).to_string();
    assert_eq!(post(&server, OFFICE, POLL, &higher, body.clone()).await.0, 401);
    let mut foreign = other.signs(POLL, 1, &body);
    foreign[0].1.clone_from(&device.is.agent);
    assert_eq!(post(&server, OFFICE, POLL, &foreign, body.clone()).await.0, 401);
    foreign[0].1 = "agt_00000000000000000000000000".to_owned();
    assert_eq!(post(&server, OFFICE, POLL, &foreign, body.clone()).await.0, 401);
    assert_eq!(post(&server, OFFICE, POLL, &[], body.clone()).await.0, 400);
    // Receipts: another device's command, signed by another device, about another device, for another purpose, of no command.
    let honest = device.receipt(&command, State::Done);
    let stolen = Receipt { agent: other.is.agent.clone(), ..honest.clone() };
    let unsigned = Signed { signature: device.key.sign(honest.command.as_bytes()), ..device.signs_receipt(&honest) };
    for forged in [other.signs_receipt(&stolen), other.signs_receipt(&honest), device.signs_receipt(&honest), unsigned]
    {
        assert_eq!(other.asks(&server, RECEIPTS, &forged).await.0, 422);
    }
    let unknown = Receipt { command: "wip_00000000000000000000000000".to_owned(), ..honest.clone() };
    assert_eq!(device.asks(&server, RECEIPTS, &device.signs_receipt(&unknown)).await.0, 422);
    assert_eq!(device.asks(&server, RECEIPTS, &device.signs_receipt(&stolen)).await.0, 422);
    let dump = server.dump().await;
    let wipe = &raw::rows(&dump, "wipes")[0];
    assert_eq!((&wipe["state"], wipe["receipt"].is_null()), (&"sent".into(), true));
    // One line of each kind for each device in an hour, however much is tried.
    assert_eq!((actions(&dump, "agent_forged"), actions(&dump, "agent_replayed")), (1, 1));
    assert_eq!(actions(&dump, "agent_receipt_refused"), 2);
    // What is honest still gets through.
    assert_eq!(device.asks(&server, RECEIPTS, &device.signs_receipt(&honest)).await.0, 204);
}

#[tokio::test]
async fn fifty_devices_with_one_code_are_one() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let code = own_code(&mut own).await;
    let tries = (0..50_u8).map(|seed| {
        let body = enrolment(&Signer::from_seed(&[seed + 10; 32]), &code);
        let from = format!("198.51.100.{seed}");
        let server = &server;
        async move { post(server, &from, ENROL, &[], body).await.0 }
    });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 201 | 403)), "{answers:?}");
    assert_eq!(raw::rows(&server.dump().await, "agents").len(), 1);
}

#[tokio::test]
async fn a_code_is_good_once_for_a_day_and_while_its_member_may_come_in() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let key = Signer::from_seed(&[9; 32]);
    let refused = async |code: &str| {
        let (status, said) = post(&server, OFFICE, ENROL, &[], enrolment(&key, code)).await;
        assert_eq!((status, said), (403, serde_json::json!({ "error": "refused" })), "{code}");
    };
    // Wrong in form, in its last sign, never made: nobody learns which.
    for wrong in ["", "12345678", "AGT-CCCC-CCCC-CCCC-CCCC", "AGT-CDFH-JKLM-NPRT-VWX2"] {
        refused(wrong).await;
    }
    let older = own_code(&mut own).await;
    let code = own_code(&mut own).await;
    refused(&older).await;
    // Somebody else's key without its proof.
    let mut stolen: Enrol = serde_json::from_slice(&enrolment(&key, &code)).unwrap();
    stolen.public_key = Signer::from_seed(&[8; 32]).public();
    assert_eq!(post(&server, OFFICE, ENROL, &[], serde_json::to_vec(&stolen).unwrap()).await.0, 403);
    server.later(hours(25));
    refused(&code).await;
    // Whatever ends all sessions ends the code: whoever made it may have been a thief.
    own.signs_in("tanaka", PASSWORD).await;
    let code = own_code(&mut own).await;
    let (_, mut desk) = server.keeper("sato", Role::Administrator).await;
    let tanaka = raw::rows(&server.dump().await, "members").iter().find(|row| row["login"] == "tanaka").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.submit(&format!("{DESK}/members/{tanaka}/suspend"), &[]).await.is(200);
    refused(&code).await;
    desk.submit(&format!("{DESK}/members/{tanaka}/resume"), &[]).await.is(200);
    refused(&code).await;
    // Small letters and spaces are understood; the same key is no second device.
    let page = desk.submit(&format!("{DESK}/members/{tanaka}/agents"), &[]).await;
    let code = code_on(&page.text).to_lowercase().replace('-', " ");
    assert_eq!(post(&server, OFFICE, ENROL, &[], enrolment(&key, &code)).await.0, 201);
    refused(&code).await;
    let page = desk.submit(&format!("{DESK}/members/{tanaka}/agents"), &[]).await;
    refused(&code_on(&page.text)).await;
}

#[tokio::test]
async fn wrong_codes_are_few_from_one_network_and_right_ones_cost_nothing() {
    let server = Server::start().await;
    server.member("tanaka", &[]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let code = own_code(&mut own).await;
    let wrong = enrolment(&Signer::from_seed(&[9; 32]), "AGT-CCCC-CCCC-CCCC-CCCC");
    for _ in 0..19 {
        assert_eq!(post(&server, OFFICE, ENROL, &[], wrong.clone()).await.0, 403);
    }
    Device::enrols(&server, 1, &code).await;
    assert_eq!(post(&server, OFFICE, ENROL, &[], wrong.clone()).await.0, 403);
    let code = own_code(&mut own).await;
    let right = enrolment(&Signer::from_seed(&[2; 32]), &code);
    assert_eq!(post(&server, OFFICE, ENROL, &[], right.clone()).await.0, 429);
    assert_eq!(post(&server, "198.51.100.1", ENROL, &[], right).await.0, 201);
    server.later(hours(1));
    assert_eq!(post(&server, OFFICE, ENROL, &[], wrong).await.0, 403);
}

#[tokio::test]
async fn a_device_that_is_taken_out_is_told_nothing_and_what_it_was_to_do_is_over() {
    let server = Server::start().await;
    let (mut own, mut device, mut desk, page) = with_device(&server).await;
    desk.submit(&format!("{page}/{}/wipe", device.is.agent), &[("what", "data")]).await.is(200);
    // Neither the thief on the device nor one with the password gets out of it.
    assert_eq!(device.asks(&server, LEAVE, &serde_json::json!({})).await.1["error"], "pending");
    own.submit(&format!("{OWN}/{}/remove", device.is.agent), &[]).await.says("登録を外せません");
    // Another member's, and a colleague's of the same rank, are not there.
    server.member("kato", &[]).await;
    let mut kato = server.signed_in("kato", "203.0.113.9").await;
    kato.post(&format!("{OWN}/{}/remove", device.is.agent), &[]).await.is(404);
    desk.submit(&format!("{page}/{}/remove", device.is.agent), &[]).await.says("登録を外しました");
    assert_eq!(device.asks(&server, POLL, &Poll::default()).await, (410, serde_json::json!({ "error": "gone" })));
    let dump = server.dump().await;
    let wipe = &raw::rows(&dump, "wipes")[0];
    assert_eq!((&wipe["state"], &wipe["cause"]), (&"impossible".into(), &"passed_on".into()));
    // The next one on it is a new device, and its owner's commands are its own.
    let code = own_code(&mut kato).await;
    let mut next = Device::enrols(&server, 3, &code).await;
    assert!(next.polls(&server).await.is_empty());
    assert_eq!(next.asks(&server, LEAVE, &serde_json::json!({})).await.0, 204);
    assert_eq!(next.asks(&server, POLL, &Poll::default()).await.0, 410);
}

#[tokio::test]
async fn ranks_workspaces_and_fresh_passwords_hold_at_the_desk() {
    let server = Server::start().await;
    let (_, device, mut desk, page) = with_device(&server).await;
    // No administrator tells another's device anything, nor their own.
    let (other, _) = server.keeper("suzuki", Role::Administrator).await;
    for id in [other.id.as_str()] {
        let theirs = format!("{DESK}/members/{id}/agents");
        desk.submit(&theirs, &[]).await.does_not_say("AGT-");
        desk.submit(&format!("{theirs}/{}/wipe", device.is.agent), &[("what", "data")])
            .await
            .does_not_say("指示しました");
        desk.submit(&format!("{theirs}/{}/remove", device.is.agent), &[]).await.does_not_say("外しました");
    }
    let ume = server.workspace("ume", "うめ商店").await;
    let foreign = server.member_of(&ume, "hayashi", &[]).await;
    let theirs = format!("{DESK}/members/{}/agents", foreign.id);
    desk.get(&theirs).await.is(404);
    desk.post(&theirs, &[]).await.is(404);
    desk.post(&format!("{theirs}/{}/wipe", device.is.agent), &[("what", "data")]).await.is(404);
    // This member's page with another's device.
    desk.post(&format!("{page}/agt_0/wipe"), &[("what", "data")]).await.is(404);
    desk.post(&format!("{page}/{}/wipe", device.is.agent), &[("what", "everything")])
        .await
        .is(200)
        .does_not_say("指示しました");
    server.later(minutes(10));
    desk.post(&format!("{page}/{}/wipe", device.is.agent), &[("what", "data")]).await.says("パスワード");
    desk.post(&page, &[]).await.says("パスワード").does_not_say("AGT-");
    assert!(raw::rows(&server.dump().await, "wipes").is_empty());
    // Thirty commands in an hour, five of them for a whole device in a day.
    let (_, mut desk) = server.keeper("ito", Role::Administrator).await;
    let wipe = format!("{page}/{}/wipe", device.is.agent);
    for _ in 0..5 {
        desk.submit(&wipe, &[("what", "device")]).await.says("端末に指示しました");
    }
    desk.submit(&wipe, &[("what", "device")]).await.does_not_say("端末に指示しました");
    desk.submit(&wipe, &[("what", "data")]).await.says("端末に指示しました");
}

#[tokio::test]
async fn what_is_asked_at_one_node_reaches_a_device_that_waits_at_another() {
    let server = Server::start().await;
    let (_, mut device, _, page) = with_device(&server).await;
    let other = Server::reopen(Database::borrowed(&server.database().url), 99, server.app.now()).await;
    let mut desk = other.signed_in("sato", "192.0.2.6").await;
    let waits = Poll { wait: 20, holding: Vec::new() };
    let agent = device.is.agent.clone();
    let asks = async {
        while server.app.agents.is_empty() {
            tokio::task::yield_now().await;
        }
        desk.submit(&format!("{page}/{agent}/wipe"), &[("what", "data")]).await.says("端末に指示しました");
        flow::look(&server.app).await.expect("it works");
    };
    let ((status, said), ()) = tokio::join!(device.asks(&server, POLL, &waits), asks);
    assert_eq!((status, said["commands"].as_array().map(Vec::len)), (200, Some(1)), "{said}");
    // A node that ends answers at once.
    server.app.agents.close();
    let held =
        Poll { wait: 20, holding: vec![raw::rows(&server.dump().await, "wipes")[0]["id"].as_str().unwrap().into()] };
    assert_eq!(device.asks(&server, POLL, &held).await.1["commands"], serde_json::json!([]));
}

#[tokio::test]
async fn a_newer_question_of_the_same_device_takes_the_place_of_the_older_one() {
    let server = Server::start().await;
    let (_, mut device, _, _) = with_device(&server).await;
    let older = serde_json::to_vec(&Poll { wait: 20, holding: Vec::new() }).unwrap();
    let headers = device.signs(POLL, 1, &older);
    device.number = 1;
    let newer = async {
        while server.app.agents.is_empty() {
            tokio::task::yield_now().await;
        }
        device.polls(&server).await
    };
    let ((status, said), _) = tokio::join!(post(&server, OFFICE, POLL, &headers, older), newer);
    assert_eq!((status, &said["commands"]), (200, &serde_json::json!([])));
    assert!(server.app.agents.is_empty(), "no place is left taken");
}

#[tokio::test]
async fn a_device_that_asks_without_rest_is_told_to_wait() {
    let server = Server::start().await;
    let (_, mut device, _, _) = with_device(&server).await;
    for _ in 0..120 {
        assert_eq!(device.asks(&server, POLL, &Poll::default()).await.0, 200);
    }
    assert_eq!(device.asks(&server, POLL, &Poll::default()).await, (429, serde_json::json!({ "error": "busy" })));
    server.later(minutes(1));
    assert_eq!(device.asks(&server, POLL, &Poll::default()).await.0, 200);
}

#[tokio::test]
async fn the_case_of_a_loss_tells_the_program_by_one_button_and_takes_it_back() {
    let server = Server::start().await;
    let (_, mut device, mut desk, page) = with_device(&server).await;
    let case = page.replace("/agents", "/lost");
    let shown = desk.get(&case).await;
    let at = shown.text.find("device_dev_").expect("the computer");
    let known = shown.text[at..].split_once('"').expect("an attribute").0.to_owned();
    desk.submit(&case, &[("kind", "lost"), (&*known, "on")]).await.says("pc-12");
    let wipe = format!("{page}/{}/wipe", device.is.agent);
    desk.submit(&wipe, &[("what", "data"), ("from", "lost")])
        .await
        .says("対応を終える")
        .says("端末がつながるのを待って");
    let back = async |server: &Server| {
        let dump = server.dump().await;
        let wipes = raw::rows(&dump, "wipes");
        let newest = wipes.iter().max_by_key(|row| row["id"].as_str().map(str::to_owned)).expect("a wipe");
        assert_eq!(newest["incident_id"], raw::rows(&dump, "incidents")[0]["id"]);
        format!("{case}/wipes/{}/take-back", newest["id"].as_str().expect("an id"))
    };
    let first = back(&server).await;
    desk.submit(&first, &[("from", "agents")]).await.says("データを消す指示を取り消しました").says("pc-12");
    assert!(device.polls(&server).await.is_empty());
    // What the device was told is not taken back any more.
    server.later(minutes(1));
    desk.submit(&wipe, &[("what", "data")]).await.says("取り消す");
    device.is_told(&server).await;
    let second = back(&server).await;
    desk.submit(&second, &[]).await.says("することがありませんでした");
    assert_eq!(actions(&server.dump().await, "wipe_taken_back"), 1);
}

#[tokio::test]
async fn every_contact_is_told_of_a_program_that_was_enrolled() {
    let server = Server::start().await;
    server.member("tanaka", &["ichiro@example.jp"]).await;
    let mut own = server.signed_in("tanaka", "203.0.113.5").await;
    let code = own_code(&mut own).await;
    let told = async || {
        let letters = server.received("ichiro@example.jp").await;
        letters.into_iter().filter(|letter| letter.purpose == "agent_enrolled").collect::<Vec<_>>()
    };
    assert!(told().await.is_empty());
    Device::enrols(&server, 1, &code).await;
    let letters = told().await;
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.contains("/not-me/"), "it can be objected to");
}
