//! Holds: who put an account on hold, and by which other contact whoever did takes it back. The condition stands here once, as SQL: what an
//! attempt reaches is found by it, and the hold is ended by it.

use super::alarms::Alarm;
use super::contacts::Candidate;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    AddressIndex, ContactKind, Timestamp,
    id::{AlarmId, MemberId, RecoveryId, WorkspaceId},
    time::Span,
};

/// The notice `a` alone holds the member `m`, and the contact `c` may let them in again: another one, which counted before that happened which was
/// objected to, and by which nobody got in shortly before it or since; nor is it of the kind that carried the last recovery of that time.
macro_rules! lets_in {
    () => {
        "m.state = 'active' and m.held_at is not null and m.held_by = a.contact_id and a.used_at >= m.held_at
            and a.expires_at > $3 and c.workspace_id = m.workspace_id and c.state = 'verified' and c.id <> a.contact_id
            and c.verified_at < m.held_over and c.recovers_from <= m.held_over
            and (c.recovered_at is null or c.recovered_at < m.held_over - $4)
            and (m.recovered_at is null or m.recovered_at < m.held_over - $4 or m.recovered_by is null or m.recovered_by <> c.kind)"
    };
}

/// What ends a hold, and for how long before it a recovery counts.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The notice that raised the hold.
    pub alarm: &'a AlarmId,
    /// Who got in so shortly before what was objected to may be whom it is about.
    pub shortly: Span,
}

/// The member's contacts at this address that a code may go to which ends the hold: one at most, but for how addresses are written.
pub async fn candidates(
    conn: &mut Conn,
    way: Way<'_>,
    kind: ContactKind,
    index: &AddressIndex,
    now: Timestamp,
) -> Result<Vec<Candidate>> {
    const SQL: &str = concat!(
        "select c.id as contact_id, c.address, w.data_key, w.id as workspace_id, w.slug, w.name as workspace_name,
            m.id as member_id, m.login, m.name, m.locale
        from alarms a
        join members m on m.id = a.member_id
        join contacts c on c.member_id = m.id
        join workspaces w on w.id = m.workspace_id and w.suspended_at is null
        where a.id = $5 and c.kind = $1 and c.address_index in ($2, $6) and ",
        lets_in!(),
        " order by c.id limit 20"
    );
    on!(conn, db => sqlx::query_as(SQL)
        .bind(kind).bind(index.written()).bind(now).bind(way.shortly.as_micros()).bind(way.alarm).bind(index.other()).fetch_all(db))
}

/// Uses the proof of an attempt up that ends a hold. Everything is proved anew in the one statement, whose caller has taken the member's row.
pub async fn consume(
    conn: &mut Conn,
    id: &RecoveryId,
    member: &MemberId,
    shortly: Span,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = concat!(
        "update recoveries set state = 'finished', finished_at = $3
        where id = $1 and state = 'proved' and member_id = $2 and only_member_id = $2 and expires_at > $3 and not decoy
            and exists (select 1 from alarms a
                join members m on m.id = a.member_id
                join contacts c on c.member_id = m.id
                join workspaces w on w.id = m.workspace_id and w.suspended_at is null
                where a.id = recoveries.releases and m.id = $2 and c.id = recoveries.contact_id and ",
        lets_in!(),
        ")"
    );
    let rows = execute!(conn, sqlx::query(SQL).bind(id).bind(member).bind(now).bind(shortly.as_micros()))?;
    Ok(rows == 1)
}

/// A notice holds the account. Where another contact's does already, or somebody else, only an administrator releases it from now on. The caller has
/// taken the member's row. Answers whether nothing held it before.
pub async fn by_notice(conn: &mut Conn, alarm: &Alarm, now: Timestamp) -> Result<bool> {
    const FIRST: &str = "update members set held_at = $3, held_by = $4, held_over = $5, updated_at = $3
        where workspace_id = $1 and id = $2 and held_at is null";
    const AGAIN: &str = "update members set held_by = case when held_by = $3 then held_by end,
            held_over = case when held_over < $4 then held_over else $4 end
        where workspace_id = $1 and id = $2";
    let a = alarm;
    let (workspace, member, contact, over) = (&a.workspace_id, &a.member_id, &a.contact_id, a.created_at);
    if execute!(conn, sqlx::query(FIRST).bind(workspace).bind(member).bind(now).bind(contact).bind(over))? == 1 {
        return Ok(true);
    }
    execute!(conn, sqlx::query(AGAIN).bind(workspace).bind(member).bind(contact).bind(over))?;
    Ok(false)
}

/// Held otherwise, until an administrator releases it, also where a notice holds it already. Answers whether nothing held it before.
pub async fn by_others(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<bool> {
    const FIRST: &str = "update members set held_at = $3, held_by = null, held_over = null, updated_at = $3
        where workspace_id = $1 and id = $2 and held_at is null";
    const AGAIN: &str = "update members set held_by = null where workspace_id = $1 and id = $2";
    if execute!(conn, sqlx::query(FIRST).bind(workspace).bind(member).bind(now))? == 1 {
        return Ok(true);
    }
    execute!(conn, sqlx::query(AGAIN).bind(workspace).bind(member))?;
    Ok(false)
}

/// Ends the hold. Answers whether there was one.
pub async fn end(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update members set held_at = null, held_by = null, held_over = null, updated_at = $3
        where workspace_id = $1 and id = $2 and held_at is not null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(now))? == 1)
}
