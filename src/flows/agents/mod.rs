//! The workplace's program on a device (`aikagi-agent`): enrolled with a code, told what to give up, and believed only what it signed.
//!
//! A program belongs to one member for as long as it lives. What it is told is a row of `wipes`; it grants nothing, not even a look at the account.

mod bell;
mod code;
mod command;
mod receipt;

pub use bell::Bell;
pub use code::{Code, Enrolment, enrol, make_for, make_own};
pub use command::{ask, look, poll};
pub use receipt::{Taken, take_receipt};

use super::desk::{Outcome, Refusal, Seat};
use super::session::{self, Signed};
use super::{Deed, Error, Result, Visitor, guard};
use crate::app::App;
use crate::model::agent::{Purpose, request_text};
use crate::model::id::{AgentId, MemberId, WorkspaceId};
use crate::model::{Action, Network, Timestamp, WipeCause, WipeWay, minutes};
pub use crate::store::agents::Agent;
use crate::store::agents::{self, Key};
use crate::store::leases;
use crate::store::limits::Window;
use crate::store::wipes::Wipe;
use crate::store::{self, Conn, transaction};
use crate::vault::{seal::OpenError, signing};

/// What a workspace's key is sealed as.
const SEED: &str = "agent key";

/// The seed of a workspace's key.
pub(super) fn open_seed(app: &App, key: &Key) -> std::result::Result<[u8; 32], OpenError> {
    let plain = app.keyring.server_key().open(SEED, key.workspace_id.as_str(), &key.seed)?;
    plain.as_slice().try_into().map_err(|_| OpenError::Form)
}

/// The same as it is stored.
pub(super) fn seal_seed(app: &App, workspace: &WorkspaceId, seed: &[u8; 32]) -> String {
    app.keyring.server_key().seal(&*app.dice, SEED, workspace.as_str(), seed)
}

/// A program and what it was told last.
#[derive(Debug)]
pub struct Shown {
    /// The program.
    pub agent: Agent,
    /// The newest command.
    pub wipe: Option<Wipe>,
}

impl Shown {
    /// Its id and what it calls itself, for lists that name things of many kinds.
    pub fn name(&self) -> (String, String) {
        (self.agent.id.0.clone(), self.agent.name.clone())
    }
}

/// One's own programs, newest first.
pub async fn own(app: &App, signed: &Signed) -> Result<Vec<Shown>> {
    of(app, &signed.member.workspace_id, &signed.member.id).await
}

/// A member's at the desk, for a seat that may see members.
pub async fn of_member(app: &App, seat: &Seat<'_>, member: &MemberId) -> Result<Vec<Shown>> {
    of(app, &seat.member().workspace_id, member).await
}

async fn of(app: &App, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<Shown>> {
    let mut conn = app.db.read().await?;
    let wipes = store::wipes::of_member(&mut conn, workspace, member).await?;
    let agents = agents::of_member(&mut conn, workspace, member).await?;
    let newest = |id: &AgentId| {
        let its = |wipe: &&Wipe| wipe.way == WipeWay::Agent && wipe.target == id.as_str();
        wipes.iter().find(its).cloned()
    };
    Ok(agents.into_iter().map(|agent| Shown { wipe: newest(&agent.id), agent }).collect())
}

/// Takes one of one's own away. While it has something to do it stays: whoever stole the device and knows the password would get out of it.
pub async fn end_own(app: &App, signed: &Signed, id: &AgentId, visitor: &Visitor) -> Result<Outcome<()>> {
    let (member, now) = (&signed.member, visitor.now);
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? || !signed.is_fresh(now) {
            return Ok::<_, Error>(Err(Refusal::Ended));
        }
        store::members::take(conn, &member.workspace_id, &member.id).await?;
        let Some(agent) = theirs(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        if has_to_do(conn, &agent.id, now).await? {
            return Ok(Err(Refusal::State));
        }
        end(conn, &agent, now).await?;
        session::deed(signed, "agent_ended", Some(id.as_str()), visitor).write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// Takes a member's away. What it was still to do will never be done.
pub async fn end_for(app: &App, seat: &Seat<'_>, member: &MemberId, id: &AgentId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::KeepAgents, member).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(agent) = theirs(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok(Err(Refusal::State));
        };
        end(conn, &agent, now).await?;
        let deed = Deed { subject: Some(id.as_str()), ..seat.deed(&member, "agent_ended_by_desk") };
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// A program says that it goes. Answers false while it has something to do.
pub async fn leave(app: &App, agent: &Agent, network: Network, now: Timestamp) -> Result<bool> {
    transaction!(app.db, conn => {
        store::members::take(conn, &agent.workspace_id, &agent.member_id).await?;
        if has_to_do(conn, &agent.id, now).await? {
            return Ok::<_, Error>(false);
        }
        end(conn, agent, now).await?;
        deed(agent, "agent_left", None, network).write(app, conn, now).await?;
        Ok(true)
    })
}

/// One of the member's that was not ended.
async fn theirs(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &AgentId,
) -> store::Result<Option<Agent>> {
    let row = agents::by_id(conn, id).await?;
    Ok(row.filter(|row| row.workspace_id == *workspace && row.member_id == *member && row.ended_at.is_none()))
}

async fn has_to_do(conn: &mut Conn, id: &AgentId, now: Timestamp) -> store::Result<bool> {
    Ok(!store::wipes::open_for(conn, WipeWay::Agent, id.as_str(), now).await?.is_empty())
}

async fn end(conn: &mut Conn, agent: &Agent, now: Timestamp) -> store::Result<()> {
    agents::end(conn, &agent.workspace_id, &agent.member_id, &agent.id, now).await?;
    store::wipes::void_target(conn, WipeWay::Agent, agent.id.as_str(), WipeCause::PassedOn, now).await?;
    Ok(())
}

/// A line of the audit log about what a program did.
fn deed<'a>(agent: &'a Agent, action: &'a str, subject: Option<&'a str>, network: Network) -> Deed<'a> {
    Deed {
        workspace: Some(&agent.workspace_id),
        actor: agent.id.as_str(),
        action,
        member: Some(&agent.member_id),
        subject: Some(subject.unwrap_or(agent.id.as_str())),
        reference: None,
        network: Some(network),
    }
}

/// A request that says it is a program's.
#[derive(Debug)]
pub struct Request<'a> {
    /// Where it goes.
    pub path: &'a str,
    /// Whose it says it is.
    pub agent: &'a str,
    /// Its number.
    pub number: i64,
    /// Its signature.
    pub signature: &'a str,
    /// What it brings.
    pub body: &'a [u8],
}

