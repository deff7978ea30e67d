//! Recovery starts by e-mail, while the mail server takes its time over each message: nobody is to wait for it.

use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

use aikagi::model::ContactKind;
use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::json;

use crate::door::{JSON, Plan, from, next, say};
use crate::http::Http;
use crate::load::{Run, count, drive};
use crate::place::{PEOPLE, Place, door, email};
use crate::post::Post;

/// How long the mail server takes for each message.
pub const DELAY: Duration = Duration::from_millis(44);
/// Clients at once, in one run and in the next.
pub const CLIENTS: [usize; 2] = [8, 16];

/// What one run showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ByMail {
    pub clients: usize,
    pub starts: Run,
    /// Messages that the mail server took meanwhile.
    pub handed_per_second: f64,
}

/// Each run on a database of its own: what the run before left waiting would take minutes to go.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Vec<ByMail>> {
    let mut all = Vec::new();
    for clients in CLIENTS {
        let place = Place::new(program, postgres).await?;
        place.settle(ContactKind::Email).await?;
        let found = measure_on(&place, clients, plan).await?;
        say(&format!(
            "{:.0} recovery starts/s by e-mail of {clients} clients, p99 {:.1} ms, {:.0} messages/s meanwhile",
            found.starts.per_second, found.starts.p99_ms, found.handed_per_second
        ));
        all.push(found);
    }
    Ok(all)
}

async fn measure_on(place: &Place, clients: usize, plan: Plan) -> Result<ByMail> {
    let post = Post::open(DELAY).await?;
    let server = place.start_with_mail(&door(), post.address)?;
    let mut lines = Vec::new();
    for _ in 0..clients {
        lines.push(Http::connect(server.address).await?);
    }
    let (asked, begun) = (Cell::new(0), Instant::now());
    let starts = drive(&mut lines, plan.time(), Some(server.pid()), async |line: &mut Http| {
        let number = next(&asked);
        let body = json!({ "kind": "email", "address": email(number % PEOPLE) }).to_string();
        let head = format!("{JSON}{}", from(number));
        line.expect(200, "POST", "/api/v1/recovery", &head, &body).await.map(drop)
    })
    .await?;
    let handed_per_second = count(post.taken()) / begun.elapsed().as_secs_f64();
    ensure!(handed_per_second > 0.0, "no message came to the mail server");
    server.stop()?;
    Ok(ByMail { clients, starts, handed_per_second })
}
