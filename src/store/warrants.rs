//! What lets a helper do a sensitive thing for a member, once.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{CallId, MemberId, WarrantId, WorkspaceId},
};

/// A warrant's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0011_locked_out.sql")]
pub struct Warrant {
    pub id: WarrantId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub holder: MemberId,
    pub ground: String,
    pub call_id: Option<CallId>,
    pub words: Option<String>,
    pub good_from: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A new one.
pub fn insert(warrant: &Warrant) -> Change<'_> {
    const SQL: &str = "insert into warrants
        (id, workspace_id, member_id, holder, ground, call_id, words, good_from, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let w = warrant;
    Change::new(SQL)
        .text(w.id.as_str())
        .text(w.workspace_id.as_str())
        .text(w.member_id.as_str())
        .text(w.holder.as_str())
        .text(&w.ground)
        .maybe(w.call_id.as_ref().map(CallId::as_str))
        .maybe(w.words.as_deref())
        .time(w.good_from)
        .time(w.expires_at)
        .time(w.created_at)
}

/// The holder's newest one for this member that is not used or over, good already or not.
pub async fn live(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    holder: &MemberId,
    member: &MemberId,
    now: Timestamp,
) -> Result<Option<Warrant>> {
    const SQL: &str = "select * from warrants
        where holder = $2 and member_id = $3 and workspace_id = $1 and used_at is null and expires_at > $4
        order by created_at desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(holder).bind(member).bind(now).fetch_optional(db))
}

/// Uses it up for something that happens at `at`. Answers false when it is not good then, is over, or someone was faster.
pub async fn consume(conn: &mut Conn, warrant: &Warrant, purpose: &str, at: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update warrants set used_at = $4, used_for = $3
        where id = $2 and workspace_id = $1 and used_at is null and good_from <= $5 and expires_at > $4";
    let w = warrant;
    Ok(execute!(conn, sqlx::query(SQL).bind(&w.workspace_id).bind(&w.id).bind(purpose).bind(now).bind(at))? == 1)
}

/// The holder's declarations about the member that live are over.
pub async fn end_declared(conn: &mut Conn, holder: &MemberId, member: &MemberId, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update warrants set used_at = $3, used_for = 'declared again'
        where holder = $1 and member_id = $2 and ground = 'in_person' and used_at is null and expires_at > $3";
    execute!(conn, sqlx::query(SQL).bind(holder).bind(member).bind(now))
}

/// Those of the member that live are over.
pub async fn end_for_member(conn: &mut Conn, member: &MemberId, why: &str, now: Timestamp) -> Result<u64> {
    const SQL: &str =
        "update warrants set used_at = $2, used_for = $3 where member_id = $1 and used_at is null and expires_at > $2";
    execute!(conn, sqlx::query(SQL).bind(member).bind(now).bind(why))
}

/// All that live are over: the clock went back.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("update warrants set used_at = $1, used_for = 'clock' where used_at is null").bind(now))
}

/// Forgets those that were over before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from warrants where expires_at < $1").bind(before))
}
