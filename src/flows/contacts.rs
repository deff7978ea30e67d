//! One's own mobile numbers and e-mail addresses: added, proved by a code, removed. A new one waits a day before it can
//! recover alone, the older ones are told, and each of them can object for a week.

use super::guard::{self, Wait};
use super::post::{self, Message};
use super::recovery::CONTACT;
use super::session::{self, Signed};
use super::{Deed, Error, Result, Visitor, alarm, new_id};
use crate::app::App;
use crate::model::{
    CodeTyped, ContactKind, ContactState, DigitCode, EmailAddress, Phone, Timestamp, days, hours, id::ContactId,
    seconds,
};
use crate::store::codes::NewCode;
use crate::store::contacts::Contact;
use crate::store::transaction;
use crate::store::{self, Conn};
use crate::wording::messages;

/// A contact that somebody typed.
#[derive(Debug, Clone)]
pub enum Address {
    /// A mobile number.
    Mobile(Phone),
    /// An e-mail address.
    Email(EmailAddress),
}

impl Address {
    /// SMS or e-mail.
    pub fn kind(&self) -> ContactKind {
        match self {
            Self::Mobile(_) => ContactKind::Mobile,
            Self::Email(_) => ContactKind::Email,
        }
    }
    /// The one form it is compared in.
    pub(super) fn canonical(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.e164().to_owned(),
            Self::Email(address) => address.canonical(),
        }
    }
    /// The form it is stored and sent to in.
    pub(super) fn as_sent(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.e164().to_owned(),
            Self::Email(address) => address.as_sent(),
        }
    }
    /// The part that a sweep through many numbers has in common.
    fn prefix(&self) -> Option<String> {
        match self {
            Self::Mobile(phone) => Some(phone.e164().chars().take(10).collect()),
            Self::Email(_) => None,
        }
    }
}

/// A stored contact with the middle hidden.
pub fn masked(kind: ContactKind, stored: &str) -> String {
    let masked = match kind {
        ContactKind::Mobile => Phone::from_e164(stored).map(|phone| phone.masked()),
        ContactKind::Email => EmailAddress::parse(stored).ok().map(|address| address.masked()),
    };
    masked.unwrap_or_else(|| "•••".to_owned())
}

/// A contact as its owner sees it.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Own {
    pub id: ContactId,
    pub kind: ContactKind,
    /// 090-1234-5678, or the address.
    pub shown: String,
    pub masked: String,
    pub state: ContactState,
    pub recovers_from: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
}

/// The member's contacts, oldest first.
pub async fn list(app: &App, signed: &Signed) -> Result<Vec<Own>> {
    let member = &signed.member;
    let rows = store::contacts::list(&mut app.db.read().await?, &member.workspace_id, &member.id).await?;
    rows.into_iter().map(|row| own(app, signed, row)).collect()
}

fn own(app: &App, signed: &Signed, row: Contact) -> Result<Own> {
    let plain = signed.data_key(app)?.open_text(CONTACT, row.id.as_str(), &row.address)?;
    let shown = match row.kind {
        ContactKind::Mobile => Phone::from_e164(&plain).map_or_else(|| plain.to_string(), |phone| phone.national()),
        ContactKind::Email => plain.to_string(),
    };
    Ok(Own {
        masked: masked(row.kind, &plain),
        shown,
        id: row.id,
        kind: row.kind,
        state: row.state,
        recovers_from: row.recovers_from,
        verified_at: row.verified_at,
        confirmed_at: row.confirmed_at,
    })
}

/// What came of adding a contact.
#[derive(Debug)]
pub enum Add {
    /// A code is on its way there.
    CodeSent(ContactId),
    /// The member has it already.
    HaveIt,
    /// There are enough of this kind.
    Full,
    /// Enough messages for now.
    Wait(Wait),
    /// The password must be given again first, or the session is over.
    ProveAgain,
}

