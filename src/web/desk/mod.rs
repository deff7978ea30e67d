//! The pages of the administrators' desk, under `/w/{workspace}/admin`.
//!
//! `desk!` is the one list of them: each method of each address with the right that it asks for. Nobody reaches a handler without it, a test
//! asks every address by every role, and what is sensitive asks for the password first, without losing what was typed.

mod agents;
mod alerts;
mod call;
mod declare;
mod demand;
mod edit;
mod import;
mod jobs;
mod log;
mod lost;
mod managed;
mod management;
mod many;
mod member;
mod members;
mod mend;
mod messages;
mod nudge;
mod owner_steps;
mod owners;
mod people;
mod policy;
mod proof;
mod queue;
mod readiness;
mod remedy;
mod role;
mod sealed;
mod start;
mod step;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use crate::app::App;
use crate::flows::desk::{self, Denied, Refusal, Seat};
use crate::flows::session::{self, Current, Signed};
use crate::model::id::{self, MemberId};
use crate::model::{Action, Network};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::own;
use crate::web::view::desk::Confirm;
use crate::web::view::{ProblemKind, Said, Slip, Troubles};

macro_rules! desk {
    ($($path:literal { $($method:ident $room:ident::$handler:ident: $action:ident),+ $(,)? })*) => {
        /// Every address of the desk behind `/w/{slug}`, with its methods and the right that each asks for.
        pub const ADDRESSES: &[(&str, &str, Action)] = &[$($((stringify!($method), concat!("/admin", $path), Action::$action)),+),*];

        pub(super) fn routes() -> Router<Arc<App>> {
            Router::new()$(.route(
                concat!("/w/{slug}/admin", $path),
                MethodRouter::new()$(.$method(async |call: Call| match enter(call, Action::$action).await {
                    Ok((call, signed)) => {
                        let asked = Asked::of(&call, &signed);
                        asked.answered($room::$handler(call, signed).await)
                    }
                    Err(answer) => answer,
                }))+,
            ))*
        }
    };
}

