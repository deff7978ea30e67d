//! Messages waiting to leave. They are written in the transaction that caused them, claimed by a worker for a while,
//! and emptied of destination and body when they are handed over.

use sqlx::{AssertSqlSafe, FromRow};

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    ContactKind, Timestamp,
    id::{MessageId, WorkspaceId},
};

/// A message's row while it waits.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Waiting {
    pub id: MessageId,
    pub workspace_id: Option<WorkspaceId>,
    pub kind: ContactKind,
    pub purpose: String,
    pub reference: Option<String>,
    pub decoy: bool,
    pub destination: Option<String>,
    pub body: Option<String>,
    pub tries: i64,
    pub urgency: i64,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// How a message ended.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Ending<'a> {
    /// handed, failed, expired or dropped
    pub state: &'static str,
    pub carrier: Option<&'a str>,
    pub provider_id: Option<&'a str>,
    pub cause: Option<&'a str>,
}

/// A new message, ready to leave at once.
pub fn insert(message: &Waiting) -> Change<'_> {
    const SQL: &str =
        "insert into outbox (id, workspace_id, kind, purpose, reference, decoy, destination, body, state, tries,
            next_try_at, expires_at, created_at, urgency)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $10, $9, $11)";
    let m = message;
    Change::new(SQL)
        .text(m.id.as_str())
        .maybe(m.workspace_id.as_ref().map(WorkspaceId::as_str))
        .text(m.kind.as_str())
        .text(&m.purpose)
        .maybe(m.reference.as_deref())
        .flag(m.decoy)
        .maybe(m.destination.as_deref())
        .maybe(m.body.as_deref())
        .time(m.created_at)
        .time(m.expires_at)
        .whole(m.urgency)
}

/// Claims up to `limit` messages that are due, the more urgent before the others, until `until`: nobody else gets them before. The claim is their
/// fence.
pub async fn claim(conn: &mut Conn, claim: &str, limit: i64, until: Timestamp, now: Timestamp) -> Result<Vec<Waiting>> {
    // The condition stands twice so that PostgreSQL checks it again after waiting for another worker's row.
    const SQL: &str = "update outbox set claim = $1, next_try_at = $3, tries = tries + 1
        where state = 'waiting' and next_try_at <= $4 and id in (select id from (";
    // Each urgency by a stretch of the index: one that holds a hundred thousand that are not due yet costs the others nothing.
    const DUE: &str = "select * from (select urgency, next_try_at, id from outbox
        where state = 'waiting' and urgency = URGENCY and next_try_at <= $4 order by next_try_at, id limit $2) urgency_URGENCY";
    const END: &str = ") due order by urgency, next_try_at, id limit $2)
        returning id, workspace_id, kind, purpose, reference, decoy, destination, body, tries, urgency, expires_at, created_at";
    let due = ["0", "1", "2"].map(|urgency| DUE.replace("URGENCY", urgency)).join(" union all ");
    let sql = format!("{SQL}{due}{END}");
    on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).bind(claim).bind(limit).bind(until).bind(now).fetch_all(db))
}

/// The message ends: handed over, failed or expired. Destination and body are erased. Nothing if the claim was lost.
pub fn finish<'a>(id: &'a MessageId, claim: &'a str, ending: &Ending<'a>, now: Timestamp) -> Change<'a> {
    const SQL: &str = "update outbox set state = $3, carrier = $4, provider_id = $5, cause = $6, done_at = $7,
            destination = null, body = null, claim = null
        where id = $1 and claim = $2 and state = 'waiting'";
    let e = ending;
    let change = Change::new(SQL).text(id.as_str()).text(claim).text(e.state);
    change.maybe(e.carrier).maybe(e.provider_id).maybe(e.cause).time(now)
}

/// Another try later. Nothing if the claim was lost.
pub fn retry<'a>(id: &'a MessageId, claim: &'a str, cause: &'a str, next_try_at: Timestamp) -> Change<'a> {
    const SQL: &str = "update outbox set next_try_at = $3, cause = $4, claim = null where id = $1 and claim = $2 and state = 'waiting'";
    Change::new(SQL).text(id.as_str()).text(claim).time(next_try_at).text(cause)
}

/// Ends all decoys of a claim: they were written so that strangers learn nothing, and go nowhere.
pub async fn drop_decoys(conn: &mut Conn, claim: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "update outbox set state = 'dropped', done_at = $2, destination = null, body = null, claim = null
        where state = 'waiting' and claim = $1 and decoy";
    execute!(conn, sqlx::query(SQL).bind(claim).bind(now))?;
    Ok(())
}

/// Ends the waiting messages of these purposes, whose codes open nothing any more; all others that wait are due now. What a worker has in its
/// hands it sends, and may not say so: it ends as the others.
pub async fn end_codes(conn: &mut Conn, purposes: [&str; 5], now: Timestamp) -> Result<()> {
    const ENDED: &str =
        "update outbox set state = 'expired', done_at = $1, destination = null, body = null, claim = null
        where state = 'waiting' and purpose in ($2, $3, $4, $5, $6)";
    const DUE: &str =
        "update outbox set next_try_at = $1 where state = 'waiting' and claim is null and next_try_at > $1";
    execute!(conn, purposes.iter().fold(sqlx::query(ENDED).bind(now), |query, purpose| query.bind(*purpose)))?;
    execute!(conn, sqlx::query(DUE).bind(now))?;
    Ok(())
}

/// How many messages wait.
pub async fn waiting(conn: &mut Conn) -> Result<i64> {
    let row: (i64,) =
        on!(conn, db => sqlx::query_as("select count(*) from outbox where state = 'waiting'").fetch_one(db))?;
    Ok(row.0)
}

/// Forgets messages that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from outbox where done_at < $1").bind(before))
}
