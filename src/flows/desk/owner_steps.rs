//! One owner against another: nobody does it alone. A third owner agrees, or, where there are but two, a day passes in which every administrator
//! and the other owner know of it and can refuse.

use super::forced_change::{self, By, Lifetime, New, Refused};
use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::bells::{self, Whom};
use crate::flows::session::Signed;
use crate::flows::standing::{self, Step};
use crate::flows::{Changed, Deed, Error, Result, alarm, new_id};
use crate::model::id::{MemberId, OwnerStepId};
use crate::model::{Action, ForcedSecret, MemberState, OwnerStep, Role, Timestamp, days, hours, time::Span};
use crate::store::members::Member;
pub use crate::store::owner_steps::Wanted;
use crate::store::{self, Conn, transaction};
use crate::wording::messages;

const ACTION: Action = Action::ActOnOwners;
/// How long the other owner has where nobody else could agree.
const DELAY: Span = hours(24);
/// For so long it waits.
const WAITS: Span = days(7);

/// What is done with one that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A third owner agrees, and it is done.
    Agree,
    /// Who asked for it goes on, after the time for it.
    CarryOut,
    /// It is not to be: who asked for it, whom it is about, or any other owner.
    Refuse,
}

/// One that waits, with names.
#[derive(Debug)]
pub struct Shown {
    /// The row.
    pub wanted: Wanted,
    /// Who asked for it.
    pub by: String,
    /// Whom it is about.
    pub whom: String,
    /// The bare ID of theirs.
    pub login: String,
    /// It is the looker's own.
    pub own: bool,
    /// It is about the looker.
    pub about_own: bool,
}

/// What could be wanted of an owner whose account stands so.
pub fn open_to(member: &Member) -> Vec<OwnerStep> {
    let all = OwnerStep::ALL.iter().copied();
    all.filter(|step| fits(*step, member)).collect()
}

fn fits(step: OwnerStep, member: &Member) -> bool {
    let held = member.held_at.is_some();
    match step {
        OwnerStep::Suspend => member.state == MemberState::Active,
        OwnerStep::Resume => member.state == MemberState::Suspended,
        OwnerStep::Release => held && member.state != MemberState::Deleted,
        OwnerStep::Demote => member.state != MemberState::Deleted,
        OwnerStep::Force => member.state == MemberState::Active && !held,
    }
}

