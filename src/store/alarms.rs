//! Notices' rights to say "that was not me", each for one contact that was told.

use sqlx::{AssertSqlSafe, FromRow, query::QueryAs};

use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{AlarmId, ContactId, MemberId, WorkspaceId},
};

/// An alarm's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Alarm {
    pub id: AlarmId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub contact_id: Option<ContactId>,
    pub event: String,
    pub subject: String,
    pub token_prefix: Option<String>,
    pub token_hash: Option<String>,
    pub word_hash: Option<String>,
    pub used_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
}

/// A new right, as the notice goes out.
pub async fn insert(conn: &mut Conn, alarm: &Alarm) -> Result<()> {
    const SQL: &str = "insert into alarms (id, workspace_id, member_id, contact_id, event, subject, token_prefix, token_hash, word_hash,
            expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let a = alarm;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(&a.id)
            .bind(&a.workspace_id)
            .bind(&a.member_id)
            .bind(&a.contact_id)
            .bind(&a.event)
            .bind(&a.subject)
            .bind(&a.token_prefix)
            .bind(&a.token_hash)
            .bind(&a.word_hash)
            .bind(a.expires_at)
            .bind(a.created_at)
    )?;
    Ok(())
}

/// The alarm behind an e-mail's link; the caller compares the hash.
pub async fn by_token(conn: &mut Conn, prefix: &str, now: Timestamp) -> Result<Option<Alarm>> {
    const SQL: &str = "select * from alarms where token_prefix = $1 and expires_at > $2";
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).bind(now).fetch_optional(db))
}

/// The alarm behind an SMS's word, which is given as the keys of the file have it, one each: few, and the same number for every word.
pub async fn by_word(conn: &mut Conn, word: &[String], now: Timestamp) -> Result<Option<Alarm>> {
    let places = places(2, word.len());
    let sql = format!("select * from alarms where word_hash in ({places}) and expires_at > $1");
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(now);
        word.iter().fold(query, QueryAs::bind).fetch_optional(db)
    })
}

/// Uses it. Answers false when it was used before, which changes nothing more.
pub async fn consume(conn: &mut Conn, id: &AlarmId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update alarms set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(now))? == 1)
}

/// Forgets alarms that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from alarms where expires_at < $1").bind(before))
}
