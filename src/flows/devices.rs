//! Which device somebody comes with, and one's own devices: what they are called, where they were used, what is signed in there.
//!
//! A device becomes known by a sign-in and by nothing else. It carries a secret of its own, which a browser keeps over its updates: who comes
//! without it comes on a new device, and every contact is told.

use super::session::{self, Signed};
use super::{Error, Result, Visitor, alarm, token_kind};
use crate::app::App;
use crate::model::id::{DeviceId, MemberId, WorkspaceId};
use crate::model::{DeviceName, Policy, Role, Timestamp, days, time::Span};
use crate::places::Place;
use crate::store::devices::OfMember;
use crate::store::members::Member;
use crate::store::sessions::{self, Session};
use crate::store::{self, Conn, transaction};
use crate::vault::{Presented, Token};
use crate::wording::agent;

/// For so long a device is shown on which nobody is signed in.
const SHOWN_FOR: Span = days(180);

impl Visitor {
    /// The device token as something to look up; none when nothing of that form was presented.
    pub(super) fn presented_device(&self) -> Option<Presented> {
        Token::parse(token_kind::DEVICE, self.device.as_ref()?.expose())
    }
}

/// The device that the visitor proves to be; none without a token or with one that is not ours.
pub(super) async fn recognise(app: &App, conn: &mut Conn, visitor: &Visitor) -> store::Result<Option<DeviceId>> {
    let Some(presented) = visitor.presented_device() else {
        return Ok(None);
    };
    let row = store::devices::by_token(conn, &presented.prefix).await?;
    Ok(row.filter(|device| presented.matches(&app.keyring, &device.token_hash)).map(|device| device.id))
}

/// Every contact is told of a device that the account did not know.
pub(super) async fn tell_new(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    device: &DeviceId,
    visitor: &Visitor,
) -> Result<()> {
    let contacts = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let about = format!("{} ({})", agent::in_words(member.locale, &visitor.agent), visitor.address);
    let news =
        alarm::News { event: alarm::Event::NewDevice, subject: device.as_str(), about: Some(&about), reference: None };
    alarm::tell_all(app, conn, member, &contacts, news, visitor.now).await
}

/// A device as its owner and administrators see it.
#[derive(Debug)]
pub struct Shown {
    /// What is known of it.
    pub device: OfMember,
    /// What is signed in there, newest first.
    pub sessions: Vec<Session>,
    /// Where its network lies, roughly.
    pub place: Option<Place>,
}

impl Shown {
    /// When it was used last, as far as is known.
    pub fn seen_at(&self) -> Timestamp {
        self.sessions.iter().map(|session| session.seen_at).fold(self.device.last_at, Timestamp::max)
    }
}

/// One's own devices: what is signed in first, then by their last use.
pub async fn list(app: &App, signed: &Signed, now: Timestamp) -> Result<Vec<Shown>> {
    let member = &signed.member;
    of_member(app, &mut app.db.read().await?, (&member.workspace_id, &member.id), member.role, &signed.policy, now)
        .await
}

/// The same of any member.
pub(super) async fn of_member(
    app: &App,
    conn: &mut Conn,
    (workspace, member): (&WorkspaceId, &MemberId),
    role: Role,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<Shown>> {
    let devices = store::devices::of_member(conn, workspace, member).await?;
    let mut live = session::of_member(conn, (workspace, member), role, policy, now).await?;
    let mut all = Vec::new();
    for device in devices {
        let here = live.extract_if(.., |row| row.device_id.as_ref() == Some(&device.device_id)).collect();
        let place = app.places.as_ref().and_then(|places| places.of_network(&device.network));
        all.push(Shown { device, sessions: here, place });
    }
    all.retain(|shown| !shown.sessions.is_empty() || shown.device.last_at + SHOWN_FOR > now);
    all.sort_by_key(|shown| (shown.sessions.is_empty(), std::cmp::Reverse(shown.seen_at())));
    Ok(all)
}

/// Gives one of one's own devices a name, or takes it away. Answers false for any other's.
pub async fn rename(
    app: &App,
    signed: &Signed,
    device: &DeviceId,
    name: Option<&DeviceName>,
    visitor: &Visitor,
) -> Result<bool> {
    let member = &signed.member;
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, visitor.now).await? {
            return Ok::<_, Error>(false);
        }
        let name = name.map(DeviceName::as_str);
        let is_theirs = store::devices::set_name(conn, &member.workspace_id, &member.id, device, name).await?;
        if is_theirs {
            session::deed(signed, "device_named", Some(device.as_str()), visitor).write(app, conn, visitor.now).await?;
        }
        Ok(is_theirs)
    })
}

/// Signs one of one's own devices out; it is not known any more. Answers false for any other's.
pub async fn sign_out(app: &App, signed: &Signed, device: &DeviceId, visitor: &Visitor) -> Result<bool> {
    let (member, now) = (&signed.member, visitor.now);
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(false);
        }
        let is_theirs = leave(conn, (&member.workspace_id, &member.id), device, "ended_elsewhere", now).await?;
        if is_theirs {
            session::deed(signed, "device_signed_out", Some(device.as_str()), visitor).write(app, conn, now).await?;
        }
        Ok(is_theirs)
    })
}

/// Signs all of one's own devices out but this one. Answers how many sessions ended.
pub async fn sign_out_others(app: &App, signed: &Signed, visitor: &Visitor) -> Result<u64> {
    let (member, now) = (&signed.member, visitor.now);
    let (workspace, id) = (&member.workspace_id, &member.id);
    transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(0);
        }
        let ended = sessions::end_all(conn, workspace, id, Some(&signed.session), "ended_elsewhere", now).await?;
        store::devices::leave_others(conn, workspace, id, signed.device.as_ref(), now).await?;
        session::deed(signed, "ended_other_sessions", None, visitor).write(app, conn, now).await?;
        Ok(ended)
    })
}

/// A device is signed out and not known any more. Answers false where the member has no such device.
pub(super) async fn leave(
    conn: &mut Conn,
    (workspace, member): (&WorkspaceId, &MemberId),
    device: &DeviceId,
    why: &str,
    now: Timestamp,
) -> store::Result<bool> {
    let is_theirs = store::devices::leave(conn, workspace, member, device, now).await?;
    if is_theirs {
        sessions::end_on(conn, workspace, member, device, why, now).await?;
    }
    Ok(is_theirs)
}
