//! Receipts and bounces of any other provider, as the operator describes them: a secret in a header or an HMAC over the body, and where in JSON or in a
//! form stand the id, the state and the code.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::Value;

use super::super::receipts::{About, Outcome, Receipt};
use super::super::sms_http::{as_text, plain_code, plain_id};
use super::{Arrived, Hook, Key, Refused, is_fresh, of_seconds};
use crate::config::carriers::Receipts;
use crate::config::carriers::receipts::{Body, Encoding, Proof, Said};
use crate::model::id::MessageId;
use crate::model::{Cause, Timestamp};

/// No request holds more receipts, no form more fields.
const MOST: usize = 1_000;
const FIELDS: usize = 100;

/// What a described provider's requests are held against.
pub struct DescribedHook {
    carrier: String,
    settings: Receipts,
    codes: BTreeMap<String, Cause>,
    key: Key,
}

/// One receipt as it stands in a request.
enum Entry<'a> {
    Json(&'a Value),
    Form(&'a [(String, String)]),
}

impl Entry<'_> {
    fn at(&self, place: Option<&String>) -> Option<String> {
        match self {
            Self::Json(value) => as_text(value.pointer(place?)?),
            Self::Form(fields) => {
                let name = place?;
                fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
            }
        }
    }
}

impl DescribedHook {
    /// The one of this carrier, for SMS or for mail, if it takes receipts. `codes` are those that its answers have, too.
    pub fn of(
        carrier: &str,
        settings: Option<&Receipts>,
        codes: &BTreeMap<String, Cause>,
    ) -> Result<Option<Box<dyn Hook>>, String> {
        let Some(settings) = settings.cloned() else { return Ok(None) };
        settings.check()?;
        let key = Key::read("receipts.secret_file", &settings.secret_file)?;
        let codes = codes.iter().chain(&settings.codes).map(|(code, cause)| (code.clone(), *cause)).collect();
        Ok(Some(Box::new(Self { carrier: carrier.to_owned(), settings, codes, key })))
    }

