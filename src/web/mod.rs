//! What a browser sees: pages, forms, cookies. Handlers read what was typed, call one flow, and show its answer.

mod call;
mod cookies;
mod demo;
mod failure;
mod form;
mod headers;
mod member;
mod probe;
pub mod view;
pub mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

pub use demo::{Arrived, Person, Stage};
pub use headers::HSTS;

use crate::app::App;

/// All pages.
pub fn router(app: Arc<App>) -> Router {
    dressed(member::routes().merge(probe::routes()).route("/assets/{version}/{*path}", get(asset)), app)
}

/// All pages, and the demonstration's telephone and mailbox.
pub fn router_with_demo(app: Arc<App>, stage: Arc<Stage>) -> Router {
    dressed(
        member::routes()
            .merge(probe::routes())
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
    routes.layer(panics).layer(from_fn_with_state(app.clone(), headers::dress)).with_state(app)
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
