//! What was done to an account lately, for its owner to look through.
//!
//! Everything that was done, for those who look after others and for the operator, is read by `desk::logs` and `chain`.

use super::Result;
use super::session::Signed;
use crate::app::App;
use crate::model::Timestamp;
use crate::store;

/// Something that was done, of the kinds that an owner should know about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed(&'static str);

/// The audit log's words, the keys of their sentences, and whether an owner should know when looking through lately changed things.
const DEEDS: &[(&str, Deed, bool)] = &[
    ("recovered", Deed("change-recovered"), true),
    ("password_changed", Deed("change-password-changed"), true),
    ("password_set_by_link", Deed("change-password-set"), true),
    ("change_forced", Deed("change-forced"), true),
    ("forced_change_done", Deed("change-demanded-done"), true),
    ("change_requested", Deed("change-requested"), true),
    ("contact_verified", Deed("change-contact-added"), true),
    ("contact_removed", Deed("change-contact-removed"), true),
    ("frozen_contact_kept", Deed("change-contact-kept"), true),
    ("frozen_contact_removed", Deed("change-contact-removed"), true),
    ("removal_held", Deed("change-removal-held"), true),
    ("held_by_member", Deed("change-held"), true),
    ("suspicion_opened", Deed("change-suspicion-opened"), true),
    ("released_by_member", Deed("change-released-by-member"), true),
    ("held", Deed("change-held-by-desk"), true),
    ("released", Deed("change-released"), true),
    ("suspended", Deed("change-suspended"), true),
    ("resumed", Deed("change-resumed"), true),
    ("deleted", Deed("change-deleted"), true),
    ("brought_back", Deed("change-brought-back"), true),
    ("signed_out_by_desk", Deed("change-signed-out-by-desk"), true),
    ("session_ended_by_desk", Deed("change-session-ended-by-desk"), true),
    ("device_out_by_desk", Deed("change-session-ended-by-desk"), true),
    ("contact_mended", Deed("change-contact-mended"), true),
    ("contact_added_by_desk", Deed("change-contact-added-by-desk"), true),
    ("contact_removed_by_desk", Deed("change-contact-removed-by-desk"), true),
    ("id_changed", Deed("change-id-changed"), true),
    ("profile_changed", Deed("change-profile-changed"), true),
    ("identified_in_person", Deed("change-identified"), true),
    ("forced_secret_shown", Deed("change-forced-shown"), true),
    ("role_changed", Deed("change-role-changed"), true),
    ("token_made", Deed("change-token-made"), true),
    ("token_ended", Deed("change-token-ended"), true),
    ("token_outside", Deed("change-token-outside"), true),
    ("member_added", Deed("deed-member-added"), false),
    ("invited_again", Deed("deed-invited-again"), false),
    ("recovery_proved", Deed("deed-recovery-proved"), false),
    ("contact_added", Deed("deed-contact-added"), false),
    ("contact_code_resent", Deed("deed-contact-code-resent"), false),
    ("sending_changed", Deed("deed-sending-changed"), false),
    ("test_message_sent", Deed("deed-test-message-sent"), false),
    ("objected_to_contact", Deed("deed-objected-to-contact"), false),
    ("forced_secret_taken", Deed("deed-forced-secret-taken"), false),
    ("checked_up", Deed("deed-checked-up"), false),
    ("signed_out", Deed("deed-signed-out"), false),
    ("ended_elsewhere", Deed("deed-ended-elsewhere"), false),
    ("ended_other_sessions", Deed("deed-ended-other-sessions"), false),
    ("loss_reported", Deed("change-loss-reported"), true),
    ("agent_enrolled", Deed("change-agent-enrolled"), true),
    ("agent_ended", Deed("change-agent-ended"), true),
    ("agent_ended_by_desk", Deed("change-agent-ended-by-desk"), true),
    ("agent_left", Deed("change-agent-left"), true),
    ("agent_wipe_asked", Deed("change-agent-wipe-asked"), true),
    ("agent_wipe_ended", Deed("change-agent-wipe-ended"), true),
    ("managed_device_added", Deed("change-managed-device-added"), true),
    ("managed_device_removed", Deed("change-managed-device-removed"), true),
    ("managed_wipe_asked", Deed("change-managed-wipe-asked"), true),
    ("managed_wipe_sent", Deed("change-managed-wipe-sent"), true),
    ("managed_wipe_ended", Deed("change-managed-wipe-ended"), true),
    ("managed_wipe_ended_late", Deed("deed-managed-wipe-ended-late"), false),
    ("management_set", Deed("deed-management-set"), false),
    ("management_secret_renewed", Deed("deed-management-secret-renewed"), false),
    ("management_removed", Deed("deed-management-removed"), false),
    ("management_forged", Deed("deed-management-forged"), false),
    ("agent_code_made", Deed("deed-agent-code-made"), false),
    ("agent_code_made_by_desk", Deed("deed-agent-code-made-by-desk"), false),
    ("agent_wipe_ended_late", Deed("deed-agent-wipe-ended-late"), false),
    ("agent_forged", Deed("deed-agent-forged"), false),
    ("agent_replayed", Deed("deed-agent-replayed"), false),
    ("agent_receipt_refused", Deed("deed-agent-receipt-refused"), false),
    ("loss_reported_by_desk", Deed("change-loss-reported-by-desk"), true),
    ("loss_held", Deed("change-loss-held"), true),
    ("loss_undone", Deed("change-loss-undone"), true),
    ("loss_undone_by_desk", Deed("change-loss-undone-by-desk"), true),
    ("loss_closed_by_desk", Deed("change-loss-closed-by-desk"), true),
    ("loss_closed", Deed("change-loss-closed"), true),
    ("loss_voided", Deed("change-loss-voided"), true),
    ("loss_told", Deed("deed-loss-told"), false),
    ("wipe_asked", Deed("change-wipe-asked"), true),
    ("wipe_asked_by_desk", Deed("change-wipe-asked-by-desk"), true),
    ("wipe_taken_back", Deed("change-wipe-taken-back"), true),
    ("wipe_sent", Deed("change-wipe-sent"), true),
    ("wipe_confirmed", Deed("change-wipe-confirmed"), true),
    ("wipe_failed", Deed("change-wipe-failed"), true),
    ("device_signed_out", Deed("deed-device-signed-out"), true),
    ("device_named", Deed("deed-device-named"), false),
    ("policy_changed", Deed("deed-policy-changed"), false),
    ("contact_text_changed", Deed("deed-contact-text-changed"), false),
    ("failure_text_changed", Deed("deed-failure-text-changed"), false),
    ("networks_changed", Deed("deed-networks-changed"), false),
    ("session_outside", Deed("change-session-outside"), true),
    ("link_outside", Deed("deed-link-outside"), false),
    ("recovery_outside", Deed("deed-recovery-outside"), false),
    ("workspace_created", Deed("deed-workspace-created"), false),
    ("log_exported", Deed("deed-log-exported"), false),
    ("erased", Deed("deed-erased"), false),
    ("restored", Deed("deed-restored"), false),
    ("call_proved", Deed("change-call-proved"), true),
    ("looked_in_call", Deed("change-looked-in-call"), true),
    ("call_denied", Deed("change-call-denied"), true),
    ("call_opened", Deed("deed-call-opened"), false),
    ("call_code_sent", Deed("deed-call-code-sent"), false),
    ("call_prompted", Deed("deed-call-prompted"), false),
    ("call_second_asked", Deed("deed-call-second-asked"), false),
    ("call_ended", Deed("deed-call-ended"), false),
    ("call_confirmed", Deed("deed-call-confirmed"), false),
    ("owner_recovered", Deed("change-owner-recovered"), true),
    ("break_glass_used", Deed("change-break-glass-used"), true),
    ("break_glass_outside", Deed("deed-break-glass-outside"), false),
    ("break_glass_sealed", Deed("deed-break-glass-sealed"), false),
    ("owner_step_asked", Deed("change-owner-step-asked"), true),
    ("owner_step_done", Deed("change-owner-step-done"), true),
    ("owner_step_refused", Deed("change-owner-step-refused"), true),
    ("drilled", Deed("change-drilled"), true),
    ("nudged", Deed("deed-nudged"), false),
    ("nudge_begun", Deed("deed-nudge-begun"), false),
    ("slips_printed", Deed("deed-slips-printed"), false),
    ("readiness_exported", Deed("deed-readiness-exported"), false),
    ("sweep_ended", Deed("deed-sweep-ended"), false),
    ("guesses_in_a_row", Deed("deed-guesses-in-a-row"), false),
    ("sweep", Deed("deed-sweep"), false),
    ("sign_in_after_failures", Deed("deed-sign-in-after-failures"), false),
    ("network_failures", Deed("deed-network-failures"), false),
    ("chain_broken", Deed("deed-chain-broken"), false),
    ("messages_failing", Deed("deed-messages-failing"), false),
    ("many_countries", Deed("deed-many-countries"), false),
    ("new_country", Deed("deed-new-country"), false),
    ("far_apart", Deed("deed-far-apart"), false),
    ("member_loss", Deed("deed-member-loss"), false),
    ("member_objected", Deed("deed-member-objected"), false),
    ("budget_spent", Deed("deed-budget-spent"), false),
    ("unconfirmed_over", Deed("deed-unconfirmed-over"), false),
    ("alert_acknowledged", Deed("deed-alert-acknowledged"), false),
    ("alerts_changed", Deed("deed-alerts-changed"), false),
    ("webhook_changed", Deed("deed-webhook-changed"), false),
    ("webhook_secret_renewed", Deed("deed-webhook-secret-renewed"), false),
    ("invited", Deed("deed-invited"), false),
    ("invitation_opened", Deed("deed-invitation-opened"), false),
    ("invitation_revoked", Deed("deed-invitation-revoked"), false),
    ("members_exported", Deed("deed-members-exported"), false),
    ("job_started", Deed("deed-job-started"), false),
    ("job_stopped", Deed("deed-job-stopped"), false),
    ("job_failed", Deed("deed-job-failed"), false),
];

/// The sentence for a word of the audit log.
pub fn deed(word: &str) -> Deed {
    DEEDS.iter().find(|(known, ..)| *known == word).map_or(Deed("deed-other"), |(_, deed, _)| *deed)
}

/// All words of the audit log that have a sentence.
pub fn words() -> impl Iterator<Item = &'static str> {
    DEEDS.iter().map(|(word, ..)| *word)
}

impl Deed {
    /// Key of its sentence.
    pub const fn key(self) -> &'static str {
        self.0
    }
}

/// The newest changes, newest first.
pub async fn recent(app: &App, signed: &Signed) -> Result<Vec<(Timestamp, Deed)>> {
    let member = &signed.member;
    let lines = store::logs::audit_of(&mut app.db.read().await?, &member.workspace_id, &member.id, 50).await?;
    let told = lines.into_iter().filter_map(|line| {
        let (_, deed, _) = DEEDS.iter().find(|(word, _, told)| *told && *word == line.action)?;
        Some((line.at, *deed))
    });
    Ok(told.take(10).collect())
}
