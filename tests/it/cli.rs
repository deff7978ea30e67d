//! The program as its operator uses it: the real binary, in a folder of its own, on the engine of this run.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Database, is_postgres};

/// The words that set up the workspace acme with its owner suzuki.
pub const INIT: [&str; 9] =
    ["init", "--public-url", "http://localhost:8080", "--workspace", "acme", "--name", "Acme", "--owner", "suzuki"];

/// A folder, and with PostgreSQL a database.
pub struct House {
    folder: tempfile::TempDir,
    database: Option<Database>,
}

impl House {
    /// Nothing is set up.
    pub async fn empty() -> Self {
        let database = if is_postgres() { Some(Database::new().await) } else { None };
        Self { folder: tempfile::tempdir().expect("a temporary folder"), database }
    }

    /// With the workspace acme and its owner suzuki; answers what `init` printed.
    pub async fn set_up() -> (Self, String) {
        let house = Self::empty().await;
        let said = house.run(&INIT);
        assert!(said.status.success(), "{said:?}");
        let text = out(&said);
        (house, text)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aikagi"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIKAGI_")) {
            command.env_remove(name);
        }
        if let Some(database) = &self.database {
            command.env("AIKAGI_DATABASE_URL", &database.url);
        }
        command.args(args).current_dir(self.folder.path());
        command
    }

    /// Where its database is.
    pub fn url(&self) -> String {
        let file = || format!("sqlite:{}", self.path("aikagi.db").display());
        self.database.as_ref().map_or_else(file, |database| database.url.clone())
    }

    /// The same house with a copy of its database, which nobody has open.
    pub async fn copy(&self) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for file in fs::read_dir(self.folder.path()).expect("a folder") {
            let file = file.expect("a file");
            fs::copy(file.path(), folder.path().join(file.file_name())).expect("a copy");
        }
        let database = match &self.database {
            Some(database) => Some(database.copy().await),
            None => None,
        };
        Self { folder, database }
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// The names of its files, in order.
    pub fn files(&self) -> Vec<String> {
        let name =
            |file: std::io::Result<fs::DirEntry>| file.expect("a file").file_name().to_string_lossy().into_owned();
        let mut names: Vec<_> = fs::read_dir(self.folder.path()).expect("a folder").map(name).collect();
        names.sort();
        names
    }

    /// What the program says of itself where it must succeed.
    pub fn ok(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert!(said.status.success(), "{args:?}: {}", err(&said));
        out(&said)
    }

    /// What it says where it must refuse with exit code 1.
    pub fn refused(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.status.code(), Some(1), "{args:?}: {} {}", out(&said), err(&said));
        err(&said)
    }

    pub fn members(&self) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.ok(&["member", "list", "acme", "--json"])).expect("JSON")
    }
}

pub fn out(said: &Output) -> String {
    String::from_utf8_lossy(&said.stdout).into_owned()
}

pub fn err(said: &Output) -> String {
    String::from_utf8_lossy(&said.stderr).into_owned()
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// A server that runs until it is told to stop.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    pub operations: SocketAddr,
}

impl Running {
    pub fn start(house: &House) -> Self {
        Self::start_at("127.0.0.1:0", house, &[])
    }

    /// At this address, with settings from the environment.
    pub fn start_at(listen: &str, house: &House, settings: &[(&str, &str)]) -> Self {
        let args = ["serve", "--listen", listen, "--listen-operations", "127.0.0.1:0"];
        let mut command = house.command(&args);
        command.env("AIKAGI_LOG", "trace").env("AIKAGI_LOG_FORMAT", "json").envs(settings.iter().copied());
        let log = fs::File::create(house.path("log")).expect("a file for the log");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says when it is ready");
        let address = line.trim().trim_end_matches(')').rsplit(' ').next().and_then(|text| text.parse().ok());
        let log = fs::read_to_string(house.path("log")).expect("a log");
        let address = address.unwrap_or_else(|| panic!("not ready: {line}{log}"));
        let operations = log
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .find(|line| line["message"] == "health and metrics")
            .and_then(|line| line["address"].as_str()?.parse().ok());
        Self { child, address, operations: operations.expect("the log names the address") }
    }

