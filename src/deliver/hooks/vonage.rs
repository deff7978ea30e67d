//! Vonage's receipts (Messages API): JSON, with a token in `Authorization` that names the body's SHA-256 and when it was made, signed with the
//! account's signature secret.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::super::receipts::{About, Outcome, Receipt};
use super::super::sms_http::{plain_id, vonage_cause, vonage_code};
use super::{Arrived, Hook, Key, Refused, bearer, is_fresh, of_seconds};
use crate::config::carriers::Vonage;
use crate::model::{Cause, Timestamp};

/// What Vonage's requests are held against.
pub struct VonageHook {
    carrier: String,
    api_key: String,
    secret: Key,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    payload_hash: String,
    api_key: String,
}

#[derive(Deserialize)]
struct Status {
    message_uuid: String,
    #[serde(rename = "status")]
    state: String,
    error: Option<Problem>,
}

/// Of a problem only its type and title are read; one of them is the code.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: Option<String>,
    title: Option<serde_json::Value>,
}

impl VonageHook {
    /// The one of this carrier, if it takes receipts.
    pub fn of(settings: &Vonage) -> Result<Option<Box<dyn Hook>>, String> {
        let Some(file) = &settings.signature_secret_file else { return Ok(None) };
        let secret = Key::read("signature_secret_file", file)?;
        Ok(Some(Box::new(Self { carrier: settings.name.clone(), api_key: settings.key.clone(), secret })))
    }

