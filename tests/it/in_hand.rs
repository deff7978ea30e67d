//! Messages in a worker's hands: what became of one is written down whatever happens meanwhile, one that takes long holds up no other, and what nobody
//! can take now is left where it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aikagi::deliver::worker::Worker;
use aikagi::deliver::{
    About, Carrier, Channel, HandedOver, Letter, MemoryCarrier, NotHandedOver, Noted, Outcome, Receipt,
};
use aikagi::model::id::MessageId;
use aikagi::model::{Cause, minutes, seconds};
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::harness::Server;
use crate::raw;

const TANAKA: &str = "090-1234-5678";
const SUZUKI: &str = "090-8765-4321";

/// Two members, and a worker with these carriers, asked in this order.
async fn house(carriers: Vec<Arc<dyn Carrier>>) -> (Server, Worker) {
    let server = Server::start().await;
    server.member("tanaka", &[TANAKA]).await;
    server.member("suzuki", &[SUZUKI]).await;
    let worker = Worker { breakers: Arc::default(), carriers, ..server.worker.clone() };
    (server, worker)
}

/// How many codes are like this.
async fn codes(server: &Server, like: &str) -> i64 {
    let sql = format!("select count(*) from outbox where purpose = 'recovery_code' and not decoy and {like}");
    raw::number(&server.database().url, &sql).await
}

/// Waits until so many codes are like this.
async fn become_of(server: &Server, like: &str, many: i64) {
    let waiting = async {
        while codes(server, like).await != many {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("never {many} with {like}"));
}

/// The worker at work, as in a running server.
struct AtWork(CancellationToken, tokio::task::JoinHandle<()>);

impl AtWork {
    fn begin(worker: &Worker) -> Self {
        let stop = CancellationToken::new();
        Self(stop.clone(), tokio::spawn(worker.clone().run(stop)))
    }

    async fn end(self) {
        self.0.cancel();
        tokio::time::timeout(Duration::from_secs(20), self.1).await.expect("it ends").expect("no panic");
    }
}

/// A carrier that knows whether its far side is there.
#[derive(Default)]
struct Line {
    is_there: AtomicBool,
    /// Whether all that comes is too late.
    is_late: AtomicBool,
    taken: MemoryCarrier,
}

impl Carrier for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn is_there(&self) -> bool {
        self.is_there.load(Ordering::SeqCst)
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        if self.is_late.load(Ordering::SeqCst) {
            return Box::pin(async { Err(NotHandedOver::never(Cause::Expired, "it would come too late")) });
        }
        self.taken.hand_over(letter)
    }
}

#[tokio::test]
async fn what_a_carrier_took_is_written_as_soon_as_the_database_is_back() {
    let carrier = Arc::new(MemoryCarrier::telling("first"));
    let (server, worker) = house(vec![carrier.clone()]).await;
    server.visitor().asks_for_code(TANAKA).await.is(200);
    carrier.hang();
    let at_work = AtWork::begin(&worker);
    become_of(&server, "claim is not null", 1).await;
    server.app.db.set_shut(true);
    carrier.release();
    carrier.wait_for(|_| true).await;
    server.app.db.set_shut(false);
    become_of(&server, "state = 'handed'", 1).await;
    at_work.end().await;
    assert_eq!(carrier.sent().len(), 1);
    assert_eq!(raw::number(&server.database().url, "select count(*) from handings where state = 'accepted'").await, 1);
}

