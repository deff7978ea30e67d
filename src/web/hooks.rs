//! The one address for programs among the pages: providers send receipts there. No cookie, no form, no page; the answer is a status. Little is done
//! for whoever has not proved where they come from.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::dressed;
use crate::app::App;
use crate::flows::receipts::{Inbox, Taken};

/// No request of a provider is larger.
const LARGEST: usize = 64 * 1_024;

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
