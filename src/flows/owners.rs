//! Owners who locked themselves out: a code that was sealed in an envelope while all was well, and the operator's command line. Both open
//! nothing but the page to set a password, and both ring every bell.

use zeroize::Zeroizing;

use super::bells::{self, Whom};
use super::desk::forced_change::{self, Lifetime, New, Shown};
use super::desk::{Outcome, Seat};
use super::session::Signed;
use super::{Deed, Error, Result, Visitor, alarm, demanded, guard, members, networks, password, standing};
use crate::app::App;
use crate::flows::standing::Step;
use crate::model::id::WorkspaceId;
use crate::model::{Action, ForcedSecret, LoginName, MemberState, Role, Secret, Slug, Timestamp};
use crate::store::break_glass::BreakGlass;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::wording::messages;

/// A new code for the envelope; the one before opens nothing any more.
pub async fn seal(app: &App, seat: &Seat<'_>) -> Result<Outcome<ForcedSecret>> {
    let now = seat.now();
    let secret = ForcedSecret::from_bytes(app.chance());
    let hash = app.hashing.known().hash(password::normal(secret.signs())).await?;
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::SealCode).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let own = seat.member();
        let line = seat.did("break_glass_sealed", own.workspace_id.as_str()).line(app, now);
        let put = store::break_glass::put(&own.workspace_id, &hash, &own.id, now);
        store::apply(conn, [put, store::logs::audit(&line)]).await?;
        let workspace = whole(conn, &own.workspace_id).await?;
        bells::ring(app, conn, &workspace, &news("break_glass_sealed", &workspace, own, now).facts(), Whom::EVERYBODY, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done.map(|()| secret))
}

/// How the workspace's envelope and its owners stand.
#[derive(Debug)]
pub struct Safety {
    /// The newest code; none where none was ever made.
    pub code: Option<BreakGlass>,
    /// Somebody else is an owner, too, who could help.
    pub second_owner: bool,
}

/// Looks how safe the owners are from locking themselves out, for one of them.
pub async fn safety(app: &App, signed: &Signed) -> Result<Safety> {
    let own = &signed.member;
    let mut conn = app.db.read().await?;
    Ok(Safety {
        code: store::break_glass::of(&mut conn, &own.workspace_id).await?,
        second_owner: store::members::other_owners(&mut conn, &own.workspace_id, &own.id).await? > 0,
    })
}

/// What came of typing the code.
#[derive(Debug)]
pub enum Opened {
    /// The path of the page to set a password, for this browser alone.
    Link(Zeroizing<String>),
    /// Not right: the code, the ID, or the workspace.
    Wrong,
    /// Right, but nobody of the owners may come from this network. The code is not used up. With the workspace's words on whom to ask.
    Outside(Option<String>),
    /// Enough for now.
    Wait(guard::Wait),
}

/// Whether the envelope is for this account. It lifts the hold of a "that was not me", but not what the operator stopped.
fn may_open(owner: &Member) -> bool {
    owner.role == Role::Owner && matches!(owner.state, MemberState::Active | MemberState::Invited)
}

