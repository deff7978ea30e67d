//! What only the whole configuration shows: keys that need each other, exclude each other, or are too weak together.
//!
//! Each trouble comes with the key whose line it is told with.

use super::{Config, Mail, Tls};

/// Everything that is wrong, each with the key that it stands at; none where a key is missing altogether.
pub(super) fn troubles(config: &Config) -> Vec<(&'static [&'static str], String)> {
    let mut found: Vec<(&'static [&'static str], String)> = Vec::new();
    let h = config.hashing;
    // OWASP ASVS 5.0 appendix C: equal work by less memory and more passes.
    let least = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
    if !least.iter().any(|&(memory, passes)| h.memory_kib >= memory && h.passes >= passes) {
        let what = "`hashing` is weaker than OWASP ASVS 5.0 allows: at least 19456 KiB with 2 passes \
                    (or 47104 with 1, 12288 with 3, 9216 with 4, 7168 with 5)";
        found.push((&["hashing.passes", "hashing.memory_kib"], what.to_owned()));
    }
    if let Some(([one, other], what)) = config.mail.as_ref().and_then(Mail::trouble) {
        found.push((
            &["mail.user", "mail.password_file", "mail.dkim_selector", "mail.dkim_key_file", "mail.dkim_domain"],
            format!("`mail.{one}` and `mail.{other}` {what}"),
        ));
    }
    if let Some(what) = super::carriers::together(&config.carriers, config.mail.as_ref()) {
        found.push((&["carriers"], what));
    }
    if let Some(tls) = &config.tls {
        found.extend(of_tls(config, tls).map(|(keys, what)| (keys, what.to_owned())));
    }
    found
}

fn of_tls(config: &Config, tls: &Tls) -> Option<(&'static [&'static str], &'static str)> {
    const FILES: &[&str] = &["tls.certificate_file", "tls.key_file"];
    const ACME: &[&str] = &["tls.acme_directory", "tls.acme_contact", "tls.acme_ca_file"];
    let files = (tls.certificate_file.is_some(), tls.key_file.is_some());
    let acme = tls.acme_directory.is_some();
    if files.0 != files.1 {
        return Some((FILES, "`tls.certificate_file` and `tls.key_file` go together: give both"));
    }
    if files.0 && acme {
        return Some((
            ACME,
            "`tls` names certificate files and `tls.acme_directory`: keep the files, or take them out and \
                           let ACME fetch a certificate",
        ));
    }
    if !files.0 && !acme {
        let what = "`tls` needs `tls.certificate_file` and `tls.key_file`, or `tls.acme_directory`";
        return Some((&["tls.redirect_listen", "tls.acme_contact", "tls.acme_ca_file", "tls.acme_folder"], what));
    }
    if !config.is_https() {
        return Some((&["public_url"], "`public_url` must begin with https:// where [tls] is set"));
    }
    None
}
