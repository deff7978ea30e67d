//! Changes whose answer nobody needs, sent to the engine in one go: on a busy server the way to the engine and back costs
//! more than most statements do there.
//!
//! SQLite takes them as one text of several statements, PostgreSQL as one statement with the others in its `with`
//! (its manual, "Data-Modifying Statements in WITH"). There they all see the rows as they were before, so that no two
//! changes of one call may touch the same row, and none may rest on another.

use std::borrow::Cow;
use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::db::{Conn, Raw, within};
use super::error::Result;
use crate::model::Timestamp;

/// One `insert`, `update` or `delete`, its values bound in the order `$1`, `$2`, …
#[derive(Debug)]
pub struct Change<'a> {
    sql: Cow<'static, str>,
    values: Vec<Value<'a>>,
}

#[derive(Debug)]
enum Value<'a> {
    Text(Option<Cow<'a, str>>),
    Whole(Option<i64>),
    Flag(bool),
}

impl<'a> Change<'a> {
    pub(super) const fn new(sql: &'static str) -> Self {
        Self { sql: Cow::Borrowed(sql), values: Vec::new() }
    }
    /// An `insert` of so many rows, each of `width` values: `head`, the rows' places, `tail`.
    fn of_rows(head: &str, width: usize, rows: usize, tail: &str) -> Self {
        let mut sql = String::with_capacity(head.len() + tail.len() + rows * width * 6);
        sql.push_str(head);
        for place in 0..rows * width {
            sql.push_str(if place == 0 {
                " ("
            } else if place.is_multiple_of(width) {
                "), ("
            } else {
                ", "
            });
            // Writing to a text does not fail.
            let _ = write!(sql, "${}", place + 1);
        }
        sql.push(')');
        sql.push_str(tail);
        Self { sql: Cow::Owned(sql), values: Vec::with_capacity(rows * width) }
    }
    fn with(mut self, value: Value<'a>) -> Self {
        self.values.push(value);
        self
    }
    pub(super) fn text(self, text: impl Into<Cow<'a, str>>) -> Self {
        self.with(Value::Text(Some(text.into())))
    }
    pub(super) fn maybe(self, text: Option<&'a str>) -> Self {
        self.with(Value::Text(text.map(Cow::Borrowed)))
    }
    pub(super) fn whole(self, number: i64) -> Self {
        self.with(Value::Whole(Some(number)))
    }
    pub(super) fn time(self, at: Timestamp) -> Self {
        self.whole(at.0)
    }
    pub(super) fn maybe_time(self, at: Option<Timestamp>) -> Self {
        self.with(Value::Whole(at.map(|at| at.0)))
    }
    pub(super) fn flag(self, flag: bool) -> Self {
        self.with(Value::Flag(flag))
    }
}

/// Rows that one `insert` takes. To SQLite `$1` is a name, and it looks through a statement's names for each value, so that thousands of
/// them cost more than the rows.
const ROWS: usize = 10;

/// One `insert` for every few of these rows: `head`, the places of their values, `tail`; `bind` binds those of one row.
pub(super) fn of_rows<'a, T>(
    all: &'a [T],
    [head, tail]: [&'static str; 2],
    width: usize,
    bind: impl Fn(Change<'a>, &'a T) -> Change<'a>,
) -> impl Iterator<Item = Change<'a>> {
    all.chunks(ROWS).map(move |some| some.iter().fold(Change::of_rows(head, width, some.len(), tail), &bind))
}

/// Makes all of these changes, in one go.
pub async fn apply<'a>(conn: &mut Conn, changes: impl IntoIterator<Item = Change<'a>>) -> Result<()> {
    let changes: Vec<_> = changes.into_iter().collect();
    if changes.is_empty() { Ok(()) } else { run(conn, changes).await.map(drop) }
}

/// Makes one change. Answers how many rows it touched.
pub(super) async fn counted(conn: &mut Conn, change: Change<'_>) -> Result<u64> {
    run(conn, vec![change]).await
}

async fn run(conn: &mut Conn, changes: Vec<Change<'_>>) -> Result<u64> {
    macro_rules! run {
        ($db:expr, $sql:expr) => {{
            let mut query = sqlx::query(AssertSqlSafe($sql));
            for value in changes.into_iter().flat_map(|change| change.values) {
                query = match value {
                    Value::Text(text) => query.bind(text.map(Cow::into_owned)),
                    Value::Whole(number) => query.bind(number),
                    Value::Flag(flag) => query.bind(flag),
                };
            }
            query.execute($db).await.map(|done| done.rows_affected())
        }};
    }
    let patience = conn.patience;
    let answer = match conn.raw() {
        Raw::Sqlite(db) => run!(db, one_after_the_other(&changes)),
        Raw::Postgres(db) => within(patience, async { run!(db, in_one_statement(&changes)) }).await,
    };
    conn.noting(answer)
}

/// `a; b; c`, the places of the values counted through.
fn one_after_the_other(changes: &[Change<'_>]) -> String {
    let mut sql = String::with_capacity(changes.iter().map(|change| change.sql.len() + 8).sum());
    let mut before = 0;
    for change in changes {
        if !sql.is_empty() {
            sql.push_str("; ");
        }
        push_counted(&mut sql, &change.sql, before);
        before += change.values.len();
    }
    sql
}

/// `with c1 as (a), c2 as (b) c`.
fn in_one_statement(changes: &[Change<'_>]) -> String {
    let Some((last, first)) = changes.split_last() else { return String::new() };
    let mut sql = String::new();
    let mut before = 0;
    for (n, change) in first.iter().enumerate() {
        let _ = write!(sql, "{} c{n} as (", if n == 0 { "with" } else { "," });
        push_counted(&mut sql, &change.sql, before);
        sql.push(')');
        before += change.values.len();
    }
    sql.push(' ');
    push_counted(&mut sql, &last.sql, before);
    sql
}

/// Appends `text` with `$1` as `$1 + before`, and so on. Our statements have no other use for the sign.
fn push_counted(sql: &mut String, text: &str, before: usize) {
    let mut parts = text.split('$');
    sql.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (place, rest) = part.split_at(digits);
        let place = place.parse::<usize>().unwrap_or_default() + before;
        let _ = write!(sql, "${place}{rest}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> [Change<'static>; 3] {
        [
            Change::new("update a set x = $2 where id = $1").text("one").whole(1),
            Change::new("delete from b"),
            Change::new("insert into c values ($1, $1, $2) on conflict do nothing").maybe(None).flag(true),
        ]
    }

    #[test]
    fn values_are_counted_through() {
        assert_eq!(
            one_after_the_other(&changes()),
            "update a set x = $2 where id = $1; delete from b; insert into c values ($3, $3, $4) on conflict do nothing"
        );
        assert_eq!(
            in_one_statement(&changes()),
            "with c0 as (update a set x = $2 where id = $1), c1 as (delete from b) \
             insert into c values ($3, $3, $4) on conflict do nothing"
        );
        let two = Change::of_rows("insert into d (x, y) values", 2, 2, " on conflict do nothing");
        let two = in_one_statement(&[two.text("a").time(Timestamp(1)).text("b").maybe_time(None)]);
        assert_eq!(two, " insert into d (x, y) values ($1, $2), ($3, $4) on conflict do nothing");
        let [one, ..] = changes();
        assert_eq!(in_one_statement(&[one]), " update a set x = $2 where id = $1");
    }
}
