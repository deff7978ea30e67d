//! What the administrators' desk shows.

mod alerts;
mod doings;
mod jobs;
mod log;
mod member;
mod members;
mod mend;
pub mod messages;
mod owners;
mod people;
pub mod policy;
mod readiness;
mod recent;
mod tokens;

use askama::Template;

pub use super::loss::{DeskLoss, DeskLost};
pub use alerts::{AlertRow, AlertSettingsPage, AlertsPage, SentRow, WebhookSecretPage, alert_key, alert_what};
pub use doings::{Before, Doings, Force, ForceTo, RoleChoice, RolePage, Way};
pub use jobs::{ImportPage, JobPage, JobRow, JobsPage, ToldRow};
pub use log::{AuditShown, Lines, LogPage, SignInShown, WhichLog, result_key};
pub use member::{ContactLine, MemberPage, SignInLine};
pub use members::{AccountStanding, MemberRow, Members, Which, role_key};
pub use mend::{DeclarePage, EditPage, MendPage, Old, SecretPage, Sure, Waiver};
pub use owners::{BreakGlassPage, OwnerStepPage, OwnerStepRow, OwnersPage, SealedPage, step_key};
pub use people::{AddPage, InvitationSlip, InvitePage, SlipPage};
pub use readiness::{
    DayShown, DrillsPage, NudgePage, Nudged, ReadinessList, ReadinessPage, ReadinessShown, ReasonLine, SlipShown,
    SlipsPage, Trend, readiness_key,
};
pub use recent::{Figure, Recent};
pub use tokens::{NewTokenPage, ScopeChoice, TokenMadePage, TokenRow, TokensPage, scope_key};

use super::{Frame, LossRow, Troubles};

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
    /// Losses that are being dealt with, the oldest first.
    pub losses: Vec<LossRow>,
    /// Accounts that are held and wait for somebody.
    pub held: Vec<MemberRow>,
    /// How the last days went, for who may read the sign-in log.
    pub recent: Option<Recent>,
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
