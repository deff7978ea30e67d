//! What the sender's domain says of its mail in the DNS: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), and where answers go (MX). Carriers
//! and large mailboxes refuse or hide mail of a domain that says nothing.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use zeroize::Zeroizing;

use super::{Doctor, Finding, in_time, shown};
use crate::config::read::private_text;
use crate::deliver::dkim::{Signer, is_key_of};
use crate::model::EmailAddress;

const CHECK: &str = "sender";

pub(super) async fn look(doctor: &Doctor) -> Vec<Finding> {
    let senders = senders(doctor);
    if senders.is_empty() {
        return Vec::new();
    }
    let resolver = match resolver(doctor) {
        Ok(resolver) => resolver,
        Err(error) => {
            let what = format!("no name server can be asked ({error})");
            return vec![Finding::broken(CHECK, what, "see /etc/resolv.conf")];
        }
    };
    let names = Names(resolver);
    let each = senders.iter().map(|sender| of_sender(doctor, &names, sender));
    let (found, returned) = tokio::join!(join_all(each), returned(doctor, &names));
    [found.concat(), returned].concat()
}

/// A domain that mail comes from, with the keys that sign it.
struct Sender {
    domain: String,
    /// Each as it is set up, and whether a mail server is without one.
    keys: Vec<DkimKey>,
    unsigned: bool,
}

struct DkimKey {
    selector: String,
    domain: String,
    file: PathBuf,
}

/// The domains of all mail servers, each once.
fn senders(doctor: &Doctor) -> Vec<Sender> {
    let mut senders: Vec<Sender> = Vec::new();
    for mail in doctor.config.mail_servers() {
        let Some(domain) = domain(&mail.from) else { continue };
        let at = senders.iter().position(|sender| sender.domain == domain).unwrap_or_else(|| {
            senders.push(Sender { domain: domain.clone(), keys: Vec::new(), unsigned: false });
            senders.len() - 1
        });
        match (&mail.dkim_selector, &mail.dkim_key_file) {
            (Some(selector), Some(file)) => senders[at].keys.push(DkimKey {
                selector: selector.clone(),
                domain: mail.dkim_domain.clone().unwrap_or(domain),
                file: file.clone(),
            }),
            _ => senders[at].unsigned = true,
        }
    }
    senders
}

async fn of_sender(doctor: &Doctor, names: &Names, sender: &Sender) -> Vec<Finding> {
    let domain = &sender.domain;
    let (spf, dkim, dmarc, mx) = tokio::join!(
        in_time(CHECK, "the name server", async { vec![spf(names, domain).await] }),
        in_time(CHECK, "the name server", async {
            let mut found = join_all(sender.keys.iter().map(|key| dkim_key(names, key))).await;
            // What a provider signs is looked at by its name only.
            if sender.unsigned {
                found.push(dkim(names, domain, doctor.options.dkim_selector.as_deref()).await);
            }
            found
        }),
        in_time(CHECK, "the name server", async { vec![dmarc(names, domain).await] }),
        in_time(CHECK, "the name server", async { vec![mx(names, domain).await] }),
    );
    [spf, dkim, dmarc, mx].concat()
}

/// The domain that returned mail comes to: it stands in the envelope, so that SPF is asked of it, and without MX nothing comes.
async fn returned(doctor: &Doctor, names: &Names) -> Vec<Finding> {
    let Some(bounces) = &doctor.config.bounces else { return Vec::new() };
    let (spf, mx) = tokio::join!(
        in_time(CHECK, "the name server", async { vec![spf(names, &bounces.domain).await] }),
        in_time(CHECK, "the name server", async { vec![mx(names, &bounces.domain).await] }),
    );
    [spf, mx].concat()
}

/// The domain behind `Name <address>` or an address.
fn domain(from: &str) -> Option<String> {
    let bare = from.rsplit_once('<').map_or(from, |(_, rest)| rest.trim_end_matches('>'));
    Some(EmailAddress::parse(bare.trim()).ok()?.domain().to_owned())
}

