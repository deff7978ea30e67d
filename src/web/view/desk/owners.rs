//! The owners' envelope: how it stands, the code in it, and the page where it is typed.

use askama::Template;

use crate::model::OwnerStep;
use crate::web::view::{Frame, Troubles};

/// GET `/w/{slug}/admin/owners`
#[derive(Debug, Template)]
#[template(path = "pages/desk/owners.html")]
pub struct OwnersPage {
    /// The frame.
    pub page: Frame,
    /// Somebody else is an owner, too.
    pub second_owner: bool,
    /// When the newest code was made.
    pub made: Option<String>,
    /// When it was used.
    pub used: Option<String>,
    /// It can be used.
    pub good: bool,
    /// What owners asked for about one another, and waits.
    pub steps: Vec<OwnerStepRow>,
}

/// GET and POST `/w/{slug}/admin/members/{id}/owner`: `step`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/owner_step.html")]
pub struct OwnerStepPage {
    /// The frame.
    pub page: Frame,
    /// The owner's id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their whole ID.
    pub login: String,
    /// What can be asked for, each with the key of its name.
    pub steps: Vec<(OwnerStep, &'static str)>,
}

/// Key of a step's name.
pub const fn step_key(step: OwnerStep) -> &'static str {
    match step {
        OwnerStep::Suspend => "owner-step-suspend",
        OwnerStep::Resume => "owner-step-resume",
        OwnerStep::Release => "owner-step-release",
        OwnerStep::Force => "owner-step-force",
        OwnerStep::Demote => "owner-step-demote",
    }
}

/// What an owner asked for about another.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct OwnerStepRow {
    pub id: String,
    pub step: OwnerStep,
    pub by: String,
    pub whom: String,
    pub login: String,
    /// From when whoever asked may go on; none where a third owner must agree, or when it is so far.
    pub from: Option<String>,
    /// The looker asked for it, and may go on now.
    pub ripe: bool,
    pub may_agree: bool,
    pub own: bool,
    pub until: String,
}

impl OwnerStepRow {
    fn key(&self) -> &'static str {
        step_key(self.step)
    }
}

/// POST `/w/{slug}/admin/owners`: the code, once, to be printed.
#[derive(Debug, Template)]
#[template(path = "pages/desk/sealed.html")]
pub struct SealedPage {
    /// The frame.
    pub page: Frame,
    /// The code's groups, each sign with its word.
    pub groups: Vec<(String, Vec<String>)>,
    /// Where it is typed.
    pub path: String,
    /// When it was made.
    pub at: String,
}

/// GET and POST `/w/{slug}/break-glass`: `login`, `code`.
#[derive(Debug, Template)]
#[template(path = "pages/break_glass.html")]
pub struct BreakGlassPage {
    /// The frame.
    pub page: Frame,
    /// The ID that was typed.
    pub login: String,
    /// What to mend.
    pub troubles: Troubles,
}
