//! The mail server is away for a while under load: messages wait in the database and leave when it is back, each once.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::cluster::{Tables as _, cluster};
use crate::house::House;
use crate::load::{Dice, Load, Post, judge};

/// A real mail server (aiosmtpd) whose post is kept, also over its own end.
struct MailServer {
    child: Child,
    port: u16,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl MailServer {
    fn start(port: u16, taken: Arc<Mutex<Vec<Value>>>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tools = std::env::var_os("AIKAGI_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(tools.join("venv/bin/python"))
            .arg(root.join("tests/peers/smtp_server.py"))
            .args(["--port", &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("a line");
        let first: Value = serde_json::from_str(&first).expect("JSON");
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let kept = taken.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The last line of a server that was killed may be half of one.
                if let Ok(mail) = serde_json::from_str(&line) {
                    kept.lock().expect("no panic").push(mail);
                }
            }
        });
        Self { child, port, taken }
    }

    fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_wait_for_the_mail_server_and_leave_once() {
    let dice = Dice::of_this_run();
    let postgres = cluster();
    let mut house = House::set_up(&postgres.url());
    house.people(6).await;
    // Numbers have no carrier in this house.
    postgres.sql("delete from contacts where kind = 'sms'").await;
    let mut server = MailServer::start(0, Arc::default());
    house.set("MESSAGE_FILE", "");
    house.set("MAIL__FROM", "Acme <no-reply@example.jp>");
    house.set("MAIL__HOST", "127.0.0.1");
    house.set("MAIL__PORT", &server.port.to_string());
    house.set("MAIL__SECURITY", "none");
    let (a, b) = (house.running("a"), house.running("b"));
    let load = Load::begin(6, &dice, &[&a, &b], &Post::Mail(server.taken.clone()));
    const ROUNDS: usize = 3;
    for _ in 0..ROUNDS {
        tokio::time::sleep(Duration::from_secs(2)).await;
        server.kill();
        // People go on asking: their messages have nowhere to go.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        server = MailServer::start(server.port, server.taken.clone());
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let people = load.end().await;
    assert!(people.iter().all(|person| person.lost == 0), "a request waited for the mail server");
    let tried = postgres.rows("select id from outbox where kind = 'email' and tries > 1").await;
    assert!(!tried.is_empty(), "no message met the kill");
    let waiting = postgres.rows("select id from outbox where kind = 'email' and state = 'waiting' and tries > 0").await;
    println!("{} messages were tried again, {} wait", tried.len(), waiting.len());
    judge(&postgres, people).await;

    // Twice only what was in the server's hands when it was killed: eight side by side, of two nodes.
    let mut copies = BTreeMap::<String, usize>::new();
    for mail in server.taken.lock().expect("no panic").iter() {
        *copies.entry(mail["headers"]["message-id"].to_string()).or_default() += 1;
    }
    let twice = copies.values().filter(|copies| **copies > 1).count();
    assert!(twice <= ROUNDS * 16, "{twice} of {} messages came twice", copies.len());
}
