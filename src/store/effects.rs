//! What a change of the policy or the networks would do to whom: some members at a time, in the order of their ids, with what hangs on them.
//! Each read is bounded, so that a page that asks beforehand costs the same in a workplace of a million.

use sqlx::FromRow;

use super::db::{Conn, on};
use super::error::Result;
use crate::model::id::{AuditId, MemberId, SignInId, WorkspaceId};
use crate::model::{MemberState, Network, Role, Timestamp};

/// A member, as far as rules look at one.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Bound {
    pub id: MemberId,
    pub role: Role,
    pub state: MemberState,
    pub held_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub password_set_at: Option<Timestamp>,
    /// Verified contacts.
    pub verified: i64,
    /// When the one of them was confirmed that was not for the longest time; 0 for never.
    pub confirmed_at: Option<Timestamp>,
}

/// The next members after this id.
pub async fn members(conn: &mut Conn, workspace: &WorkspaceId, after: &str, limit: i64) -> Result<Vec<Bound>> {
    const SQL: &str = "select m.id, m.role, m.state, m.held_at, m.created_at, p.set_at as password_set_at,
            (select count(*) from contacts c where c.member_id = m.id and c.workspace_id = m.workspace_id and c.state = 'verified') as verified,
            (select min(coalesce(c.confirmed_at, 0)) from contacts c where c.member_id = m.id and c.workspace_id = m.workspace_id and c.state = 'verified') as confirmed_at
        from (select * from members where workspace_id = $1 and id > $2 order by id limit $3) m
        left join passwords p on p.member_id = m.id and p.workspace_id = m.workspace_id
        order by m.id";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after).bind(limit).fetch_all(db))
}

/// A session that nothing ended, as far as rules look at one.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Open {
    pub member_id: MemberId,
    pub role: Role,
    pub network: Network,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub created_at: Timestamp,
}

/// The open sessions of the next so many members after this id, `most` at most.
pub async fn sessions(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    after: &str,
    limit: i64,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Open>> {
    const SQL: &str = "select s.member_id, m.role, s.network, s.seen_at, s.ends_at, s.created_at
        from (select * from members where workspace_id = $1 and id > $2 order by id limit $3) m
        join sessions s on s.member_id = m.id and s.workspace_id = m.workspace_id and s.epoch = m.epoch and s.ended_at is null and s.ends_at > $4
        where m.state = 'active' and m.held_at is null limit $5";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after).bind(limit).bind(now).bind(most).fetch_all(db))
}

/// A network that a member signed in from before.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Place {
    pub member_id: MemberId,
    pub network: Network,
}

/// The networks that the next so many members after this id signed in from, `most` at most.
pub async fn places(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    after: &str,
    limit: i64,
    most: i64,
) -> Result<Vec<Place>> {
    const SQL: &str = "select n.member_id, n.network
        from (select * from members where workspace_id = $1 and id > $2 order by id limit $3) m
        join member_networks n on n.member_id = m.id and n.workspace_id = m.workspace_id
        where m.state = 'active' limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after).bind(limit).bind(most).fetch_all(db))
}

/// How many lines of the sign-in log are older than this id, `most` at most.
pub async fn sign_ins_before(conn: &mut Conn, workspace: &WorkspaceId, before: &SignInId, most: i64) -> Result<i64> {
    const SQL: &str =
        "select count(*) from (select id from sign_ins where workspace_id = $1 and id < $2 order by id limit $3) l";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before).bind(most).fetch_one(db))?;
    Ok(row.0)
}

/// How many lines of the audit log are older than this id, `most` at most.
pub async fn audit_before(conn: &mut Conn, workspace: &WorkspaceId, before: &AuditId, most: i64) -> Result<i64> {
    const SQL: &str =
        "select count(*) from (select id from audit where workspace_id = $1 and id < $2 order by id limit $3) l";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before).bind(most).fetch_one(db))?;
    Ok(row.0)
}
