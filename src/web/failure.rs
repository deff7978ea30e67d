//! What did not work, on its way to a page that says so in the person's language. Breakage is logged here, once.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::view::ProblemKind;
use crate::flows;

/// Why a request got no ordinary answer.
#[derive(Debug)]
pub enum Failure {
    /// No such page, or another workspace's.
    NotFound,
    /// No form that a page of ours could have sent.
    BadRequest,
    /// More than a form can hold.
    TooLarge,
    /// A form that this browser did not ask for, or too long ago.
    FormExpired,
    /// Too much to do; again in so many seconds.
    Busy(u64),
    /// The database is away for a while; it is in the log.
    Closed,
    /// Something broke; it is in the log.
    Broken,
}

/// Rides on a bare response until the layer around the router draws the page.
#[derive(Debug, Clone, Copy)]
pub struct Undrawn {
    /// Which page.
    pub kind: ProblemKind,
    /// The status that goes with it.
    pub status: StatusCode,
}

impl Failure {
    pub(super) fn template(error: &askama::Error) -> Self {
        tracing::error!(%error, "a page could not be drawn");
        Self::Broken
    }
}

impl From<flows::Error> for Failure {
    fn from(error: flows::Error) -> Self {
        if let flows::Error::Busy(busy) = error {
            return Self::Busy(busy.retry_after_seconds);
        }
        if error.is_passing() {
            tracing::error!(%error, "a request could not be served");
            return Self::Closed;
        }
        tracing::error!(%error, "a request broke");
        Self::Broken
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (kind, status) = match self {
            Self::NotFound => (ProblemKind::NotFound, StatusCode::NOT_FOUND),
            Self::BadRequest => (ProblemKind::FormExpired, StatusCode::BAD_REQUEST),
            Self::TooLarge => (ProblemKind::FormExpired, StatusCode::PAYLOAD_TOO_LARGE),
            Self::FormExpired => (ProblemKind::FormExpired, StatusCode::FORBIDDEN),
            Self::Busy(seconds) => return later(ProblemKind::Busy(i64::try_from(seconds).unwrap_or(60)), seconds),
            Self::Closed => return later(ProblemKind::Closed, flows::AGAIN_AFTER.unsigned_abs()),
            Self::Broken => (ProblemKind::Broken, StatusCode::INTERNAL_SERVER_ERROR),
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Undrawn { kind, status });
        response
    }
}

fn later(kind: ProblemKind, seconds: u64) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let mut response = (status, [("retry-after", seconds.to_string())]).into_response();
    response.extensions_mut().insert(Undrawn { kind, status });
    response
}
