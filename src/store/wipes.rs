//! Wipes: what a device is told to give up, and how far that has come. A wipe goes forward only: from queued to sent, and from there to one end.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use super::members::Member;
use crate::model::{
    Timestamp, WipeCause, WipeState, WipeWay, WipeWhat,
    id::{IncidentId, MemberId, WipeId, WorkspaceId},
};

/// A wipe's row.
#[derive(Debug, Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns speak for themselves; see migrations/0031_wipes.sql and 0034_management.sql"
)]
pub struct Wipe {
    pub id: WipeId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub incident_id: Option<IncidentId>,
    pub way: WipeWay,
    pub target: String,
    pub what: WipeWhat,
    pub state: WipeState,
    pub cause: Option<WipeCause>,
    pub secret: Option<String>,
    pub receipt: Option<String>,
    pub asked_by: MemberId,
    pub asked_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub next_at: Option<Timestamp>,
    pub tries: i64,
    pub handed_at: Option<Timestamp>,
    pub answer: Option<String>,
}

impl Wipe {
    /// Whether a service that manages devices passes it on.
    pub const fn is_managed(&self) -> bool {
        matches!(self.way, WipeWay::Webhook | WipeWay::Graph)
    }
}

/// What is new of a wipe.
#[derive(Debug)]
#[expect(missing_docs, reason = "as the row's columns")]
pub struct Asking<'a> {
    pub id: WipeId,
    pub member: &'a Member,
    pub incident: Option<IncidentId>,
    pub way: WipeWay,
    pub target: &'a str,
    pub what: WipeWhat,
    pub by: &'a MemberId,
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// Asks for it. Answers whether the same was not under way.
pub async fn insert(conn: &mut Conn, asking: &Asking<'_>) -> Result<bool> {
    const SQL: &str =
        "insert into wipes (id, workspace_id, member_id, incident_id, way, target, what, state, asked_by, asked_at, expires_at, next_at)
        select $1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10, case when $5 in ('webhook', 'graph') then $9 else null end where true
        on conflict (way, target, member_id, what) where ended_at is null do nothing";
    let a = asking;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&a.id)
            .bind(&a.member.workspace_id)
            .bind(&a.member.id)
            .bind(&a.incident)
            .bind(a.way)
            .bind(a.target)
            .bind(a.what)
            .bind(a.by)
            .bind(a.at)
            .bind(a.expires_at)
    )?;
    Ok(rows == 1)
}

/// One of this member's.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, id: &WipeId) -> Result<Option<Wipe>> {
    const SQL: &str = "select * from wipes where id = $3 and workspace_id = $1 and member_id = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(id).fetch_optional(db))
}

/// The member's, newest first.
pub async fn of_member(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<Wipe>> {
    const SQL: &str = "select * from wipes where member_id = $2 and workspace_id = $1 order by id desc limit 50";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_all(db))
}

/// What this target is still to do, oldest first.
pub async fn open_for(conn: &mut Conn, way: WipeWay, target: &str, now: Timestamp) -> Result<Vec<Wipe>> {
    const SQL: &str = "select * from wipes
        where way = $1 and target = $2 and ended_at is null and expires_at > $3 order by id";
    on!(conn, db => sqlx::query_as(SQL).bind(way).bind(target).bind(now).fetch_all(db))
}

/// The target was told. Answers whether it was still to be.
pub async fn set_sent(conn: &mut Conn, id: &WipeId, secret: Option<&str>, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update wipes set state = 'sent', sent_at = coalesce(sent_at, $3), secret = $2
        where id = $1 and ended_at is null and expires_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(secret).bind(now))? == 1)
}

/// It came to an end. Answers whether it had not.
pub async fn settle(
    conn: &mut Conn,
    id: &WipeId,
    (state, cause): (WipeState, Option<WipeCause>),
    receipt: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update wipes set state = $2, cause = $3, receipt = $4, ended_at = $5, secret = null
        where id = $1 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(state).bind(cause).bind(receipt).bind(now))? == 1)
}

/// What was asked of a target that is over will never be done.
pub async fn void_target(conn: &mut Conn, way: WipeWay, target: &str, cause: WipeCause, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update wipes set state = 'impossible', cause = $3, ended_at = $4, secret = null
        where way = $1 and target = $2 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(way).bind(target).bind(cause).bind(now))
}

/// One that a target was told, whatever became of it.
pub async fn of_target(conn: &mut Conn, way: WipeWay, target: &str, id: &WipeId) -> Result<Option<Wipe>> {
    const SQL: &str = "select * from wipes where id = $3 and way = $1 and target = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(way).bind(target).bind(id).fetch_optional(db))
}

