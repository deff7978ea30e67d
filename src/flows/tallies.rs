//! Follows both logs some minutes behind their end, and adds up by workspace and hour what the desk's charts show. Each piece moves the position
//! in the transaction that adds, so that nothing is counted twice or left out, whichever node does it and wherever it is stopped.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Result};
use crate::app::App;
use crate::model::tally::{TalliedLog, Tally};
use crate::model::time::Span;
use crate::model::{Timestamp, days, hours, id, id::WorkspaceId, minutes};
use crate::store::tallies::{self, Position, Tallied};
use crate::store::{self, transaction};

/// How far behind now it stays. A line is there a minute after its time at the latest ([`super::ANSWER_WITHIN`]), and two nodes' clocks are a
/// minute apart at most before one of them serves nothing.
pub(super) const BEHIND: Span = minutes(3);
/// How far a position may be ahead of where it should be before that means a clock that was set back.
pub(super) const AHEAD: Span = minutes(1);
/// How long a position stays where it is while nothing happens, so that a quiet server writes little.
pub(super) const QUIET: Span = minutes(5);
/// How far back the first count goes: as long as attempts to get back in are kept, which say by which way.
const FIRST: Span = days(90);
/// How long counts are kept.
pub(super) const KEPT: Span = days(400);
/// Lines that are added up at once.
const PIECE: usize = 1_000;

/// Adds the next lines of each log up. Answers whether there are more.
pub async fn follow(app: &App) -> Result<bool> {
    let mut more = false;
    for &log in TalliedLog::ALL {
        more |= piece(app, log).await?;
    }
    Ok(more)
}

async fn piece(app: &App, log: TalliedLog) -> Result<bool> {
    let until = app.now() - BEHIND;
    let mut conn = app.db.read().await?;
    let Some(from) = tallies::position(&mut conn, log).await? else {
        drop(conn);
        let first = start_of(log, until - FIRST);
        transaction!(app.db, conn => tallies::begin(conn, log, &first).await.map_err(Error::from))?;
        return Ok(true);
    };
    if from.until > until + AHEAD {
        drop(conn);
        return again(app, log, &from, until.window(hours(1))).await;
    }
    let end = start_of(log, until);
    let (counts, last) = next(&mut conn, log, &from.position, &end.position).await?;
    drop(conn);
    let more = last.is_some();
    let to = last.unwrap_or(end);
    if to.position <= from.position || (counts.is_empty() && !more && from.until + QUIET > to.until) {
        return Ok(false);
    }
    let added = transaction!(app.db, conn => {
        let mine = tallies::advance(conn, log, &from, &to).await?;
        if mine {
            store::apply(conn, tallies::add(&counts)).await?;
        }
        Ok::<_, Error>(mine)
    })?;
    Ok(added && more)
}

/// Where the lines of that time begin: ids sort by the time they were made.
fn start_of(log: TalliedLog, at: Timestamp) -> Position {
    let prefix = match log {
        TalliedLog::SignIns => id::SignInId::PREFIX,
        TalliedLog::Audit => id::AuditId::PREFIX,
    };
    Position { position: id::text(prefix, at, [0; 10]), until: at }
}

/// The clock was set back: lines come that are older than some that were counted. From that hour on all is counted anew.
async fn again(app: &App, log: TalliedLog, from: &Position, hour: Timestamp) -> Result<bool> {
    tracing::warn!(log = log.as_str(), "the clock was set back: what the charts show is counted anew from there");
    let to = start_of(log, hour);
    transaction!(app.db, conn => {
        conn.take_time().await?;
        if tallies::advance(conn, log, from, &to).await? {
            tallies::take_back(conn, log, hour).await?;
        }
        Ok::<_, Error>(true)
    })
}

/// The counts of the next lines and, where there are more behind them, where they end.
async fn next(
    conn: &mut store::Conn,
    log: TalliedLog,
    after: &str,
    upto: &str,
) -> Result<(Vec<Tallied>, Option<Position>)> {
    let limit = i64::try_from(PIECE).unwrap_or(i64::MAX);
    let mut sum = Sum { log, times: BTreeMap::new() };
    let (lines, last) = match log {
        TalliedLog::SignIns => {
            let lines = tallies::sign_ins(conn, after, upto, limit).await?;
            for line in &lines {
                sum.add(line.workspace_id.as_ref(), line.at, Tally::of_sign_in(line.result));
            }
            (lines.len(), lines.last().map(|line| Position { position: line.id.clone(), until: line.at }))
        }
        TalliedLog::Audit => {
            let lines = tallies::audit(conn, after, upto, limit).await?;
            // One code may show several IDs of a workspace, each of which has its line.
            let mut proofs = BTreeSet::new();
            for line in &lines {
                let what = Tally::of_action(&line.action, line.kind);
                let is_proof = matches!(what, Some(Tally::ProvedBySms | Tally::ProvedByEmail));
                if !is_proof || proofs.insert((&line.workspace_id, &line.subject)) {
                    sum.add(line.workspace_id.as_ref(), line.at, what);
                }
            }
            (lines.len(), lines.last().map(|line| Position { position: line.id.clone(), until: line.at }))
        }
    };
    Ok((sum.rows(), last.filter(|_| lines == PIECE)))
}

/// What some lines come to.
struct Sum {
    log: TalliedLog,
    times: BTreeMap<(String, Timestamp, Tally), i64>,
}

impl Sum {
    fn add(&mut self, workspace: Option<&WorkspaceId>, at: Timestamp, what: Option<Tally>) {
        if let (Some(workspace), Some(what)) = (workspace, what) {
            *self.times.entry((workspace.0.clone(), at.window(hours(1)), what)).or_default() += 1;
        }
    }

    fn rows(self) -> Vec<Tallied> {
        let log = self.log;
        let row =
            |((workspace, hour, what), times)| Tallied { workspace_id: WorkspaceId(workspace), hour, log, what, times };
        self.times.into_iter().map(row).collect()
    }
}
