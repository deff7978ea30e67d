//! Counters with a cap, shared by all nodes, and the slowing of failed sign-ins. Each is one conditional statement.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{AddressIndex, ContactKind, Timestamp, days, time::Span};

/// One window of a limit: at most `cap` within `span` (no span: for ever, until it is cleared).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// Length in microseconds; 0 never ends by itself.
    pub span: i64,
    /// How many fit.
    pub cap: i64,
}

impl Window {
    /// At most `cap` in `span`.
    pub const fn new(cap: i64, span: Span) -> Self {
        Self { span: span.as_micros(), cap }
    }
    /// At most `cap` until it is cleared.
    pub const fn in_a_row(cap: i64) -> Self {
        Self { span: 0, cap }
    }
}

#[derive(FromRow)]
struct Started {
    started_at: i64,
    span: i64,
}

/// Takes one from this window of this key if one is left; a window that has passed begins anew.
pub async fn take(conn: &mut Conn, key: &str, window: Window, now: Timestamp) -> Result<bool> {
    if window.cap <= 0 {
        return Ok(false);
    }
    const SQL: &str = "insert into limits (key, span, started_at, spent) values ($1, $2, $3, 1)
        on conflict (key, span) do update set
            spent = case when limits.span > 0 and limits.started_at + limits.span <= $3 then 1 else limits.spent + 1 end,
            started_at = case when limits.span > 0 and limits.started_at + limits.span <= $3 then $3 else limits.started_at end
        where limits.spent < $4 or (limits.span > 0 and limits.started_at + limits.span <= $3)";
    Ok(execute!(conn, sqlx::query(SQL).bind(key).bind(window.span).bind(now).bind(window.cap))? == 1)
}

/// Takes one from each of these windows if all of them have one left, else nothing. Answers whether so.
pub async fn take_each(conn: &mut Conn, windows: &[(&str, Window)], now: Timestamp) -> Result<bool> {
    let taken = take_some(conn, windows, now).await?;
    let all = taken.len() == windows.len();
    for (key, span) in if all { Vec::new() } else { taken } {
        untake(conn, &key, span).await?;
    }
    Ok(all)
}

/// The same for the windows of one key; says from when on all of them have one left.
pub async fn take_all(
    conn: &mut Conn,
    key: &str,
    windows: &[Window],
    now: Timestamp,
) -> Result<std::result::Result<(), Timestamp>> {
    let each: Vec<_> = windows.iter().map(|window| (key, *window)).collect();
    let taken = take_some(conn, &each, now).await?;
    if taken.len() == windows.len() {
        return Ok(Ok(()));
    }
    let mut until = now;
    for window in windows {
        if taken.iter().any(|(_, span)| *span == window.span) {
            untake(conn, key, window.span).await?;
        } else {
            until = until.max(open_from(conn, key, *window, now).await?);
        }
    }
    Ok(Err(until))
}

/// Takes one from each window that has one left, and answers which had. No two may be the same.
async fn take_some(conn: &mut Conn, windows: &[(&str, Window)], now: Timestamp) -> Result<Vec<(String, i64)>> {
    let Some(sql) = windows.len().checked_sub(1).and_then(|place| TAKE.get(place)) else {
        return Err(super::Error::Row(format!("{} windows at once", windows.len())));
    };
    macro_rules! ask {
        ($db:expr) => {{
            let mut query = sqlx::query_as(sql.as_str()).bind(now);
            for (key, window) in windows {
                query = query.bind(*key).bind(window.span).bind(window.cap);
            }
            query.fetch_all($db)
        }};
    }
    on!(conn, db => ask!(db))
}

