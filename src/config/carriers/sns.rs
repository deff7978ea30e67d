//! `kind = "sns"`: SMS by Amazon SNS.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the operator says about it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Sns {
    pub name: String,
    pub region: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub access_key: String,
    pub secret_key_file: PathBuf,
    #[serde(default)]
    pub sender: Option<String>,
}

impl Sns {
    /// Where it is asked.
    pub fn url(&self) -> String {
        self.url.clone().unwrap_or_else(|| format!("https://sns.{}.amazonaws.com", self.region))
    }

    /// The paths that it names.
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        std::iter::once(&mut self.secret_key_file).chain(&mut self.ca_file).collect()
    }

    /// The files of its secrets.
    pub(super) fn secrets(&self) -> Vec<&Path> {
        vec![&self.secret_key_file]
    }

    /// What cannot work.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_region = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if is_region(&self.region) { Ok(()) } else { Err("`region` is no region: write it like ap-northeast-1") }
    }
}
