//! A server with TLS of its own and a member, and devices with the program.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aikagi::app::{App, Parts};
use aikagi::clock::SystemClock;
use aikagi::config::{Config, Tls};
use aikagi::flows::members::{self, Add, NewMember};
use aikagi::flows::{keys, workspaces};
use aikagi::model::{AgentCode, CarrierGuide, Locale, LoginName, Role, Slug};
use aikagi::server;
use aikagi::store::Db;
use aikagi::vault::{Keyring, MasterKeys, OsDice};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio_util::sync::CancellationToken;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until it is so.
pub async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub struct House {
    folder: tempfile::TempDir,
    keys: MasterKeys,
    config: Config,
    workspace: String,
    member: String,
    running: Option<(CancellationToken, tokio::task::JoinHandle<()>)>,
}

/// A command's row.
pub struct Row {
    pub state: String,
    pub cause: String,
    pub receipt: String,
}

impl House {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let key = rcgen::KeyPair::generate().expect("a key");
        let wanted = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = wanted.self_signed(&key).expect("a certificate");
        fs::write(path("chain.pem"), certificate.pem()).expect("written");
        fs::write(path("key.pem"), key.serialize_pem()).expect("written");
        fs::set_permissions(path("key.pem"), fs::Permissions::from_mode(0o600)).expect("set");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let tls = Tls {
            certificate_file: Some(path("chain.pem")),
            key_file: Some(path("key.pem")),
            acme_directory: None,
            acme_contact: None,
            acme_folder: path("acme"),
            acme_ca_file: None,
            redirect_listen: None,
        };
        let config = Config {
            public_url: format!("https://localhost:{}", free.port()),
            listen: free,
            database_url: format!("sqlite:{}", path("aikagi.db").display()),
            master_key_file: path("master.key"),
            tls: Some(tls),
            ..Config::default()
        };
        let keys = MasterKeys::generate(&OsDice);
        let (workspace, member) = (String::new(), String::new());
        let mut house = Self { folder, keys, config, workspace, member, running: None };
        let app = house.app().await;
        let slug = Slug::parse("sakura").expect("a slug");
        let made =
            workspaces::create(&app, &slug, "さくら商事", Locale::Ja).await.expect("it works").expect("a new slug");
        let new = NewMember {
            login: LoginName::parse("tanaka").expect("a login name"),
            name: "田中".to_owned(),
            kana: String::new(),
            department: String::new(),
            role: Role::Member,
            locale: Locale::Ja,
            contacts: Vec::new(),
        };
        let Add::Done { member, .. } = members::add(&app, &made, &new).await.expect("it works") else {
            panic!("the name is taken")
        };
        (house.workspace, house.member) = (made.id.0, member.id.0);
        house.sql("update members set state = 'active'").await;
        house.serves(app).await;
        house
    }

    async fn app(&self) -> Arc<App> {
        let db = Db::open(&self.config.database_url).await.expect("the database opens");
        let keyring = Arc::new(Keyring::new(&self.keys));
        let guide = CarrierGuide::built_in().clone();
        let config = self.config.clone();
        let (clock, dice) = (Arc::new(SystemClock), Arc::new(OsDice));
        let app = Arc::new(App::build(Parts { config, db, clock, dice, keyring, guide }).expect("the parts fit"));
        keys::begin(&app).await.expect("the keys belong to the database");
        app
    }

    async fn serves(&mut self, app: Arc<App>) {
        let router = server::router(&app).expect("a router");
        let stop = CancellationToken::new();
        let (tell, ready) = tokio::sync::oneshot::channel();
        let until = stop.clone();
        let task = tokio::spawn(async move {
            let told = |_| tell.send(()).expect("somebody waits");
            server::serve(app, router, Vec::new(), until, told).await.expect("it serves");
        });
        ready.await.expect("it is ready");
        self.running = Some((stop, task));
    }

    /// The server ends.
    pub async fn closes(&mut self) {
        let (stop, task) = self.running.take().expect("it runs");
        stop.cancel();
        task.await.expect("it ends well");
    }

    /// And is there again.
    pub async fn opens_again(&mut self) {
        let app = self.app().await;
        self.serves(app).await;
    }

    pub fn url(&self) -> String {
        self.config.public_url.clone()
    }

    pub async fn sql(&self, sql: &str) {
        let mut conn = SqliteConnection::connect(&self.config.database_url).await.expect("it opens");
        sqlx::query("pragma busy_timeout = 20000").execute(&mut conn).await.expect("set");
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.expect("the statement runs");
        conn.close().await.expect("closed");
    }

    /// How often something was done.
    pub async fn deeds(&self, action: &str) -> i64 {
        let mut conn = SqliteConnection::connect(&self.config.database_url).await.expect("it opens");
        let row = sqlx::query("select count(*) from audit where action = $1").bind(action);
        row.fetch_one(&mut conn).await.expect("a row").get(0)
    }

    /// A code as the pages make one.
    async fn code(&self) -> String {
        let code = AgentCode::from_bytes(aikagi::vault::dice::bytes(&OsDice));
        let index = Keyring::new(&self.keys).agent_code_indexes(code.signs().expose()).remove(0);
        let (workspace, member) = (&self.workspace, &self.member);
        self.sql(&format!(
            "insert into agent_codes select '{index}', '{workspace}', '{member}', epoch, '{member}', 0, 9000000000000000000, null from members"
        ))
        .await;
        code.grouped().expose().to_owned()
    }

    /// A command, as another node writes one.
    pub async fn asks(&self, device: &Device, what: &str) -> String {
        let nth = device.commands.get() + 1;
        device.commands.set(nth);
        let id = format!("wip_{nth:026}");
        let (workspace, member, agent) = (&self.workspace, &self.member, device.agent());
        self.sql(&format!(
            "insert into wipes (id, workspace_id, member_id, way, target, what, state, asked_by, asked_at, expires_at)
            values ('{id}', '{workspace}', '{member}', 'agent', '{agent}', '{what}', 'queued', '{member}', 0, 9000000000000000000)"
        ))
        .await;
        id
    }

    pub async fn state(&self, wipe: &str) -> Row {
        let mut conn = SqliteConnection::connect(&self.config.database_url).await.expect("it opens");
        let asked = sqlx::query("select state, coalesce(cause, ''), coalesce(receipt, '') from wipes where id = $1");
        let row = asked.bind(wipe).fetch_one(&mut conn).await.expect("a row");
        Row { state: row.get(0), cause: row.get(1), receipt: row.get(2) }
    }

    /// Waits until the command has come so far.
    pub async fn becomes(&self, wipe: &str, state: &str) -> Row {
        let end = Instant::now() + PATIENCE;
        loop {
            let row = self.state(wipe).await;
            if row.state == state {
                return row;
            }
            assert!(Instant::now() < end, "{wipe} is {}, not {state}", row.state);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn device(&self) -> Device {
        let folder = tempfile::tempdir().expect("a folder");
        Device { folder, ca: self.folder.path().join("chain.pem"), running: None, commands: 0.into() }
    }
}

/// A device.
pub struct Device {
    folder: tempfile::TempDir,
    ca: PathBuf,
    running: Option<Child>,
    commands: std::cell::Cell<u32>,
}

impl Device {
    pub fn path(&self, name: &str) -> PathBuf {
        fs::canonicalize(self.folder.path()).expect("it is there").join(name)
    }

    pub fn configure(&self, rest: &str) {
        let text = format!("ca_file = \"{}\"\n{rest}\n", self.ca.display());
        fs::write(self.path("agent.toml"), text).expect("written");
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aikagi-agent"));
        command.env_clear().env("SECRET_OF_THE_TEST", "x").arg(verb);
        command.arg("--config").arg(self.path("agent.toml")).arg("--state").arg(self.path("state"));
        command
    }

    fn run(&self, verb: &str, args: &[&str]) -> Output {
        self.command(verb).args(args).stdin(Stdio::null()).output().expect("the program starts")
    }

    #[track_caller]
    pub fn says(&self, verb: &str, words: &[&str]) {
        let said = self.run(verb, &[]);
        let text = String::from_utf8_lossy(&said.stdout).to_lowercase();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        for word in words {
            assert!(text.contains(&word.to_lowercase()), "{word} is not in {text}");
        }
    }

    #[track_caller]
    pub fn fails(&self, verb: &str, args: &[&str], why: &str) {
        let said = self.run(verb, args);
        let text = String::from_utf8_lossy(&said.stderr);
        assert!(!said.status.success() && text.contains(why), "{text}");
    }

    /// Enrols with a code on the standard input.
    pub async fn enrols(&self, house: &House) {
        let code = house.code().await;
        self.enrols_at(&house.url(), &code);
    }

    pub fn enrols_at(&self, url: &str, code: &str) {
        use std::io::Write as _;
        let mut command = self.command("enrol");
        command.args(["--server", url, "--name", "pc-12"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        writeln!(child.stdin.take().expect("piped"), "{code}").expect("typed");
        assert!(child.wait_with_output().expect("it ends").status.success(), "it is enrolled");
        let mode = |name: &str| fs::metadata(self.path(name)).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode("state"), mode("state/identity.json")), (0o700, 0o600));
    }

    fn agent(&self) -> String {
        let text = fs::read_to_string(self.path("state/identity.json")).expect("it is enrolled");
        let at = text.find("agt_").expect("an id");
        text[at..at + 30].to_owned()
    }

    pub fn starts(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        let child = self.command("run").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.running = Some(child.expect("the program starts"));
    }

    /// As by a power cut.
    pub fn killed(&mut self) {
        let mut child = self.running.take().expect("it runs");
        child.kill().expect("killed");
        child.wait().expect("it ends");
    }

    /// Waits for its end, and answers whether it ended well.
    pub async fn ends_well(&mut self) -> bool {
        let mut child = self.running.take().expect("it runs");
        let mut status = None;
        until("it ends", || {
            status = child.try_wait().expect("it can be asked");
            status.is_some()
        })
        .await;
        status.is_some_and(|status| status.success())
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
