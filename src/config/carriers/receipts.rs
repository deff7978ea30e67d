//! Receipts and bounces that a provider sends to `/hooks/messages/NAME`, as the operator describes them: how they prove where they come from, and
//! where in them stands what they tell. For SMS and for mail alike.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::Cause;

/// What the operator says about them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Receipts {
    pub proof: Proof,
    pub header: String,
    pub secret_file: PathBuf,
    #[serde(default)]
    pub encoding: Encoding,
    #[serde(default)]
    pub prefix: String,
    #[serde(default)]
    pub timestamp_header: Option<String>,
    #[serde(default)]
    pub body: Body,
    #[serde(default)]
    pub each: Option<String>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    pub state: String,
    #[serde(default)]
    pub code: Option<String>,
    pub states: BTreeMap<String, Said>,
    #[serde(default)]
    pub codes: BTreeMap<String, Cause>,
}

/// How a request proves where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The header holds the secret.
    Secret,
    /// The header holds an HMAC-SHA256 over the body as it came.
    HmacSha256,
}

/// How an HMAC is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hexadecimal, small or capital.
    #[default]
    Hex,
    /// Base64.
    Base64,
}

/// What the body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// JSON, whose places are named by pointers (RFC 6901).
    #[default]
    Json,
    /// A form, whose places are names of fields.
    Form,
}

/// What a provider's word for a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Said {
    /// On its way.
    Underway,
    /// It has arrived.
    Delivered,
    /// It will not arrive; the cause is that of the code, where there is one that is known.
    Undeliverable,
    /// It will not arrive, for this reason.
    Because(Cause),
}

impl TryFrom<String> for Said {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "underway" => Ok(Self::Underway),
            "delivered" => Ok(Self::Delivered),
            "undeliverable" => Ok(Self::Undeliverable),
            other => Cause::parse(other).map(Self::Because).ok_or_else(|| {
                format!("`{other}` is no state: it can be underway, delivered, undeliverable, or a cause")
            }),
        }
    }
}

impl From<Said> for String {
    fn from(said: Said) -> Self {
        match said {
            Said::Underway => "underway",
            Said::Delivered => "delivered",
            Said::Undeliverable => "undeliverable",
            Said::Because(cause) => cause.as_str(),
        }
        .to_owned()
    }
}

impl Receipts {
    /// What cannot work together.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.id.is_none() && self.message.is_none() {
            return Err("`receipts` needs `id` (where the provider's id stands) or `message` (where ours stands)");
        }
        if self.states.is_empty() {
            return Err("`receipts.states` is empty: no receipt would mean anything");
        }
        if self.timestamp_header.is_some() && self.proof == Proof::Secret {
            return Err(
                "`receipts.timestamp_header` needs `proof = \"hmac_sha256\"`: nothing else vouches for the time",
            );
        }
        let places =
            [self.each.as_ref(), self.id.as_ref(), self.message.as_ref(), Some(&self.state), self.code.as_ref()];
        let mut places = places.into_iter().flatten();
        match self.body {
            Body::Json if places.any(|place| !place.is_empty() && !place.starts_with('/')) => {
                Err("`receipts`: places in JSON are pointers: they begin with /")
            }
            Body::Form if self.each.is_some() => Err("`receipts.each` is for JSON: a form holds one receipt"),
            _ => Ok(()),
        }
    }
}
