//! Short texts that people read from one screen and type into another: the recovery code, its mark, the reference number, the word of an alarm.
//! Each has a form of its own, so that "tell nobody this code" stays true of the one that must not be told. Chance comes in as bytes; nothing here rolls dice.

use super::{
    Secret,
    typed::{is_hyphen, plain},
};

/// Capital letters that are not taken for digits or for one another: no vowels (no words arise), no I L O S Z B. 17 of them, a prime: see [`Reference`].
const LETTERS: &[u8; 17] = b"CDFGHJKMNPQRTVWXY";
/// The consonants that RFC 8628 §6.1 recommends for typing: where no digits stand beside them, none can be mistaken for one.
const CONSONANTS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// A fresh recovery code: 8 digits.
#[derive(Debug, Clone)]
pub struct DigitCode(Secret);

impl DigitCode {
    /// From 64 bits of chance. Taking the remainder favours some codes by less than 1 in 10^11: nothing against 5 tries.
    pub fn from_bytes(chance: [u8; 8]) -> Self {
        Self(Secret::new(format!("{:08}", u64::from_be_bytes(chance) % 100_000_000)))
    }
    /// The 8 digits, as they are hashed.
    pub fn digits(&self) -> &Secret {
        &self.0
    }
    /// As written in the message: `4821 9037`.
    pub fn grouped(&self) -> Secret {
        let digits = self.0.expose();
        Secret::new(format!("{} {}", &digits[..4], &digits[4..]))
    }
}

/// A recovery code as somebody typed it: 8 digits, not yet compared with anything.
#[derive(Debug, Clone)]
pub struct CodeTyped(Secret);

/// Why what was typed cannot be a code. Such a slip costs no try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeTrouble {
    /// Nothing was typed.
    Empty,
    /// Digits, but not 8.
    WrongLength {
        /// How many there were.
        digits: usize,
    },
    /// Something other than digits, spaces and hyphens.
    NotDigits,
    /// The number that the message came from was typed.
    LooksLikeSender,
}

impl CodeTyped {
    /// Reads a code; spaces, hyphens and full-width digits are understood. `sender` is what the SMS shows as its sender, to catch that it was typed for the code.
    pub fn parse(typed: &str, sender: Option<&str>) -> Result<Self, CodeTrouble> {
        if typed.len() > 256 {
            return Err(CodeTrouble::NotDigits);
        }
        let text = plain(typed);
        if text.is_empty() {
            return Err(CodeTrouble::Empty);
        }
        let signs = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c));
        let digits = signs().count();
        if digits == 0 || !signs().all(|c| c.is_ascii_digit()) {
            return Err(CodeTrouble::NotDigits);
        }
        let sender_digits = || sender.unwrap_or_default().chars().filter(char::is_ascii_digit);
        // A sender of 5 to 7 digits would otherwise be called "too short", one of 9 or 10 "too long"; one of 8 digits would cost a try.
        if sender_digits().count() >= 4 && signs().eq(sender_digits()) {
            return Err(CodeTrouble::LooksLikeSender);
        }
        if digits != 8 {
            return Err(CodeTrouble::WrongLength { digits });
        }
        Ok(Self(Secret::from_chars(signs(), 8)))
    }
    /// The 8 digits, as they are hashed.
    pub fn digits(&self) -> &Secret {
        &self.0
    }
}

/// Two letters on the page and in the message, by which a person sees that the two belong together (R5). Not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark([u8; 2]);

impl Mark {
    /// From two bytes of chance; one of 289 marks.
    pub fn from_bytes(chance: [u8; 2]) -> Self {
        Self(chance.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()]))
    }
    /// A mark that was stored, exactly.
    pub fn parse(stored: &str) -> Option<Self> {
        let letters: [u8; 2] = stored.as_bytes().try_into().ok()?;
        letters.iter().all(|letter| LETTERS.contains(letter)).then_some(Self(letters))
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|&letter| write!(f, "{}", char::from(letter)))
    }
}

/// A number to read to the help desk, such as `K7-2391-M`: it finds the messages of an attempt and grants nothing. 1.7 million of them, so they may recur
/// over the years and must be sought together with the workspace and newest first.
///
/// The last letter checks the rest: positions have the weights 1 to 6 modulo the prime 17, so that every single wrong sign and every swap of two neighbours of
/// the same kind is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference(String);

impl Reference {
    /// From 64 bits of chance.
    pub fn from_bytes(chance: [u8; 8]) -> Self {
        let number = u64::from_be_bytes(chance);
        let letter = LETTERS[usize::try_from(number % 17).unwrap_or_default()];
        let digits = number / 17 % 100_000;
        Self::with_check(letter, &format!("{digits:05}"))
    }

