//! The carriers of messages, `[[carriers]]` in the configuration: each with a name of its own and what its kind needs, in the order in which they are asked.

pub mod http;
pub mod receipts;
pub mod smpp;
pub mod smtp;
pub mod sns;
pub mod twilio;
pub mod vonage;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Value;

pub use http::Http;
pub use receipts::Receipts;
pub use smpp::Smpp;
pub use smtp::Smtp;
pub use sns::Sns;
pub use twilio::Twilio;
pub use vonage::Vonage;

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
    /// SMS by Twilio.
    Twilio(Twilio),
    /// SMS by Vonage.
    Vonage(Vonage),
    /// SMS by Amazon SNS.
    Sns(Sns),
    /// SMS by a provider that is described.
    Http(Box<Http>),
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
            Self::Twilio(twilio) => &twilio.name,
            Self::Vonage(vonage) => &vonage.name,
            Self::Sns(sns) => &sns.name,
            Self::Http(http) => &http.name,
        }
    }

    /// The paths that it names, which are relative to the configuration's folder.
    fn paths(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::File(file) => vec![&mut file.path],
            Self::Smpp(smpp) => smpp.paths(),
            Self::Smtp(smtp) => smtp.paths().collect(),
            Self::Twilio(twilio) => twilio.paths(),
            Self::Vonage(vonage) => vonage.paths(),
            Self::Sns(sns) => sns.paths(),
            Self::Http(http) => http.paths(),
        }
    }

    /// The files of its secrets, which nobody else may read.
    pub fn secrets(&self) -> Vec<&Path> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Smpp(smpp) => vec![&smpp.password_file],
            Self::Smtp(smtp) => smtp.secrets().collect(),
            Self::Twilio(twilio) => twilio.secrets(),
            Self::Vonage(vonage) => vonage.secrets(),
            Self::Sns(sns) => sns.secrets(),
            Self::Http(http) => http.secrets(),
        }
    }

    /// What is wrong with its values, or with them together.
    fn trouble(&self) -> Option<String> {
        let checked = match self {
            Self::File(_) | Self::Vonage(_) => Ok(()),
            Self::Smpp(smpp) => return smpp.trouble(),
            Self::Smtp(smtp) => {
                let trouble = smtp.trouble().map(|([one, other], what)| format!("`{one}` and `{other}` {what}"));
                return trouble.or_else(|| smtp.bounce_webhook.as_ref()?.check().err().map(str::to_owned));
            }
            Self::Twilio(twilio) => twilio.check(),
            Self::Sns(sns) => sns.check(),
            Self::Http(http) => http.check(),
        };
        checked.err().map(|what| format!("{}: {what}", self.name()))
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
