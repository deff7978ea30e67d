//! How quickly codes by SMS leave: from the request to the SMSC, at a steady rate and as fast as they can, and what a queue that cannot leave costs those
//! who sign in meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use aikagi::deliver::worker::{BODY, DESTINATION};
use aikagi::model::id::MessageId;
use aikagi::model::{ContactKind, MessageKind, Timestamp, hours};
use aikagi::store::outbox::{self, Waiting};
use aikagi::store::{Error, apply};
use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::json;

use crate::door::{JSON, Line, connect, counter, from, next, say, sign_in};
use crate::http::Http;
use crate::load::{count, drive, median, percentile};
use crate::machine::Machine;
use crate::place::{PEOPLE, Place, Server, door, mobile};
use crate::report::Section;
use crate::smsc::{self, Smsc, WINDOW, now};

/// The marks of this section of the page.
pub const SECTION: Section =
    Section { begin: "<!-- messages: by cargo xtask bench --messages -->\n", end: "<!-- end of messages -->\n" };
/// From the request to the SMSC, 99 of 100, in ms.
const GOAL_MS: f64 = 250.0;
/// Sign-ins with a queue by those without.
const GOAL_RATIO: f64 = 0.95;
/// Clients who ask for codes side by side.
const ASKERS: u32 = 16;
/// How long the provider thinks that is not on this machine.
const FAR: Duration = Duration::from_millis(100);
/// Rows that go in by one transaction.
const AT_ONCE: usize = 1_000;

/// How long and how much.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Plan {
    pub seconds: u64,
    /// Messages that leave as fast as they can.
    pub burst: u32,
    /// Messages that cannot leave.
    pub waiting: u32,
    pub pairs: usize,
    pub pair_seconds: u64,
}

impl Plan {
    pub const FULL: Self = Self { seconds: 60, burst: 20_000, waiting: 100_000, pairs: 5, pair_seconds: 5 };
    pub const QUICK: Self = Self { seconds: 10, burst: 2_000, waiting: 10_000, pairs: 2, pair_seconds: 3 };
}

/// Codes that were asked for at a steady rate.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Steady {
    /// How many a second were asked for, as it turned out.
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// The most messages that waited at once, seen every half second, and how many did at the end.
    pub most_waiting: f64,
    pub left_waiting: f64,
}

/// One engine's figures.
#[derive(Debug, Serialize)]
pub struct Sent {
    pub fifty: Steady,
    pub two_hundred: Steady,
    /// Messages a second out of a long queue.
    pub most: f64,
    /// A client that does nothing but send.
    pub bare: f64,
    /// Out of a long queue to a provider that answers after a tenth of a second.
    pub most_far: f64,
    /// Sign-ins a second with nothing in the queue, and with messages in it that cannot leave; the middle of the pairs' ratios.
    pub sign_ins: f64,
    pub sign_ins_behind: f64,
    pub ratio: f64,
    pub ratios: Vec<f64>,
}

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Found {
    pub machine: Machine,
    pub plan: Plan,
    pub sqlite: Option<Sent>,
    pub postgres: Option<Sent>,
}

/// The section.
pub fn text(found: &Found) -> String {
    let Machine { date, commit, cpu, cores, memory_mib, kernel, filesystem } = &found.machine;
    let Plan { seconds, burst, waiting, pairs, .. } = found.plan;
    let mut text = format!(
        "{}## Messages\n\n\
         | When | Commit | Processor | Cores | Memory | Kernel | Filesystem |\n|---|---|---|---|---|---|---|\n\
         | {date} | {commit} | {cpu} | {cores} | {memory_mib} MiB | {kernel} | {filesystem} |\n\n\
         | Codes by SMS (SMPP, window {WINDOW}) | Goal | SQLite | PostgreSQL |\n|---|---|---|---|\n",
        SECTION.begin
    );
    let mut line =
        |name: &str, goal: &str, is_reached: &dyn Fn(f64) -> bool, decimals: usize, of: &dyn Fn(&Sent) -> f64| {
            let cell = |sent: &Option<Sent>| {
                sent.as_ref().map_or_else(
                    || "–".to_owned(),
                    |sent| {
                        let sign = match (goal, is_reached(of(sent))) {
                            ("", _) => "",
                            (_, true) => " ✓",
                            (_, false) => " ✗",
                        };
                        format!("{:.decimals$}{sign}", of(sent))
                    },
                )
            };
            // Writing to a text does not fail.
            let _ = writeln!(text, "| {name} | {goal} | {} | {} |", cell(&found.sqlite), cell(&found.postgres));
        };
    let none = |_: f64| true;
    let soon = |ms: f64| ms < GOAL_MS;
    line("50 a second: from the request to the SMSC, median, ms", "", &none, 1, &|sent| sent.fifty.p50_ms);
    line("50 a second: 99 %, ms", "< 250", &soon, 1, &|sent| sent.fifty.p99_ms);
    line("200 a second: asked for in a second", "", &none, 0, &|sent| sent.two_hundred.per_second);
    line("200 a second: median, ms", "", &none, 1, &|sent| sent.two_hundred.p50_ms);
    line("200 a second: 99 %, ms", "< 250", &soon, 1, &|sent| sent.two_hundred.p99_ms);
    line("200 a second: the most that waited", "", &none, 0, &|sent| sent.two_hundred.most_waiting);
    line("200 a second: left at the end", "", &none, 0, &|sent| sent.two_hundred.left_waiting);
    line("Out of a long queue, messages a second", "", &none, 0, &|sent| sent.most);
    line("A client that only sends, messages a second", "", &none, 0, &|sent| sent.bare);
    line("Of that", "", &none, 2, &|sent| sent.most / sent.bare);
    line("To a provider 100 ms away, messages a second", "", &none, 0, &|sent| sent.most_far);
    line("Sign-ins a second, nothing waits", "", &none, 1, &|sent| sent.sign_ins);
    line("Sign-ins a second, a queue that cannot leave", "", &none, 1, &|sent| sent.sign_ins_behind);
    line("Of that", "≥ 0.95", &|ratio| ratio >= GOAL_RATIO, 3, &|sent| sent.ratio);
    let _ = write!(
        text,
        "\nEach rate was kept up for {seconds} s by requests over HTTP, each for a code of its own; the time is from the request's first byte to the `submit_sm` at \
         the SMSC (node-smpp on the same machine, which sends a receipt for each), so that it holds the transaction, too. The long queue has {burst} messages \
         and no receipts, as the client beside it. The queue that cannot leave has {waiting}, and nothing answers at the provider's port; {pairs} pairs of runs by \
         turns, on two databases.\n\n```\ncargo xtask bench --messages\n```\n{}",
        SECTION.end
    );
    text
}

