//! The queue of those who cannot get in, and one request: taken, answered, closed.

use super::seat;
use crate::flows::desk::Refusal;
use crate::flows::desk::proof;
use crate::flows::desk::queue::{self, Step, Waiting};
use crate::flows::session::Signed;
use crate::model::id::RequestId;
use crate::model::{Action, RequestState, asked};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::slips;
use crate::web::view::desk_queue::{QueuePage, RequestPage, RequestRow};
use crate::web::view::{Said, Trouble, Troubles, lasting, moment};

fn row(call: &Call, waiting: &Waiting) -> RequestRow {
    let until = waiting.closed_at.unwrap_or(call.visitor.now);
    let seconds = waiting.created_at.until(until).as_seconds().max(0);
    // By the minute, then by the hour: nobody compares seconds here.
    let seconds = if seconds >= 3_600 { seconds / 3_600 * 3_600 } else { (seconds / 60 * 60).max(60) };
    RequestRow {
        id: waiting.id.to_string(),
        name: waiting.asked.name.clone(),
        login: waiting.asked.login.clone(),
        cause: waiting.cause,
        age: lasting(call.locale(), seconds),
        proved: waiting.proved,
        other: waiting.taken_by.as_ref().filter(|(_, own)| !own).map(|(name, _)| name.clone()),
        own: waiting.state == RequestState::Taken && waiting.taken_by.as_ref().is_some_and(|(_, own)| *own),
    }
}

/// The queue.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let seat = seat(&call, &signed, Action::AnswerLockedOut)?;
    let (open, done) = queue::list(&call.app, &seat).await?;
    let may_agree = signed.member.role.may(Action::AgreeToCalls);
    let to_agree = if may_agree { proof::to_agree(&call.app, &seat).await?.len() } else { 0 };
    let page = QueuePage {
        open: open.iter().map(|waiting| row(&call, waiting)).collect(),
        done: done.iter().map(|waiting| row(&call, waiting)).collect(),
        to_agree,
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

fn id(call: &Call) -> RequestId {
    RequestId(call.param("request").unwrap_or_default().to_owned())
}

/// One request.
pub async fn get_one(call: Call, signed: Signed) -> Answer {
    page(call, signed, Troubles::none()).await
}

async fn page(mut call: Call, signed: Signed, troubles: Troubles) -> Answer {
    let found = {
        let seat = seat(&call, &signed, Action::AnswerLockedOut)?;
        queue::one(&call.app, &seat, &id(&call)).await?.ok_or(Failure::NotFound)?
    };
    let page = RequestPage {
        row: row(&call, &found),
        at: moment(call.locale(), found.created_at),
        page: call.frame_at_desk(&signed),
        reference: found.reference,
        reach: found.asked.reach,
        more: found.asked.more,
        network: found.network,
        can_take: found.can_take,
        is_over: matches!(found.state, RequestState::Answered | RequestState::Closed),
        answer: found.answer,
        typed: call.form.text("answer").to_owned(),
        call: found.call.map(|id| id.to_string()),
        member: found.member.map(|id| id.to_string()),
        troubles,
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

async fn step(mut call: Call, signed: Signed, step: Step<'_>) -> Answer {
    let id = id(&call);
    let seat = seat(&call, &signed, Action::AnswerLockedOut)?;
    match queue::step(&call.app, &seat, &id, step).await? {
        Ok(()) => {}
        Err(Refusal::NotFound) => return Err(Failure::NotFound),
        Err(refusal) => call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo)),
    }
    call.go(&format!("/w/{}/admin/queue/{id}", signed.slug))
}

/// Works on it from now on.
pub async fn post_take(call: Call, signed: Signed) -> Answer {
    step(call, signed, Step::Take).await
}

/// Answers it.
pub async fn post_answer(call: Call, signed: Signed) -> Answer {
    let typed = asked::text(call.form.text("answer"), asked::TEXT);
    match typed {
        Ok(text) => step(call, signed, Step::Answer(&text)).await,
        Err(trouble) => {
            let text = slips::asked(call.locale(), trouble, "request-answer");
            page(call, signed, Troubles::from(vec![Trouble { field: "answer", text }])).await
        }
    }
}

/// Ends it.
pub async fn post_close(call: Call, signed: Signed) -> Answer {
    step(call, signed, Step::Close).await
}
