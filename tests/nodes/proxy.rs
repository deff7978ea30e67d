//! The proxies of `deploy/`, as an operator would run them, with ports and addresses of this test put in.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::house::{House, Node, send_signal};

/// A proxy that speaks TLS as id.example.jp. It ends with the test.
pub struct Proxy {
    child: Child,
    port: u16,
    /// Whom its certificate is signed by.
    authority: Vec<u8>,
}

/// A file of the project, each of these texts replaced wherever it stands; none may be missing.
fn example(name: &str, replaced: &[(&str, String)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    let mut text = fs::read_to_string(path).expect("an example");
    for (from, to) in replaced {
        assert!(text.contains(from), "deploy/{name} has no `{from}`");
        text = text.replace(from, to);
    }
    text
}

fn program(name: &str) -> PathBuf {
    let place = PathBuf::from("/usr/sbin").join(name);
    if place.exists() { place } else { PathBuf::from(name) }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

fn run(command: &mut Command, house: &House, log: &str) -> Child {
    let file = fs::File::create(house.path(log)).expect("a file for the log");
    let program = command.get_program().to_owned();
    let mut with_end = Command::new("setpriv");
    with_end.args(["--pdeathsig", "TERM", "--"]).arg(program).args(command.get_args());
    for (name, value) in command.get_envs() {
        with_end.env(name, value.expect("a value"));
    }
    with_end.stdin(Stdio::null()).stdout(file.try_clone().expect("the same file")).stderr(file);
    with_end.spawn().expect("the proxy starts")
}

/// Waits until something listens there.
fn wait_for_port(port: u16, log: &Path) {
    let end = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        let log = || fs::read_to_string(log).unwrap_or_default();
        assert!(Instant::now() < end, "the proxy does not listen: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Proxy {
    /// nginx with `deploy/nginx.conf`.
    pub fn nginx(house: &House, nodes: [&Node; 2]) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["id.example.jp".to_owned()]).expect("a certificate");
        fs::write(house.path("fullchain.pem"), made.cert.pem()).expect("written");
        fs::write(house.path("privkey.pem"), made.signing_key.serialize_pem()).expect("written");
        let (http, https) = (free_port(), free_port());
        let conf = example(
            "nginx.conf",
            &[
                ("10.0.0.11:8080", format!("{}:{}", nodes[0].ip, nodes[0].port)),
                ("10.0.0.12:8080", format!("{}:{}", nodes[1].ip, nodes[1].port)),
                ("    listen [::]:80;\n", String::new()),
                ("    listen [::]:443 ssl http2;\n", String::new()),
                ("listen 80;", format!("listen 127.0.0.1:{http};")),
                ("listen 443 ssl http2;", format!("listen 127.0.0.1:{https} ssl http2;")),
                ("/etc/ssl/id.example.jp", house.folder.path().display().to_string()),
            ],
        );
        fs::write(house.path("aikagi.conf"), conf).expect("written");
        let folder = house.folder.path().display();
        let mut main = String::new();
        if crate::programs::is_root() {
            main.push_str("user root;\n");
        }
        let _ = write!(
            main,
            "daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{ access_log {folder}/nginx-access.log;\n",
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(main, "{kind}_temp_path {folder}/nginx-{kind};");
        }
        let _ = writeln!(main, "include {folder}/aikagi.conf; }}");
        fs::write(house.path("nginx.conf"), main).expect("written");
        let mut command = Command::new(program("nginx"));
        command.arg("-p").arg(house.folder.path()).arg("-c").arg(house.path("nginx.conf"));
        command.arg("-e").arg(house.path("nginx-error.log"));
        let child = run(&mut command, house, "nginx.log");
        wait_for_port(https, &house.path("nginx-error.log"));
        Self { child, port: https, authority: made.cert.pem().into_bytes() }
    }

    /// nginx with `deploy/nginx-postgresql.conf` before these two; the port is where it listens.
    pub fn postgresql(house: &House, port: u16, first: u16, second: u16) -> Self {
        let conf = example(
            "nginx-postgresql.conf",
            &[
                ("10.0.0.21:5432", format!("127.0.0.1:{first}")),
                ("10.0.0.22:5432", format!("127.0.0.1:{second}")),
                ("listen 127.0.0.1:5432;", format!("listen 127.0.0.1:{port};")),
            ],
        );
        let folder = house.folder.path().display();
        let module = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
        let load = if module.exists() { format!("load_module {};\n", module.display()) } else { String::new() };
        let main = format!(
            "{load}daemon off; pid {folder}/stream.pid; error_log {folder}/stream-error.log;\n\
             events {{ worker_connections 512; }}\n{conf}"
        );
        fs::write(house.path("stream.conf"), main).expect("written");
        let mut command = Command::new(program("nginx"));
        command.arg("-p").arg(house.folder.path()).arg("-c").arg(house.path("stream.conf"));
        command.arg("-e").arg(house.path("stream-error.log"));
        let child = run(&mut command, house, "stream.log");
        wait_for_port(port, &house.path("stream-error.log"));
        Self { child, port, authority: Vec::new() }
    }

    /// Caddy with `deploy/Caddyfile`, and a certificate that it signs itself.
    pub fn caddy(house: &House, nodes: [&Node; 2]) -> Self {
        let (http, https) = (free_port(), free_port());
        let site = example(
            "Caddyfile",
            &[
                ("10.0.0.11:8080", format!("{}:{}", nodes[0].ip, nodes[0].port)),
                ("10.0.0.12:8080", format!("{}:{}", nodes[1].ip, nodes[1].port)),
                ("health_port 9090", format!("health_port {}", nodes[0].operations)),
                ("id.example.jp {\n", "id.example.jp {\n\ttls internal\n".to_owned()),
            ],
        );
        let general = format!(
            "{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {http}\n\thttps_port {https}\n\tdefault_bind 127.0.0.1\n}}\n"
        );
        fs::write(house.path("Caddyfile"), general + &site).expect("written");
        let mut command = Command::new(program("caddy"));
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(house.path("Caddyfile"));
        command.env("XDG_DATA_HOME", house.path("caddy-data")).env("XDG_CONFIG_HOME", house.path("caddy-config"));
        command.env("HOME", house.folder.path());
        let child = run(&mut command, house, "caddy.log");
        wait_for_port(https, &house.path("caddy.log"));
        let root = house.path("caddy-data/caddy/pki/authorities/local/root.crt");
        let authority = fs::read(&root).expect("Caddy's own authority");
        Self { child, port: https, authority }
    }

    pub fn url(&self) -> String {
        format!("https://id.example.jp:{}", self.port)
    }

    /// A client at this address of this machine, which writes into its request that it is at `forged`.
    pub fn client(&self, from: [u8; 4], forged: &str) -> Client {
        Client::really_at(IpAddr::from(from), &self.authority, forged)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        send_signal(self.child.id(), "TERM");
        self.child.wait().ok();
    }
}
