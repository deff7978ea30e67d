//! Everything that can be said about a form, as types: what to mend ([`Slip`]) and what just happened ([`Said`]).

use super::frame::{Flash, FlashKind};
use crate::{
    model::{CodeTrouble, EmailTrouble, Locale, LoginTrouble, PasswordTrouble, PhoneTrouble, password::ContextWord},
    wording::{lasting, text},
};

/// Why a form cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// The one answer to every failed sign-in.
    SignInFailed,
    /// No ID.
    LoginEmpty,
    /// A sign that stands in no ID.
    LoginUnreadable,
    /// A telephone number as ID.
    LoginPhone,
    /// More than one @.
    LoginAts,
    /// What stands after the @ is no workplace.
    LoginWorkspace,
    /// On the common page: no workplace.
    WorkspaceMissing,
    /// An address where a plain ID is wanted.
    LoginEmail,
    /// Digits are missing.
    NumberShort,
    /// Too many digits.
    NumberLong,
    /// An IP telephone.
    NumberIp,
    /// More than one address.
    EmailSeveral,
    /// No @.
    EmailNoAt,
    /// What stands after the @ is no domain.
    EmailDomain,
    /// Letters that pass for others.
    EmailLookAlike,
    /// A telephone number as address.
    EmailPhone,
    /// The sender's number as code.
    CodeSender,
    /// A control character.
    PasswordControl,
    /// Little else than a repetition.
    PasswordRepeats,
    /// Little else than a word of every workplace.
    PasswordEveryday,
    /// No password.
    PasswordEmpty,
    /// No number.
    NumberEmpty,
    /// Not a number.
    NumberUnreadable,
    /// A number that takes no SMS.
    NumberLandline,
    /// A country that we do not send to.
    NumberForeign,
    /// No address.
    EmailEmpty,
    /// Not an address.
    EmailUnreadable,
    /// An address of the workplace.
    EmailWork,
    /// A likely slip of the fingers; the address that was probably meant.
    EmailTypo(String),
    /// No code.
    CodeEmpty,
    /// Not eight digits.
    CodeShape,
    /// Not this code; so many tries are left with it.
    CodeWrong(i64),
    /// Guessed at too often.
    CodeOver,
    /// Ten minutes are over.
    CodeExpired,
    /// Sent a moment ago; so many seconds to wait.
    ResendSoon(i64),
    /// No ID chosen.
    NothingPicked,
    /// Too short: the minimum, and how many characters there are.
    PasswordShort {
        /// The policy's minimum.
        min: usize,
        /// What was typed.
        have: usize,
    },
    /// Over 1,024 bytes.
    PasswordLong,
    /// A common one.
    PasswordCommon,
    /// One from a breach.
    PasswordLeaked,
    /// Holds the ID, the name or the workplace.
    PasswordOwn,
    /// Used before.
    PasswordAgain,
    /// Fewer classes of characters than this.
    PasswordClasses(u8),
    /// Not the present password.
    PasswordWrong,
    /// No word of a notice.
    WordEmpty,
    /// No notice with this word.
    WordUnknown,
    /// On file already.
    ContactTaken,
    /// The member whom an administrator looks after has it already.
    ContactTheirs,
    /// That member has enough of this kind.
    ContactTheirsFull,
    /// Nothing says any more that it is the member who asks.
    WarrantOver,
    /// No room for one more.
    ContactFull,
    /// Too many wrong passwords in a row for one more to be looked at.
    TriesSpent,
    /// Not a day.
    DayUnreadable,
    /// Not a network address.
    PlaceUnreadable,
    /// A number outside of this range, or no number.
    OutOfRange(u32, u32),
    /// Not one of the spans after which a password may expire.
    ExpiryDays,
    /// A session would end of age before it could end of idleness.
    IdleLonger,
    /// Somebody else was faster.
    Meanwhile,
    /// More characters than this.
    TextLong(usize),
    /// More lines than this.
    TextLines(usize),
    /// A control character, or a mark that nobody sees.
    TextUnseen,
    /// A word of letters that pass for others.
    TextLookAlike(String),
    /// Nothing chosen.
    NothingChosen,
    /// No network.
    NetworksEmpty,
    /// More networks than this.
    NetworksMany(usize),
    /// This is none.
    NetworkUnreadable(String),
    /// Bits after the prefix; what was probably meant.
    NetworkHostBits(String, String),
    /// Everywhere.
    NetworksEverywhere,
    /// The address that the form comes from is not among them.
    NetworkOwn(String),
}

