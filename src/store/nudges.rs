//! Who was asked to see to their contacts and when, and the demands to many that are under way.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Readiness, Timestamp,
    id::{MemberId, NudgeRunId, WorkspaceId},
};

/// Writes down that the member is asked now, unless they were since `since`. Answers whether so.
pub async fn take(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "insert into nudges (member_id, workspace_id, at) values ($1, $2, $3)
        on conflict (member_id) do update set at = excluded.at where nudges.at <= $4";
    Ok(execute!(conn, sqlx::query(SQL).bind(member).bind(workspace).bind(now).bind(since))? == 1)
}

/// When the member was asked last.
pub async fn last(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Option<Timestamp>> {
    const SQL: &str = "select at from nudges where workspace_id = $1 and member_id = $2";
    let row: Option<(Timestamp,)> =
        on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_optional(db))?;
    Ok(row.map(|row| row.0))
}

/// All members with one readiness are asked.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0012_readiness.sql")]
pub struct Run {
    pub id: NudgeRunId,
    pub workspace_id: WorkspaceId,
    pub by_member: MemberId,
    pub readiness: Readiness,
    pub email: bool,
    pub after_login: String,
    pub asked: i64,
    pub passed_over: i64,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
    pub stopped: bool,
}

/// Begins one. Answers false while another of the workspace is under way.
pub async fn insert_run(conn: &mut Conn, run: &Run) -> Result<bool> {
    const SQL: &str = "insert into nudge_runs
        (id, workspace_id, by_member, readiness, email, after_login, asked, passed_over, created_at, stopped)
        values ($1, $2, $3, $4, $5, '', 0, 0, $6, false)
        on conflict (workspace_id) where done_at is null do nothing";
    let r = run;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&r.id)
            .bind(&r.workspace_id)
            .bind(&r.by_member)
            .bind(r.readiness)
            .bind(r.email)
            .bind(r.created_at)
    )?;
    Ok(rows == 1)
}

/// The one under way that has come the least far, whosever it is, so that nobody's many keep another's few waiting. The condition on the workspace
/// lets SQLite search the index of those alone.
pub async fn open_run(conn: &mut Conn) -> Result<Option<Run>> {
    const SQL: &str = "select * from nudge_runs where done_at is null and workspace_id > ''
        order by asked + passed_over, workspace_id limit 1";
    on!(conn, db => sqlx::query_as(SQL).fetch_optional(db))
}

/// The workspace's newest, under way or done.
pub async fn newest_run(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Run>> {
    const SQL: &str = "select * from nudge_runs where workspace_id = $1 order by id desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// How far it has come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Step {
    pub asked: i64,
    pub passed_over: i64,
    pub done: bool,
    pub stopped: bool,
}

/// Takes the piece of the run behind `run.after_login`, in this transaction. Answers false where another node has it, or had it.
pub async fn take_piece(conn: &mut Conn, run: &Run) -> Result<bool> {
    const SQL: &str = "update nudge_runs set after_login = after_login
        where workspace_id = $1 and id = $2 and done_at is null and after_login = $3 and asked + passed_over = $4";
    let so_far = run.asked + run.passed_over;
    let rows =
        execute!(conn, sqlx::query(SQL).bind(&run.workspace_id).bind(&run.id).bind(&run.after_login).bind(so_far))?;
    Ok(rows == 1)
}

/// Writes down what came of the piece.
pub async fn set_piece(conn: &mut Conn, run: &Run, after: &str, step: Step, now: Timestamp) -> Result<()> {
    const SQL: &str = "update nudge_runs set after_login = $3, asked = asked + $4, passed_over = passed_over + $5,
            done_at = case when $6 then $7 else done_at end, stopped = $8
        where workspace_id = $1 and id = $2";
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&run.workspace_id)
            .bind(&run.id)
            .bind(after)
            .bind(step.asked)
            .bind(step.passed_over)
            .bind(step.done)
            .bind(now)
            .bind(step.stopped)
    )?;
    Ok(())
}
