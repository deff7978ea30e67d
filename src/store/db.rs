//! The two engines behind one `Conn`: SQLite (one writer with group commit, readers apart) and PostgreSQL 15+.
//!
//! Everything that changes something runs through `transaction!`: it begins, commits when the work answers `Ok`, rolls
//! back when it answers `Err`, and tries again when PostgreSQL broke a deadlock. The only branch between the drivers
//! is the macro `on!`.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Executor as _, PgConnection, SqliteConnection, SqlitePool, Transaction, pool::PoolConnection};

use super::error::{Error, Result};
pub(super) use super::postgres::within;
use super::postgres::{Held, PATIENCE, Server};
use super::writer::{Slot, Writer};
use crate::model::Timestamp;

/// How many times a transaction that PostgreSQL chose as a deadlock's victim is tried in all.
const TRIES: u32 = 5;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    statements: Arc<AtomicU64>,
    /// Nobody gets a connection: this machine's clock is wrong.
    shut: Arc<AtomicBool>,
    /// Nobody gets a connection: the database is written with a master key that is not at hand.
    lacks_key: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Engine {
    Sqlite { writer: Arc<Writer>, readers: SqlitePool },
    Postgres(Server),
}

/// A connection that runs statements: inside a transaction when it comes from `transaction!`.
pub struct Conn {
    pub(super) link: Link,
    statements: Arc<AtomicU64>,
    /// A statement failed: nothing of this transaction may be committed, even if its error was swallowed.
    broken: bool,
    /// PostgreSQL asked for the transaction to be tried again.
    again: bool,
    /// How long PostgreSQL is given for one statement.
    pub(super) patience: Duration,
}

pub(super) enum Link {
    Writer(Slot),
    Reader(PoolConnection<sqlx::Sqlite>),
    /// A transaction that only reads.
    Snapshot(Transaction<'static, sqlx::Sqlite>),
    Postgres(Held),
}

/// The engine's own connection, for the macro `on!`.
pub(super) enum Raw<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Conn {
    pub(super) fn raw(&mut self) -> Raw<'_> {
        let nth = self.statements.fetch_add(1, Ordering::Relaxed) + 1;
        abort_when_told(nth);
        match &mut self.link {
            Link::Writer(slot) => Raw::Sqlite(slot.conn()),
            Link::Reader(conn) => Raw::Sqlite(conn),
            Link::Snapshot(tx) => Raw::Sqlite(tx),
            Link::Postgres(held) => Raw::Postgres(held.conn()),
        }
    }

    /// Remembers whether the engine asked for another try.
    pub(super) fn noting<T>(&mut self, answer: std::result::Result<T, sqlx::Error>) -> Result<T> {
        self.broken |= answer.is_err();
        if let Err(sqlx::Error::Database(error)) = &answer
            && matches!(error.code().as_deref(), Some("40P01" | "40001"))
        {
            self.again = true;
        }
        match &mut self.link {
            Link::Postgres(held) => held.noting(answer),
            _ => answer.map_err(Error::from),
        }
    }

    fn of(db: &Db, link: Link) -> Self {
        Self { link, statements: db.statements.clone(), broken: false, again: false, patience: PATIENCE }
    }

    /// For chores that nobody waits for and that may have much to do.
    pub async fn take_time(&mut self) -> Result<()> {
        self.patience = Duration::from_mins(10);
        match &mut self.link {
            Link::Postgres(held) => held.wait_for_locks().await,
            _ => Ok(()),
        }
    }
}

/// For the crash tests: dies without any farewell just before the n-th statement. Debug builds only.
#[cfg(debug_assertions)]
fn abort_when_told(nth: u64) {
    use std::sync::OnceLock;
    static AT: OnceLock<Option<u64>> = OnceLock::new();
    let at = AT.get_or_init(|| std::env::var("AIKAGI_ABORT_AT_STATEMENT").ok().and_then(|n| n.parse().ok()));
    if *at == Some(nth) {
        std::process::abort();
    }
}
#[cfg(not(debug_assertions))]
fn abort_when_told(_nth: u64) {}

/// Runs one statement on whichever engine the connection has: `on!(conn, db => sqlx::query(SQL).bind(x).execute(db))`.
macro_rules! on {
    ($conn:expr, $db:ident => $query:expr) => {{
        let conn: &mut $crate::store::db::Conn = $conn;
        let patience = conn.patience;
        let answer = match conn.raw() {
            $crate::store::db::Raw::Sqlite($db) => $query.await,
            $crate::store::db::Raw::Postgres($db) => $crate::store::db::within(patience, $query).await,
        };
        conn.noting(answer)
    }};
}
pub(super) use on;

