//! Asking members to see to their contacts, one or all with the same reason, and slips of paper. Each has a page before its button that says
//! what will happen.

use super::readiness::{path, reason};
use super::{member, refused};
use crate::flows::desk::nudge::{self, For, Refused, Slips};
use crate::flows::desk::readiness;
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{NudgePage, Nudged, ReadinessShown, SlipShown, SlipsPage};
use crate::web::view::{Frame, Said, moment};

fn id(call: &Call) -> MemberId {
    MemberId(call.param("id").unwrap_or_default().to_owned())
}

fn member_path(signed: &Signed, id: &MemberId) -> String {
    format!("/w/{}/admin/members/{id}", signed.slug)
}

/// Before one is asked.
pub async fn get_one(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let plan = nudge::plan(&call.app, &seat, &one.member.id).await?.ok_or(Failure::NotFound)?;
    let (name, login) = member::heading(&signed, &one);
    let at = |at: Timestamp| moment(call.locale(), at);
    let whom = Nudged::One {
        id: one.member.id.to_string(),
        name,
        login,
        email: plan.email,
        asked: plan.asked_at.map(at),
        wait: plan.open_from.map(at),
    };
    let page = NudgePage { readiness: ReadinessShown(plan.readiness), whom, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Asks one.
pub async fn post_one(mut call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let by_email = call.form.text("email") == "yes";
    let seat = super::seat(&call, &signed, Action::Nudge)?;
    let said = match nudge::one(&call.app, &seat, &id, by_email).await? {
        Ok(true) => Said::NudgedMailed,
        Ok(false) => Said::Nudged,
        Err(Refused::NotNeeded) => Said::NudgeNotNeeded,
        Err(Refused::Already) => Said::NudgeAlready,
        Err(Refused::Seat(refusal)) => refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&member_path(&signed, &id))
}

/// Before all with this reason are asked.
pub async fn get_all(mut call: Call, signed: Signed) -> Answer {
    let reason = reason(&call)?;
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let overview = readiness::overview(&call.app, &seat).await?;
    let whom = Nudged::All {
        members: overview.days.last().map_or(0, |day| day.of(reason)),
        taken: overview.taken_at.map_or_else(|| "-".to_owned(), |at| moment(call.locale(), at)),
    };
    let page = NudgePage { readiness: ReadinessShown(reason), whom, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Begins to ask all with this reason.
pub async fn post_all(mut call: Call, signed: Signed) -> Answer {
    let reason = reason(&call)?;
    let by_email = call.form.text("email") == "yes";
    let seat = super::seat(&call, &signed, Action::Nudge)?;
    let said = match nudge::begin(&call.app, &seat, reason, by_email).await? {
        Ok(()) => Said::NudgeBegun,
        Err(refusal) => refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, ""))
}

/// Whoever comes back to the slips' address belongs to the member.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn back_to_one(call: Call, signed: Signed) -> Answer {
    let path = member_path(&signed, &id(&call));
    call.go(&path)
}

/// The same for the list.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn back_to_all(call: Call, signed: Signed) -> Answer {
    let path = path(&signed, &format!("/of/{}", reason(&call)?));
    call.go(&path)
}

/// A slip for one.
pub async fn post_slip(call: Call, signed: Signed) -> Answer {
    let id = id(&call);
    let seat = super::seat(&call, &signed, Action::Nudge)?;
    let made = nudge::slips(&call.app, &seat, For::One(&id)).await?;
    let back = member_path(&signed, &id);
    match made {
        Ok(slips) => show(call, &signed, slips, back, None),
        Err(refusal) => go_back(call, &back, refused(refusal).ok_or(Failure::NotFound)?),
    }
}

/// Slips for all with this reason, a page of them: `after`.
pub async fn post_slips(call: Call, signed: Signed) -> Answer {
    let reason = reason(&call)?;
    let seat = super::seat(&call, &signed, Action::Nudge)?;
    let made = nudge::slips(&call.app, &seat, For::All(reason, call.form.text("after"))).await?;
    let back = path(&signed, &format!("/of/{reason}"));
    match made {
        Ok(slips) => {
            let more = format!("{back}/slips");
            show(call, &signed, slips, back, Some(more))
        }
        Err(refusal) => go_back(call, &back, refused(refusal).ok_or(Failure::NotFound)?),
    }
}

fn go_back(mut call: Call, path: &str, said: Said) -> Answer {
    call.say_next(said);
    call.go(path)
}

fn show(mut call: Call, signed: &Signed, made: Slips, back: String, more: Option<String>) -> Answer {
    let slips = made.slips.into_iter().map(|slip| SlipShown {
        name: slip.name,
        department: slip.department,
        login: slip.login,
        readiness: ReadinessShown(slip.readiness),
    });
    let page = SlipsPage {
        slips: slips.collect(),
        address: call.app.config.link(&format!("/w/{}", signed.slug)),
        contact_text: signed.contact_text(call.locale()).map(str::to_owned),
        next: more.zip(made.next.map(|after| after.1)),
        page: Frame { here: back, ..call.frame_at_desk(signed) },
    };
    call.page(&page)
}
