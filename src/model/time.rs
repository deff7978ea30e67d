//! Points in time and spans between them, as Unix microseconds (UTC) in a `bigint` column.

use std::ops::{Add, Sub};

/// A point in time: microseconds since 1970-01-01T00:00:00Z. One reading of the clock serves a whole request.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Timestamp(pub i64);

/// A span of time in microseconds; never negative by construction of its makers below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// `n` seconds.
pub const fn seconds(n: i64) -> Span {
    Span(n * 1_000_000)
}
/// `n` minutes.
pub const fn minutes(n: i64) -> Span {
    seconds(n * 60)
}
/// `n` hours.
pub const fn hours(n: i64) -> Span {
    minutes(n * 60)
}
/// `n` days of 24 hours.
pub const fn days(n: i64) -> Span {
    hours(n * 24)
}

impl Span {
    /// Whole seconds, rounded up, so that "wait 1 s" is never shown as 0.
    pub const fn as_seconds(self) -> i64 {
        (self.0 + 999_999) / 1_000_000
    }
    /// Microseconds.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl Timestamp {
    /// The start of the fixed window of this length that holds `self`: counters are kept per window.
    #[must_use]
    pub const fn window(self, length: Span) -> Self {
        Self(self.0 - self.0.rem_euclid(length.0))
    }
    /// How long from `self` until `later`; nothing when it has passed.
    pub const fn until(self, later: Self) -> Span {
        let gap = later.0 - self.0;
        Span(if gap > 0 { gap } else { 0 })
    }
    /// The day it falls on, counted from 1970-01-01, UTC.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(days(1).0)
    }
    /// When that day began.
    pub const fn of_day(day: i64) -> Self {
        Self(day * days(1).0)
    }
    /// When the day began that it is in Japan, whose time pages speak: nine hours ahead, without a summer.
    #[must_use]
    pub const fn day_in_japan(self) -> Self {
        let ahead = hours(9).0;
        Self(Self(self.0 + ahead).window(days(1)).0 - ahead)
    }
    /// The same point for jiff, which formats it. Points outside jiff's years (never made by the clock) become the epoch.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or_default()
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_never_negative() {
        let now = Timestamp(1_000_000);
        assert_eq!(now.until(Timestamp(1_000_001)).as_seconds(), 1);
        assert_eq!(now.until(Timestamp(0)).as_seconds(), 0);
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        // 2026-11-22 17:05 and, a moment before midnight, 23:59:59 there.
        let midnight = Timestamp(1_795_273_200_000_000);
        assert_eq!(Timestamp(1_795_334_700_000_000).day_in_japan(), midnight);
        assert_eq!((midnight + hours(24) - seconds(1)).day_in_japan(), midnight);
        assert_eq!((midnight + hours(24)).day_in_japan(), midnight + days(1));
    }

    #[test]
    fn windows_hold_their_points_also_before_the_epoch() {
        assert_eq!(Timestamp(61_000_000).window(minutes(1)), Timestamp(60_000_000));
        assert_eq!(Timestamp(-1).window(minutes(1)), Timestamp(-60_000_000));
    }
}
