//! 「自分ではない」: the word of an SMS or the link of an e-mail leads to one page with one button. Opening it changes
//! nothing, since mail scanners open links.

use crate::flows::Wait;
use crate::flows::alarm::{self, Behind, Proof};
use crate::model::{AlarmWord, Secret};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{NotMe, NotMeConfirm, NotMeDone, ProblemKind, Slip, TooMany, Troubles, moment};
use crate::wording::messages;

/// Where the word is typed.
pub async fn get_word(mut call: Call) -> Answer {
    let page = call.frame();
    call.page(&NotMe { page, word: String::new(), troubles: Troubles::none() })
}

/// The word; with the button pressed, the objection.
pub async fn post_word(call: Call) -> Answer {
    let typed = call.form.text("word").to_owned();
    if typed.trim().is_empty() {
        return ask_again(call, typed, Slip::WordEmpty);
    }
    let Some(word) = AlarmWord::parse(&typed) else { return ask_again(call, typed, Slip::WordUnknown) };
    match alarm::behind(&call.app, &Proof::Word(&word), &call.visitor).await? {
        Err(wait) => too_many(call, wait),
        Ok(None) => ask_again(call, typed, Slip::WordUnknown),
        Ok(Some(behind)) if call.form.text("sure") == "yes" => object(call, &behind).await,
        Ok(Some(behind)) => confirm(call, &behind, "/not-me".to_owned(), Some(typed)),
    }
}

fn ask_again(mut call: Call, word: String, slip: Slip) -> Answer {
    let troubles = Troubles::one(call.locale(), "word", slip);
    let page = call.frame();
    call.mend(&NotMe { page, word, troubles })
}

fn too_many(mut call: Call, wait: Wait) -> Answer {
    let seconds = call.visitor.now.until(wait.until).as_seconds().max(1);
    let page = call.frame();
    call.wait_page(seconds, &TooMany { page, wait: seconds, other: None, contact_text: None })
}

/// What the link's notice was about, and the button.
pub async fn get_link(call: Call) -> Answer {
    match behind_link(&call).await? {
        Some((token, behind)) => confirm(call, &behind, format!("/not-me/{}", token.expose()), None),
        None => call.problem(ProblemKind::LinkOver),
    }
}

/// The button.
pub async fn post_link(call: Call) -> Answer {
    match behind_link(&call).await? {
        Some((_, behind)) => object(call, &behind).await,
        None => call.problem(ProblemKind::LinkOver),
    }
}

async fn behind_link(call: &Call) -> Result<Option<(Secret, Behind)>, Failure> {
    let token = Secret::from(call.param("token").ok_or(Failure::NotFound)?);
    let behind = alarm::behind(&call.app, &Proof::Link(&token), &call.visitor).await?;
    Ok(behind.ok().flatten().map(|behind| (token, behind)))
}

fn confirm(mut call: Call, behind: &Behind, action: String, word: Option<String>) -> Answer {
    let locale = call.locale();
    let page = NotMeConfirm {
        page: call.frame(),
        action,
        word,
        workspace: behind.workspace_name.clone(),
        event: messages::event_text(locale, behind.event.as_str()),
        at: moment(locale, behind.at),
        freezes: behind.event.is_about_contacts(),
    };
    call.page(&page)
}

async fn object(mut call: Call, behind: &Behind) -> Answer {
    alarm::raise(&call.app, behind, &call.visitor).await?;
    let page = NotMeDone {
        page: call.frame(),
        already: behind.used,
        freezes: behind.event.is_about_contacts(),
        contact_text: behind.contact_text.clone(),
    };
    call.page(&page)
}
