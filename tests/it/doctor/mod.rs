//! A right set-up has no finding, and each thing that an operator can get wrong is named, with what to do about it.

pub mod peers;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use aikagi::clock::{Clock, HandClock, SystemClock};
use aikagi::config::{Bounces, Config, Mail, MailSecurity, ReturnTo, Siem, SiemForm};
use aikagi::deliver::dkim::Signer;
use aikagi::deliver::{Carrier, Channel, MemoryCarrier, SmtpCarrier, SmtpSecurity};
use aikagi::doctor::{Doctor, Finding, Options, SendTest, State, send_test};
use aikagi::model::{Timestamp, hours};
use aikagi::vault::{MasterKeys, OsDice, SeededDice};
use axum::body::Body;
use axum::http::{Method, Request};
use tokio::net::TcpListener;

use self::peers::{Authority, Forwards, PROXY, Zone, name_server, plain, proxy};
use crate::cli::{House, err};
use crate::harness::{self, Browser, Database, Server, is_postgres, master};
use crate::raw;
use crate::smtp::Peer;

const FAR: (i32, u8, u8) = (2090, 1, 1);

/// How a story's set-up differs from a right one.
struct Wrong {
    host: &'static str,
    until: (i32, u8, u8),
    forwards: Forwards,
    proxys_host: Option<&'static str>,
    trusted: &'static [&'static str],
    backend: bool,
    redirect: Option<&'static str>,
    zone: Zone,
    selector: Option<&'static str>,
}

fn right() -> Wrong {
    Wrong {
        host: "localhost",
        until: FAR,
        forwards: Forwards::Overwrites,
        proxys_host: None,
        trusted: &["127.0.0.9/32"],
        backend: true,
        redirect: Some("https://localhost/"),
        zone: zone(),
        selector: Some("2026a"),
    }
}

