//! A contact is taken away. It is told, and can object for a week. For a day after a recovery contacts stay, unless one of
//! the other kind than the one that recovered is proved: who cannot do that can only have the account held.

use super::{Own, deed, masked};
use crate::app::App;
use crate::flows::recovery::CONTACT;
use crate::flows::session::{self, Signed};
use crate::flows::{Changed, Error, Result, Visitor, alarm};
use crate::model::{ContactKind, ContactState, Timestamp, days, id::ContactId};
use crate::store;
use crate::store::contacts::Contact;
use crate::store::transaction;

/// What is wanted where a removal needs a proof that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproved {
    /// Nothing is done.
    Refuse,
    /// The account is held until an administrator has made sure who it is.
    Hold,
}

/// What came of removing a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remove {
    /// It is gone; it was told, and can object.
    Done,
    /// The contact is still there; the account is held and this session over.
    Held,
    /// The password must be given again first, or the session is over.
    ProveAgain,
    /// A recovery happened less than a day ago by the only channel that proved anything.
    AfterRecovery {
        /// Until then nothing is removed without a proof.
        until: Timestamp,
        /// By these it can be proved.
        provers: Vec<ContactId>,
    },
    /// It is frozen: that is decided another way.
    Frozen,
    /// There is no such contact.
    NoSuch,
}

/// Removes a contact. For a day after a recovery contacts stay, unless one of the other kind than the one that
/// recovered was proved since; `unproved` says what else is wanted.
pub async fn remove(
    app: &App,
    signed: &Signed,
    id: &ContactId,
    unproved: Unproved,
    visitor: &Visitor,
) -> Result<Remove> {
    let now = visitor.now;
    if !signed.is_fresh(now) {
        return Ok(Remove::ProveAgain);
    }
    let member = &signed.member;
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            // The same button, pressed twice at once, is answered twice the same.
            let now_held = store::members::by_id(conn, &member.workspace_id, &member.id).await?;
            let is_held = now_held.is_some_and(|member| member.held_at.is_some());
            return Ok(if is_held && unproved == Unproved::Hold { Remove::Held } else { Remove::ProveAgain });
        }
        let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        let Some(contact) = all.iter().find(|contact| contact.id == *id) else {
            return Ok::<_, Error>(Remove::NoSuch);
        };
        if contact.state == ContactState::Frozen && contact.lost_in.is_none() {
            return Ok(Remove::Frozen);
        }
        let proofs: Vec<Proof> = all.iter().map(Proof::from).collect();
        if let Some(until) = stays_until(signed, &proofs, now)
            && contact.state != ContactState::Unverified
        {
            if unproved == Unproved::Hold {
                alarm::hold(app, conn, member, None, now).await?;
                let (key, changed) = (signed.data_key(app)?, Changed::default().put("held", false, true));
                deed(signed, "removal_held", Some(id), visitor).with(key, changed).write(app, conn, now).await?;
                return Ok(Remove::Held);
            }
            let provers = all.iter().filter(|contact| Proof::from(*contact).could_prove(signed));
            return Ok(Remove::AfterRecovery { until, provers: provers.map(|contact| contact.id.clone()).collect() });
        }
        // The contact is told while it still stands in the rows, so that it can object to its own removal.
        if contact.state == ContactState::Verified {
            alarm::tell(app, conn, member, alarm::Event::ContactRemoved, id.as_str(), None, now).await?;
        }
        store::contacts::remove(conn, &member.workspace_id, id, now).await?;
        let key = signed.data_key(app)?;
        let was = masked(contact.kind, &key.open_text(CONTACT, id.as_str(), &contact.address)?);
        let removed = Changed::default().put(contact.kind.as_str(), was, ());
        deed(signed, "contact_removed", Some(id), visitor).with(key, removed).write(app, conn, now).await?;
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

impl Proof {
    /// Whether a code to it would be another channel's proof: of another kind than the one that recovered, and older
    /// than the recovery.
    fn could_prove(&self, signed: &Signed) -> bool {
        let (Some(at), Some(by)) = (signed.member.recovered_at, signed.member.recovered_by) else { return false };
        self.kind != by
            && self.state == ContactState::Verified
            && self.verified_at.is_some_and(|verified| verified < at)
    }
    /// Whether its code was typed since.
    fn proves(&self, signed: &Signed) -> bool {
        let since = signed.member.recovered_at;
        self.could_prove(signed) && self.confirmed_at.is_some_and(|confirmed| Some(confirmed) > since)
    }
}

/// Why none of these contacts can be taken out of use for now: until when, and by which others that could be ended. None where they can.
pub(in crate::flows) fn stays_for(
    signed: &Signed,
    all: &[Contact],
    taken: &[ContactId],
    now: Timestamp,
) -> Option<(Timestamp, Vec<ContactId>)> {
    let left = || all.iter().filter(|contact| !taken.contains(&contact.id));
    let until = stays_until(signed, &left().map(Proof::from).collect::<Vec<_>>(), now)?;
    let provers = left().filter(|contact| Proof::from(*contact).could_prove(signed));
    Some((until, provers.map(|contact| contact.id.clone()).collect()))
}

/// Until when contacts stay because of a recovery; none once another channel proved something.
fn stays_until(signed: &Signed, contacts: &[Proof], now: Timestamp) -> Option<Timestamp> {
    let until = signed.member.recovered_at? + days(1);
    signed.member.recovered_by?;
    (until > now && !contacts.iter().any(|contact| contact.proves(signed))).then_some(until)
}

/// Why a contact stays for now, for the page that asks whether one is sure.
#[derive(Debug)]
pub struct Stay<'a> {
    /// Until then, without a proof.
    pub until: Timestamp,
    /// By these it can be proved.
    pub provers: Vec<&'a Own>,
}

/// Whether this contact stays for now.
pub fn stay<'a>(signed: &Signed, contacts: &'a [Own], contact: &Own, now: Timestamp) -> Option<Stay<'a>> {
    if contact.state == ContactState::Unverified {
        return None;
    }
    let until = stays_until(signed, &contacts.iter().map(Proof::from).collect::<Vec<_>>(), now)?;
    Some(Stay { until, provers: contacts.iter().filter(|own| Proof::from(*own).could_prove(signed)).collect() })
}