    /// Reads a reference; small and full-width letters, spaces and missing hyphens are understood. `None` if the check letter does not fit.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 64 {
            return None;
        }
        let signs: String = plain(typed)
            .chars()
            .filter(|&c| !c.is_whitespace() && !is_hyphen(c))
            .collect::<String>()
            .to_ascii_uppercase();
        let (&letter, rest) = signs.as_bytes().split_first()?;
        let (&check, digits) = rest.split_last()?;
        if !LETTERS.contains(&letter) || digits.len() != 5 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let reference = Self::with_check(letter, std::str::from_utf8(digits).ok()?);
        reference.0.ends_with(char::from(check)).then_some(reference)
    }

    fn with_check(letter: u8, digits: &str) -> Self {
        let first = LETTERS.iter().position(|&l| l == letter).unwrap_or_default();
        let sum: usize =
            first + digits.bytes().zip(2..).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum::<usize>();
        Self(format!("{}{}-{}-{}", char::from(letter), &digits[..1], &digits[1..], char::from(LETTERS[sum % 17])))
    }

    /// As shown and stored: `K7-2391-M`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The short secret in an SMS notice, to type under "that was not me" (R10): 12 letters, shown `BCDF-GHJK-MNPQ`; 20^12, about 51.8 bits.
#[derive(Debug, Clone)]
pub struct AlarmWord(Secret);

impl AlarmWord {
    /// From 128 bits of chance. The remainder favours some words by less than 1 in 2^76.
    pub fn from_bytes(chance: [u8; 16]) -> Self {
        let mut number = u128::from_be_bytes(chance);
        let letters = std::iter::repeat_with(|| {
            let letter = CONSONANTS[usize::try_from(number % 20).unwrap_or_default()];
            number /= 20;
            char::from(letter)
        });
        Self(Secret::from_chars(letters.take(12), 12))
    }
    /// Reads a word; small and full-width letters, spaces and missing hyphens are understood.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 128 {
            return None;
        }
        let text = plain(typed);
        let signs = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c)).map(|c| c.to_ascii_uppercase());
        let known = signs().all(|c| u8::try_from(c).is_ok_and(|letter| CONSONANTS.contains(&letter)));
        (known && signs().count() == 12).then(|| Self(Secret::from_chars(signs(), 12)))
    }
    /// The 12 letters, as they are hashed.
    pub fn letters(&self) -> &Secret {
        &self.0
    }
    /// As written in the notice: `BCDF-GHJK-MNPQ`.
    pub fn grouped(&self) -> Secret {
        let letters = self.0.expose();
        Secret::new(format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
    }
}

/// The secret of a forced change: 18 signs, shown `CDF-234-HJK-567-LMN-89P`; 24^18, about 82.5 bits. It is typed where a password is, read out by telephone,
/// and unlike every other code here in length and form.
#[derive(Debug, Clone)]
pub struct ForcedSecret(Secret);

/// Letters and digits that are not taken for one another, read or heard by their spelling: of 0 O Q, 1 I, 2 Z, 4 A, 5 S, 6 G, 8 B, U V at most one.
const SPOKEN: &[u8; 24] = b"CDFHJKLMNPRTVWXY23456789";
/// Signs of a secret, and of each of its groups.
const SECRET_SIGNS: usize = 18;
const GROUP: usize = 3;

impl ForcedSecret {
    /// From 256 bits of chance, by halves. The remainder favours some secrets by less than 1 in 2^86.
    pub fn from_bytes(chance: [u8; 32]) -> Self {
        let (halves, _) = chance.as_chunks::<16>();
        let signs = halves.iter().flat_map(|half| {
            let mut number = u128::from_be_bytes(*half);
            std::iter::repeat_with(move || {
                let sign = SPOKEN[usize::try_from(number % 24).unwrap_or_default()];
                number /= 24;
                char::from(sign)
            })
            .take(SECRET_SIGNS / 2)
        });
        Self(Secret::from_chars(signs, SECRET_SIGNS))
    }
    /// Reads a secret; small and full-width letters, spaces and missing hyphens are understood. `None` for whatever has not its form.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 256 {
            return None;
        }
        let text = plain(typed);
        let signs = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c)).map(|c| c.to_ascii_uppercase());
        let known = signs().all(|c| u8::try_from(c).is_ok_and(|sign| SPOKEN.contains(&sign)));
        (known && signs().count() == SECRET_SIGNS).then(|| Self(Secret::from_chars(signs(), SECRET_SIGNS)))
    }
    /// The 18 signs, as they are hashed.
    pub fn signs(&self) -> &Secret {
        &self.0
    }
    /// Its groups, as they are read out.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let signs = self.0.expose();
        (0..SECRET_SIGNS / GROUP).map(move |n| &signs[n * GROUP..(n + 1) * GROUP])
    }
    /// As written: `CDF-234-HJK-567-LMN-89P`.
    pub fn grouped(&self) -> Secret {
        let hyphens = SECRET_SIGNS / GROUP - 1;
        let signs =
            self.groups().enumerate().flat_map(|(n, group)| (n > 0).then_some('-').into_iter().chain(group.chars()));
        Secret::from_chars(signs, SECRET_SIGNS + hyphens)
    }
}

