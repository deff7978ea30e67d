//! Callers' cases at the help desk. Each step is one conditional statement on the row of the helper who opened it.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    ContactKind, Timestamp,
    id::{CallId, MemberId, RequestId, WorkspaceId},
};

/// A call's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0011_locked_out.sql")]
pub struct Call {
    pub id: CallId,
    pub workspace_id: WorkspaceId,
    pub opener: MemberId,
    pub request_id: Option<RequestId>,
    pub member_id: Option<MemberId>,
    pub typed: String,
    pub state: String,
    pub sends: i64,
    pub sent_at: Option<Timestamp>,
    pub sent_by: Option<ContactKind>,
    pub number: Option<i64>,
    pub prompted_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    pub number_tries: i64,
    pub second_asked_at: Option<Timestamp>,
    pub second_by: Option<MemberId>,
    pub proved_by: Option<String>,
    pub proved_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// Which call of which helper.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Of<'a> {
    pub workspace: &'a WorkspaceId,
    pub opener: &'a MemberId,
    pub id: &'a CallId,
}

/// A new one.
pub fn insert(call: &Call) -> Change<'_> {
    const SQL: &str = "insert into calls
        (id, workspace_id, opener, request_id, member_id, typed, state, sends, number_tries, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, 'open', 0, 0, $7, $8)";
    let c = call;
    Change::new(SQL)
        .text(c.id.as_str())
        .text(c.workspace_id.as_str())
        .text(c.opener.as_str())
        .maybe(c.request_id.as_ref().map(RequestId::as_str))
        .maybe(c.member_id.as_ref().map(MemberId::as_str))
        .text(&c.typed)
        .time(c.expires_at)
        .time(c.created_at)
}

/// The helper's own call.
pub async fn by_id(conn: &mut Conn, of: Of<'_>) -> Result<Option<Call>> {
    const SQL: &str = "select * from calls where id = $3 and workspace_id = $1 and opener = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(of.workspace).bind(of.opener).bind(of.id).fetch_optional(db))
}

/// Anybody's call of the workspace.
pub async fn in_workspace(conn: &mut Conn, workspace: &WorkspaceId, id: &CallId) -> Result<Option<Call>> {
    const SQL: &str = "select * from calls where id = $2 and workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(db))
}

/// One more code goes out, if fewer than `most` did and none since `since`. Answers whether so.
pub async fn set_sent(
    conn: &mut Conn,
    of: Of<'_>,
    kind: ContactKind,
    (most, since): (i64, Timestamp),
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update calls set sends = sends + 1, sent_at = $7, sent_by = $4
        where id = $3 and workspace_id = $1 and opener = $2 and state = 'open' and expires_at > $7
            and sends < $5 and (sent_at is null or sent_at <= $6)";
    let rows = execute!(
        conn,
        sqlx::query(SQL).bind(of.workspace).bind(of.opener).bind(of.id).bind(kind).bind(most).bind(since).bind(now)
    )?;
    Ok(rows == 1)
}

/// The member's own page asks them, once a call. Answers whether so.
pub async fn set_prompted(conn: &mut Conn, of: Of<'_>, number: i64, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update calls set number = $4, prompted_at = $5
        where id = $3 and workspace_id = $1 and opener = $2 and state = 'open' and expires_at > $5 and prompted_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(of.workspace).bind(of.opener).bind(of.id).bind(number).bind(now))? == 1)
}

/// What the member's own page asks them now.
pub async fn prompt(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    since: Timestamp,
) -> Result<Option<Call>> {
    const SQL: &str =
        "select * from calls where member_id = $2 and member_id is not null and created_at > $3 - 3600000000
            and workspace_id = $1 and state = 'open' and prompted_at > $3 and confirmed_at is null
        order by created_at desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(since).fetch_optional(db))
}

/// The member says that they speak with the help desk now. Answers whether they were asked.
pub async fn set_confirmed(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &CallId,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update calls set confirmed_at = $5
        where id = $3 and workspace_id = $1 and member_id = $2 and state = 'open' and prompted_at > $4 and confirmed_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(id).bind(since).bind(now))? == 1)
}

