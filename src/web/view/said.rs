//! What just happened, as a type: a redirect carries its name, and the next page says it.

use super::frame::{Flash, FlashKind};
use crate::{model::Locale, wording::text};

/// What just happened, for the line above the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// After a recovery or a first password.
    PasswordSet,
    /// Changed while signed in.
    PasswordChanged,
    /// A new code is under way.
    CodeSentAgain,
    /// A contact is on file.
    ContactAdded,
    /// A contact is off file.
    ContactRemoved,
    /// A frozen contact counts again.
    ContactKept,
    /// A contact was confirmed anew.
    ContactConfirmed,
    /// Another browser was signed out.
    SessionEnded,
    /// All other browsers were.
    SessionsEnded,
    /// A loss is registered.
    LossReported,
    /// What was lost counts again.
    LossUndone,
    /// The case is closed.
    LossClosed,
    /// A device of one's own was given a name.
    DeviceNamed,
    /// A device's program was taken out.
    AgentEnded,
    /// It was not, while it has something to do.
    AgentPending,
    /// A device is told to give something up.
    AgentWipeAsked,
    /// Signed out by hand.
    SignedOut,
    /// Signed out by time.
    SessionOver,
    /// The check-up is done.
    CheckupDone,
    /// Somebody is recovering this account right now.
    RecoveryRunning,
    /// At the desk: a member was suspended.
    MemberSuspended,
    /// Let in again.
    MemberResumed,
    /// Held.
    MemberHeld,
    /// Released.
    MemberReleased,
    /// Signed out everywhere.
    MemberSignedOut,
    /// Deleted.
    MemberDeleted,
    /// Brought back.
    MemberBroughtBack,
    /// Has another role.
    RoleChanged,
    /// Nobody acts on somebody of an equal or higher rank.
    RankTooHigh,
    /// Nobody does this to themselves.
    NotOneself,
    /// The account was not in a state for it any more.
    NothingToDo,
    /// The workspace would be left without an owner.
    LastOwner,
    /// It was sent a moment ago.
    TooSoon,
    /// A new password is demanded, and the secret under way.
    ChangeForced,
    /// A new password is asked for at the next sign-in.
    ChangeRequested,
    /// There is no contact that a secret could go to.
    NoContactForSecret,
    /// The member speaks with the help desk.
    CallConfirmed,
    /// The member does not.
    CallDenied,
    /// The reader agreed that somebody else's caller is the member.
    CallAgreed,
    /// Nothing says any more that it is the member who asks.
    WarrantOver,
    /// A contact was put right.
    ContactMended,
    /// Names were put right.
    ProfileChanged,
    /// The ID is another.
    IdChanged,
    /// The declaration is written down.
    Declared,
    /// The secret goes to the contact that is there.
    SecretGoesToContact,
    /// The drill is over before its end.
    DrillEnded,
    /// At the desk: a member was asked to see to their contacts.
    Nudged,
    /// By email, too.
    NudgedMailed,
    /// They were asked a short while ago.
    NudgeAlready,
    /// There is nothing to ask for.
    NudgeNotNeeded,
    /// Many are being asked.
    NudgeBegun,
    /// Somebody was added.
    MemberAdded,
    /// An invitation is under way.
    Invited,
    /// An invitation ended.
    Uninvited,
    /// Long work has begun.
    JobStarted,
    /// Long work was stopped.
    JobStopped,
    /// A test message is on its way.
    TestSent,
    /// Long work did not begin.
    JobNotStarted,
    /// A step about another owner was asked for.
    OwnerStepAsked,
    /// It was done.
    OwnerStepDone,
    /// It is not to be.
    OwnerStepRefused,
    /// Nobody was ticked, or found.
    NobodyTicked,
    /// More were found than one piece of work may be about.
    TooManyFound,
    /// Another policy holds.
    PolicyChanged,
    /// Other words of the workplace's own hold.
    TextChanged,
    /// Other networks hold.
    NetworksChanged,
    /// An access token ended.
    TokenEnded,
    /// An alert was seen to.
    AlertSeen,
    /// Somebody else has seen to it.
    AlertSeenBefore,
    /// An owner must see to it.
    AlertForOwners,
    /// Other alerts are told.
    AlertsSet,
    /// There is no webhook any more.
    WebhookRemoved,
    /// A test is under way.
    WebhookTested,
    /// Enough tests for an hour.
    WebhookTestsSpent,
}

