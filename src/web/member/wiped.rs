//! The page that a browser is sent to that is to give up what it holds: the browser empties itself by `Clear-Site-Data` (W3C), its script looks whether
//! anything is left, and reports it.

use axum::http::{HeaderName, HeaderValue};

use crate::flows::wipes::{self, Report};
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::view::Wiped;

/// Not the cookies, which would take those of every service of the workplace's domain along: ours go one by one.
const ALL: &str = "\"cache\", \"storage\"";

/// Tells the browser. Whoever has nothing to give up goes on to the door.
pub async fn get(mut call: Call) -> Answer {
    let Some(token) = wipes::tell(&call.app, &call.visitor).await? else { return call.go("/sign-in") };
    forget_sessions(&mut call);
    let page = Wiped { page: call.frame(), token: Some(token.text.to_string()) };
    empties(call.page(&page))
}

/// What the browser reports, by its script or, without one, by the person's hand. Its secret goes, too: from now on it is a browser like any other.
pub async fn post(mut call: Call) -> Answer {
    let report = match (call.form.text("seen"), call.form.text("left")) {
        ("yes", "0") => Report::Nothing,
        ("yes", _) => Report::Something,
        _ => Report::Unseen,
    };
    if !wipes::report(&call.app, &call.form.secret("token"), report, &call.visitor).await? {
        return call.go("/sign-in");
    }
    forget_sessions(&mut call);
    for cookie in [Cookie::Device, Cookie::Recovery, Cookie::Login] {
        call.clear(cookie);
    }
    let page = Wiped { page: call.frame(), token: None };
    empties(call.page(&page))
}

fn forget_sessions(call: &mut Call) {
    for slug in call.slugs() {
        call.clear(Cookie::Session(&slug));
    }
}

fn empties(answer: Answer) -> Answer {
    let mut answer = answer?;
    answer.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static(ALL));
    Ok(answer)
}
