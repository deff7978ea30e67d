//! TLS of the server's own: with a certificate from files, and with one fetched from a real ACME server (pebble).

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::cli::{House, Running, connect, get, mode};

/// An authority of our own, and a certificate of it for this machine.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut wanted = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = wanted.self_signed(&key).expect("a certificate");
        Self { certificate, issuer: rcgen::Issuer::new(wanted, key) }
    }

    /// The certificate with its authority's, and its key.
    fn signs(&self, host: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let wanted = rcgen::CertificateParams::new(vec![host.to_owned()]).expect("a name");
        let signed = wanted.signed_by(&key, &self.issuer).expect("a certificate");
        (format!("{}{}", signed.pem(), self.certificate.pem()), key.serialize_pem())
    }
}

fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("private");
}

/// A browser that trusts one authority and knows the server as `localhost`.
struct Browser(Arc<ClientConfig>);

impl Browser {
    fn trusts(authority: &CertificateDer<'static>, protocols: &[&[u8]]) -> Self {
        Self::speaks(rustls::ALL_VERSIONS, authority, protocols)
    }

    fn speaks(
        versions: &[&'static rustls::SupportedProtocolVersion],
        authority: &CertificateDer<'static>,
        protocols: &[&[u8]],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.clone()).expect("an authority");
        let mut config =
            ClientConfig::builder_with_protocol_versions(versions).with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|&protocol| protocol.to_vec()).collect();
        Self(Arc::new(config))
    }

    fn connect(&self, address: SocketAddr) -> std::io::Result<StreamOwned<ClientConnection, std::net::TcpStream>> {
        let name = ServerName::try_from("localhost").expect("a name");
        let mut client = ClientConnection::new(self.0.clone(), name).map_err(std::io::Error::other)?;
        let mut stream = connect(address);
        while client.is_handshaking() {
            client.complete_io(&mut stream)?;
        }
        Ok(StreamOwned::new(client, stream))
    }

    fn get(&self, address: SocketAddr, path: &str) -> String {
        let mut stream = self.connect(address).expect("TLS");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        // The end may come without a word of farewell; what was said is whole by its length.
        let _ = stream.read_to_string(&mut answer);
        answer
    }
}

fn log(house: &House) -> String {
    fs::read_to_string(house.path("log")).expect("a log")
}

/// Looks again until it is so; the server works in a process of its own.
fn until(what: &str, house: &House, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what}\n{}", log(house));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn the_server_speaks_tls_itself_with_a_certificate_from_files() {
    let (house, _) = House::set_up().await;
    let authority = Authority::new();
    let (certificate, key) = authority.signs("localhost");
    fs::write(house.path("chain.pem"), certificate).expect("written");
    private(&house.path("key.pem"), &key);
    let settings = [
        ("AIKAGI_PUBLIC_URL", "https://localhost:8443"),
        ("AIKAGI_TLS__CERTIFICATE_FILE", "chain.pem"),
        ("AIKAGI_TLS__KEY_FILE", "key.pem"),
    ];
    let mut server = Running::start_at("127.0.0.1:0", &house, &settings);

    let browser = Browser::trusts(authority.certificate.der(), &[b"http/1.1"]);
    let page = browser.get(server.address, "/w/acme/sign-in");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("strict-transport-security: max-age=63072000"), "{page}");
    let modern = Browser::trusts(authority.certificate.der(), &[b"h2", b"http/1.1"]);
    let stream = modern.connect(server.address).expect("TLS");
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    let old = Browser::speaks(&[&rustls::version::TLS12], authority.certificate.der(), &[b"http/1.1"]);
    assert!(old.get(server.address, "/w/acme/sign-in").starts_with("HTTP/1.1 200"), "TLS 1.2");
    assert!(get(server.operations, "/metrics").contains("aikagi_certificate_not_after_seconds "));

    // Nothing is served in the clear, to those who do not trust the authority, or to those who look for a challenge's certificate.
    let mut plain = connect(server.address);
    write!(plain, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    let stranger = Authority::new();
    assert!(Browser::trusts(stranger.certificate.der(), &[]).connect(server.address).is_err());
    assert!(Browser::trusts(authority.certificate.der(), &[b"acme-tls/1"]).connect(server.address).is_err());

    // Twenty who begin a handshake and say no more keep nobody out, and do not hold up the end.
    let silent: Vec<_> = (0..20).map(|_| connect(server.address)).collect();
    assert!(browser.get(server.address, "/w/acme/sign-in").starts_with("HTTP/1.1 200"));
    server.signal();
    assert_eq!(server.end(), Some(0));
    drop(silent);
}

