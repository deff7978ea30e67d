//! One connection: how long it may say nothing, how large and how slow the head of a request may be, and how it ends.
//!
//! A connection on which nothing is asked is closed after a minute, whatever it says meanwhile (a handshake that stops, half a
//! preface, pings of HTTP/2): places are few, and holding one must cost more than opening it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Version, header};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulConnection, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// The whole head of a request must have come within this time.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// The longest head of a request. Cookies of several workspaces fit in many times over.
const HEAD_BYTES: usize = 32 * 1024;
/// A connection on which nothing was asked for this long is closed.
const QUIET: Duration = Duration::from_mins(1);

/// Serves one connection to its end. Dropped, it is cut.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
    watcher: Watcher,
) {
    let pulse = Arc::new(Pulse::new());
    let served = watcher.watch(connection(stream, peer, router, stop, pulse.clone()));
    // What a client does wrong is no fault of ours and nothing to log.
    tokio::select! { _ = served => {}, () = pulse.quiet() => {} }
}

/// How many requests are under way, and since when none is.
struct Pulse(Mutex<(usize, Instant)>);

impl Pulse {
    fn new() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }

    fn change(&self, change: impl FnOnce(usize) -> usize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = (change(state.0), Instant::now());
    }

    /// Until nothing was asked for a while.
    async fn quiet(&self) {
        loop {
            let (under_way, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let until = if under_way > 0 { Instant::now() + QUIET } else { since + QUIET };
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// A request that is under way for as long as this lives.
struct Beat(Arc<Pulse>);

impl Beat {
    fn new(pulse: Arc<Pulse>) -> Self {
        pulse.change(|under_way| under_way + 1);
        Self(pulse)
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.change(|under_way| under_way.saturating_sub(1));
    }
}

type Service = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
    pulse: Arc<Pulse>,
) -> impl GracefulConnection<Error: Send> + Send + 'static {
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| -> Service {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, stop, beat) = (router.clone(), stop.clone(), Beat::new(pulse.clone()));
        let is_http_1 = request.version() < Version::HTTP_2;
        Box::pin(async move {
            let mut response = router.oneshot(request).await?;
            if is_http_1 && stop.is_cancelled() {
                // The next request goes elsewhere. HTTP/2 has a word of its own for that, which hyper says.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // Under way until its last byte was taken.
            Ok(response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _under_way = &beat;
                    frame
                }))
            }))
        })
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
        .max_concurrent_streams(100)
        .keep_alive_interval(Duration::from_secs(30));
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use hyper_util::server::graceful::GracefulShutdown;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// What the client hears until the end, and after how long that comes, when it says this and nothing more.
    async fn says(words: &[u8]) -> (String, Duration) {
        let (mut client, stream) = tokio::io::duplex(64 * 1024);
        let router = Router::new().route("/", get(|| async { "here" })).route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_secs(50)).await;
                "at last"
            }),
        );
        let graceful = GracefulShutdown::new();
        let peer = SocketAddr::from(([198, 51, 100, 7], 1));
        let begun = Instant::now();
        tokio::spawn(serve(stream, peer, router, CancellationToken::new(), graceful.watcher()));
        client.write_all(words).await.expect("it listens");
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.expect("an end");
        (String::from_utf8_lossy(&heard).into_owned(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_or_half_a_word_is_not_waited_for() {
        for words in [
            &b""[..],
            b"P",
            b"PRI * HTTP/2.0\r\n\r\nSM",
            b"GET / HT",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        ] {
            let (_, after) = says(words).await;
            assert!(after <= QUIET + Duration::from_secs(1), "{words:?}: {after:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_takes_long_is_waited_for_and_the_next_request_served() {
        let (heard, after) = says(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(heard.contains("at last") && heard.ends_with("here"), "{heard}");
        assert!(
            after >= Duration::from_secs(50) && after <= Duration::from_secs(50) + QUIET + Duration::from_secs(1),
            "{after:?}"
        );
    }
}
