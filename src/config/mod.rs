//! What the operator decides: `aikagi.toml`, overridden by the environment, overridden by flags.
//!
//! `Config` holds values that were checked: `keys` says what each key may hold, `read` puts the layers together, `together` looks at the whole. A
//! workspace's own policy is not here but in the database.

pub mod carriers;
pub mod keys;
pub mod read;
mod together;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use carriers::smtp::{MailSecurity, ReturnTo, Smtp as Mail};

use crate::model::{Budgets, days, hours, minutes, time::Span};

/// Everything the operator can set, with its default.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Config {
    pub public_url: String,
    pub listen: SocketAddr,
    pub listen_operations: Option<SocketAddr>,
    pub drain_seconds: u32,
    pub database_url: String,
    pub database_url_file: Option<PathBuf>,
    pub master_key_file: PathBuf,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub carrier_guide_file: Option<PathBuf>,
    pub places_file: Option<PathBuf>,
    pub sms_sender: Option<String>,
    pub countries: Vec<String>,
    pub log: String,
    pub log_format: LogForm,
    pub hashing: Hashing,
    pub limits: Limits,
    pub mail: Option<Mail>,
    pub carriers: Vec<carriers::CarrierSettings>,
    pub messages: Messages,
    pub bounces: Option<Bounces>,
    pub tls: Option<Tls>,
    pub message_file: Option<PathBuf>,
    pub webhooks: Box<Webhooks>,
    pub management: Box<Management>,
    pub siem: Option<Siem>,
    /// The demonstration runs: pages say so. Never read from a file.
    #[serde(skip)]
    pub is_demo: bool,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a password hash costs (Argon2id, OWASP ASVS 5.0 appendix C) and how many threads do it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Hashing {
    pub memory_kib: u32,
    pub passes: u32,
    pub threads: Option<usize>,
}

/// Where other mail servers' reports of what did not arrive are taken, by LMTP.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Bounces {
    pub domain: String,
    pub listen: SocketAddr,
}

/// How messages go to the carriers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Messages {
    pub receipt_seconds: i64,
    pub prices: Vec<String>,
    pub workspace_budget: i64,
    pub server_budget: i64,
    pub unverified: Unverified,
}

/// What becomes of codes to unverified numbers past what a country's verified ones let expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unverified {
    /// It is logged.
    #[default]
    Record,
    /// They wait.
    Hold,
}

impl Default for Messages {
    fn default() -> Self {
        let unverified = Unverified::default();
        Self { receipt_seconds: 90, prices: Vec::new(), workspace_budget: 0, server_budget: 0, unverified }
    }
}

impl Messages {
    /// How long a receipt is waited for before the next carrier is asked; none where that is switched off.
    pub fn receipt_wait(&self) -> Option<Span> {
        (self.receipt_seconds > 0).then(|| crate::model::seconds(self.receipt_seconds))
    }

    /// What messages cost and what may be spent on them.
    pub fn budgets(&self) -> Budgets {
        let some = |budget: i64| (budget > 0).then_some(budget);
        let pair = |text: &String| {
            let (country, price) = text.split_once('=')?;
            Some((country.to_owned(), price.parse().ok()?))
        };
        Budgets {
            prices: self.prices.iter().filter_map(pair).collect(),
            workspace: some(self.workspace_budget),
            server: some(self.server_budget),
        }
    }
}

/// TLS of the server's own, where no proxy speaks it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Tls {
    #[serde(default)]
    pub certificate_file: Option<PathBuf>,
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    #[serde(default)]
    pub acme_directory: Option<String>,
    #[serde(default)]
    pub acme_contact: Option<String>,
    #[serde(default = "acme_folder")]
    pub acme_folder: PathBuf,
    #[serde(default)]
    pub acme_ca_file: Option<PathBuf>,
    #[serde(default)]
    pub redirect_listen: Option<SocketAddr>,
}

fn acme_folder() -> PathBuf {
    PathBuf::from("acme")
}

/// Where requests to programs elsewhere may go beyond what is public.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Webhooks {
    pub networks: Vec<ipnet::IpNet>,
    pub ports: Vec<u16>,
    pub ca_file: Option<PathBuf>,
}

/// Where Microsoft Graph is, which workspaces that use Intune may connect to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Management {
    pub graph_url: String,
    pub sign_in_url: String,
    pub ca_file: Option<PathBuf>,
}

impl Default for Management {
    fn default() -> Self {
        Self {
            graph_url: "https://graph.microsoft.com/v1.0".to_owned(),
            sign_in_url: "https://login.microsoftonline.com".to_owned(),
            ca_file: None,
        }
    }
}

/// Where the logs are streamed to, for a program that watches over many servers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Siem {
    pub to: String,
    #[serde(default)]
    pub format: SiemForm,
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
}

/// How lines are written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SiemForm {
    /// RFC 5424.
    #[default]
    Syslog,
    /// One JSON object a line.
    Json,
}

