//! A thousand clients sign in at once, each as fast as it is let, while somebody looks every twentieth of a second whether the
//! rest of the house still answers.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::{join3, try_join_all};
use serde::Serialize;
use serde_json::json;

use crate::door::{JSON, from, say};
use crate::http::Http;
use crate::load::{count, percentile};
use crate::machine;
use crate::place::{PASSWORD, PEOPLE, Place, Server, door, id};

/// Clients at once.
pub const CLIENTS: u32 = 1_000;
/// How often the other pages are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a client that was turned away waits, whatever it was told: worse than people.
const PAUSE: Duration = Duration::from_secs(1);

/// What a storm did.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Storm {
    pub seconds: u64,
    pub signed_in_per_second: f64,
    /// By sign-ins a second with few clients.
    pub of_calm: f64,
    pub turned_away: usize,
    pub longest_ms: f64,
    /// `/healthz`, on its own listener.
    pub health_p99_ms: f64,
    /// The sign-in page.
    pub page_p99_ms: f64,
    pub peak_mib: f64,
    /// Idle + 20 MiB a core + 64 MiB.
    pub peak_goal_mib: f64,
}

/// Times of one client's answers, in ms: signed in, and turned away.
type Times = (Vec<f64>, Vec<f64>);

/// On a server that was started anew, so that its peak is this storm's.
pub async fn measure(place: &Place, time: Duration, calm_per_second: f64) -> Result<Storm> {
    let server = place.start(&door())?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle = machine::memory(server.pid())?.resident_mib;
    let mut lines = Vec::new();
    for _ in 0..CLIENTS {
        lines.push(Http::connect(server.address).await?);
    }
    let until = Instant::now() + time;
    let all = lines.into_iter().zip(0..).map(|(http, number)| client(http, number, until));
    let (times, health, page) = join3(
        try_join_all(all),
        look(&server, true, "/healthz".to_owned(), until),
        look(&server, false, door(), until),
    )
    .await;
    let (times, health, page) = (times?, health?, page?);
    // What was begun in time and ended later counts for the waits, not for the rate.
    let all = |of: fn(&Times) -> &Vec<f64>| times.iter().flat_map(of).copied().collect::<Vec<f64>>();
    let (signed_in, turned_away) = (all(|times| &times.0), all(|times| &times.1));
    let memory = machine::memory(server.pid())?;
    server.stop()?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let storm = Storm {
        seconds: time.as_secs(),
        signed_in_per_second: count(signed_in.len()) / time.as_secs_f64(),
        of_calm: count(signed_in.len()) / time.as_secs_f64() / calm_per_second,
        turned_away: turned_away.len(),
        longest_ms: signed_in.iter().chain(&turned_away).copied().fold(0.0, f64::max),
        health_p99_ms: percentile(&health, 99),
        page_p99_ms: percentile(&page, 99),
        peak_mib: memory.peak_mib,
        peak_goal_mib: idle + 20.0 * count(cores) + 64.0,
    };
    say(&format!(
        "storm: {:.1} sign-ins/s, longest {:.0} ms, health {:.1} ms, page {:.1} ms, peak {:.1} MiB",
        storm.signed_in_per_second, storm.longest_ms, storm.health_p99_ms, storm.page_p99_ms, storm.peak_mib
    ));
    Ok(storm)
}

/// Signs in again and again until the time is over; only what ended in time is counted as signed in.
async fn client(mut http: Http, number: u32, until: Instant) -> Result<Times> {
    let (mut signed_in, mut turned_away) = (Vec::new(), Vec::new());
    let body = json!({ "login": id(number % PEOPLE), "password": PASSWORD }).to_string();
    let head = format!("{JSON}{}", from(number));
    while Instant::now() < until {
        let begun = Instant::now();
        let answer = http.ask("POST", "/api/v1/sign-in", &head, &body).await?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        match answer.status {
            200 if Instant::now() < until => signed_in.push(ms),
            200 => {}
            429 | 503 => {
                turned_away.push(ms);
                tokio::time::sleep(PAUSE).await;
            }
            other => ensure!(other == 200, "answered {other}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }
    Ok((signed_in, turned_away))
}

/// How long each look took, in ms, sorted.
async fn look(server: &Server, operations: bool, path: String, until: Instant) -> Result<Vec<f64>> {
    let mut http = Http::connect(if operations { server.operations } else { server.address }).await?;
    let mut every = tokio::time::interval(LOOK_EVERY);
    let mut times = Vec::new();
    while Instant::now() < until {
        every.tick().await;
        let begun = Instant::now();
        http.expect(200, "GET", &path, "", "").await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}