/// One that the workspace asked for by this way, whatever became of it.
pub async fn of_way(conn: &mut Conn, workspace: &WorkspaceId, way: WipeWay, id: &WipeId) -> Result<Option<Wipe>> {
    const SQL: &str = "select * from wipes where id = $3 and workspace_id = $1 and way = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(way).bind(id).fetch_optional(db))
}

/// The device was found: what was asked for in the case, told or not, is not wanted any more.
pub async fn void_in(conn: &mut Conn, incident: &IncidentId, member: &MemberId, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update wipes set state = 'impossible', cause = 'found', ended_at = $3, secret = null
        where member_id = $2 and incident_id = $1 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(incident).bind(member).bind(now))
}

/// After a restore: nothing that was asked for then is done.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update wipes set state = 'impossible', cause = 'restored', ended_at = $1, secret = null
        where ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(now))
}

/// What did not come to its end in time never will.
pub async fn expire(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update wipes set state = case when state = 'queued' then 'impossible' else 'failed' end, cause = 'not_reached', ended_at = $1, secret = null
        where ended_at is null and expires_at <= $1";
    execute!(conn, sqlx::query(SQL).bind(now))
}

/// What a browser is still to do, by its device's token; the caller compares the hash.
pub async fn for_browser(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<(Wipe, String)>> {
    const SQL: &str = "select w.*, (select token_hash from devices where token_prefix = $1) as token_hash from wipes w
        where w.way = 'browser' and w.target = (select id from devices where token_prefix = $1)
            and w.ended_at is null and w.expires_at > $2
        order by w.asked_at limit 1";
    let row: Option<OfBrowser> = on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(now).fetch_optional(db))?;
    Ok(row.map(|row| (row.wipe, row.token_hash)))
}

#[derive(FromRow)]
struct OfBrowser {
    #[sqlx(flatten)]
    wipe: Wipe,
    token_hash: String,
}

/// An administrator takes it back. Answers whether it was not sent yet.
pub async fn take_back(conn: &mut Conn, id: &WipeId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update wipes set state = 'impossible', cause = 'taken_back', ended_at = $2
        where id = $1 and state = 'queued' and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(now))? == 1)
}

/// What is to be seen to at a service that manages devices, the longest due first.
pub async fn due(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Wipe>> {
    const SQL: &str = "select * from wipes
        where next_at is not null and next_at <= $1 and ended_at is null and expires_at > $1 order by next_at limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(now).bind(limit).fetch_all(db))
}

/// Takes one that is due, so that no other node sees to it before `until`. Answers false where one was faster.
pub async fn claim(conn: &mut Conn, wipe: &Wipe, until: Timestamp) -> Result<bool> {
    const SQL: &str = "update wipes set next_at = $3, tries = tries + 1
        where id = $1 and next_at = $2 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(&wipe.id).bind(wipe.next_at).bind(until))? == 1)
}

/// The service took it.
pub async fn set_handed(
    conn: &mut Conn,
    id: &WipeId,
    (answer, next_at): (&str, Option<Timestamp>),
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update wipes set state = 'sent', sent_at = coalesce(sent_at, $4), handed_at = $4, answer = $2, next_at = $3, tries = 0
        where id = $1 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(answer).bind(next_at).bind(now))? == 1)
}

/// It is seen to again then; what the service turned away waits as before.
pub async fn set_next(conn: &mut Conn, id: &WipeId, (answer, next_at): (&str, Timestamp), waits: bool) -> Result<()> {
    const SQL: &str = "update wipes set answer = $2, next_at = $3,
            state = case when $4 and handed_at is null then 'queued' else state end,
            sent_at = case when $4 and handed_at is null then null else sent_at end
        where id = $1 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(id).bind(answer).bind(next_at).bind(waits)).map(drop)
}

/// What came back after the end. Answers whether nothing had come before.
pub async fn keep_late_receipt(conn: &mut Conn, id: &WipeId, receipt: &str) -> Result<bool> {
    const SQL: &str = "update wipes set receipt = $2 where id = $1 and receipt is null and ended_at is not null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(receipt))? == 1)
}

/// A workspace has this way no more.
pub async fn void_way(conn: &mut Conn, workspace: &WorkspaceId, way: WipeWay, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update wipes set state = case when state = 'queued' then 'impossible' else 'failed' end, cause = 'not_set_up', ended_at = $3
        where workspace_id = $1 and way = $2 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(way).bind(now))
}