    fn prove(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<(), Refused> {
        let authorization = arrived.header("authorization").ok_or(Refused::Forged("there is no token"))?;
        let claims: Claims = bearer::claims(authorization, &self.secret)
            .ok_or(Refused::Forged("the token is not signed with the secret"))?;
        let hash = HEXLOWER_PERMISSIVE.decode(claims.payload_hash.as_bytes()).unwrap_or_default();
        if hash[..] != Sha256::digest(arrived.body)[..] {
            return Err(Refused::Forged("the token is of another body"));
        }
        if claims.api_key != self.api_key {
            return Err(Refused::Forged("the token is of another account"));
        }
        let at = of_seconds(claims.iat).ok_or(Refused::Stale)?;
        if is_fresh(at, now) { Ok(()) } else { Err(Refused::Stale) }
    }
}

impl Hook for VonageHook {
    fn read(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<Vec<Receipt>, Refused> {
        self.prove(arrived, now)?;
        let status: Status =
            serde_json::from_slice(arrived.body).map_err(|_| Refused::Unreadable("it is no status of a message"))?;
        let id = plain_id(&status.message_uuid).ok_or(Refused::Unreadable("there is no message_uuid"))?;
        let code = status.error.and_then(|error| {
            let title = || error.title.as_ref().and_then(super::super::sms_http::as_text);
            error.kind.as_deref().and_then(vonage_code).or_else(|| vonage_code(&title()?))
        });
        let known = code.as_deref().and_then(vonage_cause);
        let outcome = match status.state.as_str() {
            "submitted" => Outcome::Underway,
            "delivered" | "read" => Outcome::Delivered,
            "rejected" | "undeliverable" => Outcome::Undeliverable(known.unwrap_or(Cause::Unknown)),
            _ => return Ok(Vec::new()),
        };
        let about = About::Provider { carrier: self.carrier.clone(), id };
        Ok(vec![Receipt { about, outcome, code, at: now }])
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use hyper::HeaderMap;
    use hyper::header::{AUTHORIZATION, HeaderValue};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_294_800_000_000);
    const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
    const DELIVERED: &str = r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab","to":"819012345678","from":"Acme","timestamp":"2026-11-21T21:00:00Z","status":"delivered","channel":"sms"}"#;

    fn read(authorization: &str, body: &str) -> Result<Vec<Receipt>, Refused> {
        let secret = Key(Zeroizing::new("signature secret".to_owned()));
        let hook = VonageHook { carrier: "vonage".to_owned(), api_key: "abcd1234".to_owned(), secret };
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization).unwrap());
        hook.read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW)
    }

    fn signed(seconds: i64, body: &str, secret: &str) -> String {
        let (iat, hash) = (NOW.0 / 1_000_000 + seconds, HEXLOWER.encode(&Sha256::digest(body.as_bytes())));
        let claims =
            format!(r#"{{"iat":{iat},"jti":"x","iss":"Vonage","payload_hash":"{hash}","api_key":"abcd1234"}}"#);
        format!("Bearer {}", bearer::token(HEADER, &claims, secret))
    }

    #[test]
    fn a_receipt_says_how_the_message_fared() {
        let body = |status: &str, error: &str| {
            format!(r#"{{"message_uuid":"u-1","to":"819012345678","status":"{status}"{error}}}"#)
        };
        let absent = r#","error":{"type":"https://developer.vonage.com/api-errors/messages#1180","title":"Absent Subscriber","detail":"to 819012345678","instance":"i"}"#;
        let by_title = r#","error":{"type":"https://www.nexmo.com/messages/Errors#","title":1240}"#;
        for (body, outcome, code) in [
            (body("submitted", ""), Outcome::Underway, None),
            (body("delivered", ""), Outcome::Delivered, None),
            (body("rejected", absent), Outcome::Undeliverable(Cause::Unreachable), Some("1180")),
            (body("undeliverable", by_title), Outcome::Undeliverable(Cause::Blocked), Some("1240")),
            (body("rejected", ""), Outcome::Undeliverable(Cause::Unknown), None),
        ] {
            let receipts = read(&signed(0, &body, "signature secret"), &body).expect("genuine");
            assert_eq!((receipts[0].outcome, receipts[0].code.as_deref()), (outcome, code), "{body}");
            assert!(!format!("{receipts:?}").contains("8190"));
        }
        let odd = r#"{"message_uuid":"u","status":"dancing"}"#;
        assert_eq!(read(&signed(0, odd, "signature secret"), odd), Ok(Vec::new()));
        for bad in ["", "[]", "{}", r#"{"message_uuid":"u\u0000","status":"delivered"}"#, "{\"message_uuid\":1}"] {
            let answer = read(&signed(0, bad, "signature secret"), bad);
            assert!(matches!(answer, Err(Refused::Unreadable(_))), "{bad}: {answer:?}");
        }
    }

    #[test]
    fn only_what_was_signed_lately_for_this_body_is_genuine() {
        let good = signed(0, DELIVERED, "signature secret");
        assert!(read(&good, DELIVERED).is_ok());
        assert!(read(&signed(-86_400, DELIVERED, "signature secret"), DELIVERED).is_ok());
        for seconds in [-86_401, 301, i64::MAX / 2, i64::MIN / 2] {
            assert_eq!(
                read(&signed(seconds, DELIVERED, "signature secret"), DELIVERED),
                Err(Refused::Stale),
                "{seconds}"
            );
        }
        for (authorization, body) in [
            (good.clone(), DELIVERED.replace("delivered", "rejected")),
            (good.clone(), format!("{DELIVERED} ")),
            (signed(0, DELIVERED, "another secret"), DELIVERED.to_owned()),
            (good.replace("Bearer", "Basic"), DELIVERED.to_owned()),
            (String::new(), DELIVERED.to_owned()),
        ] {
            assert!(matches!(read(&authorization, &body), Err(Refused::Forged(_))), "{authorization}");
        }
        let hash = HEXLOWER.encode(&Sha256::digest(DELIVERED.as_bytes()));
        for claims in [
            format!(r#"{{"iat":1795294800,"payload_hash":"{hash}","api_key":"other"}}"#),
            format!(r#"{{"iat":1795294800,"payload_hash":"{hash}"}}"#),
            r#"{"iat":1795294800,"payload_hash":"","api_key":"abcd1234"}"#.to_owned(),
            r#"{"iat":1795294800,"api_key":"abcd1234"}"#.to_owned(),
        ] {
            let token = format!("Bearer {}", bearer::token(HEADER, &claims, "signature secret"));
            assert!(matches!(read(&token, DELIVERED), Err(Refused::Forged(_))), "{claims}");
        }
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(.|\\n|\x00){0,60}|\\{(\"(message_uuid|status|error)\":(\"[a-z]{0,9}\"|null|[0-9]{1,3}|\\{\\}),?){0,4}\\}") {
            let _ = read(&signed(0, &body, "signature secret"), &body);
        }
    }
}
