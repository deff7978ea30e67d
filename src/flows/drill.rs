//! 「入り直しの練習」: a signed-in member tries out getting back in, by a code to a contact of their own, up to the page where a password would be
//! set. Nothing is changed but that it was done, and that the contact was used.
//!
//! It opens nothing: its codes belong to a row of their own, which only the session that began it reads. It takes nothing from a real recovery:
//! its messages and its guesses are counted apart from those. And a right code counts as a use of the contact outside of any session, as a
//! recovery's does, so that it decides nothing about frozen contacts; for a day after a recovery it does not count at all.

use super::contacts::{self, Own};
use super::guard::{self, Sends, Wait};
use super::post::{self, Message};
use super::recovery::CONTACT;
use super::session::{self, Signed};
use super::trail::Followed;
use super::{Deed, Error, Result, Visitor, new_id};
use crate::app::App;
use crate::model::id::ContactId;
use crate::model::{CodeTyped, ContactState, DigitCode, Mark, Timestamp, days, minutes, seconds, time::Span};
use crate::store::codes::NewCode;
use crate::store::contacts::Contact;
use crate::store::devices::Known;
use crate::store::drills::{self, Drill};
use crate::store::limits::{self, Window};
use crate::store::{self, Conn, transaction};
use crate::wording::readiness as messages;

/// What a message with a drill's code is for.
pub(super) const CODE: &str = "drill_code";
/// How long one goes on.
const TRY: Span = minutes(30);
/// Messages and guesses of a member's drills in a day.
const SENDS_A_DAY: i64 = 5;
const GUESSES_A_DAY: i64 = 15;

/// Breakage, or a refusal that must leave no trace: it rolls back what was taken before.
enum Stop {
    Wait(Wait),
    Ended,
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Whether a recovery could use it now.
fn counts(contact: &Contact, now: Timestamp) -> bool {
    contact.state == ContactState::Verified && contact.recovers_from.is_some_and(|from| from <= now)
}

/// One's own contacts by which it can be tried, oldest first, and when it was done last.
pub async fn choices(app: &App, signed: &Signed, now: Timestamp) -> Result<(Vec<Own>, Option<Timestamp>)> {
    let member = &signed.member;
    let mut conn = app.db.read().await?;
    let rows = store::contacts::list(&mut conn, &member.workspace_id, &member.id).await?;
    let done_at = drills::of_member(&mut conn, &member.workspace_id, &member.id).await?.and_then(|drill| drill.done_at);
    drop(conn);
    let good = rows.into_iter().filter(|row| counts(row, now));
    Ok((good.map(|row| contacts::own(app, signed, row)).collect::<Result<_>>()?, done_at))
}

/// What came of asking for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Send {
    /// It is on its way.
    Sent,
    /// Enough for now.
    Wait(Wait),
    /// No such contact that counts, no drill of this session that is open, or no session.
    Ended,
}

/// Begins one: a code goes to this contact.
pub async fn start(app: &App, signed: &Signed, contact: &ContactId, visitor: &Visitor) -> Result<Send> {
    let now = visitor.now;
    let member = &signed.member;
    let drill = Drill {
        member_id: member.id.clone(),
        workspace_id: member.workspace_id.clone(),
        id: new_id!(app, now, DrillId),
        session_id: signed.session.clone(),
        contact_id: contact.clone(),
        mark: Mark::from_bytes(app.chance()).to_string(),
        sent_at: now,
        expires_at: now + TRY,
        passed_at: None,
        done_at: None,
    };
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Send::Ended);
        }
        store::apply(conn, [drills::put(&drill)]).await?;
        send(app, conn, signed, &drill, visitor).await
    });
    settled(app, done)
}

/// Sends another code; the older one dies.
pub async fn resend(app: &App, signed: &Signed, visitor: &Visitor) -> Result<Send> {
    let now = visitor.now;
    let pause = seconds(app.config.limits.resend_seconds);
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok(Send::Ended);
        }
        let Some(drill) = open(conn, signed, now).await?.filter(|drill| drill.passed_at.is_none()) else {
            return Ok(Send::Ended);
        };
        if !drills::set_sent_again(conn, &drill, now - pause, now).await? {
            return Err(Stop::Wait(Wait { until: drill.sent_at + pause, what: guard::Spent::Destination }));
        }
        send(app, conn, signed, &drill, visitor).await
    });
    settled(app, done)
}

