//! PostgreSQL's connections: a pool of those that may write, and none that is waited for without end. A server that hangs, or went
//! away without a word, costs whoever asked a few seconds and the pool one connection.

use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool, Postgres};

use super::error::{Error, Result, spoils};

/// How long one statement may take, and how long a connection of the pool is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long the server lets a statement wait for a lock: less than we wait, so that it ends there, too, and the connection stays good.
const FOR_A_LOCK: &str = "4s";
/// How often the server looks, in the middle of a statement, whether whoever wants the answer is still there.
const LOOKS_FOR_US: &str = "1s";

/// The pool.
#[derive(Clone)]
pub(super) struct Server {
    pool: PgPool,
    /// The last connection was refused because the server takes no changes.
    only_reads: Arc<AtomicBool>,
}

impl Server {
    pub(super) async fn connect(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("aikagi")
            // Compiling a statement pays off where it runs for seconds. Ours touch some hundred pages, and where the planner expects more of one than there
            // is to do, compiling it takes many times as long as doing it.
            .options([
                ("lock_timeout", FOR_A_LOCK),
                ("client_connection_check_interval", LOOKS_FOR_US),
                ("jit", "off"),
            ]);
        let only_reads = Arc::new(AtomicBool::new(false));
        let noted = only_reads.clone();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|conn, about| Box::pin(is_alive(conn, about.idle_for)))
            .after_connect(move |conn, _| {
                let noted = noted.clone();
                Box::pin(async move {
                    // A standby shows sessions that have ended since: it is not even read.
                    let refused = only_reads_here(conn).await?;
                    noted.store(refused, Ordering::Relaxed);
                    if refused { Err(sqlx::Error::Configuration(Error::ReadOnly.to_string().into())) } else { Ok(()) }
                })
            });
        match pool.connect_with(options).await {
            Ok(pool) => Ok(Self { pool, only_reads }),
            Err(error) => Err(if only_reads.load(Ordering::Relaxed) { Error::ReadOnly } else { error.into() }),
        }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the server was found to take no changes when it was asked last.
    pub(super) fn only_reads(&self) -> bool {
        self.only_reads.load(Ordering::Relaxed)
    }

    /// Remembers what the server said of itself.
    pub(super) fn note(&self, only_reads: bool) {
        self.only_reads.store(only_reads, Ordering::Relaxed);
    }

    pub(super) async fn read(&self) -> Result<Held> {
        match self.pool.acquire().await {
            Ok(conn) => Ok(Held { conn: Some(conn), in_transaction: false, spoilt: false }),
            Err(sqlx::Error::PoolTimedOut) if self.only_reads() => Err(Error::ReadOnly),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn begin(&self, how: &'static str) -> Result<Held> {
        let mut held = self.read().await?;
        // Said beforehand: whoever is dropped while it runs leaves a transaction to be rolled back.
        held.in_transaction = true;
        held.run(how, PATIENCE).await?;
        Ok(held)
    }
}

/// Asks a connection of the pool whether it still stands; one that was used just now is taken at its word, which saves
/// a round trip for nearly every request of a busy server.
async fn is_alive(conn: &mut PgConnection, idle_for: Duration) -> std::result::Result<bool, sqlx::Error> {
    const ASKED_AFTER: Duration = Duration::from_secs(1);
    if idle_for >= ASKED_AFTER {
        conn.ping().await?;
    }
    Ok(true)
}

async fn only_reads_here(conn: &mut PgConnection) -> std::result::Result<bool, sqlx::Error> {
    const SQL: &str = "select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on'";
    let row: (bool,) = sqlx::query_as(SQL).fetch_one(conn).await?;
    Ok(row.0)
}

/// Waits for an answer, but not without end.
pub(super) async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = std::result::Result<T, sqlx::Error>>,
) -> std::result::Result<T, sqlx::Error> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time"))),
    }
}

/// One connection while somebody has it, in a transaction or not.
pub(super) struct Held {
    conn: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
    /// It stands in the middle of something, or is cut: nobody gets it again.
    spoilt: bool,
}

impl Held {
    #[expect(clippy::expect_used, reason = "only `drop` takes it out")]
    pub(super) fn conn(&mut self) -> &mut PgConnection {
        self.conn.as_mut().expect("a connection until it is dropped")
    }

    /// Remembers whether the connection may be used again.
    pub(super) fn noting<T>(&mut self, answer: std::result::Result<T, sqlx::Error>) -> Result<T> {
        self.spoilt |= answer.as_ref().err().is_some_and(spoils);
        answer.map_err(Error::from)
    }

    async fn run(&mut self, words: &'static str, patience: Duration) -> Result<()> {
        let said = within(patience, self.conn().execute(words)).await;
        self.noting(said).map(drop)
    }

    /// For the rest of this transaction locks are waited for as long as we wait.
    pub(super) async fn wait_for_locks(&mut self) -> Result<()> {
        self.run("set local lock_timeout = 0", PATIENCE).await
    }

    /// Commits. When no answer comes nobody knows whether it happened: who asked is told that it did not go well.
    pub(super) async fn commit(mut self, patience: Duration) -> Result<()> {
        if self.in_transaction {
            self.run("commit", patience).await?;
            self.in_transaction = false;
        }
        Ok(())
    }

    pub(super) async fn rollback(mut self) {
        if self.in_transaction && !self.spoilt {
            // What cannot be rolled back is a broken connection, and the server rolls that back itself.
            self.in_transaction = self.run("rollback", PATIENCE).await.is_err();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.spoilt {
            // Cut without a farewell, which might hang as well.
            drop(conn.detach());
        } else if self.in_transaction {
            // Dropped midway.
            runtime.spawn(async move {
                let undone = within(PATIENCE, conn.execute("rollback")).await;
                if undone.is_ok() { give_back(conn).await } else { drop(conn.detach()) }
            });
        } else {
            runtime.spawn(give_back(conn));
        }
    }
}

/// Into the pool, which asks whether it still stands; without an answer it is cut.
fn give_back(mut conn: PoolConnection<Postgres>) -> impl Future<Output = ()> + Send + 'static {
    // Taken out here and not in the task, which a runtime that ends may never begin.
    let back = conn.return_to_pool();
    async move {
        tokio::time::timeout(PATIENCE, back).await.ok();
    }
}
