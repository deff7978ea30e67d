//! A member's mobile numbers and personal addresses.

use askama::Template;

use super::{Channel, CodeState, Frame, TrailShown, Troubles};

/// GET `/w/{slug}/me/contacts`.
#[derive(Debug, Template)]
#[template(path = "pages/contacts.html")]
pub struct Contacts {
    /// The frame.
    pub page: Frame,
    /// The numbers.
    pub mobiles: Vec<ContactShown>,
    /// The addresses.
    pub emails: Vec<ContactShown>,
}

/// One contact as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactShown {
    /// Its id.
    pub id: String,
    /// Which kind.
    pub channel: Channel,
    /// The number or address in full.
    pub shown: String,
    /// How it stands.
    pub states: Vec<Standing>,
    /// What happened to a frozen one, as far as it was written down.
    pub frozen: Option<FrozenShown>,
}

/// What happened to a frozen contact, as moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrozenShown {
    /// Since when it is frozen.
    pub at: String,
    /// When that happened which somebody objected to.
    pub changed_at: String,
    /// When its own code was typed first.
    pub verified_at: Option<String>,
}

/// How a contact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its own code was typed.
    Verified,
    /// It was not yet.
    Unverified,
    /// Nor was it, but an administrator wrote it down, and it recovers.
    Entered,
    /// It cannot recover alone for so many hours more.
    Waiting(i64),
    /// Frozen by an objection.
    Frozen,
    /// On a device that was reported as lost.
    Lost,
    /// Messages come back.
    Unreachable,
}

impl Standing {
    /// In words.
    pub fn text(&self, page: &Frame) -> String {
        match self {
            Self::Verified => page.t("state-verified"),
            Self::Unverified => page.t("state-unverified"),
            Self::Entered => page.t("state-entered"),
            Self::Waiting(hours) => page.t1("state-waiting", "hours", hours),
            Self::Frozen => page.t("state-frozen"),
            Self::Lost => page.t("state-lost"),
            Self::Unreachable => page.t("state-unreachable"),
        }
    }
    /// Class in the style sheet.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Verified => "good",
            Self::Unverified | Self::Entered | Self::Waiting(_) => "wait",
            Self::Frozen | Self::Lost | Self::Unreachable => "bad",
        }
    }
}

impl ContactShown {
    fn verified(&self) -> bool {
        self.states.contains(&Standing::Verified)
    }
    fn unverified(&self) -> bool {
        self.states.contains(&Standing::Unverified) || self.states.contains(&Standing::Entered)
    }
    fn is_frozen(&self) -> bool {
        self.states.contains(&Standing::Frozen)
    }
    fn frozen_note(&self, page: &Frame) -> String {
        match &self.frozen {
            Some(frozen) => page.with("state-frozen-note", &[("changed", &frozen.changed_at), ("at", &frozen.at)]),
            None => page.t("state-frozen-note-undated"),
        }
    }
    fn waiting(&self) -> bool {
        self.states.iter().any(|state| matches!(state, Standing::Waiting(_)))
    }
}

/// GET and POST `/w/{slug}/me/contacts/add-mobile`: `number`; `…/add-email`: `email`.
#[derive(Debug, Template)]
#[template(path = "pages/add_contact.html")]
pub struct AddContact {
    /// The frame.
    pub page: Frame,
    /// Which kind.
    pub channel: Channel,
    /// What was typed.
    pub value: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET and POST `/w/{slug}/me/contacts/{id}/try`; GET `…/try/state`.
#[derive(Debug, Template)]
#[template(path = "pages/try_contact.html")]
pub struct TryContact {
    /// The frame.
    pub page: Frame,
    /// The contact's id.
    pub id: String,
    /// Which kind.
    pub channel: Channel,
    /// The number or address.
    pub shown: String,
    /// How far the newest test message has come; none where none was sent.
    pub trail: Option<TrailShown>,
}

/// GET and POST `/w/{slug}/me/contacts/{id}/verify`: `code`; GET `…/verify/state`; POST `…/{id}/resend`.
#[derive(Debug, Template)]
#[template(path = "pages/verify_contact.html")]
pub struct VerifyContact {
    /// The frame.
    pub page: Frame,
    /// The contact's id.
    pub id: String,
    /// Which kind.
    pub channel: Channel,
    /// The number or address.
    pub shown: String,
    /// Whether a code can still be typed.
    pub state: CodeState,
    /// Seconds for which the code can be used.
    pub seconds_left: i64,
    /// Seconds until it can be sent again; 0 when it can.
    pub resend_in: i64,
    /// Sender that will be seen.
    pub sender: Option<String>,
    /// How far the newest code has come.
    pub trail: Option<TrailShown>,
    /// Where to go after it, if something asked for this proof: a path.
    pub next: Option<String>,
    /// What to mend.
    pub troubles: Troubles,
}

impl VerifyContact {
    fn step_path(&self, step: &str) -> String {
        let path = self.page.path(&format!("me/contacts/{}/{step}", self.id));
        match &self.next {
            Some(next) => format!("{path}?next={next}"),
            None => path,
        }
    }
    fn resend_path(&self) -> String {
        self.step_path("resend")
    }
}

/// GET and POST `/w/{slug}/me/contacts/{id}/remove`.
#[derive(Debug, Template)]
#[template(path = "pages/remove_contact.html")]
pub struct ConfirmRemove {
    /// The frame.
    pub page: Frame,
    /// The contact.
    pub contact: ContactShown,
    /// Whether no other confirmed contact would be left.
    pub last: bool,
    /// Why it stays for now.
    pub stays: Option<RemovalStays>,
}

/// After a recovery nothing is removed for a day without another proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalStays {
    /// Until then, as a moment.
    pub until: String,
    /// By these it can be proved.
    pub provers: Vec<ContactShown>,
    /// Where to go after the proof: this page.
    pub next: String,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// The account is held instead of a removal, and nobody is signed in any more. POST `/w/{slug}/me/contacts/{id}/remove`:
/// `if_unproved`.
#[derive(Debug, Template)]
#[template(path = "pages/removal_held.html")]
pub struct RemovalHeld {
    /// The frame.
    pub page: Frame,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// GET and POST `/w/{slug}/me/contacts/{id}/decide`: `decision`.
#[derive(Debug, Template)]
#[template(path = "pages/decide_contact.html")]
pub struct DecideContact {
    /// The frame.
    pub page: Frame,
    /// The contact.
    pub contact: ContactShown,
    /// Whether it can be decided, or what comes first.
    pub state: Deciding,
}

/// Whether a frozen contact can be decided here and now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deciding {
    /// Yes; kept, it cannot recover alone for so many hours.
    Open {
        /// The hold of a new contact.
        hours: i64,
    },
    /// One of these has to be proved first.
    ProveFirst {
        /// The older contacts.
        older: Vec<ContactShown>,
        /// Where to go after the proof: this page.
        next: String,
    },
    /// By nobody but an administrator.
    Closed {
        /// Because of a recovery, and only until then, as a moment.
        from: Option<String>,
        /// The workplace's own words on whom to ask.
        contact_text: Option<String>,
    },
}
