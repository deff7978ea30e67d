//! Doubles of Twilio, Vonage and Amazon SNS, as their published documents describe them. They take what the vendors' own libraries send, and are
//! strict about everything that the documents say: a field that is not there, or a signature that does not fit, is refused in the vendor's words.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use aws_lc_rs::{digest, hmac};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "twilio token of the story";
pub const KEY: &str = "SK0123456789abcdef0123456789abcdef";
pub const KEY_SECRET: &str = "twilio key of the story";
pub const API_KEY: &str = "abcd1234";
pub const API_SECRET: &str = "vonage secret";
pub const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub const REGION: &str = "ap-northeast-1";

/// What a request meant, as the double read it.
pub type Read = BTreeMap<String, String>;

/// A service on this machine.
pub struct Double {
    pub address: SocketAddr,
    pub taken: Arc<Mutex<Vec<Read>>>,
}

type Answer = fn(&str, &HeaderMap, &[u8]) -> (Response, Option<Read>);

impl Double {
    async fn open(answer: Answer) -> Self {
        let taken = Arc::<Mutex<Vec<Read>>>::default();
        let all = taken.clone();
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
            let place = format!("{} {}", parts.method, parts.uri);
            let (answer, read) = answer(&place, &parts.headers, &body);
            all.lock().expect("no panic").extend(read);
            answer
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, taken }
    }

    pub async fn twilio() -> Self {
        Self::open(twilio).await
    }

    pub async fn vonage() -> Self {
        Self::open(vonage).await
    }

    pub async fn sns() -> Self {
        Self::open(sns).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was taken, oldest first.
    pub fn taken(&self) -> Vec<Read> {
        self.taken.lock().expect("no panic").clone()
    }
}

fn problem(status: u16, body: &Value) -> (Response, Option<Read>) {
    let status = StatusCode::from_u16(status).expect("a status");
    ((status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response(), None)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
}

fn is_basic(headers: &HeaderMap, user: &str, password: &str) -> bool {
    text(headers, "authorization") == format!("Basic {}", BASE64.encode(format!("{user}:{password}").as_bytes()))
}

fn form(headers: &HeaderMap, body: &[u8]) -> Option<Read> {
    let kind = text(headers, "content-type").split(';').next().unwrap_or_default().trim();
    if kind != "application/x-www-form-urlencoded" {
        return None;
    }
    let all: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    let read: Read = all.iter().cloned().collect();
    (read.len() == all.len()).then_some(read)
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(is_digits)
}

fn is_digits(number: &str) -> bool {
    (7..=15).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit())
}

/// The Messages resource; the numbers with errors are those of Twilio's page on test credentials, moved to Japan.
fn twilio(place: &str, headers: &HeaderMap, body: &[u8]) -> (Response, Option<Read>) {
    let error = |status: u16, code: i64, words: &str| {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        problem(status, &json!({ "code": code, "message": words, "more_info": more, "status": status }))
    };
    if !is_basic(headers, ACCOUNT, TOKEN) && !is_basic(headers, KEY, KEY_SECRET) {
        return error(401, 20003, "Authenticate");
    }
    let numbers = format!("GET /2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json?PageSize=1");
    if place == numbers {
        return problem(200, &json!({ "incoming_phone_numbers": [], "page": 0, "page_size": 1 }));
    }
    if place != format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json") {
        return error(404, 20404, "The requested resource was not found");
    }
    let Some(read) = form(headers, body) else { return error(400, 20001, "Bad form") };
    let field = |name: &str| read.get(name).map_or("", String::as_str);
    let known = ["To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"];
    if let Some(odd) = read.keys().find(|name| !known.contains(&name.as_str())) {
        return error(400, 20001, &format!("{odd} is not in the documents"));
    }
    let to = field("To").to_owned();
    let invalid = format!("The 'To' number {to} is not a valid phone number.");
    match () {
        () if field("To").is_empty() => return error(400, 21604, "A 'To' phone number is required."),
        () if field("Body").is_empty() => return error(400, 21602, "Message body is required."),
        () if field("Body").chars().count() > 1_600 => return error(400, 21617, "The message body exceeds 1600."),
        () if !is_e164(&to) => return error(400, 21211, &invalid),
        () if field("From").is_empty() == field("MessagingServiceSid").is_empty() => {
            return error(400, 21603, "A 'From' phone number is required.");
        }
        () if !field("ValidityPeriod").parse().is_ok_and(|seconds: u32| (1..=36_000).contains(&seconds)) => {
            return error(400, 20001, "ValidityPeriod");
        }
        () if read.contains_key("StatusCallback") && !field("StatusCallback").starts_with("http") => {
            return error(400, 21609, "The 'StatusCallback' URL is not a valid URL.");
        }
        () => {}
    }
    match &to[to.len() - 4..] {
        "0001" => return error(400, 21211, &invalid),
        "0009" => return error(400, 21614, &format!("To number: {to}, is not a mobile number")),
        "0004" => return error(400, 21610, "Attempt to send to unsubscribed recipient"),
        "0029" => {
            let (mut answer, read) = error(429, 20429, "Too Many Requests");
            answer.headers_mut().insert(header::RETRY_AFTER, "3".parse().expect("a value"));
            return (answer, read);
        }
        _ => {}
    }
    let taken = json!({
        "sid": "SM00000000000000000000000000000001", "account_sid": ACCOUNT, "api_version": "2010-04-01",
        "body": field("Body"), "to": to, "from": read.get("From"), "messaging_service_sid": read.get("MessagingServiceSid"),
        "status": "queued", "direction": "outbound-api", "error_code": null, "error_message": null, "num_segments": "1",
        "num_media": "0", "price": null, "price_unit": "USD", "date_created": "Sun, 22 Nov 2026 06:00:00 +0000",
        "date_updated": "Sun, 22 Nov 2026 06:00:00 +0000", "date_sent": null,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/SM00000000000000000000000000000001.json"),
        "subresource_uris": {},
    });
    (problem(201, &taken).0, Some(read))
}

