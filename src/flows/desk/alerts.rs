//! Alerts at the desk: read, acknowledged, and what the workspace wants to hear of. Its webhook's secret is shown once, to who made it.

use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::deliver::OutgoingSettings;
pub use crate::deliver::outgoing::BadTarget;
use crate::deliver::webhook::Webhook;
use crate::flows::alerts::webhook::{self, Event};
use crate::flows::{Changed, Deed, Error, Result, alerts};
use crate::model::{Action, AlertEvent, AlertSettings, Secret, Timestamp, hours};
pub use crate::store::alerts::Named;
use crate::store::limits::{self, Window};
use crate::store::outbox::Sent;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, alert_settings, transaction};

/// Alerts of one page.
pub const PAGE: usize = 30;
/// How many of those that nobody has seen to stand on the desk's first page.
const FIRST: i64 = 3;
/// Tests of the webhook in an hour.
const TESTS: i64 = 20;

/// Where a page of the list begins: behind this time and id.
pub type Before = (Timestamp, String);

/// A page of the list, newest first, and where it goes on.
pub async fn list(app: &App, seat: &Seat<'_>, before: Option<&Before>) -> Result<(Vec<Named>, Option<Before>)> {
    seat.taken_for(Action::SeeAlerts)?;
    // Behind every time and id that there is.
    let from = before.map_or((Timestamp(i64::MAX), ""), |(at, id)| (*at, id.as_str()));
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut all = store::alerts::page(&mut app.db.read().await?, &seat.member().workspace_id, from, limit).await?;
    let more = all.len() > PAGE;
    all.truncate(PAGE);
    let next = all.last().filter(|_| more).map(|last| (last.alert.created_at, last.alert.id.clone()));
    Ok((all, next))
}

/// What nobody has seen to yet, the newest of it.
pub async fn open(app: &App, seat: &Seat<'_>) -> Result<Vec<Named>> {
    seat.taken_for(Action::SeeAlerts)?;
    Ok(store::alerts::open(&mut app.db.read().await?, &seat.member().workspace_id, FIRST).await?)
}

/// Whether whoever sits there may say that this has been seen to: a broken chain is the owners'.
pub fn may_acknowledge(seat: &Seat<'_>, event: AlertEvent) -> bool {
    event != AlertEvent::ChainBroken || seat.may(Action::SetAlerts)
}

/// Says that it has been seen to.
pub async fn acknowledge(app: &App, seat: &Seat<'_>, id: &str) -> Result<Outcome<()>> {
    let workspace = &seat.member().workspace_id;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::AcknowledgeAlerts).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let Some(alert) = store::alerts::by_id(conn, workspace, id).await? else { return Ok(Err(Refusal::NotFound)) };
        if !may_acknowledge(seat, alert.event) {
            return Ok(Err(Refusal::Rank));
        }
        if !store::alerts::acknowledge(conn, &alert, &seat.member().id, seat.now()).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = Deed { member: alert.member_id.as_ref(), ..seat.did("alert_acknowledged", alert.event.as_str()) };
        deed.write(app, conn, seat.now()).await?;
        Ok(Ok(()))
    })
}

/// How it stands: what is wanted, where the webhook leads, and what went there lately.
#[derive(Debug)]
pub struct Settings {
    /// What is wanted.
    pub settings: AlertSettings,
    /// The webhook's address.
    pub webhook: Option<String>,
    /// Until when the secret before signs, too.
    pub both_until: Option<Timestamp>,
    /// The newest requests.
    pub sent: Vec<Sent>,
}

/// What is decided now.
pub async fn settings(app: &App, seat: &Seat<'_>) -> Result<Settings> {
    let mut conn = app.db.read().await?;
    let workspace = &seat.member().workspace_id;
    let (settings, sealed) = alerts::settings(&mut conn, workspace).await?;
    let webhook = sealed.map(|sealed| Webhook::open(&app.keyring, workspace, &sealed)).transpose()?;
    let both_until = webhook.as_ref().filter(|webhook| webhook.before.is_some()).map(|webhook| webhook.before_until);
    Ok(Settings {
        settings,
        webhook: webhook.map(|webhook| webhook.url.clone()),
        both_until: both_until.filter(|until| *until > seat.now()),
        sent: store::outbox::to_webhook(&mut conn, workspace, 10).await?,
    })
}

/// What came of a change.
#[derive(Debug)]
pub enum Set {
    /// It holds from now on.
    Done,
    /// The session or the role ended meanwhile.
    Ended,
    /// Somebody else was faster.
    Meanwhile,
}

