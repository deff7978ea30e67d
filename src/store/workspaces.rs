//! Workspaces and the slugs that ever led to them.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{Locale, Timestamp, id::WorkspaceId};

/// A workspace's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    pub slug: String,
    pub locale: Locale,
    pub policy: String,
    pub contact_text_ja: Option<String>,
    pub contact_text_en: Option<String>,
    pub failure_text_ja: Option<String>,
    pub failure_text_en: Option<String>,
    pub networks: Option<String>,
    pub data_key: String,
    pub suspended_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl Workspace {
    /// The workspace's own words on whom to ask, in this language or else in the other.
    pub fn contact_text(&self, locale: Locale) -> Option<&str> {
        in_language([&self.contact_text_ja, &self.contact_text_en], locale)
    }

    /// The workspace's own words after a failed sign-in, in this language or else in the other.
    pub fn failure_text(&self, locale: Locale) -> Option<&str> {
        in_language([&self.failure_text_ja, &self.failure_text_en], locale)
    }
}

fn in_language([ja, en]: [&Option<String>; 2], locale: Locale) -> Option<&str> {
    let (first, second) = match locale {
        Locale::Ja => (ja, en),
        Locale::En => (en, ja),
    };
    first.as_deref().or(second.as_deref())
}

/// A new workspace with its slug.
pub async fn insert(conn: &mut Conn, workspace: &Workspace) -> Result<()> {
    const SQL: &str = "insert into workspaces
        (id, name, slug, locale, policy, contact_text_ja, contact_text_en, data_key, suspended_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let w = workspace;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&w.id)
            .bind(&w.name)
            .bind(&w.slug)
            .bind(w.locale)
            .bind(&w.policy)
            .bind(&w.contact_text_ja)
            .bind(&w.contact_text_en)
            .bind(&w.data_key)
            .bind(w.suspended_at)
            .bind(w.created_at)
    )?;
    const SLUG: &str = "insert into workspace_slugs (slug, workspace_id, created_at) values ($1, $2, $3)";
    execute!(conn, sqlx::query(SLUG).bind(&w.slug).bind(&w.id).bind(w.created_at))?;
    Ok(())
}

/// The workspace that this slug leads to, also an old one.
pub async fn by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Workspace>> {
    const SQL: &str = "select w.* from workspace_slugs s join workspaces w on w.id = s.workspace_id where s.slug = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(slug).fetch_optional(db))
}

/// The workspace with this id.
pub async fn by_id(conn: &mut Conn, id: &WorkspaceId) -> Result<Option<Workspace>> {
    on!(conn, db => sqlx::query_as("select * from workspaces where id = $1").bind(id).fetch_optional(db))
}

/// Until the transaction ends nobody else decides who its owners are.
pub async fn take(conn: &mut Conn, id: &WorkspaceId) -> Result<()> {
    execute!(conn, sqlx::query("update workspaces set created_at = created_at where id = $1").bind(id))?;
    Ok(())
}

/// All workspaces by slug.
pub async fn list(conn: &mut Conn) -> Result<Vec<Workspace>> {
    on!(conn, db => sqlx::query_as("select * from workspaces order by slug").fetch_all(db))
}

/// A new policy (JSON).
pub async fn set_policy(conn: &mut Conn, id: &WorkspaceId, policy: &str) -> Result<()> {
    execute!(conn, sqlx::query("update workspaces set policy = $2 where id = $1").bind(id).bind(policy))?;
    Ok(())
}

/// The workspace's own words on whom to ask.
pub async fn set_contact_text(conn: &mut Conn, id: &WorkspaceId, ja: Option<&str>, en: Option<&str>) -> Result<()> {
    const SQL: &str = "update workspaces set contact_text_ja = $2, contact_text_en = $3 where id = $1";
    execute!(conn, sqlx::query(SQL).bind(id).bind(ja).bind(en))?;
    Ok(())
}

/// The workspace's own words after a failed sign-in.
pub async fn set_failure_text(conn: &mut Conn, id: &WorkspaceId, ja: Option<&str>, en: Option<&str>) -> Result<()> {
    const SQL: &str = "update workspaces set failure_text_ja = $2, failure_text_en = $3 where id = $1";
    execute!(conn, sqlx::query(SQL).bind(id).bind(ja).bind(en))?;
    Ok(())
}

/// The networks that people may sign in from (JSON); none: all.
pub async fn set_networks(conn: &mut Conn, id: &WorkspaceId, networks: Option<&str>) -> Result<()> {
    execute!(conn, sqlx::query("update workspaces set networks = $2 where id = $1").bind(id).bind(networks))?;
    Ok(())
}

/// How a workspace's messages go, where it differs from the server's way.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0021_messages.sql")]
pub struct Sending {
    pub carriers: Option<String>,
    pub sms_sender: Option<String>,
    pub sms_budget: Option<i64>,
}

/// How its messages go.
pub async fn sending(conn: &mut Conn, id: &WorkspaceId) -> Result<Sending> {
    const SQL: &str = "select carriers, sms_sender, sms_budget from workspaces where id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(id).fetch_one(db))
}

/// Sets how its messages go.
pub async fn set_sending(conn: &mut Conn, id: &WorkspaceId, sending: &Sending) -> Result<()> {
    const SQL: &str = "update workspaces set carriers = $2, sms_sender = $3, sms_budget = $4 where id = $1";
    let Sending { carriers, sms_sender, sms_budget } = sending;
    execute!(conn, sqlx::query(SQL).bind(id).bind(carriers).bind(sms_sender).bind(sms_budget))?;
    Ok(())
}
