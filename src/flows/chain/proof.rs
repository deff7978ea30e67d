//! Whether a chain is whole: walks through its rows in their order, follows the links from one to the next, and compares them with the
//! signed heads. Names the first row that does not fit, and how. Knows nothing of where the rows come from: the database or a file.

use super::heads::is_signed;
use super::{ERASED, Result, Row, heads, page_on};
use crate::app::App;
use crate::model::{Timestamp, days, hours, policy::LogPolicy};
use crate::store::chain::{self, Head, Place, Tip};
use crate::vault::chain::PublicKey;

/// What is wrong with the first row that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It does not follow from the row before: something in it, or before it, is not what it was.
    Changed,
    /// The rows up to here, from the one named, are not there.
    Missing {
        /// The last of them.
        to: i64,
    },
    /// It stands where the row behind it belongs.
    Inserted,
    /// It stands before the row that it belongs behind.
    Reordered,
    /// The chain ends before it; so far it went when it was signed, or when the server wrote last.
    CutOff {
        /// The last row that was there.
        to: i64,
        /// When it was signed, if it was.
        signed_at: Option<Timestamp>,
    },
    /// The links fit, but not the head: from the row named to the head's, some were written anew after it was signed.
    Rewritten {
        /// The head's row.
        to: i64,
        /// When the head was signed, or none where it is the server's own note of the chain's end.
        signed_at: Option<Timestamp>,
    },
    /// A head of this row that its key did not sign.
    Forged,
}

/// The first row that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its place in the chain.
    pub nth: i64,
    /// The row, where there is one.
    pub row: Option<Row>,
    /// What is wrong.
    pub fault: Fault,
}

/// What came of walking through a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The chain's name.
    pub name: String,
    /// How many rows fit.
    pub rows: u64,
    /// The place of the first row, and the time of the head before it where it is not 1.
    pub first: Option<(i64, Option<Timestamp>)>,
    /// The last place that fits.
    pub last: i64,
    /// How many heads fit, and when the newest of them was signed.
    pub heads: u64,
    /// The newest head that fits.
    pub signed_at: Option<Timestamp>,
    /// Heads whose key is not known.
    pub unknown_heads: u64,
    /// Rows of which parts were erased.
    pub erased: u64,
    /// Rows that came more than an hour after rows that are younger than they.
    pub late: u64,
    /// Rows that wait for their place.
    pub waiting: u64,
    /// What is broken.
    pub broken: Option<Broken>,
}

/// A walk through one chain.
pub struct Walk<'a> {
    report: Report,
    keys: &'a [PublicKey],
    /// Those that count, by place.
    heads: Vec<Head>,
    /// The link before the next row.
    link: String,
    newest: i64,
    doubtful: Option<(Row, Place)>,
    /// No head that was signed later than this is where old rows were forgotten.
    kept_from: Timestamp,
    /// The last place whose head fitted.
    proved: i64,
}

impl<'a> Walk<'a> {
    /// Begins. Without keys heads count unsigned.
    pub fn new(name: &str, mut heads: Vec<Head>, keys: &'a [PublicKey], now: Timestamp) -> Self {
        heads.sort_by_key(|head| (head.nth, head.signed_at));
        let mut report = Report { name: name.to_owned(), ..Report::default() };
        if !keys.is_empty() {
            let all = heads.len();
            heads.retain(|head| keys.iter().any(|key| key.id == head.key_id));
            report.unknown_heads = (all - heads.len()) as u64;
        }
        if let Some(forged) = heads.iter().find(|head| !keys.is_empty() && !is_signed(head, keys)) {
            report.broken = Some(Broken { nth: forged.nth, row: None, fault: Fault::Forged });
        }
        let kept_from = now - days(LogPolicy::AUDIT_DAYS_LEAST.into());
        Self { report, keys, heads, link: String::new(), newest: i64::MIN, doubtful: None, kept_from, proved: 0 }
    }

    /// Goes on behind a place that fitted, with the heads from there on.
    pub fn behind(
        nth: i64,
        link: &str,
        heads: Vec<Head>,
        keys: &'a [PublicKey],
        (name, now): (&str, Timestamp),
    ) -> Self {
        let mut walk = Self::new(name, heads, keys, now);
        walk.report.first = Some((nth, None));
        (walk.report.last, walk.proved) = (nth, nth);
        link.clone_into(&mut walk.link);
        walk
    }

    /// As far as it has come, and the link of the last row that fits; more rows follow.
    pub fn so_far(mut self) -> (Report, String) {
        if let Some((row, place)) = self.doubtful.take() {
            self.judge(row, &place, None);
        }
        (self.report, self.link)
    }

    /// Takes the next row.
    pub fn row(&mut self, row: Row, place: Place) {
        if self.report.broken.is_some() {
            return;
        }
        if let Some((doubtful, at)) = self.doubtful.take() {
            self.judge(doubtful, &at, Some((&row, &place)));
            return;
        }
        if self.report.first.is_none() && !self.begin(&place) {
            self.doubtful = Some((row, place));
            return;
        }
        let wanted = self.report.last.saturating_add(1);
        if place.nth < wanted {
            self.broken(place.nth, Some(row), Fault::Inserted);
        } else if place.nth > wanted || !self.follows(&row, &place, &self.link, wanted) {
            self.doubtful = Some((row, place));
        } else {
            self.fits(&row, &place);
        }
    }

