//! What a program did, as it signed it. Taken once; of whatever else is told in its name nothing is believed.

use super::super::{Changed, Deed, Error, Result, Visitor};
use super::{Agent, deed, refuse};
use crate::app::App;
use crate::model::agent::{MOST_PARTS, MOST_TOLD, Purpose, Receipt, Signed, State, VERSION};
use crate::model::id::WipeId;
use crate::model::{WipeCause, WipeState, WipeWay};
use crate::store::{self, transaction, wipes};
use crate::vault::signing;

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is written down.
    Written,
    /// It was before, word for word; or the command had ended without it, which the audit log tells.
    Before,
    /// It is forged, another program's, of no command, or not the first.
    Refused,
}

/// Takes a receipt.
pub async fn take_receipt(app: &App, agent: &Agent, signed: &Signed, visitor: &Visitor) -> Result<Taken> {
    let Some(receipt) = read(agent, signed) else {
        refuse(app, agent, "receipt", visitor).await?;
        return Ok(Taken::Refused);
    };
    let now = visitor.now;
    let outcome = match receipt.state {
        State::Done => (WipeState::Confirmed, None),
        State::Failed => (WipeState::Failed, Some(WipeCause::NotRemoved)),
        State::Refused => (WipeState::Impossible, Some(WipeCause::Refused)),
    };
    let written = serde_json::to_string(signed).map_err(|error| Error::Broken(error.to_string()))?;
    let id = WipeId(receipt.command.clone());
    let taken = transaction!(app.db, conn => {
        let found = wipes::of_target(conn, WipeWay::Agent, agent.id.as_str(), &id).await?;
        let Some(wipe) = found.filter(|wipe| wipe.sent_at.is_some()) else { return Ok::<_, Error>(Taken::Refused) };
        let workspace = store::workspaces::by_id(conn, &agent.workspace_id).await?;
        let workspace = workspace.ok_or_else(|| Error::Broken(format!("{} is gone", agent.workspace_id)))?;
        let told = Changed::default().put("state", wipe.state, outcome.0).put("receipt", (), &signed.text);
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        if wipes::settle(conn, &id, outcome, Some(&written), now).await? {
            let deed = deed(agent, "agent_wipe_ended", Some(id.as_str()), visitor.network);
            deed.with(key, told).write(app, conn, now).await?;
            return Ok(Taken::Written);
        }
        match &wipe.receipt {
            Some(before) if *before == written => Ok(Taken::Before),
            Some(_) => Ok(Taken::Refused),
            // It was given up, or the device was found, before the answer came: what was done all the same is told.
            None => {
                let deed = Deed { ..deed(agent, "agent_wipe_ended_late", Some(id.as_str()), visitor.network) };
                deed.with(key, told).write(app, conn, now).await?;
                Ok(Taken::Before)
            }
        }
    })?;
    if taken == Taken::Refused {
        refuse(app, agent, "receipt", visitor).await?;
    }
    Ok(taken)
}

/// The receipt, if the program signed it and it is about itself.
fn read(agent: &Agent, signed: &Signed) -> Option<Receipt> {
    if !signing::has_signed(&agent.public_key, &Purpose::Receipt.over(&signed.text), &signed.signature) {
        return None;
    }
    let receipt: Receipt = serde_json::from_str(&signed.text).ok()?;
    let told = |text: &str| text.chars().count() <= MOST_TOLD && !text.contains('\0');
    let fits = receipt.v == VERSION
        && receipt.agent == agent.id.0
        && receipt.workspace == agent.workspace_id.0
        && receipt.parts.len() <= MOST_PARTS
        && receipt.parts.iter().all(|part| told(&part.name) && part.why.as_deref().is_none_or(told));
    fits.then_some(receipt)
}
