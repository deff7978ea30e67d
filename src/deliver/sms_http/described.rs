//! Any other provider, as the operator describes it: what a request looks like, which answers mean that the message was taken, and where in them
//! stand its id and its codes.

use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use zeroize::Zeroizing;

use super::super::outgoing::Reply;
use super::super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use super::pattern::{Form, Json, Pattern, Place, Values};
use super::{Service, as_text, basic_text, by_status, plain_code, plain_id, refused, secret};
use crate::config::carriers::Http;
use crate::config::carriers::http::HttpMethod;
use crate::model::{Cause, Phone};

/// Headers that are written by who sends, not by who describes.
const OURS: &[&str] = &["host", "content-length", "transfer-encoding", "connection", "content-type"];

/// Hands SMS to a provider that was described.
pub struct DescribedCarrier {
    settings: Http,
    service: Service,
    url: Pattern,
    headers: Vec<(HeaderName, Pattern)>,
    body: Body,
    secret: Option<Zeroizing<String>>,
    basic: Option<Zeroizing<String>>,
    callback: String,
}

enum Body {
    Json(Json),
    Form(Form),
    None,
}

impl DescribedCarrier {
    /// Reads the description and the secret. `callback` is where receipts are to be sent.
    pub fn new(settings: Http, callback: String) -> Result<Self, String> {
        settings.check()?;
        let url = Pattern::parse(&settings.url).map_err(|why| format!("`url`: {why}"))?;
        // Up to the path nothing is filled in: where a message goes is no part of a message.
        let (start, rest) = url.beginning().split_once("://").unwrap_or_default();
        let Some((host, _)) = rest.split_once('/') else {
            return Err("`url` must name the host and a path: write it like https://api.example.jp/v1/sms".to_owned());
        };
        if url.places().any(|place| matches!(place, Place::Secret | Place::Basic)) {
            return Err(
                "`url` must not hold {secret} or {basic}: addresses stand in logs; put them into `headers`".to_owned()
            );
        }
        let service = Service::new(&format!("{start}://{host}"), settings.ca_file.clone())?;
        let headers = settings.headers.iter().map(|(name, text)| header(name, text)).collect::<Result<Vec<_>, _>>()?;
        let body = match &settings.json {
            Some(json) => Body::Json(Json::parse(json).map_err(|why| format!("`json`: {why}"))?),
            None if settings.form.is_empty() => Body::None,
            None => Body::Form(Form::parse(&settings.form).map_err(|why| format!("`form`: {why}"))?),
        };
        let secret = settings.secret_file.as_deref().map(|file| secret("secret_file", file)).transpose()?;
        let basic = settings.user.as_ref().zip(secret.as_ref()).map(|(user, secret)| basic_text(user, secret));
        let carrier = Self { settings, service, url, headers, body, secret, basic, callback };
        carrier.checked()
    }

    /// What only the whole shows: a message must come to somebody and say something, and what is named must be there.
    fn checked(self) -> Result<Self, String> {
        let places = self.places();
        let has = |place: Place| places.contains(&place);
        if ![Place::To, Place::ToDigits, Place::ToNational].into_iter().any(has) {
            return Err("neither `url` nor `json` nor `form` holds {to}, {to_digits} or {to_national}".to_owned());
        }
        if !has(Place::Text) {
            return Err("neither `url` nor `json` nor `form` holds {text}".to_owned());
        }
        if has(Place::Secret) && self.secret.is_none() {
            return Err("{secret} needs `secret_file`".to_owned());
        }
        if has(Place::Basic) && self.basic.is_none() {
            return Err("{basic} needs `user` and `secret_file`".to_owned());
        }
        if has(Place::Sender) && self.settings.sender.is_none() {
            return Err("{sender} needs `sender`".to_owned());
        }
        Ok(self)
    }

    fn places(&self) -> Vec<Place> {
        let of_headers = self.headers.iter().flat_map(|(_, pattern)| pattern.places());
        let mut places: Vec<_> = self.url.places().chain(of_headers).collect();
        match &self.body {
            Body::Json(json) => places.extend(json.places()),
            Body::Form(form) => places.extend(form.places()),
            Body::None => {}
        }
        places
    }

