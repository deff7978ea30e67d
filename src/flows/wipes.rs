//! Remote wipe of a browser or installed web app: it gives up what it holds of this server when it comes next, and says so.
//!
//! A wipe is bound to the secret that one browser carries: whoever got the device since, and set it up anew, has another secret and is never reached by it.
//! It ends with the case in which it was asked for, when the device is found.

use super::desk::{Outcome, Refusal, Seat};
use super::session::{self, Signed};
use super::{Changed, Deed, Error, Result, Visitor, guard, new_id, token_kind};
use crate::app::App;
use crate::model::id::{DeviceId, MemberId, WipeId};
use crate::model::{Action, MemberState, Secret, Timestamp, WipeCause, WipeState, WipeWay, WipeWhat, days, time::Span};
use crate::store::limits::{self, Window};
use crate::store::members::Member;
pub use crate::store::wipes::Wipe;
use crate::store::wipes::{self, Asking};
use crate::store::{self, Conn, transaction};
use crate::vault::{Presented, Token};

/// How long a wipe waits for its device.
const WAITS: Span = days(90);

/// What came of asking for one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It waits for the device, from now or from before.
    Done,
    /// The device is not reported as lost, or is not one's own.
    NotLost,
    /// Enough for an hour.
    Spent,
    /// The password must be given again first, or the session is over.
    ProveAgain,
}

/// A member asks for it, from another device.
pub async fn ask_own(app: &App, signed: &Signed, device: &DeviceId, visitor: &Visitor) -> Result<Asked> {
    let (member, now) = (&signed.member, visitor.now);
    if !signed.is_fresh(now) || signed.device.as_ref() == Some(device) {
        return Ok(Asked::ProveAgain);
    }
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(Asked::ProveAgain);
        }
        if !guard::take_wipe(conn, member.id.as_str(), now).await? {
            return Ok(Asked::Spent);
        }
        let Some(asked) = ask(app, conn, member, (&member.id, device), now).await? else { return Ok(Asked::NotLost) };
        if let Some(id) = asked {
            session::deed(signed, "wipe_asked", Some(id.as_str()), visitor).write(app, conn, now).await?;
        }
        Ok(Asked::Done)
    })
}

/// An administrator asks for it. A device that is not reported as lost is refused by its state.
pub async fn ask_for(app: &App, seat: &Seat<'_>, id: &MemberId, device: &DeviceId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::AnswerLosses, id).await? {
            Ok(member) if member.state == MemberState::Deleted => return Ok(Err(Refusal::State)),
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        if !guard::take_wipe(conn, seat.member().id.as_str(), now).await? {
            return Ok(Err(Refusal::Soon));
        }
        let Some(asked) = ask(app, conn, &member, (&seat.member().id, device), now).await? else {
            return Ok(Err(Refusal::State));
        };
        if let Some(id) = asked {
            let deed = Deed { subject: Some(id.as_str()), ..seat.deed(&member, "wipe_asked_by_desk") };
            deed.write(app, conn, now).await?;
        }
        Ok(Ok(()))
    })
}

/// Writes it down. None where the device is not lost; nothing inside where the same is under way.
async fn ask(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    (by, device): (&MemberId, &DeviceId),
    now: Timestamp,
) -> Result<Option<Option<WipeId>>> {
    let devices = store::devices::of_member(conn, &member.workspace_id, &member.id).await?;
    let Some(incident) = devices.into_iter().find(|one| one.device_id == *device).and_then(|one| one.lost_in) else {
        return Ok(None);
    };
    let asking = Asking {
        id: new_id!(app, now, WipeId),
        member,
        incident: Some(incident),
        way: WipeWay::Browser,
        target: device.as_str(),
        what: WipeWhat::Data,
        by,
        at: now,
        expires_at: now + WAITS,
    };
    Ok(Some(wipes::insert(conn, &asking).await?.then_some(asking.id)))
}

/// Whole devices that one administrator has wiped in a day at most, besides what holds for every wipe.
const WHOLE_A_DAY: i64 = 5;

/// What a program or a service is to have a member's device do.
pub(super) struct Order<'a> {
    /// By which way.
    pub way: WipeWay,
    /// The program's id, or the managed device's.
    pub target: &'a str,
    /// What people call the device.
    pub name: &'a str,
    /// How far it reaches.
    pub what: WipeWhat,
    /// What it is called in the audit log.
    pub action: &'a str,
}

