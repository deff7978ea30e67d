//! Who calls: the visitor behind every request, the signed-in member behind a bearer token, the handle of an attempt to
//! get back in. Cookies are never read here.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};

use super::problem::{Kind, Problem};
use crate::app::App;
use crate::flows::{self, Visitor, Way, session::Signed, token_kind};
use crate::model::{Locale, Secret};
use crate::vault::Token;
use crate::web::visitor::visitor;

/// Names the device that a client signed in from before; the client keeps what `signIn` gave it.
pub(super) const DEVICE: &str = "Aikagi-Device";
/// Carries the handle of an attempt to get back in.
pub(super) const RECOVERY: &str = "Aikagi-Recovery";

/// The language that is asked for.
pub(super) fn language(headers: &HeaderMap) -> Locale {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok()).unwrap_or_default();
    Locale::negotiate(asked, Locale::Ja)
}

/// Whoever calls.
pub(super) struct Caller(pub Visitor);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let device = one(&parts.headers, DEVICE).map(Secret::from);
        Ok(Self(visitor(app, parts, Way::Api, language(&parts.headers), device)))
    }
}

/// The text of a header that stands once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut fields = headers.get_all(name).iter();
    match (fields.next(), fields.next()) {
        (Some(field), None) => field.to_str().ok(),
        _ => None,
    }
}

/// Somebody signed in, whatever else they have to do first.
pub(super) struct AnySigned {
    pub signed: Signed,
    pub visitor: Visitor,
}

impl FromRequestParts<Arc<App>> for AnySigned {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Caller(visitor) = Caller::from_request_parts(parts, app).await?;
        match flows::session::authenticate(app, &bearer_token(&parts.headers)?, &visitor).await? {
            Some(signed) => Ok(Self { signed, visitor }),
            None => Err(Problem::bad_token()),
        }
    }
}

/// The token that the request comes with.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<Secret, Problem> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Err(Kind::NotSignedIn.into());
    }
    let token = one(headers, header::AUTHORIZATION.as_str()).and_then(bearer).ok_or_else(Problem::bad_token)?;
    Ok(Secret::from(token))
}

/// RFC 6750 §2.1; the scheme's case does not count (RFC 9110 §11.1).
fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_start_matches(' '))
}

/// Somebody signed in to whom everything of their own is open.
pub(super) struct Caring {
    pub signed: Signed,
    pub visitor: Visitor,
}

impl FromRequestParts<Arc<App>> for Caring {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let AnySigned { signed, visitor } = AnySigned::from_request_parts(parts, app).await?;
        if signed.must_change {
            return Err(if signed.is_asked { Kind::ChangeRequested } else { Kind::PasswordExpired }.into());
        }
        Ok(Self { signed, visitor })
    }
}

/// Somebody on the way back in, by the handle that `startRecovery` gave.
pub(super) struct OnTheWay {
    pub handle: Secret,
    pub visitor: Visitor,
}

impl FromRequestParts<Arc<App>> for OnTheWay {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Caller(visitor) = Caller::from_request_parts(parts, app).await?;
        let handle = one(&parts.headers, RECOVERY).ok_or_else(|| Problem::header(RECOVERY))?;
        if Token::parse(token_kind::RECOVERY, handle).is_none() {
            return Err(Problem::header(RECOVERY));
        }
        Ok(Self { handle: Secret::from(handle), visitor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_stands_twice_says_nothing() {
        let mut headers = HeaderMap::new();
        headers.append(RECOVERY, "a".parse().expect("a header's value"));
        assert_eq!(one(&headers, RECOVERY), Some("a"));
        headers.append(RECOVERY, "b".parse().expect("a header's value"));
        assert_eq!(one(&headers, RECOVERY), None);
    }

    #[test]
    fn only_a_bearer_token_is_one() {
        assert_eq!(bearer("bearer aks_1"), Some("aks_1"));
        assert_eq!(bearer("Basic aks_1"), None);
        assert_eq!(bearer("aks_1"), None);
    }
}
