//! The running server: puts the parts together from the configuration, listens, works through the outbox, keeps house,
//! and ends without dropping anybody's request.

mod accept;
mod carriers;
mod chain_keeper;
mod connection;
mod crowd;
mod key_watch;
mod open_pages_keeper;
mod pieces;
mod readiness_keeper;
mod watchers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::app::{App, Parts};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::deliver::{
    Carrier, Channel, Outgoing, OutgoingSettings, WebhookCarrier, receiver::Receiver, worker::Worker,
};
use crate::flows::desk::{jobs, nudge, roster};
use crate::flows::pace::Pace;
use crate::flows::receipts::Inbox;
use crate::flows::{Error as FlowError, housekeeping, keys, locked_out, standing, sweeps, tallies};
use crate::model::{CarrierGuide, Timestamp};
use crate::operations::{self, Operations};
use crate::store::Db;
use crate::tls;
use crate::vault::{Keyring, MasterKeys, OsDice};
use crate::web;

pub use self::carriers::{carriers, carriers_of};
use self::{accept::Entrance, key_watch::KeyWatch};

/// How long the worker may go on with letters that a carrier has in its hands.
const LAST_LETTERS: Duration = Duration::from_secs(40);
/// How long a carrier may take to say farewell.
const LAST_LINES: Duration = Duration::from_secs(5);
/// How often it is looked for lines that the charts do not show yet.
const TALLY_EVERY: Duration = Duration::from_secs(20);
/// How often what has ended is forgotten.
const TIDY_EVERY: Duration = Duration::from_mins(10);
/// How often it is looked whether somebody tries codes through.
const WATCH_EVERY: Duration = Duration::from_secs(5);
/// How far this machine's clock may be off the database's before nothing is served by it: what expires would live longer or shorter
/// than anybody was told. From two seconds on `/readyz` says so.
const OFF: i64 = 30_000_000;
/// How far the wall clock may fall behind the monotonic one before it counts as set back.
const BACK: i64 = 2_000_000;

/// Puts the parts together. The schema is brought up to date; whether there is a database at all is the caller's business.
pub async fn build(config: Config) -> Result<App> {
    let file = &config.master_key_file;
    if !file.exists() {
        bail!(
            "there is no key file at {}: bring it back from its backup, or run `aikagi init` for a new server \
             (a new key opens no older database)",
            file.display()
        );
    }
    let keyring = Arc::new(Keyring::new(&MasterKeys::read(file)?));
    let guide = match &config.carrier_guide_file {
        None => CarrierGuide::built_in().clone(),
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("`carrier_guide_file`: {} cannot be read", file.display()))?;
            CarrierGuide::parse(&text).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?
        }
    };
    let db = Db::open(&config.database_url).await.context("the database cannot be opened")?;
    let (clock, dice) = (Arc::new(SystemClock), Arc::new(OsDice));
    let app = App::build(Parts { config, db, clock, dice, keyring, guide })
        .context("the hashing threads cannot be started")?;
    if let Err(error) = keys::begin(&app).await {
        app.db.close().await;
        let file = app.config.master_key_file.display();
        return Err(match &error {
            FlowError::Key(_) | FlowError::Open(_) => {
                anyhow::Error::new(error).context(format!("the key file {file} does not belong to this database"))
            }
            _ => anyhow::Error::new(error).context("the database cannot be asked which key it is written with"),
        });
    }
    Ok(app)
}

/// Who sends what goes to programs elsewhere.
pub fn webhooks(app: &App) -> Result<Arc<dyn Carrier>> {
    let outgoing = Outgoing::new(OutgoingSettings::of(&app.config.webhooks));
    let outgoing = outgoing.context("`webhooks.ca_file` cannot be read")?;
    let (db, keyring, clock) = (app.db.clone(), app.keyring.clone(), app.clock.clone());
    Ok(Arc::new(WebhookCarrier { db, keyring, clock, outgoing }))
}

/// All that people and programs can ask for. The pages come second, since axum keeps the last router's answer to a path
/// that nobody has: theirs is a page.
pub fn router(app: &Arc<App>) -> Result<Router> {
    Ok(counted(api::router(app.clone()).merge(receipts(app)?).merge(web::router(app.clone()))))
}