desk! {
    "" { get start::get: OpenDesk }
    "/members" { get members::get: SeeMembers, post members::post: SeeMembers }
    "/members/export" { post people::export: Export }
    "/members/export/whole" { post people::export_whole: ExportContacts }
    "/members/new" { get people::get_new: AddMembers, post people::post_new: AddMembers }
    "/members/{id}/invite" { get people::get_invite: AddMembers, post people::post_invite: AddMembers }
    "/members/{id}/uninvite" { post people::post_uninvite: AddMembers }
    "/jobs/{job}/slips" { get people::back_to_job: AddMembers, post people::post_slips: AddMembers }
    "/jobs/{job}/invite" { post people::post_invite_all: AddMembers }
    "/members/import" { get import::get: PrepareJobs, post import::post: PrepareJobs }
    "/members/import/template" { get import::template: PrepareJobs }
    "/jobs" { get jobs::list: PrepareJobs }
    "/jobs/{job}" { get jobs::get: PrepareJobs }
    "/members/many" { post many::post: PrepareJobs }
    "/jobs/{job}/demand" { post many::post_demand: DemandPassword }
    "/jobs/{job}/suspend" { post many::post_suspend: Suspend }
    "/jobs/{job}/sign-out" { post many::post_sign_out: SignOut }
    "/jobs/{job}/start" { post jobs::post_start: AddMembers }
    "/jobs/{job}/stop" { post jobs::post_stop: PrepareJobs }
    "/jobs/{job}/report" { get jobs::report: PrepareJobs }
    "/sign-ins" { get log::get_sign_ins: ReadSignIns, post log::post_sign_ins: ReadSignIns }
    "/sign-ins/export" { post log::export_sign_ins: Export }
    "/history" { get log::get_audit: ReadAudit, post log::post_audit: ReadAudit }
    "/history/export" { post log::export_audit: Export }
    "/messages" { get messages::get: FindMessage, post messages::post: FindMessage }
    "/messages/export" { post messages::export: Export }
    "/messages/{message}" { get messages::get_one: ReadMessages }
    "/members/{id}" { get member::get: TakeCalls }
    "/members/{id}/suspend" { get step::get_suspend: Suspend, post step::post_suspend: Suspend }
    "/members/{id}/resume" { post step::post_resume: Suspend }
    "/members/{id}/hold" { get step::get_hold: Release, post step::post_hold: Release }
    "/members/{id}/release" { get step::get_release: Release, post step::post_release: Release }
    "/members/{id}/sign-out" { get step::get_sign_out: SignOut, post step::post_sign_out: SignOut }
    "/members/{id}/devices/{device}/sign-out" { post step::post_sign_out_device: SignOut }
    "/members/{id}/lost" { get lost::get: AnswerLosses, post lost::post: AnswerLosses }
    "/members/{id}/lost/found" { post lost::post_found: AnswerLosses }
    "/members/{id}/lost/receipt" { post lost::post_receipt: SeeMembers }
    "/members/{id}/lost/wipe" { post lost::post_wipe: AnswerLosses }
    "/members/{id}/lost/wipes/{wipe}/take-back" { post lost::post_take_back: AnswerLosses }
    "/members/{id}/lost/steps/{step}" { post lost::post_step: AnswerLosses }
    "/members/{id}/lost/close" { post lost::post_close: AnswerLosses }
    "/members/{id}/agents" { get agents::get: KeepAgents, post agents::post: KeepAgents }
    "/members/{id}/agents/{agent}/remove" { post agents::post_remove: KeepAgents }
    "/members/{id}/agents/{agent}/wipe" { get agents::get_wipe: AnswerLosses, post agents::post_wipe: AnswerLosses }
    "/members/{id}/managed" { get managed::get: KeepAgents, post managed::post: KeepAgents }
    "/members/{id}/managed/{managed}/remove" { post managed::post_remove: KeepAgents }
    "/members/{id}/managed/{managed}/wipe" { get managed::get_wipe: AnswerLosses, post managed::post_wipe: AnswerLosses }
    "/members/{id}/force" { get demand::get_force: DemandPassword, post demand::post_force: DemandPassword }
    "/members/{id}/request" { get demand::get_request: DemandPassword, post demand::post_request: DemandPassword }
    "/members/{id}/show-secret" { get demand::get_force: DemandPassword, post demand::post_show: DemandPassword }
    "/members/{id}/edit" { get edit::get: EditProfile, post edit::post: EditProfile }
    "/members/{id}/contacts/new" { get mend::get_add: MendContacts, post mend::post_add: MendContacts }
    "/members/{id}/contacts/{contact}" { get mend::get: MendContacts, post mend::post_replace: MendContacts }
    "/members/{id}/contacts/{contact}/remove" { get mend::get_remove: MendContacts, post mend::post_remove: MendContacts }
    "/members/{id}/declare" { get declare::get: Declare, post declare::post: Declare }
    "/members/{id}/delete" { get step::get_delete: Delete, post step::post_delete: Delete }
    "/members/{id}/bring-back" { post step::post_bring_back: Delete }
    "/members/{id}/role" { get role::get: SetRoles, post role::post: SetRoles }
    "/owners" { get owners::get: SealCode, post owners::post: SealCode }
    "/members/{id}/owner" { get owner_steps::get: ActOnOwners, post owner_steps::post: ActOnOwners }
    "/owners/steps/{step}/agree" { post owner_steps::post_agree: ActOnOwners }
    "/owners/steps/{step}/carry-out" { post owner_steps::post_carry_out: ActOnOwners }
    "/owners/steps/{step}/refuse" { post owner_steps::post_refuse: ActOnOwners }
    "/members/{id}/nudge" { get nudge::get_one: Nudge, post nudge::post_one: Nudge }
    "/members/{id}/slip" { get nudge::back_to_one: Nudge, post nudge::post_slip: Nudge }
    "/readiness" { get readiness::get: SeeMembers }
    "/readiness/export" { post readiness::export: Export }
    "/readiness/drills" { get readiness::get_drills: SeeMembers }
    "/readiness/of/{reason}" { get readiness::get_reason: SeeMembers }
    "/readiness/of/{reason}/nudge" { get nudge::get_all: Nudge, post nudge::post_all: Nudge }
    "/readiness/of/{reason}/slips" { get nudge::back_to_all: Nudge, post nudge::post_slips: Nudge }
    "/policy" { get policy::get: SeePolicy }
    "/policy/change" { get policy::get_change: SetPolicy, post policy::post_change: SetPolicy }
    "/policy/contact-text" { get policy::get_contact: SetTexts, post policy::post_contact: SetTexts }
    "/policy/failure-text" { get policy::get_failure: SetTexts, post policy::post_failure: SetTexts }
    "/policy/networks" { get policy::get_networks: SetNetworks, post policy::post_networks: SetNetworks }
    "/tokens" { get tokens::get: KeepTokens }
    "/tokens/new" { get tokens::get_new: KeepTokens, post tokens::post_new: KeepTokens }
    "/tokens/{token}/end" { post tokens::post_end: KeepTokens }
    "/alerts" { get alerts::get: SeeAlerts, post alerts::post: AcknowledgeAlerts }
    "/alerts/settings" { get alerts::get_settings: SetAlerts, post alerts::post_settings: SetAlerts }
    "/alerts/webhook" { post alerts::post_webhook: SetAlerts }
    "/alerts/webhook/secret" { post alerts::post_secret: SetAlerts }
    "/alerts/webhook/remove" { post alerts::post_remove: SetAlerts }
    "/alerts/webhook/test" { post alerts::post_test: SetAlerts }
    "/management" { get management::get: SetManagement }
    "/management/webhook" { get management::get: SetManagement, post management::post_webhook: SetManagement }
    "/management/webhook/secret" { get management::get: SetManagement, post management::post_secret: SetManagement }
    "/management/graph" { get management::get: SetManagement, post management::post_graph: SetManagement }
    "/management/{way}/try" { get management::get: SetManagement, post management::post_try: SetManagement }
    "/management/{way}/remove" { post management::post_remove: SetManagement }
    "/queue" { get queue::get: AnswerLockedOut }
    "/queue/{request}" { get queue::get_one: AnswerLockedOut }
    "/queue/{request}/take" { post queue::post_take: AnswerLockedOut }
    "/queue/{request}/answer" { post queue::post_answer: AnswerLockedOut }
    "/queue/{request}/close" { post queue::post_close: AnswerLockedOut }
    "/calls" { get proof::get_agree: AgreeToCalls }
    "/calls/new" { get call::get_new: TakeCalls, post call::post_new: TakeCalls }
    "/calls/{call}" { get call::get: TakeCalls }
    "/calls/{call}/send" { get call::back: TakeCalls, post call::post_send: TakeCalls }
    "/calls/{call}/prompt" { post call::post_prompt: TakeCalls }
    "/calls/{call}/second" { post call::post_second: TakeCalls }
    "/calls/{call}/end" { post call::post_end: TakeCalls }
    "/calls/{call}/letters" { get call::back: TakeCalls, post proof::post_letters: TakeCalls }
    "/calls/{call}/number" { get call::back: TakeCalls, post proof::post_number: TakeCalls }
    "/calls/{call}/force" { get remedy::get_force: TakeCalls, post remedy::post_force: HelpCaller }
    "/calls/{call}/sign-out" { get remedy::get_sign_out: TakeCalls, post remedy::post_sign_out: HelpCaller }
    "/calls/{call}/lost" { get remedy::get_lost: TakeCalls, post remedy::post_lost: HelpCaller }
    "/calls/{call}/agree" { post proof::post_agree: AgreeToCalls }
}

