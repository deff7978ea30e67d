//! What a service is asked to do to a member's device.

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::wipes::{self as flow, WAITS};
use super::super::{Changed, Deed, Error, Result, new_id};
use crate::app::App;
use crate::deliver::graph::Trouble;
use crate::model::id::MemberId;
use crate::model::{Action, WipeWay, WipeWhat};
use crate::store::managements as rows;
use crate::store::transaction;
use crate::store::wipes::{self, Asking};

/// Asks for it. The seat was taken for [`Action::AnswerLosses`]. A second asking while one is under way changes nothing.
pub async fn ask(app: &App, seat: &Seat<'_>, member: &MemberId, id: &str, what: WipeWhat) -> Result<Outcome<()>> {
    let now = seat.now();
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
        if !flow::may_ask(conn, seat, what).await? {
            return Ok(Err(Refusal::Soon));
        }
        let asking = Asking {
            id: new_id!(app, now, WipeId),
            member: &member,
            incident: flow::open_case(conn, &member).await?,
            way: device.way,
            target: device.id.as_str(),
            what,
            by: &seat.member().id,
            at: now,
            expires_at: now + WAITS,
        };
        if wipes::insert(conn, &asking).await? {
            let deed = Deed { subject: Some(asking.id.as_str()), ..seat.deed(&member, "managed_wipe_asked") };
            let told = Changed::default().put("what", (), what).put("device", (), &device.name);
            deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
        }
        Ok(Ok(()))
    })
}

/// Why not, in a word.
pub(super) fn word(trouble: &Trouble) -> String {
    let (Trouble::Later(why, _) | Trouble::Unheard(why) | Trouble::Refused(why)) = trouble;
    why.clone()
}
