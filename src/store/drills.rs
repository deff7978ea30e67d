//! Members who try out getting back in: one row a member, which the next try takes over. It grants nothing.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp,
    id::{ContactId, DrillId, MemberId, SessionId, WorkspaceId},
};

/// A try's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0012_readiness.sql")]
pub struct Drill {
    pub member_id: MemberId,
    pub workspace_id: WorkspaceId,
    pub id: DrillId,
    pub session_id: SessionId,
    pub contact_id: ContactId,
    pub mark: String,
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
    pub passed_at: Option<Timestamp>,
    pub done_at: Option<Timestamp>,
}

/// Begins one, or takes the place of the member's last; when one was done stays.
pub fn put(drill: &Drill) -> Change<'_> {
    const SQL: &str =
        "insert into drills (member_id, workspace_id, id, session_id, contact_id, mark, sent_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (member_id) do update set id = excluded.id, session_id = excluded.session_id,
            contact_id = excluded.contact_id, mark = excluded.mark, sent_at = excluded.sent_at,
            expires_at = excluded.expires_at, passed_at = null";
    let d = drill;
    let change = Change::new(SQL).text(d.member_id.as_str()).text(d.workspace_id.as_str()).text(d.id.as_str());
    let change = change.text(d.session_id.as_str()).text(d.contact_id.as_str()).text(&d.mark);
    change.time(d.sent_at).time(d.expires_at)
}

/// The member's row, of whichever session.
pub async fn of_member(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Option<Drill>> {
    const SQL: &str = "select * from drills where workspace_id = $1 and member_id = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_optional(db))
}

/// Takes the right to send another code, if the last went out by `sent_before`.
pub async fn set_sent_again(conn: &mut Conn, drill: &Drill, sent_before: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update drills set sent_at = $4
        where workspace_id = $1 and member_id = $2 and id = $3 and passed_at is null and expires_at > $4 and sent_at <= $5";
    let d = drill;
    let rows = execute!(
        conn,
        sqlx::query(SQL).bind(&d.workspace_id).bind(&d.member_id).bind(&d.id).bind(now).bind(sent_before)
    )?;
    Ok(rows == 1)
}

/// Its code was typed. Answers whether it was still waiting for that.
pub async fn set_passed(conn: &mut Conn, drill: &Drill, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update drills set passed_at = $4, done_at = $4
        where workspace_id = $1 and member_id = $2 and id = $3 and passed_at is null and expires_at > $4";
    let d = drill;
    Ok(execute!(conn, sqlx::query(SQL).bind(&d.workspace_id).bind(&d.member_id).bind(&d.id).bind(now))? == 1)
}

/// Somebody who has done one.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Done {
    pub member_id: MemberId,
    pub login: String,
    pub name: String,
    pub done_at: Timestamp,
}

/// Who has done one before this point, newest first.
pub async fn done(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    before: (Timestamp, &str),
    limit: i64,
) -> Result<Vec<Done>> {
    const SQL: &str = "select d.member_id, m.login, m.name, d.done_at from drills d
        join members m on m.id = d.member_id and m.workspace_id = d.workspace_id
        where d.workspace_id = $1 and d.done_at is not null and (d.done_at, d.member_id) < ($2, $3)
        order by d.done_at desc, d.member_id desc limit $4";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(before.0).bind(before.1).bind(limit).fetch_all(db))
}
