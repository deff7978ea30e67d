//! How safe the owners are from locking themselves out: a second owner, and the code in an envelope.

use super::seat;
use crate::flows::desk::owner_steps;
use crate::flows::owners;
use crate::flows::session::Signed;
use crate::model::Action;
use crate::web::call::{Answer, Call};
use crate::web::view::desk::{OwnersPage, SealedPage};
use crate::web::view::{Said, moment};
use crate::wording::read_out;

/// How it stands.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let locale = call.locale();
    // Whoever only looks needs no fresh password: the seat is taken for the page, and asks for it when the button is pressed.
    let safety = owners::safety(&call.app, &signed).await?;
    let made = safety.code.as_ref().map(|code| moment(locale, code.made_at));
    let used = safety.code.as_ref().and_then(|code| code.used_at).map(|at| moment(locale, at));
    let good = safety.code.as_ref().is_some_and(|code| code.hash.is_some());
    let waiting = owner_steps::waiting(&call.app, &signed, call.visitor.now).await?;
    let steps = super::owner_steps::rows(locale, waiting, call.visitor.now);
    let second_owner = safety.second_owner;
    let page = OwnersPage { page: call.frame_at_desk(&signed), second_owner, made, used, good, steps };
    call.page(&page)
}

/// A new code, shown once.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let sealed = {
        let seat = seat(&call, &signed, Action::SealCode)?;
        owners::seal(&call.app, &seat).await?
    };
    let secret = match sealed {
        Ok(secret) => secret,
        Err(refusal) => {
            call.say_next(super::refused(refusal).unwrap_or(Said::NothingToDo));
            return call.go(&format!("/w/{}/admin/owners", signed.slug));
        }
    };
    let locale = call.locale();
    let groups = secret.groups().map(str::to_owned).zip(read_out(locale, &secret)).collect();
    let path = call.app.config.link(&format!("/w/{}/break-glass", signed.slug));
    let page = SealedPage { page: call.frame_at_desk(&signed), groups, path, at: moment(locale, call.visitor.now) };
    call.page(&page)
}
