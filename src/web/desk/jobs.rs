//! Long work of the desk: a draft that waits for the word to go, how far it has come, what nothing came of.

use axum::body::{Body, Bytes};
use futures_util::stream;

use super::{import, seat};
use crate::flows;
use crate::flows::desk::jobs::{self, Job, Look};
use crate::flows::desk::{Outcome, Refusal, Seat, imports, table};
use crate::flows::session::Signed;
use crate::flows::sheet::Told;
use crate::model::id::JobId;
use crate::model::{Action, JobKind, Locale};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{JobPage, JobRow, JobsPage, ToldRow};
use crate::web::view::{Said, moment};
use crate::wording::{self, sheet};

/// Jobs on the page.
const SHOWN: usize = 30;

pub(super) fn id(call: &Call) -> JobId {
    JobId(call.param("job").unwrap_or_default().to_owned())
}

pub(super) fn path(signed: &Signed, id: &JobId) -> String {
    format!("/w/{}/admin/jobs/{id}", signed.slug)
}

/// The latest.
pub async fn list(mut call: Call, signed: Signed) -> Answer {
    let seat = seat(&call, &signed, Action::PrepareJobs)?;
    let all = jobs::list(&call.app, &seat, None, SHOWN).await?;
    let rows = all.iter().map(|job| row(call.locale(), job)).collect();
    let page = JobsPage { rows, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

fn row(locale: Locale, job: &Job) -> JobRow {
    JobRow {
        id: job.id.to_string(),
        kind: job.kind,
        state: job.state,
        began: moment(locale, job.started_at.unwrap_or(job.created_at)),
        done: job.done,
        total: job.total,
        failed: job.failed,
    }
}

/// One.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let locale = call.locale();
    let seat = seat(&call, &signed, Action::PrepareJobs)?;
    let Look { job, by, own, told } = jobs::look(&call.app, &seat, &id(&call)).await?.ok_or(Failure::NotFound)?;
    let page = JobPage {
        row: row(locale, &job),
        by,
        own,
        cause: job.cause,
        ended: job.ended_at.map(|at| moment(locale, at)),
        told: told.iter().map(|told| shown(locale, told)).collect(),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

fn shown(locale: Locale, told: &Told) -> ToldRow {
    ToldRow {
        line: told.line,
        column: told.column.map(|column| sheet::column(locale, column)).unwrap_or_default(),
        typed: told.typed.clone(),
        why: sheet::trouble(locale, told.why),
    }
}

/// Says go.
pub async fn post_start(mut call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let looked = {
        let seat = Seat::take(&signed, &call.visitor, Action::PrepareJobs).map_err(|_| Failure::NotFound)?;
        jobs::look(&call.app, &seat, &id).await?.ok_or(Failure::NotFound)?
    };
    let only_good = call.form.text("rows") == "good";
    let outcome = {
        let seat = seat(&call, &signed, Action::AddMembers)?;
        match looked.job.kind {
            JobKind::Import => imports::start(&call.app, &seat, &id, only_good).await?,
            _ => jobs::begin(&call.app, &seat, &id).await?,
        }
    };
    call.say_next(started(outcome)?);
    call.go(&path(&signed, &id))
}

/// What the page of the job says after the word to go.
pub(super) fn started(outcome: Outcome<()>) -> Result<Said, Failure> {
    Ok(match outcome {
        Ok(()) => Said::JobStarted,
        Err(Refusal::State) => Said::JobNotStarted,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    })
}

/// Stops it.
pub async fn post_stop(mut call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let seat = seat(&call, &signed, Action::PrepareJobs)?;
    let said = match jobs::stop(&call.app, &seat, &id).await? {
        Ok(()) => Said::JobStopped,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, &id))
}

/// All that was the matter with rows, as a file.
pub async fn report(call: Call, signed: Signed) -> Answer {
    let (id, locale) = (id(&call), call.locale());
    let reports = {
        let seat = seat(&call, &signed, Action::PrepareJobs)?;
        jobs::reports(&call.app, &seat, &id).await?.ok_or(Failure::NotFound)?
    };
    let head = ["job-col-line", "job-col-column", "job-col-typed", "job-col-why"];
    let head = head.map(|key| wording::text(locale, key, &[]));
    // Piece by piece, so that a hundred thousand lines never stand in memory.
    let pieces = stream::try_unfold((call.app, reports, Some(head)), move |(app, mut reports, head)| async move {
        let broken = |error: flows::Error| {
            tracing::error!(%error, "a report broke off on its way out");
            std::io::Error::other("the report broke off")
        };
        if let Some(head) = head {
            let text = table::first(&head).map_err(broken)?;
            return Ok::<_, std::io::Error>(Some((Bytes::from(text), (app, reports, None))));
        }
        let Some(told) = reports.next(&app).await.map_err(broken)? else { return Ok(None) };
        let cells = |told| {
            let row = shown(locale, told);
            [row.line.to_string(), row.column, row.typed, row.why]
        };
        let text = table::rows(told.iter().map(cells)).map_err(broken)?;
        Ok(Some((Bytes::from(text), (app, reports, None))))
    });
    import::file(&format!("aikagi-{}-{id}.csv", signed.slug), Body::from_stream(pieces))
}
