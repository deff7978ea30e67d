//! The database as somebody sees it who has it in hand without the server: all tables, all rows, on both engines.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Every table's rows, each a JSON object, in a stable order.
pub type Dump = BTreeMap<String, Vec<Value>>;

/// Reads every table.
pub async fn dump(url: &str) -> Dump {
    let rows: Vec<(String, String)> = if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await.expect("the file opens");
        let mut rows = Vec::new();
        let tables: Vec<(String,)> =
            sqlx::query_as("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
                .fetch_all(&mut conn)
                .await
                .expect("the tables");
        for (table,) in tables.into_iter().filter(|(table,)| !table.starts_with("_sqlx")) {
            let columns: Vec<(String,)> = sqlx::query_as("select name from pragma_table_info($1)")
                .bind(&table)
                .fetch_all(&mut conn)
                .await
                .expect("the columns");
            let pairs: Vec<_> = columns.iter().map(|(name,)| format!("'{name}', {name}")).collect();
            let sql = format!("select '{table}', json_object({}) from {table}", pairs.join(", "));
            rows.extend(
                sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sql)).fetch_all(&mut conn).await.expect("the rows"),
            );
        }
        conn.close().await.ok();
        rows
    } else {
        let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
        let mut rows = Vec::new();
        let tables: Vec<(String,)> =
            sqlx::query_as("select tablename::text from pg_tables where schemaname = 'public'")
                .fetch_all(&mut conn)
                .await
                .expect("the tables");
        for (table,) in tables.into_iter().filter(|(table,)| !table.starts_with("_sqlx")) {
            let sql = format!("select '{table}', to_jsonb(t)::text from {table} t");
            rows.extend(
                sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sql)).fetch_all(&mut conn).await.expect("the rows"),
            );
        }
        conn.close().await.ok();
        rows
    };
    let mut dump = Dump::new();
    for (table, row) in rows {
        dump.entry(table).or_default().push(serde_json::from_str(&row).expect("JSON"));
    }
    for rows in dump.values_mut() {
        rows.sort_by_key(Value::to_string);
    }
    dump
}

/// Runs one statement.
pub async fn run(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await.expect("the file opens");
        sqlx::query(sql).execute(&mut conn).await.expect("the statement runs");
        conn.close().await.ok();
    } else {
        let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
        sqlx::query(sql).execute(&mut conn).await.expect("the statement runs");
        conn.close().await.ok();
    }
}

/// The one number that a statement answers.
pub async fn number(url: &str, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    let row: (i64,) = if url.starts_with("sqlite:") {
        let mut conn = SqliteConnection::connect(url).await.expect("the file opens");
        sqlx::query_as(sql).fetch_one(&mut conn).await.expect("the statement runs")
    } else {
        let mut conn = PgConnection::connect(url).await.expect("PostgreSQL answers");
        sqlx::query_as(sql).fetch_one(&mut conn).await.expect("the statement runs")
    };
    row.0
}

/// A table's rows.
pub fn rows<'a>(dump: &'a Dump, table: &str) -> &'a [Value] {
    dump.get(table).map_or(&[], Vec::as_slice)
}

/// How many of a table's rows have this text in this column.
pub fn count(dump: &Dump, table: &str, column: &str, value: &str) -> usize {
    rows(dump, table).iter().filter(|row| row[column] == value).count()
}
