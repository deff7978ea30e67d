//! What a chain of records is made of: SHA-256 over parts (FIPS 180-4), and Ed25519 (RFC 8032) over its heads, with a key derived from
//! the master key. Whoever has only the public half can check, and cannot sign.
//!
//! All texts are base64url without padding. A part that is missing differs from one that is empty.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};

use super::{Keyring, keys::Key, signing};

/// SHA-256 over a purpose and parts, each behind its length.
pub fn hash(purpose: &str, parts: &[Option<&str>]) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: Option<&str>| {
        // No text is as long as that.
        hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        hash.update(part.unwrap_or_default());
    };
    add(Some(purpose));
    for part in parts {
        add(*part);
    }
    BASE64URL_NOPAD.encode(&hash.finalize())
}

/// 128 bits of chance as a salt.
pub fn salt(chance: [u8; 16]) -> String {
    BASE64URL_NOPAD.encode(&chance)
}

/// The public half of a signing key, and the id of the master key that it is derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// As the key file names the master key.
    pub id: String,
    /// The key.
    pub text: String,
}

impl PublicKey {
    /// `ID PUBLIC`, as it is printed.
    pub fn parse(line: &str) -> Option<Self> {
        let (id, text) = line.trim().split_once(' ')?;
        let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let is_key = BASE64URL_NOPAD.decode(text.trim().as_bytes()).is_ok_and(|key| key.len() == 32);
        (is_id && is_key).then(|| Self { id: id.to_owned(), text: text.trim().to_owned() })
    }

    /// Whether its other half signed this.
    pub fn has_signed(&self, said: &str, signature: &str) -> bool {
        signing::has_signed(&self.text, said.as_bytes(), signature)
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.text)
    }
}

fn pair(key: &Key) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&key.0).expect("any 32 bytes are a seed")
}

impl Keyring {
    /// Signs with the key that writes. Answers its id and the signature.
    pub fn sign(&self, said: &str) -> (String, String) {
        let key = self.newest();
        (key.id.clone(), BASE64URL_NOPAD.encode(pair(&key.audit).sign(said.as_bytes()).as_ref()))
    }

    /// The public keys of all keys at hand, of the one that writes first.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.each(|key| PublicKey {
            id: key.id.clone(),
            text: BASE64URL_NOPAD.encode(pair(&key.audit).public_key().as_ref()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    #[test]
    fn parts_do_not_run_into_each_other() {
        let all = [
            hash("a", &[Some("bc"), Some("d")]),
            hash("a", &[Some("b"), Some("cd")]),
            hash("ab", &[Some("c"), Some("d")]),
            hash("a", &[Some("bc"), Some("d"), None]),
            hash("a", &[Some("bc"), Some("d"), Some("")]),
        ];
        let different: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn only_what_was_signed_is_signed_and_an_older_key_is_known_after_a_change() {
        let dice = SeededDice::new(4);
        let mut master = MasterKeys::generate(&dice);
        let ring = Keyring::new(&master);
        let (id, signature) = ring.sign("the third of May");
        let second = master.add(&dice);
        ring.replace(&master).unwrap();
        ring.turn(&second, None).unwrap();
        let [now, before] = ring.public_keys().try_into().unwrap();
        assert_eq!((now.id.as_str(), before.id.as_str()), (second.as_str(), id.as_str()));
        assert!(before.has_signed("the third of May", &signature));
        assert!(!before.has_signed("the fourth of May", &signature));
        assert!(!now.has_signed("the third of May", &signature));
        assert!(!before.has_signed("the third of May", "") && !before.has_signed("the third of May", "ä"));
        assert_eq!(PublicKey::parse(&before.to_string()), Some(before));
        for bad in ["", "x", "k1 AAAA", &format!("k 1 {}", now.text), &format!(" {}", now.text)] {
            assert_eq!(PublicKey::parse(bad), None, "{bad}");
        }
    }
}
