//! What this device was told and how far it has come: one file for each command, written before anything is done and kept for ever, so that a command is
//! carried out once, goes on after a power cut, and its receipt is told until the server has taken it.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::forms::{Command, MOST_PARTS, Part, Signed};
use crate::state::State;

/// How many ids a question names at most.
const MOST_HELD: usize = MOST_PARTS;

/// A command and how far it has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// As it was signed.
    pub command: Command,
    /// By this device's clock.
    pub began_at: i64,
    /// What is done of it.
    pub parts: Vec<Part>,
    /// What is told of it.
    pub receipt: Option<Signed>,
    /// What the server said to that.
    pub told: Told,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// Not yet.
    Not,
    /// The server has it.
    Taken,
    /// The server does not want it.
    Refused,
}

impl Entry {
    pub fn id(&self) -> &str {
        &self.command.command
    }

    /// For `status`.
    pub fn in_words(&self) -> String {
        let what = format!("{:?}", self.command.what);
        match (&self.receipt, self.told) {
            (None, _) => format!("{what}: under way, {} things are done", self.parts.len()),
            (Some(_), Told::Not) => format!("{what}: done, the server does not know yet"),
            (Some(_), Told::Taken) => format!("{what}: done, the server knows"),
            (Some(_), Told::Refused) => format!("{what}: done, the server refused what was told of it"),
        }
    }
}

/// All of them, the oldest first.
pub(crate) struct Journal<'a> {
    state: &'a State,
    all: Vec<Entry>,
}

impl<'a> Journal<'a> {
    pub fn open(state: &'a State) -> Result<Self> {
        let mut all = Vec::new();
        let failed = |why: std::io::Error| format!("{}: {why}", state.dir().display());
        for file in std::fs::read_dir(state.dir()).map_err(failed)? {
            let name = file.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("command-") && name.ends_with(".json") {
                all.extend(state.read::<Entry>(&name)?);
            }
        }
        all.sort_by(|one, other| one.id().cmp(other.id()));
        Ok(Self { state, all })
    }

    pub fn all(&self) -> &[Entry] {
        &self.all
    }

    /// Whether it was here.
    pub fn knows(&self, id: &str) -> bool {
        self.all.iter().any(|entry| entry.id() == id)
    }

    /// The newest time that the workspace signed: no clock of this device's.
    pub fn newest_time(&self) -> i64 {
        self.all.iter().map(|entry| entry.command.sent_at).max().unwrap_or_default()
    }

    /// What the server need not send again.
    pub fn held(&self) -> Vec<String> {
        self.all.iter().rev().take(MOST_HELD).map(|entry| entry.id().to_owned()).collect()
    }

    /// Writes it down, anew or for the first time.
    pub fn put(&mut self, entry: &Entry) -> Result<()> {
        self.state.write(&format!("command-{}.json", entry.id()), entry)?;
        match self.all.iter_mut().find(|one| one.id() == entry.id()) {
            Some(one) => one.clone_from(entry),
            None => self.all.push(entry.clone()),
        }
        Ok(())
    }

    /// The oldest that is not over.
    pub fn unfinished(&self) -> Option<Entry> {
        self.all.iter().find(|entry| entry.receipt.is_none()).cloned()
    }

    /// The oldest whose receipt the server does not know.
    pub fn untold(&self) -> Option<Entry> {
        self.all.iter().find(|entry| entry.receipt.is_some() && entry.told == Told::Not).cloned()
    }
}
