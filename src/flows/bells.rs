//! What every administrator of a workspace is told at once, by each of their contacts.

use super::post::{self, Message};
use super::{Result, recovery::CONTACT};
use crate::app::App;
use crate::model::{ContactState, Timestamp};
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn};
use crate::wording::messages;

/// Answers how many messages that made.
pub(super) async fn ring(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    news: &messages::Alert<'_>,
    now: Timestamp,
) -> Result<usize> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let mut told = 0;
    for administrator in store::members::administrators(conn, &workspace.id).await? {
        for contact in store::contacts::list(conn, &workspace.id, &administrator.id).await? {
            if contact.state != ContactState::Verified {
                continue;
            }
            let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            let message = Message {
                workspace: Some(&workspace.id),
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
