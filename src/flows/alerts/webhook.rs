//! Events for the program that a workspace's owners named. A body holds ids and counts, no name, no contact, no network.

use crate::app::App;
use crate::deliver::webhook::Webhook;
use crate::flows::{Result, post};
use crate::model::Timestamp;
use crate::store::Conn;
use crate::store::workspaces::Workspace;

/// Something that the program is told.
pub struct Event<'a> {
    /// `alert.sweep`, `chain.head`, `test`.
    pub kind: &'a str,
    /// When it happened.
    pub at: Timestamp,
    /// What else there is to it.
    pub data: serde_json::Value,
}

/// Queues it in the caller's transaction, for the address as it is now.
pub(in crate::flows) async fn queue(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    sealed: &str,
    event: &Event<'_>,
    now: Timestamp,
) -> Result<()> {
    let webhook = match Webhook::open(&app.keyring, &workspace.id, sealed) {
        Ok(webhook) => webhook,
        // Whatever else the caller has to tell goes its way.
        Err(error) => {
            tracing::error!(%error, workspace = workspace.slug, "the webhook of a workspace does not open");
            return Ok(());
        }
    };
    let body = serde_json::json!({
        "type": event.kind,
        "timestamp": format!("{:.6}", event.at.to_jiff()),
        "workspace": { "id": workspace.id, "slug": workspace.slug },
        "data": event.data,
    });
    post::queue_request(app, conn, &workspace.id, (&webhook.url, event.kind, &body), now).await
}
