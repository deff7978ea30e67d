//! 「どちらも使えない」: somebody who cannot get in asks the administrators of their workplace. The answer is the same whether the workplace
//! exists or not: a reference number and the secret link of a page that says how far the request has come.
//!
//! What is written proves nothing, and nothing is ever sent to what stands in it. Administrators hear of new requests by [`watch`].

use super::post::{self, Message};
use super::recovery::CONTACT;
use super::{Error, Result, Visitor, new_id, token_kind};
use crate::app::App;
use crate::model::{
    Asked, ContactKind, ContactState, Plight, Policy, Reference, RequestState, Role, Secret, Slug, Timestamp, days,
    hours, id::WorkspaceId, minutes,
};
use crate::store::limits::{self, Window};
use crate::store::locked_out::{self, Request};
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::vault::{DataKey, Token};
use crate::wording::help_desk::{self, News};

/// Labels that texts are sealed under.
pub(super) const WRITTEN: &str = "locked_out";
pub(super) const ANSWER: &str = "locked_out.answer";
/// Administrators get one message about new requests in this time at most.
const TOLD_EVERY: crate::model::time::Span = minutes(15);

/// What came of asking.
#[derive(Debug)]
pub enum Ask {
    /// It is written down, as far as anybody is told.
    Done(Token),
    /// Enough for now; so many seconds to wait.
    Wait(i64),
}

/// Writes the request down. A workspace that nobody has gets a row like any other, sealed with a key that nobody keeps.
pub async fn ask(app: &App, slug: &Slug, cause: Plight, asked: &Asked, visitor: &Visitor) -> Result<Ask> {
    let now = visitor.now;
    let workspace = store::workspaces::by_slug(&mut app.db.read().await?, slug.as_str()).await?;
    let id = new_id!(app, now, RequestId);
    let plain = serde_json::to_vec(asked).map_err(|error| Error::Broken(error.to_string()))?;
    let nobodys = app.keyring.new_data_key(&*app.dice, id.as_str()).0;
    let written = match &workspace {
        Some(workspace) => data_key(app, workspace)?.seal(&*app.dice, WRITTEN, id.as_str(), &plain),
        None => nobodys.seal(&*app.dice, WRITTEN, id.as_str(), &plain),
    };
    let counted = workspace.as_ref().map_or(slug.as_str(), |workspace| workspace.id.as_str());
    let of_workspace = format!("ask:{}", app.keyring.limit_key("ask", counted));
    let token = Token::new(&*app.dice, &app.keyring, token_kind::REQUEST);
    let request = Request {
        id,
        workspace_id: workspace.map(|workspace| workspace.id),
        reference: Reference::from_bytes(app.chance()).as_str().to_owned(),
        token_prefix: token.prefix.clone(),
        token_hash: token.hash.clone(),
        cause,
        written,
        locale: visitor.locale,
        network: visitor.network.to_string(),
        state: RequestState::Waiting,
        taken_by: None,
        taken_at: None,
        answer: None,
        answered_at: None,
        told_at: None,
        escalated_at: None,
        closed_at: None,
        created_at: now,
    };
    let l = &app.config.limits;
    let networks = [Some((visitor.network, 1)), visitor.network.wider().map(|network| (network, 4))];
    let networks: Vec<_> = networks
        .into_iter()
        .flatten()
        .map(|(network, times)| (format!("ask:{network}"), l.asks_per_network_per_hour * times))
        .collect();
    let mut windows = vec![
        (of_workspace.as_str(), Window::new(l.asks_per_workspace_per_hour, hours(1))),
        (of_workspace.as_str(), Window::new(l.asks_per_workspace_per_hour * 4, days(1))),
    ];
    for (key, cap) in &networks {
        windows.push((key, Window::new(*cap, hours(1))));
        windows.push((key, Window::new(cap * 4, days(1))));
    }
    let fits = transaction!(app.db, conn => {
        if !limits::take_each(conn, &windows, now).await? {
            return Ok::<_, Error>(false);
        }
        store::apply(conn, [locked_out::insert(&request)]).await?;
        Ok(true)
    })?;
    // The same whatever was used up: how much others ask is nobody's business.
    Ok(if fits { Ask::Done(token) } else { Ask::Wait(hours(1).as_seconds()) })
}

/// What the person's own page shows.
#[derive(Debug)]
pub struct Status {
    /// To read to the help desk.
    pub reference: String,
    /// How far it has come.
    pub state: RequestState,
    /// The administrators' words.
    pub answer: Option<String>,
    /// When it was written.
    pub asked_at: Timestamp,
    /// When it was answered or closed.
    pub closed_at: Option<Timestamp>,
}

