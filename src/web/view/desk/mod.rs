//! What the administrators' desk shows.

mod alerts;
mod jobs;
mod log;
mod mend;
pub mod messages;
mod owners;
mod people;
pub mod policy;
mod readiness;
mod recent;
mod tokens;

use askama::Template;

pub use alerts::{AlertRow, AlertSettingsPage, AlertsPage, SentRow, WebhookSecretPage, alert_key, alert_what};
pub use jobs::{ImportPage, JobPage, JobRow, JobsPage, ToldRow};
pub use log::{AuditShown, Lines, LogPage, SignInShown, WhichLog, result_key};
pub use mend::{DeclarePage, EditPage, MendPage, Old, SecretPage, Sure, Waiver};
pub use owners::{BreakGlassPage, OwnerStepPage, OwnerStepRow, OwnersPage, SealedPage, step_key};
pub use people::{AddPage, InvitationSlip, InvitePage, SlipPage};
pub use readiness::{
    DayShown, DrillsPage, NudgePage, Nudged, ReadinessList, ReadinessPage, ReadinessShown, ReasonLine, SlipShown,
    SlipsPage, Trend, readiness_key,
};
pub use recent::{Figure, Recent};
pub use tokens::{NewTokenPage, ScopeChoice, TokenMadePage, TokenRow, TokensPage, scope_key};

use super::{ChangeShown, Channel, Frame, Troubles};
use crate::model::{ContactState, Demand, Readiness, Role, SignInResult};

/// GET `/w/{slug}/admin`
#[derive(Debug, Template)]
#[template(path = "pages/desk/start.html")]
pub struct Start {
    /// The frame.
    pub page: Frame,
    /// Whether the person may look members up.
    pub may_look: bool,
    /// What stood out and nobody has seen to.
    pub alerts: Vec<AlertRow>,
    /// Accounts that are held and wait for somebody.
    pub held: Vec<MemberRow>,
    /// How the last days went, for who may read the sign-in log.
    pub recent: Option<Recent>,
}

/// GET and POST `/w/{slug}/admin/members`: `q`, `which`.
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
    /// What can be done to many of them, by words.
    pub whats: Vec<&'static str>,
}

impl Members {
    /// Key of what is done to many.
    fn what_key(what: &str) -> &'static str {
        match what {
            "force-1" => "many-force-1",
            "force-8" => "many-force-8",
            "force-24" => "many-force-24",
            "request" => "many-request",
            "sign-out" => "many-sign-out",
            "suspend" => "many-suspend",
            _ => "many-resume",
        }
    }
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

/// GET `/w/{slug}/admin/members/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/desk/member.html")]
pub struct MemberPage {
    /// The frame.
    pub page: Frame,
    /// As in the list.
    pub row: MemberRow,
    /// The whole ID.
    pub login: String,
    /// When the member was added.
    pub added: String,
    /// When the password was set.
    pub password_at: Option<String>,
    /// What is demanded of the password.
    pub demand: Option<Demand>,
    /// Whether they could get back in alone, as they stand this moment.
    pub readiness: ReadinessShown,
    /// When they tried it out last.
    pub drilled: Option<String>,
    /// How an invitation stands.
    pub invitation: Vec<String>,
    /// The contacts.
    pub contacts: Vec<ContactLine>,
    /// Where the member is signed in.
    pub sessions: Vec<SessionLine>,
    /// The last tries to sign in.
    pub sign_ins: Vec<SignInLine>,
    /// What was done lately.
    pub history: Vec<ChangeShown>,
    /// The newest messages.
    pub messages: Vec<messages::MessageShown>,
    /// Where all of them are, for who may look through them.
    pub all_messages: Option<String>,
    /// What can be done.
    pub doings: Doings,
    /// Why nothing can be.
    pub note: Option<String>,
    /// The reader and the member are two owners.
    pub owner_step: bool,
    /// Whether names, ID and contacts can be put right by the reader.
    pub mends: bool,
}

impl MemberPage {
    /// Key of what is demanded of the password.
    pub fn demand_key(&self) -> Option<&'static str> {
        self.demand.map(|demand| match demand {
            Demand::Forced => "desk-password-forced",
            Demand::Requested => "desk-password-requested",
        })
    }
}

/// A contact as the desk sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactLine {
    /// Its id.
    pub id: String,
    /// SMS or e-mail.
    pub channel: Channel,
    /// Masked.
    pub shown: String,
    /// What it is good for.
    pub state: ContactState,
    /// From when it counts, if it does not yet.
    pub waits: Option<String>,
    /// An administrator wrote it down, and its owner has not confirmed it.
    pub entered: bool,
    /// When its code was typed last.
    pub confirmed: Option<String>,
}

impl ContactLine {
    /// Key of its state's word.
    pub const fn state_key(&self) -> &'static str {
        match self.state {
            ContactState::Verified if self.entered => "desk-contact-entered",
            ContactState::Verified if self.waits.is_some() => "desk-contact-waits",
            ContactState::Verified => "desk-contact-verified",
            ContactState::Unverified => "desk-contact-unverified",
            ContactState::Frozen | ContactState::Removed => "desk-contact-frozen",
        }
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        match self.state {
            ContactState::Verified if self.waits.is_none() && !self.entered => "good",
            ContactState::Verified | ContactState::Unverified => "wait",
            ContactState::Frozen | ContactState::Removed => "bad",
        }
    }
}

/// A session as the desk sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// Its id.
    pub id: String,
    /// "Safari, iPhone".
    pub device: String,
    /// An address or network.
    pub place: String,
    /// When it was last used.
    pub seen: String,
}

/// A try to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLine {
    /// When.
    pub at: String,
    /// How it ended.
    pub result: SignInResult,
    /// "Safari, iPhone".
    pub device: String,
    /// The address.
    pub place: String,
}

impl SignInLine {
    /// Key of the result's word.
    pub const fn key(&self) -> &'static str {
        result_key(self.result)
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        if matches!(self.result, SignInResult::Done) { "good" } else { "wait" }
    }
}

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
            Self::Resume | Self::BringBack | Self::Role | Self::Nudge | Self::Force | Self::Invite | Self::Uninvite => {
                &[]
            }
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

/// The password once more, before what is sensitive; carries the form along. POST to the same address: `again`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/confirm.html")]
pub struct Confirm {
    /// The frame; `page.here` is where the form goes.
    pub page: Frame,
    /// The whole ID.
    pub login: String,
    /// What was typed on the page before.
    pub fields: Vec<(String, String)>,
    /// What to mend.
    pub troubles: Troubles,
}
