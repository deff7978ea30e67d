//! The device's own key, and whether others signed: Ed25519, texts in base64url without padding.

use aws_lc_rs::digest::{SHA256, digest as sha};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;

use crate::Result;
use crate::forms::{Purpose, Signed};

/// The device's key.
pub(crate) struct Own(Ed25519KeyPair);

impl Own {
    /// From its seed as it is stored.
    pub fn read(seed: &str) -> Result<Self> {
        let seed = BASE64URL_NOPAD.decode(seed.as_bytes()).map_err(|_| "the device's key is spoilt")?;
        Ok(Self(Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| "the device's key is spoilt")?))
    }
    /// The public half.
    pub fn public(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.public_key().as_ref())
    }
    /// The signature.
    pub fn sign(&self, purpose: Purpose, text: &str) -> String {
        BASE64URL_NOPAD.encode(self.0.sign(&purpose.over(text)).as_ref())
    }
    /// The text with its signature.
    pub fn signed(&self, purpose: Purpose, text: String) -> Signed {
        Signed { signature: self.sign(purpose, &text), text }
    }
}

/// A new seed.
pub(crate) fn new_seed() -> Result<String> {
    Ok(BASE64URL_NOPAD.encode(&chance::<32>()?))
}

/// Chance from the system.
pub(crate) fn chance<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system gives no chance")?;
    Ok(bytes)
}

/// Whether the other half of this key signed it.
pub(crate) fn has_signed(key: &str, purpose: Purpose, signed: &Signed) -> bool {
    let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes());
    let (Ok(key), Ok(signature)) = (decoded(key), decoded(&signed.signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(&purpose.over(&signed.text), &signature).is_ok()
}

/// SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(sha(&SHA256, bytes).as_ref())
}
