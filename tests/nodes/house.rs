//! A workplace whose sign-in runs on several nodes: one folder with the key file, one database, real `aikagi serve` processes, and
//! members who have been there for a month.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aikagi::config::Config;
use aikagi::flows::contacts::Address;
use aikagi::flows::members::{self, Add, NewMember};
use aikagi::flows::{import, workspaces};
use aikagi::model::{EmailAddress, Locale, LoginName, Phone, Role, Secret, days};
use serde_json::Value;

use crate::cluster::Tables;

/// Everybody's first password.
pub const PASSWORD: &str = "ふじさんの朝焼けを見た夏の日の朝";

/// The workplace's folder and settings.
pub struct House {
    pub folder: tempfile::TempDir,
    pub database_url: String,
    settings: BTreeMap<String, String>,
}

impl House {
    /// Set up on this database, with the workspace acme. Limits are wide: what they hold back is told elsewhere.
    pub fn set_up(database_url: &str) -> Self {
        let mut settings = BTreeMap::new();
        for name in [
            "SENDS_PER_15_MINUTES",
            "SENDS_PER_HOUR",
            "SENDS_PER_DAY",
            "NETWORK_UNPROVED_PER_HOUR",
            "NETWORK_UNPROVED_PER_DAY",
            "LIVE_ATTEMPTS",
            "SIGN_IN_FAILURES_UNKNOWN_DEVICE",
            "SIGN_IN_FAILURES_KNOWN_DEVICE",
        ] {
            settings.insert(format!("AIKAGI_LIMITS__{name}"), "1000000".to_owned());
        }
        settings.insert("AIKAGI_LIMITS__SIGN_IN_FREE_TRIES".to_owned(), "100".to_owned());
        settings.insert("AIKAGI_HASHING__MEMORY_KIB".to_owned(), "7168".to_owned());
        settings.insert("AIKAGI_HASHING__PASSES".to_owned(), "5".to_owned());
        settings.insert("AIKAGI_TRUSTED_PROXIES".to_owned(), "127.0.0.1/32".to_owned());
        settings.insert("AIKAGI_LOG".to_owned(), "info,aikagi::web=warn,sqlx=warn".to_owned());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut house = Self { folder, database_url: database_url.to_owned(), settings };
        let messages = house.path("messages.jsonl").display().to_string();
        house.set("MESSAGE_FILE", &messages);
        house.ok(&[
            "init",
            "--public-url",
            "http://localhost:8080",
            "--workspace",
            "acme",
            "--name",
            "Acme",
            "--owner",
            "suzuki",
        ]);
        house
    }

    /// One more setting for all that is started from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.insert(format!("AIKAGI_{key}"), value.to_owned());
    }

    /// One more piece of the configuration file, for all that is started from now on.
    pub fn configure(&self, piece: &str) {
        let file = self.path("aikagi.toml");
        let before = fs::read_to_string(&file).expect("a configuration");
        fs::write(&file, format!("{before}\n{piece}")).expect("written");
    }

    /// A file with a secret, which nobody else can read.
    pub fn secret(&self, name: &str, secret: &str) {
        fs::write(self.path(name), secret).expect("written");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).expect("set");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn dress(&self, command: &mut Command) {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIKAGI_")) {
            command.env_remove(name);
        }
        command.envs(&self.settings).env("AIKAGI_DATABASE_URL", &self.database_url).current_dir(self.folder.path());
    }

    /// What a command of the operator says, where it must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aikagi"));
        self.dress(&mut command);
        let said = command.args(args).output().expect("the program starts");
        assert!(said.status.success(), "{args:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8_lossy(&said.stdout).into_owned()
    }

    /// A node that takes requests.
    pub fn running(&self, name: &'static str) -> Node {
        let mut node = Node::new(name);
        node.start(self);
        node
    }

    /// Members m0, m1, … who have been here for a month, each with a mobile number and an address of their own.
    pub async fn people(&self, count: usize) {
        let mut config = Config {
            public_url: "http://localhost:8080".to_owned(),
            database_url: self.database_url.clone(),
            master_key_file: self.path("master.key"),
            ..Config::default()
        };
        config.hashing.memory_kib = 7_168;
        config.hashing.passes = 5;
        let app = aikagi::server::build(config).await.expect("the parts fit");
        let workspace = workspaces::by_slug(&app, "acme").await.expect("the database works").expect("it is there");
        for n in 0..count {
            let new = NewMember {
                login: LoginName::parse(&format!("m{n}")).expect("a login name"),
                name: format!("田中 {n}"),
                kana: "たなか".to_owned(),
                department: String::new(),
                role: Role::Member,
                locale: Locale::Ja,
                contacts: Vec::new(),
            };
            let Add::Done { member, .. } = members::add(&app, &workspace, &new).await.expect("the database works")
            else {
                panic!("m{n} is taken");
            };
            let contacts = [
                Address::Mobile(Phone::parse(&mobile(n), &["JP"]).expect("a number")),
                Address::Email(EmailAddress::parse(&email(n)).expect("an address")),
            ];
            let since = app.now() - days(30);
            let password = Secret::from(PASSWORD);
            members::settle(&app, &workspace, &member, Some(&password), &contacts, since)
                .await
                .expect("the database works");
        }
        app.db.close().await;
    }

    /// Members p0, p1, … with a mobile number each and no password, who may get back in by it: many of them in little time.
    pub async fn numbers(&self, count: usize, database: &impl Tables) {
        let config = Config {
            public_url: "http://localhost:8080".to_owned(),
            database_url: self.database_url.clone(),
            master_key_file: self.path("master.key"),
            ..Config::default()
        };
        let app = aikagi::server::build(config).await.expect("the parts fit");
        let workspace = workspaces::by_slug(&app, "acme").await.expect("the database works").expect("it is there");
        let person = |n| NewMember {
            login: LoginName::parse(&format!("p{n}")).expect("a login name"),
            name: format!("鈴木 {n}"),
            kana: "すずき".to_owned(),
            department: String::new(),
            role: Role::Member,
            locale: Locale::Ja,
            contacts: Vec::new(),
        };
        let all: Vec<_> = (0..count).map(person).collect();
        import::all(&app, &workspace, &all).await.expect("the database works").expect("new names");
        let since = app.now() - days(30);
        for n in 0..count {
            let login = LoginName::parse(&format!("p{n}")).expect("a login name");
            let member = members::by_login(&app, &workspace, &login).await.expect("the database works");
            let contact = [Address::Mobile(Phone::parse(&number(n), &["JP"]).expect("a number"))];
            let member = member.expect("they were added");
            members::settle(&app, &workspace, &member, None, &contact, since).await.expect("the database works");
        }
        app.db.close().await;
        database.sql("update members set state = 'active' where login like 'p%'").await;
    }

    /// Every message that came out into the file, oldest first.
    pub fn messages(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("messages.jsonl")).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("a torn line: {line}"))).collect()
    }
}

