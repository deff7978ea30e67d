//! What administrators hear of: found by background work (`watch`, `messages`, `chain::rounds`, `sweeps`), by the outbox's worker (a budget) and where it happens
//! (`countries`, `unverified`), written once, told once by the ways
//! that the workspace chose, and kept on a page until somebody has seen to it.

pub mod messages;
mod suspicion;
pub mod watch;
pub mod webhook;

use super::bells::{self, Whom};
use super::{Deed, Error, Result};
use crate::app::App;
use crate::model::id::WorkspaceId;
use crate::model::{AlertEvent, AlertMails, AlertSettings, Network, Timestamp, days};
use crate::store::alerts::Alert;
use crate::store::{self, Conn, alert_settings, transaction};
use crate::wording::messages as words;

/// What a workspace decided, and its webhook, sealed.
pub(super) async fn settings(conn: &mut Conn, workspace: &WorkspaceId) -> Result<(AlertSettings, Option<String>)> {
    let Some(row) = alert_settings::of(conn, workspace).await? else { return Ok((AlertSettings::default(), None)) };
    let settings = serde_json::from_str(&row.settings).map_err(|error| Error::Broken(error.to_string()))?;
    Ok((settings, row.webhook))
}

/// How many alerts of one kind a workspace is told in a day, and how many are listed at most; the server's own count alike.
const TOLD: i64 = 10;
const LISTED: i64 = 200;

/// Writes it down, if it is wanted and the day is not full of them.
pub(super) async fn write(conn: &mut Conn, mut alert: Alert, now: Timestamp) -> Result<()> {
    if let Some(workspace) = &alert.workspace_id
        && !settings(conn, workspace).await?.0.hears_of(alert.event)
    {
        return Ok(());
    }
    let before = store::alerts::count(conn, alert.workspace_id.as_ref(), alert.event, now.window(days(1))).await?;
    if before >= TOLD {
        metrics::counter!("aikagi_alerts_total", "event" => alert.event.as_str()).increment(1);
        alert.told_at = Some(now);
    }
    if before < LISTED {
        store::alerts::insert(conn, &alert).await?;
    }
    Ok(())
}

/// Tells what was written down and told to nobody yet. Every node may do it at once. Answers whether there was any.
pub(super) async fn tell_untold(app: &App) -> Result<bool> {
    let now = app.now();
    let untold = store::alerts::untold(&mut app.db.read().await?).await?;
    let any = !untold.is_empty();
    for alert in untold {
        let told = transaction!(app.db, conn => {
            if store::alerts::set_told(conn, &alert, now).await? {
                tell(app, conn, &alert, now).await?;
            }
            Ok::<_, Error>(())
        });
        match told {
            // One that cannot be told holds up no other.
            Err(error) if !error.is_passing() => {
                tracing::error!(%error, event = alert.event.as_str(), "an alert cannot be told");
            }
            told => told?,
        }
    }
    if any {
        app.webhook_bell.notify_one();
    }
    Ok(any)
}

/// Counts the alert, writes the deed, and tells the workspace by the ways that it chose. One of the whole server is the operator's: it stands
/// in the log and the metrics.
pub(super) async fn tell(app: &App, conn: &mut Conn, alert: &Alert, now: Timestamp) -> Result<()> {
    metrics::counter!("aikagi_alerts_total", "event" => alert.event.as_str()).increment(1);
    let (event, scope) = (alert.event.as_str(), alert.scope.as_str());
    // A scope may be a network, which no log tells.
    let named = if alert.network.is_some() { "" } else { scope };
    tracing::error!(event, scope = named, "administrators are to hear of this");
    let deed = Deed {
        workspace: alert.workspace_id.as_ref(),
        actor: "server",
        action: event,
        member: alert.member_id.as_ref(),
        subject: None,
        reference: None,
        network: alert.network.as_deref().and_then(|network| network.parse::<Network>().ok()),
    };
    deed.write(app, conn, now).await?;
    let Some(workspace) = &alert.workspace_id else { return Ok(()) };
    let workspace = store::workspaces::by_id(conn, workspace)
        .await?
        .ok_or_else(|| Error::Broken(format!("no workspace {workspace}")))?;
    let (settings, sealed) = settings(conn, &workspace.id).await?;
    if !settings.hears_of(alert.event) {
        return Ok(());
    }
    if let Some(sealed) = sealed {
        let data = serde_json::json!({ "member": alert.member_id, "count": alert.times });
        let kind = format!("alert.{event}");
        webhook::queue(
            app,
            conn,
            &workspace,
            &sealed,
            &webhook::Event { kind: &kind, at: alert.created_at, data },
            now,
        )
        .await?;
    }
    let owners_only = match settings.mails_about(alert.event) {
        AlertMails::All => false,
        AlertMails::Owners => true,
        AlertMails::Nobody => return Ok(()),
    };
    let member = match &alert.member_id {
        Some(member) => store::members::by_id(conn, &workspace.id, member).await?,
        None => None,
    };
    let login = member.map(|member| format!("{}@{}", member.login, workspace.slug));
    let news = words::Alert {
        event,
        workspace: &workspace.name,
        login: login.as_deref(),
        network: alert.network.as_deref(),
        times: alert.times,
        at: alert.created_at,
    };
    // What closes something is told at once by every contact, what is only to be looked at by email.
    let every_contact = matches!(alert.event, AlertEvent::Sweep | AlertEvent::GuessesInARow | AlertEvent::ChainBroken);
    if bells::ring(app, conn, &workspace, &news, Whom { owners_only, every_contact }, now).await? == 0 {
        tracing::error!(event, "no administrator of the workspace has a contact to be told by");
    }
    Ok(())
}