/// Measures everything on one engine.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Sent> {
    let place = Place::new(program, postgres).await?;
    place.settle(ContactKind::Mobile).await?;
    let smsc = Smsc::start(true, Duration::ZERO)?;
    let server = place.start_with_carriers(&door(), &smsc.carrier(), smsc::SECRET)?;
    let fifty = steady(&server, &smsc, 50, plan.seconds).await?;
    let two_hundred = steady(&server, &smsc, 200, plan.seconds).await?;
    server.stop()?;
    drop(smsc);

    let near = Smsc::start(false, Duration::ZERO)?;
    let most = burst(&place, &near, plan.burst).await?;
    let bare = near.bare(plan.burst).await?;
    say(&format!("{most:.0} messages/s out of a queue, a bare client {bare:.0}: {:.3}", most / bare));
    let far = Smsc::start(false, FAR)?;
    let most_far = burst(&place, &far, plan.burst / 4).await?;
    say(&format!("{most_far:.0} messages/s to a provider 100 ms away"));

    let (sign_ins, sign_ins_behind, ratios) = behind(program, postgres, &place, plan).await?;
    Ok(Sent {
        fifty,
        two_hundred,
        most,
        bare,
        most_far,
        sign_ins,
        sign_ins_behind,
        ratio: median(ratios.iter().copied()),
        ratios,
    })
}

/// So many codes a second are asked for, whatever becomes of them.
async fn steady(server: &Server, smsc: &Smsc, per_second: u32, seconds: u64) -> Result<Steady> {
    let before = smsc.count();
    let number = Cell::new(0);
    // When each was asked for, by number, in order.
    let asked = RefCell::new(HashMap::<String, VecDeque<f64>>::new());
    let (begun, time) = (Instant::now(), Duration::from_secs(seconds));
    let askers = (0..ASKERS).map(async |nth| {
        let mut http = Http::connect(server.address).await?;
        let every = Duration::from_secs(1) * ASKERS / per_second;
        let mut turn = tokio::time::interval_at((begun + every * nth / ASKERS).into(), every);
        loop {
            turn.tick().await;
            if begun.elapsed() >= time {
                return anyhow::Ok(());
            }
            let n = next(&number);
            let to = mobile(n % PEOPLE);
            asked.borrow_mut().entry(to[1..].to_owned()).or_default().push_back(now());
            let body = json!({ "kind": "sms", "address": to }).to_string();
            http.expect(200, "POST", "/api/v1/recovery", &format!("{JSON}{}", from(n)), &body).await?;
        }
    });
    let looks = async {
        let (mut look, mut most) = (tokio::time::interval(Duration::from_millis(500)), 0.0_f64);
        while begun.elapsed() < time {
            look.tick().await;
            most = most.max(counter(server, "aikagi_outbox_waiting").await?);
        }
        anyhow::Ok(most)
    };
    let (done, most_waiting) = futures_util::future::join(try_join_all(askers), looks).await;
    done?;
    let took = begun.elapsed().as_secs_f64();
    let left_waiting = counter(server, "aikagi_outbox_waiting").await?;
    let all = usize::try_from(number.get())?;
    arrive(smsc, before + all).await?;
    let mut asked = asked.into_inner();
    let mut times = Vec::new();
    for came in smsc.came().into_iter().skip(before) {
        let at = asked.get_mut(&came.to).and_then(VecDeque::pop_front).context("nobody asked for this")?;
        times.push(came.at - at);
    }
    times.sort_by(f64::total_cmp);
    let steady = Steady {
        per_second: count(all) / took,
        p50_ms: percentile(&times, 50),
        p99_ms: percentile(&times, 99),
        most_waiting: most_waiting?,
        left_waiting,
    };
    say(&format!(
        "{:.0} codes/s: {:.1} ms, 99 % {:.1} ms; at most {:.0} waited, {:.0} at the end",
        steady.per_second, steady.p50_ms, steady.p99_ms, steady.most_waiting, steady.left_waiting
    ));
    Ok(steady)
}

