//! Long work of the desk: what is under way, how it went, and the end of it. It is begun on the desk's pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::fields::{self, time};
use super::super::problem::{Kind, Problem};
use super::{AtDesk, refused};
use crate::app::App;
use crate::flows::desk::jobs::{self, Job};
use crate::model::id::JobId;
use crate::wording::sheet;

/// The newest jobs.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskJobs {
    /// Newest first, at most 30.
    jobs: Vec<DeskJob>,
}

/// A job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskJob {
    id: String,
    /// `import`, `invite`, or what is done to many: `force`, `request`, `suspend`, `resume`, `sign_out`. The words grow.
    kind: String,
    /// `draft`, `waiting`, `running`, `done`, `failed` or `stopped`. The words may grow.
    state: String,
    /// Whose it is (a member's id).
    by: String,
    /// Rows in all.
    total: i64,
    /// Rows gone through.
    done: i64,
    /// Rows that nothing came of.
    failed: i64,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

impl From<Job> for DeskJob {
    fn from(job: Job) -> Self {
        Self {
            id: job.id.0,
            kind: job.kind.to_string(),
            state: job.state.to_string(),
            by: job.by_member.0,
            total: job.total,
            done: job.done,
            failed: job.failed,
            created_at: time(job.created_at),
            started_at: job.started_at.map(time),
            ended_at: job.ended_at.map(time),
        }
    }
}

/// A job and what was the matter with rows.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskJobWhole {
    job: DeskJob,
    /// By lines; the first hundred.
    troubles: Vec<RowTold>,
}

/// What is the matter with a row.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct RowTold {
    /// The line of the file on which the row begins.
    line: u64,
    column: Option<String>,
    /// What stands there, cut.
    typed: String,
    /// For programs, as in `errors` of `addMember`.
    code: String,
    /// For people.
    detail: String,
}

/// Lists the jobs that were begun last.
#[utoipa::path(get, path = "/api/v1/desk/jobs", operation_id = "listJobs", tag = "desk",
    security(("bearer" = [])), responses((status = 200, description = "The jobs.", body = DeskJobs)))]
pub(in crate::api) async fn list(State(app): State<Arc<App>>, sitting: AtDesk) -> Result<Json<DeskJobs>, Problem> {
    let seat = sitting.seat()?;
    let found = jobs::list(&app, &seat).await?;
    Ok(Json(DeskJobs { jobs: found.into_iter().map(DeskJob::from).collect() }))
}

/// One job.
#[utoipa::path(get, path = "/api/v1/desk/jobs/{job}", operation_id = "getJob", tag = "desk",
    security(("bearer" = [])), params(("job" = String, Path, description = "From `listJobs`.")),
    responses((status = 200, description = "The job.", body = DeskJobWhole)))]
pub(in crate::api) async fn show(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<DeskJobWhole>, Problem> {
    let id = JobId(fields::id(JobId::PREFIX, id)?);
    let seat = sitting.seat()?;
    let look = jobs::look(&app, &seat, &id).await?.ok_or(Kind::NotFound)?;
    let troubles = look.told.into_iter().map(|told| RowTold {
        line: told.line,
        column: told.column.map(|column| column.to_string()),
        typed: told.typed,
        code: told.why.to_string(),
        detail: sheet::trouble(sitting.visitor.locale, told.why),
    });
    Ok(Json(DeskJobWhole { troubles: troubles.collect(), job: look.job.into() }))
}

/// Stops a job, whoever began it. What is done stays done.
#[utoipa::path(post, path = "/api/v1/desk/jobs/{job}/stop", operation_id = "stopJob", tag = "desk",
    security(("bearer" = [])), params(("job" = String, Path, description = "From `listJobs`.")),
    responses((status = 204, description = "Stopped.")))]
pub(in crate::api) async fn stop(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = JobId(fields::id(JobId::PREFIX, id)?);
    let seat = sitting.seat()?;
    jobs::stop(&app, &seat, &id).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
