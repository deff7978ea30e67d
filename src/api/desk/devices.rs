//! A member's devices, and what became of each thing in a case of loss.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::devices::{Devices, device_id};
use super::super::fields::time;
use super::super::problem::{Kind, Problem};
use super::{AtDesk, member_id, refused};
use crate::app::App;
use crate::flows::agents;
use crate::flows::desk::{loss_receipt, roster, standing};
use crate::flows::management;

/// A member's devices.
#[utoipa::path(get, path = "/api/v1/desk/members/{member}/devices", operation_id = "listMemberDevices", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    responses((status = 200, description = "The devices.", body = Devices)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<Devices>, Problem> {
    let one = roster::one(&app, &sitting.seat()?, &member_id(id)?).await?.ok_or(Kind::NotFound)?;
    Ok(Json(Devices::of(one.devices)))
}

/// Signs one of a member's devices out; it is not known any more.
#[utoipa::path(delete, path = "/api/v1/desk/members/{member}/devices/{device}", operation_id = "signOutMemberDevice", tag = "desk",
    security(("bearer" = [])),
    params(("member" = String, Path, description = "The member's id."), ("device" = String, Path, description = "From `listMemberDevices`.")),
    responses((status = 204, description = "Done, on every node.")))]
pub(in crate::api) async fn sign_out(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path((member, device)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (member, device) = (member_id(member)?, device_id(device)?);
    standing::sign_out_device(&app, &sitting.seat()?, &member, &device).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A case of loss, theft or suspicion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Loss {
    /// The case's id.
    id: String,
    /// `lost`, `stolen` or `suspected`.
    what: String,
    #[schema(format = DateTime)]
    reported_at: String,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// `closed` or `undone`.
    outcome: Option<String>,
    things: Vec<LossThing>,
}

/// What became of one thing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LossThing {
    /// `device`, `session`, `contact`, `wipe` or `token`. The words may grow.
    kind: String,
    id: String,
    /// A device's or token's name, or a contact, masked. Of a device it is text that a stranger may have chosen.
    name: String,
    /// `stopped`, `refused` (it came back), `restored`, `lives`; of a wipe `queued`, `sent`, `confirmed`, `failed`, `impossible`.
    state: String,
    /// Since when it opens nothing; of a wipe, when the device was told.
    #[schema(format = DateTime)]
    told_at: Option<String>,
    #[schema(format = DateTime)]
    confirmed_at: Option<String>,
    /// It was not stopped, and ends then at the latest.
    #[schema(format = DateTime)]
    may_live_until: Option<String>,
    /// Why a wipe failed, or never will be done.
    cause: Option<String>,
}

/// The member's open case, or the newest of which something is still lost.
#[utoipa::path(get, path = "/api/v1/desk/members/{member}/loss", operation_id = "getMemberLoss", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    responses((status = 200, description = "The case.", body = Loss), (status = 404, response = super::super::openapi::Refused)))]
pub(in crate::api) async fn loss(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<Loss>, Problem> {
    let seat = sitting.seat()?;
    let one = roster::one(&app, &seat, &member_id(id)?).await?.ok_or(Kind::NotFound)?;
    let receipt = loss_receipt::of(&app, &seat, &one.member).await?.ok_or(Kind::NotFound)?;
    let programs = agents::of_member(&app, &seat, &one.member.id).await?;
    let managed = management::of_member(&app, &seat, &one.member.id).await?;
    let devices = one.devices.into_iter().map(|shown| {
        let device = shown.device;
        (device.device_id.0, device.name.unwrap_or(device.agent))
    });
    let contacts = one.contacts.into_iter().map(|(contact, masked)| (contact.id.0, masked));
    let programs = programs.iter().map(agents::Shown::name).chain(managed.iter().map(management::Shown::name));
    let names: Vec<_> = devices.chain(contacts).chain(programs).collect();
    let things = loss_receipt::lines(&receipt, &names).into_iter().map(|line| LossThing {
        kind: line.kind.to_owned(),
        id: line.id,
        name: line.name,
        state: line.state.to_owned(),
        told_at: line.told_at,
        confirmed_at: line.confirmed_at,
        may_live_until: line.may_live_until,
        cause: line.cause.map(str::to_owned),
    });
    let things = things.collect();
    let incident = receipt.case.incident;
    Ok(Json(Loss {
        id: incident.id.0,
        what: incident.kind.to_string(),
        reported_at: time(incident.opened_at),
        ended_at: incident.ended_at.map(time),
        outcome: incident.outcome.map(|end| end.to_string()),
        things,
    }))
}
