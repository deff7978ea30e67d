//! Keyed hashes (HMAC-SHA256): what must be found or compared, but never read back. Parts are hashed behind their lengths.
//!
//! Texts that are only compared (codes, tokens, form tokens) are `<key id>.<base64url>` and outlive a rotation of the master key;
//! the contact index has the same form and is looked for under two keys while one takes over from the other; the word of a notice, which
//! nobody can compute anew, under all. Counters' keys have no id: with
//! a new master key they begin anew.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{
    Keyring,
    keys::{Derived, Key},
};
use crate::model::AddressIndex;

/// Letters and digits that survive a server that changes their case.
static BOUNCE: std::sync::LazyLock<data_encoding::Encoding> = std::sync::LazyLock::new(|| {
    let mut spec = data_encoding::Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.encoding().expect("the alphabet has 32 different letters")
});

/// Whether two texts are the same, in a time that depends on their lengths only.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

impl Keyring {
    /// Exact-match index of a contact, 128 bits: the same number or address gives the same text in every workspace.
    /// `canonical` is the one written form (E.164, or the address as it is compared).
    pub fn contact_index(&self, kind: &str, canonical: &str) -> AddressIndex {
        let text = |key: &Derived| indexed(key, &key.contact_index, &[kind, canonical]);
        let ring = self.ring();
        AddressIndex::new(text(&ring.writes), ring.other.as_deref().map(text))
    }

    /// What finds a notice by the word in it: first as a new row gets it, then as older ones have it, by every key.
    pub fn word_indexes(&self, letters: &str) -> Vec<String> {
        self.each(|key| indexed(key, &key.limit, &["alarm-word", letters]))
    }

    /// What finds an invitation by its code: first as a new row gets it, then as older ones have it, by every key.
    pub fn invitation_indexes(&self, signs: &str) -> Vec<String> {
        self.each(|key| indexed(key, &key.limit, &["invitation", signs]))
    }

    /// What finds a device's enrolment by its code: first as a new row gets it, then as older ones have it, by every key.
    pub fn agent_code_indexes(&self, signs: &str) -> Vec<String> {
        self.each(|key| indexed(key, &key.limit, &["agent-code", signs]))
    }

    /// The index that a row has which was written with the key `id`; none without that key.
    pub fn contact_index_of(&self, id: &str, kind: &str, canonical: &str) -> Option<String> {
        self.by_id(id).map(|key| indexed(&key, &key.contact_index, &[kind, canonical]))
    }

    /// Key of a counter over something typed by a person or told by the network, 128 bits, so that the counters' table holds neither.
    pub fn limit_key(&self, scope: &str, counted: &str) -> String {
        BASE64URL_NOPAD.encode(&mac(&self.newest().limit, &[scope, counted])[..16])
    }

    /// What tells one import of members from another, 128 bits: the rows hold numbers and addresses, and a plain digest of few could be
    /// guessed through. First as a new one gets it, then as one that was begun with another key has it.
    pub fn import_digests(&self, rows: &[String]) -> Vec<String> {
        let parts: Vec<&str> = std::iter::once("import").chain(rows.iter().map(String::as_str)).collect();
        self.each(|key| BASE64URL_NOPAD.encode(&mac(&key.limit, &parts)[..16]))
    }

    /// What proves that the address which a message's bounces go to was made here, 80 bits, all in small letters: first as a new one gets it, then as
    /// older ones have it, by every key.
    pub fn bounce_marks(&self, message: &str) -> Vec<String> {
        self.each(|key| BOUNCE.encode(&mac(&key.limit, &["bounce", message])[..10]))
    }

    /// Whether it is one of them, in constant time.
    pub fn bounce_mark_matches(&self, message: &str, presented: &str) -> bool {
        self.bounce_marks(message).iter().fold(false, |found, mark| same(mark, presented) | found)
    }

    /// What is stored of a code; `subject` is the id of the row it belongs to, so that equal codes of two rows do not look alike.
    pub fn code_hash(&self, subject: &str, code: &str) -> String {
        write(&self.newest(), |key| &key.code, &[subject, code])
    }

