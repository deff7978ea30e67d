//! Messages.

use crate::model::{ContactKind, Locale, Secret, Timestamp};

/// A message.
pub struct Rendered {
    pub subject: Option<String>,
    pub text: String,
}
pub fn recovery_code(_l: Locale, _k: ContactKind, host: &str, code: &Secret, mark: &str) -> Rendered {
    Rendered { subject: None, text: format!("{mark} {} @{host}", code.expose()) }
}
pub fn contact_code(_l: Locale, _k: ContactKind, host: &str, code: &Secret) -> Rendered {
    Rendered { subject: None, text: format!("{} @{host}", code.expose()) }
}
/// n
pub struct Notice<'a> {
    pub event: &'a str,
    pub workspace: &'a str,
    pub login: &'a str,
    pub at: Timestamp,
    pub about: Option<&'a str>,
    pub way_out: Option<&'a str>,
    pub reference: Option<&'a str>,
}
pub fn notice(_l: Locale, _k: ContactKind, n: &Notice<'_>) -> Rendered {
    Rendered { subject: None, text: format!("{} {} {:?} {:?}", n.event, n.login, n.about, n.way_out) }
}
