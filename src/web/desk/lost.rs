//! A member's device is lost: an administrator reports it, sees what became of each thing, and ends the case.

use axum::body::Body;

use super::{demand, log, member};
use crate::flows::desk::forced_change::Refused;
use crate::flows::desk::loss_receipt::{self, Format};
use crate::flows::desk::loss_steps;
use crate::flows::desk::roster::One;
use crate::flows::session::Signed;
use crate::flows::{agents, incidents, management, wipes};
use crate::model::id::{DeviceId, MemberId, WipeId};
use crate::model::{Action, LossStep, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::form::Form;
use crate::web::member::lost::{case_shown, form_of, has_ticks, names_of, report_of};
use crate::web::view::agents::AgentShown;
use crate::web::view::desk::{DeskLoss, DeskLost};
use crate::web::view::management::ManagedShown;
use crate::web::view::{LivesShown, LossForm, LossStepShown, Said, Slip, Troubles, moment};

fn path(signed: &Signed, one: &One) -> String {
    format!("/w/{}/admin/members/{}/lost", signed.slug, one.member.id)
}

/// The case while there is one, else the report; the report with `?more=1`, too.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let receipt = loss_receipt::of(&call.app, &seat, &one.member).await?.filter(|_| call.query("more").is_empty());
    let Some(receipt) = receipt else {
        let form = form(&call, &one, &Form::default());
        return report_page(call, &signed, &one, None, form, Troubles::none());
    };
    let (name, login) = member::heading(&signed, &one);
    let programs = agents::of_member(&call.app, &seat, &one.member.id).await?;
    let managed = management::of_member(&call.app, &seat, &one.member.id).await?;
    let names = names(&call, &one, &programs, &managed);
    let steps = LossStep::ALL.iter().map(|step| {
        let done = loss_steps::done_at(&receipt.case, *step);
        LossStepShown {
            step: *step,
            seen: done.map(|at| at.0.to_string()).unwrap_or_default(),
            done: done.map(|at| moment(call.locale(), at)),
        }
    });
    let lives = receipt.lives.iter().map(|lives| LivesShown {
        name: lives.token.clone().unwrap_or_else(|| {
            let device = lives.device.as_ref().map(DeviceId::as_str).unwrap_or_default();
            names.iter().find(|(id, _)| id == device).map_or("-".to_owned(), |(_, name)| name.clone())
        }),
        is_token: lives.token.is_some(),
        until: moment(call.locale(), lives.until),
    });
    let page = DeskLoss {
        steps: steps.collect(),
        managed: managed.iter().map(|shown| ManagedShown::of(call.locale(), shown)).collect(),
        agents: programs.iter().map(|shown| AgentShown::of(call.locale(), shown)).collect(),
        lives: lives.collect(),
        id: one.member.id.to_string(),
        name,
        login,
        case: case_shown(call.locale(), &receipt.case, &names, one.password_set_at),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// What devices, programs and contacts are called, contacts masked.
fn names(call: &Call, one: &One, programs: &[agents::Shown], managed: &[management::Shown]) -> Vec<(String, String)> {
    let contacts = one.contacts.iter().map(|(contact, masked)| (contact.id.to_string(), masked.clone()));
    let programs = programs.iter().map(agents::Shown::name).chain(managed.iter().map(management::Shown::name));
    names_of(call.locale(), &one.devices).into_iter().chain(contacts).chain(programs).collect()
}

/// The list as a file.
pub async fn post_receipt(call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let (format, ending, kind) = match call.form.text("as") {
        "csv" => (Format::Csv, "csv", "text/csv; charset=utf-8"),
        "json" => (Format::Json, "json", "application/json"),
        _ => return Err(Failure::BadRequest),
    };
    let programs = agents::of_member(&call.app, &seat, &one.member.id).await?;
    let names = names(&call, &one, &programs, &management::of_member(&call.app, &seat, &one.member.id).await?);
    let file = loss_receipt::file(&call.app, &seat, &one.member.id, &names, format).await?;
    let file = file.map_err(|_| Failure::NotFound)?;
    let day = call.visitor.now.to_jiff().strftime("%Y%m%d");
    let name = format!("aikagi-{}-{}-{day}.{ending}", signed.slug, one.member.id);
    log::attachment(&name, kind, Body::from(file))
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
        return report_page(call, &signed, &one, None, form, troubles);
    };
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match incidents::report_for(&call.app, &seat, &one.member.id, &report).await? {
        Ok(()) => Said::LossReported,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, &one))
}

/// Takes a step of the case.
pub async fn post_step(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let step = LossStep::parse(call.param("step").unwrap_or_default()).ok_or(Failure::NotFound)?;
    let seen = match call.form.text("seen") {
        "" => None,
        at => Some(Timestamp(at.parse().map_err(|_| Failure::BadRequest)?)),
    };
    let seat = super::seat(&call, &signed, loss_steps::right(step))?;
    let said = match loss_steps::take(&call.app, &seat, &id, step, seen).await? {
        Ok(()) => match step {
            LossStep::Hold => Said::MemberHeld,
            LossStep::Suspend => Said::MemberSuspended,
            LossStep::SignOut => Said::MemberSignedOut,
            LossStep::Void => Said::LossVoided,
            LossStep::Password => Said::ChangeForced,
            LossStep::Tell => Said::LossTold,
        },
        Err(Refused::NotFound) => return Err(Failure::NotFound),
        Err(why) => demand::said(why),
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}/lost", signed.slug))
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
    // From one of the lists, or from the case.
    let place = match call.form.text("from") {
        "agents" => "agents",
        "managed" => "managed",
        _ => "lost",
    };
    call.go(&format!("/w/{}/admin/members/{id}/{place}", signed.slug))
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

pub(super) fn form(call: &Call, one: &One, typed: &Form) -> LossForm {
    let contacts = one.contacts.iter().filter(|(contact, _)| contact.lost_in.is_none());
    let contacts = contacts.map(|(contact, masked)| (&contact.id, contact.kind, masked.clone()));
    form_of(call.locale(), typed, (&one.devices, None), contacts)
}

/// The page with the form: at the member's, or at the call of whoever asks for it.
pub(super) fn report_page(
    mut call: Call,
    signed: &Signed,
    one: &One,
    of_call: Option<String>,
    form: LossForm,
    troubles: Troubles,
) -> Answer {
    let (name, login) = member::heading(signed, one);
    let is_wrong = troubles.any();
    let page = DeskLost {
        id: one.member.id.to_string(),
        call: of_call,
        name,
        login,
        form,
        troubles,
        page: call.frame_at_desk(signed),
    };
    if is_wrong { call.mend(&page) } else { call.page(&page) }
}
