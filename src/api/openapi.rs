//! The description that clients are built from (OpenAPI 3.1), made from the handlers. What holds for every operation of
//! a kind (refusals, the device's header) is added here once.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};
use utoipa::{Modify, ToResponse, ToSchema};

use super::caller::{DEVICE, RECOVERY};

/// Why it was not done (RFC 9457), in the language that `Accept-Language` asks for (ja or en).
#[derive(ToSchema, ToResponse)]
#[response(
    description = "Not done; the problem says why.",
    content_type = "application/problem+json"
)]
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
    /// Whom to ask, in the workspace's own words.
    #[schema(required = false)]
    contact: String,
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
        let handle = ApiKeyValue::with_description(RECOVERY, "The handle that `startRecovery` answered.");
        components.add_security_scheme("recovery", SecurityScheme::ApiKey(ApiKey::Header(handle)));
        for item in api.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                complete(operation);
            }
        }
    }
}

fn complete(operation: &mut Operation) {
    let takes = |scheme: &str| {
        let schemes = serde_json::to_value(&operation.security).unwrap_or_default();
        schemes.as_array().into_iter().flatten().any(|it| it.get(scheme).is_some())
    };
    let (bearer, recovery) = (takes("bearer"), takes("recovery"));
    let mut statuses = vec!["500", "503"];
    if operation.request_body.is_some() {
        statuses.extend(["400", "413", "415", "422", "429"]);
    }
    if recovery {
        statuses.push("400");
    }
    if bearer {
        statuses.extend(["401", "403"]);
    } else {
        operation.parameters.get_or_insert_default().push(device());
    }
    if operation.operation_id.as_deref() == Some("signIn") {
        statuses.extend(["401", "403"]);
    }
    for status in statuses {
        let refused = RefOr::Ref(Ref::from_response_name("Refused"));
        operation.responses.responses.entry(status.to_owned()).or_insert(refused);
    }
}

fn device() -> RefOr<Parameter> {
    let device = ParameterBuilder::new()
        .name(DEVICE)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("The device token that an earlier `signIn` answered."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .build();
    RefOr::T(device)
}
