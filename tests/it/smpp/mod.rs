//! SMS by SMPP against a real SMSC (node-smpp, a child process that does as it is told): what it reads of us, and how we bear it.

mod connection;
mod receipts;
mod speed;
mod submits;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aikagi::clock::SystemClock;
use aikagi::config::carriers::smpp::ReceiptIds;
use aikagi::deliver::{
    Carrier as _, Channel, HandedOver, Letter, NotHandedOver, ReceiptBook, SmppCarrier, SmppSettings,
};
use aikagi::model::{Cause, minutes, time::Span};
use aikagi::store::Db;
use aikagi::vault::OsDice;
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take that should happen.
const SOON: Duration = Duration::from_secs(20);
const PASSWORD: &str = "hunter2";

/// The SMSC, ended when dropped.
pub struct Smsc {
    child: Child,
    orders: Mutex<(ChildStdin, std::sync::mpsc::Receiver<()>)>,
    said: tokio::sync::Mutex<mpsc::UnboundedReceiver<Value>>,
    port: u16,
    cert: PathBuf,
}

impl Smsc {
    async fn start() -> Self {
        Self::with("plain", &json!({ "password": PASSWORD })).await
    }

    /// With a certificate of its own for 127.0.0.1, used where `options` say so.
    async fn with(name: &str, options: &Value) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        assert!(tools.join("npm/node_modules/smpp").exists(), "node-smpp is missing: cargo xtask tools");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("smsc-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory for the certificate");
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
        let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("written");
        std::fs::write(&key, made.signing_key.serialize_pem()).expect("written");
        let mut options = options.clone();
        if options["tls"] == true {
            options["cert"] = json!(cert);
            options["key"] = json!(key);
        }
        let mut child = Command::new("node")
            .arg(root.join("tests/peers/smsc/smsc.js"))
            .arg(options.to_string())
            .env("AIKAGI_TOOLS", tools)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (heard, listener) = std::sync::mpsc::channel();
        let orders = Mutex::new((child.stdin.take().expect("piped"), listener));
        let (say, said) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("a line of JSON");
                if line["event"] == "told" {
                    let _ = heard.send(());
                } else {
                    let _ = say.send(line);
                }
            }
        });
        let mut smsc = Self { child, orders, said: tokio::sync::Mutex::new(said), port: 0, cert };
        let port = smsc.next().await["port"].as_u64().expect("a port");
        smsc.port = u16::try_from(port).expect("a port");
        smsc
    }

    /// What it says next.
    async fn next(&self) -> Value {
        let mut said = self.said.lock().await;
        tokio::time::timeout(SOON, said.recv()).await.expect("it says something").expect("it runs")
    }

    /// The next thing of this kind; what comes before is passed over.
    async fn event(&self, kind: &str) -> Value {
        loop {
            let said = self.next().await;
            if said["event"] == kind {
                return said;
            }
        }
    }

    /// Tells it to do something, and waits until it has heard: what we send next must not overtake it.
    fn order(&self, order: &Value) {
        let mut orders = self.orders.lock().expect("whole");
        writeln!(orders.0, "{order}").expect("it listens");
        orders.1.recv_timeout(SOON).expect("it hears");
    }

    /// What the next messages meet.
    fn submits(&self, reactions: &Value) {
        self.order(&json!({ "do": "submits", "reactions": reactions }));
    }

    /// What the next binds meet.
    fn binds(&self, reactions: &Value) {
        self.order(&json!({ "do": "binds", "reactions": reactions }));
    }

    fn settings(&self) -> SmppSettings {
        SmppSettings {
            name: "provider".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            tls: false,
            server_name: None,
            ca_file: Some(self.cert.clone()),
            system_id: "aikagi".to_owned(),
            password: PASSWORD.to_owned().into(),
            system_type: "otp".to_owned(),
            source: "Aikagi".to_owned(),
            source_ton: None,
            source_npi: None,
            window: 10,
            per_second: None,
            enquire: Duration::from_secs(30),
            timeout: Duration::from_secs(15),
            receipt_ids: ReceiptIds::Same,
        }
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A carrier with its connection kept, as in a running server.
struct Kept {
    carrier: Arc<SmppCarrier>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    _folder: Option<tempfile::TempDir>,
}

impl Kept {
    /// With a database that has no tables, and so takes no receipts.
    async fn of(settings: SmppSettings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::connect(&format!("sqlite:{}", folder.path().join("empty.db").display())).await.expect("a file");
        let book = ReceiptBook { db, clock: Arc::new(SystemClock), bell: Arc::new(Notify::new()) };
        Self { _folder: Some(folder), ..Self::with(carrier(settings), book) }
    }

    fn with(carrier: SmppCarrier, book: ReceiptBook) -> Self {
        let carrier = Arc::new(carrier);
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (carrier, stop) = (Arc::clone(&carrier), stop.clone());
            async move { carrier.run(&book, stop).await }
        });
        Self { carrier, stop, running, _folder: None }
    }

    /// Begins to hand a text over, beside whatever else goes on.
    fn begin(&self, text: &str) -> JoinHandle<Result<HandedOver, NotHandedOver>> {
        let (carrier, letter) = (Arc::clone(&self.carrier), letter(text));
        tokio::spawn(async move { carrier.hand_over(&letter).await })
    }

    async fn hand_over(&self, text: &str) -> Result<HandedOver, NotHandedOver> {
        self.carrier.hand_over(&letter(text)).await
    }

    /// Stops as the server does, and waits for the end.
    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.running).await.expect("it ends").expect("no panic");
    }
}

fn carrier(settings: SmppSettings) -> SmppCarrier {
    SmppCarrier::new(settings, Arc::new(SystemClock), Arc::new(OsDice)).expect("good settings")
}

fn letter(text: &str) -> Letter {
    letter_for(text, minutes(10))
}

fn letter_for(text: &str, life: Span) -> Letter {
    use aikagi::clock::Clock as _;
    Letter {
        channel: Channel::Sms,
        id: "msg_01".to_owned(),
        to: "+819012345678".to_owned(),
        sender: None,
        subject: None,
        text: text.to_owned(),
        html: None,
        purpose: "recovery_code".to_owned(),
        reference: None,
        at: SystemClock.now(),
        expires_at: SystemClock.now() + life,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with a result")]
fn taken(id: &str) -> Result<HandedOver, NotHandedOver> {
    Ok(HandedOver { provider_id: Some(id.to_owned()) })
}

/// Whether a refusal is for good, and its cause; never with the letter's contents.
fn refusal(answer: Result<HandedOver, NotHandedOver>) -> (bool, Cause) {
    let refusal = answer.expect_err("refused");
    for secret in ["8190", "12345678", PASSWORD] {
        assert!(!format!("{refusal:?}").contains(secret), "{refusal:?}");
    }
    (refusal.is_final, refusal.cause)
}