impl Slip {
    /// What to do, as a sentence.
    pub fn text(&self, locale: Locale) -> String {
        let say = |key| text(locale, key, &[]);
        let with = |key, name, value: String| text(locale, key, &[(name, &value)]);
        match self {
            Self::SignInFailed => say("slip-sign-in-failed"),
            Self::OutOfRange(min, max) => {
                text(locale, "slip-out-of-range", &[("min", &min.to_string()), ("max", &max.to_string())])
            }
            Self::ExpiryDays => say("slip-expiry-days"),
            Self::IdleLonger => say("slip-idle-longer"),
            Self::Meanwhile => say("slip-meanwhile"),
            Self::TextLong(most) => with("slip-text-long", "most", most.to_string()),
            Self::TextLines(most) => with("slip-text-lines", "most", most.to_string()),
            Self::TextUnseen => say("slip-text-unseen"),
            Self::TextLookAlike(word) => with("slip-text-look-alike", "word", word.clone()),
            Self::NothingChosen => say("slip-nothing-chosen"),
            Self::NetworksEmpty => say("slip-networks-empty"),
            Self::NetworksMany(most) => with("slip-networks-many", "most", most.to_string()),
            Self::NetworkUnreadable(typed) => with("slip-network-unreadable", "typed", typed.clone()),
            Self::NetworkHostBits(typed, meant) => {
                text(locale, "slip-network-host-bits", &[("typed", typed), ("meant", meant)])
            }
            Self::NetworksEverywhere => say("slip-networks-everywhere"),
            Self::NetworkOwn(address) => with("slip-network-own", "address", address.clone()),
            Self::LoginEmpty => say("slip-login-empty"),
            Self::LoginUnreadable => say("slip-login-unreadable"),
            Self::LoginPhone => say("slip-login-phone"),
            Self::LoginAts => say("slip-login-ats"),
            Self::LoginWorkspace => say("slip-login-workspace"),
            Self::WorkspaceMissing => say("slip-login-workspace-missing"),
            Self::LoginEmail => say("slip-login-email"),
            Self::NumberShort => say("slip-number-short"),
            Self::NumberLong => say("slip-number-long"),
            Self::NumberIp => say("slip-number-ip"),
            Self::EmailSeveral => say("slip-email-several"),
            Self::EmailNoAt => say("slip-email-no-at"),
            Self::EmailDomain => say("slip-email-domain"),
            Self::EmailLookAlike => say("slip-email-look-alike"),
            Self::EmailPhone => say("slip-email-phone"),
            Self::CodeSender => say("slip-code-sender"),
            Self::PasswordControl => say("slip-password-control"),
            Self::PasswordRepeats => say("slip-password-repeats"),
            Self::PasswordEveryday => say("slip-password-everyday"),
            Self::PasswordEmpty => say("slip-password-empty"),
            Self::NumberEmpty => say("slip-number-empty"),
            Self::NumberUnreadable => say("slip-number-unreadable"),
            Self::NumberLandline => say("slip-number-landline"),
            Self::NumberForeign => say("slip-number-foreign"),
            Self::EmailEmpty => say("slip-email-empty"),
            Self::EmailUnreadable => say("slip-email-unreadable"),
            Self::EmailWork => say("slip-email-work"),
            Self::EmailTypo(suggestion) => with("slip-email-typo", "suggestion", suggestion.clone()),
            Self::CodeEmpty => say("slip-code-empty"),
            Self::CodeShape => say("slip-code-shape"),
            Self::CodeWrong(left) => with("slip-code-wrong", "left", left.to_string()),
            Self::CodeOver => say("slip-code-over"),
            Self::CodeExpired => say("slip-code-expired"),
            Self::ResendSoon(seconds) => with("slip-resend-soon", "time", lasting(locale, *seconds)),
            Self::NothingPicked => say("slip-nothing-picked"),
            Self::PasswordShort { min, have } => text(
                locale,
                "slip-password-short",
                &[("min", &min.to_string()), ("more", &min.saturating_sub(*have).to_string())],
            ),
            Self::PasswordLong => say("slip-password-long"),
            Self::PasswordCommon => say("slip-password-common"),
            Self::PasswordLeaked => say("slip-password-leaked"),
            Self::PasswordOwn => say("slip-password-own"),
            Self::PasswordAgain => say("slip-password-again"),
            Self::PasswordClasses(n) => with("slip-password-classes", "n", n.to_string()),
            Self::PasswordWrong => say("slip-password-wrong"),
            Self::WordEmpty => say("slip-word-empty"),
            Self::WordUnknown => say("slip-word-unknown"),
            Self::ContactTaken => say("slip-contact-taken"),
            Self::ContactTheirs => say("slip-contact-theirs"),
            Self::ContactTheirsFull => say("slip-contact-theirs-full"),
            Self::WarrantOver => say("said-warrant-over"),
            Self::ContactFull => say("slip-contact-full"),
            Self::TriesSpent => say("slip-tries-spent"),
            Self::DayUnreadable => say("slip-day-unreadable"),
            Self::PlaceUnreadable => say("slip-place-unreadable"),
        }
    }
}

