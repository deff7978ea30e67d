//! Receipts over the SMSC's connection: acknowledged when they are written down and not before, whenever and however often they come.

use std::sync::Arc;

use aikagi::deliver::worker::Worker;
use aikagi::vault::OsDice;

use super::*;
use crate::harness::Server;

const TANAKA: &str = "090-1234-5678";
const SUZUKI: &str = "090-8765-4321";

/// A server whose SMS go out by the SMSC.
struct House {
    server: Server,
    kept: Kept,
    worker: Worker,
}

impl House {
    async fn of(settings: SmppSettings) -> Self {
        let server = Server::start().await;
        for (login, number) in [("tanaka", TANAKA), ("suzuki", SUZUKI)] {
            server.member(login, &[number]).await;
        }
        let carrier = SmppCarrier::new(settings, server.app.clock.clone(), Arc::new(OsDice)).expect("good settings");
        let kept = Kept::with(carrier, server.app.receipts.clone());
        let worker = Worker {
            db: server.app.db.clone(),
            clock: server.app.clock.clone(),
            keyring: server.app.keyring.clone(),
            dice: server.app.dice.clone(),
            carriers: vec![kept.carrier.clone()],
            breakers: Arc::default(),
            budgets: server.app.config.messages.budgets(),
            receipt_wait: None,
            webhooks: false,
            bell: server.app.outbox_bell.clone(),
        };
        Self { server, kept, worker }
    }

    /// Somebody asks for a code, and it goes out.
    async fn code_to(&self, number: &str) {
        self.server.visitor().asks_for_code(number).await.is(200);
        while self.worker.work_once().await.expect("the outbox works") > 0 {}
    }

    /// What is known of each try, by the provider's id: how it ended, why, and the provider's words.
    async fn tries(&self) -> Value {
        let dump = self.server.dump().await;
        let mut tries: Vec<_> = dump["handings"]
            .iter()
            .map(|row| json!([row["provider_id"], row["state"], row["cause"], row["code"]]))
            .collect();
        tries.sort_by_key(ToString::to_string);
        Value::Array(tries)
    }
}

impl Smsc {
    /// Sends a receipt with this line; answers how it was acknowledged.
    async fn tells(&self, line: &str) -> Value {
        self.delivers(&json!({ "esm_class": 4, "source_addr": "819012345678", "short_message": line })).await
    }

    async fn delivers(&self, pdu: &Value) -> Value {
        self.order(&json!({ "do": "deliver", "pdu": pdu }));
        self.event("answer").await["status"].clone()
    }
}

#[tokio::test]
async fn a_receipt_tells_what_became_of_a_code() {
    let smsc = Smsc::start().await;
    let house = House::of(smsc.settings()).await;
    house.code_to(TANAKA).await;
    house.code_to(SUZUKI).await;
    assert_eq!(house.tries().await, json!([["id-1", "accepted", null, null], ["id-2", "accepted", null, null]]));

    // Those of the second come first.
    assert_eq!(
        smsc.tells("id:id-2 sub:001 dlvrd:000 submit date:2401020304 done date:2401020305 stat:UNDELIV err:027 text:")
            .await,
        0
    );
    assert_eq!(smsc.tells("id:id-1 stat:ENROUTE err:000").await, 0);
    assert_eq!(
        smsc.tells("id:id-1 sub:001 dlvrd:001 submit date:2401020304 done date:2401020305 stat:DELIVRD err:000 text:")
            .await,
        0
    );
    let told = json!([["id-1", "delivered", null, "DELIVRD"], ["id-2", "undeliverable", "unreachable", "UNDELIV 027"]]);
    assert_eq!(house.tries().await, told);

    // Told again, and in the wrong order: what arrived has arrived.
    for late in ["id:id-1 stat:DELIVRD", "id:id-1 stat:ENROUTE", "id:id-1 stat:EXPIRED"] {
        assert_eq!(smsc.tells(late).await, 0);
    }
    assert_eq!(house.tries().await, told);
    house.kept.end().await;
}

