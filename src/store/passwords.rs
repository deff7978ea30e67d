//! The hash of each member's password, and those it had before.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{MemberId, WorkspaceId},
};

#[derive(FromRow)]
struct Hash {
    hash: String,
}

/// The present hash and up to `history` earlier ones, newest first.
pub async fn recent(conn: &mut Conn, member: &MemberId, history: i64) -> Result<Vec<String>> {
    const SQL: &str = "select hash from (
            select hash, set_at from passwords where member_id = $1
            union all
            select hash, set_at from (select hash, set_at from password_history where member_id = $1 order by set_at desc limit $2) h
        ) r order by set_at desc";
    let rows: Vec<Hash> = on!(conn, db => sqlx::query_as(SQL).bind(member).bind(history).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| row.hash).collect())
}

/// A new password; the one before goes into the history.
pub async fn set(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    hash: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    const KEEP: &str = "insert into password_history (member_id, workspace_id, set_at, hash)
        select member_id, workspace_id, set_at, hash from passwords where member_id = $1
        on conflict (member_id, set_at) do nothing returning set_at";
    let before: Option<(Timestamp,)> = on!(conn, db => sqlx::query_as(KEEP).bind(member).fetch_optional(db))?;
    const SET: &str = "insert into passwords (member_id, workspace_id, hash, set_at) values ($1, $2, $3, $4)
        on conflict (member_id) do update set hash = excluded.hash, set_at = excluded.set_at";
    execute!(conn, sqlx::query(SET).bind(member).bind(workspace).bind(hash).bind(now))?;
    Ok(before.map(|row| row.0))
}

/// The same password under today's parameters, unless it was changed meanwhile.
pub async fn rehash(conn: &mut Conn, member: &MemberId, old: &str, new: &str) -> Result<()> {
    const SQL: &str = "update passwords set hash = $3 where member_id = $1 and hash = $2";
    execute!(conn, sqlx::query(SQL).bind(member).bind(old).bind(new))?;
    Ok(())
}

/// Forgets all but the newest `history` earlier hashes.
pub async fn trim_history(conn: &mut Conn, member: &MemberId, history: i64) -> Result<()> {
    const SQL: &str = "delete from password_history where member_id = $1 and set_at not in (
        select set_at from password_history where member_id = $1 order by set_at desc limit $2)";
    execute!(conn, sqlx::query(SQL).bind(member).bind(history))?;
    Ok(())
}

/// When the member's password was set; none for who has none.
pub async fn set_at(conn: &mut Conn, member: &MemberId) -> Result<Option<Timestamp>> {
    let row: Option<(Timestamp,)> = on!(conn, db => sqlx::query_as("select set_at from passwords where member_id = $1").bind(member).fetch_optional(db))?;
    Ok(row.map(|row| row.0))
}
