//! What proves that a caller is the member: the letters read out, the number read out, and a second administrator's agreement.

use super::{call as own_call, seat};
use crate::flows::desk::proof::{self, Check};
use crate::flows::session::Signed;
use crate::model::{Action, CallCode};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk_queue::{AgreePage, AgreeRow};
use crate::web::view::{Said, Trouble, Troubles, moment};
use crate::wording;

/// The letters.
pub async fn post_letters(call: Call, signed: Signed) -> Answer {
    let Some(typed) = CallCode::parse(call.form.text("letters")) else {
        let text = wording::text(call.locale(), "call-code-shape", &[]);
        return again(call, signed, "letters", text).await;
    };
    let check = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        proof::letters(&call.app, &seat, &own_call::id(&call), &typed).await?
    };
    answer(call, signed, check, ("letters", "call-code-wrong", "call-code-dead")).await
}

/// The number.
pub async fn post_number(call: Call, signed: Signed) -> Answer {
    let check = {
        let seat = seat(&call, &signed, Action::TakeCalls)?;
        let typed = crate::model::search::key(call.form.text("number"));
        proof::number(&call.app, &seat, &own_call::id(&call), &typed).await?
    };
    answer(call, signed, check, ("number", "call-number-wrong", "call-number-dead")).await
}

async fn answer(call: Call, signed: Signed, check: Check, says: (&'static str, &str, &str)) -> Answer {
    let (field, wrong, dead) = says;
    let text = match check {
        Check::Right => return own_call::then(call, &signed, None),
        Check::Refused(refusal) => return own_call::then(call, &signed, Some(refusal)),
        Check::Wrong(left) if left > 0 => wording::text(call.locale(), wrong, &[("left", &left.to_string())]),
        Check::Wrong(_) | Check::Dead => wording::text(call.locale(), dead, &[]),
    };
    again(call, signed, field, text).await
}

async fn again(call: Call, signed: Signed, field: &'static str, text: String) -> Answer {
    own_call::page(call, &signed, Troubles::from(vec![Trouble { field, text }])).await
}

/// Calls that wait for agreement.
pub async fn get_agree(mut call: Call, signed: Signed) -> Answer {
    let waiting = {
        // Looking needs no fresh password; agreeing does.
        let seat = seat(&call, &signed, Action::AnswerLockedOut)?;
        proof::to_agree(&call.app, &seat).await?
    };
    let locale = call.locale();
    let calls = waiting.into_iter().map(|waiting| AgreeRow {
        id: waiting.id.to_string(),
        opener: waiting.opener,
        login: waiting.typed,
        name: waiting.name,
        at: moment(locale, waiting.asked_at),
    });
    let page = AgreePage { calls: calls.collect(), page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Agrees.
pub async fn post_agree(mut call: Call, signed: Signed) -> Answer {
    let done = {
        let seat = seat(&call, &signed, Action::AgreeToCalls)?;
        proof::agree(&call.app, &seat, &own_call::id(&call)).await?
    };
    if let Err(refusal) = done {
        call.say_next(super::refused(refusal).ok_or(Failure::NotFound)?);
    } else {
        call.say_next(Said::CallAgreed);
    }
    call.go(&format!("/w/{}/admin/calls", signed.slug))
}
