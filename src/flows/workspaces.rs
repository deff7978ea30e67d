//! Workspaces, as the operator makes and keeps them.

use super::{Changed, Deed, Error, Result, new_id};
use crate::app::App;
use crate::model::{CarrierOrder, Locale, Networks, Policy, Slug, id::WorkspaceId};
use crate::store::transaction;
pub use crate::store::workspaces::Workspace;
use crate::store::{self, Conn};

/// A new workspace with the policy that the standards advise. None when the slug is or was another's.
pub async fn create(app: &App, slug: &Slug, name: &str, locale: Locale) -> Result<Option<Workspace>> {
    let workspace = row(app, slug, name, locale);
    transaction!(app.db, conn => Ok::<_, Error>(insert(app, conn, &workspace).await?.then(|| workspace.clone())))
}

/// The new workspace as a row.
pub(super) fn row(app: &App, slug: &Slug, name: &str, locale: Locale) -> Workspace {
    let now = app.now();
    let id = new_id!(app, now, WorkspaceId);
    let (_, wrapped) = app.keyring.new_data_key(&*app.dice, id.as_str());
    Workspace {
        id,
        name: name.to_owned(),
        slug: slug.as_str().to_owned(),
        locale,
        policy: Policy::nist().to_json(),
        contact_text_ja: None,
        contact_text_en: None,
        failure_text_ja: None,
        failure_text_en: None,
        networks: None,
        data_key: wrapped,
        suspended_at: None,
        created_at: now,
    }
}

/// Writes it. Answers false, and does not, when its slug is or was another's.
pub(super) async fn insert(app: &App, conn: &mut Conn, workspace: &Workspace) -> Result<bool> {
    if store::workspaces::by_slug(conn, &workspace.slug).await?.is_some() {
        return Ok(false);
    }
    store::workspaces::insert(conn, workspace).await?;
    deed(workspace, "workspace_created").write(app, conn, workspace.created_at).await?;
    Ok(true)
}

/// All of them, by slug.
pub async fn list(app: &App) -> Result<Vec<Workspace>> {
    Ok(store::workspaces::list(&mut app.db.read().await?).await?)
}

/// The one that this slug leads to, also an old slug.
pub async fn by_slug(app: &App, slug: &str) -> Result<Option<Workspace>> {
    Ok(store::workspaces::by_slug(&mut app.db.read().await?, slug).await?)
}

/// The one with this id.
pub async fn by_id(app: &App, id: &WorkspaceId) -> Result<Option<Workspace>> {
    Ok(store::workspaces::by_id(&mut app.db.read().await?, id).await?)
}

/// A new policy; the caller has checked its bounds.
pub async fn set_policy(app: &App, workspace: &Workspace, policy: &Policy) -> Result<()> {
    transaction!(app.db, conn => {
        let before = present(conn, workspace).await?;
        put_policy(app, conn, &before, policy, deed(workspace, "policy_changed")).await
    })
}

/// The workspace's own words on whom to ask, shown to people who cannot get in.
pub async fn set_contact_text(app: &App, workspace: &Workspace, ja: Option<&str>, en: Option<&str>) -> Result<()> {
    set_text(app, workspace, WhichText::Contact, [ja, en]).await
}

/// The workspace's own words in both languages, Japanese first.
pub async fn set_text(app: &App, workspace: &Workspace, which: WhichText, texts: [Option<&str>; 2]) -> Result<()> {
    transaction!(app.db, conn => {
        let before = present(conn, workspace).await?;
        put_text(app, conn, &before, which, texts, deed(workspace, which.word())).await
    })
}

/// From which networks the workspace's people may sign in; none: from all.
pub async fn set_networks(app: &App, workspace: &Workspace, networks: Option<&Networks>) -> Result<()> {
    transaction!(app.db, conn => {
        let before = present(conn, workspace).await?;
        put_networks(app, conn, &before, networks, deed(workspace, NETWORKS_CHANGED)).await
    })
}

/// How a workspace's messages go, where it differs from the server's way.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sending {
    /// By which carriers.
    #[serde(flatten)]
    pub order: CarrierOrder,
    /// From whom text messages are.
    pub sms_sender: Option<String>,
    /// What text messages may cost in a day.
    pub sms_budget: Option<i64>,
}

/// How its messages go.
pub async fn sending(app: &App, workspace: &Workspace) -> Result<Sending> {
    let row = store::workspaces::sending(&mut app.db.read().await?, &workspace.id).await?;
    Ok(sending_of(row))
}

fn sending_of(row: store::workspaces::Sending) -> Sending {
    let order = row.carriers.as_deref().map(CarrierOrder::read).unwrap_or_default();
    Sending { order, sms_sender: row.sms_sender, sms_budget: row.sms_budget }
}

