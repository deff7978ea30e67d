//! Pauses in long work that goes on beside a server, so that people sign in meanwhile as ever: each as long as the work before it asks for.

use std::time::{Duration, Instant};

/// The pause behind a piece of work, by the time that it took. SQLite has no queue for its writers: others look again and again
/// whether it is free, and must find it so half of the time.
const REST: u32 = 1;

/// Piece after piece, with pauses.
#[derive(Debug)]
pub struct Pace {
    times: u32,
    /// When the last piece ended, and how long it took.
    last: Option<(Instant, Duration)>,
}

impl Pace {
    /// For work that somebody waits for.
    pub fn shared() -> Self {
        Self { times: REST, last: None }
    }

    /// For work that nobody waits for, beside other long work that somebody does wait for: a tenth of the time at most.
    pub fn far_behind() -> Self {
        Self { times: 10, last: None }
    }

    /// What is left of the pause behind the last piece. What was done since without the database counts for it.
    fn left(&self, now: Instant) -> Duration {
        let left = |(ended, took): (Instant, Duration)| (took * self.times).saturating_sub(now - ended);
        self.last.map_or(Duration::ZERO, left)
    }

    /// Waits for so long.
    pub async fn rest(&self) {
        tokio::time::sleep(self.left(Instant::now())).await;
    }

    /// Does a piece, and remembers how long it took.
    pub async fn time<T>(&mut self, piece: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let answer = piece.await;
        self.last = Some((Instant::now(), begun.elapsed()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_pause_is_measured_by_the_work_before_it() {
        const WORK: Duration = Duration::from_millis(30);
        for (mut pace, times) in [(Pace::shared(), REST), (Pace::far_behind(), 10)] {
            let now = Instant::now();
            assert_eq!(pace.left(now), Duration::ZERO, "nothing was done yet");
            pace.last = Some((now, WORK));
            assert_eq!(pace.left(now), WORK * times);
            assert_eq!(pace.left(now + WORK) + WORK, WORK * times, "other work counts for it");
            assert_eq!(pace.left(now + WORK * 11), Duration::ZERO);
            assert_eq!(pace.time(async { 7 }).await, 7);
            assert!(pace.last.is_some_and(|(ended, _)| ended >= now));
        }
    }
}
