//! A server on a database of its own, with a clock and chance that the story holds in its hand, and browsers that
//! people in the story use. Nothing here sleeps; nothing is shared between stories.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aikagi::app::{App, Parts};
use aikagi::clock::{Clock, HandClock};
use aikagi::config::Config;
use aikagi::deliver::worker::Worker;
use aikagi::deliver::{Letter, MemoryCarrier};
use aikagi::flows::contacts::Address;
use aikagi::flows::members::{Add, NewMember};
use aikagi::flows::{keys, members, workspaces};
use aikagi::model::{
    CarrierGuide, EmailAddress, Locale, LoginName, Phone, Role, Secret, Slug, Timestamp, days, time::Span,
};
use aikagi::store::Db;
use aikagi::store::members::Member;
use aikagi::store::workspaces::Workspace;
use aikagi::vault::{Keyring, MasterKeys, SeededDice};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use sqlx::Connection as _;
use tower::ServiceExt;

/// A password that the default policy takes.
pub const PASSWORD: &str = "ふじさんの朝焼けを見た夏の日の朝";
/// Another one.
pub const NEW_PASSWORD: &str = "きつねと歩いた雪の日のバス停まで";

/// Sunday 2026-11-22, 06:00 in Tokyo.
const SIX_IN_THE_MORNING: Timestamp = Timestamp(1_795_294_800_000_000);

/// The server of a story.
pub struct Server {
    pub app: Arc<App>,
    pub clock: Arc<HandClock>,
    pub carrier: Arc<MemoryCarrier>,
    pub router: axum::Router,
    pub workspace: Workspace,
    pub worker: Worker,
    database: Database,
}

/// Before which statements a process is killed, one after the other: before each on SQLite, before every third on PostgreSQL, whose copies of a
/// database take long. What a transaction holds is the same on both.
pub fn every() -> usize {
    if is_postgres() { 3 } else { 1 }
}

/// Which engine this run is for.
pub fn is_postgres() -> bool {
    std::env::var("AIKAGI_TEST_ENGINE").is_ok_and(|engine| engine == "postgres")
}

/// A database that goes away with the story.
pub struct Database {
    pub url: String,
    folder: Option<tempfile::TempDir>,
    drop: Option<(String, String)>,
}

impl Database {
    /// An empty one, its schema not yet made.
    pub async fn new() -> Self {
        if !is_postgres() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let url = format!("sqlite:{}", folder.path().join("aikagi.db").display());
            return Self { url, folder: Some(folder), drop: None };
        }
        let admin = std::env::var("AIKAGI_TEST_POSTGRES")
            .expect("AIKAGI_TEST_POSTGRES names a server: `cargo xtask postgres` starts one and prints its URL");
        Self::on_postgres(admin, "template1").await
    }

    async fn on_postgres(admin: String, template: &str) -> Self {
        let name = format!("story_{}_{:x}", std::process::id(), rand_word());
        let mut conn = sqlx::PgConnection::connect(&admin).await.expect("PostgreSQL answers");
        let sql = format!("create database {name} template {template}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.expect("a database of its own");
        conn.close().await.ok();
        let url = format!("{}/{name}", admin.rsplit_once('/').expect("the URL names a database").0);
        Self { url, folder: None, drop: Some((admin, name)) }
    }

    /// One that belongs to another process.
    pub fn borrowed(url: &str) -> Self {
        Self { url: url.to_owned(), folder: None, drop: None }
    }

    /// A copy of one that nobody has open.
    pub async fn copy(&self) -> Self {
        if let Some((admin, name)) = &self.drop {
            return Self::on_postgres(admin.clone(), name).await;
        }
        let copy = Self::new().await;
        let from = self.folder.as_ref().expect("a folder").path().join("aikagi.db");
        std::fs::copy(from, copy.folder.as_ref().expect("a folder").path().join("aikagi.db")).expect("a copy");
        copy
    }

    /// Where the file lies, on SQLite.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_ref().map(tempfile::TempDir::path)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((admin, name)) = self.drop.take() else { return };
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let pool = sqlx::PgPool::connect(&admin).await.expect("PostgreSQL answers");
                let sql = format!("drop database {name} with (force)");
                sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.ok();
            });
        });
        dropped.join().ok();
    }
}

fn rand_word() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// The configuration of stories: quick hashes, everything else as it is by default.
pub fn config() -> Config {
    let mut config = Config { public_url: "http://id.example.jp".to_owned(), ..Config::default() };
    config.hashing.memory_kib = 64;
    config.hashing.passes = 1;
    config.hashing.threads = Some(2);
    config.sms_sender = Some("0005 0123".to_owned());
    config
}

