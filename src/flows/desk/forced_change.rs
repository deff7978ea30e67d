//! 強制変更: a new password is demanded of a member at once. All sessions end, the password that was there opens nothing, and a secret goes to one
//! of their contacts that opens the page to set another. 変更を要請 is the milder form: it asks at the next sign-in.
//!
//! Nobody here ever sees the password that is then chosen, nor the secret, but for a member whom no contact reaches ([`show`]). Every other
//! contact is told, and can object.

pub use super::by::By;
use super::{Refusal, Seat, warrant};
use crate::app::App;
use crate::flows::recovery::CONTACT;
use crate::flows::{Changed, Deed, Error, Result, alarm, demanded, new_id, password, post};
use crate::model::id::{ContactId, MemberId};
use crate::model::{ContactKind, Demand, ForcedSecret, MemberState, Policy, Timestamp, hours, time::Span};
use crate::store::contacts::Contact;
use crate::store::forced_changes::ForcedChange;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::vault::InLane;
use crate::wording::messages;

/// How long a secret lives: an hour, or up to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(i64);

impl Lifetime {
    /// The longest.
    pub const MOST_HOURS: i64 = 24;

    /// So many hours; none for less than one and for more than a day.
    pub const fn of_hours(hours: i64) -> Option<Self> {
        if 1 <= hours && hours <= Self::MOST_HOURS { Some(Self(hours)) } else { None }
    }
    /// As long as the workspace's policy says.
    pub fn usual(policy: &Policy) -> Self {
        // Within bounds, or else the shortest.
        Self::of_hours(policy.desk.forced_hours.into()).unwrap_or_default()
    }
    /// The hours.
    pub const fn hours(self) -> i64 {
        self.0
    }
    /// Hours to choose from: these, and first this lifetime's own.
    pub fn beside<const N: usize>(self, others: [i64; N]) -> Vec<i64> {
        [self.0].into_iter().chain(others.into_iter().filter(|n| *n != self.0)).collect()
    }
    pub(in crate::flows) fn span(self) -> Span {
        hours(self.0)
    }
}

impl Default for Lifetime {
    fn default() -> Self {
        Self(1)
    }
}

/// Why nothing was demanded of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// The administrator's session or rank ended meanwhile.
    Ended,
    /// No such member in this workspace.
    NotFound,
    /// The member's rank is not lower.
    Rank,
    /// Nobody does this to themselves here.
    Oneself,
    /// Not active: invited, suspended, held or deleted.
    State,
    /// No contact counts for recovery now, so there is nowhere to send a secret to.
    WithoutContact,
    /// The contact that was chosen does not count for recovery now, or is not theirs.
    Contact,
    /// It is demanded already, or more than that is.
    Already,
    /// A contact can be reached: the secret goes there, and is shown to nobody.
    Reachable,
    /// Nothing says that it is the member who asks.
    NoWarrant,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Ended => Self::Ended,
            Refusal::NotFound => Self::NotFound,
            Refusal::Rank | Refusal::LastOwner => Self::Rank,
            Refusal::Oneself => Self::Oneself,
            Refusal::State | Refusal::Soon => Self::State,
        }
    }
}

/// What came of it.
pub type Outcome<T> = std::result::Result<T, Refused>;

/// Where a secret went.
#[derive(Debug, Clone)]
pub struct Sent {
    /// By which way.
    pub kind: ContactKind,
    /// The contact, masked.
    pub masked: String,
    /// Until when it can be typed.
    pub expires_at: Timestamp,
}

/// A contact that a secret could go to.
#[derive(Debug, Clone)]
pub struct Choice {
    /// For [`force`].
    pub id: ContactId,
    /// By which way.
    pub kind: ContactKind,
    /// Masked.
    pub masked: String,
}

