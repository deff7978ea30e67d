//! The message log at the desk: by its reference number for whoever answers people who cannot get in, by member and contact for administrators. What stood in a
//! message and where it went is nowhere in it.

use super::Seat;
use crate::app::App;
use crate::flows::{Error, Result, recovery};
use crate::model::id::{ContactId, MemberId, MessageId};
use crate::model::{Action, ContactKind, EmailAddress, MessageKind, MessageState, Phone, Reference, Timestamp, days};
use crate::store::handings::Handing;
pub use crate::store::messages::{Fared, Named};
use crate::store::messages::{Line, Wanted};
use crate::store::{self, handings, messages};

/// Lines of one page.
pub const PAGE: usize = 50;
/// How many of the newest messages the figures are made of, and how far they go back.
const FIGURES: i64 = 10_000;
const FIGURES_DAYS: i64 = 7;

/// What is looked for. What is none is not asked for.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields speak for themselves")]
pub struct Filter {
    pub member: Option<MemberId>,
    pub contacts: Option<Vec<ContactId>>,
    pub reference: Option<String>,
    pub state: Option<MessageState>,
    pub kind: Option<MessageKind>,
}

impl Filter {
    /// The same, of those behind this id.
    pub(super) fn behind(self, before: Option<String>) -> Wanted {
        let Self { member, contacts, reference, state, kind } = self;
        Wanted { member, contacts, reference, state, kind, before }
    }
}

/// Some messages, newest first, and behind which id older ones follow, if any do.
#[derive(Debug, Clone)]
pub struct Page {
    /// The messages.
    pub lines: Vec<Named>,
    /// Behind this id older ones follow.
    pub older: Option<String>,
}

/// A message with all that is known of its way.
#[derive(Debug, Clone)]
pub struct Way {
    /// The message.
    pub named: Named,
    /// Each try at a carrier, oldest first.
    pub handings: Vec<Handing>,
    /// What became of its code.
    pub code: Option<CodeFate>,
}

/// What became of the code in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFate {
    /// It can still be typed.
    Open,
    /// It was typed.
    Entered(Timestamp),
    /// A newer one took its place.
    Superseded,
    /// Its time passed.
    Expired,
}

/// A page of the log, behind the id `older` where one is given.
pub async fn list(app: &App, seat: &Seat<'_>, filter: &Filter, older: Option<&str>, limit: usize) -> Result<Page> {
    seat.taken_for(Action::ReadMessages)?;
    page(app, seat, &filter.clone().behind(older.map(str::to_owned)), limit).await
}

/// The messages with this reference number, for whoever works at the desk: the newest 20.
pub async fn by_reference(app: &App, seat: &Seat<'_>, typed: &str) -> Result<Vec<Way>> {
    seat.taken_for(Action::FindMessage)?;
    let Some(reference) = Reference::parse(typed) else { return Ok(Vec::new()) };
    let wanted = Wanted { reference: Some(reference.as_str().to_owned()), ..Wanted::default() };
    ways(app, seat, &wanted, 20).await
}

/// How many of a member's messages their page shows.
const OF_MEMBER: usize = 5;

/// The newest messages to a member whom the reader may see.
pub async fn of_member(app: &App, seat: &Seat<'_>, one: &super::roster::One) -> Result<Vec<Named>> {
    seat.taken_for(Action::TakeCalls)?;
    let wanted = Wanted { member: Some(one.member.id.clone()), ..Wanted::default() };
    Ok(messages::list(&mut app.db.read().await?, &seat.member().workspace_id, &wanted, OF_MEMBER).await?)
}

async fn ways(app: &App, seat: &Seat<'_>, wanted: &Wanted, limit: usize) -> Result<Vec<Way>> {
    let mut conn = app.db.read().await?;
    let found = messages::list(&mut conn, &seat.member().workspace_id, wanted, limit).await?;
    let mut all = Vec::with_capacity(found.len());
    for named in found {
        all.push(way(&mut conn, named, seat.now()).await?);
    }
    Ok(all)
}

async fn page(app: &App, seat: &Seat<'_>, wanted: &Wanted, limit: usize) -> Result<Page> {
    let workspace = &seat.member().workspace_id;
    let mut lines = messages::list(&mut app.db.read().await?, workspace, wanted, limit + 1).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let older = if more { lines.last().map(|last| last.line.id.to_string()) } else { None };
    Ok(Page { lines, older })
}

/// One message with its way.
pub async fn one(app: &App, seat: &Seat<'_>, id: &MessageId) -> Result<Option<Way>> {
    seat.taken_for(Action::ReadMessages)?;
    let mut conn = app.db.read().await?;
    match messages::by_id(&mut conn, &seat.member().workspace_id, id).await? {
        Some(named) => Ok(Some(way(&mut conn, named, seat.now()).await?)),
        None => Ok(None),
    }
}

async fn way(conn: &mut store::Conn, named: Named, now: Timestamp) -> Result<Way> {
    let handings = handings::of_message(conn, &named.line.id).await?;
    let line = &named.line;
    let code = if !holds_code(line) {
        None
    } else if let Some(at) = line.entered_at {
        Some(CodeFate::Entered(at))
    } else if messages::is_superseded(conn, line, line.purpose == recovery::CODE).await? {
        Some(CodeFate::Superseded)
    } else if line.expires_at <= now {
        Some(CodeFate::Expired)
    } else {
        Some(CodeFate::Open)
    };
    Ok(Way { named, handings, code })
}

fn holds_code(line: &Line) -> bool {
    line.purpose.ends_with("code")
}

/// Whose number or address this is, in the workspace; none where it is neither.
pub async fn contacts_called(app: &App, seat: &Seat<'_>, typed: &str) -> Result<Option<Vec<ContactId>>> {
    seat.taken_for(Action::ReadMessages)?;
    let (kind, canonical) = if typed.contains(['@', '＠']) {
        let Ok(address) = EmailAddress::parse(typed) else { return Ok(None) };
        (ContactKind::Email, address.canonical())
    } else {
        let Ok(phone) = Phone::parse(typed, &app.config.countries) else { return Ok(None) };
        (ContactKind::Mobile, phone.e164().to_owned())
    };
    let index = app.keyring.contact_index(kind.as_str(), &canonical);
    let workspace = &seat.member().workspace_id;
    let found = store::contacts::ids_by_address(&mut app.db.read().await?, workspace, kind, &index).await?;
    Ok(Some(found))
}

/// How the workspace's newest messages fared, for the charts.
pub async fn fared(app: &App, seat: &Seat<'_>) -> Result<Vec<Fared>> {
    seat.taken_for(Action::ReadMessages)?;
    let since = MessageId::new(seat.now() - days(FIGURES_DAYS), [0; 10]);
    let mut conn = app.db.read().await?;
    messages::fared(&mut conn, &seat.member().workspace_id, &since, FIGURES).await.map_err(Error::from)
}
