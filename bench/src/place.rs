//! A folder of its own with a database and people in it, and the real server started on it as a child.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use aikagi::app::App;
use aikagi::config::Config;
use aikagi::flows::contacts::Address;
use aikagi::flows::members::{self, NewMember};
use aikagi::flows::{import, workspaces};
use aikagi::model::{ContactKind, EmailAddress, Locale, LoginName, Phone, Role, Secret, Slug, days};
use aikagi::server;
use aikagi::vault::{MasterKeys, OsDice};
use anyhow::{Context as _, Result, bail};
use futures_util::future::try_join_all;

/// How many people there are.
pub const PEOPLE: u32 = 500;
/// What all of them have.
pub const PASSWORD: &str = "correct horse battery staple";
pub const SLUG: &str = "acme";

/// Limits that would refuse a load from one machine. What they count is counted all the same.
const RAISED: [&str; 12] = [
    "SENDS_PER_15_MINUTES",
    "SENDS_PER_HOUR",
    "SENDS_PER_DAY",
    "LIVE_ATTEMPTS",
    "NETWORK_UNPROVED_PER_HOUR",
    "NETWORK_UNPROVED_PER_DAY",
    "GUESSES_PER_DAY",
    "GUESSES_RESERVE_PER_DAY",
    "GUESSES_IN_A_ROW",
    "SWEEP_WRONG_CODES_PER_DAY",
    "SIGN_IN_FAILURES_UNKNOWN_DEVICE",
    "SIGN_IN_FAILURES_KNOWN_DEVICE",
];

/// Tells this process's places and files apart.
fn one_more() -> u32 {
    static MADE: AtomicU32 = AtomicU32::new(0);
    MADE.fetch_add(1, Ordering::Relaxed)
}

/// Removed with all that is in it when it goes out of scope.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("aikagi-bench-{}-{name}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over in the temporary folder does no harm.
        fs::remove_dir_all(&self.0).ok();
    }
}

/// How messages leave.
#[derive(Clone, Copy)]
enum Post {
    /// Into a file.
    File,
    Mail(SocketAddr),
    /// By the carriers that the configuration in the folder has.
    Written,
}

/// One engine's database and key file.
pub struct Place {
    folder: Folder,
    database_url: String,
    program: PathBuf,
}

impl Place {
    /// An empty database. `postgres` is the URL of a server on which databases may be made.
    pub async fn new(program: &Path, postgres: Option<&str>) -> Result<Self> {
        let number = one_more();
        let folder = Folder::new(&format!("{}-{number}", if postgres.is_some() { "postgres" } else { "sqlite" }))?;
        MasterKeys::generate(&OsDice).write_new(&folder.path().join("master.key"))?;
        let database_url = match postgres {
            None => {
                let file = folder.path().join("aikagi.db");
                fs::write(&file, "")?;
                format!("sqlite:{}", file.display())
            }
            Some(url) => {
                let pool = sqlx::PgPool::connect(url).await.context("PostgreSQL does not answer")?;
                let name = format!("bench_{}_{number}", std::process::id());
                sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&pool).await?;
                pool.close().await;
                format!("{}/{name}", url.rsplit_once('/').context("the URL names no database")?.0)
            }
        };
        Ok(Self { folder, database_url, program: program.to_owned() })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// The parts of a server on this place, in this process.
    pub async fn app(&self) -> Result<App> {
        server::build(Config {
            public_url: "http://localhost".to_owned(),
            database_url: self.database_url.clone(),
            master_key_file: self.folder().join("master.key"),
            ..Config::default()
        })
        .await
    }