/// Writes it down, for a member whom the seat holds. A second one while the same is under way changes nothing.
pub(super) async fn order(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    member: &Member,
    order: &Order<'_>,
) -> Result<Outcome<()>> {
    let (by, now) = (&seat.member().id, seat.now());
    let window = Window::new(WHOLE_A_DAY, days(1));
    let is_whole = order.what == WipeWhat::Device;
    let left = !is_whole || limits::take(conn, &format!("wipe-whole:{by}"), window, now).await?;
    if !left || !guard::take_wipe(conn, by.as_str(), now).await? {
        return Ok(Err(Refusal::Soon));
    }
    let case = store::incidents::newest(conn, &member.workspace_id, &member.id).await?;
    let asking = Asking {
        id: new_id!(app, now, WipeId),
        member,
        incident: case.filter(|case| case.ended_at.is_none()).map(|case| case.id),
        way: order.way,
        target: order.target,
        what: order.what,
        by,
        at: now,
        expires_at: now + WAITS,
    };
    if wipes::insert(conn, &asking).await? {
        let deed = Deed { subject: Some(asking.id.as_str()), ..seat.deed(member, order.action) };
        let told = Changed::default().put("what", (), order.what).put("device", (), order.name);
        deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
    }
    Ok(Ok(()))
}

/// An administrator takes back what was not sent.
pub async fn take_back_for(app: &App, seat: &Seat<'_>, id: &MemberId, wipe: &WipeId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::AnswerLosses, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(found) = wipes::by_id(conn, &member.workspace_id, &member.id, wipe).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        if !wipes::take_back(conn, &found.id, now).await? {
            return Ok(Err(Refusal::State));
        }
        Deed { subject: Some(wipe.as_str()), ..seat.deed(&member, "wipe_taken_back") }.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// The member's, newest first.
pub(super) async fn of_member(conn: &mut Conn, member: &Member) -> Result<Vec<Wipe>> {
    Ok(wipes::of_member(conn, &member.workspace_id, &member.id).await?)
}

/// Whether this browser is to give up what it holds. Only one that carries a device's secret is asked for at all.
pub async fn is_due(app: &App, visitor: &Visitor) -> Result<bool> {
    let Some(presented) = visitor.presented_device() else { return Ok(false) };
    Ok(due(app, &mut app.db.read().await?, &presented, visitor.now).await?.is_some())
}

async fn due(app: &App, conn: &mut Conn, presented: &Presented, now: Timestamp) -> Result<Option<Wipe>> {
    let row = wipes::for_browser(conn, &presented.prefix, now).await?;
    Ok(row.filter(|(_, hash)| presented.matches(&app.keyring, hash)).map(|(wipe, _)| wipe))
}

/// The browser is told now: whatever is signed in there, whoever's it is, ends. Answers what it reports back with; none where it has nothing to give up.
pub async fn tell(app: &App, visitor: &Visitor) -> Result<Option<Token>> {
    let Some(presented) = visitor.presented_device() else { return Ok(None) };
    let now = visitor.now;
    transaction!(app.db, conn => {
        let Some(wipe) = due(app, conn, &presented, now).await? else { return Ok::<_, Error>(None) };
        let token = Token::new(&*app.dice, &app.keyring, token_kind::WIPE);
        if !wipes::set_sent(conn, &wipe.id, Some(&token.hash), now).await? {
            return Ok(None);
        }
        store::sessions::end_on_device(conn, &DeviceId(wipe.target.clone()), "wiped", now).await?;
        if wipe.state == WipeState::Queued {
            deed(&wipe, "wipe_sent", visitor).write(app, conn, now).await?;
        }
        Ok(Some(token))
    })
}

/// What a browser reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// Nothing is left, as its script saw.
    Nothing,
    /// Something could not be removed.
    Something,
    /// Nobody looked: no script ran there. It was told and no more is known.
    Unseen,
}

/// The browser says what is left. Answers whether it was asked, which a second report is not.
pub async fn report(app: &App, token: &Secret, report: Report, visitor: &Visitor) -> Result<bool> {
    let Some(presented) = visitor.presented_device() else { return Ok(false) };
    let Some(token) = Token::parse(token_kind::WIPE, token.expose()) else { return Ok(false) };
    let now = visitor.now;
    transaction!(app.db, conn => {
        let wipe = due(app, conn, &presented, now).await?;
        let is_right = |wipe: &Wipe| wipe.secret.as_deref().is_some_and(|hash| token.matches(&app.keyring, hash));
        let Some(wipe) = wipe.filter(is_right) else { return Ok::<_, Error>(false) };
        let (end, action) = match report {
            Report::Nothing => ((WipeState::Confirmed, None), "wipe_confirmed"),
            Report::Something => ((WipeState::Failed, Some(WipeCause::NotRemoved)), "wipe_failed"),
            Report::Unseen => ((WipeState::Failed, Some(WipeCause::Unseen)), "wipe_failed"),
        };
        if !wipes::settle(conn, &wipe.id, end, None, now).await? {
            return Ok(false);
        }
        deed(&wipe, action, visitor).write(app, conn, now).await?;
        Ok(true)
    })
}

/// A line of the audit log about what the device did.
fn deed<'a>(wipe: &'a Wipe, action: &'a str, visitor: &Visitor) -> Deed<'a> {
    Deed {
        workspace: Some(&wipe.workspace_id),
        actor: "device",
        action,
        member: Some(&wipe.member_id),
        subject: Some(wipe.id.as_str()),
        reference: None,
        network: Some(visitor.network),
    }
}
