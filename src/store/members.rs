//! Members, found by login name or id, always inside their workspace.

use sqlx::{AssertSqlSafe, FromRow};

use super::change::{Change, counted, of_rows};
use super::db::{Conn, execute, on, places};
use super::error::Result;
use crate::model::{
    ContactKind, Demand, Locale, MemberState, Readiness, Role, Timestamp,
    id::{ContactId, DeviceId, ForcedChangeId, MemberId, WorkspaceId},
};

/// A member's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Member {
    pub id: MemberId,
    pub workspace_id: WorkspaceId,
    pub login: String,
    pub name: String,
    pub kana: String,
    pub department: String,
    pub role: Role,
    pub state: MemberState,
    pub locale: Locale,
    pub held_at: Option<Timestamp>,
    pub checkup_since: Option<Timestamp>,
    pub recovery_proved: Option<Timestamp>,
    pub recovered_at: Option<Timestamp>,
    pub recovered_by: Option<ContactKind>,
    pub contacts_later: Option<Timestamp>,
    pub epoch: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Days since 1970, UTC; 0 for never.
    pub signed_in_day: i64,
    pub deleted_at: Option<Timestamp>,
    /// What the member was, while they can be brought back as that.
    pub deleted_from: Option<MemberState>,
    pub demand: Option<Demand>,
    pub demand_at: Option<Timestamp>,
    /// As the job that goes round saw it last.
    pub readiness: Readiness,
    /// The contact whose notice alone holds the account.
    pub held_by: Option<ContactId>,
    pub held_over: Option<Timestamp>,
}

/// A member with what a sign-in needs beside: one read on the hot path.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "the columns speak for themselves, and are a row's")]
pub struct Entrant {
    #[sqlx(flatten)]
    pub member: Member,
    pub password: Option<String>,
    pub password_set_at: Option<Timestamp>,
    /// The workspace's present slug, whichever led here.
    pub slug: String,
    /// The workspace's policy, JSON.
    pub policy: String,
    /// The networks that the workspace lets its people in from, JSON; none: all.
    pub networks: Option<String>,
    pub workspace_suspended: bool,
    /// The device whose token prefix was presented, whoever's it is; its hash is still to be compared.
    pub device_id: Option<DeviceId>,
    pub device_hash: Option<String>,
    /// That device signed in as this member before, and that still counts.
    pub device_trusted: bool,
    /// It did so at some time, and nobody signed it out from elsewhere since.
    pub device_familiar: bool,
    /// The member signed in on some device before.
    pub has_devices: bool,
    /// It was reported as lost.
    pub device_lost: bool,
    /// A forced change that is neither used nor ended; its time may be over.
    pub forced_id: Option<ForcedChangeId>,
    pub forced_hash: Option<String>,
    pub forced_until: Option<Timestamp>,
}

/// The member whom this login name means in the workspace, with the password's hash and whether the device is known.
pub async fn entrant(conn: &mut Conn, slug: &str, login: &str, device_prefix: &str) -> Result<Option<Entrant>> {
    const SQL: &str = "select m.*, p.hash as password, p.set_at as password_set_at, w.slug, w.policy, w.networks, w.suspended_at is not null as workspace_suspended,
            d.id as device_id, d.token_hash as device_hash, coalesce(dm.trusted, false) as device_trusted,
            dm.device_id is not null and dm.left_at is null as device_familiar,
            exists (select 1 from device_members o where o.member_id = m.id) as has_devices,
            dm.lost_in is not null as device_lost,
            f.id as forced_id, f.secret_hash as forced_hash, f.expires_at as forced_until
        from workspace_slugs s
        join workspaces w on w.id = s.workspace_id
        join members m on m.workspace_id = s.workspace_id and m.login = $2
        left join passwords p on p.member_id = m.id
        left join devices d on d.token_prefix = $3
        left join device_members dm on dm.member_id = m.id and dm.device_id = d.id
        left join forced_changes f on f.member_id = m.id and f.used_at is null and f.ended_at is null and m.demand = 'forced'
        where s.slug = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(slug).bind(login).bind(device_prefix).fetch_optional(db))
}

/// A new member, whose words the caller puts beside ([`super::roster::put_words`]). Answers whether the login name was free.
pub async fn insert(conn: &mut Conn, member: &Member) -> Result<bool> {
    const SQL: &str = "insert into members
        (id, workspace_id, login, name, kana, department, role, state, locale, epoch, created_at, updated_at, words_due)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $10, false
        where not exists (select 1 from freed_logins f where f.workspace_id = $2 and f.login = $3 and f.free_from > $10)
        on conflict (workspace_id, login) do nothing";
    let m = member;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&m.id)
            .bind(&m.workspace_id)
            .bind(&m.login)
            .bind(&m.name)
            .bind(&m.kana)
            .bind(&m.department)
            .bind(m.role)
            .bind(m.state)
            .bind(m.locale)
            .bind(m.created_at)
    )?;
    Ok(rows == 1)
}

