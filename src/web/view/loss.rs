//! A lost or stolen device: the report, and the case with what became of each thing. The member's pages and the desk's show the same pieces.

use askama::Template;

use super::agents::AgentShown;
use super::management::ManagedShown;
use super::{ChangeShown, ContactShown, Frame, Troubles, moment};
use crate::flows::wipes::Wipe;
use crate::model::{IncidentKind, IncidentThing, Locale, LossStep, WipeCause, WipeState, WipeWhat};

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
    /// Contacts cannot be declared lost here, since one of them is all that proved who the caller is.
    pub contacts_shut: bool,
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
    /// What devices were told to give up, newest first.
    pub wipes: Vec<WipeShown>,
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
    /// Whether the member, once another contact proved who they are, may close it: a suspicion is for administrators.
    pub fn can_be_closed(&self) -> bool {
        self.is_open && self.kind != IncidentKind::Suspected
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
    /// The device's id, where it can be told to give up what it holds.
    pub wipe: Option<String>,
}

/// What a device was told to give up, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WipeShown {
    /// Its id.
    pub id: String,
    /// The device's name.
    pub name: String,
    /// What.
    pub what: WipeWhat,
    /// How far.
    pub state: WipeState,
    /// Why it failed, or never will be done.
    pub cause: Option<WipeCause>,
    /// When it was asked for.
    pub asked: String,
    /// When the device was told.
    pub sent: Option<String>,
    /// When it came to its end.
    pub ended: Option<String>,
    /// Until when it waits.
    pub until: String,
    /// A service that manages devices passes it on.
    pub managed: bool,
    /// While a service that manages devices has not taken it: what it answered last, and when it is asked again.
    pub answer: Option<(String, String)>,
}

impl WipeShown {
    /// In words; `name` is the device's.
    pub fn of(locale: Locale, wipe: &Wipe, name: String) -> Self {
        Self {
            id: wipe.id.to_string(),
            name,
            what: wipe.what,
            state: wipe.state,
            cause: wipe.cause,
            asked: moment(locale, wipe.asked_at),
            sent: wipe.sent_at.map(|at| moment(locale, at)),
            ended: wipe.ended_at.map(|at| moment(locale, at)),
            until: moment(locale, wipe.expires_at),
            managed: wipe.is_managed(),
            answer: wipe
                .answer
                .clone()
                .zip(wipe.next_at)
                .filter(|_| wipe.handed_at.is_none() && wipe.ended_at.is_none())
                .map(|(answer, next)| (answer, moment(locale, next))),
        }
    }
    /// Key of what is given up.
    pub const fn what_key(&self) -> &'static str {
        match self.what {
            WipeWhat::SignOut => "wipe-what-sign-out",
            WipeWhat::Data => "wipe-what-data",
            WipeWhat::Device => "wipe-what-device",
        }
    }
    /// Key of how far it has come.
    pub const fn state_key(&self) -> &'static str {
        match self.state {
            WipeState::Queued if self.managed => "wipe-queued-managed",
            WipeState::Sent if self.managed => "wipe-sent-managed",
            WipeState::Queued => "wipe-queued",
            WipeState::Sent => "wipe-sent",
            WipeState::Confirmed => "wipe-confirmed",
            WipeState::Failed => "wipe-failed",
            WipeState::Impossible => "wipe-impossible",
        }
    }
    /// Key of why.
    pub fn cause_key(&self) -> Option<&'static str> {
        Some(match self.cause? {
            WipeCause::Found => "wipe-cause-found",
            WipeCause::TakenBack => "wipe-cause-taken-back",
            WipeCause::NotReached => "wipe-cause-not-reached",
            WipeCause::Refused if self.managed => "wipe-cause-refused-managed",
            WipeCause::PassedOn if self.managed => "wipe-cause-passed-on-managed",
            WipeCause::PassedOn => "wipe-cause-passed-on",
            WipeCause::Refused => "wipe-cause-refused",
            WipeCause::Unseen => "wipe-cause-unseen",
            WipeCause::NotRemoved => "wipe-cause-not-removed",
            WipeCause::Unlisted => "wipe-cause-unlisted",
            WipeCause::NotSetUp => "wipe-cause-not-set-up",
            WipeCause::Restored => "wipe-cause-restored",
        })
    }
    /// How the state looks.
    pub const fn tone(&self) -> &'static str {
        match self.state {
            WipeState::Queued | WipeState::Sent => "",
            WipeState::Confirmed => " good",
            WipeState::Failed | WipeState::Impossible => " bad",
        }
    }
    /// Whether it can be taken back.
    pub const fn can_be_taken_back(&self) -> bool {
        matches!(self.state, WipeState::Queued)
    }
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
    /// The call of whoever asks for it, where the help desk reports.
    pub call: Option<String>,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The form.
    pub form: LossForm,
    /// What to mend.
    pub troubles: Troubles,
}

