//! Pages for what did not work: each names the next step.

use askama::Template;

use super::Frame;

/// A page for an answer that is not the one hoped for.
#[derive(Debug, Template)]
#[template(path = "pages/problem.html")]
pub struct Problem {
    /// The frame.
    pub page: Frame,
    /// What it is.
    pub kind: ProblemKind,
    /// Number to read to the help desk.
    pub reference: Option<String>,
}

/// What did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// 404
    NotFound,
    /// 403: the form's token is missing or old.
    FormExpired,
    /// 429: so many seconds to wait.
    Busy(i64),
    /// 503: too much to do.
    Away,
    /// 503: the database is away for a while.
    Closed,
    /// 500
    Broken,
    /// 403: a page for people of a higher role.
    NotYours,
    /// 410: a link that was used or is over.
    LinkOver,
}

impl ProblemKind {
    /// The status that goes with it.
    pub const fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::FormExpired | Self::NotYours => 403,
            Self::Busy(_) => 429,
            Self::Away | Self::Closed => 503,
            Self::Broken => 500,
            Self::LinkOver => 410,
        }
    }
    const fn title(self) -> &'static str {
        match self {
            Self::NotFound => "problem-not-found-title",
            Self::FormExpired => "problem-form-title",
            Self::Busy(_) => "problem-busy-title",
            Self::Away => "problem-away-title",
            Self::Closed => "problem-closed-title",
            Self::Broken => "problem-broken-title",
            Self::NotYours => "problem-not-yours-title",
            Self::LinkOver => "problem-link-title",
        }
    }
    fn text(self, page: &Frame) -> String {
        match self {
            Self::NotFound => page.t("problem-not-found-text"),
            Self::FormExpired => page.t("problem-form-text"),
            Self::Busy(seconds) => page.t1("problem-busy-text", "time", page.minutes(&seconds)),
            Self::Away => page.t("problem-away-text"),
            Self::Closed => page.t("problem-closed-text"),
            Self::Broken => page.t("problem-broken-text"),
            Self::NotYours => page.t("problem-not-yours-text"),
            Self::LinkOver => page.t("problem-link-text"),
        }
    }
    const fn is_form(self) -> bool {
        matches!(self, Self::FormExpired)
    }
    const fn is_link(self) -> bool {
        matches!(self, Self::LinkOver)
    }
}