#[tokio::test]
async fn parameters_and_payloads_are_read_too() {
    let smsc = Smsc::start().await;
    let house = House::of(SmppSettings { receipt_ids: ReceiptIds::DecimalOfHex, ..smsc.settings() }).await;
    smsc.submits(&json!([{ "id": "0A1B2C3D" }, { "id": "0A1B2C3E" }]));
    house.code_to(TANAKA).await;
    house.code_to(SUZUKI).await;
    let pdu = json!({
        "esm_class": 4,
        "receipted_message_id": "169552957",
        "message_state": 5,
        "network_error_code": [3, 0, 1],
    });
    assert_eq!(smsc.delivers(&pdu).await, 0);
    let pdu = json!({ "esm_class": 4, "data_coding": 0, "message_payload": "id:169552958 stat:DELIVRD err:000" });
    smsc.order(&json!({ "do": "data", "pdu": pdu }));
    assert_eq!(smsc.event("answer").await["status"], 0);
    let told = json!([
        ["169552957", "undeliverable", "unknown_destination", "UNDELIV 3/1"],
        ["169552958", "delivered", null, "DELIVRD"]
    ]);
    assert_eq!(house.tries().await, told);
    house.kept.end().await;
}

#[tokio::test]
async fn a_receipt_may_come_before_the_answer_and_one_of_nothing_waits_in_vain() {
    let smsc = Smsc::start().await;
    let house = House::of(smsc.settings()).await;
    let early = json!({ "esm_class": 4, "short_message": "id:id-1 stat:DELIVRD err:000" });
    smsc.submits(&json!([{ "early": early, "delay": 200 }]));
    house.code_to(TANAKA).await;
    assert_eq!(smsc.event("answer").await["status"], 0);
    assert_eq!(smsc.tells("id:nobody-s stat:DELIVRD").await, 0);
    house.server.app.receipts.settle().await.expect("the database works");
    assert_eq!(house.tries().await, json!([["id-1", "delivered", null, "DELIVRD"]]));
    house.kept.end().await;
}

#[tokio::test]
async fn what_was_not_written_down_is_asked_for_again() {
    let smsc = Smsc::start().await;
    // A database that takes nothing.
    let kept = Kept::of(smsc.settings()).await;
    assert!(kept.hand_over("12345678").await.is_ok());
    assert_eq!(smsc.tells("id:id-1 stat:DELIVRD").await, 0x64);
    kept.end().await;
    // Nor is anything taken on a connection that is none of the server's.
    let house = House::of(smsc.settings()).await;
    house.code_to(TANAKA).await;
    assert_eq!(smsc.tells("id:id-2 stat:DELIVRD").await, 0);
    assert_eq!(house.tries().await, json!([["id-2", "delivered", null, "DELIVRD"]]));
    house.kept.end().await;
}

#[tokio::test]
async fn what_telephones_send_is_acknowledged_and_kept_nowhere() {
    let smsc = Smsc::start().await;
    let house = House::of(smsc.settings()).await;
    house.code_to(TANAKA).await;
    let before = house.server.dump().await;
    for text in ["STOP", "id:id-1 stat:DELIVRD err:000", "配信停止", ""] {
        let pdu = json!({ "source_addr": "819012345678", "short_message": text });
        assert_eq!(smsc.delivers(&pdu).await, 0, "{text}");
    }
    // A receipt of no use is refused, so that it is not sent for ever.
    assert_eq!(smsc.tells("id:id-1 stat:SOMEHOW").await, 0x66);
    assert_eq!(smsc.tells("").await, 0x66);
    assert_eq!(house.server.dump().await, before);
    house.kept.end().await;
}

/// Many at once, while messages go out.
#[tokio::test]
async fn a_flood_of_receipts_holds_up_no_message() {
    let smsc = Smsc::start().await;
    let house = House::of(smsc.settings()).await;
    house.code_to(TANAKA).await;
    for nth in 0..200 {
        let line =
            format!("id:{} stat:DELIVRD err:000", if nth == 150 { "id-1".to_owned() } else { format!("none-{nth}") });
        smsc.order(&json!({ "do": "deliver", "tag": nth, "pdu": { "esm_class": 4, "short_message": line } }));
    }
    assert!(house.kept.hand_over("12345678").await.is_ok());
    for _ in 0..200 {
        assert_eq!(smsc.event("answer").await["status"], 0);
    }
    assert_eq!(house.tries().await[0], json!(["id-1", "delivered", null, "DELIVRD"]));
    house.kept.end().await;
}