/// Why nothing was done for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No such program, or not its signature.
    Unknown,
    /// A request with this number, or a higher one, was here.
    Replayed,
    /// The program was taken away.
    Gone,
    /// It asks again and again: not before then.
    Busy(Timestamp),
}

/// Requests of one program in a minute at most; an honest one makes three.
const REQUESTS_A_MINUTE: i64 = 120;

/// Whose request it is: signed by its key, and newer than every one before.
pub async fn authenticate(
    app: &App,
    request: &Request<'_>,
    visitor: &Visitor,
) -> Result<std::result::Result<Agent, Refused>> {
    let now = visitor.now;
    let id = AgentId(request.agent.to_owned());
    let row = agents::by_id(&mut app.db.read().await?, &id).await?;
    let text = request_text(request.path, request.agent, request.number, &signing::digest(request.body));
    let Some(agent) = row else {
        count("unknown");
        return Ok(Err(Refused::Unknown));
    };
    if !signing::has_signed(&agent.public_key, &Purpose::Request.over(&text), request.signature) {
        refuse(app, &agent, "forged", visitor).await?;
        return Ok(Err(Refused::Unknown));
    }
    if agent.ended_at.is_some() {
        return Ok(Err(Refused::Gone));
    }
    if let Err(until) = spend(app, &id, now).await? {
        count("busy");
        return Ok(Err(Refused::Busy(until)));
    }
    if !transaction!(app.db, conn => agents::set_number(conn, &id, request.number, now).await)? {
        refuse(app, &agent, "replayed", visitor).await?;
        return Ok(Err(Refused::Replayed));
    }
    Ok(Ok(agent))
}

/// Takes one request of the program's, of which a twelfth of a minute's are taken at once, so that few of them write.
async fn spend(app: &App, id: &AgentId, now: Timestamp) -> Result<std::result::Result<(), Timestamp>> {
    let key = format!("agent:{id}");
    if let Some(known) = app.requests.spend(&key, now) {
        return Ok(known);
    }
    let window = Window::new(REQUESTS_A_MINUTE, minutes(1));
    let taken = transaction!(app.db, conn => leases::take(conn, &key, window, REQUESTS_A_MINUTE / 12, now).await)?;
    Ok(app.requests.put(&key, taken, now))
}

/// Counts what was refused.
fn count(why: &'static str) {
    metrics::counter!("aikagi_agent_refused_total", "why" => why).increment(1);
}

/// Counts it and writes it down, of one program and for one reason once an hour: whoever has no key must not fill the log.
async fn refuse(app: &App, agent: &Agent, why: &'static str, visitor: &Visitor) -> Result<()> {
    count(why);
    tracing::warn!(agent = %agent.id, network = %visitor.network, why, "a request in a device's name was refused");
    let action = match why {
        "forged" => "agent_forged",
        "replayed" => "agent_replayed",
        _ => "agent_receipt_refused",
    };
    let key = format!("agent-refused:{}:{why}", agent.id);
    guard::note_refusal(app, &key, &deed(agent, action, None, visitor.network), visitor.now).await
}
