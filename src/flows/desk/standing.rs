//! What an administrator does to one member's account: suspend, let in again, hold, release, sign out, delete, bring back; and whose
//! desk it is: roles, of which the last owner's stays.

use super::{Outcome, Refusal, Seat, proof};
use crate::app::App;
use crate::flows::standing::{self, Step};
use crate::flows::{Changed, Deed, Error, Result, alarm, devices};
use crate::model::id::{CallId, DeviceId, MemberId, SessionId};
use crate::model::{Action, MemberState, Role};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};

/// Which right a step asks for.
pub const fn right(step: Step) -> Action {
    match step {
        Step::Suspend | Step::Resume => Action::Suspend,
        Step::Hold | Step::Release => Action::Release,
        Step::SignOut => Action::SignOut,
        Step::Delete | Step::BringBack => Action::Delete,
    }
}

/// Takes the step. When this has answered, nothing that the step ended is valid any more, on any node.
pub async fn take(app: &App, seat: &Seat<'_>, step: Step, id: &MemberId) -> Result<Outcome<()>> {
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, right(step), id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        put(app, conn, seat, &member, step).await
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The same in the caller's transaction, in which the seat holds the member.
pub(super) async fn put(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    member: &Member,
    step: Step,
) -> Result<Outcome<()>> {
    if !standing::step(app, conn, member, step, seat.now()).await? {
        return Ok(Err(Refusal::State));
    }
    let key = seat.signed().data_key(app)?;
    seat.deed(member, step.word()).with(key, step.changed(member)).write(app, conn, seat.now()).await?;
    Ok(Ok(()))
}

/// Signs a member out everywhere whose call the seat's holder proved.
pub async fn sign_out_caller(app: &App, seat: &Seat<'_>, call: &CallId, id: &MemberId) -> Result<Outcome<()>> {
    let (step, now) = (Step::SignOut, seat.now());
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::HelpCaller, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let proved = proof::held(conn, seat, call).await?.is_some_and(|proved| proved.id == member.id);
        if !proved || !standing::step(app, conn, &member, step, now).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = Deed { subject: Some(call.as_str()), ..seat.deed(&member, step.word()) };
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Ends one of the member's sessions.
pub async fn end_session(app: &App, seat: &Seat<'_>, id: &MemberId, session: &SessionId) -> Result<Outcome<()>> {
    const WHY: &str = "session_ended_by_desk";
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::SignOut, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        if !store::sessions::end(conn, &member.workspace_id, &member.id, session, WHY, now).await? {
            return Ok(Err(Refusal::State));
        }
        let mut deed = seat.deed(&member, WHY);
        deed.subject = Some(session.as_str());
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// Signs one of the member's devices out, which is not known any more.
pub async fn sign_out_device(app: &App, seat: &Seat<'_>, id: &MemberId, device: &DeviceId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::SignOut, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        if !devices::leave(conn, (&member.workspace_id, &member.id), device, DEVICE_OUT, now).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = Deed { subject: Some(device.as_str()), ..seat.deed(&member, DEVICE_OUT) };
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// The word for a device that an administrator signed out.
const DEVICE_OUT: &str = "device_out_by_desk";

/// Gives the member another role. An owner may give their own away while another owner is there; nobody takes another owner's.
pub async fn set_role(app: &App, seat: &Seat<'_>, id: &MemberId, role: Role) -> Result<Outcome<()>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        // Two owners who step down at once go one after the other.
        store::workspaces::take(conn, &seat.member().workspace_id).await?;
        let own = *id == seat.member().id;
        let member = if own {
            match seat.hold(conn, Action::SetRoles).await? {
                Ok(()) => seat.member().clone(),
                Err(refusal) => return Ok::<_, Error>(Err(refusal)),
            }
        } else {
            match seat.hold_for(conn, Action::SetRoles, id).await? {
                Ok(member) => member,
                Err(refusal) => return Ok(Err(refusal)),
            }
        };
        if member.state == MemberState::Deleted || member.role == role {
            return Ok(Err(Refusal::State));
        }
        if own && store::members::other_owners(conn, &member.workspace_id, &member.id).await? == 0 {
            return Ok(Err(Refusal::LastOwner));
        }
        if !store::members::set_role_from(conn, &member, member.role, role, now).await? {
            return Ok(Err(Refusal::State));
        }
        // Sessions are as long as the role that they were opened in: they begin anew.
        store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "role_changed", now).await?;
        let (key, changed) = (seat.signed().data_key(app)?, Changed::default().put("role", member.role, role));
        seat.deed(&member, "role_changed").with(key, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, &member, alarm::Event::RoleChanged, member.id.as_str(), None, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}