/// The key file of a story.
pub fn master() -> MasterKeys {
    MasterKeys::generate(&SeededDice::new(7))
}

impl Server {
    /// A server with the workspace さくら商事 and nobody in it.
    pub async fn start() -> Self {
        Self::start_with(config()).await
    }

    /// The same with other settings.
    pub async fn start_with(config: Config) -> Self {
        Self::on(Database::new().await, config, SIX_IN_THE_MORNING, SeededDice::new(7), &master()).await
    }

    /// The same at this time.
    pub async fn start_at(config: Config, database: Database, now: Timestamp) -> Self {
        Self::on(database, config, now, SeededDice::new(7), &master()).await
    }

    /// The server again, on a database that it had before. Its dice must not fall as they did then.
    pub async fn reopen(database: Database, seed: u64, now: Timestamp) -> Self {
        Self::on(database, config(), now, SeededDice::new(seed), &master()).await
    }

    /// The same with this key file.
    pub async fn reopen_with(database: Database, seed: u64, now: Timestamp, keys: &MasterKeys) -> Self {
        Self::on(database, config(), now, SeededDice::new(seed), keys).await
    }

    async fn on(database: Database, config: Config, now: Timestamp, dice: SeededDice, keys: &MasterKeys) -> Self {
        let db = Db::open(&database.url).await.expect("the database opens");
        let clock = Arc::new(HandClock::at(now));
        let dice = Arc::new(dice);
        let keyring = Arc::new(Keyring::new(keys));
        let guide = CarrierGuide::built_in().clone();
        let parts = Parts { config, db, clock: clock.clone(), dice: dice.clone(), keyring: keyring.clone(), guide };
        let app = Arc::new(App::build(parts).expect("the parts fit"));
        keys::begin(&app).await.expect("the keys belong to the database");
        let carrier = Arc::new(MemoryCarrier::new());
        let worker = Worker {
            db: app.db.clone(),
            clock: clock.clone(),
            keyring,
            dice,
            carriers: vec![carrier.clone()],
            breakers: Arc::default(),
            budgets: app.config.messages.budgets(),
            receipt_wait: app.config.messages.receipt_wait(),
            webhooks: false,
            bell: app.outbox_bell.clone(),
        };
        let slug = Slug::parse("sakura").expect("a slug");
        let workspace = match workspaces::by_slug(&app, slug.as_str()).await.expect("the database works") {
            Some(workspace) => workspace,
            None => workspaces::create(&app, &slug, "さくら商事", Locale::Ja)
                .await
                .expect("the database works")
                .expect("a new slug"),
        };
        let router = aikagi::web::router(app.clone());
        Self { app, clock, carrier, router, workspace, worker, database }
    }

    /// Everything that the tables hold.
    pub async fn dump(&self) -> super::raw::Dump {
        super::raw::dump(&self.database().url).await
    }

    /// Changes a row behind the server's back.
    pub async fn sql(&self, sql: &str) {
        super::raw::run(&self.database().url, sql).await;
    }

    /// The member's own browser, signed in.
    pub async fn signed_in(&self, login: &str, at: &str) -> Browser {
        let mut browser = self.visitor_at(at);
        browser.signs_in(login, PASSWORD).await.is(200);
        assert!(browser.is_signed_in().await, "{login} does not get in");
        browser
    }

    /// Somebody of this role, signed in at their desk.
    pub async fn keeper(&self, login: &str, role: Role) -> (Member, Browser) {
        let keeper = self.member(login, &[]).await;
        self.sql(&format!("update members set role = '{role}' where id = '{}'", keeper.id)).await;
        let desk = self.signed_in(login, "192.0.2.5").await;
        (self.reload(&keeper).await, desk)
    }

    /// Where the database is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What the clock says.
    pub fn clock_now(&self) -> i64 {
        self.clock.now().0
    }

    /// Time passes.
    pub fn later(&self, span: Span) {
        self.clock.advance(span);
    }

    /// Another workspace.
    pub async fn workspace(&self, slug: &str, name: &str) -> Workspace {
        let slug = Slug::parse(slug).expect("a slug");
        workspaces::create(&self.app, &slug, name, Locale::Ja).await.expect("the database works").expect("a new slug")
    }

    /// Somebody who was added to さくら商事 and has set no password.
    pub async fn invited(&self, login: &str) -> Member {
        self.invited_to(&self.workspace, login, Role::Member).await.0
    }

