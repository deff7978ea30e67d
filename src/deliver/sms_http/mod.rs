//! SMS by services that are asked over HTTP: Twilio, Vonage, Amazon SNS, and any other by a description. What they share is here: where a service
//! is, how it is asked, and what its refusals mean.
//!
//! What a service says in words goes nowhere: it often repeats the number. Its codes do.

#[cfg(test)]
mod answers;
mod described;
mod pattern;
mod sigv4;
mod sns;
mod twilio;
mod vonage;

use std::path::PathBuf;

use hyper::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Uri};
use serde_json::Value;

pub use described::DescribedCarrier;
pub use sns::SnsCarrier;
pub use twilio::{TwilioCarrier, cause as twilio_cause};
pub use vonage::{VonageCarrier, cause as vonage_cause, code as vonage_code};

use super::NotHandedOver;
use super::outgoing::{Outgoing, OutgoingSettings, Question, Reply};
use crate::config::read::private_text;
use crate::model::{Cause, seconds, time::Span};

/// How much of an answer is read.
const ANSWER: usize = 64 * 1_024;
/// The longest wait that a service may ask for, in seconds.
const LONGEST_WAIT: i64 = 3_600;

/// A service at its address.
pub struct Service {
    outgoing: Outgoing,
    base: String,
}

impl Service {
    /// The one at this address, which is of https unless it is this machine. Fails with what is wrong with it.
    pub fn new(url: &str, ca_file: Option<PathBuf>) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "`url` is no web address".to_owned())?;
        let https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let settings = OutgoingSettings::of_operator(port, ca_file);
        settings.target(url).map_err(|_| {
            "`url` must begin with https:// and name no user (plain http is for this machine only)".to_owned()
        })?;
        let outgoing = Outgoing::new(settings).map_err(|error| format!("`ca_file` cannot be read: {error}"))?;
        Ok(Self { outgoing, base: url.trim_end_matches('/').to_owned() })
    }

    /// Its host, with the port if one is written, as the header `Host` says it.
    fn host(&self) -> String {
        let target = self.outgoing.settings.target(&self.base);
        target.map_or_else(|_| String::new(), |target| target.authority().to_owned())
    }

    /// Asks below the service's address.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Reply, NotHandedOver> {
        self.ask_at(&format!("{}{path}", self.base), method, headers, body).await
    }

    /// Asks at this address, which is on the service's host.
    async fn ask_at(
        &self,
        url: &str,
        method: Method,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Reply, NotHandedOver> {
        let later = |why: String| NotHandedOver::later(Cause::Provider, why);
        let target = self.outgoing.settings.target(url).map_err(|_| later("the address is none".to_owned()))?;
        let question = Question { method, headers, body, most: ANSWER };
        self.outgoing.ask(&target, question).await.map_err(|failed| later(failed.to_string()))
    }
}

/// The text of a file with a secret, named by its key where it cannot be read.
fn secret(key: &str, file: &std::path::Path) -> Result<zeroize::Zeroizing<String>, String> {
    private_text(file).map(zeroize::Zeroizing::new).map_err(|why| format!("`{key}`: {why}"))
}

/// User and password as Basic authentication writes them (RFC 7617).
fn basic_text(user: &str, password: &str) -> zeroize::Zeroizing<String> {
    let pair = zeroize::Zeroizing::new(format!("{user}:{password}"));
    zeroize::Zeroizing::new(data_encoding::BASE64.encode(pair.as_bytes()))
}

