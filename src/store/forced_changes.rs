//! Forced changes of passwords: a secret that opens the page to set one. A member has at most one that lives, neither used nor ended.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    ContactKind, Timestamp,
    id::{ContactId, ForcedChangeId, LinkId, MemberId, WorkspaceId},
};

/// A new forced change's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0010_forced_changes.sql")]
pub struct ForcedChange {
    pub id: ForcedChangeId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub way: &'static str,
    pub contact_id: Option<ContactId>,
    pub kind: Option<ContactKind>,
    pub run_id: Option<String>,
    pub secret_hash: String,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub by_member: String,
}

/// A new one; the caller has ended the one before.
pub async fn insert(conn: &mut Conn, change: &ForcedChange) -> Result<()> {
    const SQL: &str = "insert into forced_changes
        (id, workspace_id, member_id, way, contact_id, kind, run_id, secret_hash, expires_at, created_at, by_member)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let c = change;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&c.id)
            .bind(&c.workspace_id)
            .bind(&c.member_id)
            .bind(c.way)
            .bind(&c.contact_id)
            .bind(c.kind)
            .bind(&c.run_id)
            .bind(&c.secret_hash)
            .bind(c.expires_at)
            .bind(c.created_at)
            .bind(&c.by_member)
    )?;
    Ok(())
}

/// Exchanges the secret for a link, if it still lives. Answers whether so. The link before ends by the links' own rule.
pub async fn set_link(conn: &mut Conn, id: &ForcedChangeId, link: &LinkId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update forced_changes set link_id = $2 where id = $1 and used_at is null and ended_at is null and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(link).bind(now))? == 1)
}

/// Whether this link came from a member's forced change that lives.
pub async fn is_of_link(conn: &mut Conn, member: &MemberId, link: &LinkId) -> Result<bool> {
    const SQL: &str = "select exists (select 1 from forced_changes
        where member_id = $1 and link_id = $2 and used_at is null and ended_at is null)";
    let row: (bool,) = on!(conn, db => sqlx::query_as(SQL).bind(member).bind(link).fetch_one(db))?;
    Ok(row.0)
}

#[derive(FromRow)]
struct Used {
    id: ForcedChangeId,
    kind: Option<ContactKind>,
}

/// Uses up the forced change that this link came from. Answers which it was and what kind of contact its secret went to; none when it is over.
pub async fn consume(
    conn: &mut Conn,
    member: &MemberId,
    link: &LinkId,
    now: Timestamp,
) -> Result<Option<(ForcedChangeId, Option<ContactKind>)>> {
    const SQL: &str = "update forced_changes set used_at = $3, secret_hash = null
        where member_id = $1 and link_id = $2 and used_at is null and ended_at is null returning id, kind";
    let row: Option<Used> = on!(conn, db => sqlx::query_as(SQL).bind(member).bind(link).bind(now).fetch_optional(db))?;
    Ok(row.map(|row| (row.id, row.kind)))
}

/// Ends what lives of the member's.
pub async fn end_for_member(conn: &mut Conn, member: &MemberId, why: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "update forced_changes set ended_at = $2, ended_why = $3, secret_hash = null
        where member_id = $1 and used_at is null and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(member).bind(now).bind(why))?;
    Ok(())
}

/// Ends the one that lives if its secret went to this contact.
pub async fn end_sent_to(
    conn: &mut Conn,
    member: &MemberId,
    contact: &ContactId,
    why: &str,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "update forced_changes set ended_at = $3, ended_why = $4, secret_hash = null
        where member_id = $1 and contact_id = $2 and used_at is null and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(member).bind(contact).bind(now).bind(why))?;
    Ok(())
}

/// Ends the one that lives if its secret was shown to an administrator.
pub async fn end_shown(conn: &mut Conn, member: &MemberId, why: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "update forced_changes set ended_at = $2, ended_why = $3, secret_hash = null
        where member_id = $1 and way = 'shown' and used_at is null and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(member).bind(now).bind(why))?;
    Ok(())
}

/// Ends all that live, whoever's.
pub async fn end_all(conn: &mut Conn, why: &str, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update forced_changes set ended_at = $1, ended_why = $2, secret_hash = null
        where used_at is null and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(now).bind(why))
}

/// Forgets those whose time ended before `before`. What is demanded of the member stays.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from forced_changes where expires_at < $1").bind(before))
}
