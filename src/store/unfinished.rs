//! The mark of a database that is being filled by a restore or a move: a table that is there from the first row to the last.
//! While it is there no server starts on this database.

use super::db::{Conn, Raw, execute, on};
use super::error::Result;
use crate::model::Timestamp;

/// The mark's name. It is no part of the migrations: a database that is in order does not have it.
pub const TABLE: &str = "unfinished_restore";

/// Whether the database is marked.
pub async fn is_marked(conn: &mut Conn) -> Result<bool> {
    has(conn, TABLE).await
}

/// Marks it. Refused by the engine when it is marked already.
pub async fn mark(conn: &mut Conn, now: Timestamp) -> Result<()> {
    execute!(conn, sqlx::query("create table unfinished_restore (begun_at bigint not null)"))?;
    execute!(conn, sqlx::query("insert into unfinished_restore (begun_at) values ($1)").bind(now))?;
    Ok(())
}

/// Takes the mark away: the last thing that a restore or a move does.
pub async fn unmark(conn: &mut Conn) -> Result<()> {
    execute!(conn, sqlx::query("drop table unfinished_restore"))?;
    Ok(())
}

/// Which migration was the last to run here. None in a database without any table of ours.
pub async fn schema(conn: &mut Conn) -> Result<Option<i64>> {
    if !has(conn, "_sqlx_migrations").await? {
        return Ok(None);
    }
    let row: (Option<i64>,) =
        on!(conn, db => sqlx::query_as("select max(version) from _sqlx_migrations").fetch_one(db))?;
    Ok(row.0)
}

async fn has(conn: &mut Conn, table: &str) -> Result<bool> {
    let found: std::result::Result<Option<(i64,)>, _> = match conn.raw() {
        Raw::Sqlite(db) => {
            const SQL: &str = "select 1 from sqlite_master where type = 'table' and name = $1";
            sqlx::query_as(SQL).bind(table).fetch_optional(db).await
        }
        Raw::Postgres(db) => {
            const SQL: &str =
                "select cast(1 as bigint) from pg_tables where schemaname = current_schema() and tablename = $1";
            sqlx::query_as(SQL).bind(table).fetch_optional(db).await
        }
    };
    Ok(conn.noting(found)?.is_some())
}
