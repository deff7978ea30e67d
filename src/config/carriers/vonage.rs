//! `kind = "vonage"`: SMS by Vonage's Messages API.

use std::path::{Path, PathBuf};

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
    /// The paths that it names.
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        let others = [&mut self.signature_secret_file, &mut self.ca_file].into_iter().flatten();
        std::iter::once(&mut self.secret_file).chain(others).collect()
    }

    /// The files of its secrets.
    pub(super) fn secrets(&self) -> Vec<&Path> {
        std::iter::once(&self.secret_file).chain(&self.signature_secret_file).map(PathBuf::as_path).collect()
    }
}
