//! What the desk's first page shows of the last day and the last week: counts that were added up before, by hours and by days of Japan's time.

use super::Seat;
use crate::app::App;
use crate::flows::Result;
use crate::model::tally::Counts;
use crate::model::{Action, Timestamp, days, hours, minutes};
use crate::store::tallies;

/// The hours that are shown, and the days.
const HOURS: usize = 24;
const DAYS: usize = 7;

/// The last day and the last week.
#[derive(Debug)]
pub struct Recent {
    /// Each hour's beginning and counts, the present hour last.
    pub hours: Vec<(Timestamp, Counts)>,
    /// Each day's beginning and counts, today last.
    pub days: Vec<(Timestamp, Counts)>,
    /// Until when it is added up, where that is long ago: not yet all is in it.
    pub only_until: Option<Timestamp>,
}

/// The counts of the seat's workspace.
pub async fn recent(app: &App, seat: &Seat<'_>) -> Result<Recent> {
    seat.taken_for(Action::ReadSignIns)?;
    let now = seat.now();
    let first_hour = now.window(hours(1)) - hours(i64::try_from(HOURS).unwrap_or_default() - 1);
    let first_day = now.day_in_japan() - days(i64::try_from(DAYS).unwrap_or_default() - 1);
    let mut conn = app.db.read().await?;
    let rows = tallies::list(&mut conn, &seat.member().workspace_id, first_hour.min(first_day)).await?;
    let until = tallies::until(&mut conn).await?;
    let mut recent = Recent {
        hours: spans(first_hour, hours(1).as_micros(), HOURS),
        days: spans(first_day, days(1).as_micros(), DAYS),
        only_until: until.filter(|until| *until + minutes(15) < now),
    };
    // A clock that was ahead for a while leaves hours that have not come yet.
    for (hour, what, times) in rows.into_iter().filter(|(hour, _, _)| *hour <= now) {
        for all in [&mut recent.hours, &mut recent.days] {
            let before = all.partition_point(|(begins, _)| *begins <= hour);
            if let Some((_, counts)) = before.checked_sub(1).and_then(|place| all.get_mut(place)) {
                counts.add(what, times);
            }
        }
    }
    Ok(recent)
}

/// So many spans from `first` on, with nothing in them yet.
fn spans(first: Timestamp, length: i64, count: usize) -> Vec<(Timestamp, Counts)> {
    let begins = (0_i64..).map(|nth| Timestamp(first.0 + nth * length));
    begins.take(count).map(|at| (at, Counts::default())).collect()
}
