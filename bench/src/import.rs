//! Many members come in by a file while others sign in: how many rows a second, and what the others notice of it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::json;

use crate::door::{JSON, Plan, from, next, say};
use crate::http::Http;
use crate::load::percentile;
use crate::place::{PASSWORD, PEOPLE, Place, SLUG, Server, door, id};

/// Each of so many people signs in so often: a workplace, not a storm.
const PEOPLE_AT_ONCE: u32 = 4;
const EVERY: Duration = Duration::from_millis(200);
/// As long as calm lasts.
const CALM: Duration = Duration::from_secs(20);

/// What an import showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Import {
    pub rows: u32,
    /// Of the whole command: reading and checking the file, too.
    pub rows_per_second: f64,
    pub calm_p50_ms: f64,
    pub calm_p99_ms: f64,
    pub meanwhile_p50_ms: f64,
    pub meanwhile_p99_ms: f64,
    pub sign_ins_meanwhile: usize,
}

pub async fn measure(place: &Place, plan: Plan) -> Result<Import> {
    let rows = plan.import_rows;
    fs::write(place.folder().join("members.csv"), file(rows))?;
    let server = place.start(&door())?;
    let number = Cell::new(0);
    let until = Instant::now() + CALM.min(plan.time() * 4);
    let calm = sign_ins(&server, &number, || Instant::now() < until).await?;

    let mut command = place.command();
    command.args(["member", "import", SLUG, "members.csv", "--links", "links.csv"]);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let ended = Cell::new(None);
    let watch = async {
        loop {
            if let Some(status) = child.try_wait()? {
                ended.set(Some(begun.elapsed()));
                ensure!(status.success(), "the import ended with {status}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (watched, meanwhile) =
        futures_util::future::join(watch, sign_ins(&server, &number, || ended.get().is_none())).await;
    watched?;
    let meanwhile = meanwhile?;
    server.stop()?;
    let import = Import {
        rows,
        rows_per_second: f64::from(rows) / ended.get().unwrap_or_default().as_secs_f64(),
        calm_p50_ms: percentile(&calm, 50),
        calm_p99_ms: percentile(&calm, 99),
        meanwhile_p50_ms: percentile(&meanwhile, 50),
        meanwhile_p99_ms: percentile(&meanwhile, 99),
        sign_ins_meanwhile: meanwhile.len(),
    };
    say(&format!(
        "import: {:.0} rows/s; sign-ins {:.1} ms, p99 {:.1} ms, calm {:.1} and {:.1} ms",
        import.rows_per_second,
        import.meanwhile_p50_ms,
        import.meanwhile_p99_ms,
        import.calm_p50_ms,
        import.calm_p99_ms
    ));
    Ok(import)
}

/// Numbers and addresses that none of the others have.
fn file(rows: u32) -> String {
    let mut text = "login,name,kana,department,mobile,email\n".to_owned();
    for n in 0..rows {
        // Writing to a text does not fail.
        let _ = writeln!(
            text,
            "new-{n},山田 {n},ヤマダ,営業部,080-{:04}-{:04},new-{n}@example.jp",
            1_000 + n / 10_000,
            n % 10_000
        );
    }
    text
}

/// How long each sign-in took, in ms, sorted. Whoever is late does not make up for it.
async fn sign_ins(server: &Server, number: &Cell<u32>, more: impl Fn() -> bool) -> Result<Vec<f64>> {
    let all = (0..PEOPLE_AT_ONCE).map(async |place| {
        let mut http = Http::connect(server.address).await?;
        let mut times = Vec::new();
        tokio::time::sleep(EVERY / PEOPLE_AT_ONCE * place).await;
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while more() {
            every.tick().await;
            let number = next(number);
            let body = json!({ "login": id(number % PEOPLE), "password": PASSWORD }).to_string();
            let begun = Instant::now();
            http.expect(200, "POST", "/api/v1/sign-in", &format!("{JSON}{}", from(number)), &body).await?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        anyhow::Ok(times)
    });
    let mut times: Vec<f64> = try_join_all(all).await?.into_iter().flatten().collect();
    times.sort_by(f64::total_cmp);
    Ok(times)
}
