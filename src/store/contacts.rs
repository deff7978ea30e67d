//! Mobile numbers and personal e-mail addresses: sealed, and found by a keyed index that is the same in every workspace.

use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, FromRow};

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    AddressIndex, ContactKind, ContactState, Locale, Timestamp,
    id::{ContactId, IncidentId, MemberId, SessionId, WorkspaceId},
};

/// A contact's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/")]
pub struct Contact {
    pub id: ContactId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub kind: ContactKind,
    pub address: String,
    pub address_index: String,
    pub state: ContactState,
    pub recovers_from: Option<Timestamp>,
    pub verified_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub frozen_at: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    pub lost_in: Option<IncidentId>,
    pub lost_from: Option<ContactState>,
    pub recovered_at: Option<Timestamp>,
}

impl Contact {
    /// Whether its owner ever typed a code that went there. One that an administrator wrote down recovers after its time all the same, and is
    /// confirmed by that; until then it gets no secret and has no say.
    pub fn is_confirmed(&self) -> bool {
        self.state == ContactState::Verified && self.verified_at.is_some()
    }

    /// Whether notices go there.
    pub const fn is_told(&self) -> bool {
        matches!(self.state, ContactState::Verified | ContactState::Frozen)
    }

    /// Whether a secret may go there now.
    pub fn may_get_secrets(&self, now: Timestamp) -> bool {
        self.is_confirmed() && self.recovers_from.is_some_and(|from| from <= now)
    }
}

/// A member who may recover by an address, with the contact as it is stored and the workspace to show.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Candidate {
    pub contact_id: ContactId,
    pub address: String,
    pub data_key: String,
    pub workspace_id: WorkspaceId,
    pub slug: String,
    pub workspace_name: String,
    pub member_id: MemberId,
    pub login: String,
    pub name: String,
    pub locale: Locale,
}

/// Who may recover by this address now: verified contacts past their hold, of active members who are not held, in
/// workspaces that are open. `workspace` and `member` narrow it down where they are given.
pub async fn candidates(
    conn: &mut Conn,
    kind: ContactKind,
    index: &AddressIndex,
    workspace: Option<&WorkspaceId>,
    member: Option<&MemberId>,
    now: Timestamp,
) -> Result<Vec<Candidate>> {
    const SQL: &str =
        "select c.id as contact_id, c.address, w.data_key, w.id as workspace_id, w.slug, w.name as workspace_name,
            m.id as member_id, m.login, m.name, m.locale
        from contacts c
        join members m on m.id = c.member_id and m.state = 'active' and m.held_at is null
        join workspaces w on w.id = c.workspace_id and w.suspended_at is null
        where c.kind = $1 and c.address_index in ($2, $6) and c.state = 'verified' and c.recovers_from <= $3
            and ($4 is null or c.workspace_id = $4) and ($5 is null or c.member_id = $5)
        order by c.id limit 20";
    on!(conn, db => sqlx::query_as(SQL)
        .bind(kind).bind(index.written()).bind(now).bind(workspace).bind(member).bind(index.other()).fetch_all(db))
}

/// A new contact. Answers whether the member did not have it already, under whichever key it was written.
pub async fn insert(conn: &mut Conn, contact: &Contact, index: &AddressIndex) -> Result<bool> {
    const SQL: &str = "insert into contacts (id, workspace_id, member_id, kind, address, address_index, state,
            recovers_from, verified_at, confirmed_at, created_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        where not exists (select 1 from contacts o
            where o.member_id = $3 and o.kind = $4 and o.address_index = $12 and o.state <> 'removed')
        on conflict (member_id, kind, address_index) where state <> 'removed' do nothing";
    let c = contact;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&c.id)
            .bind(&c.workspace_id)
            .bind(&c.member_id)
            .bind(c.kind)
            .bind(&c.address)
            .bind(&c.address_index)
            .bind(c.state)
            .bind(c.recovers_from)
            .bind(c.verified_at)
            .bind(c.confirmed_at)
            .bind(c.created_at)
            .bind(index.other())
    )?;
    Ok(rows == 1)
}

/// New contacts of members who are new themselves, and so have none already.
pub fn insert_all(all: &[Contact]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str = "insert into contacts (id, workspace_id, member_id, kind, address, address_index, state,
            recovers_from, verified_at, confirmed_at, created_at) values";
    of_rows(all, [HEAD, ""], 11, |change, c| {
        let change = change.text(c.id.as_str()).text(c.workspace_id.as_str()).text(c.member_id.as_str());
        let change = change.text(c.kind.as_str()).text(&c.address).text(&c.address_index).text(c.state.as_str());
        let change = change.maybe_time(c.recovers_from).maybe_time(c.verified_at).maybe_time(c.confirmed_at);
        change.time(c.created_at)
    })
}

/// The member's contacts that were not removed, oldest first.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<Contact>> {
    const SQL: &str =
        "select * from contacts where workspace_id = $1 and member_id = $2 and state <> 'removed' order by id";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_all(db))
}

/// The same for these members, in one go: by members, oldest first.
pub async fn of_members(conn: &mut Conn, workspace: &WorkspaceId, members: &[MemberId]) -> Result<Vec<Contact>> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select * from contacts where workspace_id = $1 and member_id in ({}) and state <> 'removed' order by member_id, id",
        places(2, members.len())
    );
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace);
        members.iter().fold(query, QueryAs::bind).fetch_all(db)
    })
}