/// How far the request of this link has come; none without such a link.
pub async fn status(app: &App, token: &Secret) -> Result<Option<Status>> {
    let Some(presented) = Token::parse(token_kind::REQUEST, token.expose()) else { return Ok(None) };
    let mut conn = app.db.read().await?;
    let row = locked_out::by_token(&mut conn, &presented.prefix).await?;
    let Some(row) = row.filter(|row| presented.matches(&app.keyring, &row.token_hash)) else { return Ok(None) };
    let answer = match (&row.answer, &row.workspace_id) {
        (Some(sealed), Some(id)) => {
            let workspace = store::workspaces::by_id(&mut conn, id).await?;
            let workspace = workspace.ok_or_else(|| Error::Broken(format!("no workspace {id}")))?;
            Some(data_key(app, &workspace)?.open_text(ANSWER, row.id.as_str(), sealed)?.to_string())
        }
        _ => None,
    };
    Ok(Some(Status {
        reference: row.reference,
        state: row.state,
        answer,
        asked_at: row.created_at,
        closed_at: row.closed_at,
    }))
}

fn data_key(app: &App, workspace: &Workspace) -> Result<std::sync::Arc<DataKey>> {
    Ok(app.data_key(&workspace.id, &workspace.data_key)?)
}

/// Tells administrators of new requests, and owners of those that wait too long. Every node may do it at once.
pub async fn watch(app: &App) -> Result<()> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let untold = locked_out::untold(&mut conn).await?;
    let late = locked_out::unescalated(&mut conn, now - hours(1)).await?;
    let mut waits = Vec::new();
    for id in late {
        let Some(workspace) = store::workspaces::by_id(&mut conn, &id).await? else { continue };
        let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
        waits.push((workspace, i64::from(policy.desk.escalate_hours)));
    }
    drop(conn);
    let mut any = 0;
    for id in untold {
        any += transaction!(app.db, conn => announce(app, conn, &id, now).await)?;
    }
    for (workspace, waited) in waits {
        any += transaction!(app.db, conn => escalate(app, conn, &workspace, waited, now).await)?;
    }
    if any > 0 {
        app.outbox_bell.notify_one();
    }
    Ok(())
}

async fn announce(app: &App, conn: &mut Conn, id: &WorkspaceId, now: Timestamp) -> Result<usize> {
    let key = format!("ask-told:{id}");
    if !limits::take(conn, &key, Window::new(1, TOLD_EVERY), now).await? {
        return Ok(0);
    }
    let new = locked_out::set_told(conn, id, now).await?;
    let Some(workspace) = store::workspaces::by_id(conn, id).await? else { return Ok(0) };
    if new == 0 {
        return Ok(0);
    }
    tell(app, conn, &workspace, |_| true, News { workspace: &workspace.name, waits_hours: None }, now).await
}

async fn escalate(app: &App, conn: &mut Conn, workspace: &Workspace, waited: i64, now: Timestamp) -> Result<usize> {
    if locked_out::set_escalated(conn, &workspace.id, now - hours(waited), now).await? == 0 {
        return Ok(0);
    }
    let owner = |member: &Member| member.role == Role::Owner;
    tell(app, conn, workspace, owner, News { workspace: &workspace.name, waits_hours: Some(waited) }, now).await
}

/// By e-mail, to the confirmed addresses of those whom it concerns; by SMS to who has no address. Answers how many messages that made.
async fn tell(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    whom: impl Fn(&Member) -> bool,
    news: News<'_>,
    now: Timestamp,
) -> Result<usize> {
    let key = data_key(app, workspace)?;
    let link = app.config.link(&format!("/w/{}/admin/queue", workspace.slug));
    let mut told = 0;
    for keeper in store::members::administrators(conn, &workspace.id).await?.iter().filter(|member| whom(member)) {
        let all = store::contacts::list(conn, &workspace.id, &keeper.id).await?;
        let good: Vec<_> = all.iter().filter(|contact| contact.state == ContactState::Verified).collect();
        let has_email = good.iter().any(|contact| contact.kind == ContactKind::Email);
        for contact in good.into_iter().filter(|contact| (contact.kind == ContactKind::Email) == has_email) {
            let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            let message = Message {
                workspace: Some(&workspace.id),
                member: Some(&keeper.id),
                contact: Some(&contact.id),
                known: true,
                kind: contact.kind,
                purpose: if news.waits_hours.is_some() { "locked_out_waits" } else { "locked_out_new" },
                reference: None,
                to: Some(&to),
                rendered: help_desk::request(keeper.locale, contact.kind, &news, &link),
                expires_at: post::notice_expires(now),
            };
            post::queue(app, conn, message, now).await?;
            told += 1;
        }
    }
    if told == 0 {
        tracing::warn!(workspace = workspace.slug, "nobody at the desk has a contact to be told of requests by");
    }
    Ok(told)
}
