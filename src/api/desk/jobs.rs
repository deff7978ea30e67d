//! Long work of the desk: what is under way, how it went, and the end of it. How it begins stands in [`super::many`].

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::fields::{self, time};
use super::super::problem::{Kind, Problem};
use super::{AtDesk, refused, size};
use crate::app::App;
use crate::flows::desk::jobs::{self, Job};
use crate::flows::sheet::Told;
use crate::model::Locale;
use crate::model::id::JobId;
use crate::wording::sheet;

/// From where on, and how many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct JobListing {
    /// `next` of the page before.
    #[param(required = false, nullable = false)]
    cursor: Option<String>,
    /// How many at most; 50 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskJobs {
    /// Newest first, at most `limit`. Drafts, which nobody has said go for, are not in it.
    jobs: Vec<DeskJob>,
    /// The cursor of older ones; null where there are none.
    next: Option<String>,
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
    /// The access token that said go (its id); null for somebody at the desk. What ends the token ends the work.
    token: Option<String>,
    /// Why it failed: `right` (whoever began it may no more, or the token ended), `broken`. The words may grow.
    cause: Option<String>,
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
            token: job.token_id.map(|token| token.0),
            cause: job.cause.map(|cause| cause.to_string()),
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
    /// The line of the file on which the row begins, or the row's number.
    line: u64,
    column: Option<String>,
    /// What stands there, cut.
    typed: String,
    /// For programs: as in `errors` of `addMember`, or why it cannot be done to a member. The words may grow.
    code: String,
    /// For people.
    detail: String,
}

/// Lists the jobs that were begun, the newest first.
#[utoipa::path(get, path = "/api/v1/desk/jobs", operation_id = "listJobs", tag = "desk",
    security(("bearer" = [])), params(JobListing),
    responses((status = 200, description = "A page of them.", body = DeskJobs)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    listing: Result<Query<JobListing>, QueryRejection>,
) -> Result<Json<DeskJobs>, Problem> {
    const LIST: &str = "jobs";
    let Query(listing) = listing.map_err(|_| Kind::Query)?;
    let size = size(listing.limit)?;
    let before: Option<JobId> = listing.cursor.map(|cursor| sitting.place(&app, LIST, &cursor)).transpose()?;
    let seat = sitting.seat()?;
    let mut found = jobs::list(&app, &seat, before.as_ref(), size + 1).await?;
    let next = found.get(size - 1).filter(|_| found.len() > size);
    let next = next.map(|last| sitting.cursor(&app, LIST, &last.id));
    found.truncate(size);
    Ok(Json(DeskJobs { jobs: found.into_iter().map(DeskJob::from).collect(), next }))
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
    let troubles = look.told.into_iter().map(|told| RowTold::new(told, sitting.visitor.locale));
    Ok(Json(DeskJobWhole { troubles: troubles.collect(), job: look.job.into() }))
}

impl RowTold {
    pub(super) fn new(told: Told, locale: Locale) -> Self {
        Self {
            line: told.line,
            column: told.column.map(|column| column.to_string()),
            typed: told.typed,
            code: told.why.to_string(),
            detail: sheet::trouble(locale, told.why),
        }
    }
}

/// Stops a job, whoever began it, or throws a draft away. What is done stays done.
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