fn settled(app: &App, done: std::result::Result<Send, Stop>) -> Result<Send> {
    app.outbox_bell.notify_one();
    match done {
        Ok(send) => Ok(send),
        Err(Stop::Wait(wait)) => Ok(Send::Wait(wait)),
        Err(Stop::Ended) => Ok(Send::Ended),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// The drill that this session began, if its time is not over.
async fn open(conn: &mut Conn, signed: &Signed, now: Timestamp) -> Result<Option<Drill>> {
    let drill = drills::of_member(conn, &signed.member.workspace_id, &signed.member.id).await?;
    Ok(drill.filter(|drill| drill.session_id == signed.session && drill.expires_at > now))
}

async fn send(
    app: &App,
    conn: &mut Conn,
    signed: &Signed,
    drill: &Drill,
    visitor: &Visitor,
) -> std::result::Result<Send, Stop> {
    let now = visitor.now;
    let contact = store::contacts::by_id(conn, &drill.workspace_id, &drill.member_id, &drill.contact_id).await?;
    let Some(contact) = contact.filter(|contact| counts(contact, now)) else {
        return Err(Stop::Ended);
    };
    let own = [Window::new(SENDS_A_DAY, days(1))];
    let taken = limits::take_all(conn, &format!("drill:{}", drill.member_id), &own, now).await?;
    taken.map_err(|until| Stop::Wait(Wait { until, what: guard::Spent::Destination }))?;
    // Whoever is signed in is known: the network's budget is for those who are not.
    let known = Known { device: true, network: true };
    guard::take_send(app, conn, &contact.address_index, Sends::Drill, known, visitor).await?.map_err(Stop::Wait)?;
    let code = DigitCode::from_bytes(app.chance());
    let expires_at = now + app.config.limits.code_life();
    let row = NewCode {
        id: new_id!(app, now, CodeId),
        workspace_id: Some(&drill.workspace_id),
        subject: drill.id.as_str(),
        hash: app.keyring.code_hash(drill.id.as_str(), code.digits().expose()),
        expires_at,
        created_at: now,
    };
    let to = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address).map_err(Error::from)?;
    let (locale, host) = (signed.member.locale, app.config.host());
    let message = Message {
        workspace: Some(&drill.workspace_id),
        member: Some(&signed.member.id),
        contact: Some(&contact.id),
        known: true,
        kind: contact.kind,
        purpose: CODE,
        reference: None,
        to: Some(&to),
        rendered: messages::drill_code(locale, contact.kind, host, code.digits(), &drill.mark),
        expires_at,
    };
    let message = post::sealed(app, &message, now);
    store::apply(conn, [store::codes::put(&row), store::outbox::insert(&message)]).await?;
    Ok(Send::Sent)
}

/// What the pages of a drill show.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Shown {
    pub contact: Own,
    pub mark: String,
    pub code_until: Timestamp,
    pub resend_from: Timestamp,
    pub tries_left: i64,
    /// The code was typed: this is the end.
    pub passed: bool,
}

/// This session's drill; none where there is none, or it is over.
pub async fn show(app: &App, signed: &Signed, now: Timestamp) -> Result<Option<Shown>> {
    let mut conn = app.db.read().await?;
    let Some(drill) = open(&mut conn, signed, now).await? else { return Ok(None) };
    let contact = store::contacts::by_id(&mut conn, &drill.workspace_id, &drill.member_id, &drill.contact_id).await?;
    let Some(contact) = contact else { return Ok(None) };
    let code = store::codes::state(&mut conn, drill.id.as_str()).await?;
    drop(conn);
    let l = &app.config.limits;
    let (tries, code_until) = code.unwrap_or((l.code_tries, drill.sent_at));
    Ok(Some(Shown {
        contact: contacts::own(app, signed, contact)?,
        mark: drill.mark,
        code_until,
        resend_from: drill.sent_at + seconds(l.resend_seconds),
        tries_left: (l.code_tries - tries).max(0),
        passed: drill.passed_at.is_some(),
    }))
}

/// The newest code of a drill that went to this contact.
pub fn followed(signed: &Signed, contact: &ContactId) -> Followed {
    Followed::own(signed, contact, CODE)
}

/// What came of typing the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It was right: a real recovery would let them choose a new password now.
    Right,
    /// It was not; so many tries are left.
    Wrong {
        /// With this code.
        tries_left: i64,
    },
    /// This code is used up or too old, or there were enough guesses for today.
    Dead,
    /// There is no drill of this session that is open.
    Ended,
}

/// Compares the code.
pub async fn check(app: &App, signed: &Signed, typed: &CodeTyped, visitor: &Visitor) -> Result<Check> {
    let now = visitor.now;
    let member = &signed.member;
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(Check::Ended);
        }
        let Some(drill) = open(conn, signed, now).await? else { return Ok(Check::Ended) };
        if drill.passed_at.is_some() {
            return Ok(Check::Right);
        }
        let contact = store::contacts::by_id(conn, &drill.workspace_id, &drill.member_id, &drill.contact_id).await?;
        let Some(contact) = contact.filter(|contact| counts(contact, now)) else { return Ok(Check::Ended) };
        let limit = app.config.limits.code_tries;
        let Some(tried) = store::codes::take_try(conn, drill.id.as_str(), limit, now).await? else {
            return Ok(Check::Dead);
        };
        let today = Window::new(GUESSES_A_DAY, days(1));
        if !limits::take(conn, &format!("drill-guess:{}", member.id), today, now).await? {
            return Ok(Check::Dead);
        }
        if !app.keyring.code_matches(drill.id.as_str(), typed.digits().expose(), &tried.hash) {
            return Ok(Check::Wrong { tries_left: limit - tried.tries });
        }
        if !store::codes::consume(conn, &tried.id, now).await? || !drills::set_passed(conn, &drill, now).await? {
            return Ok(Check::Dead);
        }
        store::apply(conn, [store::messages::set_entered_by(&contact.id, CODE, now)]).await?;
        if member.recovered_at.is_none_or(|at| at + days(1) <= now) {
            let plain = signed.data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            let canonical = contacts::canonical(contact.kind, &plain)?;
            let index = app.keyring.contact_index(contact.kind.as_str(), &canonical);
            store::contacts::set_used(conn, &member.workspace_id, &member.id, &index, now).await?;
        }
        let deed = Deed { subject: Some(contact.id.as_str()), ..Deed::own(member, "drilled", visitor) };
        deed.write(app, conn, now).await?;
        Ok(Check::Right)
    })
}
