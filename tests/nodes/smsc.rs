//! SMSCs that keep a book over their own end (tests/peers/smsc/keeper.js), and the network between them and the servers, which can be cut, hung and
//! closed, and notes what leaves a server and when.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use aikagi::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use crate::house::House;

pub const PASSWORD: &str = "hunter2";

/// One provider: its program, its book, and the network that leads to it.
pub struct Smsc {
    pub name: &'static str,
    book: PathBuf,
    seed: u64,
    wild: bool,
    running: Option<Running>,
    pub network: Network,
}

struct Running {
    child: Child,
    orders: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

/// A line of the book: a message that came in.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Submit {
    pub id: String,
    pub to: String,
    pub text: String,
    /// In milliseconds.
    pub at: i64,
    /// How many seconds it may be tried, as it was told.
    pub left: Option<i64>,
    pub status: i64,
    /// What became of it; none where nobody is told.
    pub end: Option<String>,
    /// Whether a receipt was acknowledged.
    #[serde(skip)]
    pub heard: bool,
}

impl Submit {
    pub fn is_taken(&self) -> bool {
        self.status == 0
    }

    pub fn arrived(&self) -> bool {
        self.end.as_deref().is_some_and(|end| end.starts_with("DELIVRD"))
    }
}

impl Smsc {
    pub async fn start(house: &House, name: &'static str, seed: u64) -> Self {
        let network = Network::open().await;
        let book = house.path(&format!("{name}.book"));
        let mut smsc = Self { name, book, seed, wild: true, running: None, network };
        smsc.go();
        smsc
    }

    /// Starts it, again or for the first time.
    pub fn go(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        self.seed += 1;
        let options = json!({
            "name": self.name, "password": PASSWORD, "book": self.book, "seed": self.seed & 0xffff_ffff, "wild": self.wild,
        });
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "node"])
            .arg(root.join("tests/peers/smsc/keeper.js"))
            .arg(options.to_string())
            .env("AIKAGI_TOOLS", tools)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut running = Running { orders: child.stdin.take().expect("piped"), child, said };
        let port = running.next()["port"].as_u64().expect("a port");
        self.network.leads_to(u16::try_from(port).expect("a port"));
        self.running = Some(running);
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill().expect("it runs");
            running.child.wait().expect("it ends");
        }
    }

    /// From now on it takes every message, and every one arrives.
    pub fn calms_down(&mut self) {
        self.wild = false;
        self.order("calm");
    }

    /// How many receipts nobody has acknowledged.
    pub fn pending(&mut self) -> u64 {
        self.order("pending")
    }

    fn order(&mut self, order: &str) -> u64 {
        let running = self.running.as_mut().expect("it runs");
        writeln!(running.orders, "{order}").expect("it listens");
        running.next()["pending"].as_u64().expect("a number")
    }

    /// All that it ever saw.
    pub fn book(&self) -> Vec<Submit> {
        let text = std::fs::read_to_string(&self.book).expect("a book");
        let entries = || text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let heard: std::collections::HashSet<_> =
            entries().filter_map(|entry| Some(entry["heard"].as_str()?.to_owned())).collect();
        let submits = entries().filter_map(|entry| serde_json::from_value::<Submit>(entry).ok());
        submits.map(|submit| Submit { heard: heard.contains(&submit.id), ..submit }).collect()
    }
}

impl Running {
    fn next(&mut self) -> Value {
        let line = self.said.next().expect("it runs").expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a network does with what is given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Open,
    /// Takes everything and brings nothing.
    Hangs,
    /// Ends every connection at once.
    Closed,
}

/// Where a server believes its provider to be.
pub struct Network {
    pub port: u16,
    target: Arc<AtomicU16>,
    mood: watch::Sender<Mood>,
    cuts: watch::Sender<u64>,
    left: Left,
}

/// Each message that left a server: to which number, and when, in microseconds.
type Left = Arc<Mutex<Vec<(String, i64)>>>;

impl Network {
    async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (target, left) = (Arc::<AtomicU16>::default(), Left::default());
        let (mood, cuts) = (watch::Sender::new(Mood::Open), watch::Sender::new(0));
        let (to, noted, at, cut) = (target.clone(), left.clone(), mood.subscribe(), cuts.subscribe());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut cut, at, port, noted) = (cut.clone(), at.clone(), to.load(Ordering::Relaxed), noted.clone());
                cut.mark_unchanged();
                if *at.borrow() == Mood::Closed {
                    continue;
                }
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cut.changed() => {}
                        _ = carry(stream, port, at, noted) => {}
                    }
                });
            }
        });
        Self { port, target, mood, cuts, left }
    }

    fn leads_to(&self, port: u16) {
        self.target.store(port, Ordering::Relaxed);
    }

    /// From now on it is like this.
    pub fn becomes(&self, mood: Mood) {
        self.mood.send_replace(mood);
        if mood == Mood::Closed {
            self.cut();
        }
    }

    /// Ends all connections, with what is on its way.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// What left the servers, and when.
    pub fn left(&self) -> Vec<(String, i64)> {
        self.left.lock().expect("no panic").clone()
    }
}

/// One connection, to its end.
async fn carry(near: TcpStream, port: u16, mood: watch::Receiver<Mood>, left: Left) -> std::io::Result<()> {
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), far.into_split());
    let (out, mut outgoing) = mpsc::unbounded_channel::<Vec<u8>>();
    let (back, mut incoming) = mpsc::unbounded_channel::<Vec<u8>>();
    let reading = async {
        let (mut bytes, mut begun) = (vec![0; 16_384], Vec::new());
        loop {
            let count = from_near.read(&mut bytes).await?;
            if count == 0 {
                return Ok(());
            }
            begun.extend_from_slice(&bytes[..count]);
            note(&mut begun, &left);
            out.send(bytes[..count].to_vec()).ok();
        }
    };
    let hearing = async {
        let mut bytes = vec![0; 16_384];
        loop {
            let count = from_far.read(&mut bytes).await?;
            if count == 0 {
                return Ok(());
            }
            back.send(bytes[..count].to_vec()).ok();
        }
    };
    let mut open = (mood.clone(), mood);
    let writing = async {
        while let Some(bytes) = outgoing.recv().await {
            open.0.wait_for(|mood| *mood != Mood::Hangs).await.ok();
            to_far.write_all(&bytes).await?;
        }
        Ok(())
    };
    let answering = async {
        while let Some(bytes) = incoming.recv().await {
            open.1.wait_for(|mood| *mood != Mood::Hangs).await.ok();
            to_near.write_all(&bytes).await?;
        }
        Ok(())
    };
    tokio::select! {
        done = reading => done,
        done = hearing => done,
        done = writing => done,
        done = answering => done,
    }
}

/// Cuts whole PDUs off, and notes each `submit_sm` (SMPP 3.4 §4.4.1) with its destination.
fn note(begun: &mut Vec<u8>, left: &Left) {
    let now = SystemClock.now().0;
    while let Some(length) = begun.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize) {
        if begun.len() < length {
            return;
        }
        let pdu: Vec<u8> = begun.drain(..length).collect();
        if pdu[4..8] != [0, 0, 0, 4] {
            continue;
        }
        // After an empty service type: two octets and the source, two octets and the destination.
        let source_ends = pdu.iter().skip(19).position(|octet| *octet == 0).expect("an end") + 19;
        let to = pdu[source_ends + 3..].split(|octet| *octet == 0).next().unwrap_or_default();
        left.lock().expect("no panic").push((String::from_utf8_lossy(to).into_owned(), now));
    }
}
