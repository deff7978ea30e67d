//! The sign-in log and the audit log: rows are only added.

use sqlx::FromRow;

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    SignInResult, Timestamp,
    id::{AuditId, DeviceId, MemberId, SignInId, WorkspaceId},
};

/// One try to sign in, whoever tried.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct SignIn {
    pub id: SignInId,
    pub workspace_id: Option<WorkspaceId>,
    pub member_id: Option<MemberId>,
    pub result: SignInResult,
    pub way: String,
    pub address: String,
    pub network: String,
    pub agent: String,
    pub device_id: Option<DeviceId>,
    pub at: Timestamp,
}

/// One thing that was done to an account.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Audit {
    pub id: AuditId,
    pub workspace_id: Option<WorkspaceId>,
    pub actor: String,
    pub action: String,
    pub member_id: Option<MemberId>,
    pub subject: Option<String>,
    pub reference: Option<String>,
    pub network: Option<String>,
    /// Before and after, sealed.
    pub details: Option<String>,
    pub at: Timestamp,
}

/// A line of the sign-in log.
pub fn sign_in(line: &SignIn) -> Change<'_> {
    const SQL: &str =
        "insert into sign_ins (id, workspace_id, member_id, result, way, address, network, agent, device_id, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let l = line;
    Change::new(SQL)
        .text(l.id.as_str())
        .maybe(l.workspace_id.as_ref().map(WorkspaceId::as_str))
        .maybe(l.member_id.as_ref().map(MemberId::as_str))
        .text(l.result.as_str())
        .text(&l.way)
        .text(&l.address)
        .text(&l.network)
        .text(&l.agent)
        .maybe(l.device_id.as_ref().map(DeviceId::as_str))
        .time(l.at)
}

/// A line about an ID that nobody has: of the workspace in which it was looked for, if there is one of this name.
pub fn sign_in_of_nobody<'a>(line: &'a SignIn, slug: &'a str) -> Change<'a> {
    const SQL: &str =
        "insert into sign_ins (id, workspace_id, member_id, result, way, address, network, agent, device_id, at)
        values ($1, (select s.workspace_id from workspace_slugs s where s.slug = $2), null, $3, $4, $5, $6, $7, null, $8)";
    let l = line;
    let change = Change::new(SQL).text(l.id.as_str()).text(slug).text(l.result.as_str());
    change.text(&l.way).text(&l.address).text(&l.network).text(&l.agent).time(l.at)
}

/// A line of the audit log.
pub fn audit(line: &Audit) -> Change<'_> {
    const SQL: &str =
        "insert into audit (id, workspace_id, actor, action, member_id, subject, reference, network, details, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    bound(Change::new(SQL), line)
}

/// Several lines of the audit log.
pub fn audit_all(lines: &[Audit]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str = "insert into audit (id, workspace_id, actor, action, member_id, subject, reference, network, details, at) values";
    of_rows(lines, [HEAD, ""], 10, bound)
}

fn bound<'a>(change: Change<'a>, line: &'a Audit) -> Change<'a> {
    let l = line;
    change
        .text(l.id.as_str())
        .maybe(l.workspace_id.as_ref().map(WorkspaceId::as_str))
        .text(&l.actor)
        .text(&l.action)
        .maybe(l.member_id.as_ref().map(MemberId::as_str))
        .maybe(l.subject.as_deref())
        .maybe(l.reference.as_deref())
        .maybe(l.network.as_deref())
        .maybe(l.details.as_deref())
        .time(l.at)
}

/// The next lines of the sign-in log, whoever's.
pub async fn sign_ins_after(conn: &mut Conn, after: &str, upto: &str, limit: i64) -> Result<Vec<SignIn>> {
    const SQL: &str = "select * from sign_ins where id > $1 and id <= $2 order by id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(upto).bind(limit).fetch_all(db))
}

/// The next lines of the audit log, whoever's.
pub async fn audit_after(conn: &mut Conn, after: &str, upto: &str, limit: i64) -> Result<Vec<Audit>> {
    const SQL: &str = "select * from audit where id > $1 and id <= $2 order by id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(upto).bind(limit).fetch_all(db))
}

/// The member's newest tries to sign in.
pub async fn sign_ins_of(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    limit: i64,
) -> Result<Vec<SignIn>> {
    const SQL: &str = "select * from sign_ins where workspace_id = $1 and member_id = $2 order by id desc limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(limit).fetch_all(db))
}

/// What was done to the member's account lately.
pub async fn audit_of(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, limit: i64) -> Result<Vec<Audit>> {
    const SQL: &str = "select * from audit where workspace_id = $1 and member_id = $2 order by id desc limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(limit).fetch_all(db))
}

/// How many codes the workspace's people typed rightly since `from`.
pub async fn proved(conn: &mut Conn, workspace: &WorkspaceId, from: &AuditId) -> Result<i64> {
    const SQL: &str = "select count(*) from audit where workspace_id = $1 and id >= $2 and action = 'recovery_proved'";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(from).fetch_one(db))?;
    Ok(row.0)
}

/// Forgets the workspace's sign-ins before `before`.
pub async fn forget_sign_ins(conn: &mut Conn, workspace: &WorkspaceId, before: &SignInId) -> Result<u64> {
    const SQL: &str = "delete from sign_ins where workspace_id = $1 and id < $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(before))
}

/// Forgets the tries before `before` that belong to no workspace.
pub async fn forget_strangers(conn: &mut Conn, before: &SignInId) -> Result<u64> {
    execute!(conn, sqlx::query("delete from sign_ins where workspace_id is null and id < $1").bind(before))
}
