//! The pages of help: the list, an article, and why an SMS does not arrive, by carrier. The guidance is data; this only shows it.

use askama::Template;

use super::Frame;
use super::article::{Article, Block, Piece};

/// GET `/help`.
#[derive(Debug, Template)]
#[template(path = "pages/help.html")]
pub struct HelpList {
    /// The frame.
    pub page: Frame,
    /// The keys of the topics, each with its articles.
    pub topics: &'static [(&'static str, &'static [&'static str])],
}

/// GET `/help/{name}`.
#[derive(Debug, Template)]
#[template(path = "pages/help_article.html")]
pub struct HelpArticle {
    /// The frame.
    pub page: Frame,
    /// The article.
    pub article: Article,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
    /// Whether its readers are administrators, who have nobody else to ask.
    pub at_desk: bool,
}

impl HelpArticle {
    /// An article's link, within the workplace unless it is one page for all.
    fn href(&self, to: &str) -> String {
        if to.starts_with('/') { to.to_owned() } else { self.page.path(to) }
    }
}

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
