//! How far each import of members has come. Whoever works on one holds it by its run; a later run takes over, and the
//! earlier one finds that out with its next change.

use sqlx::{AssertSqlSafe, FromRow, query::QueryAs};

use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{Timestamp, id::WorkspaceId};

/// An import's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0007_imports.sql")]
pub struct Import {
    pub workspace_id: WorkspaceId,
    pub digest: String,
    pub run_id: String,
    pub total: i64,
    pub done: i64,
    pub skipped: String,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

/// The import of these rows, if it was ever begun; `digests` are of the same rows by one key each.
pub async fn by_digests(conn: &mut Conn, workspace: &WorkspaceId, digests: &[String]) -> Result<Option<Import>> {
    let places = places(2, digests.len());
    let sql = format!(
        "select * from imports where workspace_id = $1 and digest in ({places}) order by done desc, digest limit 1"
    );
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(workspace);
        digests.iter().fold(query, QueryAs::bind).fetch_optional(db)
    })
}

/// The newest import of this workspace that was begun and did not end.
pub async fn unfinished(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Import>> {
    const SQL: &str = "select * from imports where workspace_id = $1 and finished_at is null
        order by started_at desc, digest limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// Begins it, or takes it over where it was begun before. Answers how it stands.
pub async fn begin(conn: &mut Conn, new: &Import) -> Result<Import> {
    const SQL: &str =
        "insert into imports (workspace_id, digest, run_id, total, done, skipped, started_at, finished_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (workspace_id, digest) do update set run_id = excluded.run_id
        returning *";
    let n = new;
    on!(conn, db => sqlx::query_as(SQL)
        .bind(&n.workspace_id).bind(&n.digest).bind(&n.run_id).bind(n.total).bind(n.done).bind(&n.skipped)
        .bind(n.started_at).bind(n.finished_at).fetch_one(db))
}

/// Goes on to how `next` stands, if it stands at `from` rows and nobody took it over. Answers whether so. Until the
/// transaction ends nobody can take it over.
pub async fn set_done(conn: &mut Conn, next: &Import, from: i64) -> Result<bool> {
    const SQL: &str = "update imports set done = $5, skipped = $6, finished_at = $7
        where workspace_id = $1 and digest = $2 and run_id = $3 and done = $4";
    let n = next;
    Ok(execute!(
        conn,
        sqlx::query(SQL)
            .bind(&n.workspace_id)
            .bind(&n.digest)
            .bind(&n.run_id)
            .bind(from)
            .bind(n.done)
            .bind(&n.skipped)
            .bind(n.finished_at)
    )? == 1)
}