/// Demands a new password at once, and sends a secret to the contact `to`, or else to the one that was confirmed last.
pub async fn force(
    app: &App,
    by: By<'_>,
    id: &MemberId,
    to: Option<&ContactId>,
    lifetime: Lifetime,
) -> Result<Outcome<Sent>> {
    let now = app.now();
    if let Err(refused) = could_force(&mut app.db.read().await?, by, id, to, now).await? {
        return Ok(Err(refused));
    }
    let (secret, hash) = prepare(app, app.hashing.known()).await?;
    let done = transaction!(app.db, conn => {
        let new = New { secret: &secret, hash: &hash, to, run: None, lifetime, now };
        put(app, conn, by, id, &new).await
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// A secret that is shown once, to be read out.
#[derive(Debug)]
pub struct Shown {
    /// The secret.
    pub secret: ForcedSecret,
    /// Until when it can be typed.
    pub expires_at: Timestamp,
}

/// The same for a member whom no contact reaches: the secret is shown once to the administrator, who reads it out to the member. It takes a
/// [`warrant`], is written down, and every contact that is there is told.
pub async fn show(app: &App, seat: &Seat<'_>, id: &MemberId, lifetime: Lifetime) -> Result<Outcome<Shown>> {
    let now = seat.now();
    if warrant::find(app, seat, id).await?.is_none_or(|warrant| warrant.good_from > now) {
        return Ok(Err(Refused::NoWarrant));
    }
    let (secret, hash) = prepare(app, app.hashing.known()).await?;
    let done = transaction!(app.db, conn => {
        let by = By::Seat(seat);
        let member = match open(conn, by, id).await? {
            Ok(member) => member,
            Err(refused) => return Ok::<_, Error>(Err(refused)),
        };
        if !reachable(conn, &member, now).await?.is_empty() {
            return Ok(Err(Refused::Reachable));
        }
        if !warrant::consume(conn, seat, id, "forced_secret_shown").await? {
            return Ok(Err(Refused::NoWarrant));
        }
        let new = New { secret: &secret, hash: &hash, to: None, run: None, lifetime, now };
        let change = place(app, conn, by.actor(), &member, None, &new).await?;
        let deed = Deed { subject: Some(change.id.as_str()), ..by.deed(&member, "forced_secret_shown") };
        let changed = Changed::default().put("demand", member.demand, Demand::Forced);
        deed.with(seat.signed().data_key(app)?, changed).write(app, conn, now).await?;
        tell_others(app, conn, &member, None, now).await?;
        Ok(Ok(change.expires_at))
    })?;
    app.outbox_bell.notify_one();
    Ok(done.map(|expires_at| Shown { secret, expires_at }))
}

/// Asks for a new password at the next sign-in. Sessions that are open go on.
pub async fn request(app: &App, by: By<'_>, id: &MemberId) -> Result<Outcome<()>> {
    transaction!(app.db, conn => put_request(app, conn, by, id, app.now()).await)
}

/// The contacts that a secret could go to, the one confirmed last before the others.
pub async fn choices(app: &App, by: By<'_>, id: &MemberId) -> Result<Outcome<Vec<Choice>>> {
    let mut conn = app.db.read().await?;
    let member = match by.look_at(&mut conn, id).await? {
        Ok(member) => member,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut all = Vec::new();
    for contact in reachable(&mut conn, &member, app.now()).await? {
        let masked = alarm::masked(app, &mut conn, &member, &contact).await?;
        all.push(Choice { id: contact.id, kind: contact.kind, masked });
    }
    Ok(Ok(all))
}

/// Whether it could be done now; changes nothing.
async fn could_force(
    conn: &mut Conn,
    by: By<'_>,
    id: &MemberId,
    to: Option<&ContactId>,
    now: Timestamp,
) -> Result<Outcome<()>> {
    let member = match by.look_at(conn, id).await? {
        Ok(member) => member,
        Err(refused) => return Ok(Err(refused)),
    };
    if !is_open(&member) {
        return Ok(Err(Refused::State));
    }
    Ok(chosen(reachable(conn, &member, now).await?, to).map(drop))
}

fn is_open(member: &Member) -> bool {
    member.state == MemberState::Active && member.held_at.is_none()
}

fn may_request(member: &Member) -> Outcome<()> {
    match member.demand {
        _ if !is_open(member) => Err(Refused::State),
        Some(_) => Err(Refused::Already),
        None => Ok(()),
    }
}

/// A fresh secret and its hash.
pub(in crate::flows) async fn prepare(app: &App, lane: InLane<'_>) -> Result<(ForcedSecret, String)> {
    let secret = ForcedSecret::from_bytes(app.chance());
    let hash = lane.hash(password::normal(secret.signs())).await?;
    Ok((secret, hash))
}

/// A forced change that is about to be put in place.
pub(in crate::flows) struct New<'a> {
    pub secret: &'a ForcedSecret,
    pub hash: &'a str,
    pub to: Option<&'a ContactId>,
    pub run: Option<&'a str>,
    pub lifetime: Lifetime,
    pub now: Timestamp,
}

/// Puts it in place, after proving everything anew.
pub(super) async fn put(app: &App, conn: &mut Conn, by: By<'_>, id: &MemberId, new: &New<'_>) -> Result<Outcome<Sent>> {
    let now = new.now;
    let member = match open(conn, by, id).await? {
        Ok(member) => member,
        Err(refused) => return Ok(Err(refused)),
    };
    let to = match chosen(reachable(conn, &member, now).await?, new.to) {
        Ok(to) => to,
        Err(refused) => return Ok(Err(refused)),
    };
    let row = place(app, conn, by.actor(), &member, Some(&to), new).await?;
    let workspace = workspace(conn, &member).await?;
    let deed = Deed { subject: Some(row.id.as_str()), ..by.deed(&member, "change_forced") };
    let changed = Changed::default().put("demand", member.demand, Demand::Forced).put("way", (), to.kind);
    deed.with(app.data_key(&workspace.id, &workspace.data_key)?, changed).write(app, conn, now).await?;
    let masked = send(app, conn, (&workspace, &member), &to, new.secret, &row).await?;
    tell_others(app, conn, &member, Some(&to), now).await?;
    Ok(Ok(Sent { kind: to.kind, masked, expires_at: row.expires_at }))
}

/// The member, if a change can be demanded of them now.
async fn open(conn: &mut Conn, by: By<'_>, id: &MemberId) -> Result<Outcome<Member>> {
    Ok(match by.hold_for(conn, id).await? {
        Ok(member) if is_open(&member) => Ok(member),
        Ok(_) => Err(Refused::State),
        Err(refused) => Err(refused),
    })
}

/// From now on the secret, which goes `to` a contact or is shown, is all that opens anything. The caller writes the deed.
pub(in crate::flows) async fn place(
    app: &App,
    conn: &mut Conn,
    actor: &str,
    member: &Member,
    to: Option<&Contact>,
    new: &New<'_>,
) -> Result<ForcedChange> {
    let (now, workspace, id) = (new.now, &member.workspace_id, &member.id);
    let row = ForcedChange {
        id: new_id!(app, now, ForcedChangeId),
        workspace_id: workspace.clone(),
        member_id: id.clone(),
        way: if to.is_some() { "contact" } else { "shown" },
        contact_id: to.map(|to| to.id.clone()),
        kind: to.map(|to| to.kind),
        run_id: new.run.map(str::to_owned),
        secret_hash: new.hash.to_owned(),
        expires_at: now + new.lifetime.span(),
        created_at: now,
        by_member: actor.to_owned(),
    };
    store::sessions::end_all(conn, workspace, id, None, "change_forced", now).await?;
    store::forced_changes::end_for_member(conn, id, "replaced", now).await?;
    // Nothing that was proved before counts, and no device is known any more: somebody else may have them.
    store::recoveries::end_for_member(conn, id, now).await?;
    store::links::end_for_member(conn, id, now).await?;
    store::devices::forget_member(conn, id, None).await?;
    store::members::set_demand(conn, workspace, id, Some(Demand::Forced), now).await?;
    store::forced_changes::insert(conn, &row).await?;
    Ok(row)
}

/// Tells every contact but the one with the secret.
async fn tell_others(app: &App, conn: &mut Conn, member: &Member, to: Option<&Contact>, now: Timestamp) -> Result<()> {
    let mut others = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    others.retain(|other| to.is_none_or(|to| to.id != other.id));
    let event = alarm::Event::ChangeForced;
    let news = alarm::News { event, subject: member.id.as_str(), about: None, reference: None };
    alarm::tell_all(app, conn, member, &others, news, now).await
}

/// Asks for it, after proving everything anew.
pub(super) async fn put_request(
    app: &App,
    conn: &mut Conn,
    by: By<'_>,
    id: &MemberId,
    now: Timestamp,
) -> Result<Outcome<()>> {
    let member = match by.hold_for(conn, id).await? {
        Ok(member) => member,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = may_request(&member) {
        return Ok(Err(refused));
    }
    store::members::set_demand(conn, &member.workspace_id, id, Some(Demand::Requested), now).await?;
    let workspace = workspace(conn, &member).await?;
    let changed = Changed::default().put("demand", member.demand, Demand::Requested);
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    by.deed(&member, "change_requested").with(key, changed).write(app, conn, now).await?;
    Ok(Ok(()))
}

async fn workspace(conn: &mut Conn, member: &Member) -> Result<Workspace> {
    let found = store::workspaces::by_id(conn, &member.workspace_id).await?;
    found.ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))
}

/// The member's contacts that count for recovery at this moment, the one confirmed last before the others.
pub(super) async fn reachable(conn: &mut Conn, member: &Member, now: Timestamp) -> Result<Vec<Contact>> {
    let mut all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    all.retain(|contact| contact.may_get_secrets(now));
    all.sort_by_key(|contact| std::cmp::Reverse((contact.confirmed_at, contact.id.clone())));
    Ok(all)
}

fn chosen(reachable: Vec<Contact>, to: Option<&ContactId>) -> Outcome<Contact> {
    let mut reachable = reachable.into_iter();
    match to {
        Some(to) => reachable.find(|contact| contact.id == *to).ok_or(Refused::Contact),
        None => reachable.next().ok_or(Refused::WithoutContact),
    }
}

/// Queues the message with the secret. Answers where it goes, masked.
async fn send(
    app: &App,
    conn: &mut Conn,
    (workspace, member): (&Workspace, &Member),
    contact: &Contact,
    secret: &ForcedSecret,
    change: &ForcedChange,
) -> Result<String> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    let facts = messages::Forced {
        workspace: &workspace.name,
        login: &format!("{}@{}", member.login, workspace.slug),
        secret: &secret.grouped(),
        seconds: change.created_at.until(change.expires_at).as_seconds(),
    };
    let message = post::Message {
        workspace: Some(&workspace.id),
        member: Some(&member.id),
        contact: Some(&contact.id),
        known: true,
        kind: contact.kind,
        purpose: demanded::SECRET,
        reference: None,
        to: Some(&to),
        rendered: messages::forced_secret(member.locale, contact.kind, &facts),
        expires_at: change.expires_at,
    };
    post::queue(app, conn, message, change.created_at).await?;
    Ok(crate::flows::contacts::masked(contact.kind, &to))
}