/// The field with the password that is asked for again. No form of the desk has one of this name.
const AGAIN: &str = "again";
/// The fields of the page that asks for it, which are not those of the page before.
const OWN: [&str; 3] = ["csrf", AGAIN, "username"];

/// What was asked for, to be written into the server's log when it is not there: somebody may be trying other workspaces' ids.
struct Asked {
    ids: String,
    member: MemberId,
    network: Network,
}

impl Asked {
    fn of(call: &Call, signed: &Signed) -> Self {
        Self { ids: id::in_path(call.path()), member: signed.member.id.clone(), network: call.visitor.network }
    }

    fn answered(self, answer: Answer) -> Answer {
        if matches!(answer, Err(Failure::NotFound)) {
            tracing::warn!(asked = self.ids, member = %self.member, network = %self.network, "nothing of this workspace");
        }
        answer
    }
}

/// Who sits down at the desk, or else the answer: to the door, to another page, to the password first.
async fn enter(call: Call, action: Action) -> Result<(Call, Signed), Answer> {
    let (mut call, mut signed) = own::enter_current(call).await?;
    if let Ok(seat) = Seat::take(&signed, &call.visitor, Action::AnswerLockedOut) {
        match desk::queue::waiting(&call.app, &seat).await {
            Ok(waiting) => call.set_waiting(waiting),
            Err(error) => return Err(Err(error.into())),
        }
    }
    match Seat::take(&signed, &call.visitor, action).map(drop) {
        Ok(()) => {
            // A file is read only from somebody who may send one.
            return match call.read_upload(desk::imports::MAX_BYTES).await {
                Ok(()) => Ok((call, signed)),
                Err(failure) => Err(Err(failure)),
            };
        }
        // No page is opened by a token, which would end here.
        Err(Denied::Role | Denied::Scope) => return Err(call.problem(ProblemKind::NotYours)),
        // Looking at the page before the button needs no fresh password.
        Err(Denied::Stale) if !call.is_post() => return Ok((call, signed)),
        // No form with a file asks for it, since the file would be lost.
        Err(Denied::Stale) if call.has_upload() => return Err(Err(Failure::FormExpired)),
        Err(Denied::Stale) => {}
    }
    let typed = call.form.secret(AGAIN);
    if !call.form.has(AGAIN) {
        return Err(confirm(call, &signed, None));
    }
    let slip = match session::prove_again(&call.app, &signed, &typed, &call.visitor).await {
        Ok(Current::Right) => {
            signed.proved_at = call.visitor.now;
            return Ok((call, signed));
        }
        Ok(Current::Wrong) if typed.is_empty() => Slip::PasswordEmpty,
        Ok(Current::Wrong) => Slip::PasswordWrong,
        Ok(Current::Wait) => Slip::TriesSpent,
        Err(error) => return Err(Err(error.into())),
    };
    Err(confirm(call, &signed, Some(&slip)))
}

