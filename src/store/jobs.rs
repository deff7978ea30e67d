//! Long work of the desk, in pieces. Whoever does a piece holds the job by a run of its own for a while; what it changes, it changes only while
//! that run still has it and nobody stopped the job.

use sqlx::FromRow;

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    JobCause, JobKind, JobState, Timestamp,
    id::{AccessTokenId, JobId, MemberId, WorkspaceId},
};

/// A job's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0013_people.sql")]
pub struct Job {
    pub id: JobId,
    pub workspace_id: WorkspaceId,
    pub kind: JobKind,
    pub by_member: MemberId,
    pub state: JobState,
    pub total: i64,
    pub done: i64,
    pub failed: i64,
    pub pieces: i64,
    pub next: i64,
    pub cause: Option<JobCause>,
    pub token_id: Option<AccessTokenId>,
    pub run_id: Option<String>,
    pub leased_until: Timestamp,
    pub worked_at: Timestamp,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// A piece's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0013_people.sql")]
pub struct Piece {
    pub job_id: JobId,
    pub nth: i64,
    pub workspace_id: WorkspaceId,
    pub rows: i64,
    pub input: Option<String>,
    pub report: Option<String>,
    pub told: i64,
}

/// A new draft, without pieces yet.
pub async fn insert(conn: &mut Conn, job: &Job) -> Result<()> {
    const SQL: &str = "insert into jobs (id, workspace_id, kind, by_member, state, total, done, failed, pieces, next,
            leased_until, worked_at, created_at)
        values ($1, $2, $3, $4, $5, 0, 0, 0, 0, 0, 0, 0, $6)";
    let j = job;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&j.id)
            .bind(&j.workspace_id)
            .bind(j.kind)
            .bind(&j.by_member)
            .bind(j.state)
            .bind(j.created_at)
    )?;
    Ok(())
}

/// Pieces of a draft.
pub fn insert_pieces(all: &[Piece]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str = "insert into job_pieces (job_id, nth, workspace_id, rows, input, report, told) values";
    of_rows(all, [HEAD, ""], 7, |change, p| {
        let change = change.text(p.job_id.as_str()).whole(p.nth).text(p.workspace_id.as_str()).whole(p.rows);
        change.maybe(p.input.as_deref()).maybe(p.report.as_deref()).whole(p.told)
    })
}

/// Counts more pieces of a draft. Answers false when it is none any more.
pub async fn grow(conn: &mut Conn, job: &Job, pieces: i64, total: i64, failed: i64) -> Result<bool> {
    const SQL: &str = "update jobs set pieces = pieces + $2, total = total + $3, failed = failed + $4
        where id = $1 and workspace_id = $5 and state = 'draft'";
    let (id, workspace) = (&job.id, &job.workspace_id);
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(pieces).bind(total).bind(failed).bind(workspace))? == 1)
}

/// A job of this workspace.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &JobId) -> Result<Option<Job>> {
    const SQL: &str = "select * from jobs where id = $1 and workspace_id = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(id).bind(workspace).fetch_optional(db))
}

/// The newest jobs of this workspace that are before this id.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, before: &str, limit: i64) -> Result<Vec<Job>> {
    const SQL: &str =
        "select * from jobs where workspace_id = $1 and id < $2 and state <> 'draft' order by id desc limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before).bind(limit).fetch_all(db))
}

/// Whoever made this draft says go, maybe by an access token. Answers false when it is none any more, or another's.
pub async fn start(conn: &mut Conn, job: &Job, token: Option<&str>) -> Result<bool> {
    const SQL: &str = "update jobs set state = 'waiting', token_id = $5
        where id = $1 and workspace_id = $2 and by_member = $3 and state = 'draft' and pieces = $4";
    let j = job;
    let started = execute!(
        conn,
        sqlx::query(SQL).bind(&j.id).bind(&j.workspace_id).bind(&j.by_member).bind(j.pieces).bind(token)
    )?;
    Ok(started == 1)
}

/// Ends a job that was not over, and erases what it still had to do. Answers false when it was over.
pub async fn stop(conn: &mut Conn, workspace: &WorkspaceId, id: &JobId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update jobs set state = 'stopped', ended_at = $3, run_id = null
        where id = $1 and workspace_id = $2 and state in ('draft', 'waiting', 'running')";
    let stopped = execute!(conn, sqlx::query(SQL).bind(id).bind(workspace).bind(now))? == 1;
    if stopped {
        erase_inputs(conn, workspace, id).await?;
    }
    Ok(stopped)
}

async fn erase_inputs(conn: &mut Conn, workspace: &WorkspaceId, id: &JobId) -> Result<()> {
    const SQL: &str =
        "update job_pieces set input = null where job_id = $1 and workspace_id = $2 and input is not null";
    execute!(conn, sqlx::query(SQL).bind(id).bind(workspace))?;
    Ok(())
}

/// Whether a job waits for somebody to do a piece of it.
pub async fn is_any(conn: &mut Conn, now: Timestamp) -> Result<bool> {
    const SQL: &str =
        "select id from jobs where state in ('waiting', 'running') and worked_at >= 0 and leased_until <= $1
        order by worked_at, id limit 1";
    let row: Option<(JobId,)> = on!(conn, db => sqlx::query_as(SQL).bind(now).fetch_optional(db))?;
    Ok(row.is_some())
}

