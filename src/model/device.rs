//! What people call a device of theirs.

use super::own_text::{OwnText, OwnTextTrouble};

/// The most characters of a name.
pub const MOST_LETTERS: usize = 30;

/// A device's name: one line, read by administrators too, and so without marks that nobody sees or letters that pass for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Reads a name; none where there is nothing in it, which takes the name away.
    pub fn parse(typed: &str) -> Result<Option<Self>, OwnTextTrouble> {
        let Some(text) = OwnText::parse(typed)? else { return Ok(None) };
        if text.as_str().contains('\n') {
            return Err(OwnTextTrouble::Unseen);
        }
        if text.as_str().chars().count() > MOST_LETTERS {
            return Err(OwnTextTrouble::TooLong);
        }
        Ok(Some(Self(text.as_str().to_owned())))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_of_letters_that_everybody_sees() {
        let name = |typed: &str| DeviceName::parse(typed).map(|name| name.map(|name| name.0));
        assert_eq!(name(" 会社のスマートフォン "), Ok(Some("会社のスマートフォン".to_owned())));
        assert_eq!(name(" \u{3000} "), Ok(None));
        assert_eq!(name(&"あ".repeat(30)), Ok(Some("あ".repeat(30))));
        assert_eq!(name(&"あ".repeat(31)), Err(OwnTextTrouble::TooLong));
        assert_eq!(name("一行\n二行"), Err(OwnTextTrouble::Unseen));
        assert_eq!(name("a\u{202e}b"), Err(OwnTextTrouble::Unseen));
        assert!(matches!(name("p\u{430}ypal"), Err(OwnTextTrouble::LookAlike(_))));
    }
}
