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

use super::error::{Error, Result};

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
    batch: Option<Vec<oneshot::Sender<Result<()>>>>,
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
        let turn = Turn::take(&self.waiting);
        let (state, waiting, flush) = (self.state.clone(), self.waiting.clone(), self.flush.clone());
        unbroken(async move {
            let state = state.lock_owned().await;
            drop(turn);
            let mut slot = Slot { state, waiting, flush };
            slot.state.settle().await;
            slot.state.open().await?;
            Ok(slot)
        })
        .await
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
        // Lets go of the file at once, not when the last handle is dropped: a restore or a move asks whether it is in use.
        if let Ok(nothing) = SqliteConnectOptions::new().in_memory(true).connect().await {
            std::mem::replace(&mut state.conn, nothing).close().await.ok();
        }
    }
}

/// Sees the work through even if the request that wants it is given up meanwhile: a `begin`, `release` or `commit` that is
/// left halfway would leave the connection in a state that nobody knows.
async fn unbroken<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(answer) => answer,
        Err(error) => Err(Error::Commit(error.to_string())),
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
            Err(error) => self.fail(&error).await,
        }
    }

    async fn open(&mut self) -> Result<()> {
        // Both in one go where both are needed: every call of the engine's thread costs more than what it does there.
        let sql = if self.batch.is_none() { "begin immediate; savepoint one" } else { "savepoint one" };
        // Said beforehand: whoever is dropped while it runs leaves it to the next one to undo.
        self.batch.get_or_insert_default();
        self.torn = true;
        if let Err(error) = self.run(sql).await {
            self.fail(&error).await;
            return Err(error.into());
        }
        Ok(())
    }

    /// Commits the outer transaction and answers everyone in the batch.
    async fn finish(&mut self) {
        if self.batch.is_none() {
            return;
        }
        match self.run("commit").await {
            Ok(()) => self.tell(),
            Err(error) => self.fail(&error).await,
        }
    }

    /// The batch has reached the disk: answers everyone in it.
    fn tell(&mut self) {
        for waiter in self.batch.take().unwrap_or_default() {
            waiter.send(Ok(())).ok();
        }
    }

    /// The batch did not reach the disk: everyone in it hears so, and the connection starts clean.
    async fn fail(&mut self, why: &sqlx::Error) {
        for waiter in self.batch.take().unwrap_or_default() {
            waiter.send(Err(Error::of_commit(why))).ok();
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

    pub(super) async fn commit(self) -> Result<()> {
        let receiver = unbroken(self.release()).await?;
        match receiver.await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Commit("the writer went away".to_owned())),
        }
    }

    /// Releases the transaction into the batch. The answer comes when the batch has reached the disk.
    async fn release(mut self) -> Result<oneshot::Receiver<Result<()>>> {
        let others = self.state.batch.as_ref().map_or(0, Vec::len);
        let is_last = self.waiting.load(Ordering::SeqCst) == 0 || others + 1 >= BATCH;
        let sql = if is_last { "release one; commit" } else { "release one" };
        if let Err(error) = self.state.run(sql).await {
            self.state.fail(&error).await;
            return Err(Error::of_commit(&error));
        }
        self.state.torn = false;
        let (sender, receiver) = oneshot::channel();
        let Some(batch) = &mut self.state.batch else {
            return Err(Error::Commit("no transaction is open".to_owned()));
        };
        batch.push(sender);
        if is_last {
            self.state.tell();
        } else {
            self.flush.notify_one();
        }
        Ok(receiver)
    }

    pub(super) async fn rollback(mut self) {
        let undone = unbroken(async move {
            self.state.settle().await;
            Ok(())
        });
        // What could not be undone is undone by the next one to come.
        undone.await.ok();
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

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    async fn writer(folder: &tempfile::TempDir) -> (Writer, SqliteConnectOptions) {
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true).foreign_keys(true);
        let options = options.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal);
        let writer = Writer::open(options.clone()).await.unwrap();
        let mut slot = writer.alone().await;
        let sql = "create table people (name text primary key, padding text,
            boss text references people (name) deferrable initially deferred)";
        sqlx::query(sql).execute(slot.conn()).await.unwrap();
        drop(slot);
        (writer, options)
    }

    async fn put(writer: &Writer, name: &str, padding: usize, boss: Option<&str>) -> Result<()> {
        let mut slot = writer.begin().await?;
        let sql = "insert into people (name, padding, boss) values ($1, $2, $3)";
        let done = sqlx::query(sql).bind(name).bind("x".repeat(padding)).bind(boss).execute(slot.conn()).await;
        match done {
            Ok(_) => slot.commit().await,
            Err(error) => {
                slot.rollback().await;
                Err(Error::Sql(error))
            }
        }
    }

    async fn names(options: &SqliteConnectOptions) -> Vec<String> {
        let mut conn = options.connect().await.unwrap();
        let rows: Vec<(String,)> =
            sqlx::query_as("select name from people order by name").fetch_all(&mut conn).await.unwrap();
        rows.into_iter().map(|(name,)| name).collect()
    }

    /// Puts them all at once, so that they share a batch. Answers the names that were told they are on the disk.
    async fn told(writer: &Writer, all: Vec<(String, usize, Option<&'static str>)>) -> Vec<String> {
        let works = all.iter().map(|(name, padding, boss)| put(writer, name, *padding, *boss));
        let answers = futures_util::future::join_all(works).await;
        let mut told: Vec<_> =
            all.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|((name, ..), _)| name.clone()).collect();
        told.sort();
        told
    }

    #[tokio::test]
    async fn when_the_commit_fails_everybody_in_the_batch_hears_so() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, options) = writer(&folder).await;
        // One row's boss does not exist: SQLite finds out at the outer commit and refuses it whole.
        let all = (0..20).map(|n| (format!("p{n:02}"), 1, (n == 7).then_some("nobody"))).collect();
        let told = told(&writer, all).await;
        assert!(told.len() < 19, "they did not share a batch");
        assert_eq!(names(&options).await, told);
        put(&writer, "next", 1, None).await.unwrap();
        assert!(names(&options).await.contains(&"next".to_owned()));
    }

    #[tokio::test]
    async fn when_the_disk_is_full_nobody_is_told_a_lie() {
        let folder = tempfile::tempdir().unwrap();
        let (writer, options) = writer(&folder).await;
        let mut slot = writer.alone().await;
        sqlx::query("pragma max_page_count = 40").execute(slot.conn()).await.unwrap();
        drop(slot);
        let all = (0..60).map(|n| (format!("p{n:02}"), 9_000, None)).collect();
        let told = told(&writer, all).await;
        assert!(!told.is_empty() && told.len() < 60, "{}", told.len());
        assert_eq!(names(&options).await, told);
        // There is room again.
        let mut slot = writer.alone().await;
        sqlx::query("pragma max_page_count = 4000").execute(slot.conn()).await.unwrap();
        drop(slot);
        put(&writer, "next", 9_000, None).await.unwrap();
        assert_eq!(names(&options).await.len(), told.len() + 1);
    }
}
