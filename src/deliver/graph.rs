//! Microsoft Graph, as far as a lost device that Intune manages needs it: what is known of the device, and the two actions "wipe" and "retire".
//!
//! Built from the published documents (Microsoft Graph v1.0, `managedDevice`; OAuth 2.0 client credentials, RFC 6749, 4.4) and never tried on the real
//! service. What the service says in words goes nowhere; its codes do.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Uri};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::outgoing::{Failed, Outgoing, OutgoingSettings, Question, Reply};
use super::sms_http::plain_code;
use crate::model::{Timestamp, WipeWhat, minutes, seconds, time::Span};

/// How much of an answer is read.
const ANSWER: usize = 64 * 1_024;
/// The longest wait that the service may ask for, in seconds.
const LONGEST_WAIT: i64 = 3_600;
/// A token is not used in its last minutes.
const LAST: Span = minutes(5);
/// What is asked about a device.
const FIELDS: &str = "id,deviceName,operatingSystem,userId,userPrincipalName,enrolledDateTime,deviceActionResults";

/// What a workspace signs in with: an application of its own directory, with the permission
/// `DeviceManagementManagedDevices.PrivilegedOperations.All`.
#[derive(Clone, Serialize, Deserialize, zeroize::ZeroizeOnDrop)]
pub struct Credentials {
    /// The directory: an id or a domain.
    pub tenant: String,
    /// The application's id.
    pub client: String,
    /// Its secret.
    pub secret: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// A device as the service tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Its name there.
    #[serde(default)]
    pub name: String,
    /// What it runs on.
    #[serde(default)]
    pub system: String,
    /// Whose it is there: an id, by which it is known again.
    #[serde(default)]
    pub user: String,
    /// The same as a person reads it.
    #[serde(default)]
    pub user_name: String,
    /// Since when it is managed; another time is another enrolment.
    #[serde(default)]
    pub enrolled: String,
}

impl Known {
    /// Whether it is the same enrolment for the same user.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.user, &self.enrolled) == (&other.user, &other.enrolled)
    }
}

/// How far an action has come, as the service tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is told of it.
    Untold,
    /// It waits for the device, or is under way.
    UnderWay,
    /// It is done.
    Done,
    /// It failed.
    Failed,
    /// The device cannot, or somebody called it off there.
    Refused,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Another time: a word for the page, and how long the service asks to wait.
    Later(String, Option<Span>),
    /// The request left, and whether it was heard nobody knows.
    Unheard(String),
    /// The service refuses this very request.
    Refused(String),
}

/// Where the service is.
pub struct Graph {
    url: String,
    sign_in: String,
    ca_file: Option<PathBuf>,
    outgoing: OnceLock<[Outgoing; 2]>,
    tokens: Mutex<HashMap<[u8; 32], Held>>,
}

impl Graph {
    /// At these addresses, which the operator wrote.
    pub fn new(url: &str, sign_in: &str, ca_file: Option<PathBuf>) -> Self {
        let [url, sign_in] = [url, sign_in].map(|url| url.trim_end_matches('/').to_owned());
        Self { url, sign_in, ca_file, outgoing: OnceLock::new(), tokens: Mutex::default() }
    }

    /// What the service knows of the device; none where it knows none.
    pub async fn device(
        &self,
        access: &Credentials,
        device: &str,
        now: Timestamp,
    ) -> Result<Option<(Known, Value)>, Trouble> {
        let path = format!("/deviceManagement/managedDevices/{device}?$select={FIELDS}");
        let reply = self.ask(access, Method::GET, &path, None, now).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        let about = read(&reply)?;
        let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        let known = Known {
            name: text("deviceName"),
            system: text("operatingSystem"),
            user: text("userId"),
            user_name: text("userPrincipalName"),
            enrolled: text("enrolledDateTime"),
        };
        Ok(Some((known, about)))
    }

    /// How far the action has come that was requested at `since`, by what [`device`](Self::device) answered; where that says nothing of it, by
    /// the device's state, which not every version of the service tells.
    pub async fn progress(
        &self,
        access: &Credentials,
        (device, about): (&str, &Value),
        (what, since): (WipeWhat, Timestamp),
        now: Timestamp,
    ) -> Result<Progress, Trouble> {
        let told = by_results(about, what, since);
        if told != Progress::Untold {
            return Ok(told);
        }
        let path = format!("/deviceManagement/managedDevices/{device}");
        let reply = self.ask(access, Method::GET, &path, None, now).await?;
        if reply.status == 404 {
            return Ok(Progress::Untold);
        }
        Ok(by_state(&read(&reply)?, what))
    }

    /// Has it wiped, or only the workplace's data there removed ("retire").
    pub async fn act(
        &self,
        access: &Credentials,
        device: &str,
        what: WipeWhat,
        now: Timestamp,
    ) -> Result<String, Trouble> {
        let (action, body) = match what {
            WipeWhat::Device => ("wipe", Some(json!({ "keepEnrollmentData": false, "keepUserData": false }))),
            WipeWhat::Data => ("retire", None),
            WipeWhat::SignOut => return Err(Trouble::Refused("no such action".to_owned())),
        };
        let path = format!("/deviceManagement/managedDevices/{device}/{action}");
        let reply = self.ask(access, Method::POST, &path, body, now).await?;
        match reply.status {
            200..=299 => Ok(format!("HTTP {}", reply.status)),
            _ => Err(trouble(&reply)),
        }
    }

