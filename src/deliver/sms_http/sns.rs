//! Amazon SNS: one Publish for each SMS, a form in, XML out. That it was accepted is the last that is heard of a message: Amazon writes its receipts to
//! CloudWatch, and sends none.

use std::sync::Arc;

use form_urlencoded::Serializer;
use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};

use super::super::outgoing::Reply;
use super::super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use super::sigv4::Signer;
use super::{Service, by_status, plain_code, plain_id, refused, secret};
use crate::clock::Clock;
use crate::config::carriers::Sns;
use crate::model::Cause;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The version of their interface.
const VERSION: &str = "2010-03-31";

/// Hands SMS to Amazon SNS.
pub struct SnsCarrier {
    settings: Sns,
    service: Service,
    host: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl SnsCarrier {
    /// Reads the secret.
    pub fn new(settings: Sns, clock: Arc<dyn Clock>) -> Result<Self, String> {
        settings.check()?;
        let service = Service::new(&settings.url(), settings.ca_file.clone())?;
        let signer = Signer {
            access_key: settings.access_key.clone(),
            secret_key: secret("secret_key_file", &settings.secret_key_file)?,
            region: settings.region.clone(),
            service: "sns",
        };
        Ok(Self { host: service.host(), settings, service, signer, clock })
    }

    async fn ask(&self, form: String) -> Result<Reply, NotHandedOver> {
        let signed = self.signer.sign(&self.host, "/", FORM, form.as_bytes(), self.clock.now());
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| NotHandedOver::later(Cause::Account, "`access_key` cannot be sent"))
        };
        let headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static(FORM)),
            (HeaderName::from_static("x-amz-date"), value(&signed.date)?),
            (AUTHORIZATION, value(&signed.authorization)?),
        ];
        self.service.ask(Method::POST, "/", headers, form.into_bytes()).await
    }

    fn publish(&self, letter: &Letter) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("Action", "Publish").append_pair("Version", VERSION);
        form.append_pair("PhoneNumber", &letter.to).append_pair("Message", &letter.text);
        let sender = letter.sender.as_deref().or(self.settings.sender.as_deref());
        // A number that the account owns, or a name.
        let kind = |sender: &str| {
            let is_number = sender.bytes().all(|b| b.is_ascii_digit() || b == b'+');
            if is_number { "AWS.MM.SMS.OriginationNumber" } else { "AWS.SNS.SMS.SenderID" }
        };
        let sender = sender.map(|sender| (kind(sender), sender));
        let all = std::iter::once(("AWS.SNS.SMS.SMSType", "Transactional")).chain(sender);
        for (at, (name, value)) in (1..).zip(all) {
            let entry = format!("MessageAttributes.entry.{at}");
            form.append_pair(&format!("{entry}.Name"), name);
            form.append_pair(&format!("{entry}.Value.DataType"), "String");
            form.append_pair(&format!("{entry}.Value.StringValue"), value);
        }
        form.finish()
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        judge(&self.ask(self.publish(letter)).await?)
    }
}

/// What an answer means.
pub(super) fn judge(reply: &Reply) -> Result<HandedOver, NotHandedOver> {
    if (200..300).contains(&reply.status) {
        return Ok(HandedOver { provider_id: within(&reply.body, "MessageId").and_then(plain_id) });
    }
    Err(refusal(reply))
}

fn refusal(reply: &Reply) -> NotHandedOver {
    let code = within(&reply.body, "Code").and_then(plain_code);
    // Of their words only one is read, since nothing else tells which parameter it was.
    let is_number = || within(&reply.body, "Message").is_some_and(|words| words.contains("PhoneNumber"));
    let known = code.as_deref().and_then(|code| match code {
        "InvalidParameter" | "InvalidParameterValue" | "ValidationError" if is_number() => {
            Some(Cause::UnknownDestination)
        }
        code => cause(code),
    });
    refused(reply, known.unwrap_or_else(|| by_status(reply.status)), code)
}

/// What a code of SNS means (its API reference, as of 2026); nothing where the status must say it.
fn cause(code: &str) -> Option<Cause> {
    Some(match code {
        "Throttling"
        | "ThrottlingException"
        | "Throttled"
        | "ThrottledException"
        | "RequestThrottled"
        | "LimitExceeded" => Cause::Throttled,
        "OptedOut" | "OptedOutException" => Cause::Blocked,
        "AuthorizationError"
        | "AccessDenied"
        | "AccessDeniedException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "MissingAuthenticationToken"
        | "NotAuthorized"
        | "OptInRequired"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UserError"
        | "VerificationException" => Cause::Account,
        "InternalError" | "InternalFailure" | "ServiceUnavailable" => Cause::Provider,
        "InvalidParameter"
        | "InvalidParameterValue"
        | "ParameterValueInvalid"
        | "ValidationError"
        | "MalformedQueryString" => Cause::Malformed,
        _ => return None,
    })
}

/// What stands between a tag and its end. Nothing else of XML is needed, and what is taken is checked by whoever takes it.
fn within<'a>(body: &'a [u8], tag: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    Some(rest.split_once(&format!("</{tag}>"))?.0.trim())
}

impl Carrier for SnsCarrier {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }

    /// Asks for the account's settings of SMS. A key that may not see them but is right is let in all the same.
    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async move {
            let form = format!("Action=GetSMSAttributes&Version={VERSION}");
            let reply = self.ask(form).await?;
            let may_not_see = matches!(within(&reply.body, "Code"), Some("AuthorizationError" | "AccessDenied"));
            if reply.status == 200 || may_not_see { Ok(()) } else { Err(refusal(&reply)) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply { status, headers: hyper::HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn of_an_answer_only_the_id_or_the_code_is_taken() {
        let taken = b"<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>567910cd-659e-55d4</MessageId></PublishResult></PublishResponse>";
        assert_eq!(within(taken, "MessageId"), Some("567910cd-659e-55d4"));
        for odd in ["", "<MessageId>", "</MessageId><MessageId>", "<MessageId", "{}"] {
            assert_eq!(within(odd.as_bytes(), "MessageId"), None, "{odd}");
        }
        assert_eq!(within(&[0xff, 0xfe], "MessageId"), None);
    }

    #[test]
    fn a_refusal_has_its_code_and_no_number() {
        let error = |code: &str, words: &str| {
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error></ErrorResponse>"
            )
        };
        let wrong = "Invalid parameter: PhoneNumber Reason: +819012345678 is not valid to publish to";
        for (status, code, words, cause, is_final) in [
            (400, "InvalidParameter", wrong, Cause::UnknownDestination, true),
            (400, "InvalidParameter", "Invalid parameter: Message", Cause::Malformed, true),
            (400, "Throttling", "Rate exceeded", Cause::Throttled, false),
            (403, "SignatureDoesNotMatch", "x", Cause::Account, false),
            (403, "InvalidClientTokenId", "x", Cause::Account, false),
            (500, "InternalError", "x", Cause::Provider, false),
            (400, "SomethingNew", "x", Cause::Malformed, true),
        ] {
            let refused = refusal(&reply(status, &error(code, words)));
            assert_eq!((refused.cause, refused.is_final), (cause, is_final), "{code}");
            assert_eq!(refused.code.as_deref(), Some(code));
            assert!(!refused.why.contains("8190"), "{}", refused.why);
        }
        assert_eq!(refusal(&reply(503, "<html>no")).cause, Cause::Provider);
    }
}