enum Stop {
    Refused(Add),
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Adds a contact, which counts for nothing until the code that goes there was typed.
pub async fn add(app: &App, signed: &Signed, address: &Address, visitor: &Visitor) -> Result<Add> {
    let now = visitor.now;
    if !signed.is_fresh(now) {
        return Ok(Add::ProveAgain);
    }
    let member = &signed.member;
    let kind = address.kind();
    let key = signed.data_key(app)?;
    let address_index = app.keyring.contact_index(kind.as_str(), &address.canonical());
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Add::ProveAgain);
        }
        let had = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        if let Some(same) =
            had.iter().find(|contact| contact.kind == kind && contact.address_index == address_index)
        {
            // Added before but never proved: the same row gets a new code.
            if same.state != ContactState::Unverified {
                return Ok(Add::HaveIt);
            }
            send_code(app, conn, signed, same, Some(address), visitor).await?;
            return Ok(Add::CodeSent(same.id.clone()));
        }
        if had.iter().filter(|contact| contact.kind == kind).count() >= app.config.limits.contacts_per_kind {
            return Ok(Add::Full);
        }
        let id = new_id!(app, now, ContactId);
        let contact = Contact {
            address: key.seal(&*app.dice, CONTACT, id.as_str(), address.as_sent().as_bytes()),
            id: id.clone(),
            workspace_id: member.workspace_id.clone(),
            member_id: member.id.clone(),
            kind,
            address_index: address_index.clone(),
            state: ContactState::Unverified,
            recovers_from: None,
            verified_at: None,
            confirmed_at: None,
            removed_at: None,
            created_at: now,
        };
        if !store::contacts::insert(conn, &contact).await? {
            return Ok(Add::HaveIt);
        }
        send_code(app, conn, signed, &contact, Some(address), visitor).await?;
        deed(signed, "contact_added", Some(&id), visitor).write(app, conn, now).await?;
        Ok(Add::CodeSent(id))
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(add) | Err(Stop::Refused(add)) => Ok(add),
        Err(Stop::Broken(error)) => Err(error),
    }
}

async fn send_code(
    app: &App,
    conn: &mut Conn,
    signed: &Signed,
    contact: &Contact,
    address: Option<&Address>,
    visitor: &Visitor,
) -> std::result::Result<(), Stop> {
    let now = visitor.now;
    let prefix = address.and_then(Address::prefix);
    guard::take_unverified_send(app, conn, &contact.address_index, prefix.as_deref(), visitor)
        .await?
        .map_err(|wait| Stop::Refused(Add::Wait(wait)))?;
    let code = DigitCode::from_bytes(app.chance());
    let expires_at = now + app.config.limits.code_life();
    let row = NewCode {
        id: new_id!(app, now, CodeId),
        workspace_id: Some(&contact.workspace_id),
        subject: contact.id.as_str(),
        hash: app.keyring.code_hash(contact.id.as_str(), code.digits().expose()),
        expires_at,
        created_at: now,
    };
    store::apply(conn, [store::codes::put(&row)]).await?;
    let to = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address).map_err(Error::from)?;
    let message = Message {
        workspace: Some(&contact.workspace_id),
        kind: contact.kind,
        purpose: "contact_code",
        reference: None,
        to: Some(&to),
        rendered: messages::contact_code(signed.member.locale, contact.kind, app.config.host(), code.digits()),
        expires_at,
    };
    Ok(post::queue(app, conn, message, now).await?)
}

/// What came of asking for the contact's code again.
#[derive(Debug)]
pub enum Resend {
    /// Another is on its way.
    Sent,
    /// Enough for now.
    Wait(Wait),
    /// There is no such contact waiting for a code.
    NoSuch,
}

/// Sends the code of a contact again; the older one dies. A verified contact gets one to be reconfirmed.
pub async fn resend(app: &App, signed: &Signed, id: &ContactId, visitor: &Visitor) -> Result<Resend> {
    let member = &signed.member;
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, visitor.now).await? {
            return Ok(Resend::NoSuch);
        }
        let Some(contact) = store::contacts::by_id(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok(Resend::NoSuch);
        };
        if contact.state == ContactState::Frozen {
            return Ok(Resend::NoSuch);
        }
        if let Some((_, until)) = store::codes::state(conn, id.as_str()).await? {
            let l = &app.config.limits;
            let open_from = until - l.code_life() + seconds(l.resend_seconds);
            if open_from > visitor.now {
                return Ok(Resend::Wait(Wait { until: open_from, what: guard::Spent::Destination }));
            }
        }
        send_code(app, conn, signed, &contact, None, visitor).await?;
        Ok(Resend::Sent)
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(resend) => Ok(resend),
        Err(Stop::Refused(Add::Wait(wait))) => Ok(Resend::Wait(wait)),
        Err(Stop::Refused(_)) => Ok(Resend::NoSuch),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// What the page that asks for a contact's code shows.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Awaiting {
    pub contact: Own,
    pub code_until: Option<Timestamp>,
    pub resend_from: Option<Timestamp>,
    pub tries_left: i64,
}

