//! Works on the long work of the desk, a piece at a time, with pauses, so that people sign in meanwhile as ever. Every node does it; each piece is done by one.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::desk::jobs;
use crate::flows::pace::Pace;

/// How often it is looked for work where there was none.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long it waits after the database was away.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// Until it is told to stop. A piece that was begun is ended or forgotten; what is left is gone on with after the next start, or by another node.
pub(super) async fn work(app: &App, stop: CancellationToken) {
    let mut pace = Pace::shared();
    loop {
        let pause = if app.db.is_shut() || app.db.lacks_key() {
            AFTER_TROUBLE
        } else {
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = pace.time(jobs::work(app)) => done,
            };
            match done {
                Ok(true) => Duration::ZERO,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "a piece of long work waits");
                    AFTER_TROUBLE
                }
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
