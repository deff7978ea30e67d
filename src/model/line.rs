//! A name, a reading, a department: one line that is shown on pages and in messages.

/// The most characters.
pub const LONGEST: usize = 100;

/// Why a text cannot be shown as one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineTrouble {
    /// A line break or another control character.
    Control,
    /// More than [`LONGEST`] characters.
    Long,
    /// Nothing where something must be.
    Empty,
}

/// The text without space around.
pub fn line(text: &str) -> Result<String, LineTrouble> {
    let text = text.trim();
    if text.contains(char::is_control) {
        return Err(LineTrouble::Control);
    }
    if text.chars().count() > LONGEST { Err(LineTrouble::Long) } else { Ok(text.to_owned()) }
}

/// The same, with something in it.
pub fn name(text: &str) -> Result<String, LineTrouble> {
    line(text).and_then(|text| if text.is_empty() { Err(LineTrouble::Empty) } else { Ok(text) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(name(" 田中 花子\u{3000}"), Ok("田中 花子".to_owned()));
        assert_eq!(line("  "), Ok(String::new()));
        assert_eq!(name("  "), Err(LineTrouble::Empty));
        assert_eq!(line("a\u{0}b"), Err(LineTrouble::Control));
        assert_eq!(line("a\nb"), Err(LineTrouble::Control));
        assert_eq!(line(&"花".repeat(100)).map(|text| text.len()), Ok(300));
        assert_eq!(line(&"花".repeat(101)), Err(LineTrouble::Long));
    }
}
