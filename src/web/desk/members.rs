//! The list of members and the search. What was typed may be a name or a number, which must not lie about in addresses and in
//! proxies' logs: it travels sealed.

use serde::{Deserialize, Serialize};

use super::sealed;

use crate::flows::desk::forced_change::Lifetime;
use crate::flows::desk::roster::{self, After, Member, Only};
use crate::flows::desk::which::{Filter, WHICH};
use crate::flows::session::Signed;
use crate::model::{Action, Locale, MemberState, Role, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::desk::{AccountStanding, MemberRow, Members, ReadinessShown, Which};
use crate::web::view::{Slip, Troubles};

/// Characters that a search may have; more is cut off, and finds nothing anyway.
const LONGEST: usize = 200;

/// What is looked for, and from where on.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Search {
    typed: String,
    which: String,
    /// The day before which somebody signed in last, as typed; for [`BEFORE`] alone.
    #[serde(default)]
    before: String,
    after: Option<After>,
}

/// The filter by a day of one's own.
const BEFORE: &str = "before";

impl Search {
    fn path(&self, call: &Call, signed: &Signed) -> String {
        format!("/w/{}/admin/members?s={}", signed.slug, sealed::seal(call, signed, self))
    }

    /// What is chosen, and what it means: none where the day cannot be read.
    fn filter(&self) -> (&'static str, Option<Filter>) {
        if self.which == BEFORE {
            return (BEFORE, Filter::of(None, Some(&self.before)));
        }
        let (word, filter) = WHICH.iter().copied().find(|(word, _)| *word == self.which).unwrap_or(WHICH[0]);
        (word, Some(filter))
    }
}

/// What a form that carries a search along asks for.
pub fn asked(call: &Call, signed: &Signed) -> Result<(String, Only), Failure> {
    let search: Search = sealed::read(call, signed, call.form.text("s"));
    let only = search.filter().1.ok_or(Failure::BadRequest)?.at(call.visitor.now);
    Ok((search.typed, only))
}

/// Where such a form came from: the first page of that list.
pub fn back(call: &Call, signed: &Signed) -> String {
    let search: Search = sealed::read(call, signed, call.form.text("s"));
    Search { after: None, ..search }.path(call, signed)
}

/// The list.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let (now, locale) = (call.visitor.now, call.locale());
    let search: Search = sealed::open(&call, &signed);
    let (chosen, filter) = search.filter();
    let seat = super::seat(&call, &signed, Action::SeeMembers)?;
    let mut troubles = Troubles::none();
    let found = if let Some(filter) = filter {
        roster::look(&call.app, &seat, &search.typed, filter.at(now), search.after.as_ref()).await?
    } else {
        troubles.push(locale, BEFORE, Slip::DayUnreadable);
        roster::Page { members: Vec::new(), next: None }
    };
    let whole =
        Search { typed: search.typed.clone(), which: chosen.to_owned(), before: search.before.clone(), after: None };
    let next = found.next.map(|after| Search { after: Some(after), ..whole.clone() }.path(&call, &signed));
    let words = WHICH.iter().map(|(word, _)| *word).chain([BEFORE]);
    let page = Members {
        rows: found.members.iter().map(|member| row(locale, member, now)).collect(),
        next,
        further: search.after.is_some(),
        narrowed: !search.typed.is_empty() || chosen != WHICH[0].0,
        sealed: sealed::seal(&call, &signed, &whole),
        whats: super::many::choices(locale, Lifetime::usual(&signed.policy)),
        may_export: (signed.member.role.may(Action::Export), signed.member.role.may(Action::ExportContacts)),
        which: words.map(|word| Which { word, chosen: word == chosen }).collect(),
        typed: search.typed,
        before: search.before,
        troubles,
        page: call.frame_at_desk(&signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// A search: on to an address that tells nothing.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn post(call: Call, signed: Signed) -> Answer {
    let typed: String = call.form.text("q").trim().chars().take(LONGEST).collect();
    let day: String = call.form.text(BEFORE).trim().chars().take(32).collect();
    // Whoever fills in a day and chooses nothing else means that day; with another choice it has no meaning.
    let which = match call.form.text("which") {
        which if which == WHICH[0].0 && !day.is_empty() => BEFORE,
        which => which,
    };
    let before = if which == BEFORE { day } else { String::new() };
    let search = Search { typed, which: which.to_owned(), before, after: None };
    let path = search.path(&call, &signed);
    call.go(&path)
}

/// A member in a list.
pub fn row(locale: Locale, member: &Member, now: Timestamp) -> MemberRow {
    // Of whom nothing is left but that they were here, there is no name to show.
    let erased = member.state == MemberState::Deleted && member.deleted_from.is_none();
    let name = if erased { crate::wording::text(locale, "desk-erased", &[]) } else { member.name.clone() };
    MemberRow {
        id: member.id.to_string(),
        name,
        kana: member.kana.clone(),
        login: if erased { "-".to_owned() } else { member.login.clone() },
        department: member.department.clone(),
        role: (member.role != Role::Member).then_some(member.role),
        standing: standing(member),
        readiness: member.readiness.is_reason().then_some(ReadinessShown(member.readiness)),
        last: last(locale, member.signed_in_day, now),
    }
}

/// What an administrator has to know first about an account.
pub fn standing(member: &Member) -> AccountStanding {
    match member.state {
        MemberState::Deleted => AccountStanding::Deleted,
        _ if member.held_at.is_some() => AccountStanding::Held,
        MemberState::Suspended => AccountStanding::Suspended,
        MemberState::Invited => AccountStanding::Invited,
        MemberState::Active => AccountStanding::Active,
    }
}

/// The last sign-in as a person says it; it is known by the day.
fn last(locale: Locale, day: i64, now: Timestamp) -> String {
    let ago = now.day() - day;
    let say = |key| crate::wording::text(locale, key, &[]);
    match (day, ago) {
        (0, _) => say("desk-last-never"),
        (_, ..=0) => say("desk-last-today"),
        (_, 1) => say("desk-last-yesterday"),
        (_, n) => crate::wording::text(locale, "desk-last-days", &[("n", &n.to_string())]),
    }
}
