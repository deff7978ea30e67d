//! The server looks its own chains through: what is new at once, all of it in rounds of a day. What does not fit is an alert that stays.
//!
//! It reads far behind everything else, a thousand rows at a time. What it finds `aikagi audit verify --database` finds, too, and says more.

use super::proof::{Fault, Walk};
use super::{Error, Result, heads, page_on};
use crate::app::App;
use crate::model::id::WorkspaceId;
use crate::model::time::Span;
use crate::model::{AlertEvent, Timestamp, days, minutes};
use crate::store::alerts::{self, Alert};
use crate::store::chain::{self, Tip};
use crate::store::chain_rounds::{self, Round};
use crate::store::followers::{self, Position};
use crate::store::transaction;

/// How long after its beginning the next round begins.
const ROUND: Span = days(1);
/// How long a node keeps the work for itself without doing any.
const LEASE: Span = minutes(2);
/// Who looks is noted under this name.
const NAME: &str = "audit.rounds";
/// Rows that are read at once.
const PIECE: usize = 1_000;

/// Looks at the next rows of a chain that has grown or whose turn it is. One of all nodes does it. Answers whether there was anything to do.
pub async fn go_on(app: &App, node: &str) -> Result<bool> {
    let now = app.now();
    let Some(name) = chain_rounds::due(&mut app.db.read().await?, now - ROUND).await? else { return Ok(false) };
    let mine = transaction!(app.db, conn => {
        followers::begin(conn, NAME, &Position { position: String::new(), until: now }).await?;
        followers::lease(conn, NAME, node, now + LEASE, now).await.map_err(Error::from)
    })?;
    if !mine {
        return Ok(false);
    }
    let keys = heads::keys(app).await?;
    let conn = &mut app.db.snapshot().await?;
    let before = chain_rounds::of(conn, &name).await?;
    let is_over = |round: &Round| round.begun_at <= now - ROUND;
    let first = Round { workspace_id: name.clone(), nth: 0, link: String::new(), begun_at: now, broken: false };
    let mut round = before.clone().filter(|round| !is_over(round)).unwrap_or(first.clone());
    // Old rows were forgotten up to behind this place: their head says where it begins.
    if round.nth > 0 && chain::first(conn, &name).await?.is_some_and(|there| there > round.nth + 1) {
        round = first;
    }
    let known = chain::heads(conn, &name, if round.nth == 0 { 0 } else { round.nth + 1 }).await?;
    let mut walk = match round.nth {
        0 => Walk::new(&name, known, &keys, now),
        nth => Walk::behind(nth, &round.link, known, &keys, (&name, now)),
    };
    let some = page_on(app, conn, &name, round.nth).await?;
    let more = some.len() >= PIECE;
    let mut link = round.link.clone();
    for entry in some {
        let next = entry.place.link.clone();
        walk.row(entry.row, entry.place);
        link = next;
    }
    let report = if more {
        let (report, fitting) = walk.so_far();
        link = fitting;
        report
    } else {
        // Without its note of the end a chain ends nowhere.
        let tip = chain::tip(conn, &name).await?;
        walk.end(Some(&tip.unwrap_or(Tip { workspace_id: name.clone(), nth: 0, link: String::new() })))
    };
    let broken = report.broken.map(|broken| (broken.nth, broken.fault));
    round = Round { nth: report.last, link, broken: broken.is_some(), ..round };
    transaction!(app.db, conn => {
        if !chain_rounds::advance(conn, before.as_ref(), &round).await? {
            return Ok::<_, Error>(());
        }
        if let Some((nth, fault)) = &broken {
            alerts::insert(conn, &alert(&name, *nth, fault, now)).await?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// Each row that does not fit is told once.
fn alert(name: &str, nth: i64, fault: &Fault, now: Timestamp) -> Alert {
    tracing::error!(chain = name, nth, ?fault, "the audit log's chain does not fit");
    Alert {
        workspace_id: (!name.is_empty()).then(|| WorkspaceId(name.to_owned())),
        times: nth,
        ..Alert::new(AlertEvent::ChainBroken, name.to_owned(), Timestamp(nth), now)
    }
}
