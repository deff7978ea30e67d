//! The two languages of the house.

/// A language that every text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// Japanese, the first language.
    #[default]
    Ja,
    /// English.
    En,
}

impl Locale {
    /// The language's BCP 47 tag, as stored and as in `lang`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}
