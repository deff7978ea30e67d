//! One's first page, the password once more, and the look around after a recovery.

use super::{devices, own};
use crate::flows::desk::proof;
use crate::flows::session::{self, Current, Signed};
use crate::flows::{contacts, history};
use crate::model::{ContactState, Timestamp, days, id::CallId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{ChangeShown, Checkup, Frame, Home, Reauth, Reminder, Said, Slip, Troubles, moment};
use crate::wording;

/// The first page: what asks for attention, and the ways on.
pub async fn get(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let all = contacts::list(&call.app, &signed).await?;
    let verified = all.iter().filter(|contact| contact.state == ContactState::Verified).count();
    let asked = proof::asked(&call.app, &signed, call.visitor.now).await?;
    let asked_at = contacts::asked_at(&call.app, &signed).await?;
    let reminder = reminder(&call, &signed, &all, asked_at);
    let page = Home {
        asked: asked_at.is_some() && matches!(reminder, Some(Reminder::AddContact { .. } | Reminder::Reconfirm { .. })),
        call: asked.map(|asked| (asked.call.to_string(), asked.number)),
        reminder,
        contacts: verified,
        password_at: signed.password_set_at.map(|at| moment(call.locale(), at)),
        sessions: session::list(&call.app, &signed, call.visitor.now).await?.len(),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}

fn reminder(call: &Call, signed: &Signed, all: &[contacts::Own], asked_at: Option<Timestamp>) -> Option<Reminder> {
    let now = call.visitor.now;
    if signed.member.checkup_since.is_some() {
        return Some(Reminder::Checkup);
    }
    let mut verified = all.iter().filter(|contact| contact.state == ContactState::Verified).peekable();
    if verified.peek().is_none() {
        let last_day = signed.policy.contacts.required_after_days.map(|n| signed.member.created_at + days(n.into()));
        let can_wait = last_day.is_none_or(|day| now < day);
        // Not for who was asked by an administrator since.
        let is_put_off = |(at, until)| now < until && asked_at.is_none_or(|asked| asked < at);
        let put_off = can_wait && contacts::put_off(&signed.member).is_some_and(is_put_off);
        let until = last_day.filter(|_| can_wait).map(|day| moment(call.locale(), day));
        return (!put_off).then_some(Reminder::AddContact { can_wait, until });
    }
    let old = verified.find(|contact| signed.policy.contacts.is_stale(contact.confirmed_at, now))?;
    Some(Reminder::Reconfirm { id: old.id.to_string(), shown: old.shown.clone() })
}

/// Puts the reminder off.
pub async fn post_later(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    contacts::later(&call.app, &signed, &call.visitor).await?;
    call.go(&format!("/w/{}/me", signed.slug))
}

/// Whether the member speaks with the help desk now.
pub async fn post_call(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let id = CallId(call.form.text("call").to_owned());
    let speaks = match call.form.text("speaks") {
        "yes" => true,
        "no" => false,
        _ => return Err(Failure::BadRequest),
    };
    let answered = proof::answer(&call.app, &signed, &id, speaks, &call.visitor).await?;
    call.say_next(match (answered, speaks) {
        (false, _) => Said::NothingToDo,
        (true, true) => Said::CallConfirmed,
        (true, false) => Said::CallDenied,
    });
    call.go(&format!("/w/{}/me", signed.slug))
}

/// The look around after a recovery.
pub async fn get_checkup(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let (now, locale) = (call.visitor.now, call.locale());
    let changes = history::recent(&call.app, &signed).await?;
    let page = Checkup {
        contacts: contacts::list(&call.app, &signed)
            .await?
            .iter()
            .map(|contact| own::shown(locale, contact, now))
            .collect(),
        devices: devices::list(&call, &signed).await?.into_iter().filter(|device| device.is_in).collect(),
        changes: changes
            .into_iter()
            .map(|(at, deed)| ChangeShown { at: moment(locale, at), text: wording::text(locale, deed.key(), &[]) })
            .collect(),
        page: call.frame_for(&signed),
    };
    call.page(&page)
}

/// All is well.
pub async fn post_checkup(call: Call) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    contacts::checked_up(&call.app, &signed, &call.visitor).await?;
    call.say_next(Said::CheckupDone);
    call.go(&format!("/w/{}/me", signed.slug))
}

/// The password once more, before delicate pages.
pub async fn get_confirm(call: Call) -> Answer {
    let next = call.query("next").to_owned();
    confirm_page(call, next, None).await
}

async fn confirm_page(call: Call, next: String, slip: Option<Slip>) -> Answer {
    let (mut call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let next = own::next_of(&signed, &next);
    // In another language the way on stays the same.
    let here = format!("/w/{}/me/confirm?next={next}", signed.slug);
    let page = Reauth {
        next,
        login: format!("{}@{}", signed.member.login, signed.slug),
        troubles: slip.clone().map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "password", slip)),
        page: Frame { here, ..call.frame_for(&signed) },
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// Proves the password and goes on.
pub async fn post_confirm(call: Call) -> Answer {
    let (call, signed) = match own::enter_current(call).await {
        Ok(entered) => entered,
        Err(answer) => return answer,
    };
    let next = own::next_of(&signed, call.form.text("next"));
    let typed = call.form.secret("password");
    let slip = match session::prove_again(&call.app, &signed, &typed, &call.visitor).await? {
        Current::Right => return call.go(&next),
        Current::Wrong if typed.is_empty() => Slip::PasswordEmpty,
        Current::Wrong => Slip::PasswordWrong,
        Current::Wait => Slip::TriesSpent,
    };
    confirm_page(call, next, Some(slip)).await
}
