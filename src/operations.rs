//! The listener for those who run the server: is it alive, can it take requests, what does it count. It has a thread
//! and runtime of its own, so that it answers while the others are busy; it is for a private address.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::model::{AlertEvent, SignInResult};
use crate::store;

/// How long the database may take to answer a trivial question.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// How far this machine's clock may be off the database's.
const CLOCKS_APART: i64 = 2_000_000;

/// The steps in which the time of requests is counted. A sign-in takes tens of milliseconds; 10 seconds is the most that anybody waits for a hash.
const SECONDS: [f64; 8] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Makes the metrics known to the whole process; the second time it does nothing.
pub fn install() {
    if HANDLE.get().is_some() {
        return;
    }
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS);
    let recorder = match builder {
        Ok(builder) => builder.build_recorder(),
        Err(error) => {
            tracing::error!(%error, "requests are timed without steps");
            PrometheusBuilder::new().build_recorder()
        }
    };
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() && HANDLE.set(handle).is_ok() {
        describe();
    }
}

fn describe() {
    use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};
    describe_counter!("aikagi_sign_ins_total", "Tries to sign in, by how they ended");
    describe_counter!("aikagi_recoveries_total", "Recoveries, by how far they came");
    describe_counter!("aikagi_messages_total", "Messages that ended, by how");
    describe_counter!("aikagi_bounces_total", "Returned mail, by what it was");
    describe_counter!("aikagi_webhooks_total", "Requests to webhooks that ended, by how");
    describe_counter!("aikagi_receipt_requests_total", "Requests of providers with receipts, by what became of them");
    describe_gauge!("aikagi_smpp_bound", "Whether a provider of SMS has let us in, by carrier: 1 or 0");
    describe_counter!("aikagi_smpp_received_total", "What providers of SMS sent to us, by carrier and what it was");
    describe_counter!(
        "aikagi_smpp_throttled_total",
        "Messages that a provider of SMS put off since too many came, by carrier"
    );
    describe_counter!("aikagi_alerts_total", "Alerts, by what they tell");
    describe_counter!("aikagi_agent_refused_total", "Requests in a device's name that were refused, by why");
    describe_counter!(
        "aikagi_management_total",
        "What became of requests to services that manage devices, by way and result"
    );
    describe_counter!("aikagi_requests_total", "Requests, by kind (page, api, agent) and class of the answer's status");
    describe_histogram!("aikagi_request_seconds", "How long requests took, by kind");
    describe_gauge!("aikagi_ready", "Whether the server can take requests, as /readyz says: 1 or 0");
    describe_gauge!("aikagi_build_info", "1, with the version as a label");
    gauge!("aikagi_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_counter!("aikagi_hashes_total", "Password hashes computed");
    describe_gauge!("aikagi_hashing_waiting", "Password hashes asked for and not begun");
    describe_gauge!("aikagi_outbox_waiting", "Messages waiting to leave");
    describe_gauge!("aikagi_open_pages", "Pages that are open and wait for the end of their session");
    describe_gauge!("aikagi_codes_failing", "Whether codes fail to leave: 1 or 0");
    describe_gauge!("aikagi_siem_lag_seconds", "How far behind the stream of the logs is");
    describe_counter!("aikagi_siem_lines_total", "Lines of the logs handed to the receiver, by result");
    describe_gauge!("aikagi_certificate_not_after_seconds", "When the own TLS certificate ends, in Unix time");
    // A counter that is there from the start shows its first step as a step.
    for result in SignInResult::ALL {
        counter!("aikagi_sign_ins_total", "result" => result.as_str()).absolute(0);
    }
    for event in AlertEvent::ALL {
        counter!("aikagi_alerts_total", "event" => event.as_str()).absolute(0);
    }
    for step in ["started", "proved", "finished"] {
        counter!("aikagi_recoveries_total", "step" => step).absolute(0);
    }
    for state in ["handed", "failed", "expired", "dropped"] {
        counter!("aikagi_messages_total", "state" => state).absolute(0);
    }
}

/// Counts and times what is asked.
pub async fn count(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let kind = match path {
        // A device's question stays open for a while: its time says nothing.
        _ if path.starts_with("/agent/") => "agent",
        _ if path.starts_with("/api/") => "api",
        _ => "page",
    };
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = match response.status().as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    };
    metrics::counter!("aikagi_requests_total", "kind" => kind, "status" => status).increment(1);
    metrics::histogram!("aikagi_request_seconds", "kind" => kind).record(begun.elapsed().as_secs_f64());
    response
}

