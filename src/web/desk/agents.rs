//! A member's devices that have the workplace's program: which, a code for one more, taking one away, and telling one to give up the workplace's data.

use super::member;
use crate::flows::agents;
use crate::flows::desk::roster::One;
use crate::flows::session::Signed;
use crate::model::id::{AgentId, MemberId};
use crate::model::{Action, WipeWhat};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::agents::command;
use crate::web::view::agents::{AgentShown, DeskAgentCode, DeskAgentWipe, DeskAgents};
use crate::web::view::{Said, moment};

fn path(signed: &Signed, id: &MemberId) -> String {
    format!("/w/{}/admin/members/{id}/agents", signed.slug)
}

fn ids(call: &Call) -> (MemberId, AgentId) {
    let param = |name| call.param(name).unwrap_or_default().to_owned();
    (MemberId(param("id")), AgentId(param("agent")))
}

async fn list(call: &Call, signed: &Signed, one: &One) -> Result<Vec<AgentShown>, Failure> {
    let seat = super::seat(call, signed, Action::SeeMembers)?;
    let list = agents::of_member(&call.app, &seat, &one.member.id).await?;
    Ok(list.iter().map(|shown| AgentShown::of(call.locale(), shown)).collect())
}

/// The page.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let list = list(&call, &signed, &one).await?;
    let (name, login) = member::heading(&signed, &one);
    let page = DeskAgents {
        id: one.member.id.to_string(),
        name,
        login,
        list,
        keeps: one.below,
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// A code, shown once.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let made = {
        let seat = super::seat(&call, &signed, Action::KeepAgents)?;
        agents::make_for(&call.app, &seat, &one.member.id).await?
    };
    let code = match made {
        Ok(code) => code,
        Err(refusal) => {
            call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
            return call.go(&path(&signed, &one.member.id));
        }
    };
    let page = DeskAgentCode {
        id: one.member.id.to_string(),
        name: one.member.name.clone(),
        command: command(&call.app, &code),
        code: code.text.expose().to_owned(),
        until: moment(call.locale(), code.expires_at),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// Takes one away.
pub async fn post_remove(mut call: Call, signed: Signed) -> Answer {
    let (id, agent) = ids(&call);
    let seat = super::seat(&call, &signed, Action::KeepAgents)?;
    let said = match agents::end_for(&call.app, &seat, &id, &agent).await? {
        Ok(()) => Said::AgentEnded,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&path(&signed, &id))
}

/// Before a device is told.
pub async fn get_wipe(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let (_, agent) = ids(&call);
    let list = list(&call, &signed, &one).await?;
    let device = list.into_iter().find(|shown| shown.id == agent.0).ok_or(Failure::NotFound)?;
    let (name, login) = member::heading(&signed, &one);
    let page = DeskAgentWipe { id: one.member.id.to_string(), name, login, device, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Tells it.
pub async fn post_wipe(mut call: Call, signed: Signed) -> Answer {
    let (id, agent) = ids(&call);
    let Some(what) = WipeWhat::parse(call.form.text("what")) else { return get_wipe(call, signed).await };
    let seat = super::seat(&call, &signed, Action::AnswerLosses)?;
    let said = match agents::ask(&call.app, &seat, &id, &agent, what).await? {
        Ok(()) => Said::AgentWipeAsked,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    // From the case, or from the list of programs.
    match call.form.text("from") {
        "lost" => call.go(&format!("/w/{}/admin/members/{id}/lost", signed.slug)),
        _ => call.go(&path(&signed, &id)),
    }
}
