//! One's own mobile numbers and personal e-mail addresses.

use super::own;
use crate::flows::Wait;
use crate::flows::contacts::{self, Add, Address, Remove, Resend, Verify};
use crate::flows::session::Signed;
use crate::model::{CodeTyped, ContactState, EmailAddress, Phone, id::ContactId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{
    AddContact, Channel, CodeState, ConfirmRemove, Contacts, Said, Slip, TooMany, Troubles, VerifyContact, moment,
};

/// All of them.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let now = call.visitor.now;
    let all = contacts::list(&call.app, &signed).await?;
    let (mobiles, emails) =
        all.iter().map(|contact| own::shown(contact, now)).partition(|contact| contact.channel == Channel::Mobile);
    let page = call.frame_for(&signed);
    call.page(&Contacts { page, mobiles, emails })
}

fn path(signed: &Signed, rest: &str) -> String {
    format!("/w/{}/me/contacts{rest}", signed.slug)
}

/// The form for a number.
pub async fn get_add_mobile(call: Call) -> Answer {
    get_add(call, Channel::Mobile).await
}

/// The form for an address.
pub async fn get_add_email(call: Call) -> Answer {
    get_add(call, Channel::Email).await
}

/// A number.
pub async fn post_add_mobile(call: Call) -> Answer {
    let typed = call.form.text("number").to_owned();
    let address = Phone::parse(&typed, &call.app.config.countries).map(Address::Mobile).map_err(Slip::from);
    post_add(call, Channel::Mobile, typed, address).await
}

/// An address.
pub async fn post_add_email(call: Call) -> Answer {
    let typed = call.form.text("email").to_owned();
    let address = EmailAddress::parse(&typed).map(Address::Email).map_err(Slip::from);
    post_add(call, Channel::Email, typed, address).await
}

fn add_rest(channel: Channel) -> &'static str {
    match channel {
        Channel::Mobile => "/add-mobile",
        Channel::Email => "/add-email",
    }
}

async fn get_add(call: Call, channel: Channel) -> Answer {
    let slug = call.param("slug").unwrap_or_default().to_owned();
    let back = format!("/w/{slug}/me/contacts{}", add_rest(channel));
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let page = call.frame_for(&signed);
    call.page(&AddContact { page, channel, value: String::new(), troubles: Troubles::none() })
}

async fn post_add(call: Call, channel: Channel, value: String, address: Result<Address, Slip>) -> Answer {
    let slug = call.param("slug").unwrap_or_default().to_owned();
    let back = format!("/w/{slug}/me/contacts{}", add_rest(channel));
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let slip = match address {
        Err(slip) => slip,
        Ok(address) => match contacts::add(&call.app, &signed, &address, &call.visitor).await? {
            Add::CodeSent(id) => return call.go(&path(&signed, &format!("/{id}/verify"))),
            Add::HaveIt => Slip::ContactTaken,
            Add::Full => Slip::ContactFull,
            Add::Wait(wait) => return too_many(call, &signed, wait),
            Add::ProveAgain => return call.go(&format!("/w/{slug}/me/confirm?next={back}")),
        },
    };
    let field = if channel.is_mobile() { "number" } else { "email" };
    let troubles = Troubles::one(call.locale(), field, slip);
    let page = call.frame_for(&signed);
    call.mend(&AddContact { page, channel, value, troubles })
}

fn too_many(mut call: Call, signed: &Signed, wait: Wait) -> Answer {
    let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
    let page = call.frame_for(signed);
    call.wait_page(seconds, &TooMany { page, wait: seconds, other: None, contact_text: None })
}

fn id(call: &Call) -> ContactId {
    ContactId(call.param("id").unwrap_or_default().to_owned())
}

/// The code that went there.
pub async fn get_verify(call: Call) -> Answer {
    verify_page(call, None).await
}