/// The listener while it runs.
#[derive(Debug)]
pub struct Operations {
    end: CancellationToken,
    ended: tokio::sync::oneshot::Receiver<()>,
}

#[derive(Clone)]
struct Shared {
    app: Arc<App>,
    /// The runtime that the database's connections live on.
    home: Handle,
    draining: CancellationToken,
}

impl Operations {
    /// Listens on `address` until [`end`](Self::end); from `draining` on it says "not ready".
    pub fn start(address: SocketAddr, app: Arc<App>, draining: CancellationToken) -> Result<Self> {
        let failed = || format!("cannot listen on {address} (`listen_operations`)");
        let listener = std::net::TcpListener::bind(address).with_context(failed)?;
        listener.set_nonblocking(true)?;
        tracing::info!(address = %listener.local_addr()?, "health and metrics");
        let shared = Shared { app, home: Handle::current(), draining };
        let end = CancellationToken::new();
        let (done, ended) = tokio::sync::oneshot::channel();
        let until = end.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("operations".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let outcome = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => tokio::select! {
                        served = async { axum::serve(listener, router(shared)).await } => served,
                        () = until.cancelled() => Ok(()),
                    },
                    Err(error) => Err(error),
                };
                if let Err(error) = outcome {
                    tracing::error!(%error, "the listener for health and metrics ended");
                }
            });
            done.send(()).ok();
        })?;
        Ok(Self { end, ended })
    }

    /// Stops listening.
    pub async fn end(self) {
        self.end.cancel();
        self.ended.await.ok();
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(shared)
}

/// Why the server takes no requests; the word goes out, the reason to the log.
enum NotReady {
    Draining,
    Database,
    ReadOnly,
    Clock,
    Key,
}

impl NotReady {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Database => "database",
            Self::ReadOnly => "read-only",
            Self::Clock => "clock",
            Self::Key => "key",
        }
    }
}

async fn ready(State(shared): State<Shared>) -> Response {
    match is_ready(&shared).await {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", why.as_str())).into_response(),
    }
}

async fn is_ready(shared: &Shared) -> Result<(), NotReady> {
    if shared.draining.is_cancelled() {
        return Err(NotReady::Draining);
    }
    if shared.app.db.lacks_key() {
        return Err(NotReady::Key);
    }
    let app = shared.app.clone();
    let asked = at_home(shared, async move { app.db.clock_ahead(|| app.now()).await });
    let db = &shared.app.db;
    let ahead = asked.await.ok_or_else(|| if db.only_reads() { NotReady::ReadOnly } else { NotReady::Database })?;
    if ahead.abs() > CLOCKS_APART {
        tracing::error!(microseconds = -ahead, "this machine's clock is off the database's");
        return Err(NotReady::Clock);
    }
    // The clock was wrong when it was looked at last: requests are refused until it is looked at again.
    if db.is_shut() {
        return Err(NotReady::Clock);
    }
    Ok(())
}

/// Asks the database on the runtime where its connections live, for a while.
async fn at_home<T: Send + 'static>(
    shared: &Shared,
    question: impl Future<Output = store::Result<T>> + Send + 'static,
) -> Option<T> {
    let answer = tokio::time::timeout(ANSWER_WITHIN, shared.home.spawn(question)).await;
    match answer {
        Ok(Ok(Ok(value))) => Some(value),
        Ok(Ok(Err(error))) => {
            tracing::error!(%error, "the database does not answer");
            None
        }
        Ok(Err(_)) | Err(_) => {
            tracing::error!("the database does not answer in time");
            None
        }
    }
}

async fn metrics(State(shared): State<Shared>) -> Response {
    let Some(handle) = HANDLE.get() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    metrics::gauge!("aikagi_ready").set(if is_ready(&shared).await.is_ok() { 1.0 } else { 0.0 });
    let app = shared.app.clone();
    #[expect(clippy::cast_precision_loss, reason = "queues are shorter than 2^52")]
    {
        metrics::gauge!("aikagi_hashing_waiting").set(app.hashing.waiting() as f64);
        metrics::counter!("aikagi_hashes_total").absolute(app.hashing.done());
        let waiting = at_home(&shared, async move { store::outbox::waiting(&mut app.db.read().await?).await }).await;
        // No number is better than an old one that looks like a good one.
        metrics::gauge!("aikagi_outbox_waiting").set(waiting.map_or(f64::NAN, |count| count as f64));
    }
    handle.run_upkeep();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}
