//! Whether somebody else has a database open, before it is filled or carried away.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::error::Result;

/// How often and how long PostgreSQL is given to see off connections that were closed just now.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Whether no other connection of Aikagi has this database open, as far as the engine can tell.
pub async fn is_alone(url: &str) -> Result<bool> {
    if url.starts_with("sqlite:") { sqlite(url).await } else { postgres(url).await }
}

/// SQLite leaves the write-ahead log only when nobody else has the file open (its manual, "Write-Ahead Logging"). Who opens the file
/// next for use turns it on again.
async fn sqlite(url: &str) -> Result<bool> {
    let options = SqliteConnectOptions::from_str(url)?.busy_timeout(Duration::ZERO);
    let mut conn = options.connect().await?;
    let left = sqlx::query("pragma journal_mode = delete").execute(&mut conn).await;
    conn.close().await.ok();
    match left {
        Ok(_) => Ok(true),
        // SQLITE_BUSY, SQLITE_LOCKED and their extended codes.
        Err(sqlx::Error::Database(error)) if is_busy(error.code().as_deref()) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_busy(code: Option<&str>) -> bool {
    code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

async fn postgres(url: &str) -> Result<bool> {
    const SQL: &str = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name = 'aikagi' and pid <> pg_backend_pid()";
    let mut conn = PgConnection::connect(url).await?;
    let mut others = (0_i64,);
    for _ in 0..TRIES {
        others = sqlx::query_as(SQL).fetch_one(&mut conn).await?;
        if others.0 == 0 {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    conn.close().await.ok();
    Ok(others.0 == 0)
}
