//! The addresses for programs among the pages: providers send receipts there, and services that manage devices. No cookie, no form, no page; the answer is a status. Little is done
//! for whoever has not proved where they come from.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::dressed;
use super::visitor::visitor;
use crate::app::App;
use crate::flows::receipts::{Inbox, Taken};
use crate::flows::{Way, management};
use crate::model::Locale;
use crate::model::id::WorkspaceId;

/// No request of a provider is larger.
const LARGEST: usize = 64 * 1_024;

/// Where services that manage devices tell what they did: `/hooks/management/{workspace}`. docs/management.md is their guide.
pub fn management() -> Router<Arc<App>> {
    let take = async |State(app): State<Arc<App>>, Path(workspace): Path<String>, request: Request| {
        managed(&app, WorkspaceId(workspace), request).await
    };
    Router::new().route("/hooks/management/{workspace}", post(take))
}

async fn managed(app: &App, workspace: WorkspaceId, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = whole(body).await else { return say(StatusCode::PAYLOAD_TOO_LARGE) };
    let one = |name: &str| {
        let mut all = parts.headers.get_all(name).iter();
        let (first, None) = (all.next()?, all.next()) else { return None };
        first.to_str().ok()
    };
    let at = one("webhook-timestamp").and_then(|at| at.parse().ok());
    let (Some(id), Some(at), Some(signatures)) = (one("webhook-id"), at, one("webhook-signature")) else {
        return say(StatusCode::UNAUTHORIZED);
    };
    let Ok(body) = std::str::from_utf8(&body) else { return say(StatusCode::BAD_REQUEST) };
    let visitor = visitor(app, &parts, Way::Api, Locale::default(), None);
    let arrived = management::Arrived { id, at, signatures, body };
    match management::take_receipt(app, &workspace, &arrived, &visitor).await {
        Ok(management::Taken::Written | management::Taken::Before) => say(StatusCode::NO_CONTENT),
        Ok(management::Taken::Forged) => say(StatusCode::UNAUTHORIZED),
        Ok(management::Taken::Malformed) => say(StatusCode::BAD_REQUEST),
        Ok(management::Taken::Refused) => say(StatusCode::CONFLICT),
        Err(error) => {
            tracing::error!(%error, "what a service that manages devices tells cannot be written down");
            later()
        }
    }
}

/// The addresses of receipts.
pub fn router(app: Arc<App>, inbox: Arc<Inbox>) -> Router {
    let take = async move |State(app): State<Arc<App>>, Path(carrier): Path<String>, request: Request| {
        answer(&app, &inbox, &carrier, request).await
    };
    dressed(Router::new().route("/hooks/messages/{carrier}", post(take)), app)
}

async fn answer(app: &App, inbox: &Inbox, carrier: &str, request: Request) -> Response {
    if !inbox.knows(carrier) {
        return say(StatusCode::NOT_FOUND);
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = whole(body).await else {
        Inbox::turn_away(carrier);
        return say(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let arrived = crate::flows::receipts::Arrived { headers: &parts.headers, body: &body };
    match inbox.take(app, carrier, &arrived).await {
        Ok(Taken::Written) => say(StatusCode::NO_CONTENT),
        Ok(Taken::NotHere) => say(StatusCode::NOT_FOUND),
        Ok(Taken::Forged) => say(StatusCode::FORBIDDEN),
        Ok(Taken::Unreadable) => say(StatusCode::BAD_REQUEST),
        // Sent again later there may be room, or it is known which carrier took the message; nothing is lost but time.
        Ok(Taken::Full | Taken::InHand) => later(),
        Err(error) => {
            tracing::error!(%error, carrier, "a receipt cannot be written down: the provider is told to send it again");
            later()
        }
    }
}

async fn whole(body: Body) -> Result<axum::body::Bytes, axum::Error> {
    to_bytes(body, LARGEST).await
}

fn later() -> Response {
    let mut answer = say(StatusCode::SERVICE_UNAVAILABLE);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    answer
}

/// The status in words, so that nobody takes it for a page that is still to be drawn.
fn say(status: StatusCode) -> Response {
    if status == StatusCode::NO_CONTENT {
        return status.into_response();
    }
    let words = status.canonical_reason().unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}
