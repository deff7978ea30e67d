//! An SMSC (tests/peers/smsc/smsc.js) that says when each message came, and a client of SMPP that does nothing but send, to hold the server against.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use aikagi::clock::{Clock as _, SystemClock};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PASSWORD: &str = "hunter2";
/// Messages that may be unanswered.
pub const WINDOW: usize = 50;

/// A message as it came: to which number, and when, in milliseconds since 1970.
#[derive(Debug, Clone)]
pub struct Came {
    pub to: String,
    pub at: f64,
}

/// The SMSC while it runs.
pub struct Smsc {
    child: Child,
    port: u16,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Smsc {
    /// `receipts`: it tells of each message that it arrived; `delay`: how long it thinks about each.
    pub fn start(receipts: bool, delay: Duration) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("a root")?;
        let options = json!({
            "password": PASSWORD, "quiet": true, "times": true, "receipts": receipts, "delay": delay.as_millis().try_into().unwrap_or(0_u64),
        });
        let mut child = Command::new("node")
            .arg(root.join("tests/peers/smsc/smsc.js"))
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Node cannot be started: cargo xtask tools")?;
        let mut lines = BufReader::new(child.stdout.take().context("piped")?).lines();
        let first = lines.next().context("the SMSC says nothing: cargo xtask tools")??;
        let first: Value = serde_json::from_str(&first)?;
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).context("a port")?;
        let came = Arc::<Mutex<Vec<Came>>>::default();
        let kept = came.clone();
        thread::spawn(move || {
            for line in lines.map_while(std::io::Result::ok) {
                let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
                if let (Some(at), Some(to)) = (said["at"].as_f64(), said["to"].as_str()) {
                    lock(&kept).push(Came { to: to.to_owned(), at });
                }
            }
        });
        Ok(Self { child, port, came })
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Came> {
        lock(&self.came).clone()
    }

    /// How many messages came so far.
    pub fn count(&self) -> usize {
        lock(&self.came).len()
    }

    /// The carrier as a configuration has it.
    pub fn carrier(&self) -> String {
        carrier(self.port)
    }

    /// Sends so many messages as quickly as the window lets, and does nothing else. Answers how many left in a second.
    pub async fn bare(&self, messages: u32) -> Result<f64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        // System id, password, system type; version, two octets and the range of addresses (SMPP 3.4 §4.1.5).
        let bind = [b"bare\0".as_slice(), PASSWORD.as_bytes(), b"\0\0\x34\0\0\0"].concat();
        stream.write_all(&pdu(9, 1, &bind)).await?;
        let (mut incoming, mut outgoing) = stream.into_split();
        let mut head = [0; 16];
        let mut body = Vec::new();
        // §4.4.1: as ours, with a text of the same length.
        let text = "合鍵：認証番号 12345678（控え AA）10分有効。誰にも教えないでください\n@localhost #12345678";
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let length = u8::try_from(text.len())?;
        let submit =
            [b"\0\x05\0Acme\0\x01\x01819012345678\0\0\0\0\0\0\x01\0\x08\0".as_slice(), &[length], &text].concat();
        let window = u32::try_from(WINDOW)?;
        let (mut sent, mut answered, mut is_bound, begun) = (0, 0, false, Instant::now());
        while answered < messages {
            while is_bound && sent < messages && sent - answered < window {
                sent += 1;
                outgoing.write_all(&pdu(4, sent + 1, &submit)).await?;
            }
            incoming.read_exact(&mut head).await?;
            let word = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            body.resize((word(0) as usize).saturating_sub(16), 0);
            incoming.read_exact(&mut body).await?;
            ensure!(word(8) == 0, "refused with {:#x}", word(8));
            is_bound |= word(4) == 0x8000_0009;
            answered += u32::from(word(4) == 0x8000_0004);
        }
        Ok(f64::from(messages) / begun.elapsed().as_secs_f64())
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        // It may be gone already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn lock(came: &Mutex<Vec<Came>>) -> MutexGuard<'_, Vec<Came>> {
    came.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A carrier whose SMSC is at this port of this machine, or not.
pub fn carrier(port: u16) -> String {
    format!(
        "[[carriers]]\nname = \"smsc\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = false\nsystem_id = \"aikagi\"\n\
         password_file = \"smpp.password\"\nsource = \"Acme\"\nwindow = {WINDOW}\n"
    )
}

/// The password's file, as the configuration names it.
pub const SECRET: (&str, &str) = ("smpp.password", PASSWORD);

fn pdu(id: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or(0) + 16;
    let mut pdu: Vec<u8> = [length, id, 0, sequence].iter().flat_map(|word| word.to_be_bytes()).collect();
    pdu.extend_from_slice(body);
    pdu
}

/// Milliseconds since 1970, as the SMSC counts them.
pub fn now() -> f64 {
    Duration::from_micros(SystemClock.now().0.unsigned_abs()).as_secs_f64() * 1e3
}
