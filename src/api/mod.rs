//! The JSON API under `/api/v1`: the same stories as the pages, by bearer token. No cookies, no CORS.
//!
//! `endpoints!` is the one list of operations: the router and the OpenAPI text are both made from it, and behind each operation of the desk stands the
//! right that it asks for. docs/api.md is the guide for those who write clients.

mod agent;
mod body;
mod caller;
mod desk;
mod devices;
mod fields;
mod me;
mod openapi;
mod problem;
mod recovery;
mod session;

use std::any::Any;
use std::sync::{Arc, LazyLock};

use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;

use crate::app::App;
use crate::model::Action;
use crate::model::id;
use crate::web::HSTS;
use openapi::Everywhere;
use problem::{Kind, Problem};

macro_rules! endpoints {
    (@with $($part:ident)::+) => { $($part)::+ };
    (@with $($part:ident)::+, $action:ident) => { Handler::layer($($part)::+, Extension(Action::$action)) };
    (@action) => { None };
    (@action $action:ident) => { Some(Action::$action) };
    ($($path:literal { $($method:ident $($part:ident)::+ $(: $action:ident)?),+ $(,)? })*) => {
        /// Every path below `/api` with its methods.
        pub const ENDPOINTS: &[(&str, &[&str])] = &[$(($path, &[$(stringify!($method)),+])),*];

        /// Each method of each path, and the right at the desk that it asks for; none for what is one's own.
        pub const RIGHTS: &[(&str, &str, Option<Action>)] =
            &[$($((stringify!($method), $path, endpoints!(@action $($action)?))),+),*];

        fn endpoints() -> Router<Arc<App>> {
            Router::new()$(.route(
                $path,
                MethodRouter::new()$(.$method(endpoints!(@with $($part)::+ $(, $action)?)))+,
            ))*
        }

        /// Aikagi's sign-in and account recovery for clients. Errors are problem details (RFC 9457).
        #[derive(OpenApi)]
        #[openapi(
            info(title = "Aikagi API"),
            paths($($($($part)::+),+),*),
            components(schemas(openapi::Refused, openapi::FieldError), responses(openapi::Refused)),
            modifiers(&Everywhere)
        )]
        struct Described;
    };
}

endpoints! {
    "/v1/sign-in" { post session::sign_in }
    "/v1/password" { post session::set_password }
    "/v1/session" { get session::show, delete session::sign_out }
    "/v1/session/proof" { post session::prove_again }
    "/v1/sessions" { get session::list, delete session::end_others }
    "/v1/sessions/{session}" { delete session::end }
    "/v1/recovery" { get recovery::show, post recovery::start }
    "/v1/recovery/resend" { post recovery::resend }
    "/v1/recovery/check" { post recovery::check }
    "/v1/recovery/password" { post recovery::set_password }
    "/v1/me" { get me::profile }
    "/v1/me/checkup" { delete me::finish_checkup }
    "/v1/me/password" { post me::change_password }
    "/v1/me/devices" { get devices::list }
    "/v1/me/devices/{device}" { delete devices::sign_out }
    "/v1/me/contacts" { post me::add_contact }
    "/v1/me/contacts/{contact}" { delete me::remove_contact }
    "/v1/me/contacts/{contact}/decision" { post me::decide_contact }
    "/v1/me/contacts/{contact}/verify" { post me::verify_contact }
    "/v1/me/contacts/{contact}/resend" { post me::resend_contact_code }
    "/v1/desk" { get desk::show: OpenDesk }
    "/v1/desk/members" { get desk::members::list: SeeMembers, post desk::members::add: AddMembers }
    "/v1/desk/members/search" { post desk::members::search: SeeMembers }
    "/v1/desk/members/many" { post desk::many::prepare: PrepareJobs }
    "/v1/desk/members/import" { post desk::many::import: PrepareJobs }
    "/v1/desk/members/{member}" { get desk::members::show: SeeMembers }
    "/v1/desk/members/{member}/invitation" { post desk::members::invite: AddMembers, delete desk::members::uninvite: AddMembers }
    "/v1/desk/members/{member}/profile" { post desk::standing::change_profile: EditProfile }
    "/v1/desk/members/{member}/suspend" { post desk::standing::suspend: Suspend }
    "/v1/desk/members/{member}/resume" { post desk::standing::resume: Suspend }
    "/v1/desk/members/{member}/hold" { post desk::standing::hold: Release }
    "/v1/desk/members/{member}/release" { post desk::standing::release: Release }
    "/v1/desk/members/{member}/sign-out" { post desk::standing::sign_out: SignOut }
    "/v1/desk/members/{member}/devices" { get desk::devices::list: SeeMembers }
    "/v1/desk/members/{member}/devices/{device}" { delete desk::devices::sign_out: SignOut }
    "/v1/desk/members/{member}/loss" { get desk::devices::loss: SeeMembers }
    "/v1/desk/members/{member}/sessions/{session}" { delete desk::standing::end_session: SignOut }
    "/v1/desk/members/{member}/delete" { post desk::standing::delete: Delete }
    "/v1/desk/members/{member}/bring-back" { post desk::standing::bring_back: Delete }
    "/v1/desk/members/{member}/role" { post desk::standing::set_role: SetRoles }
    "/v1/desk/members/{member}/force-password" { post desk::passwords::force: DemandPassword }
    "/v1/desk/members/{member}/request-password" { post desk::passwords::request: DemandPassword }
    "/v1/desk/members/{member}/contacts" { post desk::contacts::add: MendContacts }
    "/v1/desk/members/{member}/contacts/{contact}" { post desk::contacts::replace: MendContacts, delete desk::contacts::remove: MendContacts }
    "/v1/desk/readiness" { get desk::readiness::show: SeeMembers }
    "/v1/desk/policy" { get desk::policy::show: SeePolicy, post desk::policy::change: SetPolicy }
    "/v1/desk/policy/review" { post desk::policy::review: SetPolicy }
    "/v1/desk/sign-ins" { get desk::logs::sign_ins: ReadSignIns }
    "/v1/desk/sign-ins/export" { post desk::logs::export_sign_ins: Export }
    "/v1/desk/messages" { get desk::messages::list: ReadMessages }
    "/v1/desk/messages/{message}" { get desk::messages::one: ReadMessages }
    "/v1/desk/audit" { get desk::logs::audit: ReadAudit }
    "/v1/desk/audit/export" { post desk::logs::export_audit: Export }
    "/v1/desk/jobs" { get desk::jobs::list: PrepareJobs }
    "/v1/desk/jobs/{job}" { get desk::jobs::show: PrepareJobs }
    "/v1/desk/jobs/{job}/stop" { post desk::jobs::stop: PrepareJobs }
    "/v1/desk/jobs/{job}/invite" { post desk::many::prepare_invitations: PrepareJobs }
    "/v1/desk/jobs/{job}/add" { post desk::many::begin_adding: AddMembers }
    "/v1/desk/jobs/{job}/demand" { post desk::many::begin_demand: DemandPassword }
    "/v1/desk/jobs/{job}/suspend" { post desk::many::begin_suspend: Suspend }
    "/v1/desk/jobs/{job}/sign-out" { post desk::many::begin_sign_out: SignOut }
    "/v1/desk/locked-out" { get desk::requests::list: AnswerLockedOut }
    "/v1/desk/locked-out/{request}" { get desk::requests::show: AnswerLockedOut }
    "/v1/desk/locked-out/{request}/take" { post desk::requests::take: AnswerLockedOut }
    "/v1/desk/locked-out/{request}/answer" { post desk::requests::answer: AnswerLockedOut }
    "/v1/desk/locked-out/{request}/close" { post desk::requests::close: AnswerLockedOut }
}

