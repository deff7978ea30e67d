//! What was done to an account lately, for its owner to look through.
//!
//! Everything that was done, for those who look after others and for the operator, is read by `desk::logs` and `chain`.

use super::Result;
use super::session::Signed;
use crate::app::App;
use crate::model::Timestamp;
use crate::store;

/// Something that was done, of the kinds that an owner should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed(&'static str);

/// The audit log's words and the keys of their sentences.
const TOLD: [(&str, Deed); 12] = [
    ("recovered", Deed("change-recovered")),
    ("password_changed", Deed("change-password-changed")),
    ("password_set_by_link", Deed("change-password-set")),
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
