//! Workspaces, as the operator makes and keeps them.

use super::{Changed, Deed, Error, Result, new_id};
use crate::app::App;
use crate::model::{Locale, Policy, Slug, id::WorkspaceId};
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
    let after = serde_json::json!(policy);
    transaction!(app.db, conn => {
        let before = present(conn, workspace).await?;
        store::workspaces::set_policy(conn, &workspace.id, &policy.to_json()).await?;
        // With what it left out, so that a rule that a newer version brought is not told as a change.
        let before_it = Policy::from_json(&before.policy).map_err(|error| Error::Broken(error.to_string()))?;
        let changed = Changed::between(&serde_json::json!(before_it), &after);
        deed(workspace, "policy_changed").with(key(app, &before)?, changed).write(app, conn, app.now()).await?;
        Ok(())
    })
}

/// The workspace's own words on whom to ask, shown to people who cannot get in.
pub async fn set_contact_text(app: &App, workspace: &Workspace, ja: Option<&str>, en: Option<&str>) -> Result<()> {
    transaction!(app.db, conn => {
        let before = present(conn, workspace).await?;
        store::workspaces::set_contact_text(conn, &workspace.id, ja, en).await?;
        let changed =
            Changed::default().put("ja", &before.contact_text_ja, ja).put("en", &before.contact_text_en, en);
        deed(workspace, "contact_text_changed").with(key(app, &before)?, changed).write(app, conn, app.now()).await?;
        Ok(())
    })
}

/// As it is now, whatever the caller read.
async fn present(conn: &mut store::Conn, workspace: &Workspace) -> Result<Workspace> {
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
