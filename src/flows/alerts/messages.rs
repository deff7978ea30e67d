//! Whether codes leave the house. An email about it would wait in the same place, so that it is told on the desk's first page, by the webhook
//! and in the metrics.

use crate::app::App;
use crate::flows::{Error, Result};
use crate::model::time::Span;
use crate::model::{AlertEvent, minutes};
use crate::store::alerts::{self, Alert};
use crate::store::{self, outbox, transaction};

/// The time that is looked at, and how long after the last trouble it is over.
const WITHIN: Span = minutes(15);
/// How old a code may be that still waits.
const OLDEST: Span = minutes(1);
/// So many codes must have failed, and such a part of all.
const FAILED: i64 = 5;
const PERCENT: i64 = 30;

/// Looks at the outbox, and writes an alert for every workspace when trouble begins. Every node may do it at once.
pub async fn watch(app: &App) -> Result<()> {
    let now = app.now();
    let (good, bad, oldest) = outbox::codes(&mut app.db.read().await?, now - WITHIN, now).await?;
    let failing = (bad >= FAILED && bad * 100 >= (good + bad) * PERCENT) || oldest.is_some_and(|at| at < now - OLDEST);
    metrics::gauge!("aikagi_codes_failing").set(if failing { 1.0 } else { 0.0 });
    if !failing {
        return Ok(());
    }
    let workspaces = store::workspaces::list(&mut app.db.read().await?).await?;
    for workspace in workspaces {
        let alert = Alert {
            workspace_id: Some(workspace.id.clone()),
            ends_at: now + WITHIN,
            times: bad,
            ..Alert::new(AlertEvent::MessagesFailing, workspace.id.0.clone(), now.window(WITHIN), now)
        };
        transaction!(app.db, conn => {
            if !super::settings(conn, &workspace.id).await?.0.hears_of(alert.event) {
                return Ok::<_, Error>(());
            }
            if !alerts::prolong(conn, alert.event, &alert.scope, now + WITHIN, now).await? {
                alerts::insert(conn, &alert).await?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