/// The statement for one window, for two, and so on.
static TAKE: LazyLock<[String; 7]> = LazyLock::new(|| {
    std::array::from_fn(|more| {
        let (mut rows, mut caps) = (Vec::new(), String::new());
        for n in 0..=more {
            let (key, span, cap) = (3 * n + 2, 3 * n + 3, 3 * n + 4);
            rows.push(format!("select ${key}, ${span}, $1, 1 where ${cap} > 0"));
            let _ = write!(caps, " when limits.key = ${key} and limits.span = ${span} then ${cap}");
        }
        let passed = "limits.span > 0 and limits.started_at + limits.span <= $1";
        format!(
            "insert into limits (key, span, started_at, spent) {}
            on conflict (key, span) do update set
                spent = case when {passed} then 1 else limits.spent + 1 end,
                started_at = case when {passed} then $1 else limits.started_at end
            where limits.spent < (case{caps} end) or ({passed})
            returning limits.key, limits.span",
            rows.join(" union all ")
        )
    })
});

async fn untake(conn: &mut Conn, key: &str, span: i64) -> Result<()> {
    const SQL: &str = "update limits set spent = spent - 1 where key = $1 and span = $2 and spent > 0";
    execute!(conn, sqlx::query(SQL).bind(key).bind(span))?;
    Ok(())
}

/// When this window of this key ends.
pub(super) async fn open_from(conn: &mut Conn, key: &str, window: Window, now: Timestamp) -> Result<Timestamp> {
    const SQL: &str = "select started_at, span from limits where key = $1 and span = $2";
    let row: Option<Started> = on!(conn, db => sqlx::query_as(SQL).bind(key).bind(window.span).fetch_optional(db))?;
    Ok(row.map_or(now, |row| Timestamp(row.started_at + row.span)))
}

/// How many were taken from this window of this key by now.
pub async fn spent(conn: &mut Conn, key: &str, span: i64, now: Timestamp) -> Result<i64> {
    const SQL: &str = "select spent from limits where key = $1 and span = $2 and (span = 0 or started_at + span > $3)";
    let row: Option<(i64,)> = on!(conn, db => sqlx::query_as(SQL).bind(key).bind(span).bind(now).fetch_optional(db))?;
    Ok(row.map_or(0, |row| row.0))
}

/// Gives one back to every window of this key: what it guarded turned out well.
pub fn give_back<'a>(key: String) -> Change<'a> {
    Change::new("update limits set spent = spent - 1 where key = $1 and spent > 0").text(key)
}

/// Counts one more, without any cap.
pub fn count<'a>(key: String, span: Span, now: Timestamp) -> Change<'a> {
    add(key, span, 1, now)
}

/// Counts so many, whatever was counted before.
pub fn add<'a>(key: String, span: Span, number: i64, now: Timestamp) -> Change<'a> {
    const SQL: &str = "insert into limits (key, span, started_at, spent) values ($1, $2, $3, $4)
        on conflict (key, span) do update set
            spent = case when limits.started_at + limits.span <= $3 then $4 else limits.spent + $4 end,
            started_at = case when limits.started_at + limits.span <= $3 then $3 else limits.started_at end";
    Change::new(SQL).text(key).whole(span.as_micros()).time(now).whole(number)
}

/// From now on and for this long, this window of this key has so many taken.
pub async fn use_up(conn: &mut Conn, key: &str, span: Span, number: i64, now: Timestamp) -> Result<()> {
    const SQL: &str = "insert into limits (key, span, started_at, spent) values ($1, $2, $3, $4)
        on conflict (key, span) do update set spent = excluded.spent, started_at = excluded.started_at";
    execute!(conn, sqlx::query(SQL).bind(key).bind(span.as_micros()).bind(now).bind(number))?;
    Ok(())
}

/// What stands behind `prefix` in the keys that have something taken from this window by now; at most 100.
pub async fn begun(conn: &mut Conn, prefix: &str, span: Span, now: Timestamp) -> Result<Vec<String>> {
    const SQL: &str = "select key from limits
        where key > $1 and key < $2 and span = $3 and spent > 0 and started_at + span > $4 order by key limit 100";
    // Before whatever begins as the prefix does, and behind it.
    let end = format!("{prefix}\u{10ffff}");
    let rows: Vec<(String,)> =
        on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(end).bind(span.as_micros()).bind(now).fetch_all(db))?;
    Ok(rows.into_iter().filter_map(|(key,)| key.strip_prefix(prefix).map(str::to_owned)).collect())
}

