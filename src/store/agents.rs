//! The workplace's programs on devices: who has one, the codes that enrol one, and the keys that workspaces command them by.

use sqlx::{AssertSqlSafe, FromRow, query::QueryAs};

use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{AgentId, MemberId, WorkspaceId},
};

/// A program's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0032_agents.sql")]
pub struct Agent {
    pub id: AgentId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub name: String,
    pub platform: String,
    pub public_key: String,
    pub enrolled_by: MemberId,
    pub enrolled_at: Timestamp,
    pub seen_at: Timestamp,
    pub number: i64,
    pub ended_at: Option<Timestamp>,
}

/// A code's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0032_agents.sql")]
pub struct Code {
    pub code_index: String,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub epoch: i64,
    pub made_by: MemberId,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A workspace's key. Its seed is sealed.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0032_agents.sql")]
pub struct Key {
    pub workspace_id: WorkspaceId,
    pub public_key: String,
    pub seed: String,
    pub made_at: Timestamp,
}

/// A new code.
pub async fn insert_code(conn: &mut Conn, code: &Code) -> Result<()> {
    const SQL: &str =
        "insert into agent_codes (code_index, workspace_id, member_id, epoch, made_by, made_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    let c = code;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&c.code_index)
            .bind(&c.workspace_id)
            .bind(&c.member_id)
            .bind(c.epoch)
            .bind(&c.made_by)
            .bind(c.made_at)
            .bind(c.expires_at)
    )?;
    Ok(())
}

/// Uses up the code that has one of these indexes, by one key each. None where it was used, is too old, or its member may not come in, or not in the
/// epoch that it was made in.
pub async fn consume_code(conn: &mut Conn, indexes: &[String], now: Timestamp) -> Result<Option<Code>> {
    let sql = format!(
        "update agent_codes set used_at = $1 where code_index in ({}) and used_at is null and expires_at > $1
            and epoch = (select m.epoch from members m where m.id = agent_codes.member_id and m.state = 'active' and m.held_at is null)
        returning code_index, workspace_id, member_id, epoch, made_by, made_at, expires_at",
        places(2, indexes.len())
    );
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(now);
        indexes.iter().fold(query, QueryAs::bind).fetch_optional(db)
    })
}

/// No code of the member's works any more.
pub async fn end_codes(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<u64> {
    const SQL: &str =
        "update agent_codes set used_at = $3 where member_id = $2 and workspace_id = $1 and used_at is null";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(now))
}

/// No code works any more, whoever's.
pub async fn end_all_codes(conn: &mut Conn, now: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("update agent_codes set used_at = $1 where used_at is null").bind(now))
}

/// A program is enrolled. Answers false where another was with the same key.
pub async fn insert(conn: &mut Conn, agent: &Agent) -> Result<bool> {
    const SQL: &str = "insert into agents
        (id, workspace_id, member_id, name, platform, public_key, enrolled_by, enrolled_at, seen_at, number)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0) on conflict (public_key) do nothing";
    let a = agent;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&a.id)
            .bind(&a.workspace_id)
            .bind(&a.member_id)
            .bind(&a.name)
            .bind(&a.platform)
            .bind(&a.public_key)
            .bind(&a.enrolled_by)
            .bind(a.enrolled_at)
    )?;
    Ok(rows == 1)
}

/// One, whoever's: it says who it is, and proves it by its key.
pub async fn by_id(conn: &mut Conn, id: &AgentId) -> Result<Option<Agent>> {
    on!(conn, db => sqlx::query_as("select * from agents where id = $1").bind(id).fetch_optional(db))
}

/// The member's that were not ended, newest first.
pub async fn of_member(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<Agent>> {
    const SQL: &str = "select * from agents where member_id = $2 and workspace_id = $1 and ended_at is null
        order by id desc limit 100";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_all(db))
}

/// It came with a request of this number. Answers false where it had come with a higher one, or was ended.
pub async fn set_number(conn: &mut Conn, id: &AgentId, number: i64, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update agents set number = $2, seen_at = $3 where id = $1 and number < $2 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(number).bind(now))? == 1)
}

/// It is over. Answers false where it was, or is not the member's.
pub async fn end(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &AgentId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update agents set ended_at = $4
        where id = $3 and member_id = $2 and workspace_id = $1 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(id).bind(now))? == 1)
}

/// The workspace's key.
pub async fn key(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Key>> {
    const SQL: &str = "select * from agent_keys where workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// The workspace gets its key, unless it has one.
pub async fn insert_key(conn: &mut Conn, key: &Key) -> Result<()> {
    const SQL: &str = "insert into agent_keys (workspace_id, public_key, seed, made_at) values ($1, $2, $3, $4)
        on conflict (workspace_id) do nothing";
    let k = key;
    execute!(conn, sqlx::query(SQL).bind(&k.workspace_id).bind(&k.public_key).bind(&k.seed).bind(k.made_at)).map(drop)
}

/// The keys of all workspaces.
pub async fn keys(conn: &mut Conn) -> Result<Vec<Key>> {
    on!(conn, db => sqlx::query_as("select * from agent_keys order by workspace_id").fetch_all(db))
}

/// A workspace's key, its seed sealed anew. Answers false where it was meanwhile.
pub async fn reseal(conn: &mut Conn, old: &Key, seed: &str) -> Result<bool> {
    const SQL: &str = "update agent_keys set seed = $3 where workspace_id = $1 and seed = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(&old.workspace_id).bind(&old.seed).bind(seed))? == 1)
}

/// Which programs have something to do that they were not told.
pub async fn to_tell(conn: &mut Conn, now: Timestamp) -> Result<Vec<AgentId>> {
    // The comparison of the target leads SQLite to the index.
    const SQL: &str = "select distinct target from wipes
        where way = 'agent' and state = 'queued' and ended_at is null and target > '' and expires_at > $1";
    let rows: Vec<(AgentId,)> = on!(conn, db => sqlx::query_as(SQL).bind(now).fetch_all(db))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Forgets codes and programs that were over before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    let codes = execute!(conn, sqlx::query("delete from agent_codes where expires_at < $1").bind(before))?;
    const AGENTS: &str = "delete from agents where ended_at is not null and ended_at < $1";
    Ok(codes + execute!(conn, sqlx::query(AGENTS).bind(before))?)
}
