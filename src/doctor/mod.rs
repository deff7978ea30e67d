//! What an operator can get wrong, asked one by one and side by side, each within its time: files, database, public address, carriers, the
//! sender's domain. A finding says in one sentence what is the case, and in one what to do. No secret is in any of them.

mod database;
mod dns;
mod files;
mod mail;
mod public;
mod siem;
mod tls;
mod who;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Config;
use crate::deliver::Carrier;
use crate::vault::Dice;

pub use mail::{SendTest, send_test};

/// How long one check may take.
const WITHIN: Duration = Duration::from_secs(5);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but not well or not for long.
    Warning,
    /// People cannot do what they should, or strangers can do what they should not.
    Broken,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What was looked at, one word.
    pub check: &'static str,
    /// How bad it is.
    pub state: State,
    /// What is the case.
    pub what: String,
    /// What to do about it; nothing where all is well.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, state: State::Ok, what: what.into(), todo: None }
    }
    fn warning(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, state: State::Warning, what: what.into(), todo: Some(todo.into()) }
    }
    /// Something is broken.
    pub fn broken(check: &'static str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { check, state: State::Broken, what: what.into(), todo: Some(todo.into()) }
    }
}

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Nothing that leaves this machine and its database.
    pub offline: bool,
    /// The selector of the DKIM key that mail is signed with.
    pub dkim_selector: Option<String>,
    /// A name server to ask instead of the system's.
    pub name_server: Option<SocketAddr>,
    /// PEM file of authorities to trust for the public address, besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Where plain HTTP is answered, if not on port 80.
    pub http_port: Option<u16>,
}

/// What is looked at, and with what.
pub struct Doctor {
    /// What the operator decided.
    pub config: Config,
    /// The file that it was read from, where there is one.
    pub config_file: Option<PathBuf>,
    /// What takes messages out.
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// How to look.
    pub options: Options,
}

impl Doctor {
    /// Looks at everything. Ends within about three times what one check may take.
    pub async fn examine(&self) -> Vec<Finding> {
        let mut found = files::look(self);
        let (patient, of_database) = Box::pin(database::look(self)).await;
        found.extend(of_database);
        found.extend(mail::channels(self));
        if !self.options.offline {
            let (public, carriers, names, stream) = tokio::join!(
                Box::pin(public::look(self, patient.as_ref())),
                Box::pin(mail::knock(self)),
                Box::pin(dns::look(self)),
                Box::pin(siem::look(self))
            );
            found.extend(public);
            found.extend(carriers);
            found.extend(names);
            found.extend(stream);
        }
        if let Some(patient) = patient {
            tokio::time::timeout(WITHIN, patient.db.close()).await.ok();
        }
        found
    }
}

/// The answer of a check, or a finding that it took too long.
async fn in_time(check: &'static str, what: &str, look: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    match tokio::time::timeout(WITHIN, look).await {
        Ok(found) => found,
        Err(_) => vec![Finding::broken(
            check,
            format!("{what} did not answer within {} seconds", WITHIN.as_secs()),
            "see whether it runs and whether a firewall stands between",
        )],
    }
}

fn shown(path: &Path) -> std::path::Display<'_> {
    path.display()
}
