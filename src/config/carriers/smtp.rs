//! A mail server that takes email by SMTP: `kind = "smtp"`, and `[mail]`, the short form for one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::receipts::Receipts;

/// A mail server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Smtp {
    /// That of `[mail]`, which has no key for it; every other carrier must be given one.
    #[serde(default = "mail")]
    pub name: String,
    pub from: String,
    pub host: String,
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub security: MailSecurity,
    #[serde(default)]
    pub user: Option<String>,
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub dkim_selector: Option<String>,
    #[serde(default)]
    pub dkim_key_file: Option<PathBuf>,
    #[serde(default)]
    pub dkim_domain: Option<String>,
    #[serde(default)]
    pub return_path: ReturnTo,
    #[serde(default)]
    pub bounce_webhook: Option<Box<Receipts>>,
}

fn mail() -> String {
    "smtp".to_owned()
}

/// How the connection to the SMTP server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// Begins plain, must turn to TLS (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Plain; for a server on this machine only.
    None,
}

/// Where what cannot be delivered goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReturnTo {
    /// To an address of its own in the domain of `[bounces]`, where that is set.
    #[default]
    Bounces,
    /// To the sender: for providers that take no other return path.
    Sender,
}

impl Smtp {
    /// The paths that it names.
    pub(in crate::config) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let of_webhook = self.bounce_webhook.as_mut().map(|webhook| &mut webhook.secret_file);
        [&mut self.password_file, &mut self.ca_file, &mut self.dkim_key_file].into_iter().flatten().chain(of_webhook)
    }

    /// The files that hold its secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &Path> {
        let of_webhook = self.bounce_webhook.as_ref().map(|webhook| webhook.secret_file.as_path());
        [&self.password_file, &self.dkim_key_file].into_iter().flatten().map(PathBuf::as_path).chain(of_webhook)
    }

    /// Keys that are of no use alone.
    pub(in crate::config) fn trouble(&self) -> Option<([&'static str; 2], &'static str)> {
        if self.user.is_some() != self.password_file.is_some() {
            return Some((["user", "password_file"], "go together: give both or neither"));
        }
        if self.dkim_selector.is_some() != self.dkim_key_file.is_some() {
            return Some((["dkim_selector", "dkim_key_file"], "go together: give both or neither"));
        }
        (self.dkim_domain.is_some() && self.dkim_selector.is_none())
            .then_some((["dkim_domain", "dkim_selector"], "go together: a domain alone signs nothing"))
    }
}
