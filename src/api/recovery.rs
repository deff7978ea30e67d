//! Getting back in: a code to a stored contact, the IDs behind it, a new password. The attempt hangs on the handle that
//! `startRecovery` answers; it travels in the header `Aikagi-Recovery`, never in an address.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::caller::{Caller, OnTheWay};
use super::fields::{self, Channel, time};
use super::problem::{Field, Kind, Problem};
use crate::app::App;
use crate::flows::recovery::{self, Check, Finish, Found, Reach, Resend, Shown, Start, Step};
use crate::model::{Secret, Slug, id::MemberId};

/// Where a code can reach the person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "workspace": "sakura", "kind": "sms", "address": "090-1234-5678" }))]
pub(super) struct StartRecovery {
    /// Only IDs of this workspace; without it, of all of them.
    #[schema(max_length = 256)]
    workspace: Option<String>,
    #[schema(inline)]
    kind: Channel,
    /// The mobile number or e-mail address as typed.
    #[schema(max_length = 256)]
    address: String,
    /// With an e-mail address only: the ID, where it is remembered.
    #[schema(max_length = 256)]
    login: Option<String>,
}

/// An attempt that began. It looks the same whether or not anybody has the contact.
#[derive(Serialize, ToSchema)]
pub(super) struct Started {
    /// Opens this attempt and nothing else; send it as `Aikagi-Recovery`. Keep it secret.
    handle: String,
    /// How the attempt stands.
    recovery: Recovery,
}

/// How an attempt stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recovery {
    #[schema(inline)]
    kind: Channel,
    /// `code`: type the code. `password`: choose an ID and set its password. `ended`: it is over. The words may grow.
    #[schema(value_type = String)]
    step: &'static str,
    /// Two letters that also stand in the message: show them beside the field for the code.
    mark: String,
    /// What to tell the administrators, should the code not come.
    reference: String,
    /// Until when the code can be typed.
    #[schema(format = DateTime)]
    code_until: String,
    /// From when another can be sent.
    #[schema(format = DateTime)]
    resend_from: String,
    /// How many tries this code has left.
    tries_left: i64,
}

impl From<Shown> for Recovery {
    fn from(shown: Shown) -> Self {
        Self {
            kind: shown.kind.into(),
            step: match shown.step {
                Step::Code => "code",
                Step::Proved => "password",
                Step::Ended => "ended",
            },
            mark: shown.mark,
            reference: shown.reference,
            code_until: time(shown.code_until),
            resend_from: time(shown.resend_from),
            tries_left: shown.tries_left,
        }
    }
}

/// Asks for a code. The answer never tells whether anybody has the contact.
#[utoipa::path(post, path = "/api/v1/recovery", operation_id = "startRecovery", tag = "recovery",
    request_body = StartRecovery,
    responses((status = 200, description = "As far as anybody is told, a code is on its way.", body = Started)))]
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Caller(visitor): Caller,
    Body(typed): Body<StartRecovery>,
) -> Result<Json<Started>, Problem> {
    let slug = fields::workspace(typed.workspace.as_deref())?;
    let reach = reach(&app, &typed)?;
    match recovery::start(&app, slug.as_ref().map(Slug::as_str), &reach, &visitor).await? {
        Start::Sent(started) => {
            Ok(Json(Started { handle: started.handle.text.to_string(), recovery: started.view.into() }))
        }
        Start::Wait(wait) => Err(Problem::wait(visitor.now, wait.until)),
        Start::NoWorkspace => Err(fields::unknown_workspace()),
    }
}

fn reach(app: &App, typed: &StartRecovery) -> Result<Reach, Problem> {
    match (typed.kind, typed.login.as_deref()) {
        (Channel::Sms, Some(_)) => Err(Field::new("login", "email_only", "api-field-login-with-number").into()),
        (Channel::Sms, None) => Ok(Reach::Mobile(fields::phone(app, &typed.address)?)),
        (Channel::Email, login) => {
            Ok(Reach::Email(fields::email(&typed.address)?, login.map(fields::login).transpose()?))
        }
    }
}

/// How the attempt stands.
#[utoipa::path(get, path = "/api/v1/recovery", operation_id = "getRecovery", tag = "recovery",

    responses((status = 200, description = "The attempt.", body = Recovery),
        (status = 409, response = super::openapi::Refused)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    OnTheWay { handle, visitor }: OnTheWay,
) -> Result<Json<Recovery>, Problem> {
    let shown = recovery::show(&app, &handle, &visitor).await?;
    shown.map(|shown| Json(shown.into())).ok_or_else(|| Kind::RecoveryEnded.into())
}

