//! The whole way: a code goes out by a mail server, comes back, and the message says so; the member's way back in stays open.

use std::sync::Arc;

use aikagi::deliver::bounces::{Caps, Note};
use aikagi::deliver::return_path::ReturnPath;
use aikagi::deliver::worker::Worker;
use aikagi::deliver::{Carrier, SmtpCarrier, SmtpSecurity, SmtpSettings};
use aikagi::model::id::MessageId;
use aikagi::model::{Cause, HandingState, minutes};
use aikagi::store::handings::{self, Handing};

use super::returned::{gate, hand_on, report};
use crate::harness::Server;
use crate::raw;
use crate::smtp::Peer;

const MAIL: &str = "tanaka@example.jp";

/// The worker with this mail server for its only carrier.
fn worker(server: &Server, carrier: SmtpCarrier) -> Worker {
    let app = &server.app;
    Worker {
        db: app.db.clone(),
        clock: app.clock.clone(),
        keyring: app.keyring.clone(),
        dice: app.dice.clone(),
        carriers: vec![Arc::new(carrier) as Arc<dyn Carrier>],
        breakers: Arc::default(),
        budgets: app.config.messages.budgets(),
        receipt_wait: app.config.messages.receipt_wait(),
        webhooks: false,
        bell: app.outbox_bell.clone(),
    }
}

async fn tries(server: &Server, message: &MessageId) -> Vec<Handing> {
    let mut conn = server.app.db.read().await.expect("the database works");
    handings::of_message(&mut conn, message).await.expect("the database works")
}

#[tokio::test]
async fn a_code_that_comes_back_is_known_not_to_have_arrived_and_takes_nobodys_way_back() {
    let server = Server::start().await;
    server.member("tanaka", &[MAIL]).await;
    let app = server.app.clone();
    let path = ReturnPath::new("bounce.example.jp", app.keyring.clone());
    let note: Note = Arc::new(move |receipt| {
        let book = app.receipts.clone();
        Box::pin(async move { book.note(&receipt).await.is_ok() })
    });
    let (address, stop) = gate(path.clone(), server.app.clock.clone(), note, Caps::default()).await;
    let _stop = stop.drop_guard();
    let peer = Peer::start("whole", &[]);
    let settings = SmtpSettings { return_path: Some(path.clone()), ..peer.settings(SmtpSecurity::None) };
    let worker = worker(&server, SmtpCarrier::new(settings).expect("good settings"));

    let mut tanaka = server.visitor();
    tanaka.asks_for_code_by_email(MAIL, "tanaka").await;
    worker.work_once().await.expect("the outbox works");
    let got = peer.next();
    assert!(got["html"].as_str().is_some_and(|html| html.contains("class=\"code\"")), "{got}");
    let back = got["mail_from"].as_str().expect("a return path").to_owned();
    assert_eq!(got["headers"]["from"], "相鍵 <no-reply@example.jp>");
    let message = path.message(&back).expect("ours");
    assert_eq!(tries(&server, &message).await.len(), 1);

    // First it is only late, then it failed, and then the report comes twice.
    for (name, state, cause, code) in [
        ("postfix-late", HandingState::Accepted, None, Some("4.4.1")),
        ("postfix-unknown", HandingState::Undeliverable, Some(Cause::UnknownDestination), Some("5.1.1")),
        ("postfix-unknown", HandingState::Undeliverable, Some(Cause::UnknownDestination), Some("5.1.1")),
        ("out-of-office", HandingState::Undeliverable, Some(Cause::UnknownDestination), Some("5.1.1")),
    ] {
        let answer = hand_on(address.port(), &back, report(name)).await;
        assert_eq!(answer["code"], 250, "{name}: {answer}");
        let tries = tries(&server, &message).await;
        assert_eq!(tries.len(), 1);
        assert_eq!((tries[0].state, tries[0].cause, tries[0].code.as_deref()), (state, cause, code), "{name}");
    }
    let dump = server.dump().await;
    let row = raw::rows(&dump, "outbox").iter().find(|row| row["id"] == message.as_str()).expect("the message");
    assert_eq!(row["state"], "undeliverable");

    // The next code goes there as ever: a bounce is nobody's word about a contact.
    server.later(minutes(2));
    let mut again = server.visitor();
    again.asks_for_code_by_email(MAIL, "tanaka").await;
    worker.work_once().await.expect("the outbox works");
    let got = peer.next();
    assert_eq!(got["rcpt_tos"], serde_json::json!([MAIL]));
    let code = crate::harness::digits(got["text"].as_str().expect("text"));
    again.types_code(&code).await.says("tanaka@sakura");
}

#[tokio::test]
async fn without_a_place_for_bounces_mail_has_its_sender_for_a_return_path() {
    let server = Server::start().await;
    server.member("tanaka", &[MAIL]).await;
    let peer = Peer::start("no-bounces", &[]);
    let worker = worker(&server, peer.carrier(SmtpSecurity::None));
    server.visitor().asks_for_code_by_email(MAIL, "tanaka").await;
    worker.work_once().await.expect("the outbox works");
    assert_eq!(peer.next()["mail_from"], "no-reply@example.jp");
}
