//! What proves that a caller is the member: letters that went to a confirmed contact, a number on a page where the member is signed in, or a
//! second administrator who agrees. And what it opens: for half an hour this helper, and no other, sees that member.

use super::call::{self, NUMBER_TRIES, PROMPT_LIFE, SHOWN, TRIES, can_be_helped};
use super::{Outcome, Refusal, Seat, warrant};
use crate::app::App;
use crate::flows::session::{self, Signed};
use crate::flows::{Deed, Error, Result, Visitor, alarm};
use crate::model::id::{CallId, MemberId};
use crate::model::{Action, CallCode, Timestamp};
use crate::store::calls::{self, Call, Of};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::vault;

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It is the member.
    Right,
    /// Not proved by this; so many tries are left.
    Wrong(i64),
    /// There is nothing to compare with any more.
    Dead,
    /// The seat has ended, or there is no such call.
    Refused(Refusal),
}

/// Whether a proved call still shows its member.
pub(super) fn is_good(call: &Call, now: Timestamp) -> bool {
    call.state == "proved" && call.proved_at.is_some_and(|at| at + SHOWN > now)
}

/// Whom the call is about, while they can be helped by its helper.
pub(super) async fn member(conn: &mut Conn, seat: &Seat<'_>, call: &Call) -> Result<Option<Member>> {
    let nobody = MemberId(String::new());
    let id = call.member_id.as_ref().unwrap_or(&nobody);
    let member = store::members::by_id(conn, &call.workspace_id, id).await?;
    Ok(member.filter(|member| can_be_helped(member, seat.member().role)))
}

fn of<'a>(seat: &'a Seat<'_>, id: &'a CallId) -> Of<'a> {
    Of { workspace: &seat.member().workspace_id, opener: &seat.member().id, id }
}

/// Compares the letters that the caller read out. A wrong try is an answer: its count is committed.
pub async fn letters(app: &App, seat: &Seat<'_>, id: &CallId, typed: &CallCode) -> Result<Check> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::TakeCalls).await? {
            return Ok::<_, Error>(Check::Refused(refusal));
        }
        let Some(call) = calls::by_id(conn, of(seat, id)).await? else { return Ok(Check::Refused(Refusal::NotFound)) };
        if call.state != "open" || call.expires_at <= now {
            return Ok(Check::Dead);
        }
        let Some(tried) = store::codes::take_try(conn, id.as_str(), TRIES, now).await? else { return Ok(Check::Dead) };
        let same = app.keyring.code_matches(id.as_str(), typed.letters().expose(), &tried.hash);
        let member = member(conn, seat, &call).await?;
        let Some(member) = member.filter(|_| same) else { return Ok(Check::Wrong(TRIES - tried.tries)) };
        if !store::codes::consume(conn, &tried.id, now).await? {
            return Ok(Check::Dead);
        }
        let proved = prove(app, conn, seat, &call, (&member, "code")).await?;
        Ok(if proved { Check::Right } else { Check::Dead })
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Compares the number that the caller read from their own signed-in page. It proves only together with their "yes" there.
pub async fn number(app: &App, seat: &Seat<'_>, id: &CallId, typed: &str) -> Result<Check> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::TakeCalls).await? {
            return Ok::<_, Error>(Check::Refused(refusal));
        }
        if calls::by_id(conn, of(seat, id)).await?.is_none() {
            return Ok(Check::Refused(Refusal::NotFound));
        }
        let within = (NUMBER_TRIES, now - PROMPT_LIFE);
        let Some(call) = calls::take_number_try(conn, of(seat, id), within, now).await? else { return Ok(Check::Dead) };
        let shown = call.number.map(|number| number.to_string()).unwrap_or_default();
        let same = call.confirmed_at.is_some() && vault::same(&shown, typed);
        let member = member(conn, seat, &call).await?;
        let Some(member) = member.filter(|_| same) else { return Ok(Check::Wrong(NUMBER_TRIES - call.number_tries)) };
        let proved = prove(app, conn, seat, &call, (&member, "device")).await?;
        Ok(if proved { Check::Right } else { Check::Dead })
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The call is proved: that is written down, the member's contacts are told, and the helper may do one sensitive thing.
async fn prove(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    call: &Call,
    (member, by): (&Member, &str),
) -> Result<bool> {
    let now = seat.now();
    let second = (by == "second").then_some(&seat.member().id);
    if !calls::set_proved(conn, call, by, second, now).await? {
        return Ok(false);
    }
    let ground = if second.is_some() { warrant::Ground::Second } else { warrant::Ground::Call };
    warrant::grant(app, conn, call, member, ground, now).await?;
    let mut deed = seat.deed(member, "call_proved");
    deed.subject = Some(call.id.as_str());
    deed.write(app, conn, now).await?;
    alarm::tell(app, conn, member, alarm::Event::CallProved, member.id.as_str(), None, now).await?;
    Ok(true)
}