/// Asks for the password, and carries along what was typed.
fn confirm(mut call: Call, signed: &Signed, slip: Option<&Slip>) -> Answer {
    let mut fields: Vec<(String, String)> = call
        .form
        .fields()
        .filter(|(name, _)| !OWN.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    fields.sort_unstable();
    let page = Confirm {
        login: format!("{}@{}", signed.member.login, signed.slug),
        troubles: slip.map_or_else(Troubles::none, |slip| Troubles::one(call.locale(), AGAIN, slip.clone())),
        fields,
        page: call.frame_at_desk(signed),
    };
    if slip.is_some() { call.mend(&page) } else { call.page(&page) }
}

/// The seat for a handler that [`enter`] let through; a role that was lost since ends there.
fn seat<'a>(call: &'a Call, signed: &'a Signed, action: Action) -> Result<Seat<'a>, Failure> {
    Seat::take(signed, &call.visitor, action).map_err(|denied| match denied {
        Denied::Role | Denied::Scope => Failure::NotFound,
        Denied::Stale => Failure::FormExpired,
    })
}

/// What the next page says about a refusal; none where there is no such page.
const fn refused(refusal: Refusal) -> Option<Said> {
    match refusal {
        Refusal::NotFound => None,
        Refusal::Ended => Some(Said::SessionOver),
        Refusal::Rank => Some(Said::RankTooHigh),
        Refusal::Oneself => Some(Said::NotOneself),
        Refusal::State => Some(Said::NothingToDo),
        Refusal::LastOwner => Some(Said::LastOwner),
        Refusal::Soon => Some(Said::TooSoon),
    }
}
