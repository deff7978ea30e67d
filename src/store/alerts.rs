//! What administrators must hear of: counted elsewhere, written once, told once. A sweep closes something while it lasts.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    AddressIndex, AlertEvent, ContactKind, Timestamp,
    id::{MemberId, WorkspaceId},
};

/// An alert's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0003_alerts.sql")]
pub struct Alert {
    pub event: AlertEvent,
    /// A member's id for guesses in a row; a workspace's, or empty for the whole server, for a sweep.
    pub scope: String,
    /// Which count it was.
    pub window_at: Timestamp,
    pub workspace_id: Option<WorkspaceId>,
    pub member_id: Option<MemberId>,
    pub ends_at: Timestamp,
    pub told_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A new alert. Answers false where this count has one already.
pub async fn insert(conn: &mut Conn, alert: &Alert) -> Result<bool> {
    const SQL: &str =
        "insert into alerts (event, scope, window_at, workspace_id, member_id, ends_at, told_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (event, scope, window_at) do nothing";
    let a = alert;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(a.event)
            .bind(&a.scope)
            .bind(a.window_at)
            .bind(&a.workspace_id)
            .bind(&a.member_id)
            .bind(a.ends_at)
            .bind(a.told_at)
            .bind(a.created_at)
    )?;
    Ok(rows == 1)
}

/// An alert, to be told, for each member with this address whose guesses in a row (the counter `scope`) have reached `cap`.
pub async fn insert_for_guesses(
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    scope: &str,
    cap: i64,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "insert into alerts (event, scope, window_at, workspace_id, member_id, ends_at, created_at)
        select distinct $6, c.member_id, l.started_at, c.workspace_id, c.member_id, $5, $5
        from contacts c join limits l on l.key = $3 || c.member_id and l.span = 0 and l.spent >= $4
        where c.kind = $1 and c.address_index in ($2, $7) and c.state = 'verified'
        on conflict (event, scope, window_at) do nothing";
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(kind)
            .bind(index.written())
            .bind(scope)
            .bind(cap)
            .bind(now)
            .bind(AlertEvent::GuessesInARow)
            .bind(index.other())
    )
}

/// Whether a sweep is on that concerns this address, and nobody had signed in from the network before it began: for a
/// workspace's sweep nobody of that workspace, for the server's nobody at all.
pub async fn is_swept(
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    network: &str,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "select exists (select 1 from alerts a
        where a.event = 'sweep' and a.ends_at > $4
            and (a.scope = '' or a.scope in (select c.workspace_id from contacts c
                where c.kind = $1 and c.address_index in ($2, $5) and c.state = 'verified'))
            and not exists (select 1 from member_networks n
                where n.network = $3 and n.first_at < a.created_at and (a.scope = '' or n.workspace_id = a.scope)))";
    let row: (bool,) = on!(conn, db => sqlx::query_as(SQL)
        .bind(kind).bind(index.written()).bind(network).bind(now).bind(index.other()).fetch_one(db))?;
    Ok(row.0)
}

/// What is told to nobody yet, oldest first.
pub async fn untold(conn: &mut Conn) -> Result<Vec<Alert>> {
    on!(conn, db => sqlx::query_as("select * from alerts where told_at is null order by created_at limit 50").fetch_all(db))
}

/// Takes it to be told. Answers false when another node was faster.
pub async fn set_told(conn: &mut Conn, alert: &Alert, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update alerts set told_at = $4
        where event = $1 and scope = $2 and window_at = $3 and told_at is null";
    let a = alert;
    Ok(execute!(conn, sqlx::query(SQL).bind(a.event).bind(&a.scope).bind(a.window_at).bind(now))? == 1)
}

/// The newest, those that no longer close anything included.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Alert>> {
    const SQL: &str = "select * from alerts order by ends_at desc, created_at desc limit $1";
    on!(conn, db => sqlx::query_as(SQL).bind(limit).fetch_all(db))
}

/// Sweeps that close something now.
pub async fn sweeps(conn: &mut Conn, now: Timestamp) -> Result<Vec<Alert>> {
    const SQL: &str = "select * from alerts where event = 'sweep' and ends_at > $1";
    on!(conn, db => sqlx::query_as(SQL).bind(now).fetch_all(db))
}

/// Ends the sweep of this scope. Answers whether there was one.
pub async fn end_sweep(conn: &mut Conn, scope: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update alerts set ends_at = $2 where event = 'sweep' and scope = $1 and ends_at > $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(scope).bind(now))? > 0)
}

/// Forgets alerts that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from alerts where ends_at < $1").bind(before))
}
