//! A database that millions of rows are put into: its indexes go first and are made again at the end, which takes a fraction of the time.
//! What a primary key needs stays.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// What made the indexes that were set aside.
#[derive(Debug)]
pub struct SetAside {
    url: String,
    made_by: Vec<String>,
}

const OF_SQLITE: &str = "select name, sql from sqlite_master where type = 'index' and sql is not null";
const OF_POSTGRES: &str = "select indexname::text, indexdef from pg_indexes where schemaname = 'public' and indexname not in (select conname from pg_constraint)";

/// Takes all indexes of the database away.
pub async fn set_aside(url: &str) -> Result<SetAside> {
    let drop = |name: &str| AssertSqlSafe(format!("drop index {name}"));
    let found: Vec<(String, String)>;
    if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await?;
        found = sqlx::query_as(OF_SQLITE).fetch_all(&mut conn).await?;
        for (name, _) in &found {
            sqlx::query(drop(name)).execute(&mut conn).await?;
        }
        conn.close().await?;
    } else {
        let mut conn = PgConnection::connect(url).await?;
        found = sqlx::query_as(OF_POSTGRES).fetch_all(&mut conn).await?;
        for (name, _) in &found {
            sqlx::query(drop(name)).execute(&mut conn).await?;
        }
        conn.close().await?;
    }
    Ok(SetAside { url: url.to_owned(), made_by: found.into_iter().map(|(_, made_by)| made_by).collect() })
}

impl SetAside {
    /// Makes them again, and lets the database look at what it holds, as it would by itself some time later.
    pub async fn put_back(self) -> Result<()> {
        if self.url.starts_with("sqlite:") {
            let mut conn = SqliteConnection::connect(&self.url).await?;
            for made_by in self.made_by {
                sqlx::query(AssertSqlSafe(made_by)).execute(&mut conn).await?;
            }
            conn.close().await?;
            return Ok(());
        }
        let mut conn = PgConnection::connect(&self.url).await?;
        sqlx::query("set maintenance_work_mem = '1GB'").execute(&mut conn).await?;
        for made_by in self.made_by {
            sqlx::query(AssertSqlSafe(made_by)).execute(&mut conn).await?;
        }
        for then in ["vacuum (analyze)", "checkpoint"] {
            sqlx::query(then).execute(&mut conn).await?;
        }
        conn.close().await?;
        Ok(())
    }
}
