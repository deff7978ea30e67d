//! What is done to one account: names and ID put right, suspended, held, signed out, deleted, and the ways back; and whose desk it is.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::body::Body;
use super::super::fields;
use super::super::problem::{Field, Kind, Problem};
use super::{AtDesk, member_id, refused};
use crate::app::App;
use crate::flows::desk::profile::{self, Profile, Refused};
use crate::flows::desk::standing;
use crate::flows::standing::Step;
use crate::model::id::SessionId;
use crate::model::{LineTrouble, Locale, LoginName, Role, Timestamp, line};

/// A member's names and ID as they are to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct ChangeProfile {
    /// From `getMember`: where somebody else was faster nothing is changed.
    #[schema(max_length = 32)]
    version: String,
    /// The bare ID.
    #[schema(max_length = 256)]
    login: String,
    #[schema(max_length = 256)]
    name: String,
    /// The name's reading; may be empty.
    #[schema(max_length = 256)]
    kana: String,
    /// May be empty.
    #[schema(max_length = 256)]
    department: String,
    #[schema(inline)]
    locale: Language,
}

/// The language of messages to the member.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum Language {
    Ja,
    En,
}

/// Puts names and ID right. With another ID every session of the member ends, and their contacts are told.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/profile", operation_id = "changeProfile", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    request_body = ChangeProfile, responses((status = 204, description = "So it is.")))]
pub(in crate::api) async fn change_profile(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<ChangeProfile>,
) -> Result<StatusCode, Problem> {
    let id = member_id(id)?;
    let (new, seen) = read(&typed)?;
    let seat = sitting.seat()?;
    match profile::change(&app, &seat, &id, seen, &new).await? {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Refused::Taken) => Err(Field::new("login", "taken", "edit-login-taken").into()),
        Err(Refused::Changed) => Err(Kind::ChangedMeanwhile.into()),
        Err(Refused::Refusal(refusal)) => Err(refused(refusal)),
    }
}

fn read(typed: &ChangeProfile) -> Result<(Profile, Timestamp), Problem> {
    let mut troubles = Vec::new();
    let mut one = |name: &str, read: Result<String, LineTrouble>| {
        read.unwrap_or_else(|trouble| {
            let (code, key) = match trouble {
                LineTrouble::Control => ("control_character", "line-control"),
                LineTrouble::Long => ("too_long", "line-long"),
                LineTrouble::Empty => ("empty", "line-empty"),
            };
            troubles.push(Field::new(name, code, key));
            String::new()
        })
    };
    let name = one("name", line::name(&typed.name));
    let kana = one("kana", line::line(&typed.kana));
    let department = one("department", line::line(&typed.department));
    let login = LoginName::parse(&typed.login).map_err(|trouble| troubles.push(fields::login_trouble(trouble)));
    let locale = match typed.locale {
        Language::Ja => Locale::Ja,
        Language::En => Locale::En,
    };
    match login {
        Ok(login) if troubles.is_empty() => {
            let seen = typed.version.parse().map(Timestamp).map_err(|_| Kind::ChangedMeanwhile)?;
            Ok((Profile { login, name, kana, department, locale }, seen))
        }
        _ => Err(Problem::fields(troubles)),
    }
}

macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $path:literal $operation:literal $step:ident;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, operation_id = $operation, tag = "desk",
            security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
            responses((status = 204, description = "Done, on every node.")))]
        pub(in crate::api) async fn $name(
            State(app): State<Arc<App>>,
            sitting: AtDesk,
            Path(id): Path<String>,
        ) -> Result<StatusCode, Problem> {
            take(&app, &sitting, Step::$step, id).await
        }
    )*};
}

steps! {
    /// Stops an account. Its sessions and access tokens end at once; contacts and password stay.
    suspend "/api/v1/desk/members/{member}/suspend" "suspendMember" Suspend;
    /// Lets a suspended account in again.
    resume "/api/v1/desk/members/{member}/resume" "resumeMember" Resume;
    /// Holds an account until somebody made sure and releases it: nobody comes in, nobody recovers.
    hold "/api/v1/desk/members/{member}/hold" "holdMember" Hold;
    /// Releases a held account. First ask the member, by a way that you know, what happened.
    release "/api/v1/desk/members/{member}/release" "releaseMember" Release;
    /// Signs the member out on every device.
    sign_out "/api/v1/desk/members/{member}/sign-out" "signOutMember" SignOut;
    /// Deletes a member, who can be brought back for 7 days. Then name and contacts are erased.
    delete "/api/v1/desk/members/{member}/delete" "deleteMember" Delete;
    /// Undoes a deletion.
    bring_back "/api/v1/desk/members/{member}/bring-back" "bringMemberBack" BringBack;
}

async fn take(app: &App, sitting: &AtDesk, step: Step, id: String) -> Result<StatusCode, Problem> {
    let seat = sitting.seat()?;
    standing::take(app, &seat, step, &member_id(id)?).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the member's sessions.
#[utoipa::path(delete, path = "/api/v1/desk/members/{member}/sessions/{session}", operation_id = "endMemberSession", tag = "desk",
    security(("bearer" = [])),
    params(("member" = String, Path, description = "The member's id."), ("session" = String, Path, description = "From `getMember`.")),
    responses((status = 204, description = "Ended.")))]
pub(in crate::api) async fn end_session(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path((id, session)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let session = SessionId(fields::id(SessionId::PREFIX, session)?);
    let seat = sitting.seat()?;
    standing::end_session(&app, &seat, &member_id(id)?, &session).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The role that a member is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct SetRole {
    #[schema(inline)]
    role: RoleWord,
}

/// A role at the desk.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum RoleWord {
    Owner,
    Administrator,
    HelpDesk,
    Member,
}

/// Gives a member another role. Only by an owner's session, with the password given again: no access token does it.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/role", operation_id = "setMemberRole", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    request_body = SetRole, responses((status = 204, description = "So it is; the member signs in anew.")))]
pub(in crate::api) async fn set_role(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<SetRole>,
) -> Result<StatusCode, Problem> {
    let role = match typed.role {
        RoleWord::Owner => Role::Owner,
        RoleWord::Administrator => Role::Administrator,
        RoleWord::HelpDesk => Role::HelpDesk,
        RoleWord::Member => Role::Member,
    };
    let seat = sitting.seat()?;
    standing::set_role(&app, &seat, &member_id(id)?, role).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
