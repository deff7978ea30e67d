//! All tables as a whole, for what must carry every row: backup, restore, and the move to the other engine.
//!
//! The list below is the order in which rows can be put in (what is referred to first), each table with its primary key,
//! by which rows are read in the same order on both engines, and its columns. A test compares it with the schema.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row as _};

use super::db::{Conn, Raw, execute, on};
use super::error::{Error, Result};

/// Table, primary key, columns.
const TABLES: &[(&str, &str, &str)] = &[
    (
        "workspaces",
        "id",
        "id text, name text, slug text, locale text, policy text, contact_text_ja text, contact_text_en text, data_key text, \
         suspended_at bigint, created_at bigint, failure_text_ja text, failure_text_en text, networks text, carriers text, \
         sms_sender text, sms_budget bigint",
    ),
    ("workspace_slugs", "slug", "slug text, workspace_id text, created_at bigint"),
    (
        "members",
        "id",
        "id text, workspace_id text, login text, name text, kana text, department text, role text, state text, locale text, \
         held_at bigint, checkup_since bigint, recovery_proved bigint, recovered_at bigint, recovered_by text, \
         contacts_later bigint, epoch bigint, created_at bigint, updated_at bigint, words_due boolean, signed_in_day bigint, \
         deleted_at bigint, deleted_from text, demand text, demand_at bigint, readiness text, held_by text, held_over bigint",
    ),
    ("member_words", "workspace_id, word, member_id", "workspace_id text, word text, member_id text"),
    ("freed_logins", "workspace_id, login", "workspace_id text, login text, free_from bigint, member_id text"),
    ("passwords", "member_id", "member_id text, workspace_id text, hash text, set_at bigint"),
    ("password_history", "member_id, set_at", "member_id text, workspace_id text, set_at bigint, hash text"),
    (
        "contacts",
        "id",
        "id text, workspace_id text, member_id text, kind text, address text, address_index text, state text, \
         recovers_from bigint, verified_at bigint, confirmed_at bigint, removed_at bigint, created_at bigint, frozen_at bigint, \
         changed_at bigint, confirmed_in text, lost_in text, lost_from text, recovered_at bigint",
    ),
    (
        "recoveries",
        "id",
        "id text, workspace_id text, reference text, handle_prefix text, handle_hash text, kind text, address_index text, \
         only_member_id text, decoy boolean, contact_id text, mark text, state text, member_id text, network text, \
         device_id text, sends bigint, sent_at bigint, proved_at bigint, finished_at bigint, expires_at bigint, \
         created_at bigint, other_index text, toward text, releases text",
    ),
    (
        "codes",
        "id",
        "id text, workspace_id text, subject text, hash text, tries bigint, spent_at bigint, expires_at bigint, \
         created_at bigint",
    ),
    ("limits", "key, span", "key text, span bigint, started_at bigint, spent bigint"),
    ("throttles", "key", "key text, failures bigint, open_from bigint, touched_at bigint"),
    ("devices", "id", "id text, token_prefix text, token_hash text, agent text, created_at bigint, seen_at bigint"),
    (
        "device_members",
        "member_id, device_id",
        "device_id text, member_id text, workspace_id text, trusted boolean, network text, first_at bigint, last_at bigint, \
         name text, agent text, left_at bigint, lost_in text",
    ),
    (
        "incidents",
        "id",
        "id text, workspace_id text, member_id text, kind text, opened_by text, opened_at bigint, ended_at bigint, outcome text",
    ),
    (
        "incident_things",
        "incident_id, kind, thing_id",
        "incident_id text, workspace_id text, kind text, thing_id text, told_at bigint, confirmed_at bigint, undone_at bigint",
    ),
    (
        "wipes",
        "id",
        "id text, workspace_id text, member_id text, incident_id text, way text, target text, what text, state text, cause text, \
         secret text, receipt text, asked_by text, asked_at bigint, sent_at bigint, ended_at bigint, expires_at bigint, \
         next_at bigint, tries bigint, handed_at bigint, answer text",
    ),
    ("managements", "workspace_id, way", "workspace_id text, way text, access text, set_by text, set_at bigint"),
    (
        "managed_devices",
        "id",
        "id text, workspace_id text, member_id text, way text, device text, name text, told text, added_by text, added_at bigint",
    ),
    (
        "agents",
        "id",
        "id text, workspace_id text, member_id text, name text, platform text, public_key text, enrolled_by text, \
         enrolled_at bigint, seen_at bigint, number bigint, ended_at bigint",
    ),
    (
        "agent_codes",
        "code_index",
        "code_index text, workspace_id text, member_id text, epoch bigint, made_by text, made_at bigint, expires_at bigint, \
         used_at bigint",
    ),
    ("agent_keys", "workspace_id", "workspace_id text, public_key text, seed text, made_at bigint"),
    (
        "member_networks",
        "member_id, network",
        "member_id text, workspace_id text, network text, last_at bigint, first_at bigint",
    ),
    (
        "sessions",
        "id",
        "id text, workspace_id text, member_id text, device_id text, epoch bigint, way text, token_prefix text, token_hash text, \
         network text, agent text, proved_at bigint, seen_at bigint, ends_at bigint, ended_at bigint, ended_by text, \
         created_at bigint",
    ),
    (
        "access_tokens",
        "id",
        "id text, workspace_id text, member_id text, epoch bigint, name text, scopes text, token_prefix text, token_hash text, \
         used_at bigint, expires_at bigint, ended_at bigint, ended_by text, created_at bigint",
    ),
    (
        "links",
        "id",
        "id text, workspace_id text, member_id text, token_prefix text, token_hash text, used_at bigint, expires_at bigint, \
         created_at bigint",
    ),
    (
        "forced_changes",
        "id",
        "id text, workspace_id text, member_id text, way text, contact_id text, kind text, run_id text, secret_hash text, \
         link_id text, used_at bigint, ended_at bigint, ended_why text, expires_at bigint, created_at bigint, by_member text",
    ),
    (
        "break_glass",
        "workspace_id",
        "workspace_id text, hash text, made_by text, made_at bigint, used_at bigint, used_for text",
    ),
    (
        "owner_steps",
        "id",
        "id text, workspace_id text, by_member text, member_id text, step text, good_from bigint, created_at bigint, \
         expires_at bigint, ended_at bigint, ended_how text, ended_by text",
    ),
    (
        "alarms",
        "id",
        "id text, workspace_id text, member_id text, contact_id text, event text, subject text, token_prefix text, \
         token_hash text, word_hash text, used_at bigint, expires_at bigint, created_at bigint",
    ),
    (
        "sign_ins",
        "id",
        "id text, workspace_id text, member_id text, result text, way text, address text, network text, agent text, \
         device_id text, at bigint",
    ),
    (
        "audit",
        "id",
        "id text, workspace_id text, actor text, action text, member_id text, subject text, reference text, network text, \
         at bigint, details text, nth bigint, by_leaf text, about_leaf text, link text",
    ),
    ("audit_tips", "workspace_id", "workspace_id text, nth bigint, link text"),
    (
        "audit_heads",
        "workspace_id, day",
        "workspace_id text, day bigint, nth bigint, link text, signed_at bigint, key_id text, signature text",
    ),
    ("audit_keys", "key_id, by_key_id", "key_id text, by_key_id text, public text, signature text"),
    (
        "outbox",
        "id",
        "id text, workspace_id text, kind text, purpose text, reference text, decoy boolean, destination text, body text, \
         state text, tries bigint, next_try_at bigint, claim text, carrier text, provider_id text, cause text, \
         expires_at bigint, created_at bigint, done_at bigint, urgency bigint, member_id text, contact_id text, toward text, \
         asked text, handed_at bigint, entered_at bigint, known boolean",
    ),
    (
        "handings",
        "id",
        "id text, message_id text, workspace_id text, carrier text, state text, provider_id text, cause text, code text, at bigint, \
         told_at bigint",
    ),
    (
        "early_receipts",
        "carrier, provider_id, outcome",
        "carrier text, provider_id text, outcome text, cause text, code text, at bigint",
    ),
    (
        "locked_out",
        "id",
        "id text, workspace_id text, reference text, token_prefix text, token_hash text, cause text, written text, locale text, \
         network text, state text, taken_by text, taken_at bigint, answer text, answered_at bigint, told_at bigint, \
         escalated_at bigint, closed_at bigint, created_at bigint",
    ),
    (
        "calls",
        "id",
        "id text, workspace_id text, opener text, request_id text, member_id text, typed text, state text, sends bigint, \
         sent_at bigint, sent_by text, number bigint, prompted_at bigint, confirmed_at bigint, number_tries bigint, \
         second_asked_at bigint, second_by text, proved_by text, proved_at bigint, ended_at bigint, expires_at bigint, \
         created_at bigint",
    ),
    (
        "warrants",
        "id",
        "id text, workspace_id text, member_id text, holder text, ground text, call_id text, words text, good_from bigint, \
         expires_at bigint, used_at bigint, used_for text, created_at bigint",
    ),
    (
        "readiness_rounds",
        "workspace_id",
        "workspace_id text, run_id text, begun_at bigint, beat_at bigint, taken_at bigint",
    ),
    ("readiness_days", "workspace_id, day, what", "workspace_id text, day bigint, what text, members bigint"),
    ("nudges", "member_id", "member_id text, workspace_id text, at bigint"),
    (
        "nudge_runs",
        "id",
        "id text, workspace_id text, by_member text, readiness text, email boolean, after_login text, asked bigint, \
         passed_over bigint, created_at bigint, done_at bigint, stopped boolean",
    ),
    (
        "drills",
        "member_id",
        "member_id text, workspace_id text, id text, session_id text, contact_id text, mark text, sent_at bigint, \
         expires_at bigint, passed_at bigint, done_at bigint",
    ),
    ("master_keys", "nth", "nth bigint, id text, writes_from bigint, done_at bigint"),
    (
        "alerts",
        "event, scope, window_at",
        "event text, scope text, window_at bigint, workspace_id text, member_id text, ends_at bigint, told_at bigint, \
         created_at bigint, id text, network text, times bigint, acked_at bigint, acked_by text",
    ),
    ("alert_settings", "workspace_id", "workspace_id text, settings text, webhook text"),
    ("followers", "name", "name text, position text, until bigint, leased_by text, leased_until bigint"),
    ("chain_rounds", "workspace_id", "workspace_id text, nth bigint, link text, begun_at bigint, broken boolean"),
    (
        "imports",
        "workspace_id, digest",
        "workspace_id text, digest text, run_id text, total bigint, done bigint, skipped text, started_at bigint, \
         finished_at bigint",
    ),
    (
        "jobs",
        "id",
        "id text, workspace_id text, kind text, by_member text, state text, total bigint, done bigint, failed bigint, pieces bigint, \
         next bigint, cause text, token_id text, run_id text, leased_until bigint, worked_at bigint, created_at bigint, \
         started_at bigint, ended_at bigint",
    ),
    (
        "job_pieces",
        "job_id, nth",
        "job_id text, nth bigint, workspace_id text, rows bigint, input text, report text, told bigint",
    ),
    (
        "invitations",
        "id",
        "id text, workspace_id text, member_id text, way text, contact_id text, bound text, role text, code_index text, \
         link_id text, by_member text, opened_at bigint, used_at bigint, ended_at bigint, expires_at bigint, created_at bigint",
    ),
    ("tallies", "workspace_id, hour, log, what", "workspace_id text, hour bigint, log text, what text, times bigint"),
    ("tally_positions", "log", "log text, position text, until bigint"),
];

