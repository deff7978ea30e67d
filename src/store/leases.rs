//! Counts that all nodes share, taken some at a time: a node writes once for many, and counts the rest in memory. What it took and does not use is lost with
//! the window, so that never more than the cap is let through, whichever nodes the requests come to.

use std::collections::HashMap;
use std::sync::Mutex;

use super::db::{Conn, on};
use super::error::Result;
use super::limits::{self, Window};
use crate::model::Timestamp;

/// Keys that are remembered before those are forgotten whose time has passed.
const MANY: usize = 10_000;

/// What this node has in hand, by key.
#[derive(Debug, Default)]
pub struct Leases(Mutex<HashMap<String, Lease>>);

/// So many are left until then; none, too, where the window is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// How many.
    pub left: i64,
    /// When the window ends.
    pub until: Timestamp,
    /// Whether more can be taken before that.
    pub full: bool,
}

impl Leases {
    /// Uses one of those in hand. Answers from when on there are more where the window is full; none where some have to be taken first.
    pub fn spend(&self, key: &str, now: Timestamp) -> Option<std::result::Result<(), Timestamp>> {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let lease = all.get_mut(key).filter(|lease| lease.until > now)?;
        if lease.left > 0 {
            lease.left -= 1;
            return Some(Ok(()));
        }
        lease.full.then_some(Err(lease.until))
    }

    /// Puts what was taken beside what is in hand, and uses one of it.
    pub fn put(&self, key: &str, taken: Lease, now: Timestamp) -> std::result::Result<(), Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if all.len() >= MANY {
            all.retain(|_, lease| lease.until > now);
        }
        let in_hand = all.get(key).filter(|lease| lease.until == taken.until).map_or(0, |lease| lease.left);
        let left = in_hand + taken.left;
        all.insert(key.to_owned(), Lease { left: (left - 1).max(0), ..taken });
        if left > 0 { Ok(()) } else { Err(taken.until) }
    }
}

/// Takes so many from this window of this key, or as many as are left. A window that has passed begins anew, and so does one that the clock, set back, would
/// make last longer than it is.
pub async fn take(conn: &mut Conn, key: &str, window: Window, some: i64, now: Timestamp) -> Result<Lease> {
    const SQL: &str = "insert into limits (key, span, started_at, spent) values ($1, $2, $3, $5)
        on conflict (key, span) do update set
            spent = case when limits.started_at + limits.span <= $3 or limits.started_at > $3 + limits.span then $5 else limits.spent + $5 end,
            started_at = case when limits.started_at + limits.span <= $3 or limits.started_at > $3 + limits.span then $3 else limits.started_at end
        where limits.spent < $4 or limits.started_at + limits.span <= $3 or limits.started_at > $3 + limits.span
        returning spent, started_at";
    let row: Option<(i64, Timestamp)> = on!(conn, db => sqlx::query_as(SQL)
        .bind(key).bind(window.span).bind(now).bind(window.cap).bind(some).fetch_optional(db))?;
    let Some((spent, started_at)) = row else {
        return Ok(Lease { left: 0, until: limits::open_from(conn, key, window, now).await?, full: true });
    };
    let left = some - (spent - window.cap).max(0);
    Ok(Lease { left, until: Timestamp(started_at.0 + window.span), full: spent >= window.cap })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_hand_is_spent_before_more_is_taken_and_nothing_after_its_time() {
        let (leases, now) = (Leases::default(), Timestamp(1_000));
        let taken = |left, until, full| Lease { left, until: Timestamp(until), full };
        assert_eq!(leases.spend("a", now), None);
        assert_eq!(leases.put("a", taken(2, 2_000, false), now), Ok(()));
        assert_eq!(leases.spend("a", now), Some(Ok(())));
        assert_eq!(leases.spend("a", now), None, "some more have to be taken");
        assert_eq!(leases.put("a", taken(1, 2_000, true), now), Ok(()));
        assert_eq!(leases.spend("a", now), Some(Err(Timestamp(2_000))));
        assert_eq!(leases.spend("a", Timestamp(2_000)), None, "a new window");
        // Two at once took some each.
        assert_eq!(leases.put("b", taken(2, 2_000, false), now), Ok(()));
        assert_eq!(leases.put("b", taken(2, 2_000, false), now), Ok(()));
        assert_eq!((leases.spend("b", now), leases.spend("b", now)), (Some(Ok(())), Some(Ok(()))));
        assert_eq!(leases.spend("b", now), None);
        assert_eq!(leases.put("c", taken(0, 2_000, true), now), Err(Timestamp(2_000)));
    }
}
