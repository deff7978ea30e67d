//! Pieces that several pages share.

use super::slip::Slip;
use crate::model::{ContactKind, Locale};

/// Something to mend before the form can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The field's name and id; empty when it concerns the form as a whole.
    pub field: &'static str,
    /// What to do.
    pub text: String,
}

/// What has to be mended in one form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles(Vec<Trouble>);

impl Troubles {
    /// Nothing to mend.
    pub const fn none() -> Self {
        Self(Vec::new())
    }
    /// One thing to mend.
    pub fn one(locale: Locale, field: &'static str, slip: impl Into<Slip>) -> Self {
        Self(vec![Trouble { field, text: slip.into().text(locale) }])
    }
    /// One more.
    pub fn push(&mut self, locale: Locale, field: &'static str, slip: impl Into<Slip>) {
        self.0.push(Trouble { field, text: slip.into().text(locale) });
    }
    /// Whether there is anything.
    pub const fn any(&self) -> bool {
        !self.0.is_empty()
    }
    /// All of them.
    pub fn all(&self) -> &[Trouble] {
        &self.0
    }
    /// All that is said beside this field.
    pub fn about(&self, field: &str) -> Vec<&str> {
        self.0.iter().filter(|trouble| trouble.field == field).map(|trouble| trouble.text.as_str()).collect()
    }
    /// The first that is said beside this field.
    pub fn on(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|trouble| trouble.field == field).map(|trouble| trouble.text.as_str())
    }
}

impl From<Vec<Trouble>> for Troubles {
    fn from(list: Vec<Trouble>) -> Self {
        Self(list)
    }
}

/// The way a code travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// By SMS to a mobile number.
    Mobile,
    /// To a personal e-mail address.
    Email,
}

impl From<ContactKind> for Channel {
    fn from(kind: ContactKind) -> Self {
        match kind {
            ContactKind::Mobile => Self::Mobile,
            ContactKind::Email => Self::Email,
        }
    }
}

impl Channel {
    /// Whether it is the telephone.
    pub const fn is_mobile(self) -> bool {
        matches!(self, Self::Mobile)
    }
    /// Where one of this kind is added, behind the workplace's path.
    pub const fn add_path(self) -> &'static str {
        match self {
            Self::Mobile => "me/contacts/add-mobile",
            Self::Email => "me/contacts/add-email",
        }
    }
}

/// What a password has to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The least number of characters.
    pub min: usize,
    /// Further rules of this workplace, as sentences.
    pub more: Vec<String>,
}
