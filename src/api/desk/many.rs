//! Long work that a program begins: one thing for many members, the members of a file, their invitations. First a draft that changes nothing and says
//! for how many it can be done, and for whom not and why; then the word to go, by an operation with the right that it takes.
//!
//! What an access token began ends with it, and touches nobody who has a part in the desk.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::body::{Body, Csv};
use super::super::fields;
use super::super::problem::{Field, Kind, Problem};
use super::jobs::{DeskJob, RowTold};
use super::{AtDesk, refused};
use crate::app::App;
use crate::flows::desk::forced_change::Lifetime;
use crate::flows::desk::jobs::{self, Look};
use crate::flows::desk::many::{self, Prepared, What, Whom};
use crate::flows::desk::which::Filter;
use crate::flows::desk::{Outcome, imports, invitations};
use crate::flows::sheet::Bad;
use crate::model::id::{JobId, MemberId};
use crate::model::{Action, JobKind, Locale};
use crate::wording::sheet;

/// What is to be done to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "what": "suspend", "which": "away90" }))]
pub(in crate::api) struct PrepareMany {
    #[schema(inline)]
    what: ManyWord,
    /// `force` alone: how long the temporary passwords work. Without it as long as the policy says (`deskForcedHours`).
    #[schema(minimum = 1, maximum = 24)]
    hours: Option<i64>,
    /// These members (their ids), or else what finds them.
    #[schema(max_items = 100)]
    members: Option<Vec<String>>,
    /// Whom `searchMembers` would find by this, on all its pages.
    #[schema(max_length = 200)]
    typed: Option<String>,
    /// As in `listMembers`. Without `members` and without anything that finds them nobody is meant.
    #[schema(max_length = 20)]
    which: Option<String>,
    /// As in `listMembers`.
    #[schema(max_length = 32, format = Date, rename = "lastSignInBefore")]
    #[serde(rename = "lastSignInBefore")]
    before: Option<String>,
}

/// What can be done to many: `force` demands new passwords at once, `request` at the next sign-in.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum ManyWord {
    Force,
    Request,
    Suspend,
    Resume,
    SignOut,
}

/// A draft: nothing is changed yet. It waits a day for the word to go.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct DeskDraft {
    job: DeskJob,
    /// For how many nothing can be done, by reason. Empty for files and invitations, whose `troubles` speak of single rows.
    reasons: BTreeMap<String, u64>,
    /// By rows; the first hundred.
    troubles: Vec<RowTold>,
}

impl PrepareMany {
    fn what(&self, sitting: &AtDesk) -> Result<What, Problem> {
        let lifetime = match self.hours {
            Some(hours) => Lifetime::of_hours(hours).ok_or(Kind::Malformed)?,
            None => Lifetime::usual(&sitting.signed.policy),
        };
        Ok(match self.what {
            ManyWord::Force => What::Force(lifetime),
            _ if self.hours.is_some() => return Err(unknown("hours")),
            ManyWord::Request => What::Request,
            ManyWord::Suspend => What::Suspend,
            ManyWord::Resume => What::Resume,
            ManyWord::SignOut => What::SignOut,
        })
    }

    fn whom(&self, sitting: &AtDesk) -> Result<Whom<'_>, Problem> {
        // A program's empty variable is nothing that was typed.
        let typed = self.typed.clone().filter(|typed| !typed.trim().is_empty());
        let found = [("typed", &typed), ("which", &self.which), ("lastSignInBefore", &self.before)];
        let mut named = found.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name);
        match (&self.members, named.next()) {
            (Some(ids), None) => Ok(Whom::Chosen(ids.iter().cloned().map(MemberId).collect())),
            (Some(_), Some(name)) => Err(unknown(name)),
            // Nobody means everybody by leaving something out.
            (None, None) => Err(Problem::malformed(vec![Field::new("members", "missing", "api-field-missing")])),
            (None, Some(_)) => {
                let name = if self.before.is_some() { "lastSignInBefore" } else { "which" };
                let unknown = || Problem::malformed(vec![Field::new(name, "unknown_word", "api-field-word")]);
                let filter = Filter::of(self.which.as_deref(), self.before.as_deref()).ok_or_else(unknown)?;
                let typed = self.typed.as_deref().unwrap_or_default().trim();
                Ok(Whom::Found(typed, filter.at(sitting.visitor.now)))
            }
        }
    }
}

