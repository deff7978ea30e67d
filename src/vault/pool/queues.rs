//! What waits for a hashing thread: one queue a lane, who is next, and how long it will take. Knows nothing of threads or passwords.
//!
//! Lanes are served in their order. So that the last one still moves while those before it are never empty, a lane that was passed over
//! [`PATIENCE`] times in a row is served once: under any flood it keeps its part of the processors.

use std::{collections::VecDeque, time::Duration};

/// Where a job waits, first served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// After a proved code.
    Proved,
    /// Signing in on a device that the account knows.
    Known,
    /// Everybody else.
    Door,
    /// What nobody stands waiting for.
    Unhurried,
}

const LANES: usize = 4;

/// Jobs of other lanes that a waiting lane lets by before it is served.
const PATIENCE: u32 = 7;

/// Something that waits, worth so many hashes.
pub(super) trait Weighed {
    /// Hashes that it asks for.
    fn units(&self) -> usize;
}

struct Line<J> {
    jobs: VecDeque<J>,
    /// Places taken for hashes that are still to come.
    places: usize,
    /// Jobs that were taken from lanes before this one while it waited, since it was last served.
    passed_over: u32,
}

pub(super) struct Queues<J> {
    lines: [Line<J>; LANES],
    /// Time that one hash took lately.
    one: Duration,
}

impl<J: Weighed> Queues<J> {
    /// Empty ones; `one` is what a hash is expected to take.
    pub fn new(one: Duration) -> Self {
        Self { lines: std::array::from_fn(|_| Line { jobs: VecDeque::new(), places: 0, passed_over: 0 }), one }
    }

    /// A hash took this long: a moving average that forgets with each one eighth of what came before.
    pub fn took(&mut self, time: Duration) {
        self.one = (self.one * 7 + time) / 8;
    }

    /// The wait of a job that joins `lane` now, as long as nobody joins a lane before it. What runs already is left out: it is at most one
    /// job a thread.
    pub fn expected_wait(&self, lane: Lane, threads: usize) -> Duration {
        let ahead: usize = self.lines[..=lane as usize].iter().map(|line| line.units() + line.places).sum();
        let rounds = u32::try_from(ahead.div_ceil(threads)).unwrap_or(u32::MAX);
        self.one.saturating_mul(rounds)
    }

    /// Hashes that wait in all lanes.
    pub fn units(&self) -> usize {
        self.lines.iter().map(Line::units).sum()
    }

    pub fn push(&mut self, lane: Lane, job: J) {
        self.lines[lane as usize].jobs.push_back(job);
    }

    /// Keeps a place for one hash that is still to come.
    pub fn keep_place(&mut self, lane: Lane) {
        self.lines[lane as usize].places += 1;
    }

    /// The hash has come, or will not.
    pub fn free_place(&mut self, lane: Lane) {
        let places = &mut self.lines[lane as usize].places;
        *places = places.saturating_sub(1);
    }

    /// The next job.
    pub fn pop(&mut self) -> Option<J> {
        let waits = |line: &Line<J>| !line.jobs.is_empty();
        let impatient = self.lines.iter().rposition(|line| waits(line) && line.passed_over >= PATIENCE);
        let at = impatient.or_else(|| self.lines.iter().position(waits))?;
        self.lines[at].passed_over = 0;
        for line in &mut self.lines[at + 1..] {
            line.passed_over = if waits(line) { line.passed_over + 1 } else { 0 };
        }
        self.lines[at].jobs.pop_front()
    }

    /// Takes all that waits.
    pub fn clear(&mut self) -> Vec<J> {
        self.lines.iter_mut().flat_map(|line| std::mem::take(&mut line.jobs)).collect()
    }
}

