//! How far the logs are followed by whoever looks through them line by line, and which node does it. Ids sort by the time they were made.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    SignInResult, Timestamp,
    id::{MemberId, WorkspaceId},
};

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0018_alerts_out.sql")]
pub struct Position {
    pub position: String,
    pub until: Timestamp,
}

/// A line of the sign-in log, as much of it as tells who failed from where.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Try {
    pub id: String,
    pub workspace_id: Option<WorkspaceId>,
    pub member_id: Option<MemberId>,
    pub result: SignInResult,
    pub network: String,
    pub at: Timestamp,
}

/// How far it is followed; none before it was begun.
pub async fn position(conn: &mut Conn, name: &str) -> Result<Option<Position>> {
    const SQL: &str = "select position, until from followers where name = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(name).fetch_optional(db))
}

/// Begins. Another node may have begun.
pub async fn begin(conn: &mut Conn, name: &str, position: &Position) -> Result<()> {
    const SQL: &str = "insert into followers (name, position, until, leased_until) values ($1, $2, $3, 0)
        on conflict (name) do nothing";
    execute!(conn, sqlx::query(SQL).bind(name).bind(&position.position).bind(position.until)).map(drop)
}

/// Moves the position, if it is still where it was. Answers whether so: else somebody else has looked at the same lines.
pub async fn advance(conn: &mut Conn, name: &str, from: &Position, to: &Position) -> Result<bool> {
    const SQL: &str = "update followers set position = $4, until = $5
        where name = $1 and position = $2 and until = $3";
    let moved = execute!(
        conn,
        sqlx::query(SQL).bind(name).bind(&from.position).bind(from.until).bind(&to.position).bind(to.until)
    )?;
    Ok(moved == 1)
}

/// Takes the work for itself until then, or goes on having it. Answers false while another node has it.
pub async fn lease(conn: &mut Conn, name: &str, by: &str, until: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update followers set leased_by = $2, leased_until = $3
        where name = $1 and (leased_by = $2 or leased_until <= $4)";
    Ok(execute!(conn, sqlx::query(SQL).bind(name).bind(by).bind(until).bind(now))? == 1)
}

/// The next tries to sign in.
pub async fn tries(conn: &mut Conn, after: &str, upto: &str, limit: i64) -> Result<Vec<Try>> {
    const SQL: &str = "select id, workspace_id, member_id, result, network, at from sign_ins
        where id > $1 and id <= $2 order by id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(upto).bind(limit).fetch_all(db))
}

/// A member's tries before this one and not before `from`, newest first.
pub async fn tries_before(
    conn: &mut Conn,
    member: &MemberId,
    from: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<Try>> {
    const SQL: &str = "select id, workspace_id, member_id, result, network, at from sign_ins
        where member_id = $1 and id >= $2 and id < $3 order by id desc limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(member).bind(from).bind(before).bind(limit).fetch_all(db))
}

/// The networks of a member's sign-ins before this one and not before `from`, as many of them as the newest `limit` had.
pub async fn networks_before(
    conn: &mut Conn,
    member: &MemberId,
    from: &str,
    before: &str,
    limit: i64,
) -> Result<Vec<String>> {
    const SQL: &str = "select distinct network from (select network from sign_ins
        where member_id = $1 and id >= $2 and id < $3 and result = 'done' order by id desc limit $4) n";
    let rows: Vec<(String,)> =
        on!(conn, db => sqlx::query_as(SQL).bind(member).bind(from).bind(before).bind(limit).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The tries from a network between these two, newest first.
pub async fn tries_from(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    network: &str,
    from: &str,
    upto: &str,
    limit: i64,
) -> Result<Vec<Try>> {
    const SQL: &str = "select id, workspace_id, member_id, result, network, at from sign_ins
        where workspace_id = $1 and network = $2 and id >= $3 and id <= $4 order by id desc limit $5";
    on!(conn, db => sqlx::query_as(SQL)
        .bind(workspace).bind(network).bind(from).bind(upto).bind(limit).fetch_all(db))
}

/// How many tries with IDs that nobody has there were from a network between these two.
pub async fn unknown_from(conn: &mut Conn, network: &str, from: &str, upto: &str, limit: i64) -> Result<i64> {
    const SQL: &str = "select count(*) from (select 1 from sign_ins
        where workspace_id is null and network = $1 and id >= $2 and id <= $3 and result = 'unknown_id' limit $4) n";
    let row: (i64,) =
        on!(conn, db => sqlx::query_as(SQL).bind(network).bind(from).bind(upto).bind(limit).fetch_one(db))?;
    Ok(row.0)
}
