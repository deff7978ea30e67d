//! The same work on a database with more and more members: what people wait for must not grow with them. Members are put in by
//! whole rows, as a restore does it, not one after the other.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use aikagi::app::App;
use aikagi::model::id::{ContactId, MemberId};
use aikagi::model::{Locale, Slug, Timestamp, days};
use aikagi::store::whole::{self, Row, Table};
use aikagi::store::workspaces::Workspace;
use aikagi::store::{Conn, Error};
use aikagi::vault::dice::bytes;
use aikagi::vault::password::Cost;
use aikagi::vault::pool::PoolSettings;
use aikagi::vault::{HashingPool, OsDice};
use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Connection as _;
use zeroize::Zeroizing;

use crate::door::{JSON, from, say};
use crate::http::Http;
use crate::load::median;
use crate::mailbox::Mailbox;
use crate::place::{PASSWORD, Place, SLUG, Server, door, id, mobile};

/// How many members there are.
const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const QUICK: [u32; 2] = [1_000, 5_000];
/// More of them are put only into PostgreSQL.
const MOST_EMBEDDED: u32 = 1_000_000;
/// Members who go in by one transaction.
const AT_ONCE: usize = 5_000;

/// What was measured with so many members: medians, in ms.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Size {
    pub members: u32,
    pub loaded_in_seconds: f64,
    pub recovery_start_ms: f64,
    pub wrong_code_ms: f64,
    pub right_code_ms: f64,
    pub sign_in_ms: f64,
    pub profile_ms: f64,
}

/// Which sizes to go through.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub quick: bool,
    pub most: u32,
}

impl Plan {
    fn sizes(self, embedded: bool) -> Vec<u32> {
        let all = if self.quick { &QUICK[..] } else { &SIZES[..] };
        let most = if embedded { self.most.min(MOST_EMBEDDED) } else { self.most };
        all.iter().copied().filter(|size| *size <= most).collect()
    }

    /// How often each thing is done, the first tenth uncounted.
    const fn rounds(self) -> usize {
        if self.quick { 40 } else { 440 }
    }
}

/// Each size in a database of its own, all of them asked by turns, so that a machine that grows slower does so for all.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Vec<Size>> {
    let mut places = Vec::new();
    for members in plan.sizes(postgres.is_none()) {
        let begun = Instant::now();
        let place = Place::new(program, postgres).await?;
        fill(&place, members).await?;
        let loaded_in_seconds = begun.elapsed().as_secs_f64();
        say(&format!("{members} members loaded in {loaded_in_seconds:.0} s"));
        places.push((members, place, loaded_in_seconds));
    }
    // Not before all are loaded: a server closes connections that are quiet for a minute.
    let mut all = Vec::new();
    for (members, place, loaded_in_seconds) in places {
        all.push((Visits::begin(&place, members).await?, place, loaded_in_seconds));
    }
    for round in 0..plan.rounds() {
        for (visits, ..) in &mut all {
            visits.next(round >= plan.rounds() / 10).await?;
        }
    }
    // The place goes when its server has ended.
    all.into_iter().map(|(visits, _place, loaded)| visits.end(loaded)).collect()
}

async fn fill(place: &Place, members: u32) -> Result<()> {
    let app = place.app().await?;
    let slug = Slug::parse(SLUG).map_err(|_| anyhow::anyhow!("slug"))?;
    let workspace = aikagi::flows::workspaces::create(&app, &slug, "Acme", Locale::Ja).await?;
    let workspace = workspace.context("it is there already")?;
    let hash = cheap_hash(&app).await?;
    load(&app, &workspace, &hash, 0..members).await?;
    let embedded = app.db.is_embedded();
    app.db.close().await;
    if !embedded {
        // What autovacuum would do some time during the measurement.
        let mut conn = sqlx::PgConnection::connect(place.database_url()).await?;
        sqlx::query("vacuum (analyze)").execute(&mut conn).await?;
        sqlx::query("checkpoint").execute(&mut conn).await?;
        conn.close().await?;
    }
    Ok(())
}

/// One that costs nearly nothing to compare with, so that a try to sign in shows what is around it.
pub async fn cheap_hash(app: &App) -> Result<String> {
    let cost = Cost { memory_kib: 64, passes: 1, ..Cost::default() };
    let settings = PoolSettings { threads: 1, cost, ..PoolSettings::default() };
    let pool = HashingPool::start(settings, app.keyring.clone(), app.dice.clone())?;
    Ok(pool.hash(Zeroizing::new(PASSWORD.to_owned())).await?)
}

/// Members with these numbers, each with a password and a verified mobile number.
async fn load(app: &App, workspace: &Workspace, hash: &str, numbers: Range<u32>) -> Result<()> {
    let table = |name: &str| whole::tables().iter().find(|table| table.name == name).context("no such table");
    let tables = [table("members")?, table("passwords")?, table("contacts")?];
    let numbers: Vec<u32> = numbers.collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut rows = [Vec::new(), Vec::new(), Vec::new()];
        for number in some {
            for (rows, row) in rows.iter_mut().zip(person(app, workspace, hash, *number, tables)?) {
                rows.push(row);
            }
        }
        let mut tries = app.db.tries();
        let mut conn = tries.begin().await?;
        let done = put(&mut conn, tables, &rows).await;
        tries.settle(conn, done).await.context("nobody else is at work")??;
    }
    Ok(())
}

