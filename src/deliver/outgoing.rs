//! Requests to programs elsewhere. The name is looked up here, once, and what is connected to is an address that was checked:
//! a name that leads to the inside of the house leads nowhere, whatever it says a moment later.
//!
//! One connection for each request; no redirect is followed, no proxy of the environment asked, and of the answer little is read.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::public_address::is_public;
use crate::config::Webhooks;

/// How long the way there may take, and all together.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const DONE_WITHIN: Duration = Duration::from_secs(15);
/// How long an answer's body may take after its head.
const READ_WITHIN: Duration = Duration::from_secs(3);
/// How much of the answer to a webhook is read, and how large an answer's head may be.
const BODY: usize = 1_024;
const HEAD: usize = 16 * 1_024;
/// How many addresses of a name are tried.
const ADDRESSES: usize = 3;

/// What the operator allows beyond what is plainly public.
#[derive(Debug, Clone, Default)]
pub struct OutgoingSettings {
    /// Networks that may be reached though they are not public.
    pub networks: Vec<IpNet>,
    /// Ports; 443 where there is none.
    pub ports: Vec<u16>,
    /// Authorities (PEM) beside the system's.
    pub ca_file: Option<PathBuf>,
}

impl OutgoingSettings {
    /// What the configuration says.
    pub fn of(config: &Webhooks) -> Self {
        let Webhooks { networks, ports, ca_file } = config.clone();
        Self { networks, ports, ca_file }
    }

    /// For an address that the operator wrote: whatever it leads to, on the port that it names. In the clear to this machine only.
    pub fn of_operator(port: u16, ca_file: Option<PathBuf>) -> Self {
        let everywhere = [(IpAddr::from([0; 4]), 0), (IpAddr::from([0; 16]), 0), (IpAddr::from([127, 0, 0, 0]), 8)];
        let networks = everywhere.into_iter().filter_map(|(address, bits)| IpNet::new(address, bits).ok()).collect();
        Self { networks, ports: vec![port], ca_file }
    }

    /// Reads an address. What it leads to is looked at anew at each request.
    pub fn target(&self, typed: &str) -> Result<Target, BadTarget> {
        let uri: Uri = typed.trim().parse().map_err(|_| BadTarget::Unreadable)?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(BadTarget::NotHttps),
            None => return Err(BadTarget::Unreadable),
        };
        let authority = uri.authority().ok_or(BadTarget::Unreadable)?;
        if authority.as_str().contains('@') {
            return Err(BadTarget::User);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() || !typed.is_ascii() {
            return Err(BadTarget::Unreadable);
        }
        let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
        // In the clear only to this machine itself, where the operator has opened it for trying out.
        let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let may_be_plain = is_here && self.allows_loopback();
        if !https && !may_be_plain {
            return Err(BadTarget::NotHttps);
        }
        if https && !self.allows_port(port) {
            return Err(BadTarget::Port);
        }
        if host.parse().is_ok_and(|address: IpAddr| !self.allows(address)) {
            return Err(BadTarget::Inside);
        }
        Ok(Target { uri, host, port, https })
    }

    fn allows_loopback(&self) -> bool {
        self.networks.iter().any(|network| network.addr().is_loopback())
    }

    fn allows_port(&self, port: u16) -> bool {
        if self.ports.is_empty() { port == 443 } else { self.ports.contains(&port) }
    }

    /// Whether this address may be connected to.
    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Looks names up. Tests have one of their own.
pub trait Names: Send + Sync + 'static {
    /// The addresses of a name.
    fn look_up<'a>(&'a self, host: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>>;
}

/// The system's.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up<'a>(&'a self, host: &'a str) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// Where a request may go, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    uri: Uri,
    host: String,
    port: u16,
    https: bool,
}

impl Target {
    /// Host and port as they were written: what the header `Host` says.
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", hyper::http::uri::Authority::as_str)
    }
}

/// Why an address is none that requests go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadTarget {
    /// No address of the web.
    Unreadable,
    /// Not by https.
    NotHttps,
    /// It names a user or a password.
    User,
    /// A port that the operator has not allowed.
    Port,
    /// An address that is not public, written as numbers.
    Inside,
}

/// What is asked.
#[derive(Clone)]
pub struct Question {
    /// How.
    pub method: Method,
    /// Beside those that every request has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Nothing where it is empty.
    pub body: Vec<u8>,
    /// How much of the answer's body is read.
    pub most: usize,
}