/// Whether the seat's holder has a proved call of their own about this member, who can still be helped. That they look is written down.
pub(super) async fn look(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<bool> {
    let now = seat.now();
    let own = seat.member();
    if !seat.may(Action::TakeCalls) {
        return Ok(false);
    }
    transaction!(app.db, conn => {
        let Some(call) = calls::proved(conn, &own.workspace_id, &own.id, id, now - SHOWN).await? else {
            return Ok::<_, Error>(false);
        };
        let Some(member) = member(conn, seat, &call).await? else { return Ok(false) };
        let mut deed = seat.deed(&member, "looked_in_call");
        deed.subject = Some(call.id.as_str());
        deed.write(app, conn, now).await?;
        Ok(true)
    })
}

/// Whom a call of the seat's holder is about, while it is proved and they can be helped. In a transaction: the caller holds the seat.
pub(in crate::flows) async fn held(conn: &mut Conn, seat: &Seat<'_>, id: &CallId) -> Result<Option<Member>> {
    let call = calls::by_id(conn, of(seat, id)).await?.filter(|call| is_good(call, seat.now()));
    match call {
        Some(call) => member(conn, seat, &call).await,
        None => Ok(None),
    }
}

/// A call that waits for somebody's agreement.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct ToAgree {
    pub id: CallId,
    pub opener: String,
    pub typed: String,
    /// The member, as far as there is one below the helper's and the seat's rank.
    pub name: Option<String>,
    pub asked_at: Timestamp,
}

/// Calls of others that wait for the agreement of the seat's holder.
pub async fn to_agree(app: &App, seat: &Seat<'_>) -> Result<Vec<ToAgree>> {
    let own = seat.member();
    let mut conn = app.db.read().await?;
    let mut all = Vec::new();
    for call in calls::to_agree(&mut conn, &own.workspace_id, &own.id, seat.now()).await? {
        let opener = store::members::by_id(&mut conn, &own.workspace_id, &call.opener).await?;
        all.push(ToAgree {
            typed: call::typed(app, seat, &call)?,
            opener: opener.map(|opener| opener.name).unwrap_or_default(),
            name: member(&mut conn, seat, &call).await?.map(|member| member.name),
            asked_at: call.second_asked_at.unwrap_or(call.created_at),
            id: call.id,
        });
    }
    Ok(all)
}

/// Agrees that the caller is who they say. Nobody agrees to a call of their own, or about somebody of an equal or higher rank.
pub async fn agree(app: &App, seat: &Seat<'_>, id: &CallId) -> Result<Outcome<()>> {
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::AgreeToCalls).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let own = seat.member();
        let Some(call) = calls::in_workspace(conn, &own.workspace_id, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        if call.opener == own.id {
            return Ok(Err(Refusal::Oneself));
        }
        if call.second_asked_at.is_none() {
            return Ok(Err(Refusal::State));
        }
        let helper = store::members::by_id(conn, &own.workspace_id, &call.opener).await?;
        let helper = helper.filter(|helper| helper.role.may(Action::TakeCalls));
        let member = member(conn, seat, &call).await?;
        let both = member.zip(helper).filter(|(member, helper)| can_be_helped(member, helper.role));
        let Some((member, _)) = both else { return Ok(Err(Refusal::State)) };
        let proved = prove(app, conn, seat, &call, (&member, "second")).await?;
        Ok(if proved { Ok(()) } else { Err(Refusal::State) })
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// What a signed-in member is asked: whether they speak with the help desk now.
#[derive(Debug)]
pub struct Prompt {
    /// Which call.
    pub call: CallId,
    /// The number to read out.
    pub number: i64,
}

/// What the member is asked now.
pub async fn asked(app: &App, signed: &Signed, now: Timestamp) -> Result<Option<Prompt>> {
    let member = &signed.member;
    let mut conn = app.db.read().await?;
    let call = calls::prompt(&mut conn, &member.workspace_id, &member.id, now - PROMPT_LIFE).await?;
    Ok(call.and_then(|call| Some(Prompt { number: call.number?, call: call.id })))
}

/// The member's answer. "No" ends the call at once, whatever else was on its way. Answers whether they were asked.
pub async fn answer(app: &App, signed: &Signed, id: &CallId, speaks: bool, visitor: &Visitor) -> Result<bool> {
    let (member, now) = (&signed.member, visitor.now);
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(false);
        }
        let since = now - PROMPT_LIFE;
        let done = if speaks {
            calls::set_confirmed(conn, &member.workspace_id, &member.id, id, since, now).await?
        } else {
            calls::set_denied(conn, &member.workspace_id, &member.id, id, since, now).await?
        };
        if done {
            let word = if speaks { "call_confirmed" } else { "call_denied" };
            let deed = Deed { subject: Some(id.as_str()), ..Deed::own(member, word, visitor) };
            deed.write(app, conn, now).await?;
        }
        Ok(done)
    })
}
