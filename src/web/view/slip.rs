//! Everything that can be wrong with a form, as a type.

use crate::{
    model::{
        CodeTrouble, EmailTrouble, Locale, LoginTrouble, OwnTextTrouble, PasswordTrouble, PhoneTrouble, own_text,
        password::ContextWord,
    },
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
    /// Neither a number nor an address.
    AddressUnreadable,
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
    /// No address of the web.
    UrlUnreadable,
    /// Not by https.
    UrlNotHttps,
    /// It names a user.
    UrlUser,
    /// Another port than those that are open.
    UrlPort,
    /// An address inside of a house.
    UrlInside,
    /// Neither a directory's id nor its domain.
    TenantForm,
    /// Not an id of hexadecimal digits in five groups.
    GuidForm,
    /// Not a secret that an application could have.
    ClientSecretForm,
    /// Not an id that a service could have.
    ManagedIdForm,
    /// The service knows no such device.
    ManagedUnlisted,
    /// The service could not be asked, by this word.
    ManagedUnreachable(String),
    /// The service is not connected.
    ManagedNotSetUp,
    /// The device is somebody's already.
    ManagedTaken,
    /// The member has as many as there may be.
    ManagedMany,
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
            Self::UrlUnreadable => say("slip-url-unreadable"),
            Self::UrlNotHttps => say("slip-url-not-https"),
            Self::UrlUser => say("slip-url-user"),
            Self::UrlPort => say("slip-url-port"),
            Self::UrlInside => say("slip-url-inside"),
            Self::TenantForm => say("slip-tenant-form"),
            Self::GuidForm => say("slip-guid-form"),
            Self::ClientSecretForm => say("slip-client-secret-form"),
            Self::ManagedIdForm => say("slip-managed-id-form"),
            Self::ManagedUnlisted => say("slip-managed-unlisted"),
            Self::ManagedUnreachable(why) => with("slip-managed-unreachable", "why", why.clone()),
            Self::ManagedNotSetUp => say("slip-managed-not-set-up"),
            Self::ManagedTaken => say("slip-managed-taken"),
            Self::ManagedMany => say("slip-managed-many"),
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
            Self::AddressUnreadable => say("slip-address-unreadable"),
        }
    }
}

impl Slip {
    /// Why a text of at most so many letters is not taken.
    pub fn of_text(trouble: OwnTextTrouble, most: usize) -> Self {
        match trouble {
            OwnTextTrouble::TooLong => Self::TextLong(most),
            OwnTextTrouble::TooManyLines => Self::TextLines(own_text::MOST_LINES),
            OwnTextTrouble::Unseen => Self::TextUnseen,
            OwnTextTrouble::LookAlike(word) => Self::TextLookAlike(word),
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