/// The numbers that keep strangers out and members in. Counts are per window.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "aikagi.example.toml has a sentence for every key")]
pub struct Limits {
    pub code_tries: i64,
    pub code_minutes: i64,
    pub resend_seconds: i64,
    pub sends_per_15_minutes: i64,
    pub sends_per_hour: i64,
    pub sends_per_day: i64,
    pub sends_reserve_per_day: i64,
    pub network_unproved_per_hour: i64,
    pub network_unproved_per_day: i64,
    pub network_countries_per_day: i64,
    pub prefix_unverified_per_hour: i64,
    pub guesses_per_day: i64,
    pub guesses_reserve_per_day: i64,
    pub guesses_in_a_row: i64,
    pub sweep_wrong_codes_per_day: i64,
    pub sweep_percent_of_proved: i64,
    pub sweep_hold_hours: i64,
    pub live_attempts: i64,
    pub sign_in_free_tries: i64,
    pub sign_in_delay_cap_minutes: i64,
    pub sign_in_failures_unknown_device: i64,
    pub sign_in_failures_known_device: i64,
    pub alarm_tries_per_hour: i64,
    pub asks_per_network_per_hour: i64,
    pub asks_per_workspace_per_hour: i64,
    pub calls_per_helper_per_hour: i64,
    pub calls_per_id_per_day: i64,
    pub token_requests_per_minute: i64,
    pub contacts_per_kind: usize,
    pub contact_hold_hours: i64,
    pub objection_days: i64,
    pub link_hours: i64,
}

/// Without the database's URL, which may hold a password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("public_url", &self.public_url)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: String::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            listen_operations: None,
            drain_seconds: 0,
            database_url: "sqlite:aikagi.db".to_owned(),
            database_url_file: None,
            master_key_file: PathBuf::from("master.key"),
            trusted_proxies: Vec::new(),
            carrier_guide_file: None,
            places_file: None,
            sms_sender: None,
            countries: vec!["JP".to_owned()],
            log: "info".to_owned(),
            log_format: LogForm::Text,
            hashing: Hashing::default(),
            limits: Limits::default(),
            mail: None,
            carriers: Vec::new(),
            messages: Messages::default(),
            bounces: None,
            tls: None,
            message_file: None,
            webhooks: Box::default(),
            management: Box::default(),
            siem: None,
            is_demo: false,
        }
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, threads: None }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            code_tries: 5,
            code_minutes: 10,
            resend_seconds: 60,
            sends_per_15_minutes: 3,
            sends_per_hour: 5,
            sends_per_day: 10,
            sends_reserve_per_day: 3,
            network_unproved_per_hour: 5,
            network_unproved_per_day: 10,
            network_countries_per_day: 3,
            prefix_unverified_per_hour: 20,
            guesses_per_day: 30,
            guesses_reserve_per_day: 10,
            guesses_in_a_row: 100,
            sweep_wrong_codes_per_day: 100,
            sweep_percent_of_proved: 5,
            sweep_hold_hours: 24,
            live_attempts: 3,
            sign_in_free_tries: 4,
            sign_in_delay_cap_minutes: 15,
            sign_in_failures_unknown_device: 50,
            sign_in_failures_known_device: 50,
            alarm_tries_per_hour: 20,
            asks_per_network_per_hour: 4,
            asks_per_workspace_per_hour: 30,
            calls_per_helper_per_hour: 30,
            calls_per_id_per_day: 5,
            token_requests_per_minute: 600,
            contacts_per_kind: 5,
            contact_hold_hours: 24,
            objection_days: 7,
            link_hours: 24,
        }
    }
}

impl Limits {
    /// How long a code lives.
    pub const fn code_life(&self) -> Span {
        minutes(self.code_minutes)
    }
    /// How long a new contact waits before it can recover alone.
    pub const fn contact_hold(&self) -> Span {
        hours(self.contact_hold_hours)
    }
    /// How long a notice can be objected to.
    pub const fn objection(&self) -> Span {
        days(self.objection_days)
    }
}

impl Config {
    /// The mail servers in the order in which they are asked.
    pub fn mail_servers(&self) -> impl Iterator<Item = &Mail> {
        let others = self.carriers.iter().filter_map(|carrier| match carrier {
            carriers::CarrierSettings::Smtp(smtp) => Some(smtp),
            _ => None,
        });
        self.mail.iter().chain(others)
    }
    /// The host of `public_url`, which an SMS with an origin-bound code names.
    pub fn host(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or(self.public_url.as_str(), |(_, rest)| rest);
        rest.split(['/', ':']).next().unwrap_or_default()
    }
    /// The database's file, where it is the embedded one.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        sqlite_file(&self.database_url)
    }
    /// Whether people reach the server by https; cookies are then `Secure` and `__Host-`.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
    /// A link that people can follow: always from configuration, never from a request.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}
/// The file that a `sqlite:` address names.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path).split('?').next().unwrap_or_default();
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}
