//! What can be done to one account: the names and paths of it, what will happen, and the pages before the button.

use askama::Template;

use super::super::{Channel, Frame};
use super::members::role_key;
use super::mend::Waiver;
use crate::model::Role;

/// Something that can be done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Releases a hold.
    Release,
    /// Lets in again.
    Resume,
    /// Brings back.
    BringBack,
    /// Signs out everywhere.
    SignOut,
    /// Holds.
    Hold,
    /// Suspends.
    Suspend,
    /// Reports a device as lost, or shows the case.
    Lost,
    /// Demands a new password at once.
    Force,
    /// Asks for a new password at the next sign-in.
    Request,
    /// Another role.
    Role,
    /// Asks to see to contacts.
    Nudge,
    /// Sends or prints an invitation.
    Invite,
    /// Ends it.
    Uninvite,
    /// Deletes.
    Delete,
}

impl Way {
    /// Its part of the path.
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Resume => "resume",
            Self::BringBack => "bring-back",
            Self::SignOut => "sign-out",
            Self::Hold => "hold",
            Self::Suspend => "suspend",
            Self::Lost => "lost",
            Self::Force => "force",
            Self::Request => "request",
            Self::Role => "role",
            Self::Nudge => "nudge",
            Self::Invite => "invite",
            Self::Uninvite => "uninvite",
            Self::Delete => "delete",
        }
    }
    /// Key of its name, on links and buttons.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Release => "way-release",
            Self::Resume => "way-resume",
            Self::BringBack => "way-bring-back",
            Self::SignOut => "way-sign-out",
            Self::Hold => "way-hold",
            Self::Suspend => "way-suspend",
            Self::Lost => "desk-lost",
            Self::Force => "way-force",
            Self::Request => "way-request",
            Self::Role => "way-role",
            Self::Nudge => "way-nudge",
            Self::Invite => "way-invite",
            Self::Uninvite => "way-uninvite",
            Self::Delete => "way-delete",
        }
    }
    /// Whether it is done at once: it gives back and takes nothing away.
    pub const fn is_at_once(&self) -> bool {
        matches!(self, Self::Resume | Self::BringBack | Self::Uninvite)
    }
    /// Whether it takes something away for good.
    pub const fn destroys(&self) -> bool {
        matches!(self, Self::Delete)
    }
    /// Keys of what will happen, in order.
    pub const fn effects(&self) -> &'static [&'static str] {
        match self {
            Self::Suspend => &["effect-suspend-in", "effect-sessions", "effect-told", "effect-suspend-back"],
            Self::Hold => &["effect-hold-in", "effect-sessions", "effect-told", "effect-hold-back"],
            Self::SignOut => &["effect-sessions", "effect-sign-out-in", "effect-told"],
            Self::Delete => &["effect-delete-in", "effect-sessions", "effect-told", "effect-delete-back"],
            Self::Release => &["effect-release-in", "effect-release-contacts", "effect-release-ask"],
            Self::Request => &["effect-request-in", "effect-request-stay"],
            Self::Resume
            | Self::BringBack
            | Self::Role
            | Self::Nudge
            | Self::Lost
            | Self::Force
            | Self::Invite
            | Self::Uninvite => &[],
        }
    }
}

/// What can be done to an account now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doings(pub Vec<Way>);

/// The page before a button. GET `/w/{slug}/admin/members/{id}/suspend` and its like.
#[derive(Debug, Template)]
#[template(path = "pages/desk/before.html")]
pub struct Before {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The proved call that is the ground for it; none where the right to see members is.
    pub call: Option<String>,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// On how many devices the member is signed in.
    pub sessions: usize,
    /// How many contacts will be told.
    pub told: usize,
    /// What is about to be done.
    pub way: Way,
}

impl Before {
    fn effect(&self, key: &str) -> String {
        self.page.with(key, &[("sessions", &self.sessions.to_string()), ("told", &self.told.to_string())])
    }
}

/// GET and POST `/w/{slug}/admin/members/{id}/force`: `to`, `hours`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/force.html")]
pub struct Force {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The proved call that is the ground for it; none where the right to see members is.
    pub call: Option<String>,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// On how many devices the member is signed in.
    pub sessions: usize,
    /// Where the secret can go.
    pub to: Vec<ForceTo>,
    /// Where it can go nowhere: what lets it be shown.
    pub waiver: Waiver,
    /// How many hours it can be good for, the usual before the others.
    pub hours: Vec<i64>,
}

/// A contact that a secret can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForceTo {
    /// Its id.
    pub id: String,
    /// SMS or e-mail.
    pub channel: Channel,
    /// Masked.
    pub shown: String,
    /// Whether it is proposed.
    pub chosen: bool,
}

/// GET and POST `/w/{slug}/admin/members/{id}/role`: `role`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/role.html")]
pub struct RolePage {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The roles.
    pub choices: Vec<RoleChoice>,
}

/// A role to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleChoice {
    /// Which.
    pub role: Role,
    /// Whether it is the present one.
    pub chosen: bool,
}

impl RoleChoice {
    /// Key of its name.
    pub const fn key(&self) -> &'static str {
        role_key(self.role)
    }
    /// Key of what it may do.
    pub const fn about(&self) -> &'static str {
        match self.role {
            Role::Owner => "role-owner-about",
            Role::Administrator => "role-administrator-about",
            Role::HelpDesk => "role-help-desk-about",
            Role::Member => "role-member-about",
        }
    }
}
