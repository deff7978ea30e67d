//! Messages waiting to leave. They are written in the transaction that caused them, claimed by a worker for a while,
//! and emptied of destination and body when they are handed over.

use sqlx::{AssertSqlSafe, FromRow};

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Cause, MessageKind, MessageState, Timestamp,
    id::{ContactId, MemberId, MessageId, WorkspaceId},
};

/// A message's row while it waits.
#[derive(Debug, Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns speak for themselves; see migrations/0001_front_door.sql and 0021_messages.sql"
)]
pub struct Waiting {
    pub id: MessageId,
    pub workspace_id: Option<WorkspaceId>,
    pub member_id: Option<MemberId>,
    pub contact_id: Option<ContactId>,
    pub kind: MessageKind,
    pub purpose: String,
    pub reference: Option<String>,
    pub decoy: bool,
    pub destination: Option<String>,
    pub body: Option<String>,
    pub toward: Option<String>,
    pub tries: i64,
    pub urgency: i64,
    pub asked: Option<String>,
    pub handed_at: Option<Timestamp>,
    /// Not asked for by a stranger.
    pub known: bool,
    pub expires_at: Timestamp,
    pub created_at: Timestamp,
    /// Of its workspace: which carriers, in which order, as JSON.
    pub carriers: Option<String>,
    /// Of its workspace.
    pub sms_sender: Option<String>,
    /// Of its workspace.
    pub sms_budget: Option<i64>,
}

/// How urgent what goes to a webhook is: it is claimed apart from what goes to people (0 to 2).
pub const WEBHOOK: i64 = 3;

/// How a message ended.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Ending<'a> {
    pub state: MessageState,
    pub carrier: Option<&'a str>,
    pub provider_id: Option<&'a str>,
    pub cause: Option<&'a str>,
}

/// A new message, ready to leave at once.
pub fn insert(message: &Waiting) -> Change<'_> {
    const SQL: &str =
        "insert into outbox (id, workspace_id, kind, purpose, reference, decoy, destination, body, state, tries,
            next_try_at, expires_at, created_at, urgency, member_id, contact_id, toward, known)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $10, $9, $11, $12, $13, $14, $15)";
    let m = message;
    Change::new(SQL)
        .text(m.id.as_str())
        .maybe(m.workspace_id.as_ref().map(WorkspaceId::as_str))
        .text(m.kind.as_str())
        .text(&m.purpose)
        .maybe(m.reference.as_deref())
        .flag(m.decoy)
        .maybe(m.destination.as_deref())
        .maybe(m.body.as_deref())
        .time(m.created_at)
        .time(m.expires_at)
        .whole(m.urgency)
        .maybe(m.member_id.as_ref().map(MemberId::as_str))
        .maybe(m.contact_id.as_ref().map(ContactId::as_str))
        .maybe(m.toward.as_deref())
        .flag(m.known)
}

/// Claims up to `limit` messages of these kinds that are due, the more urgent before the others, until `until`: nobody else gets them before. The claim is
/// their fence. Of a kind that nobody can take now (`false`) only those whose time has passed. What is for webhooks is claimed apart, so that a slow program
/// elsewhere holds up nobody's code.
pub async fn claim(
    conn: &mut Conn,
    claim: &str,
    kinds: &[(MessageKind, bool)],
    limit: i64,
    until: Timestamp,
    now: Timestamp,
) -> Result<Vec<Waiting>> {
    // The condition stands twice so that PostgreSQL checks it again after waiting for another worker's row.
    const SQL: &str = "update outbox set claim = $1, next_try_at = $3, tries = tries + 1
        where state = 'waiting' and next_try_at <= $4 and id in (select id from (";
    // Each kind and urgency by a stretch of the index: one that holds a hundred thousand that are not due yet costs the others nothing.
    const DUE: &str = "select * from (select urgency, next_try_at, id from outbox
        where state = 'waiting' and kind = 'KIND' and urgency = URGENCY and next_try_at <= $4
        order by next_try_at, id limit $2) KIND_URGENCY";
    const OVER: &str = "select * from (select urgency, next_try_at, id from outbox
        where state = 'waiting' and kind = 'KIND' and expires_at <= $4 and next_try_at <= $4 order by expires_at limit $2) KIND_over";
    const END: &str = ") due order by urgency, next_try_at, id limit $2)
        returning id, workspace_id, member_id, contact_id, kind, purpose, reference, decoy, destination, body, toward, tries, urgency, asked, handed_at, known,
            expires_at, created_at,
            (select w.carriers from workspaces w where w.id = outbox.workspace_id) as carriers,
            (select w.sms_sender from workspaces w where w.id = outbox.workspace_id) as sms_sender,
            (select w.sms_budget from workspaces w where w.id = outbox.workspace_id) as sms_budget";
    let due = kinds.iter().flat_map(|&(kind, is_open)| {
        let urgencies: &[i64] = match kind {
            _ if !is_open => &[],
            MessageKind::Webhook => &[WEBHOOK],
            _ => &[0, 1, 2],
        };
        let due = urgencies.iter().map(|urgency| DUE.replace("URGENCY", &urgency.to_string()));
        let over = (!is_open).then(|| OVER.to_owned());
        due.chain(over).map(move |sql| sql.replace("KIND", kind.as_str()))
    });
    let due: Vec<_> = due.collect();
    let sql = format!("{SQL}{}{END}", due.join(" union all "));
    on!(conn, db => sqlx::query_as(AssertSqlSafe(sql)).bind(claim).bind(limit).bind(until).bind(now).fetch_all(db))
}

