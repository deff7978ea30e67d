//! The declaration of a workspace's only administrator: somebody was identified in person.

use super::{member, seat};
use crate::flows::desk::Refusal;
use crate::flows::desk::warrant::{self, WORDS};
use crate::flows::session::Signed;
use crate::model::Action;
use crate::model::id::MemberId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::DeclarePage;
use crate::web::view::{Said, Trouble, Troubles, moment};
use crate::wording;

/// What it means, and the form.
pub async fn get(call: Call, signed: Signed) -> Answer {
    page(call, &signed, Troubles::none()).await
}

async fn page(mut call: Call, signed: &Signed, troubles: Troubles) -> Answer {
    let one = member::find(&call, signed).await?;
    let (others, warrant) = {
        let seat = seat(&call, signed, Action::SeeMembers)?;
        let alone = warrant::is_alone(&call.app, &seat).await?;
        (!alone, warrant::find(&call.app, &seat, &one.member.id).await?)
    };
    let (name, login) = member::heading(signed, &one);
    let page = DeclarePage {
        id: one.member.id.to_string(),
        name,
        login,
        others,
        from: warrant.map(|warrant| moment(call.locale(), warrant.good_from)),
        told: one.contacts.iter().filter(|(contact, _)| contact.is_told()).count(),
        value: call.form.text("words").to_owned(),
        troubles,
        page: call.frame_at_desk(signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// Declares it.
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let words = call.form.text("words").trim().to_owned();
    let locale = call.locale();
    let text = if words.is_empty() {
        Some(wording::text(locale, "line-empty", &[]))
    } else if words.contains(char::is_control) {
        Some(wording::text(locale, "line-control", &[]))
    } else if words.chars().count() > WORDS {
        Some(wording::text(locale, "declare-words-long", &[]))
    } else {
        None
    };
    if let Some(text) = text {
        return page(call, &signed, Troubles::from(vec![Trouble { field: "words", text }])).await;
    }
    let done = {
        let seat = seat(&call, &signed, Action::Declare)?;
        warrant::declare(&call.app, &seat, &id, &words).await?
    };
    call.say_next(match done {
        Ok(_) => Said::Declared,
        Err(Refusal::NotFound) => return Err(Failure::NotFound),
        Err(refusal) => super::refused(refusal).unwrap_or(Said::NothingToDo),
    });
    call.go(&format!("/w/{}/admin/members/{id}/declare", signed.slug))
}