    /// Whether the chain can begin with this row: it is the first of all, or follows a head up to which old rows were forgotten.
    fn begin(&mut self, place: &Place) -> bool {
        if place.nth <= 1 {
            self.report.first = Some((1, None));
            return true;
        }
        let kept_from = self.kept_from;
        let Some(head) = self.heads.iter().find(|head| head.nth == place.nth - 1 && head.signed_at < kept_from) else {
            return false;
        };
        self.report.first = Some((place.nth, Some(head.signed_at)));
        self.link.clone_from(&head.link);
        (self.report.last, self.proved) = (head.nth, head.nth);
        true
    }

    fn follows(&self, row: &Row, place: &Place, before: &str, nth: i64) -> bool {
        row.chain() == self.report.name
            && row.link(before, nth, &place.by_leaf, &place.about_leaf).as_deref() == Some(&place.link)
    }

    fn fits(&mut self, row: &Row, place: &Place) {
        let report = &mut self.report;
        (report.rows, report.last) = (report.rows + 1, place.nth);
        report.erased += u64::from(row.actor == ERASED || place.about_leaf.starts_with("h."));
        report.late += u64::from(row.at < self.newest.saturating_sub(hours(1).as_micros()));
        self.newest = self.newest.max(row.at);
        self.link.clone_from(&place.link);
        let mut fitting = None;
        for head in self.heads.iter().filter(|head| head.nth == place.nth) {
            if head.link != place.link {
                let fault = Fault::Rewritten { to: head.nth, signed_at: Some(head.signed_at) };
                report.broken = Some(Broken { nth: self.proved.saturating_add(1), row: None, fault });
                return;
            }
            report.heads += 1;
            fitting = Some(head.signed_at);
        }
        if fitting.is_some() {
            report.signed_at = report.signed_at.max(fitting);
            self.proved = place.nth;
        }
    }

    /// What is wrong with a row that does not fit, by the one behind it.
    fn judge(&mut self, row: Row, place: &Place, next: Option<(&Row, &Place)>) {
        let wanted = self.report.last.saturating_add(1);
        let next_fits = next.is_some_and(|(next, at)| self.follows(next, at, &self.link, wanted));
        let fits_behind = next.is_some_and(|(_, at)| self.follows(&row, place, &at.link, wanted.saturating_add(1)));
        match (next_fits, fits_behind) {
            (true, true) => self.broken(place.nth, Some(row), Fault::Reordered),
            (true, false) => self.broken(place.nth, Some(row), Fault::Inserted),
            _ if place.nth > wanted => self.broken(wanted, None, Fault::Missing { to: place.nth - 1 }),
            _ => self.broken(place.nth, Some(row), Fault::Changed),
        }
    }

    fn broken(&mut self, nth: i64, row: Option<Row>, fault: Fault) {
        self.report.broken = Some(Broken { nth, row, fault });
    }

    /// There are no more rows. `tip` is where the server says that the chain ends.
    pub fn end(mut self, tip: Option<&Tip>) -> Report {
        if let Some((row, place)) = self.doubtful.take() {
            self.judge(row, &place, None);
        }
        if self.report.broken.is_none() {
            let last = self.report.last;
            let head =
                self.heads.iter().rev().find(|head| head.nth > last).map(|head| (head.nth, Some(head.signed_at)));
            let tip_is_ahead = tip.filter(|tip| tip.nth > last).map(|tip| (tip.nth, None));
            if let Some((to, signed_at)) = head.or(tip_is_ahead) {
                self.broken(last + 1, None, Fault::CutOff { to, signed_at });
            } else if let Some(tip) = tip
                && (tip.nth, &tip.link) != (last, &self.link)
            {
                self.broken(self.proved.saturating_add(1), None, Fault::Rewritten { to: last, signed_at: None });
            }
        }
        if self.keys.is_empty() {
            (self.report.unknown_heads, self.report.heads) = (self.report.heads, 0);
        }
        self.report
    }
}

/// Walks through every chain of the database, each as it stands at one moment. `elsewhere` are heads that were kept outside of it.
pub async fn database(app: &App, elsewhere: &[Head]) -> Result<Vec<Report>> {
    let keys = heads::keys(app).await?;
    let mut names = super::names(app).await?;
    names.extend(elsewhere.iter().map(|head| head.workspace_id.clone()));
    names.sort();
    names.dedup();
    let mut reports = Vec::new();
    for name in names {
        let conn = &mut app.db.snapshot().await?;
        conn.take_time().await?;
        let tip = chain::tip(conn, &name).await?;
        let mut all = chain::heads(conn, &name, 0).await?;
        all.extend(elsewhere.iter().filter(|head| head.workspace_id == name).cloned());
        let mut walk = Walk::new(&name, all, &keys, app.now());
        let mut after = 0;
        loop {
            let some = page_on(app, conn, &name, after).await?;
            let Some(last) = some.last() else { break };
            after = last.place.nth;
            for entry in some {
                walk.row(entry.row, entry.place);
            }
        }
        // Without its note of the end a chain ends nowhere.
        let tip = tip.unwrap_or(Tip { workspace_id: name.clone(), nth: 0, link: String::new() });
        let mut report = walk.end(Some(&tip));
        report.waiting = chain::count_waiting(conn, &name).await?.unsigned_abs();
        reports.push(report);
    }
    Ok(reports)
}
