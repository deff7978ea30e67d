//! Single-use links with which a member sets a first password.

use sqlx::{AssertSqlSafe, FromRow};

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{LinkId, MemberId, WorkspaceId},
};

/// A link's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Link {
    pub id: LinkId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub token_prefix: String,
    pub token_hash: String,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// A new link; the member's older ones end.
pub async fn insert(conn: &mut Conn, link: &Link) -> Result<()> {
    let l = link;
    end_for_member(conn, &l.member_id, l.created_at).await?;
    const SQL: &str =
        "insert into links (id, workspace_id, member_id, token_prefix, token_hash, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&l.id)
            .bind(&l.workspace_id)
            .bind(&l.member_id)
            .bind(&l.token_prefix)
            .bind(&l.token_hash)
            .bind(l.expires_at)
            .bind(l.created_at)
    )?;
    Ok(())
}

/// New links of several members; their older ones are ended apart.
pub fn insert_all(all: &[Link]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str =
        "insert into links (id, workspace_id, member_id, token_prefix, token_hash, expires_at, created_at) values";
    of_rows(all, [HEAD, ""], 7, |change, l| {
        let change = change.text(l.id.as_str()).text(l.workspace_id.as_str()).text(l.member_id.as_str());
        change.text(&l.token_prefix).text(&l.token_hash).time(l.expires_at).time(l.created_at)
    })
}

/// Of the links with these token prefixes those that can be used, each with its hash and its member's login name.
pub async fn usable(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    prefixes: &[&str],
    now: Timestamp,
) -> Result<Vec<(String, String, String)>> {
    // PostgreSQL takes no empty list.
    if prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select l.token_prefix, l.token_hash, m.login from links l join members m on m.id = l.member_id
        where l.token_prefix in ({}) and l.workspace_id = $1 and l.used_at is null and l.expires_at > $2",
        places(3, prefixes.len())
    );
    on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(now);
        for prefix in prefixes {
            query = query.bind(*prefix);
        }
        query.fetch_all(db)
    })
}

/// Ends every link of these members that was not used.
pub async fn end_for_members(conn: &mut Conn, members: &[MemberId], now: Timestamp) -> Result<u64> {
    let sql =
        format!("update links set used_at = $1 where member_id in ({}) and used_at is null", places(2, members.len()));
    execute!(conn, {
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(now);
        for member in members {
            query = query.bind(member);
        }
        query
    })
}

/// The link with this token prefix while it can be used; the caller compares the hash.
pub async fn by_token(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<Link>> {
    const SQL: &str = "select * from links where token_prefix = $1 and used_at is null and expires_at > $2";
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(now).fetch_optional(db))
}

/// Uses it up. Answers false when someone was faster.
pub async fn consume(conn: &mut Conn, id: &LinkId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update links set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(now))? == 1)
}

/// Ends every link of the member that was not used.
pub async fn end_for_member(conn: &mut Conn, member: &MemberId, now: Timestamp) -> Result<u64> {
    execute!(
        conn,
        sqlx::query("update links set used_at = $2 where member_id = $1 and used_at is null").bind(member).bind(now)
    )
}
