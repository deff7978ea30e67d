//! Attempts to get back in, found by the opaque handle that one browser or client holds.

use sqlx::FromRow;

use super::change::{Change, apply};
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    AddressIndex, ContactKind, Timestamp,
    id::{AlarmId, ContactId, DeviceId, MemberId, RecoveryId, WorkspaceId},
};

/// An attempt's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Recovery {
    pub id: RecoveryId,
    pub workspace_id: Option<WorkspaceId>,
    pub reference: String,
    pub handle_prefix: String,
    pub handle_hash: String,
    pub kind: ContactKind,
    pub address_index: String,
    pub only_member_id: Option<MemberId>,
    pub decoy: bool,
    pub contact_id: Option<ContactId>,
    pub mark: String,
    pub state: String,
    pub member_id: Option<MemberId>,
    pub network: String,
    pub device_id: Option<DeviceId>,
    pub sends: i64,
    pub sent_at: Timestamp,
    pub proved_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    pub other_index: Option<String>,
    pub toward: Option<String>,
    /// The notice that raised the hold which this attempt ends.
    pub releases: Option<AlarmId>,
}

impl Recovery {
    /// The address, as contacts may have it.
    pub fn index(&self) -> AddressIndex {
        AddressIndex::new(self.address_index.clone(), self.other_index.clone())
    }
}

/// A new attempt, its first code on the way, if fewer than `cap` attempts from this page for this address have a code that
/// was sent since `live_since`. Answers whether so.
pub async fn insert(conn: &mut Conn, recovery: &Recovery, live_since: Timestamp, cap: i64) -> Result<bool> {
    const SQL: &str =
        "insert into recoveries (id, workspace_id, reference, handle_prefix, handle_hash, kind, address_index,
            only_member_id, decoy, contact_id, mark, state, network, device_id, sends, sent_at, expires_at, created_at, other_index, toward,
            releases)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $15, $10, 'sent', $11, $12, 1, $13, $14, $13, $18, $20, $21
        where (select count(*) from recoveries r where r.address_index in ($7, $19) and r.state = 'sent' and r.sent_at > $16
            and r.kind = $6 and (r.workspace_id = $2 or (r.workspace_id is null and $2 is null))) < $17";
    let r = recovery;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&r.id)
            .bind(&r.workspace_id)
            .bind(&r.reference)
            .bind(&r.handle_prefix)
            .bind(&r.handle_hash)
            .bind(r.kind)
            .bind(&r.address_index)
            .bind(&r.only_member_id)
            .bind(r.decoy)
            .bind(&r.mark)
            .bind(&r.network)
            .bind(&r.device_id)
            .bind(r.created_at)
            .bind(r.expires_at)
            .bind(&r.contact_id)
            .bind(live_since)
            .bind(cap)
            .bind(&r.other_index)
            .bind(r.other_index.as_ref().unwrap_or(&r.address_index))
            .bind(&r.toward)
            .bind(&r.releases)
    )?;
    Ok(rows == 1)
}

/// When the oldest of those codes was sent.
pub async fn oldest_live(conn: &mut Conn, like: &Recovery, live_since: Timestamp) -> Result<Option<Timestamp>> {
    const SQL: &str =
        "select min(sent_at) from recoveries where address_index in ($1, $5) and state = 'sent' and sent_at > $2
        and kind = $3 and (workspace_id = $4 or (workspace_id is null and $4 is null))";
    let row: (Option<Timestamp>,) = on!(conn, db => sqlx::query_as(SQL)
        .bind(&like.address_index).bind(live_since).bind(like.kind).bind(&like.workspace_id)
        .bind(like.other_index.as_ref().unwrap_or(&like.address_index)).fetch_one(db))?;
    Ok(row.0)
}

/// The attempt with this handle; the caller compares the hash.
pub async fn by_handle(conn: &mut Conn, prefix: &str) -> Result<Option<Recovery>> {
    on!(conn, db => sqlx::query_as("select * from recoveries where handle_prefix = $1").bind(prefix).fetch_optional(db))
}

/// One more code is on the way, if none went since `unless_since` and there is room for one. Answers whether so.
pub async fn set_sent_again(conn: &mut Conn, id: &RecoveryId, unless_since: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update recoveries set sends = sends + 1, sent_at = $3
        where id = $1 and state = 'sent' and sent_at <= $2 and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(unless_since).bind(now))? == 1)
}

