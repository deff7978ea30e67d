//! A lost or stolen device: the report, and the case with what became of each thing. The member's pages and the desk's show the same pieces.

use askama::Template;

use super::{ChangeShown, ContactShown, Frame, Troubles};
use crate::model::{IncidentKind, IncidentThing};

/// Something that may be lost, to be ticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossChoice {
    /// The field's name.
    pub field: String,
    /// What it is.
    pub name: String,
    /// More of it.
    pub note: Option<String>,
    /// Ticked.
    pub chosen: bool,
}

/// The fields of a report: `kind`, `device_…`, `contact_…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossForm {
    /// What happened.
    pub kind: IncidentKind,
    /// The devices, but for the one that reports.
    pub devices: Vec<LossChoice>,
    /// The contacts.
    pub contacts: Vec<LossChoice>,
}

impl LossForm {
    fn kinds(&self) -> Vec<(&'static str, &'static str, bool)> {
        let all = IncidentKind::ALL.iter().map(|kind| (kind.as_str(), kind_key(*kind), *kind == self.kind));
        all.collect()
    }
    fn ticked(&self) -> impl Iterator<Item = &LossChoice> {
        self.devices.iter().chain(&self.contacts).filter(|choice| choice.chosen)
    }
}

/// Key of what happened.
pub const fn kind_key(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Lost => "lost-kind-lost",
        IncidentKind::Stolen => "lost-kind-stolen",
        IncidentKind::Suspected => "lost-kind-suspected",
    }
}

/// GET and POST `/w/{slug}/me/lost`: the report.
#[derive(Debug, Template)]
#[template(path = "pages/lost.html")]
pub struct Lost {
    /// The frame.
    pub page: Frame,
    /// The form.
    pub form: LossForm,
    /// What has to be proved first, after a recovery.
    pub stays: Option<LossStays>,
    /// What to mend.
    pub troubles: Troubles,
}

/// After a recovery no contact is declared lost for a day without another proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossStays {
    /// Until then, as a moment.
    pub until: String,
    /// By these it can be proved.
    pub provers: Vec<ContactShown>,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// The case. GET `/w/{slug}/me/lost`; POST `…/lost/found`.
#[derive(Debug, Template)]
#[template(path = "pages/loss.html")]
pub struct Loss {
    /// The frame.
    pub page: Frame,
    /// The case.
    pub case: CaseShown,
    /// The way back, if it was found.
    pub back: LossBack,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// How the member can say that it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LossBack {
    /// Nothing is lost.
    Nothing,
    /// By a button: another contact was proved.
    Open,
    /// By a code to one of these first; none: an administrator decides.
    Prove(Vec<ContactShown>),
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseShown {
    /// When it was reported.
    pub opened: String,
    /// What happened.
    pub kind: IncidentKind,
    /// An administrator reported it.
    pub by_desk: bool,
    /// Whether there is anything left to do.
    pub is_open: bool,
    /// What was stopped.
    pub things: Vec<ThingShown>,
    /// What was done since, newest first.
    pub deeds: Vec<ChangeShown>,
    /// When the password was changed since.
    pub password_at: Option<String>,
}

impl CaseShown {
    /// Key of the page's title.
    pub const fn title_key(&self) -> &'static str {
        match (self.is_open, self.kind) {
            (true, IncidentKind::Suspected) => "lost-suspected-title",
            (true, _) => "lost-open-title",
            (false, _) => "lost-closed-title",
        }
    }
    /// Key of what happened.
    pub const fn kind_key(&self) -> &'static str {
        kind_key(self.kind)
    }
}

/// One thing, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingShown {
    /// What it is.
    pub kind: IncidentThing,
    /// Its name.
    pub name: String,
    /// Since when it opens nothing.
    pub told: String,
    /// When somebody tried to use it, and was refused.
    pub refused: Option<String>,
    /// When it was restored.
    pub undone: Option<String>,
}

impl ThingShown {
    /// Key of what it is.
    pub const fn key(&self) -> &'static str {
        match self.kind {
            IncidentThing::Device => "lost-thing-device",
            IncidentThing::Session => "lost-thing-session",
            IncidentThing::Contact => "lost-thing-contact",
        }
    }
}

/// At the desk: the report. GET and POST `/w/{slug}/admin/members/{id}/lost`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/lost.html")]
pub struct DeskLost {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The form.
    pub form: LossForm,
    /// What to mend.
    pub troubles: Troubles,
}

/// At the desk: the case. GET `/w/{slug}/admin/members/{id}/lost`; POST `…/lost/found`, `…/lost/close`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/loss.html")]
pub struct DeskLoss {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The case.
    pub case: CaseShown,
}