/// The same where the number of changed rows is wanted, which each driver counts in a type of its own.
macro_rules! execute {
    ($conn:expr, $query:expr) => {{
        let conn: &mut $crate::store::db::Conn = $conn;
        let patience = conn.patience;
        let answer = match conn.raw() {
            $crate::store::db::Raw::Sqlite(db) => $query.execute(db).await.map(|done| done.rows_affected()),
            $crate::store::db::Raw::Postgres(db) => {
                $crate::store::db::within(patience, $query.execute(db)).await.map(|done| done.rows_affected())
            }
        };
        conn.noting(answer)
    }};
}
pub(super) use execute;

/// `$3, $4, $5`: the places of so many values from `first` on.
pub(super) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// Pages of 4 KiB that SQLite's log holds before they are carried over into the file: an import that touches many indexes writes the same
/// pages again and again, and whoever commits when it is full waits for all of them.
const LOG_PAGES: &str = "8000";

impl Db {
    /// Connects to `sqlite:PATH` or `postgres://…` and brings the schema up to date. A database that is being filled by a
    /// restore is refused.
    pub async fn open(url: &str) -> Result<Self> {
        let db = Self::connect(url).await?;
        if super::unfinished::is_marked(&mut db.read().await?).await? {
            db.close().await;
            return Err(Error::Unfinished);
        }
        db.migrate().await?;
        Ok(db)
    }

    /// Only connects, whatever the database holds.
    pub async fn connect(url: &str) -> Result<Self> {
        let engine = if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .pragma("wal_autocheckpoint", LOG_PAGES)
                .pragma("temp_store", "memory");
            let writer = Writer::open(options.clone()).await?;
            // A file does not go away between two reads: nothing to ask first.
            let readers = SqlitePoolOptions::new().max_connections(4).test_before_acquire(false);
            let readers = readers.connect_lazy_with(options.read_only(true));
            Engine::Sqlite { writer: Arc::new(writer), readers }
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Engine::Postgres(Server::connect(url).await?)
        } else {
            return Err(Error::Url);
        };
        Ok(Self { engine, statements: Arc::default(), shut: Arc::default(), lacks_key: Arc::default() })
    }

    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let mut slot = writer.alone().await;
                super::migrations::sqlite().run(slot.conn()).await?;
            }
            Engine::Postgres(server) => {
                let mut conn = server.pool().acquire().await?;
                // Several nodes that start at once wait for the one that does it, however long that takes.
                conn.execute("set lock_timeout = 0").await?;
                let done = super::migrations::postgres().run(&mut *conn).await;
                conn.execute("reset lock_timeout").await?;
                done?;
            }
        }
        Ok(())
    }

    /// Whether anybody gets a connection. Shut, everything fails closed, since all that is stored is judged by the time of day.
    pub fn set_shut(&self, shut: bool) -> bool {
        self.shut.swap(shut, Ordering::Relaxed)
    }

    /// The same for the master key that writes: without it nobody who was written since is found, and what is written now would be lost.
    pub fn set_lacks_key(&self, lacks: bool) {
        self.lacks_key.store(lacks, Ordering::Relaxed);
    }

    /// Whether it is shut for want of a key.
    pub fn lacks_key(&self) -> bool {
        self.lacks_key.load(Ordering::Relaxed)
    }

    /// Whether it is shut because this machine's clock is wrong.
    pub fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Relaxed)
    }

    /// The same database for those who find out whether it may be open again, and for what must be done though it is shut.
    #[must_use]
    pub fn even_if_shut(&self) -> Self {
        Self { shut: Arc::default(), lacks_key: Arc::default(), ..self.clone() }
    }

    fn check_open(&self) -> Result<()> {
        if self.is_shut() {
            Err(Error::Clock)
        } else if self.lacks_key() {
            Err(Error::Key)
        } else {
            Ok(())
        }
    }

    /// A connection for reading only.
    pub async fn read(&self) -> Result<Conn> {
        self.check_open()?;
        self.read_at_any_time().await
    }

    async fn read_at_any_time(&self) -> Result<Conn> {
        let link = match &self.engine {
            Engine::Sqlite { readers, .. } => Link::Reader(readers.acquire().await?),
            Engine::Postgres(server) => Link::Postgres(server.read().await?),
        };
        Ok(Conn::of(self, link))
    }

    /// A transaction that only reads and sees everything as it is at its first statement, whatever others write meanwhile.
    pub async fn snapshot(&self) -> Result<Conn> {
        self.check_open()?;
        let link = match &self.engine {
            Engine::Sqlite { readers, .. } => Link::Snapshot(readers.begin().await?),
            Engine::Postgres(server) => {
                Link::Postgres(server.begin("begin isolation level repeatable read read only").await?)
            }
        };
        Ok(Conn::of(self, link))
    }

    /// For `transaction!`: counts the tries of one transaction.
    #[doc(hidden)]
    pub fn tries(&self) -> Tries<'_> {
        Tries { db: self, so_far: 0 }
    }

    async fn begin(&self) -> Result<Conn> {
        self.check_open()?;
        let link = match &self.engine {
            Engine::Sqlite { writer, .. } => Link::Writer(writer.begin().await?),
            Engine::Postgres(server) => Link::Postgres(server.begin("begin").await?),
        };
        Ok(Conn::of(self, link))
    }

    /// How many statements ran so far, for the tests that compare the work done for known and unknown people.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Whether this is the embedded engine.
    pub fn is_embedded(&self) -> bool {
        matches!(self.engine, Engine::Sqlite { .. })
    }

    /// Asks the database a trivial question, and answers by how many microseconds its clock is ahead of this one. How long the
    /// answer took counts for nothing.
    pub async fn clock_ahead(&self, here: impl Fn() -> Timestamp) -> Result<i64> {
        let before = here();
        let Some(there) = self.time().await? else { return Ok(0) };
        Ok((there.0 - here().0).max(0) + (there.0 - before.0).min(0))
    }

    /// PostgreSQL answers its own time of day, and whether it takes changes at all.
    async fn time(&self) -> Result<Option<Timestamp>> {
        let mut conn = self.read_at_any_time().await?;
        match &self.engine {
            Engine::Sqlite { .. } => {
                let _: Option<(i64,)> =
                    on!(&mut conn, db => sqlx::query_as("select 1 from workspaces limit 1").fetch_optional(db))?;
                Ok(None)
            }
            Engine::Postgres(server) => {
                const SQL: &str = "select (extract(epoch from clock_timestamp()) * 1000000)::bigint,
                    current_setting('transaction_read_only') = 'on'";
                let row: (Timestamp, bool) = on!(&mut conn, db => sqlx::query_as(SQL).fetch_one(db))?;
                server.note(row.1);
                if row.1 { Err(Error::ReadOnly) } else { Ok(Some(row.0)) }
            }
        }
    }

    /// Whether PostgreSQL was found to take no changes when it was asked last.
    pub fn only_reads(&self) -> bool {
        matches!(&self.engine, Engine::Postgres(server) if server.only_reads())
    }

    /// Closes the connections after the last work is done; what was committed is on the disk already.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres(server) => server.pool().close().await,
        }
    }
}