    /// The program, to be given a command.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AIKAGI_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder())
            .env("AIKAGI_PUBLIC_URL", "http://localhost")
            .env("AIKAGI_DATABASE_URL", &self.database_url)
            .env("AIKAGI_MASTER_KEY_FILE", self.folder().join("master.key"))
            .stdin(Stdio::null());
        command
    }

    /// Puts the people there, each with the same password and a contact of this kind of their own.
    pub async fn settle(&self, kind: ContactKind) -> Result<()> {
        let app = self.app().await?;
        let slug = Slug::parse(SLUG).map_err(|_| anyhow::anyhow!("slug"))?;
        let workspace = workspaces::create(&app, &slug, "Acme", Locale::Ja).await?.context("it is there already")?;
        let everybody = (0..PEOPLE).map(new_member).collect::<Result<Vec<_>>>()?;
        if import::all(&app, &workspace, &everybody).await?.is_err() {
            bail!("a login name is taken");
        }
        let (password, since) = (Secret::new(PASSWORD), app.now() - days(90));
        let all: Vec<u32> = (0..PEOPLE).collect();
        // Side by side, but never more than the hashing threads let in.
        for some in all.chunks(50) {
            try_join_all(some.iter().map(async |&number| {
                let login = login(number)?;
                let member = members::by_login(&app, &workspace, &login).await?.context("somebody was not added")?;
                let contacts = [contact(kind, number)?];
                anyhow::Ok(members::settle(&app, &workspace, &member, Some(&password), &contacts, since).await?)
            }))
            .await?;
        }
        app.db.close().await;
        Ok(())
    }

    /// Starts the server and waits for the first page. Its messages go to memory: no carrier's disk is part of what is measured.
    pub fn start(&self, page: &str) -> Result<Server> {
        self.start_with(page, Post::File)
    }

    /// The same with a mail server and no other carrier.
    pub fn start_with_mail(&self, page: &str, mail: SocketAddr) -> Result<Server> {
        self.start_with(page, Post::Mail(mail))
    }

    /// The same with these carriers, written as in a configuration, and the file of a secret that they name.
    pub fn start_with_carriers(&self, page: &str, carriers: &str, secret: (&str, &str)) -> Result<Server> {
        fs::write(self.folder().join("aikagi.toml"), carriers)?;
        let file = self.folder().join(secret.0);
        fs::write(&file, secret.1)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        self.start_with(page, Post::Written)
    }

    fn start_with(&self, page: &str, post: Post) -> Result<Server> {
        let free = || anyhow::Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?);
        let (address, operations) = (free()?, free()?);
        let log = self.folder().join("log");
        let open = || fs::OpenOptions::new().create(true).append(true).open(&log);
        let mut command = self.command();
        let memory = Path::new("/dev/shm");
        let messages = if memory.is_dir() { memory } else { self.folder() };
        let messages = messages.join(format!("aikagi-bench-{}-{}", std::process::id(), one_more()));
        command
            .arg("serve")
            .env("AIKAGI_PUBLIC_URL", format!("http://localhost:{}", address.port()))
            .env("AIKAGI_LISTEN", address.to_string())
            .env("AIKAGI_LISTEN_OPERATIONS", operations.to_string())
            // Every request names a client of its own, as behind a proxy.
            .env("AIKAGI_TRUSTED_PROXIES", "127.0.0.1/32")
            .env("AIKAGI_LOG", "warn")
            .envs(RAISED.map(|name| (format!("AIKAGI_LIMITS__{name}"), "1000000")))
            .stdout(open()?)
            .stderr(open()?);
        match post {
            Post::Written => &mut command,
            Post::File => command.env("AIKAGI_MESSAGE_FILE", &messages),
            Post::Mail(mail) => command.envs([
                ("AIKAGI_MAIL__FROM", "no-reply@example.jp".to_owned()),
                ("AIKAGI_MAIL__HOST", mail.ip().to_string()),
                ("AIKAGI_MAIL__PORT", mail.port().to_string()),
                ("AIKAGI_MAIL__SECURITY", "none".to_owned()),
            ]),
        };
        let begun = Instant::now();
        let child = command.spawn().with_context(|| format!("{} cannot be started", self.program.display()))?;
        let mut server = Server { child, address, operations, ready_after: Duration::ZERO, messages };
        while !is_there(address, page) {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            if begun.elapsed() > Duration::from_secs(30) {
                bail!("the server does not answer:\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            thread::sleep(Duration::from_micros(500));
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }
}

/// The page that a workplace's people begin at.
pub fn door() -> String {
    format!("/w/{SLUG}/sign-in")
}

/// The ID of the person with this number, as typed.
pub fn id(number: u32) -> String {
    format!("member-{number}@{SLUG}")
}

fn login(number: u32) -> Result<LoginName> {
    LoginName::parse(&format!("member-{number}")).map_err(|why| anyhow::anyhow!("{why:?}"))
}

fn new_member(number: u32) -> Result<NewMember> {
    Ok(NewMember {
        login: login(number)?,
        name: format!("Member {number}"),
        kana: String::new(),
        department: String::new(),
        role: Role::Member,
        locale: Locale::Ja,
        contacts: Vec::new(),
    })
}

/// The mobile number of the person with this number; from [`PEOPLE`] on, nobody's.
pub fn mobile(number: u32) -> String {
    format!("+8190{:08}", 10_000_000 + number % 80_000_000)
}

/// The e-mail address of the person with this number.
pub fn email(number: u32) -> String {
    format!("member-{number}@example.jp")
}

fn contact(kind: ContactKind, number: u32) -> Result<Address> {
    Ok(match kind {
        ContactKind::Mobile => {
            Address::Mobile(Phone::parse(&mobile(number), &["JP"]).map_err(|why| anyhow::anyhow!("{why:?}"))?)
        }
        ContactKind::Email => {
            Address::Email(EmailAddress::parse(&email(number)).map_err(|why| anyhow::anyhow!("{why:?}"))?)
        }
    })
}

/// Whether this page is answered by 200.
fn is_there(address: SocketAddr, page: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(format!("GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        std::io::Result::Ok(answer.starts_with(b"HTTP/1.1 200 "))
    };
    ask().unwrap_or(false)
}

/// The server while it runs.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub operations: SocketAddr,
    /// From the start of the process to the first page.
    pub ready_after: Duration,
    messages: PathBuf,
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The file into which its messages go.
    pub fn messages(&self) -> &Path {
        &self.messages
    }

    /// Asks it to stop, as an operator would, and waits.
    pub fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").arg(self.pid().to_string()).status()?;
        let status = self.child.wait()?;
        if !told.success() || !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a failure; one that was stopped is gone already.
        self.child.kill().ok();
        self.child.wait().ok();
        fs::remove_file(&self.messages).ok();
    }
}
