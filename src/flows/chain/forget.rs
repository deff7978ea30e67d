//! Old rows of the audit log are forgotten, up to a signed head and never beyond: behind it the chain begins anew, and can still be proved.

use super::Result;
use crate::app::App;
use crate::flows::{Error, pace::Pace};
use crate::model::{Policy, days, id::WorkspaceId, policy::LogPolicy};
use crate::store::{self, chain, transaction};

/// Forgets what is older than each workspace keeps, a piece at a time. Any node may do it; twice does no harm.
pub async fn old_rows(app: &App) -> Result<u64> {
    let (now, mut pace, mut rows) = (app.now(), Pace::shared(), 0);
    for name in super::names(app).await? {
        let kept = kept_days(app, &name).await?;
        let mut conn = app.db.read().await?;
        let Some(head) = chain::head_before(&mut conn, &name, now - days(kept.into())).await? else { continue };
        let first = chain::first(&mut conn, &name).await?;
        drop(conn);
        let Some(mut before) = first.filter(|first| *first <= head.nth) else { continue };
        while before <= head.nth {
            before = (before + 1_000).min(head.nth + 1);
            pace.rest().await;
            let piece = async {
                transaction!(app.db, conn => {
                    let forgotten = chain::forget(conn, &name, before).await?;
                    chain::forget_heads(conn, &name, head.nth).await?;
                    Ok::<_, Error>(forgotten)
                })
            };
            rows += pace.time(piece).await?;
        }
    }
    Ok(rows)
}

async fn kept_days(app: &App, name: &str) -> Result<u32> {
    let of_server = LogPolicy::default().audit_days;
    if name.is_empty() {
        return Ok(of_server);
    }
    let id = WorkspaceId(name.to_owned());
    let workspace = store::workspaces::by_id(&mut app.db.read().await?, &id).await?;
    // What belongs to no workspace that is there is kept as long as anything is.
    let Some(workspace) = workspace else { return Ok(LogPolicy::DAYS_MOST) };
    let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
    Ok(policy.logs.audit_days)
}
