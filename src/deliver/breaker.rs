//! A carrier that fails again and again is left alone for a while, and then tried with one message: those behind it lose no time with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{Timestamp, seconds, time::Span};

/// So many failures in a row open the circuit.
const FAILURES: u32 = 5;
/// How long it stays open at first, and at most.
const PAUSE: i64 = 5;
const LONGEST: i64 = 60;

/// What is known of each carrier, by name.
#[derive(Debug, Default)]
pub struct Breakers(Mutex<HashMap<String, Circuit>>);

#[derive(Debug, Clone, Copy, Default)]
struct Circuit {
    failures: u32,
    /// How often it was opened in a row.
    opened: u32,
    /// Nobody asks the carrier before.
    until: Option<Timestamp>,
    /// One message is let through to see whether it works again.
    probing: bool,
    /// How often the carrier had connected when it failed.
    connections: u64,
}

impl Breakers {
    /// Whether the carrier may be asked now; else from when. Past that time one may, and the next not before its answer or another pause.
    pub fn may_ask(&self, carrier: &str, now: Timestamp) -> Result<(), Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(circuit) = all.get_mut(carrier) else { return Ok(()) };
        match circuit.until {
            Some(until) if until > now => Err(until),
            Some(_) => {
                circuit.until = Some(now + circuit.pause());
                circuit.probing = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Until when nobody asks the carrier, which has connected so often; nothing is begun by looking. One that connected since it failed is asked again.
    pub fn is_left_alone(&self, carrier: &str, connections: u64, now: Timestamp) -> Option<Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(carrier).is_some_and(|circuit| circuit.connections != connections) {
            all.remove(carrier);
        }
        all.get(carrier).and_then(|circuit| circuit.until).filter(|until| *until > now)
    }

    /// It took a message, or refused one for that message's sake.
    pub fn works(&self, carrier: &str) {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(carrier);
        if closed.is_some_and(|circuit| circuit.opened > 0) {
            tracing::info!(carrier, "the carrier takes messages again");
        }
    }

    /// It was not reached, broke off, or lets us not in, and has connected so often until now.
    pub fn fails(&self, carrier: &str, connections: u64, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let circuit = all.entry(carrier.to_owned()).or_default();
        circuit.connections = connections;
        circuit.failures = circuit.failures.saturating_add(1);
        // What was under way when it was opened says nothing new.
        if circuit.failures >= FAILURES && (circuit.until.is_none() || circuit.probing) {
            circuit.opened = (circuit.opened + 1).min(8);
            circuit.probing = false;
            circuit.until = Some(now + circuit.pause());
            if circuit.opened == 1 {
                tracing::warn!(carrier, "the carrier fails again and again, and is left alone for a while");
                metrics::counter!("aikagi_carrier_circuits_opened_total", "carrier" => carrier.to_owned()).increment(1);
            }
        }
    }
}

impl Circuit {
    fn pause(&self) -> Span {
        seconds((PAUSE << self.opened.saturating_sub(1).min(8)).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_close_the_way_and_one_success_opens_it() {
        let (breakers, begun) = (Breakers::default(), Timestamp(1_700_000_000_000_000));
        for _ in 0..4 {
            breakers.fails("a", 0, begun);
        }
        assert_eq!(breakers.may_ask("a", begun), Ok(()));
        breakers.fails("a", 0, begun);
        assert_eq!(breakers.may_ask("a", begun), Err(begun + seconds(5)));
        assert_eq!(breakers.may_ask("b", begun), Ok(()));

        // One is let through, and the others wait for what becomes of it.
        let later = begun + seconds(5);
        assert_eq!(breakers.may_ask("a", later), Ok(()));
        assert!(breakers.may_ask("a", later).is_err());
        breakers.fails("a", 0, later);
        assert_eq!(breakers.may_ask("a", later + seconds(9)), Err(later + seconds(10)));
        assert_eq!(breakers.may_ask("a", later + seconds(10)), Ok(()));
        breakers.works("a");
        for _ in 0..3 {
            assert_eq!(breakers.may_ask("a", later + seconds(10)), Ok(()));
        }
    }

    #[test]
    fn eight_that_fail_at_once_are_one_reason_to_pause() {
        let (breakers, now) = (Breakers::default(), Timestamp(1_700_000_000_000_000));
        for _ in 0..8 {
            breakers.fails("a", 0, now);
        }
        assert_eq!(breakers.may_ask("a", now), Err(now + seconds(5)));
    }

    #[test]
    fn one_that_has_connected_since_is_asked_again() {
        let (breakers, now) = (Breakers::default(), Timestamp(1_700_000_000_000_000));
        for _ in 0..5 {
            breakers.fails("a", 3, now);
        }
        assert_eq!(breakers.is_left_alone("a", 3, now), Some(now + seconds(5)));
        assert_eq!(breakers.is_left_alone("a", 4, now), None);
        assert_eq!(breakers.may_ask("a", now), Ok(()));
    }

    #[test]
    fn a_pause_is_a_minute_at_most() {
        let (breakers, mut now) = (Breakers::default(), Timestamp(1_700_000_000_000_000));
        for _ in 0..100 {
            breakers.fails("a", 0, now);
            let until = breakers.may_ask("a", now).err().unwrap_or(now);
            assert!(until <= now + seconds(60));
            now = until;
            assert!(breakers.may_ask("a", now).is_ok());
        }
        assert_eq!(breakers.may_ask("a", now), Err(now + seconds(60)));
    }
}
