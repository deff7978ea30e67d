//! A page that is open while its session ends, by whatever it is ended and on whichever node: it hears of it and goes to the door, which says why.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;

use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::failure::Failure;
use crate::web::live;

/// The stream. Whoever was never signed in is not to ask again, which browsers take from 204 (WHATWG HTML 9.2.3).
pub async fn stream(call: Call) -> Answer {
    let slug = call.param("slug").ok_or(Failure::NotFound)?.to_owned();
    if call.cookie(Cookie::Session(&slug)).is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    // A database that is away ends nobody's session.
    let signed = call.looks().await?;
    let page = signed.as_ref().and_then(|signed| call.app.open_pages.open(&signed.session));
    Ok(live::until_over(page, signed.is_none(), call.app.chance()))
}
