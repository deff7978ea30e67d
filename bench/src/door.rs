//! What is measured on one engine, in the order in which it is measured.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aikagi::model::ContactKind;
use aikagi::vault::pool::PoolSettings;
use aikagi::vault::{HashingPool, Keyring, MasterKeys, OsDice};
use anyhow::{Context as _, Result};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::bare::Bare;
use crate::by_mail::{self, ByMail};
use crate::http::Http;
use crate::import::{self, Import};
use crate::load::{Run, count, drive, median, middle};
use crate::machine::{self, Memory};
use crate::place::{PASSWORD, PEOPLE, Place, Server, door, id, mobile};
use crate::recovery::{self, Recoveries};
use crate::storm::{self, Storm};

/// Clients at once.
pub const CLIENTS: u32 = 8;

/// How long and how often.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plan {
    pub seconds: u64,
    pub pairs: usize,
    pub starts: usize,
    pub storm_seconds: u64,
    /// Codes that are typed, wrongly first and then rightly.
    pub attempts: usize,
    /// Members who are imported.
    pub import_rows: u32,
    /// Waits until the hashing threads have given their memory back.
    pub waits_for_memory: bool,
}

impl Plan {
    pub const FULL: Self = Self {
        seconds: 5,
        pairs: 5,
        starts: 10,
        storm_seconds: 30,
        attempts: 3_000,
        import_rows: 100_000,
        waits_for_memory: true,
    };
    pub const QUICK: Self = Self {
        seconds: 2,
        pairs: 2,
        starts: 3,
        storm_seconds: 5,
        attempts: 200,
        import_rows: 3_000,
        waits_for_memory: false,
    };

    pub const fn time(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// One engine's figures.
#[derive(Debug, Serialize)]
pub struct Door {
    pub first_start_ms: f64,
    pub cold_start_ms: f64,
    pub idle: Memory,
    pub bare: Run,
    pub sign_ins: Run,
    /// Sign-ins by bare hashes: the middle of the pairs.
    pub ratio: f64,
    pub ratios: Vec<f64>,
    pub sessions: Run,
    /// The same question by a bare handler.
    pub bare_sessions: Run,
    /// Session checks by the bare handler's: the middle of the pairs.
    pub session_ratio: f64,
    pub recoveries: Run,
    pub recoveries_unknown: Run,
    /// How fast messages leave once nobody asks for more.
    pub messages_per_second: Option<f64>,
    pub loaded: Memory,
    pub rested: Option<Memory>,
    pub storm: Storm,
    pub import: Import,
    pub recovered: Recoveries,
    pub by_mail: Vec<ByMail>,
}

/// Measures everything on one engine.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Door> {
    let place = Place::new(program, postgres).await?;
    let first = place.start("/sign-in")?;
    let first_start_ms = ms(first.ready_after);
    first.stop()?;
    place.settle(ContactKind::Mobile).await?;
    let mut starts = Vec::new();
    for _ in 0..plan.starts {
        let server = place.start(&door())?;
        starts.push(ms(server.ready_after));
        server.stop()?;
    }
    let server = place.start(&door())?;
    let mut lines = connect(&server).await?;
    // Let what a start leaves behind settle; a server stands idle for longer than that.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = machine::memory(server.pid())?;
    say(&format!("cold start {:.0} ms, idle {:.1} MiB", median(starts.iter().copied()), idle.resident_mib));

    let (bare, sign_ins) = pairs(&server, &mut lines, plan).await?;
    let ratios: Vec<f64> = bare.iter().zip(&sign_ins).map(|(bare, full)| full.per_second / bare.per_second).collect();

    let (sessions, bare_sessions, session_ratio) = session_pairs(&place, &server, &mut lines, plan).await?;
    let start = Cell::new(0);
    let recoveries = ask_codes(&server, &mut lines, plan.time(), || mobile(next(&start) % PEOPLE)).await?;
    say(&format!("{:.0} recovery starts/s, p99 {:.1} ms", recoveries.per_second, recoveries.p99_ms));
    let messages_per_second = drained(&server).await?;
    let start = Cell::new(PEOPLE);
    let recoveries_unknown = ask_codes(&server, &mut lines, plan.time(), || mobile(next(&start))).await?;
    say(&format!("{:.0} with unknown numbers", recoveries_unknown.per_second));
    drained(&server).await?;
    let loaded = machine::memory(server.pid())?;
    let mut rested = None;
    if plan.waits_for_memory {
        tokio::time::sleep(Duration::from_secs(65)).await;
        rested = Some(machine::memory(server.pid())?);
    }
    server.stop()?;
    let sign_ins_middle = middle(&sign_ins);
    let storm = storm::measure(&place, Duration::from_secs(plan.storm_seconds), sign_ins_middle.per_second).await?;
    let import = import::measure(&place, plan).await?;
    let recovered = recovery::measure(&place, plan).await?;
    let by_mail = by_mail::measure(program, postgres, plan).await?;
    Ok(Door {
        first_start_ms,
        storm,
        import,
        recovered,
        by_mail,
        bare_sessions,
        session_ratio,
        cold_start_ms: median(starts),
        idle,
        ratio: median(ratios.iter().copied()),
        ratios,
        bare: middle(&bare),
        sign_ins: sign_ins_middle,
        sessions,
        recoveries,
        recoveries_unknown,
        messages_per_second,
        loaded,
        rested,
    })
}

/// One client's connection.
pub struct Line {
    http: Http,
    number: u32,
    token: String,
}

/// A connection for each client.
pub async fn connect(server: &Server) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for number in 0..CLIENTS {
        lines.push(Line { http: Http::connect(server.address).await?, number, token: String::new() });
    }
    Ok(lines)
}

