//! Signing in and out, and the sessions that are open.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::caller::{AnySigned, Caller, Caring};
use super::fields::{self, time};
use super::problem::{Field, Kind, Problem};
use crate::app::App;
use crate::flows::{
    devices,
    password::{self, First},
    session::{self, Current, Signed},
    sign_in::{self, Attempt, Outcome, Refusal},
};
use crate::model::{Secret, Slug, Timestamp, id::SessionId, minutes};

/// An ID and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "login": "tanaka@sakura", "password": "correct horse battery staple" }))]
pub(super) struct SignIn {
    /// The workspace's name, where the ID does not name it.
    #[schema(max_length = 256)]
    workspace: Option<String>,
    /// The ID as typed: `tanaka@sakura`, or `tanaka` with a workspace.
    #[schema(max_length = 256)]
    login: String,
    /// The password as typed, at most 1,024 bytes of UTF-8.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Secret,
}

/// What a client keeps after signing in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedIn {
    next: Next,
    /// The bearer token, for `Authorization: Bearer …`. Keep it secret. None with `set_password_by_token`.
    session: Option<String>,
    /// When the session ends at the latest.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// With `set_password_by_token`: what `setPassword` takes, once. Keep it secret.
    token: Option<String>,
    /// A secret by which this device is known again; keep it beyond the session and send it as `Aikagi-Device` with
    /// `signIn` and the recovery. None when the one that was sent goes on.
    device: Option<String>,
    /// The workspace's name in addresses.
    workspace: String,
}

/// What to do next. The words grow: a client that meets one it does not know sends its user to the sign-in page.
///
/// Now: `done`; `checkup` (a recovery happened: show the contacts and sessions, then `finishCheckup`); `set_password`
/// (the password expired, or an administrator asks for a new one: only `changePassword` is open); `set_password_by_token` (nobody is signed in: the
/// secret of a forced change was right, and `token` sets a new password by `setPassword`). To come: `second_factor`, `plan_ended`.
#[derive(Serialize, ToSchema)]
pub(super) struct Next {
    /// The word.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    word: &'static str,
}

impl Next {
    /// What is next for somebody signed in.
    pub(super) fn of(signed: &Signed) -> Self {
        Self::word(signed.must_change, signed.member.checkup_since.is_some())
    }

    fn word(must_change: bool, checkup: bool) -> Self {
        let word = match (must_change, checkup) {
            (true, _) => "set_password",
            (false, true) => "checkup",
            (false, false) => "done",
        };
        Self { word }
    }
}

/// Signs in. Every failure has one face; what else is wrong is told only to who gave the right password.
#[utoipa::path(post, path = "/api/v1/sign-in", operation_id = "signIn", tag = "session", request_body = SignIn,
    responses((status = 200, description = "Signed in.", body = SignedIn)))]
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    Caller(visitor): Caller,
    Body(typed): Body<SignIn>,
) -> Result<Json<SignedIn>, Problem> {
    let slug = fields::workspace(typed.workspace.as_deref())?;
    let attempt = Attempt {
        workspace: slug.as_ref().map(Slug::as_str),
        login: &typed.login,
        password: typed.password,
        replaces: None,
    };
    let entered = match sign_in::enter(&app, attempt, &visitor).await? {
        Outcome::Done(entered) => entered,
        Outcome::SetPassword(opened) => {
            return Ok(Json(SignedIn {
                next: Next { word: "set_password_by_token" },
                session: None,
                ends_at: None,
                token: opened.token().map(str::to_owned),
                device: None,
                workspace: opened.slug,
            }));
        }
        Outcome::Refused(refusal) => return Err(refused(refusal, visitor.now)),
    };
    Ok(Json(SignedIn {
        next: Next::word(entered.must_change, entered.checkup),
        session: Some(entered.session.text.to_string()),
        ends_at: Some(time(entered.ends_at)),
        token: None,
        device: entered.device.map(|token| token.text.to_string()),
        workspace: entered.slug,
    }))
}

fn refused(refusal: Refusal, now: Timestamp) -> Problem {
    match refusal {
        Refusal::Login(trouble) => fields::login_trouble(trouble).into(),
        Refusal::WorkspaceMissing => Field::new("login", "workspace_missing", "api-field-workspace-missing").into(),
        Refusal::PasswordMissing => Field::new("password", "empty", "slip-password-empty").into(),
        Refusal::PasswordTooLong => Field::new("password", "too_long", "slip-password-long").into(),
        Refusal::Wrong => Kind::WrongCredentials.into(),
        Refusal::Wait(until) => Problem::wait(now, until),
        Refusal::Suspended(contact) => Problem::ask(Kind::Suspended, contact),
        Refusal::Held(contact) => Problem::ask(Kind::Held, contact),
        Refusal::Outside(contact) => Problem::ask(Kind::Outside, contact),
        Refusal::DeviceLost(contact) => Problem::ask(Kind::DeviceLost, contact),
        Refusal::ChangeDemanded(contact) => Problem::ask(Kind::ChangeDemanded, contact),
    }
}

/// A token and the password that it sets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPassword {
    /// From `signIn`.
    #[schema(value_type = String, max_length = 256)]
    token: Secret,
    /// The new password as typed, at most 1,024 bytes of UTF-8.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Secret,
}

/// Sets a new password by the token that the secret of a forced change was exchanged for. Nobody is signed in by it: sign in next.
#[utoipa::path(post, path = "/api/v1/password", operation_id = "setPassword", tag = "session", request_body = SetPassword,
    responses((status = 204, description = "It holds from now on."), (status = 409, response = super::openapi::Refused)))]
