//! What a member types to say who they are: a login name, `name@workspace`, or a work e-mail address.
//! Names are compared in one form (NFKC, then PRECIS UsernameCaseMapped, RFC 8265 §3.3); that form is what is stored.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::PrecisFastInvocation as _};
use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use super::{
    EmailAddress, EmailTrouble,
    typed::{is_hyphen, plain},
};

/// What is read of a typed ID, in bytes.
pub const MAX_TYPED: usize = 256;

/// A login name in its canonical form, unique in its workspace: 1 to 64 characters, letters of any script, digits and `. _ -`.
///
/// Never shaped like an e-mail address (no `@`) or telephone number (7 to 15 digits), so that what was typed says what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct LoginName(String);

/// Why a login name or typed ID cannot be one. None of these depends on which accounts exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginTrouble {
    /// Nothing was typed (before the @).
    Empty,
    /// More than 64 characters, or [`MAX_TYPED`] bytes with everything.
    TooLong,
    /// A sign that stands in no login name, a space for instance.
    BadCharacter,
    /// Shaped like a telephone number: numbers are for recovery.
    LooksLikePhone,
    /// Shaped like an e-mail address, where a plain name is wanted.
    LooksLikeEmail,
    /// Letters of several scripts that can pass for one another (Unicode Technical Standard 39). Only when a name is chosen.
    LookAlike,
    /// More than one @.
    SeveralAts,
    /// What stands after the @ is no workspace's name.
    Workspace(SlugTrouble),
    /// Shaped like a work address, but not one.
    WorkEmail(EmailTrouble),
}

impl LoginName {
    /// Reads a name that somebody chooses. Stricter than at sign-in: look-alikes are refused.
    pub fn parse(typed: &str) -> Result<Self, LoginTrouble> {
        let name = Self::typed(typed)?;
        let text = name.as_str();
        // Latin with Han and kana is usual here and allowed; Latin with Cyrillic is not, nor a name that is Latin to the eye only.
        if !text.check_restriction_level(RestrictionLevel::HighlyRestrictive)
            || (!text.is_ascii() && skeleton(text).all(|c| c.is_ascii()))
        {
            return Err(LoginTrouble::LookAlike);
        }
        Ok(name)
    }

    /// Reads a name typed at sign-in: full-width and capital letters are understood; a look-alike simply matches nobody.
    pub fn typed(typed: &str) -> Result<Self, LoginTrouble> {
        if typed.len() > MAX_TYPED {
            return Err(LoginTrouble::TooLong);
        }
        let text = plain(typed);
        if text.is_empty() {
            return Err(LoginTrouble::Empty);
        }
        if text.contains('@') {
            return Err(LoginTrouble::LooksLikeEmail);
        }
        if is_phone_shaped(&text) {
            return Err(LoginTrouble::LooksLikePhone);
        }
        // PRECIS lets all of printable ASCII into names (RFC 8264 §8.11, for old names): letters, digits and three signs are enough here.
        if text.chars().any(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_' | '-')) {
            return Err(LoginTrouble::BadCharacter);
        }
        let name = UsernameCaseMapped::enforce(text.as_str()).map_err(|_| LoginTrouble::BadCharacter)?.into_owned();
        if name.chars().count() > 64 {
            return Err(LoginTrouble::TooLong);
        }
        if !name.starts_with(char::is_alphanumeric) || name.ends_with('.') {
            return Err(LoginTrouble::BadCharacter);
        }
        // Some letters change once more on a second reading (RFC 8265 §3.3.5); a name must be its own canonical form.
        if UsernameCaseMapped::enforce(name.as_str()).is_ok_and(|again| again == name) {
            Ok(Self(name))
        } else {
            Err(LoginTrouble::BadCharacter)
        }
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for LoginName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for LoginName {
    type Err = LoginTrouble;
    fn from_str(typed: &str) -> Result<Self, LoginTrouble> {
        Self::parse(typed)
    }
}

/// Digits with what people put between those of a telephone number.
fn is_phone_shaped(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let between = |c: char| c.is_whitespace() || is_hyphen(c) || matches!(c, '+' | '(' | ')');
    (7..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || between(c))
}

/// A workspace's name in addresses and IDs: 2 to 40 of `a-z 0-9 -`, no hyphen at the ends, none of the reserved words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Slug(String);

/// Why a text is no workspace's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlugTrouble {
    /// Nothing was typed.
    Empty,
    /// One character only.
    TooShort,
    /// More than 40 characters.
    TooLong,
    /// Other than letters a-z, digits and hyphens.
    BadCharacter,
    /// A hyphen at an end.
    EdgeHyphen,
    /// A word that the server needs, or that would let a workspace pass for the service.
    Reserved,
}

/// Words of paths, and words that would let a workspace speak for the service.
const RESERVED: &[&str] = &[
    "abuse",
    "account",
    "admin",
    "administrator",
    "aikagi",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "contact",
    "health",
    "healthz",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "livez",
    "localhost",
    "login",
    "logout",
    "mail",
    "metrics",
    "notice",
    "oauth",
    "oidc",
    "operator",
    "owner",
    "password",
    "postmaster",
    "readyz",
    "recovery",
    "register",
    "root",
    "security",
    "signin",
    "signout",
    "signup",
    "static",
    "status",
    "support",
    "system",
    "webmaster",
    "well-known",
    "www",
];

impl Slug {
    /// Reads a workspace's name, full-width and capital letters understood.
    pub fn parse(typed: &str) -> Result<Self, SlugTrouble> {
        if typed.len() > MAX_TYPED {
            return Err(SlugTrouble::TooLong);
        }
        let text = plain(typed).to_ascii_lowercase();
        if text.is_empty() {
            return Err(SlugTrouble::Empty);
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(SlugTrouble::BadCharacter);
        }
        match text.len() {
            0 | 1 => Err(SlugTrouble::TooShort),
            41.. => Err(SlugTrouble::TooLong),
            _ if text.starts_with('-') || text.ends_with('-') => Err(SlugTrouble::EdgeHyphen),
            _ if RESERVED.contains(&text.as_str()) => Err(SlugTrouble::Reserved),
            _ => Ok(Self(text)),
        }
    }
    /// The name as in the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Slug {
    type Err = SlugTrouble;
    fn from_str(typed: &str) -> Result<Self, SlugTrouble> {
        Self::parse(typed)
    }
}

/// An ID as typed on a sign-in page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginTyped {
    /// `tanaka` (on the workspace's own page) or `tanaka@sakura`.
    Name {
        /// Before the @.
        name: LoginName,
        /// After the @, where there was one.
        workspace: Option<Slug>,
    },
    /// `tanaka@sakura.example.jp`, for workspaces that proved the domain.
    WorkEmail(EmailAddress),
}

