//! Adds up what the desk's charts show, far behind everything that somebody waits for. Every node does it; of two that add the same lines up,
//! the database keeps one.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::{pace::Pace, tallies};

/// How often it is looked for new lines.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// Until it is told to stop. What is not added up then is so after the next start.
pub(super) async fn keep(app: &App, stop: CancellationToken) {
    let mut pace = Pace::far_behind();
    loop {
        let pause = match keep_once(app, &mut pace).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK_EVERY,
            Err(error) if error.is_passing() => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "what the charts show cannot be added up");
                LOOK_EVERY
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = async {
                tokio::time::sleep(pause).await;
                pace.rest().await;
            } => {}
        }
    }
}

async fn keep_once(app: &App, pace: &mut Pace) -> crate::flows::Result<bool> {
    // While this machine's clock is wrong, nobody knows how far the logs have come.
    if app.db.is_shut() {
        return Ok(false);
    }
    pace.time(tallies::follow(app)).await
}