/// Opens the envelope of the workspace for the owner with this ID. Whoever asks and whatever is wrong, it costs one hash.
pub async fn open(app: &App, slug: &Slug, login: &LoginName, typed: &Secret, visitor: &Visitor) -> Result<Opened> {
    let now = visitor.now;
    // By network alone: strangers who try codes are never to shut the envelope for its owner.
    if let Err(wait) = transaction!(app.db, conn => guard::take_alarm_try(app, conn, visitor).await)? {
        return Ok(Opened::Wait(wait));
    }
    let (workspace, code, owner) = {
        let mut conn = app.db.read().await?;
        let workspace = store::workspaces::by_slug(&mut conn, slug.as_str()).await?;
        let id = workspace.as_ref().map_or_else(|| WorkspaceId(String::new()), |workspace| workspace.id.clone());
        let code = store::break_glass::of(&mut conn, &id).await?;
        let owner = store::members::by_login(&mut conn, &id, login.as_str()).await?;
        (workspace, code, owner)
    };
    let stored = code.and_then(|code| code.hash);
    let secret = ForcedSecret::parse(typed.expose());
    let text = secret.as_ref().map_or_else(|| Zeroizing::new(String::new()), |secret| password::normal(secret.signs()));
    let fits = app.hashing.verify(text, stored.as_deref().unwrap_or_else(|| app.hashing.dummy())).await?;
    let owner = owner.filter(may_open);
    let workspace = workspace.filter(|workspace| workspace.suspended_at.is_none());
    let (Some(workspace), Some(hash), Some(owner), true) = (workspace, stored, owner, fits && secret.is_some()) else {
        tracing::warn!(workspace = slug.as_str(), network = %visitor.network, "a sealed code was not right");
        return Ok(Opened::Wrong);
    };
    if !networks::admit(workspace.networks.as_deref(), owner.role, visitor.address)? {
        networks::turned_away(app, &owner, "break_glass_outside", owner.id.as_str(), visitor).await?;
        return Ok(Opened::Outside(workspace.contact_text(visitor.locale).map(str::to_owned)));
    }
    let (secret, forced) = forced_change::prepare(app, app.hashing.known()).await?;
    let done = transaction!(app.db, conn => {
        store::members::take(conn, &workspace.id, &owner.id).await?;
        let Some(owner) = store::members::by_id(conn, &workspace.id, &owner.id).await? else {
            return Ok::<_, Error>(Opened::Wrong);
        };
        if !may_open(&owner)
            || !store::break_glass::consume(conn, &workspace.id, &hash, &owner.id, now).await?
        {
            return Ok(Opened::Wrong);
        }
        let new = New { secret: &secret, hash: &forced, to: None, run: None, lifetime: Lifetime::default(), now };
        let (owner, change) = let_in(app, conn, &workspace, owner, "break_glass", &new).await?;
        let deed = Deed { subject: Some(change.as_str()), ..Deed::own(&owner, "break_glass_used", visitor) };
        deed.write(app, conn, now).await?;
        ring(app, conn, &workspace, &owner, "break_glass_used", now).await?;
        let path = demanded::exchange(app, conn, &owner, &change, visitor).await?;
        // Nothing can have overtaken it: the row is held. Else the code is not used up.
        path.map(Opened::Link).ok_or_else(|| Error::Broken("an owner was overtaken".to_owned()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The operator lets an owner back in: whatever stopped the account is lifted, and a secret is shown once that opens the page to set a
/// password. None where there is no such owner.
pub async fn recover(app: &App, workspace: &Workspace, login: &LoginName, lifetime: Lifetime) -> Result<Option<Shown>> {
    let now = app.now();
    let (secret, hash) = forced_change::prepare(app, app.hashing.known()).await?;
    let done = transaction!(app.db, conn => {
        let found = store::members::by_login(conn, &workspace.id, login.as_str()).await?;
        let Some(found) = found else { return Ok::<_, Error>(None) };
        store::members::take(conn, &workspace.id, &found.id).await?;
        let owner = store::members::by_id(conn, &workspace.id, &found.id).await?;
        let owner = owner.filter(|owner| owner.role == Role::Owner && owner.state != MemberState::Deleted);
        let Some(owner) = owner else { return Ok(None) };
        let new = New { secret: &secret, hash: &hash, to: None, run: None, lifetime, now };
        let (owner, change) = let_in(app, conn, workspace, owner, "operator", &new).await?;
        let deed = Deed { subject: Some(change.as_str()), ..members::deed(&owner, "owner_recovered") };
        deed.write(app, conn, now).await?;
        ring(app, conn, workspace, &owner, "owner_recovered", now).await?;
        Ok(Some(now + lifetime.span()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done.map(|expires_at| Shown { secret, expires_at }))
}

/// Lifts what stops the account, and demands a new password, for which the secret is the only way.
async fn let_in(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    owner: Member,
    actor: &str,
    new: &New<'_>,
) -> Result<(Member, crate::model::id::ForcedChangeId)> {
    let now = new.now;
    if owner.held_at.is_some() {
        standing::step(app, conn, &owner, Step::Release, now).await?;
    }
    if owner.state == MemberState::Suspended {
        standing::step(app, conn, &owner, Step::Resume, now).await?;
    }
    // One who was invited and never came in has nothing that could be demanded anew: the account begins here.
    store::members::activate(conn, &workspace.id, &owner.id, now).await?;
    let change = forced_change::place(app, conn, actor, &owner, None, new).await?;
    let owner = store::members::by_id(conn, &workspace.id, &owner.id).await?;
    let owner = owner.ok_or_else(|| Error::Broken("an owner is gone".to_owned()))?;
    Ok((owner, change.id))
}

/// The owner by each of their contacts, with the right to object; every administrator by each of theirs; and the operator's log.
async fn ring(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    owner: &Member,
    event: &'static str,
    now: Timestamp,
) -> Result<()> {
    tracing::error!(event, workspace = workspace.slug, member = %owner.id, "an owner was let in without a contact");
    alarm::tell(app, conn, owner, alarm::Event::ChangeForced, owner.id.as_str(), None, now).await?;
    bells::ring(app, conn, workspace, &news(event, workspace, owner, now).facts(), Whom::EVERYBODY, now).await?;
    Ok(())
}

struct News<'a> {
    event: &'static str,
    workspace: &'a Workspace,
    login: String,
    at: Timestamp,
}

impl News<'_> {
    fn facts(&self) -> messages::Alert<'_> {
        messages::Alert {
            event: self.event,
            workspace: &self.workspace.name,
            login: Some(&self.login),
            network: None,
            times: 0,
            at: self.at,
        }
    }
}

fn news<'a>(event: &'static str, workspace: &'a Workspace, owner: &Member, at: Timestamp) -> News<'a> {
    News { event, workspace, login: format!("{}@{}", owner.login, workspace.slug), at }
}

async fn whole(conn: &mut Conn, id: &WorkspaceId) -> Result<Workspace> {
    let workspace = store::workspaces::by_id(conn, id).await?;
    workspace.ok_or_else(|| Error::Broken(format!("no workspace {id}")))
}