/// The Messages API, version 1, channel SMS.
fn vonage(place: &str, headers: &HeaderMap, body: &[u8]) -> (Response, Option<Read>) {
    let error = |status: u16, code: &str, title: &str| {
        let kind = format!("https://developer.vonage.com/api-errors/messages#{code}");
        problem(
            status,
            &json!({ "type": kind, "title": title, "detail": "to 819012345678", "instance": "bf0ca0bf927b" }),
        )
    };
    if !is_basic(headers, API_KEY, API_SECRET) {
        let kind = "https://developer.nexmo.com/api-errors/#unauthorized";
        return problem(
            401,
            &json!({ "type": kind, "title": "You did not provide correct credentials.", "detail": "x", "instance": "x" }),
        );
    }
    if place == format!("GET /accounts/{API_KEY}/secrets") {
        return problem(200, &json!({ "_embedded": { "secrets": [] } }));
    }
    if place != "POST /v1/messages" {
        return error(404, "not-found", "Not found");
    }
    let known =
        ["message_type", "channel", "to", "from", "text", "ttl", "client_ref", "webhook_url", "webhook_version"];
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else { return error(422, "1020", "Invalid params") };
    if text(headers, "content-type") != "application/json" || members.keys().any(|name| !known.contains(&name.as_str()))
    {
        return error(422, "1020", "Invalid params");
    }
    let field = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let seconds = members.get("ttl").is_none_or(|ttl| ttl.as_i64().is_some_and(|ttl| (20..=604_800).contains(&ttl)));
    let words = field("text").chars().count();
    let version = members.get("webhook_version").is_none_or(|it| it == "v1" || it == "v0.1");
    let fits = field("message_type") == "text" && field("channel") == "sms" && (1..=1_000).contains(&words);
    if !fits || !seconds || !version || field("from").is_empty() || field("client_ref").len() > 100 {
        return error(422, "1020", "Invalid params");
    }
    match field("to") {
        to if !is_digits(to) => return error(422, "1170", "Invalid or Missing Msisdn Param"),
        to if to.ends_with("0004") => return error(403, "1240", "Illegal Number"),
        to if to.ends_with("0007") => return error(402, "low-balance", "Low balance"),
        to if to.ends_with("0029") => return error(429, "1000", "Throttled"),
        _ => {}
    }
    let read =
        members.iter().map(|(name, value)| (name.clone(), value.as_str().map_or(value.to_string(), str::to_owned)));
    (problem(202, &json!({ "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab" })).0, Some(read.collect()))
}

