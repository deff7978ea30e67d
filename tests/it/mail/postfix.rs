//! The same with a real Postfix between: it takes our message, finds out that nobody has the address, and hands the report on to us. By hand, since it
//! needs root and Debian's package `postfix` (see CONTRIBUTING.md).

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aikagi::clock::{Clock as _, SystemClock};
use aikagi::deliver::bounces::{Caps, Note};
use aikagi::deliver::return_path::ReturnPath;
use aikagi::deliver::{About, Carrier as _, Outcome, SmtpCarrier, SmtpSecurity, SmtpSettings};
use aikagi::model::Cause;
use aikagi::model::id::MessageId;
use aikagi::vault::Keyring;

use super::returned::gate;
use crate::harness::master;
use crate::smtp::letter;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root and Postfix"]
async fn what_a_real_server_cannot_deliver_comes_back_to_its_message() {
    let path = ReturnPath::new("bounce.example.jp", Arc::new(Keyring::new(&master())));
    let (told, mut receipts) = tokio::sync::mpsc::unbounded_channel();
    let note: Note = Arc::new(move |receipt| {
        let told = told.send(receipt).is_ok();
        Box::pin(async move { told })
    });
    let (address, stop) = gate(path.clone(), Arc::new(SystemClock), note, Caps::default()).await;
    let _stop = stop.drop_guard();
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/postfix.py");
    let mut postfix = Command::new("python3")
        .arg(peer)
        .arg(address.port().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut line = String::new();
    BufReader::new(postfix.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let port =
        serde_json::from_str::<serde_json::Value>(&line).expect("Postfix starts")["port"].as_u64().expect("a port");

    let carrier = SmtpCarrier::new(SmtpSettings {
        name: "postfix".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: u16::try_from(port).ok(),
        security: SmtpSecurity::None,
        credentials: None,
        ca_file: None,
        from: "相鍵 <no-reply@example.jp>".to_owned(),
        public_host: "id.example.jp".to_owned(),
        dkim: None,
        return_path: Some(path),
        timeout: Duration::from_secs(20),
        kept_connections: 1,
    })
    .expect("good settings");
    let id = MessageId::new(SystemClock.now(), [7; 10]);
    let mut sent = letter("確認コードは 12345678 です。");
    (sent.id, sent.to) = (id.to_string(), "nobody-of-this-name@example.jp".to_owned());
    let taken = carrier.hand_over(&sent).await.expect("Postfix takes it");
    assert!(taken.provider_id.is_some(), "its own id is read");
    let receipt = tokio::time::timeout(Duration::from_mins(1), receipts.recv()).await.expect("in time").expect("told");
    assert_eq!(receipt.about, About::Message { id, carrier: None });
    assert_eq!(receipt.outcome, Outcome::Undeliverable(Cause::UnknownDestination));
    assert_eq!(receipt.code.as_deref(), Some("5.1.1"));
    drop(postfix.stdin.take());
    postfix.wait().expect("it ends");
}