impl LoginTyped {
    /// Reads what was typed; a dot after the @ makes it an address.
    pub fn parse(typed: &str) -> Result<Self, LoginTrouble> {
        if typed.len() > MAX_TYPED {
            return Err(LoginTrouble::TooLong);
        }
        let text = plain(typed);
        let mut parts = text.split('@');
        match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
            (_, _, Some(_)) => Err(LoginTrouble::SeveralAts),
            (name, None, _) => Ok(Self::Name { name: LoginName::typed(name)?, workspace: None }),
            ("", ..) => Err(LoginTrouble::Empty),
            (_, Some(after), None) if after.contains(['.', '。']) => {
                EmailAddress::parse(&text).map(Self::WorkEmail).map_err(LoginTrouble::WorkEmail)
            }
            (name, Some(after), None) => {
                let workspace = Slug::parse(after).map_err(LoginTrouble::Workspace)?;
                Ok(Self::Name { name: LoginName::typed(name)?, workspace: Some(workspace) })
            }
        }
    }
    /// The one form under which limits count what was typed.
    pub fn canonical(&self) -> String {
        match self {
            Self::Name { name, workspace: None } => name.to_string(),
            Self::Name { name, workspace: Some(slug) } => format!("{name}@{slug}"),
            Self::WorkEmail(address) => address.canonical(),
        }
    }
}

