//! TLS of the server's own, where no proxy speaks it: the certificate comes from files (`files`) or by ACME (`acme`) and is replaced while
//! the server runs.
//!
//! `Shown` is what handshakes see. A connection that only asks for `acme-tls/1` is the ACME server's look (RFC 8737): it is shown the
//! challenge's certificate and nothing is served to it.

mod acme;
mod chain;
mod files;
mod redirect;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use anyhow::{Context as _, Result};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

pub use self::redirect::to_https;
use self::{acme::Acme, chain::Chain, files::Files};
use crate::{
    clock::Clock,
    config::{self, Config},
    model::Timestamp,
};

/// A handshake that takes longer than this is given up.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// What the ACME server asks for when it looks (RFC 8737, section 6.2).
const ACME_PROTOCOL: &[u8] = b"acme-tls/1";

/// The certificates that handshakes see.
#[derive(Debug, Default)]
struct Shown {
    now: RwLock<Option<Arc<CertifiedKey>>>,
    challenge: Mutex<Option<Arc<CertifiedKey>>>,
}

impl Shown {
    /// From now on handshakes see this one.
    fn show(&self, chain: &Chain) {
        // Read by those who watch: a certificate that nobody renewed is seen before it ends.
        #[expect(clippy::cast_precision_loss, reason = "seconds of this century are exact")]
        metrics::gauge!("aikagi_certificate_not_after_seconds").set((chain.not_after.0 / 1_000_000) as f64);
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Some(chain.key.clone());
    }

    fn challenge(&self, key: Option<Arc<CertifiedKey>>) {
        *self.challenge.lock().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let looks = hello.alpn().is_some_and(|mut asked| asked.all(|protocol| protocol == ACME_PROTOCOL));
        if looks {
            return self.challenge.lock().unwrap_or_else(PoisonError::into_inner).clone();
        }
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Turns connections into private ones.
#[derive(Clone)]
pub struct Door(TlsAcceptor);

impl Door {
    /// The private connection; none where the handshake failed, took too long, or was only the ACME server's look.
    pub async fn enter<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> Option<TlsStream<S>> {
        let stream = match tokio::time::timeout(HANDSHAKE_WITHIN, self.0.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            // What strangers send to an open port is nothing to log by default.
            Ok(Err(error)) => {
                tracing::debug!(%error, "no TLS was agreed on");
                return None;
            }
            Err(_) => return None,
        };
        (stream.get_ref().1.alpn_protocol() != Some(ACME_PROTOCOL)).then_some(stream)
    }
}

/// Whoever sees to it that the certificate stays good.
pub struct Keeper {
    source: Source,
    shown: Arc<Shown>,
    clock: Arc<dyn Clock>,
}

enum Source {
    Files(Files),
    Acme(Box<Acme>),
}

impl Keeper {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let work = async {
            match self.source {
                Source::Files(files) => files.keep(&self.shown, &*self.clock).await,
                Source::Acme(acme) => acme.keep(&self.shown, &*self.clock).await,
            }
        };
        tokio::select! { () = stop.cancelled() => {}, () = work => {} }
    }
}

/// Opens the door as the configuration says. Files that cannot be used stop the start; a certificate that is still to be fetched does not.
pub fn open(config: &Config, tls: &config::Tls, clock: Arc<dyn Clock>) -> Result<(Door, Keeper)> {
    let shown = Arc::new(Shown::default());
    let source = match (&tls.certificate_file, &tls.key_file, &tls.acme_directory) {
        (Some(certificate), Some(key), _) => {
            let files = Files::new(certificate, key);
            let chain = files.read().context("`tls`")?;
            chain.warn_of_its_end(clock.now());
            if !chain.is_for(config.host()) {
                tracing::warn!(host = config.host(), "`tls.certificate_file` is not for the host of `public_url`");
            }
            shown.show(&chain);
            Source::Files(files)
        }
        (_, _, Some(directory)) => {
            let acme = Acme::new(config.host(), directory, tls)?;
            if let Some(chain) = acme.kept() {
                shown.show(&chain);
            }
            Source::Acme(Box::new(acme))
        }
        _ => anyhow::bail!("`tls` names neither files nor an ACME server"),
    };
    let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(shown.clone());
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    if matches!(source, Source::Acme(_)) {
        server.alpn_protocols.push(ACME_PROTOCOL.to_vec());
    }
    Ok((Door(TlsAcceptor::from(Arc::new(server))), Keeper { source, shown, clock }))
}

/// Days left until then, rounded down; negative once it is over.
fn days_left(until: Timestamp, now: Timestamp) -> i64 {
    (until.0 - now.0).div_euclid(86_400_000_000)
}
