//! How quickly messages leave: so many a second at most, and none for a while after the provider said that it was too quick.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The first pause after a "too quick", doubled each time it is said again.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Gives turns.
#[derive(Debug)]
pub(super) struct Pace {
    apart: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: Instant,
    pause: Duration,
    paused_until: Instant,
}

impl Pace {
    /// With this many a second; without a number as quickly as the window lets.
    pub(super) fn new(per_second: Option<u32>) -> Self {
        let apart = per_second.map_or(Duration::ZERO, |most| Duration::from_secs(1) / most.max(1));
        let now = Instant::now();
        Self { apart, state: Mutex::new(State { next: now, pause: FIRST, paused_until: now }) }
    }

    /// Waits for a turn; false, at once, where it would not come before `deadline`.
    pub(super) async fn turn(&self, deadline: Instant) -> bool {
        let mut at = {
            let mut state = self.lock();
            let at = state.next.max(state.paused_until).max(Instant::now());
            if at > deadline {
                return false;
            }
            state.next = at + self.apart;
            at
        };
        loop {
            // Even a sleep that is over already takes a millisecond.
            if at > Instant::now() {
                sleep_until(at).await;
            }
            // A pause may have begun meanwhile.
            let paused_until = self.lock().paused_until;
            if paused_until <= Instant::now() {
                return true;
            }
            if paused_until > deadline {
                return false;
            }
            at = paused_until;
        }
    }

    /// The provider was asked too quickly: how long it is left alone now.
    pub(super) fn too_quick(&self) -> Duration {
        let mut state = self.lock();
        let now = Instant::now();
        // Several that were on their way together say it once.
        if state.paused_until <= now {
            state.paused_until = now + state.pause;
            state.pause = (state.pause * 2).min(LONGEST);
        }
        state.paused_until - now
    }

    /// The provider took a message.
    pub(super) fn went_well(&self) {
        let mut state = self.lock();
        if state.paused_until <= Instant::now() {
            state.pause = FIRST;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_seconds(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_a_second_and_no_more() {
        let pace = Pace::new(Some(4));
        let begun = Instant::now();
        for _ in 0..9 {
            assert!(pace.turn(in_seconds(60)).await);
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
        assert!(Pace::new(None).turn(Instant::now()).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_comes_too_late_is_refused_at_once() {
        let pace = Pace::new(Some(1));
        assert!(pace.turn(in_seconds(1)).await);
        let begun = Instant::now();
        assert!(!pace.turn(begun + Duration::from_millis(500)).await);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(pace.turn(in_seconds(2)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_while_it_is_too_quick_and_are_forgotten_after() {
        let pace = Pace::new(None);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let pause = pace.too_quick();
            assert_eq!(pace.too_quick(), pause, "said twice, counted once");
            assert!(!pace.turn(Instant::now()).await);
            pauses.push(pause.as_secs());
            assert!(pace.turn(in_seconds(60)).await);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        pace.went_well();
        assert_eq!(pace.too_quick(), FIRST);
    }
}
