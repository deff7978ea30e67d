//! Goes round all members, again and again, to see who could get back in alone. Every node looks; the database lets one of them go round at a
//! time.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::readiness;

/// How long it is from one round to the next.
const ROUND_EVERY: Duration = Duration::from_mins(1);

/// Until it is told to stop. A round that was not whole begins anew after the next start.
pub(super) async fn keep(app: &App, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = rounds(app) => {}
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
