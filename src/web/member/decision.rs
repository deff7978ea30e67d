//! A frozen contact: what happened, what has to be proved first, and what is to become of it.

use super::{contacts as pages, own};
use crate::flows::contacts::{self, Decide, Decision};
use crate::model::ContactState;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{DecideContact, Deciding, Said, moment};

/// What is to become of it?
pub async fn get(call: Call) -> Answer {
    let back = pages::place(&call, "decide");
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (now, locale, id) = (call.visitor.now, call.locale(), pages::id(&call));
    let undecided = contacts::undecided(&call.app, &signed, &id, now).await?.ok_or(Failure::NotFound)?;
    if undecided.contact.state != ContactState::Frozen {
        return call.go(&pages::path(&signed, ""));
    }
    let state = if undecided.is_proved {
        Deciding::Open { hours: call.app.config.limits.contact_hold_hours }
    } else if undecided.older.is_empty() {
        Deciding::Closed {
            from: undecided.from.map(|from| moment(locale, from)),
            contact_text: signed.contact_text(locale).map(str::to_owned),
        }
    } else {
        let older = undecided.older.iter().map(|older| own::shown(locale, older, now)).collect();
        Deciding::ProveFirst { older, next: pages::path(&signed, &format!("/{id}/decide")) }
    };
    let contact = own::shown(locale, &undecided.contact, now);
    let page = call.frame_for(&signed);
    call.page(&DecideContact { page, contact, state })
}

/// Keeps it or takes it away.
pub async fn post(call: Call) -> Answer {
    let back = pages::place(&call, "decide");
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let decision = Decision::parse(call.form.text("decision")).ok_or(Failure::BadRequest)?;
    match contacts::decide(&call.app, &signed, &pages::id(&call), decision, &call.visitor).await? {
        Decide::Done if decision == Decision::Keep => call.say_next(Said::ContactKept),
        Decide::Done => call.say_next(Said::ContactRemoved),
        // The page says which, and what next.
        Decide::Unproved(_) | Decide::AfterRecovery(_) | Decide::AskAdministrator => return call.go(&back),
        Decide::NotFrozen => {}
        Decide::ProveAgain => return call.go(&format!("/w/{}/me/confirm?next={back}", signed.slug)),
        Decide::NoSuch => return Err(Failure::NotFound),
    }
    call.go(&pages::path(&signed, ""))
}
