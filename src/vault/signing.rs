//! Ed25519 (RFC 8032) with keys that stand by themselves: a workspace signs what it commands, a program on a device what it asks and tells. All
//! texts are base64url without padding.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;

/// A private key.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// From 32 bytes of chance, of which whoever stores them seals them.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a seed"))
    }
    /// The public half.
    pub fn public(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.public_key().as_ref())
    }
    /// The signature.
    pub fn sign(&self, said: &[u8]) -> String {
        BASE64URL_NOPAD.encode(self.0.sign(said).as_ref())
    }
}

/// Whether the text can be a public key.
pub fn is_key(text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|key| key.len() == 32)
}

/// Whether the other half of this key signed it.
pub fn has_signed(key: &str, said: &[u8], signature: &str) -> bool {
    let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes());
    let (Ok(key), Ok(signature)) = (decoded(key), decoded(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(said, &signature).is_ok()
}

/// SHA-256 of the bytes.
pub fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    BASE64URL_NOPAD.encode(&sha2::Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_that_signed_has_signed() {
        let (one, other) = (Signer::from_seed(&[1; 32]), Signer::from_seed(&[2; 32]));
        let signature = one.sign(b"said");
        assert!(is_key(&one.public()) && has_signed(&one.public(), b"said", &signature));
        assert!(!has_signed(&other.public(), b"said", &signature) && !has_signed(&one.public(), b"Said", &signature));
        for broken in ["", "x", &signature[1..], &other.sign(b"said")] {
            assert!(!has_signed(&one.public(), b"said", broken) && !has_signed(broken, b"said", &signature));
        }
    }
}
