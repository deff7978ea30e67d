//! Keeps the chain of the audit log: what was written gets its place within about a second, and once a day each chain's end is signed.
//! Every node does it; the database lets one of them at a time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::chain;

/// How often it is looked for rows that wait.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many looks it is from one look at the heads to the next.
const HEADS_EVERY: u32 = 60;

/// Until it is told to stop. What still waits then gets its place after the next start, or by another node.
pub(super) async fn keep(app: &App, stop: CancellationToken) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looks = 0_u32;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => {}
        }
        let done = tokio::select! {
            () = stop.cancelled() => return,
            done = keep_once(app, looks.is_multiple_of(HEADS_EVERY)) => done,
        };
        match done {
            Ok(()) => {}
            Err(error) if error.is_passing() => tracing::debug!(%error, "the audit log waits to be chained"),
            Err(error) => tracing::error!(%error, "the audit log cannot be chained"),
        }
        looks = looks.wrapping_add(1);
    }
}

async fn keep_once(app: &App, heads: bool) -> crate::flows::Result<()> {
    if app.db.is_shut() || app.db.lacks_key() {
        return Ok(());
    }
    chain::append(app).await?;
    if heads {
        let signed = chain::heads::sign(app).await?;
        if signed > 0 {
            tracing::info!(signed, "the audit log's heads of today are signed");
        }
    }
    Ok(())
}