/// Tables that are no part of the whole: sqlx's record of the migrations, the mark of what is unfinished, the servers that
/// run on this database, and the doctor's questions to them.
pub const APART: &[&str] = &["_sqlx_migrations", super::unfinished::TABLE, "servers", "probes"];

/// How many values one statement binds. The engines take 32,766 and more, but SQLite looks through the names of all for each of them.
const VALUES: usize = 1_000;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `text`
    Text,
    /// `bigint`
    Whole,
    /// `boolean`
    Flag,
}

/// One table of the whole.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns as they are written above: name and type.
    pub columns: &'static str,
    names: Vec<&'static str>,
    kinds: Vec<Kind>,
    /// Where in a row the primary key's columns stand.
    key: Vec<usize>,
}

/// A row: one value a column, in the table's order.
pub type Row = Vec<Value>;

/// All tables, what is referred to first.
pub fn tables() -> &'static [Table] {
    static ALL: LazyLock<Vec<Table>> = LazyLock::new(|| TABLES.iter().map(Table::read).collect());
    &ALL
}

impl Table {
    fn read((name, key, columns): &(&'static str, &'static str, &'static str)) -> Self {
        let pairs = columns.split(", ").map(|column| column.split_once(' ').expect("a name and a type"));
        let (names, types): (Vec<_>, Vec<_>) = pairs.unzip();
        let kind = |written: &str| match written {
            "text" => Kind::Text,
            "bigint" => Kind::Whole,
            _ => Kind::Flag,
        };
        let place = |part: &str| names.iter().position(|name| *name == part).expect("the key is made of columns");
        let key = key.split(", ").map(place).collect();
        Self { name, columns, kinds: types.into_iter().map(kind).collect(), names, key }
    }

    /// The next rows behind `after`, at most `limit`, in the order of the primary key.
    fn page(&self, after: bool, limit: usize) -> String {
        let key: Vec<_> = self.key.iter().map(|at| self.names[*at]).collect();
        let key = key.join(", ");
        let places: Vec<_> = (1..=self.key.len()).map(|n| format!("${n}")).collect();
        let only = if after { format!(" where ({key}) > ({})", places.join(", ")) } else { String::new() };
        format!("select {} from {}{only} order by {key} limit {limit}", self.names.join(", "), self.name)
    }

    fn insert(&self, rows: usize) -> String {
        let mut sql = format!("insert into {} ({}) values ", self.name, self.names.join(", "));
        let mut place = 0;
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.names.len() {
                place += 1;
                let _ = write!(sql, "{}${place}", if column == 0 { "" } else { ", " });
            }
            sql.push(')');
        }
        sql
    }

