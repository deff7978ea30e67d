//! The administrators' desk: what those do who look after other people's accounts.
//!
//! A [`Seat`] is who sits there. It is given only to a role that may do the thing ([`Action`]), and every change proves it anew as its first
//! statement, with the member whom it is about: somebody who was suspended, or made a member again, a moment ago changes nothing more.

pub mod adding;
pub mod alerts;
pub mod call;
pub mod charts;
pub mod effects;
pub mod export;
pub mod forced_change;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod logs;
pub mod many;
pub mod mend;
pub mod nudge;
pub mod policy;
pub mod profile;
pub mod proof;
pub mod queue;
pub mod readiness;
pub mod roster;
pub mod standing;
pub mod table;
pub mod warrant;

use super::session::Signed;
use super::{Deed, Error, Result, Visitor};
use crate::model::id::MemberId;
use crate::model::{Action, Role, Timestamp};
use crate::store::members::Member;
use crate::store::{self, Conn};

/// Somebody who may do one kind of thing.
#[derive(Debug)]
pub struct Seat<'a> {
    signed: &'a Signed,
    visitor: &'a Visitor,
    action: Action,
}

/// Why somebody cannot take the seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Their role may not.
    Role,
    /// The password was given too long ago.
    Stale,
}

/// Why nothing was done to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The administrator's session or rank ended meanwhile.
    Ended,
    /// No such member in this workspace.
    NotFound,
    /// The member's rank is not lower.
    Rank,
    /// Nobody does this to themselves here.
    Oneself,
    /// The account is in a state in which this means nothing; somebody may have been faster.
    State,
    /// The workspace would be left without an owner.
    LastOwner,
}

/// What came of it.
pub type Outcome<T> = std::result::Result<T, Refusal>;

impl<'a> Seat<'a> {
    /// Gives the seat to who is signed in, if they may do this.
    pub fn take(signed: &'a Signed, visitor: &'a Visitor, action: Action) -> std::result::Result<Self, Denied> {
        if !signed.member.role.may(action) {
            return Err(Denied::Role);
        }
        if action.is_sensitive() && !signed.is_fresh(visitor.now) {
            return Err(Denied::Stale);
        }
        Ok(Self { signed, visitor, action })
    }

    /// Who sits there.
    pub const fn member(&self) -> &Member {
        &self.signed.member
    }

    /// What they may do besides.
    pub const fn may(&self, action: Action) -> bool {
        self.signed.member.role.may(action)
    }

    /// The signed-in session.
    pub const fn signed(&self) -> &'a Signed {
        self.signed
    }

    /// When they ask.
    pub const fn now(&self) -> Timestamp {
        self.visitor.now
    }

    /// The request.
    pub const fn visitor(&self) -> &'a Visitor {
        self.visitor
    }

    /// Whether they may act on somebody of this rank.
    pub const fn stands_above(&self, role: Role) -> bool {
        self.signed.member.role.stands_above(role)
    }

    /// A seat that was taken for something else reads nothing: whoever calls made a mistake.
    pub(super) fn taken_for(&self, action: Action) -> Result<()> {
        if self.action == action { Ok(()) } else { Err(Error::Broken(format!("the seat was not taken to {action}"))) }
    }

    /// The first statement of every change: the session still lives, and the role still may. Until the transaction ends nobody changes that.
    pub(super) async fn hold(&self, conn: &mut Conn, action: Action) -> Result<Outcome<()>> {
        debug_assert_eq!(action, self.action, "the seat was taken for something else");
        if !super::session::is_live(conn, self.signed, self.now()).await? {
            return Ok(Err(Refusal::Ended));
        }
        let present = store::members::by_id(conn, &self.member().workspace_id, &self.member().id).await?;
        Ok(match present {
            Some(present) if present.role == self.member().role && action == self.action => Ok(()),
            _ => Err(Refusal::Ended),
        })
    }

    /// The same, and the member whom it is about, whom nobody else changes meanwhile. Somebody of an equal or higher rank is refused, and oneself.
    pub(super) async fn hold_for(&self, conn: &mut Conn, action: Action, id: &MemberId) -> Result<Outcome<Member>> {
        if let Err(refusal) = self.hold(conn, action).await? {
            return Ok(Err(refusal));
        }
        if *id == self.member().id {
            return Ok(Err(Refusal::Oneself));
        }
        let workspace = &self.member().workspace_id;
        store::members::take(conn, workspace, id).await?;
        let Some(member) = store::members::by_id(conn, workspace, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        Ok(if self.stands_above(member.role) { Ok(member) } else { Err(Refusal::Rank) })
    }

    /// A line of the audit log about what they did, whoever it concerns.
    pub(super) fn did<'b>(&'b self, action: &'b str, subject: &'b str) -> Deed<'b> {
        Deed {
            workspace: Some(&self.member().workspace_id),
            actor: self.member().id.as_str(),
            action,
            member: None,
            subject: Some(subject),
            reference: None,
            network: Some(self.visitor.network),
        }
    }

    /// A line of the audit log about what they did to this member.
    pub(super) fn deed<'b>(&'b self, member: &'b Member, action: &'b str) -> Deed<'b> {
        Deed {
            workspace: Some(&member.workspace_id),
            actor: self.member().id.as_str(),
            action,
            member: Some(&member.id),
            subject: None,
            reference: None,
            network: Some(self.visitor.network),
        }
    }
}
