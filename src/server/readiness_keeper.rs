//! Goes round all members, again and again, to see who could get back in alone, and works through demands to many to see to their contacts. Every
//! node looks; the database lets one of them go round at a time, and hands each piece of a demand to one.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::desk::nudge;
use crate::flows::pace::Pace;
use crate::flows::readiness;

/// How long it is from one round to the next.
const ROUND_EVERY: Duration = Duration::from_mins(1);
/// How often it is looked for demands.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Until it is told to stop. A round that was not whole begins anew after the next start; a demand goes on where it was.
pub(super) async fn keep(app: &App, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        _ = async { tokio::join!(rounds(app), demands(app)) } => {}
    }
}

async fn rounds(app: &App) {
    loop {
        if !app.db.is_shut() && !app.db.lacks_key() {
            match readiness::go_round(app).await {
                Ok(Some(changed)) => tracing::debug!(changed, "went round all members"),
                Ok(None) => {}
                Err(error) if error.is_passing() => tracing::debug!(%error, "members cannot be looked at now"),
                Err(error) => tracing::error!(%error, "members cannot be looked at"),
            }
        }
        tokio::time::sleep(ROUND_EVERY).await;
    }
}

async fn demands(app: &App) {
    let mut pace = Pace::shared();
    loop {
        let pause = if app.db.is_shut() || app.db.lacks_key() {
            LOOK_EVERY
        } else {
            match pace.time(nudge::work(app)).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => LOOK_EVERY,
                Err(error) if error.is_passing() => LOOK_EVERY,
                Err(error) => {
                    tracing::error!(%error, "members cannot be asked to see to their contacts");
                    Duration::from_secs(5)
                }
            }
        };
        tokio::time::sleep(pause).await;
        pace.rest().await;
    }
}