async fn verify_page(call: Call, slip: Option<Slip>) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let now = call.visitor.now;
    let awaiting = contacts::awaiting(&call.app, &signed, &id(&call)).await?.ok_or(Failure::NotFound)?;
    let seconds_left = awaiting.code_until.map_or(0, |until| now.until(until).as_seconds());
    let page = VerifyContact {
        id: awaiting.contact.id.to_string(),
        channel: own::channel(awaiting.contact.kind),
        shown: awaiting.contact.shown,
        state: match (awaiting.tries_left, seconds_left) {
            (_, 0) => CodeState::Expired,
            (0, _) => CodeState::Dead,
            _ => CodeState::Open,
        },
        seconds_left,
        resend_in: awaiting.resend_from.map_or(0, |from| now.until(from).as_seconds()),
        sender: call.app.config.sms_sender.clone(),
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "code", slip)),
        page: call.frame_for(&signed),
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// Types the code.
pub async fn post_verify(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let typed = match CodeTyped::parse(call.form.text("code"), call.app.config.sms_sender.as_deref()) {
        Ok(typed) => typed,
        Err(trouble) => return verify_page(call, Some(Slip::from(trouble))).await,
    };
    let before = contacts::awaiting(&call.app, &signed, &id(&call)).await?.ok_or(Failure::NotFound)?;
    match contacts::verify(&call.app, &signed, &id(&call), &typed, &call.visitor).await? {
        Verify::Done { .. } => {
            let known = before.contact.state == ContactState::Verified;
            call.say_next(if known { Said::ContactConfirmed } else { Said::ContactAdded });
            call.go(&path(&signed, ""))
        }
        Verify::Wrong { tries_left: 0 } => verify_page(call, Some(Slip::CodeOver)).await,
        Verify::Wrong { tries_left } => verify_page(call, Some(Slip::CodeWrong(tries_left))).await,
        Verify::Dead if before.tries_left == 0 => verify_page(call, Some(Slip::CodeOver)).await,
        Verify::Dead => verify_page(call, Some(Slip::CodeExpired)).await,
        Verify::NoSuch => Err(Failure::NotFound),
    }
}

/// The answer to "send it again" may stay on the screen under this address; who comes back to it belongs to the code.
pub async fn get_resend(call: Call) -> Answer {
    let (slug, id) = (call.param("slug").unwrap_or_default().to_owned(), id(&call));
    call.go(&format!("/w/{slug}/me/contacts/{id}/verify"))
}

/// Sends the code again; a contact to be reconfirmed gets its code this way, too.
pub async fn post_resend(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call);
    match contacts::resend(&call.app, &signed, &id, &call.visitor).await? {
        Resend::Sent => {
            call.say_next(Said::CodeSentAgain);
            call.go(&path(&signed, &format!("/{id}/verify")))
        }
        Resend::Wait(wait) => {
            let awaiting = contacts::awaiting(&call.app, &signed, &id).await?;
            if awaiting.is_some_and(|awaiting| awaiting.resend_from == Some(wait.until)) {
                let seconds = call.visitor.now.until(wait.until).as_seconds();
                call.say(&Slip::ResendSoon(seconds));
                return verify_page(call, None).await;
            }
            too_many(call, &signed, wait)
        }
        Resend::NoSuch => Err(Failure::NotFound),
    }
}

/// Are you sure?
pub async fn get_remove(call: Call) -> Answer {
    let slug = call.param("slug").unwrap_or_default().to_owned();
    let back = format!("/w/{slug}/me/contacts/{}/remove", id(&call));
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (now, id) = (call.visitor.now, id(&call));
    let all = contacts::list(&call.app, &signed).await?;
    let contact = all.iter().find(|contact| contact.id == id).ok_or(Failure::NotFound)?;
    let last = !all.iter().any(|other| other.id != id && other.state == ContactState::Verified);
    let not_before = contacts::stay_until(&signed, &all, now).map(|until| moment(call.locale(), until));
    let page = ConfirmRemove { contact: own::shown(contact, now), last, not_before, page: call.frame_for(&signed) };
    call.page(&page)
}

/// Removes it.
pub async fn post_remove(call: Call) -> Answer {
    let slug = call.param("slug").unwrap_or_default().to_owned();
    let back = format!("/w/{slug}/me/contacts/{}/remove", id(&call));
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match contacts::remove(&call.app, &signed, &id(&call), &call.visitor).await? {
        Remove::Done => call.say_next(Said::ContactRemoved),
        Remove::AfterRecovery(_) => return call.go(&back),
        Remove::ProveAgain => return call.go(&format!("/w/{slug}/me/confirm?next={back}")),
        Remove::NoSuch => return Err(Failure::NotFound),
    }
    call.go(&path(&signed, ""))
}
