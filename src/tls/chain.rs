//! A certificate with those that lead to its root and its private key, read from PEM (RFC 7468).

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use super::days_left;
use crate::model::Timestamp;

/// Fewer days than this are worth a warning: whoever renews by ACME has done it by then.
const SOON: i64 = 14;

/// A certificate that can be shown.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub key: Arc<CertifiedKey>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    names: Vec<String>,
}

impl Chain {
    /// Reads both and sees that they belong together.
    pub fn read(certificates: &[u8], key: &[u8]) -> Result<Self> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .context("the certificate is not PEM")?;
        let Some(leaf) = chain.first() else { bail!("there is no certificate in it (PEM, `BEGIN CERTIFICATE`)") };
        let (_, parsed) = X509Certificate::from_der(leaf).context("the certificate cannot be read")?;
        let times = [parsed.validity().not_before, parsed.validity().not_after];
        let [not_before, not_after] = times.map(|time| Timestamp(time.timestamp().saturating_mul(1_000_000)));
        let names = names(&parsed);
        let key = PrivateKeyDer::from_pem_slice(key).context("there is no private key in it (PEM)")?;
        let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())
            .context("the private key does not fit the certificate")?;
        Ok(Self { key: Arc::new(key), not_before, not_after, names })
    }

    /// Whether browsers take it for this host (RFC 6125: a star stands for one label).
    pub fn is_for(&self, host: &str) -> bool {
        let parent = host.split_once('.').map(|(_, parent)| parent);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(under) => parent.is_some_and(|parent| parent.eq_ignore_ascii_case(under)),
            None => name.eq_ignore_ascii_case(host),
        })
    }

    /// Says so in the log when it has ended, ends soon, or has not begun.
    pub fn warn_of_its_end(&self, now: Timestamp) {
        let days = days_left(self.not_after, now);
        if now < self.not_before {
            tracing::error!("the TLS certificate is not valid yet: is the clock right?");
        } else if days < 0 {
            tracing::error!("the TLS certificate has ended: browsers refuse the server until it is renewed");
        } else if days < SOON {
            tracing::warn!(days, "the TLS certificate ends soon");
        }
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = names.value.general_names.iter();
    names
        .filter_map(|name| if let GeneralName::DNSName(name) = name { Some((*name).to_owned()) } else { None })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A certificate and its key, as files hold them.
    pub fn made(names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_certificate_goes_with_its_own_key_only() {
        let (one, two) = (made(&["id.example.jp"]), made(&["id.example.jp"]));
        let chain = Chain::read(one.0.as_bytes(), one.1.as_bytes()).expect("they belong together");
        assert!(chain.not_before < chain.not_after);
        for (certificate, key, word) in [
            (&one.0, &two.1, "does not fit"),
            (&one.1, &one.1, "no certificate"),
            (&one.0, &one.0, "no private key"),
            (&String::new(), &one.1, "no certificate"),
            (&one.0.replace("MII", "AAA"), &one.1, "cannot be read"),
        ] {
            let why = format!("{:#}", Chain::read(certificate.as_bytes(), key.as_bytes()).expect_err(word));
            assert!(why.contains(word), "{word}: {why}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let (certificate, key) = made(&["id.example.jp", "*.example.com"]);
        let chain = Chain::read(certificate.as_bytes(), key.as_bytes()).expect("a certificate");
        for (host, is) in [
            ("id.example.jp", true),
            ("ID.example.jp", true),
            ("x.id.example.jp", false),
            ("id.example.com", true),
            ("a.id.example.com", false),
            ("example.com", false),
            ("", false),
        ] {
            assert_eq!(chain.is_for(host), is, "{host}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(any: Vec<u8>, cut in 0..600_usize) {
            let (certificate, key) = made(&["id.example.jp"]);
            let _ = (Chain::read(&any, &any), Chain::read(&certificate.as_bytes()[..cut.min(certificate.len())], key.as_bytes()));
        }
    }
}