impl std::fmt::Display for LoginTyped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_of_the_keyboard_are_understood() {
        for (typed, canonical) in [
            ("tanaka", "tanaka"),
            (" TANAKA　", "tanaka"),
            ("ｔａｎａｋａ＠ｓａｋｕｒａ", "tanaka@sakura"),
            ("Tanaka.T@Sakura", "tanaka.t@sakura"),
            ("田中@sakura-2", "田中@sakura-2"),
            ("ﾀﾅｶ", "タナカ"),
            ("4711", "4711"),
            ("Tanaka@Sakura.Example.JP", "tanaka@sakura.example.jp"),
            ("ｔａｎａｋａ＠ｓａｋｕｒａ．ｅｘａｍｐｌｅ．ｊｐ", "tanaka@sakura.example.jp"),
        ] {
            assert_eq!(LoginTyped::parse(typed).map(|t| t.canonical()), Ok(canonical.into()), "{typed:?}");
        }
        assert!(matches!(LoginTyped::parse("a@b.jp"), Ok(LoginTyped::WorkEmail(_))));
    }

    #[test]
    fn what_cannot_be_an_id_is_told_apart() {
        use LoginTrouble::{BadCharacter, Empty, LooksLikePhone, SeveralAts, TooLong, WorkEmail, Workspace};
        for (typed, trouble) in [
            ("", Empty),
            ("@sakura", Empty),
            ("090-1234-5678", LooksLikePhone),
            ("０９０１２３４５６７８", LooksLikePhone),
            ("+819012345678", LooksLikePhone),
            ("090ー1234ー5678", LooksLikePhone),
            ("(090) 1234 5678", LooksLikePhone),
            ("a@b@c", SeveralAts),
            ("tanaka taro", BadCharacter),
            ("tan\0aka", BadCharacter),
            ("<script>", BadCharacter),
            ("☃", BadCharacter),
            ("..", BadCharacter),
            ("tanaka@", Workspace(SlugTrouble::Empty)),
            ("tanaka@さくら", Workspace(SlugTrouble::BadCharacter)),
            ("tanaka@sakura..jp", WorkEmail(EmailTrouble::BadDomain)),
            (&"a".repeat(65), TooLong),
            (&"a".repeat(257), TooLong),
        ] {
            assert_eq!(LoginTyped::parse(typed), Err(trouble), "{typed:?}");
        }
    }

    #[test]
    fn look_alikes_are_refused_when_chosen_and_match_nobody_when_typed() {
        let cyrillic = "tаnaka"; // the second letter is Cyrillic
        assert_eq!(LoginName::parse(cyrillic), Err(LoginTrouble::LookAlike));
        assert_eq!(LoginName::parse("рауре"), Err(LoginTrouble::LookAlike)); // all Cyrillic, reads as Latin
        assert_ne!(LoginName::typed(cyrillic).unwrap(), LoginName::parse("tanaka").unwrap());
        for fine in ["田中taro", "さくら.サクラ", "müller", "иванов", "김철수", "x-1_y"] {
            assert!(LoginName::parse(fine).is_ok(), "{fine}");
        }
        assert_eq!(LoginName::parse("a@b"), Err(LoginTrouble::LooksLikeEmail));
    }

    #[test]
    fn slugs_are_plain_and_not_the_services_own_words() {
        assert_eq!(Slug::parse("Ｓakura-2").map(|s| s.0), Ok("sakura-2".into()));
        for (typed, trouble) in [
            ("a", SlugTrouble::TooShort),
            ("-ab", SlugTrouble::EdgeHyphen),
            ("ab-", SlugTrouble::EdgeHyphen),
            ("a_b", SlugTrouble::BadCharacter),
            ("admin", SlugTrouble::Reserved),
            (&"a".repeat(41), SlugTrouble::TooLong),
        ] {
            assert_eq!(Slug::parse(typed), Err(trouble));
        }
        assert!(RESERVED.is_sorted());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_canonical_reads_back(any in "\\PC*", near in "[\\pL\\pN._-]{1,20}(@[a-zA-Zａ-ｚ.-]{1,12})?") {
            for typed in [any, near] {
                let _ = Slug::parse(&typed);
                let _ = LoginName::parse(&typed);
                if let Ok(login) = LoginTyped::parse(&typed) {
                    prop_assert_eq!(LoginTyped::parse(&login.canonical()), Ok(login));
                }
            }
        }

        #[test]
        fn no_login_looks_like_an_address_or_a_number(any in "\\PC*", near in "[+(]?[0-9０-９][0-9０-９ ().ー－-]{2,16}|[a-z0-9]{1,4}[@＠﹫][a-z.]{1,9}") {
            for typed in [any, near] {
                if let Ok(name) = LoginName::typed(&typed) {
                    prop_assert!(EmailAddress::parse(name.as_str()).is_err() && !name.as_str().contains('@'));
                    prop_assert!(crate::model::Phone::parse(name.as_str(), &["JP", "US", "GB"]).is_err(), "{}", name);
                }
            }
        }

        #[test]
        fn canonical_forms_are_stable_and_clean(typed in "(.|\\n|\x00){0,20}|[a-zA-Zａ-ｚ０-９.\\x00\u{200b}-]{1,12}") {
            if let Ok(name) = LoginName::typed(&typed) {
                prop_assert!(!name.as_str().contains(|c: char| c.is_control() || c.is_whitespace()), "{:?}", name);
                prop_assert_eq!(&LoginName::typed(name.as_str()), &Ok(name.clone()));
            }
            if let Ok(slug) = Slug::parse(&typed) {
                prop_assert!(slug.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
                prop_assert_eq!(&Slug::parse(slug.as_str()), &Ok(slug.clone()));
            }
        }

        #[test]
        fn spellings_of_one_login_are_one(typed in "[a-z][a-z0-9_-]{0,11}[a-z]") {
            let plain = LoginName::typed(&typed);
            let wide: String = typed.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            for other in [wide, typed.to_uppercase(), format!("　{typed} ")] {
                prop_assert_eq!(LoginName::typed(&other), plain.clone(), "{}", other);
            }
        }
    }
}
