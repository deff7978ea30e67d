//! What a member keeps of their own: the profile, the password, the contacts.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::body::Body;
use super::caller::{AnySigned, Caring};
use super::fields::{self, Channel, time};
use super::problem::{Field, Kind, Problem};
use super::recovery::TypedCode;
use crate::app::App;
use crate::flows::contacts::{self, Add, Decide, Own, Remove, Resend, Unproved, Verify};
use crate::flows::password::{self, Change};
use crate::model::{Secret, id::ContactId};

/// The signed-in member.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    /// Stays the same for ever; grants nothing.
    id: String,
    login: String,
    name: String,
    /// The name's reading.
    kana: String,
    department: String,
    /// `owner`, `administrator`, `help_desk` or `member`. The words may grow.
    role: String,
    /// `ja` or `en`.
    locale: String,
    workspace: Workspace,
    /// Oldest first.
    contacts: Vec<Contact>,
}

/// The member's workspace.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Workspace {
    /// The name in addresses; may change.
    slug: String,
    /// The name for people.
    name: String,
    /// Whom to ask, in the workspace's own words.
    contact: Option<String>,
}

/// One's own mobile number or e-mail address.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Contact {
    /// Grants nothing.
    id: String,
    #[schema(inline)]
    kind: Channel,
    /// In full.
    address: String,
    /// With the middle hidden, for screens that others may see.
    masked: String,
    /// `unverified` (its code was not typed yet), `verified`, or `frozen` (somebody objected). The words may grow.
    state: String,
    /// From when it can recover alone.
    #[schema(format = DateTime)]
    recovers_from: Option<String>,
    /// When its code was typed last.
    #[schema(format = DateTime)]
    confirmed_at: Option<String>,
    /// Since when it is frozen; null also for one that only an administrator can decide.
    #[schema(format = DateTime)]
    frozen_at: Option<String>,
    /// When that happened which somebody objected to: contacts older than this decide, see `decideContact`.
    #[schema(format = DateTime)]
    changed_at: Option<String>,
}

impl From<Own> for Contact {
    fn from(own: Own) -> Self {
        Self {
            id: own.id.0,
            kind: own.kind.into(),
            address: own.shown,
            masked: own.masked,
            state: own.state.as_str().to_owned(),
            recovers_from: own.recovers_from.map(time),
            confirmed_at: own.confirmed_at.map(time),
            frozen_at: own.frozen.map(|frozen| time(frozen.at)),
            changed_at: own.frozen.map(|frozen| time(frozen.changed_at)),
        }
    }
}

/// The signed-in member with workspace and contacts.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "getProfile", tag = "me",
    security(("bearer" = [])), responses((status = 200, description = "The profile.", body = Profile)))]
pub(super) async fn profile(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
) -> Result<Json<Profile>, Problem> {
    let contacts = contacts::list(&app, &signed).await?.into_iter().map(Contact::from).collect();
    let contact = signed.contact_text(visitor.locale).map(str::to_owned);
    let member = signed.member;
    Ok(Json(Profile {
        id: member.id.0,
        login: member.login,
        name: member.name,
        kana: member.kana,
        department: member.department,
        role: member.role.as_str().to_owned(),
        locale: member.locale.as_str().to_owned(),
        workspace: Workspace { slug: signed.slug, name: signed.workspace_name, contact },
        contacts,
    }))
}

/// Says that the check-up after a recovery is done.
#[utoipa::path(delete, path = "/api/v1/me/checkup", operation_id = "finishCheckup", tag = "me",
    security(("bearer" = [])), responses((status = 204, description = "Done.")))]
pub(super) async fn finish_checkup(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
) -> Result<StatusCode, Problem> {
    contacts::checked_up(&app, &signed, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The present password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePassword {
    /// The present password as typed.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    current: Secret,
    /// The new password as typed, at most 1,024 bytes of UTF-8.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Secret,
}

/// Changes one's own password. This session goes on, all others end.
#[utoipa::path(post, path = "/api/v1/me/password", operation_id = "changePassword", tag = "me",
    security(("bearer" = [])), request_body = ChangePassword,
    responses((status = 204, description = "It holds from now on.")))]
