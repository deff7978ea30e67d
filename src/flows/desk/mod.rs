//! The administrators' desk: what those do who look after other people's accounts.
//!
//! A [`Seat`] is who sits there. It is given only to a role that may do the thing ([`Action`]), and every change proves it anew as its first
//! statement, with the member whom it is about: somebody who was suspended, or made a member again, a moment ago changes nothing more.
//!
//! A program that comes with an access token sits there in its maker's name, for what the token was made for, and acts on nobody who has a part
//! in the desk: a token that was lost must not shut out those who could end it.

pub mod adding;
pub mod alerts;
pub mod by;
pub mod call;
pub mod charts;
pub mod effects;
pub mod export;
pub mod forced_change;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod logs;
pub mod loss_receipt;
pub mod loss_steps;
pub mod many;
pub mod mend;
pub mod messages;
pub mod nudge;
pub mod owner_steps;
pub mod policy;
pub mod profile;
pub mod proof;
pub mod queue;
pub mod readiness;
pub mod roster;
pub mod standing;
pub mod table;
pub mod tokens;
pub mod turn;
pub mod warrant;
pub mod which;

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
    /// The access token was not made for it.
    Scope,
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
    /// It was done a moment ago.
    Soon,
}

/// What came of it.
pub type Outcome<T> = std::result::Result<T, Refusal>;

impl<'a> Seat<'a> {
    /// Gives the seat to who is signed in, if they may do this.
    pub fn take(signed: &'a Signed, visitor: &'a Visitor, action: Action) -> std::result::Result<Self, Denied> {
        if !signed.member.role.may(action) {
            return Err(Denied::Role);
        }
        match &signed.granted {
            Some(granted) if !granted.scopes.allow(action) => return Err(Denied::Scope),
            None if action.is_sensitive() && !signed.is_fresh(visitor.now) => return Err(Denied::Stale),
            // For a token the password was given when it was made.
            Some(_) | None => {}
        }
        Ok(Self { signed, visitor, action })
    }

    /// Who sits there.
    pub const fn member(&self) -> &Member {
        &self.signed.member
    }

    /// What they may do besides.
    pub fn may(&self, action: Action) -> bool {
        let granted = self.signed.granted.as_ref().is_none_or(|granted| granted.scopes.allow(action));
        granted && self.signed.member.role.may(action)
    }

    /// The highest role that they give to somebody new.
    pub const fn highest(&self) -> Role {
        highest(self.signed.member.role, self.signed.granted.is_some())
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
        reaches(self.signed.member.role, self.signed.granted.is_some(), role)
    }

    /// A seat that was taken for something else reads nothing: whoever calls made a mistake.
    pub(super) fn taken_for(&self, action: Action) -> Result<()> {
        if self.action == action { Ok(()) } else { Err(Error::Broken(format!("the seat was not taken to {action}"))) }
    }

    /// The first statement of every change: the session still lives, and the role still may. Until the transaction ends nobody changes that.
    pub(super) async fn hold(&self, conn: &mut Conn, action: Action) -> Result<Outcome<()>> {
        debug_assert_eq!(action, self.action, "the seat was taken for something else");
        let lives = match &self.signed.granted {
            None => super::session::is_live(conn, self.signed, self.now()).await?,
            Some(granted) => {
                let own = (&self.member().workspace_id, &self.member().id);
                store::access_tokens::take_live(conn, own, &granted.token, self.now()).await?
            }
        };
        if !lives {
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
            reference: self.token(),
            network: Some(self.visitor.network),
        }
    }

    /// The access token behind what is done, for the audit log.
    fn token(&self) -> Option<&'a str> {
        self.signed.granted.as_ref().map(|granted| granted.token.as_str())
    }

    /// A line of the audit log about what they did to this member.
    pub(super) fn deed<'b>(&'b self, member: &'b Member, action: &'b str) -> Deed<'b> {
        Deed {
            workspace: Some(&member.workspace_id),
            actor: self.member().id.as_str(),
            action,
            member: Some(&member.id),
            subject: None,
            reference: self.token(),
            network: Some(self.visitor.network),
        }
    }
}

/// Whether somebody of this rank acts on somebody of that one; by an access token on nobody who has a part in the desk.
const fn reaches(own: Role, by_token: bool, other: Role) -> bool {
    (!by_token || matches!(other, Role::Member)) && own.stands_above(other)
}

/// The highest role that this one gives to somebody new, whom they must be able to invite: one below their own; whoever may not set roles adds
/// members and nobody else, and so does whoever comes by an access token.
pub const fn highest(own: Role, by_token: bool) -> Role {
    if own.may(Action::SetRoles) && !by_token { Role::Administrator } else { Role::Member }
}
