//! A certificate that is fetched and renewed by ACME (RFC 8555), proved by TLS-ALPN-01 (RFC 8737) on the server's own port.
//!
//! The account and the certificate with its key lie in a folder of their own. It is renewed when two thirds of its time are over; what fails is tried again
//! after growing waits, since the servers of the public authorities count failures.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::{Shown, chain::Chain};
use crate::clock::Clock;
use crate::config;
use crate::model::{Timestamp, hours, time::Span};

/// Waits after the first, second … failure; the last one stays. At most five failures in an hour.
const WAITS: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(10),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(6),
];
/// How long one order may take in all.
const ORDER_WITHIN: Duration = Duration::from_mins(5);
/// How long the ACME server may take to look and to sign.
const SIGNED_WITHIN: Duration = Duration::from_mins(2);
/// A certificate that was fetched is kept for so long.
const AT_LEAST: Span = hours(1);
/// How often it is looked whether it is time; the clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Where the certificate comes from.
pub(super) struct Acme {
    host: String,
    directory: String,
    contact: Option<String>,
    ca_file: Option<PathBuf>,
    folder: PathBuf,
}

impl Acme {
    /// Makes the folder. Fails when others could read it.
    pub fn new(host: &str, directory: &str, tls: &config::Tls) -> Result<Self> {
        let folder = tls.acme_folder.clone();
        private_folder(&folder).with_context(|| format!("`tls.acme_folder`: {}", folder.display()))?;
        Ok(Self {
            host: host.to_owned(),
            directory: directory.to_owned(),
            contact: tls.acme_contact.as_ref().map(|address| format!("mailto:{address}")),
            ca_file: tls.acme_ca_file.clone(),
            folder,
        })
    }

    /// The certificate of last time, if it is there and for this host.
    pub fn kept(&self) -> Option<Chain> {
        let text = Zeroizing::new(fs::read(self.certificate_file()).ok()?);
        match Chain::read(&text, &text) {
            Ok(chain) if chain.is_for(&self.host) => Some(chain),
            Ok(_) => None,
            Err(error) => {
                let file = self.certificate_file();
                tracing::warn!(file = %file.display(), error = format!("{error:#}"), "the kept certificate cannot be used; another is fetched");
                None
            }
        }
    }

