//! Services that manage a workplace's devices (MDM): how a workspace reaches them, which of a member's devices they know, and what they are asked to
//! wipe. One is any program, by a signed request ([`crate::deliver::webhook`]); the other Microsoft Intune ([`crate::deliver::graph`]).

mod command;
mod devices;
mod keeper;
mod receipt;

pub use command::ask;
pub use devices::{Added, Shown, add, of_member, own, remove};
pub use keeper::go_on;
pub use receipt::{Arrived, Taken, take_receipt};

use zeroize::Zeroizing;

use super::desk::{Outcome, Refusal, Seat};
use super::{Changed, Error, Result};
use crate::app::App;
pub use crate::deliver::graph::Credentials;
use crate::deliver::graph::{Graph, Trouble};
use crate::deliver::outgoing::{Failed, Outgoing, OutgoingSettings};
use crate::deliver::webhook::Webhook;
use crate::model::id::WorkspaceId;
use crate::model::{Action, Secret, Timestamp, WipeWay, hours};
use crate::store::limits::{self, Window};
use crate::store::managements::{self, Management};
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::vault::seal::OpenError;

/// What the access is sealed as. It is part of the sealed data, so it never changes.
const ACCESS: &str = "device management";
/// Tries of a connection in an hour.
const TESTS: i64 = 20;

/// Where requests to these services leave the server.
pub struct Doors {
    /// Microsoft Graph.
    pub graph: Graph,
    webhooks: std::sync::OnceLock<Outgoing>,
    settings: OutgoingSettings,
}

impl Doors {
    /// As the operator decided.
    pub fn new(config: &crate::config::Config) -> Self {
        let graph = &config.management;
        Self {
            graph: Graph::new(&graph.graph_url, &graph.sign_in_url, graph.ca_file.clone()),
            webhooks: std::sync::OnceLock::new(),
            settings: OutgoingSettings::of(&config.webhooks),
        }
    }

    /// Sends a signed request, and answers what came back in a word.
    async fn request(
        &self,
        webhook: &Webhook,
        id: &str,
        body: String,
        now: Timestamp,
    ) -> std::result::Result<String, Trouble> {
        let later = |why: &str| Trouble::Later(why.to_owned(), None);
        let outgoing = if let Some(made) = self.webhooks.get() {
            made
        } else {
            let made = Outgoing::new(self.settings.clone()).map_err(|error| later(&error.to_string()))?;
            self.webhooks.get_or_init(|| made)
        };
        let target = outgoing.settings.target(&webhook.url).map_err(|_| later("the address is not allowed"))?;
        let headers = webhook.headers(id, &body, now).ok_or_else(|| later("it cannot be signed"))?;
        match outgoing.post(&target, &headers, body).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(format!("HTTP {}", answer.status)),
            Ok(answer) => Err(Trouble::Later(format!("HTTP {}", answer.status), None)),
            Err(Failed::Refused(why)) => Err(later(why)),
            Err(Failed::Later(why)) => Err(Trouble::Later(why, None)),
            Err(Failed::Unheard(why)) => Err(Trouble::Unheard(why)),
        }
    }
}

/// What opens a service.
#[derive(Debug)]
pub(super) enum Access {
    Webhook(Webhook),
    Graph(Credentials),
}

impl Access {
    pub(super) fn seal(&self, app: &App, workspace: &WorkspaceId) -> String {
        // Structs of texts become JSON without fail.
        let plain = Zeroizing::new(match self {
            Self::Webhook(webhook) => serde_json::to_vec(webhook).unwrap_or_default(),
            Self::Graph(access) => serde_json::to_vec(access).unwrap_or_default(),
        });
        app.keyring.server_key().seal(&*app.dice, ACCESS, workspace.as_str(), &plain)
    }

    /// Where it leads, without what is secret.
    fn place(&self) -> String {
        match self {
            Self::Webhook(webhook) => webhook.place(),
            Self::Graph(access) => format!("{} / {}", access.tenant, access.client),
        }
    }
}

