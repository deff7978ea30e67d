//! What the desk shows of the sign-in log and the audit log.

use askama::Template;

use super::{Frame, Troubles};
use crate::model::SignInResult;

/// GET and POST `/w/{slug}/admin/sign-ins` and `…/history`: `login`, `what`, `place`, `from`, `to`; POST `…/export`: `format`, `s`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/log.html")]
pub struct LogPage {
    /// The frame.
    pub page: Frame,
    /// Whose lines.
    pub login: String,
    /// From where.
    pub place: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// How it ended, or what was done: word, key, whether chosen.
    pub choices: Vec<(&'static str, &'static str, bool)>,
    /// The lines, newest first.
    pub lines: Lines,
    /// Where older ones follow.
    pub older: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// What is looked for, for the file.
    pub sealed: String,
    /// Whether the person may take it out.
    pub may_export: bool,
    /// What to mend.
    pub troubles: Troubles,
}

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichLog {
    /// The sign-in log.
    SignIns,
    /// The audit log.
    Audit,
}

impl WhichLog {
    /// Its part of the path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins",
            Self::Audit => "history",
        }
    }
    /// Key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignIns => "desk-log-sign-ins",
            Self::Audit => "desk-log-audit",
        }
    }
    /// Key of the name of what is asked for.
    pub const fn what_key(self) -> &'static str {
        match self {
            Self::SignIns => "desk-log-result",
            Self::Audit => "desk-log-action",
        }
    }
}

/// The lines of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lines {
    /// Of the sign-in log.
    SignIns(Vec<SignInShown>),
    /// Of the audit log.
    Audit(Vec<AuditShown>),
}

impl Lines {
    /// Of which log.
    pub const fn which(&self) -> WhichLog {
        match self {
            Self::SignIns(_) => WhichLog::SignIns,
            Self::Audit(_) => WhichLog::Audit,
        }
    }
    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::SignIns(lines) => lines.is_empty(),
            Self::Audit(lines) => lines.is_empty(),
        }
    }
}

/// A line of the sign-in log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInShown {
    /// When.
    pub at: String,
    /// How it ended.
    pub result: SignInResult,
    /// Whose account, if there is one.
    pub member: Option<String>,
    /// The name.
    pub name: String,
    /// The bare ID.
    pub login: String,
    /// "Safari, iPhone".
    pub device: String,
    /// The address.
    pub place: String,
}

impl SignInShown {
    /// Key of the result's word.
    pub const fn key(&self) -> &'static str {
        result_key(self.result)
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        if matches!(self.result, SignInResult::Done) { "good" } else { "wait" }
    }
}

/// A line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditShown {
    /// When.
    pub at: String,
    /// What was done.
    pub what: String,
    /// By whom.
    pub by: String,
    /// Whom it concerns.
    pub member: Option<String>,
    /// The name.
    pub name: String,
    /// The bare ID.
    pub login: String,
    /// What it was before and is after.
    pub changes: Vec<String>,
}

/// Key of the word for how a try to sign in ended.
pub const fn result_key(result: SignInResult) -> &'static str {
    match result {
        SignInResult::Done => "result-done",
        SignInResult::WrongPassword => "result-wrong-password",
        SignInResult::UnknownId => "result-unknown-id",
        SignInResult::Suspended => "result-suspended",
        SignInResult::Held => "result-held",
        SignInResult::Deleted => "result-deleted",
        SignInResult::Invited => "result-invited",
        SignInResult::TooMany => "result-too-many",
        SignInResult::BudgetSpent => "result-budget-spent",
        SignInResult::Expired => "result-expired",
        SignInResult::ChangeDemanded => "result-change-demanded",
        SignInResult::SecretTaken => "result-secret-taken",
        SignInResult::Outside => "result-outside",
        SignInResult::DeviceLost => "result-device-lost",
        SignInResult::PlanEnded => "result-plan-ended",
    }
}