pub(super) async fn set_password(
    State(app): State<Arc<App>>,
    Caller(visitor): Caller,
    Body(typed): Body<SetPassword>,
) -> Result<StatusCode, Problem> {
    let Some(behind) = password::behind_link(&app, &typed.token, &visitor).await? else {
        return Err(Kind::LinkEnded.into());
    };
    match password::set_by_link(&app, &behind, &typed.password, &visitor).await? {
        First::Done => Ok(StatusCode::NO_CONTENT),
        First::Ended => Err(Kind::LinkEnded.into()),
        First::Outside => {
            Err(Problem::ask(Kind::Outside, behind.rules().contact_text(visitor.locale).map(str::to_owned)))
        }
        First::Refused(troubles) => Err(fields::password_troubles(&troubles)),
    }
}

/// The session that the token stands for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThisSession {
    /// Its id, as in `listSessions`.
    id: String,
    next: Next,
    /// The member's ID in the workspace.
    login: String,
    /// The workspace's name in addresses.
    workspace: String,
    /// When it ends at the latest.
    #[schema(format = DateTime)]
    ends_at: String,
    /// Until when delicate operations are open; after that, `proveAgain`.
    #[schema(format = DateTime)]
    fresh_until: String,
}

/// Who is signed in by this token.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "getSession", tag = "session",
    security(("bearer" = [])), responses((status = 200, description = "The session.", body = ThisSession)))]
pub(super) async fn show(AnySigned { signed, .. }: AnySigned) -> Json<ThisSession> {
    Json(ThisSession {
        next: Next::of(&signed),
        id: signed.session.0,
        login: signed.member.login,
        workspace: signed.slug,
        ends_at: time(signed.ends_at),
        fresh_until: time(signed.proved_at + minutes(signed.policy.session.reauth_min.into())),
    })
}

/// Signs out: the token opens nothing from now on.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "signOut", tag = "session",
    security(("bearer" = [])), responses((status = 204, description = "Signed out.")))]
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    AnySigned { signed, visitor }: AnySigned,
) -> Result<StatusCode, Problem> {
    session::sign_out(&app, &signed, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The present password once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    /// As typed.
    #[schema(value_type = String, format = Password, max_length = 1024)]
    password: Secret,
}

/// Gives the present password again, which opens the delicate operations for a few minutes.
#[utoipa::path(post, path = "/api/v1/session/proof", operation_id = "proveAgain", tag = "session",
    security(("bearer" = [])), request_body = Proof, responses((status = 204, description = "It is right.")))]
pub(super) async fn prove_again(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Body(proof): Body<Proof>,
) -> Result<StatusCode, Problem> {
    match session::prove_again(&app, &signed, &proof.password, &visitor).await? {
        Current::Right => Ok(StatusCode::NO_CONTENT),
        Current::Wrong => Err(Field::new("password", "wrong", "slip-password-wrong").into()),
        Current::Wait => Err(Kind::TriesSpent.into()),
    }
}

/// All open sessions of the member.
#[derive(Serialize, ToSchema)]
pub(super) struct Sessions {
    /// Newest first.
    sessions: Vec<OneSession>,
}

/// One open session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OneSession {
    /// For `endSession`; grants nothing.
    id: String,
    /// Whether it is the one that asks.
    this: bool,
    /// `bearer` for clients of this API, `cookie` for browsers.
    way: String,
    /// The client's or browser's own name; text that a stranger may have chosen.
    agent: String,
    /// The network it was opened from.
    network: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// Used last, to the minute.
    #[schema(format = DateTime)]
    seen_at: String,
    #[schema(format = DateTime)]
    ends_at: String,
}

/// Lists one's own open sessions.
#[utoipa::path(get, path = "/api/v1/sessions", operation_id = "listSessions", tag = "session",
    security(("bearer" = [])), responses((status = 200, description = "The sessions.", body = Sessions)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
) -> Result<Json<Sessions>, Problem> {
    let rows = session::list(&app, &signed, visitor.now).await?;
    let sessions = rows
        .into_iter()
        .map(|row| OneSession {
            this: row.id == signed.session,
            id: row.id.0,
            way: row.way,
            agent: row.agent,
            network: row.network,
            created_at: time(row.created_at),
            seen_at: time(row.seen_at),
            ends_at: time(row.ends_at),
        })
        .collect();
    Ok(Json(Sessions { sessions }))
}

/// Ends one of one's own sessions. Anybody else's is not found.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", operation_id = "endSession", tag = "session",
    security(("bearer" = [])), params(("session" = String, Path, description = "From `listSessions`.")),
    responses((status = 204, description = "Ended."), (status = 404, response = super::openapi::Refused)))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = SessionId(fields::id(SessionId::PREFIX, id)?);
    if session::end(&app, &signed, &id, &visitor).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Kind::NotFound.into())
    }
}

/// Ends all of one's own sessions but this one.
#[utoipa::path(delete, path = "/api/v1/sessions", operation_id = "endOtherSessions", tag = "session",
    security(("bearer" = [])), responses((status = 204, description = "Only this one is left.")))]
pub(super) async fn end_others(
    State(app): State<Arc<App>>,
    Caring { signed, visitor }: Caring,
) -> Result<StatusCode, Problem> {
    devices::sign_out_others(&app, &signed, &visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}
