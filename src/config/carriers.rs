//! The carriers of messages, `[[carriers]]` in the configuration: each with a name of its own and what its kind needs, in the order in which they are asked.

pub mod smpp;
pub mod smtp;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Value;

use self::smpp::Smpp;
pub use self::smtp::Smtp;

/// One carrier.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum CarrierSettings {
    /// A file, for trying out.
    File(File),
    /// A provider of SMS by SMPP.
    Smpp(Smpp),
    /// A mail server.
    Smtp(Smtp),
}

/// Messages go into a file, codes in the clear: for trying out only.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct File {
    pub name: String,
    pub path: PathBuf,
}

impl CarrierSettings {
    /// Its name in the log and in a workspace's order.
    pub fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::Smpp(smpp) => &smpp.name,
            Self::Smtp(smtp) => &smtp.name,
        }
    }

    /// The paths that it names, which are relative to the configuration's folder.
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::File(file) => vec![&mut file.path],
            Self::Smpp(smpp) => smpp.paths(),
            Self::Smtp(smtp) => smtp.paths().collect(),
        }
    }

    /// The files that hold its secrets.
    pub fn secrets(&self) -> Vec<&Path> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Smpp(smpp) => vec![&smpp.password_file],
            Self::Smtp(smtp) => smtp.secrets().collect(),
        }
    }

    /// What is wrong with its values.
    fn trouble(&self) -> Option<String> {
        match self {
            Self::File(_) => None,
            Self::Smpp(smpp) => smpp.trouble(),
            Self::Smtp(smtp) => smtp.trouble().map(|([one, other], what)| format!("`{one}` and `{other}` {what}")),
        }
    }

    /// Puts its paths under the configuration's folder.
    pub(super) fn in_folder(&mut self, folder: &Path) {
        for path in self.paths() {
            *path = folder.join(&*path);
        }
    }
}

/// Whether a value is a carrier; else what is wrong, without the values.
pub(super) fn check(value: &Value) -> Result<(), String> {
    let settings = value.clone().try_into::<CarrierSettings>().map_err(|error| error.message().to_owned())?;
    if value.get("name").is_none() {
        return Err("`name` is missing: what the log and a workspace's order call it".to_owned());
    }
    let name = settings.name();
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > 32 || !name.bytes().all(is_name) {
        return Err("`name` must be small letters, digits and hyphens, 32 at most".to_owned());
    }
    settings.trouble().map_or(Ok(()), Err)
}

/// What is wrong with them together.
pub(super) fn together(all: &[CarrierSettings], mail: Option<&Smtp>) -> Option<String> {
    let names: Vec<_> =
        mail.map(|mail| mail.name.as_str()).into_iter().chain(all.iter().map(CarrierSettings::name)).collect();
    let twice = names.iter().enumerate().find(|(nth, one)| names[..*nth].contains(one));
    twice.map(|(_, one)| format!("`carriers`: two are named `{one}`"))
}
