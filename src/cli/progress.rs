//! How far something long has come: on a terminal one line that changes, elsewhere a line every few seconds.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

const ON_A_TERMINAL: Duration = Duration::from_millis(100);
const ELSEWHERE: Duration = Duration::from_secs(5);

pub(super) struct Progress {
    total: usize,
    terminal: bool,
    told: Option<Instant>,
    begun: Instant,
}

impl Progress {
    pub(super) fn of(total: usize) -> Self {
        Self { total, terminal: stderr().is_terminal(), told: None, begun: Instant::now() }
    }

    /// Tells it if it is time to.
    pub(super) fn tell(&mut self, done: usize) {
        let since = self.told.unwrap_or(self.begun);
        if since.elapsed() < if self.terminal { ON_A_TERMINAL } else { ELSEWHERE } {
            return;
        }
        self.told = Some(Instant::now());
        let text = format!("{done} of {} rows", self.total);
        // Whoever does not listen misses nothing.
        if self.terminal {
            write!(stderr(), "\r{text}").ok()
        } else {
            writeln!(stderr(), "{text}").ok()
        };
    }
}

impl Drop for Progress {
    /// What is said next begins a line of its own.
    fn drop(&mut self) {
        if self.terminal && self.told.is_some() {
            write!(stderr(), "\r\x1b[K").ok();
        }
    }
}