/// Opens it.
pub(super) fn open(app: &App, row: &Management) -> std::result::Result<Access, OpenError> {
    let plain = app.keyring.server_key().open_text(ACCESS, row.workspace_id.as_str(), &row.access)?;
    match row.way {
        WipeWay::Graph => serde_json::from_str(&plain).map(Access::Graph).map_err(|_| OpenError::Form),
        _ => serde_json::from_str(&plain).map(Access::Webhook).map_err(|_| OpenError::Form),
    }
}

/// How the workspace reaches this service; none where it does not.
async fn access(app: &App, conn: &mut Conn, workspace: &WorkspaceId, way: WipeWay) -> Result<Option<Access>> {
    let row = managements::of(conn, workspace, way).await?;
    Ok(row.map(|row| open(app, &row)).transpose()?)
}

/// A service that is reached, for the page.
#[derive(Debug)]
pub struct Reached {
    /// Which.
    pub way: WipeWay,
    /// Where it leads, without what is secret.
    pub place: String,
    /// Since when.
    pub set_at: Timestamp,
    /// Until when the secret before signs, too.
    pub both_until: Option<Timestamp>,
}

/// What the workspace reaches.
pub async fn reached(app: &App, seat: &Seat<'_>) -> Result<Vec<Reached>> {
    seat.taken_for(Action::SeePolicy)?;
    let rows = managements::of_workspace(&mut app.db.read().await?, &seat.member().workspace_id).await?;
    let shown = rows.into_iter().map(|row| {
        let access = open(app, &row)?;
        let both_until = match &access {
            Access::Webhook(webhook) if webhook.before.is_some() => Some(webhook.before_until),
            _ => None,
        };
        let both_until = both_until.filter(|until| *until > seat.now());
        Ok(Reached { way: row.way, place: access.place(), set_at: row.set_at, both_until })
    });
    shown.collect()
}

/// Which services the workspace reaches, for a seat that may see members.
pub async fn ways(app: &App, seat: &Seat<'_>) -> Result<Vec<WipeWay>> {
    seat.taken_for(Action::SeeMembers)?;
    let rows = managements::of_workspace(&mut app.db.read().await?, &seat.member().workspace_id).await?;
    Ok(rows.into_iter().map(|row| row.way).collect())
}

/// Any program from now on. Answers the secret, to be shown once; the caller has read the address.
pub async fn set_webhook(app: &App, seat: &Seat<'_>, url: &str) -> Result<Outcome<Secret>> {
    change_webhook(app, seat, "management_set", |_| Some(Webhook::new(url.to_owned(), app.chance()))).await
}

/// Another secret for the same address; for a day both sign.
pub async fn renew_secret(app: &App, seat: &Seat<'_>) -> Result<Outcome<Secret>> {
    let action = "management_secret_renewed";
    change_webhook(app, seat, action, |before| before.map(|it| it.with_new_secret(app.chance(), seat.now()))).await
}

async fn change_webhook(
    app: &App,
    seat: &Seat<'_>,
    action: &str,
    new: impl Fn(Option<&Webhook>) -> Option<Webhook>,
) -> Result<Outcome<Secret>> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let before = access(app, conn, &workspace.id, WipeWay::Webhook).await?;
        let webhook = match &before {
            Some(Access::Webhook(webhook)) => Some(webhook),
            _ => None,
        };
        let Some(after) = new(webhook) else { return Ok(Err(Refusal::State)) };
        let secret = Secret::from(after.secret.as_str());
        put(app, conn, seat, &workspace, (WipeWay::Webhook, before, Access::Webhook(after)), action).await?;
        Ok(Ok(secret))
    })
}

/// Microsoft Intune from now on; the caller has looked at the form of it.
pub async fn set_graph(app: &App, seat: &Seat<'_>, new: &Credentials) -> Result<Outcome<()>> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let before = access(app, conn, &workspace.id, WipeWay::Graph).await?;
        put(app, conn, seat, &workspace, (WipeWay::Graph, before, Access::Graph(new.clone())), "management_set").await?;
        Ok(Ok(()))
    })
}

