//! Members: the list, a search, one with all that the desk shows, a new one, and their invitation.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::body::Body;
use super::super::fields::{self, Channel, time};
use super::super::problem::{Field, Kind, Problem};
use super::{AtDesk, member_id, refused, size};
use crate::app::App;
use crate::flows::desk::roster::{self, After, Member};
use crate::flows::desk::which::Filter;
use crate::flows::desk::{adding, invitations};
use crate::flows::sheet::{Cells, Told};
use crate::model::id::ContactId;
use crate::model::{MemberState, Timestamp};
use crate::wording::sheet;

/// What a cursor of this list is bound to.
const LIST: &str = "members";

/// Which members, and where to go on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct Listing {
    /// `present` (all but the deleted; without it, too), `invited`, `active`, `suspended`, `held`, `above` (with a role at the desk),
    /// `away30`, `away90` (no sign-in for so many days), `deleted` (can be brought back), or why somebody could not get back in alone:
    /// `no_contact`, `unverified`, `bounced`, `frozen`, `stale`, `waiting`, `never_set`, and `ready` for those who could.
    #[param(required = false, nullable = false)]
    which: Option<String>,
    /// Instead of `which`: active members whose last sign-in was before this day (UTC, as in `lastSignIn`), or who never did; longest away first.
    #[param(required = false, nullable = false, format = Date, rename = "lastSignInBefore")]
    #[serde(rename = "lastSignInBefore")]
    before: Option<String>,
    /// `next` of the page before; it knows what was asked for, so that nothing but `limit` may stand beside it.
    #[param(required = false, nullable = false)]
    cursor: Option<String>,
    /// How many at most; 50 without it.
    #[param(required = false, nullable = false, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// What is looked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "typed": "田中" }))]
pub(in crate::api) struct SearchMembers {
    /// First letters of a name, its reading, an ID or a department; or a whole mobile number or email address.
    #[schema(max_length = 200)]
    typed: String,
    /// As in `listMembers`.
    #[schema(max_length = 20)]
    which: Option<String>,
    /// As in `listMembers`; beside words, those of them whom the search finds.
    #[schema(max_length = 32, format = Date, rename = "lastSignInBefore")]
    #[serde(rename = "lastSignInBefore")]
    before: Option<String>,
    /// How many at most; 50 without it.
    #[schema(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskMembers {
    members: Vec<DeskMember>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// A member as lists have them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskMember {
    id: String,
    /// Empty for somebody of whom nothing is left but that they were here.
    login: String,
    name: String,
    /// The name's reading.
    kana: String,
    department: String,
    /// `owner`, `administrator`, `help_desk` or `member`. The words may grow.
    role: String,
    /// `invited`, `active`, `suspended` or `deleted`. The words may grow.
    state: String,
    /// "That was not me", or an administrator, stopped the account until somebody releases it.
    held: bool,
    /// Whether they could get back in alone, as it was seen last: `ready`, or why not.
    readiness: String,
    /// The day (UTC) of the last sign-in.
    #[schema(format = Date)]
    last_sign_in: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<Member> for DeskMember {
    fn from(member: Member) -> Self {
        let erased = member.state == MemberState::Deleted && member.deleted_from.is_none();
        let last = (member.signed_in_day > 0).then(|| Timestamp::of_day(member.signed_in_day).to_jiff());
        Self {
            id: member.id.0,
            login: if erased { String::new() } else { member.login },
            name: member.name,
            kana: member.kana,
            department: member.department,
            role: member.role.to_string(),
            state: member.state.to_string(),
            held: member.held_at.is_some(),
            readiness: member.readiness.to_string(),
            last_sign_in: last.map(|at| at.strftime("%Y-%m-%d").to_string()),
            created_at: time(member.created_at),
        }
    }
}

/// What a cursor holds.
#[derive(Serialize, Deserialize)]
struct Place {
    typed: String,
    which: Option<String>,
    before: Option<String>,
    after: Option<After>,
}

/// Lists members in the order of their IDs; those who are away, longest first.
#[utoipa::path(get, path = "/api/v1/desk/members", operation_id = "listMembers", tag = "desk",
    security(("bearer" = [])), params(Listing),
    responses((status = 200, description = "A page of them.", body = DeskMembers)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    listing: Result<Query<Listing>, QueryRejection>,
) -> Result<Json<DeskMembers>, Problem> {
    let Query(listing) = listing.map_err(|_| Kind::Query)?;
    let size = size(listing.limit)?;
    let (which, before) = (listing.which, listing.before);
    let place = match listing.cursor {
        Some(_) if which.is_some() || before.is_some() => return Err(Kind::Query.into()),
        Some(cursor) => sitting.place(&app, LIST, &cursor)?,
        None => Place { typed: String::new(), which, before, after: None },
    };
    page(&app, &sitting, place, size).await
}

/// Looks for members. It is a POST, so that names and numbers lie about in no address; go on with `listMembers` and `next`.
#[utoipa::path(post, path = "/api/v1/desk/members/search", operation_id = "searchMembers", tag = "desk",
    security(("bearer" = [])), request_body = SearchMembers,
    responses((status = 200, description = "A page of them.", body = DeskMembers)))]
