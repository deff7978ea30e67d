//! Where a provider is reached by SMPP and who we are there, checked before anything connects.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use rusmpp::types::COctetString;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use zeroize::Zeroizing;

use super::submit::{Address, BadAddress};
use crate::config::carriers::smpp::{ReceiptIds, Smpp};
use crate::deliver::outgoing::tls;

/// What IANA gave to SMPP, and what is usual for it inside TLS.
const PORT: u16 = 2775;
const TLS_PORT: u16 = 3550;

/// A provider.
#[derive(Clone)]
pub struct SmppSettings {
    /// Its name in the configuration and the log.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Port; by default 3550 with TLS, 2775 without.
    pub port: Option<u16>,
    /// Whether the connection is inside TLS.
    pub tls: bool,
    /// The name that the certificate must show; the host where there is none.
    pub server_name: Option<String>,
    /// PEM file of authorities to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Who we are there.
    pub system_id: String,
    /// The password.
    pub password: Zeroizing<String>,
    /// What kind of system we are, where the provider wants to know.
    pub system_type: String,
    /// Where messages come from, unless a letter says otherwise.
    pub source: String,
    /// Type of number and numbering plan of `source`, where the provider wants other ones than it looks like.
    pub source_ton: Option<u8>,
    /// See `source_ton`.
    pub source_npi: Option<u8>,
    /// Messages on their way at once.
    pub window: u32,
    /// Messages a second.
    pub per_second: Option<u32>,
    /// After how much silence the provider is asked whether it is there.
    pub enquire: Duration,
    /// For one hand-over, one answer, one connection.
    pub timeout: Duration,
    /// How receipts write ids.
    pub receipt_ids: ReceiptIds,
}

impl std::fmt::Debug for SmppSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmppSettings")
            .field("name", &self.name)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

/// Why settings were not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SmppSettingsError {
    /// A field is longer than SMPP carries, or has letters that it does not.
    #[error("`{0}` must be plain ASCII of at most {1} characters")]
    Field(&'static str, usize),
    /// The source is none.
    #[error("`source` is {0}")]
    Source(#[from] BadAddress),
    /// The name that the certificate must show is none.
    #[error("`server_name`, or `host` where it is missing, is no name that a certificate can show")]
    ServerName,
    /// The authorities cannot be read.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl SmppSettings {
    /// Whether the provider, or the tunnel to it, is on this machine.
    pub fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    /// What the configuration says, and the password from its file.
    pub fn of(config: &Smpp, password: Zeroizing<String>) -> Self {
        Self {
            name: config.name.clone(),
            host: config.host.clone(),
            port: config.port,
            tls: config.tls,
            server_name: config.server_name.clone(),
            ca_file: config.ca_file.clone(),
            system_id: config.system_id.clone(),
            password,
            system_type: config.system_type.clone(),
            source: config.source.clone(),
            source_ton: config.source_ton,
            source_npi: config.source_npi,
            window: config.window,
            per_second: config.per_second,
            enquire: Duration::from_secs(config.enquire_seconds.into()),
            timeout: Duration::from_secs(config.timeout_seconds.into()),
            receipt_ids: config.receipt_ids,
        }
    }
}

/// The same, as it is used.
pub(super) struct Checked {
    pub(super) settings: SmppSettings,
    pub(super) port: u16,
    pub(super) source: Address,
    pub(super) tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
}

impl TryFrom<SmppSettings> for Checked {
    type Error = SmppSettingsError;

    fn try_from(settings: SmppSettings) -> Result<Self, SmppSettingsError> {
        // SMPP 3.4 §4.1.5, each with its NUL.
        if settings.system_id.is_empty() || COctetString::<1, 16>::from_str(&settings.system_id).is_err() {
            return Err(SmppSettingsError::Field("system_id", 15));
        }
        if COctetString::<1, 9>::from_str(&settings.password).is_err() {
            return Err(SmppSettingsError::Field("password_file", 8));
        }
        if COctetString::<1, 13>::from_str(&settings.system_type).is_err() {
            return Err(SmppSettingsError::Field("system_type", 12));
        }
        let source = Address::source(&settings.source)?.with(settings.source_ton, settings.source_npi);
        let tls = if settings.tls {
            let name = settings.server_name.as_deref().unwrap_or(&settings.host);
            let name = ServerName::try_from(name.to_owned()).map_err(|_| SmppSettingsError::ServerName)?;
            let config = tls(settings.ca_file.as_deref(), &[]);
            Some((name, Arc::new(config.map_err(|error| SmppSettingsError::Tls(error.to_string()))?)))
        } else {
            None
        };
        let port = settings.port.unwrap_or(if settings.tls { TLS_PORT } else { PORT });
        Ok(Self { settings, port, source, tls })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::deliver::smpp) fn settings() -> SmppSettings {
        SmppSettings {
            name: "provider".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: None,
            tls: false,
            server_name: None,
            ca_file: None,
            system_id: "aikagi".to_owned(),
            password: Zeroizing::new("hunter2".to_owned()),
            system_type: String::new(),
            source: "Aikagi".to_owned(),
            source_ton: None,
            source_npi: None,
            window: 10,
            per_second: None,
            enquire: Duration::from_secs(30),
            timeout: Duration::from_secs(20),
            receipt_ids: ReceiptIds::Same,
        }
    }

    fn trouble(settings: SmppSettings) -> Option<SmppSettingsError> {
        Checked::try_from(settings).err()
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_the_start() {
        assert_eq!(trouble(settings()), None);
        let long = SmppSettings { system_id: "a".repeat(16), ..settings() };
        assert_eq!(trouble(long), Some(SmppSettingsError::Field("system_id", 15)));
        let long = SmppSettings { password: Zeroizing::new("123456789".to_owned()), ..settings() };
        assert_eq!(trouble(long), Some(SmppSettingsError::Field("password_file", 8)));
        let japanese = SmppSettings { system_type: "短信".to_owned(), ..settings() };
        assert_eq!(trouble(japanese), Some(SmppSettingsError::Field("system_type", 12)));
        let nobody = SmppSettings { source: String::new(), ..settings() };
        assert!(matches!(trouble(nobody), Some(SmppSettingsError::Source(_))));
        let unnamed = SmppSettings { tls: true, host: "a b".to_owned(), ..settings() };
        assert_eq!(trouble(unnamed), Some(SmppSettingsError::ServerName));
        let ca_file = Some(PathBuf::from("/nonexistent/ca.pem"));
        assert!(matches!(trouble(SmppSettings { tls: true, ca_file, ..settings() }), Some(SmppSettingsError::Tls(_))));
    }

    #[test]
    fn ports_are_the_usual_ones_and_the_password_is_not_shown() {
        let port = |tls| Checked::try_from(SmppSettings { tls, ..settings() }).map(|checked| checked.port);
        assert_eq!((port(true), port(false)), (Ok(3550), Ok(2775)));
        assert!(!format!("{:?}", settings()).contains("hunter2"));
    }
}
