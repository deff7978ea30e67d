//! What is derived from the master keys: HKDF-SHA256 (RFC 5869), one key a purpose. The ring of all of them can be changed while the
//! server runs.
//!
//! All keys are tried by id when reading. One of them writes; beside it may be one *other*, which is about to take over or just did:
//! what is looked up by its keyed hash (a contact's index) is looked for under both.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{MasterKeys, seal::DataKey};

/// 256 bits of key. Never shown, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Key(pub(super) [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The purposes of one master key.
pub(super) struct Derived {
    pub(super) id: String,
    pub(super) code: Key,
    pub(super) token: Key,
    pub(super) pepper: Key,
    pub(super) csrf: Key,
    pub(super) wrap: Key,
    pub(super) backup: Key,
    pub(super) contact_index: Key,
    pub(super) limit: Key,
    pub(super) audit: Key,
    server: Key,
}

/// The keys as they stand at one moment.
pub(super) struct Ring {
    /// Never empty.
    all: Vec<Arc<Derived>>,
    pub(super) writes: Arc<Derived>,
    pub(super) other: Option<Arc<Derived>>,
    server: Arc<DataKey>,
}

/// Every key the server works with.
pub struct Keyring(RwLock<Arc<Ring>>);

/// The keys at hand cannot be those that the database was written with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the database is written with the key `{0}`, which the key file does not hold: bring back the key file with that line"
)]
pub struct KeyMissing(pub String);

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl Ring {
    fn new(master: &MasterKeys, writes: &str, other: Option<&str>) -> Option<Self> {
        let all: Vec<_> = master.0.iter().map(|(id, key)| Arc::new(Derived::new(id, key))).collect();
        let by_id = |id: &str| all.iter().find(|key| key.id == id).cloned();
        let writes = by_id(writes)?;
        let other = other.filter(|id| *id != writes.id).and_then(by_id);
        Some(Self { server: server(&all, &writes), all, writes, other })
    }
}

/// The server's own data key: opens with every key, seals with the one that writes, which stands last.
fn server(all: &[Arc<Derived>], writes: &Derived) -> Arc<DataKey> {
    let others = all.iter().map(AsRef::as_ref).filter(|key| key.id != writes.id);
    let keys = others.chain([writes]).map(|key| (key.id.clone(), key.server.clone()));
    Arc::new(DataKey::of_server(keys.collect()))
}

impl Keyring {
    /// Derives all keys. The oldest writes until the database has said otherwise.
    pub fn new(master: &MasterKeys) -> Self {
        let oldest = master.ids().next().expect("a key file holds at least one key");
        Self(RwLock::new(Arc::new(Ring::new(master, oldest, None).expect("the oldest is one of them"))))
    }

    /// Takes the keys of a file in place of those at hand. Refused, with everything as it was, where the one that writes is not in it.
    pub fn replace(&self, master: &MasterKeys) -> Result<(), KeyMissing> {
        let now = self.ring();
        let other = now.other.as_ref().map(|key| key.id.as_str());
        let ring = Ring::new(master, &now.writes.id, other).ok_or_else(|| KeyMissing(now.writes.id.clone()))?;
        self.put(ring);
        Ok(())
    }

    /// The same where another key writes by now, whether or not the one that wrote before is still in the file.
    pub fn replace_and_turn(&self, master: &MasterKeys, writes: &str) -> Result<(), KeyMissing> {
        let before = self.writes();
        self.put(Ring::new(master, writes, Some(&before)).ok_or_else(|| KeyMissing(writes.to_owned()))?);
        Ok(())
    }

    /// Writes with the key `writes` from now on and looks things up under `other`, too.
    pub fn turn(&self, writes: &str, other: Option<&str>) -> Result<(), KeyMissing> {
        let now = self.ring();
        let by_id = |id: &str| now.all.iter().find(|key| key.id == id).cloned();
        let writes = by_id(writes).ok_or_else(|| KeyMissing(writes.to_owned()))?;
        let other = other.filter(|id| *id != writes.id).and_then(by_id);
        let as_it_was =
            now.writes.id == writes.id && now.other.as_ref().map(|key| &key.id) == other.as_ref().map(|key| &key.id);
        if !as_it_was {
            self.put(Ring { server: server(&now.all, &writes), all: now.all.clone(), writes, other });
        }
        Ok(())
    }

    /// The ids of all keys, in the file's order.
    pub fn ids(&self) -> Vec<String> {
        self.ring().all.iter().map(|key| key.id.clone()).collect()
    }

    /// The id of the key that writes.
    pub fn writes(&self) -> String {
        self.ring().writes.id.clone()
    }

    /// The id of the other key that things are looked up with, if there is one.
    pub fn other(&self) -> Option<String> {
        self.ring().other.as_ref().map(|key| key.id.clone())
    }

