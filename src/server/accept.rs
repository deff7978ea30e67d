//! Connections: taken until the signal to stop, and then let go so that nobody's request is lost on the way.
//!
//! A proxy that cannot connect goes to another node, and may do so with any request. A connection that was made and then cut is
//! another matter: whether the request was worked on nobody knows, and a careful proxy does not send it twice. So none is cut:
//! first no new ones come about, then those that did are all heard, and only then are the silent ones closed.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{connection, crowd::Crowd};
use crate::tls::Door;

/// How long requests may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long connections that the system is just making are waited for. Less than the second after which a client whom the system
/// did not answer asks again, and then hears that nobody is here.
const LAST_ARRIVALS: Duration = Duration::from_millis(300);
/// How long those who have come may take to say what they want.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Connections at once at most, of which each open page and each device's program takes one; the next ones wait in the system's queue.
const CONNECTIONS: u64 = 12_288;
/// Files that are open besides: the database's, the log's, carriers'.
const OTHER_FILES: u64 = 512;
/// Places that there are however few files the system allows.
const LEAST: u64 = 256;

/// How many connections there is room for: the system's limit for open files is raised as far as it lets us.
fn room() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS + OTHER_FILES;
    let wanted = maximum.map_or(wanted, |most| wanted.min(most));
    // None: there is no limit.
    let files = match current {
        Some(now) if now < wanted => match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
            Ok(()) => wanted,
            Err(error) => {
                tracing::warn!(%error, files = now, "no more files can be open at once");
                now
            }
        },
        Some(now) => now,
        None => wanted,
    };
    usize::try_from(files.saturating_sub(OTHER_FILES).clamp(LEAST, CONNECTIONS)).unwrap_or(usize::MAX)
}

/// Where people come in.
pub(super) struct Entrance {
    pub listener: TcpListener,
    /// Connections are private ones.
    pub door: Option<Door>,
    pub router: Router,
    /// Who may bring as many connections as there are places.
    pub proxies: Vec<ipnet::IpNet>,
    /// How much longer connections are taken after the signal to stop, while proxies see at `/readyz` that they should go elsewhere.
    pub drain: Duration,
}

/// Takes connections until `stop` and for the time to drain. Then lets the open requests finish.
pub(super) async fn until(stop: CancellationToken, entrance: Entrance) {
    let Entrance { listener, door, router, proxies, drain } = entrance;
    let crowd = Arc::new(Crowd::new(proxies));
    let graceful = GracefulShutdown::new();
    let room = room();
    let places = Arc::new(Semaphore::new(room));
    let silent = CancellationToken::new();
    let taking = Taking {
        listener: &listener,
        places: &places,
        crowd: &crowd,
        graceful: &graceful,
        door: door.as_ref(),
        router: &router,
        stop: &stop,
        silent: &silent,
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = taking.go() => {}
    }
    tracing::info!(connections = graceful.count(), "stopping: open requests may finish");
    tokio::time::timeout(drain, taking.go()).await.ok();
    if let Err(error) = turn_away(&listener) {
        tracing::debug!(%error, "new connections come until the end");
    }
    tokio::time::timeout(LAST_ARRIVALS, taking.go()).await.ok();
    drop(listener);
    // All places free: nobody is here any more.
    let all = u32::try_from(room).unwrap_or(u32::MAX);
    tokio::time::timeout(LAST_WORDS, places.acquire_many(all)).await.ok();
    silent.cancel();
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// From now on the system answers no new client; connections that it has begun to make come about.
#[cfg(target_os = "linux")]
fn turn_away(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};
    // Classic BPF on the segment's TCP header (RFC 9293, 3.1): the byte of flags; SYN without ACK is dropped, all else passes.
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, 13),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}
#[cfg(not(target_os = "linux"))]
fn turn_away(_: &TcpListener) -> std::io::Result<()> {
    Ok(())
}

/// What it takes to take connections.
struct Taking<'a> {
    listener: &'a TcpListener,
    places: &'a Arc<Semaphore>,
    crowd: &'a Arc<Crowd>,
    graceful: &'a GracefulShutdown,
    door: Option<&'a Door>,
    router: &'a Router,
    stop: &'a CancellationToken,
    /// Who has not even agreed on TLS by now is waited for no longer.
    silent: &'a CancellationToken,
}

impl Taking<'_> {
    /// Without end. It may be dropped at any wait: no connection is in hand then.
    async fn go(&self) {
        loop {
            let Ok(place) = self.places.clone().acquire_owned().await else { return };
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_connection(&error) => continue,
                Err(error) => {
                    // Out of file descriptors or memory: others may end meanwhile.
                    tracing::error!(%error, "cannot take a connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            };
            let Some(own) = self.crowd.place(peer.ip()) else { continue };
            // Answers are small and whole: waiting for more to send would only delay them.
            stream.set_nodelay(true).ok();
            let (router, stop, silent) = (self.router.clone(), self.stop.clone(), self.silent.clone());
            let (door, watcher) = (self.door.cloned(), self.graceful.watcher());
            tokio::spawn(async move {
                match door {
                    None => connection::serve(stream, peer, router, stop, watcher).await,
                    Some(door) => {
                        let stream =
                            tokio::select! { () = silent.cancelled() => None, stream = door.enter(stream) => stream };
                        if let Some(stream) = stream {
                            connection::serve(stream, peer, router, stop, watcher).await;
                        }
                    }
                }
                drop((place, own));
            });
        }
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