impl Said {
    /// The name that a redirect carries, so that no text travels in a query or cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PasswordSet => "password-set",
            Self::PasswordChanged => "password-changed",
            Self::CodeSentAgain => "code-sent-again",
            Self::ContactAdded => "contact-added",
            Self::ContactRemoved => "contact-removed",
            Self::ContactKept => "contact-kept",
            Self::ContactConfirmed => "contact-confirmed",
            Self::SessionEnded => "session-ended",
            Self::SessionsEnded => "sessions-ended",
            Self::LossReported => "loss-reported",
            Self::LossUndone => "loss-undone",
            Self::LossClosed => "loss-closed",
            Self::DeviceNamed => "device-named",
            Self::AgentEnded => "agent-ended",
            Self::AgentPending => "agent-pending",
            Self::AgentWipeAsked => "agent-wipe-asked",
            Self::SignedOut => "signed-out",
            Self::SessionOver => "session-over",
            Self::CheckupDone => "checkup-done",
            Self::RecoveryRunning => "recovery-running",
            Self::MemberSuspended => "member-suspended",
            Self::MemberResumed => "member-resumed",
            Self::MemberHeld => "member-held",
            Self::MemberReleased => "member-released",
            Self::MemberSignedOut => "member-signed-out",
            Self::MemberDeleted => "member-deleted",
            Self::MemberBroughtBack => "member-brought-back",
            Self::RoleChanged => "role-changed",
            Self::RankTooHigh => "rank-too-high",
            Self::NotOneself => "not-oneself",
            Self::NothingToDo => "nothing-to-do",
            Self::LastOwner => "last-owner",
            Self::TooSoon => "too-soon",
            Self::ChangeForced => "change-forced",
            Self::ChangeRequested => "change-requested",
            Self::NoContactForSecret => "no-contact-for-secret",
            Self::CallConfirmed => "call-confirmed",
            Self::CallDenied => "call-denied",
            Self::CallAgreed => "call-agreed",
            Self::ContactMended => "contact-mended",
            Self::ProfileChanged => "profile-changed",
            Self::IdChanged => "id-changed",
            Self::Declared => "declared",
            Self::SecretGoesToContact => "secret-goes-to-contact",
            Self::WarrantOver => "warrant-over",
            Self::DrillEnded => "drill-ended",
            Self::Nudged => "nudged",
            Self::NudgedMailed => "nudged-mailed",
            Self::NudgeAlready => "nudge-already",
            Self::NudgeNotNeeded => "nudge-not-needed",
            Self::NudgeBegun => "nudge-begun",
            Self::MemberAdded => "member-added",
            Self::Invited => "invited",
            Self::Uninvited => "uninvited",
            Self::JobStarted => "job-started",
            Self::JobStopped => "job-stopped",
            Self::TestSent => "test-sent",
            Self::JobNotStarted => "job-not-started",
            Self::OwnerStepAsked => "owner-step-asked",
            Self::OwnerStepDone => "owner-step-done",
            Self::OwnerStepRefused => "owner-step-refused",
            Self::NobodyTicked => "nobody-ticked",
            Self::TooManyFound => "too-many-found",
            Self::PolicyChanged => "policy-changed",
            Self::TextChanged => "text-changed",
            Self::NetworksChanged => "networks-changed",
            Self::TokenEnded => "token-ended",
            Self::AlertSeen => "alert-seen",
            Self::AlertSeenBefore => "alert-seen-before",
            Self::AlertForOwners => "alert-for-owners",
            Self::AlertsSet => "alerts-set",
            Self::WebhookRemoved => "webhook-removed",
            Self::WebhookTested => "webhook-tested",
            Self::WebhookTestsSpent => "webhook-tests-spent",
        }
    }
    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|said| said.as_str() == name)
    }
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::PasswordSet,
        Self::PasswordChanged,
        Self::CodeSentAgain,
        Self::ContactAdded,
        Self::ContactRemoved,
        Self::ContactKept,
        Self::ContactConfirmed,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::LossReported,
        Self::LossUndone,
        Self::LossClosed,
        Self::DeviceNamed,
        Self::AgentEnded,
        Self::AgentPending,
        Self::AgentWipeAsked,
        Self::SignedOut,
        Self::SessionOver,
        Self::CheckupDone,
        Self::RecoveryRunning,
        Self::MemberSuspended,
        Self::MemberResumed,
        Self::MemberHeld,
        Self::MemberReleased,
        Self::MemberSignedOut,
        Self::MemberDeleted,
        Self::MemberBroughtBack,
        Self::RoleChanged,
        Self::RankTooHigh,
        Self::NotOneself,
        Self::NothingToDo,
        Self::LastOwner,
        Self::TooSoon,
        Self::ChangeForced,
        Self::ChangeRequested,
        Self::NoContactForSecret,
        Self::CallConfirmed,
        Self::CallDenied,
        Self::CallAgreed,
        Self::WarrantOver,
        Self::ContactMended,
        Self::ProfileChanged,
        Self::IdChanged,
        Self::Declared,
        Self::SecretGoesToContact,
        Self::DrillEnded,
        Self::Nudged,
        Self::NudgedMailed,
        Self::NudgeAlready,
        Self::NudgeNotNeeded,
        Self::NudgeBegun,
        Self::MemberAdded,
        Self::Invited,
        Self::Uninvited,
        Self::JobStarted,
        Self::JobStopped,
        Self::TestSent,
        Self::JobNotStarted,
        Self::OwnerStepAsked,
        Self::OwnerStepDone,
        Self::OwnerStepRefused,
        Self::NobodyTicked,
        Self::TooManyFound,
        Self::PolicyChanged,
        Self::TextChanged,
        Self::NetworksChanged,
        Self::TokenEnded,
        Self::AlertSeen,
        Self::AlertSeenBefore,
        Self::AlertForOwners,
        Self::AlertsSet,
        Self::WebhookRemoved,
        Self::WebhookTested,
        Self::WebhookTestsSpent,
    ];
    /// As a line above a page.
    pub fn flash(self, locale: Locale) -> Flash {
        let (kind, key) = match self {
            Self::PasswordSet => (FlashKind::Good, "said-password-set"),
            Self::PasswordChanged => (FlashKind::Good, "said-password-changed"),
            Self::CodeSentAgain => (FlashKind::Good, "said-code-sent-again"),
            Self::ContactAdded => (FlashKind::Good, "said-contact-added"),
            Self::ContactRemoved => (FlashKind::Good, "said-contact-removed"),
            Self::ContactKept => (FlashKind::Good, "said-contact-kept"),
            Self::ContactConfirmed => (FlashKind::Good, "said-contact-confirmed"),
            Self::SessionEnded => (FlashKind::Good, "said-session-ended"),
            Self::SessionsEnded => (FlashKind::Good, "said-sessions-ended"),
            Self::LossReported => (FlashKind::Good, "said-loss-reported"),
            Self::LossUndone => (FlashKind::Good, "said-loss-undone"),
            Self::LossClosed => (FlashKind::Good, "said-loss-closed"),
            Self::DeviceNamed => (FlashKind::Good, "said-device-named"),
            Self::AgentEnded => (FlashKind::Good, "said-agent-ended"),
            Self::AgentPending => (FlashKind::Info, "said-agent-pending"),
            Self::AgentWipeAsked => (FlashKind::Good, "said-agent-wipe-asked"),
            Self::SignedOut => (FlashKind::Good, "said-signed-out"),
            Self::SessionOver => (FlashKind::Info, "said-session-over"),
            Self::CheckupDone => (FlashKind::Good, "said-checkup-done"),
            Self::RecoveryRunning => (FlashKind::Bad, "said-recovery-running"),
            Self::MemberSuspended => (FlashKind::Good, "said-member-suspended"),
            Self::MemberResumed => (FlashKind::Good, "said-member-resumed"),
            Self::MemberHeld => (FlashKind::Good, "said-member-held"),
            Self::MemberReleased => (FlashKind::Good, "said-member-released"),
            Self::MemberSignedOut => (FlashKind::Good, "said-member-signed-out"),
            Self::MemberDeleted => (FlashKind::Good, "said-member-deleted"),
            Self::MemberBroughtBack => (FlashKind::Good, "said-member-brought-back"),
            Self::RoleChanged => (FlashKind::Good, "said-role-changed"),
            Self::RankTooHigh => (FlashKind::Bad, "said-rank-too-high"),
            Self::NotOneself => (FlashKind::Bad, "said-not-oneself"),
            Self::NothingToDo => (FlashKind::Info, "said-nothing-to-do"),
            Self::LastOwner => (FlashKind::Bad, "said-last-owner"),
            Self::TooSoon => (FlashKind::Info, "said-too-soon"),
            Self::ChangeForced => (FlashKind::Good, "said-change-forced"),
            Self::ChangeRequested => (FlashKind::Good, "said-change-requested"),
            Self::NoContactForSecret => (FlashKind::Bad, "said-no-contact-for-secret"),
            Self::CallConfirmed => (FlashKind::Good, "said-call-confirmed"),
            Self::CallDenied => (FlashKind::Bad, "said-call-denied"),
            Self::CallAgreed => (FlashKind::Good, "said-call-agreed"),
            Self::ContactMended => (FlashKind::Good, "said-contact-mended"),
            Self::ProfileChanged => (FlashKind::Good, "said-profile-changed"),
            Self::IdChanged => (FlashKind::Good, "said-id-changed"),
            Self::Declared => (FlashKind::Good, "said-declared"),
            Self::SecretGoesToContact => (FlashKind::Bad, "said-secret-goes-to-contact"),
            Self::WarrantOver => (FlashKind::Bad, "said-warrant-over"),
            Self::DrillEnded => (FlashKind::Info, "said-drill-ended"),
            Self::Nudged => (FlashKind::Good, "said-nudged"),
            Self::NudgedMailed => (FlashKind::Good, "said-nudged-mailed"),
            Self::NudgeAlready => (FlashKind::Info, "said-nudge-already"),
            Self::NudgeNotNeeded => (FlashKind::Info, "said-nudge-not-needed"),
            Self::NudgeBegun => (FlashKind::Good, "said-nudge-begun"),
            Self::MemberAdded => (FlashKind::Good, "said-member-added"),
            Self::Invited => (FlashKind::Good, "said-invited"),
            Self::Uninvited => (FlashKind::Good, "said-uninvited"),
            Self::JobStarted => (FlashKind::Good, "said-job-started"),
            Self::JobStopped => (FlashKind::Good, "said-job-stopped"),
            Self::TestSent => (FlashKind::Good, "said-test-sent"),
            Self::JobNotStarted => (FlashKind::Bad, "said-job-not-started"),
            Self::OwnerStepAsked => (FlashKind::Good, "said-owner-step-asked"),
            Self::OwnerStepDone => (FlashKind::Good, "said-owner-step-done"),
            Self::OwnerStepRefused => (FlashKind::Good, "said-owner-step-refused"),
            Self::NobodyTicked => (FlashKind::Bad, "said-nobody-ticked"),
            Self::TooManyFound => (FlashKind::Bad, "said-too-many-found"),
            Self::PolicyChanged => (FlashKind::Good, "said-policy-changed"),
            Self::TextChanged => (FlashKind::Good, "said-text-changed"),
            Self::NetworksChanged => (FlashKind::Good, "said-networks-changed"),
            Self::TokenEnded => (FlashKind::Good, "said-token-ended"),
            Self::AlertSeen => (FlashKind::Good, "said-alert-seen"),
            Self::AlertSeenBefore => (FlashKind::Info, "said-alert-seen-before"),
            Self::AlertForOwners => (FlashKind::Bad, "said-alert-for-owners"),
            Self::AlertsSet => (FlashKind::Good, "said-alerts-set"),
            Self::WebhookRemoved => (FlashKind::Good, "said-webhook-removed"),
            Self::WebhookTested => (FlashKind::Info, "said-webhook-tested"),
            Self::WebhookTestsSpent => (FlashKind::Bad, "said-webhook-tests-spent"),
        };
        Flash { kind, text: text(locale, key, &[]) }
    }
}
