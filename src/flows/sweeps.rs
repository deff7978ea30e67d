//! Somebody tries codes through, over many accounts or for long on one: seen by counting, told to administrators, and
//! closed to networks where nobody signed in before.

use super::guard::day_of;
use super::{Deed, Error, Result, alerts};
use crate::app::App;
use crate::model::{AlertEvent, Timestamp, days, hours, id, time::Span};
use crate::store::alerts::Alert;
use crate::store::limits::Wrong;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};

/// How far back rightly typed codes are counted, against which wrong ones are held.
const PROVED_WITHIN: Span = days(14);

/// Looks whether a sweep has begun, and tells administrators what they were not told yet. Every node may do it at once.
pub async fn watch(app: &App) -> Result<()> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let wrong = store::limits::wrong(&mut conn, day_of(now), app.config.limits.sweep_wrong_codes_per_day).await?;
    let running = if wrong.is_empty() { Vec::new() } else { store::alerts::sweeps(&mut conn, now).await? };
    let mut begun = Vec::new();
    for wrong in wrong {
        let runs = running.iter().any(|sweep| sweep.scope == wrong.scope);
        if !runs && wrong.codes > allowed(app, &mut conn, &wrong, now).await? {
            begun.push(wrong.scope);
        }
    }
    drop(conn);
    let mut is_quiet = begun.is_empty();
    for scope in begun {
        let alert = Alert {
            workspace_id: (!scope.is_empty()).then(|| id::WorkspaceId(scope.clone())),
            ends_at: now + hours(app.config.limits.sweep_hold_hours),
            told_at: Some(now),
            ..Alert::new(AlertEvent::Sweep, scope, Timestamp(days(day_of(now)).as_micros()), now)
        };
        transaction!(app.db, conn => {
            if store::alerts::insert(conn, &alert).await? {
                alerts::tell(app, conn, &alert, now).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
    is_quiet &= !alerts::tell_untold(app).await?;
    if !is_quiet {
        app.outbox_bell.notify_one();
    }
    Ok(())
}

/// How many wrong codes a day are no sweep: a number, or a part of those that were typed rightly in two weeks.
async fn allowed(app: &App, conn: &mut Conn, wrong: &Wrong, now: Timestamp) -> Result<i64> {
    let l = &app.config.limits;
    let since = now - PROVED_WITHIN;
    let proved = if wrong.scope.is_empty() {
        store::recoveries::proved_since(conn, since).await?
    } else {
        let workspace = id::WorkspaceId(wrong.scope.clone());
        let from = id::AuditId::new(since, [0; 10]);
        store::logs::proved(conn, &workspace, &from).await?
    };
    Ok(l.sweep_wrong_codes_per_day.max(proved.saturating_mul(l.sweep_percent_of_proved) / 100))
}

/// The newest alerts.
pub async fn list(app: &App) -> Result<Vec<Alert>> {
    Ok(store::alerts::list(&mut app.db.read().await?, 100).await?)
}

/// Ends a sweep by the operator's hand: the one of a workspace, or of the whole server. Answers whether there was one.
pub async fn end(app: &App, workspace: Option<&Workspace>) -> Result<bool> {
    let now = app.now();
    transaction!(app.db, conn => {
        let ended = store::alerts::end_sweep(conn, workspace.map_or("", |workspace| workspace.id.as_str()), now).await?;
        if ended {
            let deed = Deed {
                workspace: workspace.map(|workspace| &workspace.id),
                actor: "operator",
                action: "sweep_ended",
                member: None,
                subject: None,
                reference: None,
                network: None,
            };
            deed.write(app, conn, now).await?;
        }
        Ok::<_, Error>(ended)
    })
}