/// Takes the job that waited longest for its turn, for this run and until then. None where there is nothing to do.
pub async fn take(conn: &mut Conn, run: &str, until: Timestamp, now: Timestamp) -> Result<Option<Job>> {
    const SQL: &str =
        "update jobs set run_id = $1, leased_until = $2, state = 'running', started_at = coalesce(started_at, $3)
        where leased_until <= $3 and state in ('waiting', 'running') and id in
            (select id from jobs where state in ('waiting', 'running') and worked_at >= 0 and leased_until <= $3
                order by worked_at, id limit 1)
        returning *";
    on!(conn, db => sqlx::query_as(SQL).bind(run).bind(until).bind(now).fetch_optional(db))
}

/// The first statement of a piece's change: whether the run still has the job. Until the transaction ends nobody stops it or takes it over.
pub async fn hold(conn: &mut Conn, job: &Job) -> Result<bool> {
    const SQL: &str = "update jobs set worked_at = worked_at
        where id = $1 and workspace_id = $4 and run_id = $2 and next = $3 and state = 'running'";
    let j = job;
    Ok(execute!(conn, sqlx::query(SQL).bind(&j.id).bind(&j.run_id).bind(j.next).bind(&j.workspace_id))? == 1)
}

/// The held piece is done: its input goes, the report stays, and the job is free for its next turn.
pub async fn put(conn: &mut Conn, piece: &Piece, failed: i64, now: Timestamp) -> Result<()> {
    const PIECE: &str = "update job_pieces set input = null, report = $3, told = $4
        where job_id = $1 and nth = $2 and workspace_id = $5";
    const JOB: &str = "update jobs set next = next + 1, done = done + $2, failed = failed + $3, worked_at = $4,
            run_id = null, leased_until = 0,
            state = case when next + 1 >= pieces then 'done' else state end,
            ended_at = case when next + 1 >= pieces then $4 else ended_at end
        where id = $1 and workspace_id = $5";
    let (p, workspace) = (piece, &piece.workspace_id);
    execute!(conn, sqlx::query(PIECE).bind(&p.job_id).bind(p.nth).bind(&p.report).bind(p.told).bind(workspace))?;
    execute!(conn, sqlx::query(JOB).bind(&p.job_id).bind(p.rows).bind(failed).bind(now).bind(workspace))?;
    Ok(())
}

/// The job that this run has ends midway. Answers false when the run has it no more.
pub async fn fail(conn: &mut Conn, job: &Job, cause: JobCause, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update jobs set state = 'failed', cause = $3, ended_at = $4, run_id = null
        where id = $1 and workspace_id = $5 and run_id = $2 and state = 'running'";
    let (id, workspace) = (&job.id, &job.workspace_id);
    let failed =
        execute!(conn, sqlx::query(SQL).bind(id).bind(&job.run_id).bind(cause).bind(now).bind(workspace))? == 1;
    if failed {
        erase_inputs(conn, workspace, id).await?;
    }
    Ok(failed)
}

/// One piece.
pub async fn piece(conn: &mut Conn, workspace: &WorkspaceId, job: &JobId, nth: i64) -> Result<Option<Piece>> {
    const SQL: &str = "select * from job_pieces where job_id = $1 and nth = $2 and workspace_id = $3";
    on!(conn, db => sqlx::query_as(SQL).bind(job).bind(nth).bind(workspace).fetch_optional(db))
}

/// The next pieces after this one whose report speaks of rows.
pub async fn told(conn: &mut Conn, workspace: &WorkspaceId, job: &JobId, after: i64, limit: i64) -> Result<Vec<Piece>> {
    const SQL: &str = "select * from job_pieces where job_id = $1 and nth > $2 and told > 0 and workspace_id = $3
        order by nth limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(job).bind(after).bind(workspace).bind(limit).fetch_all(db))
}

/// Ends drafts that nobody said go to since, and erases what they hold.
pub async fn end_drafts(conn: &mut Conn, before: Timestamp, now: Timestamp) -> Result<u64> {
    // First the state: whoever says go at this moment finds it over, or keeps what it needs.
    const JOBS: &str = "update jobs set state = 'stopped', ended_at = $2 where created_at < $1 and state = 'draft'";
    const INPUTS: &str = "update job_pieces set input = null
        where job_id in (select id from jobs where created_at < $1 and state = 'stopped' and ended_at = $2) and input is not null";
    let ended = execute!(conn, sqlx::query(JOBS).bind(before).bind(now))?;
    execute!(conn, sqlx::query(INPUTS).bind(before).bind(now))?;
    Ok(ended)
}

/// Ends all that is not over, whoever's, and erases what it still had to do.
pub async fn end_all(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    const INPUTS: &str = "update job_pieces set input = null where input is not null";
    const JOBS: &str = "update jobs set state = 'stopped', ended_at = $1, run_id = null
        where state in ('draft', 'waiting', 'running')";
    execute!(conn, sqlx::query(INPUTS))?;
    execute!(conn, sqlx::query(JOBS).bind(now))
}

/// Forgets jobs that are over and were made before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    const OVER: &str = "created_at < $1 and state in ('done', 'failed', 'stopped')";
    let pieces = format!("delete from job_pieces where job_id in (select id from jobs where {OVER})");
    execute!(conn, sqlx::query(sqlx::AssertSqlSafe(pieces)).bind(before))?;
    execute!(conn, sqlx::query(sqlx::AssertSqlSafe(format!("delete from jobs where {OVER}"))).bind(before))
}
