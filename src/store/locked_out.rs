//! Requests of people who cannot get in. Every change is one conditional statement, so that two helpers never work on one.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Locale, Plight, RequestState, Timestamp,
    id::{MemberId, RequestId, WorkspaceId},
};

/// A request's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0011_locked_out.sql")]
pub struct Request {
    pub id: RequestId,
    pub workspace_id: Option<WorkspaceId>,
    pub reference: String,
    pub token_prefix: String,
    pub token_hash: String,
    pub cause: Plight,
    pub written: String,
    pub locale: Locale,
    pub network: String,
    pub state: RequestState,
    pub taken_by: Option<MemberId>,
    pub taken_at: Option<Timestamp>,
    pub answer: Option<String>,
    pub answered_at: Option<Timestamp>,
    pub told_at: Option<Timestamp>,
    pub escalated_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A new one.
pub fn insert(request: &Request) -> Change<'_> {
    const SQL: &str = "insert into locked_out
        (id, workspace_id, reference, token_prefix, token_hash, cause, written, locale, network, state, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)";
    let r = request;
    Change::new(SQL)
        .text(r.id.as_str())
        .maybe(r.workspace_id.as_ref().map(WorkspaceId::as_str))
        .text(&r.reference)
        .text(&r.token_prefix)
        .text(&r.token_hash)
        .text(r.cause.as_str())
        .text(&r.written)
        .text(r.locale.as_str())
        .text(&r.network)
        .time(r.created_at)
}

/// The one with this token prefix; the caller compares the hash.
pub async fn by_token(conn: &mut Conn, prefix: &str) -> Result<Option<Request>> {
    on!(conn, db => sqlx::query_as("select * from locked_out where token_prefix = $1").bind(prefix).fetch_optional(db))
}

/// The one with this id in this workspace.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &RequestId) -> Result<Option<Request>> {
    const SQL: &str = "select * from locked_out where id = $2 and workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(db))
}

/// Those that wait or are worked on, oldest first, behind this time and id.
pub async fn open(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    after: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Request>> {
    const SQL: &str = "select * from locked_out where workspace_id = $1 and state in ('waiting', 'taken')
        and (created_at, id) > ($2, $3) order by created_at, id limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after.0).bind(after.1).bind(limit).fetch_all(db))
}

/// Those that are over, newest first, before this time and id.
pub async fn done(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    before: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Request>> {
    const SQL: &str = "select * from locked_out where workspace_id = $1 and closed_at is not null
        and (closed_at, id) < ($2, $3) order by closed_at desc, id desc limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before.0).bind(before.1).bind(limit).fetch_all(db))
}

/// How many wait or are worked on, at most `most`.
pub async fn waiting(conn: &mut Conn, workspace: &WorkspaceId, most: i64) -> Result<i64> {
    const SQL: &str = "select count(*) from (select 1 from locked_out
        where workspace_id = $1 and state in ('waiting', 'taken') limit $2) t";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(most).fetch_one(db))?;
    Ok(row.0)
}

/// This helper works on it: nobody did, or they did already, or nobody has gone on since `idle`. Answers whether so.
pub async fn take(conn: &mut Conn, request: &Request, by: &MemberId, idle: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update locked_out set state = 'taken', taken_by = $3, taken_at = $5
        where id = $2 and workspace_id = $1
            and (state = 'waiting' or (state = 'taken' and (taken_by = $3 or taken_at <= $4)))";
    let r = request;
    Ok(execute!(conn, sqlx::query(SQL).bind(&r.workspace_id).bind(&r.id).bind(by).bind(idle).bind(now))? == 1)
}

/// The helper's answer. Answers whether it was theirs to answer.
pub async fn answer(conn: &mut Conn, request: &Request, by: &MemberId, sealed: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update locked_out set state = 'answered', answer = $4, answered_at = $5, closed_at = $5
        where id = $2 and workspace_id = $1 and state = 'taken' and taken_by = $3";
    let r = request;
    Ok(execute!(conn, sqlx::query(SQL).bind(&r.workspace_id).bind(&r.id).bind(by).bind(sealed).bind(now))? == 1)
}

/// It is over. Answers whether it was theirs to close.
pub async fn close(conn: &mut Conn, request: &Request, by: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update locked_out set state = 'closed', closed_at = $4
        where id = $2 and workspace_id = $1 and ((state = 'taken' and taken_by = $3) or state = 'answered')";
    let r = request;
    Ok(execute!(conn, sqlx::query(SQL).bind(&r.workspace_id).bind(&r.id).bind(by).bind(now))? == 1)
}

/// Workspaces whose administrators were not told of a request yet.
pub async fn untold(conn: &mut Conn) -> Result<Vec<WorkspaceId>> {
    const SQL: &str = "select distinct workspace_id from locked_out
        where told_at is null and workspace_id is not null and created_at > 0 limit 100";
    let rows: Vec<(WorkspaceId,)> = on!(conn, db => sqlx::query_as(SQL).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// They were told of all that came. Answers how many requests that were.
pub async fn set_told(conn: &mut Conn, workspace: &WorkspaceId, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update locked_out set told_at = $2
        where workspace_id = $1 and told_at is null and workspace_id is not null and created_at <= $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(now))
}

/// Workspaces with a request that came before `before`, is not over, and of which owners were not told.
pub async fn unescalated(conn: &mut Conn, before: Timestamp) -> Result<Vec<WorkspaceId>> {
    const SQL: &str = "select distinct workspace_id from locked_out
        where escalated_at is null and state in ('waiting', 'taken') and workspace_id is not null and created_at <= $1
        limit 100";
    let rows: Vec<(WorkspaceId,)> = on!(conn, db => sqlx::query_as(SQL).bind(before).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Owners were told of those that came before `before`. Answers how many requests that were.
pub async fn set_escalated(conn: &mut Conn, workspace: &WorkspaceId, before: Timestamp, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update locked_out set escalated_at = $3
        where workspace_id = $1 and escalated_at is null and state in ('waiting', 'taken') and workspace_id is not null
            and created_at <= $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(before).bind(now))
}

/// Forgets those that came before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from locked_out where created_at < $1").bind(before))
}
