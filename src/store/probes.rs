//! Questions to a running server through its public address, each answered once, and the settings of the engine that can lose data.

use sqlx::FromRow;

use super::db::{Conn, Raw, Result, execute, on};
use crate::model::Timestamp;

/// What a server saw of a request.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0006_probes.sql")]
pub struct Seen {
    pub address: String,
    pub peer: String,
    pub forwarded: String,
    pub host: String,
}

/// A new question. Those that have ended are forgotten.
pub async fn insert(conn: &mut Conn, id: &str, token_hash: &str, until: Timestamp, now: Timestamp) -> Result<()> {
    execute!(conn, sqlx::query("delete from probes where expires_at < $1").bind(now))?;
    const SQL: &str = "insert into probes (id, token_hash, expires_at) values ($1, $2, $3)";
    execute!(conn, sqlx::query(SQL).bind(id).bind(token_hash).bind(until))?;
    Ok(())
}

/// The hash of a question that is open.
pub async fn open(conn: &mut Conn, id: &str, now: Timestamp) -> Result<Option<String>> {
    const SQL: &str = "select token_hash from probes where id = $1 and seen_at is null and expires_at > $2";
    let row: Option<(String,)> = on!(conn, db => sqlx::query_as(SQL).bind(id).bind(now).fetch_optional(db))?;
    Ok(row.map(|row| row.0))
}

/// The answer. Answers false where it was given before.
pub async fn answer(conn: &mut Conn, id: &str, seen: &Seen, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update probes set seen_at = $2, address = $3, peer = $4, forwarded = $5, host = $6
        where id = $1 and seen_at is null and expires_at > $2";
    let s = seen;
    let rows = execute!(
        conn,
        sqlx::query(SQL).bind(id).bind(now).bind(&s.address).bind(&s.peer).bind(&s.forwarded).bind(&s.host)
    )?;
    Ok(rows == 1)
}

/// The answer to a question, if there is one by now; the question goes.
pub async fn take(conn: &mut Conn, id: &str) -> Result<Option<Seen>> {
    const SQL: &str = "select address, peer, forwarded, host from probes where id = $1 and seen_at is not null";
    let seen = on!(conn, db => sqlx::query_as(SQL).bind(id).fetch_optional(db))?;
    execute!(conn, sqlx::query("delete from probes where id = $1").bind(id))?;
    Ok(seen)
}

/// How an engine is set up.
#[derive(Debug, Clone, Default)]
pub struct Engine {
    /// 15.8, 3.50.1
    pub version: String,
    /// Settings that are off and should be on.
    pub off: Vec<&'static str>,
    /// How many connections it takes in all, and how many are open.
    pub connections: Option<(i64, i64)>,
    /// It takes no changes.
    pub reads_only: bool,
}

/// Asks the engine about itself.
pub async fn engine(conn: &mut Conn) -> Result<Engine> {
    const SETTINGS: &str =
        "select current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
        current_setting('synchronous_commit'), cast(current_setting('max_connections') as bigint),
        (select count(*) from pg_stat_activity where backend_type = 'client backend'),
        pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on'";
    type Settings = (String, String, String, String, i64, i64, bool);
    let asked = match conn.raw() {
        Raw::Sqlite(db) => {
            let row = sqlx::query_as::<_, (String,)>("select sqlite_version()").fetch_one(db).await;
            row.map(|(version,)| Engine { version, ..Engine::default() })
        }
        Raw::Postgres(db) => sqlx::query_as::<_, Settings>(SETTINGS).fetch_one(db).await.map(|row| {
            let (version, fsync, pages, commit, most, open, reads_only) = row;
            let settings = [("fsync", fsync), ("full_page_writes", pages), ("synchronous_commit", commit)];
            let off = settings.into_iter().filter(|(_, value)| value == "off").map(|(name, _)| name).collect();
            Engine { version, off, connections: Some((most, open)), reads_only }
        }),
    };
    conn.noting(asked)
}

/// What SQLite finds wrong in its file; none where all is well, and on PostgreSQL.
pub async fn damage(conn: &mut Conn) -> Result<Option<String>> {
    let asked = match conn.raw() {
        Raw::Sqlite(db) => sqlx::query_as::<_, (String,)>("pragma quick_check(1)").fetch_optional(db).await,
        Raw::Postgres(_) => Ok(None),
    };
    Ok(conn.noting(asked)?.map(|row| row.0).filter(|said| said != "ok"))
}
