//! The filters of the list of members, by the words that pages and the API know them by.

use super::roster::Only;
use crate::model::{MemberState, Readiness, Timestamp, days};

/// Whom a list is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Those of whom something is so.
    Only(Only),
    /// Active ones who have not signed in for so many days.
    AwayDays(i64),
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

    /// What it means now.
    pub fn at(self, now: Timestamp) -> Only {
        match self {
            Self::Only(only) => only,
            Self::AwayDays(n) => Only::AwaySince((now - days(n)).day()),
        }
    }
}
