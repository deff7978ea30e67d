//! A caller's case: opened by the ID that the caller names, and shown with the ways to prove who they are.

use super::seat;
use crate::flows::desk::Refusal;
use crate::flows::desk::call::{self as flow, Open, Stage, Step};
use crate::flows::session::Signed;
use crate::model::id::{CallId, RequestId};
use crate::model::{Action, ContactKind};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk_queue::{CallNew, CallPage, CallStage};
use crate::web::view::{Said, Slip, Trouble, Troubles, moment};
use crate::wording;

/// Where the ID is typed.
#[expect(clippy::unused_async, reason = "every handler of the desk is awaited")]
pub async fn get_new(call: Call, signed: Signed) -> Answer {
    new_page(call, &signed, Troubles::none())
}

fn new_page(mut call: Call, signed: &Signed, troubles: Troubles) -> Answer {
    let page = CallNew {
        page: call.frame_at_desk(signed),
        login: call.form.text("login").to_owned(),
        request: call.form.text("request").to_owned(),
        troubles,
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// Opens the call.
pub async fn post_new(mut call: Call, signed: Signed) -> Answer {
    let request = Some(RequestId(call.form.text("request").to_owned())).filter(|id| !id.as_str().is_empty());
    let opened = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        flow::open(&call.app, &seat, call.form.text("login"), request.as_ref()).await?
    };
    match opened {
        Open::Done(id) => call.go(&path(&signed, &id)),
        Open::Typed(trouble) => {
            let troubles = Troubles::one(call.locale(), "login", Slip::from(trouble));
            new_page(call, &signed, troubles)
        }
        Open::Wait => {
            let text = wording::text(call.locale(), "call-wait", &[]);
            new_page(call, &signed, Troubles::from(vec![Trouble { field: "login", text }]))
        }
        Open::Refused(refusal) => {
            call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo));
            call.go(&format!("/w/{}/admin/calls/new", signed.slug))
        }
    }
}

fn path(signed: &Signed, id: &CallId) -> String {
    format!("/w/{}/admin/calls/{id}", signed.slug)
}

/// The call that the path names.
pub fn id(call: &Call) -> CallId {
    CallId(call.param("call").unwrap_or_default().to_owned())
}

/// The call.
pub async fn get(call: Call, signed: Signed) -> Answer {
    page(call, &signed, Troubles::none()).await
}

/// The answer to a form may stay on the screen under its address; who comes back to it belongs to the call.
#[expect(clippy::unused_async, reason = "every handler of the desk is awaited")]
pub async fn back(call: Call, signed: Signed) -> Answer {
    let path = path(&signed, &id(&call));
    call.go(&path)
}

/// The call with what to mend.
pub async fn page(mut call: Call, signed: &Signed, troubles: Troubles) -> Answer {
    let shown = {
        let seat = seat(&call, signed, Action::TakeCalls)?;
        flow::show(&call.app, &seat, &id(&call)).await?.ok_or(Failure::NotFound)?
    };
    let (locale, now) = (call.locale(), call.visitor.now);
    let until = match &shown.stage {
        Stage::Proved(_, until) => *until,
        Stage::Open | Stage::Ended => shown.expires_at,
    };
    let page = CallPage {
        id: shown.id.to_string(),
        login: shown.typed,
        request: shown.request.map(|id| id.to_string()),
        stage: match shown.stage {
            Stage::Open => CallStage::Open,
            Stage::Proved(member, _) => CallStage::Proved(member.to_string()),
            Stage::Ended => CallStage::Ended,
        },
        until: moment(locale, until),
        sent_by: shown.sent_by,
        can_send: shown.sends_left > 0,
        resend_in: now.until(shown.resend_from).as_seconds(),
        can_type: shown.code_tries.is_some(),
        prompted: shown.prompted,
        can_number: shown.number_tries.is_some(),
        second_asked: shown.second_asked,
        page: call.frame_at_desk(signed),
        troubles,
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// On to the call, with what is to be said above.
pub fn then(mut call: Call, signed: &Signed, refusal: Option<Refusal>) -> Answer {
    let path = path(signed, &id(&call));
    match refusal {
        None => {}
        Some(Refusal::NotFound) => return Err(Failure::NotFound),
        Some(refusal) => call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo)),
    }
    call.go(&path)
}

/// Sends letters.
pub async fn post_send(call: Call, signed: Signed) -> Answer {
    let kind = ContactKind::parse(call.form.text("by")).ok_or(Failure::BadRequest)?;
    let done = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        flow::send(&call.app, &seat, &id(&call), kind).await?
    };
    then(call, &signed, done.err())
}

async fn step(call: Call, signed: Signed, step: Step) -> Answer {
    let done = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        flow::step(&call.app, &seat, &id(&call), step).await?
    };
    then(call, &signed, done.err())
}

/// Asks on the member's own page.
pub async fn post_prompt(call: Call, signed: Signed) -> Answer {
    step(call, signed, Step::Prompt).await
}

/// Asks a second administrator.
pub async fn post_second(call: Call, signed: Signed) -> Answer {
    step(call, signed, Step::AskSecond).await
}

/// Ends it.
pub async fn post_end(call: Call, signed: Signed) -> Answer {
    step(call, signed, Step::End).await
}
