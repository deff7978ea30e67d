//! What lets a helper do a sensitive thing for a member, once: a proved call, a second administrator's agreement, or, where there is but one
//! administrator, their declaration to have identified the member in person, which becomes good after an hour.

use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::{Changed, Error, Result, alarm, new_id};
use crate::model::id::{CallId, MemberId};
use crate::model::{Action, MemberState, Timestamp, hours, minutes, time::Span};
use crate::store::calls::Call;
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
pub use store::warrants::Warrant;

/// How long one can be used.
const LIFE: Span = minutes(30);
/// How long a declaration waits before it is good: whoever it is about is told, and can object.
pub const WAIT: Span = hours(1);
/// Then it is good for so long: the administrator may have gone elsewhere meanwhile.
const DECLARED_LIFE: Span = hours(8);
/// Characters of a declaration.
pub const WORDS: usize = 200;

/// What one rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The caller proved to be the member.
    Call,
    /// A second administrator agreed.
    Second,
    /// The only administrator declared to have identified the member in person.
    InPerson,
}

impl Ground {
    /// The word in rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Second => "second",
            Self::InPerson => "in_person",
        }
    }
}

/// Gives one to the helper of a call that was just proved.
pub(super) async fn grant(
    app: &App,
    conn: &mut Conn,
    call: &Call,
    member: &Member,
    ground: Ground,
    now: Timestamp,
) -> Result<()> {
    let holder = (&call.opener, Some(&call.id));
    let warrant = new(app, member, holder, ground, (now, now + LIFE), now);
    Ok(store::apply(conn, [store::warrants::insert(&warrant)]).await?)
}

fn new(
    app: &App,
    member: &Member,
    (holder, call): (&MemberId, Option<&CallId>),
    ground: Ground,
    (good_from, expires_at): (Timestamp, Timestamp),
    now: Timestamp,
) -> Warrant {
    Warrant {
        id: new_id!(app, now, WarrantId),
        workspace_id: member.workspace_id.clone(),
        member_id: member.id.clone(),
        holder: holder.clone(),
        ground: ground.as_str().to_owned(),
        call_id: call.cloned(),
        words: None,
        good_from,
        expires_at,
        used_at: None,
        created_at: now,
    }
}

/// Whether the seat's holder is the only one who could agree to anything: then, and only then, a declaration will do.
pub async fn is_alone(app: &App, seat: &Seat<'_>) -> Result<bool> {
    alone(&mut app.db.read().await?, seat).await
}

async fn alone(conn: &mut Conn, seat: &Seat<'_>) -> Result<bool> {
    let own = seat.member();
    let all = store::members::administrators(conn, &own.workspace_id).await?;
    Ok(all.iter().all(|one| one.id == own.id))
}

/// Declares to have identified the member in person, and how. It is good after [`WAIT`]; the member's contacts are told at once, and an objection
/// ends it. Answers from when it is good.
pub async fn declare(app: &App, seat: &Seat<'_>, id: &MemberId, words: &str) -> Result<Outcome<Timestamp>> {
    let now = seat.now();
    let key = seat.signed().data_key(app)?;
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::Declare, id).await? {
            Ok(member) if member.state != MemberState::Deleted && member.held_at.is_none() => member,
            Ok(_) => return Ok::<_, Error>(Err(Refusal::State)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !alone(conn, seat).await? {
            return Ok(Err(Refusal::State));
        }
        let own = seat.member();
        // One at a time: said again it begins anew.
        store::warrants::end_declared(conn, &own.id, id, now).await?;
        let good_from = now + WAIT;
        let life = (good_from, good_from + DECLARED_LIFE);
        let warrant = new(app, &member, (&own.id, None), Ground::InPerson, life, now);
        store::apply(conn, [store::warrants::insert(&warrant)]).await?;
        let changed = Changed::default().put("words", (), words);
        seat.deed(&member, "identified_in_person").with(key.clone(), changed).write(app, conn, now).await?;
        alarm::tell(app, conn, &member, alarm::Event::Identified, member.id.as_str(), None, now).await?;
        Ok(Ok(good_from))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The seat's holder's warrant for this member, if there is one that is not used or over. It may not be good yet.
pub async fn find(app: &App, seat: &Seat<'_>, member: &MemberId) -> Result<Option<Warrant>> {
    let own = seat.member();
    let mut conn = app.db.read().await?;
    Ok(store::warrants::live(&mut conn, &own.workspace_id, &own.id, member, seat.now()).await?)
}

/// Uses the seat's holder's warrant for this member, in the caller's transaction, which does what `purpose` names. Answers whether there was a good one.
pub async fn consume(conn: &mut Conn, seat: &Seat<'_>, member: &MemberId, purpose: &str) -> Result<bool> {
    let (own, now) = (seat.member(), seat.now());
    let Some(warrant) = store::warrants::live(conn, &own.workspace_id, &own.id, member, now).await? else {
        return Ok(false);
    };
    Ok(store::warrants::consume(conn, &warrant, purpose, now, now).await?)
}

/// The same for something that takes effect only when the warrant is good. Answers when that is, and what it rests on.
pub(super) async fn consume_ahead(
    conn: &mut Conn,
    seat: &Seat<'_>,
    member: &MemberId,
    purpose: &str,
) -> Result<Option<(Timestamp, String)>> {
    let (own, now) = (seat.member(), seat.now());
    let Some(warrant) = store::warrants::live(conn, &own.workspace_id, &own.id, member, now).await? else {
        return Ok(None);
    };
    let at = warrant.good_from.max(now);
    let used = store::warrants::consume(conn, &warrant, purpose, at, now).await?;
    Ok(used.then_some((at, warrant.ground)))
}
