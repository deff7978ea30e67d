//! The administrators' desk: who may open it, whom it finds, what it does to an account.

pub mod alerts;
mod attacks;
mod bounced;
mod calls;
mod charts;
mod demand;
mod imports;
mod invitations;
mod log;
mod many;
mod mending;
mod message_file;
mod networks;
mod owner_steps;
mod owners;
pub mod policy;
mod queue;
mod readiness;
mod roles;
mod roster;
mod standing;
mod texts;
mod tokens;
mod told;

pub use invitations::code;
pub use queue::FIELDS as ASKING;
pub use tokens::program_at;

use crate::harness::{Browser, Page};

const DESK: &str = "/w/sakura/admin";

impl Browser {
    /// Looks members up.
    pub async fn looks_for(&mut self, typed: &str, which: &str) -> Page {
        self.submit(&format!("{DESK}/members"), &[("q", typed), ("which", which)]).await
    }
}

impl Page {
    /// The IDs of a list, in its order.
    pub fn logins(&self) -> Vec<String> {
        let rows = self.text.split("<span class=\"login\">").skip(1);
        rows.map(|rest| rest.split_once('<').expect("a closed tag").0.to_owned()).collect()
    }

    /// Where the list goes on.
    pub fn next(&self) -> Option<String> {
        let (before, _) = self.text.split_once("\" rel=\"next\"")?;
        Some(before.rsplit_once('"').expect("an attribute").1.to_owned())
    }
}