/// Other settings in the place of `was`; the caller has checked their bounds.
pub async fn set(app: &App, seat: &Seat<'_>, was: &AlertSettings, new: &AlertSettings) -> Result<Set> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Set::Ended) };
        let (before, _) = alerts::settings(conn, &workspace.id).await?;
        if before != *was {
            return Ok(Set::Meanwhile);
        }
        let (old, after) = (serde_json::json!(before), serde_json::json!(new));
        if before != *new {
            alert_settings::set(conn, &workspace.id, &after.to_string()).await?;
            tell(app, conn, seat, &workspace, "alerts_changed", Changed::between(&old, &after)).await?;
        }
        Ok(Set::Done)
    })
}

/// Reads an address as it was typed.
pub fn target(app: &App, typed: &str) -> std::result::Result<String, BadTarget> {
    OutgoingSettings::of(&app.config.webhooks).target(typed)?;
    Ok(typed.trim().to_owned())
}

/// Another webhook. Answers the secret, to be shown once.
pub async fn set_webhook(app: &App, seat: &Seat<'_>, url: &str) -> Result<Outcome<Secret>> {
    change_webhook(app, seat, "webhook_changed", |_| Some(Webhook::new(url.to_owned(), app.chance()))).await
}

/// Another secret for the same address; for a day both sign.
pub async fn renew_secret(app: &App, seat: &Seat<'_>) -> Result<Outcome<Secret>> {
    change_webhook(app, seat, "webhook_secret_renewed", |before| {
        before.map(|before| before.with_new_secret(app.chance(), seat.now()))
    })
    .await
}

async fn change_webhook(
    app: &App,
    seat: &Seat<'_>,
    action: &str,
    new: impl Fn(Option<&Webhook>) -> Option<Webhook>,
) -> Result<Outcome<Secret>> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let before = present(app, conn, &workspace).await?;
        let Some(after) = new(before.as_ref()) else { return Ok(Err(Refusal::State)) };
        let sealed = after.seal(&app.keyring, &*app.dice, &workspace.id);
        alert_settings::set_webhook(conn, &workspace.id, Some(&sealed)).await?;
        let changed = Changed::default().put("webhook", before.as_ref().map(Webhook::place), Some(after.place()));
        tell(app, conn, seat, &workspace, action, changed).await?;
        Ok(Ok(Secret::from(after.secret.as_str())))
    })
}

/// No webhook any more. What waits for it is given up.
pub async fn remove_webhook(app: &App, seat: &Seat<'_>) -> Result<Outcome<()>> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let Some(before) = present(app, conn, &workspace).await? else { return Ok(Err(Refusal::State)) };
        alert_settings::set_webhook(conn, &workspace.id, None).await?;
        let changed = Changed::default().put("webhook", Some(before.place()), None::<String>);
        tell(app, conn, seat, &workspace, "webhook_changed", changed).await?;
        Ok(Ok(()))
    })
}

/// What came of asking for a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tested {
    /// It is under way.
    UnderWay,
    /// Too many in an hour.
    TooMany,
    /// There is no webhook.
    None,
}

/// Sends a test event; what came back stands among what was sent.
pub async fn test_webhook(app: &App, seat: &Seat<'_>) -> Result<Outcome<Tested>> {
    let tested = transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let (_, Some(sealed)) = alerts::settings(conn, &workspace.id).await? else { return Ok(Ok(Tested::None)) };
        let key = format!("webhook-test:{}", workspace.id);
        if !limits::take(conn, &key, Window::new(TESTS, hours(1)), seat.now()).await? {
            return Ok(Ok(Tested::TooMany));
        }
        let event = Event { kind: "test", at: seat.now(), data: serde_json::json!({}) };
        webhook::queue(app, conn, &workspace, &sealed, &event, seat.now()).await?;
        Ok(Ok(Tested::UnderWay))
    })?;
    app.webhook_bell.notify_one();
    Ok(tested)
}

/// The first statements of each change: one after the other, and only by whom it is still for.
async fn hold(conn: &mut Conn, seat: &Seat<'_>) -> Result<Option<Workspace>> {
    store::workspaces::take(conn, &seat.member().workspace_id).await?;
    match seat.hold(conn, Action::SetAlerts).await? {
        Ok(()) => Ok(store::workspaces::by_id(conn, &seat.member().workspace_id).await?),
        Err(_) => Ok(None),
    }
}

async fn present(app: &App, conn: &mut Conn, workspace: &Workspace) -> Result<Option<Webhook>> {
    let (_, sealed) = alerts::settings(conn, &workspace.id).await?;
    Ok(sealed.map(|sealed| Webhook::open(&app.keyring, &workspace.id, &sealed)).transpose()?)
}

async fn tell(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    workspace: &Workspace,
    action: &str,
    changed: Changed,
) -> Result<()> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let deed = Deed { subject: None, ..seat.did(action, "") };
    Ok(deed.with(key, changed).write(app, conn, seat.now()).await?)
}
