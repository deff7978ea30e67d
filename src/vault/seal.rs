//! Sealing: XChaCha20-Poly1305 with a random 192-bit nonce; a data key a workspace, wrapped by the master key.
//!
//! A sealed text is `s1.<key id>.<base64url(nonce || ciphertext || tag)>` and opens only in its place: a stable label (not a column's
//! name), the workspace and the row are bound as associated data, so that a text moved to another row does not open. Destroying
//! a workspace's wrapped key is the erasure of all it sealed (backups excepted).

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::{
    Dice, Keyring, dice,
    keys::{Derived, Key},
};

/// Why a sealed text did not open. This is breakage (a wrong key file, a damaged row, tampering), never a person's mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The text has not the form of a sealed text.
    #[error("a sealed value has not the form that was written")]
    Form,
    /// It was sealed with a key that is not at hand.
    #[error("a sealed value needs a key that the key file does not hold")]
    Key,
    /// It was changed, or stands in another place than the one it was sealed for.
    #[error("a sealed value was changed or moved")]
    Seal,
}

/// The key of one workspace's rows (or of the server's own). Writes with the newest, opens by id.
#[derive(Debug, Clone)]
pub struct DataKey {
    scope: String,
    /// Never empty; the last one seals.
    keys: Vec<(String, Key)>,
}

impl DataKey {
    pub(super) fn of_server(keys: Vec<(String, Key)>) -> Self {
        // No workspace's id is empty.
        Self { scope: String::new(), keys }
    }

    /// The id of the one that seals, as sealed texts name it.
    pub fn seals_with(&self) -> &str {
        self.keys.last().map_or("", |(id, _)| id)
    }

    /// How many keys it holds.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// Seals `plain` for one place. `label` is a stable word for what it is, `row` the id of the row that will hold it.
    pub fn seal(&self, dice: &dyn Dice, label: &str, row: &str, plain: &[u8]) -> String {
        let (id, key) = self.keys.last().expect("a data key holds at least one key");
        seal("s1", id, key, dice, &[&self.scope, label, row], plain)
    }

    /// Opens what was sealed for this very place.
    pub fn open(&self, label: &str, row: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let by_id = |id: &str| self.keys.iter().find(|(own, _)| own == id).map(|(_, key)| key.clone());
        open("s1", sealed, by_id, &[&self.scope, label, row])
    }

