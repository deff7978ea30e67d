//! What is asked of the server: HTTPS by the system's certificates or those that the configuration names; every request but the first signed, with
//! a number higher than every one before.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::Result;
use crate::forms::{
    ENROL, Enrol, Enrolled, HEADERS, LEAVE, LONGEST_WAIT, POLL, Poll, Polled, Purpose, RECEIPTS, Refused, Signed,
    request_text,
};
use crate::keys::{Own, digest, new_seed};
use crate::state::{Identity, State};

/// How long an answer may take besides what it was asked to wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an answer at most.
const LARGEST: u64 = 1_024 * 1_024;

/// The way to the server.
pub(crate) struct Client {
    server: String,
    agent: ureq::Agent,
}

/// Who asks, and how often it did.
pub(crate) struct Caller<'a> {
    identity: &'a Identity,
    own: Own,
    number: i64,
}

impl<'a> Caller<'a> {
    /// With numbers that are higher than those of every start before.
    pub fn begin(identity: &'a Identity, state: &State) -> Result<Self> {
        Ok(Self { identity, own: Own::read(&identity.seed)?, number: state.one_more_start()? << 32 })
    }

    /// The server has seen higher ones: this device was put back from a copy.
    pub fn skip(&mut self, state: &State) -> Result<()> {
        self.number = state.one_more_start()? << 32;
        Ok(())
    }

    pub fn own(&self) -> &Own {
        &self.own
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server is away or busy: later, and not before so many seconds.
    Later(String, u64),
    /// The device was taken out.
    Gone,
    /// The number was not high enough.
    Replayed,
    /// The server does not take this receipt.
    Receipt,
    /// There is something to be done first.
    Pending,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Later(why, _) => f.write_str(why),
            Self::Gone => f.write_str("the workplace took this device out"),
            Self::Replayed => f.write_str("the server has seen newer requests of this device"),
            Self::Receipt => f.write_str("the server does not take the receipt"),
            Self::Pending => f.write_str("there is something to be done first"),
        }
    }
}

/// What came of leaving.
pub(crate) enum Left {
    Done,
    Pending,
}

impl Client {
    pub fn new(server: &str, ca_file: Option<&Path>) -> Result<Self> {
        let server = server.trim_end_matches('/');
        let local = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
        if !server.starts_with("https://") && !local.iter().any(|local| server.starts_with(local)) {
            return Err(format!("{server}: the server's address begins with https://"));
        }
        let certificates = match ca_file {
            Some(file) => from_file(file)?,
            None if server.starts_with("http://") => Vec::new(),
            None => {
                let found = rustls_native_certs::load_native_certs();
                let all = found.certs.iter().map(|one| Certificate::from_der(one).to_owned());
                all.collect()
            }
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(PATIENCE))
            .timeout_global(Some(PATIENCE + Duration::from_secs(LONGEST_WAIT)))
            .user_agent(concat!("aikagi-agent/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { server: server.to_owned(), agent: config.into() })
    }

    /// Enrols this device with a key that is made for it.
    pub fn enrol(&self, code: &str, name: &str, platform: &str) -> Result<Identity> {
        let seed = new_seed()?;
        let own = Own::read(&seed)?;
        let mut asked = Enrol {
            code: code.to_owned(),
            name: name.to_owned(),
            platform: platform.to_owned(),
            public_key: own.public(),
            proof: String::new(),
        };
        asked.proof = own.sign(Purpose::Enrolment, &asked.text());
        let body = serde_json::to_vec(&asked).map_err(|why| why.to_string())?;
        let (status, text) = self.post(ENROL, &[], &body).map_err(|why| why.to_string())?;
        if status == 403 {
            return Err("the server does not take this code: it is mistyped, used, or more than a day old".to_owned());
        }
        if status != 201 {
            return Err(format!("the server answers {status}"));
        }
        let enrolled: Enrolled = serde_json::from_str(&text).map_err(|why| format!("the server's answer: {why}"))?;
        Ok(Identity {
            server: self.server.clone(),
            agent: enrolled.agent,
            workspace: enrolled.workspace,
            workspace_name: enrolled.workspace_name,
            member: enrolled.member,
            login: enrolled.login,
            command_key: enrolled.command_key,
            seed,
            gone: false,
        })
    }

    /// What is to be done; answers when there is something, or after a while.
    pub fn poll(&self, caller: &mut Caller<'_>, holding: Vec<String>) -> std::result::Result<Polled, Trouble> {
        let text = self.signed(caller, POLL, &Poll { wait: LONGEST_WAIT, holding })?;
        serde_json::from_str(&text).map_err(|why| Trouble::Later(format!("the server's answer: {why}"), 0))
    }

    /// Tells what was done.
    pub fn tell(&self, caller: &mut Caller<'_>, receipt: &Signed) -> std::result::Result<(), Trouble> {
        self.signed(caller, RECEIPTS, receipt).map(drop)
    }

    /// This device does not come again.
    pub fn leave(&self, caller: &mut Caller<'_>) -> Result<Left> {
        match self.signed(caller, LEAVE, &serde_json::json!({})) {
            Ok(_) | Err(Trouble::Gone) => Ok(Left::Done),
            Err(Trouble::Pending) => Ok(Left::Pending),
            Err(why) => Err(why.to_string()),
        }
    }

    fn signed(
        &self,
        caller: &mut Caller<'_>,
        path: &str,
        body: &impl serde::Serialize,
    ) -> std::result::Result<String, Trouble> {
        let body = serde_json::to_vec(body).map_err(|why| Trouble::Later(why.to_string(), 0))?;
        caller.number += 1;
        let (agent, number) = (caller.identity.agent.as_str(), caller.number);
        let signature = caller.own.sign(Purpose::Request, &request_text(path, agent, number, &digest(&body)));
        let [whose, nth, by] = HEADERS;
        let headers = [(whose, agent.to_owned()), (nth, number.to_string()), (by, signature)];
        let (status, text) = self.post(path, &headers, &body)?;
        let word = || serde_json::from_str::<Refused>(&text).map(|refused| refused.error).unwrap_or_default();
        Err(match (status, word().as_str()) {
            (200..=299, _) => return Ok(text),
            (410, "gone") => Trouble::Gone,
            (409, "replayed") => Trouble::Replayed,
            (409, "pending") => Trouble::Pending,
            (422, "receipt") => Trouble::Receipt,
            (429 | 503, word) => Trouble::Later(format!("the server answers {status} {word}"), 5),
            (_, word) => Trouble::Later(format!("the server answers {status} {word}"), 60),
        })
    }

    fn post(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> std::result::Result<(u16, String), Trouble> {
        let mut request = self.agent.post(format!("{}{path}", self.server)).content_type("application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let away = |why: ureq::Error| Trouble::Later(format!("the server cannot be reached: {why}"), 0);
        let mut response = request.send(body).map_err(away)?;
        let text = response.body_mut().with_config().limit(LARGEST).read_to_string().map_err(away)?;
        Ok((response.status().as_u16(), text))
    }
}

fn from_file(file: &Path) -> Result<Vec<Certificate<'static>>> {
    let failed = |why: &dyn std::fmt::Display| format!("`ca_file` {}: {why}", file.display());
    let pem = std::fs::read(file).map_err(|why| failed(&why))?;
    let mut all = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(one) = item.map_err(|why| failed(&why))? {
            all.push(one);
        }
    }
    if all.is_empty() { Err(failed(&"no certificate is in it")) } else { Ok(all) }
}
