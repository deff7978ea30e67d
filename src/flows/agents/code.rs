//! Enrolling a device: a code, made by the member or by an administrator, seen once, used once, within a day.

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::session::{self, Signed};
use super::super::{Changed, Deed, Error, Result, Visitor, alarm, new_id};
use super::{Agent, count, deed, seal_seed};
use crate::app::App;
use crate::model::agent::{Enrol, Enrolled, MOST_NAME, Purpose};
use crate::model::{Action, AgentCode, MemberState, Secret, Timestamp, hours, time::Span};
use crate::store::agents::{self, Key};
use crate::store::limits::{self, Window};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::vault::signing::{self, Signer};

/// For so long a code can be used.
const LIVES: Span = hours(24);
/// Codes that one makes in an hour at most.
const CODES_AN_HOUR: i64 = 30;
/// Wrong codes from one network in an hour, and from all together.
const WRONG_AN_HOUR: (i64, i64) = (20, 2_000);
/// Programs of one member at most.
const MOST: usize = 20;

/// A code just made.
#[derive(Debug)]
pub struct Code {
    /// As it is written; nowhere else.
    pub text: Secret,
    /// Until then it can be used.
    pub expires_at: Timestamp,
}

/// A member makes one for a device of their own.
pub async fn make_own(app: &App, signed: &Signed, visitor: &Visitor) -> Result<Outcome<Code>> {
    let (member, now) = (&signed.member, visitor.now);
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? || !signed.is_fresh(now) {
            return Ok::<_, Error>(Err(Refusal::Ended));
        }
        let made = make(app, conn, member, member, now).await?;
        if made.is_ok() {
            session::deed(signed, "agent_code_made", None, visitor).write(app, conn, now).await?;
        }
        Ok(made)
    })
}

/// An administrator makes one for a member's device.
pub async fn make_for(app: &App, seat: &Seat<'_>, id: &crate::model::id::MemberId) -> Result<Outcome<Code>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::KeepAgents, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let made = make(app, conn, &member, seat.member(), now).await?;
        if made.is_ok() {
            seat.deed(&member, "agent_code_made_by_desk").write(app, conn, now).await?;
        }
        Ok(made)
    })
}

/// The code before it, which was not used, works no more.
async fn make(app: &App, conn: &mut Conn, of: &Member, by: &Member, now: Timestamp) -> Result<Outcome<Code>> {
    let (workspace, id) = (&of.workspace_id, &of.id);
    store::members::take(conn, workspace, id).await?;
    let Some(member) = store::members::by_id(conn, workspace, id).await? else { return Ok(Err(Refusal::NotFound)) };
    let full = agents::of_member(conn, workspace, id).await?.len() >= MOST;
    if member.state != MemberState::Active || member.held_at.is_some() || full {
        return Ok(Err(Refusal::State));
    }
    let window = Window::new(CODES_AN_HOUR, hours(1));
    if !limits::take(conn, &format!("agent-codes:{}", by.id), window, now).await? {
        return Ok(Err(Refusal::Soon));
    }
    agents::end_codes(conn, workspace, id, now).await?;
    let code = AgentCode::from_bytes(app.chance());
    let row = agents::Code {
        code_index: app.keyring.agent_code_indexes(code.signs().expose()).remove(0),
        workspace_id: workspace.clone(),
        member_id: id.clone(),
        epoch: member.epoch,
        made_by: by.id.clone(),
        made_at: now,
        expires_at: now + LIVES,
    };
    agents::insert_code(conn, &row).await?;
    Ok(Ok(Code { text: code.grouped(), expires_at: row.expires_at }))
}

/// What came of enrolling.
#[derive(Debug)]
pub enum Enrolment {
    /// It is enrolled.
    Done(Enrolled),
    /// Not with this code, or not with this key; which, nobody is told.
    Refused,
    /// From here, or from everywhere, too many came with wrong ones: not before then.
    Wait(Timestamp),
}