/// Member n's mobile number as typed.
pub fn mobile(n: usize) -> String {
    format!("090-1234-{n:04}")
}

/// The number of p`n`, as typed; from the last of them on, nobody's.
pub fn number(n: usize) -> String {
    format!("070-{:04}-{:04}", 2_000 + n / 10_000, n % 10_000)
}

/// Member n's address.
pub fn email(n: usize) -> String {
    format!("m{n}@example.jp")
}

/// The eight digits in a message.
pub fn digits(text: &str) -> Option<String> {
    let groups = text.split(|c: char| !c.is_ascii_digit() && c != ' ');
    groups.map(|group| group.replace(' ', "")).find(|group| group.len() == 8)
}

/// One `aikagi serve`. It ends with the test, however that ends.
pub struct Node {
    pub name: &'static str,
    /// Its own address of this machine.
    pub ip: &'static str,
    pub port: u16,
    pub operations: u16,
    child: Option<Child>,
    /// What stands before the program on the command line.
    pub before: Vec<String>,
}

impl Node {
    /// Two free ports for a node that is not started yet.
    pub fn new(name: &'static str) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        Self { name, ip: "127.0.0.1", port: free(), operations: free(), child: None, before: Vec::new() }
    }

    /// The same ports at another address, as on another machine.
    pub fn beside(name: &'static str, other: &Self) -> Self {
        Self { name, ip: "127.0.0.2", child: None, before: Vec::new(), ..*other }
    }

    /// Starts it and waits until people can connect.
    pub fn start(&mut self, house: &House) {
        self.begin(house).unwrap_or_else(|log| panic!("{} does not start: {log}", self.name));
    }

    /// The same where it may fail; answers the log then.
    pub fn begin(&mut self, house: &House) -> Result<(), String> {
        let log = house.path(&format!("{}.log", self.name));
        let file = fs::OpenOptions::new().create(true).append(true).open(&log).expect("a file for the log");
        // The system ends it when this test's own thread is gone.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).args(&self.before).arg(env!("CARGO_BIN_EXE_aikagi"));
        house.dress(&mut command);
        command.args(["serve", "--listen", &format!("{}:{}", self.ip, self.port)]);
        command.args(["--listen-operations", &format!("{}:{}", self.ip, self.operations)]);
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("a line");
        self.child = Some(child);
        if line.contains("aikagi is ready") { Ok(()) } else { Err(fs::read_to_string(&log).unwrap_or_default()) }
    }

    pub fn url(&self) -> String {
        format!("http://{}:{}", self.ip, self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// `kill -SIGNAL`.
    pub fn signal(&self, signal: &str) {
        send_signal(self.pid(), signal);
    }

    /// Waits for its end, and answers whether it ended well.
    pub fn wait(&mut self) -> bool {
        self.child.take().expect("it runs").wait().expect("it ends").success()
    }

    /// As a power cut would.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.wait();
    }

    /// What `/readyz` says: `ready`, or the word for why not. Empty while nobody answers.
    pub async fn ready(&self) -> String {
        let asked = reqwest::get(format!("http://{}:{}/readyz", self.ip, self.operations)).await;
        match asked {
            Ok(answer) => {
                let well = answer.status().as_u16() == 200;
                let word = answer.text().await.unwrap_or_default().trim().to_owned();
                assert_eq!(well, word == "ready", "{word}");
                word
            }
            Err(_) => String::new(),
        }
    }

    /// How many tries to sign in it has counted since its start.
    pub async fn sign_ins(&self) -> u64 {
        let page = reqwest::get(format!("http://{}:{}/metrics", self.ip, self.operations)).await.expect("metrics");
        let page = page.text().await.expect("a text");
        let lines = page.lines().filter(|line| line.starts_with("aikagi_sign_ins_total"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Waits until `/readyz` says this word.
    pub async fn becomes(&self, word: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        let mut said = self.ready().await;
        while said != word {
            assert!(Instant::now() < end, "{} says `{said}`, not `{word}`", self.name);
            tokio::time::sleep(Duration::from_millis(50)).await;
            said = self.ready().await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// `kill -SIGNAL PID`.
pub fn send_signal(pid: u32, signal: &str) {
    let done = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().expect("kill runs");
    assert!(done.success(), "no process {pid}");
}
