//! What one owner asks for about another, and the word that others say to it.

use super::{member, refused, seat};
use crate::flows::desk::Refusal;
use crate::flows::desk::owner_steps::{self as flow, Shown, Word};
use crate::flows::session::Signed;
use crate::model::id::{MemberId, OwnerStepId};
use crate::model::{Action, Locale, OwnerStep};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{OwnerStepPage, OwnerStepRow, step_key};
use crate::web::view::{Said, moment};

/// What can be asked for.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = member::find(&call, &signed).await?;
    let (name, login) = member::heading(&signed, &one);
    let steps = if one.member.role == signed.member.role && one.member.id != signed.member.id {
        flow::open_to(&one.member).into_iter().map(|step| (step, step_key(step))).collect()
    } else {
        Vec::new()
    };
    let page = OwnerStepPage { id: one.member.id.to_string(), name, login, steps, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// Asks for it.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let step = OwnerStep::parse(call.form.text("step")).ok_or(Failure::BadRequest)?;
    let asked = {
        let seat = seat(&call, &signed, Action::ActOnOwners)?;
        flow::ask(&call.app, &seat, &id, step).await?
    };
    let said = match asked {
        Ok(()) => Said::OwnerStepAsked,
        Err(refusal) => refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/owners", signed.slug))
}

/// The rows of the owners' page.
pub fn rows(locale: Locale, waiting: Vec<Shown>, now: crate::model::Timestamp) -> Vec<OwnerStepRow> {
    let row = |shown: Shown| OwnerStepRow {
        id: shown.wanted.id.to_string(),
        step: shown.wanted.step,
        from: shown.wanted.good_from.filter(|from| *from > now).map(|from| moment(locale, from)),
        ripe: shown.own && shown.wanted.good_from.is_some_and(|from| from <= now),
        may_agree: !shown.own && !shown.about_own,
        own: shown.own,
        by: shown.by,
        whom: shown.whom,
        login: shown.login,
        until: moment(locale, shown.wanted.expires_at),
    };
    waiting.into_iter().map(row).collect()
}

async fn say(mut call: Call, signed: Signed, word: Word) -> Answer {
    let id = OwnerStepId(call.param("step").unwrap_or_default().to_owned());
    let done = {
        let seat = seat(&call, &signed, Action::ActOnOwners)?;
        flow::say(&call.app, &seat, &id, word).await?
    };
    let said = match done {
        Ok(()) if word == Word::Refuse => Said::OwnerStepRefused,
        Ok(()) => Said::OwnerStepDone,
        // It was there a moment ago: somebody said a word before.
        Err(Refusal::NotFound) => Said::NothingToDo,
        Err(refusal) => refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/owners", signed.slug))
}

/// A third owner agrees: it is done.
pub async fn post_agree(call: Call, signed: Signed) -> Answer {
    say(call, signed, Word::Agree).await
}

/// The time has passed: it is done.
pub async fn post_carry_out(call: Call, signed: Signed) -> Answer {
    say(call, signed, Word::CarryOut).await
}

/// It is not to be.
pub async fn post_refuse(call: Call, signed: Signed) -> Answer {
    say(call, signed, Word::Refuse).await
}
