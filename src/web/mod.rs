//! What a browser sees: pages, forms, cookies. Handlers read what was typed, call one flow, and show its answer.

mod call;
mod cookies;
mod demo;
mod desk;
mod failure;
mod form;
mod headers;
pub mod hooks;
mod live;
mod member;
mod probe;
pub mod view;
pub mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use demo::{Arrived, Person, Stage};
pub use desk::ADDRESSES as DESK_ADDRESSES;
pub use headers::HSTS;

use crate::app::App;
use crate::flows;

/// All pages.
pub fn router(app: Arc<App>) -> Router {
    dressed(
        member::routes()
            .merge(desk::routes())
            .merge(probe::routes())
            .merge(hooks::management())
            .route("/assets/{version}/{*path}", get(asset)),
        app,
    )
}

/// All pages, and the demonstration's telephone and mailbox.
pub fn router_with_demo(app: Arc<App>, stage: Arc<Stage>) -> Router {
    dressed(
        member::routes()
            .merge(desk::routes())
            .merge(probe::routes())
            .merge(hooks::management())
            .route("/assets/{version}/{*path}", get(asset))
            .merge(demo::routes(stage)),
        app,
    )
}

fn dressed(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    let panics = tower_http::catch_panic::CatchPanicLayer::custom(|_| {
        tracing::error!("a handler panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    });
    routes.layer(panics).layer(from_fn(in_time)).layer(from_fn_with_state(app.clone(), headers::dress)).with_state(app)
}

/// Whoever sends too slowly, or met something that hangs, is told to look and come again.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(flows::ANSWER_WITHIN, next.run(request)).await;
    answer.unwrap_or_else(|_| failure::Failure::Closed.into_response())
}

/// Style, scripts and icons; their address changes with what they hold.
async fn asset(Path((_version, path)): Path<(String, String)>) -> Response {
    match view::asset(&path) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_end_is_answered_all_the_same() {
        let routes = Router::new().route("/", get(async || std::future::pending::<()>().await)).layer(from_fn(in_time));
        let request = Request::new(axum::body::Body::empty());
        let answer = routes.oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
        assert!(answer.extensions().get::<failure::Undrawn>().is_some(), "it becomes a page");
    }
}
