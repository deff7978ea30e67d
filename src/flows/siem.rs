//! The sign-in log and the audit log as a stream, in the order of each: a position in the database says how far, one node at a time sends, and it
//! moves on only when the receiver has taken the lines. Nobody who signs in waits for any of it.
//!
//! Sent are ids, networks, results and the browser's own name; no names, no contacts, nothing that was typed, no before and after.

use super::tallies::{AHEAD, BEHIND, QUIET};
use super::{Error, Result};
use crate::app::App;
use crate::deliver::line::{Line, Severity};
use crate::deliver::receiver::Receiver;
use crate::model::id::{self, AuditId, MemberId, SignInId, WorkspaceId};
use crate::model::time::Span;
use crate::model::{AlertEvent, SignInResult, Timestamp, hours, minutes};
use crate::store::followers::{self, Position};
use crate::store::logs::{Audit, SignIn};
use crate::store::{self, Conn, transaction};

/// How long a node keeps the work for itself: longer than some lines take to be handed over.
const LEASE: Span = minutes(1);
/// Lines that are handed over at once.
const PIECE: usize = 1_000;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    SignIns,
    Audit,
}

impl Log {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIns => "siem.sign_ins",
            Self::Audit => "siem.audit",
        }
    }

    /// Where the lines of that time begin: ids sort by the time they were made.
    fn start_of(self, at: Timestamp) -> Position {
        let prefix = match self {
            Self::SignIns => SignInId::PREFIX,
            Self::Audit => AuditId::PREFIX,
        };
        Position { position: id::text(prefix, at, [0; 10]), until: at }
    }
}

/// Sends the next lines of each log. Answers whether there are more.
pub async fn send(app: &App, receiver: &Receiver, node: &str) -> Result<bool> {
    let mut more = false;
    let mut behind = 0;
    for log in [Log::SignIns, Log::Audit] {
        more |= piece(app, receiver, node, log).await?;
        let reached = followers::position(&mut app.db.read().await?, log.name()).await?;
        behind = behind.max(reached.map_or(0, |reached| reached.until.until(app.now()).as_seconds()));
    }
    #[expect(clippy::cast_precision_loss, reason = "seconds are fewer than 2^52")]
    metrics::gauge!("aikagi_siem_lag_seconds").set(behind as f64);
    Ok(more)
}

async fn piece(app: &App, receiver: &Receiver, node: &str, log: Log) -> Result<bool> {
    let (now, name) = (app.now(), log.name());
    let until = now - BEHIND;
    let mut conn = app.db.read().await?;
    let Some(from) = followers::position(&mut conn, name).await? else {
        drop(conn);
        // From the day on which a receiver was named.
        let first = log.start_of(until);
        transaction!(app.db, conn => followers::begin(conn, name, &first).await.map_err(Error::from))?;
        return Ok(true);
    };
    if from.until > until + AHEAD {
        drop(conn);
        tracing::warn!(log = name, "the clock was set back: lines are sent anew from there");
        let again = log.start_of(until.window(hours(1)));
        transaction!(app.db, conn => followers::advance(conn, name, &from, &again).await.map_err(Error::from))?;
        return Ok(true);
    }
    let end = log.start_of(until);
    let (lines, last) = next(&mut conn, log, &from.position, &end.position).await?;
    drop(conn);
    let more = lines.len() == PIECE;
    let to = last.filter(|_| more).unwrap_or(end);
    if to.position <= from.position || (lines.is_empty() && from.until + QUIET > to.until) {
        return Ok(false);
    }
    let lease = transaction!(app.db, conn => {
        followers::lease(conn, name, node, now + LEASE, now).await.map_err(Error::from)
    })?;
    if !lease {
        return Ok(false);
    }
    if !lines.is_empty()
        && let Err(error) = receiver.take(&lines).await
    {
        metrics::counter!("aikagi_siem_lines_total", "result" => "failed").increment(lines.len() as u64);
        tracing::warn!(%error, log = name, "the receiver of the logs does not take them: they wait");
        return Ok(false);
    }
    let moved = transaction!(app.db, conn => followers::advance(conn, name, &from, &to).await.map_err(Error::from))?;
    metrics::counter!("aikagi_siem_lines_total", "result" => "sent").increment(lines.len() as u64);
    Ok(moved && more)
}

async fn next(conn: &mut Conn, log: Log, after: &str, upto: &str) -> Result<(Vec<Line>, Option<Position>)> {
    let limit = i64::try_from(PIECE).unwrap_or(i64::MAX);
    Ok(match log {
        Log::SignIns => {
            let all = store::logs::sign_ins_after(conn, after, upto, limit).await?;
            let last = all.last().map(|line| Position { position: line.id.0.clone(), until: line.at });
            (all.into_iter().map(of_sign_in).collect(), last)
        }
        Log::Audit => {
            let all = store::logs::audit_after(conn, after, upto, limit).await?;
            let last = all.last().map(|line| Position { position: line.id.0.clone(), until: line.at });
            (all.into_iter().map(of_audit).collect(), last)
        }
    })
}

fn of_sign_in(line: SignIn) -> Line {
    Line {
        log: "sign_in",
        what: line.result.to_string(),
        at: line.at,
        severity: if line.result == SignInResult::Done { Severity::Info } else { Severity::Notice },
        fields: vec![
            ("id", line.id.0),
            ("workspace", line.workspace_id.map_or_else(String::new, |id| id.0)),
            ("member", line.member_id.map_or_else(String::new, |id| id.0)),
            ("way", line.way),
            ("network", line.network),
            ("agent", line.agent),
        ],
    }
}

fn of_audit(line: Audit) -> Line {
    let is_alert = AlertEvent::parse(&line.action).is_some();
    let text = |id: Option<MemberId>| id.map_or_else(String::new, |id| id.0);
    Line {
        log: "audit",
        severity: if is_alert { Severity::Warning } else { Severity::Notice },
        what: line.action,
        at: line.at,
        fields: vec![
            ("id", line.id.0),
            ("workspace", line.workspace_id.map_or_else(String::new, |id: WorkspaceId| id.0)),
            ("actor", line.actor),
            ("member", text(line.member_id)),
            ("network", line.network.unwrap_or_default()),
        ],
    }
}
