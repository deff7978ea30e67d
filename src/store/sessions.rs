//! Signed-in browsers and clients. A session lives while it is not ended, before its absolute end, and not idle too long.

use sqlx::FromRow;

use super::alive::{joined, taken};
use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use super::members::Member;
use crate::model::{
    MemberState, Timestamp,
    id::{DeviceId, MemberId, SessionId, WorkspaceId},
};

/// A session's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Session {
    pub id: SessionId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub device_id: Option<DeviceId>,
    pub epoch: i64,
    pub way: String,
    pub token_prefix: String,
    pub token_hash: String,
    pub network: String,
    pub agent: String,
    pub proved_at: Timestamp,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub created_at: Timestamp,
}

/// A live session with its member and workspace: the one read of every signed-in request.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Live {
    #[sqlx(flatten)]
    pub member: Member,
    pub session_id: SessionId,
    pub device_id: Option<DeviceId>,
    pub way: String,
    pub token_hash: String,
    pub proved_at: Timestamp,
    pub seen_at: Timestamp,
    pub ends_at: Timestamp,
    pub slug: String,
    pub workspace_name: String,
    pub policy: String,
    pub networks: Option<String>,
    pub data_key: String,
    pub contact_text_ja: Option<String>,
    pub contact_text_en: Option<String>,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// When the password was set, for policies that let one expire.
    pub password_set_at: Option<Timestamp>,
}

/// A new session. It lives only in the epoch that it names, which [`live`] checks every time; the caller has taken the
/// member's row in that epoch ([`super::members::take_open`]), so that nothing is overtaken.
pub fn insert(session: &Session) -> Change<'_> {
    const SQL: &str = "insert into sessions (id, workspace_id, member_id, device_id, epoch, way, token_prefix, token_hash, network, agent,
            proved_at, seen_at, ends_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $11)";
    let s = session;
    Change::new(SQL)
        .text(s.id.as_str())
        .text(s.workspace_id.as_str())
        .text(s.member_id.as_str())
        .maybe(s.device_id.as_ref().map(DeviceId::as_str))
        .whole(s.epoch)
        .text(&s.way)
        .text(&s.token_prefix)
        .text(&s.token_hash)
        .text(&s.network)
        .text(&s.agent)
        .time(s.created_at)
        .time(s.ends_at)
}

/// The session with this token prefix, if nothing ended it; the caller compares the hash and the idle time.
pub async fn live(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<Live>> {
    const SQL: &str = concat!(
        "select m.*, s.id as session_id, s.device_id, s.way, s.token_hash, s.proved_at, s.seen_at, s.ends_at, s.created_at as opened_at,
            w.slug, w.name as workspace_name, w.policy, w.networks, w.data_key, w.contact_text_ja, w.contact_text_en, p.set_at as password_set_at
        from sessions s",
        joined!("s"),
        "where s.token_prefix = $1 and s.ended_at is null and s.ends_at > $2"
    );
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(now).fetch_optional(db))
}

/// Whether the session still lives; what could end it waits until the transaction is over. For changes that were begun by
/// who was signed in when the request came.
pub async fn take_live(conn: &mut Conn, member: &Member, id: &SessionId, now: Timestamp) -> Result<bool> {
    const SQL: &str = taken!("sessions", "ends_at");
    Ok(execute!(conn, sqlx::query(SQL).bind(&member.workspace_id).bind(&member.id).bind(id).bind(now))? == 1)
}

/// The member's sessions that nothing ended, newest first.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<Vec<Session>> {
    const SQL: &str = "select * from sessions
        where workspace_id = $1 and member_id = $2 and ended_at is null and ends_at > $3
            and epoch = (select epoch from members where id = $2) order by id desc";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(now).fetch_all(db))
}

/// The session was used.
pub async fn set_seen(conn: &mut Conn, id: &SessionId, now: Timestamp) -> Result<()> {
    execute!(
        conn,
        sqlx::query("update sessions set seen_at = $2 where id = $1 and ended_at is null").bind(id).bind(now)
    )?;
    Ok(())
}

/// The password was given again.
pub async fn set_proved(conn: &mut Conn, id: &SessionId, now: Timestamp) -> Result<()> {
    const SQL: &str = "update sessions set proved_at = $2, seen_at = $2 where id = $1 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(id).bind(now))?;
    Ok(())
}

/// Ends one session of this member. Answers whether it lived.
pub async fn end(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &SessionId,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update sessions set ended_at = $4, ended_by = $5
        where workspace_id = $1 and member_id = $2 and id = $3 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(id).bind(now).bind(why))? == 1)
}

/// Ends this member's sessions on a device. Answers how many.
pub async fn end_on(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    device: &DeviceId,
    why: &str,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "update sessions set ended_at = $4, ended_by = $5
        where workspace_id = $1 and member_id = $2 and device_id = $3 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(device).bind(now).bind(why))
}

/// Ends all of the member's sessions but `keep`, by a new epoch that only `keep` is taken along to. Answers how many.
pub async fn end_all(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    keep: Option<&SessionId>,
    why: &str,
    now: Timestamp,
) -> Result<u64> {
    const END: &str = "update sessions set ended_at = $3, ended_by = $4
        where member_id = $1 and ended_at is null and ($2 is null or id <> $2)";
    let epoch = super::members::begin_epoch(conn, workspace, member).await?;
    let ended = execute!(conn, sqlx::query(END).bind(member).bind(keep).bind(now).bind(why))?;
    const KEEP: &str = "update sessions set epoch = $3 where member_id = $1 and id = $2 and ended_at is null";
    execute!(conn, sqlx::query(KEEP).bind(member).bind(keep).bind(epoch))?;
    Ok(ended)
}

/// Which sessions were ended after `since`, so many at most.
pub async fn ended_since(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<SessionId>> {
    const SQL: &str = "select id from sessions where ended_at > $1 order by ended_at limit $2";
    let rows: Vec<(SessionId,)> = on!(conn, db => sqlx::query_as(SQL).bind(since).bind(limit).fetch_all(db))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A session that opens nothing any more: who may be told why.
#[derive(Debug, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Ended {
    pub token_hash: String,
    pub ended_by: Option<String>,
    pub state: MemberState,
    pub held_at: Option<Timestamp>,
}

/// What became of the session with this token prefix; the caller compares the hash.
pub async fn ended(conn: &mut Conn, prefix: &str) -> Result<Option<Ended>> {
    const SQL: &str = "select s.token_hash, s.ended_by, m.state, m.held_at from sessions s
        join members m on m.id = s.member_id and m.workspace_id = s.workspace_id where s.token_prefix = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).fetch_optional(db))
}

/// Ends whatever is signed in on a device, whoever's it is. Answers how many sessions.
pub async fn end_on_device(conn: &mut Conn, device: &DeviceId, why: &str, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update sessions set ended_at = $2, ended_by = $3 where device_id = $1 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(device).bind(now).bind(why))
}

/// Forgets sessions that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from sessions where ends_at < $1").bind(before))
}
