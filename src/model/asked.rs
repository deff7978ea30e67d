//! What somebody writes who cannot get in and asks their administrators: who they say they are, how to reach them, what happened.
//! It proves nothing. Administrators read it; nothing is ever sent to what stands in it.

use serde::{Deserialize, Serialize};

use super::typed::is_unseen;
use unicode_normalization::UnicodeNormalization as _;

super::text_enum::text_enum! {
    /// Why somebody cannot get in by themselves.
    pub enum Plight {
        /// The mobile number changed.
        NumberChanged => "number_changed",
        /// The telephone is lost, stolen or broken.
        PhoneLost => "phone_lost",
        /// No code arrives.
        NoCode => "no_code",
        /// There is no contact on file, or they do not know of one.
        NoContact => "no_contact",
        /// Something else.
        Other => "other",
    }

    /// How far a request has come.
    pub enum RequestState {
        /// Nobody has looked at it.
        Waiting => "waiting",
        /// A helper works on it.
        Taken => "taken",
        /// The person was answered.
        Answered => "answered",
        /// It is over.
        Closed => "closed",
    }
}

/// Characters of a name, and of the words about how to reach somebody.
pub const LINE: usize = 100;
/// Characters of the words about what happened, and of an answer.
pub const TEXT: usize = 1_000;

/// What was written, within bounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The name.
    pub name: String,
    /// The ID, as far as remembered.
    pub login: String,
    /// How to reach them by day.
    pub reach: String,
    /// What happened, in their words.
    pub more: String,
}

/// Why a text cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AskTrouble {
    /// Nothing was written.
    Empty,
    /// More characters than this.
    TooLong(usize),
    /// Signs that do not belong into a text.
    Unreadable,
}

/// One line: as it was written, without what nobody sees.
pub fn line(typed: &str, most: usize) -> Result<String, AskTrouble> {
    let text = text(typed, most)?;
    if text.contains('\n') { Err(AskTrouble::Unreadable) } else { Ok(text) }
}

/// Some lines: the same letters in one form (NFKC), lines that end in LF, and no marks that turn or hide others: those would let a text show another than it is.
pub fn text(typed: &str, most: usize) -> Result<String, AskTrouble> {
    // Composed forms can be longer; four times as many bytes as characters is the most that UTF-8 needs.
    if typed.len() > most * 16 {
        return Err(AskTrouble::TooLong(most));
    }
    let text: String = typed.replace("\r\n", "\n").nfkc().filter(|&c| !is_unseen(c)).collect();
    let text = text.trim().to_owned();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(AskTrouble::Unreadable);
    }
    if text.chars().count() > most {
        return Err(AskTrouble::TooLong(most));
    }
    if text.is_empty() { Err(AskTrouble::Empty) } else { Ok(text) }
}

/// A text that may be left out.
pub fn maybe(taken: Result<String, AskTrouble>) -> Result<String, AskTrouble> {
    match taken {
        Err(AskTrouble::Empty) => Ok(String::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_as_a_person_writes_it() {
        assert_eq!(line("　佐藤　美咲 ", LINE), Ok("佐藤 美咲".into()));
        assert_eq!(text("一行目\r\n二行目", TEXT), Ok("一行目\n二行目".into()));
        assert_eq!(line("\u{202e}gnp.exe", LINE), Ok("gnp.exe".into()));
        assert_eq!(line(" \u{200b} ", LINE), Err(AskTrouble::Empty));
        assert_eq!(line("a\nb", LINE), Err(AskTrouble::Unreadable));
        assert_eq!(line("a\u{7}", LINE), Err(AskTrouble::Unreadable));
        assert_eq!(line(&"長".repeat(101), LINE), Err(AskTrouble::TooLong(100)));
        assert_eq!(line(&"長".repeat(100), LINE).map(|text| text.chars().count()), Ok(100));
        assert_eq!(maybe(line("", LINE)), Ok(String::new()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_taken_is_short_and_holds_nothing_unseen(typed in "(.|\\n|\u{202e}|\\x00|㌔){0,120}") {
            if let Ok(text) = text(&typed, LINE) {
                proptest::prop_assert!(text.chars().count() <= LINE && !text.contains('\0') && !text.chars().any(is_unseen));
            }
        }
    }
}
