//! One member with all that the desk shows: contacts, devices, tries to sign in, what was done lately.

use askama::Template;

use super::super::{ChangeShown, Channel, DeviceShown, Frame};
use super::doings::Doings;
use super::log::result_key;
use super::members::MemberRow;
use super::messages::MessageShown;
use super::readiness::ReadinessShown;
use crate::model::{ContactState, Demand, SignInResult};

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
    /// The member's devices.
    pub devices: Vec<DeviceShown>,
    /// The last tries to sign in.
    pub sign_ins: Vec<SignInLine>,
    /// What was done lately.
    pub history: Vec<ChangeShown>,
    /// The newest messages.
    pub messages: Vec<MessageShown>,
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
