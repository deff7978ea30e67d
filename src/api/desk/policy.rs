//! The policy: as it is, what another one would do, and the change. A program makes it stricter; what protects less is decided by owners, on a page.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::super::body::Body;
use super::super::problem::{Field, Kind, Problem};
use super::AtDesk;
use crate::app::App;
use crate::flows::desk::effects::{self, Count};
use crate::flows::desk::policy::{self, Set};
use crate::flows::workspaces;
use crate::model::policy_change::FIELDS;
use crate::model::{Action, Policy, PolicyTrouble};

/// The values that may be left out of a policy.
const MAY_BE_NONE: [&str; 2] = ["password.expiry_days", "contacts.required_after_days"];
/// The one that is yes or no.
const YES_OR_NO: &str = "password.blocklist";
/// What a policy was read as.
const VERSION: &str = "version";

/// A value's name here: `password.min_length` is `passwordMinLength`.
fn name(field: &str) -> String {
    let mut words = field.split(['.', '_']);
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    name
}

/// Every value by its name, and the version.
fn schema(needed: bool, about: &str) -> RefOr<Schema> {
    let version = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(64))
        .description(Some("What `getPolicy` answered: where somebody else was faster nothing is changed."));
    let mut object = ObjectBuilder::new()
        .description(Some(about))
        .property(VERSION, version)
        .required(VERSION)
        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)));
    for field in FIELDS {
        object = object.property(name(field), value_schema(field));
        if needed {
            object = object.required(name(field));
        }
    }
    RefOr::T(Schema::Object(object.build()))
}

fn value_schema(field: &str) -> Object {
    let about = format!("`{field}` of the policy");
    if field == YES_OR_NO {
        return ObjectBuilder::new().schema_type(Type::Boolean).description(Some(about)).build();
    }
    let kind = if MAY_BE_NONE.contains(&field) {
        SchemaType::from_iter([Type::Integer, Type::Null])
    } else {
        SchemaType::Type(Type::Integer)
    };
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new().schema_type(kind).format(Some(format)).minimum(Some(0_i64)).description(Some(about)).build()
}

/// The policy, value by value.
#[derive(Serialize)]
#[serde(transparent)]
pub(in crate::api) struct PolicyShown(Map<String, Value>);

impl PartialSchema for PolicyShown {
    fn schema() -> RefOr<Schema> {
        schema(true, "The policy, value by value.")
    }
}

impl ToSchema for PolicyShown {
    fn name() -> Cow<'static, str> {
        "DeskPolicy".into()
    }
}

/// What is to be another value; what is left out stays as it is.
#[derive(Deserialize)]
#[serde(transparent)]
pub(in crate::api) struct ChangePolicy(Map<String, Value>);

impl PartialSchema for ChangePolicy {
    fn schema() -> RefOr<Schema> {
        schema(false, "What is to be another value; what is left out stays as it is.")
    }
}

impl ToSchema for ChangePolicy {
    fn name() -> Cow<'static, str> {
        "ChangePolicy".into()
    }
}

fn version(policy: &Policy) -> String {
    HEXLOWER.encode(&Sha256::digest(policy.to_json())[..16])
}

async fn present(app: &App, sitting: &AtDesk) -> Result<Policy, Problem> {
    let seat = sitting.seat()?;
    Ok(workspaces::policy_of(&policy::look(app, &seat).await?)?)
}

/// The workspace's policy.
#[utoipa::path(get, path = "/api/v1/desk/policy", operation_id = "getPolicy", tag = "desk",
    security(("bearer" = [])), responses((status = 200, description = "The policy.", body = PolicyShown)))]
pub(in crate::api) async fn show(State(app): State<Arc<App>>, sitting: AtDesk) -> Result<Json<PolicyShown>, Problem> {
    let policy = present(&app, &sitting).await?;
    let value = |field: &'static str| match policy.value(field) {
        value if field == YES_OR_NO => json!(value == Some(1)),
        value => json!(value),
    };
    let mut all: Map<String, Value> = FIELDS.into_iter().map(|field| (name(field), value(field))).collect();
    all.insert(VERSION.to_owned(), json!(version(&policy)));
    Ok(Json(PolicyShown(all)))
}

