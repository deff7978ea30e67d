//! Somebody's client: the JSON API over real HTTP. It knows three ends of a request: done, refused, and nobody knows.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// How a request ended.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 2xx: it is done.
    Done(Value),
    /// 4xx: it is not done, with the problem's last word.
    Refused(u16, String),
    /// 5xx or no answer at all: it is done or not. The status, where there was one.
    Lost(Option<u16>, String),
}

impl Answer {
    #[track_caller]
    pub fn done(self) -> Value {
        match self {
            Self::Done(value) => value,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn is_refused(&self, word: &str) {
        assert!(matches!(self, Self::Refused(_, said) if said == word), "not `{word}` but {self:?}");
    }

    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Refused(_, word) | Self::Lost(_, word) => word,
            Self::Done(_) => "done",
        }
    }
}

/// A client at an address of its own.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    from: String,
}

impl Client {
    /// A client that a proxy on this machine saw at `from`.
    pub fn at(from: &str) -> Self {
        Self { http: builder().build().expect("a client"), from: from.to_owned() }
    }

    /// A client that really comes from this address of this machine, and trusts this certificate.
    pub fn really_at(from: IpAddr, certificate: &[u8], forged: &str) -> Self {
        let certificate = reqwest::Certificate::from_pem(certificate).expect("a certificate");
        let here: SocketAddr = ([127, 0, 0, 1], 0).into();
        let builder = builder().local_address(from).tls_certs_only([certificate]).resolve("id.example.jp", here);
        let http = builder.build().expect("a client");
        Self { http, from: forged.to_owned() }
    }

    /// Sends one request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let request = if self.from.is_empty() { request } else { request.header("X-Forwarded-For", &self.from) };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Answer::Lost(None, format!("{error:?}")),
        };
        let status = response.status();
        let body = match response.text().await {
            Ok(body) => body,
            Err(error) => return Answer::Lost(None, format!("{error:?}")),
        };
        if status.is_success() {
            return Answer::Done(serde_json::from_str(&body).unwrap_or(Value::Null));
        }
        let problem: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
        let word = problem["type"].as_str().and_then(|word| word.rsplit(':').next()).unwrap_or(&body).to_owned();
        if status.is_client_error() {
            let word = if word == "invalid-fields" { format!("{}", problem["errors"][0]["code"]) } else { word };
            Answer::Refused(status.as_u16(), word.trim_matches('"').to_owned())
        } else {
            Answer::Lost(Some(status.as_u16()), word)
        }
    }

    pub fn request(&self, method: Method, base: &str, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{base}/api/v1/{path}"))
    }

    /// Opens a page; answers its status.
    pub async fn page(&self, base: &str, path: &str) -> Answer {
        self.send(self.http.get(format!("{base}{path}"))).await
    }

    pub async fn sign_in(&self, base: &str, login: &str, password: &str) -> Answer {
        let body = json!({ "login": format!("{login}@acme"), "password": password });
        self.send(self.request(Method::POST, base, "sign-in").json(&body)).await
    }

    pub async fn session(&self, base: &str, token: &str) -> Answer {
        self.send(self.request(Method::GET, base, "session").bearer_auth(token)).await
    }

    pub async fn sign_out(&self, base: &str, token: &str) -> Answer {
        self.send(self.request(Method::DELETE, base, "session").bearer_auth(token)).await
    }

    pub async fn end_others(&self, base: &str, token: &str) -> Answer {
        self.send(self.request(Method::DELETE, base, "sessions").bearer_auth(token)).await
    }

    pub async fn change_password(&self, base: &str, token: &str, current: &str, password: &str) -> Answer {
        let body = json!({ "current": current, "password": password });
        self.send(self.request(Method::POST, base, "me/password").bearer_auth(token).json(&body)).await
    }

    pub async fn start_recovery(&self, base: &str, kind: &str, address: &str) -> Answer {
        let body = json!({ "workspace": "acme", "kind": kind, "address": address });
        self.send(self.request(Method::POST, base, "recovery").json(&body)).await
    }

    pub async fn resend(&self, base: &str, handle: &str) -> Answer {
        self.send(self.request(Method::POST, base, "recovery/resend").header("Aikagi-Recovery", handle)).await
    }

    pub async fn check_code(&self, base: &str, handle: &str, code: &str) -> Answer {
        let request = self.request(Method::POST, base, "recovery/check").header("Aikagi-Recovery", handle);
        self.send(request.json(&json!({ "code": code }))).await
    }

    pub async fn set_password(&self, base: &str, handle: &str, id: &str, password: &str) -> Answer {
        let request = self.request(Method::POST, base, "recovery/password").header("Aikagi-Recovery", handle);
        self.send(request.json(&json!({ "id": id, "password": password }))).await
    }
}

fn builder() -> reqwest::ClientBuilder {
    // A connection for each request, as most people's clients meet a proxy.
    reqwest::Client::builder().pool_max_idle_per_host(0).timeout(Duration::from_secs(25)).no_proxy()
}

/// A text in an answer.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
