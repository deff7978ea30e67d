//! Tells open pages that their session is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::flows::open_pages;

/// Looks once a second, until the node stops, which its open pages are told first.
pub(super) async fn keep(app: Arc<App>, stop: CancellationToken) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return app.open_pages.close(),
            _ = second.tick() => if let Err(error) = open_pages::look(&app).await {
                // Their next request is refused all the same.
                tracing::debug!(%error, "open pages cannot be told whose session is over");
            },
        }
    }
}
