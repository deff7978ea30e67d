//! A mobile number that can get an SMS, in any way that people type it, and what to tell them when it cannot be one.
//! Japanese numbers are told apart here, by the ministry's numbering plan; other countries' by libphonenumber's metadata.

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType, Region, ValidationError,
};

use super::typed::{is_hyphen, plain};

/// What is read of a typed number, in characters.
pub const MAX_TYPED: usize = 64;

/// A mobile number, kept as E.164 (`+819012345678`). `Debug` shows the masked form only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// Why what was typed is not a number that a code can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneTrouble {
    /// Nothing was typed.
    Empty,
    /// More than [`MAX_TYPED`] characters.
    TooLong,
    /// Letters or other signs, or digits that begin no number.
    NotANumber,
    /// Digits are missing.
    TooShort,
    /// Digits too many.
    TooManyDigits,
    /// A fixed line (03-, 06-, 0467-…): no SMS.
    Landline,
    /// An IP telephone (050): no SMS.
    IpPhone,
    /// A service's number (0120, 0800, 0570, 00xx), a pager or machine (020): no SMS.
    Service,
    /// A country to which this server does not send.
    Foreign,
}

impl Phone {
    /// Reads a number as typed. `allowed_countries` are ISO 3166-1 codes in capitals, by default `["JP"]`; a number without a country code is one of the first of them.
    ///
    /// Understood: hyphens of every kind, spaces, full-width digits, brackets, dots, `tel:`, and for Japan `+81`, `81`, `0081` and `010-81`, also with the 0 that
    /// belongs to the national form only (`+81 (0)90`), and a leading 0 that a spreadsheet ate.
    pub fn parse<C: AsRef<str>>(typed: &str, allowed_countries: &[C]) -> Result<Self, PhoneTrouble> {
        let allowed: Vec<&str> = allowed_countries.iter().map(AsRef::as_ref).collect();
        // Bounded before NFKC, which can lengthen a text (one sign becomes up to 18).
        if typed.chars().take(MAX_TYPED + 1).count() > MAX_TYPED {
            return Err(PhoneTrouble::TooLong);
        }
        let text = plain(typed).to_ascii_lowercase();
        if text.is_empty() {
            return Err(PhoneTrouble::Empty);
        }
        let (international, digits) = digits(&text)?;
        match allowed.first() {
            Some(&"JP") => parse_at_home(international, &digits, &allowed),
            home => parse_by_metadata(international, &digits, home.copied(), &allowed),
        }
    }

    /// A number that was parsed before and kept as E.164. Not judged again: the rules may have changed since, and the contact must still be found.
    pub fn from_e164(stored: &str) -> Option<Self> {
        let digits = stored.strip_prefix('+')?;
        ((7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Self(stored.to_owned()))
    }

    /// E.164 (ITU-T), as carriers take it: `+819012345678`.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// As a person writes it: `090-1234-5678`; other countries' in their international form.
    pub fn national(&self) -> String {
        match self.japanese() {
            Some((head, middle, tail)) => format!("0{head}-{middle}-{tail}"),
            None => self
                .0
                .parse::<PhoneNumber>()
                .map_or_else(|_| self.0.clone(), |n| n.format_as(PhoneNumberFormat::International).into_owned()),
        }
    }

    /// The country that it belongs to (ISO 3166-1), as far as the number tells; `other` else.
    pub fn country(&self) -> String {
        if self.japanese().is_some() {
            return "JP".to_owned();
        }
        let number = self.0.parse::<PhoneNumber>().ok();
        let region = number.and_then(|number| number.get_region_code());
        region.map_or_else(|| "other".to_owned(), |region| region.to_string())
    }

    /// For showing to somebody who may not be the owner: `090-••••-5678`.
    pub fn masked(&self) -> String {
        if let Some((head, _, tail)) = self.japanese() {
            return format!("0{head}-••••-{tail}");
        }
        let code =
            self.0.parse::<PhoneNumber>().map_or_else(|_| String::from("+"), |n| format!("+{} ", n.country_code));
        format!("{code}••••{}", &self.0[self.0.len() - 4..])
    }

    /// The three groups of a Japanese mobile number, without the national 0.
    fn japanese(&self) -> Option<(&str, &str, &str)> {
        let rest = self.0.strip_prefix("+81").filter(|rest| rest.len() == 10)?;
        Some((&rest[..2], &rest[2..6], &rest[6..]))
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Phone({})", self.masked())
    }
}

/// Bare digits, and whether a plus stood before them.
fn digits(text: &str) -> Result<(bool, String), PhoneTrouble> {
    let text = text.strip_prefix("tel").map_or(text, |rest| rest.trim_start_matches([':', '.', ' ']));
    let mut international = false;
    let mut digits = String::with_capacity(16);
    for c in text.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !international => international = true,
            '(' | ')' | '[' | ']' | '.' | '・' | '/' | 'の' | 'ノ' => {}
            _ if c.is_whitespace() || is_hyphen(c) => {}
            _ => return Err(PhoneTrouble::NotANumber),
        }
    }
    if digits.is_empty() { Err(PhoneTrouble::NotANumber) } else { Ok((international, digits)) }
}

