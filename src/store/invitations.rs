//! Invitations: codes that open the page to set a first password. A member has at most one that lives, neither used nor ended.

use sqlx::{AssertSqlSafe, FromRow, query::QueryAs};

use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    InvitationWay, Role, Timestamp,
    id::{ContactId, InvitationId, LinkId, MemberId, WorkspaceId},
};

/// An invitation's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0013_people.sql")]
pub struct Invitation {
    pub id: InvitationId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub way: InvitationWay,
    pub contact_id: Option<ContactId>,
    pub bound: Option<String>,
    pub role: Role,
    pub code_index: String,
    pub link_id: Option<LinkId>,
    pub by_member: String,
    pub opened_at: Option<Timestamp>,
    pub used_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

impl Invitation {
    /// Whether it is neither used nor ended, and its time lasts.
    pub fn lives(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && self.ended_at.is_none() && self.expires_at > now
    }
}

/// A new one; the caller has ended the one before.
pub async fn insert(conn: &mut Conn, new: &Invitation) -> Result<()> {
    const SQL: &str = "insert into invitations
        (id, workspace_id, member_id, way, contact_id, bound, role, code_index, by_member, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let n = new;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&n.id)
            .bind(&n.workspace_id)
            .bind(&n.member_id)
            .bind(n.way)
            .bind(&n.contact_id)
            .bind(&n.bound)
            .bind(n.role)
            .bind(&n.code_index)
            .bind(&n.by_member)
            .bind(n.expires_at)
            .bind(n.created_at)
    )?;
    Ok(())
}

/// The one that lives and has one of these indexes of its code, by one key each.
pub async fn by_code(conn: &mut Conn, indexes: &[String], now: Timestamp) -> Result<Option<Invitation>> {
    let sql = format!(
        "select * from invitations where code_index in ({}) and used_at is null and ended_at is null and expires_at > $1",
        places(2, indexes.len())
    );
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(now);
        indexes.iter().fold(query, QueryAs::bind).fetch_optional(db)
    })
}

/// The one whose code was exchanged for this link, whether it lives or not.
pub async fn by_link(conn: &mut Conn, link: &LinkId) -> Result<Option<Invitation>> {
    const SQL: &str = "select * from invitations where link_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(link).fetch_optional(db))
}

/// The member's newest. One that lives is the newest, also where several were made in the same moment.
pub async fn newest(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Option<Invitation>> {
    const SQL: &str = "select * from invitations where member_id = $1 and workspace_id = $2
        order by case when used_at is null and ended_at is null then 0 else 1 end, id desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(member).bind(workspace).fetch_optional(db))
}

/// Its code is exchanged for this link. Answers false when it is over.
pub async fn set_link(conn: &mut Conn, row: &Invitation, link: &LinkId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update invitations set link_id = $2, opened_at = coalesce(opened_at, $3)
        where id = $1 and workspace_id = $4 and used_at is null and ended_at is null and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(&row.id).bind(link).bind(now).bind(&row.workspace_id))? == 1)
}

/// Uses it up by the link that its code was exchanged for. Answers false when something was faster.
pub async fn consume(conn: &mut Conn, row: &Invitation, link: &LinkId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update invitations set used_at = $3
        where id = $1 and workspace_id = $4 and link_id = $2 and used_at is null and ended_at is null and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(&row.id).bind(link).bind(now).bind(&row.workspace_id))? == 1)
}

/// Ends what lives of the member's. Answers whether there was one.
pub async fn end_for_member(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update invitations set ended_at = $2
        where member_id = $1 and workspace_id = $3 and used_at is null and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(member).bind(now).bind(workspace))? > 0)
}

/// Ends all that live, whoever's.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update invitations set ended_at = $1 where used_at is null and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(now))
}

/// Forgets those whose time ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from invitations where expires_at < $1").bind(before))
}
