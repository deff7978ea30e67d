//! Frozen contacts, and which other contact lets their owner decide what becomes of them. The condition stands here once,
//! as SQL: the page shows by it, and the decision is taken by it in one statement.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{ContactId, MemberId, SessionId, WorkspaceId},
};

/// Who decides, and by what.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// Whose contacts.
    pub workspace: &'a WorkspaceId,
    /// Whose contacts.
    pub member: &'a MemberId,
    /// The session in which the other contact must have been proved.
    pub session: &'a SessionId,
    /// A recovery after this time takes the kind of contact that carried its code out of the count.
    pub recovered_since: Timestamp,
}

/// A contact `c` that can be decided at all.
macro_rules! frozen {
    () => {
        "c.workspace_id = $1 and c.member_id = $2 and c.id = $3 and c.state = 'frozen' and c.lost_in is null"
    };
}

/// The contact `d` may decide `c`: it counts, and counted in full before that happened which was objected to.
macro_rules! older {
    () => {
        "d.workspace_id = c.workspace_id and d.member_id = c.member_id and d.state = 'verified'
            and d.verified_at < c.changed_at and d.recovers_from <= c.changed_at
            and not exists (select 1 from members m where m.id = d.member_id
                and m.recovered_at > $5 and m.recovered_by = d.kind)"
    };
}

/// And it was proved in this session, after the freezing.
macro_rules! proved {
    () => {
        "d.confirmed_at > c.frozen_at and d.confirmed_in = $4"
    };
}

/// A contact by which a frozen one may be decided.
#[derive(Debug, Clone, FromRow)]
pub struct Older {
    /// Which.
    pub id: ContactId,
    /// Whether it was proved since, in this session.
    pub proved: bool,
}

/// The contacts by which this frozen one may be decided, oldest first; none where only an administrator can.
pub async fn older(conn: &mut Conn, decider: Decider<'_>, id: &ContactId) -> Result<Vec<Older>> {
    const SQL: &str = concat!(
        "select d.id, coalesce(",
        proved!(),
        ", false) as proved from contacts c join contacts d on ",
        older!(),
        " where ",
        frozen!(),
        " order by d.id"
    );
    let by = decider;
    on!(conn, db => sqlx::query_as(SQL)
        .bind(by.workspace)
        .bind(by.member)
        .bind(id)
        .bind(by.session)
        .bind(by.recovered_since)
        .fetch_all(db))
}

/// It counts again, from `recovers_from` on also for recovery. Answers whether that was theirs to decide.
pub async fn keep(conn: &mut Conn, decider: Decider<'_>, id: &ContactId, recovers_from: Timestamp) -> Result<bool> {
    const SQL: &str = concat!(
        "update contacts as c set
            state = case when verified_at is null and recovers_from is null then 'unverified' else 'verified' end,
            recovers_from = case when verified_at is null and recovers_from is null then null else $6 end, frozen_at = null, changed_at = null
        where ",
        frozen!(),
        " and exists (select 1 from contacts d where ",
        older!(),
        " and ",
        proved!(),
        ")"
    );
    decide(conn, SQL, decider, id, recovers_from).await
}

/// It is taken away. Answers whether that was theirs to decide.
pub async fn remove(conn: &mut Conn, decider: Decider<'_>, id: &ContactId, now: Timestamp) -> Result<bool> {
    const SQL: &str = concat!(
        "update contacts as c set state = 'removed', removed_at = $6 where ",
        frozen!(),
        " and exists (select 1 from contacts d where ",
        older!(),
        " and ",
        proved!(),
        ")"
    );
    decide(conn, SQL, decider, id, now).await
}

async fn decide(conn: &mut Conn, sql: &'static str, by: Decider<'_>, id: &ContactId, at: Timestamp) -> Result<bool> {
    let rows = execute!(
        conn,
        sqlx::query(sql).bind(by.workspace).bind(by.member).bind(id).bind(by.session).bind(by.recovered_since).bind(at)
    )?;
    Ok(rows == 1)
}
