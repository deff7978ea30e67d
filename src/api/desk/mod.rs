//! The administrators' desk for programs: the same flows as its pages, by a session or by an access token that was made for it.
//!
//! Which right an operation asks for stands beside it in `endpoints!`. [`AtDesk`] proves it before anything of the request's body is read; each
//! change proves it once more in its own transaction.

pub(super) mod contacts;
pub(super) mod devices;
pub(super) mod jobs;
pub(super) mod logs;
pub(super) mod many;
pub(super) mod members;
pub(super) mod messages;
pub(super) mod passwords;
pub(super) mod policy;
pub(super) mod readiness;
pub(super) mod requests;
pub(super) mod standing;

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::caller::{Caller, bearer_token};
use super::fields::{self, time};
use super::problem::{Kind, Problem};
use crate::app::App;
use crate::flows::desk::{Denied, Refusal, Seat};
use crate::flows::session::{self, Signed};
use crate::flows::{Visitor, access_tokens};
use crate::model::id::MemberId;
use crate::model::{Action, ByToken};

/// Somebody who may do what the operation asks for.
pub(super) struct AtDesk {
    signed: Signed,
    pub(super) visitor: Visitor,
    action: Action,
}

impl FromRequestParts<Arc<App>> for AtDesk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Some(action) = parts.extensions.get::<Action>().copied() else {
            tracing::error!(path = parts.uri.path(), "an operation of the desk names no right");
            return Err(Kind::Broken.into());
        };
        let Caller(visitor) = Caller::from_request_parts(parts, app).await?;
        let token = bearer_token(&parts.headers)?;
        let signed = if access_tokens::is_one(token.expose()) {
            access_tokens::authenticate(app, &token, &visitor).await?
        } else {
            session::authenticate(app, &token, &visitor).await?
        };
        let signed = signed.ok_or_else(Problem::bad_token)?;
        if signed.must_change {
            return Err(if signed.is_asked { Kind::ChangeRequested } else { Kind::PasswordExpired }.into());
        }
        if let Some(granted) = &signed.granted
            && let Err(until) = access_tokens::count(app, &granted.token, visitor.now).await?
        {
            return Err(Problem::wait(visitor.now, until));
        }
        let sitting = Self { signed, visitor, action };
        sitting.seat()?;
        Ok(sitting)
    }
}

impl AtDesk {
    /// The seat for what the operation asks for.
    pub(super) fn seat(&self) -> Result<Seat<'_>, Problem> {
        Seat::take(&self.signed, &self.visitor, self.action).map_err(|why| denied(why, self.action))
    }

    /// Whether who asks may also do this, which is only prepared now: the password is asked for with the word to go.
    fn may_also(&self, action: Action) -> Result<(), Problem> {
        match Seat::take(&self.signed, &self.visitor, action) {
            Ok(_) | Err(Denied::Stale) => Ok(()),
            Err(why) => Err(denied(why, action)),
        }
    }

    /// Where a list goes on, as a text that is of use to nobody but this workspace, for this list.
    fn cursor(&self, app: &App, list: &str, place: &impl Serialize) -> String {
        // Texts become JSON without fail.
        let plain = serde_json::to_vec(place).unwrap_or_default();
        app.keyring.server_key().seal(&*app.dice, CURSOR, &self.bound_to(list), &plain)
    }

    fn place<T: DeserializeOwned>(&self, app: &App, list: &str, cursor: &str) -> Result<T, Problem> {
        let plain = app.keyring.server_key().open(CURSOR, &self.bound_to(list), cursor).map_err(|_| Kind::Query)?;
        serde_json::from_slice(&plain).map_err(|_| Kind::Query.into())
    }

    fn bound_to(&self, list: &str) -> String {
        format!("{}/{list}", self.signed.member.workspace_id)
    }
}

fn denied(why: Denied, action: Action) -> Problem {
    match why {
        Denied::Role => Kind::NotAllowed.into(),
        Denied::Stale => Kind::ProveAgain.into(),
        Denied::Scope => match action.by_token() {
            ByToken::With(scope) => Problem::scope(scope),
            ByToken::Any | ByToken::Never => Kind::SessionNeeded.into(),
        },
    }
}

/// How many of a list are asked for; 50 where nobody says.
fn size(limit: Option<usize>) -> Result<usize, Problem> {
    let size = limit.unwrap_or(50);
    if (1..=200).contains(&size) { Ok(size) } else { Err(Kind::Query.into()) }
}

/// What a cursor is sealed as.
const CURSOR: &str = "api.cursor";

/// Why nothing was done to a member.
pub(super) fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Ended => Problem::bad_token(),
        Refusal::NotFound => Kind::NotFound.into(),
        Refusal::Rank => Kind::RankTooHigh.into(),
        Refusal::Oneself => Kind::Oneself.into(),
        Refusal::State => Kind::NothingToDo.into(),
        Refusal::LastOwner => Kind::LastOwner.into(),
        Refusal::Soon => Kind::TooMany.into(),
    }
}

/// The member that a path names.
pub(super) fn member_id(text: String) -> Result<MemberId, Problem> {
    Ok(MemberId(fields::id(MemberId::PREFIX, text)?))
}

/// Who sits at the desk.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeskSeat {
    /// The member in whose name everything is done.
    member: String,
    login: String,
    /// `owner`, `administrator` or `help_desk`. The words may grow.
    role: String,
    /// The workspace's name in addresses; may change.
    workspace: String,
    /// The access token's id; null for a session.
    token: Option<String>,
    /// What the access token is good for; null for a session, which is good for all that the role may.
    scopes: Option<Vec<String>>,
    /// Until when this session or access token works at the latest.
    #[schema(format = DateTime)]
    ends_at: String,
}

/// In whose name one sits at the desk, for what, and until when.
#[utoipa::path(get, path = "/api/v1/desk", operation_id = "getDesk", tag = "desk",
    security(("bearer" = [])), responses((status = 200, description = "The seat.", body = DeskSeat)))]
pub(super) async fn show(sitting: AtDesk) -> Json<DeskSeat> {
    let signed = sitting.signed;
    let granted = signed.granted.as_ref();
    Json(DeskSeat {
        token: granted.map(|granted| granted.token.to_string()),
        scopes: granted.map(|granted| granted.scopes.iter().map(|scope| scope.to_string()).collect()),
        ends_at: time(signed.ends_at),
        member: signed.member.id.0,
        login: signed.member.login,
        role: signed.member.role.to_string(),
        workspace: signed.slug,
    })
}
