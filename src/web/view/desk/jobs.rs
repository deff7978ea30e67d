//! Pages of the desk's long work, and of members from a file.

use askama::Template;

use super::super::{Frame, Troubles};
use crate::model::{JobCause, JobKind, JobState};

/// GET and POST `/w/{slug}/admin/members/import`: `file`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/import.html")]
pub struct ImportPage {
    /// The frame.
    pub page: Frame,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET `/w/{slug}/admin/jobs`
#[derive(Debug, Template)]
#[template(path = "pages/desk/jobs.html")]
pub struct JobsPage {
    /// The frame.
    pub page: Frame,
    /// The latest, newest first.
    pub rows: Vec<JobRow>,
}

/// Long work, in a list and on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct JobRow {
    pub id: String,
    pub kind: JobKind,
    pub state: JobState,
    pub began: String,
    pub done: i64,
    pub total: i64,
    pub failed: i64,
}

impl JobRow {
    /// Key of what it does.
    pub const fn kind_key(&self) -> &'static str {
        match self.kind {
            JobKind::Import => "job-kind-import",
            JobKind::Invite => "job-kind-invite",
        }
    }
    /// Key of how it stands.
    pub const fn state_key(&self) -> &'static str {
        match self.state {
            JobState::Draft => "job-state-draft",
            JobState::Waiting => "job-state-waiting",
            JobState::Running => "job-state-running",
            JobState::Done => "job-state-done",
            JobState::Failed => "job-state-failed",
            JobState::Stopped => "job-state-stopped",
        }
    }
    /// Class of its tag.
    pub const fn class(&self) -> &'static str {
        match self.state {
            JobState::Done => "good",
            JobState::Draft | JobState::Waiting | JobState::Running => "wait",
            JobState::Failed | JobState::Stopped => "bad",
        }
    }
    fn progress(&self, page: &Frame) -> String {
        page.with("job-progress", &[("done", &self.done.to_string()), ("total", &self.total.to_string())])
    }
    /// Rows that something comes of.
    pub const fn good(&self) -> i64 {
        self.total - self.failed
    }
}

/// Something that is the matter with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct ToldRow {
    pub line: u64,
    pub column: String,
    pub typed: String,
    pub why: String,
}

/// GET `/w/{slug}/admin/jobs/{job}`
#[derive(Debug, Template)]
#[template(path = "pages/desk/job.html")]
pub struct JobPage {
    /// The frame.
    pub page: Frame,
    /// How it stands.
    pub row: JobRow,
    /// The name of who began it.
    pub by: String,
    /// It was the one who looks.
    pub own: bool,
    /// Why it ended midway.
    pub cause: Option<JobCause>,
    /// When it ended.
    pub ended: Option<String>,
    /// What is the matter with rows; the first of them.
    pub told: Vec<ToldRow>,
}

impl JobPage {
    fn is_draft(&self) -> bool {
        self.row.state == JobState::Draft
    }
    fn may_invite(&self) -> bool {
        self.row.kind == JobKind::Import && self.row.state.is_over() && self.came() > 0
    }
    /// How many came of those that were gone through: a draft's bad rows lie among those still to come, too.
    fn came(&self) -> i64 {
        if self.row.state == JobState::Done { self.row.good() } else { (self.row.done - self.row.failed).max(0) }
    }
    fn cause_key(&self) -> Option<&'static str> {
        self.cause.map(|cause| match cause {
            JobCause::Right => "job-cause-right",
            JobCause::Broken => "job-cause-broken",
        })
    }
    fn counted(&self, key: &str, name: &str, count: impl std::fmt::Display) -> String {
        self.page.t1(key, name, count)
    }
}
