//! A member's contacts, put right in two steps: what is typed is shown as it was read, with what will happen, before anything changes.

use super::{member, seat};
use crate::flows::contacts::Address;
use crate::flows::desk::mend::{self as flow, From, Mend, Refused};
use crate::flows::desk::roster::One;
use crate::flows::desk::{Refusal, warrant};
use crate::flows::session::Signed;
use crate::model::id::{ContactId, MemberId};
use crate::model::{Action, EmailAddress, MemberState, Phone};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{MendPage, Old, Sure, Waiver};
use crate::web::view::{Said, Slip, Troubles, moment};

/// Which of the three it is, and of which contact.
#[derive(Debug, Clone)]
enum What {
    Add,
    Replace(ContactId),
    Remove(ContactId),
}

impl What {
    const fn old(&self) -> Option<&ContactId> {
        match self {
            Self::Add => None,
            Self::Replace(id) | Self::Remove(id) => Some(id),
        }
    }
}

fn contact(call: &Call) -> ContactId {
    ContactId(call.param("contact").unwrap_or_default().to_owned())
}

/// The form for one more.
pub async fn get_add(call: Call, signed: Signed) -> Answer {
    form(call, signed, What::Add, Troubles::none()).await
}
/// One more.
pub async fn post_add(call: Call, signed: Signed) -> Answer {
    post(call, signed, What::Add).await
}
/// The form for another instead.
pub async fn get(call: Call, signed: Signed) -> Answer {
    let what = What::Replace(contact(&call));
    form(call, signed, what, Troubles::none()).await
}
/// Another instead.
pub async fn post_replace(call: Call, signed: Signed) -> Answer {
    let what = What::Replace(contact(&call));
    post(call, signed, what).await
}
/// Before one is taken away.
pub async fn get_remove(call: Call, signed: Signed) -> Answer {
    let what = What::Remove(contact(&call));
    ask(call, signed, what, None).await
}
/// Takes it away.
pub async fn post_remove(call: Call, signed: Signed) -> Answer {
    let what = What::Remove(contact(&call));
    finish(call, signed, what, None).await
}

async fn post(call: Call, signed: Signed, what: What) -> Answer {
    let typed = call.form.text("address");
    if call.form.text("sure") == "again" {
        return form(call, signed, what, Troubles::none()).await;
    }
    match read(&call, typed) {
        Ok(address) if call.form.text("sure") == "yes" => finish(call, signed, what, Some(address)).await,
        Ok(address) => ask(call, signed, what, Some(address)).await,
        Err(slip) => {
            let troubles = Troubles::one(call.locale(), "address", slip);
            form(call, signed, what, troubles).await
        }
    }
}

/// What was typed: with an @ an address, else a number.
fn read(call: &Call, typed: &str) -> Result<Address, Slip> {
    if typed.contains(['@', '＠']) {
        return EmailAddress::parse(typed).map(Address::Email).map_err(Slip::from);
    }
    Phone::parse(typed, &call.app.config.countries).map(Address::Mobile).map_err(Slip::from)
}

fn counts(call: &Call) -> From {
    if call.form.text("counts") == "warrant" { From::Warrant } else { From::Hold }
}

/// The member, and the old contact if there is one; whoever is of a higher rank cannot be mended.
async fn find(call: &Call, signed: &Signed, what: &What) -> Result<(One, Option<Old>), Failure> {
    let one = member::find(call, signed).await?;
    let Some(id) = what.old() else { return Ok((one, None)) };
    let old = one.contacts.iter().find(|(contact, _)| contact.id == *id).ok_or(Failure::NotFound)?;
    let goes = matches!(what, What::Remove(_));
    let old = Old { id: id.to_string(), shown: old.1.clone(), goes };
    Ok((one, Some(old)))
}

