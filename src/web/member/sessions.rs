//! One's own signed-in browsers and clients, and their ends.

use super::own;
use crate::flows::session::{self, Session};
use crate::model::id::SessionId;
use crate::model::{Locale, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{Said, SessionShown, Sessions, moment};

/// A session as its owner sees it.
pub fn shown(locale: Locale, session: &Session, this: &SessionId, _now: Timestamp) -> SessionShown {
    SessionShown {
        id: session.id.to_string(),
        device: super::agent::in_words(locale, &session.agent),
        place: place(&session.network),
        started: moment(locale, session.created_at),
        seen: moment(locale, session.seen_at),
        this: session.id == *this,
    }
}

/// A network as people know it: of a single address, the address.
pub fn place(network: &str) -> String {
    network.strip_suffix("/32").unwrap_or(network).to_owned()
}

/// All of them, this one first.
pub async fn list(call: &Call, signed: &session::Signed) -> Result<Vec<SessionShown>, Failure> {
    let now = call.visitor.now;
    let rows = session::list(&call.app, signed, now).await?;
    let mut list: Vec<_> = rows.iter().map(|row| shown(call.locale(), row, &signed.session, now)).collect();
    list.sort_by_key(|session| !session.this);
    Ok(list)
}

/// The page.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let list = list(&call, &signed).await?;
    let page = call.frame_for(&signed);
    call.page(&Sessions { page, list })
}

/// Ends one.
pub async fn post_end(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = SessionId(call.param("id").unwrap_or_default().to_owned());
    if !session::end(&call.app, &signed, &id, &call.visitor).await? {
        return Err(Failure::NotFound);
    }
    call.say_next(Said::SessionEnded);
    call.go(&format!("/w/{}/me/sessions", signed.slug))
}

/// Ends all others.
pub async fn post_end_others(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    session::end_others(&call.app, &signed, &call.visitor).await?;
    call.say_next(Said::SessionsEnded);
    call.go(&format!("/w/{}/me/sessions", signed.slug))
}
