//! Losses: what was reported, and what became of each thing. What was done for it stands in the audit log.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    IncidentEnd, IncidentKind, IncidentThing, Timestamp,
    id::{ContactId, DeviceId, IncidentId, MemberId, SessionId, WorkspaceId},
};

/// An incident's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0030_incidents.sql")]
pub struct Incident {
    pub id: IncidentId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub kind: IncidentKind,
    pub opened_by: MemberId,
    pub opened_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub outcome: Option<IncidentEnd>,
}

/// Opens it. Answers whether none was open.
pub async fn insert(conn: &mut Conn, incident: &Incident) -> Result<bool> {
    const SQL: &str = "insert into incidents (id, workspace_id, member_id, kind, opened_by, opened_at)
        select $1, $2, $3, $4, $5, $6 where true on conflict (member_id) where ended_at is null do nothing";
    let i = incident;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&i.id)
            .bind(&i.workspace_id)
            .bind(&i.member_id)
            .bind(i.kind)
            .bind(&i.opened_by)
            .bind(i.opened_at)
    )?;
    Ok(rows == 1)
}

/// The member's open incident, else the newest of which something is still lost, else the newest.
pub async fn newest(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Option<Incident>> {
    const SQL: &str = "select * from incidents where workspace_id = $1 and member_id = $2
        order by case when ended_at is null then 0
            when exists (select 1 from incident_things t where t.incident_id = incidents.id and t.kind <> 'session' and t.undone_at is null)
            then 1 else 2 end, id desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_optional(db))
}

/// A case that is open, and whose.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Open {
    pub member_id: MemberId,
    pub name: String,
    pub login: String,
    pub kind: IncidentKind,
    pub opened_at: Timestamp,
}

/// The workspace's open cases, the oldest first, so many at most.
pub async fn open_of(conn: &mut Conn, workspace: &WorkspaceId, limit: i64) -> Result<Vec<Open>> {
    const SQL: &str = "select i.member_id, m.name, m.login, i.kind, i.opened_at from incidents i
        join members m on m.id = i.member_id and m.workspace_id = i.workspace_id
        where i.workspace_id = $1 and i.ended_at is null order by i.id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(limit).fetch_all(db))
}

/// Ends it. Answers whether it was open.
pub async fn end(conn: &mut Conn, id: &IncidentId, outcome: IncidentEnd, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update incidents set ended_at = $3, outcome = $2 where id = $1 and ended_at is null";
    Ok(execute!(conn, sqlx::query(SQL).bind(id).bind(outcome).bind(now))? == 1)
}

/// What became of one thing.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0030_incidents.sql")]
pub struct Thing {
    pub kind: IncidentThing,
    pub thing_id: String,
    pub told_at: Timestamp,
    pub confirmed_at: Option<Timestamp>,
    pub undone_at: Option<Timestamp>,
    /// Of a session, the device.
    pub device_id: Option<String>,
}

/// What became of each thing.
pub async fn things(conn: &mut Conn, id: &IncidentId) -> Result<Vec<Thing>> {
    const SQL: &str =
        "select t.kind, t.thing_id, t.told_at, t.confirmed_at, t.undone_at, s.device_id from incident_things t
        left join sessions s on t.kind = 'session' and s.id = t.thing_id
        where t.incident_id = $1 order by t.kind, t.thing_id";
    on!(conn, db => sqlx::query_as(SQL).bind(id).fetch_all(db))
}

/// The device is lost: not known any more; what was signed in there ends, and stands in the list. Answers whether the member has it.
pub async fn lose_device(conn: &mut Conn, incident: &Incident, device: &DeviceId, now: Timestamp) -> Result<bool> {
    const DEVICE: &str = "update device_members set trusted = false, left_at = $4, lost_in = $5
        where member_id = $1 and workspace_id = $2 and device_id = $3";
    const SESSIONS: &str = "insert into incident_things (incident_id, workspace_id, kind, thing_id, told_at)
        select $1, $2, 'session', id, $5 from sessions
            where workspace_id = $2 and member_id = $3 and device_id = $4 and ended_at is null and ends_at > $5
        on conflict (incident_id, kind, thing_id) do nothing";
    let i = incident;
    let found = execute!(
        conn,
        sqlx::query(DEVICE).bind(&i.member_id).bind(&i.workspace_id).bind(device).bind(now).bind(&i.id)
    )?;
    if found == 0 {
        return Ok(false);
    }
    execute!(conn, sqlx::query(SESSIONS).bind(&i.id).bind(&i.workspace_id).bind(&i.member_id).bind(device).bind(now))?;
    super::sessions::end_on(conn, &i.workspace_id, &i.member_id, device, "lost", now).await?;
    put(conn, incident, IncidentThing::Device, device.as_str(), now).await?;
    Ok(true)
}