/// Asks for it. Every administrator and owner is told.
pub async fn ask(app: &App, seat: &Seat<'_>, id: &MemberId, step: OwnerStep) -> Result<Outcome<()>> {
    let (now, own) = (seat.now(), seat.member());
    let done = transaction!(app.db, conn => {
        store::workspaces::take(conn, &own.workspace_id).await?;
        if let Err(refusal) = seat.hold(conn, ACTION).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        if *id == own.id {
            return Ok(Err(Refusal::Oneself));
        }
        let Some(member) = store::members::by_id(conn, &own.workspace_id, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        if member.role != Role::Owner || !fits(step, &member) {
            return Ok(Err(Refusal::State));
        }
        let itself = i64::from(member.state == MemberState::Active && member.held_at.is_none());
        let others = store::members::other_owners(conn, &own.workspace_id, &own.id).await? - itself;
        let wanted = Wanted {
            id: new_id!(app, now, OwnerStepId),
            workspace_id: own.workspace_id.clone(),
            by_member: own.id.clone(),
            member_id: id.clone(),
            step,
            good_from: (others == 0).then_some(now + DELAY),
            created_at: now,
            expires_at: now + WAITS,
        };
        store::owner_steps::end_expired(conn, &own.workspace_id, id, now).await?;
        if !store::owner_steps::insert(conn, &wanted).await? {
            return Ok(Err(Refusal::State));
        }
        let deed = Deed { subject: Some(wanted.id.as_str()), ..seat.deed(&member, "owner_step_asked") };
        let told = Changed::default().put("step", (), step);
        deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
        ring(app, conn, "owner_step_asked", &member, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Those that wait, for an owner.
pub async fn waiting(app: &App, signed: &Signed, now: Timestamp) -> Result<Vec<Shown>> {
    let own = &signed.member;
    let mut conn = app.db.read().await?;
    let mut all = Vec::new();
    for wanted in store::owner_steps::waiting(&mut conn, &own.workspace_id, now).await? {
        let by = store::members::by_id(&mut conn, &own.workspace_id, &wanted.by_member).await?;
        let whom = store::members::by_id(&mut conn, &own.workspace_id, &wanted.member_id).await?;
        all.push(Shown {
            by: by.map_or_else(String::new, |by| by.name),
            login: whom.as_ref().map_or_else(String::new, |whom| whom.login.clone()),
            whom: whom.map_or_else(String::new, |whom| whom.name),
            own: wanted.by_member == own.id,
            about_own: wanted.member_id == own.id,
            wanted,
        });
    }
    Ok(all)
}

/// Says the word. When this has answered for a step that was done, it is in force on every node.
pub async fn say(app: &App, seat: &Seat<'_>, id: &OwnerStepId, word: Word) -> Result<Outcome<()>> {
    let (now, own) = (seat.now(), seat.member());
    let wanted = store::owner_steps::by_id(&mut app.db.read().await?, &own.workspace_id, id, now).await?;
    let Some(wanted) = wanted else { return Ok(Err(Refusal::NotFound)) };
    let secret = match (word, wanted.step) {
        (Word::Agree | Word::CarryOut, OwnerStep::Force) => {
            Some(forced_change::prepare(app, app.hashing.known()).await?)
        }
        _ => None,
    };
    let done = transaction!(app.db, conn => {
        // Two owners who each want the other away go one after the other.
        store::workspaces::take(conn, &own.workspace_id).await?;
        if let Err(refusal) = seat.hold(conn, ACTION).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let Some(wanted) = store::owner_steps::by_id(conn, &own.workspace_id, id, now).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        store::members::take(conn, &own.workspace_id, &wanted.member_id).await?;
        let Some(member) = store::members::by_id(conn, &own.workspace_id, &wanted.member_id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let how = match word {
            Word::Refuse if wanted.by_member == own.id => "withdrawn",
            Word::Refuse => "refused",
            Word::Agree if own.id == wanted.by_member || own.id == wanted.member_id => return Ok(Err(Refusal::Oneself)),
            Word::CarryOut if own.id != wanted.by_member => return Ok(Err(Refusal::Oneself)),
            Word::CarryOut if wanted.good_from.is_none_or(|from| from > now) => return Ok(Err(Refusal::State)),
            Word::Agree | Word::CarryOut => "done",
        };
        if how == "done"
            && let Err(refusal) = carry_out(app, conn, seat, &wanted, &member, secret.as_ref()).await?
        {
            return Ok(Err(refusal));
        }
        if !store::owner_steps::end(conn, &wanted, how, &own.id, now).await? {
            return Err(Error::Broken("an owner's step was overtaken".to_owned()));
        }
        let action = if how == "done" { "owner_step_done" } else { "owner_step_refused" };
        let deed = Deed { subject: Some(wanted.id.as_str()), ..seat.deed(&member, action) };
        let told = Changed::default().put("step", (), wanted.step);
        deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
        ring(app, conn, action, &member, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Does it, in the transaction that has taken the workspace and the member.
async fn carry_out(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    wanted: &Wanted,
    member: &Member,
    secret: Option<&(ForcedSecret, String)>,
) -> Result<Outcome<()>> {
    let now = seat.now();
    // Who asked for it must be an owner still, and in good standing: else it is nobody's wish any more.
    let by = store::members::by_id(conn, &wanted.workspace_id, &wanted.by_member).await?;
    let stands = |by: &Member| by.role == Role::Owner && by.state == MemberState::Active && by.held_at.is_none();
    if !by.as_ref().is_some_and(stands) || member.role != Role::Owner || !fits(wanted.step, member) {
        return Ok(Err(Refusal::State));
    }
    let takes_away = matches!(wanted.step, OwnerStep::Suspend | OwnerStep::Demote);
    if takes_away && store::members::other_owners(conn, &member.workspace_id, &member.id).await? == 0 {
        return Ok(Err(Refusal::LastOwner));
    }
    let step = match (wanted.step, secret) {
        (OwnerStep::Suspend, _) => Step::Suspend,
        (OwnerStep::Resume, _) => Step::Resume,
        (OwnerStep::Release, _) => Step::Release,
        (OwnerStep::Demote, _) => {
            let role = Role::Administrator;
            if !store::members::set_role_from(conn, member, member.role, role, now).await? {
                return Ok(Err(Refusal::State));
            }
            store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "role_changed", now).await?;
            let (key, changed) = (seat.signed().data_key(app)?, Changed::default().put("role", member.role, role));
            seat.deed(member, "role_changed").with(key, changed).write(app, conn, now).await?;
            alarm::tell(app, conn, member, alarm::Event::RoleChanged, member.id.as_str(), None, now).await?;
            return Ok(Ok(()));
        }
        (OwnerStep::Force, Some((secret, hash))) => {
            let new = New { secret, hash, to: None, run: None, lifetime: Lifetime::usual(&seat.signed().policy), now };
            let put = forced_change::put(app, conn, By::Owners(seat), &member.id, &new).await?;
            return Ok(put.map(drop).map_err(|refused| match refused {
                Refused::NotFound => Refusal::NotFound,
                _ => Refusal::State,
            }));
        }
        (OwnerStep::Force, None) => return Err(Error::Broken("a secret is missing".to_owned())),
    };
    if !standing::step(app, conn, member, step, now).await? {
        return Ok(Err(Refusal::State));
    }
    let key = seat.signed().data_key(app)?;
    seat.deed(member, step.word()).with(key, step.changed(member)).write(app, conn, now).await?;
    Ok(Ok(()))
}

async fn ring(app: &App, conn: &mut Conn, event: &str, about: &Member, at: Timestamp) -> Result<()> {
    let workspace = store::workspaces::by_id(conn, &about.workspace_id).await?;
    let workspace = workspace.ok_or_else(|| Error::Broken(format!("{} has no workspace", about.id)))?;
    let login = format!("{}@{}", about.login, workspace.slug);
    let news = messages::Alert { event, workspace: &workspace.name, login: Some(&login), network: None, times: 1, at };
    bells::ring(app, conn, &workspace, &news, Whom::EVERYBODY, at).await?;
    Ok(())
}