/// A field that has no meaning beside the others.
fn unknown(name: &str) -> Problem {
    Problem::malformed(vec![Field::new(name, "unknown", "api-field-unknown")])
}

/// Counts for how many members something could be done, and why not for the others; nothing is changed. Of access tokens it asks for the
/// scope of what is to be done as well.
#[utoipa::path(post, path = "/api/v1/desk/members/many", operation_id = "prepareMany", tag = "desk",
    security(("bearer" = [])), request_body = PrepareMany,
    responses((status = 201, description = "A draft.", body = DeskDraft)))]
pub(in crate::api) async fn prepare(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<PrepareMany>,
) -> Result<(StatusCode, Json<DeskDraft>), Problem> {
    let what = typed.what(&sitting)?;
    sitting.may_also(what.kind().action())?;
    // Whom a search finds, and of whom it is told that nothing can be done, are members seen.
    sitting.may_also(Action::SeeMembers)?;
    let whom = typed.whom(&sitting)?;
    let seat = sitting.seat()?;
    match many::prepare(&app, &seat, what, whom).await?.map_err(refused)? {
        Prepared::Draft(id, reasons) => {
            let reasons = reasons.into_iter().map(|(why, times)| (why.to_string(), times)).collect();
            drafted(&app, &sitting, &id, reasons).await
        }
        Prepared::Nobody => Err(Kind::NothingToDo.into()),
        Prepared::TooMany => {
            let name = if typed.typed.is_some() { "typed" } else { "which" };
            Err(Field::new(name, "too_many", "said-too-many-found").into())
        }
    }
}

async fn drafted(
    app: &App,
    sitting: &AtDesk,
    id: &JobId,
    reasons: BTreeMap<String, u64>,
) -> Result<(StatusCode, Json<DeskDraft>), Problem> {
    let Look { job, told, .. } = jobs::look(app, &sitting.seat()?, id).await?.ok_or(Kind::NotFound)?;
    let troubles = told.into_iter().map(|told| RowTold::new(told, sitting.visitor.locale)).collect();
    Ok((StatusCode::CREATED, Json(DeskDraft { job: job.into(), reasons, troubles })))
}

/// Looks through a file of members, as the page takes it (CSV with the names of the columns in its first line, 16 MiB at most); nobody is added.
/// An access token adds nobody with a role at the desk, and asks for `members.write` as well.
#[utoipa::path(post, path = "/api/v1/desk/members/import", operation_id = "prepareImport", tag = "desk",
    security(("bearer" = [])), request_body(content = String, content_type = "text/csv"),
    responses((status = 201, description = "A draft.", body = DeskDraft)))]
pub(in crate::api) async fn import(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Csv(file): Csv,
) -> Result<(StatusCode, Json<DeskDraft>), Problem> {
    sitting.may_also(JobKind::Import.action())?;
    let seat = sitting.seat()?;
    match imports::prepare(&app, &seat, file).await? {
        Ok(outcome) => drafted(&app, &sitting, &outcome.map_err(refused)?, BTreeMap::new()).await,
        Err(bad) => Err(Problem::fields(vec![trouble(&bad, sitting.visitor.locale)])),
    }
}

/// What a whole file has against it.
fn trouble(bad: &Bad, locale: Locale) -> Field {
    let field = |code, key| Field { pointer: String::new(), code, key, values: Vec::new() };
    match bad {
        Bad::Letters(line) => field("letters", "import-bad-letters").saying("line", line),
        Bad::NoTable(line) => field("table", "import-bad-table").saying("line", line),
        Bad::Empty => field("empty", "import-bad-empty"),
        Bad::TooManyRows(most) => field("too_many", "import-bad-rows").saying("most", most),
        Bad::UnknownColumns(names) => field("columns_unknown", "import-bad-unknown").saying("names", &names.join(", ")),
        Bad::ColumnTwice(column) => {
            field("column_twice", "import-bad-twice").saying("name", &sheet::column(locale, *column))
        }
        Bad::ColumnMissing(column) => {
            field("column_missing", "import-bad-missing").saying("name", &sheet::column(locale, *column))
        }
    }
}