/// The member says that they do not: the call is over. Answers whether they were asked.
pub async fn set_denied(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &CallId,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update calls set state = 'ended', ended_at = $5
        where id = $3 and workspace_id = $1 and member_id = $2 and state = 'open' and prompted_at > $4 and confirmed_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(id).bind(since).bind(now))? == 1)
}

/// Takes one try at the number; nothing when there is none to try, or `most` tries were taken.
pub async fn take_number_try(
    conn: &mut Conn,
    of: Of<'_>,
    (most, since): (i64, Timestamp),
    now: Timestamp,
) -> Result<Option<Call>> {
    const SQL: &str = "update calls set number_tries = number_tries + 1
        where id = $3 and workspace_id = $1 and opener = $2 and state = 'open' and expires_at > $6
            and prompted_at > $5 and number_tries < $4
        returning *";
    on!(conn, db => sqlx::query_as(SQL)
        .bind(of.workspace).bind(of.opener).bind(of.id).bind(most).bind(since).bind(now).fetch_optional(db))
}

/// A second administrator is asked. Answers whether so.
pub async fn set_second_asked(conn: &mut Conn, of: Of<'_>, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update calls set second_asked_at = $4
        where id = $3 and workspace_id = $1 and opener = $2 and state = 'open' and expires_at > $4 and second_asked_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(of.workspace).bind(of.opener).bind(of.id).bind(now))? == 1)
}

/// Calls that wait for somebody else's agreement, oldest first.
pub async fn to_agree(conn: &mut Conn, workspace: &WorkspaceId, but: &MemberId, now: Timestamp) -> Result<Vec<Call>> {
    const SQL: &str = "select * from calls where workspace_id = $1 and state = 'open' and second_asked_at is not null
            and expires_at > $3 and opener <> $2
        order by second_asked_at limit 50";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(but).bind(now).fetch_all(db))
}

/// The caller is who they say. Answers whether the call was still open.
pub async fn set_proved(
    conn: &mut Conn,
    call: &Call,
    by: &str,
    second: Option<&MemberId>,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update calls set state = 'proved', proved_by = $3, second_by = $4, proved_at = $5
        where id = $2 and workspace_id = $1 and state = 'open' and expires_at > $5 and member_id is not null";
    Ok(execute!(conn, sqlx::query(SQL).bind(&call.workspace_id).bind(&call.id).bind(by).bind(second).bind(now))? == 1)
}

/// The helper's proved call about this member, proved after `since`.
pub async fn proved(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    opener: &MemberId,
    member: &MemberId,
    since: Timestamp,
) -> Result<Option<Call>> {
    const SQL: &str = "select * from calls where opener = $2 and created_at > $4 - 3600000000
            and workspace_id = $1 and member_id = $3 and state = 'proved' and proved_at > $4
        order by created_at desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(opener).bind(member).bind(since).fetch_optional(db))
}

/// The newest calls of a request that a helper opened, or anybody did.
pub async fn of_request(conn: &mut Conn, workspace: &WorkspaceId, request: &RequestId) -> Result<Vec<Call>> {
    const SQL: &str =
        "select * from calls where request_id = $2 and workspace_id = $1 order by created_at desc limit 20";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(request).fetch_all(db))
}

/// It is over. Answers whether it was not yet.
pub async fn end(conn: &mut Conn, of: Of<'_>, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update calls set state = 'ended', ended_at = $4
        where id = $3 and workspace_id = $1 and opener = $2 and state <> 'ended'";
    Ok(execute!(conn, sqlx::query(SQL).bind(of.workspace).bind(of.opener).bind(of.id).bind(now))? == 1)
}

/// All that live are over: the clock went back, and they would live too long.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("update calls set state = 'ended', ended_at = $1 where state <> 'ended'").bind(now))
}

/// Forgets those that were opened before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from calls where created_at < $1").bind(before))
}