/// The header for a user and a password, which no log shows.
fn basic(user: &str, password: &str) -> Result<HeaderValue, String> {
    let text = zeroize::Zeroizing::new(format!("Basic {}", *basic_text(user, password)));
    let mut value = HeaderValue::from_str(&text).map_err(|_| "the credentials cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a provider can reach this address of ours: what runs on one's own machine for trying out has none by https, and a message that names such
/// an address is refused.
fn is_reachable(callback: &str) -> bool {
    callback.starts_with("https://")
}

/// What a status says where no code says more.
fn by_status(status: u16) -> Cause {
    match status {
        401..=403 => Cause::Account,
        429 => Cause::Throttled,
        // Not found is an address that is wrong; a redirect is not followed.
        404 | 405 | 408 | 425 => Cause::Provider,
        400..=499 => Cause::Malformed,
        _ => Cause::Provider,
    }
}

/// A refusal. It is the last word where the letter is its reason; the service itself, its limits and our account may be well again in a moment.
fn refused(reply: &Reply, cause: Cause, code: Option<String>) -> NotHandedOver {
    let why = match &code {
        Some(code) => format!("HTTP {} code {code}", reply.status),
        None => format!("HTTP {}", reply.status),
    };
    let passing = matches!(cause, Cause::Throttled | Cause::Account | Cause::Provider);
    let refused = if passing { NotHandedOver::later(cause, why) } else { NotHandedOver::never(cause, why) };
    let refused = match wait(reply).filter(|_| passing) {
        Some(wait) => refused.after(wait),
        None => refused,
    };
    match code {
        Some(code) => refused.code(code),
        None => refused,
    }
}

/// How long the service asks to wait (RFC 9110, 10.2.3): in seconds, or until a time, which is taken from the answer's own.
fn wait(reply: &Reply) -> Option<Span> {
    let text = |name: HeaderName| reply.headers.get(name)?.to_str().ok();
    let asked = text(RETRY_AFTER)?.trim();
    let time = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp().as_second());
    let wait = match asked.parse::<i64>() {
        Ok(wait) => wait,
        Err(_) => time(asked)?.checked_sub(time(text(DATE)?)?)?,
    };
    Some(seconds(wait.clamp(1, LONGEST_WAIT)))
}

/// A code as it may stand in a log: short, and no number that a telephone could have.
pub(super) fn plain_code(code: &str) -> Option<String> {
    let fits = (1..=40).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    (fits && digits < 9).then(|| code.to_owned())
}

/// An id as it may stand in a column.
pub(super) fn plain_id(id: &str) -> Option<String> {
    let fits = (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

/// A text, a number or a truth value as text.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &'static str)]) -> Reply {
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Reply { status, headers: headers.collect(), body: Vec::new() }
    }

    #[test]
    fn a_service_is_asked_by_https_or_on_this_machine() {
        for good in ["https://api.example.jp", "https://10.0.0.5:8443/sms", "http://127.0.0.1:9000", "http://localhost"]
        {
            assert!(Service::new(good, None).is_ok(), "{good}");
        }
        for bad in [
            "http://api.example.jp",
            "http://10.0.0.5",
            "https://me:secret@api.example.jp",
            "api.example.jp",
            "ftp://x",
            "",
        ] {
            assert!(Service::new(bad, None).is_err(), "{bad}");
        }
        assert!(Service::new("https://api.example.jp", Some("/nonexistent/ca.pem".into())).is_err());
    }

    #[test]
    fn a_service_that_asks_to_wait_is_waited_for() {
        let after = |headers: &[(&'static str, &'static str)]| wait(&reply(429, headers));
        assert_eq!(after(&[("retry-after", "7")]), Some(seconds(7)));
        assert_eq!(after(&[("retry-after", "0")]), Some(seconds(1)));
        assert_eq!(after(&[("retry-after", "-9")]), Some(seconds(1)));
        assert_eq!(after(&[("retry-after", "999999999999")]), Some(seconds(3_600)));
        let date = ("date", "Sun, 22 Nov 2026 06:00:00 GMT");
        assert_eq!(after(&[("retry-after", "Sun, 22 Nov 2026 06:00:30 GMT"), date]), Some(seconds(30)));
        assert_eq!(after(&[("retry-after", "Sun, 22 Nov 2026 06:00:30 GMT")]), None);
        assert_eq!(after(&[("retry-after", "soon"), date]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn what_is_about_us_is_tried_again_and_what_is_about_the_letter_is_not() {
        for (status, is_final) in [
            (400, true),
            (401, false),
            (404, false),
            (422, true),
            (429, false),
            (302, false),
            (500, false),
            (503, false),
        ] {
            let refused = refused(&reply(status, &[("retry-after", "9")]), by_status(status), None);
            assert_eq!(refused.is_final, is_final, "{status}");
            assert_eq!(refused.retry_after.is_some(), !is_final, "{status}");
        }
        let coded = refused(&reply(400, &[]), Cause::UnknownDestination, Some("21211".to_owned()));
        assert_eq!(
            (coded.is_final, coded.code.as_deref(), coded.why.as_str()),
            (true, Some("21211"), "HTTP 400 code 21211")
        );
    }

    #[test]
    fn a_code_is_no_number_and_no_sentence() {
        for good in ["21211", "invalid_number", "InvalidParameter", "4.2.2"] {
            assert_eq!(plain_code(good).as_deref(), Some(good));
        }
        for bad in ["", "+819012345678", "09012345678", "no such number 090", "a\0b", &"x".repeat(41)] {
            assert_eq!(plain_code(bad), None, "{bad}");
        }
        assert_eq!(plain_id("a b"), None);
        assert_eq!(plain_id("SM\0"), None);
    }
}