    /// Somebody who was added, and the path of their link.
    pub async fn invited_to(&self, workspace: &Workspace, login: &str, role: Role) -> (Member, String) {
        let new = NewMember {
            login: LoginName::parse(login).expect("a login name"),
            name: "田中 一郎".to_owned(),
            kana: "たなか いちろう".to_owned(),
            department: "営業部".to_owned(),
            role,
            locale: Locale::Ja,
            contacts: Vec::new(),
        };
        match members::add(&self.app, workspace, &new).await.expect("the database works") {
            Add::Done { member, link } => (*member, link.to_string()),
            Add::Taken => panic!("{login} is taken"),
        }
    }

    /// Somebody who has been with さくら商事 for a month, with the password [`PASSWORD`] and these contacts.
    pub async fn member(&self, login: &str, contacts: &[&str]) -> Member {
        self.member_of(&self.workspace.clone(), login, contacts).await
    }

    /// The same in another workspace.
    pub async fn member_of(&self, workspace: &Workspace, login: &str, contacts: &[&str]) -> Member {
        let (member, _) = self.invited_to(workspace, login, Role::Member).await;
        let addresses: Vec<Address> = contacts.iter().map(|typed| address(typed)).collect();
        let since = self.clock.now() - days(30);
        let password = Secret::from(PASSWORD);
        members::settle(&self.app, workspace, &member, Some(&password), &addresses, since)
            .await
            .expect("the database works");
        self.reload(&member).await
    }

    /// The member as the database has them now.
    pub async fn reload(&self, member: &Member) -> Member {
        let login = LoginName::parse(&member.login).expect("a login name");
        let workspace =
            workspaces::by_id(&self.app, &member.workspace_id).await.expect("the database works").expect("it is there");
        members::by_login(&self.app, &workspace, &login).await.expect("the database works").expect("they are there")
    }

    /// The worker sends what is due.
    pub async fn deliver(&self) {
        while self.worker.work_once().await.expect("the outbox works") > 0 {}
    }

    /// The worker takes what it can carry at once.
    pub async fn deliver_some(&self) {
        self.worker.work_once().await.expect("the outbox works");
    }

    /// Everything that left the server for this number or address, oldest first.
    pub async fn received(&self, to: &str) -> Vec<Letter> {
        self.deliver().await;
        self.carrier.sent().into_iter().filter(|letter| letter.to == to).collect()
    }

    /// The newest code that arrived there.
    pub async fn code_for(&self, to: &str) -> String {
        let letters = self.received(to).await;
        let letter = letters.iter().rev().find(|letter| letter.purpose.ends_with("code"));
        digits(&letter.unwrap_or_else(|| panic!("no code came to {to}")).text)
    }

    /// Somebody with a browser of their own, at an address of their own.
    pub fn visitor(&self) -> Browser {
        self.visitor_at("198.51.100.7")
    }

    /// Somebody with a browser of their own at this address.
    pub fn visitor_at(&self, address: &str) -> Browser {
        Browser {
            router: self.router.clone(),
            address: SocketAddr::new(address.parse().expect("an address"), 40_000),
            cookies: BTreeMap::new(),
            language: "ja".to_owned(),
        }
    }
}

/// A number or address as a contact.
pub fn address(typed: &str) -> Address {
    match EmailAddress::parse(typed) {
        Ok(email) => Address::Email(email),
        Err(_) => Address::Mobile(Phone::parse(typed, &["JP"]).expect("a number or an address")),
    }
}

/// The eight digits in a message.
pub fn digits(text: &str) -> String {
    let groups = text.split(|c: char| !c.is_ascii_digit() && c != ' ');
    let found = groups.map(|group| group.replace(' ', "")).find(|group| group.len() == 8);
    found.unwrap_or_else(|| panic!("no code in {text:?}"))
}

/// A browser: keeps cookies, sends forms as pages make them, does not follow redirects by itself.
#[derive(Clone)]
pub struct Browser {
    router: axum::Router,
    pub address: SocketAddr,
    pub cookies: BTreeMap<String, String>,
    pub language: String,
}