/// Its code was typed rightly.
pub async fn set_proved(conn: &mut Conn, id: &RecoveryId, now: Timestamp, expires_at: Timestamp) -> Result<bool> {
    const SQL: &str = "update recoveries set state = 'proved', proved_at = $2, expires_at = $3
        where id = $1 and state = 'sent' and expires_at > $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(now).bind(expires_at))? == 1)
}

/// How many codes were typed rightly since then.
pub async fn proved_since(conn: &mut Conn, since: Timestamp) -> Result<i64> {
    const SQL: &str = "select count(*) from recoveries where proved_at > $1";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(since).fetch_one(db))?;
    Ok(row.0)
}

/// The person chose whose password to set.
pub async fn set_member(conn: &mut Conn, id: &RecoveryId, member: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update recoveries set member_id = $2 where id = $1 and state = 'proved' and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(member).bind(now))? == 1)
}

/// Uses the proof up for this member's new password. Everything is proved anew in the one statement: the state, the
/// time, the choice, and that the contact still counts for a member who may still come in. An attempt that ends a hold goes by
/// [`super::holds::consume`].
pub async fn consume(conn: &mut Conn, id: &RecoveryId, member: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update recoveries set state = 'finished', finished_at = $3
        where id = $1 and state = 'proved' and member_id = $2 and expires_at > $3 and not decoy and releases is null
            and (only_member_id is null or only_member_id = $2)
            and exists (select 1 from contacts c
                join members m on m.id = c.member_id and m.state = 'active' and m.held_at is null
                join workspaces w on w.id = c.workspace_id and w.suspended_at is null
                where c.kind = recoveries.kind and c.address_index in (recoveries.address_index, recoveries.other_index) and c.member_id = $2
                    and c.state = 'verified' and c.recovers_from <= $3
                    and (recoveries.workspace_id is null or c.workspace_id = recoveries.workspace_id))";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(member).bind(now))? == 1)
}

/// Ends every attempt that is proved and not finished, whoever's.
pub async fn end_proved(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update recoveries set state = 'finished', finished_at = $1 where state = 'proved'";
    execute!(conn, sqlx::query(SQL).bind(now))
}

/// Ends every other attempt that could still set this member's password: those that chose the member, and those that
/// proved one of the member's contacts and have chosen nobody yet. Those that proved such a contact and chose somebody else
/// keep to that choice: they cannot come back to this member with the older proof. What only waits for its code stays as it
/// is: to end it would tell a stranger whose contact it is.
pub async fn end_for_member(conn: &mut Conn, member: &MemberId, now: Timestamp) -> Result<()> {
    super::forced_changes::end_for_member(conn, member, "overtaken", now).await?;
    end_open(conn, member, now).await
}

/// The same, but a new password that is demanded stays demanded, by the secret that is under way.
///
/// `materialized`: PostgreSQL, told by old statistics that hardly anything is proved, joined all that was with itself; two thousand proved attempts
/// took it five seconds.
pub async fn end_open(conn: &mut Conn, member: &MemberId, now: Timestamp) -> Result<()> {
    const CHOSEN: &str =
        "update recoveries set state = 'finished', finished_at = $2 where state = 'proved' and member_id = $1";
    const NOT_CHOSEN: &str = "update recoveries set state = 'finished', finished_at = $2
        where state = 'proved' and member_id is null and (only_member_id is null or only_member_id = $1)
            and id in (with near as materialized (select r.id from recoveries r where r.state = 'proved'
                    and r.address_index in (select c.address_index from contacts c where c.member_id = $1)
                union all select r.id from recoveries r where r.state = 'proved'
                    and r.other_index in (select c.address_index from contacts c where c.member_id = $1)) select near.id from near)";
    const OTHERS_CHOSEN: &str = "update recoveries set only_member_id = member_id
        where state = 'proved' and member_id <> $1 and only_member_id is null
            and id in (with near as materialized (select r.id from recoveries r where r.state = 'proved'
                    and r.address_index in (select c.address_index from contacts c where c.member_id = $1)
                union all select r.id from recoveries r where r.state = 'proved'
                    and r.other_index in (select c.address_index from contacts c where c.member_id = $1)) select near.id from near)";
    let member = member.as_str();
    let end = |sql| Change::new(sql).text(member).time(now);
    apply(conn, [end(CHOSEN), end(NOT_CHOSEN), Change::new(OTHERS_CHOSEN).text(member)]).await
}

/// Forgets attempts that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from recoveries where expires_at < $1").bind(before))
}