/// A step of a case, by one button: POST `…/lost/steps/{step}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossStepShown {
    /// The step.
    pub step: LossStep,
    /// When it was done last, for the form: microseconds, empty where it was not.
    pub seen: String,
    /// The same in words.
    pub done: Option<String>,
}

impl LossStepShown {
    /// Key of what it is, on the button, too.
    pub const fn key(&self) -> &'static str {
        match self.step {
            LossStep::Hold => "loss-step-hold",
            LossStep::Suspend => "loss-step-suspend",
            LossStep::SignOut => "loss-step-sign-out",
            LossStep::Void => "loss-step-void",
            LossStep::Password => "loss-step-password",
            LossStep::Tell => "loss-step-tell",
        }
    }
    /// Key of what it does.
    pub const fn text_key(&self) -> &'static str {
        match self.step {
            LossStep::Hold => "loss-step-hold-text",
            LossStep::Suspend => "loss-step-suspend-text",
            LossStep::SignOut => "loss-step-sign-out-text",
            LossStep::Void => "loss-step-void-text",
            LossStep::Password => "loss-step-password-text",
            LossStep::Tell => "loss-step-tell-text",
        }
    }
    /// Whether there is a page with other ways.
    pub const fn has_other_ways(&self) -> bool {
        matches!(self.step, LossStep::Password)
    }
}

/// At the desk: the case. GET `/w/{slug}/admin/members/{id}/lost`; POST `…/lost/steps/{step}`, `…/lost/found`, `…/lost/close`.
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
    /// What to do, in this order.
    pub steps: Vec<LossStepShown>,
    /// Devices with the workplace's program.
    pub agents: Vec<AgentShown>,
    /// Devices that a service manages.
    pub managed: Vec<ManagedShown>,
    /// What was not stopped.
    pub lives: Vec<LivesShown>,
}

impl LivesShown {
    /// Key of what it is.
    pub const fn kind_key(&self) -> &'static str {
        if self.is_token { "lives-token" } else { "lost-thing-session" }
    }
}

/// An open case on the desk's first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LossRow {
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// What happened.
    pub kind: IncidentKind,
    /// Since when.
    pub at: String,
}

impl LossRow {
    /// Key of what happened.
    pub const fn kind_key(&self) -> &'static str {
        kind_key(self.kind)
    }
}

/// A session or an access token that lives on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivesShown {
    /// The device's name, or the token's.
    pub name: String,
    /// A program comes with it.
    pub is_token: bool,
    /// Until then at the latest.
    pub until: String,
}

impl DeskLoss {
    fn address(&self) -> String {
        format!("{}/{}/lost", self.page.path("admin/members"), self.id)
    }
}

impl DeskLost {
    fn address(&self) -> String {
        match &self.call {
            Some(call) => format!("{}/{call}/lost", self.page.path("admin/calls")),
            None => format!("{}/{}/lost", self.page.path("admin/members"), self.id),
        }
    }
}