/// For `transaction!`: the tries of one transaction.
#[doc(hidden)]
pub struct Tries<'a> {
    db: &'a Db,
    so_far: u32,
}

impl Tries<'_> {
    /// Opens the next one.
    pub async fn begin(&mut self) -> Result<Conn> {
        self.so_far += 1;
        self.db.begin().await
    }

    /// Commits or rolls back. None when PostgreSQL asked for another try.
    pub async fn settle<T, E: From<Error>>(
        &self,
        conn: Conn,
        answer: std::result::Result<T, E>,
    ) -> Option<std::result::Result<T, E>> {
        match answer {
            Ok(value) => Some(conn.commit().await.map(|()| value).map_err(E::from)),
            Err(error) => {
                let again = conn.again && self.so_far < TRIES;
                conn.rollback().await;
                (!again).then_some(Err(error))
            }
        }
    }
}

/// Runs its work in one transaction: `transaction!(app.db, conn => { … })`. `Ok` commits and is answered once the disk
/// has it, `Err` rolls back; `return` leaves the work, not the function. Where PostgreSQL broke a deadlock the work runs
/// again, so it must not use anything up.
///
/// A macro and not a function that takes a closure: today's compiler cannot prove such a closure's future `Send`.
macro_rules! transaction {
    ($db:expr, $conn:ident => $work:expr) => {{
        let mut tries = $db.tries();
        loop {
            let mut held = match tries.begin().await {
                Ok(held) => held,
                Err(error) => break Err(error.into()),
            };
            let $conn = &mut held;
            let answer = async { $work }.await;
            if let Some(answer) = tries.settle(held, answer).await {
                break answer;
            }
        }
    }};
}
pub(crate) use transaction;

impl Conn {
    async fn commit(self) -> Result<()> {
        if self.broken {
            self.rollback().await;
            return Err(Error::Commit("a statement of this transaction failed".to_owned()));
        }
        match self.link {
            Link::Reader(_) | Link::Snapshot(_) => Ok(()),
            Link::Postgres(held) => held.commit(self.patience).await,
            Link::Writer(slot) => slot.commit().await,
        }
    }

    async fn rollback(self) {
        match self.link {
            Link::Reader(_) | Link::Snapshot(_) => {}
            Link::Postgres(held) => held.rollback().await,
            Link::Writer(slot) => slot.rollback().await,
        }
    }
}
