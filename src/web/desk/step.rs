//! The steps about where an account stands. Each that takes something away has a page before its button that says what will happen.

use super::member;
use crate::flows::desk::roster::One;
use crate::flows::desk::standing;
use crate::flows::session::Signed;
use crate::flows::standing::Step;
use crate::model::id::{DeviceId, MemberId};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::Said;
use crate::web::view::desk::{Before, Way};

pub async fn before(call: Call, signed: Signed, way: Way) -> Answer {
    let one = member::find(&call, &signed).await?;
    before_one(call, &signed, &one, way, None)
}

/// The page before a button about this member; in a call, where that is the ground.
pub fn before_one(mut call: Call, signed: &Signed, one: &One, way: Way, in_call: Option<String>) -> Answer {
    let (name, login) = member::heading(signed, one);
    let page = Before {
        id: one.member.id.to_string(),
        call: in_call,
        sessions: one.open_sessions(),
        told: one.contacts.iter().filter(|(contact, _)| contact.is_told()).count(),
        name,
        login,
        way,
        page: call.frame_at_desk(signed),
    };
    call.page(&page)
}

async fn take(mut call: Call, signed: Signed, step: Step, done: Said) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, standing::right(step))?;
    let said = match standing::take(&call.app, &seat, step, &id).await? {
        Ok(()) => done,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}

/// Before suspending.
pub async fn get_suspend(call: Call, signed: Signed) -> Answer {
    before(call, signed, Way::Suspend).await
}
/// Suspends.
pub async fn post_suspend(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::Suspend, Said::MemberSuspended).await
}
/// Lets in again.
pub async fn post_resume(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::Resume, Said::MemberResumed).await
}
/// Before holding.
pub async fn get_hold(call: Call, signed: Signed) -> Answer {
    before(call, signed, Way::Hold).await
}
/// Holds.
pub async fn post_hold(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::Hold, Said::MemberHeld).await
}
/// Before releasing.
pub async fn get_release(call: Call, signed: Signed) -> Answer {
    before(call, signed, Way::Release).await
}
/// Releases.
pub async fn post_release(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::Release, Said::MemberReleased).await
}
/// Before signing out everywhere.
pub async fn get_sign_out(call: Call, signed: Signed) -> Answer {
    before(call, signed, Way::SignOut).await
}
/// Signs out everywhere.
pub async fn post_sign_out(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::SignOut, Said::MemberSignedOut).await
}
/// Before deleting.
pub async fn get_delete(call: Call, signed: Signed) -> Answer {
    before(call, signed, Way::Delete).await
}
/// Deletes.
pub async fn post_delete(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::Delete, Said::MemberDeleted).await
}
/// Brings back.
pub async fn post_bring_back(call: Call, signed: Signed) -> Answer {
    take(call, signed, Step::BringBack, Said::MemberBroughtBack).await
}

/// Signs one device out.
pub async fn post_sign_out_device(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let device = DeviceId(call.param("device").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, crate::model::Action::SignOut)?;
    let said = match standing::sign_out_device(&call.app, &seat, &id, &device).await? {
        Ok(()) => Said::SessionEnded,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    call.go(&format!("/w/{}/admin/members/{id}", signed.slug))
}
