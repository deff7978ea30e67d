//! Who could not get back in alone, as the desk sees it: how many and why, how that went, who tried it out, and all of them as a file.
//!
//! Nothing here counts members: the figures are those that the job going round put down ([`crate::flows::readiness`]).

use std::collections::BTreeMap;

use serde_json::Value;

use super::logs::csv;
use super::roster::{After, PAGE};
use super::{Outcome, Seat};
use crate::app::App;
use crate::flows::readiness::{DRILLED, day_of};
use crate::flows::{Error, Result};
use crate::model::id::WorkspaceId;
use crate::model::{Action, Readiness, Timestamp};
pub use crate::store::drills::Done;
use crate::store::nudges::Run;
use crate::store::roster::{self, Only};
use crate::store::{self, transaction};

/// For how many days back the figures are shown, and how long they are kept.
const SHOWN_DAYS: i64 = 60;
/// Lines of one piece of a file.
const PIECE: i64 = 1_000;

/// The figures of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// Since 1970, in Japan.
    pub day: i64,
    figures: BTreeMap<String, i64>,
}

impl Day {
    fn figure(&self, what: &str) -> i64 {
        self.figures.get(what).copied().unwrap_or_default()
    }
    /// How many are so.
    pub fn of(&self, readiness: Readiness) -> i64 {
        self.figure(readiness.as_str())
    }
    /// How many are asked about at all.
    pub fn all(&self) -> i64 {
        self.of(Readiness::Ready) + Readiness::REASONS.iter().map(|reason| self.of(*reason)).sum::<i64>()
    }
    /// How many have tried it out.
    pub fn drilled(&self) -> i64 {
        self.figure(DRILLED)
    }
    /// The share of those who could, in whole per cent; a hundred only where all could.
    pub fn share(&self) -> Option<i64> {
        let all = self.all();
        (all > 0).then(|| self.of(Readiness::Ready) * 100 / all)
    }
}

/// What the desk's page shows.
#[derive(Debug)]
pub struct Overview {
    /// As of when the newest figures are; none before the first round.
    pub taken_at: Option<Timestamp>,
    /// Day by day, the newest last.
    pub days: Vec<Day>,
    /// The newest demand to many.
    pub run: Option<Run>,
}

/// How it stands and how it went.
pub async fn overview(app: &App, seat: &Seat<'_>) -> Result<Overview> {
    seat.taken_for(Action::SeeMembers)?;
    let workspace = &seat.member().workspace_id;
    let mut conn = app.db.read().await?;
    let mut days: Vec<Day> = Vec::new();
    for figure in store::readiness::figures(&mut conn, workspace, day_of(seat.now()) - SHOWN_DAYS).await? {
        if days.last().is_none_or(|day| day.day != figure.day) {
            days.push(Day { day: figure.day, figures: BTreeMap::new() });
        }
        if let Some(day) = days.last_mut() {
            day.figures.insert(figure.what, figure.members);
        }
    }
    Ok(Overview {
        taken_at: store::readiness::taken_at(&mut conn).await?,
        days,
        run: store::nudges::newest_run(&mut conn, workspace).await?,
    })
}

/// Some of those who have tried it out, newest first.
#[derive(Debug)]
pub struct DonePage {
    /// At most [`PAGE`].
    pub lines: Vec<Done>,
    /// Where it goes on; none on the last page.
    pub next: Option<After>,
}

/// Who has tried it out, behind this point.
pub async fn drills(app: &App, seat: &Seat<'_>, after: Option<&After>) -> Result<DonePage> {
    seat.taken_for(Action::SeeMembers)?;
    let workspace = &seat.member().workspace_id;
    let end = (Timestamp(i64::MAX), "");
    let before = after.and_then(|after| Some((Timestamp(after.0.parse().ok()?), after.1.as_str()))).unwrap_or(end);
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut lines = store::drills::done(&mut app.db.read().await?, workspace, before, limit).await?;
    let next = lines.get(PAGE - 1).filter(|_| lines.len() > PAGE);
    let next = next.map(|last| After(last.done_at.0.to_string(), last.member_id.to_string()));
    lines.truncate(PAGE);
    Ok(DonePage { lines, next })
}

/// A file under way: one reason after the other, each in the order of IDs.
pub struct Export {
    workspace: WorkspaceId,
    left: Vec<Readiness>,
    after: String,
    begun: bool,
}

const HEAD: [&str; 7] = ["login", "name", "kana", "department", "role", "readiness", "last_sign_in"];

/// Begins a file of those with this reason, or with any. That it was taken is in the audit log before its first line is read.
pub async fn export(app: &App, seat: &Seat<'_>, only: Option<Readiness>) -> Result<Outcome<Export>> {
    seat.taken_for(Action::Export)?;
    let held = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::Export).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let which = only.map_or("all", Readiness::as_str);
        seat.did("readiness_exported", which).write(app, conn, seat.now()).await?;
        Ok(Ok(()))
    })?;
    let mut left = only.map_or_else(|| Readiness::REASONS.to_vec(), |one| vec![one]);
    left.reverse();
    let workspace = seat.member().workspace_id.clone();
    Ok(held.map(|()| Export { workspace, left, after: String::new(), begun: false }))
}

impl Export {
    /// The next piece of the file; none when it is over.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        let head = (!std::mem::replace(&mut self.begun, true)).then_some(&HEAD[..]);
        let Some(reason) = self.left.last().copied() else {
            return head.map(|head| csv(Some(head), &[])).transpose();
        };
        let only = Only::Readiness(reason);
        let members = roster::by_login(&mut app.db.read().await?, &self.workspace, only, &self.after, PIECE).await?;
        if members.len() < usize::try_from(PIECE).unwrap_or(usize::MAX) {
            self.left.pop();
            self.after = String::new();
        } else if let Some(last) = members.last() {
            self.after.clone_from(&last.login);
        }
        let rows: Vec<Vec<Value>> = members
            .into_iter()
            .map(|m| {
                let last = (m.signed_in_day > 0).then(|| Timestamp::of_day(m.signed_in_day));
                let last = last.map_or_else(String::new, |at| at.to_jiff().strftime("%Y-%m-%d").to_string());
                let (role, readiness) = (m.role.to_string(), reason.to_string());
                [m.login, m.name, m.kana, m.department, role, readiness, last].map(Value::String).to_vec()
            })
            .collect();
        csv(head, &rows).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_per_cent_are_all_of_them() {
        let day = |ready: i64, none: i64| {
            let figures = [("ready", ready), ("no_contact", none), (DRILLED, 7)];
            Day { day: 1, figures: figures.map(|(what, n)| (what.to_owned(), n)).into() }
        };
        assert_eq!(day(999, 1).share(), Some(99));
        assert_eq!(day(999, 0).share(), Some(100));
        assert_eq!(day(0, 3).share(), Some(0));
        assert_eq!(day(0, 0).share(), None);
        assert_eq!(day(2, 1).all(), 3, "who tried it out is among them");
    }
}
