//! The engine itself: its version, the settings by which it can lose data, and whether its file is whole.

use super::db::{Conn, Raw};
use super::error::Result;

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
pub async fn setup(conn: &mut Conn) -> Result<Engine> {
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
