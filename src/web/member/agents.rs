//! One's own devices that have the workplace's program: which, a code for one more, and taking one away.

use super::own;
use crate::app::App;
use crate::flows::agents::{self, Code};
use crate::flows::desk::Refusal;
use crate::model::id::AgentId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::agents::{AgentCodePage, AgentShown, Agents};
use crate::web::view::{Said, moment};

fn place(call: &Call) -> String {
    format!("/w/{}/me/devices/agents", call.param("slug").unwrap_or_default())
}

/// What is to be typed into the device, as one line.
pub fn command(app: &App, code: &Code) -> String {
    let server = app.config.public_url.trim_end_matches('/');
    format!("sudo aikagi-agent enrol --server {server} --code {}", code.text.expose())
}

/// The page.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let list = agents::own(&call.app, &signed).await?;
    let list = list.iter().map(|shown| AgentShown::of(call.locale(), shown)).collect();
    let page = Agents { list, page: call.frame_for(&signed) };
    call.page(&page)
}

/// A code, shown once.
pub async fn post(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    match agents::make_own(&call.app, &signed, &call.visitor).await? {
        Ok(code) => {
            let page = AgentCodePage {
                command: command(&call.app, &code),
                code: code.text.expose().to_owned(),
                until: moment(call.locale(), code.expires_at),
                page: call.frame_for(&signed),
            };
            call.page(&page)
        }
        Err(refusal) => {
            call.say_next(refused(refusal)?);
            call.go(&back)
        }
    }
}

/// Takes one away.
pub async fn post_remove(call: Call) -> Answer {
    let back = place(&call);
    let (mut call, signed) = match own::enter_fresh(call, &back).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = AgentId(call.param("id").unwrap_or_default().to_owned());
    let said = match agents::end_own(&call.app, &signed, &id, &call.visitor).await? {
        Ok(()) => Said::AgentEnded,
        Err(Refusal::State) => Said::AgentPending,
        Err(refusal) => refused(refusal)?,
    };
    call.say_next(said);
    call.go(&back)
}

fn refused(refusal: Refusal) -> Result<Said, Failure> {
    Ok(match refusal {
        Refusal::Soon => Said::TooSoon,
        Refusal::Ended => Said::SessionOver,
        Refusal::NotFound => return Err(Failure::NotFound),
        _ => Said::NothingToDo,
    })
}
