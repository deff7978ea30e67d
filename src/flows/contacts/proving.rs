//! A contact is added and counts for nothing until the code that went there was typed; one that counts is proved again
//! the same way.

use super::{Address, Own, canonical, deed, masked, own, verified};
use crate::app::App;
use crate::flows::guard::{self, Wait};
use crate::flows::post::{self, Message};
use crate::flows::recovery::CONTACT;
use crate::flows::session::{self, Signed};
use crate::flows::trail::Followed;
use crate::flows::unverified::{self, Taken};
use crate::flows::{Changed, Error, Result, Visitor, alarm, devices, new_id};
use crate::model::{
    AddressIndex, CodeTyped, ContactKind, ContactState, DigitCode, Timestamp, days, hours, id::ContactId, seconds,
};
use crate::store::codes::NewCode;
use crate::store::contacts::Contact;
use crate::store::transaction;
use crate::store::{self, Conn};
use crate::wording::messages;

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
    /// Codes to unconfirmed numbers of this country have run over.
    Held(String, Wait),
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
    let index = app.keyring.contact_index(kind.as_str(), &address.canonical());
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Add::ProveAgain);
        }
        let had = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        if let Some(same) =
            had.iter().find(|contact| contact.kind == kind && index.is(&contact.address_index))
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
            address_index: index.written().to_owned(),
            state: ContactState::Unverified,
            recovers_from: None,
            verified_at: None,
            confirmed_at: None,
            removed_at: None,
            created_at: now,
            frozen_at: None,
            changed_at: None,
            lost_in: None,
            lost_from: None,
            recovered_at: None,
        };
        if !store::contacts::insert(conn, &contact, &index).await? {
            return Ok(Add::HaveIt);
        }
        send_code(app, conn, signed, &contact, Some(address), visitor).await?;
        let added = Changed::default().put(kind.as_str(), (), masked(kind, &address.as_sent()));
        deed(signed, "contact_added", Some(&id), visitor).with(key.clone(), added).write(app, conn, now).await?;
        Ok(Add::CodeSent(id))
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(add) | Err(Stop::Refused(add)) => Ok(add),
        Err(Stop::Held(country, wait)) => {
            held(app, signed, &country, now).await?;
            Ok(Add::Wait(wait))
        }
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// What was refused took everything back with it: that it was is told by itself.
async fn held(app: &App, signed: &Signed, country: &str, now: Timestamp) -> Result<()> {
    let workspace = &signed.member.workspace_id;
    transaction!(app.db, conn => unverified::tell(conn, workspace, country, now).await)
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
    let to = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address).map_err(Error::from)?;
    if let Some(country) = unverified::country(contact, &to) {
        match unverified::take(app, conn, &country, now).await? {
            Taken::Within => {}
            Taken::Recorded => unverified::tell(conn, &contact.workspace_id, &country, now).await?,
            Taken::Held(wait) => return Err(Stop::Held(country, wait)),
        }
    }
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
    let message = Message {
        workspace: Some(&contact.workspace_id),
        member: Some(&contact.member_id),
        contact: Some(&contact.id),
        known: false,
        kind: contact.kind,
        purpose: super::CODE,
        reference: None,
        to: Some(&to),
        rendered: messages::contact_code(signed.member.locale, contact.kind, app.config.host(), code.digits()),
        expires_at,
    };
    let message = post::sealed(app, &message, now);
    Ok(store::apply(conn, [store::codes::put(&row), store::outbox::insert(&message)]).await?)
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
        Err(Stop::Held(country, wait)) => {
            held(app, signed, &country, visitor.now).await?;
            Ok(Resend::Wait(wait))
        }
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

/// The newest code that went to this contact.
pub fn followed(signed: &Signed, id: &ContactId) -> Followed {
    Followed::own(signed, id, super::CODE)
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
        // The code of a contact that counts opens what a recovery's does not (a removal, a frozen contact): guesses at it are
        // taken from the account's one budget.
        let counts = contact.state == ContactState::Verified;
        let index = index_of(app, signed, &contact)?;
        let compared = !counts || take_guess(app, conn, contact.kind, &index, visitor).await?;
        let same = app.keyring.code_matches(id.as_str(), typed.digits().expose(), &tried.hash);
        if !(compared && same) {
            if counts {
                guard::guess_was_wrong(conn, contact.kind, &index, id.as_str(), now).await?;
            }
            return Ok(Verify::Wrong { tries_left: limit - tried.tries });
        }
        if !store::codes::consume(conn, &tried.id, now).await? {
            return Ok(Verify::Dead);
        }
        let typed = store::messages::set_entered_by(id, super::CODE, now);
        let network = visitor.network.to_string();
        store::apply(conn, guard::send_was_proved(&network, now).chain([typed])).await?;
        if counts {
            store::apply(conn, guard::guess_was_right(contact.kind, &index)).await?;
            if !store::contacts::set_confirmed(conn, &member.workspace_id, id, &signed.session, now).await? {
                return Ok(Verify::Dead);
            }
            return Ok(Verify::Done { recovers_from: contact.recovers_from.unwrap_or(now) });
        }
        let recovers_from =
            if is_being_set_up(conn, signed, now).await? { now } else { now + app.config.limits.contact_hold() };
        if !store::contacts::set_verified(conn, &member.workspace_id, id, recovers_from, now).await? {
            return Ok(Verify::Dead);
        }
        let to = signed.data_key(app)?.open_text(CONTACT, id.as_str(), &contact.address)?;
        store::apply(conn, unverified::country(&contact, &to).map(|country| unverified::was_typed(&country))).await?;
        let changed = verified(contact.state, recovers_from);
        let deed = deed(signed, "contact_verified", Some(id), visitor);
        deed.with(signed.data_key(app)?, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, member, alarm::Event::ContactAdded, id.as_str(), None, now).await?;
        Ok(Verify::Done { recovers_from })
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The contact's address as any row may have it, not only as this one does: others may have the same.
fn index_of(app: &App, signed: &Signed, contact: &Contact) -> Result<AddressIndex> {
    let plain = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    Ok(app.keyring.contact_index(contact.kind.as_str(), &canonical(contact.kind, &plain)?))
}

async fn take_guess(
    app: &App,
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    visitor: &Visitor,
) -> Result<bool> {
    let device = devices::recognise(app, conn, visitor).await?;
    let network = visitor.network.to_string();
    let known = store::devices::known_for_address(conn, kind, index, device.as_ref(), &network).await?;
    Ok(guard::take_guess(app, conn, kind, index, known, visitor).await?)
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
