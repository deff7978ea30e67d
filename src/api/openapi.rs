//! The description that clients are built from (OpenAPI 3.1), made from the handlers. What holds for every operation of
//! a kind (refusals, the device's header) is added here once.

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};
use utoipa::{Modify, ToResponse, ToSchema};

use super::caller::{DEVICE, RECOVERY};

/// Why it was not done (RFC 9457), in the language that `Accept-Language` asks for (ja or en).
#[derive(ToSchema, ToResponse)]
#[response(description = "Not done; the problem says why.", content_type = "application/problem+json")]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what `Problem::render` writes")]
#[schema(rename_all = "camelCase")]
pub(super) struct Refused {
    /// What programs go by; docs/api.md lists them. New ones may come.
    #[schema(example = "urn:aikagi:problem:invalid-fields")]
    r#type: String,
    /// For people.
    title: String,
    status: u16,
    /// For people: what happened and what to do next.
    detail: String,
    /// What single fields have against them.
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// Seconds, as in `Retry-After`.
    #[schema(required = false)]
    retry_after: u64,
    /// How many tries the code has left.
    #[schema(required = false)]
    tries_left: u32,
    /// What the access token would have to be good for.
    #[schema(required = false)]
    scope: String,
    /// Whom to ask, in the workspace's own words.
    #[schema(required = false)]
    contact: String,
    /// By which of one's own contacts (their ids) one can go on.
    #[schema(required = false)]
    contacts: Vec<String>,
}

/// What one field has against it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `Problem::render` writes")]
pub(super) struct FieldError {
    /// Where in the body (RFC 6901).
    #[schema(example = "/password")]
    pointer: String,
    /// What programs go by. New ones may come.
    #[schema(example = "too_short")]
    code: String,
    /// For people.
    detail: String,
}

/// Adds what holds for all operations of a kind.
pub(super) struct Everywhere;

impl Modify for Everywhere {
    fn modify(&self, api: &mut OpenApi) {
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        for (path, item) in &mut api.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                complete(path, operation);
            }
        }
    }
}

fn complete(path: &str, operation: &mut Operation) {
    let name = operation.operation_id.as_deref().unwrap_or_default();
    let bearer = operation.security.is_some();
    let recovery = path.starts_with("/api/v1/recovery") && name != "startRecovery";
    let mut statuses = vec!["500", "503"];
    if operation.request_body.is_some() {
        statuses.extend(["400", "413", "415", "422", "429"]);
    }
    if bearer || name == "signIn" {
        statuses.extend(["401", "403"]);
    }
    if path.starts_with("/api/v1/desk") {
        statuses.extend(["400", "404", "409", "429"]);
    }
    if recovery {
        statuses.push("400");
        let what = "The handle that `startRecovery` answered.";
        header(operation, RECOVERY, Required::True, what, Some("^akr_[0-9a-z]{65}$"));
    }
    if !bearer {
        header(operation, DEVICE, Required::False, "The device token that an earlier `signIn` answered.", None);
    }
    for status in statuses {
        let refused = RefOr::Ref(Ref::from_response_name("Refused"));
        operation.responses.responses.entry(status.to_owned()).or_insert(refused);
    }
}

fn header(operation: &mut Operation, name: &str, required: Required, what: &str, pattern: Option<&str>) {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(pattern).build();
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(what))
        .schema(Some(text))
        .build();
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
}
