//! The list of members: a search, the filters, a row for each, and what can be done to many of them.

use askama::Template;

use super::super::{Frame, Troubles};
use super::readiness::{ReadinessShown, readiness_key};
use crate::model::{Readiness, Role};

/// GET and POST `/w/{slug}/admin/members`: `q`, `which`, `before`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/members.html")]
pub struct Members {
    /// The frame.
    pub page: Frame,
    /// What was looked for.
    pub typed: String,
    /// The filters.
    pub which: Vec<Which>,
    /// Those on this page.
    pub rows: Vec<MemberRow>,
    /// Where it goes on.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// Whether anything was typed or chosen.
    pub narrowed: bool,
    /// What was looked for, sealed.
    pub sealed: String,
    /// Whether the list may be taken out, and with whole contacts.
    pub may_export: (bool, bool),
    /// What can be done to many of them: words and names.
    pub whats: Vec<(String, String)>,
    /// The day before which somebody signed in last, as typed.
    pub before: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// A filter of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Which {
    /// Its word.
    pub word: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl Which {
    /// Key of its name.
    pub fn key(&self) -> &'static str {
        if let Some(readiness) = Readiness::parse(self.word) {
            return readiness_key(readiness);
        }
        match self.word {
            "invited" => "desk-which-invited",
            "active" => "desk-which-active",
            "suspended" => "desk-which-suspended",
            "held" => "desk-which-held",
            "above" => "desk-which-above",
            "away30" => "desk-which-away30",
            "away90" => "desk-which-away90",
            "deleted" => "desk-which-deleted",
            "before" => "desk-which-before",
            _ => "desk-which-present",
        }
    }
}

/// A member in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The member's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its reading.
    pub kana: String,
    /// The bare ID.
    pub login: String,
    /// The department.
    pub department: String,
    /// A role above that of members.
    pub role: Option<Role>,
    /// How the account stands.
    pub standing: AccountStanding,
    /// Why they could not get back in alone, as the job that goes round saw it last.
    pub readiness: Option<ReadinessShown>,
    /// The last sign-in, by the day.
    pub last: String,
}

impl MemberRow {
    /// Key of the role's name.
    pub fn role_key(&self) -> Option<&'static str> {
        self.role.map(role_key)
    }
}

/// Key of a role's name.
pub const fn role_key(role: Role) -> &'static str {
    match role {
        Role::Owner => "role-owner",
        Role::Administrator => "role-administrator",
        Role::HelpDesk => "role-help-desk",
        Role::Member => "role-member",
    }
}

/// How an account stands, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStanding {
    /// Has no password yet.
    Invited,
    /// Can sign in.
    Active,
    /// Stopped by an administrator.
    Suspended,
    /// Stopped by "that was not me".
    Held,
    /// Deleted.
    Deleted,
}

impl AccountStanding {
    /// Key of its word.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Invited => "standing-invited",
            Self::Active => "standing-active",
            Self::Suspended => "standing-suspended",
            Self::Held => "standing-held",
            Self::Deleted => "standing-deleted",
        }
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Active => "good",
            Self::Invited => "wait",
            Self::Suspended | Self::Held | Self::Deleted => "bad",
        }
    }
}
