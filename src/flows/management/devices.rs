//! A member's devices as a service that manages them knows them: named at the desk by what the service calls them.

use super::super::desk::{Outcome, Refusal, Seat};
use super::super::session::Signed;
use super::super::{Changed, Deed, Error, Result, new_id};
use super::{Access, access};
use crate::app::App;
use crate::deliver::graph::Known;
use crate::model::device::MOST_LETTERS;
use crate::model::id::{MemberId, WorkspaceId};
use crate::model::{Action, DeviceName, MemberState, WipeCause, WipeWay};
use crate::store::managements as rows;
pub use crate::store::managements::ManagedDevice;
use crate::store::wipes::Wipe;
use crate::store::{self, transaction};

/// Devices of one member at most.
const MOST: usize = 20;

/// A device and what it was told last.
#[derive(Debug)]
pub struct Shown {
    /// The device.
    pub device: ManagedDevice,
    /// What the service said of it when it was added.
    pub known: Option<Known>,
    /// The newest command.
    pub wipe: Option<Wipe>,
}

impl Shown {
    /// Its id and its name, for lists that name things of many kinds.
    pub fn name(&self) -> (String, String) {
        (self.device.id.0.clone(), self.device.name.clone())
    }
}

/// A member's at the desk, for a seat that may see members.
pub async fn of_member(app: &App, seat: &Seat<'_>, member: &MemberId) -> Result<Vec<Shown>> {
    seat.taken_for(Action::SeeMembers)?;
    of(app, &seat.member().workspace_id, member).await
}

/// One's own.
pub async fn own(app: &App, signed: &Signed) -> Result<Vec<Shown>> {
    of(app, &signed.member.workspace_id, &signed.member.id).await
}

async fn of(app: &App, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<Shown>> {
    let mut conn = app.db.read().await?;
    let devices = rows::of_member(&mut conn, workspace, member).await?;
    if devices.is_empty() {
        return Ok(Vec::new());
    }
    let wipes = store::wipes::of_member(&mut conn, workspace, member).await?;
    let shown = devices.into_iter().map(|device| Shown {
        wipe: wipes.iter().find(|wipe| wipe.way == device.way && wipe.target == device.id.as_str()).cloned(),
        known: device.told.as_deref().and_then(|told| serde_json::from_str(told).ok()),
        device,
    });
    Ok(shown.collect())
}

/// What came of naming one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is the member's from now on.
    Done,
    /// The service knows no such device.
    Unlisted,
    /// The service could not be asked, by this word.
    Unreachable(String),
    /// The service is not reached at all.
    NotSetUp,
    /// It is somebody's already: of this member, or of another one.
    Taken,
    /// The member has as many as there may be.
    Many,
}

/// Names a device of a member's. What Intune knows is asked there first, so that no slip of the pen wipes a stranger's.
pub async fn add(
    app: &App,
    seat: &Seat<'_>,
    member: &MemberId,
    (way, device, name): (WipeWay, &str, Option<&DeviceName>),
) -> Result<Outcome<Added>> {
    let (workspace, now) = (&seat.member().workspace_id, seat.now());
    let known = match access(app, &mut app.db.read().await?, workspace, way).await? {
        None => return Ok(Ok(Added::NotSetUp)),
        Some(Access::Webhook(_)) => None,
        Some(Access::Graph(access)) => match app.management.graph.device(&access, device, now).await {
            Ok(Some((known, _))) => Some(known),
            Ok(None) => return Ok(Ok(Added::Unlisted)),
            Err(trouble) => return Ok(Ok(Added::Unreachable(super::command::word(&trouble)))),
        },
    };
    // Without a name of the workplace's own, the service's, as far as people may read it.
    let theirs = known.as_ref().and_then(|known| DeviceName::parse(&known.name).ok().flatten());
    let name = name
        .or(theirs.as_ref())
        .map_or_else(|| device.chars().take(MOST_LETTERS).collect(), |name| name.as_str().to_owned());
    let told = known.map(|known| serde_json::json!(known).to_string());
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::KeepAgents, member).await? {
            Ok(member) if member.state == MemberState::Deleted => return Ok(Err(Refusal::State)),
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        if rows::of_member(conn, &member.workspace_id, &member.id).await?.len() >= MOST {
            return Ok(Ok(Added::Many));
        }
        let row = ManagedDevice {
            id: new_id!(app, now, ManagedDeviceId),
            workspace_id: member.workspace_id.clone(),
            member_id: member.id.clone(),
            way,
            device: device.to_owned(),
            name: name.clone(),
            told: told.clone(),
            added_by: seat.member().id.clone(),
            added_at: now,
        };
        if !rows::insert_device(conn, &row).await? {
            return Ok(Ok(Added::Taken));
        }
        let deed = Deed { subject: Some(row.id.as_str()), ..seat.deed(&member, "managed_device_added") };
        let changed = Changed::default().put("device", (), &name).put("way", (), way).put("id", (), device);
        deed.with(seat.signed().data_key(app)?, changed).write(app, conn, now).await?;
        Ok(Ok(Added::Done))
    })
}

/// It is not the member's any more. What it was still to do will never be done.
pub async fn remove(app: &App, seat: &Seat<'_>, member: &MemberId, id: &str) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::KeepAgents, member).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(row) = rows::device(conn, &member.workspace_id, &member.id, id).await? else {
            return Ok(Err(Refusal::State));
        };
        rows::remove_device(conn, &row).await?;
        store::wipes::void_target(conn, row.way, row.id.as_str(), WipeCause::PassedOn, now).await?;
        let deed = Deed { subject: Some(row.id.as_str()), ..seat.deed(&member, "managed_device_removed") };
        let changed = Changed::default().put("device", &row.name, ()).put("id", &row.device, ());
        deed.with(seat.signed().data_key(app)?, changed).write(app, conn, now).await?;
        Ok(Ok(()))
    })
}