impl ChangePolicy {
    /// The policy that it would be, upon the one that was looked at.
    fn upon(&self, was: &Policy) -> Result<Policy, Problem> {
        if self.0.get(VERSION).and_then(Value::as_str) != Some(&version(was)) {
            return Err(Kind::ChangedMeanwhile.into());
        }
        let mut new = was.clone();
        let mut troubles = Vec::new();
        for field in FIELDS {
            let Some(value) = self.0.get(&name(field)) else { continue };
            let value = match value {
                Value::Bool(yes) => Some(u32::from(*yes)),
                Value::Null => None,
                // What does not fit is out of every range.
                other => Some(other.as_u64().and_then(|value| u32::try_from(value).ok()).unwrap_or(u32::MAX)),
            };
            if !new.set_value(field, value) {
                troubles.push(out_of_range(field));
            }
        }
        if let Err(found) = new.check() {
            troubles.extend(found.into_iter().map(|trouble| match trouble {
                PolicyTrouble::OutOfRange { field, .. } => out_of_range(field),
                PolicyTrouble::ExpiryDays => Field::new(&name(MAY_BE_NONE[0]), "expiry_days", "slip-expiry-days"),
                PolicyTrouble::IdleLongerThanSession { field } => {
                    Field::new(&name(field), "idle_longer", "slip-idle-longer")
                }
            }));
        }
        if troubles.is_empty() { Ok(new) } else { Err(Problem::fields(troubles)) }
    }
}

fn out_of_range(field: &str) -> Field {
    let (min, max) = Policy::range(field).unwrap_or((0, 1));
    Field::new(&name(field), "out_of_range", "slip-out-of-range").saying("min", &min).saying("max", &max)
}

fn for_owners(laxer: Vec<&'static str>) -> Problem {
    let field = |field| Field::new(&name(field), "for_owners", "api-field-for-owners");
    Problem::for_owners(laxer.into_iter().map(field).collect())
}

/// Makes the policy stricter. What would protect less is refused with `for-owners`, from an access token always.
#[utoipa::path(post, path = "/api/v1/desk/policy", operation_id = "changePolicy", tag = "desk",
    security(("bearer" = [])), request_body = ChangePolicy,
    responses((status = 204, description = "It holds from now on.")))]
pub(in crate::api) async fn change(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<ChangePolicy>,
) -> Result<StatusCode, Problem> {
    let was = present(&app, &sitting).await?;
    let new = typed.upon(&was)?;
    let seat = sitting.seat()?;
    match policy::set_policy(&app, &seat, &was, &new).await? {
        Set::Done => Ok(StatusCode::NO_CONTENT),
        Set::Ended => Err(Problem::bad_token()),
        Set::Meanwhile(_) => Err(Kind::ChangedMeanwhile.into()),
        Set::ForOwners(laxer) => Err(for_owners(laxer)),
        Set::ShutsOneselfOut => Err(Kind::Broken.into()),
    }
}

/// What a change would do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct PolicyReview {
    /// The values that would be others.
    changes: Vec<String>,
    /// Those of them that only owners may decide.
    for_owners: Vec<String>,
    /// Members who would have to set a new password.
    must_change: Affected,
    /// Of these, who has no verified contact.
    must_change_alone: Affected,
    /// Sessions that would end.
    sessions: Affected,
    /// Members without a verified contact who could put it off no longer.
    need_contact: Affected,
    /// Members who would be asked to confirm a contact again.
    reconfirm: Affected,
    /// Lines of the sign-in log that would be forgotten.
    sign_ins: Affected,
    /// Lines of the audit log that would be forgotten.
    audit: Affected,
}

/// So many.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Affected {
    count: u64,
    /// There may be more: not all members were looked at.
    at_least: bool,
}

impl From<Count> for Affected {
    fn from(count: Count) -> Self {
        Self { count: count.n, at_least: count.at_least }
    }
}

/// What `changePolicy` would do with this. Nothing is changed.
#[utoipa::path(post, path = "/api/v1/desk/policy/review", operation_id = "reviewPolicy", tag = "desk",
    security(("bearer" = [])), request_body = ChangePolicy,
    responses((status = 200, description = "What it would do.", body = PolicyReview)))]
pub(in crate::api) async fn review(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<ChangePolicy>,
) -> Result<Json<PolicyReview>, Problem> {
    let was = present(&app, &sitting).await?;
    let new = typed.upon(&was)?;
    let seat = sitting.seat()?;
    let found = effects::of_policy(&app, &seat, &was, &new).await?;
    let names = |fields: Vec<&'static str>| fields.into_iter().map(name).collect();
    let laxer = if seat.may(Action::WeakenPolicy) { Vec::new() } else { was.laxer_in(&new) };
    Ok(Json(PolicyReview {
        changes: names(was.differs(&new)),
        for_owners: names(laxer),
        must_change: found.must_change.into(),
        must_change_alone: found.must_change_alone.into(),
        sessions: found.sessions.into(),
        need_contact: found.need_contact.into(),
        reconfirm: found.reconfirm.into(),
        sign_ins: found.sign_ins.into(),
        audit: found.audit.into(),
    }))
}