/// Who of these members has a contact that a secret may go to now ([`Contact::may_get_secrets`]).
pub async fn reached(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    members: &[MemberId],
    now: Timestamp,
) -> Result<Vec<MemberId>> {
    if members.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select distinct member_id from contacts where workspace_id = $1 and member_id in ({})
            and state = 'verified' and verified_at is not null and recovers_from <= $2",
        places(3, members.len())
    );
    let rows: Vec<(MemberId,)> = on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(now);
        for id in members {
            query = query.bind(id);
        }
        query.fetch_all(db)
    })?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// One contact of this member.
pub async fn by_id(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &ContactId,
) -> Result<Option<Contact>> {
    const SQL: &str =
        "select * from contacts where workspace_id = $1 and member_id = $2 and id = $3 and state <> 'removed'";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(id).fetch_optional(db))
}

/// Whether the member had any contact, removed ones included, that was verified before `before`.
pub async fn had_before(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    before: Timestamp,
) -> Result<bool> {
    const SQL: &str =
        "select exists (select 1 from contacts where workspace_id = $1 and member_id = $2 and verified_at < $3)";
    let row: (bool,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(before).fetch_one(db))?;
    Ok(row.0)
}

/// The member typed the code that went there. Answers whether it was still waiting for that.
pub async fn set_verified(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &ContactId,
    recovers_from: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update contacts set state = 'verified', verified_at = $4, confirmed_at = $4, recovers_from = $3
        where workspace_id = $1 and id = $2 and state = 'unverified'";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(recovers_from).bind(now))? == 1)
}

/// The member proved again to have it, in this session.
pub async fn set_confirmed(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &ContactId,
    session: &SessionId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str =
        "update contacts set confirmed_at = $4, confirmed_in = $3, verified_at = coalesce(verified_at, $4)
        where workspace_id = $1 and id = $2 and state = 'verified'";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(session).bind(now))? == 1)
}

/// Every contact of the member with this address was used just now, outside of any session.
pub async fn set_used(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    index: &AddressIndex,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str =
        "update contacts set confirmed_at = $4, confirmed_in = null, verified_at = coalesce(verified_at, $4)
        where workspace_id = $1 and member_id = $2 and address_index in ($3, $5) and state = 'verified'";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(index.written()).bind(now).bind(index.other()))?;
    Ok(())
}

/// A recovery was carried through by a code to this contact, or to one of the member's at the same address.
pub async fn set_recovered(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    index: &AddressIndex,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "update contacts set recovered_at = $4
        where workspace_id = $1 and member_id = $2 and address_index in ($3, $5)";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(index.written()).bind(now).bind(index.other()))?;
    Ok(())
}

/// Takes the contact away. The row stays until the objections against its removal have passed.
pub async fn remove(conn: &mut Conn, workspace: &WorkspaceId, id: &ContactId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update contacts set state = 'removed', removed_at = $3
        where workspace_id = $1 and id = $2 and state <> 'removed'";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(now))? == 1)
}

/// An objection to what happened at `changed_at`.
#[derive(Debug)]
pub struct Objection<'a> {
    /// The contact that was added or removed.
    pub changed: &'a ContactId,
    /// The one that objects.
    pub objecting: Option<&'a ContactId>,
    /// When the change was told.
    pub changed_at: Timestamp,
    /// What was added since then is frozen, too.
    pub since: Timestamp,
}

/// After an objection: the changed contact, the one that objects, and what was added since neither recover nor count.
/// One that is frozen already keeps the older change and takes the newer freezing: what can decide it becomes less, never
/// more.
pub async fn freeze(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    objection: &Objection<'_>,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "update contacts set state = 'frozen',
            frozen_at = case when state = 'frozen' and frozen_at is null then null else $7 end,
            changed_at = case when state = 'frozen' and (changed_at is null or changed_at < $6) then changed_at else $6 end,
            lost_from = case when lost_in is null then null else 'frozen' end
        where workspace_id = $1 and member_id = $2 and state in ('verified', 'unverified', 'frozen')
            and (id = $3 or id = $4 or created_at >= $5)";
    let o = objection;
    execute!(
        conn,
        sqlx::query(SQL)
            .bind(workspace)
            .bind(member)
            .bind(o.changed)
            .bind(o.objecting)
            .bind(o.since)
            .bind(o.changed_at)
            .bind(now)
    )
}

/// Frozen contacts count again, from `recovers_from` on also for recovery.
pub async fn thaw(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    recovers_from: Timestamp,
) -> Result<u64> {
    const SQL: &str = "update contacts set
            state = case when verified_at is null and recovers_from is null then 'unverified' else 'verified' end,
            recovers_from = case when verified_at is null and recovers_from is null then null else $3 end, frozen_at = null, changed_at = null
        where workspace_id = $1 and member_id = $2 and state = 'frozen' and lost_in is null";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(member).bind(recovers_from))
}

/// Which contacts of the workspace are this number or address, counted or not; 20 at most.
pub async fn ids_by_address(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    kind: ContactKind,
    index: &AddressIndex,
) -> Result<Vec<ContactId>> {
    const SQL: &str = "select id from contacts where workspace_id = $1 and address_index in ($2, $3) and kind = $4 and state <> 'removed'
        order by id limit 20";
    let rows: Vec<(ContactId,)> = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(index.written()).bind(index.other()).bind(kind).fetch_all(db))?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