/// A number typed in Japan.
fn parse_at_home(international: bool, digits: &str, allowed: &[&str]) -> Result<Phone, PhoneTrouble> {
    // 010 is the prefix for calls abroad, before it perhaps a long-distance carrier's own; 00 is what the rest of the world dials.
    let abroad = ["010", "001010", "0033010", "0061010"].iter().find_map(|prefix| digits.strip_prefix(prefix));
    let with_code = if international {
        Some(digits)
    } else if let Some(rest) = abroad.or_else(|| digits.strip_prefix("00").filter(|rest| rest.starts_with("81"))) {
        Some(rest)
    } else {
        // 81 without a plus: no Japanese number without its leading 0 is that long.
        Some(digits).filter(|d| d.starts_with("81") && d.len() >= 11)
    };
    match with_code {
        Some(rest) => match rest.strip_prefix("81") {
            Some(japanese) => classify_japanese(&format!("0{}", japanese.strip_prefix('0').unwrap_or(japanese))),
            None => parse_by_metadata(true, rest, None, allowed),
        },
        None if digits.starts_with('0') => classify_japanese(digits),
        None if digits.len() == 10 && is_mobile_head(&format!("0{digits}")) && allowed.len() == 1 => {
            classify_japanese(&format!("0{digits}"))
        }
        None if digits.len() < 10 => Err(PhoneTrouble::TooShort),
        None => Err(PhoneTrouble::NotANumber),
    }
}

/// 060 (open to mobile telephones since 2026), 070, 080, 090 and then a digit other than 0: 0800 is free of charge, the others unassigned.
fn is_mobile_head(national: &str) -> bool {
    let bytes = national.as_bytes();
    matches!(bytes, [b'0', b'6'..=b'9', b'0', ..]) && bytes.get(3) != Some(&b'0')
}

/// A Japanese number in its national form, leading 0 and all (電気通信番号計画, table of the ministry).
fn classify_japanese(national: &str) -> Result<Phone, PhoneTrouble> {
    const SERVICES: [&str; 9] = ["00", "0120", "0170", "0180", "020", "0570", "0800", "0910", "0990"];
    let length = national.len();
    if SERVICES.iter().any(|head| national.starts_with(head)) {
        return Err(PhoneTrouble::Service);
    }
    if is_mobile_head(national) {
        return match length {
            11 => Ok(Phone(format!("+81{}", &national[1..]))),
            0..=10 => Err(PhoneTrouble::TooShort),
            _ => Err(PhoneTrouble::TooManyDigits),
        };
    }
    if national.starts_with("050") {
        return match length {
            0..=10 => Err(PhoneTrouble::TooShort),
            11 => Err(PhoneTrouble::IpPhone),
            _ => Err(PhoneTrouble::TooManyDigits),
        };
    }
    let unassigned = matches!(national.as_bytes(), [b'0', b'1' | b'3' | b'4' | b'6'..=b'9', b'0', ..]);
    match length {
        0..=9 => Err(PhoneTrouble::TooShort),
        10 if unassigned => Err(PhoneTrouble::NotANumber),
        10 => Err(PhoneTrouble::Landline),
        _ if unassigned => Err(PhoneTrouble::NotANumber),
        _ => Err(PhoneTrouble::TooManyDigits),
    }
}