    /// The key with which the server seals rows that belong to no workspace.
    pub fn server_key(&self) -> Arc<DataKey> {
        self.ring().server.clone()
    }

    /// The keys as they stand now.
    pub(super) fn ring(&self) -> Arc<Ring> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, ring: Ring) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    /// The key that writes.
    pub(super) fn newest(&self) -> Arc<Derived> {
        self.ring().writes.clone()
    }

    /// Something of every key, of the one that writes first.
    pub(super) fn each<T>(&self, of: impl Fn(&Derived) -> T) -> Vec<T> {
        let ring = self.ring();
        let others = ring.all.iter().filter(|key| key.id != ring.writes.id);
        std::iter::once(&ring.writes).chain(others).map(|key| of(key)).collect()
    }

    pub(super) fn by_id(&self, id: &str) -> Option<Arc<Derived>> {
        self.ring().all.iter().find(|key| key.id == id).cloned()
    }
}

impl Derived {
    fn new(id: &str, key: &Key) -> Self {
        Self {
            id: id.to_owned(),
            code: derive(key, "code"),
            token: derive(key, "token"),
            pepper: derive(key, "pepper"),
            csrf: derive(key, "csrf"),
            wrap: derive(key, "wrap"),
            backup: derive(key, "backup"),
            contact_index: derive(key, "contact index"),
            limit: derive(key, "limit"),
            audit: derive(key, "audit heads"),
            server: derive(key, "server data"),
        }
    }
}

/// The key of one backup file: a key of its own for each, so that its chunks can be numbered from nought.
pub(super) fn of_file(backup: &Key, salt: &[u8; 32]) -> Key {
    let mut key = Key([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), &backup.0)
        .expand(b"aikagi backup file", &mut key.0)
        .expect("32 bytes are within what HKDF gives");
    key
}

/// HKDF-SHA256 with the purpose as `info`; changing these texts changes every key.
fn derive(master: &Key, purpose: &str) -> Key {
    let mut key = Key([0; 32]);
    Hkdf::<Sha256>::new(Some(b"aikagi-key-1"), &master.0)
        .expand(purpose.as_bytes(), &mut key.0)
        .expect("32 bytes are within what HKDF gives");
    key
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::vault::SeededDice;

    #[test]
    fn one_key_writes_until_another_is_told_to_and_both_are_looked_for() {
        let mut master = MasterKeys::generate(&SeededDice::new(1));
        let before = Keyring::new(&master);
        let (first, second) = (before.writes(), master.add(&SeededDice::new(2)));
        let old = before.contact_index("sms", "+81901");
        assert_eq!(old.kept(), None);
        before.replace(&master).unwrap();
        assert_eq!(before.writes(), first);
        before.turn(&first, Some(&second)).unwrap();
        let waiting = before.contact_index("sms", "+81901");
        assert_eq!(waiting.written(), old.written());
        before.turn(&second, Some(&first)).unwrap();
        let after = before.contact_index("sms", "+81901");
        assert_eq!((after.written(), after.other()), (waiting.other(), waiting.written()));
        assert!(after.written().starts_with(&format!("{second}.")), "{after:?}");
    }

    #[test]
    fn a_file_without_the_key_that_writes_changes_nothing() {
        let master = MasterKeys::generate(&SeededDice::new(1));
        let ring = Keyring::new(&master);
        let stranger = MasterKeys::generate(&SeededDice::new(2));
        assert_eq!(ring.replace(&stranger), Err(KeyMissing(ring.writes())));
        assert!(ring.turn("none", None).is_err() && ring.replace_and_turn(&master, "none").is_err());
        assert_eq!(ring.ids(), master.ids().collect::<Vec<_>>());
        // Another key writes by now, and the first is in the file no more.
        let another = stranger.ids().next().unwrap();
        ring.replace_and_turn(&stranger, another).unwrap();
        assert_eq!((ring.writes().as_str(), ring.other()), (another, None));
    }

    #[test]
    fn purposes_and_masters_give_different_keys_and_debug_shows_none() {
        let mut master = MasterKeys::generate(&SeededDice::new(1));
        master.add(&SeededDice::new(2));
        let ring = Keyring::new(&master);
        let mut seen = HashSet::new();
        for key in &ring.ring().all {
            let Derived { code, token, pepper, csrf, wrap, backup, contact_index, limit, audit, server, .. } = &**key;
            for one in [code, token, pepper, csrf, wrap, backup, contact_index, limit, audit, server] {
                assert!(seen.insert(one.0));
            }
        }
        assert_eq!(seen.len(), 20);
        let shown = format!("{ring:?} {master:?} {:?}", ring.server_key());
        for line in master.to_text().lines() {
            assert!(!shown.contains(line.rsplit(':').next().expect("a key")));
        }
        assert!(!shown.contains("[0,") && !shown.contains(", 1"), "{shown}");
    }
}
