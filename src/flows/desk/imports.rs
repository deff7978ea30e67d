//! A file of members at the desk: looked through without changing anything, kept sealed until somebody says go, and then added piece by piece.
//!
//! Rows are read anew when they are added, by the rules and the rank of that moment. As long as not one row is wrong all of them are added; with wrong
//! ones none, or, where the administrator says so, the others.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::jobs::{self, Draft};
use super::turn::{Stop, Turn};
use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::members;
use crate::flows::sheet::{self, Bad, Cells, Rules, Sheet, Told};
use crate::flows::{Error, Result};
use crate::model::id::JobId;
use crate::model::{Action, Column, JobKind, JobState, RowTrouble};
use crate::store::{self, transaction};

/// The largest file.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Rows at most.
pub const MAX_ROWS: usize = 100_000;

/// A row that waits.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Waiting {
    line: u64,
    cells: Cells,
}

/// Reads the file, looks which IDs are taken, and keeps the rows that could be added. Answers the job that waits for somebody to say go.
pub async fn prepare(app: &App, seat: &Seat<'_>, file: Vec<u8>) -> Result<std::result::Result<Outcome<JobId>, Bad>> {
    seat.taken_for(Action::PrepareJobs)?;
    let countries = app.config.countries.clone();
    let (locale, highest) = (seat.member().locale, seat.highest());
    // Some seconds of work for the longest file: not on a thread that answers others.
    let read = tokio::task::spawn_blocking(move || {
        let rules = Rules { countries: &countries, locale, highest, rows: MAX_ROWS };
        sheet::read(&file, &rules)
    });
    let sheet = match read.await.map_err(|_| Error::Broken("a file could not be read through".to_owned()))? {
        Ok(sheet) => sheet,
        Err(bad) => return Ok(Err(bad)),
    };
    let mut pieces = pieces(sheet);
    for piece in &mut pieces {
        let taken = taken(app, seat, &piece.input).await?;
        let (gone, free) = std::mem::take(&mut piece.input)
            .into_iter()
            .partition::<Vec<_>, _>(|row| taken.contains(&login(&row.cells)));
        piece.input = free;
        piece.told.extend(gone.iter().map(told_taken));
        piece.told.sort();
    }
    Ok(Ok(jobs::draft(app, seat, JobKind::Import, &pieces).await?))
}

fn told_taken(row: &Waiting) -> Told {
    Told::new(row.line, Some(Column::Login), &row.cells.login, RowTrouble::Taken)
}

/// The rows and troubles of a file, in its order, so many rows each.
fn pieces(sheet: Sheet) -> Vec<Draft<Vec<Waiting>>> {
    let mut by_line: std::collections::BTreeMap<u64, (Option<Waiting>, Vec<Told>)> = std::collections::BTreeMap::new();
    for told in sheet.troubles {
        by_line.entry(told.line).or_default().1.push(told);
    }
    for row in sheet.rows {
        by_line.entry(row.line).or_default().0 = Some(Waiting { line: row.line, cells: row.cells });
    }
    let all: Vec<_> = by_line.into_values().collect();
    all.chunks(jobs::PIECE)
        .map(|some| Draft {
            rows: some.len(),
            input: some.iter().filter_map(|(row, _)| row.clone()).collect(),
            told: some.iter().flat_map(|(_, told)| told.clone()).collect(),
        })
        .collect()
}

/// The login name as it is compared; empty where it is none any more.
fn login(cells: &Cells) -> String {
    crate::model::LoginName::parse(&cells.login).map_or_else(|_| String::new(), |login| login.as_str().to_owned())
}

/// Which of these rows' login names nobody can get now.
async fn taken(app: &App, seat: &Seat<'_>, rows: &[Waiting]) -> Result<HashSet<String>> {
    let logins: Vec<String> = rows.iter().map(|row| login(&row.cells)).collect();
    let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
    if logins.is_empty() {
        return Ok(HashSet::new());
    }
    let workspace = &seat.member().workspace_id;
    let taken = store::members::taken(&mut app.db.read().await?, workspace, &logins, seat.now()).await?;
    Ok(taken.into_iter().collect())
}

/// Says go. `only_good` adds the good rows although others are wrong; else every row must be good, also as the members are by now.
pub async fn start(app: &App, seat: &Seat<'_>, id: &JobId, only_good: bool) -> Result<Outcome<()>> {
    seat.taken_for(Action::AddMembers)?;
    let job = store::jobs::by_id(&mut app.db.read().await?, &seat.member().workspace_id, id).await?;
    let Some(job) = job.filter(|job| job.kind == JobKind::Import) else { return Ok(Err(Refusal::NotFound)) };
    if job.state != JobState::Draft {
        return Ok(Err(Refusal::State));
    }
    if !only_good {
        for nth in 0..job.pieces {
            let Some(rows) = jobs::input_of::<Vec<Waiting>>(app, seat, &job, nth).await? else { continue };
            if !taken(app, seat, &rows).await?.is_empty() {
                return Ok(Err(Refusal::State));
            }
        }
    }
    jobs::start(app, seat, &job, !only_good).await
}

/// Adds the next rows.
pub(super) async fn piece(app: &App, turn: &Turn) -> std::result::Result<(), Stop> {
    let waiting: Vec<Waiting> = turn.input()?;
    let (workspace, now) = (&turn.workspace, turn.now);
    let with = turn.writes_with(app);
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    transaction!(app.db, conn => {
        let by = turn.hold(conn).await?;
        if store::keys::writing(conn, workspace.id.as_str()).await?.as_ref() != Some(&with) {
            return Err(Stop::Again);
        }
        let rules = Rules {
            countries: &app.config.countries,
            locale: workspace.locale,
            highest: turn.highest(&by),
            rows: MAX_ROWS,
        };
        let logins: Vec<String> = waiting.iter().map(|row| login(&row.cells)).collect();
        let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
        let taken: HashSet<String> = if logins.is_empty() {
            HashSet::new()
        } else {
            store::members::taken(conn, &workspace.id, &logins, now).await?.into_iter().collect()
        };
        let (mut told, mut rows, mut contacts) = (Vec::new(), Vec::new(), Vec::new());
        for row in &waiting {
            let new = match sheet::row(row.line, &row.cells, &rules) {
                Ok(new) if taken.contains(new.login.as_str()) => {
                    told.push(told_taken(row));
                    continue;
                }
                Ok(new) => new,
                Err(troubles) => {
                    told.extend(troubles);
                    continue;
                }
            };
            let member = members::row(app, workspace, &new, now);
            for address in &new.contacts {
                contacts.push(members::contact(app, workspace, &member, address, None, now)?.0);
            }
            rows.push(member);
        }
        if usize::try_from(store::members::insert_all(conn, &rows).await?) != Ok(rows.len()) {
            // Somebody took a login name since: look again who has which.
            return Err(Stop::Again);
        }
        let added = |member| turn.deed(member, "member_added");
        let audit: Vec<_> = rows
            .iter()
            .map(|member| added(&member.id).with(key.clone(), members::added(member)).line(app, now))
            .collect();
        store::apply(conn, store::contacts::insert_all(&contacts).chain(store::logs::audit_all(&audit))).await?;
        let ids = rows.into_iter().map(|member| member.id).collect();
        turn.put(app, conn, told, ids).await
    })
}