    /// Whether `code` is the one whose hash was stored, in constant time.
    pub fn code_matches(&self, subject: &str, code: &str, stored: &str) -> bool {
        self.matches(stored, |key| &key.code, &[subject, code])
    }

    /// The token of a form, bound to `holder` (a session's or a browser's prefix).
    pub fn csrf(&self, holder: &str) -> String {
        write(&self.newest(), |key| &key.csrf, &[holder])
    }

    /// Whether a form's token was made for `holder`, in constant time.
    pub fn csrf_matches(&self, holder: &str, presented: &str) -> bool {
        self.matches(presented, |key| &key.csrf, &[holder])
    }

    pub(super) fn token_hash(&self, text: &str) -> String {
        write(&self.newest(), |key| &key.token, &[text])
    }

    pub(super) fn token_matches(&self, text: &str, stored: &str) -> bool {
        self.matches(stored, |key| &key.token, &[text])
    }

    fn matches(&self, stored: &str, of: impl Fn(&Derived) -> &Key, parts: &[&str]) -> bool {
        let Some((id, _)) = stored.split_once('.') else {
            return false;
        };
        self.by_id(id).is_some_and(|key| same(stored, &write(&key, of, parts)))
    }
}

/// 128 bits, behind the key's id.
fn indexed(key: &Derived, with: &Key, parts: &[&str]) -> String {
    format!("{}.{}", key.id, BASE64URL_NOPAD.encode(&mac(with, parts)[..16]))
}

fn write(key: &Derived, of: impl Fn(&Derived) -> &Key, parts: &[&str]) -> String {
    format!("{}.{}", key.id, BASE64URL_NOPAD.encode(&mac(of(key), parts)))
}

/// HMAC-SHA256 (RFC 2104) over the parts, each behind its length in 64 bits, so that ("a", "bc") and ("ab", "c") differ.
pub(super) fn mac(key: &Key, parts: &[&str]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    #[test]
    fn hashes_depend_on_every_part_and_purpose() {
        let ring = Keyring::new(&MasterKeys::generate(&SeededDice::new(4)));
        let index = ring.contact_index("sms", "+819012345678");
        assert_eq!(index.written().len(), 8 + 1 + 22);
        assert_eq!(index, ring.contact_index("sms", "+819012345678"));
        assert_ne!(index, ring.contact_index("email", "+819012345678"));
        assert_ne!(index, ring.contact_index("sms+", "819012345678"));
        assert!(!index.written().contains(&ring.limit_key("sms", "+819012345678")));
        let other = Keyring::new(&MasterKeys::generate(&SeededDice::new(5)));
        assert_ne!(index, other.contact_index("sms", "+819012345678"));
    }

    #[test]
    fn a_code_matches_in_its_row_only_and_after_a_rotation_too() {
        let mut master = MasterKeys::generate(&SeededDice::new(4));
        let stored = Keyring::new(&master).code_hash("cod_1", "12345678");
        assert!(!stored.contains("12345678"));
        master.add(&SeededDice::new(5));
        let ring = Keyring::new(&master);
        assert!(ring.code_matches("cod_1", "12345678", &stored));
        assert!(!ring.code_matches("cod_1", "12345679", &stored));
        assert!(!ring.code_matches("cod_2", "12345678", &stored));
        for broken in ["", ".", "x", &stored[..20], &format!("{stored}A")] {
            assert!(!ring.code_matches("cod_1", "12345678", broken));
        }
    }

    #[test]
    fn a_form_belongs_to_its_holder() {
        let ring = Keyring::new(&MasterKeys::generate(&SeededDice::new(4)));
        let form = ring.csrf("holder");
        assert!(ring.csrf_matches("holder", &form));
        assert!(!ring.csrf_matches("another", &form));
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_when_nothing_is_put_in_front() {
        // Test case 2 of RFC 4231, through the same crate and without our lengths.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").expect("any length");
        mac.update(b"what do ya want for nothing?");
        let hex = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
