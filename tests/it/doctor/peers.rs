//! What stands around a server: a proxy that speaks TLS and is set up rightly or wrongly, and a name server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};
use tokio_rustls::TlsAcceptor;

/// Where the proxy's own connections come from, so that it is not taken for who asks.
pub const PROXY: &str = "127.0.0.9";

/// An authority of the story's own.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub file: PathBuf,
}

impl Authority {
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let file = folder.join("ca.pem");
        std::fs::write(&file, issuer.pem()).expect("written");
        Self { issuer, file }
    }

    /// A certificate for `host` until the day `until` (year, month, day).
    pub fn acceptor(&self, host: &str, until: (i32, u8, u8)) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![host.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = config.expect("versions").with_no_client_auth();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What the proxy does with the header that says who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Forwards {
    /// Writes the client's address, whatever stood there.
    Overwrites,
    /// Puts the client's address behind what stood there.
    Appends,
    /// Lets through what the client wrote.
    Nothing,
    /// Takes the header away.
    Removes,
}

/// Passes requests on to `backend`, in the clear, as proxies do.
pub async fn proxy(
    listener: TcpListener,
    tls: TlsAcceptor,
    backend: SocketAddr,
    forwards: Forwards,
    host: Option<&'static str>,
) {
    while let Ok((tcp, client)) = listener.accept().await {
        let tls = tls.clone();
        tokio::spawn(async move {
            let Ok(mut outside) = tls.accept(tcp).await else { return };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = outside.read_u8().await else { return };
                head.push(byte);
            }
            let head = String::from_utf8(head).expect("ASCII");
            let mut lines: Vec<String> = Vec::new();
            let mut claimed = None;
            for line in head.trim_end().split("\r\n") {
                let (name, value) = line.split_once(": ").unwrap_or((line, ""));
                match name.to_ascii_lowercase().as_str() {
                    "x-forwarded-for" => claimed = Some(value.to_owned()),
                    "host" => lines.push(format!("host: {}", host.unwrap_or(value))),
                    _ => lines.push(line.to_owned()),
                }
            }
            let says = match (forwards, claimed) {
                (Forwards::Overwrites, _) | (Forwards::Appends, None) => Some(client.ip().to_string()),
                (Forwards::Appends, Some(claimed)) => Some(format!("{claimed}, {}", client.ip())),
                (Forwards::Nothing, claimed) => claimed,
                (Forwards::Removes, _) => None,
            };
            lines.extend(says.map(|says| format!("x-forwarded-for: {says}")));
            lines.push("connection: close".to_owned());
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::new(PROXY.parse().expect("an address"), 0)).expect("bound");
            let Ok(mut inside) = socket.connect(backend).await else {
                outside.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await.ok();
                outside.shutdown().await.ok();
                return;
            };
            inside.write_all(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes()).await.ok();
            tokio::io::copy_bidirectional(&mut outside, &mut inside).await.ok();
        });
    }
}

/// Answers plain HTTP with a redirect to `to`, or with a page.
pub async fn plain(listener: TcpListener, to: Option<&'static str>) {
    while let Ok((mut tcp, _)) = listener.accept().await {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = tcp.read_u8().await else { break };
            head.push(byte);
        }
        let answer = match to {
            Some(to) => format!("HTTP/1.1 308 Permanent Redirect\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
            None => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
        };
        tcp.write_all(answer.as_bytes()).await.ok();
        tcp.shutdown().await.ok();
    }
}

/// What the name server knows: name and kind (TXT 16, MX 15), and the texts there.
pub type Zone = BTreeMap<(&'static str, u16), Vec<&'static str>>;

/// A name server (RFC 1035) that answers by UDP for this zone and says of all other names that they do not exist.
pub async fn name_server(zone: Zone) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("its address");
    tokio::spawn(async move {
        let mut question = [0; 1_500];
        while let Ok((length, from)) = socket.recv_from(&mut question).await {
            let answer = answer(&zone, &question[..length]);
            socket.send_to(&answer, from).await.ok();
        }
    });
    address
}

fn answer(zone: &Zone, message: &[u8]) -> Vec<u8> {
    let (mut at, mut labels) = (12, Vec::new());
    while message[at] != 0 {
        let end = at + 1 + usize::from(message[at]);
        labels.push(String::from_utf8_lossy(&message[at + 1..end]).to_ascii_lowercase());
        at = end;
    }
    let kind = u16::from_be_bytes([message[at + 1], message[at + 2]]);
    let question = &message[12..at + 5];
    let name = labels.join(".");
    let records = zone.iter().find(|((known, of), _)| *known == name && *of == kind).map(|(_, texts)| texts);
    let exists = zone.keys().any(|(known, _)| *known == name);
    let count = u16::try_from(records.map_or(0, Vec::len)).expect("few");
    let mut out = message[..2].to_vec();
    // An answer with authority, to a question that wanted recursion; 3 is "no such name".
    out.extend([0x85, if exists { 0x80 } else { 0x83 }, 0, 1]);
    out.extend(count.to_be_bytes());
    out.extend([0, 0, 0, 0]);
    out.extend(question);
    for text in records.into_iter().flatten() {
        let data = if kind == 15 {
            let mut data = vec![0, 10];
            for label in text.split('.') {
                data.push(u8::try_from(label.len()).expect("short"));
                data.extend(label.bytes());
            }
            data.push(0);
            data
        } else {
            // In parts, as long texts are.
            let parts = text.as_bytes().chunks(20);
            parts.flat_map(|part| [&[u8::try_from(part.len()).expect("short")], part].concat()).collect()
        };
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        out.extend(data);
    }
    out
}