/// Bare hashes and sign-ins by turns, so that a machine that grows slower or faster does so for both.
async fn pairs(server: &Server, lines: &mut [Line], plan: Plan) -> Result<(Vec<Run>, Vec<Run>)> {
    let pool = hashing_pool()?;
    let (mut bare, mut full) = (Vec::new(), Vec::new());
    for _ in 0..plan.pairs {
        bare.push(bare_hashes(&pool, plan.time()).await?);
        full.push(drive(lines, plan.time(), Some(server.pid()), sign_in).await?);
        if let (Some(bare), Some(full)) = (bare.last(), full.last()) {
            let ratio = full.per_second / bare.per_second;
            say(&format!("{:.1} hashes/s, {:.1} sign-ins/s: {ratio:.3}", bare.per_second, full.per_second));
        }
    }
    Ok((bare, full))
}

/// As many threads as the server has, in this process.
pub fn hashing_pool() -> Result<HashingPool> {
    let keyring = Arc::new(Keyring::new(&MasterKeys::generate(&OsDice)));
    Ok(HashingPool::start(PoolSettings::default(), keyring, Arc::new(OsDice))?)
}

/// Nothing but hashes.
pub async fn bare_hashes(pool: &HashingPool, time: Duration) -> Result<Run> {
    let stored = pool.hash(Zeroizing::new(PASSWORD.to_owned())).await?;
    let mut callers: Vec<()> = (0..CLIENTS).map(|_| ()).collect();
    drive(&mut callers, time, None, async |()| {
        anyhow::ensure!(pool.verify(Zeroizing::new(PASSWORD.to_owned()), &stored).await?, "it is right");
        Ok(())
    })
    .await
}

/// The next of this client's people signs in, on a device that was not seen before.
pub async fn sign_in(line: &mut Line) -> Result<()> {
    line.number = (line.number + CLIENTS) % (PEOPLE - PEOPLE % CLIENTS);
    let body = json!({ "login": id(line.number), "password": PASSWORD }).to_string();
    let head = format!("{JSON}{}", from(line.number));
    let answer = line.http.expect(200, "POST", "/api/v1/sign-in", &head, &body).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    answer["session"].as_str().context("no session")?.clone_into(&mut line.token);
    Ok(())
}

pub const JSON: &str = "Content-Type: application/json\r\n";

/// The proxy's word on where the request comes from.
pub fn from(number: u32) -> String {
    let [_, a, b, c] = number.to_be_bytes();
    format!("X-Forwarded-For: 10.{a}.{b}.{c}\r\n")
}

/// Session checks and the same question to a bare server, by turns.
async fn session_pairs(place: &Place, server: &Server, lines: &mut [Line], plan: Plan) -> Result<(Run, Run, f64)> {
    let bare = Bare::start(place.database_url())?;
    let mut others = Vec::new();
    for line in lines.iter() {
        others.push(Line { http: Http::connect(bare.address).await?, number: line.number, token: line.token.clone() });
    }
    let (mut full, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..plan.pairs.min(3) {
        full.push(check_sessions(server, lines, plan.time()).await?);
        let run = drive(&mut others, plan.time(), Some(bare.pid()), async |line: &mut Line| {
            let head = format!("Authorization: Bearer {}\r\n", line.token);
            line.http.expect(200, "GET", "/", &head, "").await.map(drop)
        });
        alone.push(run.await?);
    }
    let ratio = median(full.iter().zip(&alone).map(|(full, alone)| full.per_second / alone.per_second));
    let (full, alone) = (middle(&full), middle(&alone));
    say(&format!("{:.0} session checks/s, {:.0} by a bare handler: {ratio:.3}", full.per_second, alone.per_second));
    Ok((full, alone, ratio))
}

async fn check_sessions(server: &Server, lines: &mut [Line], time: Duration) -> Result<Run> {
    drive(lines, time, Some(server.pid()), async |line: &mut Line| {
        let head = format!("Authorization: Bearer {}\r\n", line.token);
        line.http.expect(200, "GET", "/api/v1/session", &head, "").await.map(drop)
    })
    .await
}

/// Each from another address.
async fn ask_codes(server: &Server, lines: &mut [Line], time: Duration, of: impl Fn() -> String) -> Result<Run> {
    let asked = Cell::new(0);
    drive(lines, time, Some(server.pid()), async |line: &mut Line| {
        let body = json!({ "kind": "sms", "address": of() }).to_string();
        let head = format!("{JSON}{}", from(next(&asked)));
        line.http.expect(200, "POST", "/api/v1/recovery", &head, &body).await.map(drop)
    })
    .await
}

pub fn next(counter: &Cell<u32>) -> u32 {
    counter.replace(counter.get() + 1)
}

/// Waits until no message waits. Answers how many left in a second, if that can be told.
pub async fn drained(server: &Server) -> Result<Option<f64>> {
    let (mut first, start) = (None, Instant::now());
    loop {
        let waiting = counter(server, "aikagi_outbox_waiting").await?;
        let first = *first.get_or_insert(waiting);
        if waiting < 1.0 {
            return Ok((first > 200.0).then(|| first / start.elapsed().as_secs_f64()));
        }
        anyhow::ensure!(start.elapsed() < Duration::from_mins(2), "{waiting} messages still wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the server counts under this name.
pub async fn counter(server: &Server, name: &str) -> Result<f64> {
    let mut http = Http::connect(server.operations).await?;
    let text = String::from_utf8(http.expect(200, "GET", "/metrics", "", "").await?)?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
    value.with_context(|| format!("{name} is not counted"))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// MiB are counted for memory, MB for files, as their goals are.
pub fn megabytes(bytes: u64) -> f64 {
    usize::try_from(bytes).map_or(f64::NAN, count) / 1e6
}

pub fn say(line: &str) {
    println!("  {line}");
}
