//! What a service is asked to do to a member's device.

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::wipes::{Order, order as order_wipe};
use super::super::{Error, Result};
use crate::app::App;
use crate::deliver::graph::Trouble;
use crate::model::id::MemberId;
use crate::model::{Action, WipeWay, WipeWhat};
use crate::store::managements as rows;
use crate::store::transaction;

/// Asks for it. The seat was taken for [`Action::AnswerLosses`]. A second asking while one is under way changes nothing.
pub async fn ask(app: &App, seat: &Seat<'_>, member: &MemberId, id: &str, what: WipeWhat) -> Result<Outcome<()>> {
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::AnswerLosses, member).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(device) = rows::device(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        // Intune signs nobody out without removing what is there.
        let reached = rows::of(conn, &member.workspace_id, device.way).await?.is_some();
        if !reached || (device.way == WipeWay::Graph && what == WipeWhat::SignOut) {
            return Ok(Err(Refusal::State));
        }
        let (target, name) = (device.id.as_str(), device.name.as_str());
        let order = Order { way: device.way, target, name, what, action: "managed_wipe_asked" };
        order_wipe(app, conn, seat, &member, &order).await
    })
}

/// Why not, in a word.
pub(super) fn word(trouble: &Trouble) -> String {
    let (Trouble::Later(why, _) | Trouble::Unheard(why) | Trouble::Refused(why)) = trouble;
    why.clone()
}