    /// [`open`](Self::open) for what was sealed from text.
    pub fn open_text(&self, label: &str, row: &str, sealed: &str) -> Result<Zeroizing<String>, OpenError> {
        let plain = self.open(label, row, sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| OpenError::Form)?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

impl Keyring {
    /// A fresh data key for a workspace and its wrapped text, which is stored beside the workspace.
    pub fn new_data_key(&self, dice: &dyn Dice, workspace: &str) -> (DataKey, String) {
        let key = DataKey { scope: workspace.to_owned(), keys: vec![fresh(dice)] };
        let wrapped = wrap(&self.newest(), dice, &key);
        (key, wrapped)
    }

    /// The data key of a workspace from its stored text; opens for that workspace only.
    pub fn unwrap_data_key(&self, workspace: &str, wrapped: &str) -> Result<DataKey, OpenError> {
        let by_id = |id: &str| self.by_id(id).map(|key| key.wrap.clone());
        let plain = open("w1", wrapped, by_id, &[workspace])?;
        let (each, rest) = plain.as_chunks::<40>();
        if each.is_empty() || !rest.is_empty() {
            return Err(OpenError::Form);
        }
        let keys = each.iter().map(|each| {
            let (id, key) = each.split_at(8);
            let id = std::str::from_utf8(id).map_err(|_| OpenError::Form)?.to_owned();
            Ok((id, Key(key.try_into().map_err(|_| OpenError::Form)?)))
        });
        Ok(DataKey { scope: workspace.to_owned(), keys: keys.collect::<Result<_, _>>()? })
    }

    /// Wraps a workspace's data key with the master key `master`, with a change: see [`Rewrap`]. None where there is no such master key.
    pub fn rewrap(&self, dice: &dyn Dice, master: &str, key: &DataKey, how: Rewrap) -> Option<String> {
        let master = self.by_id(master)?;
        let mut keys = key.keys.clone();
        match how {
            Rewrap::AsItIs => {}
            Rewrap::WithANewOne => keys.insert(0, fresh(dice)),
            Rewrap::TheNewOneSeals => keys.rotate_left(1),
            Rewrap::OnlyTheOneThatSeals => drop(keys.drain(..keys.len() - 1)),
        }
        Some(wrap(&master, dice, &DataKey { scope: key.scope.clone(), keys }))
    }
}

/// How a data key changes when it is wrapped anew. A new one comes in two steps, so that every server can open with it before any
/// seals with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrap {
    /// Only the master key is another.
    AsItIs,
    /// A fresh key stands beside, which opens and does not seal yet.
    WithANewOne,
    /// The one that stood beside seals from now on.
    TheNewOneSeals,
    /// All others are thrown away: what they sealed cannot be read any more.
    OnlyTheOneThatSeals,
}

fn fresh(dice: &dyn Dice) -> (String, Key) {
    (data_encoding::HEXLOWER.encode(&dice::bytes::<4>(dice)), Key(dice::bytes(dice)))
}

/// Ids of eight letters and keys, one after the other, the last one sealing.
fn wrap(master: &Derived, dice: &dyn Dice, key: &DataKey) -> String {
    // Room for all, so that no growing leaves copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(40 * key.keys.len()));
    for (id, key) in &key.keys {
        plain.extend_from_slice(id.as_bytes());
        plain.extend_from_slice(&key.0);
    }
    seal("w1", &master.id, &master.wrap, dice, &[&key.scope], &plain)
}

/// The place as associated data: each part behind its length, so that no two places give the same bytes.
fn place(form: &str, id: &str, parts: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [form, id].iter().chain(parts) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn seal(form: &str, id: &str, key: &Key, dice: &dyn Dice, parts: &[&str], plain: &[u8]) -> String {
    let nonce: [u8; 24] = dice::bytes(dice);
    let sealed = XChaCha20Poly1305::new(&key.0.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &place(form, id, parts) })
        .expect("no row comes near the cipher's limit of 256 GiB");
    format!("{form}.{id}.{}", BASE64URL_NOPAD.encode(&[&nonce, sealed.as_slice()].concat()))
}

fn open(
    form: &str,
    sealed: &str,
    by_id: impl FnOnce(&str) -> Option<Key>,
    parts: &[&str],
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let rest = sealed.strip_prefix(form).and_then(|rest| rest.strip_prefix('.'));
    let (id, text) = rest.and_then(|rest| rest.split_once('.')).ok_or(OpenError::Form)?;
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| OpenError::Form)?;
    let (nonce, msg) = bytes.split_first_chunk::<24>().ok_or(OpenError::Form)?;
    let key = by_id(id).ok_or(OpenError::Key)?;
    XChaCha20Poly1305::new(&key.0.into())
        .decrypt(&XNonce::from(*nonce), Payload { msg, aad: &place(form, id, parts) })
        .map(Zeroizing::new)
        .map_err(|_| OpenError::Seal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    const NUMBER: &[u8] = b"+819012345678";

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let dice = SeededDice::new(3);
        let ring = Keyring::new(&MasterKeys::generate(&dice));
        let (key, wrapped) = ring.new_data_key(&dice, "wsp_a");
        let sealed = key.seal(&dice, "contact", "con_1", NUMBER);
        assert!(sealed.starts_with("s1.") && !sealed.contains("8190"));
        assert_ne!(sealed, key.seal(&dice, "contact", "con_1", NUMBER));

        let again = ring.unwrap_data_key("wsp_a", &wrapped).expect("unwraps");
        assert_eq!(again.open("contact", "con_1", &sealed).expect("opens").as_slice(), NUMBER);
        assert_eq!(&*again.open_text("contact", "con_1", &sealed).expect("text"), "+819012345678");

        assert_eq!(key.open("contact", "con_2", &sealed), Err(OpenError::Seal));
        assert_eq!(key.open("message", "con_1", &sealed), Err(OpenError::Seal));
        assert_eq!(key.open("contactcon", "_1", &sealed), Err(OpenError::Seal));
        assert_eq!(ring.unwrap_data_key("wsp_b", &wrapped).err(), Some(OpenError::Seal));
        let (other, _) = ring.new_data_key(&dice, "wsp_b");
        assert_eq!(other.open("contact", "con_1", &sealed), Err(OpenError::Key));
        assert_eq!(ring.server_key().open("contact", "con_1", &sealed), Err(OpenError::Key));
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_noticed() {
        let dice = SeededDice::new(3);
        let ring = Keyring::new(&MasterKeys::generate(&dice));
        let sealed = ring.server_key().seal(&dice, "decoy", "msg_1", NUMBER);
        let head = sealed.rfind('.').expect("a dot") + 1;
        for at in head..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(ring.server_key().open("decoy", "msg_1", &changed).is_err(), "byte {at}");
        }
        for cut in 0..sealed.len() {
            assert!(ring.server_key().open("decoy", "msg_1", &sealed[..cut]).is_err());
        }
    }

