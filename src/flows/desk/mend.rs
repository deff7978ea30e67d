//! A member's contacts put right: a number or address that was mistyped, is new, or is gone. Every other contact is told, the one that is
//! replaced too, and can object.
//!
//! It counts after the time for new ones; at once only where a [`warrant`] says that the member asks for it. Nobody has typed a code that went
//! there: until the member does, it recovers, but gets no secret and has no say
//! ([`Contact::is_confirmed`](crate::store::contacts::Contact::is_confirmed)).

use super::{Refusal, Seat, warrant};
use crate::app::App;
use crate::flows::alarm::{self, Event, News};
use crate::flows::contacts::{Address, masked};
use crate::flows::recovery::CONTACT;
use crate::flows::{Changed, Deed, Error, Result, new_id};
use crate::model::id::{ContactId, MemberId};
use crate::model::{Action, AddressIndex, ContactState, MemberState, Timestamp};
use crate::store::contacts::Contact;
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::vault::DataKey;

const ACTION: Action = Action::MendContacts;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub enum Mend<'a> {
    /// One more.
    Add(&'a Address),
    /// This one instead of that.
    Replace(&'a ContactId, &'a Address),
    /// That one away.
    Remove(&'a ContactId),
}

/// From when a contact is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// After the time for new ones.
    Hold,
    /// When the warrant of who sits at the desk is good; it is used up.
    Warrant,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// As anything at the desk.
    Refusal(Refusal),
    /// The member has it already.
    HaveIt,
    /// There are enough of this kind.
    Full,
    /// The contact that was to be replaced or removed is not there any more: somebody was faster.
    Gone,
    /// There is no warrant (any more).
    NoWarrant,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mended {
    /// From when it recovers; none for one that was removed, and for a member who has yet to come in and prove it.
    pub counts_from: Option<Timestamp>,
}

/// Does it.
pub async fn mend(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    what: Mend<'_>,
    from: From,
) -> Result<std::result::Result<Mended, Refused>> {
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, ACTION, id).await? {
            Ok(member) if member.state != MemberState::Deleted => member,
            Ok(_) => return Ok::<_, Error>(Err(Refused::Refusal(Refusal::State))),
            Err(refusal) => return Ok(Err(Refused::Refusal(refusal))),
        };
        put_right(app, conn, seat, &member, what, from).await
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

async fn put_right(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    member: &Member,
    what: Mend<'_>,
    from: From,
) -> Result<std::result::Result<Mended, Refused>> {
    let now = seat.now();
    let (old, address) = match what {
        Mend::Add(address) => (None, Some(address)),
        Mend::Replace(id, address) => (Some(id), Some(address)),
        Mend::Remove(id) => (Some(id), None),
    };
    let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let old = match old {
        Some(id) => match all.iter().find(|contact| contact.id == *id) {
            Some(old) => Some(old),
            None => return Ok(Err(Refused::Gone)),
        },
        None => None,
    };
    let mut counts_from = None;
    let mut changed = Changed::default();
    let key = seat.signed().data_key(app)?;
    let mut subject = old.map(|old| old.id.clone());
    let mut about = None;
    if let Some(address) = address {
        let kind = address.kind();
        let left = all.iter().filter(|contact| contact.kind == kind && old.is_none_or(|old| old.id != contact.id));
        if left.count() >= app.config.limits.contacts_per_kind {
            return Ok(Err(Refused::Full));
        }
        let index = app.keyring.contact_index(kind.as_str(), &address.canonical());
        if all.iter().any(|contact| contact.kind == kind && index.is(&contact.address_index)) {
            return Ok(Err(Refused::HaveIt));
        }
        if member.state == MemberState::Active {
            counts_from = Some(match from {
                From::Hold => now + app.config.limits.contact_hold(),
                From::Warrant => match warrant::consume_ahead(conn, seat, &member.id, "contact_mended").await? {
                    Some((at, ground)) => {
                        changed = changed.put("ground", (), ground);
                        at
                    }
                    None => return Ok(Err(Refused::NoWarrant)),
                },
            });
        }
        let contact = row(app, &key, member, (address, &index), counts_from, now);
        if !store::contacts::insert(conn, &contact, &index).await? {
            return Err(Error::Broken("the member added the same contact at this moment".to_owned()));
        }
        about = Some(masked(kind, &address.as_sent()));
        subject = Some(contact.id);
    }
    let mut was = None;
    if let Some(old) = old {
        was = Some(masked(old.kind, &key.open_text(CONTACT, old.id.as_str(), &old.address)?));
        store::contacts::remove(conn, &member.workspace_id, &old.id, now).await?;
        // What is under way to it, and what was proved by it, ends.
        store::recoveries::end_open(conn, &member.id, now).await?;
        store::forced_changes::end_sent_to(conn, &member.id, &old.id, "contact_mended", now).await?;
    }
    let action = match what {
        Mend::Add(_) => "contact_added_by_desk",
        Mend::Replace(..) => "contact_mended",
        Mend::Remove(_) => "contact_removed_by_desk",
    };
    let subject = subject.unwrap_or_else(|| ContactId(String::new()));
    let changed = changed.put("contact", &was, &about);
    let deed = Deed { subject: Some(subject.as_str()), ..seat.deed(member, action) };
    deed.with(key, changed).write(app, conn, now).await?;
    // As they stood before: the one that goes is told, the new one has nothing to say. An objection holds the account, also by one that is
    // gone: to freeze that would stop nothing.
    let news =
        News { event: Event::ContactMended, subject: subject.as_str(), about: about.as_deref(), reference: None };
    alarm::tell_all(app, conn, member, &all, news, now).await?;
    Ok(Ok(Mended { counts_from }))
}

fn row(
    app: &App,
    key: &DataKey,
    member: &Member,
    (address, index): (&Address, &AddressIndex),
    counts_from: Option<Timestamp>,
    now: Timestamp,
) -> Contact {
    let id = new_id!(app, now, ContactId);
    Contact {
        address: key.seal(&*app.dice, CONTACT, id.as_str(), address.as_sent().as_bytes()),
        address_index: index.written().to_owned(),
        id,
        workspace_id: member.workspace_id.clone(),
        member_id: member.id.clone(),
        kind: address.kind(),
        state: if counts_from.is_some() { ContactState::Verified } else { ContactState::Unverified },
        recovers_from: counts_from,
        verified_at: None,
        confirmed_at: None,
        removed_at: None,
        created_at: now,
        frozen_at: None,
        changed_at: None,
        lost_in: None,
        lost_from: None,
        recovered_at: None,
    }
}
