//! What administrators must hear of: counted elsewhere, written once, told once. A sweep closes something while it lasts.

use sqlx::FromRow;

use super::change::Change;
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
    /// The three that make it one of a kind, as one word.
    pub id: String,
    /// The network that it is about.
    pub network: Option<String>,
    /// How often what it tells had happened; the place in the chain, for a broken one.
    pub times: i64,
    pub acked_at: Option<Timestamp>,
    pub acked_by: Option<MemberId>,
}

impl Alert {
    /// One that nobody has heard of yet.
    pub fn new(event: AlertEvent, scope: String, window_at: Timestamp, now: Timestamp) -> Self {
        Self {
            id: format!("{event}.{scope}.{}", window_at.0),
            event,
            scope,
            window_at,
            workspace_id: None,
            member_id: None,
            ends_at: now,
            told_at: None,
            created_at: now,
            network: None,
            times: 0,
            acked_at: None,
            acked_by: None,
        }
    }
}

/// An alert with the names that go with it today.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Named {
    #[sqlx(flatten)]
    pub alert: Alert,
    pub login: Option<String>,
    pub name: Option<String>,
    pub acked_name: Option<String>,
}

/// A new alert. Answers false where this count has one already.
pub async fn insert(conn: &mut Conn, alert: &Alert) -> Result<bool> {
    const SQL: &str =
        "insert into alerts (event, scope, window_at, workspace_id, member_id, ends_at, told_at, created_at, id, network, times)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (event, scope, window_at) do nothing";
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
            .bind(&a.id)
            .bind(&a.network)
            .bind(a.times)
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
    const SQL: &str =
        "insert into alerts (event, scope, window_at, workspace_id, member_id, ends_at, created_at, id, times)
        select distinct $6, c.member_id, l.started_at, c.workspace_id, c.member_id, $5, $5,
            $6 || '.' || c.member_id || '.' || cast(l.started_at as text), $4
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
    on!(conn, db => sqlx::query_as("select * from alerts where told_at is null and created_at > 0 order by created_at limit 50").fetch_all(db))
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

/// The workspace's alerts from behind this time and id on, newest first.
pub async fn page(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    (before, id): (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Named>> {
    const SQL: &str = "select a.*, m.login, m.name, k.name as acked_name from alerts a
        left join members m on m.id = a.member_id left join members k on k.id = a.acked_by
        where a.workspace_id = $1 and (a.created_at, a.id) < ($2, $3)
        order by a.created_at desc, a.id desc limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before).bind(id).bind(limit).fetch_all(db))
}

/// The newest that nobody has acknowledged.
pub async fn open(conn: &mut Conn, workspace: &WorkspaceId, limit: i64) -> Result<Vec<Named>> {
    const SQL: &str = "select a.*, m.login, m.name, null as acked_name from alerts a
        left join members m on m.id = a.member_id
        where a.workspace_id = $1 and a.acked_at is null and a.created_at > 0
        order by a.created_at desc, a.id desc limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(limit).fetch_all(db))
}

/// One of the workspace.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &str) -> Result<Option<Alert>> {
    const SQL: &str = "select * from alerts where workspace_id = $1 and id = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(db))
}

/// Somebody has seen to it. Answers false where somebody had before.
pub async fn acknowledge(conn: &mut Conn, alert: &Alert, by: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update alerts set acked_at = $4, acked_by = $5
        where event = $1 and scope = $2 and window_at = $3 and acked_at is null";
    let a = alert;
    let rows = execute!(conn, sqlx::query(SQL).bind(a.event).bind(&a.scope).bind(a.window_at).bind(now).bind(by))?;
    Ok(rows == 1)
}

/// How many alerts of this kind the workspace has had since then, or the whole server.
pub async fn count(
    conn: &mut Conn,
    workspace: Option<&WorkspaceId>,
    event: AlertEvent,
    since: Timestamp,
) -> Result<i64> {
    const OF_ONE: &str = "select count(*) from alerts where workspace_id = $1 and created_at >= $3 and event = $2";
    const OF_ALL: &str = "select count(*) from alerts where workspace_id is null and created_at >= $2 and event = $1";
    let row: (i64,) = match workspace {
        Some(workspace) => {
            on!(conn, db => sqlx::query_as(OF_ONE).bind(workspace).bind(event).bind(since).fetch_one(db))?
        }
        None => on!(conn, db => sqlx::query_as(OF_ALL).bind(event).bind(since).fetch_one(db))?,
    };
    Ok(row.0)
}

/// What it tells happened so many times more in its window.
pub fn count_more(alert: &Alert) -> Change<'_> {
    const SQL: &str = "insert into alerts (event, scope, window_at, workspace_id, ends_at, created_at, id, times)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (event, scope, window_at) do update set times = alerts.times + excluded.times";
    let a = alert;
    let change = Change::new(SQL).text(a.event.as_str()).text(&a.scope).time(a.window_at);
    let change = change.maybe(a.workspace_id.as_ref().map(WorkspaceId::as_str));
    change.time(a.ends_at).time(a.created_at).text(&a.id).whole(a.times)
}

/// Whether one of this kind and scope lasts; if so, it lasts until `until` now.
pub async fn prolong(
    conn: &mut Conn,
    event: AlertEvent,
    scope: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update alerts set ends_at = $3 where event = $1 and scope = $2 and ends_at > $4";
    Ok(execute!(conn, sqlx::query(SQL).bind(event).bind(scope).bind(until).bind(now))? > 0)
}

/// Forgets alerts that ended before `before`; a broken chain that nobody has acknowledged stays.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    const SQL: &str = "delete from alerts where ends_at < $1 and (acked_at is not null or event <> 'chain_broken')";
    execute!(conn, sqlx::query(SQL).bind(before))
}
