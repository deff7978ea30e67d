//! The stories: one file for each that a person would tell. A flow proves, decides, and changes rows in one transaction.
//!
//! Refusals are values. [`Error`] is breakage: it rolls back, is logged once by the room above, and its text never
//! reaches a person.

pub mod access_tokens;
pub mod agents;
pub mod alarm;
pub mod alerts;
mod bells;
pub mod chain;
pub mod contacts;
mod countries;
mod demanded;
pub mod desk;
pub mod devices;
pub mod drill;
mod guard;
pub mod history;
pub mod housekeeping;
pub mod import;
pub mod incidents;
pub mod invitation;
pub mod keys;
pub mod locked_out;
pub mod management;
pub mod members;
mod networks;
pub mod open_pages;
pub mod owners;
pub mod pace;
pub mod password;
mod post;
pub mod probe;
pub mod readiness;
pub mod receipts;
pub mod recovery;
pub mod session;
pub mod sheet;
pub mod siem;
pub mod sign_in;
pub mod standing;
pub mod sweeps;
pub mod tallies;
pub mod trail;
mod unverified;
pub mod wipes;
pub mod workspaces;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use guard::{Spent, Wait};

use crate::app::App;
use crate::model::{Locale, Network, Secret, Timestamp, id};
use crate::store::members::Member;
use crate::vault::DataKey;
use crate::{store, vault};

/// Breakage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A sealed value did not open: the key file does not belong to the database, or a row was moved.
    #[error(transparent)]
    Open(#[from] vault::seal::OpenError),
    /// The key file is not the one that the database is written with.
    #[error(transparent)]
    Key(#[from] vault::keys::KeyMissing),
    /// Too many passwords wait to be hashed; nothing was changed.
    #[error(transparent)]
    Busy(#[from] vault::Busy),
    /// A row holds what this program never writes.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// Whether the database is away for a while: nothing is wrong with the request, and it may be sent again.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_passing())
    }
}

/// A request must be read and answered within this time: a password waits for ten seconds at most, a database for as many.
pub const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Seconds after which a request that found the database away is worth sending again.
pub const AGAIN_AFTER: i64 = 5;

/// What every flow answers.
pub type Result<T> = std::result::Result<T, Error>;

/// Who asks, as far as a request tells: read once at the door.
#[derive(Debug)]
pub struct Visitor {
    /// The one clock reading of this request.
    pub now: Timestamp,
    /// The language of the page or answer.
    pub locale: Locale,
    /// The client's address behind the trusted proxies.
    pub address: IpAddr,
    /// Its bucket for limits.
    pub network: Network,
    /// The browser's or client's own name, shortened.
    pub agent: String,
    /// The token of a device that signed in before, as it was presented.
    pub device: Option<Secret>,
    /// Page or API.
    pub way: Way,
}

/// Through which door somebody comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Pages, with cookies.
    Page,
    /// The JSON API, with bearer tokens.
    Api,
}

impl Way {
    /// The word in the logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
        }
    }
    /// How its sessions are held.
    pub const fn session(self) -> &'static str {
        match self {
            Self::Page => "cookie",
            Self::Api => "bearer",
        }
    }
}

/// The kinds of token that exist; each is bound into its hash, so that none passes for another.
pub mod token_kind {
    /// A signed-in browser or client.
    pub const SESSION: &str = "aks";
    /// What a program does its work at the desk with.
    pub const ACCESS: &str = "akt";
    /// A browser or client that signed in before.
    pub const DEVICE: &str = "akd";
    /// An attempt to get back in.
    pub const RECOVERY: &str = "akr";
    /// A notice's link.
    pub const ALARM: &str = "aka";
    /// A link to set a first password.
    pub const LINK: &str = "akl";
    /// The page of a request of somebody locked out.
    pub const REQUEST: &str = "akw";
    /// What a browser reports with that it is empty.
    pub const WIPE: &str = "akx";
    /// The doctor's question to the server.
    pub const PROBE: &str = "akq";
}

/// A new id of any kind.
macro_rules! new_id {
    ($app:expr, $now:expr, $kind:ident) => {
        $crate::model::id::$kind::new($now, $app.chance())
    };
}
pub(crate) use new_id;

