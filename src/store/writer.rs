//! SQLite's one writer. Transactions are savepoints inside an outer transaction; a commit answers only when the outer
//! one has reached the disk. While others wait for the writer they join the same batch, so that one `fdatasync`
//! serves many (`docs/decisions/0003-group-commit.md`).
//!
//! SQLite may roll back the outer transaction by itself (disk full, I/O error). It takes the savepoint with it, so
//! that the next `release` or `rollback to` fails: then the whole batch is answered with an error.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard, oneshot};

use super::db::{Error, Result};

/// How many transactions share one outer commit at most.
const BATCH: usize = 64;

pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
    flush: Arc<Notify>,
}

struct State {
    conn: SqliteConnection,
    options: SqliteConnectOptions,
    /// Those whose transaction is released but not yet on the disk; `Some` while the outer transaction is open.
    batch: Option<Vec<oneshot::Sender<std::result::Result<(), String>>>>,
    /// A savepoint is open. Seen by the next one to come, it means that its owner was dropped midway.
    torn: bool,
}

/// The writer, held by one transaction.
pub(super) struct Slot {
    state: OwnedMutexGuard<State>,
    waiting: Arc<AtomicUsize>,
    flush: Arc<Notify>,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self> {
        let conn = options.connect().await?;
        let state = Arc::new(Mutex::new(State { conn, options, batch: None, torn: false }));
        let writer = Self { state, waiting: Arc::default(), flush: Arc::default() };
        tokio::spawn(flusher(Arc::downgrade(&writer.state), writer.flush.clone()));
        Ok(writer)
    }

    /// Waits for the writer and opens a transaction.
    pub(super) async fn begin(&self) -> Result<Slot> {
        let mut slot = self.alone().await;
        slot.state.settle().await;
        slot.state.open().await?;
        Ok(slot)
    }

    /// The writer without a transaction, for migrations.
    pub(super) async fn alone(&self) -> Slot {
        let turn = Turn::take(&self.waiting);
        let state = self.state.clone().lock_owned().await;
        drop(turn);
        Slot { state, waiting: self.waiting.clone(), flush: self.flush.clone() }
    }

    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.settle().await;
        state.finish().await;
        // Folds the log into the file, so that a stopped server leaves one file behind.
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut state.conn).await.ok();
    }
}

/// Counts one waiter for as long as it lives.
struct Turn(Arc<AtomicUsize>);

impl Turn {
    fn take(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Commits the batches that were left open for others to join. Its turn comes after all who waited before.
async fn flusher(state: std::sync::Weak<Mutex<State>>, flush: Arc<Notify>) {
    loop {
        flush.notified().await;
        let Some(state) = state.upgrade() else { return };
        let mut state = state.lock().await;
        state.settle().await;
        state.finish().await;
    }
}

impl State {
    async fn run(&mut self, sql: &'static str) -> std::result::Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.conn).await.map(|_| ())
    }

    /// Cleans up after a transaction that was dropped midway.
    async fn settle(&mut self) {
        if !self.torn {
            return;
        }
        let undone = match self.run("rollback to one").await {
            Ok(()) => self.run("release one").await,
            Err(error) => Err(error),
        };
        match undone {
            Ok(()) => self.torn = false,
            Err(error) => self.fail(&error.to_string()).await,
        }
    }

    async fn open(&mut self) -> Result<()> {
        if self.batch.is_none() {
            self.run("begin immediate").await?;
            self.batch = Some(Vec::new());
        }
        self.torn = true;
        self.run("savepoint one").await?;
        Ok(())
    }

    /// Commits the outer transaction and answers everyone in the batch.
    async fn finish(&mut self) {
        if self.batch.is_none() {
            return;
        }
        match self.run("commit").await {
            Ok(()) => {
                for waiter in self.batch.take().unwrap_or_default() {
                    waiter.send(Ok(())).ok();
                }
            }
            Err(error) => self.fail(&error.to_string()).await,
        }
    }

    /// The batch did not reach the disk: everyone in it hears so, and the connection starts clean.
    async fn fail(&mut self, why: &str) {
        for waiter in self.batch.take().unwrap_or_default() {
            waiter.send(Err(why.to_owned())).ok();
        }
        self.torn = false;
        // Fails when SQLite has rolled back already; then there is nothing to do.
        self.run("rollback").await.ok();
        if self.conn.ping().await.is_err()
            && let Ok(fresh) = self.options.connect().await
        {
            self.conn = fresh;
        }
    }
}

impl Slot {
    pub(super) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.state.conn
    }

    pub(super) async fn commit(mut self) -> Result<()> {
        if let Err(error) = self.state.run("release one").await {
            let why = error.to_string();
            self.state.fail(&why).await;
            return Err(Error::Commit(why));
        }
        self.state.torn = false;
        let (sender, receiver) = oneshot::channel();
        let Some(batch) = &mut self.state.batch else {
            return Err(Error::Commit("no transaction is open".to_owned()));
        };
        batch.push(sender);
        if self.waiting.load(Ordering::SeqCst) == 0 || batch.len() >= BATCH {
            self.state.finish().await;
        } else {
            self.flush.notify_one();
        }
        drop(self);
        match receiver.await {
            Ok(answer) => answer.map_err(Error::Commit),
            Err(_) => Err(Error::Commit("the writer went away".to_owned())),
        }
    }

    pub(super) async fn rollback(mut self) {
        self.state.settle().await;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Dropped midway or rolled back with others' work still open: someone must finish the batch.
        if self.state.torn || self.state.batch.is_some() {
            self.flush.notify_one();
        }
    }
}
