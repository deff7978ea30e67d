//! Twilio's receipts: a form, signed by an HMAC-SHA1 over the address that they were sent to and every field, sorted. SHA-1 is their choice; as an HMAC
//! it still holds. No time is signed: that a receipt comes twice changes nothing.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, verify};
use data_encoding::BASE64;

use super::super::receipts::{About, Outcome, Receipt};
use super::super::sms_http::{plain_code, plain_id, twilio_cause};
use super::{Arrived, Hook, Refused};
use crate::config::carriers::Twilio;
use crate::config::read::private_text;
use crate::model::{Cause, Timestamp};

/// No receipt has more fields.
const FIELDS: usize = 100;

/// What Twilio's requests are held against.
pub struct TwilioHook {
    carrier: String,
    /// As configured, with its port said and unsaid: Twilio signs now the one, now the other.
    addresses: Vec<String>,
    key: Key,
}

impl TwilioHook {
    /// The one of this carrier, if it takes receipts.
    pub fn of(settings: &Twilio, address: String) -> Result<Option<Box<dyn Hook>>, String> {
        let Some(file) = settings.token_file.as_ref().filter(|_| settings.receipts) else { return Ok(None) };
        let token = zeroize::Zeroizing::new(private_text(file).map_err(|why| format!("`token_file`: {why}"))?);
        Ok(Some(Box::new(Self::new(&settings.name, address, &token))))
    }

    /// For receipts to this address, signed with this token.
    pub fn new(carrier: &str, address: String, token: &str) -> Self {
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        Self { carrier: carrier.to_owned(), addresses: both_ways(address), key }
    }

    fn is_signed(&self, fields: &[(String, String)], signature: &str) -> bool {
        let Ok(signature) = BASE64.decode(signature.as_bytes()) else { return false };
        // By name, then by value.
        let mut sorted: Vec<_> = fields.iter().collect();
        sorted.sort();
        let fields: String = sorted.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect();
        self.addresses
            .iter()
            .any(|address| verify(&self.key, format!("{address}{fields}").as_bytes(), &signature).is_ok())
    }
}

impl Hook for TwilioHook {
    fn read(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<Vec<Receipt>, Refused> {
        let signature = arrived.header("x-twilio-signature").ok_or(Refused::Forged("there is no signature"))?;
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(arrived.body).into_owned().take(FIELDS + 1).collect();
        if fields.len() > FIELDS || !self.is_signed(&fields, signature) {
            return Err(Refused::Forged("the signature is wrong"));
        }
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let id = field("MessageSid").or_else(|| field("SmsSid")).and_then(plain_id);
        let id = id.ok_or(Refused::Unreadable("there is no MessageSid"))?;
        let state = field("MessageStatus").or_else(|| field("SmsStatus"));
        let code = field("ErrorCode").filter(|code| !code.is_empty());
        let known = || code.and_then(|code| twilio_cause(code.parse().ok()?));
        let outcome = match state.ok_or(Refused::Unreadable("there is no MessageStatus"))? {
            "accepted" | "scheduled" | "queued" | "sending" | "sent" => Outcome::Underway,
            "delivered" | "read" => Outcome::Delivered,
            "undelivered" | "failed" => Outcome::Undeliverable(known().unwrap_or(Cause::Unknown)),
            "canceled" => Outcome::Undeliverable(Cause::Expired),
            // Of messages that came to us, or a word of tomorrow.
            _ => return Ok(Vec::new()),
        };
        let about = About::Provider { carrier: self.carrier.clone(), id };
        Ok(vec![Receipt { about, outcome, code: code.and_then(plain_code), at: now }])
    }
}

/// The address as it is, and with its port added or left out.
fn both_ways(address: String) -> Vec<String> {
    let Some((scheme, rest)) = address.split_once("://") else { return vec![address] };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let other = match authority.rsplit_once(':') {
        Some((host, _)) => format!("{scheme}://{host}{path}"),
        None => format!("{scheme}://{authority}:{}{path}", if scheme == "https" { 443 } else { 80 }),
    };
    vec![address, other]
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const ADDRESS: &str = "https://id.example.jp/hooks/messages/twilio";
    const NOW: Timestamp = Timestamp(1_795_294_800_000_000);

    fn hook() -> TwilioHook {
        TwilioHook::new("twilio", ADDRESS.to_owned(), "12345")
    }

    /// As Twilio's guide tells it, in other words than the hook's.
    fn signature(address: &str, body: &str, token: &str) -> String {
        let mut fields: Vec<_> = form_urlencoded::parse(body.as_bytes()).collect();
        fields.sort();
        let text = fields.iter().fold(address.to_owned(), |text, (name, value)| text + &**name + &**value);
        let key = Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        BASE64.encode(aws_lc_rs::hmac::sign(&key, text.as_bytes()).as_ref())
    }

    fn read(body: &str, signature: &str) -> Result<Vec<Receipt>, Refused> {
        let mut headers = HeaderMap::new();
        headers.insert("x-twilio-signature", HeaderValue::from_str(signature).unwrap());
        hook().read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW)
    }