pub(super) async fn change_password(
    State(app): State<Arc<App>>,
    AnySigned { signed, visitor }: AnySigned,
    Body(typed): Body<ChangePassword>,
) -> Result<StatusCode, Problem> {
    match password::change(&app, &signed, &typed.current, &typed.password, &visitor).await? {
        Change::Done => Ok(StatusCode::NO_CONTENT),
        Change::Ended => Err(Problem::bad_token()),
        Change::WrongCurrent => Err(Field::new("current", "wrong", "slip-password-wrong").into()),
        Change::Wait => Err(Kind::TriesSpent.into()),
        Change::Refused(troubles) => Err(fields::password_troubles(&troubles)),
    }
}

/// A mobile number or e-mail address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "email", "address": "hanako@example.net" }))]
pub(super) struct NewContact {
    #[schema(inline)]
    kind: Channel,
    /// As typed.
    #[schema(max_length = 256)]
    address: String,
}

/// A contact that waits for its code.
#[derive(Serialize, ToSchema)]
pub(super) struct Added {
    /// For `verifyContact`.
    id: String,
}

/// Adds a contact and sends a code there; until the code is typed it counts for nothing.
#[utoipa::path(post, path = "/api/v1/me/contacts", operation_id = "addContact", tag = "me",
    security(("bearer" = [])), request_body = NewContact,
    responses((status = 201, description = "A code is on its way.", body = Added),
        (status = 409, response = super::openapi::Refused)))]
pub(super) async fn add_contact(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Body(typed): Body<NewContact>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    let address = fields::address(&app, typed.kind, &typed.address)?;
    match contacts::add(&app, &signed, &address, &visitor).await? {
        Add::CodeSent(id) => Ok((StatusCode::CREATED, Json(Added { id: id.0 }))),
        Add::HaveIt => Err(Kind::ContactTaken.into()),
        Add::Full => Err(Kind::ContactFull.into()),
        Add::Wait(wait) => Err(Problem::wait(visitor.now, wait.until)),
        Add::ProveAgain => Err(Kind::ProveAgain.into()),
    }
}

/// What came of a contact's code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    /// From when the contact can recover alone.
    #[schema(format = DateTime)]
    recovers_from: String,
}

/// Types the code that went to a contact.
#[utoipa::path(post, path = "/api/v1/me/contacts/{contact}/verify", operation_id = "verifyContact", tag = "me",
    security(("bearer" = [])), params(("contact" = String, Path, description = "From `addContact` or `getProfile`.")),
    request_body = TypedCode,
    responses((status = 200, description = "It counts from now on.", body = Verified),
        (status = 404, response = super::openapi::Refused), (status = 409, response = super::openapi::Refused)))]
pub(super) async fn verify_contact(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
    Body(typed): Body<TypedCode>,
) -> Result<Json<Verified>, Problem> {
    let id = ContactId(fields::id(ContactId::PREFIX, id)?);
    let code = fields::code(&app, typed.code.expose())?;
    match contacts::verify(&app, &signed, &id, &code, &visitor).await? {
        Verify::Done { recovers_from } => Ok(Json(Verified { recovers_from: time(recovers_from) })),
        Verify::Wrong { tries_left } => Err(Problem::wrong_code(tries_left)),
        Verify::Dead => Err(Kind::CodeDead.into()),
        Verify::NoSuch => Err(Kind::NotFound.into()),
    }
}

/// Sends a contact's code again; the older one dies. A verified contact gets one to be confirmed anew.
#[utoipa::path(post, path = "/api/v1/me/contacts/{contact}/resend", operation_id = "resendContactCode", tag = "me",
    security(("bearer" = [])), params(("contact" = String, Path, description = "From `addContact` or `getProfile`.")),
    responses((status = 204, description = "Another is on its way."), (status = 404, response = super::openapi::Refused),
        (status = 429, response = super::openapi::Refused)))]
pub(super) async fn resend_contact_code(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = ContactId(fields::id(ContactId::PREFIX, id)?);
    match contacts::resend(&app, &signed, &id, &visitor).await? {
        Resend::Sent => Ok(StatusCode::NO_CONTENT),
        Resend::Wait(wait) => Err(Problem::wait(visitor.now, wait.until)),
        Resend::NoSuch => Err(Kind::NotFound.into()),
    }
}