/// Sends another code; the older one dies.
#[utoipa::path(post, path = "/api/v1/recovery/resend", operation_id = "resendRecoveryCode", tag = "recovery",

    responses((status = 200, description = "As far as anybody is told, another is on its way.", body = Recovery),
        (status = 409, response = super::openapi::Refused), (status = 429, response = super::openapi::Refused)))]
pub(super) async fn resend(
    State(app): State<Arc<App>>,
    OnTheWay { handle, visitor }: OnTheWay,
) -> Result<Json<Recovery>, Problem> {
    match recovery::resend(&app, &handle, &visitor).await? {
        Resend::Sent => {}
        Resend::Wait(wait) => return Err(Problem::wait(visitor.now, wait.until)),
        Resend::Ended => return Err(Kind::RecoveryEnded.into()),
    }
    let shown = recovery::show(&app, &handle, &visitor).await?;
    shown.map(|shown| Json(shown.into())).ok_or_else(|| Kind::RecoveryEnded.into())
}

/// A code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "4821 9037" }))]
pub(super) struct TypedCode {
    /// As typed: 8 digits; spaces, hyphens and full-width digits are understood.
    #[schema(value_type = String, max_length = 256)]
    pub code: Secret,
}

/// The IDs that belong to the proved contact.
#[derive(Serialize, ToSchema)]
pub(super) struct Proved {
    /// One or more.
    ids: Vec<OneId>,
}

/// One ID.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OneId {
    /// For `setRecoveredPassword`; grants nothing.
    id: String,
    /// The ID in its workspace.
    login: String,
    /// The member's own name.
    name: String,
    /// The workspace's name in addresses.
    workspace: String,
    /// The workspace's name for people.
    workspace_name: String,
}

impl From<Found> for OneId {
    fn from(found: Found) -> Self {
        Self {
            id: found.member.0,
            login: found.login,
            name: found.name,
            workspace: found.slug,
            workspace_name: found.workspace_name,
        }
    }
}

/// Types the code. When it is right, answers the IDs behind the contact; asked once more, answers them again.
#[utoipa::path(post, path = "/api/v1/recovery/check", operation_id = "checkRecoveryCode", tag = "recovery",
    request_body = TypedCode,
    responses((status = 200, description = "It is right.", body = Proved),
        (status = 409, response = super::openapi::Refused)))]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    OnTheWay { handle, visitor }: OnTheWay,
    Body(typed): Body<TypedCode>,
) -> Result<Json<Proved>, Problem> {
    let code = fields::code(&app, typed.code.expose())?;
    match recovery::check(&app, &handle, &code, &visitor).await? {
        Check::Right => {}
        Check::Wrong { tries_left } => return Err(Problem::wrong_code(tries_left)),
        Check::Dead => return Err(Kind::CodeDead.into()),
        Check::Ended => return Err(Kind::RecoveryEnded.into()),
    }
    let found = recovery::ids(&app, &handle, &visitor).await?.ok_or(Kind::RecoveryEnded)?;
    Ok(Json(Proved { ids: found.into_iter().map(OneId::from).collect() }))
}

/// Whose password, and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPassword {
    /// One of the `id`s that `checkRecoveryCode` answered.
    #[schema(max_length = 64)]
    id: String,
    /// The new password as typed, at most 1,024 bytes of UTF-8.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Secret,
}

/// Sets the new password and ends all sessions. No session is given: sign in with the new password.
#[utoipa::path(post, path = "/api/v1/recovery/password", operation_id = "setRecoveredPassword", tag = "recovery",
    request_body = SetPassword,
    responses((status = 200, description = "It holds from now on.", body = OneId),
        (status = 409, response = super::openapi::Refused)))]
pub(super) async fn set_password(
    State(app): State<Arc<App>>,
    OnTheWay { handle, visitor }: OnTheWay,
    Body(typed): Body<SetPassword>,
) -> Result<Json<OneId>, Problem> {
    let shown = recovery::show(&app, &handle, &visitor).await?.ok_or(Kind::RecoveryEnded)?;
    match shown.step {
        Step::Code => return Err(Kind::CodeFirst.into()),
        Step::Proved => {}
        Step::Ended => return Err(Kind::RecoveryEnded.into()),
    }
    let unknown = || Field::new("id", "unknown", "slip-nothing-picked");
    let id = fields::id(MemberId::PREFIX, typed.id).map_err(|_| unknown())?;
    let chosen = recovery::choose(&app, &handle, &MemberId(id), &visitor).await?;
    chosen.ok_or_else(unknown)?;
    match recovery::set_password(&app, &handle, &typed.password, &visitor).await? {
        Finish::Done(found) => Ok(Json((*found).into())),
        Finish::Refused(troubles) => Err(fields::password_troubles(&troubles)),
        Finish::Outside(contact) => Err(Problem::ask(Kind::Outside, contact)),
        Finish::NotChosen | Finish::Ended => Err(Kind::RecoveryEnded.into()),
    }
}
