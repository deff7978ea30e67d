//! Whole recoveries beside bare hashes, and codes typed rightly and wrongly. The codes are read where the server's carrier
//! writes them.

use std::cell::{Cell, RefCell};

use aikagi::vault::HashingPool;
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use crate::door::{JSON, Plan, bare_hashes, counter, drained, from, hashing_pool, next, say};
use crate::http::Http;
use crate::load::{Run, drive, drive_while, median, middle};
use crate::mailbox::Mailbox;
use crate::place::{PEOPLE, Place, Server, door, mobile};

/// Clients at once; more than elsewhere, since half of them wait for a message.
pub const CLIENTS: u32 = 16;
/// Wrong guesses at one code; the last one of five is left for the right one.
const WRONG: u32 = 4;

/// What recoveries showed.
#[derive(Debug, Serialize)]
pub struct Recoveries {
    pub whole: Run,
    /// How many hashes one of them took: the new password's, and comparing it with the one before and earlier ones.
    pub hashes_each: f64,
    /// Hashes of whole recoveries by bare hashes: the middle of the pairs.
    pub ratio: f64,
    pub ratios: Vec<f64>,
    pub right_codes: Run,
    pub wrong_codes: Run,
}

/// One client's connection.
struct Line {
    http: Http,
}

/// An attempt that waits for its code to be typed.
struct Attempt {
    handle: String,
    code: String,
    from: u32,
}

/// On a server that was started anew. Afterwards nobody has the password that they had.
pub async fn measure(place: &Place, plan: Plan) -> Result<Recoveries> {
    let server = place.start(&door())?;
    let mailbox = Mailbox::open(server.messages())?;
    let mut lines = Vec::new();
    for _ in 0..CLIENTS {
        lines.push(Line { http: Http::connect(server.address).await? });
    }
    let number = Cell::new(0);

    let attempts = RefCell::new(Vec::new());
    let wanted = plan.attempts;
    let more = || attempts.borrow().len() < wanted;
    drive_while(&mut lines, more, None, async |line: &mut Line| {
        let attempt = begin(line, &mailbox, next(&number)).await?;
        attempts.borrow_mut().push(attempt);
        Ok(())
    })
    .await?;
    drained(&server).await?;
    let attempts = attempts.into_inner();
    let (guess, all) = (Cell::new(0), u32::try_from(attempts.len())?);
    let wrong_codes = drive_while(
        &mut lines,
        || guess.get() < all * WRONG,
        Some(server.pid()),
        async |line: &mut Line| {
            let attempt = &attempts[(next(&guess) % all) as usize];
            let wrong = if attempt.code == "00000000" { "00000001" } else { "00000000" };
            check(line, attempt, wrong, 422).await.map(drop)
        },
    )
    .await?;
    say(&format!("{:.0} wrong codes/s, p99 {:.1} ms", wrong_codes.per_second, wrong_codes.p99_ms));
    guess.set(0);
    let right_codes = drive_while(
        &mut lines,
        || guess.get() < all,
        Some(server.pid()),
        async |line: &mut Line| {
            let attempt = &attempts[next(&guess) as usize];
            check(line, attempt, &attempt.code, 200).await.map(drop)
        },
    )
    .await?;
    say(&format!("{:.0} right codes/s, p99 {:.1} ms", right_codes.per_second, right_codes.p99_ms));

    let (whole, hashes_each, ratios) = pairs(&server, &mut lines, &mailbox, &number, plan).await?;
    drained(&server).await?;
    server.stop()?;
    Ok(Recoveries { whole, hashes_each, ratio: median(ratios.iter().copied()), ratios, right_codes, wrong_codes })
}

/// Bare hashes and whole recoveries by turns.
async fn pairs(
    server: &Server,
    lines: &mut [Line],
    mailbox: &Mailbox,
    number: &Cell<u32>,
    plan: Plan,
) -> Result<(Run, f64, Vec<f64>)> {
    let pool: HashingPool = hashing_pool()?;
    let (mut runs, mut each, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.pairs {
        // Notices go out meanwhile; they are not to disturb what comes next.
        drained(server).await?;
        let bare = bare_hashes(&pool, plan.time()).await?;
        let before = counter(server, "aikagi_hashes_total").await?;
        let done = Cell::new(0);
        let run = drive(lines, plan.time(), Some(server.pid()), async |line: &mut Line| {
            next(&done);
            recover(line, mailbox, next(number)).await
        })
        .await?;
        let hashes = (counter(server, "aikagi_hashes_total").await? - before) / f64::from(done.get());
        let ratio = run.per_second * hashes / bare.per_second;
        say(&format!(
            "{:.1} recoveries/s of {hashes:.2} hashes, {:.1} hashes/s: {ratio:.3}",
            run.per_second, bare.per_second
        ));
        runs.push(run);
        each.push(hashes);
        ratios.push(ratio);
    }
    Ok((middle(&runs), median(each), ratios))
}

/// Asks for a code and reads it.
async fn begin(line: &mut Line, mailbox: &Mailbox, number: u32) -> Result<Attempt> {
    let body = json!({ "kind": "sms", "address": mobile(number % PEOPLE) }).to_string();
    let head = format!("{JSON}{}", from(number));
    let answer = line.http.expect(200, "POST", "/api/v1/recovery", &head, &body).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    let handle = answer["handle"].as_str().context("no handle")?.to_owned();
    let code = mailbox.code(answer["recovery"]["reference"].as_str().context("no reference")?).await?;
    Ok(Attempt { handle, code, from: number })
}

async fn check(line: &mut Line, attempt: &Attempt, code: &str, status: u16) -> Result<Vec<u8>> {
    let head = format!("{JSON}{}Aikagi-Recovery: {}\r\n", from(attempt.from), attempt.handle);
    let body = json!({ "code": code }).to_string();
    line.http.expect(status, "POST", "/api/v1/recovery/check", &head, &body).await
}

/// From the number that somebody types to the new password, which nobody had before.
async fn recover(line: &mut Line, mailbox: &Mailbox, number: u32) -> Result<()> {
    let attempt = begin(line, mailbox, number).await?;
    let answer: Value = serde_json::from_slice(&check(line, &attempt, &attempt.code, 200).await?)?;
    let id = answer["ids"][0]["id"].as_str().context("no ID")?;
    ensure!(answer["ids"].as_array().is_some_and(|ids| ids.len() == 1), "one ID has the number");
    let body = json!({ "id": id, "password": format!("correct horse battery staple {number}") }).to_string();
    let head = format!("{JSON}{}Aikagi-Recovery: {}\r\n", from(number), attempt.handle);
    line.http.expect(200, "POST", "/api/v1/recovery/password", &head, &body).await.map(drop)
}
