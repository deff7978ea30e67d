//! Password hashes: Argon2id (RFC 9106) over a pepper's HMAC of the NFKC form, kept as one text that tells how it was made.
//!
//! `$argon2id$v=19$m=19456,t=2,p=1,keyid=<pepper>,n=1$<salt>$<hash>`, after the PHC string format; `n` is the version of the text's
//! preparation: 1 is NFKC and nothing else (no case folding, no cutting). The HMAC stands in front of Argon2 so that an input of any
//! length becomes 32 bytes, and so that a stolen database without the key file cannot even be guessed at.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64_NOPAD;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::kernel::{self, Memory};
use super::{Dice, Keyring, dice, keyed, keys::Derived};

/// What a hash costs. The default is OWASP's and ASVS 5.0's (appendix C): 19 MiB, two passes, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, at least 8 a lane.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes; they run one after the other here.
    pub lanes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

impl Cost {
    /// Above this a stored text is taken for damaged: nobody may make the server allocate what a row says.
    const MOST: Self = Self { memory_kib: 1 << 20, passes: 64, lanes: 16 };

    /// What a hash takes on a machine of these years, until one was measured.
    pub(super) fn expected_time(self) -> Duration {
        Duration::from_nanos(400 * u64::from(self.memory_kib) * u64::from(self.passes))
    }

    /// Whether Argon2 takes these numbers and they are below this server's bounds (1 GiB, 64 passes, 16 lanes).
    pub fn is_possible(self) -> bool {
        self.memory_kib <= Self::MOST.memory_kib
            && (1..=Self::MOST.passes).contains(&self.passes)
            && (1..=Self::MOST.lanes).contains(&self.lanes)
            && self.memory_kib >= 8 * self.lanes
    }
}

/// Hashes and compares on the calling thread, which it keeps busy for tens of milliseconds: use the pool from async code.
#[derive(Debug)]
pub struct Passwords {
    keyring: Arc<Keyring>,
    cost: Cost,
}

/// A stored text taken apart.
struct Stored<'a> {
    cost: Cost,
    pepper: &'a str,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Passwords {
    /// None when the cost is not possible, see [`Cost::is_possible`].
    pub fn new(keyring: Arc<Keyring>, cost: Cost) -> Option<Self> {
        cost.is_possible().then_some(Self { keyring, cost })
    }

    /// The text to store for a new password.
    pub fn hash(&self, memory: &mut Memory, dice: &dyn Dice, password: &str) -> String {
        let salt: [u8; 16] = dice::bytes(dice);
        let pepper = self.keyring.newest();
        let hash = hash(memory, self.cost, &pepper, &salt, password);
        self.text(&pepper, &salt, hash.as_slice())
    }

    /// A text like a stored one with chance in the hash's place: no password is known that matches, and looking costs the same.
    pub fn dummy(&self, dice: &dyn Dice) -> String {
        self.text(&self.keyring.newest(), &dice::bytes::<16>(dice), &dice::bytes::<32>(dice))
    }

    fn text(&self, pepper: &Derived, salt: &[u8], hash: &[u8]) -> String {
        let Cost { memory_kib, passes, lanes } = self.cost;
        format!(
            "$argon2id$v=19$m={memory_kib},t={passes},p={lanes},keyid={},n=1${}${}",
            pepper.id,
            BASE64_NOPAD.encode(salt),
            BASE64_NOPAD.encode(hash)
        )
    }

    /// Whether `password` is the one of `stored`, comparing in constant time. A text that cannot be read, or whose pepper is not in
    /// the key file, is logged and costs as much as any other.
    pub fn verify(&self, memory: &mut Memory, password: &str, stored: &str) -> bool {
        let readable = Stored::parse(stored).filter(|stored| stored.cost.is_possible());
        let known = readable.and_then(|stored| Some((self.keyring.by_id(stored.pepper)?, stored)));
        let Some((pepper, stored)) = known else {
            tracing::error!("a stored password hash cannot be read or its pepper is missing");
            let pepper = self.keyring.newest();
            std::hint::black_box(hash(memory, self.cost, &pepper, &[0; 16], password));
            return false;
        };
        let hash = hash(memory, stored.cost, &pepper, &stored.salt, password);
        subtle::ConstantTimeEq::ct_eq(hash.as_slice(), stored.hash.as_slice()).into()
    }

    /// Whether `stored` was made otherwise than a new hash would be, and should be replaced at the next right password.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        Stored::parse(stored).is_none_or(|stored| stored.cost != self.cost || stored.pepper != self.keyring.newest().id)
    }
}

