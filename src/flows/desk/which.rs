//! The filters of the list of members, by the words that pages and the API know them by.

use jiff::civil::Date;

use super::roster::Only;
use crate::model::{MemberState, Readiness, Timestamp, days};

/// Whom a list is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Those of whom something is so.
    Only(Only),
    /// Active ones who have not signed in for so many days.
    AwayDays(i64),
    /// Active ones who signed in last before this day, or never.
    Before(Date),
}

/// The filters, the one that holds where none is asked for before the others.
pub const WHICH: &[(&str, Filter)] = &[
    ("present", Filter::Only(Only::Present)),
    ("invited", Filter::Only(Only::State(MemberState::Invited))),
    ("active", Filter::Only(Only::State(MemberState::Active))),
    ("suspended", Filter::Only(Only::State(MemberState::Suspended))),
    ("held", Filter::Only(Only::Held)),
    ("above", Filter::Only(Only::Above)),
    ("away30", Filter::AwayDays(30)),
    ("away90", Filter::AwayDays(90)),
    ("deleted", Filter::Only(Only::Deleted)),
    ("no_contact", Filter::Only(Only::Readiness(Readiness::NoContact))),
    ("unverified", Filter::Only(Only::Readiness(Readiness::Unverified))),
    ("bounced", Filter::Only(Only::Readiness(Readiness::Bounced))),
    ("frozen", Filter::Only(Only::Readiness(Readiness::Frozen))),
    ("stale", Filter::Only(Only::Readiness(Readiness::Stale))),
    ("waiting", Filter::Only(Only::Readiness(Readiness::Waiting))),
    ("never_set", Filter::Only(Only::Readiness(Readiness::NeverSet))),
    ("ready", Filter::Only(Only::Readiness(Readiness::Ready))),
];

impl Filter {
    /// The one of this word.
    pub fn parse(word: &str) -> Option<Self> {
        WHICH.iter().find(|(known, _)| *known == word).map(|(_, filter)| *filter)
    }

    /// The one of this word or of this day (`2026-06-01`); without either the usual one, and none where both are named.
    pub fn of(word: Option<&str>, before: Option<&str>) -> Option<Self> {
        match (word, before) {
            (Some(_), Some(_)) => None,
            (Some(word), None) => Self::parse(word),
            (None, Some(day)) => day.parse().ok().map(Self::Before),
            (None, None) => Some(WHICH[0].1),
        }
    }

    /// What it means now.
    pub fn at(self, now: Timestamp) -> Only {
        match self {
            Self::Only(only) => only,
            Self::AwayDays(n) => Only::AwaySince((now - days(n)).day()),
            Self::Before(day) => Only::AwaySince(day_of(day)),
        }
    }
}

/// The days since 1970; last sign-ins are known by the day, UTC.
fn day_of(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1)).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_days_since_1970_and_nothing_else_is_a_day() {
        let at = |day: &str| Filter::of(None, Some(day)).map(|filter| filter.at(Timestamp(0)));
        assert_eq!(at("1970-01-02"), Some(Only::AwaySince(1)));
        assert_eq!(at("1969-12-31"), Some(Only::AwaySince(-1)));
        assert_eq!(at("2026-11-22"), Some(Only::AwaySince(Timestamp(1_795_294_800_000_000).day() + 1)));
        for day in ["", "yesterday", "2026-02-30", "2026-13-01", "99999-01-01", "\0"] {
            assert_eq!(at(day), None, "{day}");
        }
        assert_eq!(Filter::of(Some("held"), Some("2026-11-22")), None);
        assert_eq!(Filter::of(None, None), Filter::parse("present"));
    }
}
