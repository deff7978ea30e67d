//! What a proved code opens: the IDs behind the contact, the choice of one, and its new password.

use super::open;
use super::reach::candidates;
use crate::app::App;
use crate::flows::{Deed, Error, Result, Visitor, alarm, guard, networks, password};
use crate::model::{
    Secret, Timestamp,
    id::{MemberId, WorkspaceId},
};
use crate::store::contacts::Candidate;
use crate::store::members::Member;
use crate::store::recoveries::Recovery;
use crate::store::transaction;
use crate::store::{self, Conn};

/// An ID that belongs to the proved contact.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Found {
    pub member: MemberId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub slug: String,
    pub login: String,
    pub name: String,
}

/// What came of setting the new password.
#[derive(Debug)]
pub enum Finish {
    /// It holds from now on; sign in with this ID.
    Done(Box<Found>),
    /// The policy says why not.
    Refused(Vec<password::Trouble>),
    /// Nobody was chosen yet.
    NotChosen,
    /// The attempt is over.
    Ended,
    /// Nobody may sign in to this workspace from this network, nor set a password. The attempt goes on.
    Outside(Option<String>),
}

/// The IDs that belong to the proved contact; none when nothing was proved.
pub async fn ids(app: &App, handle: &Secret, visitor: &Visitor) -> Result<Option<Vec<Found>>> {
    let mut conn = app.db.read().await?;
    let Some(recovery) = proved(app, &mut conn, handle, visitor.now).await? else {
        return Ok(None);
    };
    let found = candidates(app, &mut conn, &recovery, visitor.now).await?;
    Ok(Some(found.into_iter().map(Found::from).collect()))
}

impl From<Candidate> for Found {
    fn from(found: Candidate) -> Self {
        Self {
            member: found.member_id,
            workspace: found.workspace_id,
            workspace_name: found.workspace_name,
            slug: found.slug,
            login: found.login,
            name: found.name,
        }
    }
}

async fn proved(app: &App, conn: &mut Conn, handle: &Secret, now: Timestamp) -> Result<Option<Recovery>> {
    Ok(open(app, conn, handle, now).await?.filter(|recovery| recovery.state == "proved"))
}

/// Chooses whose password to set, among those whom the proved contact belongs to. Answers none for anybody else.
pub async fn choose(app: &App, handle: &Secret, member: &MemberId, visitor: &Visitor) -> Result<Option<Found>> {
    let now = visitor.now;
    transaction!(app.db, conn => {
        let Some(recovery) = proved(app, conn, handle, now).await? else {
            return Ok(None);
        };
        let found = candidates(app, conn, &recovery, now).await?.into_iter().find(|found| found.member_id == *member);
        match found {
            Some(found) if store::recoveries::set_member(conn, &recovery.id, member, now).await? => {
                Ok(Some(found.into()))
            }
            _ => Ok(None),
        }
    })
}

/// Whose password is about to be set; none before the choice.
pub async fn chosen(app: &App, handle: &Secret, visitor: &Visitor) -> Result<Option<(Found, password::Rules)>> {
    let mut conn = app.db.read().await?;
    let Some((_, found)) = chosen_row(app, &mut conn, handle, visitor.now).await? else {
        return Ok(None);
    };
    let Some(member) = store::members::by_id(&mut conn, &found.workspace_id, &found.member_id).await? else {
        return Ok(None);
    };
    let rules = password::Rules::of(&mut conn, &member).await?;
    Ok(Some((found.into(), rules)))
}

async fn chosen_row(
    app: &App,
    conn: &mut Conn,
    handle: &Secret,
    now: Timestamp,
) -> Result<Option<(Recovery, Candidate)>> {
    let Some(recovery) = proved(app, conn, handle, now).await? else {
        return Ok(None);
    };
    let Some(member) = recovery.member_id.clone() else {
        return Ok(None);
    };
    let found = candidates(app, conn, &recovery, now).await?.into_iter().find(|found| found.member_id == member);
    Ok(found.map(|found| (recovery, found)))
}

/// Sets the new password and ends everything that was open before. The proof is used up in the same transaction.
pub async fn set_password(app: &App, handle: &Secret, typed: &Secret, visitor: &Visitor) -> Result<Finish> {
    let now = visitor.now;
    let mut conn = app.db.read().await?;
    let Some(recovery) = proved(app, &mut conn, handle, now).await? else {
        return Ok(Finish::Ended);
    };
    if recovery.member_id.is_none() {
        return Ok(Finish::NotChosen);
    }
    let Some((recovery, found)) = chosen_row(app, &mut conn, handle, now).await? else {
        return Ok(Finish::Ended);
    };
    let Some(member) = store::members::by_id(&mut conn, &found.workspace_id, &found.member_id).await? else {
        return Ok(Finish::Ended);
    };
    let rules = password::Rules::of(&mut conn, &member).await?;
    drop(conn);
    if !rules.admit(visitor) {
        networks::turned_away(app, &member, "recovery_outside", recovery.id.as_str(), visitor).await?;
        return Ok(Finish::Outside(rules.contact_text(visitor.locale).map(str::to_owned)));
    }
    let hash = match password::prepare(app, &rules, typed, password::Lane::Proved).await? {
        Ok(hash) => hash,
        Err(troubles) => return Ok(Finish::Refused(troubles)),
    };
    let done = transaction!(app.db, conn => {
        let releases = recovery.releases.is_some();
        if !consume(app, conn, &recovery, &member, now).await? {
            return Ok::<_, Error>(false);
        }
        store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "recovered", now).await?;
        let changed = password::put(conn, &member, &rules, &hash, now).await?;
        store::devices::forget_member(conn, &member.id, recovery.device_id.as_ref()).await?;
        store::recoveries::end_for_member(conn, &member.id, now).await?;
        store::members::set_recovered(conn, &member.workspace_id, &member.id, recovery.kind, now).await?;
        store::contacts::set_used(conn, &member.workspace_id, &member.id, &recovery.index(), now).await?;
        store::contacts::set_recovered(conn, &member.workspace_id, &member.id, &recovery.index(), now).await?;
        store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await?;
        let (action, event) = if releases {
            ("released_by_member", alarm::Event::Released)
        } else {
            ("recovered", alarm::Event::Recovered)
        };
        let own = Deed::own(&member, action, visitor);
        let deed = Deed { subject: Some(recovery.id.as_str()), reference: Some(&recovery.reference), ..own };
        deed.with(rules.key(app)?, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, &member, event, member.id.as_str(), Some(&recovery.reference), now).await?;
        metrics::counter!("aikagi_recoveries_total", "step" => "finished").increment(1);
        Ok(true)
    })?;
    app.outbox_bell.notify_one();
    Ok(if done { Finish::Done(Box::new(found.into())) } else { Finish::Ended })
}

/// Uses the proof up, and ends the hold where that is what it is for. Frozen contacts stay frozen, and what the hold ended stays ended.
async fn consume(app: &App, conn: &mut Conn, recovery: &Recovery, member: &Member, now: Timestamp) -> Result<bool> {
    if recovery.releases.is_none() {
        return Ok(store::recoveries::consume(conn, &recovery.id, &member.id, now).await?);
    }
    // Another objection, and what an administrator does at this moment, come wholly before or wholly after.
    store::members::take(conn, &member.workspace_id, &member.id).await?;
    let shortly = app.config.limits.objection();
    Ok(store::holds::consume(conn, &recovery.id, &member.id, shortly, now).await?
        && store::holds::end(conn, &member.workspace_id, &member.id, now).await?)
}
