//! How many could get back in alone, and how many not and why, day by day. Who they are tells the list of members (`which`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::fields::time;
use super::super::problem::Problem;
use super::AtDesk;
use crate::app::App;
use crate::flows::desk::readiness;
use crate::model::{Readiness, Timestamp};

/// How it stands and how it went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskReadiness {
    /// As of when the newest figures are; null before the first.
    #[schema(format = DateTime)]
    taken_at: Option<String>,
    /// The last 60 days for which there are figures, the newest last.
    days: Vec<ReadinessDay>,
}

/// The figures of one day.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ReadinessDay {
    /// The day in Japan.
    #[schema(format = Date)]
    day: String,
    /// Members who were asked about.
    all: i64,
    /// Of these, who could get back in alone.
    ready: i64,
    /// How many could not, by reason: `no_contact`, `unverified`, `bounced`, `frozen`, `stale`, `waiting`, `never_set`. The words may grow.
    reasons: BTreeMap<String, i64>,
    /// Who has tried it out, too.
    drilled: i64,
}

/// How many members could get back in without an administrator's help.
#[utoipa::path(get, path = "/api/v1/desk/readiness", operation_id = "getReadiness", tag = "desk",
    security(("bearer" = [])), responses((status = 200, description = "The figures.", body = DeskReadiness)))]
pub(in crate::api) async fn show(State(app): State<Arc<App>>, sitting: AtDesk) -> Result<Json<DeskReadiness>, Problem> {
    let seat = sitting.seat()?;
    let found = readiness::overview(&app, &seat).await?;
    let days = found.days.into_iter().map(|day| ReadinessDay {
        day: Timestamp::of_day(day.day).to_jiff().strftime("%Y-%m-%d").to_string(),
        all: day.all(),
        ready: day.of(Readiness::Ready),
        reasons: Readiness::REASONS.iter().map(|reason| (reason.to_string(), day.of(*reason))).collect(),
        drilled: day.drilled(),
    });
    Ok(Json(DeskReadiness { taken_at: found.taken_at.map(time), days: days.collect() }))
}