fn zone() -> Zone {
    Zone::from([
        (("example.jp", 16), vec!["some-site-verification=1234567890", "v=spf1 ip4:192.0.2.1 -all"]),
        (("example.jp", 15), vec!["mx.example.jp"]),
        (("_dmarc.example.jp", 16), vec!["v=DMARC1; p=quarantine; rua=mailto:dmarc@example.jp"]),
        (
            ("2026a._domainkey.example.jp", 16),
            vec!["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
        ),
    ])
}

/// A whole installation: a server behind a proxy, and the doctor who looks at it.
struct Clinic {
    server: Server,
    doctor: Doctor,
    folder: tempfile::TempDir,
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    (listener, address)
}

async fn clinic(wrong: Wrong) -> Clinic {
    let folder = tempfile::tempdir().expect("a folder");
    let (outside, public) = listener().await;
    let (http, http_address) = listener().await;
    let (inside, backend) = listener().await;
    let key_file = folder.path().join("master.key");
    master().write_new(&key_file).expect("written");
    let database = Database::new().await;
    let config = Config {
        public_url: format!("https://localhost:{}", public.port()),
        trusted_proxies: wrong.trusted.iter().map(|net| net.parse().expect("a network")).collect(),
        database_url: database.url.clone(),
        master_key_file: key_file,
        mail: Some(Mail {
            name: "smtp".to_owned(),
            from: "Acme <no-reply@example.jp>".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: None,
            security: MailSecurity::None,
            user: None,
            password_file: None,
            ca_file: None,
            dkim_selector: None,
            dkim_key_file: None,
            dkim_domain: None,
            return_path: ReturnTo::default(),
            bounce_webhook: None,
        }),
        ..harness::config()
    };
    if let Some(file) = config.sqlite_file() {
        std::fs::write(&file, "").expect("written");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("mode set");
    }
    let server = Server::start_at(config.clone(), database, SystemClock.now()).await;
    let router = server.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    if wrong.backend {
        tokio::spawn(async move { axum::serve(inside, router).await });
    } else {
        drop(inside);
    }
    let authority = Authority::new(folder.path());
    let acceptor = authority.acceptor(wrong.host, wrong.until);
    tokio::spawn(proxy(outside, acceptor, backend, wrong.forwards, wrong.proxys_host));
    tokio::spawn(plain(http, wrong.redirect));
    let doctor = Doctor {
        config,
        config_file: None,
        carriers: vec![Arc::new(MemoryCarrier::new())],
        // The hand of the server's own clock stands still meanwhile, which a slow machine would show.
        clock: Arc::new(SystemClock),
        dice: Arc::new(OsDice),
        options: Options {
            offline: false,
            dkim_selector: wrong.selector.map(str::to_owned),
            name_server: Some(name_server(wrong.zone).await),
            ca_file: Some(authority.file),
            http_port: Some(http_address.port()),
        },
    };
    Clinic { server, doctor, folder }
}

/// What is not as it should be, but for what the suite's own PostgreSQL is known for: it throws its data away.
fn troubles(found: &[Finding]) -> Vec<&Finding> {
    let known =
        |finding: &&Finding| ["`fsync` is off", "`full_page_writes` is off"].iter().any(|w| finding.what.contains(w));
    found.iter().filter(|finding| finding.state != State::Ok && !known(finding)).collect()
}

/// Fails unless this is the only trouble, with something to do about it.
#[track_caller]
fn only(found: &[Finding], state: State, words: &str) {
    let troubles = troubles(found);
    assert_eq!(troubles.len(), 1, "{words}: {troubles:#?}");
    assert!(troubles[0].what.contains(words) && troubles[0].state == state, "{words}: {troubles:#?}");
    assert!(troubles[0].todo.as_ref().is_some_and(|todo| !todo.is_empty()));
}

#[tokio::test]
async fn a_right_set_up_has_no_finding() {
    let clinic = clinic(right()).await;
    let found = clinic.doctor.examine().await;
    assert_eq!(troubles(&found), Vec::<&Finding>::new());
    let all = found.iter().map(|finding| finding.what.as_str()).collect::<Vec<_>>().join("\n");
    for words in [
        "for its owner only",
        "schema is this version's",
        "takes changes",
        "opens the database's rows",
        "certificate holds for",
        "leads to a server on this database",
        "saw 127.0.0.1), and a forged address is not believed",
        "agrees with the proxy's",
        "plain HTTP leads to https",
        "one SPF record",
        "DKIM key 2026a._domainkey.example.jp is there",
        "DMARC record with a policy",
        "takes mail (MX)",
        "memory lets us in",
        "messages by sms go by",
        "messages by email go by",
    ] {
        assert!(all.contains(words), "{words}:\n{all}");
    }
    assert_eq!(all.contains("agrees with the database's"), is_postgres());
    assert_eq!(all.contains("its file is whole"), !is_postgres());
    // Nothing is left behind, and nothing of a key was said.
    assert!(raw::rows(&clinic.server.dump().await, "probes").is_empty());
    let key = master().to_text();
    assert!(!all.contains(key.trim().rsplit(':').next().expect("a key")));
}

#[tokio::test]
async fn a_wrong_key_file_is_named_whichever_way_it_is_wrong() {
    let clinic = clinic(right()).await;
    let file = clinic.folder.path().join("master.key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("mode set");
    let found = clinic.doctor.examine().await;
    assert!(troubles(&found).iter().any(|f| f.check == "key file" && f.what.contains("mode 0644")), "{found:#?}");
    std::fs::remove_file(&file).expect("removed");
    MasterKeys::generate(&SeededDice::new(9)).write_new(&file).expect("written");
    let found = clinic.doctor.examine().await;
    assert!(troubles(&found).iter().any(|f| f.what.contains("does not belong to this database")), "{found:#?}");
    std::fs::write(&file, "nonsense").expect("written");
    let found = clinic.doctor.examine().await;
    assert!(troubles(&found).iter().any(|f| f.what.contains("line 1 of the key file")), "{found:#?}");
    std::fs::remove_file(&file).expect("removed");
    let found = clinic.doctor.examine().await;
    assert!(troubles(&found).iter().any(|f| f.what.contains("cannot be read")), "{found:#?}");
}

#[tokio::test]
async fn a_database_of_places_is_named_with_its_day_and_one_that_is_none_is_broken() {
    let mut clinic = clinic(right()).await;
    clinic.doctor.options.offline = true;
    clinic.doctor.config.places_file = Some("tests/data/places/places.mmdb".into());
    let found = clinic.doctor.examine().await;
    assert!(found.iter().any(|f| f.check == "places" && f.what.contains("Test-City of 2")), "{found:#?}");
    let file = clinic.folder.path().join("places.mmdb");
    clinic.doctor.config.places_file = Some(file.clone());
    only(&clinic.doctor.examine().await, State::Broken, "cannot be read");
    std::fs::write(&file, "<html>").expect("written");
    only(&clinic.doctor.examine().await, State::Broken, "is no database of places");
}

#[tokio::test]
async fn a_database_that_is_not_in_order_is_named() {
    let mut clinic = clinic(right()).await;
    clinic.doctor.options.offline = true;
    clinic.server.sql("delete from _sqlx_migrations where version > 4").await;
    only(&clinic.doctor.examine().await, State::Broken, "its schema is 4");
    let empty = Database::new().await;
    clinic.doctor.config.database_url.clone_from(&empty.url);
    let found = clinic.doctor.examine().await;
    let words = if is_postgres() { "holds nothing of Aikagi" } else { "there is no database at" };
    only(&found, State::Broken, words);
    "postgres://nobody:hunter2@127.0.0.1:1/none".clone_into(&mut clinic.doctor.config.database_url);
    let found = clinic.doctor.examine().await;
    // The connection's own patience and the check's end at the same moment, and either may come first.
    only(&found, State::Broken, "not answer");
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[tokio::test]
async fn settings_that_can_lose_data_are_named() {
    let mut clinic = clinic(right()).await;
    clinic.doctor.options.offline = true;
    if is_postgres() {
        let name = clinic.doctor.config.database_url.rsplit('/').next().expect("a name").to_owned();
        clinic.server.sql(&format!("alter database {name} set synchronous_commit = off")).await;
        only(&clinic.doctor.examine().await, State::Warning, "`synchronous_commit` is off");
        clinic.server.sql(&format!("alter database {name} reset synchronous_commit")).await;
        clinic.server.sql(&format!("alter database {name} set default_transaction_read_only = on")).await;
        only(&clinic.doctor.examine().await, State::Broken, "it takes no changes");
    } else {
        let file = clinic.doctor.config.sqlite_file().expect("a file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("mode set");
        only(&clinic.doctor.examine().await, State::Broken, "can be read by others (mode 0640)");
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_named() {
    let mut clinic = clinic(right()).await;
    let ahead = HandClock::at(SystemClock.now() + hours(1));
    clinic.doctor.clock = Arc::new(ahead);
    let found = clinic.doctor.examine().await;
    let troubles = troubles(&found);
    assert!(troubles.iter().all(|f| f.check == "clock" && f.state == State::Broken), "{troubles:#?}");
    assert_eq!(troubles.len(), if is_postgres() { 2 } else { 1 }, "{troubles:#?}");
    assert!(troubles[0].what.contains("seconds ahead of"));
}

#[tokio::test]
async fn who_is_believed_about_who_asks_is_seen() {
    let wrongs = [
        (Forwards::Nothing, &["127.0.0.9/32"][..], State::Broken, "believes whatever address a stranger claims"),
        (Forwards::Overwrites, &[], State::Broken, "says who asks and is not believed"),
        (Forwards::Appends, &[], State::Broken, "says who asks and is not believed"),
        (Forwards::Removes, &["127.0.0.9/32"], State::Broken, "does not say who asks"),
        (Forwards::Nothing, &[], State::Broken, "does not say who asks"),
        (Forwards::Appends, &["127.0.0.0/8"], State::Warning, "the doctor itself asks from 127.0.0.1"),
    ];
    for (forwards, trusted, state, words) in wrongs {
        let clinic = clinic(Wrong { forwards, trusted, ..right() }).await;
        only(&clinic.doctor.examine().await, state, words);
    }
    let clinic = clinic(Wrong { forwards: Forwards::Appends, ..right() }).await;
    assert!(troubles(&clinic.doctor.examine().await).is_empty());
    assert_eq!(PROXY, "127.0.0.9");
}

#[tokio::test]
async fn a_public_address_that_does_not_lead_here_is_named() {
    only(
        &clinic(Wrong { proxys_host: Some("backend"), ..right() }).await.doctor.examine().await,
        State::Warning,
        "names another host",
    );
    only(
        &clinic(Wrong { backend: false, ..right() }).await.doctor.examine().await,
        State::Broken,
        "does not reach the server (it answers 502)",
    );
    only(
        &clinic(Wrong { redirect: None, ..right() }).await.doctor.examine().await,
        State::Broken,
        "does not lead to https",
    );
    // Another server of the same kind, on another database.
    let (mut one, other) = (clinic(right()).await, clinic(right()).await);
    one.doctor.config.public_url.clone_from(&other.doctor.config.public_url);
    one.doctor.options.ca_file.clone_from(&other.doctor.options.ca_file);
    only(&one.doctor.examine().await, State::Broken, "is not a server on this database");
    "https://no-such-host.invalid".clone_into(&mut one.doctor.config.public_url);
    one.doctor.options.http_port = None;
    let found = one.doctor.examine().await;
    assert!(troubles(&found)[0].what.contains("has no address in the DNS"), "{found:#?}");
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_is_named() {
    only(&clinic(Wrong { until: (2021, 1, 1), ..right() }).await.doctor.examine().await, State::Broken, "has expired");
    only(
        &clinic(Wrong { host: "other.example.jp", ..right() }).await.doctor.examine().await,
        State::Broken,
        "for other hosts",
    );
    let mut stranger = clinic(right()).await;
    stranger.doctor.options.ca_file = None;
    only(&stranger.doctor.examine().await, State::Broken, "signed by nobody whom this machine knows");
    let soon = (SystemClock.now() + hours(24 * 5)).to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let until = (
        i32::from(soon.year()),
        u8::try_from(soon.month()).expect("a month"),
        u8::try_from(soon.day()).expect("a day"),
    );
    only(
        &clinic(Wrong { until, ..right() }).await.doctor.examine().await,
        State::Warning,
        "its certificate ends in 4 days",
    );
}

#[tokio::test]
async fn what_the_senders_domain_says_is_read() {
    let spf = ("example.jp", 16);
    let dmarc = ("_dmarc.example.jp", 16);
    let dkim = ("2026a._domainkey.example.jp", 16);
    type Said = (&'static str, u16);
    let wrongs: [(Said, &[&str], State, &str); 13] = [
        (spf, &["v=spf10 -all"], State::Warning, "has no SPF record"),
        (spf, &["v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all"], State::Broken, "has 2 SPF records"),
        (spf, &["v=spf1 ip4:192.0.2.1 +all"], State::Broken, "the whole world"),
        (spf, &["v=spf1 ip4:192.0.2.1 ?all"], State::Warning, "says nothing of those"),
        (dmarc, &[], State::Warning, "has no DMARC record"),
        (dmarc, &["v=DMARC1; p=none"], State::Warning, "is none"),
        (dmarc, &["v=DMARC1; p=reject", "v=DMARC1; p=none"], State::Broken, "2 DMARC records"),
        (dmarc, &["v=DMARC1; rua=mailto:a@example.jp"], State::Broken, "names no policy"),
        (dmarc, &["v=DMARC1; p=perhaps"], State::Broken, "names no policy"),
        (dkim, &[], State::Broken, "there is no DKIM key"),
        (dkim, &["v=DKIM1; p="], State::Broken, "is withdrawn"),
        (("example.jp", 15), &[], State::Warning, "has no MX record"),
        (("no", 16), &[], State::Warning, "was not looked at: the selector"),
    ];
    let mut clinic = clinic(right()).await;
    for (at, texts, state, words) in wrongs {
        let mut zone = zone();
        let at = zone.keys().find(|key| **key == at).copied().unwrap_or(("no", 16));
        zone.insert(at, texts.to_vec());
        clinic.doctor.options.name_server = Some(name_server(zone).await);
        clinic.doctor.options.dkim_selector = (at.0 != "no").then(|| "2026a".to_owned());
        only(&clinic.doctor.examine().await, state, words);
    }
    // A domain below has the word of the one above.
    let mut below = zone();
    below.insert(("mail.example.jp", 16), vec!["v=spf1 ip4:192.0.2.1 ~all"]);
    below.insert(("mail.example.jp", 15), vec!["mx.example.jp"]);
    below.insert(("2026a._domainkey.mail.example.jp", 16), vec!["p=AAAA"]);
    clinic.doctor.options.name_server = Some(name_server(below).await);
    clinic.doctor.options.dkim_selector = Some("2026a".to_owned());
    clinic.doctor.config.mail.as_mut().expect("mail").from = "no-reply@mail.example.jp".to_owned();
    assert_eq!(troubles(&clinic.doctor.examine().await), Vec::<&Finding>::new());
}

#[tokio::test]
async fn the_key_that_mail_is_signed_with_is_compared_with_the_dns() {
    let mut clinic = clinic(right()).await;
    let pem = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key").serialize_pem();
    let record: &str = Signer::new("example.jp", "2026b", pem.as_bytes()).expect("a key").record().leak();
    let file = clinic.folder.path().join("dkim.pem");
    private(&file, &pem);
    let mail = clinic.doctor.config.mail.as_mut().expect("mail");
    mail.dkim_selector = Some("2026b".to_owned());
    mail.dkim_key_file = Some(file.clone());
    clinic.doctor.options.dkim_selector = None;
    let at = ("2026b._domainkey.example.jp", 16);
    let wrong = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    for (texts, words) in [
        (Vec::new(), "there is no DKIM key at 2026b._domainkey.example.jp"),
        (vec![wrong], "is another than mail is signed with"),
    ] {
        let mut zone = zone();
        zone.insert(at, texts);
        clinic.doctor.options.name_server = Some(name_server(zone).await);
        let found = clinic.doctor.examine().await;
        only(&found, State::Broken, words);
        assert!(troubles(&found)[0].todo.as_ref().is_some_and(|todo| todo.contains(record)), "{found:#?}");
    }
    let mut zone = zone();
    zone.insert(at, vec![wrong, record]);
    clinic.doctor.options.name_server = Some(name_server(zone).await);
    assert_eq!(troubles(&clinic.doctor.examine().await), Vec::<&Finding>::new());

    // Others must not read it, and another kind of file is no key.
    private(&file, "no key");
    only(&clinic.doctor.examine().await, State::Broken, "there is no private key in it");
    private(&file, &pem);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changed");
    assert!(troubles(&clinic.doctor.examine().await).iter().any(|found| found.what.contains("can be read by others")));
}

#[tokio::test]
async fn the_domain_of_bounces_must_take_mail() {
    let mut clinic = clinic(right()).await;
    let listen = "127.0.0.1:2424".parse().expect("an address");
    clinic.doctor.config.bounces = Some(Bounces { domain: "bounce.example.jp".to_owned(), listen });
    let mut zone = zone();
    zone.insert(("bounce.example.jp", 16), vec!["v=spf1 ip4:192.0.2.1 -all"]);
    clinic.doctor.options.name_server = Some(name_server(zone.clone()).await);
    only(&clinic.doctor.examine().await, State::Warning, "bounce.example.jp has no MX record");
    zone.insert(("bounce.example.jp", 15), vec!["mx.example.jp"]);
    clinic.doctor.options.name_server = Some(name_server(zone.clone()).await);
    assert_eq!(troubles(&clinic.doctor.examine().await), Vec::<&Finding>::new());
    zone.remove(&("bounce.example.jp", 16));
    clinic.doctor.options.name_server = Some(name_server(zone).await);
    only(&clinic.doctor.examine().await, State::Warning, "bounce.example.jp has no SPF record");
}

fn private(file: &std::path::Path, text: &str) {
    std::fs::write(file, text).expect("written");
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("closed");
}

#[tokio::test]
async fn the_receiver_of_the_logs_is_knocked_at() {
    let mut clinic = clinic(right()).await;
    clinic.doctor.config.mail = None;
    let siem = |to: String| Some(Siem { to, format: SiemForm::Syslog, ca_file: None });
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    clinic.doctor.config.siem = siem(format!("tcp://{free}"));
    only(&clinic.doctor.examine().await, State::Broken, "does not take the logs");
    clinic.doctor.config.siem = siem(crate::siem::Taker::open().await.to);
    only(&clinic.doctor.examine().await, State::Warning, "in the clear");
    let file = clinic.folder.path().join("siem.log");
    clinic.doctor.config.siem = siem(format!("file:{}", file.display()));
    let found = clinic.doctor.examine().await;
    assert_eq!(troubles(&found), Vec::<&Finding>::new());
    assert!(!file.exists(), "nothing is written by looking");
}

#[tokio::test]
async fn a_mail_server_is_knocked_at_and_gets_a_message_only_when_asked() {
    let mut clinic = clinic(right()).await;
    let peer = Peer::start("doctor", &["--starttls", "--auth", "aikagi:hunter2"]);
    let smtp = |password: &str| -> Arc<dyn Carrier> {
        let mut settings = peer.settings(SmtpSecurity::StartTls);
        settings.credentials = Some(("aikagi".to_owned(), password.to_owned().into()));
        Arc::new(SmtpCarrier::new(settings).expect("good settings"))
    };
    let sms: Arc<MemoryCarrier> = Arc::new(MemoryCarrier::new());
    clinic.doctor.carriers = vec![smtp("hunter2"), sms.clone()];
    assert_eq!(troubles(&clinic.doctor.examine().await), Vec::<&Finding>::new());
    assert!(sms.sent().is_empty() && peer.is_quiet(), "nothing is sent by looking");
    clinic.doctor.carriers = vec![smtp("another"), sms.clone()];
    let found = clinic.doctor.examine().await;
    only(&found, State::Broken, "smtp does not let us in");
    assert!(!format!("{found:?}").contains("another\""));
    clinic.doctor.carriers.remove(0);
    clinic.doctor.carriers.clear();
    let found = clinic.doctor.examine().await;
    assert_eq!(
        troubles(&found).iter().filter(|f| f.what.contains("nothing takes messages by")).count(),
        2,
        "{found:#?}"
    );

    let now = clinic.server.app.now();
    let tries = async |carriers: &[Arc<dyn Carrier>], channel, to: &str| {
        send_test(carriers, channel, to, "id.example.jp", now, &OsDice).await
    };
    let both = [smtp("hunter2"), sms.clone() as Arc<dyn Carrier>];
    let sent = tries(&both, Channel::Email, "hanako@example.jp").await;
    assert!(matches!(&sent, SendTest::HandedOver { carrier, .. } if carrier == "smtp"), "{sent:?}");
    let arrived = peer.next().to_string();
    assert!(arrived.contains("hanako@example.jp"), "{arrived}");
    let sent = tries(&both, Channel::Sms, "+819012345678").await;
    assert!(matches!(&sent, SendTest::HandedOver { carrier, .. } if carrier == "memory"), "{sent:?}");
    assert_eq!((sms.sent().len(), sms.sent()[0].to.as_str()), (1, "+819012345678"));
    let sent = tries(&[smtp("another")], Channel::Email, "hanako@example.jp").await;
    assert!(matches!(&sent, SendTest::Refused { why, .. } if why.contains("535")), "{sent:?}");
    assert!(matches!(tries(&[], Channel::Sms, "+819012345678").await, SendTest::NoCarrier));
}

/// Status, all headers and the body, but for what is another with every answer.
async fn whole_answer(stranger: &mut Browser, method: &Method, path: &str) -> String {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
    let page = stranger.send(request).await;
    let all = format!("{} {:?} {}", page.status, page.headers, page.text);
    match all.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')) {
        Some((nonce, _)) => all.replace(nonce, "N"),
        None => all,
    }
}

#[tokio::test]
async fn a_question_is_answered_once_and_nobody_else_sees_that_there_are_any() {
    let clinic = clinic(right()).await;
    let mut stranger = clinic.server.visitor();
    let token = "akq_0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjkmnpqrstvwxyz0";
    for method in [Method::POST, Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let unknown = whole_answer(&mut stranger, &method, "/doctor-who").await;
        assert!(unknown.starts_with("404"), "{unknown}");
        for path in ["/doctor/x", "/doctor/%ff", "/doctor/%2f", &format!("/doctor/{token}")] {
            assert_eq!(whole_answer(&mut stranger, &method, path).await, unknown, "{method} {path}");
        }
    }
    let keyring = &clinic.server.app.keyring;
    let real = aikagi::vault::Token::new(&OsDice, keyring, "akq");
    let now = clinic.server.app.now();
    let put = async |until: Timestamp| {
        let sql = format!(
            "insert into probes (id, token_hash, expires_at) values ('{}', '{}', {})",
            real.prefix, real.hash, until.0
        );
        clinic.server.sql("delete from probes").await;
        clinic.server.sql(&sql).await;
    };
    let path = format!("/doctor/{}", real.text.as_str());
    put(now).await;
    assert_eq!(stranger.post_raw(&path, Vec::new()).await.status, 404, "its minute has passed");
    put(now + hours(1)).await;
    assert_eq!(stranger.get(&path).await.status, 404, "looking changes nothing");
    assert_eq!(stranger.post_raw(&path, Vec::new()).await.status, 204);
    assert_eq!(stranger.post_raw(&path, Vec::new()).await.status, 404, "once");
}

#[tokio::test]
async fn what_never_answers_is_named_in_time() {
    let mut clinic = clinic(right()).await;
    // Takes connections, and says nothing.
    let (silent, address) = listener().await;
    clinic.doctor.config.public_url = format!("https://localhost:{}", address.port());
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    clinic.doctor.options.name_server = Some(socket.local_addr().expect("its address"));
    let found = clinic.doctor.examine().await;
    let troubles = troubles(&found);
    assert!(
        troubles.iter().any(|f| f.what.contains("the public address did not answer within 5 seconds")),
        "{troubles:#?}"
    );
    assert_eq!(troubles.iter().filter(|f| f.check == "sender").count(), 4, "{troubles:#?}");
    drop(silent);
}

#[tokio::test]
async fn the_command_says_it_by_its_exit_code_too() {
    let (house, _) = House::set_up().await;
    let file = house.path("messages.jsonl");
    let said = house.command(&["doctor", "--offline"]).env("AIKAGI_MESSAGE_FILE", &file).output().expect("it runs");
    assert!(said.status.success() && !file.exists(), "{}", err(&said));
    let said = house.ok(&["doctor", "--offline"]);
    assert!(said.contains("opens the database's rows") && said.contains("nothing takes messages by sms"), "{said}");
    let said: serde_json::Value = serde_json::from_str(&house.ok(&["doctor", "--offline", "--json"])).expect("JSON");
    assert!(said.as_array().expect("a list").iter().any(|f| f["check"] == "key file" && f["state"] == "ok"), "{said}");
    assert!(house.refused(&["doctor", "--send-test-sms", "090-1234-5678"]).contains("nothing takes messages by sms"));
    // Online, the made-up address does not answer.
    let output = house.command(&["doctor", "--json"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    std::fs::set_permissions(house.path("master.key"), std::fs::Permissions::from_mode(0o644)).expect("mode set");
    let output = house.command(&["doctor", "--offline"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("BROKEN") && said.contains("chmod 600"), "{said}");
    let key = std::fs::read_to_string(house.path("master.key")).expect("readable");
    assert!(!said.contains(key.trim().rsplit(':').next().expect("a key")));
    std::fs::write(house.path("aikagi.toml"), "lisen = 1\n").expect("written");
    let output = house.command(&["doctor", "--offline"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("unknown key `lisen`"), "{said}");
}
