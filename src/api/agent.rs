//! The API of the program on a device, under `/agent/v1`: JSON over POST, each request but the first signed by the device's own key. docs/agent.md is
//! its guide. It speaks to no person: what is refused is a word.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::caller::language;
use crate::app::App;
use crate::flows::agents::{self, Agent, Enrolment, Refused, Taken};
use crate::flows::{self, AGAIN_AFTER, Visitor, Way};
use crate::model::Timestamp;
use crate::model::agent::{self as forms, ENROL, Enrol, HEADERS, LEAVE, POLL, Poll, Polled, RECEIPTS, Signed};
use crate::web::visitor::visitor;

/// Bytes of a body at most: a receipt tells of a hundred things, each in two lines.
const LARGEST: usize = 128 * 1_024;
/// Commands that a program says it holds at most.
const MOST_HELD: usize = 100;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(ENROL, post(async |state: State<Arc<App>>, request: Request| told(enrol(&state.0, request).await)))
        .route(POLL, post(async |state: State<Arc<App>>, request: Request| told(poll(&state.0, request).await)))
        .route(RECEIPTS, post(async |state: State<Arc<App>>, request: Request| told(receipts(&state.0, request).await)))
        .route(LEAVE, post(async |state: State<Arc<App>>, request: Request| told(leave(&state.0, request).await)))
}

/// Why there is no answer.
enum Refusal {
    Malformed,
    Refused,
    Unknown,
    Gone,
    Replayed,
    Receipt,
    Pending,
    Busy(i64),
    Broken(flows::Error),
}

impl From<flows::Error> for Refusal {
    fn from(error: flows::Error) -> Self {
        Self::Broken(error)
    }
}

fn told(answer: Result<Response, Refusal>) -> Response {
    let refusal = match answer {
        Ok(response) => return response,
        Err(refusal) => refusal,
    };
    let (status, word, wait) = match refusal {
        Refusal::Malformed => (StatusCode::BAD_REQUEST, "malformed", None),
        Refusal::Refused => (StatusCode::FORBIDDEN, "refused", None),
        Refusal::Unknown => (StatusCode::UNAUTHORIZED, "unknown", None),
        Refusal::Gone => (StatusCode::GONE, "gone", None),
        Refusal::Replayed => (StatusCode::CONFLICT, "replayed", None),
        Refusal::Receipt => (StatusCode::UNPROCESSABLE_ENTITY, "receipt", None),
        Refusal::Pending => (StatusCode::CONFLICT, "pending", None),
        Refusal::Busy(wait) => (StatusCode::TOO_MANY_REQUESTS, "busy", Some(wait)),
        Refusal::Broken(error) => {
            tracing::error!(%error, "a device's request could not be served");
            (StatusCode::SERVICE_UNAVAILABLE, "busy", Some(AGAIN_AFTER))
        }
    };
    let mut response = (status, Json(forms::Refused { error: word.to_owned() })).into_response();
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

fn answer<T: Serialize>(status: StatusCode, body: T) -> Response {
    (status, Json(body)).into_response()
}

async fn whole(body: Body) -> Result<Bytes, Refusal> {
    to_bytes(body, LARGEST).await.map_err(|_| Refusal::Malformed)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // PostgreSQL takes no NUL in a text, however it is written.
    if body.contains(&0) || String::from_utf8_lossy(body).contains("\\u0000") {
        return Err(Refusal::Malformed);
    }
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed)
}

fn visiting(app: &App, parts: &Parts) -> Visitor {
    visitor(app, parts, Way::Api, language(&parts.headers), None)
}

async fn enrol(app: &App, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let asked: Enrol = read(&whole(body).await?)?;
    let visitor = visiting(app, &parts);
    match agents::enrol(app, &asked, &visitor).await? {
        Enrolment::Done(enrolled) => Ok(answer(StatusCode::CREATED, enrolled)),
        Enrolment::Refused => Err(Refusal::Refused),
        Enrolment::Wait(until) => Err(Refusal::Busy(seconds(visitor.now, until))),
    }
}

fn seconds(now: Timestamp, until: Timestamp) -> i64 {
    now.until(until).as_seconds().max(1)
}

/// A request that its device signed.
struct Proved {
    agent: Agent,
    visitor: Visitor,
    body: Bytes,
}

async fn prove(app: &App, path: &str, request: Request) -> Result<Proved, Refusal> {
    let (parts, body) = request.into_parts();
    let body = whole(body).await?;
    let mut shown = [""; 3];
    for (name, shown) in HEADERS.iter().zip(&mut shown) {
        let mut all = parts.headers.get_all(*name).iter();
        let (Some(one), None) = (all.next(), all.next()) else { return Err(Refusal::Malformed) };
        *shown = one.to_str().map_err(|_| Refusal::Malformed)?;
    }
    let [agent, number, signature] = shown;
    let number = number.parse().ok().filter(|number| *number > 0).ok_or(Refusal::Malformed)?;
    let visitor = visiting(app, &parts);
    let asked_at = visitor.now;
    let asked = agents::Request { path, agent, number, signature, body: &body };
    match agents::authenticate(app, &asked, &visitor).await? {
        Ok(agent) => Ok(Proved { agent, visitor, body }),
        Err(Refused::Unknown) => Err(Refusal::Unknown),
        Err(Refused::Replayed) => Err(Refusal::Replayed),
        Err(Refused::Gone) => Err(Refusal::Gone),
        Err(Refused::Busy(until)) => Err(Refusal::Busy(seconds(asked_at, until))),
    }
}

async fn poll(app: &App, request: Request) -> Result<Response, Refusal> {
    let proved = prove(app, POLL, request).await?;
    let asked: Poll = read(&proved.body)?;
    if asked.holding.len() > MOST_HELD {
        return Err(Refusal::Malformed);
    }
    let commands = agents::poll(app, &proved.agent, &asked, proved.visitor.now).await?;
    Ok(answer(StatusCode::OK, Polled { commands }))
}

async fn receipts(app: &App, request: Request) -> Result<Response, Refusal> {
    let proved = prove(app, RECEIPTS, request).await?;
    let signed: Signed = read(&proved.body)?;
    match agents::take_receipt(app, &proved.agent, &signed, &proved.visitor).await? {
        Taken::Written | Taken::Before => Ok(StatusCode::NO_CONTENT.into_response()),
        Taken::Refused => Err(Refusal::Receipt),
    }
}

async fn leave(app: &App, request: Request) -> Result<Response, Refusal> {
    let proved = prove(app, LEAVE, request).await?;
    let visitor = &proved.visitor;
    if agents::leave(app, &proved.agent, visitor.network, visitor.now).await? {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Refusal::Pending)
    }
}