    /// The example in Twilio's guide "Validating requests", whose signature is printed there.
    #[test]
    fn it_verifies_the_guides_example() {
        let hook = TwilioHook::new("t", "https://mycompany.com/myapp.php?foo=1&bar=2".to_owned(), "12345");
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert!(hook.is_signed(&fields, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!hook.is_signed(&fields[1..], "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    }

    #[test]
    fn a_receipt_says_how_the_message_fared() {
        for (state, code, outcome) in [
            ("queued", "", Outcome::Underway),
            ("sent", "", Outcome::Underway),
            ("delivered", "", Outcome::Delivered),
            ("undelivered", "30003", Outcome::Undeliverable(Cause::Unreachable)),
            ("undelivered", "30005", Outcome::Undeliverable(Cause::UnknownDestination)),
            ("undelivered", "30006", Outcome::Undeliverable(Cause::NotMobile)),
            ("failed", "30007", Outcome::Undeliverable(Cause::Blocked)),
            ("failed", "99999", Outcome::Undeliverable(Cause::Unknown)),
            ("failed", "x y", Outcome::Undeliverable(Cause::Unknown)),
            ("canceled", "", Outcome::Undeliverable(Cause::Expired)),
        ] {
            let body =
                format!("ErrorCode={}&MessageSid=SM1&MessageStatus={state}&To=%2B819012345678", code.replace(' ', "+"));
            let receipts = read(&body, &signature(ADDRESS, &body, "12345")).expect("genuine");
            assert_eq!(receipts.len(), 1);
            assert_eq!(receipts[0].outcome, outcome, "{state} {code}");
            assert_eq!(receipts[0].about, About::Provider { carrier: "twilio".to_owned(), id: "SM1".to_owned() });
            assert!(!format!("{receipts:?}").contains("8190"), "the number goes nowhere");
        }
        let odd = "MessageSid=SM1&MessageStatus=received";
        assert_eq!(read(odd, &signature(ADDRESS, odd, "12345")), Ok(Vec::new()));
        let none = "MessageStatus=sent";
        assert!(matches!(read(none, &signature(ADDRESS, none, "12345")), Err(Refused::Unreadable(_))));
        let odd_id = "MessageSid=SM%00&MessageStatus=sent";
        assert!(matches!(read(odd_id, &signature(ADDRESS, odd_id, "12345")), Err(Refused::Unreadable(_))));
    }

    #[test]
    fn only_what_was_signed_for_this_address_is_genuine() {
        let body = "MessageSid=SM1&MessageStatus=delivered";
        let good = signature(ADDRESS, body, "12345");
        assert!(read(body, &good).is_ok());
        assert!(read(body, &signature("https://id.example.jp:443/hooks/messages/twilio", body, "12345")).is_ok());
        let forged = |body: &str, signature: &str| {
            assert!(matches!(read(body, signature), Err(Refused::Forged(_))), "{body} {signature}");
        };
        forged("MessageSid=SM1&MessageStatus=failed", &good);
        forged("MessageSid=SM2&MessageStatus=delivered", &good);
        forged(&format!("{body}&x=y"), &good);
        forged(body, &signature(ADDRESS, body, "54321"));
        forged(body, &signature("https://id.example.jp/hooks/messages/other", body, "12345"));
        forged(body, &signature("http://id.example.jp/hooks/messages/twilio", body, "12345"));
        forged(body, "");
        forged(body, "====");
        let many = "a=b&".repeat(FIELDS + 1);
        forged(&many, &signature(ADDRESS, &many, "12345"));
        let headers = HeaderMap::new();
        assert!(hook().read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW).is_err());
    }

    #[test]
    fn a_port_of_ones_own_is_signed_or_not() {
        assert_eq!(both_ways("https://a.jp:8443/x".to_owned())[1], "https://a.jp/x");
        assert_eq!(both_ways("http://localhost/x".to_owned())[1], "http://localhost:80/x");
    }

    proptest! {
        #[test]
        fn no_request_passes_or_panics(body in "(.|\\n|\x00){0,60}|([A-Za-z]{1,12}=[%0-9A-Fa-f+]{0,9}&){0,8}", signature in "[A-Za-z0-9+/=]{0,40}") {
            prop_assert!(matches!(read(&body, &signature), Err(Refused::Forged(_))));
        }
    }
}
