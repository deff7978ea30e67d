//! Taking a contact away: whether one is sure, and for a day after a recovery, what has to be proved first.

use super::{contacts as pages, own};
use crate::flows::contacts::{self, Remove, Unproved};
use crate::flows::session::Signed;
use crate::model::ContactState;
use crate::web::call::{Answer, Call};
use crate::web::cookies::Cookie;
use crate::web::failure::Failure;
use crate::web::view::{ConfirmRemove, Frame, RemovalHeld, RemovalStays, Said, WorkspaceShown, moment};

fn here(signed: &Signed, call: &Call) -> String {
    pages::path(signed, &format!("/{}/remove", pages::id(call)))
}

/// Are you sure?
pub async fn get(call: Call) -> Answer {
    let back = pages::place(&call, "remove");
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (now, locale, id) = (call.visitor.now, call.locale(), pages::id(&call));
    let all = contacts::list(&call.app, &signed).await?;
    let contact = all.iter().find(|contact| contact.id == id).ok_or(Failure::NotFound)?;
    if contact.state == ContactState::Frozen && !contact.lost {
        return call.go(&pages::path(&signed, &format!("/{id}/decide")));
    }
    let stays = contacts::stay(&signed, &all, contact, now).map(|stay| RemovalStays {
        until: moment(locale, stay.until),
        provers: stay.provers.into_iter().map(|prover| own::shown(locale, prover, now)).collect(),
        next: here(&signed, &call),
        contact_text: signed.contact_text(locale).map(str::to_owned),
    });
    let last = !all.iter().any(|other| other.id != id && other.state == ContactState::Verified);
    let contact = own::shown(locale, contact, now);
    let page = call.frame_for(&signed);
    call.page(&ConfirmRemove { page, contact, last, stays })
}

/// Removes it, or has the account held where the form says so.
pub async fn post(call: Call) -> Answer {
    let back = pages::place(&call, "remove");
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let unproved = if call.form.text("if_unproved") == "hold" { Unproved::Hold } else { Unproved::Refuse };
    match contacts::remove(&call.app, &signed, &pages::id(&call), unproved, &call.visitor).await? {
        Remove::Done => call.say_next(Said::ContactRemoved),
        Remove::Held => return held(call, &signed),
        Remove::AfterRecovery { .. } | Remove::Frozen => return call.go(&back),
        Remove::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
        Remove::NoSuch => return Err(Failure::NotFound),
    }
    call.go(&pages::path(&signed, ""))
}

/// The session is over with the hold: this page is the last that is shown, and says whom to ask.
pub(super) fn held(mut call: Call, signed: &Signed) -> Answer {
    call.clear(Cookie::Session(&signed.slug));
    let page = Frame {
        workspace: Some(WorkspaceShown { name: signed.workspace_name.clone(), slug: signed.slug.clone() }),
        here: format!("/w/{}/cannot-sign-in", signed.slug),
        ..call.frame()
    };
    let contact_text = signed.contact_text(call.locale()).map(str::to_owned);
    call.page(&RemovalHeld { page, contact_text })
}