/// The message ends: handed over, failed or expired. Destination and body are erased. Nothing if the claim was lost.
pub fn finish<'a>(id: &'a MessageId, claim: &'a str, ending: &Ending<'a>, now: Timestamp) -> Change<'a> {
    const SQL: &str =
        "update outbox set state = $3, carrier = coalesce($4, carrier), provider_id = $5, cause = $6, done_at = $7,
            handed_at = case when $3 = 'handed' then coalesce(handed_at, $7) else handed_at end,
            destination = null, body = null, claim = null
        where id = $1 and claim = $2 and state = 'waiting'";
    let e = ending;
    let change = Change::new(SQL).text(id.as_str()).text(claim).text(e.state.as_str());
    change.maybe(e.carrier).maybe(e.provider_id).maybe(e.cause).time(now)
}

/// A carrier has it, and the next one is asked at `next_try_at` if no receipt has come by then: until then it is kept. Nothing if the claim was lost.
pub fn hold<'a>(
    id: &'a MessageId,
    claim: &'a str,
    (carrier, provider_id): (&'a str, Option<&'a str>),
    asked: &'a str,
    next_try_at: Timestamp,
    now: Timestamp,
) -> Change<'a> {
    const SQL: &str =
        "update outbox set carrier = $3, provider_id = $4, asked = $5, next_try_at = $6, cause = null, claim = null,
            handed_at = coalesce(handed_at, $7)
        where id = $1 and claim = $2 and state = 'waiting'";
    let change = Change::new(SQL).text(id.as_str()).text(claim).text(carrier).maybe(provider_id);
    change.text(asked).time(next_try_at).time(now)
}

/// A message that a carrier took ends, since nobody is left to ask or its time has passed: what the receipts say counts, and `cause` is what the last
/// carrier said that was asked in vain. Nothing if the claim was lost.
pub fn close<'a>(id: &'a MessageId, claim: &'a str, cause: Option<&'a str>, now: Timestamp) -> Change<'a> {
    const SQL: &str = "update outbox set done_at = $3, destination = null, body = null, claim = null,
            state = case when exists (select 1 from handings h where h.message_id = $1 and h.state in ('accepted', 'delivered'))
                then 'handed' else 'undeliverable' end,
            cause = case when exists (select 1 from handings h where h.message_id = $1 and h.state in ('accepted', 'delivered'))
                then null else coalesce(cast($4 as text), (select h.cause from handings h
                    where h.message_id = $1 and h.cause is not null order by h.id desc limit 1), 'expired') end
        where id = $1 and claim = $2 and state = 'waiting'";
    Change::new(SQL).text(id.as_str()).text(claim).time(now).maybe(cause)
}

/// Nobody was asked: it is due at once, for whoever comes. Nothing if the claim was lost.
pub fn let_go<'a>(id: &'a MessageId, claim: &'a str, now: Timestamp) -> Change<'a> {
    const SQL: &str = "update outbox set next_try_at = $3, tries = tries - 1, claim = null
        where id = $1 and claim = $2 and state = 'waiting'";
    Change::new(SQL).text(id.as_str()).text(claim).time(now)
}

/// Makes a claim longer. False where it was lost.
pub async fn keep(conn: &mut Conn, id: &MessageId, claim: &str, until: Timestamp) -> Result<bool> {
    const SQL: &str = "update outbox set next_try_at = $3 where id = $1 and claim = $2 and state = 'waiting'";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(claim).bind(until))? == 1)
}

/// Another try later; `asked` need not be asked again. Nothing if the claim was lost.
pub fn retry<'a>(
    id: &'a MessageId,
    claim: &'a str,
    cause: &'a str,
    asked: Option<&'a str>,
    next_try_at: Timestamp,
) -> Change<'a> {
    const SQL: &str = "update outbox set next_try_at = $3, cause = $4, asked = $5, claim = null
        where id = $1 and claim = $2 and state = 'waiting'";
    Change::new(SQL).text(id.as_str()).text(claim).time(next_try_at).text(cause).maybe(asked)
}

/// Whether a worker has the message in hand and has not written yet what became of it.
pub async fn is_in_hand(conn: &mut Conn, id: &MessageId) -> Result<bool> {
    const SQL: &str = "select count(*) from outbox where id = $1 and state = 'waiting' and claim is not null";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(id).fetch_one(db))?;
    Ok(row.0 > 0)
}

/// It arrived, whatever was thought before.
pub async fn set_delivered(conn: &mut Conn, id: &MessageId, at: Timestamp) -> Result<()> {
    const SQL: &str =
        "update outbox set state = 'delivered', cause = null, done_at = $2, destination = null, body = null, claim = null
        where id = $1 and state in ('waiting', 'handed', 'undeliverable', 'failed', 'expired')";
    execute!(conn, sqlx::query(SQL).bind(id).bind(at))?;
    Ok(())
}

