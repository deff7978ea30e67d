//! What happens to a PostgreSQL in its life: stopped, killed, hung, copied, promoted.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column as _, Connection as _, PgConnection, Row as _, SqliteConnection};

use crate::house::send_signal;
use crate::postgres::as_server_user;
pub use crate::postgres::{Disk, Server};
use crate::programs::quiet;

/// A new cluster.
pub fn cluster() -> Server {
    Server::start(Disk::Spared).expect("PostgreSQL starts")
}

impl Server {
    /// `pg_ctl stop`, as `fast` or `immediate`.
    pub fn stop(&self, mode: &str) {
        self.ctl(&["-m", mode, "-w", "stop"]);
    }

    /// Starts it again, as soon as nothing is left of what was killed.
    pub fn start_again(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while let Err(error) = self.go() {
            assert!(Instant::now() < end, "PostgreSQL does not start again: {error}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A standby becomes the primary.
    pub fn promote(&self) {
        self.ctl(&["-w", "promote"]);
    }

    pub fn reload(&self) {
        self.ctl(&["reload"]);
    }

    /// Begins new files of its log until there is no room for one, which ends it; `between` keeps the room away.
    pub async fn uses_up_its_log(&self, between: impl Fn()) {
        let mut conn = PgConnection::connect(&self.url()).await.expect("PostgreSQL answers");
        for _ in 0..20 {
            let switched = sqlx::raw_sql("select pg_logical_emit_message(false, 'test', ''), pg_switch_wal()");
            if switched.execute(&mut conn).await.is_err() {
                return;
            }
            between();
        }
        panic!("its log has room");
    }

    /// What it has written for its operator.
    pub fn log(&self) -> String {
        quiet(as_server_user("cat").arg(self.dir.join("log"))).expect("cat")
    }

    fn ctl(&self, args: &[&str]) {
        let mut command = as_server_user(self.bin.join("pg_ctl"));
        quiet(command.arg("-D").arg(self.dir.join("data")).args(args)).expect("pg_ctl");
    }

    /// The first process and all that it started.
    pub fn processes(&self) -> Vec<u32> {
        let file = fs::read_to_string(self.dir.join("data/postmaster.pid")).expect("it runs");
        let first: u32 = file.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process");
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &first.to_string()]).output().expect("ps runs");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        std::iter::once(first).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Every process at once, the first one first: as when the machine loses power.
    pub fn kill(&self) {
        for pid in self.processes() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }

    /// Takes connections and answers nothing.
    pub fn hang(&self) {
        self.processes().iter().for_each(|pid| send_signal(*pid, "STOP"));
    }

    pub fn go_on(&self) {
        self.processes().iter().for_each(|pid| send_signal(*pid, "CONT"));
    }

    /// A copy that follows this one, under this name.
    pub fn standby(&self, name: &str) -> Self {
        let source = format!("host=127.0.0.1 port={} user=postgres application_name={name}", self.port);
        Self::filled(Disk::Spared, |copy| {
            quiet(
                as_server_user(copy.bin.join("pg_basebackup"))
                    .args(["--checkpoint=fast", "--no-sync", "-X", "stream", "-R", "-d", &source, "-D"])
                    .arg(copy.dir.join("data")),
            )
        })
        .expect("a standby starts")
    }

    /// A stopped or killed one starts as a standby that follows nobody.
    pub fn becomes_standby(&self) {
        quiet(as_server_user("touch").arg(self.dir.join("data/standby.signal"))).expect("touch");
        self.start_again();
    }

    /// Undoes `default_transaction_read_only`.
    pub fn take_writes(&self) {
        quiet(
            as_server_user("sed")
                .args(["-i", "/default_transaction_read_only/d"])
                .arg(self.dir.join("data/postgresql.auto.conf")),
        )
        .expect("sed");
        self.reload();
    }
}

/// A database that the test looks into, and changes, behind the servers' backs.
pub trait Tables {
    /// Runs one statement.
    async fn sql(&self, sql: &str);
    /// The rows of a query, each as JSON.
    async fn rows(&self, query: &str) -> Vec<Value>;
}

impl Tables for Server {
    async fn sql(&self, sql: &str) {
        let mut conn = PgConnection::connect(&self.url()).await.expect("PostgreSQL answers");
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.expect("the statement runs");
        conn.close().await.ok();
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        let mut conn = PgConnection::connect(&self.url()).await.expect("PostgreSQL answers");
        let sql = format!("select row_to_json(t)::text from ({query}) t");
        let rows: Vec<(String,)> =
            sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.expect("the query runs");
        conn.close().await.ok();
        rows.iter().map(|(row,)| serde_json::from_str(row).expect("JSON")).collect()
    }
}

/// An SQLite file.
pub struct SqliteFile(pub String);

impl Tables for SqliteFile {
    async fn sql(&self, sql: &str) {
        let mut conn = SqliteConnection::connect(&self.0).await.expect("the file opens");
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.expect("the statement runs");
        conn.close().await.ok();
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        let mut conn = SqliteConnection::connect(&self.0).await.expect("the file opens");
        let rows =
            sqlx::query(sqlx::AssertSqlSafe(query.to_owned())).fetch_all(&mut conn).await.expect("the query runs");
        conn.close().await.ok();
        let cell = |row: &SqliteRow, at: usize| match row.try_get::<Option<i64>, _>(at) {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(row.get::<Option<String>, _>(at)),
        };
        let one = |row: &SqliteRow| {
            row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column.ordinal()))).collect()
        };
        rows.iter().map(|row| Value::Object(one(row))).collect()
    }
}