    fn value(&self, letter: &Letter, place: Place) -> Option<String> {
        match place {
            Place::To => Some(letter.to.clone()),
            Place::ToDigits => letter.to.strip_prefix('+').map(str::to_owned),
            Place::ToNational => national(&letter.to),
            Place::Text => Some(letter.text.clone()),
            Place::Sender => letter.sender.clone().or_else(|| self.settings.sender.clone()),
            Place::Id => Some(letter.id.clone()),
            Place::Reference => Some(letter.reference.clone().unwrap_or_default()),
            Place::Callback => Some(self.callback.clone()),
            Place::Secret => self.secret.as_deref().cloned(),
            Place::Basic => self.basic.as_deref().cloned(),
        }
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let unroutable =
            || NotHandedOver::never(Cause::Unroutable, "the number has not the form that the provider takes");
        let malformed = |why: &str| NotHandedOver::never(Cause::Malformed, why);
        let values: Values<'_> = &|place| self.value(letter, place);
        let url = self.url.address(values).ok_or_else(unroutable)?;
        let mut headers = Vec::new();
        for (name, pattern) in &self.headers {
            let text = pattern.plain(values).ok_or_else(unroutable)?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| malformed("a header cannot hold this"))?;
            value.set_sensitive(true);
            headers.push((name.clone(), value));
        }
        let (kind, body) = match &self.body {
            Body::Json(json) => {
                let value = json.filled(values).ok_or_else(unroutable)?;
                (Some("application/json"), serde_json::to_vec(&value).map_err(|_| malformed("it is no JSON"))?)
            }
            Body::Form(form) => {
                let form = form.filled(values).ok_or_else(unroutable)?;
                (Some("application/x-www-form-urlencoded; charset=utf-8"), form.into_bytes())
            }
            Body::None => (None, Vec::new()),
        };
        headers.extend(kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))));
        let method = match self.settings.method {
            HttpMethod::Get => Method::GET,
            HttpMethod::Post => Method::POST,
            HttpMethod::Put => Method::PUT,
        };
        let reply = self.service.ask_at(&url, method, headers, body).await?;
        judge(&self.settings, &reply)
    }
}

fn header(name: &str, text: &str) -> Result<(HeaderName, Pattern), String> {
    let known = HeaderName::try_from(name).map_err(|_| format!("`headers`: `{name}` is no header"))?;
    if OURS.contains(&known.as_str()) {
        return Err(format!("`headers`: `{name}` is written by itself"));
    }
    let pattern = Pattern::parse(text).map_err(|why| format!("`headers.{name}`: {why}"))?;
    if pattern.places().any(|place| place == Place::Text) {
        return Err(format!("`headers.{name}`: a header holds no {{text}}"));
    }
    Ok((known, pattern))
}

/// As it is dialled at home; only Japanese numbers have that form here.
fn national(e164: &str) -> Option<String> {
    let national = Phone::from_e164(e164)?.national();
    let digits: String = national.chars().filter(char::is_ascii_digit).collect();
    (national.starts_with('0') && e164.starts_with("+81")).then_some(digits)
}

/// What the answer means, as it was described.
pub(super) fn judge(settings: &Http, reply: &Reply) -> Result<HandedOver, NotHandedOver> {
    let json: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let at = |pointer: &Option<String>| as_text(json.as_ref()?.pointer(pointer.as_deref()?)?);
    let taken = if settings.success_status.is_empty() {
        (200..300).contains(&reply.status)
    } else {
        settings.success_status.contains(&reply.status)
    };
    let says_so = match &settings.success_is {
        None => true,
        Some(wanted) => at(&settings.success_at).as_ref() == Some(wanted),
    };
    if taken && says_so {
        let by_header = || {
            let name = settings.id_header.as_deref()?;
            reply.headers.get(name)?.to_str().ok().map(str::to_owned)
        };
        let id = at(&settings.id_at).or_else(by_header);
        return Ok(HandedOver { provider_id: id.as_deref().and_then(plain_id) });
    }
    // Without a place for codes the status itself is one: some providers have statuses of their own.
    let code = match &settings.code_at {
        Some(_) => at(&settings.code_at),
        None => Some(reply.status.to_string()),
    };
    let known = code.as_deref().and_then(|code| settings.codes.get(code).copied());
    // A good status that does not say so is a refusal if it can be read, and something else's page if not.
    let unsaid = if json.is_some() { Cause::Unknown } else { Cause::Provider };
    let cause = known.unwrap_or(if taken { unsaid } else { by_status(reply.status) });
    let code = settings.code_at.as_ref().and(code.as_deref().and_then(plain_code));
    Err(refused(reply, cause, code))
}

