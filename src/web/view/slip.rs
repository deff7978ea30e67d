//! Everything that can be said about a form, as types: what to mend ([`Slip`]) and what just happened ([`Said`]).

use super::frame::{Flash, FlashKind};
use crate::{
    model::Locale,
    wording::{lasting, text},
};

/// Why a form cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// The one answer to every failed sign-in.
    SignInFailed,
    /// No ID.
    LoginEmpty,
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
    PasswordClasses(usize),
    /// Not the present password.
    PasswordWrong,
    /// No word of a notice.
    WordEmpty,
    /// No notice with this word.
    WordUnknown,
    /// On file already.
    ContactTaken,
    /// No room for one more.
    ContactFull,
    /// Too many; so many seconds to wait.
    TooMany(i64),
}

impl Slip {
    /// What to do, as a sentence.
    pub fn text(&self, locale: Locale) -> String {
        let say = |key| text(locale, key, &[]);
        let with = |key, name, value: String| text(locale, key, &[(name, &value)]);
        match self {
            Self::SignInFailed => say("slip-sign-in-failed"),
            Self::LoginEmpty => say("slip-login-empty"),
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
            Self::ContactFull => say("slip-contact-full"),
            Self::TooMany(seconds) => with("slip-too-many", "time", lasting(locale, (seconds + 59) / 60 * 60)),
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
            Self::ContactConfirmed => "contact-confirmed",
            Self::SessionEnded => "session-ended",
            Self::SessionsEnded => "sessions-ended",
            Self::SignedOut => "signed-out",
            Self::SessionOver => "session-over",
            Self::CheckupDone => "checkup-done",
            Self::RecoveryRunning => "recovery-running",
        }
    }
    /// The one with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == name)
    }
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::PasswordSet,
        Self::PasswordChanged,
        Self::CodeSentAgain,
        Self::ContactAdded,
        Self::ContactRemoved,
        Self::ContactConfirmed,
        Self::SessionEnded,
        Self::SessionsEnded,
        Self::SignedOut,
        Self::SessionOver,
        Self::CheckupDone,
        Self::RecoveryRunning,
    ];
    /// As a line above a page.
    pub fn flash(self, locale: Locale) -> Flash {
        let (kind, key) = match self {
            Self::PasswordSet => (FlashKind::Good, "said-password-set"),
            Self::PasswordChanged => (FlashKind::Good, "said-password-changed"),
            Self::CodeSentAgain => (FlashKind::Good, "said-code-sent-again"),
            Self::ContactAdded => (FlashKind::Good, "said-contact-added"),
            Self::ContactRemoved => (FlashKind::Good, "said-contact-removed"),
            Self::ContactConfirmed => (FlashKind::Good, "said-contact-confirmed"),
            Self::SessionEnded => (FlashKind::Good, "said-session-ended"),
            Self::SessionsEnded => (FlashKind::Good, "said-sessions-ended"),
            Self::SignedOut => (FlashKind::Good, "said-signed-out"),
            Self::SessionOver => (FlashKind::Info, "said-session-over"),
            Self::CheckupDone => (FlashKind::Good, "said-checkup-done"),
            Self::RecoveryRunning => (FlashKind::Bad, "said-recovery-running"),
        };
        Flash { kind, text: text(locale, key, &[]) }
    }
}
