//! Forced sign-out on two nodes: how soon the other one refuses what has ended, how soon open pages hear of it, what thousands of open pages cost, and
//! how they come back when their node stops.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use aikagi::model::ContactKind;
use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::browser::Browser;
use crate::door::{JSON, from, say};
use crate::http::Http;
use crate::load::{count, percentile};
use crate::machine::{self, Machine};
use crate::place::{PASSWORD, PEOPLE, Place, SLUG, Server, door, id};
use crate::report::Section;

/// The marks of this section of the page.
pub const SECTION: Section =
    Section { begin: "<!-- live: by cargo xtask bench --live -->\n", end: "<!-- end of live -->\n" };
/// Clients that keep each node at work meanwhile.
const AT_WORK: u32 = 4;
/// How long a client waits before it asks again whether it is refused.
const ASK_AGAIN: Duration = Duration::from_millis(5);

/// How much.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plan {
    /// Members who are signed out elsewhere.
    pub rounds: u32,
    /// Open pages, a session each.
    pub pages: u32,
    /// How long they hang there in peace.
    pub rest_seconds: u64,
}

impl Plan {
    pub const FULL: Self = Self { rounds: 400, pages: 5_000, rest_seconds: 60 };
    pub const QUICK: Self = Self { rounds: 20, pages: 200, rest_seconds: 5 };
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Found {
    pub machine: Machine,
    pub plan: Plan,
    /// Requests a second that both nodes answered meanwhile.
    pub load_per_second: f64,
    /// From the answer at one node to the refusal at the other, in ms, sorted.
    pub refused_ms: Vec<f64>,
    /// Of them, how many were refused by the very next request.
    pub at_once: usize,
    pub idle_mib: f64,
    pub open_mib: f64,
    /// Processors that the node kept busy while the pages hung there.
    pub rest_cpus: f64,
    /// From the answer to the page's word that it is over, in ms, sorted.
    pub heard_ms: Vec<f64>,
    /// When its node stopped: pages that came to the other one in each tenth of a second since.
    pub came_back: Vec<usize>,
    /// From the stop to the last one's first line, in ms.
    pub back_ms: f64,
}

/// The section.
pub fn text(found: &Found) -> String {
    let Machine { date, commit, cpu, cores, memory_mib, kernel, filesystem } = &found.machine;
    let Plan { rounds, pages, rest_seconds } = found.plan;
    let sign = |is: bool| if is { "✓" } else { "✗" };
    let most = |ms: &[f64]| ms.last().copied().unwrap_or(f64::NAN);
    let grown = found.open_mib - found.idle_mib;
    let mut text = format!(
        "{}## Signed out elsewhere\n\n\
         | When | Commit | Processor | Cores | Memory | Kernel | Filesystem |\n|---|---|---|---|---|---|---|\n\
         | {date} | {commit} | {cpu} | {cores} | {memory_mib} MiB | {kernel} | {filesystem} |\n\n\
         | Figure, two nodes on one PostgreSQL | | Goal |\n|---|---|---|\n",
        SECTION.begin
    );
    let refused = percentile(&found.refused_ms, 99);
    let heard = percentile(&found.heard_ms, 99);
    let lines = [
        (
            format!("Sign-outs at one node, refused by the very next request at the other, of {rounds}"),
            format!("{}", found.at_once),
            "",
        ),
        (
            "… from the answer to the refusal, median, ms".to_owned(),
            format!("{:.1}", percentile(&found.refused_ms, 50)),
            "",
        ),
        ("**… 99 %, ms**".to_owned(), format!("{refused:.1} {}", sign(refused <= 1_000.0)), "1,000"),
        ("… the longest, ms".to_owned(), format!("{:.1}", most(&found.refused_ms)), ""),
        (
            "… requests a second that both nodes answered meanwhile".to_owned(),
            format!("{:.0}", found.load_per_second),
            "",
        ),
        ("Memory of a node before, MiB".to_owned(), format!("{:.1}", found.idle_mib), ""),
        (
            format!("**… with {pages} open pages, MiB**"),
            format!("{:.1} {}", found.open_mib, sign(found.open_mib < 200.0)),
            "200",
        ),
        ("… for each page, KiB".to_owned(), format!("{:.1}", grown * 1024.0 / f64::from(pages)), ""),
        (format!("… processors kept busy over {rest_seconds} s"), format!("{:.3}", found.rest_cpus), ""),
        (format!("Pages told that their session is over, of {}", told(pages)), format!("{}", found.heard_ms.len()), ""),
        (
            "… from the answer at the other node, median, ms".to_owned(),
            format!("{:.0}", percentile(&found.heard_ms, 50)),
            "",
        ),
        ("**… 99 %, ms**".to_owned(), format!("{heard:.0} {}", sign(heard <= 3_000.0)), "3,000"),
        ("Their node stops: all others are at the next one after, ms".to_owned(), format!("{:.0}", found.back_ms), ""),
        (
            "… the most that came in a tenth of a second".to_owned(),
            format!("{}", found.came_back.iter().max().unwrap_or(&0)),
            "",
        ),
    ];
    for (name, value, goal) in lines {
        // Writing to a text does not fail.
        let _ = writeln!(text, "| {name} | {value} | {goal} |");
    }
    let spread: Vec<String> = found.came_back.iter().map(ToString::to_string).collect();
    let _ = write!(
        text,
        "\nA member ends all other sessions at one node, and another session of theirs asks the other node from that moment on, every {} ms, while {AT_WORK} clients keep \
         each node at work. No node tells another anything: each request reads the session's row, so that no lost notice can keep a session alive. Open pages hang on \
         server-sent events, a session and a connection each, without TLS; their node looks once a second. When it stops it ends the streams, and each page waits as long as it was \
         told (0.5 to 1.5 s, by chance) before it asks the next node. They came, by tenths of a second: {}.\n\n```\ncargo xtask bench --live\n```\n{}",
        ASK_AGAIN.as_millis(),
        spread.join(" "),
        SECTION.end
    );
    text
}

/// How many of the pages are told that their session is over: a fifth, and whole members.
const fn told(pages: u32) -> u32 {
    members(pages) / 5 * (pages / members(pages))
}

/// Over how many members the pages spread.
const fn members(pages: u32) -> u32 {
    if pages < PEOPLE { pages } else { PEOPLE }
}

pub async fn measure(program: &Path, postgres: &str, plan: Plan, machine: Machine) -> Result<Found> {
    let place = Place::new(program, Some(postgres)).await?;
    place.settle(ContactKind::Mobile).await?;
    let (here, there) = (place.start(&door())?, place.start(&door())?);
    say("two nodes stand");
    let (load_per_second, refused_ms, at_once) = refusals(&here, &there, plan).await?;
    say(&format!("refused after {:.1} ms (99 %), {at_once} at once", percentile(&refused_ms, 99)));
    // Anew, so that the memory is the pages' own.
    there.stop()?;
    let there = place.start(&door())?;
    let heads = sessions(&here, plan.pages).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle_mib = machine::memory(there.pid())?.resident_mib;
    let stops = Arc::new(AtomicBool::new(false));
    let (said, words) = channel();
    for (nth, head) in heads.into_iter().enumerate() {
        tokio::spawn(page(nth, [there.address, here.address], head, stops.clone(), said.clone()));
        // As people come: not all in one moment.
        if nth % 50 == 49 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    wait_for(&words, plan.pages, |word| if let Word::Open(at) = word { Some(*at) } else { None }).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = machine::cpu_seconds(Some(there.pid()));
    tokio::time::sleep(Duration::from_secs(plan.rest_seconds)).await;
    let rest_cpus = (machine::cpu_seconds(Some(there.pid())) - before) / count(usize::try_from(plan.rest_seconds)?);
    let open_mib = machine::memory(there.pid())?.resident_mib;
    say(&format!("{} pages: {open_mib:.1} MiB, {rest_cpus:.3} processors", plan.pages));
    let heard_ms = hearings(&here, &words, plan).await?;
    say(&format!("heard after {:.0} ms (99 %) by {}", percentile(&heard_ms, 99), heard_ms.len()));
    let left = plan.pages - told(plan.pages);
    stops.store(true, Ordering::Relaxed);
    let stopped = Instant::now();
    ensure!(Command::new("kill").arg(there.pid().to_string()).status()?.success(), "the node cannot be stopped");
    let back = wait_for(&words, left, |word| if let Word::Back(at) = word { Some(*at) } else { None }).await?;
    let times: Vec<Duration> = back.iter().map(|at| at.duration_since(stopped)).collect();
    let mut came_back = Vec::new();
    for time in &times {
        let tenth = usize::try_from(time.as_millis() / 100)?;
        if came_back.len() <= tenth {
            came_back.resize(tenth + 1, 0);
        }
        came_back[tenth] += 1;
    }
    let back_ms = times.iter().map(Duration::as_secs_f64).fold(0.0, f64::max) * 1e3;
    say(&format!("back after {back_ms:.0} ms"));
    here.stop()?;
    Ok(Found {
        machine,
        plan,
        load_per_second,
        refused_ms,
        at_once,
        idle_mib,
        open_mib,
        rest_cpus,
        heard_ms,
        came_back,
        back_ms,
    })
}

async fn token(http: &mut Http, number: u32, from_number: u32) -> Result<String> {
    let body = json!({ "login": id(number), "password": PASSWORD }).to_string();
    let head = format!("{JSON}{}", from(from_number));
    let answer: Value = serde_json::from_slice(&http.expect(200, "POST", "/api/v1/sign-in", &head, &body).await?)?;
    Ok(answer["session"].as_str().context("no session")?.to_owned())
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// Load, times in ms, and how many at once.
async fn refusals(here: &Server, there: &Server, plan: Plan) -> Result<(f64, Vec<f64>, usize)> {
    let mut signing = Http::connect(here.address).await?;
    let mut pairs = Vec::new();
    for number in 0..plan.rounds {
        let keeps = token(&mut signing, number, number).await?;
        pairs.push((keeps, token(&mut signing, number, 100_000 + number).await?));
    }
    let mut workers = Vec::new();
    for (nth, server) in (0..AT_WORK).flat_map(|nth| [(nth, here), (nth, there)]) {
        let own = token(&mut signing, PEOPLE - 1 - nth, 200_000 + nth).await?;
        workers.push((Http::connect(server.address).await?, bearer(&own)));
    }
    let (over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = try_join_all(workers.iter_mut().map(async |(http, head)| {
        while !over.load(Ordering::Relaxed) {
            http.expect(200, "GET", "/api/v1/session", head, "").await?;
            asked.fetch_add(1, Ordering::Relaxed);
        }
        anyhow::Ok(())
    }));
    let begun = Instant::now();
    let rounds = async {
        let done = sign_out(here, there, &pairs).await;
        // Also after a failure, which the load must not outlive.
        over.store(true, Ordering::Relaxed);
        done
    };
    let (rounds, load) = futures_util::future::join(rounds, load).await;
    load?;
    let (mut times, at_once) = rounds?;
    times.sort_by(f64::total_cmp);
    Ok((count(asked.load(Ordering::Relaxed)) / begun.elapsed().as_secs_f64(), times, at_once))
}

/// One after the other: the times in ms, and how many were refused at once.
async fn sign_out(here: &Server, there: &Server, pairs: &[(String, String)]) -> Result<(Vec<f64>, usize)> {
    let (mut ends, mut asks) = (Http::connect(here.address).await?, Http::connect(there.address).await?);
    let (mut times, mut at_once) = (Vec::new(), 0);
    for (keeps, other) in pairs {
        asks.expect(200, "GET", "/api/v1/session", &bearer(other), "").await?;
        ends.expect(204, "DELETE", "/api/v1/sessions", &bearer(keeps), "").await?;
        let ended = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            if asks.ask("GET", "/api/v1/session", &bearer(other), "").await?.status == 401 {
                break;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        times.push(ended.elapsed().as_secs_f64() * 1e3);
        at_once += usize::from(tries == 1);
    }
    Ok((times, at_once))
}

/// The heads of so many signed-in browsers.
async fn sessions(server: &Server, pages: u32) -> Result<Vec<String>> {
    let mut heads = Vec::new();
    for begin in (0..pages).step_by(20) {
        let some = begin..pages.min(begin + 20);
        let browsers = some.map(async |nth| {
            let login = format!("member-{}", nth % members(pages));
            anyhow::Ok(Browser::signs_in(server, &login, 300_000 + nth).await?.head())
        });
        heads.extend(try_join_all(browsers).await?);
    }
    Ok(heads)
}

/// What pages say of themselves.
enum Word {
    Open(Instant),
    Over(Instant),
    Back(Instant),
    Lost(String),
}

/// One page: hangs on a stream, and when that ends without a word, on another: at the next node, once its own `stops`.
async fn page(nth: usize, nodes: [std::net::SocketAddr; 2], head: String, stops: Arc<AtomicBool>, said: Sender<Word>) {
    let mut node = 0;
    loop {
        match hang(nodes[node], &head, || {
            let now = Instant::now();
            said.send(if stops.load(Ordering::Relaxed) { Word::Back(now) } else { Word::Open(now) }).ok();
        })
        .await
        {
            Ok(None) => {
                said.send(Word::Over(Instant::now())).ok();
                return;
            }
            Ok(Some(pause)) => {
                if stops.load(Ordering::Relaxed) {
                    node = 1;
                }
                tokio::time::sleep(pause).await;
            }
            Err(why) => {
                said.send(Word::Lost(format!("page {nth}: {why:#}"))).ok();
                return;
            }
        }
    }
}

/// Until the stream ends: none where the session is over, else how long it was told to wait.
async fn hang(node: std::net::SocketAddr, head: &str, opened: impl Fn()) -> Result<Option<Duration>> {
    let mut stream = TcpStream::connect(node).await?;
    let ask = format!("GET /w/{SLUG}/me/open HTTP/1.1\r\nHost: localhost\r\n{head}\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let (mut read, mut pause) = (Vec::with_capacity(1_024), None);
    while stream.read_buf(&mut read).await? > 0 {
        let text = String::from_utf8_lossy(&read);
        if text.contains("event: over") {
            return Ok(None);
        }
        if pause.is_none()
            && let Some((_, rest)) = text.split_once("retry: ")
            && let Some((ms, _)) = rest.split_once('\n')
        {
            pause = Some(Duration::from_millis(ms.trim().parse()?));
            opened();
        }
        if pause.is_some() {
            read.clear();
        }
    }
    let text = String::from_utf8_lossy(&read).into_owned();
    pause.map(Some).with_context(|| format!("no stream: {text}"))
}

/// When so many words of one kind came.
async fn wait_for(hears: &Receiver<Word>, number: u32, is: impl Fn(&Word) -> Option<Instant>) -> Result<Vec<Instant>> {
    let end = Instant::now() + Duration::from_mins(2);
    let mut all = Vec::new();
    while all.len() < usize::try_from(number)? {
        for word in hears.try_iter() {
            if let Word::Lost(why) = word {
                anyhow::bail!(why);
            }
            all.extend(is(&word));
        }
        ensure!(Instant::now() < end, "only {} of {number}", all.len());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(all)
}

/// A fifth of the members end all their other sessions, one after the other.
async fn hearings(here: &Server, hears: &Receiver<Word>, plan: Plan) -> Result<Vec<f64>> {
    let each = plan.pages / members(plan.pages);
    let mut times = Vec::new();
    for number in 0..members(plan.pages) / 5 {
        // As browsers of several people come: each on a connection of its own.
        let mut http = Http::connect(here.address).await?;
        let own = token(&mut http, number, 400_000 + number).await?;
        http.expect(204, "DELETE", "/api/v1/sessions", &bearer(&own), "").await?;
        let ended = Instant::now();
        // Sometimes at once, sometimes a while later, so that they fall anywhere between two looks.
        let words = wait_for(hears, each, |word| if let Word::Over(at) = word { Some(*at) } else { None }).await?;
        times.extend(words.iter().map(|at| at.duration_since(ended).as_secs_f64() * 1e3));
        tokio::time::sleep(Duration::from_millis(u64::from(number * 37 % 200))).await;
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}
