//! `kind = "twilio"`: SMS by Twilio's Messages resource.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the operator says about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Twilio {
    pub name: String,
    #[serde(default = "url")]
    pub url: String,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub account: String,
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    #[serde(default)]
    pub sender: Option<String>,
    #[serde(default)]
    pub messaging_service: Option<String>,
    #[serde(default = "yes")]
    pub receipts: bool,
}

fn url() -> String {
    "https://api.twilio.com".to_owned()
}

fn yes() -> bool {
    true
}

impl Twilio {
    /// The paths that it names.
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        [&mut self.token_file, &mut self.key_file, &mut self.ca_file].into_iter().flatten().collect()
    }

    /// The files of its secrets.
    pub(super) fn secrets(&self) -> Vec<&Path> {
        [&self.token_file, &self.key_file].into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// What cannot work together.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.key.is_some() != self.key_file.is_some() {
            return Err("`key` and `key_file` go together: give both or neither");
        }
        if self.token_file.is_none() && self.key.is_none() {
            return Err("it needs `token_file`, or `key` and `key_file`");
        }
        if self.receipts && self.token_file.is_none() {
            return Err("receipts are signed with the account's token: give `token_file`, or say `receipts = false`");
        }
        if self.sender.is_none() && self.messaging_service.is_none() {
            return Err("it needs `sender` or `messaging_service`");
        }
        Ok(())
    }
}