/// What a member reads to the help desk while they speak: four letters, shown `BCDF`; 20^4 = 160,000 of them, so that three tries
/// guess one in 53,333. A form of its own: no digits, so that neither passes for a recovery code, and shorter than an alarm's word.
#[derive(Debug, Clone)]
pub struct CallCode(Secret);

impl CallCode {
    /// From 64 bits of chance. The remainder favours some codes by less than 1 in 10^14.
    pub fn from_bytes(chance: [u8; 8]) -> Self {
        let mut number = u64::from_be_bytes(chance);
        let letters = std::iter::repeat_with(|| {
            let letter = CONSONANTS[usize::try_from(number % 20).unwrap_or_default()];
            number /= 20;
            char::from(letter)
        });
        Self(Secret::from_chars(letters.take(4), 4))
    }
    /// Reads what the helper typed; small and full-width letters, spaces and hyphens are understood.
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 64 {
            return None;
        }
        let text = plain(typed);
        let signs = || text.chars().filter(|&c| !c.is_whitespace() && !is_hyphen(c)).map(|c| c.to_ascii_uppercase());
        let known = signs().all(|c| u8::try_from(c).is_ok_and(|letter| CONSONANTS.contains(&letter)));
        (known && signs().count() == 4).then(|| Self(Secret::from_chars(signs(), 4)))
    }
    /// The four letters, as they are hashed and written.
    pub fn letters(&self) -> &Secret {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(typed: &str) -> Result<String, CodeTrouble> {
        CodeTyped::parse(typed, Some("0005-12345")).map(|code| code.digits().expose().to_owned())
    }

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        for typed in ["48219037", "4821 9037", " ４８２１　９０３７ ", "4821-9037", "4821ー9037"] {
            assert_eq!(code(typed), Ok("48219037".into()), "{typed:?}");
        }
        assert_eq!(code(" "), Err(CodeTrouble::Empty));
        assert_eq!(code("4821903"), Err(CodeTrouble::WrongLength { digits: 7 }));
        assert_eq!(code("482190377"), Err(CodeTrouble::WrongLength { digits: 9 }));
        assert_eq!(code("4821903O"), Err(CodeTrouble::NotDigits));
        assert_eq!(code("-"), Err(CodeTrouble::NotDigits));
        assert_eq!(code("000512345"), Err(CodeTrouble::LooksLikeSender));
        assert!(CodeTyped::parse("00051234", None).is_ok());
    }

    #[test]
    fn codes_keep_their_leading_zeros() {
        let code = DigitCode::from_bytes(42_u64.to_be_bytes());
        assert_eq!(code.digits().expose(), "00000042");
        assert_eq!(code.grouped().expose(), "0000 0042");
        assert_eq!(format!("{code:?}"), "DigitCode(Secret(…))");
    }

    #[test]
    fn a_wrong_letter_or_swapped_digits_in_a_reference_are_found() {
        let reference = Reference::from_bytes([7; 8]);
        let text = reference.as_str();
        assert_eq!(text.len(), 9);
        let spaced = text.to_lowercase().replace('-', " ");
        assert_eq!(Reference::parse(&spaced), Some(reference.clone()));
        for at in [1, 3, 4, 5, 6] {
            for digit in b'0'..=b'9' {
                let mut wrong = text.as_bytes().to_vec();
                if wrong[at] != digit {
                    wrong[at] = digit;
                    assert_eq!(Reference::parse(std::str::from_utf8(&wrong).unwrap()), None);
                }
            }
        }
    }

    #[test]
    fn a_forced_secret_is_worth_eighty_bits_and_no_sign_of_it_is_taken_for_another() {
        let bits =
            f64::from(u32::try_from(SPOKEN.len()).unwrap()).log2() * f64::from(u32::try_from(SECRET_SIGNS).unwrap());
        assert!(bits >= 80.0, "{bits}");
        for alike in ["0OQ", "1I", "2Z", "4A", "5S", "6G", "8B"] {
            assert!(alike.bytes().filter(|sign| SPOKEN.contains(sign)).count() <= 1, "{alike}");
        }
        let secret = ForcedSecret::from_bytes([0xa7; 32]);
        assert_eq!(secret.groups().count(), 6);
        assert_eq!(secret.grouped().expose().len(), 23);
        assert_eq!(format!("{secret:?}"), "ForcedSecret(Secret(…))");
    }

    #[test]
    fn a_forced_secret_is_understood_however_it_is_typed_and_is_no_other_code() {
        let secret = ForcedSecret::from_bytes(*b"0123456789abcdef0123456789abcdeF");
        let text = secret.grouped().expose().to_owned();
        let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        let low = text.to_lowercase();
        for typed in [
            low.clone(),
            wide,
            text.replace('-', " "),
            text.replace('-', ""),
            text.replace('-', "ー"),
            format!(" {text}　"),
        ] {
            let read = ForcedSecret::parse(&typed);
            assert_eq!(read.map(|read| read.signs().expose().to_owned()), Some(text.replace('-', "")), "{typed:?}");
            assert!(
                CodeTyped::parse(&typed, None).is_err()
                    && AlarmWord::parse(&typed).is_none()
                    && Reference::parse(&typed).is_none()
            );
        }
        for other in ["", "BCDF-GHJK-MNPQ", "48219037", &text[1..], &format!("{text}2"), &text.replace(&text[..1], "0")]
        {
            assert!(ForcedSecret::parse(other).is_none(), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(typed in "\\PC*") {
            let _ = CodeTyped::parse(&typed, Some(&typed));
            let _ = (Mark::parse(&typed), Reference::parse(&typed), AlarmWord::parse(&typed), ForcedSecret::parse(&typed), CallCode::parse(&typed));
        }

        #[test]
        fn what_is_shown_reads_back(a: [u8; 2], b: [u8; 8], c: [u8; 16]) {
            let mark = Mark::from_bytes(a);
            prop_assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
            let reference = Reference::from_bytes(b);
            prop_assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
            let code = DigitCode::from_bytes(b);
            let typed = CodeTyped::parse(code.grouped().expose(), None).unwrap();
            prop_assert_eq!(typed.digits().expose(), code.digits().expose());
            prop_assert!(CallCode::parse(code.digits().expose()).is_none());
            let call = CallCode::from_bytes(b);
            let typed = CallCode::parse(&call.letters().expose().to_lowercase()).unwrap();
            prop_assert_eq!(typed.letters().expose(), call.letters().expose());
            prop_assert!(CodeTyped::parse(call.letters().expose(), None).is_err() && AlarmWord::parse(call.letters().expose()).is_none());
            let word = AlarmWord::from_bytes(c);
            let typed = AlarmWord::parse(&word.grouped().expose().to_lowercase()).unwrap();
            prop_assert_eq!(typed.letters().expose(), word.letters().expose());
        }

        #[test]
        fn swapped_neighbours_are_found(b: [u8; 8], at in 3_usize..6) {
            let text = Reference::from_bytes(b).to_string();
            let mut swapped = text.clone().into_bytes();
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(Reference::parse(&swapped).is_some(), swapped == text);
        }

        #[test]
        fn a_typed_code_is_eight_plain_digits(any in "(.|\\n|\x00){0,40}", near in "[0-9０-９ 　ー－-]{6,14}", b: [u8; 8]) {
            for typed in [any, near] {
                if let Ok(code) = CodeTyped::parse(&typed, None) {
                    let digits = code.digits().expose();
                    prop_assert!(digits.len() == 8 && digits.bytes().all(|b| b.is_ascii_digit()));
                }
                if let Some(word) = AlarmWord::parse(&typed) {
                    prop_assert!(word.letters().expose().bytes().all(|b| b.is_ascii_uppercase()));
                }
            }
            let code = DigitCode::from_bytes(b);
            let wide: String =
                code.grouped().expose().chars().map(|c| if c == ' ' { '　' } else { char::from_u32(u32::from(c) + 0xfee0).unwrap() }).collect();
            let typed = CodeTyped::parse(&wide, None).unwrap();
            prop_assert_eq!(typed.digits().expose(), code.digits().expose());
        }
    }
}