/// Sets how its messages go; what waits already goes so, too.
pub async fn set_sending(app: &App, workspace: &Workspace, sending: &Sending) -> Result<()> {
    transaction!(app.db, conn => {
        let present = present(conn, workspace).await?;
        let before = sending_of(store::workspaces::sending(conn, &present.id).await?);
        let carriers = (sending.order != CarrierOrder::default()).then(|| serde_json::json!(sending.order).to_string());
        let row = store::workspaces::Sending {
            carriers,
            sms_sender: sending.sms_sender.clone(),
            sms_budget: sending.sms_budget,
        };
        store::workspaces::set_sending(conn, &present.id, &row).await?;
        let changed = Changed::default()
            .put("sms", before.order.sms, &sending.order.sms)
            .put("email", before.order.email, &sending.order.email)
            .put("sms_sender", before.sms_sender, &sending.sms_sender)
            .put("sms_budget", before.sms_budget, sending.sms_budget);
        let deed = deed(workspace, "sending_changed").with(key(app, &present)?, changed);
        Ok::<_, Error>(deed.write(app, conn, app.now()).await?)
    })
}

/// Which of the workspace's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichText {
    /// Whom to ask.
    Contact,
    /// What is said after a failed sign-in.
    Failure,
}

impl WhichText {
    /// The text of a workspace, in both languages.
    pub fn of(self, workspace: &Workspace) -> [Option<String>; 2] {
        match self {
            Self::Contact => [workspace.contact_text_ja.clone(), workspace.contact_text_en.clone()],
            Self::Failure => [workspace.failure_text_ja.clone(), workspace.failure_text_en.clone()],
        }
    }
    /// The audit log's word for a change.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact_text_changed",
            Self::Failure => "failure_text_changed",
        }
    }
}

/// The audit log's word for it.
pub(super) const NETWORKS_CHANGED: &str = "networks_changed";

/// The policy in a workspace's row.
pub fn policy_of(workspace: &Workspace) -> Result<Policy> {
    Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))
}

/// The networks in a workspace's row.
pub fn networks_of(workspace: &Workspace) -> Result<Option<Networks>> {
    super::networks::of_row(workspace.networks.as_deref())
}

pub(super) async fn put_policy(
    app: &App,
    conn: &mut Conn,
    before: &Workspace,
    policy: &Policy,
    deed: Deed<'_>,
) -> Result<()> {
    store::workspaces::set_policy(conn, &before.id, &policy.to_json()).await?;
    // With what it left out, so that a rule that a newer version brought is not told as a change.
    let changed = Changed::between(&serde_json::json!(policy_of(before)?), &serde_json::json!(policy));
    Ok(deed.with(key(app, before)?, changed).write(app, conn, app.now()).await?)
}

pub(super) async fn put_text(
    app: &App,
    conn: &mut Conn,
    before: &Workspace,
    which: WhichText,
    [ja, en]: [Option<&str>; 2],
    deed: Deed<'_>,
) -> Result<()> {
    match which {
        WhichText::Contact => store::workspaces::set_contact_text(conn, &before.id, ja, en).await?,
        WhichText::Failure => store::workspaces::set_failure_text(conn, &before.id, ja, en).await?,
    }
    let [old_ja, old_en] = which.of(before);
    let changed = Changed::default().put("ja", old_ja, ja).put("en", old_en, en);
    Ok(deed.with(key(app, before)?, changed).write(app, conn, app.now()).await?)
}

pub(super) async fn put_networks(
    app: &App,
    conn: &mut Conn,
    before: &Workspace,
    networks: Option<&Networks>,
    deed: Deed<'_>,
) -> Result<()> {
    store::workspaces::set_networks(conn, &before.id, networks.map(Networks::to_json).as_deref()).await?;
    let old = networks_of(before)?;
    let from = |list: Option<&Networks>| list.map(Networks::texts);
    let bound = |list: Option<&Networks>| list.map(|list| list.bound);
    let changed = Changed::default().put("bound", bound(old.as_ref()), bound(networks)).put(
        "from",
        from(old.as_ref()),
        from(networks),
    );
    Ok(deed.with(key(app, before)?, changed).write(app, conn, app.now()).await?)
}

/// As it is now, whatever the caller read.
pub(super) async fn present(conn: &mut store::Conn, workspace: &Workspace) -> Result<Workspace> {
    let present = store::workspaces::by_id(conn, &workspace.id).await?;
    present.ok_or_else(|| Error::Broken(format!("no workspace {}", workspace.id)))
}

fn key(app: &App, workspace: &Workspace) -> Result<std::sync::Arc<crate::vault::DataKey>> {
    Ok(app.data_key(&workspace.id, &workspace.data_key)?)
}

fn deed<'a>(workspace: &'a Workspace, action: &'a str) -> Deed<'a> {
    Deed {
        workspace: Some(&workspace.id),
        actor: "operator",
        action,
        member: None,
        subject: None,
        reference: None,
        network: None,
    }
}
