//! The message log: what became of each message for people, never what stood in it or where it went.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, FromRow};

use super::change::Change;
use super::db::{Conn, on};
use super::error::Result;
use crate::model::id::{ContactId, MemberId, MessageId, RecoveryId, WorkspaceId};
use crate::model::{Cause, MessageKind, MessageState, Timestamp};

/// A line of the message log.
#[derive(Debug, Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns speak for themselves; see migrations/0001_front_door.sql and 0021_messages.sql"
)]
pub struct Line {
    pub id: MessageId,
    pub kind: MessageKind,
    pub purpose: String,
    pub reference: Option<String>,
    pub state: MessageState,
    pub carrier: Option<String>,
    pub cause: Option<String>,
    pub member_id: Option<MemberId>,
    pub contact_id: Option<ContactId>,
    pub toward: Option<String>,
    pub tries: i64,
    pub created_at: Timestamp,
    pub handed_at: Option<Timestamp>,
    pub entered_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// A line and whom it was for.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Named {
    #[sqlx(flatten)]
    pub line: Line,
    pub login: Option<String>,
    pub name: Option<String>,
}

/// What is looked for. What is none is not asked for.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Wanted {
    pub member: Option<MemberId>,
    /// Any of these; at most 20.
    pub contacts: Option<Vec<ContactId>>,
    pub reference: Option<String>,
    pub state: Option<MessageState>,
    pub kind: Option<MessageKind>,
    /// Before this id.
    pub before: Option<String>,
}

const COLUMNS: &str =
    "o.id, o.kind, o.purpose, o.reference, o.state, o.carrier, o.cause, o.member_id, o.contact_id, o.toward, o.tries,
    o.created_at, o.handed_at, o.entered_at, o.expires_at, o.done_at";

/// The newest messages to people of those that are wanted, at most `limit`.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, wanted: &Wanted, limit: usize) -> Result<Vec<Named>> {
    let (mut sql, mut values) = (String::new(), Vec::new());
    // What did not arrive is rare, and has an index of its own.
    let state = match wanted.state {
        Some(MessageState::Undeliverable | MessageState::Failed | MessageState::Expired) => {
            "o.state in ('undeliverable', 'failed', 'expired') and o.state ="
        }
        _ => "o.state =",
    };
    for (condition, value) in [
        ("o.member_id =", wanted.member.as_ref().map(MemberId::as_str)),
        ("o.reference =", wanted.reference.as_deref()),
        (state, wanted.state.map(MessageState::as_str)),
        ("o.kind =", wanted.kind.map(MessageKind::as_str)),
        ("o.id <", wanted.before.as_deref()),
    ] {
        if let Some(value) = value {
            values.push(value.to_owned());
            // Writing to a text does not fail.
            let _ = write!(sql, " and {condition} ${}", values.len() + 1);
        }
    }
    if let Some(contacts) = &wanted.contacts {
        let places: Vec<_> = (0..contacts.len()).map(|n| format!("${}", values.len() + 2 + n)).collect();
        let _ = write!(sql, " and o.contact_id in ({})", places.join(", "));
        values.extend(contacts.iter().map(|contact| contact.as_str().to_owned()));
    }
    let sql = format!(
        "select {COLUMNS}, m.login, m.name from outbox o left join members m on m.id = o.member_id and m.workspace_id = o.workspace_id
        where o.workspace_id = $1 and o.kind <> 'webhook' and not o.decoy{sql} order by o.id desc limit {limit}"
    );
    on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql.as_str())).bind(workspace);
        for value in &values {
            query = query.bind(value);
        }
        query.fetch_all(db)
    })
}

/// One message to somebody.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &MessageId) -> Result<Option<Named>> {
    let sql = format!(
        "select {COLUMNS}, m.login, m.name from outbox o left join members m on m.id = o.member_id and m.workspace_id = o.workspace_id
        where o.id = $2 and o.workspace_id = $1 and o.kind <> 'webhook' and not o.decoy"
    );
    on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(id).fetch_optional(db))
}

/// The newest message of this purpose for an attempt to get back in whose code is waited for. Its contact is asked, too: of some million attempts, two may have the same
/// reference number.
pub async fn newest_of_attempt(
    conn: &mut Conn,
    attempt: &RecoveryId,
    purpose: &str,
    now: Timestamp,
) -> Result<Option<Line>> {
    let sql = format!(
        "select {COLUMNS} from recoveries r join outbox o on o.reference = r.reference and o.contact_id = r.contact_id
        where r.id = $1 and r.state = 'sent' and r.expires_at > $3 and o.purpose = $2 and not o.decoy order by o.id desc limit 1"
    );
    on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).bind(attempt).bind(purpose).bind(now).fetch_optional(db))
}

