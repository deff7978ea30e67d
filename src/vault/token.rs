//! Bearer tokens: 256 random bits that grant something. The database keeps a prefix to find them by and a keyed hash to compare.
//!
//! The text is `<kind>_<13 letters of prefix><52 letters of secret>`, lower-case base32: one word for cookies, links, headers and a double
//! click, and no sign at its end that a mail program would cut off a link.

use std::{fmt, sync::LazyLock};

use data_encoding::{BASE64URL_NOPAD, Encoding};
use zeroize::Zeroizing;

use super::{Dice, Keyring, dice};

/// Crockford's letters, lower case: none of `i l o u`.
static LETTERS: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = data_encoding::Specification::new();
    spec.symbols.push_str("0123456789abcdefghjkmnpqrstvwxyz");
    spec.encoding().expect("the alphabet has 32 different letters")
});

/// Letters of 64 bits, and of 256.
const PREFIX: usize = 13;
const SECRET: usize = 52;

/// A token just made: `text` goes to its holder and is never stored, `prefix` and `hash` are stored.
pub struct Token {
    /// What the holder gets.
    pub text: Zeroizing<String>,
    /// 64 random bits; a unique, indexed column.
    pub prefix: String,
    /// Keyed hash of the whole text.
    pub hash: String,
}

impl Token {
    /// A new token. `kind` is a short word of lower-case letters that says what the token is for and is bound into its hash.
    pub fn new(dice: &dyn Dice, keyring: &Keyring, kind: &str) -> Self {
        let prefix = LETTERS.encode(&dice::bytes::<8>(dice));
        let secret = Zeroizing::new(dice::bytes::<32>(dice));
        let mut text = Zeroizing::new(String::with_capacity(kind.len() + 1 + PREFIX + SECRET));
        text.push_str(kind);
        text.push('_');
        text.push_str(&prefix);
        LETTERS.encode_append(secret.as_slice(), &mut text);
        let hash = keyring.token_hash(&text);
        Self { text, prefix, hash }
    }

    /// What somebody presents as a token of this kind; none when it cannot be one. Says nothing yet of whether it is good.
    pub fn parse(kind: &str, text: &str) -> Option<Presented> {
        let letters = text.strip_prefix(kind)?.strip_prefix('_')?;
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if letters.len() != PREFIX + SECRET || !letters.bytes().all(letter) {
            return None;
        }
        let prefix = letters[..PREFIX].to_owned();
        Some(Presented { prefix, text: Zeroizing::new(text.to_owned()) })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A token as somebody presents it.
pub struct Presented {
    /// What to look the row up by.
    pub prefix: String,
    text: Zeroizing<String>,
}

impl Presented {
    /// Whether this is the token whose hash was stored, in constant time.
    pub fn matches(&self, keyring: &Keyring, stored_hash: &str) -> bool {
        keyring.token_matches(&self.text, stored_hash)
    }

    /// The hash to store in place of one that was made with another key than the one that writes now; none where that is not so. Only for
    /// a token that matches.
    pub fn hash_anew(&self, keyring: &Keyring, stored_hash: &str) -> Option<String> {
        let same_key = stored_hash.split_once('.').is_some_and(|(id, _)| id == keyring.newest().id);
        (!same_key).then(|| keyring.token_hash(&self.text))
    }

    /// A stand-in hash to compare with when no row was found, so that both ways do the same work.
    pub fn compare_with_nothing(&self, keyring: &Keyring) {
        let nothing = format!("{}.{}", keyring.newest().id, BASE64URL_NOPAD.encode(&[0; 32]));
        std::hint::black_box(keyring.token_matches(&self.text, &nothing));
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, OsDice};

    #[test]
    fn a_token_is_found_by_its_prefix_and_proved_by_its_hash() {
        let mut master = MasterKeys::generate(&OsDice);
        let ring = Keyring::new(&master);
        let token = Token::new(&OsDice, &ring, "ses");
        assert_eq!(token.text.len(), "ses_".len() + 65);
        assert!(!token.hash.contains(&token.text[4..]) && !token.text.contains(&token.hash));

        let shown = Token::parse("ses", &token.text).expect("its own form");
        assert_eq!(shown.prefix, token.prefix);
        assert!(shown.matches(&ring, &token.hash));
        master.add(&OsDice);
        assert!(shown.matches(&Keyring::new(&master), &token.hash));
        assert!(!shown.matches(&Keyring::new(&MasterKeys::generate(&OsDice)), &token.hash));
        assert!(!shown.matches(&ring, &Token::new(&OsDice, &ring, "ses").hash));
    }

    #[test]
    fn a_changed_token_does_not_match_and_other_texts_are_none() {
        let ring = Keyring::new(&MasterKeys::generate(&OsDice));
        let token = Token::new(&OsDice, &ring, "ses");
        for at in 4..token.text.len() {
            let mut changed = token.text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).expect("ASCII");
            let shown = Token::parse("ses", &changed).expect("still of the form");
            assert!(!shown.matches(&ring, &token.hash), "letter {at}");
        }
        for text in ["", "ses_", "ses", &token.text[1..], &token.text.to_uppercase(), "ses_あ"] {
            assert!(Token::parse("ses", text).is_none(), "{text}");
        }
        assert!(Token::parse("dev", &token.text).is_none());
        assert!(Token::parse("ses", &format!("{} ", *token.text)).is_none());
    }

    #[test]
    fn debug_shows_no_secret() {
        let ring = Keyring::new(&MasterKeys::generate(&OsDice));
        let token = Token::new(&OsDice, &ring, "ses");
        let shown = Token::parse("ses", &token.text).expect("its own form");
        let debug = format!("{token:?} {shown:?}");
        assert!(!debug.contains(&token.text[17..]) && !debug.contains(&token.hash));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_made_reads_back(any in "\\PC*", near in "aks_[0-9a-z]{60,70}|aks_[あ0-9]{20,70}", seed: u64) {
            for text in [any, near] {
                if let Some(shown) = Token::parse("aks", &text) {
                    proptest::prop_assert_eq!(shown.prefix.as_str(), &text[4..17]);
                }
            }
            let dice = crate::vault::SeededDice::new(seed);
            let ring = Keyring::new(&MasterKeys::generate(&dice));
            let token = Token::new(&dice, &ring, "aks");
            let shown = Token::parse("aks", &token.text).unwrap();
            proptest::prop_assert!(shown.prefix == token.prefix && shown.matches(&ring, &token.hash));
        }
    }
}
