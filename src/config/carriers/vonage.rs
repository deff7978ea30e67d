//! `kind = "vonage"`: SMS by Vonage's Messages API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What the operator says about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Vonage {
    pub name: String,
    #[serde(default = "url")]
    pub url: String,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub key: String,
    pub secret_file: PathBuf,
    pub sender: String,
    #[serde(default)]
    pub signature_secret_file: Option<PathBuf>,
}

fn url() -> String {
    "https://api.nexmo.com".to_owned()
}

impl Vonage {
    /// Every path that it names, the secrets first, each with its key.
    pub fn files(&mut self) -> [(&'static str, Option<&mut PathBuf>); 3] {
        [
            ("secret_file", Some(&mut self.secret_file)),
            ("signature_secret_file", self.signature_secret_file.as_mut()),
            ("ca_file", self.ca_file.as_mut()),
        ]
    }
}