/// One line for the audit log.
struct Deed<'a> {
    workspace: Option<&'a id::WorkspaceId>,
    actor: &'a str,
    action: &'a str,
    member: Option<&'a id::MemberId>,
    subject: Option<&'a str>,
    reference: Option<&'a str>,
    network: Option<Network>,
}

impl<'a> Deed<'a> {
    /// Something that a member did to their own account.
    fn own(member: &'a Member, action: &'a str, visitor: &Visitor) -> Self {
        Self {
            workspace: Some(&member.workspace_id),
            actor: member.id.as_str(),
            action,
            member: Some(&member.id),
            subject: None,
            reference: None,
            network: Some(visitor.network),
        }
    }

    fn line(&self, app: &App, now: Timestamp) -> store::logs::Audit {
        store::logs::Audit {
            id: new_id!(app, now, AuditId),
            workspace_id: self.workspace.cloned(),
            actor: self.actor.to_owned(),
            action: self.action.to_owned(),
            member_id: self.member.cloned(),
            subject: self.subject.map(str::to_owned),
            reference: self.reference.map(str::to_owned),
            network: self.network.map(|network| network.to_string()),
            details: None,
            at: now,
        }
    }

    async fn write(&self, app: &App, conn: &mut store::Conn, now: Timestamp) -> store::Result<()> {
        store::apply(conn, [store::logs::audit(&self.line(app, now))]).await
    }

    /// The same with what changed, for the workspace's own eyes.
    fn with(self, key: Arc<DataKey>, changed: Changed) -> Told<'a> {
        Told { deed: self, key, changed }
    }
}

/// What a sealed before-and-after of the audit log is sealed as.
const DETAILS: &str = "audit details";

/// What something was before and is after: a name, and both values. What did not change is left out.
#[derive(Debug, Default)]
struct Changed(serde_json::Map<String, serde_json::Value>);

impl Changed {
    fn put(mut self, what: &str, before: impl serde::Serialize, after: impl serde::Serialize) -> Self {
        let (before, after) = (serde_json::json!(before), serde_json::json!(after));
        if before != after {
            self.0.insert(what.to_owned(), serde_json::json!({ "before": before, "after": after }));
        }
        self
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every value in these two that is not the same, by its path: `session.reauth_min`.
    fn between(before: &serde_json::Value, after: &serde_json::Value) -> Self {
        let mut changed = Self::default();
        changed.compare("", before, after);
        changed
    }

    fn compare(&mut self, path: &str, before: &serde_json::Value, after: &serde_json::Value) {
        use serde_json::Value::{Null, Object};
        let (Object(old), Object(new)) = (before, after) else {
            *self = std::mem::take(self).put(path, before, after);
            return;
        };
        let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.compare(&path, old.get(name).unwrap_or(&Null), new.get(name).unwrap_or(&Null));
        }
    }
}

/// A line for the audit log with what changed.
struct Told<'a> {
    deed: Deed<'a>,
    key: Arc<DataKey>,
    changed: Changed,
}

impl Told<'_> {
    fn line(&self, app: &App, now: Timestamp) -> store::logs::Audit {
        let mut line = self.deed.line(app, now);
        if !self.changed.0.is_empty() {
            let text = serde_json::Value::Object(self.changed.0.clone()).to_string();
            line.details = Some(self.key.seal(&*app.dice, DETAILS, line.id.as_str(), text.as_bytes()));
        }
        line
    }

    async fn write(&self, app: &App, conn: &mut store::Conn, now: Timestamp) -> store::Result<()> {
        store::apply(conn, [store::logs::audit(&self.line(app, now))]).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_told_by_its_path() {
        let before = json!({ "session": { "idle": 5, "age": 12 }, "list": [1], "gone": true });
        let after = json!({ "session": { "idle": 9, "age": 12 }, "list": [1], "new": null, "more": "x" });
        let told = serde_json::Value::Object(Changed::between(&before, &after).0);
        let wanted = json!({
            "session.idle": { "before": 5, "after": 9 },
            "gone": { "before": true, "after": null },
            "more": { "before": null, "after": "x" },
        });
        assert_eq!(told, wanted);
        assert!(Changed::between(&before, &before).0.is_empty());
    }
}
