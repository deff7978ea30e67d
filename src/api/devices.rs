//! One's own devices: what they are called, where they were used, what is signed in there, and signing one out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caring;
use super::fields::{self, time};
use super::problem::{Kind, Problem};
use crate::app::App;
use crate::flows::devices::{self, Shown};
use crate::model::id::DeviceId;

/// Devices that somebody signed in on.
#[derive(Serialize, ToSchema)]
pub(super) struct Devices {
    /// Those with a session first, then by their last use.
    pub(super) devices: Vec<Device>,
}

/// A browser or client that signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    /// Grants nothing.
    id: String,
    /// What the member calls it.
    name: Option<String>,
    /// The browser's own name at the newest sign-in; text that a stranger may have chosen.
    agent: String,
    /// The network of the newest sign-in.
    network: String,
    /// Where that network lies, roughly: a country's code (ISO 3166-1), where the operator brought a database of places.
    country: Option<String>,
    /// Whether it is known, so that it has tries of its own.
    trusted: bool,
    #[schema(format = DateTime)]
    first_at: String,
    #[schema(format = DateTime)]
    seen_at: String,
    /// Reported as lost: it signs in no more.
    lost: bool,
    /// What is signed in there: ids as in `listSessions`.
    sessions: Vec<String>,
}

impl Devices {
    pub(super) fn of(all: Vec<Shown>) -> Self {
        Self { devices: all.into_iter().map(Device::of).collect() }
    }
}

impl Device {
    fn of(shown: Shown) -> Self {
        Self {
            seen_at: time(shown.seen_at()),
            id: shown.device.device_id.0,
            name: shown.device.name,
            agent: shown.device.agent,
            network: shown.device.network,
            country: shown.place.as_ref().map(|place| place.country.clone()),
            trusted: shown.device.trusted,
            first_at: time(shown.device.first_at),
            lost: shown.device.lost_in.is_some(),
            sessions: shown.sessions.into_iter().map(|session| session.id.0).collect(),
        }
    }
}

pub(super) fn device_id(text: String) -> Result<DeviceId, Problem> {
    Ok(DeviceId(fields::id(DeviceId::PREFIX, text)?))
}

/// Lists one's own devices.
#[utoipa::path(get, path = "/api/v1/me/devices", operation_id = "listDevices", tag = "me",
    security(("bearer" = [])), responses((status = 200, description = "The devices.", body = Devices)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
) -> Result<Json<Devices>, Problem> {
    Ok(Json(Devices::of(devices::list(&app, &signed, visitor.now).await?)))
}

/// Signs one of one's own devices out; it is not known any more. Anybody else's is not found.
#[utoipa::path(delete, path = "/api/v1/me/devices/{device}", operation_id = "signOutDevice", tag = "me",
    security(("bearer" = [])), params(("device" = String, Path, description = "From `listDevices`.")),
    responses((status = 204, description = "Signed out."), (status = 404, response = super::openapi::Refused)))]
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if devices::sign_out(&app, &signed, &device_id(id)?, &visitor).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Kind::NotFound.into())
    }
}