impl<'a> Stored<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (how, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut how_parts = how.split(',');
        let mut next = |name: &str| how_parts.next()?.strip_prefix(name);
        let cost = Cost {
            memory_kib: next("m=")?.parse().ok()?,
            passes: next("t=")?.parse().ok()?,
            lanes: next("p=")?.parse().ok()?,
        };
        let pepper = next("keyid=")?;
        let bytes = |text: &str| BASE64_NOPAD.decode(text.as_bytes()).ok();
        let (salt, hash) = (bytes(salt)?, bytes(hash)?);
        let complete = next("n=")? == "1" && how_parts.next().is_none() && parts.next().is_none();
        (complete && salt.len() == 16 && hash.len() == 32).then_some(Self { cost, pepper, salt, hash })
    }
}

fn hash(memory: &mut Memory, cost: Cost, pepper: &Derived, salt: &[u8], password: &str) -> Zeroizing<[u8; 32]> {
    let normal: Zeroizing<String> = {
        // Room for the longest NFKC form, so that no growing leaves copies behind.
        let mut normal = Zeroizing::new(String::with_capacity(password.len() * 11));
        normal.extend(password.nfkc());
        normal
    };
    let keyed = Zeroizing::new(keyed::mac(&pepper.pepper, &[&normal]));
    kernel::stretch(memory, cost, keyed.as_slice(), salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    const QUICK: Cost = Cost { memory_kib: 32, passes: 1, lanes: 1 };

    fn passwords(master: &MasterKeys, cost: Cost) -> Passwords {
        Passwords::new(Arc::new(Keyring::new(master)), cost).expect("a possible cost")
    }

    #[test]
    fn a_password_is_known_again_in_every_unicode_form() {
        let dice = SeededDice::new(6);
        let passwords = passwords(&MasterKeys::generate(&dice), QUICK);
        let memory = &mut Memory::default();
        let stored = passwords.hash(memory, &dice, "がっこう Ａ１ 15文字以上の合言葉");
        assert!(stored.starts_with("$argon2id$v=19$m=32,t=1,p=1,keyid="), "{stored}");
        // Decomposed kana and half-width letters, as another keyboard types them.
        assert!(passwords.verify(memory, "か\u{3099}っこう A1 15文字以上の合言葉", &stored));
        assert!(!passwords.verify(memory, "がっこう a1 15文字以上の合言葉", &stored));
        assert!(!passwords.verify(memory, "", &stored));
        assert_ne!(stored, passwords.hash(memory, &dice, "がっこう Ａ１ 15文字以上の合言葉"));
    }

    #[test]
    fn the_dummy_is_read_like_a_real_text_and_matches_nothing() {
        let dice = SeededDice::new(6);
        let passwords = passwords(&MasterKeys::generate(&dice), QUICK);
        let (memory, dummy) = (&mut Memory::default(), passwords.dummy(&dice));
        let real = passwords.hash(memory, &dice, "correct horse");
        assert_eq!(dummy.len(), real.len());
        assert!(Stored::parse(&dummy).is_some() && !passwords.needs_rehash(&dummy));
        assert!(!passwords.verify(memory, "correct horse", &dummy));
    }

    #[test]
    fn nothing_is_cut_off() {
        let dice = SeededDice::new(6);
        let passwords = passwords(&MasterKeys::generate(&dice), QUICK);
        let memory = &mut Memory::default();
        let long = "あ".repeat(4_000);
        let stored = passwords.hash(memory, &dice, &long);
        assert!(passwords.verify(memory, &long, &stored));
        assert!(!passwords.verify(memory, &"あ".repeat(3_999), &stored));
        assert!(!passwords.verify(memory, &format!("{long}\0"), &stored));
    }

    #[test]
    fn another_pepper_or_a_damaged_text_never_verifies() {
        let dice = SeededDice::new(6);
        let ours = passwords(&MasterKeys::generate(&dice), QUICK);
        let theirs = passwords(&MasterKeys::generate(&dice), QUICK);
        let memory = &mut Memory::default();
        let stored = ours.hash(memory, &dice, "correct horse");
        assert!(!theirs.verify(memory, "correct horse", &stored));
        // The same id over another key: the hash itself must differ, not only the name of the key.
        let forged = stored.replace(&ours.keyring.newest().id, &theirs.keyring.newest().id);
        assert!(!theirs.verify(memory, "correct horse", &forged));
        for damaged in [
            "",
            "$argon2id$",
            &stored[..stored.len() - 1],
            &stored.replace("n=1", "n=2"),
            &stored.replace("m=32", "m=4294967295"),
            &stored.replace("p=1", "p=0"),
            &stored.replace("t=1", "t=2"),
            &stored.replace("argon2id", "argon2i"),
        ] {
            assert!(!ours.verify(memory, "correct horse", damaged), "{damaged}");
        }
    }

    #[test]
    fn a_new_cost_or_pepper_asks_for_a_new_hash_and_the_old_still_verifies() {
        let dice = SeededDice::new(6);
        let mut master = MasterKeys::generate(&dice);
        let old = passwords(&master, QUICK);
        let memory = &mut Memory::default();
        let stored = old.hash(memory, &dice, "correct horse");
        assert!(!old.needs_rehash(&stored));
        let dearer = passwords(&master, Cost { passes: 2, ..QUICK });
        assert!(dearer.needs_rehash(&stored));
        assert!(dearer.verify(memory, "correct horse", &stored));
        let second = master.add(&dice);
        let rotated = passwords(&master, QUICK);
        rotated.keyring.turn(&second, None).unwrap();
        assert!(rotated.needs_rehash(&stored));
        assert!(rotated.verify(memory, "correct horse", &stored));
        assert!(!rotated.needs_rehash(&rotated.hash(memory, &dice, "correct horse")));
    }

    #[test]
    fn impossible_costs_are_refused_and_the_default_is_possible() {
        assert!(Cost::default().is_possible());
        for cost in [
            Cost { memory_kib: 7, ..QUICK },
            Cost { passes: 0, ..QUICK },
            Cost { lanes: 0, ..QUICK },
            Cost { memory_kib: u32::MAX, ..QUICK },
        ] {
            assert!(!cost.is_possible(), "{cost:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn a_changed_stored_text_fits_no_password(at: proptest::sample::Index, to in "[ -~]", any in "\\PC*", near in "\\$argon2id\\$v=19\\$m=[0-9]{1,12},t=[0-9]{1,3},p=[0-9],keyid=[a-f0-9]{0,8},n=1\\$[A-Za-z0-9+/]{0,22}\\$[A-Za-z0-9+/]{0,43}") {
            let dice = SeededDice::new(6);
            let passwords = passwords(&MasterKeys::generate(&dice), QUICK);
            let memory = &mut Memory::default();
            let stored = passwords.hash(memory, &dice, "right");
            let at = at.index(stored.len());
            let changed = format!("{}{to}{}", &stored[..at], &stored[at + 1..]);
            if changed != stored {
                proptest::prop_assert!(!passwords.verify(memory, "right", &changed), "{}", changed);
            }
            for text in [any, near] {
                let _ = (Stored::parse(&text), passwords.needs_rehash(&text));
            }
        }
    }
}