/// An answer as it came.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The first of the body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The first of the body, what of it can be read.
    pub text: String,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The address is refused, now and later.
    #[error("{0}")]
    Refused(&'static str),
    /// It may go another time: it did not leave.
    #[error("{0}")]
    Later(String),
    /// It left, and whether it was heard nobody knows.
    #[error("{0}")]
    Unheard(String),
}

/// Sends requests.
#[derive(Clone)]
pub struct Outgoing {
    /// What the operator allows.
    pub settings: OutgoingSettings,
    names: Arc<dyn Names>,
    tls: Arc<ClientConfig>,
}

impl Outgoing {
    /// With the system's names and authorities. Fails where the file of authorities cannot be read.
    pub fn new(settings: OutgoingSettings) -> std::io::Result<Self> {
        Self::with_names(settings, Arc::new(SystemNames))
    }

    /// The same with other names.
    pub fn with_names(settings: OutgoingSettings, names: Arc<dyn Names>) -> std::io::Result<Self> {
        let tls = Arc::new(tls(settings.ca_file.as_deref(), &[b"http/1.1"])?);
        Ok(Self { settings, names, tls })
    }

    /// Sends `body` as JSON, with these headers.
    pub async fn post(
        &self,
        target: &Target,
        headers: &[(HeaderName, HeaderValue)],
        body: String,
    ) -> Result<Answer, Failed> {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let headers = std::iter::once(json).chain(headers.iter().cloned()).collect();
        let question = Question { method: Method::POST, headers, body: body.into_bytes(), most: BODY };
        let reply = self.ask(target, question).await?;
        Ok(Answer { status: reply.status, text: shown(&reply.body) })
    }

    /// Sends a request and gives the answer as it came.
    pub async fn ask(&self, target: &Target, question: Question) -> Result<Reply, Failed> {
        let most = question.most;
        let left = std::sync::atomic::AtomicBool::new(false);
        let whole = async {
            let tcp = self.connect(target).await?;
            let later = |error: &dyn std::fmt::Display| Failed::Later(error.to_string());
            let request = request(target, question).map_err(|_| Failed::Refused("the address cannot be asked"))?;
            if !target.https {
                left.store(true, Ordering::Relaxed);
                return send(tcp, request).await;
            }
            let name = ServerName::try_from(target.host.clone()).map_err(|error| later(&error))?;
            let tls = TlsConnector::from(self.tls.clone()).connect(name, tcp);
            let tls = tls.await.map_err(|error| Failed::Later(format!("no TLS: {error}")))?;
            left.store(true, Ordering::Relaxed);
            send(tls, request).await
        };
        let answered = tokio::time::timeout(DONE_WITHIN, whole).await;
        let late = "no answer in time".to_owned();
        let (answer, _connection) = match answered {
            Ok(answered) => answered?,
            Err(_) if left.load(Ordering::Relaxed) => return Err(Failed::Unheard(late)),
            Err(_) => return Err(Failed::Later(late)),
        };
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Reply { status, headers, body: read(answer.into_body(), most).await })
    }

    /// A connection to an address of the name that may be reached.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Failed> {
        let found = if let Ok(address) = target.host.parse() {
            vec![address]
        } else {
            let found = tokio::time::timeout(CONNECT_WITHIN, self.names.look_up(&target.host)).await;
            match found {
                Ok(Ok(found)) if !found.is_empty() => found,
                _ => return Err(Failed::Later("the name leads nowhere".to_owned())),
            }
        };
        let open =
            |address: &IpAddr| self.settings.allows(*address) && (target.https || address.to_canonical().is_loopback());
        let open: Vec<IpAddr> = found.into_iter().filter(open).take(ADDRESSES).collect();
        if open.is_empty() {
            return Err(Failed::Refused("the address is not public"));
        }
        let mut why = "nothing answers there".to_owned();
        for address in open {
            let connecting = TcpStream::connect(SocketAddr::new(address, target.port));
            match tokio::time::timeout(CONNECT_WITHIN, connecting).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(error)) => why = format!("no connection: {}", error.kind()),
                Err(_) => "no connection in time".clone_into(&mut why),
            }
        }
        Err(Failed::Later(why))
    }
}

