//! What people's keyboards do to plain text: full-width letters, every kind of hyphen, marks that nobody sees.
//! The parsers beside this file share these three small rules, so that a slip is understood in the same way everywhere.

use unicode_normalization::UnicodeNormalization as _;

/// NFKC (Unicode Standard Annex 15), without marks that nobody sees and without space around: `　ｔａｎａｋａ ` becomes `tanaka`.
/// What looks the same and means the same becomes the same.
pub(super) fn plain(typed: &str) -> String {
    let text: String = typed.nfkc().filter(|&c| !is_unseen(c)).collect();
    text.trim().to_owned()
}

/// Format marks that come along when a number is copied from an address book (U+202D around telephone numbers on iPhones), a zero-width space, a byte order mark.
pub(super) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A whole number as people type it: full-width digits, spaces around.
pub fn typed_number(typed: &str) -> Option<u32> {
    let plain = plain(typed);
    let digits = (1..=9).contains(&plain.len()) && plain.bytes().all(|byte| byte.is_ascii_digit());
    if digits { plain.parse().ok() } else { None }
}

/// Any line that a person may type for a hyphen, the long-vowel mark of a kana input method among them.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2212}' | '\u{207b}' | '\u{208b}' | '\u{2043}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' // hyphens, dashes, minus signs
            | '\u{30fc}' | '\u{ff70}' // ー and ｰ
            | '\u{2500}' | '\u{2501}' // ─ and ━, which input methods offer for "line"
            | '\u{301c}' | '\u{ff5e}' | '~'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_keyboard_become_plain_text() {
        assert_eq!(plain("　ｔａｎａｋａ＠ｓａｋｕｒａ\u{200b} "), "tanaka@sakura");
        assert_eq!(plain("\u{202d}０９０\u{202c}"), "090");
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        assert_eq!([typed_number(" １５ "), typed_number("0")], [Some(15), Some(0)]);
        for typed in ["", "-1", "+1", "1.5", "15a", "9999999999", "１５日"] {
            assert_eq!(typed_number(typed), None, "{typed}");
        }
    }

    #[test]
    fn every_kind_of_hyphen_is_known_also_after_nfkc() {
        for c in "-‐‑‒–—―−－ーｰ─━﹣〜～".chars() {
            assert!(is_hyphen(c), "{c:?}");
            assert!(plain(&c.to_string()).chars().all(is_hyphen), "{c:?}");
        }
    }
}