/// Publish and GetSMSAttributes, with the signature that every request must have.
fn sns(place: &str, headers: &HeaderMap, body: &[u8]) -> (Response, Option<Read>) {
    let xml = |status: u16, body: String| {
        let status = StatusCode::from_u16(status).expect("a status");
        (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
    };
    let error = |status: u16, code: &str, words: &str| {
        let body = format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <Error>\n    <Type>Sender</Type>\n    \
             <Code>{code}</Code>\n    <Message>{words}</Message>\n  </Error>\n  <RequestId>r-1</RequestId>\n</ErrorResponse>\n"
        );
        (xml(status, body), None)
    };
    if !text(headers, "authorization").contains(&format!("Credential={ACCESS_KEY}/")) {
        return error(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    if place != "POST /" || !is_signed(headers, body) {
        return error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match");
    }
    let Some(read) = form(headers, body) else { return error(400, "MalformedQueryString", "no form") };
    let field = |name: &str| read.get(name).map_or("", String::as_str);
    let answer = |action: &str, inside: &str| {
        format!(
            "<{action}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <{action}Result>\n    {inside}\n  \
             </{action}Result>\n  <ResponseMetadata>\n    <RequestId>r-1</RequestId>\n  </ResponseMetadata>\n</{action}Response>\n"
        )
    };
    match (field("Action"), field("Version")) {
        ("GetSMSAttributes", "2010-03-31") => return (xml(200, answer("GetSMSAttributes", "<attributes/>")), None),
        ("Publish", "2010-03-31") => {}
        _ => return error(400, "InvalidAction", "Could not find operation"),
    }
    if !is_e164(field("PhoneNumber")) || field("PhoneNumber").ends_with("0001") {
        let words =
            format!("Invalid parameter: PhoneNumber Reason: {} is not valid to publish to", field("PhoneNumber"));
        return error(400, "InvalidParameter", &words);
    }
    if field("PhoneNumber").ends_with("0029") {
        return error(400, "Throttling", "Rate exceeded");
    }
    if field("Message").is_empty() {
        return error(400, "InvalidParameter", "Invalid parameter: Empty message");
    }
    // The attributes by their names; which number they have says nothing.
    let mut meant: Read = ["PhoneNumber", "Message"].map(|name| (name.to_owned(), field(name).to_owned())).into();
    for at in 1.. {
        let entry = format!("MessageAttributes.entry.{at}");
        let part = |name: &str| read.get(&format!("{entry}.{name}")).cloned();
        let Some(name) = part("Name") else { break };
        if part("Value.DataType").as_deref() != Some("String") {
            return error(400, "InvalidParameterValue", "The message attribute has no type.");
        }
        meant.insert(name, part("Value.StringValue").unwrap_or_default());
    }
    if read.len() != 2 + 2 + (meant.len() - 2) * 3 {
        return error(400, "InvalidParameter", "there is more in it than the documents say");
    }
    let id = "<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId>";
    (xml(200, answer("Publish", id)), Some(meant))
}

/// Amazon's signature, computed over whichever headers the request says that it signed, with another library than the server's.
fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let authorization = text(headers, "authorization");
    let part = |name: &str| {
        let rest = authorization.split_once(&format!("{name}=")).map_or("", |(_, rest)| rest);
        rest.split(',').next().unwrap_or_default().trim()
    };
    let (signed, signature) = (part("SignedHeaders"), part("Signature"));
    let Some((_, scope)) = part("Credential").split_once('/') else { return false };
    let date = text(headers, "x-amz-date");
    if ["host", "x-amz-date"].iter().any(|name| !signed.split(';').any(|it| it == *name)) || date.len() != 16 {
        return false;
    }
    if scope != format!("{}/{REGION}/sns/aws4_request", &date[..8]) {
        return false;
    }
    let lines: Vec<_> = signed.split(';').map(|name| format!("{name}:{}\n", text(headers, name).trim())).collect();
    let lines = lines.concat();
    let hash = |bytes: &[u8]| HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref());
    let request = format!("POST\n/\n\n{lines}\n{signed}\n{}", hash(body));
    let said = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hash(request.as_bytes()));
    let mac = |key: &[u8], text: &str| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes());
    let key =
        scope.split('/').fold(format!("AWS4{SECRET_KEY}").into_bytes(), |key, text| mac(&key, text).as_ref().to_vec());
    HEXLOWER.encode(mac(&key, &said).as_ref()) == signature
}
