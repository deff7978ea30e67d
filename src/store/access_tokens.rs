//! Access tokens of programs. Like a session one lives only in the epoch of its maker that it was made in, while nobody ended it, and before its end.

use sqlx::FromRow;

use super::alive::{joined, taken};
use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use super::members::Member;
use crate::model::{
    Role, Timestamp,
    id::{AccessTokenId, MemberId, WorkspaceId},
};

/// An access token's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0017_access_tokens.sql")]
pub struct AccessToken {
    pub id: AccessTokenId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub epoch: i64,
    pub name: String,
    pub scopes: String,
    pub token_prefix: String,
    pub token_hash: String,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// A token and who made it.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Made {
    #[sqlx(flatten)]
    pub token: AccessToken,
    pub maker_name: String,
    pub maker_login: String,
    pub maker_role: Role,
}

/// A live token with its maker and workspace: the one read of every request that comes with one.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Live {
    #[sqlx(flatten)]
    pub member: Member,
    pub token_id: AccessTokenId,
    pub scopes: String,
    pub token_hash: String,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub made_at: Timestamp,
    pub slug: String,
    pub workspace_name: String,
    pub policy: String,
    pub networks: Option<String>,
    pub data_key: String,
    pub contact_text_ja: Option<String>,
    pub contact_text_en: Option<String>,
    /// When the password was set, for policies that let one expire.
    pub password_set_at: Option<Timestamp>,
}

/// A new one; the caller has proved its maker's session in the epoch that it names.
pub fn insert(token: &AccessToken) -> Change<'_> {
    const SQL: &str = "insert into access_tokens
        (id, workspace_id, member_id, epoch, name, scopes, token_prefix, token_hash, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let t = token;
    Change::new(SQL)
        .text(t.id.as_str())
        .text(t.workspace_id.as_str())
        .text(t.member_id.as_str())
        .whole(t.epoch)
        .text(&t.name)
        .text(&t.scopes)
        .text(&t.token_prefix)
        .text(&t.token_hash)
        .time(t.expires_at)
        .time(t.created_at)
}

/// The token with this prefix, if nothing ended it; the caller compares the hash.
pub async fn live(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<Live>> {
    const SQL: &str = concat!(
        "select m.*, t.id as token_id, t.scopes, t.token_hash, t.used_at, t.expires_at, t.created_at as made_at,
            w.slug, w.name as workspace_name, w.policy, w.networks, w.data_key, w.contact_text_ja, w.contact_text_en, p.set_at as password_set_at
        from access_tokens t",
        joined!("t"),
        "where t.token_prefix = $1 and t.ended_at is null and t.expires_at > $2"
    );
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(now).fetch_optional(db))
}

/// Whether the token still lives; what could end it waits until the transaction is over. For changes that were begun by
/// the program that came with it.
pub async fn take_live(
    conn: &mut Conn,
    (workspace, maker): (&WorkspaceId, &MemberId),
    id: &AccessTokenId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = taken!("access_tokens", "expires_at");
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(maker).bind(id).bind(now))? == 1)
}

/// The workspace's live ones, newest first, behind this id; only this maker's where one is named.
pub async fn list(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    maker: Option<&MemberId>,
    before: &str,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Made>> {
    const SQL: &str =
        "select t.*, m.name as maker_name, m.login as maker_login, m.role as maker_role from access_tokens t
        join members m on m.id = t.member_id and m.workspace_id = t.workspace_id and m.epoch = t.epoch and m.state = 'active' and m.held_at is null
        where t.workspace_id = $1 and t.ended_at is null and t.expires_at > $2 and t.id < $3
            and ($4 is null or t.member_id = $4)
        order by t.id desc limit $5";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(now).bind(before).bind(maker).bind(limit).fetch_all(db))
}

/// One of the workspace, live or not.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &AccessTokenId) -> Result<Option<Made>> {
    const SQL: &str = "select t.*, m.name as maker_name, m.login as maker_login, m.role as maker_role
        from access_tokens t join members m on m.id = t.member_id and m.workspace_id = t.workspace_id
        where t.id = $2 and t.workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(db))
}

/// How many of the member live in the epoch that they are in.
pub async fn count(conn: &mut Conn, member: &Member, now: Timestamp) -> Result<i64> {
    const SQL: &str = "select count(*) from access_tokens
        where member_id = $1 and workspace_id = $2 and epoch = $3 and ended_at is null and expires_at > $4";
    let m = member;
    let row: (i64,) =
        on!(conn, db => sqlx::query_as(SQL).bind(&m.id).bind(&m.workspace_id).bind(m.epoch).bind(now).fetch_one(db))?;
    Ok(row.0)
}

/// The token was used; its hash may have been made anew.
pub async fn set_used(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &AccessTokenId,
    hash: &str,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "update access_tokens set used_at = $3, token_hash = $4
        where id = $1 and workspace_id = $2 and ended_at is null";
    execute!(conn, sqlx::query(SQL).bind(id).bind(workspace).bind(now).bind(hash))?;
    Ok(())
}

/// Ends one of the workspace. Answers whether it could still be used.
pub async fn end(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &AccessTokenId,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update access_tokens set ended_at = $3, ended_by = $4
        where workspace_id = $1 and id = $2 and ended_at is null and expires_at > $3
            and epoch = (select m.epoch from members m where m.id = access_tokens.member_id)";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(now).bind(why))? == 1)
}

/// Ends the member's. Answers how many could still be used.
pub async fn end_of_member(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    why: &str,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "update access_tokens set ended_at = $3, ended_by = $4
        where workspace_id = $1 and member_id = $2 and ended_at is null and expires_at > $3";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(now).bind(why))
}

/// Ends all that could be used.
pub async fn end_all(conn: &mut Conn, why: &str, now: Timestamp) -> Result<u64> {
    const SQL: &str =
        "update access_tokens set ended_at = $1, ended_by = $2 where ended_at is null and expires_at > $1";
    execute!(conn, sqlx::query(SQL).bind(now).bind(why))
}

/// Forgets those that were over before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from access_tokens where expires_at < $1").bind(before))
}
