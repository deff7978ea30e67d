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
            JobKind::Force => "job-kind-force",
            JobKind::Request => "job-kind-request",
            JobKind::Suspend => "job-kind-suspend",
            JobKind::Resume => "job-kind-resume",
            JobKind::SignOut => "job-kind-sign-out",
        }
    }
    /// Key of what a draft will do, for how many.
    pub const fn good_key(&self) -> &'static str {
        match self.kind {
            JobKind::Import => "job-draft-good",
            JobKind::Invite => "job-draft-invite",
            JobKind::Force => "job-draft-force",
            JobKind::Request => "job-draft-request",
            JobKind::Suspend => "job-draft-suspend",
            JobKind::Resume => "job-draft-resume",
            JobKind::SignOut => "job-draft-sign-out",
        }
    }
    /// Key of what people of a list will meet, beside the number of them.
    pub const fn effect_key(&self) -> Option<&'static str> {
        match self.kind {
            JobKind::Import | JobKind::Invite => None,
            JobKind::Force => Some("job-effect-force"),
            JobKind::Request => Some("job-effect-request"),
            JobKind::Suspend => Some("job-effect-suspend"),
            JobKind::Resume => Some("job-effect-resume"),
            JobKind::SignOut => Some("job-effect-sign-out"),
        }
    }
    /// Where the word to go is sent: each with the right that it takes.
    pub const fn start_path(&self) -> &'static str {
        match self.kind {
            JobKind::Import | JobKind::Invite => "start",
            JobKind::Force | JobKind::Request => "demand",
            JobKind::Suspend | JobKind::Resume => "suspend",
            JobKind::SignOut => "sign-out",
        }
    }
    /// Whether people cannot work for a while because of it.
    pub const fn is_harsh(&self) -> bool {
        matches!(self.kind, JobKind::Force | JobKind::Suspend)
    }
    /// Key of what stands over those whom nothing comes of.
    pub const fn told_key(&self) -> &'static str {
        if self.is_file() { "job-told" } else { "job-told-many" }
    }
    /// Key of what names them.
    pub const fn typed_key(&self) -> &'static str {
        if self.is_file() { "job-col-typed" } else { "job-col-login" }
    }
    /// Whether it is about rows of a file.
    pub const fn is_file(&self) -> bool {
        matches!(self.kind, JobKind::Import)
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
