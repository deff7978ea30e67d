//! The clock's seam: the one place that reads the time of day. Tests and the demo's replays hand in their own.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::{Timestamp, time::Span};

/// Tells the time of day.
pub trait Clock: Send + Sync + 'static {
    /// The present point in time.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the seam that the ban points to")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// A clock that shows `start`.
    pub const fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.0))
    }
    /// Moves forward.
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::SeqCst);
    }
    /// Moves back, as no clock should.
    pub fn turn_back(&self, span: Span) {
        self.0.fetch_sub(span.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