/// What else is wanted where a removal needs a proof.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(super) struct Removing {
    /// `hold`: where a removal so soon after a recovery lacks another channel's proof, have the account held until an
    /// administrator releases it. All its sessions end, this one included. Left out, the answer is `after-recovery`.
    #[param(inline, required = false, nullable = false)]
    if_unproved: Option<IfUnproved>,
}

/// What else.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum IfUnproved {
    Hold,
}

/// The contact is still there, and the account is held.
#[derive(Serialize, ToSchema)]
pub(super) struct RemovalHeld {
    /// `held`: nobody is signed in any more, and nobody can sign in until an administrator releases the account.
    #[schema(example = "held")]
    result: &'static str,
    /// Whom to ask, in the workspace's own words.
    contact: Option<String>,
}

/// Removes a contact. It is told, and can object for a week.
#[utoipa::path(delete, path = "/api/v1/me/contacts/{contact}", operation_id = "removeContact", tag = "me",
    security(("bearer" = [])),
    params(("contact" = String, Path, description = "From `addContact` or `getProfile`."), Removing),
    responses((status = 200, description = "Not removed: the account is held, as `ifUnproved=hold` asked.", body = RemovalHeld),
        (status = 204, description = "Removed."), (status = 400, response = super::openapi::Refused),
        (status = 404, response = super::openapi::Refused), (status = 409, response = super::openapi::Refused)))]
pub(super) async fn remove_contact(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
    removing: Result<Query<Removing>, QueryRejection>,
) -> Result<Response, Problem> {
    let id = ContactId(fields::id(ContactId::PREFIX, id)?);
    let Query(removing) = removing.map_err(|_| Kind::Query)?;
    let unproved = match removing.if_unproved {
        Some(IfUnproved::Hold) => Unproved::Hold,
        None => Unproved::Refuse,
    };
    match contacts::remove(&app, &signed, &id, unproved, &visitor).await? {
        Remove::Done => Ok(StatusCode::NO_CONTENT.into_response()),
        Remove::Held => {
            let contact = signed.contact_text(visitor.locale).map(str::to_owned);
            Ok(Json(RemovalHeld { result: "held", contact }).into_response())
        }
        Remove::ProveAgain => Err(Kind::ProveAgain.into()),
        Remove::AfterRecovery { until, provers } => Err(Problem::after_recovery(visitor.now, until, provers)),
        Remove::Frozen => Err(Kind::ContactFrozen.into()),
        Remove::NoSuch => Err(Kind::NotFound.into()),
    }
}

/// What is to become of a frozen contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecideContact {
    #[schema(inline)]
    decision: Decision,
}

/// `keep`: it counts again, and recovers alone after the hold of a new contact. `remove`: it is taken away.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Decision {
    Keep,
    Remove,
}

/// Decides about a frozen contact. First confirm (`resendContactCode`, `verifyContact`), in this session and after the
/// freezing, another contact that is older than the change. All contacts are told.
#[utoipa::path(post, path = "/api/v1/me/contacts/{contact}/decision", operation_id = "decideContact", tag = "me",
    security(("bearer" = [])), params(("contact" = String, Path, description = "From `getProfile`.")),
    request_body = DecideContact,
    responses((status = 204, description = "So it is."), (status = 404, response = super::openapi::Refused),
        (status = 409, response = super::openapi::Refused)))]
pub(super) async fn decide_contact(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
    Body(typed): Body<DecideContact>,
) -> Result<StatusCode, Problem> {
    let id = ContactId(fields::id(ContactId::PREFIX, id)?);
    let decision = match typed.decision {
        Decision::Keep => contacts::Decision::Keep,
        Decision::Remove => contacts::Decision::Remove,
    };
    match contacts::decide(&app, &signed, &id, decision, &visitor).await? {
        Decide::Done => Ok(StatusCode::NO_CONTENT),
        Decide::ProveAgain => Err(Kind::ProveAgain.into()),
        Decide::Unproved(older) => Err(Problem::prove_contact(older)),
        Decide::AfterRecovery(until) => Err(Problem::after_recovery(visitor.now, until, Vec::new())),
        Decide::AskAdministrator => {
            let contact = signed.contact_text(visitor.locale).map(str::to_owned);
            Err(Problem::ask(Kind::AskAdministrator, contact))
        }
        Decide::NotFrozen => Err(Kind::NotFrozen.into()),
        Decide::NoSuch => Err(Kind::NotFound.into()),
    }
}