/// New members, whose words are due. Answers how many: fewer than all where a login name was not free.
pub async fn insert_all(conn: &mut Conn, all: &[Member]) -> Result<u64> {
    const HEAD: &str = "insert into members
        (id, workspace_id, login, name, kana, department, role, state, locale, epoch, created_at, updated_at)
        select column1, column2, column3, column4, column5, column6, column7, column8, column9, 0, column10, column10
        from (values";
    const TAIL: &str = ") v
        where not exists (select 1 from freed_logins f
            where f.workspace_id = v.column2 and f.login = v.column3 and f.free_from > v.column10)
        on conflict (workspace_id, login) do nothing";
    let mut rows = 0;
    for change in of_rows(all, [HEAD, TAIL], 10, bound) {
        rows += counted(conn, change).await?;
    }
    Ok(rows)
}

fn bound<'a>(change: Change<'a>, member: &'a Member) -> Change<'a> {
    let m = member;
    change
        .text(m.id.as_str())
        .text(m.workspace_id.as_str())
        .text(&m.login)
        .text(&m.name)
        .text(&m.kana)
        .text(&m.department)
        .text(m.role.as_str())
        .text(m.state.as_str())
        .text(m.locale.as_str())
        .time(m.created_at)
}

/// Which of these login names nobody can get now.
pub async fn taken(conn: &mut Conn, workspace: &WorkspaceId, logins: &[&str], now: Timestamp) -> Result<Vec<String>> {
    let names = places(3, logins.len());
    let sql = format!(
        "select login from members where workspace_id = $1 and login in ({names})
        union select login from freed_logins where workspace_id = $1 and login in ({names}) and free_from > $2"
    );
    let rows: Vec<(String,)> = on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(now);
        for login in logins {
            query = query.bind(*login);
        }
        query.fetch_all(db)
    })?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Those with these login names who have set no password yet.
pub async fn invited(conn: &mut Conn, workspace: &WorkspaceId, logins: &[&str]) -> Result<Vec<Member>> {
    let sql = format!(
        "select * from members where workspace_id = $1 and login in ({}) and state = 'invited' order by id",
        places(2, logins.len())
    );
    on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace);
        for login in logins {
            query = query.bind(*login);
        }
        query.fetch_all(db)
    })
}

/// Until the transaction ends nobody else changes what these accounts rest on. Answers how many still have no password.
pub async fn take_invited(conn: &mut Conn, workspace: &WorkspaceId, all: &[Member]) -> Result<u64> {
    let sql = format!(
        "update members set epoch = epoch where workspace_id = $1 and id in ({}) and state = 'invited'",
        places(2, all.len())
    );
    execute!(conn, {
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(workspace);
        for member in all {
            query = query.bind(&member.id);
        }
        query
    })
}

/// The member with this id in this workspace.
pub async fn by_id(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId) -> Result<Option<Member>> {
    const SQL: &str = "select * from members where workspace_id = $1 and id = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_optional(db))
}

/// The member with this login name in this workspace.
pub async fn by_login(conn: &mut Conn, workspace: &WorkspaceId, login: &str) -> Result<Option<Member>> {
    const SQL: &str = "select * from members where workspace_id = $1 and login = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(login).fetch_optional(db))
}

/// Deletes the member, who can be brought back as what they were. Answers whether there was somebody to delete.
pub async fn delete(conn: &mut Conn, member: &Member, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update members set deleted_from = state, state = 'deleted', deleted_at = $3, updated_at = $3
        where workspace_id = $1 and id = $2 and state <> 'deleted'";
    Ok(execute!(conn, sqlx::query(SQL).bind(&member.workspace_id).bind(&member.id).bind(now))? == 1)
}

/// Brings back a member who was deleted after `since`. Answers whether so.
pub async fn bring_back(conn: &mut Conn, member: &Member, since: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update members set state = deleted_from, deleted_from = null, deleted_at = null, updated_at = $4
        where workspace_id = $1 and id = $2 and state = 'deleted' and deleted_from is not null and deleted_at > $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(&member.workspace_id).bind(&member.id).bind(since).bind(now))? == 1)
}

/// Members whose time to be brought back was over before `before`.
pub async fn to_erase(conn: &mut Conn, before: Timestamp, limit: i64) -> Result<Vec<Member>> {
    const SQL: &str =
        "select * from members where deleted_from is not null and deleted_at <= $1 order by deleted_at limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(before).bind(limit).fetch_all(db))
}