    /// Renews for ever.
    pub async fn keep(self, shown: &Shown, clock: &dyn Clock) {
        let mut due = self.kept().map_or(Timestamp(0), |chain| time_to_renew(&chain));
        let mut failures = 0_usize;
        loop {
            if clock.now() < due {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            let order = tokio::time::timeout(ORDER_WITHIN, self.order(shown)).await;
            shown.challenge(None);
            match order.unwrap_or_else(|_| Err(anyhow::anyhow!("the ACME server took too long"))) {
                Ok(chain) => {
                    tracing::info!(
                        host = self.host,
                        days = super::days_left(chain.not_after, clock.now()),
                        "a TLS certificate was fetched"
                    );
                    shown.show(&chain);
                    // Not at once again, whatever the clock says: authorities count certificates, too.
                    (due, failures) = (time_to_renew(&chain).max(clock.now() + AT_LEAST), 0);
                }
                Err(error) => {
                    let wait = WAITS[failures.min(WAITS.len() - 1)];
                    failures += 1;
                    tracing::error!(
                        error = format!("{error:#}"),
                        minutes = wait.as_secs() / 60,
                        "no TLS certificate could be fetched; tried again later"
                    );
                    if let Some(chain) = self.kept() {
                        chain.warn_of_its_end(clock.now());
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// One order from beginning to end.
    async fn order(&self, shown: &Shown) -> Result<Chain> {
        let account = self.account().await.context("the account at the ACME server")?;
        let mut order = account.new_order(&NewOrder::new(&[Identifier::Dns(self.host.clone())])).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                status => bail!("the ACME server calls the proof for {} {status:?}", self.host),
            }
            let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
                bail!("the ACME server does not offer tls-alpn-01");
            };
            let key = looked_at(&self.host, challenge.key_authorization().digest().as_ref())?;
            shown.challenge(Some(Arc::new(key)));
            challenge.set_ready().await?;
        }
        let patience = RetryPolicy::new().timeout(SIGNED_WITHIN);
        let status = order.poll_ready(&patience).await.context("the ACME server looked at this server")?;
        if status != OrderStatus::Ready {
            bail!("the ACME server did not get its proof: can it reach port 443 of {}?", self.host);
        }
        let key = Zeroizing::new(order.finalize().await?);
        let certificates = order.poll_certificate(&patience).await?;
        let chain = Chain::read(certificates.as_bytes(), key.as_bytes())?;
        let text = Zeroizing::new(format!("{}\n{certificates}", key.as_str()));
        // Shown in any case: a full disk must not keep people out. It is fetched again after the next start.
        if let Err(error) = write(&self.certificate_file(), text.as_bytes()) {
            tracing::error!(error = format!("{error:#}"), "the new TLS certificate could not be kept");
        }
        Ok(chain)
    }

    async fn account(&self) -> Result<Account> {
        let file = self.folder.join("account.json");
        let builder = || match &self.ca_file {
            Some(ca) => Account::builder_with_root(ca).with_context(|| ca.display().to_string()),
            None => Ok(Account::builder()?),
        };
        if let Ok(text) = fs::read(&file).map(Zeroizing::new) {
            let kept: Kept = serde_json::from_slice(&text).with_context(|| format!("{} is broken", file.display()))?;
            if kept.directory == self.directory {
                return Ok(builder()?.from_credentials(kept.credentials).await?);
            }
        }
        let contact: Vec<&str> = self.contact.iter().map(String::as_str).collect();
        let wanted = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
        let (account, credentials) = builder()?.create(&wanted, self.directory.clone(), None).await?;
        let kept = Kept { directory: self.directory.clone(), credentials };
        write(&file, &Zeroizing::new(serde_json::to_vec(&kept)?))?;
        Ok(account)
    }

    fn certificate_file(&self) -> PathBuf {
        self.folder.join(format!("{}.pem", self.host))
    }
}

/// The account, and where it is one.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    directory: String,
    credentials: AccountCredentials,
}

/// The certificate that the ACME server wants to see: for the host, with the proof in an extension of its own (RFC 8737, section 3).
fn looked_at(host: &str, proof: &[u8]) -> Result<CertifiedKey> {
    let mut wanted = CertificateParams::new(vec![host.to_owned()])?;
    wanted.custom_extensions = vec![CustomExtension::new_acme_identifier(proof)];
    let pair = KeyPair::generate()?;
    let certificate = wanted.self_signed(&pair)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(pair.serialize_der()));
    // Not `from_der`, which looks into the certificate and stops at the extension.
    Ok(CertifiedKey::new(vec![certificate.der().clone()], aws_lc_rs::sign::any_supported_type(&key)?))
}

/// When two thirds of its time are over.
fn time_to_renew(chain: &Chain) -> Timestamp {
    Timestamp(chain.not_after.0 - (chain.not_after.0 - chain.not_before.0) / 3)
}

fn private_folder(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).context("it cannot be made")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder)?.permissions().mode();
        if mode & 0o007 != 0 {
            bail!("everybody can look into it (mode {:04o}); run: chmod 700 {}", mode & 0o7777, folder.display());
        }
    }
    Ok(())
}

/// Writes the whole file or leaves the one before.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write as _;
    let half = file.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || {
        let mut to = options.open(&half)?;
        to.write_all(bytes)?;
        to.sync_all()?;
        fs::rename(&half, file)
    };
    write().with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::super::chain::tests::made;
    use super::*;

    fn acme(folder: &Path) -> Result<Acme> {
        let tls = config::Tls {
            certificate_file: None,
            key_file: None,
            acme_directory: Some("https://ca.example.jp/directory".to_owned()),
            acme_contact: None,
            acme_folder: folder.to_owned(),
            acme_ca_file: None,
            redirect_listen: None,
        };
        Acme::new("id.example.jp", "https://ca.example.jp/directory", &tls)
    }

    #[test]
    fn what_was_kept_is_used_again_if_it_is_for_this_host() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let acme = acme(&folder.path().join("acme")).expect("a private folder is made");
        assert!(acme.kept().is_none());
        for (host, is) in [("id.example.jp", true), ("other.example.jp", false)] {
            let (certificate, key) = made(&[host]);
            write(&acme.certificate_file(), format!("{key}{certificate}").as_bytes()).expect("written");
            assert_eq!(acme.kept().is_some(), is, "{host}");
        }
        let mode = fs::metadata(acme.certificate_file()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        write(&acme.certificate_file(), b"half of it").expect("written");
        assert!(acme.kept().is_none());
    }

    #[test]
    fn a_folder_that_everybody_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("opened");
        let why = acme(folder.path()).map(drop).expect_err("others can look in");
        assert!(format!("{why:#}").contains("chmod 700"), "{why:#}");
    }

    #[test]
    fn two_thirds_of_the_time_go_by_before_it_is_renewed() {
        let (certificate, key) = made(&["id.example.jp"]);
        let mut chain = Chain::read(certificate.as_bytes(), key.as_bytes()).expect("a certificate");
        (chain.not_before, chain.not_after) = (Timestamp(100), Timestamp(1_000));
        assert_eq!(time_to_renew(&chain), Timestamp(700));
    }
}
