//! A member's contacts, put right. What is added here counts after the time for new contacts, and every other contact of the member is told and can
//! object; to have it count at once takes a proof of the member's that only the desk's pages know.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::fields::{self, Channel, time};
use super::super::problem::{Kind, Problem};
use super::{AtDesk, member_id, refused};
use crate::app::App;
use crate::flows::desk::mend::{self, From, Mend, Mended, Refused};
use crate::model::id::ContactId;

/// A mobile number or email address of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct MendContact {
    #[schema(inline)]
    kind: Channel,
    /// As typed.
    #[schema(max_length = 256)]
    address: String,
}

/// From when it counts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct MendedContact {
    /// From when it recovers; null for a member who has yet to come in and prove it.
    #[schema(format = DateTime)]
    counts_from: Option<String>,
}

/// Adds a contact.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/contacts", operation_id = "addMemberContact", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    request_body = MendContact, responses((status = 200, description = "It is there.", body = MendedContact)))]
pub(in crate::api) async fn add(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<MendContact>,
) -> Result<Json<MendedContact>, Problem> {
    let address = fields::address(&app, typed.kind, &typed.address)?;
    let mended = mend(&app, &sitting, id, Mend::Add(&address)).await?;
    Ok(Json(MendedContact { counts_from: mended.counts_from.map(time) }))
}

/// Puts another in the place of a contact, which is told as well.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/contacts/{contact}", operation_id = "replaceMemberContact", tag = "desk",
    security(("bearer" = [])),
    params(("member" = String, Path, description = "The member's id."), ("contact" = String, Path, description = "From `getMember`.")),
    request_body = MendContact, responses((status = 200, description = "It is there.", body = MendedContact)))]
pub(in crate::api) async fn replace(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path((id, contact)): Path<(String, String)>,
    Body(typed): Body<MendContact>,
) -> Result<Json<MendedContact>, Problem> {
    let contact = ContactId(fields::id(ContactId::PREFIX, contact)?);
    let address = fields::address(&app, typed.kind, &typed.address)?;
    let mended = mend(&app, &sitting, id, Mend::Replace(&contact, &address)).await?;
    Ok(Json(MendedContact { counts_from: mended.counts_from.map(time) }))
}

/// Takes a contact away. It is told.
#[utoipa::path(delete, path = "/api/v1/desk/members/{member}/contacts/{contact}", operation_id = "removeMemberContact", tag = "desk",
    security(("bearer" = [])),
    params(("member" = String, Path, description = "The member's id."), ("contact" = String, Path, description = "From `getMember`.")),
    responses((status = 204, description = "It is gone.")))]
pub(in crate::api) async fn remove(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path((id, contact)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let contact = ContactId(fields::id(ContactId::PREFIX, contact)?);
    mend(&app, &sitting, id, Mend::Remove(&contact)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn mend(app: &App, sitting: &AtDesk, id: String, what: Mend<'_>) -> Result<Mended, Problem> {
    let seat = sitting.seat()?;
    mend::mend(app, &seat, &member_id(id)?, what, From::Hold).await?.map_err(|why| match why {
        Refused::HaveIt => Problem::saying(Kind::ContactTaken, "slip-contact-theirs"),
        Refused::Full => Problem::saying(Kind::ContactFull, "slip-contact-theirs-full"),
        // Nothing here asks for a warrant.
        Refused::Gone | Refused::NoWarrant => Kind::NotFound.into(),
        Refused::Refusal(refusal) => refused(refusal),
    })
}
