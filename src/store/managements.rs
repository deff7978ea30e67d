//! Services that manage a workspace's devices, and the members' devices as these know them.

use sqlx::FromRow;

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Timestamp, WipeWay,
    id::{ManagedDeviceId, MemberId, WorkspaceId},
};

/// How a workspace reaches a service.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0034_management.sql")]
pub struct Management {
    pub workspace_id: WorkspaceId,
    pub way: WipeWay,
    pub access: String,
    pub set_by: MemberId,
    pub set_at: Timestamp,
}

/// A member's device as a service knows it.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0034_management.sql")]
pub struct ManagedDevice {
    pub id: ManagedDeviceId,
    pub workspace_id: WorkspaceId,
    pub member_id: MemberId,
    pub way: WipeWay,
    pub device: String,
    pub name: String,
    pub told: Option<String>,
    pub added_by: MemberId,
    pub added_at: Timestamp,
}

/// How the workspace reaches this one.
pub async fn of(conn: &mut Conn, workspace: &WorkspaceId, way: WipeWay) -> Result<Option<Management>> {
    const SQL: &str = "select * from managements where workspace_id = $1 and way = $2";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(way).fetch_optional(db))
}

/// All that the workspace reaches.
pub async fn of_workspace(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<Management>> {
    const SQL: &str = "select * from managements where workspace_id = $1 order by way";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_all(db))
}

/// Those of all workspaces.
pub async fn list(conn: &mut Conn) -> Result<Vec<Management>> {
    on!(conn, db => sqlx::query_as("select * from managements order by workspace_id, way").fetch_all(db))
}

/// From now on it is reached so.
pub async fn set(conn: &mut Conn, management: &Management) -> Result<()> {
    const SQL: &str = "insert into managements (workspace_id, way, access, set_by, set_at) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id, way) do update set access = excluded.access, set_by = excluded.set_by, set_at = excluded.set_at";
    let m = management;
    execute!(conn, sqlx::query(SQL).bind(&m.workspace_id).bind(m.way).bind(&m.access).bind(&m.set_by).bind(m.set_at))
        .map(drop)
}

/// It is not reached any more.
pub async fn remove(conn: &mut Conn, workspace: &WorkspaceId, way: WipeWay) -> Result<()> {
    const SQL: &str = "delete from managements where workspace_id = $1 and way = $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(way)).map(drop)
}

/// The same, sealed anew. Answers false where it was changed meanwhile.
pub async fn reseal(conn: &mut Conn, old: &Management, access: &str) -> Result<bool> {
    const SQL: &str = "update managements set access = $4 where workspace_id = $1 and way = $2 and access = $3";
    let rows = execute!(conn, sqlx::query(SQL).bind(&old.workspace_id).bind(old.way).bind(&old.access).bind(access))?;
    Ok(rows == 1)
}

/// A device of a member's. Answers false where it is somebody's already.
pub async fn insert_device(conn: &mut Conn, device: &ManagedDevice) -> Result<bool> {
    const SQL: &str =
        "insert into managed_devices (id, workspace_id, member_id, way, device, name, told, added_by, added_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (workspace_id, way, device) do nothing";
    let d = device;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&d.id)
            .bind(&d.workspace_id)
            .bind(&d.member_id)
            .bind(d.way)
            .bind(&d.device)
            .bind(&d.name)
            .bind(&d.told)
            .bind(&d.added_by)
            .bind(d.added_at)
    )?;
    Ok(rows == 1)
}

/// One of the member's.
pub async fn device(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    id: &str,
) -> Result<Option<ManagedDevice>> {
    const SQL: &str = "select * from managed_devices where id = $3 and member_id = $2 and workspace_id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(id).fetch_optional(db))
}

/// The member's, newest first.
pub async fn of_member(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<ManagedDevice>> {
    const SQL: &str =
        "select * from managed_devices where member_id = $2 and workspace_id = $1 order by id desc limit 100";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_all(db))
}

/// It is the member's no more.
pub async fn remove_device(conn: &mut Conn, device: &ManagedDevice) -> Result<bool> {
    const SQL: &str = "delete from managed_devices where id = $2 and workspace_id = $1";
    Ok(execute!(conn, sqlx::query(SQL).bind(&device.workspace_id).bind(&device.id))? == 1)
}
