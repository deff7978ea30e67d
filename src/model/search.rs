//! How members are looked up by what somebody remembers of them: words made alike, compared from their beginning. Small and capital, full-width
//! and half-width, katakana and hiragana are the same; a name is found by either of its parts.

use unicode_normalization::UnicodeNormalization as _;

use super::typed::{is_hyphen, is_unseen};

/// A word has this many characters at most; the rest does not count.
const LONGEST: usize = 40;
/// So many of the words that were typed count.
const MOST: usize = 5;

/// The text made alike, without spaces.
pub fn key(text: &str) -> String {
    text.nfkc().filter(|&c| !is_unseen(c) && !c.is_whitespace()).flat_map(alike).take(LONGEST).collect()
}

/// Small letters, and hiragana for katakana. The long-vowel mark stays: it is no hyphen inside a name.
fn alike(c: char) -> impl Iterator<Item = char> {
    let c = match c {
        // ァ to ヶ, ヽ and ヾ: the block of hiragana lies 0x60 before that of katakana.
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    };
    c.to_lowercase()
}

/// The words by which a member is found: each text whole, and its parts.
pub fn words(login: &str, name: &str, kana: &str, department: &str) -> Vec<String> {
    let apart = |c: char| {
        c.is_whitespace()
            || matches!(c, '・' | '･' | '/' | '／' | '.' | '_' | ',' | '、')
            || (is_hyphen(c) && !"ーｰ".contains(c))
    };
    let mut words: Vec<String> = [login, name, kana, department]
        .into_iter()
        .flat_map(|text| std::iter::once(text).chain(text.split(apart)))
        .map(key)
        .filter(|word| !word.is_empty())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// What was typed, as words that all have to fit; the longest first, which is the rarest as a rule.
pub fn typed(text: &str) -> Vec<String> {
    let mut words: Vec<String> =
        text.nfkc().collect::<String>().split_whitespace().map(key).filter(|word| !word.is_empty()).collect();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.dedup();
    words.truncate(MOST);
    words
}

/// Behind every word that begins so: the engines compare by code points.
pub fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_person_is_found_by_any_part_in_any_script_of_the_keyboard() {
        let words = words("tanaka.taro", "田中　太郎", "タナカ タロウ", "営業部 第一課");
        for found in
            ["tanaka", "TARO", "ｔａｎａｋａ．ｔ", "田", "太郎", "田中太", "たなか", "ﾀﾛｳ", "タロ", "第一", "営業部第"]
        {
            let prefix = key(found);
            assert!(words.iter().any(|word| word.starts_with(&prefix)), "{found}");
        }
        assert!(!words.iter().any(|word| word.starts_with(&key("中"))), "only from the beginning");
    }

    #[test]
    fn a_long_vowel_stays_in_its_name() {
        assert_eq!(words("", "", "ヨーコ", ""), ["よーこ"]);
        assert_eq!(typed("　ﾖｰｺ　営業 "), ["よーこ", "営業"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_every_word_begins_before_its_end(text in "\\PC*") {
            for word in typed(&text).into_iter().chain(words(&text, &text, &text, &text)) {
                prop_assert!(word.chars().count() <= LONGEST);
                prop_assert!(word < end_of(&word));
            }
        }
    }
}