/// Takes everything personal away from a deleted member, and the login name, which nobody gets before `free_from`. The row stays, so that
/// the logs can say that it was somebody. Answers false when somebody was faster.
pub async fn erase(conn: &mut Conn, member: &Member, free_from: Timestamp, now: Timestamp) -> Result<bool> {
    const ROW: &str =
        "update members set login = '~' || id, name = '', kana = '', department = '', role = 'member', held_at = null,
            held_by = null, held_over = null, deleted_from = null, updated_at = $3
        where workspace_id = $1 and id = $2 and state = 'deleted' and deleted_from is not null";
    const REST: &[&str] = &[
        "delete from invitations where member_id = $1",
        "delete from warrants where member_id = $1",
        "delete from nudges where member_id = $1",
        "delete from drills where member_id = $1",
        "delete from calls where member_id = $1",
        "delete from forced_changes where member_id = $1",
        "delete from contacts where member_id = $1",
        "delete from passwords where member_id = $1",
        "delete from password_history where member_id = $1",
        "delete from member_words where member_id = $1",
        "delete from wipes where member_id = $1",
        "delete from managed_devices where member_id = $1",
        "delete from agents where member_id = $1",
        "delete from agent_codes where member_id = $1",
        "delete from incident_things where incident_id in (select id from incidents where member_id = $1)",
        "delete from incidents where member_id = $1",
        "delete from device_members where member_id = $1",
        "delete from member_networks where member_id = $1",
        "delete from sessions where member_id = $1",
        "delete from access_tokens where member_id = $1",
        "delete from links where member_id = $1",
        "delete from alarms where member_id = $1",
    ];
    let m = member;
    if execute!(conn, sqlx::query(ROW).bind(&m.workspace_id).bind(&m.id).bind(now))? == 0 {
        return Ok(false);
    }
    for sql in REST {
        execute!(conn, sqlx::query(*sql).bind(&m.id))?;
    }
    give_up_login(conn, m, None, free_from).await?;
    Ok(true)
}

/// Nobody gets the member's login name before `free_from`, but `keeper`, whose it was.
async fn give_up_login(
    conn: &mut Conn,
    member: &Member,
    keeper: Option<&MemberId>,
    free_from: Timestamp,
) -> Result<()> {
    const SQL: &str = "insert into freed_logins (workspace_id, login, free_from, member_id) values ($1, $2, $3, $4)
        on conflict (workspace_id, login) do update set free_from = excluded.free_from, member_id = excluded.member_id";
    let m = member;
    execute!(conn, sqlx::query(SQL).bind(&m.workspace_id).bind(&m.login).bind(free_from).bind(keeper))?;
    Ok(())
}

/// Another login name, names and language, of a member who is still as `member` says. The caller has taken the workspace's row, so that two do not
/// take one login name at once, and puts the words beside. Answers false where somebody was faster, or the login name is not free.
pub async fn set_profile(
    conn: &mut Conn,
    member: &Member,
    new: &Member,
    free_from: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str =
        "update members set login = $4, name = $5, kana = $6, department = $7, locale = $8, updated_at = $9
        where workspace_id = $1 and id = $2 and login = $3 and state <> 'deleted'
            and not exists (select 1 from members o where o.workspace_id = $1 and o.login = $4 and o.id <> $2)
            and not exists (select 1 from freed_logins f where f.workspace_id = $1 and f.login = $4 and f.free_from > $9
                and (f.member_id is null or f.member_id <> $2))";
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&member.workspace_id)
            .bind(&member.id)
            .bind(&member.login)
            .bind(&new.login)
            .bind(&new.name)
            .bind(&new.kana)
            .bind(&new.department)
            .bind(new.locale)
            .bind(now)
    )?;
    if rows == 1 && new.login != member.login {
        give_up_login(conn, member, Some(&member.id), free_from).await?;
    }
    Ok(rows == 1)
}

/// A new role, if the member has `from`. Answers whether so.
pub async fn set_role_from(conn: &mut Conn, member: &Member, from: Role, to: Role, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update members set role = $4, updated_at = $5 where workspace_id = $1 and id = $2 and role = $3";
    let m = member;
    Ok(execute!(conn, sqlx::query(SQL).bind(&m.workspace_id).bind(&m.id).bind(from).bind(to).bind(now))? == 1)
}

/// Owners who can do something now, besides this one. The first condition on the role is that of the index.
pub async fn other_owners(conn: &mut Conn, workspace: &WorkspaceId, but: &MemberId) -> Result<i64> {
    const SQL: &str = "select count(*) from members where workspace_id = $1 and role <> 'member'
        and role = 'owner' and state = 'active' and held_at is null and id <> $2";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(but).fetch_one(db))?;
    Ok(row.0)
}