/// TLS with the system's authorities and those of the file.
pub(super) fn tls(ca_file: Option<&std::path::Path>, protocols: &[&[u8]]) -> std::io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    // What of the system's cannot be read is no authority.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        roots.add_parsable_certificates(read.map_err(std::io::Error::other)?);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.map_err(std::io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

fn request(target: &Target, question: Question) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let path = target.uri.path_and_query().map_or("/", hyper::http::uri::PathAndQuery::as_str);
    let mut request = Request::builder()
        .method(&question.method)
        .uri(path)
        .header(HOST, target.authority())
        .header(USER_AGENT, concat!("Aikagi/", env!("CARGO_PKG_VERSION")));
    if question.method != Method::GET {
        request = request.header(CONTENT_LENGTH, question.body.len());
    }
    for (name, value) in question.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(question.body)))
}

/// Gives the answer's head, and what ends the connection when it is dropped, however far the other side has come.
async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(hyper::Response<hyper::body::Incoming>, AbortOnDrop), Failed> {
    let later = |error: hyper::Error| Failed::Unheard(format!("no answer: {error}"));
    let mut client = hyper::client::conn::http1::Builder::new();
    client.max_buf_size(HEAD);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(later)?;
    let end = AbortOnDrop(tokio::spawn(connection).abort_handle());
    Ok((sender.send_request(request).await.map_err(later)?, end))
}

/// The first of a body. The status has come; a body that breaks off or goes on for ever changes nothing about it.
async fn read(mut body: hyper::body::Incoming, most: usize) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                read.extend_from_slice(&data[..data.len().min(most - read.len())]);
            }
            if read.len() >= most {
                break;
            }
        }
    };
    tokio::time::timeout(READ_WITHIN, reading).await.ok();
    read
}

/// What of an answer a person can read, on one line.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(networks: &[&str], ports: &[u16]) -> OutgoingSettings {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        OutgoingSettings { networks, ports: ports.to_vec(), ca_file: None }
    }

    #[test]
    fn an_address_is_https_on_its_own_port_and_names_nobody() {
        let plain = outgoing(&[], &[]);
        for good in ["https://hooks.example.jp/a?b=c", "https://hooks.example.jp:443/", "https://8.8.8.8/x"] {
            assert!(plain.target(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", BadTarget::Unreadable),
            ("hooks.example.jp/a", BadTarget::Unreadable),
            ("/a", BadTarget::Unreadable),
            ("https://", BadTarget::Unreadable),
            ("https://合鍵.jp/", BadTarget::Unreadable),
            ("https://a b/", BadTarget::Unreadable),
            ("http://hooks.example.jp/", BadTarget::NotHttps),
            ("http://127.0.0.1/", BadTarget::NotHttps),
            ("ftp://hooks.example.jp/", BadTarget::NotHttps),
            ("file:///etc/passwd", BadTarget::Unreadable),
            ("https://me:secret@hooks.example.jp/", BadTarget::User),
            ("https://hooks.example.jp@127.0.0.1/", BadTarget::User),
            ("https://hooks.example.jp:8443/", BadTarget::Port),
            ("https://hooks.example.jp:22/", BadTarget::Port),
            ("https://127.0.0.1/", BadTarget::Inside),
            ("https://[::1]/", BadTarget::Inside),
            ("https://[::ffff:10.0.0.1]/", BadTarget::Inside),
            ("https://169.254.169.254/latest/meta-data", BadTarget::Inside),
        ] {
            assert_eq!(plain.target(bad), Err(why), "{bad}");
        }
        let tried_out = outgoing(&["127.0.0.0/8"], &[443, 8443]);
        assert!(tried_out.target("http://127.0.0.1:9000/").is_ok());
        assert!(tried_out.target("https://hooks.example.jp:8443/").is_ok());
        assert_eq!(tried_out.target("http://10.0.0.1/"), Err(BadTarget::NotHttps));
        assert_eq!(tried_out.target("http://hooks.example.jp/"), Err(BadTarget::NotHttps));
    }

    #[test]
    fn what_is_shown_of_an_answer_is_one_short_line() {
        assert_eq!(shown(b"no\r\n\x1b[31m such\0 page"), "no [31m such page");
        assert_eq!(shown(&[0xff; 9]).chars().count(), 9);
        assert_eq!(shown("あ".repeat(500).as_bytes()).chars().count(), 200);
    }
}
