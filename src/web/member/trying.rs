//! A test message to a contact of one's own, and how far it has come.

use super::contacts::{id, path, too_many};
use super::own;
use crate::flows::contacts::{self, Try, trying};
use crate::flows::session::Signed;
use crate::model::id::ContactId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::live::{self, Seen};
use crate::web::view::{Said, TryContact, trail_json, trail_of};

/// The contact, with the button, and the newest message's trail.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call);
    let contact = contacts::awaiting(&call.app, &signed, &id).await?.ok_or(Failure::NotFound)?.contact;
    let tried = trying::tried(&call.app, &signed, &id).await?;
    let locale = call.locale();
    let page = TryContact {
        shown: contact.shown,
        channel: own::channel(contact.kind),
        state: format!("{}/state", to(&signed, &id)),
        id: id.to_string(),
        is_over: tried.as_ref().is_none_or(|(trail, _)| trail.is_over()),
        reference: tried.as_ref().map(|(_, reference)| reference.clone()),
        trail: tried.map(|(trail, _)| trail_of(locale, &trail)).unwrap_or_default(),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}

/// Sends one.
pub async fn post(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call);
    match trying::send(&call.app, &signed, &id, &call.visitor).await? {
        Try::Sent => call.say_next(Said::TestSent),
        Try::Wait(wait) => return too_many(call, &signed, wait),
        Try::NoSuch => return Err(Failure::NotFound),
    }
    call.go(&to(&signed, &id))
}

fn to(signed: &Signed, id: &ContactId) -> String {
    path(signed, &format!("/{id}/try"))
}

/// The trail as it grows.
pub async fn get_state(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (id, locale, app) = (id(&call), call.locale(), call.app.clone());
    trying::tried(&app, &signed, &id).await?.ok_or(Failure::NotFound)?;
    let signed = std::sync::Arc::new(signed);
    live::stream(move || {
        let (app, signed, id) = (app.clone(), signed.clone(), id.clone());
        async move {
            let found = trying::tried(&app, &signed, &id).await?;
            Ok(found.map(|(trail, _)| Seen { data: trail_json(locale, &trail), over: trail.is_over() }))
        }
    })
}
