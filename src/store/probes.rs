//! Questions to a running server through its public address, each answered once.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::Timestamp;

/// What a server saw of a request.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0006_probes.sql")]
pub struct Seen {
    pub address: String,
    pub peer: String,
    pub forwarded: String,
    pub host: String,
}

/// A new question. Those that have ended are forgotten.
pub async fn insert(conn: &mut Conn, id: &str, token_hash: &str, until: Timestamp, now: Timestamp) -> Result<()> {
    execute!(conn, sqlx::query("delete from probes where expires_at < $1").bind(now))?;
    const SQL: &str = "insert into probes (id, token_hash, expires_at) values ($1, $2, $3)";
    execute!(conn, sqlx::query(SQL).bind(id).bind(token_hash).bind(until))?;
    Ok(())
}

/// The hash of a question that is open.
pub async fn open(conn: &mut Conn, id: &str, now: Timestamp) -> Result<Option<String>> {
    const SQL: &str = "select token_hash from probes where id = $1 and seen_at is null and expires_at > $2";
    let row: Option<(String,)> = on!(conn, db => sqlx::query_as(SQL).bind(id).bind(now).fetch_optional(db))?;
    Ok(row.map(|row| row.0))
}

/// The answer. Answers false where it was given before.
pub async fn answer(conn: &mut Conn, id: &str, seen: &Seen, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update probes set seen_at = $2, address = $3, peer = $4, forwarded = $5, host = $6
        where id = $1 and seen_at is null and expires_at > $2";
    let s = seen;
    let rows = execute!(
        conn,
        sqlx::query(SQL).bind(id).bind(now).bind(&s.address).bind(&s.peer).bind(&s.forwarded).bind(&s.host)
    )?;
    Ok(rows == 1)
}

/// The answer to a question, if there is one by now; the question goes.
pub async fn take(conn: &mut Conn, id: &str) -> Result<Option<Seen>> {
    const SQL: &str = "select address, peer, forwarded, host from probes where id = $1 and seen_at is not null";
    let seen = on!(conn, db => sqlx::query_as(SQL).bind(id).fetch_optional(db))?;
    execute!(conn, sqlx::query("delete from probes where id = $1").bind(id))?;
    Ok(seen)
}
