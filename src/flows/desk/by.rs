//! Who demands a new password of somebody, and how it is proved that they may: an administrator, whoever proved a caller, an owner about another, the
//! operator, or long work in somebody's name.

use super::forced_change::{Outcome, Refused};
use super::turn::Turn;
use super::{Seat, proof};
use crate::flows::{Deed, Result, members};
use crate::model::Action;
use crate::model::id::{CallId, MemberId, WorkspaceId};
use crate::store::members::Member;
use crate::store::{self, Conn};

/// Who demands it.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// An administrator, at a seat that was taken for [`Action::DemandPassword`].
    Seat(&'a Seat<'a>),
    /// Whoever proved this call, at a seat that was taken for [`Action::HelpCaller`].
    Call(&'a Seat<'a>, &'a CallId),
    /// An owner about another, whose consent or time the caller proved in the same transaction.
    Owners(&'a Seat<'a>),
    /// The operator, by the command line, in this workspace.
    Operator(&'a WorkspaceId),
    /// Long work, in the name of who began it: a transaction that begins with its hold, which answered this member.
    Turn(&'a Turn, &'a Member),
}

impl By<'_> {
    pub(super) fn workspace(&self) -> &WorkspaceId {
        match self {
            Self::Seat(seat) | Self::Call(seat, _) | Self::Owners(seat) => &seat.member().workspace_id,
            Self::Operator(workspace) => workspace,
            Self::Turn(turn, _) => &turn.workspace.id,
        }
    }

    pub(super) fn actor(&self) -> &str {
        match self {
            Self::Seat(seat) | Self::Call(seat, _) | Self::Owners(seat) => seat.member().id.as_str(),
            Self::Operator(_) => "operator",
            Self::Turn(_, by) => by.id.as_str(),
        }
    }

    pub(super) fn deed<'b>(&'b self, member: &'b Member, action: &'b str) -> Deed<'b> {
        match self {
            Self::Seat(seat) | Self::Call(seat, _) | Self::Owners(seat) => seat.deed(member, action),
            Self::Operator(_) => members::deed(member, action),
            Self::Turn(turn, _) => turn.deed(&member.id, action),
        }
    }

    /// The first statement of every change: see [`Seat`].
    pub(super) async fn hold_for(&self, conn: &mut Conn, id: &MemberId) -> Result<Outcome<Member>> {
        match self {
            Self::Seat(seat) => Ok(seat.hold_for(conn, Action::DemandPassword, id).await?.map_err(Refused::from)),
            Self::Call(seat, call) => Ok(match seat.hold_for(conn, Action::HelpCaller, id).await? {
                Ok(member) => in_call(conn, seat, call, member).await?,
                Err(refusal) => Err(refusal.into()),
            }),
            Self::Operator(workspace) => {
                store::members::take(conn, workspace, id).await?;
                Ok(store::members::by_id(conn, workspace, id).await?.ok_or(Refused::NotFound))
            }
            Self::Owners(_) | Self::Turn(..) => {
                store::members::take(conn, self.workspace(), id).await?;
                self.look_at(conn, id).await
            }
        }
    }

    /// The same without a change, for what is only shown.
    pub(super) async fn look_at(&self, conn: &mut Conn, id: &MemberId) -> Result<Outcome<Member>> {
        let Some(member) = store::members::by_id(conn, self.workspace(), id).await? else {
            return Ok(Err(Refused::NotFound));
        };
        let (own, reaches) = match self {
            Self::Seat(seat) => (seat.member(), seat.stands_above(member.role)),
            Self::Call(seat, call) => return in_call(conn, seat, call, member).await,
            Self::Turn(turn, by) => (*by, turn.stands_above(by, member.role)),
            Self::Operator(_) | Self::Owners(_) => return Ok(Ok(member)),
        };
        Ok(match own {
            own if own.id == *id => Err(Refused::Oneself),
            _ if !reaches => Err(Refused::Rank),
            _ => Ok(member),
        })
    }
}

/// The member, if this call is proved to be theirs.
async fn in_call(conn: &mut Conn, seat: &Seat<'_>, call: &CallId, member: Member) -> Result<Outcome<Member>> {
    let proved = proof::held(conn, seat, call).await?.is_some_and(|proved| proved.id == member.id);
    Ok(if proved { Ok(member) } else { Err(Refused::NoWarrant) })
}
