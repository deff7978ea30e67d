//! A member's device is lost: an administrator reports it, sees what became of each thing, and ends the case.

use super::member;
use crate::flows::desk::roster::One;
use crate::flows::session::Signed;
use crate::flows::{incidents, wipes};
use crate::model::Action;
use crate::model::id::{DeviceId, MemberId, WipeId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::member::lost::{case_shown, form_of, has_ticks, names_of, report_of};
use crate::web::view::desk::{DeskLoss, DeskLost};
use crate::web::view::{LossForm, Said, Slip, Troubles};

fn path(signed: &Signed, one: &One) -> String {
    format!("/w/{}/admin/members/{}/lost", signed.slug, one.member.id)
}

/// The case while there is one, else the report; the report with `?more=1`, too.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let case = incidents::of(&call.app, &one.member).await?.filter(|_| call.query("more").is_empty());
    let Some(case) = case else {
        let form = form(&call, &one, &Form::default());
        return report_page(call, &signed, &one, form, Troubles::none());
    };
    let (name, login) = member::heading(&signed, &one);
    let contacts = one.contacts.iter().map(|(contact, masked)| (contact.id.to_string(), masked.clone()));
    let names: Vec<_> = names_of(call.locale(), &one.devices).into_iter().chain(contacts).collect();
    let page = DeskLoss {
        id: one.member.id.to_string(),
        name,
        login,
        case: case_shown(call.locale(), &case, &names, one.password_set_at),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Reports.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let form = form(&call, &one, &call.form);
    let Some(report) = report_of(&form) else {
        if has_ticks(&call.form) && incidents::of(&call.app, &one.member).await?.is_some() {
            return call.go(&path(&signed, &one));
        }
        let troubles = Troubles::one(call.locale(), "devices", Slip::NothingChosen);
        return report_page(call, &signed, &one, form, troubles);
    };
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match incidents::report_for(&call.app, &seat, &one.member.id, &report).await? {
        Ok(()) => Said::LossReported,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, &one))
}

/// It was found.
pub async fn post_found(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match incidents::found_for(&call.app, &seat, &id).await? {
        Ok(()) => Said::LossUndone,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

/// A lost device is to give up what it holds.
pub async fn post_wipe(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let device = DeviceId(call.form.text("device").to_owned());
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match wipes::ask_for(&call.app, &seat, &id, &device).await? {
        Ok(()) => Said::WipeAsked,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}/lost", signed.slug))
}

/// What was not sent is taken back.
pub async fn post_take_back(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let wipe = WipeId(call.param("wipe").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match wipes::take_back_for(&call.app, &seat, &id, &wipe).await? {
        Ok(()) => Said::WipeTakenBack,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}/lost", signed.slug))
}

/// All is done.
pub async fn post_close(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match incidents::close_for(&call.app, &seat, &id).await? {
        Ok(()) => Said::LossClosed,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

fn form(call: &Call, one: &One, typed: &Form) -> LossForm {
    let contacts = one.contacts.iter().filter(|(contact, _)| contact.lost_in.is_none());
    let contacts = contacts.map(|(contact, masked)| (&contact.id, contact.kind, masked.clone()));
    form_of(call.locale(), typed, (&one.devices, None), contacts)
}

fn report_page(mut call: Call, signed: &Signed, one: &One, form: LossForm, troubles: Troubles) -> Answer {
    let (name, login) = member::heading(signed, one);
    let is_wrong = troubles.any();
    let page =
        DeskLost { id: one.member.id.to_string(), name, login, form, troubles, page: call.frame_at_desk(signed) };
    if is_wrong { call.mend(&page) } else { call.page(&page) }
}
