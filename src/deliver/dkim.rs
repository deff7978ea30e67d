//! Signs e-mail in the name of its sender's domain (DKIM, RFC 6376), by RSA or Ed25519 (RFC 8463), in the form `relaxed/relaxed`.
//!
//! The signature is aws-lc's; what is signed is put together here, for messages of our own making only: ASCII, every line ended with CRLF.

use std::fmt::Write as _;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use data_encoding::BASE64;
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};

use crate::model::Timestamp;

/// What is signed where it is there. Those that stand twice are signed once more than they are there, so that nobody can add another (RFC 6376 §8.15).
const HEADERS: &[&str] = &[
    "from",
    "from",
    "to",
    "to",
    "subject",
    "subject",
    "date",
    "date",
    "message-id",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];
/// Those that are signed whether they are there or not.
const ALWAYS: &[&str] = &["from", "to", "subject", "date"];
/// What receivers demand of an RSA key at least (RFC 8301), in bytes.
const RSA_LEAST: usize = 256;

/// Why a key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DkimError {
    /// There is no private key in the file.
    #[error("there is no private key in it (PEM: PRIVATE KEY, or RSA PRIVATE KEY)")]
    NoKey,
    /// A key of another kind.
    #[error("the key is neither RSA nor Ed25519")]
    Kind,
    /// RSA of less than 2048 bits.
    #[error("the RSA key is shorter than 2048 bits, which receivers do not take")]
    Short,
    /// A domain or selector that is no name.
    #[error("`{0}` is no name in the DNS")]
    Name(&'static str),
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// Signs for one domain with one key.
pub struct Signer {
    domain: String,
    selector: String,
    key: Key,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("domain", &self.domain).field("selector", &self.selector).finish_non_exhaustive()
    }
}

impl Signer {
    /// With the private key of a PEM file.
    pub fn new(domain: &str, selector: &str, pem: &[u8]) -> Result<Self, DkimError> {
        for (what, name) in [("dkim_domain", domain), ("dkim_selector", selector)] {
            let is_label = |label: &str| {
                let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                inner && (1..=63).contains(&label.len())
            };
            if !name.split('.').all(is_label) || name.len() > 200 {
                return Err(DkimError::Name(what));
            }
        }
        let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| DkimError::NoKey)?;
        let der = der.secret_der();
        let rsa = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der));
        let key = match (rsa, Ed25519KeyPair::from_pkcs8_maybe_unchecked(der)) {
            (Ok(key), _) if key.public_modulus_len() < RSA_LEAST => return Err(DkimError::Short),
            (Ok(key), _) => Key::Rsa(Box::new(key)),
            (_, Ok(key)) => Key::Ed25519(key),
            _ => return Err(DkimError::Kind),
        };
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key })
    }

    /// The domain that is signed for.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name in the DNS at which receivers look for the key.
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The text that must stand there.
    pub fn record(&self) -> String {
        let kind = match self.key {
            Key::Rsa(_) => "rsa",
            Key::Ed25519(_) => "ed25519",
        };
        format!("v=DKIM1; k={kind}; p={}", BASE64.encode(&self.public_key()))
    }

    /// As `p=` holds it: SubjectPublicKeyInfo of RSA (RFC 6376 §3.6.1), the bare 32 bytes of Ed25519 (RFC 8463 §4.2).
    fn public_key(&self) -> Vec<u8> {
        match &self.key {
            Key::Rsa(key) => {
                let der: Result<PublicKeyX509Der<'_>, _> = key.public_key().as_der();
                der.map(|der| der.as_ref().to_vec()).unwrap_or_default()
            }
            Key::Ed25519(key) => key.public_key().as_ref().to_vec(),
        }
    }

    /// The message with its signature before it; nothing where it could not be signed. The message ends as SMTP wants it: without its last line end.
    pub fn sign(&self, message: &[u8], at: Timestamp) -> Option<Vec<u8>> {
        let cut = message.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = (std::str::from_utf8(&message[..cut + 2]).ok()?, &message[cut + 4..]);
        let fields = fields(head);
        let mut signed: Vec<&str> = Vec::new();
        let mut data = String::new();
        for name in HEADERS {
            // From the last up (RFC 6376 §5.4.2); beyond the first there is nothing, which is signed, too.
            let before = signed.iter().filter(|known| *known == name).count();
            let field = fields.iter().rev().filter(|(known, _)| known == name).nth(before);
            if field.is_some() || ALWAYS.contains(name) {
                signed.push(name);
            }
            if let Some((name, value)) = field {
                let _ = write!(data, "{name}:{value}\r\n");
            }
        }
        let algorithm = match self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let seconds = at.0.div_euclid(1_000_000);
        let hash = BASE64.encode(&Sha256::digest(relaxed_body(body)));
        let tags = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={}; s={};\r\n\tt={seconds}; h={};\r\n\tbh={hash};\r\n\tb=",
            self.domain,
            self.selector,
            folded(&signed.join(":"), ':')
        );
        let _ = write!(data, "dkim-signature:{}", relaxed(&tags));
        let signature = BASE64.encode(&self.signature(data.as_bytes())?);
        let mut out = format!("DKIM-Signature: {tags}").into_bytes();
        for (i, piece) in signature.as_bytes().chunks(72).enumerate() {
            if i > 0 {
                out.extend_from_slice(b"\r\n\t");
            }
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(message);
        Some(out)
    }

    fn signature(&self, data: &[u8]) -> Option<Vec<u8>> {
        match &self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                // PKCS #1 v1.5 draws no chance; the interface asks for a source all the same.
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature).ok()?;
                Some(signature)
            }
            // Of the hash, not of the text (RFC 8463 §3).
            Key::Ed25519(key) => Some(key.sign(&Sha256::digest(data)).as_ref().to_vec()),
        }
    }
}

