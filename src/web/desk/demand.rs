//! A new password of a member: at once, by a secret that goes to a contact of theirs, or at the next sign-in.

use super::{member, refused};
use crate::flows::desk::Refusal;
use crate::flows::desk::forced_change::{self, By, Choice, Lifetime, Refused};
use crate::flows::session::Signed;
use crate::model::Action;
use crate::model::id::{ContactId, MemberId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::own;
use crate::web::view::desk::{Force, ForceTo, SecretPage, Way};
use crate::web::view::{Said, moment};
use crate::wording::read_out;

/// Whether a change is demanded, to which contact, for how long.
pub async fn get_force(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let choices = match forced_change::choices(&call.app, By::Seat(&seat), &one.member.id).await? {
        Ok(choices) => choices,
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => return back(call, &signed, &one.member.id, said(why)),
    };
    let (name, login) = member::heading(&signed, &one);
    let page = Force {
        id: one.member.id.to_string(),
        call: None,
        sessions: one.open_sessions(),
        name,
        login,
        to: to_choose(choices),
        waiver: super::mend::waiver(&call, &signed, &one).await?,
        hours: hours(&signed),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// The contacts as the page offers them.
pub fn to_choose(choices: Vec<Choice>) -> Vec<ForceTo> {
    let to = choices.into_iter().enumerate().map(|(nth, choice)| ForceTo {
        id: choice.id.to_string(),
        channel: own::channel(choice.kind),
        shown: choice.masked,
        chosen: nth == 0,
    });
    to.collect()
}

/// How long a temporary password can live, as the page offers it.
pub fn hours(signed: &Signed) -> Vec<i64> {
    Lifetime::usual(&signed.policy).beside([1, 4, 24])
}

/// What its form says: to which contact, for how long.
pub fn chosen(call: &Call, signed: &Signed) -> Result<(Option<ContactId>, Lifetime), Failure> {
    let to = Some(call.form.text("to")).filter(|to| !to.is_empty()).map(|to| ContactId(to.to_owned()));
    let hours = call.form.text("hours");
    let hours = match hours {
        "" => Some(Lifetime::usual(&signed.policy)),
        hours => hours.parse().ok().and_then(Lifetime::of_hours),
    };
    Ok((to, hours.ok_or(Failure::BadRequest)?))
}

/// Demands it.
pub async fn post_force(call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let (to, hours) = chosen(&call, &signed)?;
    let seat = super::seat(&call, &signed, Action::DemandPassword)?;
    let done = forced_change::force(&call.app, By::Seat(&seat), &id, to.as_ref(), hours).await?;
    let said = match done {
        Ok(_) => Said::ChangeForced,
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => said(why),
    };
    back(call, &signed, &id, said)
}

/// Demands it, and shows the secret, once.
pub async fn post_show(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let done = {
        let seat = super::seat(&call, &signed, Action::DemandPassword)?;
        forced_change::show(&call.app, &seat, &one.member.id, Lifetime::usual(&signed.policy)).await?
    };
    let shown = match done {
        Ok(shown) => shown,
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => return back(call, &signed, &one.member.id, said(why)),
    };
    let locale = call.locale();
    let (name, login) = member::heading(&signed, &one);
    let groups = shown.secret.groups().map(str::to_owned).zip(read_out(locale, &shown.secret));
    let page = SecretPage {
        id: one.member.id.to_string(),
        name,
        login,
        groups: groups.collect(),
        until: moment(locale, shown.expires_at),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Before a change is asked for.
pub async fn get_request(call: Call, signed: Signed) -> Answer {
    super::step::before(call, signed, Way::Request).await
}

/// Asks for a change at the next sign-in.
pub async fn post_request(call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, Action::DemandPassword)?;
    let said = match forced_change::request(&call.app, By::Seat(&seat), &id).await? {
        Ok(()) => Said::ChangeRequested,
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => said(why),
    };
    back(call, &signed, &id, said)
}

pub const fn said(why: Refused) -> Said {
    let refusal = match why {
        Refused::WithoutContact | Refused::Contact => return Said::NoContactForSecret,
        Refused::Reachable => return Said::SecretGoesToContact,
        Refused::NoWarrant => return Said::WarrantOver,
        Refused::Already | Refused::State => Refusal::State,
        Refused::Ended => Refusal::Ended,
        Refused::Rank => Refusal::Rank,
        Refused::Oneself => Refusal::Oneself,
        Refused::NotFound => Refusal::NotFound,
    };
    match refused(refusal) {
        Some(said) => said,
        None => Said::NothingToDo,
    }
}

fn back(mut call: Call, signed: &Signed, id: &MemberId, said: Said) -> Answer {
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}
