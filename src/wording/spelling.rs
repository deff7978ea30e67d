//! A secret of a forced change, as it is read out by telephone: sign after sign, each by a word that is taken for no other.

use super::{Locale, text};
use crate::model::ForcedSecret;

/// Its groups, each sign with its word: `C` 「カナダのC」 or "C as in Charlie".
pub fn read_out(locale: Locale, secret: &ForcedSecret) -> Vec<Vec<String>> {
    secret.groups().map(|group| group.chars().map(|sign| spelled(locale, sign)).collect()).collect()
}

fn spelled(locale: Locale, sign: char) -> String {
    // Fluent's variants are names: a digit alone would be a number, and a text is none.
    let name = if sign.is_ascii_digit() { format!("d{sign}") } else { sign.to_string() };
    text(locale, "spelling", &[("sign", &name)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_sign_has_a_word_of_its_own_in_both_languages() {
        for locale in [Locale::Ja, Locale::En] {
            let mut words = BTreeSet::new();
            for n in 0..=255_u64 {
                let half = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                let mut chance = [0; 32];
                chance[8..16].copy_from_slice(&half);
                chance[24..].copy_from_slice(&half);
                let secret = ForcedSecret::from_bytes(chance);
                let read = read_out(locale, &secret);
                assert!(read.len() == 6 && read.iter().all(|group| group.len() == 3));
                for (word, sign) in read.concat().iter().zip(secret.signs().expose().chars()) {
                    assert!(word.chars().count() > 1 || !word.is_ascii(), "{sign}: {word}");
                    words.insert(word.clone());
                }
            }
            assert_eq!(words.len(), 24, "{words:?}");
        }
    }
}
