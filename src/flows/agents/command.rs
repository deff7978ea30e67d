//! What a program is told: asked for at the desk, signed when the program comes, told again until it has answered or the time is over.

use std::time::Duration;

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::wipes::{Order, order as order_wipe};
use super::super::{Error, Result};
use super::{Agent, open_seed, theirs};
use crate::app::App;
use crate::model::agent::{Command, LONGEST_WAIT, Poll, Purpose, Signed, VERSION, What};
use crate::model::id::{AgentId, MemberId};
use crate::model::{Action, Timestamp, WipeCause, WipeState, WipeWay, WipeWhat};
use crate::store::wipes::{self, Wipe};
use crate::store::{self, agents, transaction};
use crate::vault::signing::Signer;

/// Tells a member's device to give something up. The seat was taken for [`Action::AnswerLosses`]. A second asking while one is under way changes nothing.
pub async fn ask(
    app: &App,
    seat: &Seat<'_>,
    member: &MemberId,
    agent: &AgentId,
    what: WipeWhat,
) -> Result<Outcome<()>> {
    let asked = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::AnswerLosses, member).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(agent) = theirs(conn, &member.workspace_id, &member.id, agent).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let order = Order {
            way: WipeWay::Agent,
            target: agent.id.as_str(),
            name: &agent.name,
            what,
            action: "agent_wipe_asked",
        };
        order_wipe(app, conn, seat, &member, &order).await
    })?;
    if asked.is_ok() {
        app.agents.ring(agent);
    }
    Ok(asked)
}

/// What the program is to do; waits for a while where there is nothing yet.
pub async fn poll(app: &App, agent: &Agent, asked: &Poll, now: Timestamp) -> Result<Vec<Signed>> {
    // First the place, then the look: what is asked for between the two rings.
    let Some(place) = app.agents.wait(&agent.id) else { return to_do(app, agent, &asked.holding, now).await };
    let over = tokio::time::sleep(Duration::from_secs(asked.wait.min(LONGEST_WAIT)));
    tokio::pin!(over);
    loop {
        let commands = to_do(app, agent, &asked.holding, app.now()).await?;
        if !commands.is_empty() || place.is_over() {
            return Ok(commands);
        }
        tokio::select! {
            () = place.rung() => {}
            () = &mut over => return Ok(commands),
        }
    }
}

/// Rings for everybody on this node whom another one was asked to tell something. One question for all who wait; none where nobody does.
pub async fn look(app: &App) -> Result<bool> {
    if !app.agents.is_empty() {
        for agent in agents::to_tell(&mut app.db.read().await?, app.now()).await? {
            app.agents.ring(&agent);
        }
    }
    Ok(false)
}

/// Its commands but those that it has, signed now.
async fn to_do(app: &App, agent: &Agent, holding: &[String], now: Timestamp) -> Result<Vec<Signed>> {
    let mut conn = app.db.read().await?;
    let all = wipes::open_for(&mut conn, WipeWay::Agent, agent.id.as_str(), now).await?;
    let new: Vec<_> = all.into_iter().filter(|wipe| !holding.contains(&wipe.id.0)).collect();
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let key = agents::key(&mut conn, &agent.workspace_id).await?;
    let key = key.ok_or_else(|| Error::Broken(format!("{} has no key", agent.workspace_id)))?;
    drop(conn);
    let signer = Signer::from_seed(&open_seed(app, &key)?);
    let sent = transaction!(app.db, conn => {
        let mut sent = Vec::new();
        for wipe in &new {
            // It never is another's; that it were must not cost somebody their data.
            if wipe.member_id != agent.member_id || wipe.workspace_id != agent.workspace_id {
                wipes::settle(conn, &wipe.id, (WipeState::Impossible, Some(WipeCause::PassedOn)), None, now).await?;
            } else if wipes::set_sent(conn, &wipe.id, None, now).await? {
                sent.push(wipe);
            }
        }
        Ok::<_, store::Error>(sent)
    })?;
    sent.into_iter().map(|wipe| sign(&signer, agent, wipe, now)).collect()
}

fn sign(signer: &Signer, agent: &Agent, wipe: &Wipe, now: Timestamp) -> Result<Signed> {
    let command = Command {
        v: VERSION,
        command: wipe.id.0.clone(),
        workspace: wipe.workspace_id.0.clone(),
        agent: agent.id.0.clone(),
        member: wipe.member_id.0.clone(),
        what: match wipe.what {
            WipeWhat::SignOut => What::SignOut,
            WipeWhat::Data => What::Data,
            WipeWhat::Device => What::Device,
        },
        asked_at: wipe.asked_at.0 / 1_000_000,
        sent_at: now.0 / 1_000_000,
        expires_at: wipe.expires_at.0 / 1_000_000,
    };
    let text = serde_json::to_string(&command).map_err(|error| Error::Broken(error.to_string()))?;
    let signature = signer.sign(&Purpose::Command.over(&text));
    Ok(Signed { text, signature })
}
