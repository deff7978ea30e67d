//! SQL, one file per table family. It knows rows, not rules, and not the time of day.
//!
//! A function takes the connection first and answers rows. Verbs: `by_…`, `list`, `insert`, `set_…`, `consume`.

pub mod access_tokens;
pub mod alarms;
pub mod alert_settings;
pub mod alerts;
pub mod alone;
pub mod break_glass;
pub mod calls;
pub mod chain;
pub mod chain_rounds;
pub mod change;
pub mod codes;
pub mod contacts;
pub mod db;
pub mod devices;
pub mod drills;
pub mod effects;
pub mod engine;
pub mod error;
pub mod followers;
pub mod forced_changes;
pub mod frozen;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod links;
pub mod locked_out;
pub mod log_pages;
pub mod logs;
pub mod members;
mod migrations;
pub mod nudges;
pub mod outbox;
pub mod owner_steps;
pub mod passwords;
mod postgres;
pub mod probes;
pub mod readiness;
pub mod recoveries;
pub mod restored;
pub mod roster;
pub mod sessions;
pub mod tallies;
pub mod unfinished;
pub mod warrants;
pub mod whole;
pub mod workspaces;
mod writer;

pub use change::{Change, apply};
pub(crate) use db::transaction;
pub use db::{Conn, Db};
pub use error::{Error, Result};
pub use migrations::newest as newest_schema;
