//! How far a message has come that somebody waits for: the code of a recovery, of a contact, of a drill, a test message. Whoever may know is proved once; from then on
//! one read tells how it goes on.

use super::Result;
use super::session::Signed;
use crate::app::App;
use crate::model::id::{ContactId, MemberId, RecoveryId, WorkspaceId};
use crate::model::{Cause, MessageState, Timestamp};
use crate::store::messages;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// When it was asked for.
    pub written_at: Timestamp,
    /// When a carrier took it.
    pub handed_at: Option<Timestamp>,
    /// When it arrived, as the carrier says.
    pub arrived_at: Option<Timestamp>,
    /// It does not arrive any more, and why.
    pub failed: Option<(Timestamp, Option<Cause>)>,
    /// Its time has passed, and no carrier told whether it arrived.
    pub untold: bool,
    /// Its code was typed.
    pub entered: bool,
    /// The number by which the log finds it.
    pub reference: String,
}

impl Trail {
    fn of(line: messages::Line, now: Timestamp) -> Self {
        let ended = line.done_at.unwrap_or(line.created_at);
        let failed = matches!(line.state, MessageState::Failed | MessageState::Expired | MessageState::Undeliverable);
        Self {
            written_at: line.created_at,
            handed_at: line.handed_at,
            arrived_at: (line.state == MessageState::Delivered).then_some(ended),
            failed: failed.then(|| (ended, line.cause())),
            untold: line.expires_at <= now,
            entered: line.entered_at.is_some(),
            reference: line.reference.unwrap_or_default(),
        }
    }

    /// Whether nothing more is to be expected.
    pub const fn is_over(&self) -> bool {
        self.arrived_at.is_some() || self.failed.is_some() || self.untold || self.entered
    }
}

/// Whose newest message is looked at. Made only for somebody who may know of it.
#[derive(Debug, Clone)]
pub enum Followed {
    /// The code of an attempt to get back in, as long as the attempt waits for it.
    Attempt(RecoveryId),
    /// What was sent to a member's own contact.
    Own(WorkspaceId, MemberId, ContactId, &'static str),
}

impl Followed {
    /// The newest message of this purpose to a contact, of which only its own member is told.
    pub(super) fn own(signed: &Signed, contact: &ContactId, purpose: &'static str) -> Self {
        let member = &signed.member;
        Self::Own(member.workspace_id.clone(), member.id.clone(), contact.clone(), purpose)
    }

    /// How far it has come; none where there is no such message, or nobody waits for it any more.
    pub async fn look(&self, app: &App) -> Result<Option<Trail>> {
        let now = app.now();
        let mut conn = app.db.read().await?;
        let found = match self {
            Self::Attempt(id) => messages::newest_of_attempt(&mut conn, id, super::recovery::CODE, now).await?,
            Self::Own(workspace, member, contact, purpose) => {
                messages::newest_to(&mut conn, workspace, member, contact, purpose).await?
            }
        };
        Ok(found.map(|line| Trail::of(line, now)))
    }
}