/// One's own contact and its code; none for anybody else's.
pub async fn awaiting(app: &App, signed: &Signed, id: &ContactId) -> Result<Option<Awaiting>> {
    let member = &signed.member;
    let mut conn = app.db.read().await?;
    let Some(contact) = store::contacts::by_id(&mut conn, &member.workspace_id, &member.id, id).await? else {
        return Ok(None);
    };
    let code = store::codes::state(&mut conn, id.as_str()).await?;
    let l = &app.config.limits;
    Ok(Some(Awaiting {
        contact: own(app, signed, contact)?,
        code_until: code.map(|(_, until)| until),
        resend_from: code.map(|(_, until)| until - l.code_life() + seconds(l.resend_seconds)),
        tries_left: code.map_or(0, |(tries, _)| (l.code_tries - tries).max(0)),
    }))
}

/// What came of typing a contact's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verify {
    /// It counts from now on; it recovers from then on.
    Done {
        /// When it can recover alone.
        recovers_from: Timestamp,
    },
    /// Not right; so many tries are left.
    Wrong {
        /// With this code.
        tries_left: i64,
    },
    /// This code is used up or too old.
    Dead,
    /// There is no such contact.
    NoSuch,
}

/// Compares the code. The first contacts of an account recover at once, later ones after a day.
pub async fn verify(
    app: &App,
    signed: &Signed,
    id: &ContactId,
    typed: &CodeTyped,
    visitor: &Visitor,
) -> Result<Verify> {
    let now = visitor.now;
    let member = &signed.member;
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Verify::NoSuch);
        }
        let Some(contact) = store::contacts::by_id(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok::<_, Error>(Verify::NoSuch);
        };
        let limit = app.config.limits.code_tries;
        let Some(tried) = store::codes::take_try(conn, id.as_str(), limit, now).await? else {
            return Ok(Verify::Dead);
        };
        if !app.keyring.code_matches(id.as_str(), typed.digits().expose(), &tried.hash) {
            return Ok(Verify::Wrong { tries_left: limit - tried.tries });
        }
        if !store::codes::consume(conn, &tried.id, now).await? {
            return Ok(Verify::Dead);
        }
        store::apply(conn, guard::send_was_proved(&visitor.network.to_string(), now)).await?;
        if contact.state == ContactState::Verified {
            store::contacts::set_confirmed(conn, &member.workspace_id, id, now).await?;
            return Ok(Verify::Done { recovers_from: contact.recovers_from.unwrap_or(now) });
        }
        let recovers_from =
            if is_being_set_up(conn, signed, now).await? { now } else { now + app.config.limits.contact_hold() };
        if !store::contacts::set_verified(conn, &member.workspace_id, id, recovers_from, now).await? {
            return Ok(Verify::Dead);
        }
        deed(signed, "contact_verified", Some(id), visitor).write(app, conn, now).await?;
        alarm::tell(app, conn, member, alarm::Event::ContactAdded, id.as_str(), None, now).await?;
        Ok(Verify::Done { recovers_from })
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Whether the account is being set up: its first password is not a day old, and no contact counted before this hour.
/// Only then is there no other way in behind whose back a contact could be added.
async fn is_being_set_up(conn: &mut Conn, signed: &Signed, now: Timestamp) -> Result<bool> {
    let member = &signed.member;
    let first_password = store::passwords::recent(conn, &member.id, 1).await?.len() == 1;
    let young = signed.password_set_at.is_some_and(|at| at + days(1) > now);
    let settled = store::contacts::had_before(conn, &member.workspace_id, &member.id, now - hours(1)).await?;
    Ok(first_password && young && !settled)
}

