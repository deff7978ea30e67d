//! The pages of members: the door, getting back in, their own contacts, password and sessions.
//!
//! Pages that exist both on the common site and on a workspace's own stand under both paths with one handler.

pub(super) mod agents;
mod asking;
mod break_glass;
mod contacts;
mod decision;
pub(super) mod devices;
mod drill;
mod help;
mod home;
mod installed;
mod invitation;
mod language;
pub(super) mod lost;
mod not_me;
mod open_page;
pub(super) mod own;
mod password;
mod recovery;
mod removal;
mod sign_in;
pub(super) mod slips;
mod trail;
mod trying;
mod wiped;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// All of them.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(sign_in::root))
        .route("/language", post(language::post))
        .route("/recover/code", get(recovery::get_code).post(recovery::post_code))
        .route("/recover/code/state", get(recovery::get_state))
        .route("/recover/resend", get(recovery::get_resend).post(recovery::post_resend))
        .route("/recover/id", get(recovery::get_ids).post(recovery::post_ids))
        .route("/recover/asked/{token}", get(asking::get_status))
        .route("/recover/password", get(recovery::get_password).post(recovery::post_password))
        .route("/worker.js", get(installed::worker))
        .route("/w/{slug}/app.webmanifest", get(installed::manifest))
        .route("/w/{slug}/me/offline", get(installed::offline))
        .route("/wiped", get(wiped::get).post(wiped::post))
        .route("/not-me", get(not_me::get_word).post(not_me::post_word))
        .route("/not-me/release", get(not_me::get_release_word).post(not_me::post_release_word))
        .route("/not-me/{token}/release", get(not_me::get_release).post(not_me::post_release))
        .route("/not-me/{token}", get(not_me::get_link).post(not_me::post_link))
        .route("/invitation", get(invitation::get).post(invitation::post))
        .route("/invitation/{code}", get(invitation::get))
        .route("/set-password/{token}", get(password::get_first).post(password::post_first))
        .merge(door(""))
        .merge(door("/w/{slug}"))
        .route("/w/{slug}", get(sign_in::root))
        .route("/w/{slug}/sign-out", post(sign_in::post_sign_out))
        .route("/w/{slug}/me", get(home::get))
        .route("/w/{slug}/me/open", get(open_page::stream))
        .route("/w/{slug}/me/later", post(home::post_later))
        .route("/w/{slug}/me/call", post(home::post_call))
        .route("/w/{slug}/me/checkup", get(home::get_checkup).post(home::post_checkup))
        .route("/w/{slug}/me/confirm", get(home::get_confirm).post(home::post_confirm))
        .route("/w/{slug}/me/password", get(password::get_change).post(password::post_change))
        .route("/w/{slug}/me/drill", get(drill::get).post(drill::post))
        .route("/w/{slug}/me/drill/code", get(drill::get_code).post(drill::post_code))
        .route("/w/{slug}/me/drill/code/state", get(drill::get_state))
        .route("/w/{slug}/me/drill/resend", get(drill::get_resend).post(drill::post_resend))
        .route("/w/{slug}/me/drill/done", get(drill::get_done))
        .route("/w/{slug}/me/devices", get(devices::get))
        .route("/w/{slug}/me/devices/sign-out-others", post(devices::post_sign_out_others))
        .route("/w/{slug}/me/devices/agents", get(agents::get).post(agents::post))
        .route("/w/{slug}/me/devices/agents/{id}/remove", post(agents::post_remove))
        .route("/w/{slug}/me/devices/{id}/name", get(devices::get_name).post(devices::post_name))
        .route("/w/{slug}/me/devices/{id}/sign-out", post(devices::post_sign_out))
        .route("/w/{slug}/me/lost", get(lost::get).post(lost::post))
        .route("/w/{slug}/me/lost/wipe", post(lost::post_wipe))
        .route("/w/{slug}/me/lost/found", post(lost::post_found))
        .route("/w/{slug}/me/lost/close", post(lost::post_close))
        .route("/w/{slug}/me/contacts", get(contacts::get))
        .route("/w/{slug}/me/contacts/add-mobile", get(contacts::get_add_mobile).post(contacts::post_add_mobile))
        .route("/w/{slug}/me/contacts/add-email", get(contacts::get_add_email).post(contacts::post_add_email))
        .route("/w/{slug}/me/contacts/{id}/verify", get(contacts::get_verify).post(contacts::post_verify))
        .route("/w/{slug}/me/contacts/{id}/verify/state", get(contacts::get_state))
        .route("/w/{slug}/me/contacts/{id}/resend", get(contacts::get_resend).post(contacts::post_resend))
        .route("/w/{slug}/me/contacts/{id}/try", get(trying::get).post(trying::post))
        .route("/w/{slug}/me/contacts/{id}/try/state", get(trying::get_state))
        .route("/w/{slug}/me/contacts/{id}/remove", get(removal::get).post(removal::post))
        .route("/w/{slug}/me/contacts/{id}/decide", get(decision::get).post(decision::post))
}

/// What leads in, on the common site and on a workspace's own.
fn door(prefix: &str) -> Router<Arc<App>> {
    Router::new()
        .route(&format!("{prefix}/sign-in"), get(sign_in::get).post(sign_in::post))
        .route(&format!("{prefix}/cannot-sign-in"), get(sign_in::get_cannot))
        .route(&format!("{prefix}/recover"), get(recovery::get_choose))
        .route(&format!("{prefix}/recover/mobile"), get(recovery::get_mobile).post(recovery::post_mobile))
        .route(&format!("{prefix}/recover/email"), get(recovery::get_email).post(recovery::post_email))
        .route(&format!("{prefix}/recover/other"), get(recovery::get_other))
        .route(&format!("{prefix}/break-glass"), get(break_glass::get).post(break_glass::post))
        .route(&format!("{prefix}/recover/ask"), get(asking::get).post(asking::post))
        .route(&format!("{prefix}/help"), get(help::get))
        .route(&format!("{prefix}/help/sms"), get(help::get_sms))
        .route(&format!("{prefix}/help/{{name}}"), get(help::get_article))
}
