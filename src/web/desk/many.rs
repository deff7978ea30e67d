//! One thing for many members: those who were ticked on the list, or all whom it finds. First a draft that says for how many, and for whom not;
//! then the word to go, at an address with the right that it takes.

use super::{jobs, members, seat};
use crate::flows::desk::forced_change::Lifetime;
use crate::flows::desk::many::{self, Prepared, What, Whom};
use crate::flows::session::Signed;
use crate::model::Action;
use crate::model::id::MemberId;
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::Said;

/// What can be chosen, by its word, in the order in which it is offered.
const WHATS: &[(&str, What)] = &[
    ("force-1", What::Force(hours(1))),
    ("force-8", What::Force(hours(8))),
    ("force-24", What::Force(hours(24))),
    ("request", What::Request),
    ("sign-out", What::SignOut),
    ("suspend", What::Suspend),
    ("resume", What::Resume),
];

const fn hours(n: i64) -> Lifetime {
    Lifetime::of_hours(n).expect("1 to 24")
}

/// The words.
pub fn words() -> impl Iterator<Item = &'static str> {
    WHATS.iter().map(|(word, _)| *word)
}

/// Prepares it: `do`, and `whom` is `ticked` (one field `m:ID` each) or `found` (the sealed search `s`).
pub async fn post(mut call: Call, signed: Signed) -> Answer {
    let what = WHATS.iter().find(|(word, _)| *word == call.form.text("do"));
    let &(_, what) = what.ok_or(Failure::BadRequest)?;
    let (typed, only) = members::asked(&call, &signed);
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
