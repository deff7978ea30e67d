//! The bare server that session checks are held against: an axum handler with the same question to the same database through the
//! same pool, and nothing else. A process of its own, so that both servers have the machine alike.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use aikagi::clock::{Clock as _, SystemClock};
use aikagi::store::{Db, sessions};
use aikagi::vault::Token;
use anyhow::{Context as _, Result};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;

/// What the program is called with to be this server; the database's address is in the environment, which may hold a password.
pub const FLAG: &str = "--bare-server";
const DATABASE: &str = "BENCH_DATABASE_URL";

/// Serves until it is killed. The first line that it prints is its address.
pub async fn serve() -> Result<()> {
    let db = Db::open(&std::env::var(DATABASE)?).await?;
    let router = axum::Router::new().route("/", get(session)).with_state(db);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

async fn session(State(db): State<Db>, headers: HeaderMap) -> Result<String, StatusCode> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let presented = token.and_then(|token| Token::parse("aks", token)).ok_or(StatusCode::UNAUTHORIZED)?;
    let broken = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let mut conn = db.read().await.map_err(broken)?;
    let live = sessions::live(&mut conn, &presented.prefix, SystemClock.now()).await.map_err(broken)?;
    live.map(|live| live.member.login).ok_or(StatusCode::UNAUTHORIZED)
}

/// The bare server while it runs.
pub struct Bare {
    child: Child,
    pub address: SocketAddr,
}

impl Bare {
    pub fn start(database_url: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(FLAG).env(DATABASE, database_url).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().context("the bare server cannot be started")?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("it is piped")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line)?;
        let address = line.trim().parse().context("the bare server does not say its address");
        match address {
            Ok(address) => Ok(Self { child, address }),
            Err(error) => {
                child.kill().ok();
                child.wait().ok();
                Err(error)
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