#[tokio::test]
async fn the_doctor_finds_nothing_wrong_where_the_server_speaks_tls_itself() {
    let (house, _) = House::set_up().await;
    let authority = Authority::new();
    let (certificate, key) = authority.signs("localhost");
    fs::write(house.path("chain.pem"), certificate).expect("written");
    fs::write(house.path("ca.pem"), authority.certificate.pem()).expect("written");
    private(&house.path("key.pem"), &key);
    let (port, _) = two_ports();
    let (listen, public_url) = (format!("127.0.0.1:{port}"), format!("https://localhost:{port}"));
    let settings = [
        ("AIKAGI_PUBLIC_URL", public_url.as_str()),
        ("AIKAGI_TLS__CERTIFICATE_FILE", "chain.pem"),
        ("AIKAGI_TLS__KEY_FILE", "key.pem"),
    ];
    let doctor = |trusted: &str| {
        let mut command = house.command(&["doctor", "--ca-file", "ca.pem"]);
        let said = command.envs(settings).env("AIKAGI_TRUSTED_PROXIES", trusted).output().expect("it runs");
        (said.status.code(), String::from_utf8_lossy(&said.stdout).into_owned())
    };
    let (code, said) = doctor("");
    assert!(code == Some(1) && said.contains("start the server, and let the firewall pass it"), "{said}");
    let mut server = Running::start_at(&listen, &house, &settings);
    // A proxy in front of others does not change what is seen from here.
    for trusted in ["", "10.0.0.3/32"] {
        let (code, said) = doctor(trusted);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("the server knows who asks (it saw 127.0.0.1), and a forged address"), "{said}");
        assert!(!said.contains("the proxy"), "{said}");
    }
    server.signal();
    assert_eq!(server.end(), Some(0));
    // Who stands at an address that is believed cannot see whether strangers are.
    let trusting = [&settings[..], &[("AIKAGI_TRUSTED_PROXIES", "127.0.0.1/32")]].concat();
    let _server = Running::start_at(&listen, &house, &trusting);
    let (code, said) = doctor("127.0.0.1/32");
    assert!(code == Some(0) && said.contains("the doctor itself asks from 127.0.0.1"), "{said}");
}

#[tokio::test]
async fn files_that_do_not_belong_together_stop_the_start() {
    let (house, _) = House::set_up().await;
    let authority = Authority::new();
    let ((certificate, _), (_, other)) = (authority.signs("localhost"), authority.signs("localhost"));
    fs::write(house.path("chain.pem"), certificate).expect("written");
    private(&house.path("key.pem"), &other);
    let said = house
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .env("AIKAGI_PUBLIC_URL", "https://localhost:8443")
        .env("AIKAGI_TLS__CERTIFICATE_FILE", "chain.pem")
        .env("AIKAGI_TLS__KEY_FILE", "key.pem")
        .output()
        .expect("the program starts");
    assert_eq!(said.status.code(), Some(1));
    assert!(crate::cli::err(&said).contains("does not fit the certificate"), "{}", crate::cli::err(&said));
}

/// A real ACME server that looks at `localhost` at this port.
struct Pebble {
    child: Child,
    port: u16,
    /// Of those who talk to it, and of the certificates that it gives.
    authority: Authority,
    management: SocketAddr,
}

/// Two ports that nobody listens on, below those that the system gives out by itself; another test's process tries others.
fn two_ports() -> (u16, u16) {
    let own = u16::try_from(std::process::id() % 5_000).expect("below 5,000");
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = (0..5_000).map(|step| 20_000 + (own + step) % 5_000 * 2).filter(free);
    (ports.next().expect("a port"), ports.next().expect("another"))
}

