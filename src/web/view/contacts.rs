//! A member's mobile numbers and personal addresses.

use askama::Template;

use super::{Channel, CodeState, Frame, Troubles};

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
}

/// How a contact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its own code was typed.
    Verified,
    /// It was not yet.
    Unverified,
    /// It cannot recover alone for so many hours more.
    Waiting(i64),
    /// Frozen by an objection.
    Frozen,
    /// Messages come back.
    Unreachable,
}

impl Standing {
    /// In words.
    pub fn text(&self, page: &Frame) -> String {
        match self {
            Self::Verified => page.t("state-verified"),
            Self::Unverified => page.t("state-unverified"),
            Self::Waiting(hours) => page.t1("state-waiting", "hours", hours),
            Self::Frozen => page.t("state-frozen"),
            Self::Unreachable => page.t("state-unreachable"),
        }
    }
    /// Class in the style sheet.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Verified => "good",
            Self::Unverified | Self::Waiting(_) => "wait",
            Self::Frozen | Self::Unreachable => "bad",
        }
    }
}

impl ContactShown {
    fn unverified(&self) -> bool {
        self.states.contains(&Standing::Unverified)
    }
    fn frozen(&self) -> bool {
        self.states.contains(&Standing::Frozen)
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

/// GET and POST `/w/{slug}/me/contacts/{id}/verify`: `code`; POST `…/{id}/resend`.
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
    /// What to mend.
    pub troubles: Troubles,
}

impl VerifyContact {
    fn resend_path(&self) -> String {
        self.page.path(&format!("me/contacts/{}/resend", self.id))
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
    /// After a recovery nothing is removed for a day without another proof: until then, as a moment.
    pub not_before: Option<String>,
}