/// A sign-in that is on its way at this moment, maybe on the lost device, comes to nothing: the member has a new epoch, into which what is open and was
/// not lost is taken along.
pub async fn overtake(conn: &mut Conn, incident: &Incident) -> Result<()> {
    const SESSIONS: &str =
        "update sessions set epoch = $2 where member_id = $1 and epoch = $2 - 1 and ended_at is null";
    const TOKENS: &str =
        "update access_tokens set epoch = $2 where member_id = $1 and epoch = $2 - 1 and ended_at is null";
    let epoch = super::members::begin_epoch(conn, &incident.workspace_id, &incident.member_id).await?;
    for sql in [SESSIONS, TOKENS] {
        execute!(conn, sqlx::query(sql).bind(&incident.member_id).bind(epoch))?;
    }
    Ok(())
}

/// The contact is lost: it neither recovers nor gets secrets, nor does what is under way to it open or object to anything. Answers whether
/// the member has it.
pub async fn lose_contact(conn: &mut Conn, incident: &Incident, contact: &ContactId, now: Timestamp) -> Result<bool> {
    const CONTACT: &str = "update contacts set lost_from = case when lost_in is null then state else lost_from end,
            state = 'frozen', lost_in = $4
        where workspace_id = $1 and member_id = $2 and id = $3 and state <> 'removed'";
    const CODES: &str = "update codes set spent_at = $2 where subject = $1 and spent_at is null";
    const RIGHTS: &str = "update alarms set expires_at = $3
        where member_id = $1 and contact_id = $2 and used_at is null and expires_at > $3";
    const UNSENT: &str = "update outbox set state = case when handed_at is null then 'expired' else 'handed' end,
            cause = case when handed_at is null then 'expired' end, done_at = $2, destination = null, body = null, claim = null
        where contact_id = $1 and state = 'waiting'";
    let i = incident;
    let found =
        execute!(conn, sqlx::query(CONTACT).bind(&i.workspace_id).bind(&i.member_id).bind(contact).bind(&i.id))?;
    if found == 0 {
        return Ok(false);
    }
    execute!(conn, sqlx::query(CODES).bind(contact).bind(now))?;
    execute!(conn, sqlx::query(RIGHTS).bind(&i.member_id).bind(contact).bind(now))?;
    execute!(conn, sqlx::query(UNSENT).bind(contact).bind(now))?;
    super::forced_changes::end_sent_to(conn, &i.member_id, contact, "lost", now).await?;
    put(conn, incident, IncidentThing::Contact, contact.as_str(), now).await?;
    Ok(true)
}

async fn put(conn: &mut Conn, incident: &Incident, kind: IncidentThing, thing: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "insert into incident_things (incident_id, workspace_id, kind, thing_id, told_at)
        values ($1, $2, $3, $4, $5)
        on conflict (incident_id, kind, thing_id) do update set undone_at = null";
    let i = incident;
    execute!(conn, sqlx::query(SQL).bind(&i.id).bind(&i.workspace_id).bind(kind).bind(thing).bind(now))?;
    Ok(())
}

/// It was found: contacts are what they were, devices may sign in again (as new ones).
pub async fn find_again(conn: &mut Conn, incident: &Incident, now: Timestamp) -> Result<()> {
    const CONTACTS: &str = "update contacts set state = coalesce(lost_from, 'frozen'), lost_in = null, lost_from = null
        where workspace_id = $1 and member_id = $2 and lost_in = $3 and state = 'frozen'";
    const DEVICES: &str = "update device_members set lost_in = null where member_id = $1 and lost_in = $2";
    const THINGS: &str = "update incident_things set undone_at = $2
        where incident_id = $1 and kind <> 'session' and undone_at is null";
    let i = incident;
    execute!(conn, sqlx::query(CONTACTS).bind(&i.workspace_id).bind(&i.member_id).bind(&i.id))?;
    execute!(conn, sqlx::query(DEVICES).bind(&i.member_id).bind(&i.id))?;
    execute!(conn, sqlx::query(THINGS).bind(&i.id).bind(now))?;
    Ok(())
}

/// Whether a contact that is not lost, and counted before `since`, was proved after it in this session.
pub async fn is_proved(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    session: &SessionId,
    since: Timestamp,
) -> Result<bool> {
    const SQL: &str =
        "select exists (select 1 from contacts where workspace_id = $1 and member_id = $2 and state = 'verified'
        and verified_at < $4 and recovers_from <= $4 and confirmed_at > $4 and confirmed_in = $3)";
    let row: (bool,) =
        on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(session).bind(since).fetch_one(db))?;
    Ok(row.0)
}

/// A session that ended with a lost device, and its hash for the caller to compare; none where it came back before.
pub async fn lost_session(conn: &mut Conn, prefix: &str) -> Result<Option<(SessionId, String)>> {
    const SQL: &str = "select s.id, s.token_hash from sessions s
        join incident_things t on t.thing_id = s.id and t.kind = 'session' and t.confirmed_at is null
        where s.token_prefix = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(prefix).fetch_optional(db))
}

/// It came back, and was refused.
pub async fn set_refused(conn: &mut Conn, session: &SessionId, now: Timestamp) -> Result<()> {
    const SQL: &str = "update incident_things set confirmed_at = $2
        where thing_id = $1 and kind = 'session' and confirmed_at is null";
    execute!(conn, sqlx::query(SQL).bind(session).bind(now))?;
    Ok(())
}
