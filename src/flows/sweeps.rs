//! Somebody tries codes through, over many accounts or for long on one: seen by counting, told to administrators, and
//! closed to networks where nobody signed in before.

use super::guard::day_of;
use super::{Deed, Error, Result, bells};
use crate::app::App;
use crate::model::{AlertEvent, Timestamp, days, hours, id, time::Span};
use crate::store::alerts::Alert;
use crate::store::limits::Wrong;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::wording::messages;

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
    let untold = store::alerts::untold(&mut conn).await?;
    drop(conn);
    let is_quiet = begun.is_empty() && untold.is_empty();
    for scope in begun {
        let alert = Alert {
            event: AlertEvent::Sweep,
            window_at: Timestamp(days(day_of(now)).as_micros()),
            workspace_id: (!scope.is_empty()).then(|| id::WorkspaceId(scope.clone())),
            scope,
            member_id: None,
            ends_at: now + hours(app.config.limits.sweep_hold_hours),
            told_at: Some(now),
            created_at: now,
        };
        transaction!(app.db, conn => {
            if store::alerts::insert(conn, &alert).await? {
                tell(app, conn, &alert, now).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
    for alert in untold {
        transaction!(app.db, conn => {
            if store::alerts::set_told(conn, &alert, now).await? {
                tell(app, conn, &alert, now).await?;
            }
            Ok::<_, Error>(())
        })?;
    }
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

/// Writes the alert down and tells the administrators of the workspace. One of the whole server is the operator's: it
/// stands in the log and the metrics.
async fn tell(app: &App, conn: &mut Conn, alert: &Alert, now: Timestamp) -> Result<()> {
    metrics::counter!("aikagi_alerts_total", "event" => alert.event.as_str()).increment(1);
    let (event, scope) = (alert.event.as_str(), alert.scope.as_str());
    tracing::error!(event, scope, "too many wrong codes");
    let deed = Deed {
        workspace: alert.workspace_id.as_ref(),
        actor: "server",
        action: event,
        member: alert.member_id.as_ref(),
        subject: None,
        reference: None,
        network: None,
    };
    deed.write(app, conn, now).await?;
    let Some(workspace) = &alert.workspace_id else { return Ok(()) };
    let workspace = store::workspaces::by_id(conn, workspace)
        .await?
        .ok_or_else(|| Error::Broken(format!("no workspace {workspace}")))?;
    let member = match &alert.member_id {
        Some(member) => store::members::by_id(conn, &workspace.id, member).await?,
        None => None,
    };
    let login = member.map(|member| format!("{}@{}", member.login, workspace.slug));
    let news = messages::Alert { event, workspace: &workspace.name, login: login.as_deref(), at: alert.created_at };
    if bells::ring(app, conn, &workspace, &news, now).await? == 0 {
        tracing::error!(event, scope, "no administrator of the workspace has a contact to be told by");
    }
    Ok(())
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
