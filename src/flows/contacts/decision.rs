//! What becomes of a contact that an objection froze: its owner keeps it or takes it away, once another contact that counted
//! before the change was proved after the freezing, in the same session. The objection alone brings nothing back: the old
//! number may be in a thief's hands as well as the new one. Without such a contact an administrator decides.

use super::{Own, deed, masked, own, verified};
use crate::app::App;
use crate::flows::recovery::CONTACT;
use crate::flows::session::{self, Signed};
use crate::flows::{Changed, Error, Result, Visitor, alarm};
use crate::model::{ContactState, Timestamp, days, id::ContactId};
use crate::store;
use crate::store::frozen::Decider;
use crate::store::transaction;

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It counts again, and recovers alone after the hold of a new one.
    Keep,
    /// It is taken away.
    Remove,
}

impl Decision {
    /// The decision of this word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "keep" => Some(Self::Keep),
            "remove" => Some(Self::Remove),
            _ => None,
        }
    }
}

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decide {
    /// So it is; all contacts were told.
    Done,
    /// The password must be given again first, or the session is over.
    ProveAgain,
    /// One of these must be proved first, in this session.
    Unproved(Vec<ContactId>),
    /// No contact but one of the kind that recovered the account a short while ago: until then nothing is decided.
    AfterRecovery(Timestamp),
    /// No contact that is old enough: an administrator decides.
    AskAdministrator,
    /// It is not frozen (any more).
    NotFrozen,
    /// There is no such contact.
    NoSuch,
}

/// A frozen contact, for the page that asks what is to become of it.
#[derive(Debug)]
pub struct Undecided {
    /// Which.
    pub contact: Own,
    /// The contacts by which it can be decided.
    pub older: Vec<Own>,
    /// One of them was proved.
    pub is_proved: bool,
    /// There are such contacts only from then on: a recovery happened a short while ago.
    pub from: Option<Timestamp>,
}

fn decider(signed: &Signed, recovered_since: Timestamp) -> Decider<'_> {
    let member = &signed.member;
    Decider { workspace: &member.workspace_id, member: &member.id, session: &signed.session, recovered_since }
}

/// One's own contact, and what can be decided about it; none for anybody else's.
pub async fn undecided(app: &App, signed: &Signed, id: &ContactId, now: Timestamp) -> Result<Option<Undecided>> {
    let member = &signed.member;
    let mut conn = app.db.read().await?;
    let rows = store::contacts::list(&mut conn, &member.workspace_id, &member.id).await?;
    let older = store::frozen::older(&mut conn, decider(signed, now - days(1)), id).await?;
    let from = if older.is_empty() { open_from(&mut conn, signed, id, now).await? } else { None };
    let mut contact = None;
    let mut by = Vec::new();
    for row in rows {
        if row.id == *id {
            contact = Some(own(app, signed, row)?);
        } else if older.iter().any(|older| older.id == row.id) {
            by.push(own(app, signed, row)?);
        }
    }
    let is_proved = older.iter().any(|older| older.proved);
    Ok(contact.map(|contact| Undecided { contact, older: by, is_proved, from }))
}

/// From when somebody could decide whom only a recovery of the last day keeps from it.
async fn open_from(
    conn: &mut store::Conn,
    signed: &Signed,
    id: &ContactId,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let later = store::frozen::older(conn, decider(signed, now), id).await?;
    Ok(signed.member.recovered_at.map(|at| at + days(1)).filter(|_| !later.is_empty()))
}

/// Decides about a frozen contact. Whether that is theirs to decide is proved anew by the statement that changes it.
pub async fn decide(
    app: &App,
    signed: &Signed,
    id: &ContactId,
    decision: Decision,
    visitor: &Visitor,
) -> Result<Decide> {
    let now = visitor.now;
    if !signed.is_fresh(now) {
        return Ok(Decide::ProveAgain);
    }
    let member = &signed.member;
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(Decide::ProveAgain);
        }
        // As they stand before: the contact in question is told, but has no say in it.
        let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        let by = decider(signed, now - days(1));
        let key = signed.data_key(app)?;
        let (decided, action, event, changed) = match decision {
            Decision::Keep => {
                let recovers_from = now + app.config.limits.contact_hold();
                let kept = store::frozen::keep(conn, by, id, recovers_from).await?;
                let changed = verified(ContactState::Frozen, recovers_from);
                (kept, "frozen_contact_kept", alarm::Event::ContactKept, changed)
            }
            Decision::Remove => {
                let removed = store::frozen::remove(conn, by, id, now).await?;
                let mut changed = Changed::default();
                if let Some(contact) = all.iter().find(|contact| contact.id == *id) {
                    let was = masked(contact.kind, &key.open_text(CONTACT, id.as_str(), &contact.address)?);
                    changed = changed.put(contact.kind.as_str(), was, ());
                }
                (removed, "frozen_contact_removed", alarm::Event::ContactRemoved, changed)
            }
        };
        if !decided {
            let state = all.iter().find(|contact| contact.id == *id).map(|contact| contact.state);
            return why_not(conn, signed, id, state, now).await;
        }
        let news = alarm::News { event, subject: id.as_str(), about: None, reference: None };
        alarm::tell_all(app, conn, member, &all, news, now).await?;
        deed(signed, action, Some(id), visitor).with(key.clone(), changed).write(app, conn, now).await?;
        Ok(Decide::Done)
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

async fn why_not(
    conn: &mut store::Conn,
    signed: &Signed,
    id: &ContactId,
    state: Option<ContactState>,
    now: Timestamp,
) -> Result<Decide> {
    match state {
        None => return Ok(Decide::NoSuch),
        Some(ContactState::Frozen) => {}
        Some(_) => return Ok(Decide::NotFrozen),
    }
    let older = store::frozen::older(conn, decider(signed, now - days(1)), id).await?;
    if !older.is_empty() {
        return Ok(Decide::Unproved(older.into_iter().map(|older| older.id).collect()));
    }
    Ok(open_from(conn, signed, id, now).await?.map_or(Decide::AskAdministrator, Decide::AfterRecovery))
}