    /// How many rows go into one statement.
    pub fn batch(&self) -> usize {
        VALUES / self.names.len()
    }

    /// Whether these values can stand in this table's columns.
    pub fn fits(&self, row: &Row) -> bool {
        let fits = |(value, kind): (&Value, &Kind)| match kind {
            _ if value.is_null() => true,
            Kind::Text => value.is_string(),
            Kind::Whole => value.is_i64(),
            Kind::Flag => value.is_boolean(),
        };
        row.len() == self.kinds.len() && row.iter().zip(&self.kinds).all(fits)
    }
}

/// Reads a row of either driver by the table's kinds.
macro_rules! read {
    ($table:expr, $row:expr) => {{
        let cell = |(at, kind): (usize, &Kind)| -> std::result::Result<Value, sqlx::Error> {
            Ok(match kind {
                Kind::Text => $row.try_get::<Option<String>, _>(at)?.into(),
                Kind::Whole => $row.try_get::<Option<i64>, _>(at)?.into(),
                Kind::Flag => $row.try_get::<Option<bool>, _>(at)?.into(),
            })
        };
        $table.kinds.iter().enumerate().map(cell).collect::<std::result::Result<Row, sqlx::Error>>()
    }};
}

/// Binds a value by its kind, so that PostgreSQL knows the type of what is null, too.
macro_rules! bind {
    ($query:expr, $kind:expr, $value:expr) => {
        match $kind {
            Kind::Text => $query.bind($value.as_str().map(str::to_owned)),
            Kind::Whole => $query.bind($value.as_i64()),
            Kind::Flag => $query.bind($value.as_bool()),
        }
    };
}

