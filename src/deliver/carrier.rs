//! The seam of delivery: a letter, and a carrier that takes it. No error and no `Debug` text here holds a destination or a body.
//!
//! A carrier is asked once a try and answers with a value; when to ask again, and which carrier comes next, is the worker's business.

use std::fmt;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::receipts::ReceiptBook;
use crate::model::{Cause, Timestamp, time::Span};

/// How a message reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Text message to a mobile number.
    Sms,
    /// E-mail.
    Email,
    /// A request to a program elsewhere.
    Webhook,
}

impl Channel {
    /// `sms` or `email`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

/// A message as it goes out: the destination was copied and the wording rendered when it was written to the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// How it goes.
    pub channel: Channel,
    /// Id of the message; the same at every try, so that a carrier can tell a repetition.
    pub id: String,
    /// E.164 number or e-mail address, as stored.
    pub to: String,
    /// Who it is from, where the workspace has a sender of its own; else the carrier's.
    pub sender: Option<String>,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// Plain text; lines end with `\n`.
    pub text: String,
    /// The same as HTML, of an e-mail.
    pub html: Option<String>,
    /// What it is for, as a stable word (`recovery_code`).
    pub purpose: String,
    /// The number that a person reads to their administrator, if it has one.
    pub reference: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// From when on it is of no use.
    pub expires_at: Timestamp,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("channel", &self.channel)
            .field("id", &self.id)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

/// The carrier has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// The provider's own id, if it told one; a receipt may come later under that id.
    pub provider_id: Option<String>,
}

/// The carrier has not taken it. Nothing here holds a destination, a body or a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", if *is_final { "refused" } else { "not now" })]
pub struct NotHandedOver {
    /// This carrier will never take it; else it may later.
    pub is_final: bool,
    /// The same in a word that a person can be told about.
    pub cause: Cause,
    /// The provider's own code.
    pub code: Option<String>,
    /// For the log and the operator.
    pub why: String,
    /// How long the provider asks to wait.
    pub retry_after: Option<Span>,
}

impl NotHandedOver {
    /// The same carrier may take it later.
    pub fn later(cause: Cause, why: impl Into<String>) -> Self {
        Self { is_final: false, cause, code: None, why: why.into(), retry_after: None }
    }

    /// This carrier will never take it; the next one in order may be asked.
    pub fn never(cause: Cause, why: impl Into<String>) -> Self {
        Self { is_final: true, ..Self::later(cause, why) }
    }

    /// With the provider's own code, cut to what a column should hold.
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        let code: String = code.into();
        Self { code: Some(code.chars().filter(|c| !c.is_control()).take(64).collect()), ..self }
    }

    /// Not before this time has passed.
    #[must_use]
    pub fn after(self, pause: Span) -> Self {
        Self { retry_after: Some(pause), ..self }
    }
}

/// Something that takes letters out: a mail server, an SMS provider, a file.
pub trait Carrier: Send + Sync + 'static {
    /// Its name in the configuration and the log.
    fn name(&self) -> &str;
    /// Whether it takes letters of this channel.
    fn carries(&self, channel: Channel) -> bool;
    /// Hands a letter over, once. Ends within a bounded time of its own. A letter can go out twice when the carrier's answer is lost.
    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>>;
    /// Whether it would take letters now: connects and signs in, and sends nothing. A carrier without a far side is always there.
    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async { Ok(()) })
    }
    /// Whether it tells later what became of a letter.
    fn tells_receipts(&self) -> bool {
        false
    }
    /// Whether it may be asked at all: false where it knows that its far side is gone, and looks for it by itself.
    fn is_there(&self) -> bool {
        true
    }
    /// How often it has found its far side anew: what failed before says nothing any more.
    fn connections(&self) -> u64 {
        0
    }
    /// How many letters are handed to it side by side.
    fn side_by_side(&self) -> usize {
        8
    }
    /// What goes on beside hand-overs until `stop`: a connection that is kept, and the receipts that come over it.
    fn run<'a>(&'a self, _book: &'a ReceiptBook, stop: CancellationToken) -> BoxFuture<'a, ()> {
        Box::pin(async move { stop.cancelled().await })
    }
}

#[cfg(test)]
pub(super) fn letter(channel: Channel, to: &str, text: &str) -> Letter {
    Letter {
        channel,
        id: "msg_01".to_owned(),
        to: to.to_owned(),
        sender: None,
        subject: (channel == Channel::Email).then(|| "件名".to_owned()),
        text: text.to_owned(),
        html: None,
        purpose: "recovery_code".to_owned(),
        reference: Some("R-1".to_owned()),
        at: Timestamp(1_700_000_000_000_001),
        expires_at: Timestamp(1_700_000_600_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_neither_destination_nor_body() {
        let shown = format!("{:?}", letter(Channel::Email, "taro@example.jp", "code 12345678"));
        assert!(shown.contains("msg_01") && shown.contains("recovery_code"));
        for secret in ["taro", "12345678", "件名"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
