//! A new password of a member: at once, by a secret that goes to a contact of theirs and to nobody else, or at the next sign-in.

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
use crate::flows::desk::Refusal;
use crate::flows::desk::forced_change::{self, By, Lifetime, Refused};
use crate::model::id::ContactId;

/// Where the temporary password goes, and how long it works.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ForcePassword {
    /// One of the member's contacts (its id); without it, the one confirmed last.
    #[schema(max_length = 64)]
    contact: Option<String>,
    /// Without it as long as the policy says (`deskForcedHours`).
    #[schema(minimum = 1, maximum = 24)]
    hours: Option<i64>,
}

/// Where it went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct PasswordForced {
    #[schema(inline)]
    kind: Channel,
    /// The contact with the middle hidden.
    masked: String,
    /// Until when the temporary password can be typed.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Demands a new password at once: the present one opens nothing any more, all sessions end, and a temporary one that only sets another
/// goes to a contact. Nobody at the desk sees either.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/force-password", operation_id = "forcePassword", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    request_body = ForcePassword, responses((status = 200, description = "It is on its way.", body = PasswordForced)))]
pub(in crate::api) async fn force(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<ForcePassword>,
) -> Result<Json<PasswordForced>, Problem> {
    let id = member_id(id)?;
    let to = typed.contact.map(|contact| fields::id(ContactId::PREFIX, contact).map(ContactId)).transpose()?;
    let seat = sitting.seat()?;
    let lifetime = match typed.hours {
        Some(hours) => Lifetime::of_hours(hours).ok_or(Kind::Malformed)?,
        None => Lifetime::usual(&seat.signed().policy),
    };
    let to = forced_change::force(&app, By::Seat(&seat), &id, to.as_ref(), lifetime).await?.map_err(why)?;
    Ok(Json(PasswordForced { kind: to.kind.into(), masked: to.masked, expires_at: time(to.expires_at) }))
}

/// Asks for a new password at the next sign-in. Sessions that are open go on.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/request-password", operation_id = "requestPassword", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    responses((status = 204, description = "It is asked for at the next sign-in.")))]
pub(in crate::api) async fn request(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let seat = sitting.seat()?;
    forced_change::request(&app, By::Seat(&seat), &member_id(id)?).await?.map_err(why)?;
    Ok(StatusCode::NO_CONTENT)
}

fn why(why: Refused) -> Problem {
    match why {
        Refused::WithoutContact | Refused::Contact => Kind::NoContact.into(),
        Refused::Ended => refused(Refusal::Ended),
        Refused::NotFound => refused(Refusal::NotFound),
        Refused::Rank => refused(Refusal::Rank),
        Refused::Oneself => refused(Refusal::Oneself),
        Refused::State | Refused::Already | Refused::Reachable | Refused::NoWarrant => refused(Refusal::State),
    }
}
