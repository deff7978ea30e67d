//! The certificate from two files, which something else renews: they are read again when they have changed. What cannot be used is said in the log,
//! and the one before goes on.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use super::{Shown, chain::Chain};
use crate::clock::Clock;
use crate::config::read::private_text;
use crate::model::Timestamp;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often it is said that the certificate ends soon.
const WARN_EVERY: i64 = 86_400_000_000;

/// Where they are.
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    pub fn new(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_owned(), key: key.to_owned() }
    }

    /// Reads both.
    pub fn read(&self) -> Result<Chain> {
        let certificate =
            fs::read(&self.certificate).with_context(|| format!("{} cannot be read", self.certificate.display()))?;
        let key = Zeroizing::new(private_text(&self.key).map_err(anyhow::Error::msg)?);
        Chain::read(&certificate, key.as_bytes())
            .with_context(|| format!("{} and {}", self.certificate.display(), self.key.display()))
    }

    /// Looks for ever.
    pub async fn keep(self, shown: &Shown, clock: &dyn Clock) {
        // Nothing seen yet: what changed since the start was read is not passed over.
        let mut watch = Watch { stamps: [None; 2], warned: clock.now() };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look(&mut watch, shown, clock.now());
        }
    }

    fn look(&self, watch: &mut Watch, shown: &Shown, now: Timestamp) {
        let stamps = self.stamps();
        let changed = stamps != watch.stamps;
        if !changed && now.0 - watch.warned.0 < WARN_EVERY {
            return;
        }
        watch.warned = now;
        match self.read() {
            Ok(chain) => {
                if changed {
                    tracing::info!("the TLS certificate was read again");
                    watch.stamps = stamps;
                }
                shown.show(&chain);
                chain.warn_of_its_end(now);
            }
            // The next look tries again: one of the two may not be there yet.
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "the new TLS certificate cannot be used; the old one stays"
                );
            }
        }
    }

    /// What changes when a file is replaced or written to: modification time and length, of what a link leads to.
    fn stamps(&self) -> [Option<(std::time::SystemTime, u64)>; 2] {
        [&self.certificate, &self.key].map(|path| {
            let data = fs::metadata(path).ok()?;
            Some((data.modified().ok()?, data.len()))
        })
    }
}

/// What was seen at the last look.
struct Watch {
    stamps: [Option<(std::time::SystemTime, u64)>; 2],
    warned: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::super::chain::tests::made;
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("private");
        path
    }

    fn serial(shown: &Shown) -> Vec<u8> {
        let now = shown.now.read().expect("no panic");
        now.as_ref().expect("a certificate").end_entity_cert().expect("the first").to_vec()
    }

    #[test]
    fn a_renewed_certificate_is_shown_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, two) = (made(&["id.example.jp"]), made(&["id.example.jp", "other.example.jp"]));
        let place =
            |pair: &(String, String)| (write(folder.path(), "c.pem", &pair.0), write(folder.path(), "k.pem", &pair.1));
        let (certificate, key) = place(&one);
        let (files, shown) = (Files::new(&certificate, &key), Shown::default());
        shown.show(&files.read().expect("usable"));
        let first = serial(&shown);
        let mut watch = Watch { stamps: files.stamps(), warned: Timestamp(0) };

        // Halfway: the certificate is there, its key is not.
        write(folder.path(), "c.pem", &two.0);
        files.look(&mut watch, &shown, Timestamp(1));
        assert_eq!(serial(&shown), first, "the old one stays");
        place(&two);
        files.look(&mut watch, &shown, Timestamp(2));
        let second = serial(&shown);
        assert_ne!(second, first);

        write(folder.path(), "k.pem", "");
        files.look(&mut watch, &shown, Timestamp(3));
        fs::remove_file(&certificate).expect("gone");
        files.look(&mut watch, &shown, Timestamp(4));
        assert_eq!(serial(&shown), second);
        place(&one);
        files.look(&mut watch, &shown, Timestamp(5));
        assert_eq!(serial(&shown), first);
    }

    #[test]
    fn a_key_that_everybody_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = made(&["id.example.jp"]);
        let (certificate, key) = (write(folder.path(), "c.pem", &certificate), write(folder.path(), "k.pem", &key));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("open");
        let why = format!("{:#}", Files::new(&certificate, &key).read().expect_err("everybody can read it"));
        assert!(why.contains("chmod 600"), "{why}");
    }
}
