//! A workspace's own words to people who cannot get in: plain text, a few lines of it. Nothing in it may pass for what it is not, since
//! strangers read it on the sign-in page: no control characters, no marks that nobody sees or that turn the direction, no look-alike letters.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use super::typed::is_unseen;

/// The most characters.
pub const MOST_LETTERS: usize = 300;
/// The most lines.
pub const MOST_LINES: usize = 6;

/// Such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnText(String);

/// Why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnTextTrouble {
    /// More than [`MOST_LETTERS`].
    TooLong,
    /// More than [`MOST_LINES`].
    TooManyLines,
    /// A control character, or a mark that nobody sees.
    Unseen,
    /// This word mixes letters that pass for one another.
    LookAlike(String),
}

impl OwnText {
    /// Reads a text; none where there is nothing in it.
    pub fn parse(typed: &str) -> Result<Option<Self>, OwnTextTrouble> {
        let text = typed.replace("\r\n", "\n").replace('\t', " ");
        let text = text.trim();
        if text.chars().count() > MOST_LETTERS {
            return Err(OwnTextTrouble::TooLong);
        }
        if text.split('\n').count() > MOST_LINES {
            return Err(OwnTextTrouble::TooManyLines);
        }
        if text.chars().any(is_forbidden) {
            return Err(OwnTextTrouble::Unseen);
        }
        let words = text.split(|c: char| !c.is_alphanumeric());
        match words.into_iter().find(|word| is_look_alike(word)) {
            Some(word) => Err(OwnTextTrouble::LookAlike(word.chars().take(30).collect())),
            None if text.is_empty() => Ok(None),
            None => Ok(Some(Self(text.to_owned()))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || is_unseen(c)
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{2028}' | '\u{2029}' | '\u{2061}'..='\u{2064}' | '\u{206a}'..='\u{206f}') // marks of direction, of lines, of nothing
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}') // letters without a shape
        || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..) // private use, tags
}

/// Letters of Japanese stand beside any others; a word of the rest must be of scripts that go together (Unicode Technical Standard 39 §5.2), and
/// not Latin to the eye alone.
fn is_look_alike(word: &str) -> bool {
    let word: String = word.nfkc().filter(|&c| !is_japanese(c)).collect();
    if word.is_ascii() {
        return false;
    }
    !word.check_restriction_level(RestrictionLevel::HighlyRestrictive) || skeleton(&word).all(|c| c.is_ascii())
}

const fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_workplaces_write_is_taken() {
        for text in [
            "総務部（内線１２３４）へ\n平日 9:00〜17:30　ＡＢＣビル２Ｆ",
            "㈱さくら商事 ①総務 ②情報システム　TEL:03-1234-5678",
            "ノート・ヘルプデスク、工場ニ部、〇〇係 ー 佐々木",
            "General affairs, room 2.4 — café, Müller & Søn. Ext. 1234!",
            "help@sakura.example.jp",
            "Отдел кадров",
            "葛\u{e0100}城市 🌸",
        ] {
            assert_eq!(OwnText::parse(text), Ok(Some(OwnText(text.to_owned()))), "{text}");
        }
        assert_eq!(OwnText::parse(" \r\n "), Ok(None));
        assert_eq!(OwnText::parse("a\r\nb ").unwrap().unwrap().as_str(), "a\nb");
    }

    #[test]
    fn what_passes_for_something_else_is_not() {
        for text in [
            "a\u{202e}b",
            "a\u{200b}b",
            "\u{feff}a b",
            "a\u{7}b",
            "a\u{2028}b",
            "a\rb",
            "\u{e0041}a",
            "\u{e000}",
            "a\u{ad}b",
            "\u{3164}x",
        ] {
            assert_eq!(OwnText::parse(text), Err(OwnTextTrouble::Unseen), "{text:?}");
        }
        for text in ["s\u{430}kura", "\u{430}\u{440}\u{440}\u{435}", "総務\u{430}pple"] {
            assert!(matches!(OwnText::parse(text), Err(OwnTextTrouble::LookAlike(_))), "{text}");
        }
    }

    #[test]
    fn lengths_are_counted_as_people_see_them() {
        assert!(OwnText::parse(&"あ".repeat(300)).is_ok());
        assert_eq!(OwnText::parse(&"あ".repeat(301)), Err(OwnTextTrouble::TooLong));
        assert!(OwnText::parse("1\n2\n3\n4\n5\n6\n").is_ok());
        assert_eq!(OwnText::parse("1\n2\n3\n4\n5\n6\n7"), Err(OwnTextTrouble::TooManyLines));
    }

    proptest::proptest! {
        #[test]
        fn what_was_taken_is_taken_again(typed in "\\PC*") {
            if let Ok(Some(text)) = OwnText::parse(&typed) {
                proptest::prop_assert_eq!(OwnText::parse(text.as_str()), Ok(Some(text)));
            }
        }
    }
}
