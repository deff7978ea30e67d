//! Vonage: the Messages API, JSON in and out. Of their two ways to send SMS it is the one whose receipts are signed over the whole body (a JWT with
//! the body's hash), and whose errors are problem details (RFC 9457); the older SMS API signs parameters, with MD5 unless one asks otherwise.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};

use super::super::outgoing::Reply;
use super::super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use super::{Service, basic, by_status, is_reachable, plain_code, plain_id, refused, secret};
use crate::clock::Clock;
use crate::config::carriers::Vonage;
use crate::model::Cause;

/// The shortest that Vonage advises to let it try, and the longest that there is, in seconds.
const SHORTEST: i64 = 1_800;
const LONGEST: i64 = 604_800;

/// Hands SMS to Vonage.
pub struct VonageCarrier {
    settings: Vonage,
    service: Service,
    authorization: HeaderValue,
    callback: Option<String>,
    clock: Arc<dyn Clock>,
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "message_type")]
    kind: &'static str,
    channel: &'static str,
    to: &'a str,
    from: &'a str,
    text: &'a str,
    ttl: i64,
    client_ref: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_version: Option<&'static str>,
}

/// What comes back. Of a problem only the type is read: its last part is the code.
#[derive(Deserialize)]
struct Answer {
    message_uuid: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl VonageCarrier {
    /// Reads the secrets. `callback` is where receipts are to be sent; they are asked for only where they can be verified.
    pub fn new(settings: Vonage, callback: String, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let service = Service::new(&settings.url, settings.ca_file.clone())?;
        let authorization = basic(&settings.key, &secret("secret_file", &settings.secret_file)?)?;
        if settings.key.is_empty() || !settings.key.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err("`key` is no API key".to_owned());
        }
        let callback = Some(callback).filter(|it| settings.signature_secret_file.is_some() && is_reachable(it));
        Ok(Self { settings, service, authorization, callback, clock })
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let sender = letter.sender.as_deref().unwrap_or(&self.settings.sender);
        let message = Message {
            kind: "text",
            channel: "sms",
            to: letter.to.trim_start_matches('+'),
            // A number without its plus; a name has none.
            from: sender.trim_start_matches('+'),
            text: &letter.text,
            ttl: self.clock.now().until(letter.expires_at).as_seconds().clamp(SHORTEST, LONGEST),
            client_ref: &letter.id,
            webhook_url: self.callback.as_deref(),
            webhook_version: self.callback.as_ref().map(|_| "v1"),
        };
        let body = serde_json::to_vec(&message)
            .map_err(|_| NotHandedOver::never(Cause::Malformed, "the message cannot be written as JSON"))?;
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accept = (hyper::header::ACCEPT, HeaderValue::from_static("application/json"));
        let headers = vec![(AUTHORIZATION, self.authorization.clone()), json, accept];
        let reply = self.service.ask(Method::POST, "/v1/messages", headers, body).await?;
        judge(&reply)
    }
}

/// What an answer means.
pub(super) fn judge(reply: &Reply) -> Result<HandedOver, NotHandedOver> {
    let answer: Option<Answer> = serde_json::from_slice(&reply.body).ok();
    if (200..300).contains(&reply.status) {
        return Ok(HandedOver { provider_id: answer.and_then(|answer| plain_id(&answer.message_uuid?)) });
    }
    let code = answer.and_then(|answer| code(&answer.kind?));
    let cause = code.as_deref().and_then(cause).unwrap_or_else(|| by_status(reply.status));
    Err(refused(reply, cause, code))
}

impl Carrier for VonageCarrier {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }

    /// Asks which secrets the key has: their ids, not what they are.
    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async move {
            let path = format!("/accounts/{}/secrets", self.settings.key);
            let headers = vec![(AUTHORIZATION, self.authorization.clone())];
            let reply = self.service.ask(Method::GET, &path, headers, Vec::new()).await?;
            if reply.status == 200 { Ok(()) } else { Err(refused(&reply, by_status(reply.status), None)) }
        })
    }

    fn tells_receipts(&self) -> bool {
        self.callback.is_some()
    }
}

/// The code of a problem's type: `https://developer.vonage.com/api-errors/messages#1120`, or a word behind the `#`.
pub fn code(kind: &str) -> Option<String> {
    plain_code(kind.rsplit(['#', '/']).next()?)
}

/// What a code of the Messages API means (developer.vonage.com/en/api-errors, as of 2026); nothing where the status must say it.
pub fn cause(code: &str) -> Option<Cause> {
    Some(match code {
        "1170" | "1190" | "1300" => Cause::UnknownDestination,
        "1180" | "1220" | "1260" => Cause::Unreachable,
        "1050" | "1210" | "1240" | "1270" | "1280" | "1290" => Cause::Blocked,
        "1120" => Cause::RefusedSender,
        "1040" | "1200" | "1250" => Cause::Unroutable,
        "1310" => Cause::NotMobile,
        "1000" | "1241" => Cause::Throttled,
        "1060" | "1070" | "1080" | "1140" | "1160" | "low-balance" | "unauthorized" | "forbidden" | "unprovisioned"
        | "account-suspended" | "invalid-api-key" => Cause::Account,
        "1030" | "1100" | "1230" => Cause::Provider,
        "1010" | "1020" | "1021" | "1022" | "1090" | "1130" | "1150" | "invalid-params" => Cause::Malformed,
        "1360" => Cause::Expired,
        "1320" | "1330" => Cause::Unknown,
        _ => return None,
    })
}
