//! What the help desk does for a caller whose call it proved: a new password, whose secret goes to the member's own contact, and signing out, and
//! reporting a device as lost.

use super::{call as calls, demand, lost, seat, step};
use crate::flows::desk::call::{self as flow, Stage};
use crate::flows::desk::forced_change::{self, By, Refused};
use crate::flows::desk::roster::{self, One};
use crate::flows::desk::standing;
use crate::flows::incidents;
use crate::flows::session::Signed;
use crate::model::Action;
use crate::model::id::MemberId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::member::lost::report_of;
use crate::web::view::desk::{Force, Waiver, Way};
use crate::web::view::{Said, Slip, Troubles};

/// Whom the call is about; none while it is not proved, or not any more.
async fn whom(call: &Call, signed: &Signed) -> Result<Option<MemberId>, Failure> {
    let seat = seat(call, signed, Action::TakeCalls)?;
    let shown = flow::show(&call.app, &seat, &calls::id(call)).await?.ok_or(Failure::NotFound)?;
    Ok(match shown.stage {
        Stage::Proved(member, _) => Some(member),
        Stage::Open | Stage::Ended => None,
    })
}

/// The member with all that the page shows; that somebody looks is written down.
async fn find(call: &Call, signed: &Signed) -> Result<Option<One>, Failure> {
    let Some(id) = whom(call, signed).await? else { return Ok(None) };
    let by_call = !signed.member.role.may(Action::SeeMembers);
    let seat = seat(call, signed, if by_call { Action::TakeCalls } else { Action::SeeMembers })?;
    Ok(roster::one(&call.app, &seat, &id).await?)
}

/// Where the temporary password goes, and for how long.
pub async fn get_force(mut call: Call, signed: Signed) -> Answer {
    let Some(one) = find(&call, &signed).await? else { return calls::back(call, signed).await };
    let id = calls::id(&call);
    let choices = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        forced_change::choices(&call.app, By::Call(&seat, &id), &one.member.id).await?
    };
    let choices = match choices {
        Ok(choices) => choices,
        Err(why) => return back(call, signed, demand::said(why)).await,
    };
    let (name, login) = super::member::heading(&signed, &one);
    let page = Force {
        id: one.member.id.to_string(),
        call: Some(id.to_string()),
        sessions: one.open_sessions(),
        name,
        login,
        to: demand::to_choose(choices),
        waiver: Waiver::Unneeded,
        hours: demand::hours(&signed),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Demands it.
pub async fn post_force(call: Call, signed: Signed) -> Answer {
    let (to, hours) = demand::chosen(&call, &signed)?;
    let Some(member) = whom(&call, &signed).await? else { return back(call, signed, Said::WarrantOver).await };
    let done = {
        let seat = seat(&call, &signed, Action::HelpCaller)?;
        forced_change::force(&call.app, By::Call(&seat, &calls::id(&call)), &member, to.as_ref(), hours).await?
    };
    let said = match done {
        Ok(_) => Said::ChangeForced,
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => demand::said(why),
    };
    back(call, signed, said).await
}

/// Before signing out everywhere.
pub async fn get_sign_out(call: Call, signed: Signed) -> Answer {
    let Some(one) = find(&call, &signed).await? else { return calls::back(call, signed).await };
    let id = calls::id(&call).to_string();
    step::before_one(call, &signed, &one, Way::SignOut, Some(id))
}

/// Signs out everywhere.
pub async fn post_sign_out(call: Call, signed: Signed) -> Answer {
    let Some(member) = whom(&call, &signed).await? else { return back(call, signed, Said::WarrantOver).await };
    let done = {
        let seat = seat(&call, &signed, Action::HelpCaller)?;
        standing::sign_out_caller(&call.app, &seat, &calls::id(&call), &member).await?
    };
    let said = match done {
        Ok(()) => Said::MemberSignedOut,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    back(call, signed, said).await
}

/// Which device is lost, and which contacts are on it.
pub async fn get_lost(call: Call, signed: Signed) -> Answer {
    let Some(one) = find(&call, &signed).await? else { return calls::back(call, signed).await };
    let form = lost::form(&call, &one, &Form::default());
    let id = calls::id(&call).to_string();
    lost::report_page(call, &signed, &one, Some(id), form, Troubles::none())
}

/// Reports it.
pub async fn post_lost(call: Call, signed: Signed) -> Answer {
    let Some(one) = find(&call, &signed).await? else { return back(call, signed, Said::WarrantOver).await };
    let form = lost::form(&call, &one, &call.form);
    let id = calls::id(&call);
    let Some(report) = report_of(&form) else {
        let troubles = Troubles::one(call.locale(), "devices", Slip::NothingChosen);
        return lost::report_page(call, &signed, &one, Some(id.to_string()), form, troubles);
    };
    let done = {
        let seat = seat(&call, &signed, Action::HelpCaller)?;
        incidents::report_for_caller(&call.app, &seat, &id, &one.member.id, &report).await?
    };
    let said = match done {
        Ok(()) => Said::LossReported,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    back(call, signed, said).await
}

async fn back(mut call: Call, signed: Signed, said: Said) -> Answer {
    call.say_next(said);
    calls::back(call, signed).await
}
