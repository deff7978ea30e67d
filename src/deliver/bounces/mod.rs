//! Bounces: what other mail servers return because it did not arrive. The operator's mail server hands mail for one domain on by LMTP (RFC 2033); only what
//! is addressed to a return path that was made here is taken, and answered with 250 only once it is written down.
//!
//! A bounce says what became of a message and nothing of a contact: it takes nobody's way back in.

mod data;
mod dsn;
mod session;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::receipts::Receipt;
use super::return_path::ReturnPath;
use crate::clock::Clock;

pub use dsn::{Told, read};

/// Writes a receipt down, and answers whether that is done.
pub type Note = Arc<dyn Fn(Receipt) -> BoxFuture<'static, bool> + Send + Sync>;

/// How much one caller may take of everything.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Connections at the same time.
    pub connections: usize,
    /// Bytes of one message. Reports enclose the message, which is ours and small.
    pub message: usize,
    /// Recipients of one message.
    pub recipients: usize,
    /// Commands that are none, until the connection ends.
    pub mistakes: usize,
    /// How long a caller may be silent.
    pub silence: Duration,
    /// How long a connection may last.
    pub session: Duration,
    /// How long what is under way may last when the server stops.
    pub farewell: Duration,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            connections: 32,
            message: 1024 * 1024,
            recipients: 100,
            mistakes: 10,
            silence: Duration::from_mins(1),
            session: Duration::from_mins(10),
            farewell: Duration::from_secs(4),
        }
    }
}

/// Where returned mail is taken.
pub struct Gate {
    /// The address to which it comes.
    pub path: ReturnPath,
    /// The name that it says it has.
    pub host: String,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Where it is written down.
    pub note: Note,
    /// How much one caller may take.
    pub caps: Caps,
}

impl Gate {
    /// Takes mail until `stop`. What is under way then is seen to its end, or cut off after a moment.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let gate = Arc::new(self);
        let seats = Arc::new(Semaphore::new(gate.caps.connections));
        let mut sessions = JoinSet::new();
        loop {
            while sessions.try_join_next().is_some() {}
            let stream = tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Too many open files, mostly: those that are open end some time.
                        tracing::warn!(%error, "returned mail cannot be taken at the moment");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let seat = seats.clone().try_acquire_owned().ok();
            let (gate, stop) = (gate.clone(), stop.clone());
            sessions.spawn(async move {
                match seat {
                    Some(_seat) => session::hold(&gate, stream, stop).await,
                    None => session::turn_away(stream).await,
                }
            });
        }
        drop(listener);
        let ended = async { while sessions.join_next().await.is_some() {} };
        tokio::time::timeout(gate.caps.farewell, ended).await.ok();
    }
}
