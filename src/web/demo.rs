//! The demonstration's telephone and mailbox, side by side. This page exists only where the demonstration runs.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::call::{Answer, Call};
use super::view::{Demo, DemoMessage, DemoMessages, DemoPerson};
use crate::app::App;
use crate::model::{ContactKind, Locale, Timestamp};
use crate::wording::moment;

/// What the demonstration shows beside the real pages.
pub struct Stage {
    /// The people one can be.
    pub people: Vec<Person>,
    /// Everything that has left the server so far, oldest first.
    pub arrived: Box<dyn Fn() -> Vec<Arrived> + Send + Sync>,
}

/// A message that left the server.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Arrived {
    pub kind: ContactKind,
    pub to: String,
    pub subject: Option<String>,
    pub text: String,
    pub at: Timestamp,
}

/// Somebody to be.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Person {
    pub name: String,
    pub what_ja: String,
    pub what_en: String,
    pub login: String,
    pub password: String,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

/// The routes.
pub(super) fn routes(stage: Arc<Stage>) -> Router<Arc<App>> {
    let page = {
        let stage = stage.clone();
        get(move |call: Call| std::future::ready(page(call, &stage)))
    };
    let news = get(move |call: Call| std::future::ready(messages(&call, &stage)));
    Router::new().route("/demo", page).route("/demo/messages.json", news)
}

fn page(mut call: Call, stage: &Stage) -> Answer {
    let locale = call.locale();
    let sent = (stage.arrived)();
    let of =
        |kind| sent.iter().rev().filter(|letter| letter.kind == kind).map(|letter| shown(locale, letter)).collect();
    let page = Demo {
        page: call.frame(),
        sign_in: "/w/sakura/sign-in".to_owned(),
        people: stage
            .people
            .iter()
            .map(|person| DemoPerson {
                name: match locale {
                    Locale::Ja => format!("{} {}", person.name, person.what_ja),
                    Locale::En => person.what_en.clone(),
                },
                login: person.login.clone(),
                password: person.password.clone(),
                mobile: person.mobile.clone(),
                email: person.email.clone(),
            })
            .collect(),
        sms: of(ContactKind::Mobile),
        emails: of(ContactKind::Email),
        newest: sent.len().to_string(),
    };
    call.page(&page)
}

/// What came after so many messages.
fn messages(call: &Call, stage: &Stage) -> Response {
    let after = call.query("after").parse().unwrap_or(0);
    let sent = (stage.arrived)();
    let messages = sent.iter().skip(after).map(|letter| shown(call.locale(), letter)).collect();
    let body = DemoMessages { newest: sent.len().to_string(), messages };
    match serde_json::to_string(&body) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn shown(locale: Locale, letter: &Arrived) -> DemoMessage {
    DemoMessage {
        kind: letter.kind.as_str(),
        from: match letter.kind {
            ContactKind::Mobile => "0005 0123".to_owned(),
            ContactKind::Email => "no-reply@id.example.jp".to_owned(),
        },
        to: letter.to.clone(),
        at: moment(locale, letter.at),
        subject: letter.subject.clone(),
        text: letter.text.clone(),
    }
}
