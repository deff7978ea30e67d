//! A message on its way out: how it leaves, how far it has come, and what became of each try at a carrier.

use std::collections::HashMap;

use super::ContactKind;
use super::text_enum::text_enum;

text_enum! {
    /// How a message leaves.
    pub enum MessageKind {
        /// By SMS.
        Mobile => "sms",
        /// By email.
        Email => "email",
        /// By a request to a program elsewhere.
        Webhook => "webhook",
    }

    /// How far a message has come.
    pub enum MessageState {
        /// Not taken by any carrier yet, or taken by one whose receipt is waited for before the next is asked.
        Waiting => "waiting",
        /// Taken by a carrier.
        Handed => "handed",
        /// The carrier says that it arrived.
        Delivered => "delivered",
        /// The carrier took it, and says that it did not arrive.
        Undeliverable => "undeliverable",
        /// No carrier took it.
        Failed => "failed",
        /// Its time passed before a carrier took it.
        Expired => "expired",
        /// Written so that strangers learn nothing, and never sent.
        Dropped => "dropped",
    }

    /// What became of one try at a carrier.
    pub enum HandingState {
        /// Taken.
        Accepted => "accepted",
        /// Never to be taken.
        Refused => "refused",
        /// Not taken now; it is tried again.
        PutOff => "put_off",
        /// Taken, and arrived.
        Delivered => "delivered",
        /// Taken, and not arrived.
        Undeliverable => "undeliverable",
    }
}

/// In which order a workspace's messages go to the carriers of the configuration, by channel; nothing for the server's own order.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct CarrierOrder {
    /// Names of carriers for SMS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sms: Vec<String>,
    /// Names of carriers for email.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub email: Vec<String>,
}

impl CarrierOrder {
    /// As it is stored; what cannot be read is no order.
    pub fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// The names for `sms` or `email`.
    pub fn of(&self, channel: &str) -> &[String] {
        match channel {
            "sms" => &self.sms,
            "email" => &self.email,
            _ => &[],
        }
    }
}

/// What a message costs, and how much may be spent in a day. In whichever money the prices are.
#[derive(Debug, Clone, Default)]
pub struct Budgets {
    /// By country (ISO 3166-1), `*` for all others. No price is 1.
    pub prices: HashMap<String, i64>,
    /// For each workspace that has none of its own; none for no end.
    pub workspace: Option<i64>,
    /// For all together; none for no end.
    pub server: Option<i64>,
}

impl From<ContactKind> for MessageKind {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Mobile => Self::Mobile,
            ContactKind::Email => Self::Email,
        }
    }
}
