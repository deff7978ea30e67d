//! The doctor's question through the public address. Whoever has no question in the database sees the page of any unknown path.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::failure::Failure;
use super::visitor::{client_address, peer};
use crate::app::App;
use crate::flows::probe::{self, Seen};
use crate::model::Secret;

/// How much of a header is kept.
const LETTERS: usize = 200;

pub(super) fn routes() -> Router<Arc<App>> {
    // Every method comes here: the router's own refusals name the methods that there are.
    Router::new().route("/doctor/{token}", any(answer))
}

async fn answer(
    State(app): State<Arc<App>>,
    token: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Failure> {
    let Ok(Path(token)) = token else { return Err(Failure::NotFound) };
    if request.method() != Method::POST {
        return Err(Failure::NotFound);
    }
    let (parts, _) = request.into_parts();
    let peer = peer(&parts);
    let seen = Seen {
        address: client_address(&app.config, peer, &parts.headers).to_string(),
        peer: peer.to_canonical().to_string(),
        forwarded: text(&parts.headers, "x-forwarded-for"),
        host: text(&parts.headers, header::HOST.as_str()),
    };
    if probe::answer(&app, &Secret::from(token), &seen).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Failure::NotFound)
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let lines = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    let lines: Vec<_> = lines.map(String::from_utf8_lossy).collect();
    lines.join(", ").chars().filter(|c| !c.is_control()).take(LETTERS).collect()
}
