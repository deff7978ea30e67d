//! A provider of SMS that is reached by SMPP 3.4: where it is, who we are there, and how much it takes at once.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A provider by SMPP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Smpp {
    pub name: String,
    pub host: String,
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default = "yes")]
    pub tls: bool,
    #[serde(default)]
    pub server_name: Option<String>,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    pub system_id: String,
    pub password_file: PathBuf,
    #[serde(default)]
    pub system_type: String,
    pub source: String,
    #[serde(default)]
    pub source_ton: Option<u8>,
    #[serde(default)]
    pub source_npi: Option<u8>,
    #[serde(default = "window")]
    pub window: u32,
    #[serde(default)]
    pub per_second: Option<u32>,
    #[serde(default = "enquire_seconds")]
    pub enquire_seconds: u32,
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u32,
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
}

/// How the ids in receipts are written, next to those in the answers to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptIds {
    /// In the same way.
    #[default]
    Same,
    /// In decimal, where the answer had the number in hexadecimal.
    DecimalOfHex,
    /// In hexadecimal, where the answer had the number in decimal.
    HexOfDecimal,
}

impl Smpp {
    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        std::iter::once(&mut self.password_file).chain(self.ca_file.as_mut()).collect()
    }

    /// What is wrong with its values; those that only the protocol knows are looked at when the carrier is made.
    pub(super) fn trouble(&self) -> Option<String> {
        let numbers = [
            ("port", self.port.map(u32::from), 1, 65_535),
            ("source_ton", self.source_ton.map(u32::from), 0, 6),
            ("source_npi", self.source_npi.map(u32::from), 0, 18),
            ("window", Some(self.window), 1, 1_000),
            ("per_second", self.per_second, 1, 10_000),
            ("enquire_seconds", Some(self.enquire_seconds), 1, 3_600),
            ("timeout_seconds", Some(self.timeout_seconds), 1, 25),
        ];
        let out = |(_, number, min, max): &(_, Option<u32>, u32, u32)| {
            number.is_some_and(|number| !(*min..=*max).contains(&number))
        };
        if let Some((name, _, min, max)) = numbers.iter().find(|number| out(number)) {
            return Some(format!("`{name}` is out of range: it can be {min} to {max}"));
        }
        let texts = [("host", &self.host), ("system_id", &self.system_id), ("source", &self.source)];
        let empty = texts.iter().find(|(_, text)| text.trim().is_empty());
        empty.map(|(name, _)| format!("`{name}` is empty"))
    }
}

fn yes() -> bool {
    true
}

fn window() -> u32 {
    10
}

fn enquire_seconds() -> u32 {
    30
}

fn timeout_seconds() -> u32 {
    20
}

#[cfg(test)]
mod tests {
    use super::super::check;

    const LEAST: &str =
        "name = \"sms\"\nkind = \"smpp\"\nhost = \"smpp.example.jp\"\nsystem_id = \"acme\"\npassword_file = \"p\"\n";

    fn trouble(lines: &str) -> Option<String> {
        let value = toml::Value::Table(format!("{LEAST}{lines}").parse().expect("TOML"));
        check(&value).err()
    }

    #[test]
    fn little_is_needed_and_the_rest_is_checked() {
        assert_eq!(trouble("source = \"Acme\""), None);
        assert_eq!(trouble("source = \"Acme\"\nreceipt_ids = \"hex_of_decimal\"\nper_second = 5"), None);
        for (lines, word) in [
            ("", "source"),
            ("source = \" \"", "`source` is empty"),
            ("source = \"A\"\nwindow = 0", "`window` is out of range"),
            ("source = \"A\"\nport = 0", "`port` is out of range"),
            ("source = \"A\"\ntimeout_seconds = 26", "`timeout_seconds`"),
            ("source = \"A\"\nsource_ton = 7", "`source_ton`"),
            ("source = \"A\"\nreceipt_ids = \"both\"", "both"),
            ("source = \"A\"\npassword = \"hunter2\"", "password"),
        ] {
            let what = trouble(lines).unwrap_or_else(|| panic!("{lines}"));
            assert!(what.contains(word) && !what.contains("hunter2"), "{what}");
        }
    }
}