/// A carrier that had taken it says that it did not arrive. Where that lies with the carrier, the next one is asked at once; else the
/// message ends, unless another carrier has it, too.
pub async fn set_undeliverable(conn: &mut Conn, id: &MessageId, cause: Cause, at: Timestamp) -> Result<()> {
    const NEXT: &str =
        "update outbox set next_try_at = $2, cause = $3 where id = $1 and state = 'waiting' and claim is null";
    const ENDED: &str = "update outbox set state = 'undeliverable', cause = $3, done_at = $2, destination = null, body = null, claim = null
        where id = $1 and (state = 'handed' or state = 'waiting' and handed_at is not null and $4)
            and not exists (select 1 from handings h where h.message_id = $1 and h.state in ('accepted', 'delivered'))";
    let of_destination = cause.is_about_destination();
    if !of_destination {
        execute!(conn, sqlx::query(NEXT).bind(id).bind(at).bind(cause))?;
    }
    execute!(conn, sqlx::query(ENDED).bind(id).bind(at).bind(cause).bind(of_destination))?;
    Ok(())
}

/// Ends all decoys of a claim: they were written so that strangers learn nothing, and go nowhere.
pub async fn drop_decoys(conn: &mut Conn, claim: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "update outbox set state = 'dropped', done_at = $2, destination = null, body = null, claim = null
        where state = 'waiting' and claim = $1 and decoy";
    execute!(conn, sqlx::query(SQL).bind(claim).bind(now))?;
    Ok(())
}

/// Ends the waiting messages of these purposes, whose codes open nothing any more; all others that wait are due now. What a worker has in its
/// hands it sends, and may not say so: it ends as the others.
pub async fn end_codes(conn: &mut Conn, purposes: [&str; 5], now: Timestamp) -> Result<()> {
    const ENDED: &str =
        "update outbox set state = 'expired', done_at = $1, destination = null, body = null, claim = null
        where state = 'waiting' and purpose in ($2, $3, $4, $5, $6)";
    const DUE: &str =
        "update outbox set next_try_at = $1 where state = 'waiting' and claim is null and next_try_at > $1";
    execute!(conn, purposes.iter().fold(sqlx::query(ENDED).bind(now), |query, purpose| query.bind(*purpose)))?;
    execute!(conn, sqlx::query(DUE).bind(now))?;
    Ok(())
}

/// A request to a webhook, as far as its workspace may know.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Sent {
    pub id: MessageId,
    pub purpose: String,
    pub state: String,
    pub tries: i64,
    pub next_try_at: Timestamp,
    pub provider_id: Option<String>,
    pub cause: Option<String>,
    pub created_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// The newest requests to the workspace's webhook.
pub async fn to_webhook(conn: &mut Conn, workspace: &WorkspaceId, limit: i64) -> Result<Vec<Sent>> {
    const SQL: &str =
        "select id, purpose, state, tries, next_try_at, provider_id, cause, created_at, done_at from outbox
        where workspace_id = $1 and kind = 'webhook' and id > '' order by id desc limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(limit).fetch_all(db))
}

/// How codes fared since `since`: how many ended well, how many badly, and when the oldest that is due and still waits was written.
pub async fn codes(conn: &mut Conn, since: Timestamp, now: Timestamp) -> Result<(i64, i64, Option<Timestamp>)> {
    const ENDED: &str = "select count(case when state in ('handed', 'delivered') then 1 end),
            count(case when state in ('failed', 'expired', 'undeliverable') then 1 end)
        from (select state, purpose, decoy from outbox where done_at >= $1 order by done_at desc limit 20000) o
        where o.purpose like '%code' and not o.decoy";
    const OLDEST: &str = "select min(w.created_at) from (select created_at from outbox
        where state = 'waiting' and handed_at is null and next_try_at <= $1 and purpose like '%code' and not decoy
        order by next_try_at, id limit 1000) w";
    let (good, bad): (i64, i64) = on!(conn, db => sqlx::query_as(ENDED).bind(since).fetch_one(db))?;
    // One that is being tried again has its next time ahead of it, a few minutes at most.
    let ahead = now + crate::model::minutes(10);
    let (oldest,): (Option<Timestamp>,) = on!(conn, db => sqlx::query_as(OLDEST).bind(ahead).fetch_one(db))?;
    Ok((good, bad, oldest))
}

/// How many messages for people wait that no carrier has taken.
pub async fn waiting(conn: &mut Conn) -> Result<i64> {
    let row: (i64,) = on!(conn, db => sqlx::query_as("select count(*) from outbox where state = 'waiting' and handed_at is null and kind <> 'webhook'").fetch_one(db))?;
    Ok(row.0)
}

/// Forgets messages that ended before `before`.
pub async fn forget(conn: &mut Conn, before: Timestamp) -> Result<u64> {
    execute!(conn, sqlx::query("delete from outbox where done_at < $1").bind(before))
}
