//! The seam of chance: the one place that asks the operating system for random bytes. Tests hand in a seed.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

/// Gives random bytes that nobody can foretell.
pub trait Dice: Send + Sync + 'static {
    /// Fills all of `buf`.
    fn fill(&self, buf: &mut [u8]);
}

/// `N` random bytes.
pub fn bytes<const N: usize>(dice: &dyn Dice) -> [u8; N] {
    let mut buf = [0; N];
    dice.fill(&mut buf);
    buf
}

/// The operating system's generator (`getrandom(2)` and its kin).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsDice;

impl Dice for OsDice {
    #[expect(clippy::disallowed_methods, reason = "this is the seam that the ban points to")]
    fn fill(&self, buf: &mut [u8]) {
        // Without chance every secret would be guessable: stopping the request is the only safe answer.
        getrandom::fill(buf).expect("the operating system gives random bytes");
    }
}

/// Dice that fall the same way for the same seed. For tests only: whoever knows the seed knows every secret.
pub struct SeededDice(Mutex<ChaCha20Rng>);

impl SeededDice {
    /// Dice from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl std::fmt::Debug for SeededDice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeededDice")
    }
}

impl Dice for SeededDice {
    fn fill(&self, buf: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way_and_each_throw_differs() {
        let (one, two) = (SeededDice::new(7), SeededDice::new(7));
        let first: [u8; 16] = bytes(&one);
        assert_eq!(first, bytes(&two));
        assert_ne!(first, bytes::<16>(&one));
        assert_ne!(bytes::<32>(&OsDice), bytes::<32>(&OsDice));
    }
}
