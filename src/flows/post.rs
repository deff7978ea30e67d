//! Messages into the outbox: rendered in the member's language, sealed, with the destination as it was stored at that moment.

use super::{Result, contacts, desk, drill, new_id, recovery};
use crate::app::App;
use crate::deliver::webhook::Destination;
use crate::deliver::worker::{BODY, DESTINATION};
use crate::model::{ContactKind, MessageKind, Timestamp, days, id::WorkspaceId};
use crate::store::{self, Conn, outbox};
use crate::wording::messages::Rendered;

/// A message about to be queued.
pub(super) struct Message<'a> {
    /// Whose it is, for the message log; none for what belongs to no workspace.
    pub workspace: Option<&'a WorkspaceId>,
    pub kind: ContactKind,
    /// What it is for, one word for the log.
    pub purpose: &'a str,
    pub reference: Option<&'a str>,
    /// The stored address; none for a decoy, which is written like any other and dropped by the worker.
    pub to: Option<&'a str>,
    pub rendered: Rendered,
    pub expires_at: Timestamp,
}

/// What leaves first when much waits: what somebody sits and waits for, then what one member should know, then what goes to many.
fn urgency(purpose: &str) -> i64 {
    match purpose {
        recovery::CODE | contacts::CODE | drill::CODE | desk::call::LETTERS => 0,
        desk::nudge::PURPOSE | desk::invitations::PURPOSE => 2,
        _ => 1,
    }
}

/// How long a notice is worth sending.
pub(super) fn notice_expires(now: Timestamp) -> Timestamp {
    now + days(2)
}

/// Queues the message in the caller's transaction; [`crate::app::App::outbox_bell`] is rung by the caller after commit.
pub(super) async fn queue(app: &App, conn: &mut Conn, message: Message<'_>, now: Timestamp) -> Result<()> {
    Ok(store::apply(conn, [outbox::insert(&sealed(app, &message, now))]).await?)
}

/// Queues a request to the workspace's webhook; it is tried for a day.
pub(super) async fn queue_request(
    app: &App,
    conn: &mut Conn,
    workspace: &WorkspaceId,
    (url, purpose, body): (&str, &str, &serde_json::Value),
    now: Timestamp,
) -> Result<()> {
    let to = Destination { workspace: workspace.to_string(), url: url.to_owned() };
    let to = serde_json::json!(to).to_string();
    let message = Message {
        workspace: Some(workspace),
        kind: ContactKind::Email,
        purpose,
        reference: None,
        to: Some(&to),
        rendered: Rendered { subject: None, text: body.to_string() },
        expires_at: now + days(1),
    };
    let message =
        outbox::Waiting { kind: MessageKind::Webhook, urgency: outbox::WEBHOOK, ..sealed(app, &message, now) };
    Ok(store::apply(conn, [outbox::insert(&message)]).await?)
}

/// The message's row.
pub(super) fn sealed(app: &App, message: &Message<'_>, now: Timestamp) -> outbox::Waiting {
    let id = new_id!(app, now, MessageId);
    let key = app.keyring.server_key();
    let body = serde_json::json!({ "subject": message.rendered.subject, "text": message.rendered.text }).to_string();
    // A decoy's destination has the length of a real one, and goes nowhere.
    let to = message.to.unwrap_or("+810000000000");
    outbox::Waiting {
        destination: Some(key.seal(&*app.dice, DESTINATION, id.as_str(), to.as_bytes())),
        body: Some(key.seal(&*app.dice, BODY, id.as_str(), body.as_bytes())),
        id,
        workspace_id: message.workspace.cloned(),
        kind: message.kind.into(),
        purpose: message.purpose.to_owned(),
        reference: message.reference.map(str::to_owned),
        decoy: message.to.is_none(),
        tries: 0,
        urgency: urgency(message.purpose),
        expires_at: message.expires_at,
        created_at: now,
    }
}