/// What could let something be done for the member at once.
pub async fn waiver(call: &Call, signed: &Signed, one: &One) -> Result<Waiver, Failure> {
    if one.member.state != MemberState::Active {
        return Ok(Waiver::Unneeded);
    }
    let seat = seat(call, signed, Action::SeeMembers)?;
    let now = call.visitor.now;
    Ok(match warrant::find(&call.app, &seat, &one.member.id).await? {
        Some(warrant) if warrant.good_from <= now => Waiver::Good,
        Some(warrant) => Waiver::From(moment(call.locale(), warrant.good_from)),
        None => Waiver::Lacking { alone: warrant::is_alone(&call.app, &seat).await? },
    })
}

async fn form(call: Call, signed: Signed, what: What, troubles: Troubles) -> Answer {
    let (one, old) = find(&call, &signed, &what).await?;
    let waiver = waiver(&call, &signed, &one).await?;
    let value = call.form.text("address").to_owned();
    page(call, &signed, &one, Parts { old, value, troubles, sure: None, waiver })
}

struct Parts {
    old: Option<Old>,
    value: String,
    troubles: Troubles,
    sure: Option<Sure>,
    waiver: Waiver,
}

fn page(mut call: Call, signed: &Signed, one: &One, parts: Parts) -> Answer {
    let (name, login) = member::heading(signed, one);
    let Parts { old, value, troubles, sure, waiver } = parts;
    let page = MendPage {
        id: one.member.id.to_string(),
        name,
        login,
        old,
        value,
        troubles,
        sure,
        waiver,
        page: call.frame_at_desk(signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// The second step.
async fn ask(call: Call, signed: Signed, what: What, address: Option<Address>) -> Answer {
    let (one, old) = find(&call, &signed, &what).await?;
    let waiver = waiver(&call, &signed, &one).await?;
    let locale = call.locale();
    let hold = call.visitor.now + call.app.config.limits.contact_hold();
    let (counts, from) = match (counts(&call), &waiver) {
        _ if address.is_none() => ("hold", None),
        (_, Waiver::Unneeded) => ("hold", None),
        (From::Warrant, Waiver::Good) => ("warrant", None),
        (From::Warrant, Waiver::From(at)) => ("warrant", Some(at.clone())),
        _ => ("hold", Some(moment(locale, hold))),
    };
    let sure = Sure {
        shown: address.as_ref().map(Address::shown).unwrap_or_default(),
        now: counts == "warrant" && from.is_none(),
        counts,
        from,
        told: one.contacts.iter().filter(|(contact, _)| contact.is_told()).count(),
    };
    let value = call.form.text("address").to_owned();
    page(call, &signed, &one, Parts { old, value, troubles: Troubles::none(), sure: Some(sure), waiver })
}

async fn finish(mut call: Call, signed: Signed, what: What, address: Option<Address>) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let mend = match (&what, &address) {
        (What::Add, Some(address)) => Mend::Add(address),
        (What::Replace(old), Some(address)) => Mend::Replace(old, address),
        (What::Remove(old), _) => Mend::Remove(old),
        (What::Add | What::Replace(_), None) => return Err(Failure::BadRequest),
    };
    let done = {
        let seat = seat(&call, &signed, Action::MendContacts)?;
        flow::mend(&call.app, &seat, &id, mend, counts(&call)).await?
    };
    let slip = match done {
        Ok(_) => None,
        Err(Refused::HaveIt) => Some(Slip::ContactTheirs),
        Err(Refused::Full) => Some(Slip::ContactTheirsFull),
        Err(Refused::NoWarrant) => Some(Slip::WarrantOver),
        Err(Refused::Gone) => {
            call.say_next(Said::NothingToDo);
            return call.go(&format!("/w/{}/admin/members/{id}", signed.slug));
        }
        Err(Refused::Refusal(Refusal::NotFound)) => return Err(Failure::NotFound),
        Err(Refused::Refusal(refusal)) => {
            call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo));
            return call.go(&format!("/w/{}/admin/members/{id}", signed.slug));
        }
    };
    if let Some(slip) = slip {
        let troubles = Troubles::one(call.locale(), "address", slip);
        return form(call, signed, what, troubles).await;
    }
    call.say_next(match what {
        What::Add => Said::ContactAdded,
        What::Replace(_) => Said::ContactMended,
        What::Remove(_) => Said::ContactRemoved,
    });
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}
