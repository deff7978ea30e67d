//! 「自分ではない」: the word of an SMS or the link of an e-mail leads to one page with one button. Opening it changes
//! nothing, since mail scanners open links.

use super::recovery;
use crate::flows::Wait;
use crate::flows::alarm::{self, Behind, Proof};
use crate::flows::recovery::{Reach, start_release};
use crate::model::{AlarmWord, EmailAddress, Phone, Secret};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::{NotMe, NotMeConfirm, NotMeDone, NotMeRelease, ProblemKind, Slip, TooMany, Troubles, moment};
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
        Ok(Some(behind)) => {
            let from = Origin::Word(typed);
            if behind.used {
                return done(call, &behind, from);
            }
            if call.form.text("sure") == "yes" {
                object(call, behind, from).await
            } else {
                confirm(call, &behind, from)
            }
        }
    }
}

/// How a notice was shown, and is shown again by the next form.
enum Origin<'a> {
    Link(&'a Secret),
    /// As it was typed.
    Word(String),
}

impl Origin<'_> {
    /// An address of these pages, and the word that a form carries there.
    fn to(self, rest: &str) -> (String, Option<String>) {
        match self {
            Self::Link(token) => (format!("/not-me/{}{rest}", token.expose()), None),
            Self::Word(typed) => (format!("/not-me{rest}"), Some(typed)),
        }
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
        Some((token, behind)) if behind.used => done(call, &behind, Origin::Link(&token)),
        Some((token, behind)) => confirm(call, &behind, Origin::Link(&token)),
        None => call.problem(ProblemKind::LinkOver),
    }
}

/// The button.
pub async fn post_link(call: Call) -> Answer {
    match behind_link(&call).await? {
        Some((token, behind)) => object(call, behind, Origin::Link(&token)).await,
        None => call.problem(ProblemKind::LinkOver),
    }
}

async fn behind_link(call: &Call) -> Result<Option<(Secret, Behind)>, Failure> {
    let token = Secret::from(call.param("token").ok_or(Failure::NotFound)?);
    let behind = alarm::behind(&call.app, &Proof::Link(&token), &call.visitor).await?;
    Ok(behind.ok().flatten().map(|behind| (token, behind)))
}

fn confirm(mut call: Call, behind: &Behind, from: Origin<'_>) -> Answer {
    let locale = call.locale();
    let (action, word) = from.to("");
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

async fn object(call: Call, mut behind: Behind, from: Origin<'_>) -> Answer {
    behind.holds = alarm::raise(&call.app, &behind, &call.visitor).await?;
    done(call, &behind, from)
}

fn done(mut call: Call, behind: &Behind, from: Origin<'_>) -> Answer {
    let page = NotMeDone {
        page: call.frame(),
        already: behind.used,
        freezes: behind.event.is_about_contacts(),
        release: behind.holds.then(|| from.to("/release")),
        contact_text: behind.contact_text.clone(),
    };
    call.page(&page)
}

/// By which other contact the hold is to end.
pub async fn get_release(call: Call) -> Answer {
    match behind_link(&call).await? {
        Some((token, behind)) if behind.holds => {
            let (action, word) = Origin::Link(&token).to("/release");
            release_page(call, &behind, action, word, None)
        }
        Some((token, behind)) if behind.used => done(call, &behind, Origin::Link(&token)),
        Some((token, _)) => call.go(&Origin::Link(&token).to("").0),
        None => call.problem(ProblemKind::LinkOver),
    }
}

/// Asks for a code to it.
pub async fn post_release(call: Call) -> Answer {
    match behind_link(&call).await? {
        Some((token, behind)) if behind.holds => {
            let (action, word) = Origin::Link(&token).to("/release");
            release(call, &behind, action, word).await
        }
        Some((token, behind)) if behind.used => done(call, &behind, Origin::Link(&token)),
        Some((token, _)) => call.go(&Origin::Link(&token).to("").0),
        None => call.problem(ProblemKind::LinkOver),
    }
}

/// Without its word, the notice is asked for again.
pub async fn get_release_word(call: Call) -> Answer {
    call.go("/not-me")
}

/// The same by the word of an SMS.
pub async fn post_release_word(call: Call) -> Answer {
    let typed = call.form.text("word").to_owned();
    let Some(word) = AlarmWord::parse(&typed) else { return ask_again(call, typed, Slip::WordUnknown) };
    match alarm::behind(&call.app, &Proof::Word(&word), &call.visitor).await? {
        Err(wait) => too_many(call, wait),
        Ok(Some(behind)) if behind.holds => {
            let (action, word) = Origin::Word(typed).to("/release");
            if call.form.has("contact") {
                release(call, &behind, action, word).await
            } else {
                release_page(call, &behind, action, word, None)
            }
        }
        Ok(Some(behind)) if behind.used => done(call, &behind, Origin::Word(typed)),
        Ok(_) => ask_again(call, typed, Slip::WordUnknown),
    }
}

async fn release(call: Call, behind: &Behind, action: String, word: Option<String>) -> Answer {
    let typed = call.form.text("contact");
    let is_address = typed.contains(['@', '＠']);
    let reach = if is_address {
        EmailAddress::parse(typed).map(|address| Reach::Email(address, None)).map_err(Slip::from)
    } else {
        Phone::parse(typed, &call.app.config.countries).map(Reach::Mobile).map_err(Slip::from)
    };
    match reach {
        Ok(reach) => {
            let start = start_release(&call.app, behind, &reach, &call.visitor).await?;
            recovery::begun(call, None, start, None)
        }
        Err(slip) => release_page(call, behind, action, word, Some(slip)),
    }
}

fn release_page(mut call: Call, behind: &Behind, action: String, word: Option<String>, slip: Option<Slip>) -> Answer {
    let is_wrong = slip.is_some();
    let page = NotMeRelease {
        page: call.frame(),
        action,
        word,
        contact: call.form.text("contact").to_owned(),
        contact_text: behind.contact_text.clone(),
        troubles: slip.map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), "contact", slip)),
    };
    if is_wrong { call.mend(&page) } else { call.page(&page) }
}