/// What came of removing a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remove {
    /// It is gone; it was told, and can object.
    Done,
    /// The password must be given again first.
    ProveAgain,
    /// A recovery happened less than a day ago by the only channel that proved anything: until then nothing is removed.
    AfterRecovery(Timestamp),
    /// There is no such contact.
    NoSuch,
}

/// Removes a contact. For a day after a recovery contacts stay, unless one of the other kind than the one that
/// recovered was proved since.
pub async fn remove(app: &App, signed: &Signed, id: &ContactId, visitor: &Visitor) -> Result<Remove> {
    let now = visitor.now;
    if !signed.is_fresh(now) {
        return Ok(Remove::ProveAgain);
    }
    let member = &signed.member;
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Remove::ProveAgain);
        }
        let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        let Some(contact) = all.iter().find(|contact| contact.id == *id) else {
            return Ok::<_, Error>(Remove::NoSuch);
        };
        let proofs: Vec<Proof> = all.iter().map(Proof::from).collect();
        if let Some(until) = stays_until(signed, &proofs, now)
            && contact.state != ContactState::Unverified
        {
            return Ok(Remove::AfterRecovery(until));
        }
        // The contact is told while it still stands in the rows, so that it can object to its own removal.
        if contact.state == ContactState::Verified {
            alarm::tell(app, conn, member, alarm::Event::ContactRemoved, id.as_str(), None, now).await?;
        }
        store::contacts::remove(conn, &member.workspace_id, id, now).await?;
        deed(signed, "contact_removed", Some(id), visitor).write(app, conn, now).await?;
        Ok(Remove::Done)
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// What a contact proves, whichever way it was read.
struct Proof {
    kind: ContactKind,
    state: ContactState,
    verified_at: Option<Timestamp>,
    confirmed_at: Option<Timestamp>,
}

impl From<&Contact> for Proof {
    fn from(row: &Contact) -> Self {
        Self { kind: row.kind, state: row.state, verified_at: row.verified_at, confirmed_at: row.confirmed_at }
    }
}

impl From<&Own> for Proof {
    fn from(own: &Own) -> Self {
        Self { kind: own.kind, state: own.state, verified_at: own.verified_at, confirmed_at: own.confirmed_at }
    }
}

/// Until when contacts stay because of a recovery; none once a contact of the other kind than the one that recovered,
/// older than the recovery, was proved after it.
fn stays_until(signed: &Signed, contacts: &[Proof], now: Timestamp) -> Option<Timestamp> {
    let (at, by) = (signed.member.recovered_at?, signed.member.recovered_by?);
    let proved = contacts.iter().any(|contact| {
        contact.kind != by
            && contact.state == ContactState::Verified
            && contact.verified_at.is_some_and(|verified| verified < at)
            && contact.confirmed_at.is_some_and(|confirmed| confirmed > at)
    });
    Some(at + days(1)).filter(|until| *until > now && !proved)
}

/// The same for the page that asks whether one is sure.
pub fn stay_until(signed: &Signed, contacts: &[Own], now: Timestamp) -> Option<Timestamp> {
    stays_until(signed, &contacts.iter().map(Proof::from).collect::<Vec<_>>(), now)
}

/// Puts the reminder about contacts off for a week.
pub async fn later(app: &App, signed: &Signed, visitor: &Visitor) -> Result<()> {
    let member = &signed.member;
    let until = visitor.now + days(7);
    transaction!(app.db, conn => store::members::set_contacts_later(conn, &member.workspace_id, &member.id, until).await)?;
    Ok(())
}

/// The member went through the check-up.
pub async fn checked_up(app: &App, signed: &Signed, visitor: &Visitor) -> Result<()> {
    let member = &signed.member;
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, visitor.now).await? {
            return Ok::<_, Error>(());
        }
        store::members::set_checked_up(conn, &member.workspace_id, &member.id).await?;
        deed(signed, "checked_up", None, visitor).write(app, conn, visitor.now).await?;
        Ok(())
    })?;
    Ok(())
}

fn deed<'a>(signed: &'a Signed, action: &'a str, contact: Option<&'a ContactId>, visitor: &Visitor) -> Deed<'a> {
    Deed { subject: contact.map(ContactId::as_str), ..Deed::own(&signed.member, action, visitor) }
}
