//! What a program that manages devices tells of what it did: signed with the secret that it was told with, believed for five minutes, taken once.

use serde::Deserialize;

use super::super::{Changed, Deed, Error, Result, Visitor, guard};
use super::{Access, access};
use crate::app::App;
use crate::model::agent::MOST_TOLD;
use crate::model::id::{WipeId, WorkspaceId};
use crate::model::{WipeCause, WipeState, WipeWay, minutes};
use crate::store::wipes::{self, Wipe};
use crate::store::{self, transaction};

/// How far its clock may be off.
const APART: i64 = minutes(5).as_micros();

/// A request as it came.
#[derive(Debug)]
pub struct Arrived<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since 1970.
    pub at: i64,
    /// `webhook-signature`.
    pub signatures: &'a str,
    /// What it brings.
    pub body: &'a str,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is written down.
    Written,
    /// It was before, word for word; or the command had ended without it, which the audit log tells.
    Before,
    /// Not signed with the secret, or too old; also where there is no such workspace.
    Forged,
    /// Signed, and nothing that can be read.
    Malformed,
    /// Signed, and of no command that this program was told; or another answer came first.
    Refused,
}

/// What it tells.
#[derive(Debug, Deserialize)]
struct Receipt {
    command: WipeId,
    state: State,
    #[serde(default)]
    detail: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Done,
    Failed,
    Refused,
}

/// Takes it.
pub async fn take_receipt(
    app: &App,
    workspace: &WorkspaceId,
    arrived: &Arrived<'_>,
    visitor: &Visitor,
) -> Result<Taken> {
    let now = visitor.now;
    let access = access(app, &mut app.db.read().await?, workspace, WipeWay::Webhook).await?;
    let Some(Access::Webhook(webhook)) = access else { return Ok(Taken::Forged) };
    let is_near = arrived.at.checked_mul(1_000_000).is_some_and(|at| at.abs_diff(now.0) <= APART.unsigned_abs());
    if !is_near || !webhook.has_signed((arrived.id, arrived.at, arrived.body), arrived.signatures, now) {
        refuse(app, workspace, visitor).await?;
        return Ok(Taken::Forged);
    }
    let Ok(receipt) = serde_json::from_str::<Receipt>(arrived.body) else { return Ok(Taken::Malformed) };
    if receipt.detail.chars().count() > MOST_TOLD || receipt.detail.contains('\0') {
        return Ok(Taken::Malformed);
    }
    let outcome = match receipt.state {
        State::Done => (WipeState::Confirmed, None),
        State::Failed => (WipeState::Failed, Some(WipeCause::NotRemoved)),
        State::Refused => (WipeState::Impossible, Some(WipeCause::Refused)),
    };
    let written = serde_json::json!({ "state": outcome.0, "detail": receipt.detail }).to_string();
    let taken = transaction!(app.db, conn => {
        let found = wipes::of_way(conn, workspace, WipeWay::Webhook, &receipt.command).await?;
        let Some(wipe) = found.filter(|wipe| wipe.sent_at.is_some()) else { return Ok::<_, Error>(Taken::Refused) };
        let row = store::workspaces::by_id(conn, workspace).await?;
        let row = row.ok_or_else(|| Error::Broken(format!("{workspace} is gone")))?;
        let key = app.data_key(&row.id, &row.data_key)?;
        let told = Changed::default().put("state", wipe.state, outcome.0).put("detail", (), &receipt.detail);
        if wipes::settle(conn, &wipe.id, outcome, Some(&written), now).await? {
            deed(&wipe, "managed_wipe_ended", visitor).with(key, told).write(app, conn, now).await?;
            return Ok(Taken::Written);
        }
        // It was given up, or the device was found, before the answer came: what was done all the same is told, once.
        if wipes::keep_late_receipt(conn, &wipe.id, &written).await? {
            deed(&wipe, "managed_wipe_ended_late", visitor).with(key, told).write(app, conn, now).await?;
            return Ok(Taken::Before);
        }
        Ok(if wipe.receipt.as_deref() == Some(written.as_str()) { Taken::Before } else { Taken::Refused })
    })?;
    Ok(taken)
}

/// Counts it and writes it down, once an hour: whoever has no secret must not fill the log.
async fn refuse(app: &App, workspace: &WorkspaceId, visitor: &Visitor) -> Result<()> {
    metrics::counter!("aikagi_management_total", "way" => "webhook", "result" => "forged").increment(1);
    tracing::warn!(%workspace, network = %visitor.network, "a request in the name of a service that manages devices was refused");
    let deed = Deed {
        workspace: Some(workspace),
        actor: "management",
        action: "management_forged",
        member: None,
        subject: None,
        reference: None,
        network: Some(visitor.network),
    };
    guard::note_refusal(app, &format!("management-refused:{workspace}"), &deed, visitor.now).await
}

/// A line of the audit log about what the program did.
fn deed<'a>(wipe: &'a Wipe, action: &'a str, visitor: &Visitor) -> Deed<'a> {
    Deed {
        workspace: Some(&wipe.workspace_id),
        actor: "management",
        action,
        member: Some(&wipe.member_id),
        subject: Some(wipe.id.as_str()),
        reference: None,
        network: Some(visitor.network),
    }
}
