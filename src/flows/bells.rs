//! What every administrator of a workspace is told at once: by each of their contacts, or by email alone where it can wait.

use super::post::{self, Message};
use super::{Result, recovery::CONTACT};
use crate::app::App;
use crate::model::{ContactKind, ContactState, Role, Timestamp};
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn};
use crate::wording::messages;

/// Who hears it, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whom {
    pub owners_only: bool,
    /// By each contact; else by email, or by SMS to who has no address.
    pub every_contact: bool,
}

impl Whom {
    /// All of them, by every way.
    pub const EVERYBODY: Self = Self { owners_only: false, every_contact: true };
}

/// Answers how many messages that made.
pub(super) async fn ring(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    news: &messages::Alert<'_>,
    whom: Whom,
    now: Timestamp,
) -> Result<usize> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let mut told = 0;
    for administrator in store::members::administrators(conn, &workspace.id).await? {
        if whom.owners_only && administrator.role != Role::Owner {
            continue;
        }
        let all = store::contacts::list(conn, &workspace.id, &administrator.id).await?;
        let good: Vec<_> = all.into_iter().filter(|contact| contact.state == ContactState::Verified).collect();
        let has_email = good.iter().any(|contact| contact.kind == ContactKind::Email);
        let wanted = |kind| whom.every_contact || (kind == ContactKind::Email) == has_email;
        for contact in good.into_iter().filter(|contact| wanted(contact.kind)) {
            let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            let message = Message {
                workspace: Some(&workspace.id),
                member: Some(&administrator.id),
                contact: Some(&contact.id),
                known: true,
                kind: contact.kind,
                purpose: news.event,
                reference: None,
                to: Some(&to),
                rendered: messages::alert(administrator.locale, contact.kind, news),
                expires_at: post::notice_expires(now),
            };
            post::queue(app, conn, message, now).await?;
            told += 1;
        }
    }
    Ok(told)
}
