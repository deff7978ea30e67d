//! What one owner wants done to another, while it waits for a third one's agreement or for its time.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    OwnerStep, Timestamp,
    id::{MemberId, OwnerStepId, WorkspaceId},
};

/// A wanted step's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0020_owner_steps.sql")]
pub struct Wanted {
    pub id: OwnerStepId,
    pub workspace_id: WorkspaceId,
    pub by_member: MemberId,
    pub member_id: MemberId,
    pub step: OwnerStep,
    pub good_from: Option<Timestamp>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A new one. Answers false where one about this owner waits already.
pub async fn insert(conn: &mut Conn, wanted: &Wanted) -> Result<bool> {
    const SQL: &str =
        "insert into owner_steps (id, workspace_id, by_member, member_id, step, good_from, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let w = wanted;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&w.id)
            .bind(&w.workspace_id)
            .bind(&w.by_member)
            .bind(&w.member_id)
            .bind(w.step)
            .bind(w.good_from)
            .bind(w.created_at)
            .bind(w.expires_at)
    )?;
    Ok(rows == 1)
}

/// Those that wait in this workspace, oldest first.
pub async fn waiting(conn: &mut Conn, workspace: &WorkspaceId, now: Timestamp) -> Result<Vec<Wanted>> {
    const SQL: &str =
        "select id, workspace_id, by_member, member_id, step, good_from, created_at, expires_at from owner_steps
        where workspace_id = $1 and ended_at is null and expires_at > $2 order by id";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(now).fetch_all(db))
}

/// One that waits.
pub async fn by_id(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &OwnerStepId,
    now: Timestamp,
) -> Result<Option<Wanted>> {
    const SQL: &str =
        "select id, workspace_id, by_member, member_id, step, good_from, created_at, expires_at from owner_steps
        where id = $1 and workspace_id = $2 and ended_at is null and expires_at > $3";
    on!(conn, db => sqlx::query_as(SQL).bind(id).bind(workspace).bind(now).fetch_optional(db))
}

/// It waits no more. Answers false when it did not.
pub async fn end(conn: &mut Conn, wanted: &Wanted, how: &str, by: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update owner_steps set ended_at = $3, ended_how = $4, ended_by = $5
        where id = $1 and workspace_id = $2 and ended_at is null and expires_at > $3";
    let w = wanted;
    Ok(execute!(conn, sqlx::query(SQL).bind(&w.id).bind(&w.workspace_id).bind(now).bind(how).bind(by))? == 1)
}

/// Ends those about this owner whose time is over.
pub async fn end_expired(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<()> {
    const SQL: &str = "update owner_steps set ended_at = $3, ended_how = 'expired'
        where workspace_id = $1 and member_id = $2 and ended_at is null and expires_at <= $3";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(now))?;
    Ok(())
}

/// All are over, whoever's.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update owner_steps set ended_at = $1, ended_how = 'restored' where ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(now))
}

/// Forgets those that were asked for before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from owner_steps where created_at < $1").bind(before))
}