#[tokio::test]
async fn a_message_that_takes_long_holds_up_no_other() {
    let (first, second) = (Arc::new(MemoryCarrier::named("first")), Arc::new(MemoryCarrier::named("second")));
    let (server, worker) = house(vec![first.clone(), second.clone()]).await;
    first.hang();
    server.visitor().asks_for_code(TANAKA).await.is(200);
    let at_work = AtWork::begin(&worker);
    become_of(&server, "claim is not null", 1).await;
    server.sql(r#"update workspaces set carriers = '{"sms":["second"]}'"#).await;
    server.visitor_at("198.51.100.9").asks_for_code(SUZUKI).await.is(200);
    become_of(&server, "state = 'handed'", 1).await;
    assert_eq!((first.sent().len(), second.sent().len()), (0, 1));
    first.release();
    at_work.end().await;
    assert_eq!((codes(&server, "state = 'handed'").await, first.sent().len()), (2, 1));
}

#[tokio::test]
async fn what_nobody_can_take_now_is_left_alone_until_somebody_can_or_it_is_too_late() {
    let line = Arc::new(Line::default());
    let (server, worker) = house(vec![line.clone()]).await;
    server.visitor().asks_for_code(TANAKA).await.is(200);
    assert_eq!(worker.work_once().await.expect("the outbox works"), 0);
    assert_eq!(codes(&server, "state = 'waiting' and tries = 0").await, 1, "it was tried in vain");
    line.is_there.store(true, Ordering::SeqCst);
    assert_eq!(worker.work_once().await.expect("the outbox works"), 1);
    assert_eq!(line.taken.sent().len(), 1);

    line.is_there.store(false, Ordering::SeqCst);
    server.visitor_at("198.51.100.9").asks_for_code(SUZUKI).await.is(200);
    server.later(minutes(9));
    assert_eq!(worker.work_once().await.expect("the outbox works"), 0);
    server.later(minutes(1));
    assert_eq!(worker.work_once().await.expect("the outbox works"), 1);
    assert_eq!(codes(&server, "state = 'expired' and cause = 'expired' and body is null").await, 1);
    assert_eq!(line.taken.sent().len(), 1);
}

#[tokio::test]
async fn what_did_not_leave_in_time_is_no_carriers_refusal() {
    let (first, second) = (Arc::new(Line::default()), Arc::new(MemoryCarrier::named("second")));
    let (server, worker) = house(vec![first.clone(), second.clone()]).await;
    server.visitor().asks_for_code(TANAKA).await.is(200);
    // Less than a second is left, which is told to nobody.
    first.is_there.store(true, Ordering::SeqCst);
    first.is_late.store(true, Ordering::SeqCst);
    worker.work_once().await.expect("the outbox works");
    assert_eq!(codes(&server, "state = 'expired' and cause = 'expired'").await, 1);
    assert_eq!(second.sent().len(), 0);
    assert_eq!(raw::number(&server.database().url, "select count(*) from handings").await, 0);
}

#[tokio::test]
async fn a_message_that_did_not_arrive_says_why() {
    let (first, second) = (Arc::new(MemoryCarrier::telling("first")), Arc::new(MemoryCarrier::telling("second")));
    let (server, worker) = house(vec![first.clone(), second.clone()]).await;
    let no = async |id: &str| {
        let about = About::Provider { carrier: "first".to_owned(), id: id.to_owned() };
        let outcome = Outcome::Undeliverable(Cause::Unroutable);
        let receipt = Receipt { about, outcome, code: None, at: server.app.now() };
        assert_eq!(server.app.receipts.note(&receipt).await.expect("the database works"), Noted::Written);
    };
    // The first took it and could not bring it, and the second does not take it.
    server.visitor().asks_for_code(TANAKA).await.is(200);
    worker.work_once().await.expect("the outbox works");
    second.refuse_for(Cause::Blocked);
    no("first-1").await;
    worker.work_once().await.expect("the outbox works");
    assert_eq!(codes(&server, "state = 'undeliverable' and cause = 'blocked'").await, 1);

    // The same, and the second cannot, until it is too late.
    second.refuse(false);
    second.fail_temporarily(100);
    server.visitor_at("198.51.100.9").asks_for_code(SUZUKI).await.is(200);
    worker.work_once().await.expect("the outbox works");
    no("first-2").await;
    worker.work_once().await.expect("the outbox works");
    server.later(minutes(10));
    worker.work_once().await.expect("the outbox works");
    assert_eq!(codes(&server, "state = 'undeliverable' and cause = 'unroutable'").await, 1);
}

#[tokio::test]
async fn a_report_of_a_message_in_hand_is_to_be_told_again() {
    let (first, second) = (Arc::new(MemoryCarrier::telling("first")), Arc::new(MemoryCarrier::telling("second")));
    let (server, worker) = house(vec![first.clone(), second.clone()]).await;
    server.visitor().asks_for_code(TANAKA).await.is(200);
    worker.work_once().await.expect("the outbox works");
    let id = MessageId(first.sent()[0].id.clone());
    let says = async || {
        let about = About::Message { id: id.clone(), carrier: None };
        let outcome = Outcome::Undeliverable(Cause::Unknown);
        let receipt = Receipt { about, outcome, code: None, at: server.app.now() };
        server.app.receipts.note(&receipt).await.expect("the database works")
    };
    server.later(seconds(91));
    second.hang();
    let trying = tokio::spawn(async move { worker.work_once().await });
    become_of(&server, "claim is not null", 1).await;
    // Nobody knows yet whether it is about the first's try or the second's.
    assert_eq!(says().await, Noted::InHand);
    second.release();
    trying.await.expect("no panic").expect("the outbox works");
    assert_eq!(says().await, Noted::Written);
    assert_eq!(codes(&server, "state = 'handed'").await, 1, "the first has it");
}
