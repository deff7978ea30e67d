//! The end of a case: it was found, and what was lost counts again; or all was done, and it stays lost. The member proves it by a contact that was not on
//! the device; an administrator makes sure of it otherwise. Who says so twice says it once.

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::session::{self, Signed};
use super::super::{Deed, Error, Result, Visitor};
use super::{Case, newest};
use crate::app::App;
use crate::model::id::{ContactId, MemberId};
use crate::model::{Action, ContactState, IncidentEnd, IncidentKind, Timestamp};
use crate::store::incidents::{self, Incident};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};

/// How the member can say that it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// Nothing is lost: it is a suspicion, which administrators close.
    Nothing,
    /// A contact that is not lost was proved in this session.
    Proved,
    /// One of these has to prove it first; none: an administrator decides.
    Prove(Vec<ContactId>),
}

/// How the member could say now that it was found.
pub async fn way_back(app: &App, signed: &Signed, case: &Case) -> Result<Back> {
    if case.incident.kind == IncidentKind::Suspected && !case.is_lost() {
        return Ok(Back::Nothing);
    }
    let mut conn = app.db.read().await?;
    if is_proved(&mut conn, signed, case).await? {
        return Ok(Back::Proved);
    }
    Ok(Back::Prove(provers(&mut conn, &signed.member, case.incident.opened_at).await?))
}

async fn is_proved(conn: &mut Conn, signed: &Signed, case: &Case) -> Result<bool> {
    let (member, since) = (&signed.member, case.incident.opened_at);
    Ok(incidents::is_proved(conn, &member.workspace_id, &member.id, &signed.session, since).await?)
}

/// What came of saying that it was found, or that all is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// What was lost counts again, or the case is closed.
    Done,
    /// Another contact has to prove it first ([`way_back`]).
    Prove,
    /// The password must be given again first, or the session is over.
    ProveAgain,
    /// Nothing is lost, or there is no case that the member may close.
    NothingLost,
}

/// It was in the other coat: the member says so, after a code to a contact that was not on it and counted before the report.
pub async fn found(app: &App, signed: &Signed, visitor: &Visitor) -> Result<Found> {
    end_own(app, signed, IncidentEnd::Undone, visitor).await
}

/// The member has done what was to be done, and proves in the same way who they are. What was lost stays lost.
pub async fn close(app: &App, signed: &Signed, visitor: &Visitor) -> Result<Found> {
    end_own(app, signed, IncidentEnd::Closed, visitor).await
}

async fn end_own(app: &App, signed: &Signed, end: IncidentEnd, visitor: &Visitor) -> Result<Found> {
    let (member, now) = (&signed.member, visitor.now);
    if !signed.is_fresh(now) {
        return Ok(Found::ProveAgain);
    }
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(Found::ProveAgain);
        }
        let Some(case) = newest(conn, member).await? else { return Ok(Found::NothingLost) };
        let is_suspicion = case.incident.kind == IncidentKind::Suspected;
        let nothing = match end {
            IncidentEnd::Undone => is_suspicion && !case.is_lost(),
            IncidentEnd::Closed => is_suspicion || case.incident.ended_at.is_some(),
        };
        if nothing {
            return Ok(Found::NothingLost);
        }
        if !is_proved(conn, signed, &case).await? {
            return Ok(Found::Prove);
        }
        let word = match end {
            IncidentEnd::Undone => "loss_undone",
            IncidentEnd::Closed => "loss_closed",
        };
        if end == IncidentEnd::Undone {
            undo(conn, &case.incident, now).await?;
        }
        // That somebody else may know the password is over only when an administrator says so.
        if !is_suspicion {
            incidents::end(conn, &case.incident.id, end, now).await?;
        }
        let deed = session::deed(signed, word, Some(case.incident.id.as_str()), visitor);
        deed.write(app, conn, now).await?;
        Ok(Found::Done)
    })
}

/// By which contacts the member could prove that what was lost is found.
async fn provers(conn: &mut Conn, member: &Member, since: Timestamp) -> Result<Vec<ContactId>> {
    let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let could = |contact: &store::contacts::Contact| {
        contact.state == ContactState::Verified
            && contact.verified_at.is_some_and(|at| at < since)
            && contact.recovers_from.is_some_and(|from| from <= since)
    };
    Ok(all.into_iter().filter(could).map(|contact| contact.id).collect())
}

/// An administrator, who made sure of it, says that it was found.
pub async fn found_for(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let (member, case) = match case_for(conn, seat, id).await? {
            Ok(both) => both,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        undo(conn, &case.incident, now).await?;
        incidents::end(conn, &case.incident.id, IncidentEnd::Undone, now).await?;
        let deed = seat.deed(&member, "loss_undone_by_desk");
        Deed { subject: Some(case.incident.id.as_str()), ..deed }.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// All that was to be done is done. What was lost stays lost.
pub async fn close_for(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let (member, case) = match case_for(conn, seat, id).await? {
            Ok(both) => both,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        if !incidents::end(conn, &case.incident.id, IncidentEnd::Closed, now).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = seat.deed(&member, "loss_closed_by_desk");
        Deed { subject: Some(case.incident.id.as_str()), ..deed }.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

async fn case_for(conn: &mut Conn, seat: &Seat<'_>, id: &MemberId) -> Result<Outcome<(Member, Case)>> {
    let member = match seat.hold_for(conn, Action::AnswerLosses, id).await? {
        Ok(member) => member,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(newest(conn, &member).await?.map(|case| (member, case)).ok_or(Refusal::State))
}

async fn undo(conn: &mut Conn, incident: &Incident, now: Timestamp) -> Result<()> {
    incidents::find_again(conn, incident, now).await?;
    store::wipes::void_in(conn, &incident.id, &incident.member_id, now).await?;
    Ok(())
}
