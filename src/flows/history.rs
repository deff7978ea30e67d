//! What was done: to an account lately, for its owner to look through; and everything, for the operator to keep elsewhere.

use super::Result;
use super::session::Signed;
use crate::app::App;
use crate::model::{Timestamp, id::AuditId};
use crate::store;

/// Something that was done, of the kinds that an owner should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed(&'static str);

/// The audit log's words and the keys of their sentences.
const TOLD: [(&str, Deed); 15] = [
    ("recovered", Deed("change-recovered")),
    ("password_changed", Deed("change-password-changed")),
    ("password_set_by_link", Deed("change-password-set")),
    ("change_forced", Deed("change-forced")),
    ("forced_change_done", Deed("change-demanded-done")),
    ("change_requested", Deed("change-requested")),
    ("contact_verified", Deed("change-contact-added")),
    ("contact_removed", Deed("change-contact-removed")),
    ("frozen_contact_kept", Deed("change-contact-kept")),
    ("frozen_contact_removed", Deed("change-contact-removed")),
    ("removal_held", Deed("change-removal-held")),
    ("held_by_member", Deed("change-held")),
    ("released", Deed("change-released")),
    ("suspended", Deed("change-suspended")),
    ("resumed", Deed("change-resumed")),
];

impl Deed {
    /// Key of its sentence.
    pub const fn key(self) -> &'static str {
        self.0
    }
}

/// A line of the audit log with the names of its workspace and member.
pub type Entry = store::logs::Named;

/// The next lines of the whole audit log after the id `after` (empty for the first), up to the time `until`.
pub async fn audit_after(app: &App, after: &str, until: Timestamp) -> Result<Vec<Entry>> {
    const AT_ONCE: i64 = 1_000;
    // Ids begin with their time: the first that could be made after it.
    let before = AuditId::new(Timestamp(until.0 + 1_000), [0; 10]);
    Ok(store::logs::audit_after(&mut app.db.read().await?, after, &before, AT_ONCE).await?)
}

/// The newest changes, newest first.
pub async fn recent(app: &App, signed: &Signed) -> Result<Vec<(Timestamp, Deed)>> {
    let member = &signed.member;
    let lines = store::logs::audit_of(&mut app.db.read().await?, &member.workspace_id, &member.id, 50).await?;
    let told = lines.into_iter().filter_map(|line| {
        let (_, deed) = TOLD.iter().find(|(word, _)| *word == line.action)?;
        Some((line.at, *deed))
    });
    Ok(told.take(10).collect())
}
