//! A contact is taken away. It is told, and can object for a week; for a day after a recovery contacts stay.

use super::{Own, deed};
use crate::app::App;
use crate::flows::session::{self, Signed};
use crate::flows::{Error, Result, Visitor, alarm};
use crate::model::{ContactKind, ContactState, Timestamp, days, id::ContactId};
use crate::store;
use crate::store::contacts::Contact;
use crate::store::transaction;

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