/// Prepares to invite all whom an import added, each by one of their contacts; nothing is sent. Of access tokens it asks for `members.write` as well.
#[utoipa::path(post, path = "/api/v1/desk/jobs/{job}/invite", operation_id = "prepareInvitations", tag = "desk",
    security(("bearer" = [])), params(("job" = String, Path, description = "An import that is over.")),
    responses((status = 201, description = "A draft.", body = DeskDraft)))]
pub(in crate::api) async fn prepare_invitations(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<DeskDraft>), Problem> {
    let (id, seat) = (job(id)?, sitting.seat()?);
    jobs::kind_of(&app, &seat, &id).await?.ok_or(Kind::NotFound)?;
    sitting.may_also(JobKind::Invite.action())?;
    let id = invitations::prepare(&app, &seat, &id).await?.map_err(refused)?;
    drafted(&app, &sitting, &id, BTreeMap::new()).await
}

fn job(text: String) -> Result<JobId, Problem> {
    Ok(JobId(fields::id(JobId::PREFIX, text)?))
}

fn begun(outcome: Outcome<()>) -> Result<StatusCode, Problem> {
    outcome.map(|()| StatusCode::NO_CONTENT).map_err(refused)
}

/// Which rows of a file are added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::api) struct BeginAdding {
    /// Of a file: adds the good rows although others are wrong. Without it a file with a wrong row adds nobody.
    only_good: Option<bool>,
}

/// Says go for a draft of a file or of invitations; only whoever made the draft can, once.
#[utoipa::path(post, path = "/api/v1/desk/jobs/{job}/add", operation_id = "beginAdding", tag = "desk",
    security(("bearer" = [])), params(("job" = String, Path, description = "The draft.")),
    request_body = BeginAdding, responses((status = 204, description = "It goes on by itself: see `getJob`.")))]
pub(in crate::api) async fn begin_adding(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
    Body(typed): Body<BeginAdding>,
) -> Result<StatusCode, Problem> {
    let id = job(id)?;
    let seat = sitting.seat()?;
    let outcome = match jobs::kind_of(&app, &seat, &id).await? {
        Some(JobKind::Import) => imports::start(&app, &seat, &id, typed.only_good.unwrap_or_default()).await?,
        _ => jobs::begin(&app, &seat, &id).await?,
    };
    begun(outcome)
}

macro_rules! begins {
    ($($(#[$doc:meta])* $name:ident $path:literal $operation:literal;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, operation_id = $operation, tag = "desk",
            security(("bearer" = [])), params(("job" = String, Path, description = "The draft.")),
            responses((status = 204, description = "It goes on by itself: see `getJob`.")))]
        pub(in crate::api) async fn $name(
            State(app): State<Arc<App>>,
            sitting: AtDesk,
            Path(id): Path<String>,
        ) -> Result<StatusCode, Problem> {
            let id = job(id)?;
            let seat = sitting.seat()?;
            begun(many::begin(&app, &seat, &id).await?)
        }
    )*};
}

begins! {
    /// Says go for a draft of `force` or `request`; only whoever made the draft can, once.
    begin_demand "/api/v1/desk/jobs/{job}/demand" "beginDemand";
    /// Says go for a draft of `suspend` or `resume`; only whoever made the draft can, once.
    begin_suspend "/api/v1/desk/jobs/{job}/suspend" "beginSuspend";
    /// Says go for a draft of `sign_out`; only whoever made the draft can, once.
    begin_sign_out "/api/v1/desk/jobs/{job}/sign-out" "beginSignOut";
}
