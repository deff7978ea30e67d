//! How far an attempt's newest message has come. Only a device that the account knows is told: to everybody else all attempts look alike.

use super::{CODE, open};
use crate::app::App;
use crate::flows::Result;
use crate::model::{Cause, MessageState, Secret, Timestamp};
use crate::store::{self, messages};

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
}

impl Trail {
    pub(in crate::flows) fn of(line: &messages::Line, now: Timestamp) -> Self {
        let ended = line.done_at.unwrap_or(line.created_at);
        let failed = matches!(line.state, MessageState::Failed | MessageState::Expired | MessageState::Undeliverable);
        Self {
            written_at: line.created_at,
            handed_at: line.handed_at,
            arrived_at: (line.state == MessageState::Delivered).then_some(ended),
            failed: failed.then(|| (ended, line.cause())),
            untold: line.expires_at <= now,
        }
    }

    /// Whether nothing more is to be expected.
    pub const fn is_over(&self) -> bool {
        self.arrived_at.is_some() || self.failed.is_some() || self.untold
    }
}

/// The trail of the newest message of the attempt behind this handle; none for a device that the account does not know.
pub async fn trail(app: &App, handle: &Secret, now: Timestamp) -> Result<Option<Trail>> {
    let mut conn = app.db.read().await?;
    let Some(recovery) = open(app, &mut conn, handle, now).await? else { return Ok(None) };
    if recovery.device_id.is_none() {
        return Ok(None);
    }
    let (index, device) = (recovery.index(), recovery.device_id.as_ref());
    let known = store::devices::known_for_address(&mut conn, recovery.kind, &index, device, &recovery.network).await?;
    if !known.device {
        return Ok(None);
    }
    let found = messages::newest(&mut conn, &recovery.reference, recovery.contact_id.as_ref(), CODE).await?;
    Ok(found.as_ref().map(|line| Trail::of(line, app.now())))
}
