//! What a workspace wants to hear of and by which ways, and its webhook, sealed.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::id::WorkspaceId;

/// A workspace's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0018_alerts_out.sql")]
pub struct Row {
    pub workspace_id: WorkspaceId,
    pub settings: String,
    pub webhook: Option<String>,
}

/// The workspace's; none where it never decided anything.
pub async fn of(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Row>> {
    const SQL: &str = "select * from alert_settings where workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// All of them.
pub async fn list(conn: &mut Conn) -> Result<Vec<Row>> {
    on!(conn, db => sqlx::query_as("select * from alert_settings order by workspace_id").fetch_all(db))
}

/// Other settings.
pub async fn set(conn: &mut Conn, workspace: &WorkspaceId, settings: &str) -> Result<()> {
    const SQL: &str = "insert into alert_settings (workspace_id, settings) values ($1, $2)
        on conflict (workspace_id) do update set settings = excluded.settings";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(settings)).map(drop)
}

/// Another webhook, or none.
pub async fn set_webhook(conn: &mut Conn, workspace: &WorkspaceId, webhook: Option<&str>) -> Result<()> {
    const SQL: &str = "insert into alert_settings (workspace_id, settings, webhook) values ($1, '{}', $2)
        on conflict (workspace_id) do update set webhook = excluded.webhook";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(webhook)).map(drop)
}

/// The webhook, sealed anew. Answers false where it was changed meanwhile.
pub async fn reseal(conn: &mut Conn, old: &Row, webhook: &str) -> Result<bool> {
    const SQL: &str = "update alert_settings set webhook = $3 where workspace_id = $1 and webhook = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(&old.workspace_id).bind(&old.webhook).bind(webhook))? == 1)
}
