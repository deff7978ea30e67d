//! A JSON Web Token (RFC 7519) that a shared secret signed by HMAC-SHA256, and no other: the header is read only to see that it says so. A library for
//! tokens knows a dozen ways to sign, one of them none, and asks the system for the time.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Key;

/// No token of a provider is longer.
const LONGEST: usize = 4_096;

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// What a reader must understand (RFC 7515, 4.1.11): we understand nothing more.
    crit: Option<serde_json::Value>,
}

/// The claims of the token behind `Bearer`, if this key signed it.
pub(super) fn claims<Claims: DeserializeOwned>(authorization: &str, key: &Key) -> Option<Claims> {
    let (scheme, token) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.len() > LONGEST {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let decoded = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    if !key.signed(&[signed.as_bytes()], &decoded(signature)?) {
        return None;
    }
    let header: Header = serde_json::from_slice(&decoded(header)?).ok()?;
    if header.alg != "HS256" || header.crit.is_some() {
        return None;
    }
    serde_json::from_slice(&decoded(claims)?).ok()
}

#[cfg(test)]
pub(super) fn token(header: &str, claims: &str, secret: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(signed.as_bytes());
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;
    use zeroize::Zeroizing;

    use super::*;

    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

    fn key(text: &str) -> Key {
        Key(Zeroizing::new(text.to_owned()))
    }

    fn taken(token: &str, secret: &str) -> bool {
        claims::<Value>(&format!("Bearer {token}"), &key(secret)).is_some()
    }

    /// The example of RFC 7515, appendix A.1, has a key of bytes; this is the one of jwt.io's page, which any library signs alike.
    #[test]
    fn it_reads_what_others_sign() {
        let known = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.\
                     SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
        let read: Value = claims(&format!("bearer {known}"), &key("your-256-bit-secret")).expect("genuine");
        assert_eq!(read["iat"], 1_516_239_022);
        assert!(!taken(known, "your-256-bit-secreT"));
    }

    #[test]
    fn no_other_way_to_sign_is_taken() {
        let good = token(HEADER, "{}", "s");
        assert!(taken(&good, "s"));
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"RS256"}"#,
            "{}",
            r#"{"alg":"HS256","crit":["b64"]}"#,
        ] {
            assert!(!taken(&token(header, "{}", "s"), "s"), "{header}");
        }
        let (signed, _) = good.rsplit_once('.').unwrap();
        for bad in [
            signed.to_owned(),
            format!("{signed}."),
            format!("{good}="),
            format!("{good}.x"),
            "..".to_owned(),
            String::new(),
            format!("{good}{}", "A".repeat(5_000)),
        ] {
            assert!(!taken(&bad, "s"), "{bad}");
        }
        assert!(claims::<Value>(&good, &key("s")).is_none(), "no scheme");
        assert!(claims::<Value>(&format!("Basic {good}"), &key("s")).is_none());
    }

    proptest! {
        #[test]
        fn no_text_passes_or_panics(any in "\\PC{0,80}", near in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_=-]{0,60}){0,3}") {
            prop_assert!(!taken(&any, "s") && !taken(&near, "s"));
            prop_assert!(claims::<Value>(&any, &key("s")).is_none());
        }
    }
}