pub(in crate::api) async fn search(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<SearchMembers>,
) -> Result<Json<DeskMembers>, Problem> {
    let size = size(typed.limit.and_then(|limit| usize::try_from(limit).ok()))?;
    let (which, before) = (typed.which, typed.before);
    page(&app, &sitting, Place { typed: typed.typed.trim().to_owned(), which, before, after: None }, size).await
}

async fn page(app: &App, sitting: &AtDesk, place: Place, size: usize) -> Result<Json<DeskMembers>, Problem> {
    let Place { typed, which, before, after } = place;
    let filter = Filter::of(which.as_deref(), before.as_deref()).ok_or(Kind::Query)?;
    let only = filter.at(sitting.visitor.now);
    let seat = sitting.seat()?;
    let found = roster::look_at(app, &seat, &typed, only, after.as_ref(), size).await?;
    let next = found.next.map(|after| sitting.cursor(app, LIST, &Place { typed, which, before, after: Some(after) }));
    Ok(Json(DeskMembers { members: found.members.into_iter().map(DeskMember::from).collect(), next }))
}

/// A member with all that the desk shows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskMemberWhole {
    member: DeskMember,
    /// `ja` or `en`.
    locale: String,
    /// What `changeProfile` was made upon.
    version: String,
    /// Oldest first.
    contacts: Vec<DeskContact>,
    /// Where they are signed in, newest first.
    sessions: Vec<DeskSession>,
    /// The newest tries to sign in.
    sign_ins: Vec<DeskTry>,
    #[schema(format = DateTime)]
    password_set_at: Option<String>,
    /// When they tried out last how to get back in.
    #[schema(format = DateTime)]
    drilled_at: Option<String>,
}

/// A member's contact.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskContact {
    id: String,
    #[schema(inline)]
    kind: Channel,
    /// With the middle hidden.
    masked: String,
    /// `unverified`, `verified` or `frozen`. The words may grow.
    state: String,
    /// From when it can recover alone.
    #[schema(format = DateTime)]
    recovers_from: Option<String>,
    /// When its code was typed last.
    #[schema(format = DateTime)]
    confirmed_at: Option<String>,
}

/// Where a member is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct DeskSession {
    id: String,
    /// `bearer` for clients of this API, `cookie` for browsers.
    way: String,
    /// The client's or browser's own name; text that a stranger may have chosen.
    agent: String,
    /// The network it was opened from.
    network: String,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    seen_at: String,
}

/// A try to sign in.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskTry {
    #[schema(format = DateTime)]
    at: String,
    /// As in the sign-in log.
    result: String,
    /// The client's address.
    address: String,
    /// Text that a stranger may have chosen.
    agent: String,
}

