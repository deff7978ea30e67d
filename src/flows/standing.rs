//! Where an account stands: suspended and let in again, held and released, signed out, deleted and brought back. The same steps
//! for the operator's command line and the administrators' desk; who may take them is decided there.

use super::{Changed, Deed, Error, Result, alarm, chain, guard};
use crate::app::App;
use crate::model::{MemberState, Timestamp, days, time::Span};
use crate::store;
use crate::store::Conn;
use crate::store::members::Member;
use crate::store::transaction;

/// For so long a deleted member can be brought back.
pub const CAN_COME_BACK: Span = days(7);

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nobody comes in, sessions end.
    Suspend,
    /// In again.
    Resume,
    /// As "that was not me" does.
    Hold,
    /// Releases a hold, and lets frozen contacts count again (after the time for new ones).
    Release,
    /// Ends every session.
    SignOut,
    /// Suspended, and gone after [`CAN_COME_BACK`].
    Delete,
    /// What the member was before.
    BringBack,
}

impl Step {
    /// The word in the audit log, and why sessions ended.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Suspend => "suspended",
            Self::Resume => "resumed",
            Self::Hold => "held",
            Self::Release => "released",
            Self::SignOut => "signed_out_by_desk",
            Self::Delete => "deleted",
            Self::BringBack => "brought_back",
        }
    }

    /// What becomes of the account's state.
    pub(super) fn changed(self, member: &Member) -> Changed {
        let held = |after| Changed::default().put("held", member.held_at.is_some(), after);
        let after = match self {
            Self::Hold => return held(true),
            Self::Release => return held(false),
            Self::SignOut => return Changed::default(),
            Self::Suspend => MemberState::Suspended,
            Self::Resume => MemberState::Active,
            Self::Delete => MemberState::Deleted,
            Self::BringBack => member.deleted_from.unwrap_or(member.state),
        };
        Changed::default().put("state", member.state, after)
    }

    const fn told(self) -> Option<alarm::Event> {
        match self {
            Self::Suspend => Some(alarm::Event::Suspended),
            Self::Resume | Self::BringBack => Some(alarm::Event::Resumed),
            Self::SignOut => Some(alarm::Event::SignedOut),
            Self::Delete => Some(alarm::Event::Deleted),
            // Holding tells by itself; releasing gives back what the member asked to stop.
            Self::Hold | Self::Release => None,
        }
    }
}

/// Takes the step, in the caller's transaction, which has taken the member's row. Answers whether the account was in a state for it.
/// Sessions end by a new epoch: a sign-in that is on its way at this moment comes to nothing. The caller writes the deed.
pub(super) async fn step(app: &App, conn: &mut Conn, member: &Member, step: Step, now: Timestamp) -> Result<bool> {
    let workspace = &member.workspace_id;
    let changed = match step {
        Step::Suspend => {
            store::members::set_state_from(conn, member, MemberState::Active, MemberState::Suspended, now).await?
        }
        Step::Resume => {
            store::members::set_state_from(conn, member, MemberState::Suspended, MemberState::Active, now).await?
        }
        Step::Delete => store::members::delete(conn, member, now).await?,
        Step::BringBack => store::members::bring_back(conn, member, now - CAN_COME_BACK, now).await?,
        Step::SignOut => member.state == MemberState::Active,
        Step::Hold => return hold(app, conn, member, now).await,
        Step::Release => return release(app, conn, member, now).await,
    };
    if !changed {
        return Ok(false);
    }
    store::sessions::end_all(conn, workspace, &member.id, None, step.word(), now).await?;
    if step != Step::SignOut {
        store::recoveries::end_for_member(conn, &member.id, now).await?;
    }
    if step == Step::Delete {
        store::links::end_for_member(conn, &member.id, now).await?;
        store::invitations::end_for_member(conn, &member.workspace_id, &member.id, now).await?;
        store::devices::forget_member(conn, &member.id, None).await?;
    }
    if let Some(event) = step.told() {
        alarm::tell(app, conn, member, event, member.id.as_str(), None, now).await?;
    }
    Ok(true)
}

/// A login name that was given up is nobody else's for so long.
pub(super) const QUARANTINE: Span = days(180);

/// Erases those whose time to be brought back is over, some at a time, from the audit log, too. Answers how many.
pub async fn erase_some(app: &App) -> Result<usize> {
    const AT_ONCE: i64 = 50;
    let now = app.now();
    let due = store::members::to_erase(&mut app.db.read().await?, now - CAN_COME_BACK, AT_ONCE).await?;
    let mut erased = 0;
    for member in due {
        // First the log: where this ends midway, the row still says that there is something to do.
        match chain::erase::member(app, &member.workspace_id, &member.id).await {
            Ok(_) => {}
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => {
                tracing::error!(%error, member = %member.id, "somebody cannot be erased from the audit log");
                continue;
            }
        }
        erased += transaction!(app.db, conn => {
            conn.take_time().await?;
            let is_first = store::members::erase(conn, &member, now + QUARANTINE, now).await?;
            if is_first {
                let by = Deed { actor: "server", ..super::members::deed(&member, "erased") };
                by.write(app, conn, now).await?;
            }
            Ok::<_, Error>(usize::from(is_first))
        })?;
    }
    Ok(erased)
}

async fn hold(app: &App, conn: &mut Conn, member: &Member, now: Timestamp) -> Result<bool> {
    // Where a notice holds it, only an administrator releases it from now on.
    let changes = member.held_at.is_none() || member.held_by.is_some();
    alarm::hold(app, conn, member, None, now).await?;
    Ok(changes)
}

async fn release(app: &App, conn: &mut Conn, member: &Member, now: Timestamp) -> Result<bool> {
    let held = store::holds::end(conn, &member.workspace_id, &member.id, now).await?;
    let recovers_from = now + app.config.limits.contact_hold();
    let thawed = store::contacts::thaw(conn, &member.workspace_id, &member.id, recovers_from).await?;
    store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await?;
    Ok(held || thawed > 0)
}
