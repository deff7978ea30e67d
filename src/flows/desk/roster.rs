//! Looking members up: the list in the order of IDs, words, an exact number or address; and one member with all that a page about
//! them shows.

use super::Seat;
use crate::app::App;
use crate::flows::contacts::{self, Address};
use crate::flows::devices::{self, Shown};
use crate::flows::recovery::CONTACT;
use crate::flows::{Error, Result, readiness};
use crate::model::id::{MemberId, WorkspaceId};
use crate::model::{Action, EmailAddress, Phone, Readiness, Timestamp, search};
use crate::store::contacts::Contact;
use crate::store::logs::{Audit, SignIn};
pub use crate::store::members::Member;
pub use crate::store::roster::Only;
use crate::store::{self, roster, transaction};

/// Members on one page.
pub const PAGE: usize = 50;

/// Where the next page begins: behind this key of the list and this member.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct After(pub String, pub String);

/// A page of members.
#[derive(Debug)]
pub struct Page {
    /// At most as many as were asked for.
    pub members: Vec<Member>,
    /// Where it goes on; none on the last page.
    pub next: Option<After>,
}

/// The members that fit what was typed and the filter. A number or address finds exactly whose it is, in whichever form it was typed.
pub async fn look(app: &App, seat: &Seat<'_>, typed: &str, only: Only, after: Option<&After>) -> Result<Page> {
    look_at(app, seat, typed, only, after, PAGE).await
}

/// The same, so many on a page.
pub async fn look_at(
    app: &App,
    seat: &Seat<'_>,
    typed: &str,
    only: Only,
    after: Option<&After>,
    size: usize,
) -> Result<Page> {
    seat.taken_for(Action::SeeMembers)?;
    page(app, (&seat.member().workspace_id, &seat.signed().slug), typed, only, after, size).await
}

/// The same, so many at once and without a seat: for a file that goes on when the request is over, which a seat began.
pub(super) async fn page(
    app: &App,
    (workspace, slug): (&WorkspaceId, &str),
    typed: &str,
    only: Only,
    after: Option<&After>,
    size: usize,
) -> Result<Page> {
    let mut conn = app.db.read().await?;
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let start = After(String::new(), String::new());
    let after = after.unwrap_or(&start);
    if let Some(address) = address(app, typed) {
        let index = app.keyring.contact_index(address.kind().as_str(), &address.canonical());
        let members = roster::by_address(&mut conn, workspace, address.kind(), &index).await?;
        return Ok(Page { members, next: None });
    }
    let words = search::typed(&without_workspace(typed, slug));
    if !words.is_empty() {
        let found = roster::by_words(&mut conn, workspace, &words, only, (&after.0, &after.1), limit).await?;
        let next = found.get(size - 1).filter(|_| found.len() > size);
        let next = next.map(|last| After(last.word.clone(), last.member.id.to_string()));
        return Ok(Page { members: found.into_iter().map(|found| found.member).take(size).collect(), next });
    }
    let mut members = match only {
        Only::AwaySince(day) => {
            let from = (after.0.parse().unwrap_or(-1), after.1.as_str());
            roster::away(&mut conn, workspace, day, from, limit).await?
        }
        _ => roster::by_login(&mut conn, workspace, only, &after.1, limit).await?,
    };
    let next = members.get(size - 1).filter(|_| members.len() > size);
    let next = next.map(|last| After(last.signed_in_day.to_string(), last.login.clone()));
    members.truncate(size);
    Ok(Page { members, next })
}

/// What was typed, if it is a whole number or address.
fn address(app: &App, typed: &str) -> Option<Address> {
    if typed.contains(['@', '＠']) {
        return EmailAddress::parse(typed).ok().map(Address::Email);
    }
    Phone::parse(typed, &app.config.countries).ok().map(Address::Mobile)
}

/// An ID may be typed whole: `tanaka@sakura`.
fn without_workspace(typed: &str, slug: &str) -> String {
    let plain: String = typed.trim().replace('＠', "@");
    plain.strip_suffix(&format!("@{slug}")).map_or(plain.clone(), str::to_owned)
}

/// One member, with what the desk may see.
#[derive(Debug)]
pub struct One {
    /// The member.
    pub member: Member,
    /// Contacts with their address masked, oldest first.
    pub contacts: Vec<(Contact, String)>,
    /// The member's devices, with what is signed in there: that first.
    pub devices: Vec<Shown>,
    /// The newest tries to sign in.
    pub sign_ins: Vec<SignIn>,
    /// What was done to the account lately.
    pub history: Vec<Audit>,
    /// When the password was set; none for who has none.
    pub password_set_at: Option<Timestamp>,
    /// Whether the seat's holder may act on them.
    pub below: bool,
    /// Whether they could get back in alone, this moment.
    pub readiness: Readiness,
    /// When they tried it out last.
    pub drilled_at: Option<Timestamp>,
}

impl One {
    /// How many sessions of theirs are open.
    pub fn open_sessions(&self) -> usize {
        self.devices.iter().map(|shown| shown.sessions.len()).sum()
    }
}

/// One member of the seat's workspace. Who may not see members sees only whom a call of their own proved; that is written down each time.
pub async fn one(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Option<One>> {
    if !seat.may(Action::SeeMembers) && !super::proof::look(app, seat, id).await? {
        return Ok(None);
    }
    let (signed, now) = (seat.signed(), seat.now());
    let workspace = &seat.member().workspace_id;
    let mut conn = app.db.read().await?;
    let Some(member) = store::members::by_id(&mut conn, workspace, id).await? else { return Ok(None) };
    let key = signed.data_key(app)?;
    let rows = store::contacts::list(&mut conn, workspace, id).await?;
    let readiness = readiness::of(&mut conn, &member, &signed.policy.contacts, now).await?;
    let mut contacts = Vec::new();
    for row in rows {
        let plain = key.open_text(CONTACT, row.id.as_str(), &row.address)?;
        let masked = contacts::masked(row.kind, &plain);
        contacts.push((row, masked));
    }
    let devices = devices::of_member(app, &mut conn, (workspace, id), member.role, &signed.policy, now).await?;
    Ok(Some(One {
        contacts,
        devices,
        sign_ins: store::logs::sign_ins_of(&mut conn, workspace, id, 10).await?,
        history: store::logs::audit_of(&mut conn, workspace, id, 20).await?,
        password_set_at: store::passwords::set_at(&mut conn, id).await?,
        below: seat.stands_above(member.role) && member.id != seat.member().id,
        readiness,
        drilled_at: store::drills::of_member(&mut conn, workspace, id).await?.and_then(|drill| drill.done_at),
        member,
    }))
}

/// Makes the words of members whose words are due, some at a time. Answers whether there were any.
pub async fn make_words(app: &App) -> Result<bool> {
    const AT_ONCE: i64 = 200;
    if !roster::is_due(&mut app.db.read().await?).await? {
        return Ok(false);
    }
    transaction!(app.db, conn => {
        let due = roster::take_due(conn, AT_ONCE).await?;
        roster::put_words(conn, &due).await?;
        Ok::<_, Error>(!due.is_empty())
    })
}