/// Clears every window of these keys.
pub fn clear<'a>([one, two, three]: [String; 3]) -> Change<'a> {
    Change::new("delete from limits where key in ($1, $2, $3)").text(one).text(two).text(three)
}

/// Who is trying an address: whose budgets one guess takes from.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Guess<'a> {
    pub kind: ContactKind,
    pub index: &'a AddressIndex,
    /// Which budget: `guess:` for strangers, `known:` for known devices and networks.
    pub scope: &'a str,
}

/// Takes one guess from the budget of every member who has this address, and from the one of the address itself, so
/// that an address that nobody has costs the same.
pub async fn take_guess(conn: &mut Conn, guess: Guess<'_>, window: Window, now: Timestamp) -> Result<Taken> {
    const SQL: &str = "insert into limits (key, span, started_at, spent)
        select distinct $3 || c.member_id, $4, $5, 1 from contacts c where c.kind = $1 and c.address_index in ($2, $7) and c.state = 'verified'
        union all select $3 || $2, $4, $5, 1 where true
        on conflict (key, span) do update set
            spent = case when limits.span > 0 and limits.started_at + limits.span <= $5 then 1 else limits.spent + 1 end,
            started_at = case when limits.span > 0 and limits.started_at + limits.span <= $5 then $5 else limits.started_at end
        where limits.spent < $6 or limits.key = $3 || $2 or (limits.span > 0 and limits.started_at + limits.span <= $5)
        returning limits.spent";
    let rows: Vec<(i64,)> = on!(conn, db => sqlx::query_as(SQL)
        .bind(guess.kind).bind(guess.index.written()).bind(guess.scope).bind(window.span).bind(now).bind(window.cap)
        .bind(guess.index.other())
        .fetch_all(db))?;
    // One row is the address's own, which has no cap; each other one is a member's whose budget had one left.
    Ok(Taken { by_members: rows.len().saturating_sub(1), filled: rows.iter().any(|row| row.0 == window.cap) })
}

/// What one guess took.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// How many members' budgets had one left.
    pub by_members: usize,
    /// Whether it was the last one of a budget, of the address or of a member.
    pub filled: bool,
}

/// Counts a wrong code, for the workspaces of the members who have the address and once for the whole server; nothing
/// where nobody has it. `shard` (one digit) spreads the counter over rows, so that guesses do not wait for each other.
pub async fn count_wrong(
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    day: i64,
    shard: u8,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "insert into limits (key, span, started_at, spent)
        select distinct $3 || ':' || c.workspace_id || ':' || $4, $5, $6, 1 from contacts c
            where c.kind = $1 and c.address_index in ($2, $7) and c.state = 'verified'
        union all select $3 || '::' || $4, $5, $6, 1 where exists (select 1 from contacts c
            where c.kind = $1 and c.address_index in ($2, $7) and c.state = 'verified')
        on conflict (key, span) do update set spent = limits.spent + 1";
    let (prefix, shard) = (format!("wrong:{day}"), (shard % 10).to_string());
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(kind)
            .bind(index.written())
            .bind(&prefix)
            .bind(&shard)
            .bind(days(1).as_micros())
            .bind(now)
            .bind(index.other())
    )?;
    Ok(())
}

/// Wrong codes in a day, for a workspace or (empty) the whole server.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Wrong {
    pub scope: String,
    pub codes: i64,
}

