//! Who takes the lines of the logs: a receiver by TLS, TCP or UDP, or a file. Some lines go at once and count as taken together.
//!
//! Syslog has no answer. So a connection carries some lines and is ended, and only when the receiver ends it, too, has it read them all: what
//! was on its way when it was killed is sent again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;

use super::line::Line;
use super::outgoing::tls;
use crate::config::{Siem, SiemForm};

/// How long some lines may take in all.
const WITHIN: Duration = Duration::from_secs(30);
/// How long it must keep the connection after the last line.
const STAYS_FOR: Duration = Duration::from_millis(250);
/// How long the receiver may take to end the connection.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);

/// Takes lines.
pub struct Receiver {
    place: Place,
    format: SiemForm,
    host: String,
}

enum Place {
    Tls(String, u16, Arc<ClientConfig>),
    Tcp(String, u16),
    Udp(String, u16),
    File(PathBuf),
}

impl Receiver {
    /// The one of the configuration; `host` is what lines say they come from. Fails where the file of authorities cannot be read.
    pub fn new(siem: &Siem, host: &str) -> std::io::Result<Self> {
        let bad = || std::io::Error::other("`siem.to` is no receiver");
        let place = if let Some(path) = siem.to.strip_prefix("file:") {
            Place::File(PathBuf::from(path))
        } else {
            let (scheme, place) = siem.to.split_once("://").ok_or_else(bad)?;
            let (name, port) = place.rsplit_once(':').ok_or_else(bad)?;
            let name = name.trim_start_matches('[').trim_end_matches(']').to_owned();
            let port = port.parse().map_err(|_| bad())?;
            match scheme {
                "tls" => Place::Tls(name, port, Arc::new(tls(siem.ca_file.as_deref(), &[])?)),
                "tcp" => Place::Tcp(name, port),
                "udp" => Place::Udp(name, port),
                _ => return Err(bad()),
            }
        };
        Ok(Self { place, format: siem.format, host: host.to_owned() })
    }

    /// Hands all of these over. Where it fails some may have been taken.
    pub async fn take(&self, lines: &[Line]) -> std::io::Result<()> {
        let lines: Vec<String> = lines
            .iter()
            .map(|line| match self.format {
                SiemForm::Syslog => line.to_syslog(&self.host),
                SiemForm::Json => line.to_json(&self.host),
            })
            .collect();
        let late = |_| std::io::Error::from(std::io::ErrorKind::TimedOut);
        tokio::time::timeout(WITHIN, self.hand_over(lines)).await.map_err(late)?
    }

    /// Whether it would take lines now: begins and ends as if there were some.
    pub async fn knock(&self) -> std::io::Result<()> {
        match &self.place {
            Place::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || can_be_written(&path)).await.map_err(std::io::Error::other)?
            }
            Place::Udp(name, port) => tokio::net::lookup_host((name.as_str(), *port)).await.map(drop),
            Place::Tls(..) | Place::Tcp(..) => self.hand_over(Vec::new()).await,
        }
    }

    async fn hand_over(&self, lines: Vec<String>) -> std::io::Result<()> {
        match &self.place {
            Place::Tls(name, port, config) => {
                let tcp = TcpStream::connect((name.as_str(), *port)).await?;
                let server = ServerName::try_from(name.clone()).map_err(std::io::Error::other)?;
                write(TlsConnector::from(config.clone()).connect(server, tcp).await?, &self.framed(&lines)).await
            }
            Place::Tcp(name, port) => {
                write(TcpStream::connect((name.as_str(), *port)).await?, &self.framed(&lines)).await
            }
            Place::Udp(name, port) => {
                let place = tokio::net::lookup_host((name.as_str(), *port)).await?.next();
                let place = place.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
                let from = if place.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                let socket = UdpSocket::bind(from).await?;
                for line in &lines {
                    socket.send_to(line.as_bytes(), place).await?;
                }
                Ok(())
            }
            Place::File(path) => {
                let (path, text) = (path.clone(), each_on_its_own(&lines));
                tokio::task::spawn_blocking(move || append(&path, text.as_bytes()))
                    .await
                    .map_err(std::io::Error::other)?
            }
        }
    }

    /// For a stream: by counting octets (RFC 6587 §3.4.1, RFC 5425 §4.3), or each JSON object on a line of its own.
    fn framed(&self, lines: &[String]) -> Vec<u8> {
        match self.format {
            SiemForm::Syslog => lines.iter().flat_map(|line| format!("{} {line}", line.len()).into_bytes()).collect(),
            SiemForm::Json => each_on_its_own(lines).into_bytes(),
        }
    }
}

fn each_on_its_own(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// Writes all, says that this was all, and waits until the receiver, which has read to the end, goes.
async fn write(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    let mut nothing = [0; 256];
    // One that goes before it was told that this was all has not read it: it was killed, or does not want it.
    match tokio::time::timeout(STAYS_FOR, stream.read(&mut nothing)).await {
        Ok(Ok(0)) => return Err(std::io::Error::other("the receiver ended the connection too soon")),
        Ok(Err(error)) => return Err(error),
        Ok(Ok(_)) | Err(_) => {}
    }
    stream.shutdown().await?;
    let gone = async {
        loop {
            match stream.read(&mut nothing).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // TLS that is ended without saying so: nothing of the receiver's is wanted, so nothing can be missing.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    };
    let late = |_| std::io::Error::other("the receiver does not end the connection when all was sent");
    tokio::time::timeout(CLOSE_WITHIN, gone).await.map_err(late)?
}

fn append(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Opened anew each time, so that it may be moved away.
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Changes nothing, since whoever only looks asks, too.
fn can_be_written(path: &std::path::Path) -> std::io::Result<()> {
    match std::fs::OpenOptions::new().append(true).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(std::path::Path::new("."));
            Ok(rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?)
        }
        opened => opened.map(drop),
    }
}
