//! Why an SMS does not arrive, by carrier. The guidance is data; this only shows it.

use askama::Template;

use super::Frame;

/// GET `/help/sms`.
#[derive(Debug, Template)]
#[template(path = "pages/help_sms.html")]
pub struct HelpSms {
    /// The frame.
    pub page: Frame,
    /// What to look at first, as sentences.
    pub checks: Vec<String>,
    /// The carriers.
    pub carriers: Vec<Guide>,
    /// The telephones.
    pub phones: Vec<Guide>,
}

/// How one carrier's or telephone's setting is lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Its id, for links: `/help/sms#docomo`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of its settings.
    pub settings: Vec<String>,
    /// What to do, in order.
    pub steps: Vec<String>,
    /// What else is worth knowing.
    pub note: Option<String>,
}
