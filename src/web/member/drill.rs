//! 「入り直しの練習」: a member tries out getting back in, with a contact of their own, to the end.

use super::{own, trail};
use crate::flows::Wait;
use crate::flows::drill::{self, Check, Send};
use crate::flows::session::Signed;
use crate::model::{CodeTyped, id::ContactId};
use crate::web::call::{Answer, Call};
use crate::web::view::{CodeState, DrillChoose, DrillCode, DrillDone, Frame, Said, Slip, TooMany, Troubles, moment};

fn path(signed: &Signed, rest: &str) -> String {
    format!("/w/{}/me/drill{rest}", signed.slug)
}

/// Which contact.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (now, locale) = (call.visitor.now, call.locale());
    let (choices, done_at) = drill::choices(&call.app, &signed, now).await?;
    let page = DrillChoose {
        to: choices.iter().map(|contact| own::shown(locale, contact, now)).collect(),
        last: done_at.map(|at| moment(locale, at)),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}

/// Sends a code there.
pub async fn post(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let contact = ContactId(call.form.text("contact").to_owned());
    match drill::start(&call.app, &signed, &contact, &call.visitor).await? {
        Send::Sent => call.go(&path(&signed, "/code")),
        Send::Wait(wait) => too_many(call, &signed, wait),
        Send::Ended => ended(call, &signed),
    }
}

fn too_many(mut call: Call, signed: &Signed, wait: Wait) -> Answer {
    let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
    let page = call.frame_for(signed);
    call.wait_page(seconds, &TooMany { page, wait: seconds, other: None, contact_text: None })
}

fn ended(mut call: Call, signed: &Signed) -> Answer {
    call.say_next(Said::DrillEnded);
    call.go(&path(signed, ""))
}

/// The code.
pub async fn get_code(call: Call) -> Answer {
    code_page(call, None).await
}

async fn code_page(call: Call, slip: Option<Slip>) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let now = call.visitor.now;
    let Some(shown) = drill::show(&call.app, &signed, now).await? else { return ended(call, &signed) };
    if shown.passed {
        return call.go(&path(&signed, "/done"));
    }
    let seconds_left = now.until(shown.code_until).as_seconds();
    let followed = drill::followed(&signed, &shown.contact.id);
    let trail = trail::shown(&call, Some(&followed), path(&signed, "/code/state")).await?;
    let frame = call.frame_for(&signed);
    let page = DrillCode {
        channel: own::channel(shown.contact.kind),
        shown: shown.contact.shown,
        mark: shown.mark,
        state: match (shown.tries_left, seconds_left) {
            (_, 0) => CodeState::Expired,
            (0, _) => CodeState::Dead,
            _ => CodeState::Open,
        },
        seconds_left,
        resend_in: now.until(shown.resend_from).as_seconds(),
        sender: call.app.config.sms_sender.clone(),
        trail,
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "code", slip)),
        page: Frame { here: path(&signed, "/code"), ..frame },
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// How far the code has come, as it goes on.
pub async fn get_state(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let shown = drill::show(&call.app, &signed, call.visitor.now).await?.filter(|shown| !shown.passed);
    let followed = shown.map(|shown| drill::followed(&signed, &shown.contact.id));
    trail::stream(&call, followed).await
}

/// Types the code.
pub async fn post_code(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let typed = match CodeTyped::parse(call.form.text("code"), call.app.config.sms_sender.as_deref()) {
        Ok(typed) => typed,
        Err(trouble) => return code_page(call, Some(Slip::from(trouble))).await,
    };
    match drill::check(&call.app, &signed, &typed, &call.visitor).await? {
        Check::Right => call.go(&path(&signed, "/done")),
        Check::Wrong { tries_left: 0 } => code_page(call, Some(Slip::CodeOver)).await,
        Check::Wrong { tries_left } => code_page(call, Some(Slip::CodeWrong(tries_left))).await,
        Check::Dead => code_page(call, Some(Slip::CodeExpired)).await,
        Check::Ended => ended(call, &signed),
    }
}

/// Whoever comes back to this address belongs to the code.
pub async fn get_resend(call: Call) -> Answer {
    match own::enter_current(call).await {
        Ok((call, signed)) => call.go(&path(&signed, "/code")),
        Err(answer) => answer,
    }
}

/// Sends another.
pub async fn post_resend(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let now = call.visitor.now;
    match drill::resend(&call.app, &signed, &call.visitor).await? {
        Send::Sent => {
            call.say_next(Said::CodeSentAgain);
            call.go(&path(&signed, "/code"))
        }
        Send::Wait(wait) => {
            let shown = drill::show(&call.app, &signed, now).await?;
            if shown.is_some_and(|shown| shown.resend_from == wait.until) {
                call.say(&Slip::ResendSoon(now.until(wait.until).as_seconds()));
                return code_page(call, None).await;
            }
            too_many(call, &signed, wait)
        }
        Send::Ended => ended(call, &signed),
    }
}

/// The end.
pub async fn get_done(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let passed = drill::show(&call.app, &signed, call.visitor.now).await?.is_some_and(|shown| shown.passed);
    if !passed {
        return call.go(&path(&signed, ""));
    }
    let page = DrillDone { page: call.frame_for(&signed) };
    call.page(&page)
}