impl From<PhoneTrouble> for Slip {
    fn from(trouble: PhoneTrouble) -> Self {
        match trouble {
            PhoneTrouble::Empty => Self::NumberEmpty,
            PhoneTrouble::TooLong | PhoneTrouble::NotANumber => Self::NumberUnreadable,
            PhoneTrouble::TooShort => Self::NumberShort,
            PhoneTrouble::TooManyDigits => Self::NumberLong,
            PhoneTrouble::Landline | PhoneTrouble::Service => Self::NumberLandline,
            PhoneTrouble::IpPhone => Self::NumberIp,
            PhoneTrouble::Foreign => Self::NumberForeign,
        }
    }
}

impl From<EmailTrouble> for Slip {
    fn from(trouble: EmailTrouble) -> Self {
        match trouble {
            EmailTrouble::Empty => Self::EmailEmpty,
            EmailTrouble::SeveralAddresses => Self::EmailSeveral,
            EmailTrouble::NoAt => Self::EmailNoAt,
            EmailTrouble::NoDomainDot | EmailTrouble::BadDomain => Self::EmailDomain,
            EmailTrouble::LookAlike => Self::EmailLookAlike,
            EmailTrouble::LooksLikePhone => Self::EmailPhone,
            EmailTrouble::TooLong
            | EmailTrouble::NothingBeforeAt
            | EmailTrouble::BadDots
            | EmailTrouble::BadCharacter => Self::EmailUnreadable,
        }
    }
}

impl From<CodeTrouble> for Slip {
    fn from(trouble: CodeTrouble) -> Self {
        match trouble {
            CodeTrouble::Empty => Self::CodeEmpty,
            CodeTrouble::WrongLength { .. } | CodeTrouble::NotDigits => Self::CodeShape,
            CodeTrouble::LooksLikeSender => Self::CodeSender,
        }
    }
}

impl From<LoginTrouble> for Slip {
    fn from(trouble: LoginTrouble) -> Self {
        match trouble {
            LoginTrouble::Empty => Self::LoginEmpty,
            LoginTrouble::LooksLikePhone => Self::LoginPhone,
            LoginTrouble::LooksLikeEmail => Self::LoginEmail,
            LoginTrouble::SeveralAts => Self::LoginAts,
            LoginTrouble::Workspace(_) | LoginTrouble::WorkEmail(_) => Self::LoginWorkspace,
            LoginTrouble::TooLong | LoginTrouble::BadCharacter | LoginTrouble::LookAlike => Self::LoginUnreadable,
        }
    }
}

impl From<PasswordTrouble> for Slip {
    fn from(trouble: PasswordTrouble) -> Self {
        match trouble {
            PasswordTrouble::Empty => Self::PasswordEmpty,
            PasswordTrouble::TooShort { min, have } => Self::PasswordShort { min, have },
            PasswordTrouble::TooLong => Self::PasswordLong,
            PasswordTrouble::ControlCharacter => Self::PasswordControl,
            PasswordTrouble::Common => Self::PasswordCommon,
            PasswordTrouble::ContainsContext(ContextWord::Everyday | ContextWord::Product) => Self::PasswordEveryday,
            PasswordTrouble::ContainsContext(_) => Self::PasswordOwn,
            PasswordTrouble::Repetitive => Self::PasswordRepeats,
            PasswordTrouble::TooFewClasses { min, .. } => Self::PasswordClasses(min),
        }
    }
}

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
    /// Long work did not begin.
    JobNotStarted,
    /// Another policy holds.
    PolicyChanged,
    /// Other words of the workplace's own hold.
    TextChanged,
    /// Other networks hold.
    NetworksChanged,
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
            Self::JobNotStarted => "job-not-started",
            Self::PolicyChanged => "policy-changed",
            Self::TextChanged => "text-changed",
            Self::NetworksChanged => "networks-changed",
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
        Self::JobNotStarted,
        Self::PolicyChanged,
        Self::TextChanged,
        Self::NetworksChanged,
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
            Self::JobNotStarted => (FlashKind::Bad, "said-job-not-started"),
            Self::PolicyChanged => (FlashKind::Good, "said-policy-changed"),
            Self::TextChanged => (FlashKind::Good, "said-text-changed"),
            Self::NetworksChanged => (FlashKind::Good, "said-networks-changed"),
        };
        Flash { kind, text: text(locale, key, &[]) }
    }
}
