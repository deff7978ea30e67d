//! Twilio: one POST to the Messages resource for each SMS, a form in, JSON out. What their error codes mean is here, too, since receipts name the same
//! ones (twilio.com/docs/api/errors, as of 2026).

use std::sync::Arc;

use form_urlencoded::Serializer;
use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;

use super::super::outgoing::Reply;
use super::super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use super::{Service, basic, by_status, is_reachable, plain_code, plain_id, refused, secret};
use crate::clock::Clock;
use crate::config::carriers::Twilio;
use crate::model::Cause;

/// The longest and the shortest that Twilio is told to try, in seconds.
const LONGEST: i64 = 14_400;
const SHORTEST: i64 = 5;

/// Hands SMS to Twilio.
pub struct TwilioCarrier {
    settings: Twilio,
    service: Service,
    authorization: HeaderValue,
    callback: Option<String>,
    clock: Arc<dyn Clock>,
}

/// What comes back, for good or ill. Their words (`message`) are not read: they repeat the number.
#[derive(Deserialize)]
struct Answer {
    sid: Option<String>,
    status: Option<serde_json::Value>,
    code: Option<i64>,
    error_code: Option<i64>,
}

impl TwilioCarrier {
    /// Reads the secrets. `callback` is where receipts are to be sent.
    pub fn new(settings: Twilio, callback: String, clock: Arc<dyn Clock>) -> Result<Self, String> {
        settings.check()?;
        let service = Service::new(&settings.url, settings.ca_file.clone())?;
        let authorization = match (&settings.key, &settings.key_file, &settings.token_file) {
            (Some(key), Some(file), _) => basic(key, &secret("key_file", file)?)?,
            (_, _, Some(file)) => basic(&settings.account, &secret("token_file", file)?)?,
            _ => return Err("it needs `token_file`, or `key` and `key_file`".to_owned()),
        };
        if !settings.account.bytes().all(|b| b.is_ascii_alphanumeric()) || settings.account.is_empty() {
            return Err("`account` is no account's SID: it begins with AC".to_owned());
        }
        let callback = Some(callback).filter(|callback| settings.receipts && is_reachable(callback));
        Ok(Self { settings, service, authorization, callback, clock })
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        vec![(AUTHORIZATION, self.authorization.clone()), (CONTENT_TYPE, form)]
    }

    fn form(&self, letter: &Letter) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("To", &letter.to);
        match (&letter.sender, &self.settings.messaging_service, &self.settings.sender) {
            (Some(sender), ..) | (None, None, Some(sender)) => form.append_pair("From", sender),
            (None, Some(service), _) => form.append_pair("MessagingServiceSid", service),
            (None, None, None) => &mut form,
        };
        form.append_pair("Body", &letter.text);
        let left = self.clock.now().until(letter.expires_at).as_seconds().clamp(SHORTEST, LONGEST);
        form.append_pair("ValidityPeriod", &left.to_string());
        if let Some(callback) = &self.callback {
            form.append_pair("StatusCallback", callback);
        }
        form.finish()
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        let path = format!("/2010-04-01/Accounts/{}/Messages.json", self.settings.account);
        let body = self.form(letter).into_bytes();
        let reply = self.service.ask(Method::POST, &path, self.headers(), body).await?;
        judge(&reply)
    }
}

/// What an answer means.
pub(super) fn judge(reply: &Reply) -> Result<HandedOver, NotHandedOver> {
    let answer: Option<Answer> = serde_json::from_slice(&reply.body).ok();
    if !(200..300).contains(&reply.status) {
        let code = answer.and_then(|answer| answer.code);
        let cause = code.and_then(cause).unwrap_or_else(|| by_status(reply.status));
        return Err(refused(reply, cause, code.and_then(|code| plain_code(&code.to_string()))));
    }
    // Taken and given up in one breath.
    if let Some(Answer { status: Some(status), error_code, .. }) = &answer
        && matches!(status.as_str(), Some("failed" | "undelivered"))
    {
        let cause = error_code.and_then(cause).unwrap_or(Cause::Unknown);
        return Err(refused(reply, cause, error_code.and_then(|code| plain_code(&code.to_string()))));
    }
    // Whatever else the answer holds, Twilio has the message.
    Ok(HandedOver { provider_id: answer.and_then(|answer| plain_id(&answer.sid?)) })
}

impl Carrier for TwilioCarrier {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }

    /// Asks for one of the account's numbers, which any key of the account may.
    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async move {
            let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers.json?PageSize=1", self.settings.account);
            let headers = vec![(AUTHORIZATION, self.authorization.clone())];
            let reply = self.service.ask(Method::GET, &path, headers, Vec::new()).await?;
            if reply.status == 200 { Ok(()) } else { Err(refused(&reply, by_status(reply.status), None)) }
        })
    }

    fn tells_receipts(&self) -> bool {
        self.callback.is_some()
    }
}

/// What one of Twilio's error codes means; nothing where the status must say it.
pub fn cause(code: i64) -> Option<Cause> {
    Some(match code {
        21211 | 21217 | 21401 | 21421 | 30005 => Cause::UnknownDestination,
        30003 => Cause::Unreachable,
        21610 | 30004 | 30007 => Cause::Blocked,
        21212
        | 21213
        | 21603
        | 21606
        | 21607
        | 21618
        | 21659
        | 21660
        | 21661
        | 21701..=21712
        | 30024
        | 30032
        | 30034 => Cause::RefusedSender,
        21214 | 21215 | 21408 | 21612 => Cause::Unroutable,
        21614 | 21635 | 30006 => Cause::NotMobile,
        14107 | 20429 | 21611 | 30001 | 30017 | 30022 | 63017 | 63018 => Cause::Throttled,
        20003 | 20005 | 20006 | 20008 | 20403 | 21219 | 21608 | 30002 | 30010 | 30023 | 63038 => Cause::Account,
        20500 | 20503 | 20504 | 30009 | 30410 | 30500 => Cause::Provider,
        21602 | 21604 | 21605 | 21609 | 21617 | 21619 => Cause::Malformed,
        30012 | 30036 => Cause::Expired,
        30008 => Cause::Unknown,
        _ => return None,
    })
}