impl Pebble {
    /// `tls_port` is where it looks when it proves who asks.
    fn start(house: &House, tls_port: u16, (port, management): (u16, u16)) -> Self {
        let authority = Authority::new();
        let (certificate, key) = authority.signs("localhost");
        fs::write(house.path("pebble.pem"), certificate).expect("written");
        fs::write(house.path("pebble-key.pem"), key).expect("written");
        fs::write(house.path("pebble-ca.pem"), authority.certificate.pem()).expect("written");
        let settings = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"), "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": house.path("pebble.pem"), "privateKey": house.path("pebble-key.pem"),
            "httpPort": 1, "tlsPort": tls_port, "ocspResponderURL": "", "externalAccountBindingRequired": false,
        }});
        fs::write(house.path("pebble.json"), settings.to_string()).expect("written");
        let child = Command::new("pebble")
            .args(["-strict", "-config"])
            .arg(house.path("pebble.json"))
            .env("PEBBLE_VA_NOSLEEP", "1")
            .stdout(fs::File::create(house.path("pebble.log")).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("pebble is installed (`cargo xtask tools`)");
        let pebble = Self { child, port, authority, management: SocketAddr::from(([127, 0, 0, 1], management)) };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err()
            || std::net::TcpStream::connect(pebble.management).is_err()
        {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", fs::read_to_string(house.path("pebble.log")));
            std::thread::sleep(Duration::from_millis(20));
        }
        pebble
    }

    /// The root of the certificates that it gives.
    fn root(&self) -> CertificateDer<'static> {
        use rustls::pki_types::pem::PemObject as _;
        let answer = Browser::trusts(self.authority.certificate.der(), &[]).get(self.management, "/roots/0");
        CertificateDer::from_pem_slice(answer.as_bytes()).expect("a certificate")
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn a_certificate_is_fetched_from_an_acme_server_and_kept() {
    let (house, _) = House::set_up().await;
    let (own, redirect) = two_ports();
    let listen = format!("127.0.0.1:{own}");
    // These are taken while the others are free still.
    let held = [own, redirect].map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).expect("free"));
    let pebbles = two_ports();
    drop(held);
    let directory = format!("https://localhost:{}/dir", pebbles.0);
    let redirect = format!("127.0.0.1:{redirect}");
    let public_url = format!("https://localhost:{own}");
    let settings = [
        ("AIKAGI_PUBLIC_URL", public_url.as_str()),
        ("AIKAGI_TLS__ACME_DIRECTORY", &directory),
        ("AIKAGI_TLS__ACME_CONTACT", "it@example.jp"),
        ("AIKAGI_TLS__ACME_CA_FILE", "pebble-ca.pem"),
        ("AIKAGI_TLS__REDIRECT_LISTEN", &redirect),
    ];
    let start = || Running::start_at(&listen, &house, &settings);

    // The ACME server cannot be reached yet: the server runs, says so, and shows no certificate.
    let anybody = Authority::new();
    fs::write(house.path("pebble-ca.pem"), anybody.certificate.pem()).expect("written");
    let mut server = start();
    until("it says that it failed", &house, || log(&house).contains("no TLS certificate could be fetched"));
    assert!(get(server.operations, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(Browser::trusts(anybody.certificate.der(), &[]).connect(server.address).is_err());
    let redirect: SocketAddr = redirect.parse().expect("an address");
    let sent_on = get(redirect, "/sign-in?lang=en");
    assert!(
        sent_on.starts_with("HTTP/1.1 308") && sent_on.contains(&format!("location: {public_url}/sign-in?lang=en")),
        "{sent_on}"
    );
    server.signal();
    assert_eq!(server.end(), Some(0));

    // One that was kept and has less than a third of its time left is shown, and renewed at once.
    let old = rcgen::KeyPair::generate().expect("a key");
    let mut wanted = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    (wanted.not_before, wanted.not_after) = (rcgen::date_time_ymd(2000, 1, 1), rcgen::date_time_ymd(2030, 1, 1));
    let signed = wanted.self_signed(&old).expect("a certificate");
    private(&house.path("acme/localhost.pem"), &format!("{}{}", old.serialize_pem(), signed.pem()));
    let pebble = Pebble::start(&house, own, pebbles);
    assert_eq!(pebble.port, pebbles.0);
    let mut server = start();
    until("a certificate is fetched", &house, || log(&house).contains("a TLS certificate was fetched"));
    let root = pebble.root();
    let browser = Browser::trusts(&root, &[b"http/1.1"]);
    assert!(browser.get(server.address, "/w/acme/sign-in").starts_with("HTTP/1.1 200"));
    // The challenge is over: who asks for it is shown nothing.
    assert!(Browser::trusts(&root, &[b"acme-tls/1"]).connect(server.address).is_err());
    assert_eq!(mode(&house.path("acme")), 0o700);
    for file in ["account.json", "localhost.pem"] {
        assert_eq!(mode(&house.path("acme").join(file)), 0o600, "{file}");
    }
    let key = fs::read_to_string(house.path("acme/localhost.pem")).expect("kept");
    let secret = key.lines().nth(1).expect("a line of the key").to_owned();
    assert!(!log(&house).contains(&secret), "the key is in the log");
    server.signal();
    assert_eq!(server.end(), Some(0));
    drop(pebble);

    // The next start needs nobody.
    let server = start();
    assert!(browser.get(server.address, "/w/acme/sign-in").starts_with("HTTP/1.1 200"));
    drop(server);
}