/// One member of the workspace.
#[utoipa::path(get, path = "/api/v1/desk/members/{member}", operation_id = "getMember", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    responses((status = 200, description = "The member.", body = DeskMemberWhole)))]
pub(in crate::api) async fn show(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<DeskMemberWhole>, Problem> {
    let seat = sitting.seat()?;
    let one = roster::one(&app, &seat, &member_id(id)?).await?.ok_or(Kind::NotFound)?;
    let contacts = one.contacts.into_iter().map(|(contact, masked)| DeskContact {
        id: contact.id.0,
        kind: contact.kind.into(),
        masked,
        state: contact.state.to_string(),
        recovers_from: contact.recovers_from.map(time),
        confirmed_at: contact.confirmed_at.map(time),
    });
    let sessions = one.devices.into_iter().flat_map(|shown| shown.sessions).map(|session| DeskSession {
        id: session.id.0,
        way: session.way,
        agent: session.agent,
        network: session.network,
        created_at: time(session.created_at),
        seen_at: time(session.seen_at),
    });
    let sign_ins = one.sign_ins.into_iter().map(|line| DeskTry {
        at: time(line.at),
        result: line.result.to_string(),
        address: line.address,
        agent: line.agent,
    });
    Ok(Json(DeskMemberWhole {
        locale: one.member.locale.as_str().to_owned(),
        version: one.member.updated_at.0.to_string(),
        contacts: contacts.collect(),
        sessions: sessions.collect(),
        sign_ins: sign_ins.collect(),
        password_set_at: one.password_set_at.map(time),
        drilled_at: one.drilled_at.map(time),
        member: one.member.into(),
    }))
}

/// Somebody new.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "login": "tanaka", "name": "田中 美咲", "email": "misaki@example.net" }))]
pub(in crate::api) struct AddMember {
    /// The bare ID.
    #[schema(max_length = 256)]
    login: String,
    #[schema(max_length = 256)]
    name: String,
    /// The name's reading.
    #[schema(max_length = 256)]
    kana: Option<String>,
    #[schema(max_length = 256)]
    department: Option<String>,
    /// A mobile number for recovery.
    #[schema(max_length = 256)]
    mobile: Option<String>,
    /// A personal email address for recovery.
    #[schema(max_length = 256)]
    email: Option<String>,
    /// `member` without it. Nobody gives a role like their own, and an access token gives no other.
    #[schema(max_length = 20)]
    role: Option<String>,
}

/// Somebody who was added.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AddedMember {
    /// For `inviteMember` and all else.
    id: String,
}

/// Adds a member, who can do nothing before they are invited and have set a password.
#[utoipa::path(post, path = "/api/v1/desk/members", operation_id = "addMember", tag = "desk",
    security(("bearer" = [])), request_body = AddMember,
    responses((status = 201, description = "Added.", body = AddedMember)))]
pub(in crate::api) async fn add(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<AddMember>,
) -> Result<(StatusCode, Json<AddedMember>), Problem> {
    let text = |text: Option<String>| text.unwrap_or_default().trim().to_owned();
    let cells = Cells {
        login: typed.login.trim().to_owned(),
        name: typed.name.trim().to_owned(),
        kana: text(typed.kana),
        department: text(typed.department),
        role: text(typed.role),
        mobile: text(typed.mobile),
        email: text(typed.email),
    };
    let seat = sitting.seat()?;
    match adding::add(&app, &seat, &cells).await? {
        Ok(Ok(id)) => Ok((StatusCode::CREATED, Json(AddedMember { id: id.0 }))),
        Ok(Err(told)) => Err(Problem::fields(told.iter().map(trouble).collect())),
        Err(refusal) => Err(refused(refusal)),
    }
}

fn trouble(told: &Told) -> Field {
    let name = told.column.map_or("login", |column| column.as_str());
    Field::new(name, told.why.as_str(), sheet::key(told.why))
}

/// Where an invitation goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct InviteMember {
    /// One of the member's contacts (its id); without it, the oldest.
    #[schema(max_length = 64)]
    contact: Option<String>,
}

/// Sends an invitation to one of the member's contacts; the one before ends. Its code goes there and nowhere else.
#[utoipa::path(post, path = "/api/v1/desk/members/{member}/invitation", operation_id = "inviteMember", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    request_body = InviteMember, responses((status = 204, description = "It is on its way.")))]
pub(in crate::api) async fn invite(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<InviteMember>,
) -> Result<StatusCode, Problem> {
    let id = member_id(id)?;
    let seat = sitting.seat()?;
    let to = match typed.contact {
        Some(contact) => ContactId(fields::id(ContactId::PREFIX, contact)?),
        None => match invitations::choices(&app, &seat, &id).await? {
            Some((_, choices)) => choices.into_iter().next().ok_or(Kind::NoContact)?.id,
            // Whoever has a password or is not there: the invitation itself tells which.
            None => ContactId(String::new()),
        },
    };
    invitations::invite(&app, &seat, &id, Some(&to)).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the member's invitation.
#[utoipa::path(delete, path = "/api/v1/desk/members/{member}/invitation", operation_id = "revokeInvitation", tag = "desk",
    security(("bearer" = [])), params(("member" = String, Path, description = "The member's id.")),
    responses((status = 204, description = "It opens nothing any more.")))]
pub(in crate::api) async fn uninvite(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let seat = sitting.seat()?;
    invitations::revoke(&app, &seat, &member_id(id)?).await?.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
