//! Work that a node does beside everything that somebody waits for: a piece, a pause by the piece's own time, and the next; a look now and then while there is none.
//! A piece is one or several whole transactions, so that one that is broken off by a stop is done again or forgotten.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::Result;
use crate::flows::pace::Pace;

/// How long it waits at least after trouble.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// Goes on until it is told to stop. `piece` answers whether there was any; `what` says in the log what waits.
pub(super) async fn keep_at<W: Future<Output = Result<bool>>>(
    app: &App,
    stop: CancellationToken,
    (what, look_every): (&'static str, Duration),
    mut pace: Pace,
    piece: impl Fn() -> W,
) {
    loop {
        // While this machine's clock is wrong or a key is missing, nothing that is written is right.
        let pause = if app.db.is_shut() || app.db.lacks_key() {
            AFTER_TROUBLE
        } else {
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = pace.time(piece()) => done,
            };
            match done {
                Ok(true) => Duration::ZERO,
                Ok(false) => look_every,
                Err(error) => {
                    if error.is_passing() {
                        tracing::debug!(%error, what, "it waits");
                    } else {
                        tracing::error!(%error, what, "it waits");
                    }
                    look_every.max(AFTER_TROUBLE)
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
