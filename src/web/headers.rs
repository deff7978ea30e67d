//! What every answer carries: the content security policy with its nonce, no caching, no framing, no referrer. And the
//! page for every answer that no handler drew.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::failure::Undrawn;
use super::view::{Frame, Problem, ProblemKind};
use super::visitor;
use crate::app::App;
use crate::model::Locale;
use crate::vault::dice;

/// The nonce of one answer's content security policy (CSP Level 3 §6.7.2).
#[derive(Debug, Clone)]
pub struct Nonce(pub String);

/// Two years of https only (RFC 6797).
pub const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The layer around all pages.
pub async fn dress(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let nonce = data_encoding::BASE64URL_NOPAD.encode(&dice::bytes::<16>(&*app.dice));
    request.extensions_mut().insert(Nonce(nonce.clone()));
    let locale = visitor::locale(&app, request.headers());
    let asset = request.uri().path().starts_with("/assets/");
    let is_head = request.method() == Method::HEAD;
    // The route's pattern, never the path itself: paths of links hold tokens.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let begun = Instant::now();
    let mut response = next.run(request).await;
    if let Some(undrawn) = undrawn(&response) {
        response = draw(&app, locale, &nonce, undrawn, &response);
    }
    let micros = begun.elapsed().as_micros();
    tracing::info!(%method, route, status = response.status().as_u16(), micros, "page");
    if is_head {
        *response.body_mut() = axum::body::Body::empty();
    }
    let https = app.config.is_https();
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "no-referrer");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if https {
        put(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if asset {
        return response;
    }
    put(header::CONTENT_SECURITY_POLICY, &policy(&nonce));
    put(header::CACHE_CONTROL, "no-store");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(
        HeaderName::from_static("permissions-policy"),
        "otp-credentials=(self), camera=(), microphone=(), geolocation=()",
    );
    put(header::CONTENT_LANGUAGE, locale.as_str());
    put(header::VARY, "accept-language, cookie");
    response
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Which page an answer still lacks: a handler's failure, or the router's own "not found" and "not allowed".
fn undrawn(response: &Response) -> Option<Undrawn> {
    if let Some(undrawn) = response.extensions().get::<Undrawn>() {
        return Some(*undrawn);
    }
    let status = response.status();
    let bare = !response.headers().contains_key(header::CONTENT_TYPE);
    match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED if bare => {
            Some(Undrawn { kind: ProblemKind::NotFound, status })
        }
        StatusCode::INTERNAL_SERVER_ERROR if bare => Some(Undrawn { kind: ProblemKind::Broken, status }),
        _ => None,
    }
}

fn draw(app: &App, locale: Locale, nonce: &str, undrawn: Undrawn, bare: &Response) -> Response {
    let page = Frame {
        locale,
        nonce: nonce.to_owned(),
        here: "/sign-in".to_owned(),
        demo: app.config.is_demo,
        ..Frame::default()
    };
    let html = Problem { page, kind: undrawn.kind, reference: None }.render().unwrap_or_default();
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Said here, since the router says it for the paths that it knows and not for the others.
    let length = (header::CONTENT_LENGTH, HeaderValue::from(html.len()));
    let mut response = (undrawn.status, [kind, length], html).into_response();
    for name in [header::RETRY_AFTER, header::ALLOW] {
        if let Some(value) = bare.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