/// For whom more than `above` codes of that day were wrong.
pub async fn wrong(conn: &mut Conn, day: i64, above: i64) -> Result<Vec<Wrong>> {
    // A key is `wrong:<day>:<scope>:<digit>`.
    let (from, until) = (format!("wrong:{day}:"), format!("wrong:{day};"));
    const SQL: &str = "select substr(key, cast($3 as integer), length(key) - cast($3 as integer) - 1) as scope, cast(sum(spent) as bigint) as codes
        from limits where key > $1 and key < $2 group by 1 having sum(spent) > $4";
    let start = i64::try_from(from.len()).unwrap_or(i64::MAX) + 1;
    on!(conn, db => sqlx::query_as(SQL).bind(&from).bind(&until).bind(start).bind(above).fetch_all(db))
}

/// The guess was right: gives it back to all it was taken from.
pub fn give_back_guess(guess: Guess<'_>) -> Change<'_> {
    const SQL: &str = "update limits set spent = spent - 1
        where spent > 0 and key in (select $3 || c.member_id from contacts c
            where c.kind = $1 and c.address_index in ($2, $4) and c.state = 'verified' union all select $3 || $2)";
    let Guess { kind, index, scope } = guess;
    Change::new(SQL).text(kind.as_str()).text(index.written()).text(scope).text(index.other())
}

/// What a person sees of failed sign-ins.
#[derive(Debug, Clone, Copy, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Throttle {
    pub failures: i64,
    pub open_from: Timestamp,
}

/// Counts one failure ahead of the try, if the bucket is open; nothing when it is closed. `free` failures cost no
/// delay, then 1 s doubling up to `cap`; after `forget` without a try it starts anew.
pub async fn enter_throttle(
    conn: &mut Conn,
    key: &str,
    free: i64,
    cap: Span,
    forget: Span,
    now: Timestamp,
) -> Result<Option<Throttle>> {
    const SQL: &str = "insert into throttles (key, failures, open_from, touched_at) values ($1, 1, $2, $2)
        on conflict (key) do update set
            failures = case when throttles.touched_at + $5 <= $2 then 1 else throttles.failures + 1 end,
            open_from = case when throttles.touched_at + $5 <= $2 or throttles.failures + 1 < $3 then $2
                when throttles.failures + 1 - $3 >= 20 then $2 + $4
                when 1000000 * (cast(1 as bigint) << cast(throttles.failures + 1 - $3 as integer)) > $4 then $2 + $4
                else $2 + 1000000 * (cast(1 as bigint) << cast(throttles.failures + 1 - $3 as integer)) end,
            touched_at = $2
        where throttles.open_from <= $2
        returning failures, open_from";
    on!(conn, db => sqlx::query_as(SQL)
        .bind(key)
        .bind(now)
        .bind(free + 1)
        .bind(cap.as_micros())
        .bind(forget.as_micros())
        .fetch_optional(db))
}

/// When a closed bucket opens.
pub async fn throttle(conn: &mut Conn, key: &str) -> Result<Option<Throttle>> {
    on!(conn, db => sqlx::query_as("select failures, open_from from throttles where key = $1").bind(key).fetch_optional(db))
}

/// Nobody waits beyond this moment: after the clock was set back, waits would last so much longer.
pub async fn shorten_waits(conn: &mut Conn, latest: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("update throttles set open_from = $1 where open_from > $1").bind(latest))
}

/// The try was right.
pub fn clear_throttle(key: &str) -> Change<'_> {
    Change::new("delete from throttles where key = $1").text(key)
}

/// Forgets what ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    let limits =
        execute!(conn, sqlx::query("delete from limits where span > 0 and started_at + span < $1").bind(before))?;
    // Counters in a row stay for members only; those of typed addresses and unknown IDs guard nobody.
    const NOBODYS: &str = "delete from limits where span = 0 and started_at < $1 and key not like '%:mem_%'";
    let nobodys = execute!(conn, sqlx::query(NOBODYS).bind(before))?;
    let throttles = execute!(conn, sqlx::query("delete from throttles where touched_at < $1").bind(before))?;
    Ok(limits + nobodys + throttles)
}
