//! One thing for many members: those who were ticked on the list, or all whom it finds. First a draft that says for how many, and for whom not;
//! then the word to go, at an address with the right that it takes.

use super::{jobs, members, seat};
use crate::flows::desk::forced_change::Lifetime;
use crate::flows::desk::many::{self, Prepared, What, Whom};
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, Locale};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::Said;
use crate::wording;

/// What can be chosen besides new passwords at once, by its word and the key of its name, in the order in which it is offered.
const WHATS: &[(&str, &str, What)] = &[
    ("request", "many-request", What::Request),
    ("sign-out", "many-sign-out", What::SignOut),
    ("suspend", "many-suspend", What::Suspend),
    ("resume", "many-resume", What::Resume),
];

/// What can be chosen, by words and names. New passwords at once first with the lifetime that is usual in the workspace.
pub fn choices(locale: Locale, usual: Lifetime) -> Vec<(String, String)> {
    let force = |hours: i64| {
        let lasting = wording::text(locale, "span-hours", &[("h", &hours.to_string())]);
        (format!("force-{hours}"), wording::text(locale, "many-force", &[("time", &lasting)]))
    };
    let others = WHATS.iter().map(|(word, key, _)| ((*word).to_owned(), wording::text(locale, key, &[])));
    usual.beside([1, 8, 24]).into_iter().map(force).chain(others).collect()
}

/// What this word means.
fn chosen(word: &str) -> Option<What> {
    if let Some(hours) = word.strip_prefix("force-") {
        return hours.parse().ok().and_then(Lifetime::of_hours).map(What::Force);
    }
    WHATS.iter().find(|(known, _, _)| *known == word).map(|&(_, _, what)| what)
}

/// Prepares it: `do`, and `whom` is `ticked` (one field `m:ID` each) or `found` (the sealed search `s`).
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let what = chosen(call.form.text("do")).ok_or(Failure::BadRequest)?;
    let (typed, only) = members::asked(&call, &signed)?;
    let whom = match call.form.text("whom") {
        "found" => Whom::Found(&typed, only),
        "ticked" => {
            let ids = call.form.fields().filter_map(|(name, _)| name.strip_prefix("m:"));
            Whom::Chosen(ids.map(|id| MemberId(id.to_owned())).collect())
        }
        _ => return Err(Failure::BadRequest),
    };
    let prepared = {
        let seat = seat(&call, &signed, Action::PrepareJobs)?;
        many::prepare(&call.app, &seat, what, whom).await?
    };
    let said = match prepared {
        Ok(Prepared::Draft(id, _)) => return call.go(&jobs::path(&signed, &id)),
        Ok(Prepared::Nobody) => Said::NobodyTicked,
        Ok(Prepared::TooMany) => Said::TooManyFound,
        Err(refusal) => super::refused(refusal).ok_or(Failure::NotFound)?,
    };
    call.say_next(said);
    let back = members::back(&call, &signed);
    call.go(&back)
}

/// Demands new passwords.
pub async fn post_demand(call: Call, signed: Signed) -> Answer {
    begin(call, signed, Action::DemandPassword).await
}

/// Suspends, or lets in again.
pub async fn post_suspend(call: Call, signed: Signed) -> Answer {
    begin(call, signed, Action::Suspend).await
}

/// Signs out.
pub async fn post_sign_out(call: Call, signed: Signed) -> Answer {
    begin(call, signed, Action::SignOut).await
}

async fn begin(mut call: Call, signed: Signed, action: Action) -> Answer {
    let id = jobs::id(&call);
    let outcome = {
        let seat = seat(&call, &signed, action)?;
        many::begin(&call.app, &seat, &id).await?
    };
    call.say_next(jobs::started(outcome)?);
    call.go(&jobs::path(&signed, &id))
}