/// Enrols a device.
pub async fn enrol(app: &App, asked: &Enrol, visitor: &Visitor) -> Result<Enrolment> {
    let now = visitor.now;
    let own = format!("agent-wrong:{}", visitor.network);
    let wider = visitor.network.wider().map(|wider| format!("agent-wrong:{wider}"));
    let all = "agent-wrong:all".to_owned();
    let (one, every) = WRONG_AN_HOUR;
    let mut keys = vec![(own, one)];
    keys.extend(wider.map(|key| (key, one * 4)));
    keys.push((all, every));
    let proved = signing::is_key(&asked.public_key)
        && signing::has_signed(&asked.public_key, &Purpose::Enrolment.over(&asked.text()), &asked.proof);
    let indexes = AgentCode::parse(&asked.code).map(|code| app.keyring.agent_code_indexes(code.signs().expose()));
    let done = transaction!(app.db, conn => {
        for (key, cap) in &keys {
            let window = [Window::new(*cap, hours(1))];
            if let Err(until) = limits::take_all(conn, key, &window, now).await? {
                return Ok::<_, Error>(Enrolment::Wait(until));
            }
        }
        let Some(indexes) = indexes.as_ref().filter(|_| proved) else { return Ok(Enrolment::Refused) };
        let Some(code) = agents::consume_code(conn, indexes, now).await? else { return Ok(Enrolment::Refused) };
        let agent = Agent {
            id: new_id!(app, now, AgentId),
            workspace_id: code.workspace_id.clone(),
            member_id: code.member_id.clone(),
            name: tame(&asked.name),
            platform: tame(&asked.platform),
            public_key: asked.public_key.clone(),
            enrolled_by: code.made_by.clone(),
            enrolled_at: now,
            seen_at: now,
            number: 0,
            ended_at: None,
        };
        if !agents::insert(conn, &agent).await? {
            return Ok(Enrolment::Refused);
        }
        // A right one is no guess.
        store::apply(conn, keys.iter().map(|(key, _)| limits::give_back(key.clone()))).await?;
        let workspace = store::workspaces::by_id(conn, &agent.workspace_id).await?;
        let member = store::members::by_id(conn, &agent.workspace_id, &agent.member_id).await?;
        let (Some(workspace), Some(member)) = (workspace, member) else {
            return Err(Error::Broken(format!("{} belongs to nobody", agent.id)));
        };
        let command_key = public_key(app, conn, &agent, now).await?;
        let data_key = app.data_key(&workspace.id, &workspace.data_key)?;
        let told = Changed::default().put("name", (), &agent.name).put("platform", (), &agent.platform);
        let enrolled = Deed { actor: code.made_by.as_str(), ..deed(&agent, "agent_enrolled", None, visitor.network) };
        enrolled.with(data_key, told).write(app, conn, now).await?;
        alarm::tell(app, conn, &member, alarm::Event::AgentEnrolled, agent.id.as_str(), None, now).await?;
        Ok(Enrolment::Done(Enrolled {
            agent: agent.id.0,
            workspace: workspace.id.0,
            workspace_name: workspace.name,
            member: member.id.0,
            login: format!("{}@{}", member.login, workspace.slug),
            command_key,
        }))
    })?;
    match done {
        Enrolment::Done(_) => app.outbox_bell.notify_one(),
        Enrolment::Refused | Enrolment::Wait(_) => count("code"),
    }
    Ok(done)
}

/// The public half of the key that the workspace commands by; made when its first device is enrolled.
async fn public_key(app: &App, conn: &mut Conn, agent: &Agent, now: Timestamp) -> Result<String> {
    let workspace = &agent.workspace_id;
    if let Some(key) = agents::key(conn, workspace).await? {
        return Ok(key.public_key);
    }
    let seed = app.chance();
    let public_key = Signer::from_seed(&seed).public();
    let sealed = seal_seed(app, workspace, &seed);
    let key = Key { workspace_id: workspace.clone(), public_key, seed: sealed, made_at: now };
    agents::insert_key(conn, &key).await?;
    // Another device may have been a moment faster.
    let key = agents::key(conn, workspace).await?;
    Ok(key.ok_or_else(|| Error::Broken(format!("{workspace} has no key")))?.public_key)
}

/// What a device calls itself, as administrators may read it: letters, digits and few signs.
fn tame(text: &str) -> String {
    let sign = |c: char| if c.is_alphanumeric() || " -_.()/".contains(c) { c } else { '_' };
    text.trim().chars().map(sign).take(MOST_NAME).collect()
}
