//! Long work that an administrator begins at the desk: a draft of pieces, a word to go, and then piece after piece by whichever node has it,
//! also when the page is closed, the server is started again, or a node dies with a piece in its hands.
//!
//! A kind of work is one variant of [`JobKind`] and one line in `one_piece`. Its function gets a [`Turn`], prepares what it can, and changes everything
//! in one transaction: so a piece is done once, or not at all, and never by somebody who was stopped or lost the right meanwhile.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::turn::{Stop, Turn};
use super::{Outcome, Refusal, Seat, imports, invitations, many};
use crate::app::App;
use crate::flows::pace::Pace;
use crate::flows::sheet::Told;
use crate::flows::{Changed, Deed, Error, Result, new_id};
use crate::model::id::{self, JobId, MemberId, WorkspaceId};
use crate::model::{Action, JobCause, JobKind, JobState, Timestamp, seconds, time::Span};
pub use crate::store::jobs::Job;
use crate::store::jobs::Piece;
use crate::store::{self, jobs, transaction};
use crate::vault::DataKey;

/// Rows of one piece: a few milliseconds of work, which others wait for on SQLite.
pub const PIECE: usize = 100;
/// Pieces of a draft that one transaction takes.
const DRAFTED: usize = 10;
/// For how long nobody else takes a piece that somebody works on. Whoever is slower than that loses it, and changes nothing.
const LEASE: Span = seconds(60);
/// Rows of a report that a page shows.
const SHOWN: usize = 100;

pub(super) const INPUT: &str = "job.input";
pub(super) const REPORT: &str = "job.report";

/// What is written down about a piece.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Report {
    pub told: Vec<Told>,
    /// Who came of it.
    pub members: Vec<MemberId>,
}

/// A piece of a draft.
#[derive(Debug)]
pub struct Draft<T> {
    /// How many rows it is of, with those that nothing can come of.
    pub rows: usize,
    /// What there is to do.
    pub input: T,
    /// What is wrong with the others.
    pub told: Vec<Told>,
}

/// Writes a draft down. It waits a day for somebody to say go.
pub(super) async fn draft<T: Serialize + Sync>(
    app: &App,
    seat: &Seat<'_>,
    kind: JobKind,
    pieces: &[Draft<T>],
) -> Result<Outcome<JobId>> {
    let now = seat.now();
    let workspace = &seat.member().workspace_id;
    let key = seat.signed().data_key(app)?;
    let job = Job {
        id: new_id!(app, now, JobId),
        workspace_id: workspace.clone(),
        kind,
        by_member: seat.member().id.clone(),
        state: JobState::Draft,
        total: 0,
        done: 0,
        failed: 0,
        pieces: 0,
        next: 0,
        cause: None,
        token_id: None,
        run_id: None,
        leased_until: Timestamp(0),
        worked_at: Timestamp(0),
        created_at: now,
        started_at: None,
        ended_at: None,
    };
    let begun = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::PrepareJobs).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        jobs::insert(conn, &job).await?;
        Ok(Ok(()))
    })?;
    if let Err(refusal) = begun {
        return Ok(Err(refusal));
    }
    let mut pace = Pace::shared();
    for (batch, some) in pieces.chunks(DRAFTED).enumerate() {
        let mut rows = Vec::with_capacity(some.len());
        for (at, piece) in some.iter().enumerate() {
            let sealed_at = place_of(&job.id, batch * DRAFTED + at);
            rows.push(Piece {
                job_id: job.id.clone(),
                nth: whole(batch * DRAFTED + at),
                workspace_id: workspace.clone(),
                rows: whole(piece.rows),
                input: Some(key.seal(&*app.dice, INPUT, &sealed_at, &json(&piece.input)?)),
                report: report(app, &key, &sealed_at, piece.told.clone(), Vec::new())?,
                told: whole(lines(&piece.told)),
            });
        }
        let total = rows.iter().map(|row| row.rows).sum();
        let failed = rows.iter().map(|row| row.told).sum();
        pace.rest().await;
        pace.time(async {
            transaction!(app.db, conn => {
                if !jobs::grow(conn, &job, whole(rows.len()), total, failed).await? {
                    return Err(Error::Broken("a draft ended while it was written".to_owned()));
                }
                Ok(store::apply(conn, jobs::insert_pieces(&rows)).await?)
            })
        })
        .await?;
    }
    Ok(Ok(job.id))
}

/// Where a piece's sealed texts stand.
pub(super) fn place_of(job: &JobId, nth: impl std::fmt::Display) -> String {
    format!("{job}/{nth}")
}