    /// Whether the service lets us in and shows devices.
    pub async fn try_out(&self, access: &Credentials, now: Timestamp) -> Result<(), Trouble> {
        let path = "/deviceManagement/managedDevices?$select=id&$top=1";
        let reply = self.ask(access, Method::GET, path, None, now).await?;
        read(&reply).map(drop)
    }

    async fn ask(
        &self,
        access: &Credentials,
        method: Method,
        path: &str,
        body: Option<Value>,
        now: Timestamp,
    ) -> Result<Reply, Trouble> {
        let token = self.token(access, now).await?;
        let bearer = Zeroizing::new(format!("Bearer {}", *token));
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| later("the token cannot be sent"))?;
        bearer.set_sensitive(true);
        let mut headers = vec![(AUTHORIZATION, bearer)];
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        if !body.is_empty() {
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        }
        let reply = self.send(0, &format!("{}{path}", self.url), method, headers, body).await?;
        if reply.status == 401 {
            // What it was let in with was withdrawn: the next try asks for another.
            self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(&mark(access));
        }
        Ok(reply)
    }

    /// A token, from before or anew.
    async fn token(&self, access: &Credentials, now: Timestamp) -> Result<Zeroizing<String>, Trouble> {
        let mark = mark(access);
        if let Some((token, until)) = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&mark)
            && *until > now
        {
            return Ok(token.clone());
        }
        let url: Uri = self.url.parse().map_err(|_| later("the address of the service is none"))?;
        let place = url.authority().map(hyper::http::uri::Authority::as_str).unwrap_or_default();
        let scope = format!("{}://{place}/.default", url.scheme_str().unwrap_or("https"));
        let form = Zeroizing::new(
            form_urlencoded::Serializer::new(String::new())
                .append_pair("client_id", &access.client)
                .append_pair("client_secret", &access.secret)
                .append_pair("scope", &scope)
                .append_pair("grant_type", "client_credentials")
                .finish(),
        );
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
        let at = format!("{}/{}/oauth2/v2.0/token", self.sign_in, access.tenant);
        let reply = self.send(1, &at, Method::POST, headers, form.as_bytes().to_vec()).await?;
        if reply.status != 200 {
            let Ok(Value::Object(said)) = serde_json::from_slice(&reply.body) else { return Err(trouble(&reply)) };
            let code = said.get("error").and_then(Value::as_str).and_then(plain_code).unwrap_or_default();
            return Err(Trouble::Later(format!("HTTP {} {code}", reply.status).trim_end().to_owned(), wait(&reply)));
        }
        let said: Issued = serde_json::from_slice(&reply.body).map_err(|_| later("the token cannot be read"))?;
        let token = Zeroizing::new(said.access_token);
        let until = now + seconds(said.expires_in.clamp(0, 86_400)) - LAST;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, (_, until)| *until > now);
        tokens.insert(mark, (token.clone(), until));
        Ok(token)
    }

    /// Through the first door to the service, through the second to where one signs in.
    async fn send(
        &self,
        door: usize,
        url: &str,
        method: Method,
        headers: Vec<(HeaderName, HeaderValue)>,
        body: Vec<u8>,
    ) -> Result<Reply, Trouble> {
        let outgoing = self.outgoing().map_err(|error| later(&error.to_string()))?;
        let outgoing = &outgoing[door];
        let target = outgoing.settings.target(url).map_err(|_| later("the address of the service is none"))?;
        outgoing.ask(&target, Question { method, headers, body, most: ANSWER }).await.map_err(|failed| match failed {
            Failed::Refused(why) => later(why),
            Failed::Later(why) => Trouble::Later(why, None),
            Failed::Unheard(why) => Trouble::Unheard(why),
        })
    }

    /// Made when they are first needed: reading a system's authorities takes time, and most servers never need them here.
    fn outgoing(&self) -> std::io::Result<&[Outgoing; 2]> {
        if let Some(made) = self.outgoing.get() {
            return Ok(made);
        }
        let door = |url: &str| {
            let uri = url.parse::<Uri>().ok();
            let plain = uri.as_ref().is_some_and(|uri| uri.scheme_str() == Some("http"));
            let port = uri.and_then(|uri| uri.port_u16()).unwrap_or(if plain { 80 } else { 443 });
            Outgoing::new(OutgoingSettings::of_operator(port, self.ca_file.clone()))
        };
        let made = [door(&self.url)?, door(&self.sign_in)?];
        Ok(self.outgoing.get_or_init(|| made))
    }
}

/// A token, and until when it is used.
type Held = (Zeroizing<String>, Timestamp);

/// A token's answer (RFC 6749, 5.1).
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    #[serde(default)]
    expires_in: i64,
}

/// Which credentials a token is of, without them.
fn mark(access: &Credentials) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [&access.tenant, &access.client, &access.secret] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn later(why: &str) -> Trouble {
    Trouble::Later(why.to_owned(), None)
}

