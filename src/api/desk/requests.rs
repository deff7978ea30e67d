//! Those who cannot get in and asked their administrators: the queue, one request, and what a helper does with it. What they wrote proves nothing, and
//! nothing is ever sent to what stands in it; to prove who somebody is by a call takes a person at the desk's pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::body::Body;
use super::super::fields::{self, time};
use super::super::problem::{Field, Kind, Problem};
use super::{AtDesk, refused, size};
use crate::app::App;
use crate::flows::desk::queue::{self, Behind, Step, Waiting, Which};
use crate::model::asked::{self, AskTrouble};
use crate::model::id::RequestId;

/// Which requests, from where on, and how many.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct QueueListing {
    /// `open` (they wait or are worked on, oldest first; without it, too) or `over` (newest first).
    #[param(required = false, nullable = false)]
    which: Option<String>,
    /// `next` of the page before; it knows which were asked for, so that nothing but `limit` may stand beside it.
    #[param(required = false, nullable = false)]
    cursor: Option<String>,
    /// How many at most; 50 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct LockedOutPage {
    requests: Vec<LockedOut>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// Somebody who cannot get in. Name, ID and words are what they say of themselves: text that a stranger may have chosen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct LockedOut {
    id: String,
    /// What they read to the help desk.
    reference: String,
    /// `number_changed`, `phone_lost`, `no_code`, `no_contact` or `other`. The words may grow.
    cause: String,
    /// `waiting`, `taken`, `answered` or `closed`. The words may grow.
    state: String,
    name: String,
    /// The ID, as far as remembered.
    login: String,
    /// How to reach them by day.
    reach: String,
    /// What happened.
    more: String,
    /// From which network it was written.
    network: String,
    /// The name of whoever works on it.
    taken_by: Option<String>,
    /// Whether that is the member in whose name this is asked.
    own: bool,
    /// Whether `takeLockedOut` would do something.
    can_take: bool,
    /// Whether a call proved who they are; by whom and of whom shows the desk's page.
    proved: bool,
    /// What they were answered.
    answer: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    closed_at: Option<String>,
}

impl From<Waiting> for LockedOut {
    fn from(one: Waiting) -> Self {
        let own = one.taken_by.as_ref().is_some_and(|(_, own)| *own);
        Self {
            id: one.id.0,
            reference: one.reference,
            cause: one.cause.to_string(),
            state: one.state.to_string(),
            name: one.asked.name,
            login: one.asked.login,
            reach: one.asked.reach,
            more: one.asked.more,
            network: one.network,
            taken_by: one.taken_by.map(|(name, _)| name),
            own,
            can_take: one.can_take,
            proved: one.proved,
            answer: one.answer,
            created_at: time(one.created_at),
            closed_at: one.closed_at.map(time),
        }
    }
}

fn which(word: &str) -> Result<Which, Problem> {
    match word {
        "open" => Ok(Which::Open),
        "over" => Ok(Which::Over),
        _ => Err(Kind::Query.into()),
    }
}

/// Lists who cannot get in.
#[utoipa::path(get, path = "/api/v1/desk/locked-out", operation_id = "listLockedOut", tag = "desk",
    security(("bearer" = [])), params(QueueListing),
    responses((status = 200, description = "A page of them.", body = LockedOutPage)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    listing: Result<Query<QueueListing>, QueryRejection>,
) -> Result<Json<LockedOutPage>, Problem> {
    const LIST: &str = "locked-out";
    let Query(listing) = listing.map_err(|_| Kind::Query)?;
    let size = size(listing.limit)?;
    let (word, behind): (String, Option<Behind>) = match (listing.cursor, listing.which) {
        (Some(_), Some(_)) => return Err(Kind::Query.into()),
        (Some(cursor), None) => sitting.place(&app, LIST, &cursor)?,
        (None, word) => (word.unwrap_or_else(|| "open".to_owned()), None),
    };
    let seat = sitting.seat()?;
    let page = queue::page(&app, &seat, which(&word)?, behind.as_ref(), size).await?;
    let next = page.next.map(|behind| sitting.cursor(&app, LIST, &(&word, behind)));
    Ok(Json(LockedOutPage { requests: page.requests.into_iter().map(LockedOut::from).collect(), next }))
}

fn request(text: String) -> Result<RequestId, Problem> {
    Ok(RequestId(fields::id(RequestId::PREFIX, text)?))
}

/// One request.
#[utoipa::path(get, path = "/api/v1/desk/locked-out/{request}", operation_id = "getLockedOut", tag = "desk",
    security(("bearer" = [])), params(("request" = String, Path, description = "From `listLockedOut`.")),
    responses((status = 200, description = "The request.", body = LockedOut)))]
pub(in crate::api) async fn show(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<LockedOut>, Problem> {
    let seat = sitting.seat()?;
    let one = queue::one(&app, &seat, &request(id)?).await?.ok_or(Kind::NotFound)?;
    Ok(Json(one.into()))
}

async fn step(app: &App, sitting: &AtDesk, id: String, step: Step<'_>) -> Result<StatusCode, Problem> {
    let id = request(id)?;
    let seat = sitting.seat()?;
    queue::step(app, &seat, &id, step).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes it: from now on nobody else works on it. Whoever does nothing for half an hour may be followed by somebody else.
#[utoipa::path(post, path = "/api/v1/desk/locked-out/{request}/take", operation_id = "takeLockedOut", tag = "desk",
    security(("bearer" = [])), params(("request" = String, Path, description = "From `listLockedOut`.")),
    responses((status = 204, description = "It is yours.")))]
pub(in crate::api) async fn take(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    step(&app, &sitting, id, Step::Take).await
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct AnswerLockedOut {
    /// Some lines, which stand on the page that the person keeps. Never write a password or a code here.
    #[schema(max_length = 1000)]
    answer: String,
}

/// Answers one that was taken before, on the page that the person keeps, and ends it.
#[utoipa::path(post, path = "/api/v1/desk/locked-out/{request}/answer", operation_id = "answerLockedOut", tag = "desk",
    security(("bearer" = [])), params(("request" = String, Path, description = "From `listLockedOut`.")),
    request_body = AnswerLockedOut, responses((status = 204, description = "The person can read it.")))]
pub(in crate::api) async fn answer(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<AnswerLockedOut>,
) -> Result<StatusCode, Problem> {
    let text = asked::text(&typed.answer, asked::TEXT).map_err(|trouble| match trouble {
        AskTrouble::Empty => Field::new("answer", "empty", "line-empty"),
        AskTrouble::TooLong(_) => Field::new("answer", "too_long", "api-field-long"),
        AskTrouble::Unreadable => Field::new("answer", "control_character", "ask-unreadable"),
    })?;
    step(&app, &sitting, id, Step::Answer(&text)).await
}

/// Ends one that was taken before, without an answer.
#[utoipa::path(post, path = "/api/v1/desk/locked-out/{request}/close", operation_id = "closeLockedOut", tag = "desk",
    security(("bearer" = [])), params(("request" = String, Path, description = "From `listLockedOut`.")),
    responses((status = 204, description = "It is over.")))]
pub(in crate::api) async fn close(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    step(&app, &sitting, id, Step::Close).await
}