fn resolver(doctor: &Doctor) -> Result<TokioResolver, NetError> {
    let mut builder = match doctor.options.name_server {
        None => TokioResolver::builder_tokio()?,
        Some(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                *connection = ConnectionConfig::new(connection.protocol.clone());
                connection.port = address.port();
            }
            let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    builder.options_mut().timeout = Duration::from_secs(2);
    builder.options_mut().attempts = 1;
    builder.build()
}

struct Names(TokioResolver);

impl Names {
    /// The records of this kind; none where there are none.
    async fn all(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, Finding> {
        match self.0.lookup(format!("{name}."), kind).await {
            Ok(lookup) => Ok(lookup.answers().iter().map(|record| record.data.clone()).collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(Finding::broken(
                CHECK,
                format!("the name server does not say what {name} has ({error})"),
                "see whether the name server works: host -t txt",
            )),
        }
    }

    /// Texts of this name, the parts of each put together.
    async fn texts(&self, name: &str) -> Result<Vec<String>, Finding> {
        let records = self.all(name, RecordType::TXT).await?;
        let text = |record: RData| match record {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(records.into_iter().filter_map(text).collect())
    }
}

/// Whether a record begins with this version, as a word.
fn is_version(text: &str, version: &str) -> bool {
    let rest = text.get(..version.len()).filter(|head| head.eq_ignore_ascii_case(version));
    rest.is_some() && text[version.len()..].chars().next().is_none_or(|c| c == ' ' || c == ';')
}

async fn spf(names: &Names, domain: &str) -> Finding {
    let texts = match names.texts(domain).await {
        Ok(texts) => texts,
        Err(finding) => return finding,
    };
    let records: Vec<_> = texts.iter().filter(|text| is_version(text, "v=spf1")).collect();
    let record = match records[..] {
        [record] => record.to_ascii_lowercase(),
        [] => {
            let what =
                format!("{domain} has no SPF record: anybody may send in its name, and much of its mail is refused");
            return Finding::warning(
                CHECK,
                what,
                "add a text record to it: v=spf1 with your mail server, and -all at its end",
            );
        }
        _ => {
            let what = format!("{domain} has {} SPF records, which counts as a fault (RFC 7208)", records.len());
            return Finding::broken(CHECK, what, "put them together into one");
        }
    };
    let terms: Vec<_> = record.split_ascii_whitespace().skip(1).collect();
    if terms.iter().any(|term| matches!(*term, "+all" | "all")) {
        let what = format!("the SPF record of {domain} allows the whole world to send in its name (+all)");
        return Finding::broken(CHECK, what, "end it with -all or ~all");
    }
    let ends = terms.iter().any(|term| matches!(*term, "-all" | "~all") || term.starts_with("redirect="));
    if !ends {
        let what = format!("the SPF record of {domain} says nothing of those whom it does not name");
        return Finding::warning(CHECK, what, "end it with -all or ~all");
    }
    Finding::ok(CHECK, format!("{domain} has one SPF record, which ends with a rule for everybody else"))
}

async fn dkim(names: &Names, domain: &str, selector: Option<&str>) -> Finding {
    let Some(selector) = selector else {
        let what = format!("whether mail of {domain} is signed (DKIM) was not looked at: the selector is not known");
        return Finding::warning(CHECK, what, "give it: --dkim-selector NAME, as your mail provider calls it");
    };
    let name = format!("{selector}._domainkey.{domain}");
    let texts = match names.texts(&name).await {
        Ok(texts) => texts,
        Err(finding) => return finding,
    };
    let tag = |text: &str| {
        let mut tags = text.split(';').filter_map(|tag| tag.split_once('='));
        tags.find(|(name, _)| name.trim() == "p").map(|(_, key)| key.split_whitespace().collect::<String>())
    };
    match texts.iter().find_map(|text| tag(text)) {
        Some(key) if key.is_empty() => Finding::broken(
            CHECK,
            format!("the DKIM key {name} is withdrawn (p= is empty)"),
            "name the selector in use, or publish its key",
        ),
        Some(_) => Finding::ok(CHECK, format!("the DKIM key {name} is there")),
        None => Finding::broken(
            CHECK,
            format!("there is no DKIM key at {name}: signed mail cannot be checked"),
            "publish the key that your mail server or provider signs with, or mend the selector",
        ),
    }
}

/// Whether the DNS has the key that we sign with.
async fn dkim_key(names: &Names, key: &DkimKey) -> Finding {
    let signer = private_text(&key.file).and_then(|pem| {
        let pem = Zeroizing::new(pem);
        Signer::new(&key.domain, &key.selector, pem.as_bytes()).map_err(|error| error.to_string())
    });
    let signer = match signer {
        Ok(signer) => signer,
        Err(why) => {
            let what = format!("the DKIM key {} cannot be used: {why}", shown(&key.file));
            return Finding::broken(CHECK, what, "see `dkim_key_file` in docs/messages.md");
        }
    };
    let name = signer.record_name();
    let texts = match names.texts(&name).await {
        Ok(texts) => texts,
        Err(finding) => return finding,
    };
    let publish = format!("publish this text there: {}", signer.record());
    if texts.iter().any(|text| is_key_of(text, &signer)) {
        Finding::ok(CHECK, format!("the DKIM key {name} is the one that mail is signed with"))
    } else if texts.is_empty() {
        let what =
            format!("there is no DKIM key at {name}: the signatures cannot be checked, and much is refused for it");
        Finding::broken(CHECK, what, publish)
    } else {
        Finding::broken(CHECK, format!("the DKIM key {name} is another than mail is signed with"), publish)
    }
}

async fn dmarc(names: &Names, domain: &str) -> Finding {
    // The domain's own word, or that of the one above it, as far as two labels.
    let mut at = domain;
    let record = loop {
        let texts = match names.texts(&format!("_dmarc.{at}")).await {
            Ok(texts) => texts,
            Err(finding) => return finding,
        };
        let mut records: Vec<_> = texts.into_iter().filter(|text| is_version(text, "v=DMARC1")).collect();
        match (records.len(), at.split_once('.')) {
            (0, Some((_, above))) if above.contains('.') => at = above,
            (0, _) => {
                let what = format!("{domain} has no DMARC record: large mailboxes refuse or hide its mail");
                let todo = format!("add a text record to _dmarc.{domain}: v=DMARC1; p=quarantine");
                return Finding::warning(CHECK, what, todo);
            }
            (1, _) => break records.remove(0),
            (n, _) => {
                let what = format!("_dmarc.{at} has {n} DMARC records, and then none counts");
                return Finding::broken(CHECK, what, "leave one");
            }
        }
    };
    let policy = record.split(';').filter_map(|tag| tag.split_once('=')).find(|(name, _)| name.trim() == "p");
    match policy.map(|(_, policy)| policy.trim().to_ascii_lowercase()).as_deref() {
        Some("quarantine" | "reject") => Finding::ok(CHECK, format!("{at} has a DMARC record with a policy")),
        Some("none") => Finding::warning(
            CHECK,
            format!("the DMARC policy of {at} is none: forged mail in its name still arrives"),
            "raise it to p=quarantine when the reports show that your own mail passes",
        ),
        _ => Finding::broken(
            CHECK,
            format!("the DMARC record of {at} names no policy that there is"),
            "give it p=quarantine",
        ),
    }
}

async fn mx(names: &Names, domain: &str) -> Finding {
    match names.all(domain, RecordType::MX).await {
        Err(finding) => finding,
        Ok(records) if records.iter().any(|record| matches!(record, RData::MX(_))) => {
            Finding::ok(CHECK, format!("{domain} takes mail (MX)"))
        }
        Ok(_) => Finding::warning(
            CHECK,
            format!(
                "{domain} has no MX record: answers and returned mail go nowhere, which some take for a sign of spam"
            ),
            "add one, or send from a domain that takes mail",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_is_read_from_a_sender_with_or_without_a_name() {
        assert_eq!(domain("Acme <no-reply@example.jp>").as_deref(), Some("example.jp"));
        assert_eq!(domain("no-reply@mail.example.jp").as_deref(), Some("mail.example.jp"));
        assert_eq!(domain("nobody"), None);
    }

    #[test]
    fn a_version_is_a_word_of_its_own() {
        assert!(is_version("v=spf1", "v=spf1") && is_version("V=SPF1 -all", "v=spf1"));
        assert!(
            !is_version("v=spf10 -all", "v=spf1") && !is_version("v=s", "v=spf1") && !is_version("日本語", "v=spf1")
        );
    }
}