/// The same with the demonstration's telephone and mailbox.
pub fn router_of_demo(app: &Arc<App>, stage: Arc<web::Stage>) -> Router {
    counted(api::router(app.clone()).merge(web::router_with_demo(app.clone(), stage)))
}

/// The addresses that providers send receipts to. Fails where a secret of theirs cannot be read.
fn receipts(app: &Arc<App>) -> Result<Router> {
    let inbox = Inbox::open(app).map_err(|why| anyhow::anyhow!("`carriers`: {why}"))?;
    Ok(web::hooks::router(app.clone(), Arc::new(inbox)))
}

fn counted(routes: Router) -> Router {
    routes.layer(axum::middleware::from_fn(operations::count))
}

/// Serves until `stop` and then drains. `ready` is told the address once people can connect.
pub async fn serve(
    app: Arc<App>,
    router: Router,
    carriers: Vec<Arc<dyn Carrier>>,
    stop: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> Result<()> {
    let config = &app.config;
    let listener = listen(config.listen).await?;
    let (door, keeper) = match &config.tls {
        None => (None, None),
        Some(tls) => {
            let (door, keeper) = tls::open(config, tls, app.clock.clone())?;
            (Some(door), Some(keeper))
        }
    };
    let redirect = match config.tls.as_ref().and_then(|tls| tls.redirect_listen) {
        None => None,
        Some(address) => Some(listen(address).await?),
    };
    let operations = match config.listen_operations {
        None => None,
        Some(address) => Some(Operations::start(address, app.clone(), stop.clone())?),
    };
    let returned = match &config.bounces {
        None => None,
        Some(bounces) => Some(listen(bounces.listen).await?),
    };
    // These go on while requests are drained, since requests still queue messages.
    let late = CancellationToken::new();
    compare_clocks(&app).await;
    let requests = vec![webhooks(&app)?];
    let receiver = match &config.siem {
        None => None,
        Some(siem) => Some(Receiver::new(siem, config.host()).context("`siem.ca_file` cannot be read")?),
    };
    // These end last: what is being handed over goes by them.
    let last = CancellationToken::new();
    let lines = tokio::spawn(keep_lines(app.clone(), carriers.clone(), returned, last.clone()));
    let worker = tokio::spawn(work(app.clone(), carriers, late.clone()));
    // Apart, so that a program elsewhere that is slow holds up nobody's code.
    let requester = tokio::spawn(work(app.clone(), requests, late.clone()));
    // Before the first request: a key that takes over now must know of this server.
    let mut key_watch = KeyWatch::begin(&app).await.context("the keys cannot be watched")?;
    let keeping = {
        let (app, late) = (app.clone(), late.clone());
        tokio::spawn(async move {
            let second = Duration::from_secs(1);
            let words = pieces::keep_at(&app, late.clone(), ("words of members", second), Pace::far_behind(), || {
                roster::make_words(&app)
            });
            let chaining = chain_keeper::keep(&app, late.clone());
            let tallies = pieces::keep_at(&app, late.clone(), ("charts", TALLY_EVERY), Pace::far_behind(), || {
                tallies::follow(&app)
            });
            let working =
                pieces::keep_at(&app, late.clone(), ("long work", second), Pace::shared(), || jobs::work(&app));
            let asking =
                pieces::keep_at(&app, late.clone(), ("asking members", second), Pace::shared(), || nudge::work(&app));
            let watching = watchers::keep(&app, &late, receiver);
            let readiness = readiness_keeper::keep(&app, late.clone());
            tokio::join!(
                keep_house(app.clone(), late.clone()),
                words,
                chaining,
                readiness,
                tallies,
                watching,
                working,
                asking,
                key_watch.go_on(&app, late.clone())
            );
        })
    };
    tokio::spawn(answer_devices(app.clone(), stop.clone()));
    if let Some(keeper) = keeper {
        tokio::spawn(keeper.run(stop.clone()));
    }
    tokio::spawn(open_pages_keeper::keep(app.clone(), stop.clone()));
    let redirect = redirect.map(|listener| {
        let address = config.public_url.clone();
        let router = tls::to_https(address);
        let entrance = Entrance { listener, door: None, router, proxies: Vec::new(), drain: Duration::ZERO };
        tokio::spawn(accept::until(stop.clone(), entrance))
    });
    ready(listener.local_addr()?);
    let drain = Duration::from_secs(config.drain_seconds.into());
    let entrance = Entrance { listener, door, router, proxies: config.trusted_proxies.clone(), drain };
    accept::until(stop, entrance).await;
    if let Some(redirect) = redirect {
        redirect.await.ok();
    }
    late.cancel();
    if tokio::time::timeout(LAST_LETTERS, futures_util::future::join(worker, requester)).await.is_err() {
        tracing::warn!("a carrier still holds a message: it will be tried again after the next start");
    }
    last.cancel();
    if tokio::time::timeout(LAST_LINES, lines).await.is_err() {
        tracing::warn!("a carrier's line did not end");
    }
    keeping.await.ok();
    app.db.close().await;
    if let Some(operations) = operations {
        operations.end().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// A device's question is kept open for long: nobody waits for it when this server ends.
async fn answer_devices(app: Arc<App>, stop: CancellationToken) {
    stop.cancelled().await;
    app.agents.close();
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another server running there?"))
}

/// The outbox's worker, started again should it ever break.
async fn work(app: Arc<App>, carriers: Vec<Arc<dyn Carrier>>, stop: CancellationToken) {
    let webhooks = carriers.iter().any(|carrier| carrier.carries(Channel::Webhook));
    let bell = if webhooks { &app.webhook_bell } else { &app.outbox_bell };
    let worker = Worker {
        db: app.db.clone(),
        clock: app.clock.clone(),
        keyring: app.keyring.clone(),
        dice: app.dice.clone(),
        breakers: Arc::default(),
        budgets: app.config.messages.budgets(),
        receipt_wait: app.config.messages.receipt_wait(),
        webhooks,
        carriers,
        bell: bell.clone(),
    };
    while !stop.is_cancelled() {
        if tokio::spawn(worker.clone().run(stop.clone())).await.is_err() {
            tracing::error!("the outbox's worker broke and is started again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// What carriers keep going beside hand-overs, each started again should it ever break; the mail that comes back; the receipts that came early.
async fn keep_lines(
    app: Arc<App>,
    carriers: Vec<Arc<dyn Carrier>>,
    returned: Option<TcpListener>,
    stop: CancellationToken,
) {
    let mut lines = tokio::task::JoinSet::new();
    if let (Some(gate), Some(listener)) = (self::carriers::gate(&app), returned) {
        lines.spawn(gate.serve(listener, stop.clone()));
    }
    for carrier in carriers {
        let (book, stop) = (app.receipts.clone(), stop.clone());
        lines.spawn(async move {
            while !stop.is_cancelled() {
                let (carrier, book, until) = (carrier.clone(), book.clone(), stop.clone());
                if tokio::spawn(async move { carrier.run(&book, until).await }).await.is_err() {
                    tracing::error!("a carrier's line broke and is started again");
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(Duration::from_secs(1)) => {}
                }
            }
        });
    }
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = second.tick() => if let Err(error) = app.receipts.settle().await {
                tracing::error!(%error, "receipts cannot be written");
            },
        }
    }
    lines.join_all().await;
}

/// Forgets what has ended, and watches the clock.
async fn keep_house(app: Arc<App>, stop: CancellationToken) {
    let mut tidy = tokio::time::interval(TIDY_EVERY);
    let mut sweeps = tokio::time::interval(WATCH_EVERY);
    sweeps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watch = ClockWatch::begin(app.now(), Instant::now());
    let mut void = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tidy.tick() => {
                match housekeeping::tidy(&app).await {
                    Ok(rows) => tracing::debug!(rows, "tidied"),
                    Err(error) => tracing::error!(%error, "tidying failed"),
                }
                erase(&app).await;
            },
            _ = sweeps.tick() => {
                // First what a clock that was set back left behind, so that nobody meets it when the database opens again.
                void |= watch.went_back(app.now(), Instant::now());
                void = void && !end_codes(&app).await;
                compare_clocks(&app).await;
                if let Err(error) = sweeps::watch(&app).await {
                    tracing::error!(%error, "cannot look for sweeps of wrong codes");
                }
                if let Err(error) = locked_out::watch(&app).await {
                    tracing::error!(%error, "cannot tell administrators who is locked out");
                }
            },
            _ = second.tick() => {
                void |= watch.went_back(app.now(), Instant::now());
                // Tried again in a second where it fails: until then codes live too long.
                void = void && !end_codes(&app).await;
            }
        }
    }
}

/// Erases members who were deleted long enough ago.
async fn erase(app: &App) {
    loop {
        match standing::erase_some(app).await {
            Ok(0) => return,
            Ok(members) => tracing::info!(members, "erased members who were deleted"),
            Err(error) => return tracing::error!(%error, "deleted members cannot be erased"),
        }
    }
}

/// Ends all codes after the clock was set back, and answers whether that is done.
async fn end_codes(app: &App) -> bool {
    match housekeeping::clock_went_back(app).await {
        Ok(codes) => tracing::error!(codes, "the clock was set back: all codes that were open have ended"),
        Err(error) => {
            tracing::error!(%error, "the clock was set back, and codes cannot be ended");
            return false;
        }
    }
    true
}

/// Shuts the database for this node while its clock is wrong. While it cannot be asked all stays as it is.
async fn compare_clocks(app: &App) {
    let Ok(ahead) = app.db.clock_ahead(|| app.now()).await else { return };
    let off = ahead.abs() > OFF;
    let was_off = app.db.set_shut(off);
    if off {
        tracing::error!(
            microseconds = -ahead,
            "this machine's clock is off the database's: requests are refused until it is right"
        );
    } else if was_off {
        tracing::warn!("this machine's clock is right again");
    }
}

/// Compares the wall clock with the monotonic one, which nobody can set.
struct ClockWatch {
    wall: Timestamp,
    steady: Instant,
}

impl ClockWatch {
    fn begin(wall: Timestamp, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// Whether the wall clock has fallen behind since it stood furthest ahead; many small steps count like a large one.
    fn went_back(&mut self, wall: Timestamp, steady: Instant) -> bool {
        let passed = i64::try_from(steady.duration_since(self.steady).as_micros()).unwrap_or(i64::MAX);
        let ahead = wall.0.saturating_sub(self.wall.0).saturating_sub(passed);
        let back = ahead < -BACK;
        if back || ahead > 0 {
            *self = Self { wall, steady };
        }
        back
    }
}

/// Ends when the process is told to (SIGTERM or Ctrl-C). A second signal ends it at once.
pub fn stop_on_signal() -> Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let token = stop.clone();
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            if first {
                token.cancel();
            } else {
                std::process::exit(1);
            }
        }
    });
    Ok(stop)
}

/// Makes the metrics known; before anything counts.
pub fn count_metrics() {
    operations::install();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{days, seconds};

    #[test]
    fn only_a_clock_that_was_set_back_counts() {
        let (wall, steady) = (Timestamp(1_000_000_000), Instant::now());
        let later = |n: u64| steady + Duration::from_secs(n);
        let mut watch = ClockWatch::begin(wall, steady);
        assert!(!watch.went_back(wall + seconds(1), later(1)));
        assert!(!watch.went_back(wall + seconds(1), later(3)));
        // A sleeping machine, a clock put right forwards.
        assert!(!watch.went_back(wall + days(1), later(4)));
        assert!(!watch.went_back(wall + days(1) + seconds(1), later(5)));
        assert!(watch.went_back(wall, later(6)));
        // Told once; from there on it counts anew.
        assert!(!watch.went_back(wall + seconds(1), later(7)));
        // Three seconds in small steps.
        assert!(!watch.went_back(wall + seconds(1), later(8)));
        assert!(!watch.went_back(wall + seconds(1), later(9)));
        assert!(watch.went_back(wall + seconds(1), later(10)));
    }
}