/// Names in small letters, values relaxed (RFC 6376 §3.4.2).
fn fields(head: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in head.split_terminator("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        }
    }
    fields.into_iter().map(|(name, value)| (name, relaxed(&value))).collect()
}

/// Runs of blanks as one space, none at the ends.
fn relaxed(value: &str) -> String {
    value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Blanks within a line as one space, none at its end, no empty lines at the end of the body (RFC 6376 §3.4.4).
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(body.len() + 2);
    let mut lines: Vec<&[u8]> = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        lines.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    lines.push(rest);
    let mut empty = 0;
    for line in lines {
        let mut text = Vec::with_capacity(line.len());
        for &byte in line {
            match byte {
                b' ' | b'\t' if text.last() == Some(&b' ') => {}
                b' ' | b'\t' => text.push(b' '),
                _ => text.push(byte),
            }
        }
        if text.last() == Some(&b' ') {
            text.pop();
        }
        if text.is_empty() {
            empty += 1;
        } else {
            for _ in 0..std::mem::take(&mut empty) {
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(&text);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// In lines of some 70 signs.
fn folded(text: &str, after: char) -> String {
    let (mut out, mut length) = (String::new(), 0);
    for piece in text.split_inclusive(after) {
        if length + piece.len() > 70 {
            out.push_str("\r\n\t ");
            length = 0;
        }
        out.push_str(piece);
        length += piece.len();
    }
    out
}

/// Whether the text of a record holds this key: blanks do not count, nor the order of its tags.
pub fn is_key_of(record: &str, signer: &Signer) -> bool {
    let tag = |wanted: &str| {
        let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
        tags.find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.split_whitespace().collect::<String>())
    };
    let kind = tag("k").unwrap_or_else(|| "rsa".to_owned());
    let expected = match signer.key {
        Key::Rsa(_) => "rsa",
        Key::Ed25519(_) => "ed25519",
    };
    kind == expected && tag("p").is_some_and(|key| key == BASE64.encode(&signer.public_key()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_empty_lines_at_the_end_do_not_count() {
        // The example of RFC 6376 §3.4.5.
        assert_eq!(relaxed_body(b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
        assert_eq!(relaxed_body(b""), b"");
        assert_eq!(relaxed_body(b"\r\n\r\n"), b"");
        assert_eq!(relaxed_body(b"a\r\n\r\nb"), b"a\r\n\r\nb\r\n");
        assert_eq!(relaxed(" \tZ \r\n\tX  Y "), "Z X Y");
    }

    #[test]
    fn keys_that_receivers_do_not_take_are_refused() {
        assert_eq!(Signer::new("example.jp", "2026a", b"nothing").err(), Some(DkimError::NoKey));
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key").serialize_pem();
        assert_eq!(Signer::new("example.jp", "2026a", key.as_bytes()).err(), Some(DkimError::Kind));
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key").serialize_pem();
        assert!(Signer::new("example.jp", "2026a", key.as_bytes()).is_ok());
        for (domain, selector) in
            [("example.jp; x", "a"), ("example.jp", "a b"), ("", "a"), ("example.jp", ""), ("例.jp", "a")]
        {
            assert!(
                matches!(Signer::new(domain, selector, key.as_bytes()), Err(DkimError::Name(_))),
                "{domain} {selector}"
            );
        }
        let signer = Signer::new("example.jp", "2026a", key.as_bytes()).expect("a key");
        assert!(is_key_of(&signer.record(), &signer) && is_key_of(&signer.record().replace("p=", " p= "), &signer));
        assert!(
            !is_key_of(&signer.record().replace("k=ed25519", "k=rsa"), &signer) && !is_key_of("v=DKIM1; p=", &signer)
        );
        assert!(!format!("{signer:?}").contains("PRIVATE"));
    }
}
