//! What the desk shows of messages: the log, one message's way, and how messages fared by carrier and destination.

use askama::Template;

use super::{Frame, Troubles};
use crate::model::{Cause, HandingState, MessageKind, MessageState};
use crate::web::view::chart::Chart;

/// GET and POST `/w/{slug}/admin/messages`: `reference`, `login`, `address`, `kind`, `state`; POST `…/export`: `format`, `s`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/messages.html")]
pub struct MessagesPage {
    /// The frame.
    pub page: Frame,
    /// Whether everything can be looked through, or only by reference number.
    pub may_read: bool,
    /// What was typed.
    pub asked: AskedShown,
    /// Ways of sending: word, key, whether chosen.
    pub kinds: Vec<(&'static str, &'static str, bool)>,
    /// States: word, key, whether chosen.
    pub states: Vec<(&'static str, &'static str, bool)>,
    /// The lines, newest first.
    pub lines: Vec<MessageShown>,
    /// Whether anything was looked for, so that an empty list says something.
    pub is_answer: bool,
    /// Where older ones follow.
    pub older: Option<String>,
    /// Where the newest are, where this is not the first page.
    pub newest: Option<String>,
    /// What is looked for, for the file.
    pub sealed: String,
    /// Whether it can be taken out as a file.
    pub may_export: bool,
    /// How they fared.
    pub chart: Option<Chart>,
    /// The same by destination.
    pub fared: Vec<FaredShown>,
    /// What to mend.
    pub troubles: Troubles,
}

/// What was looked for, as it was typed.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the names are the fields of the form")]
pub struct AskedShown {
    pub reference: String,
    pub login: String,
    pub address: String,
}

/// GET `/w/{slug}/admin/messages/{message}`
#[derive(Debug, Template)]
#[template(path = "pages/desk/message.html")]
pub struct MessagePage {
    /// The frame.
    pub page: Frame,
    /// The message.
    pub line: MessageShown,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageShown {
    /// Its id, where it can be opened.
    pub id: Option<String>,
    /// When it was written.
    pub at: String,
    /// Key of what it was for.
    pub purpose: &'static str,
    /// Key of how it went.
    pub kind: &'static str,
    /// How far it has come.
    pub state: MessageState,
    /// Why not further, as a sentence.
    pub cause: Option<String>,
    /// By whom.
    pub carrier: Option<String>,
    /// The number that the person can read out.
    pub reference: Option<String>,
    /// Whose, with name and ID, where that may be seen.
    pub member: Option<(String, String, String)>,
    /// Each thing that happened to it, oldest first.
    pub way: Vec<Stop>,
}

/// One thing that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// When.
    pub at: String,
    /// What.
    pub text: String,
    /// More about it: the carrier, its own code.
    pub note: Option<String>,
    /// Class in the style sheet.
    pub class: &'static str,
}

/// How messages to one place fared by one carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaredShown {
    /// By whom.
    pub carrier: String,
    /// Where.
    pub toward: String,
    /// How many.
    pub all: i64,
    /// How many are known to have arrived.
    pub arrived: i64,
    /// How long that took, on the average.
    pub took: String,
    /// How many did not, by cause.
    pub causes: Vec<(String, i64)>,
}

impl MessageShown {
    /// Key of the state's word.
    pub const fn key(&self) -> &'static str {
        state_key(self.state)
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        match self.state {
            MessageState::Delivered => "good",
            MessageState::Undeliverable | MessageState::Failed | MessageState::Expired => "bad",
            MessageState::Waiting | MessageState::Handed | MessageState::Dropped => "wait",
        }
    }
}

/// Key of a state's word.
pub const fn state_key(state: MessageState) -> &'static str {
    match state {
        MessageState::Waiting => "message-waiting",
        MessageState::Handed => "message-handed",
        MessageState::Delivered => "message-delivered",
        MessageState::Undeliverable => "message-undeliverable",
        MessageState::Failed => "message-failed",
        MessageState::Expired => "message-expired",
        MessageState::Dropped => "message-dropped",
    }
}

/// Key of how a message goes.
pub const fn kind_key(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Mobile => "message-sms",
        MessageKind::Email | MessageKind::Webhook => "message-email",
    }
}

/// Key of what became of a try.
pub const fn handing_key(state: HandingState) -> &'static str {
    match state {
        HandingState::Accepted | HandingState::Delivered | HandingState::Undeliverable => "message-way-taken",
        HandingState::Refused => "message-way-refused",
        HandingState::PutOff => "message-way-put-off",
    }
}

/// Key of the sentence that says why a message did not arrive.
pub const fn cause_key(cause: Cause) -> &'static str {
    match cause {
        Cause::UnknownDestination => "cause-unknown-destination",
        Cause::Unreachable => "cause-unreachable",
        Cause::Full => "cause-full",
        Cause::Blocked => "cause-blocked",
        Cause::NotMobile => "cause-not-mobile",
        Cause::RefusedSender => "cause-refused-sender",
        Cause::Unroutable => "cause-unroutable",
        Cause::Throttled => "cause-throttled",
        Cause::Account => "cause-account",
        Cause::Provider => "cause-provider",
        Cause::Malformed => "cause-malformed",
        Cause::Budget => "cause-budget",
        Cause::Expired => "cause-expired",
        Cause::Unknown => "cause-unknown",
    }
}

/// Key of what a message was for. What is told of an event is a notice.
pub fn purpose_key(purpose: &str) -> &'static str {
    match purpose {
        "recovery_code" => "purpose-recovery-code",
        "contact_code" => "purpose-contact-code",
        "drill_code" => "purpose-drill-code",
        "call_letters" => "purpose-call-code",
        "forced_change" => "purpose-forced-secret",
        "invitation" => "purpose-invitation",
        "nudge" => "purpose-nudge",
        "test" => "purpose-test",
        _ => "purpose-notice",
    }
}