/// The newest message of this purpose to a member's contact.
pub async fn newest_to(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    contact: &ContactId,
    purpose: &str,
) -> Result<Option<Line>> {
    let sql = format!(
        "select {COLUMNS} from outbox o
        where o.contact_id = $3 and o.member_id = $2 and o.workspace_id = $1 and o.purpose = $4 order by o.id desc limit 1"
    );
    on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(member).bind(contact).bind(purpose).fetch_optional(db))
}

/// The code of the newest message with this reference number to this contact was typed.
pub fn set_entered<'a>(
    reference: &'a str,
    contact: Option<&'a ContactId>,
    purpose: &'static str,
    at: Timestamp,
) -> Change<'a> {
    const SQL: &str = "update outbox set entered_at = $4 where id = (select o.id from outbox o
            where o.reference = $1 and o.contact_id = $2 and o.purpose = $3 order by o.id desc limit 1)";
    Change::new(SQL).text(reference).maybe(contact.map(ContactId::as_str)).text(purpose).time(at)
}

/// The code of the newest message of this purpose to a contact was typed.
pub fn set_entered_by<'a>(contact: &'a ContactId, purpose: &'static str, at: Timestamp) -> Change<'a> {
    const SQL: &str = "update outbox set entered_at = $3
        where id = (select o.id from outbox o where o.contact_id = $1 and o.purpose = $2 order by o.id desc limit 1)";
    Change::new(SQL).text(contact.as_str()).text(purpose).time(at)
}

/// How many codes that went to this country were typed on each day since then; of the newest 100,000.
pub async fn entered_by_day(conn: &mut Conn, toward: &str, since: Timestamp) -> Result<Vec<(i64, i64)>> {
    const SQL: &str = "select day, count(*) from (select entered_at / 86400000000 as day from outbox
            where toward = $1 and entered_at >= $2 order by entered_at desc limit 100000) e group by day";
    on!(conn, db => sqlx::query_as(SQL).bind(toward).bind(since).fetch_all(db))
}

/// How many codes that went to this country were typed since then; 100,000 at most.
pub async fn entered_since(conn: &mut Conn, toward: &str, since: Timestamp) -> Result<i64> {
    const SQL: &str =
        "select count(*) from (select 1 from outbox where toward = $1 and entered_at >= $2 limit 100000) e";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(toward).bind(since).fetch_one(db))?;
    Ok(row.0)
}

/// Whether a newer code took this one's place: of the same attempt, where each attempt has a code of its own (`by_attempt`), else of the same contact.
pub async fn is_superseded(conn: &mut Conn, line: &Line, by_attempt: bool) -> Result<bool> {
    const SQL: &str = "select id from outbox where contact_id = $1 and purpose = $2 and id > $3 and (reference = $4 or not $5) limit 1";
    let newer: Option<(String,)> = on!(conn, db => sqlx::query_as(SQL)
        .bind(&line.contact_id).bind(&line.purpose).bind(&line.id).bind(&line.reference).bind(by_attempt).fetch_optional(db))?;
    Ok(newer.is_some())
}

/// How messages fared, by carrier and by where they went: how many, and how long it took until the carrier said that they arrived, in µs altogether.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Fared {
    pub kind: MessageKind,
    pub carrier: String,
    pub toward: Option<String>,
    pub state: MessageState,
    pub cause: Option<String>,
    pub count: i64,
    pub took: i64,
}

/// The same of the newest `limit` messages since `since`.
pub async fn fared(conn: &mut Conn, workspace: &WorkspaceId, since: &MessageId, limit: i64) -> Result<Vec<Fared>> {
    const SQL: &str = "select kind, coalesce(carrier, '') as carrier, toward, state, cause, count(*) as count,
            cast(sum(case when state = 'delivered' then done_at - created_at else 0 end) as bigint) as took
        from (select kind, carrier, toward, state, cause, done_at, created_at, decoy from outbox
            where workspace_id = $1 and id > $2 and kind <> 'webhook' order by id desc limit $3) o
        where not decoy and state <> 'waiting' group by kind, carrier, toward, state, cause order by count(*) desc";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(since).bind(limit).fetch_all(db))
}

impl Line {
    /// The cause in a word, where it is one.
    pub fn cause(&self) -> Option<Cause> {
        self.cause.as_deref().and_then(Cause::parse)
    }
}
