//! A connection to the public address as a browser would make it, with the reason where a certificate is not taken, and one request on it.

use std::path::Path;
use std::sync::Arc;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::model::Timestamp;

/// Why there is no private connection.
pub(super) enum NoTls {
    /// The file of authorities cannot be read.
    CaFile(String),
    /// The certificate has ended.
    Expired,
    /// It begins later.
    NotYet,
    /// It is for other hosts.
    OtherHost,
    /// Nobody known has signed it.
    Unknown,
    /// Something else.
    Other(String),
}

/// The connection, and when its certificate ends.
pub(super) struct Private {
    pub stream: tokio_rustls::client::TlsStream<TcpStream>,
    pub ends: Option<Timestamp>,
}

pub(super) async fn private(tcp: TcpStream, host: &str, ca_file: Option<&Path>) -> Result<Private, NoTls> {
    let other = |error: &dyn std::fmt::Display| NoTls::Other(error.to_string());
    let mut roots = RootCertStore::empty();
    // What of the system's cannot be read is no authority; SSL_CERT_FILE names others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = ca_file {
        let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        roots.add_parsable_certificates(read.map_err(|error| NoTls::CaFile(error.to_string()))?);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config.map_err(|error| other(&error))?.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(host.to_owned()).map_err(|error| other(&error))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|error| why(&error))?;
    let ends = stream.get_ref().1.peer_certificates().and_then(|chain| ends(chain.first()?));
    Ok(Private { stream, ends })
}

fn why(error: &std::io::Error) -> NoTls {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(certificate)) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => NoTls::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => NoTls::NotYet,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => NoTls::OtherHost,
            CertificateError::UnknownIssuer => NoTls::Unknown,
            other => NoTls::Other(format!("{other:?}")),
        },
        Some(other) => NoTls::Other(other.to_string()),
        None => NoTls::Other(error.to_string()),
    }
}

fn ends(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Some(Timestamp(parsed.validity().not_after.timestamp().checked_mul(1_000_000)?))
}

/// Sends one request and answers its head; the body is not wanted.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<()>, String> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let driven = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| error.to_string());
    driven.abort();
    Ok(answer?.map(drop))
}
