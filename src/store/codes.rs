//! Codes that were sent, whatever for. One row a subject (a recovery, a contact): a newer code takes the older one's place.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{CodeId, WorkspaceId},
};

/// What is kept of a code: never the code.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct NewCode<'a> {
    pub id: CodeId,
    pub workspace_id: Option<&'a WorkspaceId>,
    pub subject: &'a str,
    pub hash: String,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// A code that may be compared once.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Tried {
    pub id: CodeId,
    pub hash: String,
    pub tries: i64,
}

/// Puts the subject's new code in place of any older one.
pub fn put<'a>(code: &'a NewCode<'a>) -> Change<'a> {
    const SQL: &str = "insert into codes (id, workspace_id, subject, hash, tries, expires_at, created_at)
        values ($1, $2, $3, $4, 0, $5, $6)
        on conflict (subject) do update set id = excluded.id, hash = excluded.hash, tries = 0, spent_at = null,
            expires_at = excluded.expires_at, created_at = excluded.created_at";
    let c = code;
    Change::new(SQL)
        .text(c.id.as_str())
        .maybe(c.workspace_id.map(WorkspaceId::as_str))
        .text(c.subject)
        .text(&c.hash)
        .time(c.expires_at)
        .time(c.created_at)
}

/// Takes one try; nothing when the code is spent, expired or has had `limit` tries. Guesses that come at once queue here.
pub async fn take_try(conn: &mut Conn, subject: &str, limit: i64, now: Timestamp) -> Result<Option<Tried>> {
    const SQL: &str = "update codes set tries = tries + 1
        where subject = $1 and tries < $2 and spent_at is null and expires_at > $3
        returning id, hash, tries";
    on!(conn, db => sqlx::query_as(SQL).bind(subject).bind(limit).bind(now).fetch_optional(db))
}

/// Spends the code. Answers false when someone was faster.
pub async fn consume(conn: &mut Conn, id: &CodeId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update codes set spent_at = $2 where id = $1 and spent_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(now))? == 1)
}

/// How many tries the subject's code has had and until when it lives, for the page that asks for it.
pub async fn state(conn: &mut Conn, subject: &str) -> Result<Option<(i64, Timestamp)>> {
    const SQL: &str = "select tries, expires_at from codes where subject = $1 and spent_at is null";
    on!(conn, db => sqlx::query_as(SQL).bind(subject).fetch_optional(db))
}

/// The clock went back: what lives now would live too long, so nothing lives.
pub async fn void_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    conn.take_time().await?;
    execute!(conn, sqlx::query("update codes set spent_at = $1 where spent_at is null").bind(now))
}

/// Forgets codes that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from codes where expires_at < $1").bind(before))
}