async fn put(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    workspace: &Workspace,
    (way, before, after): (WipeWay, Option<Access>, Access),
    action: &str,
) -> Result<()> {
    let row = Management {
        workspace_id: workspace.id.clone(),
        way,
        access: after.seal(app, &workspace.id),
        set_by: seat.member().id.clone(),
        set_at: seat.now(),
    };
    managements::set(conn, &row).await?;
    let changed = Changed::default().put("service", before.map(|it| it.place()), Some(after.place()));
    tell(app, conn, seat, workspace, (action, way), changed).await
}

/// It is not reached any more. What waited for it will never be done.
pub async fn disconnect(app: &App, seat: &Seat<'_>, way: WipeWay) -> Result<Outcome<()>> {
    transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let Some(before) = access(app, conn, &workspace.id, way).await? else { return Ok(Err(Refusal::State)) };
        managements::remove(conn, &workspace.id, way).await?;
        store::wipes::void_way(conn, &workspace.id, way, seat.now()).await?;
        let changed = Changed::default().put("service", Some(before.place()), None::<String>);
        tell(app, conn, seat, &workspace, ("management_removed", way), changed).await?;
        Ok(Ok(()))
    })
}

/// What came of trying a service out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It answers, and lets us in.
    Good(String),
    /// It does not, by this word.
    Bad(String),
    /// Too many tries in an hour.
    TooMany,
    /// It is not reached at all.
    None,
}

/// Asks the service something that changes nothing.
pub async fn try_out(app: &App, seat: &Seat<'_>, way: WipeWay) -> Result<Outcome<Tried>> {
    let now = seat.now();
    let found = transaction!(app.db, conn => {
        let Some(workspace) = hold(conn, seat).await? else { return Ok::<_, Error>(Err(Refusal::Ended)) };
        let found = access(app, conn, &workspace.id, way).await?;
        let window = Window::new(TESTS, hours(1));
        let left = limits::take(conn, &format!("management-test:{}", workspace.id), window, now).await?;
        Ok(Ok((found, left)))
    })?;
    let tried = match found {
        Err(refusal) => return Ok(Err(refusal)),
        Ok((None, _)) => return Ok(Ok(Tried::None)),
        Ok((_, false)) => return Ok(Ok(Tried::TooMany)),
        Ok((Some(Access::Graph(access)), true)) => {
            app.management.graph.try_out(&access, now).await.map(|()| "HTTP 200".to_owned())
        }
        Ok((Some(Access::Webhook(webhook)), true)) => {
            let id = super::new_id!(app, now, WipeId).0;
            let workspace = &seat.member().workspace_id;
            let body =
                serde_json::json!({ "type": "test", "timestamp": now.to_jiff().to_string(), "workspace": workspace });
            app.management.request(&webhook, &id, body.to_string(), now).await
        }
    };
    Ok(Ok(match tried {
        Ok(said) => Tried::Good(said),
        Err(Trouble::Later(why, _) | Trouble::Unheard(why) | Trouble::Refused(why)) => Tried::Bad(why),
    }))
}

/// The first statements of each change: one after the other, and only by whom it is still for.
async fn hold(conn: &mut Conn, seat: &Seat<'_>) -> Result<Option<Workspace>> {
    store::workspaces::take(conn, &seat.member().workspace_id).await?;
    match seat.hold(conn, Action::SetManagement).await? {
        Ok(()) => Ok(store::workspaces::by_id(conn, &seat.member().workspace_id).await?),
        Err(_) => Ok(None),
    }
}

async fn tell(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    workspace: &Workspace,
    (action, way): (&str, WipeWay),
    changed: Changed,
) -> Result<()> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    Ok(seat.did(action, way.as_str()).with(key, changed).write(app, conn, seat.now()).await?)
}