    #[test]
    fn rotation_opens_the_old_and_seals_with_the_new() {
        let dice = SeededDice::new(3);
        let mut master = MasterKeys::generate(&dice);
        let before = Keyring::new(&master);
        let old = before.server_key().seal(&dice, "decoy", "msg_1", NUMBER);
        let (_, wrapped) = before.new_data_key(&dice, "wsp_a");
        let second = master.add(&dice);
        let after = Keyring::new(&master);
        after.turn(&second, None).unwrap();
        assert!(after.server_key().open("decoy", "msg_1", &old).is_ok());
        assert!(after.unwrap_data_key("wsp_a", &wrapped).is_ok());
        let new = after.server_key().seal(&dice, "decoy", "msg_1", NUMBER);
        assert_eq!(before.server_key().open("decoy", "msg_1", &new), Err(OpenError::Key));
    }

    #[test]
    fn a_new_data_key_opens_before_it_seals_and_the_old_one_goes_last() {
        let dice = SeededDice::new(3);
        let mut master = MasterKeys::generate(&dice);
        let second = master.add(&dice);
        let ring = Keyring::new(&master);
        let (first, wrapped) = ring.new_data_key(&dice, "wsp_a");
        let old = first.seal(&dice, "contact", "con_1", NUMBER);
        let step = |wrapped: &str, how| {
            let key = ring.unwrap_data_key("wsp_a", wrapped).unwrap();
            let wrapped = ring.rewrap(&dice, &second, &key, how).unwrap();
            (ring.unwrap_data_key("wsp_a", &wrapped).unwrap(), wrapped)
        };
        let (beside, wrapped) = step(&wrapped, Rewrap::WithANewOne);
        assert!(wrapped.starts_with(&format!("w1.{second}.")));
        assert_eq!((beside.seals_with(), beside.count()), (first.seals_with(), 2));
        let (turned, wrapped) = step(&wrapped, Rewrap::TheNewOneSeals);
        assert_ne!(turned.seals_with(), first.seals_with());
        let new = turned.seal(&dice, "contact", "con_1", NUMBER);
        assert!(beside.open("contact", "con_1", &new).is_ok() && turned.open("contact", "con_1", &old).is_ok());
        assert_eq!(first.open("contact", "con_1", &new), Err(OpenError::Key));
        let (last, _) = step(&wrapped, Rewrap::OnlyTheOneThatSeals);
        assert!(last.open("contact", "con_1", &new).is_ok());
        assert_eq!(last.open("contact", "con_1", &old), Err(OpenError::Key));
        assert!(ring.rewrap(&dice, "none", &last, Rewrap::AsItIs).is_none());
    }

    proptest::proptest! {
        #[test]
        fn whatever_changes_in_a_sealed_text_it_does_not_open(plain in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60), at: proptest::sample::Index, to: u8, bit in 0..8_u8, any in "\\PC*") {
            let dice = SeededDice::new(3);
            let ring = Keyring::new(&MasterKeys::generate(&dice));
            let (key, wrapped) = ring.new_data_key(&dice, "wsp_a");
            let sealed = key.seal(&dice, "contact", "con_1", &plain);
            let opened = key.open("contact", "con_1", &sealed).unwrap();
            proptest::prop_assert_eq!(opened.as_slice(), &plain);
            proptest::prop_assert!(key.open("contact", "con_1", &any).is_err() && ring.unwrap_data_key("wsp_a", &any).is_err());
            for text in [&sealed, &wrapped] {
                let at = at.index(text.len());
                for byte in [to, text.as_bytes()[at] ^ 1 << bit] {
                    let mut changed = text.clone().into_bytes();
                    changed[at] = byte;
                    // Another byte may be none that a text can hold: then there is nothing to open.
                    let Ok(changed) = String::from_utf8(changed) else { continue };
                    if changed != *text {
                        proptest::prop_assert!(key.open("contact", "con_1", &changed).is_err());
                        proptest::prop_assert!(ring.unwrap_data_key("wsp_a", &changed).is_err());
                    }
                }
                proptest::prop_assert!(key.open("contact", "con_1", &text[..at]).is_err());
            }
        }
    }
}