    fn prove(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<(), Refused> {
        let header = arrived.header(&self.settings.header).ok_or(Refused::Forged("the header is missing"))?;
        let shown =
            header.strip_prefix(self.settings.prefix.as_str()).ok_or(Refused::Forged("the prefix is missing"))?;
        if self.settings.proof == Proof::Secret {
            return if self.key.is(shown.as_bytes()) { Ok(()) } else { Err(Refused::Forged("the secret is wrong")) };
        }
        let code = match self.settings.encoding {
            Encoding::Hex => HEXLOWER_PERMISSIVE.decode(shown.as_bytes()),
            Encoding::Base64 => BASE64.decode(shown.as_bytes()),
        };
        let code = code.map_err(|_| Refused::Forged("the signature is none"))?;
        let time = match &self.settings.timestamp_header {
            None => None,
            Some(name) => Some(arrived.header(name).ok_or(Refused::Forged("there is no time"))?),
        };
        let signed = match time {
            None => self.key.signed(&[arrived.body], &code),
            Some(time) => self.key.signed(&[time.as_bytes(), b".", arrived.body], &code),
        };
        if !signed {
            return Err(Refused::Forged("the signature is wrong"));
        }
        match time.map(|time| time.parse().ok().and_then(of_seconds)) {
            None => Ok(()),
            Some(at) if at.is_some_and(|at| is_fresh(at, now)) => Ok(()),
            Some(_) => Err(Refused::Stale),
        }
    }

    /// What one entry tells; nothing where it is about no message or its state means nothing to us.
    fn receipt(&self, entry: &Entry<'_>, now: Timestamp) -> Option<Receipt> {
        let places = &self.settings;
        // By the provider's own id first: it may wait for its message, where ours must be known already.
        let theirs = entry.at(places.id.as_ref()).and_then(|id| plain_id(&id));
        let ours = || entry.at(places.message.as_ref()).and_then(|text| of_message(&text));
        let about = match theirs {
            Some(id) => About::Provider { carrier: self.carrier.clone(), id },
            None => About::Message { id: ours()?, carrier: Some(self.carrier.clone()) },
        };
        let code = entry.at(places.code.as_ref()).filter(|code| !code.is_empty());
        let known = code.as_deref().and_then(|code| self.codes.get(code).copied());
        let outcome = match *places.states.get(&entry.at(Some(&places.state))?)? {
            Said::Underway => Outcome::Underway,
            Said::Delivered => Outcome::Delivered,
            Said::Undeliverable => Outcome::Undeliverable(known.unwrap_or(Cause::Unknown)),
            Said::Because(cause) => Outcome::Undeliverable(known.unwrap_or(cause)),
        };
        Some(Receipt { about, outcome, code: code.as_deref().and_then(plain_code), at: now })
    }
}

/// An id that we gave: alone, or as the header `Message-ID` of an email has it.
fn of_message(text: &str) -> Option<MessageId> {
    let id = text.strip_prefix('<').unwrap_or(text).split('@').next()?;
    let rest = id.strip_prefix(MessageId::PREFIX)?.strip_prefix('_')?;
    let fits = rest.len() == 26 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    fits.then(|| MessageId(id.to_owned()))
}

impl Hook for DescribedHook {
    fn read(&self, arrived: &Arrived<'_>, now: Timestamp) -> Result<Vec<Receipt>, Refused> {
        self.prove(arrived, now)?;
        match self.settings.body {
            Body::Form => {
                let fields: Vec<_> = form_urlencoded::parse(arrived.body).into_owned().take(FIELDS).collect();
                Ok(self.receipt(&Entry::Form(&fields), now).into_iter().collect())
            }
            Body::Json => {
                let json: Value =
                    serde_json::from_slice(arrived.body).map_err(|_| Refused::Unreadable("it is no JSON"))?;
                let Some(each) = &self.settings.each else {
                    return Ok(self.receipt(&Entry::Json(&json), now).into_iter().collect());
                };
                let all = json.pointer(each).and_then(Value::as_array);
                let all = all.ok_or(Refused::Unreadable("there is no list of receipts"))?;
                if all.len() > MOST {
                    return Err(Refused::Unreadable("there are too many receipts in it"));
                }
                Ok(all.iter().filter_map(|one| self.receipt(&Entry::Json(one), now)).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use hyper::HeaderMap;
    use hyper::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;
    use zeroize::Zeroizing;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_294_800_000_000);
    const OURS: &str = "msg_06gzzv2j03taw5w5anhmm53tq4";
    const STATES: &str = "[states]\nok = \"delivered\"\nwait = \"underway\"\nng = \"undeliverable\"\nfull = \"full\"\n[codes]\n\"12\" = \"unreachable\"";

    fn hook(text: &str) -> DescribedHook {
        let settings: Receipts = toml::from_str(&format!("secret_file = \"x\"\n{text}\n{STATES}")).expect("settings");
        settings.check().expect("they fit together");
        let key = Key(Zeroizing::new("hook secret".to_owned()));
        let codes = settings.codes.clone();
        DescribedHook { carrier: "sms".to_owned(), settings, codes, key }
    }

    fn read(hook: &DescribedHook, headers: &[(&str, &str)], body: &str) -> Result<Vec<Receipt>, Refused> {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        hook.read(&Arrived { headers: &headers, body: body.as_bytes() }, NOW)
    }

    fn code(text: &str) -> Vec<u8> {
        let mac = Hmac::<sha2::Sha256>::new_from_slice(b"hook secret").unwrap().chain_update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    #[test]
    fn a_secret_in_a_header_opens_and_nothing_else() {
        let hook = hook(
            "proof = \"secret\"\nheader = \"X-Hook\"\nprefix = \"Token \"\nid = \"/id\"\nstate = \"/state\"\ncode = \"/code\"",
        );
        let body = r#"{"id":"A1","state":"ng","code":12,"to":"09012345678"}"#;
        let receipts = read(&hook, &[("x-hook", "Token hook secret")], body).expect("genuine");
        assert_eq!(receipts[0].outcome, Outcome::Undeliverable(Cause::Unreachable));
        assert_eq!(receipts[0].code.as_deref(), Some("12"));
        assert!(!format!("{receipts:?}").contains("0901"));
        for headers in [
            &[][..],
            &[("x-hook", "hook secret")],
            &[("x-hook", "Token hook secre")],
            &[("x-hook", "Token hook secrett")],
            &[("x-hook", "Token ")],
            &[("x-hook", "Token hook secret"), ("x-hook", "Token hook secret")],
        ] {
            assert!(matches!(read(&hook, headers, body), Err(Refused::Forged(_))), "{headers:?}");
        }
    }

    #[test]
    fn an_hmac_is_over_the_body_as_it_came() {
        let hook = hook(
            "proof = \"hmac_sha256\"\nheader = \"X-Signature\"\nprefix = \"sha256=\"\nid = \"/id\"\nstate = \"/state\"",
        );
        let body = "{ \"id\": \"A1\", \"state\": \"ok\" }";
        let signature = format!("sha256={}", HEXLOWER_PERMISSIVE.encode(&code(body)));
        assert_eq!(read(&hook, &[("x-signature", &signature)], body).expect("genuine")[0].outcome, Outcome::Delivered);
        assert!(read(&hook, &[("x-signature", &signature.to_uppercase().replace("SHA", "sha"))], body).is_ok());
        let same = r#"{"id":"A1","state":"ok"}"#;
        assert!(matches!(read(&hook, &[("x-signature", &signature)], same), Err(Refused::Forged(_))));
        assert!(matches!(read(&hook, &[("x-signature", &signature[..60])], body), Err(Refused::Forged(_))));
    }

    #[test]
    fn a_time_that_is_signed_must_be_of_today() {
        let hook = hook(
            "proof = \"hmac_sha256\"\nheader = \"X-Signature\"\nencoding = \"base64\"\ntimestamp_header = \"X-Time\"\n\
             id = \"/id\"\nstate = \"/state\"",
        );
        let body = r#"{"id":"A1","state":"ok"}"#;
        let ask = |time: &str, signed: &str| {
            let signature = BASE64.encode(&code(&format!("{signed}.{body}")));
            read(&hook, &[("x-signature", &signature), ("x-time", time)], body)
        };
        assert!(ask("1795294800", "1795294800").is_ok());
        assert_eq!(ask("1795000000", "1795000000"), Err(Refused::Stale));
        assert_eq!(ask("soon", "soon"), Err(Refused::Stale));
        assert!(matches!(ask("1795294800", "1795294801"), Err(Refused::Forged(_))));
        let signature = BASE64.encode(&code(&format!(".{body}")));
        assert!(matches!(read(&hook, &[("x-signature", &signature)], body), Err(Refused::Forged(_))));
    }

    #[test]
    fn several_receipts_come_in_one_request_and_ours_are_found_by_our_id() {
        let hook = hook(
            "proof = \"secret\"\nheader = \"X-Hook\"\neach = \"/events\"\nid = \"/id\"\nmessage = \"/args/message\"\nstate = \"/event\"",
        );
        let body = format!(
            r#"{{"events":[{{"event":"full","args":{{"message":"{OURS}"}}}},{{"event":"ok","id":"B2","args":{{"message":"{OURS}"}}}},
               {{"event":"ok","args":{{"message":"<{OURS}@id.example.jp>"}}}},{{"event":"ok","args":{{"message":"of somebody else"}}}},
               {{"event":"opened","id":"B3"}},{{"event":"ok"}},{{"event":["ok"],"id":"B4"}},7]}}"#
        );
        let receipts = read(&hook, &[("x-hook", "hook secret")], &body).expect("genuine");
        let ours = About::Message { id: MessageId(OURS.to_owned()), carrier: Some("sms".to_owned()) };
        let theirs = About::Provider { carrier: "sms".to_owned(), id: "B2".to_owned() };
        let abouts: Vec<_> = receipts.iter().map(|receipt| &receipt.about).collect();
        assert_eq!(abouts, [&ours, &theirs, &ours]);
        assert_eq!(receipts[0].outcome, Outcome::Undeliverable(Cause::Full));
        for odd in ["", "{}", "{\"events\":{}}", &format!("{{\"events\":[{}0]}}", "0,".repeat(MOST))] {
            assert!(matches!(read(&hook, &[("x-hook", "hook secret")], odd), Err(Refused::Unreadable(_))), "{odd}");
        }
    }

    #[test]
    fn a_form_is_read_by_its_fields() {
        let hook = hook(
            "proof = \"secret\"\nheader = \"X-Hook\"\nbody = \"form\"\nid = \"smsid\"\nstate = \"status\"\ncode = \"detail\"",
        );
        let one = |body: &str| read(&hook, &[("x-hook", "hook secret")], body).expect("genuine");
        assert_eq!(one("smsid=A1&status=wait")[0].outcome, Outcome::Underway);
        assert_eq!(one("smsid=A1&status=ng&detail=12")[0].outcome, Outcome::Undeliverable(Cause::Unreachable));
        assert!(one("smsid=A1&status=unheard").is_empty());
        assert!(one("smsid=A%00&status=ok").is_empty());
        assert!(one("").is_empty());
    }

    #[test]
    fn descriptions_that_cannot_work_are_refused() {
        let settings = |text: &str| {
            let text = format!("secret_file = \"x\"\nheader = \"X\"\n{text}\n{STATES}");
            let settings: Receipts = toml::from_str(&text).map_err(|error| error.to_string())?;
            settings.check().map_err(str::to_owned)
        };
        for (text, word) in [
            ("proof = \"secret\"\nstate = \"/s\"", "needs `id`"),
            ("proof = \"secret\"\nid = \"/i\"\nstate = \"s\"", "begin with /"),
            ("proof = \"secret\"\nid = \"/i\"\nstate = \"/s\"\ntimestamp_header = \"T\"", "nothing else vouches"),
            ("proof = \"secret\"\nid = \"i\"\nstate = \"s\"\nbody = \"form\"\neach = \"/e\"", "is for JSON"),
            ("proof = \"none\"\nid = \"/i\"\nstate = \"/s\"", "unknown variant"),
            ("id = \"/i\"\nstate = \"/s\"", "missing field"),
        ] {
            let why = settings(text).expect_err(text);
            assert!(why.contains(word), "{text}: {why}");
        }
        let odd = "secret_file = \"x\"\nproof = \"secret\"\nheader = \"X\"\nid = \"/i\"\nstate = \"/s\"\nstates = { a = \"lost\" }";
        assert!(toml::from_str::<Receipts>(odd).expect_err("odd").to_string().contains("`lost` is no state"));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(.|\\n|\x00){0,60}|\\{(\"(id|state|code|message|events)\":(\"[a-z]{0,9}\"|null|[0-9]{1,3}|\\[\\]),?){0,4}\\}") {
            for body_kind in ["json", "form"] {
                let place = if body_kind == "json" { "/" } else { "" };
                let hook = hook(&format!("proof = \"secret\"\nheader = \"X\"\nbody = \"{body_kind}\"\nid = \"{place}id\"\nmessage = \"{place}message\"\nstate = \"{place}state\"\ncode = \"{place}code\""));
                let _ = read(&hook, &[("x", "hook secret")], &body);
            }
        }
    }
}