/// A page of the members in the order they were added, after `after`.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId, after: &str, limit: i64) -> Result<Vec<Member>> {
    const SQL: &str = "select * from members where workspace_id = $1 and id > $2 order by id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after).bind(limit).fetch_all(db))
}

/// Owners and administrators who can do something now. The first condition on the role is that of the index.
pub async fn administrators(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<Member>> {
    const SQL: &str = "select * from members where workspace_id = $1 and role <> 'member'
        and role in ('owner', 'administrator') and state = 'active' and held_at is null order by id limit 100";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_all(db))
}

/// A new state, if the member is in `from`. Answers whether so.
pub async fn set_state_from(
    conn: &mut Conn,
    member: &Member,
    from: MemberState,
    to: MemberState,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str =
        "update members set state = $4, updated_at = $5 where workspace_id = $1 and id = $2 and state = $3";
    let m = member;
    Ok(execute!(conn, sqlx::query(SQL).bind(&m.workspace_id).bind(&m.id).bind(from).bind(to).bind(now))? == 1)
}

/// An invited member becomes active; others stay what they are.
pub async fn activate(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update members set state = 'active', updated_at = $3
        where workspace_id = $1 and id = $2 and state = 'invited'";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(now))? == 1)
}

/// Somebody typed a code of this member rightly and may set a new password.
pub fn set_recovery_proved<'a>(workspace: &'a WorkspaceId, id: &'a MemberId, now: Timestamp) -> Change<'a> {
    const SQL: &str = "update members set recovery_proved = $3 where workspace_id = $1 and id = $2";
    Change::new(SQL).text(workspace.as_str()).text(id.as_str()).time(now)
}

/// A recovery was finished by a code to this kind of contact: the next sign-in opens the check-up.
pub async fn set_recovered(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &MemberId,
    by: ContactKind,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "update members set recovery_proved = null, recovered_at = $3, recovered_by = $4, checkup_since = $3, updated_at = $3
        where workspace_id = $1 and id = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(now).bind(by))?;
    Ok(())
}

/// Begins a new epoch: every session opened before, and every one being opened now with what held before, is dead at
/// once on every node. Answers the new epoch.
pub async fn begin_epoch(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId) -> Result<i64> {
    const SQL: &str = "update members set epoch = epoch + 1 where workspace_id = $1 and id = $2 returning epoch";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(id).fetch_one(db))?;
    Ok(row.0)
}

/// Whether the member may still come in with what was verified in this epoch, and no new password is demanded at once; it is written down as a sign-in of
/// today. Until the transaction ends nobody can begin another one: whoever changes what an account rests on takes this row first, and so they go one after the other.
pub async fn take_open(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &MemberId,
    epoch: i64,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update members set signed_in_day = $4
        where workspace_id = $1 and id = $2 and epoch = $3 and state = 'active' and held_at is null
            and (demand is null or demand <> 'forced')";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(epoch).bind(now.day()))? == 1)
}

/// The same for somebody of whom a new password is demanded at once: whether they may still set one by what was verified in this epoch.
pub async fn take_forced(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId, epoch: i64) -> Result<bool> {
    const SQL: &str = "update members set epoch = epoch
        where workspace_id = $1 and id = $2 and epoch = $3 and state = 'active' and held_at is null and demand = 'forced'
            and exists (select 1 from workspaces w where w.id = members.workspace_id and w.suspended_at is null)";
    Ok(execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(epoch))? == 1)
}

/// What is demanded of the member's password; none once there is a new one.
pub async fn set_demand(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &MemberId,
    demand: Option<Demand>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "update members set demand = $3, demand_at = case when $3 is null then null else $4 end
        where workspace_id = $1 and id = $2 and (demand is not null or $3 is not null)";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(demand).bind(now))?;
    Ok(())
}

/// Until the transaction ends nobody else changes what this account rests on.
pub async fn take(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId) -> Result<()> {
    const SQL: &str = "update members set epoch = epoch where workspace_id = $1 and id = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id))?;
    Ok(())
}

/// The member went through the check-up.
pub async fn set_checked_up(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId) -> Result<()> {
    const SQL: &str = "update members set checkup_since = null where workspace_id = $1 and id = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id))?;
    Ok(())
}

/// Until when the reminder about contacts stays away.
pub async fn set_contacts_later(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &MemberId,
    until: Timestamp,
) -> Result<()> {
    const SQL: &str = "update members set contacts_later = $3 where workspace_id = $1 and id = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(until))?;
    Ok(())
}

/// The language in which messages are written to the member.
pub async fn set_locale(conn: &mut Conn, workspace: &WorkspaceId, id: &MemberId, locale: Locale) -> Result<()> {
    const SQL: &str = "update members set locale = $3 where workspace_id = $1 and id = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(id).bind(locale))?;
    Ok(())
}