    pub fn signal(&self) {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    /// The exit code, within a while.
    pub fn end(&mut self) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().expect("our child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    stream
}

pub fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[tokio::test]
async fn init_sets_up_once_and_overwrites_nothing() {
    let (house, said) = House::set_up().await;
    assert!(
        said.contains("This host is permanent") && said.contains("http://localhost:8080/set-password/akl_"),
        "{said}"
    );
    assert_eq!(mode(&house.path("aikagi.toml")), 0o600);
    assert_eq!(mode(&house.path("master.key")), 0o600);
    if !is_postgres() {
        assert_eq!(mode(&house.path("aikagi.db")), 0o600);
    }
    let toml = fs::read_to_string(house.path("aikagi.toml")).expect("written");
    let key = fs::read_to_string(house.path("master.key")).expect("written");
    let refused = house.refused(&[
        "init",
        "--public-url",
        "http://localhost:1",
        "--workspace",
        "other",
        "--name",
        "O",
        "--owner",
        "o",
    ]);
    assert!(refused.contains("aikagi.toml is there already"), "{refused}");
    assert_eq!(fs::read_to_string(house.path("aikagi.toml")).expect("still there"), toml);
    assert_eq!(fs::read_to_string(house.path("master.key")).expect("still there"), key);
    assert_eq!(house.members().len(), 1);
}

#[tokio::test]
async fn init_that_fails_takes_back_what_it_wrote() {
    let house = House::empty().await;
    let long = "https://accounts.sign-in.example.co.jp";
    let refused =
        house.refused(&["init", "--public-url", long, "--workspace", "acme", "--name", "Acme", "--owner", "suzuki"]);
    assert!(refused.contains("25 are the most"), "{refused}");
    assert_eq!(house.files(), [""; 0]);
    // A database that does not answer.
    let said = house
        .command(&INIT)
        .env("AIKAGI_DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:1/none")
        .output()
        .expect("runs");
    assert_eq!(said.status.code(), Some(1));
    assert!(err(&said).contains("the database cannot be opened") && !err(&said).contains("hunter2"), "{}", err(&said));
    assert_eq!(house.files(), [""; 0]);
}

#[tokio::test]
async fn a_misspelt_key_is_refused_with_its_line_and_what_was_meant() {
    let (house, _) = House::set_up().await;
    let mut toml = fs::read_to_string(house.path("aikagi.toml")).expect("written");
    let line = toml.lines().count() + 1;
    toml.push_str("lisen = \"127.0.0.1:1\"\ncountries = [\"jp\"]\n");
    fs::write(house.path("aikagi.toml"), toml).expect("written");
    let refused = house.refused(&["serve"]);
    assert!(refused.contains(&format!("aikagi.toml:{line}: unknown key `lisen`; did you mean `listen`?")), "{refused}");
    assert!(refused.contains(&format!("aikagi.toml:{}: `countries`", line + 1)), "{refused}");
    let said = house.command(&["serve"]).env("AIKAGI_LIMITS__CODE_TRYS", "3").output().expect("runs");
    assert!(err(&said).contains("did you mean `AIKAGI_LIMITS__CODE_TRIES`?"), "{}", err(&said));
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_way_out() {
    let house = House::empty().await;
    let refused = house.refused(&["serve"]);
    assert!(refused.contains("there is no aikagi.toml here") && refused.contains("aikagi init"), "{refused}");
    let (house, _) = House::set_up().await;
    fs::set_permissions(house.path("master.key"), fs::Permissions::from_mode(0o644)).expect("changed");
    let refused = house.refused(&["serve"]);
    assert!(refused.contains("can be read by others (mode 0644); run: chmod 600"), "{refused}");
    fs::remove_file(house.path("master.key")).expect("gone");
    let refused = house.refused(&["member", "list", "acme"]);
    assert!(refused.contains("there is no key file") && refused.contains("backup"), "{refused}");
    if !is_postgres() {
        fs::remove_file(house.path("aikagi.db")).expect("gone");
        let refused = house.refused(&["member", "list", "acme"]);
        assert!(refused.contains("there is no database at"), "{refused}");
        assert!(!house.path("aikagi.db").exists());
    }
    assert_eq!(house.run(&["member", "add", "acme"]).status.code(), Some(2));
    assert_eq!(house.run(&["workspace", "create", "admin", "--name", "x"]).status.code(), Some(2));
}

#[tokio::test]
async fn an_import_changes_nothing_while_a_row_is_wrong() {
    let (house, _) = House::set_up().await;
    let good = "name,login,mobile,role\n田中 花子,tanaka,090-1234-5678,\n伊藤 翔,ito,,help_desk\n";
    fs::write(house.path("good.csv"), good).expect("written");
    fs::write(house.path("bad.csv"), "login,name,mobile\nabe,阿部,\nmori,森,03-1234-5678\nsuzuki,鈴木,\nkato,,\n")
        .expect("written");

    let said = house.ok(&["member", "import", "acme", "good.csv", "--dry-run"]);
    assert!(said.contains("2 rows can be imported. Nothing was changed."), "{said}");
    assert_eq!(house.members().len(), 1);

    let refused = house.refused(&["member", "import", "acme", "bad.csv"]);
    for part in [
        "nothing was changed",
        "bad.csv:3: mobile `03-1234-5678`: this is a fixed line",
        "bad.csv:4: the login name `suzuki` is taken",
        "bad.csv:5: name ``: it is empty",
    ] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    assert_eq!(house.members().len(), 1);

    let said = house.ok(&["member", "import", "acme", "good.csv", "--links", "links.csv"]);
    assert!(said.contains("2 members were added"), "{said}");
    assert_eq!(mode(&house.path("links.csv")), 0o600);
    let links = fs::read_to_string(house.path("links.csv")).expect("written");
    assert_eq!(links.matches("http://localhost:8080/set-password/akl_").count(), 2, "{links}");
    assert_eq!(house.members().len(), 3);
    fs::write(house.path("more.csv"), format!("{good}安部,abe,,\n")).expect("written");
    let refused = house.refused(&["member", "import", "acme", "more.csv"]);
    assert!(refused.contains("more.csv:2: the login name `tanaka` is taken"), "{refused}");
    assert_eq!(house.members().len(), 3);
}

#[tokio::test]
async fn a_member_is_shown_without_their_number() {
    let (house, _) = House::set_up().await;
    let said = house.ok(&[
        "member",
        "add",
        "acme",
        "tanaka",
        "--name",
        "田中 花子",
        "--mobile",
        "０９０ー１２３４ー５６７８",
        "--email",
        "hanako@example.jp",
    ]);
    assert!(said.contains("/set-password/akl_"), "{said}");
    let said = house.ok(&["member", "show", "acme", "tanaka"]);
    assert!(said.contains("090-••••-5678") && said.contains("unverified"), "{said}");
    assert!(!said.contains("1234") && !said.contains("hanako@"), "{said}");
    let shown: serde_json::Value =
        serde_json::from_str(&house.ok(&["member", "show", "acme", "tanaka", "--json"])).expect("JSON");
    assert_eq!(shown["state"], "invited");
    let contacts = shown["contacts"].as_array().expect("a list");
    assert!(contacts.iter().any(|one| one["kind"] == "sms" && one["masked"] == "090-••••-5678"), "{shown}");
    assert!(house.refused(&["member", "suspend", "acme", "tanaka"]).contains("is invited: nothing was changed"));
    assert!(house.refused(&["member", "release", "acme", "tanaka"]).contains("nothing to release"));
    house.ok(&["member", "hold", "acme", "tanaka"]);
    assert!(house.ok(&["member", "list", "acme"]).contains("invited, held"));
    house.ok(&["member", "release", "acme", "tanaka"]);
    let first = house.ok(&["member", "invite", "acme", "tanaka"]);
    assert_ne!(first, house.ok(&["member", "invite", "acme", "tanaka"]));
    let refused = house.refused(&["member", "add", "acme", "tanaka", "--name", "別人"]);
    assert!(refused.contains("is taken"), "{refused}");
    assert!(house.refused(&["member", "show", "acme", "nobody"]).contains("nobody in acme"));
}

#[tokio::test]
async fn a_new_password_is_demanded_by_the_operator_who_sees_none() {
    let (house, _) = House::set_up().await;
    house.ok(&["member", "add", "acme", "tanaka", "--name", "田中", "--email", "hanako@example.jp"]);
    let force = ["member", "force-change", "acme", "tanaka"];
    assert!(house.refused(&force).contains("is not active"));
    crate::raw::run(&house.url(), "update members set state = 'active' where login = 'tanaka'").await;
    assert!(house.refused(&force).contains("no contact that counts"));
    let said = house.ok(&["member", "request-change", "acme", "tanaka"]);
    assert!(said.contains("at the next sign-in"), "{said}");
    assert!(
        house.refused(&["member", "request-change", "acme", "tanaka"]).contains("asked for a new password already")
    );
    let proved = "update contacts set state = 'verified', verified_at = 1, confirmed_at = 1, recovers_from = 1";
    crate::raw::run(&house.url(), proved).await;
    for hours in ["0", "25", "x"] {
        assert_eq!(house.run(&["member", "force-change", "acme", "tanaka", "--hours", hours]).status.code(), Some(2));
    }
    let said = house.ok(&["member", "force-change", "acme", "tanaka", "--hours", "24"]);
    assert!(said.contains("@example.jp") && !said.contains("hanako@"), "{said}");
    assert!(said.split_whitespace().all(|word| word.matches('-').count() < 5), "no secret is shown: {said}");
    let shown: serde_json::Value =
        serde_json::from_str(&house.ok(&["member", "show", "acme", "tanaka", "--json"])).expect("JSON");
    assert_eq!(shown["demand"], "forced");
    assert!(house.ok(&["member", "show", "acme", "tanaka"]).contains("forced, since"));
}

#[tokio::test]
async fn a_sweep_is_shown_and_ended() {
    let (house, _) = House::set_up().await;
    assert!(house.ok(&["alert", "list"]).starts_with("at"), "a head and no row");
    assert!(house.ok(&["alert", "end"]).contains("no sweep"));
    let soon = "4102444800000000"; // 2100-01-01
    let url = house.url();
    let sql = |scope: &str| {
        format!(
            "insert into alerts (event, scope, window_at, workspace_id, ends_at, told_at, created_at)
            select 'sweep', {scope}, 1, id, {soon}, 1, 1 from workspaces"
        )
    };
    crate::raw::run(&url, &sql("id")).await;
    crate::raw::run(&url, &sql("''")).await;
    let listed = house.ok(&["alert", "list"]);
    assert!(listed.contains("2100-01-01 00:00:00 UTC") && listed.contains("acme"), "{listed}");
    assert!(house.ok(&["alert", "end", "acme"]).contains("has ended"));
    assert!(house.refused(&["alert", "end", "nobody"]).contains("there is no workspace"));
    let listed: serde_json::Value = serde_json::from_str(&house.ok(&["alert", "list", "--json"])).expect("JSON");
    let closing = listed.as_array().expect("a list").iter().filter(|alert| !alert["closes_until"].is_null());
    assert_eq!(closing.count(), 1, "the server's own goes on: {listed}");
    assert!(house.ok(&["alert", "end"]).contains("has ended"));
}

#[tokio::test]
async fn a_policy_changes_within_bounds_and_says_where_it_leaves_the_standards() {
    let (house, _) = House::set_up().await;
    let said = house.run(&[
        "workspace",
        "policy",
        "acme",
        "--set",
        "password.min_length=12",
        "--set",
        "contacts.required_after_days=14",
    ]);
    assert!(said.status.success() && err(&said).contains("warning: passwords under 15"), "{}", err(&said));
    let refused = house.refused(&[
        "workspace",
        "policy",
        "acme",
        "--set",
        "password.min_length=20",
        "--set",
        "password.expiry_days=30",
    ]);
    assert!(refused.contains("nothing was changed") && refused.contains("90, 180, 365 or none"), "{refused}");
    let refused = house.refused(&["workspace", "policy", "acme", "--set", "password.minlength=20"]);
    assert!(refused.contains("did you mean `password.min_length`?"), "{refused}");
    let policy: serde_json::Value =
        serde_json::from_str(&house.ok(&["workspace", "policy", "acme", "--json"])).expect("JSON");
    assert_eq!(policy["password"]["min_length"], 12);
    let said = house.run(&["workspace", "policy", "acme", "--preset", "nist"]);
    assert!(out(&said).contains("password.min_length           15") && !err(&said).contains("warning"), "{said:?}");

    house.ok(&["workspace", "create", "bravo", "--name", "ブラボー"]);
    assert!(house.refused(&["workspace", "create", "bravo", "--name", "x"]).contains("is taken"));
    assert!(house.ok(&["workspace", "list"]).contains("bravo  ブラボー"));
    house.ok(&["workspace", "contact-text", "acme", "--ja", "総務部", "--en", "Office"]);
    let said = house.ok(&["workspace", "contact-text", "acme", "--en", ""]);
    assert!(said.contains("総務部") && said.contains("(none)"), "{said}");
}

#[tokio::test]
async fn a_workspace_gets_its_own_order_of_carriers_sender_and_budget() {
    let (house, _) = House::set_up().await;
    let file = house.path("aikagi.toml");
    let carriers = "\n[[carriers]]\nname = \"trial\"\nkind = \"file\"\npath = \"messages.jsonl\"\n";
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(&file, text + carriers).expect("writable");
    assert!(house.ok(&["workspace", "messages", "acme"]).contains("as the server"));
    let set = ["workspace", "messages", "acme", "--sms", "trial", "--sms-sender", "ACME", "--sms-budget", "5000"];
    let said = house.ok(&set);
    assert!(said.contains("trial") && said.contains("ACME") && said.contains("5000"), "{said}");
    assert!(house.refused(&["workspace", "messages", "acme", "--email", "gone"]).contains("no carrier `gone`"));
    for bad in ["AC", "ACME-CORP", "あいう", "123456789012345678"] {
        let said = house.run(&["workspace", "messages", "acme", "--sms-sender", bad]);
        assert_eq!(said.status.code(), Some(2), "{said:?}");
    }
    let kept: serde_json::Value =
        serde_json::from_str(&house.ok(&["workspace", "messages", "acme", "--json"])).expect("JSON");
    assert_eq!((&kept["sms"][0], &kept["sms_budget"]), (&"trial".into(), &5_000.into()));
    assert_eq!(crate::raw::count(&crate::raw::dump(&house.url()).await, "audit", "action", "sending_changed"), 1);
    assert!(!house.ok(&["workspace", "messages", "acme", "--clear"]).contains("trial"));
}

#[tokio::test]
async fn a_running_server_answers_its_operator_and_drains() {
    let (house, init) = House::set_up().await;
    let mut server = Running::start(&house);
    assert!(get(server.operations, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(server.operations, "/readyz").ends_with("ready\n"));
    let metrics = get(server.operations, "/metrics");
    for line in [
        "aikagi_sign_ins_total{result=\"wrong_password\"} 0",
        "aikagi_recoveries_total{step=\"started\"} 0",
        "aikagi_messages_total{state=\"handed\"} 0",
        "aikagi_hashing_waiting 0",
        "aikagi_outbox_waiting 0",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(get(server.address, "/w/acme/sign-in").starts_with("HTTP/1.1 200"));
    let nowhere = get(server.address, "/nowhere");
    assert!(nowhere.starts_with("HTTP/1.1 404") && nowhere.contains("<html"), "{nowhere}");
    assert!(get(server.address, "/api/nowhere").contains("application/problem+json"));
    // The command line works beside it.
    house.ok(&["member", "add", "acme", "tanaka", "--name", "田中"]);
    // A request that is under way when the signal comes is answered.
    let mut late = connect(server.address);
    let token = init.split("/set-password/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a token");
    write!(late, "GET /set-password/{token} HTTP/1.1\r\nhost: localhost\r\n").expect("sent");
    std::thread::sleep(Duration::from_millis(200));
    server.signal();
    std::thread::sleep(Duration::from_millis(300));
    write!(late, "\r\n").expect("still open");
    let mut answer = String::new();
    late.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.end(), Some(0));
    assert!(TcpStream::connect(server.address).is_err());

    let log = fs::read_to_string(house.path("log")).expect("a log");
    assert!(log.contains("stopped"), "{log}");
    let key = fs::read_to_string(house.path("master.key")).expect("the key");
    let key = key.trim().rsplit(':').next().expect("its secret part").to_owned();
    for secret in [token, key.as_str()] {
        assert!(!secret.is_empty() && !log.contains(secret), "a secret is in the log");
    }
}

/// The demo in `demo-data`; answers its address once it is ready.
fn start_demo(house: &House, args: &[&str]) -> (Running, String) {
    let mut command = house.command(&["demo", "--listen", "127.0.0.1:0"]);
    let mut child = command.args(args).stdout(Stdio::piped()).spawn().expect("the program starts");
    let stdout = child.stdout.take().expect("it is piped");
    let mut said = String::new();
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
        if line.contains("Ctrl-C ends it") {
            break;
        }
    }
    let port = said.split("http://localhost:").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
    let address = SocketAddr::from(([127, 0, 0, 1], port.unwrap_or_else(|| panic!("no address: {said}"))));
    (Running { child, address, operations: address }, said)
}

#[tokio::test]
async fn the_demo_keeps_what_was_done_until_it_is_begun_anew() {
    let house = House::empty().await;
    let (mut demo, said) = start_demo(&house, &[]);
    assert!(said.contains("tanaka@sakura  cactus trumpet lemon"), "{said}");
    assert!(get(demo.address, "/w/sakura/sign-in").starts_with("HTTP/1.1 200"));
    assert!(get(demo.address, "/demo").contains("cactus trumpet lemon"));
    demo.signal();
    assert_eq!(demo.end(), Some(0));

    let key = fs::read(house.path("demo-data/demo.key")).expect("the key");
    let (mut demo, _) = start_demo(&house, &[]);
    demo.signal();
    assert_eq!(demo.end(), Some(0));
    assert_eq!(fs::read(house.path("demo-data/demo.key")).expect("the key"), key);

    let (mut demo, _) = start_demo(&house, &["--fresh"]);
    demo.signal();
    assert_eq!(demo.end(), Some(0));
    assert_ne!(fs::read(house.path("demo-data/demo.key")).expect("the key"), key);

    fs::write(house.path("demo-data/thesis.txt"), "years of work").expect("written");
    let refused = house.refused(&["demo", "--fresh"]);
    assert!(refused.contains("holds thesis.txt, which is not the demo's"), "{refused}");
    assert!(house.path("demo-data/demo.db").exists());
}
