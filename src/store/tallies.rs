//! Counts by workspace and hour, and how far the logs are added up. A log is followed in the order of its ids, which is that of time.

use sqlx::FromRow;

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::tally::{TalliedLog, Tally};
use crate::model::{ContactKind, SignInResult, Timestamp, id::WorkspaceId};

/// How far a log is added up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0016_tallies.sql")]
pub struct Position {
    pub position: String,
    pub until: Timestamp,
}

/// A line of the sign-in log, as much of it as is counted.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct SignInLine {
    pub id: String,
    pub workspace_id: Option<WorkspaceId>,
    pub result: SignInResult,
    pub at: Timestamp,
}

/// A line of the audit log, as much of it as is counted, and the kind of contact of the recovery that it is about.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct AuditLine {
    pub id: String,
    pub workspace_id: Option<WorkspaceId>,
    pub action: String,
    pub subject: Option<String>,
    pub kind: Option<ContactKind>,
    pub at: Timestamp,
}

/// How often what happened in one hour of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Tallied {
    pub workspace_id: WorkspaceId,
    pub hour: Timestamp,
    pub log: TalliedLog,
    pub what: Tally,
    pub times: i64,
}

/// How far the log is added up; none before it was begun.
pub async fn position(conn: &mut Conn, log: TalliedLog) -> Result<Option<Position>> {
    const SQL: &str = "select position, until from tally_positions where log = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(log).fetch_optional(db))
}

/// Begins to add a log up. Another node may have begun.
pub async fn begin(conn: &mut Conn, log: TalliedLog, position: &Position) -> Result<()> {
    const SQL: &str =
        "insert into tally_positions (log, position, until) values ($1, $2, $3) on conflict (log) do nothing";
    execute!(conn, sqlx::query(SQL).bind(log).bind(&position.position).bind(position.until)).map(drop)
}

/// Moves the position, if it is still where it was. Answers whether so: else somebody else added the same lines up.
pub async fn advance(conn: &mut Conn, log: TalliedLog, from: &Position, to: &Position) -> Result<bool> {
    const SQL: &str = "update tally_positions set position = $4, until = $5
        where log = $1 and position = $2 and until = $3";
    let moved = execute!(
        conn,
        sqlx::query(SQL).bind(log).bind(&from.position).bind(from.until).bind(&to.position).bind(to.until)
    )?;
    Ok(moved == 1)
}

/// The next tries to sign in.
pub async fn sign_ins(conn: &mut Conn, after: &str, upto: &str, limit: i64) -> Result<Vec<SignInLine>> {
    const SQL: &str =
        "select id, workspace_id, result, at from sign_ins where id > $1 and id <= $2 order by id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(upto).bind(limit).fetch_all(db))
}

/// The next lines of the audit log.
pub async fn audit(conn: &mut Conn, after: &str, upto: &str, limit: i64) -> Result<Vec<AuditLine>> {
    const SQL: &str = "select a.id, a.workspace_id, a.action, a.subject, r.kind, a.at from audit a
        left join recoveries r on r.id = a.subject
        where a.id > $1 and a.id <= $2 order by a.id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(upto).bind(limit).fetch_all(db))
}

/// Adds to the counts. No two may be of the same hour, workspace and thing.
pub fn add(all: &[Tallied]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str = "insert into tallies (workspace_id, hour, log, what, times) values";
    const TAIL: &str =
        " on conflict (workspace_id, hour, log, what) do update set times = tallies.times + excluded.times";
    of_rows(all, [HEAD, TAIL], 5, |change, t| {
        let change = change.text(t.workspace_id.as_str()).time(t.hour);
        change.text(t.log.as_str()).text(t.what.as_str()).whole(t.times)
    })
}

/// Takes back what was counted of this log from this hour on, to count it anew.
pub async fn take_back(conn: &mut Conn, log: TalliedLog, from: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from tallies where hour >= $2 and log = $1").bind(log).bind(from))
}

/// The workspace's counts from this hour on.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, from: Timestamp) -> Result<Vec<(Timestamp, Tally, i64)>> {
    const SQL: &str = "select hour, what, times from tallies where workspace_id = $1 and hour >= $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(from).fetch_all(db))
}

/// Until when both logs are added up; none before the first was begun.
pub async fn until(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let row: (Option<Timestamp>,) =
        on!(conn, db => sqlx::query_as("select min(until) from tally_positions").fetch_one(db))?;
    Ok(row.0)
}

/// Forgets hours before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from tallies where hour < $1").bind(before))
}