/// Waits until so many have come.
async fn arrive(smsc: &Smsc, all: usize) -> Result<()> {
    let begun = Instant::now();
    while smsc.count() < all {
        ensure!(begun.elapsed() < Duration::from_mins(5), "{} of {all} messages came", smsc.count());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// So many wait when the server starts; answers how many left in a second, from the first to the last.
async fn burst(place: &Place, smsc: &Smsc, messages: u32) -> Result<f64> {
    fill(place, messages).await?;
    let server = place.start_with_carriers(&door(), &smsc.carrier(), smsc::SECRET)?;
    arrive(smsc, usize::try_from(messages)?).await?;
    let came = smsc.came();
    let (first, last) = (came.first().context("none came")?, came.last().context("none came")?);
    crate::door::drained(&server).await?;
    server.stop()?;
    Ok(f64::from(messages) / ((last.at - first.at) / 1e3))
}

/// Codes that wait, as the server writes them.
async fn fill(place: &Place, messages: u32) -> Result<()> {
    let app = place.app().await?;
    let key = app.keyring.server_key();
    let at = app.now();
    let row = |n: u32| {
        let id = MessageId::new(Timestamp(at.0 + i64::from(n)), app.chance());
        let text = format!("合鍵：認証番号 {n:08}（控え AA）10分有効。誰にも教えないでください\n@localhost #{n:08}");
        let body = json!({ "subject": null, "text": text }).to_string();
        Waiting {
            destination: Some(key.seal(&*app.dice, DESTINATION, id.as_str(), mobile(n).as_bytes())),
            body: Some(key.seal(&*app.dice, BODY, id.as_str(), body.as_bytes())),
            id,
            workspace_id: None,
            member_id: None,
            contact_id: None,
            kind: MessageKind::Mobile,
            purpose: "recovery_code".to_owned(),
            reference: None,
            decoy: false,
            toward: Some("JP".to_owned()),
            tries: 0,
            urgency: 0,
            asked: None,
            handed_at: None,
            known: true,
            expires_at: at + hours(1),
            created_at: at,
            carriers: None,
            sms_sender: None,
            sms_budget: None,
        }
    };
    let all: Vec<u32> = (0..messages).collect();
    for some in all.chunks(AT_ONCE) {
        let rows: Vec<_> = some.iter().map(|&n| row(n)).collect();
        let mut tries = app.db.tries();
        let mut conn = tries.begin().await?;
        let done: std::result::Result<(), Error> = apply(&mut conn, rows.iter().map(outbox::insert)).await;
        tries.settle(conn, done).await.context("nobody else is at work")??;
    }
    app.db.close().await;
    Ok(())
}

/// Sign-ins by turns at two servers: one with nothing to send, one with a queue and no provider.
async fn behind(program: &Path, postgres: Option<&str>, empty: &Place, plan: Plan) -> Result<(f64, f64, Vec<f64>)> {
    let full = Place::new(program, postgres).await?;
    full.settle(ContactKind::Mobile).await?;
    fill(&full, plan.waiting).await?;
    // Somebody listened there a moment ago, and nobody does now.
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let carrier = smsc::carrier(closed);
    let free = empty.start_with_carriers(&door(), &carrier, smsc::SECRET)?;
    let busy = full.start_with_carriers(&door(), &carrier, smsc::SECRET)?;
    let (mut at_free, mut at_busy) = (connect(&free).await?, connect(&busy).await?);
    // Until what a start leaves behind has settled, and the carrier is known to be gone.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let time = Duration::from_secs(plan.pair_seconds);
    let (mut all_free, mut all_busy) = (Vec::new(), Vec::new());
    for _ in 0..plan.pairs {
        let run = async |lines: &mut [Line], server: &Server| drive(lines, time, Some(server.pid()), sign_in).await;
        all_free.push(run(&mut at_free, &free).await?.per_second);
        all_busy.push(run(&mut at_busy, &busy).await?.per_second);
        if let (Some(free), Some(busy)) = (all_free.last(), all_busy.last()) {
            say(&format!("{free:.1} sign-ins/s, {busy:.1} with {} waiting: {:.3}", plan.waiting, busy / free));
        }
    }
    let waiting = counter(&busy, "aikagi_outbox_waiting").await?;
    ensure!(waiting >= f64::from(plan.waiting), "only {waiting} messages still wait");
    free.stop()?;
    busy.stop()?;
    let ratios = all_free.iter().zip(&all_busy).map(|(free, busy)| busy / free).collect();
    Ok((median(all_free), median(all_busy), ratios))
}
