//! What just happened, as a type: a redirect carries its name, and the next page says it.

use super::frame::{Flash, FlashKind};
use crate::{model::Locale, wording::text};

/// The list: what it is, whether that is good or bad, the key of its text. The name that a redirect carries is the key's end.
macro_rules! said {
    ($($(#[$doc:meta])* $name:ident: $kind:ident $key:literal,)*) => {
        /// What just happened, for the line above the next page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Said {
            $($(#[$doc])* $name,)*
        }

        impl Said {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            const fn row(self) -> (FlashKind, &'static str) {
                match self { $(Self::$name => (FlashKind::$kind, $key),)* }
            }
        }
    };
}

impl Said {
    /// The name that a redirect carries, so that no text travels in a query or cookie.
    pub const fn as_str(self) -> &'static str {
        self.row().1.split_at("said-".len()).1
    }

    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|said| said.as_str() == name)
    }

    /// As a line above a page.
    pub fn flash(self, locale: Locale) -> Flash {
        let (kind, key) = self.row();
        Flash { kind, text: text(locale, key, &[]) }
    }
}

said! {
    /// After a recovery or a first password.
    PasswordSet: Good "said-password-set",
    /// Changed while signed in.
    PasswordChanged: Good "said-password-changed",
    /// A new code is under way.
    CodeSentAgain: Good "said-code-sent-again",
    /// A contact is on file.
    ContactAdded: Good "said-contact-added",
    /// A contact is off file.
    ContactRemoved: Good "said-contact-removed",
    /// A frozen contact counts again.
    ContactKept: Good "said-contact-kept",
    /// A contact was confirmed anew.
    ContactConfirmed: Good "said-contact-confirmed",
    /// Another browser was signed out.
    SessionEnded: Good "said-session-ended",
    /// All other browsers were.
    SessionsEnded: Good "said-sessions-ended",
    /// A loss is registered.
    LossReported: Good "said-loss-reported",
    /// At the desk, in a case: codes, tokens and trust count no more.
    LossVoided: Good "said-loss-voided",
    /// At the desk, in a case: the member was told once more.
    LossTold: Good "said-loss-told",
    /// What was lost counts again.
    LossUndone: Good "said-loss-undone",
    /// The case is closed.
    LossClosed: Good "said-loss-closed",
    /// A device's program was taken out.
    AgentEnded: Good "said-agent-ended",
    /// It was not, while it has something to do.
    AgentPending: Info "said-agent-pending",
    /// A device is told to give something up.
    AgentWipeAsked: Good "said-agent-wipe-asked",
    /// A device that a service manages has a name here.
    ManagedAdded: Good "said-managed-added",
    /// The service is asked to wipe it.
    ManagedWipeAsked: Good "said-managed-wipe-asked",
    /// A service that manages devices is connected.
    ManagementSet: Good "said-management-set",
    /// It is not any more.
    ManagementRemoved: Good "said-management-removed",
    /// A lost device is to give up what it holds.
    WipeAsked: Good "said-wipe-asked",
    /// It is not.
    WipeTakenBack: Good "said-wipe-taken-back",
    /// A device of one's own was given a name.
    DeviceNamed: Good "said-device-named",
    /// Signed out by hand.
    SignedOut: Good "said-signed-out",
    /// Signed out by time.
    SessionOver: Info "said-session-over",
    /// Ended by its owner, from another device.
    OverElsewhere: Info "said-over-elsewhere",
    /// Ended with a device that was reported as lost.
    OverLost: Bad "said-over-lost",
    /// Ended by an administrator.
    OverByDesk: Info "said-over-by-desk",
    /// Ended with a new password.
    OverNewPassword: Info "said-over-new-password",
    /// Ended by a recovery.
    OverRecovered: Bad "said-over-recovered",
    /// Ended since nobody may come in by this account for now.
    OverStopped: Bad "said-over-stopped",
    /// Ended outside the workplace's networks.
    OverOutside: Info "said-over-outside",
    /// The check-up is done.
    CheckupDone: Good "said-checkup-done",
    /// Somebody is recovering this account right now.
    RecoveryRunning: Bad "said-recovery-running",
    /// At the desk: a member was suspended.
    MemberSuspended: Good "said-member-suspended",
    /// Let in again.
    MemberResumed: Good "said-member-resumed",
    /// Held.
    MemberHeld: Good "said-member-held",
    /// Released.
    MemberReleased: Good "said-member-released",
    /// Signed out everywhere.
    MemberSignedOut: Good "said-member-signed-out",
    /// Deleted.
    MemberDeleted: Good "said-member-deleted",
    /// Brought back.
    MemberBroughtBack: Good "said-member-brought-back",
    /// Has another role.
    RoleChanged: Good "said-role-changed",
    /// Nobody acts on somebody of an equal or higher rank.
    RankTooHigh: Bad "said-rank-too-high",
    /// Nobody does this to themselves.
    NotOneself: Bad "said-not-oneself",
    /// The account was not in a state for it any more.
    NothingToDo: Info "said-nothing-to-do",
    /// The workspace would be left without an owner.
    LastOwner: Bad "said-last-owner",
    /// It was sent a moment ago.
    TooSoon: Info "said-too-soon",
    /// A new password is demanded, and the secret under way.
    ChangeForced: Good "said-change-forced",
    /// A new password is asked for at the next sign-in.
    ChangeRequested: Good "said-change-requested",
    /// There is no contact that a secret could go to.
    NoContactForSecret: Bad "said-no-contact-for-secret",
    /// The member speaks with the help desk.
    CallConfirmed: Good "said-call-confirmed",
    /// The member does not.
    CallDenied: Bad "said-call-denied",
    /// The reader agreed that somebody else's caller is the member.
    CallAgreed: Good "said-call-agreed",
    /// Nothing says any more that it is the member who asks.
    WarrantOver: Bad "said-warrant-over",
    /// A contact was put right.
    ContactMended: Good "said-contact-mended",
    /// Names were put right.
    ProfileChanged: Good "said-profile-changed",
    /// The ID is another.
    IdChanged: Good "said-id-changed",
    /// The declaration is written down.
    Declared: Good "said-declared",
    /// The secret goes to the contact that is there.
    SecretGoesToContact: Bad "said-secret-goes-to-contact",
    /// The drill is over before its end.
    DrillEnded: Info "said-drill-ended",
    /// At the desk: a member was asked to see to their contacts.
    Nudged: Good "said-nudged",
    /// By email, too.
    NudgedMailed: Good "said-nudged-mailed",
    /// They were asked a short while ago.
    NudgeAlready: Info "said-nudge-already",
    /// There is nothing to ask for.
    NudgeNotNeeded: Info "said-nudge-not-needed",
    /// Many are being asked.
    NudgeBegun: Good "said-nudge-begun",
    /// Somebody was added.
    MemberAdded: Good "said-member-added",
    /// An invitation is under way.
    Invited: Good "said-invited",
    /// An invitation ended.
    Uninvited: Good "said-uninvited",
    /// Long work has begun.
    JobStarted: Good "said-job-started",
    /// Long work was stopped.
    JobStopped: Good "said-job-stopped",
    /// A test message is on its way.
    TestSent: Good "said-test-sent",
    /// Long work did not begin.
    JobNotStarted: Bad "said-job-not-started",
    /// A step about another owner was asked for.
    OwnerStepAsked: Good "said-owner-step-asked",
    /// It was done.
    OwnerStepDone: Good "said-owner-step-done",
    /// It is not to be.
    OwnerStepRefused: Good "said-owner-step-refused",
    /// Nobody was ticked, or found.
    NobodyTicked: Bad "said-nobody-ticked",
    /// More were found than one piece of work may be about.
    TooManyFound: Bad "said-too-many-found",
    /// Another policy holds.
    PolicyChanged: Good "said-policy-changed",
    /// Other words of the workplace's own hold.
    TextChanged: Good "said-text-changed",
    /// Other networks hold.
    NetworksChanged: Good "said-networks-changed",
    /// An access token ended.
    TokenEnded: Good "said-token-ended",
    /// An alert was seen to.
    AlertSeen: Good "said-alert-seen",
    /// Somebody else has seen to it.
    AlertSeenBefore: Info "said-alert-seen-before",
    /// An owner must see to it.
    AlertForOwners: Bad "said-alert-for-owners",
    /// Other alerts are told.
    AlertsSet: Good "said-alerts-set",
    /// There is no webhook any more.
    WebhookRemoved: Good "said-webhook-removed",
    /// A test is under way.
    WebhookTested: Info "said-webhook-tested",
    /// Enough tests for an hour.
    WebhookTestsSpent: Bad "said-webhook-tests-spent",
}
