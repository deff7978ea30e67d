//! Each try of a message at a carrier, and the receipts that came for it. A receipt that comes before its try is written waits in
//! `early_receipts`.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Cause, HandingState, Timestamp,
    id::{HandingId, MessageId, WorkspaceId},
};

/// A try.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0021_messages.sql")]
pub struct Handing {
    pub id: HandingId,
    pub message_id: MessageId,
    pub workspace_id: Option<WorkspaceId>,
    pub carrier: String,
    pub state: HandingState,
    pub provider_id: Option<String>,
    pub cause: Option<Cause>,
    pub code: Option<String>,
    pub at: Timestamp,
    pub told_at: Option<Timestamp>,
}

/// What a receipt says, as it lies while its try is not written.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0021_messages.sql")]
pub struct Early {
    pub carrier: String,
    pub provider_id: String,
    pub outcome: String,
    pub cause: Option<Cause>,
    pub code: Option<String>,
    pub at: Timestamp,
}

/// A new try; written again, where nobody knows whether it was, it stays one.
pub fn insert(handing: &Handing) -> Change<'_> {
    const SQL: &str =
        "insert into handings (id, message_id, workspace_id, carrier, state, provider_id, cause, code, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing";
    let h = handing;
    let change = Change::new(SQL).text(h.id.as_str()).text(h.message_id.as_str());
    let change = change.maybe(h.workspace_id.as_ref().map(WorkspaceId::as_str)).text(&h.carrier);
    let change = change.text(h.state.as_str()).maybe(h.provider_id.as_deref()).maybe(h.cause.map(Cause::as_str));
    change.maybe(h.code.as_deref()).time(h.at)
}

/// The newest try that this carrier took under this id, if it is not older than `since`: providers use ids again.
pub async fn by_receipt(
    conn: &mut Conn,
    carrier: &str,
    provider_id: &str,
    since: Timestamp,
) -> Result<Option<Handing>> {
    const SQL: &str =
        "select * from handings where carrier = $1 and provider_id = $2 and at >= $3 order by at desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(carrier).bind(provider_id).bind(since).fetch_optional(db))
}

/// The newest try of a message that a carrier took, or that this carrier took.
pub async fn newest_taken(conn: &mut Conn, message: &MessageId, carrier: Option<&str>) -> Result<Option<Handing>> {
    const SQL: &str =
        "select * from handings where message_id = $1 and state in ('accepted', 'delivered', 'undeliverable') and (cast($2 as text) is null or carrier = $2)
        order by id desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(message).bind(carrier).fetch_optional(db))
}

/// What a receipt says of a try: `state` is none where it is still under way. What arrived has arrived, whatever is told after it. Answers whether that was news.
pub async fn set_told(
    conn: &mut Conn,
    id: &HandingId,
    (state, cause, code): (Option<HandingState>, Option<Cause>, Option<&str>),
    at: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update handings set state = coalesce($2, state), cause = $3, code = $4, told_at = $5
        where id = $1 and (state = 'accepted' and (cast($2 as text) is not null or coalesce(code, '') <> coalesce($4, ''))
            or state = 'undeliverable' and $2 = 'delivered')";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(state).bind(cause).bind(code).bind(at))? == 1)
}

/// All tries of a message, oldest first.
pub async fn of_message(conn: &mut Conn, message: &MessageId) -> Result<Vec<Handing>> {
    const SQL: &str = "select * from handings where message_id = $1 order by id limit 200";
    on!(conn, db => sqlx::query_as(SQL).bind(message).fetch_all(db))
}

/// Keeps a receipt until its try is written. Answers false where `most` of this carrier wait already.
pub async fn keep_early(conn: &mut Conn, early: &Early, most: i64) -> Result<bool> {
    const SQL: &str = "insert into early_receipts (carrier, provider_id, outcome, cause, code, at)
        select $1, $2, $3, $4, $5, $6 where (select count(*) from (select 1 from early_receipts where carrier = $1 limit $7) e) < $7
        on conflict (carrier, provider_id, outcome) do update set at = excluded.at";
    let e = early;
    let kept = execute!(conn, {
        let query = sqlx::query(SQL).bind(&e.carrier).bind(&e.provider_id).bind(&e.outcome).bind(e.cause);
        query.bind(&e.code).bind(e.at).bind(most)
    })?;
    Ok(kept == 1)
}

/// Receipts whose try is written by now and not older than `since`, those under way before those that end it.
pub async fn matched(conn: &mut Conn, since: Timestamp, limit: i64) -> Result<Vec<Early>> {
    const SQL: &str = "select e.* from early_receipts e where exists
            (select 1 from handings h where h.carrier = e.carrier and h.provider_id = e.provider_id and h.at >= $2)
        order by e.outcome desc, e.at limit $1";
    on!(conn, db => sqlx::query_as(SQL).bind(limit).bind(since).fetch_all(db))
}

/// It was read.
pub async fn drop_early(conn: &mut Conn, early: &Early) -> Result<()> {
    const SQL: &str = "delete from early_receipts where carrier = $1 and provider_id = $2 and outcome = $3";
    execute!(conn, sqlx::query(SQL).bind(&early.carrier).bind(&early.provider_id).bind(&early.outcome))?;
    Ok(())
}

/// Forgets receipts older than `receipts` that nothing belongs to, and tries older than `tries`.
pub async fn forget(conn: &mut Conn, receipts: Timestamp, tries: Timestamp) -> Result<u64> {
    let strangers = execute!(conn, sqlx::query("delete from early_receipts where at < $1").bind(receipts))?;
    Ok(strangers + execute!(conn, sqlx::query("delete from handings where at < $1").bind(tries))?)
}
