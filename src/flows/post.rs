//! Messages into the outbox: rendered in the member's language, sealed, with the destination as it was stored at that moment.

use super::{Result, contacts, desk, drill, new_id, recovery};
use crate::app::App;
use crate::deliver::webhook::Destination;
use crate::deliver::worker::{BODY, DESTINATION};
use crate::model::id::{ContactId, MemberId, WorkspaceId};
use crate::model::{ContactKind, MessageKind, Phone, Reference, Timestamp, days};
use crate::store::{self, Conn, outbox};
use crate::wording::messages::Rendered;

/// A message about to be queued.
pub(super) struct Message<'a> {
    /// Whose it is, for the message log; none for what belongs to no workspace.
    pub workspace: Option<&'a WorkspaceId>,
    /// Whom it is for.
    pub member: Option<&'a MemberId>,
    /// Which of their contacts it goes to.
    pub contact: Option<&'a ContactId>,
    /// Not asked for by a stranger, nor for a contact that nobody has confirmed.
    pub known: bool,
    pub kind: ContactKind,
    /// What it is for, one word for the log.
    pub purpose: &'a str,
    /// The number that the person was told; else the message gets one of its own, by which the log finds it.
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
        member: None,
        contact: None,
        known: true,
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

/// What the charts tell apart: the country of a number, the domain of an address that many have.
fn toward(kind: ContactKind, to: &str) -> String {
    let found = match kind {
        ContactKind::Mobile => Phone::from_e164(to).map(|phone| phone.country()),
        ContactKind::Email => {
            let domain = to.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
            domain.filter(|domain| MAIL_DOMAINS.contains(&domain.as_str()))
        }
    };
    found.unwrap_or_else(|| "other".to_owned())
}

/// Addresses that many people have; any other domain could name its owner.
const MAIL_DOMAINS: [&str; 16] = [
    "gmail.com",
    "yahoo.co.jp",
    "icloud.com",
    "me.com",
    "outlook.com",
    "outlook.jp",
    "hotmail.com",
    "hotmail.co.jp",
    "live.jp",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "au.com",
    "softbank.ne.jp",
    "i.softbank.jp",
    "ymobile.ne.jp",
    "rakumail.jp",
];

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
        member_id: message.member.cloned(),
        contact_id: message.contact.cloned(),
        toward: Some(toward(message.kind, to)),
        kind: message.kind.into(),
        purpose: message.purpose.to_owned(),
        reference: Some(
            message.reference.map_or_else(|| Reference::from_bytes(app.chance()).as_str().to_owned(), str::to_owned),
        ),
        decoy: message.to.is_none(),
        tries: 0,
        asked: None,
        handed_at: None,
        known: message.known,
        carriers: None,
        sms_sender: None,
        sms_budget: None,
        urgency: urgency(message.purpose),
        expires_at: message.expires_at,
        created_at: now,
    }
}
