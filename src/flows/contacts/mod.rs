//! One's own mobile numbers and e-mail addresses: added and proved by a code (`proving`), taken away (`removal`), and
//! what becomes of those that an objection froze (`decision`). A new one waits a day before it can recover alone, the older
//! ones are told, and each of them can object for a week.

mod decision;
mod proving;
mod removal;
pub mod trying;

pub use decision::{Decide, Decision, Undecided, decide, undecided};
pub use proving::{Add, Awaiting, Resend, Verify, add, awaiting, followed, resend, verify};
pub(in crate::flows) use removal::stays_for;
pub use removal::{Remove, Stay, Unproved, remove, stay};
pub use trying::Try;

use super::recovery::CONTACT;
use super::session::{self, Signed};
use super::{Changed, Deed, Error, Result, Visitor};
use crate::app::App;
use crate::model::{ContactKind, ContactState, EmailAddress, Phone, Timestamp, days, id::ContactId, time::Span};
use crate::store;
use crate::store::contacts::Contact;
use crate::store::members::Member;
use crate::store::transaction;

/// What a message with the code of a contact of one's own is for.
pub(super) const CODE: &str = "contact_code";

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
    /// As its owner would write it: 090-1234-5678, or the address.
    pub fn shown(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.national(),
            Self::Email(address) => address.as_sent(),
        }
    }
    /// The one form it is compared in.
    pub(in crate::flows) fn canonical(&self) -> String {
        match self {
            Self::Mobile(phone) => phone.e164().to_owned(),
            Self::Email(address) => address.canonical(),
        }
    }
    /// The form it is stored and sent to in.
    pub(in crate::flows) fn as_sent(&self) -> String {
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

/// What a stored contact is indexed by.
pub(super) fn canonical(kind: ContactKind, stored: &str) -> Result<String> {
    match kind {
        ContactKind::Mobile => Ok(stored.to_owned()),
        ContactKind::Email => EmailAddress::parse(stored)
            .map(|address| address.canonical())
            .map_err(|_| Error::Broken("a stored address cannot be read".to_owned())),
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
    /// It is on a device that was reported as lost.
    pub lost: bool,
    /// Its newest messages came back; looked at where all are listed.
    pub bounces: bool,
    /// Only of a frozen contact, and not of one that was frozen before these times were kept.
    pub frozen: Option<Frozen>,
}

/// What is known of a freezing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen {
    /// Since when.
    pub at: Timestamp,
    /// When that happened which somebody objected to.
    pub changed_at: Timestamp,
}

/// The member's contacts, oldest first.
pub async fn list(app: &App, signed: &Signed) -> Result<Vec<Own>> {
    let member = &signed.member;
    let mut conn = app.db.read().await?;
    let rows = store::contacts::list(&mut conn, &member.workspace_id, &member.id).await?;
    let seen = store::readiness::contacts_of(&mut conn, &member.workspace_id, &member.id).await?;
    drop(conn);
    let bounces = |id: &ContactId| seen.iter().any(|seen| seen.id == *id && seen.bounces());
    rows.into_iter().map(|row| Ok(Own { bounces: bounces(&row.id), ..own(app, signed, row)? })).collect()
}

pub(super) fn own(app: &App, signed: &Signed, row: Contact) -> Result<Own> {
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
        lost: row.lost_in.is_some(),
        bounces: false,
        frozen: match (row.state, row.frozen_at, row.changed_at) {
            (ContactState::Frozen, Some(at), Some(changed_at)) => Some(Frozen { at, changed_at }),
            _ => None,
        },
    })
}

/// For how long the reminder about contacts is put off.
const LATER: Span = days(7);

/// When the reminder about contacts was put off, and until when.
pub fn put_off(member: &Member) -> Option<(Timestamp, Timestamp)> {
    member.contacts_later.map(|until| (until - LATER, until))
}

/// When an administrator asked the member last to see to their contacts.
pub async fn asked_at(app: &App, signed: &Signed) -> Result<Option<Timestamp>> {
    let member = &signed.member;
    Ok(store::nudges::last(&mut app.db.read().await?, &member.workspace_id, &member.id).await?)
}

/// Puts the reminder about contacts off for a week.
pub async fn later(app: &App, signed: &Signed, visitor: &Visitor) -> Result<()> {
    let member = &signed.member;
    let until = visitor.now + LATER;
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

/// What the proof of a contact changes, for the audit log: that it counts, and from when.
pub(super) fn verified(before: ContactState, recovers_from: Timestamp) -> Changed {
    let from = recovers_from.to_jiff().to_string();
    Changed::default().put("state", before, ContactState::Verified).put("recovers_from", (), from)
}

fn deed<'a>(signed: &'a Signed, action: &'a str, contact: Option<&'a ContactId>, visitor: &Visitor) -> Deed<'a> {
    Deed { subject: contact.map(ContactId::as_str), ..Deed::own(&signed.member, action, visitor) }
}
