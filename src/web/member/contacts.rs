//! One's own mobile numbers and personal e-mail addresses.

use super::{own, trail};
use crate::flows::Wait;
use crate::flows::contacts::{self, Add, Address, Resend, Verify};
use crate::flows::session::Signed;
use crate::model::{CodeTyped, ContactState, EmailAddress, Phone, id::ContactId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{AddContact, Channel, CodeState, Contacts, Frame, Said, Slip, TooMany, Troubles, VerifyContact};

/// All of them.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let now = call.visitor.now;
    let all = contacts::list(&call.app, &signed).await?;
    let (mobiles, emails) = all
        .iter()
        .map(|contact| own::shown(call.locale(), contact, now))
        .partition(|contact| contact.channel == Channel::Mobile);
    let page = call.frame_for(&signed);
    call.page(&Contacts { page, mobiles, emails })
}

pub fn path(signed: &Signed, rest: &str) -> String {
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

pub fn too_many(mut call: Call, signed: &Signed, wait: Wait) -> Answer {
    let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
    let page = call.frame_for(signed);
    call.wait_page(seconds, &TooMany { page, wait: seconds, other: None, contact_text: None })
}

/// This page of the contact, for who has to come back to it.
pub fn place(call: &Call, page: &str) -> String {
    format!("/w/{}/me/contacts/{}/{page}", call.param("slug").unwrap_or_default(), id(call))
}

pub fn id(call: &Call) -> ContactId {
    ContactId(call.param("id").unwrap_or_default().to_owned())
}

/// Where one goes once the code was typed: back to what asked for it, or to the contacts.
fn next(call: &Call, signed: &Signed) -> Option<String> {
    let next = call.query("next");
    (!next.is_empty()).then(|| own::next_of(signed, next))
}

/// The same behind a path.
fn and_next(path: String, next: Option<&str>) -> String {
    match next {
        Some(next) => format!("{path}?next={next}"),
        None => path,
    }
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
    let next = next(&call, &signed);
    let awaiting = contacts::awaiting(&call.app, &signed, &id(&call)).await?.ok_or(Failure::NotFound)?;
    let seconds_left = awaiting.code_until.map_or(0, |until| now.until(until).as_seconds());
    let followed = awaiting.code_until.map(|_| contacts::followed(&signed, &awaiting.contact.id));
    let state = path(&signed, &format!("/{}/verify/state", awaiting.contact.id));
    let trail = trail::shown(&call, followed.as_ref(), state).await?;
    let frame = call.frame_for(&signed);
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
        trail,
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "code", slip)),
        // In another language the way on stays the same.
        page: Frame { here: and_next(path(&signed, &format!("/{}/verify", id(&call))), next.as_deref()), ..frame },
        next,
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// How far the code has come, as it goes on.
pub async fn get_state(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let followed = contacts::followed(&signed, &id(&call));
    trail::stream(&call, Some(followed)).await
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
            let next = next(&call, &signed).unwrap_or_else(|| path(&signed, ""));
            call.go(&next)
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
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let verify = path(&signed, &format!("/{}/verify", id(&call)));
    let to = and_next(verify, next(&call, &signed).as_deref());
    call.go(&to)
}

/// Sends the code again; a contact to be reconfirmed gets its code this way, too.
pub async fn post_resend(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = id(&call);
    let before = contacts::awaiting(&call.app, &signed, &id).await?;
    match contacts::resend(&call.app, &signed, &id, &call.visitor).await? {
        Resend::Sent => {
            // A first code to a contact that is proved again has no older one.
            if before.is_some_and(|before| before.code_until.is_some()) {
                call.say_next(Said::CodeSentAgain);
            }
            let to = and_next(path(&signed, &format!("/{id}/verify")), next(&call, &signed).as_deref());
            call.go(&to)
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
