//! The sealed code of a workspace's owners.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{MemberId, WorkspaceId},
};

/// A sealed code's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0015_mending.sql")]
pub struct BreakGlass {
    pub workspace_id: WorkspaceId,
    pub hash: Option<String>,
    pub made_by: MemberId,
    pub made_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub used_for: Option<MemberId>,
}

/// A new one in the place of the one before, which opens nothing any more.
pub fn put<'a>(workspace: &'a WorkspaceId, hash: &'a str, made_by: &'a MemberId, now: Timestamp) -> Change<'a> {
    const SQL: &str = "insert into break_glass (workspace_id, hash, made_by, made_at) values ($1, $2, $3, $4)
        on conflict (workspace_id) do update set hash = excluded.hash, made_by = excluded.made_by,
            made_at = excluded.made_at, used_at = null, used_for = null";
    Change::new(SQL).text(workspace.as_str()).text(hash).text(made_by.as_str()).time(now)
}

/// The workspace's newest. It is good as long as whoever made it, and knows it, is an owner whom nobody stopped.
pub async fn of(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<BreakGlass>> {
    const SQL: &str = "select b.workspace_id, b.made_by, b.made_at, b.used_at, b.used_for,
            case when m.role = 'owner' and m.state in ('active', 'invited') then b.hash end as hash
        from break_glass b join members m on m.id = b.made_by and m.workspace_id = b.workspace_id
        where b.workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// Uses up the one with this hash. Answers false when it was used or replaced meanwhile.
pub async fn consume(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    hash: &str,
    by: &MemberId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update break_glass set used_at = $4, used_for = $3, hash = null
        where workspace_id = $1 and hash = $2 and used_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(hash).bind(by).bind(now))? == 1)
}

/// All are over.
pub async fn end_all(conn: &mut Conn) -> Result<u64> {
    execute!(conn, sqlx::query("update break_glass set hash = null where hash is not null"))
}
