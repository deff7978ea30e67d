//! How far the audit log's chains were walked through, each in rounds from its first row to its end.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::Timestamp;

/// How far one is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0018_alerts_out.sql")]
pub struct Round {
    pub workspace_id: String,
    pub nth: i64,
    pub link: String,
    pub begun_at: Timestamp,
    pub broken: bool,
}

/// A chain that there is something to be done on: it has grown, its round began before then, or somebody took the note of its end away.
pub async fn due(conn: &mut Conn, begun_before: Timestamp) -> Result<Option<String>> {
    const GROWN: &str =
        "select t.workspace_id from audit_tips t left join chain_rounds r on r.workspace_id = t.workspace_id
        where r.workspace_id is null or r.begun_at <= $1 or (r.nth <> t.nth and not r.broken)
        order by coalesce(r.begun_at, 0), t.workspace_id limit 1";
    const GONE: &str = "select r.workspace_id from chain_rounds r
        where not exists (select 1 from audit_tips t where t.workspace_id = r.workspace_id)
            and (r.begun_at <= $1 or not r.broken) order by r.workspace_id limit 1";
    for sql in [GROWN, GONE] {
        let row: Option<(String,)> = on!(conn, db => sqlx::query_as(sql).bind(begun_before).fetch_optional(db))?;
        if let Some((name,)) = row {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// How far the chain's round is; none before the first.
pub async fn of(conn: &mut Conn, name: &str) -> Result<Option<Round>> {
    const SQL: &str = "select * from chain_rounds where workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(name).fetch_optional(db))
}

/// It is here now, if nobody has moved it meanwhile.
pub async fn advance(conn: &mut Conn, from: Option<&Round>, to: &Round) -> Result<bool> {
    const NEW: &str = "insert into chain_rounds (workspace_id, nth, link, begun_at, broken) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id) do nothing";
    const MOVE: &str = "update chain_rounds set nth = $2, link = $3, begun_at = $4, broken = $5
        where workspace_id = $1 and nth = $6 and begun_at = $7";
    let t = to;
    macro_rules! of_round {
        ($sql:expr) => {
            sqlx::query($sql).bind(&t.workspace_id).bind(t.nth).bind(&t.link).bind(t.begun_at).bind(t.broken)
        };
    }
    let rows = match from {
        None => execute!(conn, of_round!(NEW))?,
        Some(from) => execute!(conn, of_round!(MOVE).bind(from.nth).bind(from.begun_at))?,
    };
    Ok(rows == 1)
}