async fn put(conn: &mut Conn, tables: [&Table; 3], rows: &[Vec<Row>; 3]) -> Result<(), Error> {
    for (table, rows) in tables.into_iter().zip(rows) {
        for some in rows.chunks(table.batch()) {
            whole::insert(conn, table, some).await?;
        }
    }
    Ok(())
}

/// The rows of one person.
fn person(app: &App, workspace: &Workspace, hash: &str, number: u32, tables: [&Table; 3]) -> Result<[Row; 3]> {
    let since = app.now() - days(90);
    // Ids in the order in which people came.
    let at = Timestamp(since.0 + i64::from(number) * 1_000);
    let (member, contact) = (MemberId::new(at, app.chance()), ContactId::new(at, app.chance()));
    let number_typed = mobile(number);
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let address = key.seal(&OsDice, "contact", contact.as_str(), number_typed.as_bytes());
    let index = app.keyring.contact_index("sms", &number_typed);
    let cell = |table: &str, column: &str| match (table, column) {
        (_, "workspace_id") => json!(workspace.id.as_str()),
        ("members", "id") | (_, "member_id") => json!(member.as_str()),
        ("contacts", "id") => json!(contact.as_str()),
        ("members", "login") => json!(format!("member-{number}")),
        ("members", "name") => json!(format!("Member {number}")),
        ("members", "kana" | "department") => json!(""),
        ("members", "role") => json!("member"),
        ("members", "state") => json!("active"),
        ("members", "locale") => json!("ja"),
        ("members", "epoch" | "signed_in_day") => json!(0),
        // What a search rests on is not measured here.
        ("members", "words_due") => json!(false),
        ("passwords", "hash") => json!(hash),
        ("contacts", "kind") => json!("sms"),
        ("contacts", "address") => json!(address),
        ("contacts", "address_index") => json!(index.written()),
        ("contacts", "state") => json!("verified"),
        ("passwords", "set_at")
        | ("members" | "contacts", "created_at")
        | ("members", "updated_at")
        | ("contacts", "recovers_from" | "verified_at" | "confirmed_at") => json!(at.0),
        _ => Value::Null,
    };
    Ok(tables.map(|table| {
        let names = table.columns.split(", ").map(|column| column.split_once(' ').map_or(column, |(name, _)| name));
        names.map(|name| cell(table.name, name)).collect()
    }))
}

/// A server with so many members, and how long it took them: one person after the other, each somewhere in the whole database.
struct Visits {
    server: Server,
    mailbox: Mailbox,
    http: Http,
    members: u32,
    asked: u32,
    times: [Vec<f64>; 5],
}

impl Visits {
    async fn begin(place: &Place, members: u32) -> Result<Self> {
        let server = place.start(&door())?;
        let mailbox = Mailbox::open(server.messages())?;
        let http = Http::connect(server.address).await?;
        Ok(Self { server, mailbox, http, members, asked: 0, times: Default::default() })
    }

    async fn next(&mut self, counts: bool) -> Result<()> {
        let number = u32::from_be_bytes(bytes(&OsDice)) % self.members;
        self.asked += 1;
        let (http, plain) = (&mut self.http, format!("{JSON}{}", from(self.asked)));
        let body = json!({ "kind": "sms", "address": mobile(number) }).to_string();
        let (start, answer) = timed(http, 200, "POST", "/api/v1/recovery", &plain, &body).await?;
        let code = self.mailbox.code(answer["recovery"]["reference"].as_str().context("no reference")?).await?;
        let handle = answer["handle"].as_str().context("no handle")?;
        let held = format!("{plain}Aikagi-Recovery: {handle}\r\n");
        let wrong = json!({ "code": if code == "00000000" { "00000001" } else { "00000000" } }).to_string();
        let (wrong, _) = timed(http, 422, "POST", "/api/v1/recovery/check", &held, &wrong).await?;
        let right = json!({ "code": code }).to_string();
        let (right, _) = timed(http, 200, "POST", "/api/v1/recovery/check", &held, &right).await?;

        let body = json!({ "login": id(number), "password": "wrong horse battery staple" }).to_string();
        let (sign_in, _) = timed(http, 401, "POST", "/api/v1/sign-in", &plain, &body).await?;
        let body = json!({ "login": id(number), "password": PASSWORD }).to_string();
        let (_, answer) = timed(http, 200, "POST", "/api/v1/sign-in", &plain, &body).await?;
        let bearer = format!("Authorization: Bearer {}\r\n", answer["session"].as_str().context("no session")?);
        let (profile, _) = timed(http, 200, "GET", "/api/v1/me", &bearer, "").await?;
        if counts {
            for (times, time) in self.times.iter_mut().zip([start, wrong, right, sign_in, profile]) {
                times.push(time.as_secs_f64() * 1e3);
            }
        }
        Ok(())
    }

    fn end(self, loaded_in_seconds: f64) -> Result<Size> {
        self.server.stop()?;
        let [recovery_start_ms, wrong_code_ms, right_code_ms, sign_in_ms, profile_ms] = self.times.map(median);
        let members = self.members;
        let size = Size {
            members,
            loaded_in_seconds,
            recovery_start_ms,
            wrong_code_ms,
            right_code_ms,
            sign_in_ms,
            profile_ms,
        };
        say(&format!("{size:.3?}"));
        Ok(size)
    }
}

async fn timed(
    http: &mut Http,
    status: u16,
    method: &str,
    path: &str,
    head: &str,
    body: &str,
) -> Result<(Duration, Value)> {
    let begun = Instant::now();
    let answer = http.expect(status, method, path, head, body).await?;
    Ok((begun.elapsed(), serde_json::from_slice(&answer)?))
}