/// An answer.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Page {
    /// Where it leads.
    #[track_caller]
    pub fn leads_to(&self) -> &str {
        let location = self.headers.get(header::LOCATION);
        location.unwrap_or_else(|| panic!("no redirect but {}: {}", self.status, self.main())).to_str().expect("a path")
    }

    /// Fails the story unless the page says this.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.text.contains(words),
            "the page does not say {words:?} but, with {}: {}",
            self.status,
            self.main()
        );
        self
    }

    /// Fails the story if the page says this.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.text.contains(words), "the page says {words:?}: {}", self.main());
        self
    }

    /// Fails the story unless the status is this.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.main());
        self
    }

    /// The page's own part, without tags.
    pub fn main(&self) -> String {
        let inside = self.text.split_once("<main").map_or(self.text.as_str(), |(_, rest)| rest);
        let inside = inside.split_once("</main>").map_or(inside, |(main, _)| main);
        let mut words = String::new();
        let mut in_tag = false;
        for c in inside.chars() {
            match c {
                '<' => in_tag = true,
                '>' => in_tag = false,
                c if !in_tag => words.push(c),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Browser {
    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Opens a page and goes where it leads.
    pub async fn open(&mut self, path: &str) -> Page {
        let mut page = self.get(path).await;
        for _ in 0..5 {
            if page.status != StatusCode::SEE_OTHER {
                break;
            }
            let to = page.leads_to().to_owned();
            page = self.get(&to).await;
        }
        page
    }

    /// Sends a form as a page of ours would: with the token of a page opened before.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        let body = form(&all);
        self.post_raw(path, body.into_bytes()).await
    }

    /// Sends a form and goes where the answer leads.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post(path, fields).await;
        if page.status == StatusCode::SEE_OTHER {
            let to = page.leads_to().to_owned();
            return self.open(&to).await;
        }
        page
    }

    /// Sends any bytes as a form.
    pub async fn post_raw(&mut self, path: &str, body: Vec<u8>) -> Page {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    /// The token that pages put into this browser's forms.
    pub async fn csrf(&mut self) -> String {
        let page = self.get("/not-me").await;
        let (_, rest) = page.text.split_once("name=\"csrf\" value=\"").expect("a form with a token");
        rest.split_once('"').expect("a closed attribute").0.to_owned()
    }

    /// Sends any request with this browser's cookies.
    pub async fn send(&mut self, mut request: Request<Body>) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = request.headers_mut();
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().expect("cookies"));
        }
        headers.entry(header::ACCEPT_LANGUAGE).or_insert(self.language.parse().expect("a language"));
        headers.entry(header::USER_AGENT).or_insert("Mozilla/5.0 (iPhone) Safari/604.1".parse().expect("an agent"));
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("a cookie");
            let (pair, rest) = line.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
    }

    /// Signs in on the workspace's page.
    pub async fn signs_in(&mut self, login: &str, password: &str) -> Page {
        self.submit("/w/sakura/sign-in", &[("login", login), ("password", password)]).await
    }

    /// Types a number on the recovery page.
    pub async fn asks_for_code(&mut self, number: &str) -> Page {
        self.submit("/recover/mobile", &[("number", number)]).await
    }

    /// Types an address on the recovery page.
    pub async fn asks_for_code_by_email(&mut self, email: &str, login: &str) -> Page {
        self.submit("/recover/email", &[("email", email), ("login", login)]).await
    }

    /// Types a code.
    pub async fn types_code(&mut self, code: &str) -> Page {
        self.submit("/recover/code", &[("code", code)]).await
    }

    /// Chooses an ID.
    pub async fn picks(&mut self, member: &Member) -> Page {
        self.submit("/recover/id", &[("pick", member.id.as_str())]).await
    }

    /// Sets the new password.
    pub async fn sets_password(&mut self, password: &str) -> Page {
        self.submit("/recover/password", &[("password", password)]).await
    }

    /// The id of one's own contact that the list shows so.
    pub async fn contact(&mut self, shown: &str) -> String {
        let page = self.get("/w/sakura/me/contacts").await;
        let at = page.text.find(&format!("item-name\">{shown}<"));
        let rest = &page.text[at.unwrap_or_else(|| panic!("no {shown} on {}", page.main()))..];
        rest[rest.find("con_").expect("an id")..][..30].to_owned()
    }

    /// Proves one's own contact again by a code.
    pub async fn proves_again(&mut self, server: &Server, id: &str, to: &str) -> Page {
        self.post(&format!("/w/sakura/me/contacts/{id}/resend"), &[]).await.is(303);
        let code = server.code_for(to).await;
        self.submit(&format!("/w/sakura/me/contacts/{id}/verify"), &[("code", &code)]).await
    }

    /// Whether the browser is signed in to さくら商事.
    pub async fn is_signed_in(&mut self) -> bool {
        self.get("/w/sakura/me").await.status == StatusCode::OK
    }
}

/// Fields as a browser encodes them.
pub fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        let letter = |byte: u8| {
            if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        text.bytes().map(letter).collect::<String>()
    };
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