impl Carrier for DescribedCarrier {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }

    fn tells_receipts(&self) -> bool {
        self.settings.receipts.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Result<DescribedCarrier, String> {
        let settings: Http = toml::from_str(&format!("name = \"sms\"\n{text}")).map_err(|error| error.to_string())?;
        DescribedCarrier::new(settings, "https://id.example.jp/hooks/messages/sms".to_owned())
    }

    fn why(text: &str) -> String {
        described(text).err().unwrap_or_else(|| panic!("taken: {text}"))
    }

    const GOOD: &str = "url = \"https://api.example.jp/sms\"\nform = { to = \"{to_national}\", body = \"{text}\" }\n";

    #[test]
    fn a_description_that_cannot_work_is_refused_at_the_start() {
        assert!(described(GOOD).is_ok());
        for (text, word) in [
            ("url = \"https://{to}.example.jp/{text}\"", "name the host and a path"),
            ("url = \"https://api.example.jp\"\nform = { a = \"{to}{text}\" }", "name the host and a path"),
            ("url = \"http://api.example.jp/sms\"\nform = { a = \"{to}{text}\" }", "https"),
            ("url = \"https://api.example.jp/?k={secret}\"", "stand in logs"),
            ("url = \"https://api.example.jp/\"\nform = { a = \"{text}\" }", "{to_national}"),
            ("url = \"https://api.example.jp/\"\nform = { a = \"{to}\" }", "{text}"),
            ("url = \"https://api.example.jp/\"\njson = '{\"a\":\"{to}\"'", "no JSON"),
            ("url = \"https://api.example.jp/\"\njson = '{\"a\":\"{too}\"}'", "no place"),
            ("url = \"https://api.example.jp/\"\njson = '{}'\nform = { a = \"b\" }", "exclude each other"),
            ("url = \"https://api.example.jp/{to}/{text}\"\nmethod = \"GET\"\njson = '{}'", "no body"),
            (&format!("{GOOD}headers = {{ Host = \"x\" }}"), "by itself"),
            (&format!("{GOOD}headers = {{ X = \"{{text}}\" }}"), "no {text}"),
            (&format!("{GOOD}headers = {{ X = \"{{secret}}\" }}"), "needs `secret_file`"),
            (&format!("{GOOD}headers = {{ X = \"{{basic}}\" }}"), "needs `user`"),
            (&format!("{GOOD}headers = {{ X = \"{{sender}}\" }}"), "needs `sender`"),
            (&format!("{GOOD}secret_file = \"/nonexistent\""), "cannot be read"),
            (&format!("{GOOD}success_at = \"/ok\""), "go together"),
            (&format!("{GOOD}id_at = \"id\""), "JSON pointers"),
            (&format!("{GOOD}colour = \"red\""), "unknown field"),
            (&format!("{GOOD}codes = {{ \"1\" = \"odd\" }}"), "unknown variant"),
        ] {
            assert!(why(text).contains(word), "{text}: {}", why(text));
        }
    }

    #[test]
    fn only_japanese_numbers_have_a_national_form() {
        assert_eq!(national("+819012345678").as_deref(), Some("09012345678"));
        assert_eq!(national("+447400123456"), None);
        assert_eq!(national("nonsense"), None);
    }

    #[test]
    fn an_answer_means_what_was_described() {
        let settings = |text: &str| toml::from_str::<Http>(&format!("name = \"sms\"\n{GOOD}{text}")).unwrap();
        let reply = |status: u16, body: &str| Reply {
            status,
            headers: [(HeaderName::from_static("x-id"), HeaderValue::from_static("H1"))].into_iter().collect(),
            body: body.as_bytes().to_vec(),
        };
        let plain = settings("id_at = \"/id\"");
        let id = |id: &str| Ok(HandedOver { provider_id: Some(id.to_owned()) });
        assert_eq!(judge(&plain, &reply(200, "{\"id\":\"A1\"}")), id("A1"));
        assert_eq!(judge(&plain, &reply(202, "{\"id\":17}")), id("17"));
        assert_eq!(judge(&plain, &reply(200, "<html>")), Ok(HandedOver { provider_id: None }));
        assert_eq!(judge(&settings("id_header = \"X-Id\""), &reply(200, "")), id("H1"));

        let strict = "success_status = [200]\nsuccess_at = \"/result\"\nsuccess_is = \"0\"\ncode_at = \"/result\"\n\
                      codes = { \"7\" = \"unknown_destination\", \"8\" = \"throttled\" }";
        let strict = settings(strict);
        assert!(judge(&strict, &reply(200, "{\"result\":0}")).is_ok());
        for (status, body, cause, is_final, code) in [
            (201, "{\"result\":0}", Cause::Provider, false, Some("0")),
            (200, "{\"result\":7}", Cause::UnknownDestination, true, Some("7")),
            (200, "{\"result\":\"8\"}", Cause::Throttled, false, Some("8")),
            (200, "{\"result\":9}", Cause::Unknown, true, Some("9")),
            (200, "{\"result\":\"09012345678\"}", Cause::Unknown, true, None),
            (200, "<html>welcome to the hotel</html>", Cause::Provider, false, None),
            (400, "{\"result\":7}", Cause::UnknownDestination, true, Some("7")),
            (400, "{}", Cause::Malformed, true, None),
            (401, "{}", Cause::Account, false, None),
            (502, "", Cause::Provider, false, None),
        ] {
            let refused = judge(&strict, &reply(status, body)).expect_err(body);
            assert_eq!((refused.cause, refused.is_final), (cause, is_final), "{status} {body}");
            assert_eq!(refused.code.as_deref(), code, "{status} {body}");
        }
        let by_status = settings("codes = { \"560\" = \"unknown_destination\" }");
        let refused = judge(&by_status, &reply(560, "")).expect_err("refused");
        assert_eq!((refused.cause, refused.is_final), (Cause::UnknownDestination, true));
    }
}