/// Every other country. A number of a country that is not allowed is [`PhoneTrouble::Foreign`] even when it is wrong besides.
fn parse_by_metadata(
    international: bool,
    digits: &str,
    home: Option<&str>,
    allowed: &[&str],
) -> Result<Phone, PhoneTrouble> {
    let home = home.and_then(|code| Region::from_code(code).ok());
    let mut codes =
        allowed.iter().filter_map(|code| PHONE_NUMBER_UTIL.get_country_code_for_region(Region::from_code(code).ok()?));
    if international && !codes.any(|code| digits.starts_with(&code.to_string())) {
        return Err(if digits.len() < 5 { PhoneTrouble::TooShort } else { PhoneTrouble::Foreign });
    }
    let text = if international { format!("+{digits}") } else { digits.to_owned() };
    let number = PHONE_NUMBER_UTIL.parse(text, home).map_err(|trouble| match trouble {
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneTrouble::TooShort,
        ParseError::TooLongNsn => PhoneTrouble::TooManyDigits,
        ParseError::InvalidCountryCode | ParseError::NotANumber(_) => PhoneTrouble::NotANumber,
    })?;
    if number.country_code == 81 {
        let national = format!("0{}", number.get_national_significant_number());
        return if allowed.contains(&"JP") { classify_japanese(&national) } else { Err(PhoneTrouble::Foreign) };
    }
    let Some(region) = number.get_region_code() else {
        // The code stands for an allowed country, the number for none: the length is what can be mended.
        return Err(match number.is_possible_with_reason() {
            Err(ValidationError::TooShort) => PhoneTrouble::TooShort,
            Err(ValidationError::TooLong) => PhoneTrouble::TooManyDigits,
            _ => PhoneTrouble::NotANumber,
        });
    };
    if !allowed.iter().any(|&code| code == &*region.as_region_str()) {
        return Err(PhoneTrouble::Foreign);
    }
    match number.get_type() {
        PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile => {
            Ok(Phone(number.format_as(PhoneNumberFormat::E164).into_owned()))
        }
        PhoneNumberType::FixedLine => Err(PhoneTrouble::Landline),
        PhoneNumberType::VoIP => Err(PhoneTrouble::IpPhone),
        PhoneNumberType::Unknown => Err(PhoneTrouble::NotANumber),
        _ => Err(PhoneTrouble::Service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JP: &[&str] = &["JP"];

    #[test]
    fn a_number_is_understood_however_it_is_typed() {
        for typed in [
            "09012345678",
            "090-1234-5678",
            "０９０－１２３４－５６７８",
            "090ー1234ー5678",
            "０９０ｰ１２３４ｰ５６７８",
            "090‐1234‑5678",
            "090–1234—5678",
            "090−1234─5678",
            "090〜1234～5678",
            "　０９０　１２３４　５６７８　",
            "(090) 1234.5678",
            "（０９０）１２３４・５６７８",
            "090の1234の5678",
            "+819012345678",
            "+81 90-1234-5678",
            "＋８１ ９０ １２３４ ５６７８",
            "+81 (0)90-1234-5678",
            "+8109012345678",
            "819012345678",
            "81 090 1234 5678",
            "0081 90 1234 5678",
            "010-81-90-1234-5678",
            "001-010-81-90-1234-5678",
            "9012345678",
            "tel:+81-90-1234-5678",
            "ＴＥＬ：090-1234-5678",
            "\u{202d}+81 90-1234-5678\u{202c}",
        ] {
            assert_eq!(Phone::parse(typed, JP).map(|p| p.0), Ok("+819012345678".into()), "{typed:?}");
        }
        for head in ["060", "070", "080", "090"] {
            assert!(Phone::parse(&format!("{head}-1234-5678"), JP).is_ok(), "{head}");
        }
    }

    #[test]
    fn what_cannot_get_an_sms_is_told_apart() {
        use PhoneTrouble::{Empty, Foreign, IpPhone, Landline, NotANumber, Service, TooLong, TooManyDigits, TooShort};
        for (typed, trouble) in [
            ("", Empty),
            (" 　\u{200b}", Empty),
            ("090-1234-567", TooShort),
            ("1234567", TooShort),
            ("090", TooShort),
            ("110", TooShort),
            ("090-1234-56789", TooManyDigits),
            ("+81 90 1234 56789", TooManyDigits),
            ("03-1234-5678", Landline),
            ("+81 3 1234 5678", Landline),
            ("+81 (0)3 1234 5678", Landline),
            ("0467-12-3456", Landline),
            ("050-1234-5678", IpPhone),
            ("0120-123-456", Service),
            ("0800-123-4567", Service),
            ("0570-012-345", Service),
            ("020-1234-5678", Service),
            ("0077-12-3456", Service),
            ("+1 415 555 2671", Foreign),
            ("010-1-415-555-2671", Foreign),
            ("+44 7911 123456", Foreign),
            ("+44 79", TooShort),
            ("+44 7911", Foreign),
            ("+999 1234567", Foreign),
            ("tanaka@sakura", NotANumber),
            ("090-1234-567八", NotANumber),
            ("090+12345678", NotANumber),
            ("---", NotANumber),
            ("tel:", NotANumber),
            ("0900-1234-567", NotANumber),
            (&"0".repeat(65), TooLong),
        ] {
            assert_eq!(Phone::parse(typed, JP), Err(trouble), "{typed:?}");
        }
    }

    #[test]
    fn other_countries_only_when_allowed() {
        let both = &["JP", "GB"];
        let phone = Phone::parse("+44 7400 123456", both).unwrap();
        assert_eq!(phone.e164(), "+447400123456");
        assert_eq!(phone.masked(), "+44 ••••3456");
        assert_eq!(Phone::parse(&phone.national(), both), Ok(phone));
        assert_eq!(Phone::parse("+44 20 7183 8750", both), Err(PhoneTrouble::Landline));
        assert_eq!(Phone::parse("+1 415 555", &["US"]), Err(PhoneTrouble::TooShort));
        assert_eq!(Phone::parse("07400 123456", &["GB"]).map(|p| p.0), Ok("+447400123456".into()));
        assert_eq!(Phone::parse("+81 90 1234 5678", &["GB"]), Err(PhoneTrouble::Foreign));
        assert_eq!(Phone::parse("+81 90 1234 5678", &["GB", "JP"]).map(|p| p.national()), Ok("090-1234-5678".into()));
        assert_eq!(Phone::parse::<&str>("+81 90 1234 5678", &[]), Err(PhoneTrouble::Foreign));
    }

    #[test]
    fn masks_hide_the_middle() {
        let phone = Phone::parse("09012345678", JP).unwrap();
        assert_eq!(phone.national(), "090-1234-5678");
        assert_eq!(phone.masked(), "090-••••-5678");
        assert_eq!(format!("{phone:?}"), "Phone(090-••••-5678)");
        assert_eq!(Phone::from_e164("+819012345678"), Some(phone));
        assert_eq!(Phone::from_e164("09012345678"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(typed in "\\PC*", digits in "[+0-9０-９ ()-]{0,70}") {
            for text in [typed, digits] {
                for allowed in [JP, &["JP", "US", "GB"], &["US"], &["??"], &[]] {
                    if let Ok(phone) = Phone::parse(&text, allowed) {
                        prop_assert!(!phone.masked().is_empty());
                        prop_assert_eq!(Phone::from_e164(phone.e164()), Some(phone));
                    }
                }
            }
        }

        #[test]
        fn every_written_form_reads_back(typed in "0[6-9]0[1-9][0-9]{7}") {
            let phone = Phone::parse(&typed, JP).unwrap();
            prop_assert_eq!(&Phone::parse(&phone.national(), JP), &Ok(phone.clone()));
            prop_assert_eq!(Phone::parse(phone.e164(), JP), Ok(phone));
        }

        #[test]
        fn what_is_kept_has_digits_only(typed in "\\PC*|[+0-9０-９ ()-]{0,20}|(.|\\n|\x00){0,20}") {
            if let Ok(phone) = Phone::parse(&typed, &["JP", "US"]) {
                prop_assert!(phone.e164().strip_prefix('+').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())));
                prop_assert!(!phone.national().contains(char::is_control));
            }
        }

        #[test]
        fn spellings_of_one_number_are_one(typed in "0[6-9]0[1-9][0-9]{7}") {
            let plain = Phone::parse(&typed, JP).unwrap();
            let wide: String = typed.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
            let dashed = format!(" {}-{}－{} ", &typed[..3], &typed[3..7], &typed[7..]);
            for other in [wide, dashed, format!("+81{}", &typed[1..]), format!("+81 (0){}", &typed[1..])] {
                prop_assert_eq!(Phone::parse(&other, JP), Ok(plain.clone()), "{}", other);
            }
        }
    }
}
