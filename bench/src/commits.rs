//! Small commits through the store, by several tasks at once, beside how often the disk alone says that it has something.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use aikagi::model::Timestamp;
use aikagi::store::limits::{self, Window};
use aikagi::store::{self, Db, engine};
use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use sqlx::Connection as _;

use crate::door::{Plan, say};
use crate::load::drive;
use crate::machine;
use crate::place::Place;

/// Tasks at once.
const TASKS: [usize; 3] = [1, 8, 64];

/// What was found on each engine.
#[derive(Debug, Default, Serialize)]
pub struct Both {
    pub sqlite: Option<Commits>,
    pub postgres: Option<Commits>,
}

/// One engine's commits.
#[derive(Debug, Serialize)]
pub struct Commits {
    /// Of the disk alone, before and after.
    pub syncs_per_second: f64,
    pub by_tasks: Vec<(usize, f64)>,
}

/// Each commit is answered only when the disk has it.
pub async fn measure(program: &Path, postgres: Option<&str>, plan: Plan) -> Result<Commits> {
    let place = Place::new(program, postgres).await?;
    let db = Db::open(place.database_url()).await?;
    let off = engine::setup(&mut db.read().await?).await?.off;
    ensure!(off.is_empty(), "PostgreSQL spares the disk: {} is off", off.join(", "));
    if postgres.is_some() {
        lies_here(&place).await?;
    }
    let before = machine::syncs_per_second(place.folder(), plan.time())?;
    let mut by_tasks = Vec::new();
    for tasks in TASKS {
        let mut keys: Vec<String> = (0..tasks).map(|task| format!("task:{task}")).collect();
        let run = drive(&mut keys, plan.time(), None, async |key: &mut String| {
            let mut tries = db.tries();
            let mut conn = tries.begin().await?;
            let taken = limits::take(&mut conn, key, Window { span: 0, cap: i64::MAX }, Timestamp(1)).await;
            let settled: Option<Result<bool, store::Error>> = tries.settle(conn, taken).await;
            settled.context("no other task has this row")??;
            Ok(())
        });
        by_tasks.push((tasks, run.await?.per_second));
    }
    db.close().await;
    let after = machine::syncs_per_second(place.folder(), plan.time())?;
    let engine = postgres.map_or("SQLite", |_| "PostgreSQL");
    say(&format!("{before:.0} and {after:.0} fdatasync/s; {engine}'s commits/s by tasks: {by_tasks:.0?}"));
    Ok(Commits { syncs_per_second: f64::midpoint(before, after), by_tasks })
}

/// Whether the cluster writes as the disk was asked to, and to the same disk; else there is nothing to compare.
async fn lies_here(place: &Place) -> Result<()> {
    let mut conn = sqlx::PgConnection::connect(place.database_url()).await?;
    let ask = sqlx::query_as("select current_setting('wal_sync_method'), current_setting('data_directory')");
    let (method, folder): (String, String) = ask.fetch_one(&mut conn).await?;
    conn.close().await?;
    ensure!(method == "fdatasync", "PostgreSQL writes by {method}, not by fdatasync");
    let device = |path: &Path| {
        let found = std::fs::metadata(path).with_context(|| format!("{} cannot be looked at", path.display()));
        anyhow::Ok(found?.dev())
    };
    ensure!(
        device(Path::new(&folder))? == device(place.folder())?,
        "PostgreSQL's data in {folder} and {} are on different disks",
        place.folder().display()
    );
    Ok(())
}

/// The page's section.
pub fn text(both: &Both) -> String {
    let engines: Vec<_> = [("SQLite", &both.sqlite), ("PostgreSQL", &both.postgres)]
        .into_iter()
        .filter_map(|(name, commits)| Some((name, commits.as_ref()?)))
        .collect();
    let syncs: Vec<_> = engines
        .iter()
        .map(|(name, commits)| format!("{:.0} times a second around {name}'s turn", commits.syncs_per_second))
        .collect();
    let heads: Vec<_> =
        engines.iter().map(|(name, _)| format!("{name}, commits a second | … for each `fdatasync`")).collect();
    let mut text = format!(
        "## One disk, many commits\n\n\
         This disk takes 4 KiB and says that it has them (`fdatasync`) {}. Commits of one row, each task's own, through the server's own \
         writer or pool of connections, each answered only when the disk has it: SQLite with `synchronous=full` and many transactions in one commit \
         ([0003](decisions/0003-group-commit.md)), PostgreSQL on the same disk with `fsync`, `full_page_writes` and `synchronous_commit` on \
         and its log written by `fdatasync`:\n\n\
         | Tasks at once | {} |\n|---|{}\n",
        syncs.join(", "),
        heads.join(" | "),
        "---|---|".repeat(engines.len())
    );
    for (place, tasks) in TASKS.into_iter().enumerate() {
        let cells: Vec<_> = engines
            .iter()
            .filter_map(|(_, commits)| Some((commits.by_tasks.get(place)?.1, commits.syncs_per_second)))
            .map(|(rate, syncs)| format!("{rate:.0} | {:.2}", rate / syncs))
            .collect();
        // Writing to a text does not fail.
        let _ = writeln!(text, "| {tasks} | {} |", cells.join(" | "));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_was_left_out_has_no_columns() {
        let commits = |rate| Commits { syncs_per_second: 1_000.0, by_tasks: TASKS.map(|tasks| (tasks, rate)).to_vec() };
        let both = text(&Both { sqlite: Some(commits(500.0)), postgres: Some(commits(2_000.0)) });
        assert!(both.contains("\n| 8 | 500 | 0.50 | 2000 | 2.00 |\n"), "{both}");
        assert!(text(&Both { sqlite: None, postgres: Some(commits(2_000.0)) }).contains("\n| 64 | 2000 | 2.00 |\n"));
    }
}