/// Everything under `/api`, and what programs on devices ask under `/agent`. The server must put `ConnectInfo<SocketAddr>` into each request.
pub fn router(app: Arc<App>) -> Router {
    let inner = endpoints()
        .route("/openapi.json", get(description))
        .fallback(async || Kind::NotFound)
        .method_not_allowed_fallback(other_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn_with_state(app.clone(), finish));
    let devices = agent::routes()
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn_with_state(app.clone(), finish));
    Router::new().nest("/api", inner).merge(devices).with_state(app)
}

/// The OpenAPI text, made once.
async fn description() -> impl IntoResponse {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| Described::openapi().to_json().unwrap_or_else(|error| panic!("the OpenAPI text: {error}")));
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// OPTIONS is answered by `Allow`, which axum adds, and by nothing that another origin could use.
async fn other_method(method: Method) -> Response {
    if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Kind::MethodNotAllowed.into_response()
    }
}

/// The panic's text is in the log already, by the hook.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Kind::Broken.into_response()
}

/// Whoever sends too slowly, or met something that hangs, is told to come again.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(crate::flows::ANSWER_WITHIN, next.run(request)).await;
    answer.unwrap_or_else(|_| Problem::unavailable().into_response())
}

/// The door on the way out: problems get their words, and no answer is kept by a cache or taken for something else.
async fn finish(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let locale = caller::language(request.headers());
    let asked = request.uri().path().strip_prefix("/v1/desk").map(id::in_path);
    let mut response = next.run(request).await;
    if let Some(asked) = asked.filter(|_| response.status() == StatusCode::NOT_FOUND) {
        // Somebody may be trying other workspaces' ids.
        tracing::warn!(asked, "nothing of this workspace, by the desk's API");
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = problem.render(locale);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // An answer is data; a browser that is led to show it shows nothing of it, and in no frame.
    const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if app.config.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_end_is_answered_all_the_same() {
        let pending = get(async || std::future::pending::<()>().await);
        let routes = Router::new().route("/", pending).layer(middleware::from_fn(in_time));
        let answer = routes.oneshot(Request::new(axum::body::Body::empty())).await.expect("an answer");
        assert!(answer.extensions().get::<Problem>().is_some(), "it becomes a problem in words");
    }
}