impl<J: Weighed> Line<J> {
    fn units(&self) -> usize {
        self.jobs.iter().map(J::units).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name and a weight.
    impl Weighed for (&'static str, usize) {
        fn units(&self) -> usize {
            self.1
        }
    }

    const ONE: Duration = Duration::from_millis(10);

    #[test]
    fn the_proved_go_first_then_known_devices_then_everybody_else() {
        let mut queues = Queues::new(ONE);
        for (lane, name) in [
            (Lane::Door, "door 1"),
            (Lane::Known, "known 1"),
            (Lane::Door, "door 2"),
            (Lane::Proved, "proved"),
            (Lane::Known, "known 2"),
        ] {
            queues.push(lane, (name, 1));
        }
        assert_eq!(queues.units(), 5);
        let order: Vec<_> = std::iter::from_fn(|| queues.pop()).map(|job| job.0).collect();
        assert_eq!(order, ["proved", "known 1", "known 2", "door 1", "door 2"]);
    }

    #[test]
    fn what_nobody_stands_waiting_for_goes_last() {
        let mut queues = Queues::new(ONE);
        queues.push(Lane::Unhurried, ("unhurried", 1));
        queues.push(Lane::Door, ("door", 1));
        assert_eq!(queues.expected_wait(Lane::Door, 1), ONE);
        assert_eq!(queues.pop().map(|job| job.0), Some("door"));
        assert_eq!(queues.pop().map(|job| job.0), Some("unhurried"));
    }

    #[test]
    fn a_lane_waits_for_those_before_it_and_for_itself_only() {
        let mut queues = Queues::new(ONE);
        queues.push(Lane::Proved, ("", 2));
        queues.push(Lane::Known, ("", 4));
        queues.push(Lane::Door, ("", 100));
        let wait = |lane| queues.expected_wait(lane, 2);
        assert_eq!(wait(Lane::Proved), ONE);
        assert_eq!(wait(Lane::Known), ONE * 3);
        assert_eq!(wait(Lane::Door), ONE * 53);
    }

    #[test]
    fn a_kept_place_counts_like_a_hash_that_waits() {
        let mut queues: Queues<(&str, usize)> = Queues::new(ONE);
        queues.keep_place(Lane::Door);
        queues.keep_place(Lane::Door);
        assert_eq!(queues.expected_wait(Lane::Door, 1), ONE * 2);
        assert_eq!(queues.expected_wait(Lane::Known, 1), Duration::ZERO);
        assert_eq!(queues.units(), 0, "nothing to do yet");
        queues.free_place(Lane::Door);
        queues.push(Lane::Door, ("", 1));
        assert_eq!(queues.expected_wait(Lane::Door, 1), ONE * 2);
    }

    #[test]
    fn no_lane_starves_behind_others_that_are_never_empty() {
        let mut queues = Queues::new(ONE);
        for _ in 0..100 {
            queues.push(Lane::Proved, ("proved", 1));
            queues.push(Lane::Known, ("known", 1));
            queues.push(Lane::Door, ("door", 1));
        }
        let taken: Vec<_> = (0..80).filter_map(|_| queues.pop()).map(|job| job.0).collect();
        let count = |name| taken.iter().filter(|taken| **taken == name).count();
        assert!(taken[..7].iter().all(|name| *name == "proved"));
        for name in ["known", "door"] {
            assert!((8..=10).contains(&count(name)), "{name}: {} of 80", count(name));
        }
        // A lane that was empty meanwhile has no claim.
        let mut queues = Queues::new(ONE);
        for _ in 0..20 {
            queues.push(Lane::Proved, ("proved", 1));
        }
        assert!((0..10).all(|_| queues.pop().is_some()));
        queues.push(Lane::Door, ("door", 1));
        assert_eq!(queues.pop().map(|job| job.0), Some("proved"));
    }

    #[test]
    fn the_time_of_a_hash_follows_what_hashes_take() {
        let mut queues = Queues::new(ONE);
        queues.push(Lane::Door, ("", 1));
        (0..100).for_each(|_| queues.took(ONE * 3));
        let wait = queues.expected_wait(Lane::Door, 1);
        assert!(wait > ONE * 2 && wait <= ONE * 3, "{wait:?}");
        assert_eq!(queues.clear().len(), 1);
        assert_eq!(queues.units(), 0);
    }
}