fn read(reply: &Reply) -> Result<Value, Trouble> {
    if reply.status != 200 {
        return Err(trouble(reply));
    }
    serde_json::from_slice(&reply.body).map_err(|_| later("the answer cannot be read"))
}

/// What a status other than the wanted one means. Whether we are let in can change; what is wrong with the request itself does not.
fn trouble(reply: &Reply) -> Trouble {
    let said: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let code = said["error"]["code"].as_str().and_then(plain_code).unwrap_or_default();
    let why = format!("HTTP {} {code}", reply.status).trim_end().to_owned();
    match reply.status {
        401 | 403 | 408 | 425 | 429 => Trouble::Later(why, wait(reply)),
        400..=499 => Trouble::Refused(why),
        _ => Trouble::Later(why, wait(reply)),
    }
}

/// How long the service asks to wait, in seconds.
fn wait(reply: &Reply) -> Option<Span> {
    let asked = reply.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<i64>().ok()?;
    Some(seconds(asked.clamp(1, LONGEST_WAIT)))
}

/// By the list of what was done to the device: the newest of this kind that began since then, the service's clock a minute off at most.
fn by_results(about: &Value, what: WipeWhat, since: Timestamp) -> Progress {
    let names: &[&str] = match what {
        WipeWhat::Device => &["wipe", "factoryReset"],
        WipeWhat::Data => &["retire", "removeCompanyData"],
        WipeWhat::SignOut => &[],
    };
    let from = since - minutes(1);
    let Some(results) = about["deviceActionResults"].as_array() else { return Progress::Untold };
    let its = results.iter().filter_map(|result| {
        let begun: jiff::Timestamp = result["startDateTime"].as_str()?.parse().ok()?;
        let name = result["actionName"].as_str()?;
        let is_its = names.iter().any(|known| known.eq_ignore_ascii_case(name)) && begun.as_microsecond() >= from.0;
        is_its.then(|| (begun, result["actionState"].as_str().unwrap_or_default()))
    });
    match its.max_by_key(|(begun, _)| *begun).map(|(_, state)| state) {
        None => Progress::Untold,
        Some("done") => Progress::Done,
        Some("failed") => Progress::Failed,
        Some("canceled" | "notSupported") => Progress::Refused,
        Some(_) => Progress::UnderWay,
    }
}

/// By the device's state of management.
fn by_state(about: &Value, what: WipeWhat) -> Progress {
    match (about["managementState"].as_str().unwrap_or_default(), what) {
        ("wipePending" | "wipeIssued", WipeWhat::Device) | ("retirePending" | "retireIssued", WipeWhat::Data) => {
            Progress::UnderWay
        }
        ("wipeFailed", WipeWhat::Device) | ("retireFailed", WipeWhat::Data) => Progress::Failed,
        ("wipeCanceled", WipeWhat::Device) | ("retireCanceled", WipeWhat::Data) => Progress::Refused,
        _ => Progress::Untold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_result_of_this_kind_since_it_was_asked_for_counts() {
        let asked = Timestamp("2026-11-24T06:00:00Z".parse::<jiff::Timestamp>().expect("a time").as_microsecond());
        let result = |name: &str, state: &str, at: &str| json!({ "actionName": name, "actionState": state, "startDateTime": at });
        let about = |results: Vec<Value>| json!({ "deviceActionResults": results });
        let old = result("wipe", "done", "2026-11-01T06:00:00Z");
        assert_eq!(by_results(&about(vec![old.clone()]), WipeWhat::Device, asked), Progress::Untold);
        let lock = result("remoteLock", "done", "2026-11-24T06:01:00Z");
        let new = result("wipe", "pending", "2026-11-24T05:59:00.1234567Z");
        let both = about(vec![old, new, lock]);
        assert_eq!(by_results(&both, WipeWhat::Device, asked), Progress::UnderWay);
        assert_eq!(by_results(&both, WipeWhat::Data, asked), Progress::Untold);
        for (state, means) in [
            ("done", Progress::Done),
            ("failed", Progress::Failed),
            ("notSupported", Progress::Refused),
            ("canceled", Progress::Refused),
            ("active", Progress::UnderWay),
            ("unknownFutureValue", Progress::UnderWay),
        ] {
            let about = about(vec![result("retire", state, "2026-11-24T06:00:01Z")]);
            assert_eq!(by_results(&about, WipeWhat::Data, asked), means, "{state}");
        }
        assert_eq!(by_results(&json!({}), WipeWhat::Data, asked), Progress::Untold);
        assert_eq!(by_state(&json!({ "managementState": "wipeIssued" }), WipeWhat::Device), Progress::UnderWay);
        assert_eq!(by_state(&json!({ "managementState": "wipeIssued" }), WipeWhat::Data), Progress::Untold);
        assert_eq!(by_state(&json!({}), WipeWhat::Device), Progress::Untold);
    }

    #[test]
    fn nothing_shows_the_secret() {
        let access = Credentials { tenant: "t".into(), client: "c".into(), secret: "hidden".into() };
        assert!(!format!("{access:?}").contains("hidden"));
    }
}
