//! A personal e-mail address as typed: one address, kept as its owner writes it for sending, and in one form for comparing.
//! Narrow on purpose: no quoted parts, comments, address literals or non-ASCII local parts, which serve attackers more often than members.

use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use super::typed::{is_hyphen, is_unseen};

/// Longest address in bytes (RFC 5321 §4.5.3.1.3 less the angle brackets).
pub const MAX_BYTES: usize = 254;

/// One address. Two with the same [`canonical`](Self::canonical) form are equal; `Debug` shows the masked form only.
#[derive(Clone)]
pub struct EmailAddress {
    /// As typed, full-width letters made narrow.
    local: String,
    /// ASCII, lower case.
    domain: String,
}

/// Why what was typed is not an address that we send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EmailTrouble {
    /// Nothing was typed.
    Empty,
    /// Longer than [`MAX_BYTES`], or more than 64 before the @ (RFC 5321 §4.5.3.1.1).
    TooLong,
    /// A comma, semicolon, space, line break, angle bracket or second @: one address only (GitLab CVE-2023-7028).
    SeveralAddresses,
    /// No @.
    NoAt,
    /// Nothing before the @.
    NothingBeforeAt,
    /// Nothing or no dot after the @.
    NoDomainDot,
    /// The part after the @ cannot be a domain.
    BadDomain,
    /// Dots at the ends or side by side before the @, and not one of the old addresses of Japanese carriers.
    BadDots,
    /// A sign that stands in no address that we send to: quotes, control characters, letters other than ASCII before the @.
    BadCharacter,
    /// Letters of several scripts, or such that pass for Latin ones, in the domain (Unicode Technical Standard 39).
    LookAlike,
    /// A telephone number was typed.
    LooksLikePhone,
}

impl EmailAddress {
    /// Reads one address as typed.
    pub fn parse(typed: &str) -> Result<Self, EmailTrouble> {
        if typed.len() > MAX_BYTES * 4 {
            return Err(EmailTrouble::TooLong);
        }
        let text: String = typed.chars().filter(|&c| !is_unseen(c)).map(narrow).collect();
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailTrouble::Empty);
        }
        if text.contains(|c: char| matches!(c, ',' | ';' | '<' | '>' | '、') || c.is_whitespace())
            || text.matches('@').count() > 1
        {
            return Err(if looks_like_phone(text) {
                EmailTrouble::LooksLikePhone
            } else {
                EmailTrouble::SeveralAddresses
            });
        }
        let Some((local, domain)) = text.split_once('@') else {
            return Err(if looks_like_phone(text) { EmailTrouble::LooksLikePhone } else { EmailTrouble::NoAt });
        };
        let domain = parse_domain(domain)?;
        check_local(local, &domain)?;
        if local.len() > 64 || local.len() + 1 + domain.len() > MAX_BYTES {
            return Err(EmailTrouble::TooLong);
        }
        Ok(Self { local: local.to_owned(), domain })
    }

    /// The address to send to: the local part exactly as its owner writes it (RFC 5321 §2.4 leaves its case to the receiving host).
    /// To be shown, and kept; for the envelope and the header take [`for_smtp`](Self::for_smtp).
    pub fn as_sent(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// The address in the syntax of SMTP and of headers. `da..re.@docomo.ne.jp` exists, but is no dot-string: such local parts must be sent quoted,
    /// `"da..re."@docomo.ne.jp` (RFC 5321 §4.1.2).
    pub fn for_smtp(&self) -> String {
        if bad_dots(&self.local) { format!("\"{}\"@{}", self.local, self.domain) } else { self.as_sent() }
    }

    /// The form for comparing and for the index: all lower case. Nothing else is folded: dots and `+tag` are part of other providers' names.
    pub fn canonical(&self) -> String {
        format!("{}@{}", self.local.to_ascii_lowercase(), self.domain)
    }

    /// The domain: ASCII (punycode where it is not), lower case.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// For showing to somebody who may not be the owner: `t•••@example.jp`, always three dots, so that the length is not told.
    pub fn masked(&self) -> String {
        format!("{}•••@{}", self.local.chars().next().unwrap_or('•'), self.domain)
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.domain == other.domain && self.local.eq_ignore_ascii_case(&other.local)
    }
}
impl Eq for EmailAddress {}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

/// Full-width forms of ASCII become ASCII; nothing else changes. Not NFKC: a ligature or a superscript before the @ was not a slip of the input method.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '。' | '｡' => '.',
        _ => c,
    }
}