/// The next rows of the table behind `after`, at most `limit`, in the order of the primary key.
pub async fn page(conn: &mut Conn, table: &Table, after: Option<&Row>, limit: usize) -> Result<Vec<Row>> {
    let sql = table.page(after.is_some(), limit);
    let key = table.key.iter().filter_map(|at| Some((&table.kinds[*at], after?.get(*at)?)));
    let rows = match conn.raw() {
        Raw::Sqlite(db) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (kind, value) in key {
                query = bind!(query, kind, value);
            }
            let rows = query.fetch_all(db).await;
            rows.and_then(|rows| rows.iter().map(|row| read!(table, row)).collect())
        }
        Raw::Postgres(db) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (kind, value) in key {
                query = bind!(query, kind, value);
            }
            let rows = query.fetch_all(db).await;
            rows.and_then(|rows| rows.iter().map(|row| read!(table, row)).collect())
        }
    };
    conn.noting(rows)
}

/// Puts rows in as they are.
pub async fn insert(conn: &mut Conn, table: &Table, rows: &[Row]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    if !rows.iter().all(|row| table.fits(row)) {
        return Err(Error::Row(format!("a row does not fit into {}", table.name)));
    }
    let sql = table.insert(rows.len());
    let cells = rows.iter().flat_map(|row| table.kinds.iter().zip(row));
    let done = match conn.raw() {
        Raw::Sqlite(db) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (kind, value) in cells {
                query = bind!(query, kind, value);
            }
            query.execute(db).await.map(drop)
        }
        Raw::Postgres(db) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for (kind, value) in cells {
                query = bind!(query, kind, value);
            }
            query.execute(db).await.map(drop)
        }
    };
    conn.noting(done)
}

/// Whether no table holds a row.
pub async fn is_empty(conn: &mut Conn) -> Result<bool> {
    for table in tables() {
        let sql = format!("select count(*) from (select 1 from {} limit 1) t", table.name);
        let row: (i64,) = on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).fetch_one(db))?;
        if row.0 > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes every row out of every table.
pub async fn clear(conn: &mut Conn) -> Result<()> {
    conn.take_time().await?;
    for table in tables().iter().rev() {
        execute!(conn, sqlx::query(AssertSqlSafe(format!("delete from {}", table.name))))?;
    }
    Ok(())
}
