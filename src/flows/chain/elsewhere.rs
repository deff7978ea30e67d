//! A signed head leaves the house, by email or to the workspace's webhook, in the transaction that wrote it: what lies elsewhere proves the
//! log of that day, whatever becomes of the database.

use super::heads::to_line;
use super::{Error, Result};
use crate::app::App;
use crate::flows::alerts::{self, webhook};
use crate::flows::post::{self, Message};
use crate::flows::recovery::CONTACT;
use crate::model::id::WorkspaceId;
use crate::model::{ContactKind, ContactState, EmailAddress, HeadMails, Locale, Role, Timestamp};
use crate::store::chain::Head;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn};
use crate::wording::messages;

/// Sends it where the workspace wants it. The chain of no workspace is the operator's: `aikagi audit heads` shows it.
pub(super) async fn send(app: &App, conn: &mut Conn, head: &Head, now: Timestamp) -> Result<()> {
    let id = WorkspaceId(head.workspace_id.clone());
    let (settings, sealed) = alerts::settings(conn, &id).await?;
    let to_webhook = sealed.filter(|_| settings.heads_to_webhook);
    if settings.heads == HeadMails::Nobody && to_webhook.is_none() {
        return Ok(());
    }
    let Some(workspace) = store::workspaces::by_id(conn, &id).await? else { return Ok(()) };
    let line = to_line(head);
    if let Some(sealed) = to_webhook {
        let data = serde_json::json!({ "head": line, "rows": head.nth });
        let event = webhook::Event { kind: "chain.head", at: head.signed_at, data };
        webhook::queue(app, conn, &workspace, &sealed, &event, now).await?;
    }
    match (settings.heads, settings.heads_address) {
        (HeadMails::Owners, _) => to_owners(app, conn, &workspace, &line, now).await,
        (HeadMails::Address, Some(to)) => {
            let to = EmailAddress::parse(&to).map_err(|_| Error::Broken("no address for heads".to_owned()))?;
            mail(app, conn, &workspace, (&to.as_sent(), workspace.locale), &line, now).await
        }
        (HeadMails::Nobody | HeadMails::Address, _) => Ok(()),
    }
}

async fn to_owners(app: &App, conn: &mut Conn, workspace: &Workspace, line: &str, now: Timestamp) -> Result<()> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    for owner in store::members::administrators(conn, &workspace.id).await? {
        if owner.role != Role::Owner {
            continue;
        }
        for contact in store::contacts::list(conn, &workspace.id, &owner.id).await? {
            if contact.state == ContactState::Verified && contact.kind == ContactKind::Email {
                let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
                mail(app, conn, workspace, (&to, owner.locale), line, now).await?;
            }
        }
    }
    Ok(())
}

async fn mail(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    (to, locale): (&str, Locale),
    line: &str,
    now: Timestamp,
) -> Result<()> {
    let message = Message {
        workspace: Some(&workspace.id),
        member: None,
        contact: None,
        known: true,
        kind: ContactKind::Email,
        purpose: "chain_head",
        reference: None,
        to: Some(to),
        rendered: messages::chain_head(locale, &workspace.name, line, now),
        expires_at: post::notice_expires(now),
    };
    post::queue(app, conn, message, now).await
}
