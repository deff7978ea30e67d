//! What an administrator does in an open case, each step by one button: stop the account, sign it out, void what could still open it, demand a new
//! password, tell the member. Each can be taken again; of two who press the same button at once, one does it.

use super::forced_change::{self, By, Lifetime, New, Outcome, Refused};
use super::{Seat, standing};
use crate::app::App;
use crate::flows::incidents::{self, Case};
use crate::flows::standing::Step;
use crate::flows::{Deed, Error, Result, alarm};
use crate::model::id::MemberId;
use crate::model::{Action, LossStep, MemberState, Timestamp, minutes, time::Span};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};

/// For so long after the member was told, nobody tells them the same again.
const TOLD_EVERY: Span = minutes(10);

/// Which right a step asks for.
pub const fn right(step: LossStep) -> Action {
    match step {
        LossStep::Hold => standing::right(Step::Hold),
        LossStep::Suspend => standing::right(Step::Suspend),
        LossStep::SignOut => standing::right(Step::SignOut),
        LossStep::Password => Action::DemandPassword,
        LossStep::Void | LossStep::Tell => Action::AnswerLosses,
    }
}

/// The word in the audit log that says that it was done.
const fn word(step: LossStep) -> &'static str {
    match step {
        LossStep::Hold => Step::Hold.word(),
        LossStep::Suspend => Step::Suspend.word(),
        LossStep::SignOut => Step::SignOut.word(),
        LossStep::Void => "loss_voided",
        LossStep::Password => "change_forced",
        LossStep::Tell => "loss_told",
    }
}

/// When it was done last in this case; none where it was not.
pub fn done_at(case: &Case, step: LossStep) -> Option<Timestamp> {
    case.deeds.iter().find(|line| line.action == word(step)).map(|line| line.at)
}

/// Takes the step in the member's open case. `seen` is when whoever presses the button saw it done last: where somebody was faster, nothing is
/// done twice ([`Refused::State`]).
pub async fn take(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    step: LossStep,
    seen: Option<Timestamp>,
) -> Result<Outcome<()>> {
    let now = seat.now();
    let mut secret = None;
    if step == LossStep::Password {
        // Looked at before the work of a hash, which whoever has nothing to do here does not get.
        let mut conn = app.db.read().await?;
        let member = match By::Seat(seat).look_at(&mut conn, id).await? {
            Ok(member) => member,
            Err(refused) => return Ok(Err(refused)),
        };
        if open(&mut conn, &member, step, seen).await?.is_none() {
            return Ok(Err(Refused::State));
        }
        drop(conn);
        secret = Some(forced_change::prepare(app, app.hashing.known()).await?);
    }
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, right(step), id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal.into())),
        };
        let Some(case) = open(conn, &member, step, seen).await? else { return Ok(Err(Refused::State)) };
        match (step, &secret) {
            (LossStep::Hold, _) => stop(app, conn, seat, &member, Step::Hold).await,
            (LossStep::Suspend, _) => stop(app, conn, seat, &member, Step::Suspend).await,
            (LossStep::SignOut, _) => stop(app, conn, seat, &member, Step::SignOut).await,
            (LossStep::Password, Some((secret, hash))) => {
                let lifetime = Lifetime::usual(&seat.signed().policy);
                let new = New { secret, hash, to: None, run: None, lifetime, now };
                password(app, conn, seat, &member, &new).await
            }
            (LossStep::Password, None) => Err(Error::Broken("no secret was prepared".to_owned())),
            (LossStep::Void, _) => {
                void(conn, &case, &member, now).await?;
                of_case(seat, &case, &member, step).write(app, conn, now).await?;
                Ok(Ok(()))
            }
            (LossStep::Tell, _) => {
                let told = seen.unwrap_or(case.incident.opened_at);
                if told + TOLD_EVERY > now {
                    return Ok(Err(Refused::State));
                }
                let subject = case.incident.id.as_str();
                alarm::tell(app, conn, &member, alarm::Event::LossReported, subject, None, now).await?;
                of_case(seat, &case, &member, step).write(app, conn, now).await?;
                Ok(Ok(()))
            }
        }
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The member's open case, where nobody took the step since it was seen.
async fn open(conn: &mut Conn, member: &Member, step: LossStep, seen: Option<Timestamp>) -> Result<Option<Case>> {
    let case = incidents::newest(conn, member).await?;
    Ok(case.filter(|case| case.incident.ended_at.is_none() && done_at(case, step) == seen))
}

fn of_case<'a>(seat: &'a Seat<'_>, case: &'a Case, member: &'a Member, step: LossStep) -> Deed<'a> {
    Deed { subject: Some(case.incident.id.as_str()), ..seat.deed(member, word(step)) }
}

/// The same as without a case ([`standing::take`]).
async fn stop(app: &App, conn: &mut Conn, seat: &Seat<'_>, member: &Member, step: Step) -> Result<Outcome<()>> {
    Ok(standing::put(app, conn, seat, member, step).await?.map_err(Refused::from))
}

/// Codes that were typed rightly, links, invitations, what the help desk proved, access tokens, codes for programs, and trust in devices. A secret that was
/// sent in this case by the step for a new password stays: it went where nothing is lost.
async fn void(conn: &mut Conn, case: &Case, member: &Member, now: Timestamp) -> Result<()> {
    let (workspace, id) = (&member.workspace_id, &member.id);
    if done_at(case, LossStep::Password).is_some() {
        store::recoveries::end_open(conn, id, now).await?;
    } else {
        store::recoveries::end_for_member(conn, id, now).await?;
        store::links::end_for_member(conn, id, now).await?;
    }
    store::invitations::end_for_member(conn, workspace, id, now).await?;
    store::warrants::end_for_member(conn, id, "lost", now).await?;
    store::access_tokens::end_of_member(conn, workspace, id, "loss_voided", now).await?;
    store::agents::end_codes(conn, workspace, id, now).await?;
    store::devices::forget_member(conn, id, None).await?;
    Ok(())
}

/// An account that is held or suspended opens with it: the password that was there opens nothing any more, and the secret goes to a contact that counts.
async fn password(app: &App, conn: &mut Conn, seat: &Seat<'_>, member: &Member, new: &New<'_>) -> Result<Outcome<()>> {
    // First whether it will work: what is opened here must not stay open without it.
    if forced_change::reachable(conn, member, new.now).await?.is_empty() {
        return Ok(Err(Refused::WithoutContact));
    }
    let opening = match member.state {
        _ if member.held_at.is_some() => Some((Step::Release, Action::Release)),
        MemberState::Suspended => Some((Step::Resume, Action::Suspend)),
        MemberState::Active => None,
        _ => return Ok(Err(Refused::State)),
    };
    if let Some((step, action)) = opening {
        if !seat.may(action) || (step == Step::Release && member.state != MemberState::Active) {
            return Ok(Err(Refused::State));
        }
        if let Err(why) = standing::put(app, conn, seat, member, step).await? {
            return Err(Error::Broken(format!("{} is shut and cannot be opened: {why:?}", member.id)));
        }
    }
    match forced_change::put(app, conn, By::Seat(seat), &member.id, new).await? {
        Ok(_) => Ok(Ok(())),
        // It rolls back.
        Err(why) => Err(Error::Broken(format!("a change that could be demanded of {} was not: {why:?}", member.id))),
    }
}