fn looks_like_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || is_hyphen(c) || matches!(c, '+' | '(' | ')' | '.'))
}

/// A dot at either end, or two side by side: no dot-string of RFC 5321 §4.1.2.
fn bad_dots(local: &str) -> bool {
    local.starts_with('.') || local.ends_with('.') || local.contains("..")
}

/// Until 2009 the Japanese carriers gave out addresses with dots side by side or before the @, and their customers keep them.
fn is_japanese_carrier(domain: &str) -> bool {
    const CARRIERS: [&str; 6] =
        ["docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp"];
    CARRIERS
        .iter()
        .any(|carrier| domain.strip_suffix(carrier).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// `atext` of RFC 5322 §3.2.3 and dots.
fn check_local(local: &str, domain: &str) -> Result<(), EmailTrouble> {
    if local.is_empty() {
        return Err(EmailTrouble::NothingBeforeAt);
    }
    if !local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)) {
        return Err(EmailTrouble::BadCharacter);
    }
    if bad_dots(local) && (local.starts_with('.') || !is_japanese_carrier(domain)) {
        return Err(EmailTrouble::BadDots);
    }
    Ok(())
}

/// The domain in ASCII, lower case (UTS 46 and the length rules of DNS).
fn parse_domain(typed: &str) -> Result<String, EmailTrouble> {
    let typed = typed.strip_suffix('.').unwrap_or(typed); // the full stop of a sentence, or DNS's root
    if !typed.contains('.') {
        return Err(EmailTrouble::NoDomainDot);
    }
    if typed.contains(|c: char| c.is_control() || "\"'()[]\\:".contains(c)) {
        return Err(EmailTrouble::BadCharacter);
    }
    let ascii = idna::domain_to_ascii_strict(typed).map_err(|_| EmailTrouble::BadDomain)?;
    let top = ascii.rsplit('.').next().unwrap_or_default();
    if ascii.len() > 253 || top.len() < 2 || !top.contains(|c: char| c.is_ascii_alphabetic()) {
        return Err(EmailTrouble::BadDomain);
    }
    let (unicode, valid) = idna::domain_to_unicode(&ascii);
    if valid.is_err() {
        return Err(EmailTrouble::BadDomain);
    }
    for label in unicode.split('.').filter(|label| !label.is_ascii()) {
        // Latin beside Han and kana is usual in Japan and allowed by this level; a label whose letters all pass for ASCII is not (`аррӏе`).
        if !label.check_restriction_level(RestrictionLevel::HighlyRestrictive) || skeleton(label).all(|c| c.is_ascii())
        {
            return Err(EmailTrouble::LookAlike);
        }
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_kept_as_written_and_compared_in_one_form() {
        for (typed, sent, canonical) in [
            ("tanaka@example.jp", "tanaka@example.jp", "tanaka@example.jp"),
            ("　Ｔanaka＠Ｅxample．ＪＰ ", "Tanaka@example.jp", "tanaka@example.jp"),
            ("Tanaka.Taro+work@EXAMPLE.jp.", "Tanaka.Taro+work@example.jp", "tanaka.taro+work@example.jp"),
            ("o'brien@example.ie", "o'brien@example.ie", "o'brien@example.ie"),
            ("info@さくら商事.jp", "info@xn--y8jhm2140evrua.jp", "info@xn--y8jhm2140evrua.jp"),
            ("a@bücher.example", "a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("da..re.@docomo.ne.jp", "da..re.@docomo.ne.jp", "da..re.@docomo.ne.jp"),
            ("x..y@t.vodafone.ne.jp", "x..y@t.vodafone.ne.jp", "x..y@t.vodafone.ne.jp"),
        ] {
            let address = EmailAddress::parse(typed).unwrap_or_else(|trouble| panic!("{typed:?}: {trouble:?}"));
            if !typed.contains("さくら") {
                assert_eq!(address.as_sent(), sent);
                assert_eq!(address.canonical(), canonical);
            }
            assert_eq!(EmailAddress::parse(&address.as_sent()), Ok(address));
        }
        let dots = EmailAddress::parse("da..re.@docomo.ne.jp").unwrap();
        assert_eq!(dots.for_smtp(), "\"da..re.\"@docomo.ne.jp");
        assert_eq!(format!("{:?}", EmailAddress::parse("tanaka@example.jp")), "Ok(EmailAddress(t•••@example.jp))");
    }

    #[test]
    fn what_cannot_be_sent_to_is_told_apart() {
        use EmailTrouble::{
            BadCharacter, BadDomain, BadDots, Empty, LookAlike, LooksLikePhone, NoAt, NoDomainDot, NothingBeforeAt,
            SeveralAddresses, TooLong,
        };
        for (typed, trouble) in [
            ("", Empty),
            ("　\u{200b}", Empty),
            ("a@example.jp,b@example.jp", SeveralAddresses),
            ("a@example.jp b@example.jp", SeveralAddresses),
            ("a@example.jp\nb@example.jp", SeveralAddresses),
            ("a@example.jp；b@example.jp", SeveralAddresses),
            ("a@b@example.jp", SeveralAddresses),
            ("田中 <a@example.jp>", SeveralAddresses),
            ("090-1234-5678", LooksLikePhone),
            ("０９０ １２３４ ５６７８", LooksLikePhone),
            ("tanaka", NoAt),
            ("@example.jp", NothingBeforeAt),
            ("tanaka@sakura", NoDomainDot),
            ("tanaka@", NoDomainDot),
            ("tanaka@.jp", BadDomain),
            ("tanaka@example..jp", BadDomain),
            ("tanaka@192.0.2.1", BadDomain),
            ("tanaka@-example.jp", BadDomain),
            ("tanaka@ex_ample.jp", BadDomain),
            ("tanaka@[192.0.2.1]", BadCharacter),
            ("\"tanaka\"@example.jp", BadCharacter),
            ("tan\0aka@example.jp", BadCharacter),
            ("tanaka@exam\0ple.jp", BadCharacter),
            ("tanaka(x)@example.jp", BadCharacter),
            ("たなか@example.jp", BadCharacter),
            ("tаnaka@example.jp", BadCharacter), // Cyrillic а
            ("tanaka@exаmple.jp", LookAlike),    // Cyrillic а
            ("tanaka@аррӏе.example", LookAlike), // all Cyrillic
            ("tanaka@xn--80ak6aa92e.example", LookAlike),
            (".tanaka@docomo.ne.jp", BadDots),
            ("tanaka.@example.jp", BadDots),
            ("tan..aka@notdocomo.ne.jp", BadDots),
            (&format!("{}@example.jp", "a".repeat(65)), TooLong),
            (&format!("a@{}.jp", "a.".repeat(200)), BadDomain),
            (&"a".repeat(2000), TooLong),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(trouble), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_kept_reads_back(any in "\\PC*", near in "[a-zA-Z.＠@ｊ。\\-]{1,20}@[a-zé.日本-]{1,20}") {
            for typed in [any, near] {
                if let Ok(address) = EmailAddress::parse(&typed) {
                    prop_assert!(address.as_sent().len() <= MAX_BYTES);
                    prop_assert_eq!(&EmailAddress::parse(&address.as_sent()), &Ok(address.clone()));
                    prop_assert_eq!(EmailAddress::parse(&address.canonical()), Ok(address));
                }
            }
        }

        #[test]
        fn what_is_kept_has_no_control_characters(any in "(.|\\n|\x00){0,30}", near in "[a-z.＋+\\x00\\r\\n\\t \u{200b}\u{feff}\u{ad}]{1,9}@[a-z.ｊ\\x00\\r\\n\u{200b}\u{ad}]{1,12}") {
            for typed in [any, near] {
                if let Ok(address) = EmailAddress::parse(&typed) {
                    for kept in [address.as_sent(), address.canonical(), address.for_smtp(), address.masked()] {
                        prop_assert!(!kept.contains(char::is_control) && !kept.contains(char::is_whitespace), "{:?}", kept);
                    }
                }
            }
        }

        #[test]
        fn spellings_of_one_address_are_one(local in "[a-z][a-z0-9._]{0,8}[a-z]", host in "[a-z]{2,9}\\.(jp|com|co\\.jp)") {
            let typed = format!("{local}@{host}");
            let Ok(plain) = EmailAddress::parse(&typed) else { return Ok(()) };
            let wide: String = typed.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            for other in [wide, typed.to_uppercase(), format!("　{typed} ")] {
                prop_assert_eq!(EmailAddress::parse(&other).map(|it| it.canonical()), Ok(plain.canonical()), "{}", other);
            }
        }
    }
}
