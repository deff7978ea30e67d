//! A test message to a contact of one's own, and how far it has come.

use super::contacts::{id, path, too_many};
use super::{own, trail};
use crate::flows::contacts::{self, Try, trying};
use crate::flows::session::Signed;
use crate::model::id::ContactId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{Said, TryContact};

/// The contact, with the button, and the newest message's trail.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call);
    let contact = contacts::awaiting(&call.app, &signed, &id).await?.ok_or(Failure::NotFound)?.contact;
    let followed = trying::followed(&signed, &id);
    let page = TryContact {
        shown: contact.shown,
        channel: own::channel(contact.kind),
        trail: trail::shown(&call, Some(&followed), format!("{}/state", to(&signed, &id))).await?,
        id: id.to_string(),
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
    let followed = trying::followed(&signed, &id(&call));
    trail::stream(&call, Some(followed)).await
}