pub(super) fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::Broken(error.to_string()))
}

/// How many rows these speak of.
pub(super) fn lines(told: &[Told]) -> usize {
    let mut lines: Vec<_> = told.iter().map(|told| told.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

pub(super) fn report(
    app: &App,
    key: &DataKey,
    place: &str,
    told: Vec<Told>,
    members: Vec<MemberId>,
) -> Result<Option<String>> {
    if told.is_empty() && members.is_empty() {
        return Ok(None);
    }
    Ok(Some(key.seal(&*app.dice, REPORT, place, &json(&Report { told, members })?)))
}

/// Opens what is sealed in a piece.
pub(super) fn open<T: DeserializeOwned>(key: &DataKey, label: &str, piece: &Piece, sealed: &str) -> Result<T> {
    let plain = key.open(label, &place_of(&piece.job_id, piece.nth), sealed)?;
    serde_json::from_slice(&plain).map_err(|error| Error::Broken(error.to_string()))
}

/// A job as its page shows it.
#[derive(Debug)]
pub struct Look {
    /// The job.
    pub job: Job,
    /// The name of who began it.
    pub by: String,
    /// It was the one who looks.
    pub own: bool,
    /// What was wrong with rows; the first of them.
    pub told: Vec<Told>,
}

/// A job of the seat's workspace.
pub async fn look(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Option<Look>> {
    seat.taken_for(Action::PrepareJobs)?;
    let workspace = &seat.member().workspace_id;
    let mut conn = app.db.read().await?;
    let Some(job) = jobs::by_id(&mut conn, workspace, id).await? else { return Ok(None) };
    let by = store::members::by_id(&mut conn, workspace, &job.by_member).await?;
    drop(conn);
    let mut told = Vec::new();
    if let Some(mut reports) = reports(app, seat, id).await? {
        while told.len() < SHOWN
            && let Some(more) = reports.next(app).await?
        {
            told.extend(more);
        }
    }
    told.truncate(SHOWN);
    Ok(Some(Look { own: job.by_member == seat.member().id, by: by.map_or_else(String::new, |by| by.name), job, told }))
}

/// The jobs of the seat's workspace that were begun, the newest first: so many, behind this one where one is named.
pub async fn list(app: &App, seat: &Seat<'_>, before: Option<&JobId>, size: usize) -> Result<Vec<Job>> {
    seat.taken_for(Action::PrepareJobs)?;
    let before = before.map_or("~", JobId::as_str);
    Ok(jobs::list(&mut app.db.read().await?, &seat.member().workspace_id, before, whole(size)).await?)
}

/// All that was wrong with rows of a job, some pieces at a time.
pub struct Reports {
    workspace: WorkspaceId,
    job: JobId,
    key: Arc<DataKey>,
    after: i64,
}

/// What was wrong with rows of a job of the seat's workspace.
pub async fn reports(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Option<Reports>> {
    seat.taken_for(Action::PrepareJobs)?;
    let workspace = &seat.member().workspace_id;
    let found = jobs::by_id(&mut app.db.read().await?, workspace, id).await?;
    let key = seat.signed().data_key(app)?;
    Ok(found.map(|job| Reports { workspace: job.workspace_id, job: job.id, key, after: -1 }))
}

impl Reports {
    /// The next of it, by lines; none when that was all.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<Told>>> {
        let pieces = jobs::told(&mut app.db.read().await?, &self.workspace, &self.job, self.after, 20).await?;
        let Some(last) = pieces.last() else { return Ok(None) };
        self.after = last.nth;
        let mut told = Vec::new();
        for piece in &pieces {
            if let Some(sealed) = &piece.report {
                told.extend(open::<Report>(&self.key, REPORT, piece, sealed)?.told);
            }
        }
        Ok(Some(told))
    }
}

/// Says go. Only whoever made the draft can, once; `whole_only` where nothing may be wrong with any row.
pub(super) async fn start(app: &App, seat: &Seat<'_>, job: &Job, whole_only: bool) -> Result<Outcome<()>> {
    let key = seat.signed().data_key(app)?;
    let now = seat.now();
    let empty = job.pieces == 0 || job.failed >= job.total;
    if seat.taken_for(job.kind.action()).is_err() {
        return Ok(Err(Refusal::NotFound));
    }
    if job.by_member != seat.member().id || empty || (whole_only && job.failed > 0) {
        return Ok(Err(Refusal::State));
    }
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, job.kind.action()).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        if !jobs::start(conn, job, seat.token()).await? {
            return Ok(Err(Refusal::State));
        }
        let told = Changed::default().put("kind", (), job.kind).put("rows", (), job.total - job.failed);
        seat.did("job_started", job.id.as_str()).with(key.clone(), told).write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// Ends a job of the seat's workspace, whoever began it. What is done stays done.
pub async fn stop(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Outcome<()>> {
    let now = seat.now();
    let workspace = &seat.member().workspace_id;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::PrepareJobs).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let Some(job) = jobs::by_id(conn, workspace, id).await? else { return Ok(Err(Refusal::NotFound)) };
        if !jobs::stop(conn, workspace, id, now).await? {
            return Ok(Err(Refusal::State));
        }
        if job.state.is_under_way() {
            seat.did("job_stopped", id.as_str()).write(app, conn, now).await?;
        }
        Ok(Ok(()))
    })
}

/// The inputs of all pieces of a draft, one at a time.
pub(super) async fn input_of<T: DeserializeOwned>(
    app: &App,
    seat: &Seat<'_>,
    job: &Job,
    nth: i64,
) -> Result<Option<T>> {
    let key = seat.signed().data_key(app)?;
    let piece = jobs::piece(&mut app.db.read().await?, &job.workspace_id, &job.id, nth).await?;
    let Some(piece) = piece else { return Ok(None) };
    piece.input.as_ref().map(|sealed| open(&key, INPUT, &piece, sealed)).transpose()
}

/// Who came of a piece that is done.
pub(super) async fn members_of(app: &App, seat: &Seat<'_>, job: &Job, nth: i64) -> Result<Vec<MemberId>> {
    let key = seat.signed().data_key(app)?;
    let piece = jobs::piece(&mut app.db.read().await?, &job.workspace_id, &job.id, nth).await?;
    let Some((piece, sealed)) = piece.and_then(|piece| piece.report.clone().map(|sealed| (piece, sealed))) else {
        return Ok(Vec::new());
    };
    Ok(open::<Report>(&key, REPORT, &piece, &sealed)?.members)
}

/// What kind of work a job of the seat's workspace is.
pub async fn kind_of(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Option<JobKind>> {
    let found = jobs::by_id(&mut app.db.read().await?, &seat.member().workspace_id, id).await?;
    Ok(found.map(|job| job.kind))
}

/// Says go for a draft of invitations.
pub async fn begin(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Outcome<()>> {
    let job = jobs::by_id(&mut app.db.read().await?, &seat.member().workspace_id, id).await?;
    match job {
        Some(job) if job.kind == JobKind::Invite => start(app, seat, &job, false).await,
        _ => Ok(Err(Refusal::NotFound)),
    }
}

/// Does one piece of the job whose turn it is. Answers whether there was one.
pub async fn work(app: &App) -> Result<bool> {
    let now = app.now();
    if !jobs::is_any(&mut app.db.read().await?, now).await? {
        return Ok(false);
    }
    let run = id::text("run", now, app.chance());
    let taken = transaction!(app.db, conn => jobs::take(conn, &run, now + LEASE, now).await)
        .map_err(|error: store::Error| Error::from(error))?;
    let Some(job) = taken else { return Ok(false) };
    let cause = loop {
        match one_piece(app, &job).await {
            Ok(()) | Err(Stop::Lost) => return Ok(true),
            Err(Stop::Again) => {}
            Err(Stop::Right) => break JobCause::Right,
            // It is gone on with when the lease is over.
            Err(Stop::Broken(error)) if error.is_passing() || matches!(error, Error::Busy(_)) => return Err(error),
            Err(Stop::Broken(error)) => {
                tracing::error!(%error, job = %job.id, "a job failed");
                break JobCause::Broken;
            }
        }
    };
    transaction!(app.db, conn => {
        let now = app.now();
        if jobs::fail(conn, &job, cause, now).await? {
            let deed = Deed {
                workspace: Some(&job.workspace_id),
                actor: "server",
                action: "job_failed",
                member: None,
                subject: Some(job.id.as_str()),
                reference: None,
                network: None,
            };
            deed.write(app, conn, now).await?;
        }
        Ok::<_, Error>(true)
    })
}

/// One piece, by what kind of work it is.
async fn one_piece(app: &App, job: &Job) -> std::result::Result<(), Stop> {
    let turn = Turn::of(app, job).await?;
    match job.kind {
        JobKind::Import => imports::piece(app, &turn).await,
        JobKind::Invite => invitations::piece(app, &turn).await,
        JobKind::Force | JobKind::Request | JobKind::Suspend | JobKind::Resume | JobKind::SignOut => {
            many::piece(app, &turn).await
        }
    }
}
