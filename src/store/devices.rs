//! Browsers and clients that signed in before, and whom they are known to.

use sqlx::FromRow;

use super::change::Change;
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    AddressIndex, Timestamp,
    id::{DeviceId, IncidentId, MemberId, WorkspaceId},
};

/// A device's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0001_front_door.sql")]
pub struct Device {
    pub id: DeviceId,
    pub token_prefix: String,
    pub token_hash: String,
    pub agent: String,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
}

/// The device with this token prefix; the caller compares the hash.
pub async fn by_token(conn: &mut Conn, prefix: &str) -> Result<Option<Device>> {
    on!(conn, db => sqlx::query_as("select * from devices where token_prefix = $1").bind(prefix).fetch_optional(db))
}

/// A device on its first sign-in.
pub fn insert(device: &Device) -> Change<'_> {
    const SQL: &str = "insert into devices (id, token_prefix, token_hash, agent, created_at, seen_at) values ($1, $2, $3, $4, $5, $5)";
    let d = device;
    Change::new(SQL).text(d.id.as_str()).text(&d.token_prefix).text(&d.token_hash).text(&d.agent).time(d.created_at)
}

/// Its token was shown, and is hashed anew with the key that writes now.
pub fn set_hash<'a>(device: &'a DeviceId, old: &'a str, new: String) -> Change<'a> {
    Change::new("update devices set token_hash = $3 where id = $1 and token_hash = $2")
        .text(device.as_str())
        .text(old)
        .text(new)
}

/// The member signed in on it: known from now on, its network too.
pub fn set_known<'a>(
    device: &'a DeviceId,
    workspace: &'a WorkspaceId,
    member: &'a MemberId,
    (network, agent): (&'a str, &'a str),
    now: Timestamp,
) -> [Change<'a>; 2] {
    const DEVICE: &str = "insert into device_members (device_id, member_id, workspace_id, trusted, network, first_at, last_at, agent)
        values ($1, $2, $3, true, $4, $5, $5, $6)
        on conflict (member_id, device_id) do update
            set trusted = true, left_at = null, network = excluded.network, agent = excluded.agent, last_at = excluded.last_at";
    const NETWORK: &str =
        "insert into member_networks (member_id, workspace_id, network, first_at, last_at) values ($1, $2, $3, $4, $4)
        on conflict (member_id, network) do update set last_at = excluded.last_at";
    let (workspace, member) = (workspace.as_str(), member.as_str());
    [
        Change::new(DEVICE).text(device.as_str()).text(member).text(workspace).text(network).time(now).text(agent),
        Change::new(NETWORK).text(member).text(workspace).text(network).time(now),
    ]
}

/// A device as one member knows it.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0029_devices.sql")]
pub struct OfMember {
    pub device_id: DeviceId,
    pub name: Option<String>,
    /// The browser of the newest sign-in.
    pub agent: String,
    /// The network of the newest sign-in.
    pub network: String,
    pub trusted: bool,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub left_at: Option<Timestamp>,
    pub lost_in: Option<IncidentId>,
}

/// The devices that the member signed in on, newest sign-in first.
pub async fn of_member(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<OfMember>> {
    const SQL: &str = "select dm.device_id, dm.name, coalesce(dm.agent, d.agent) as agent, dm.network, dm.trusted, dm.first_at, dm.last_at, dm.left_at, dm.lost_in
        from device_members dm join devices d on d.id = dm.device_id
        where dm.member_id = $1 and dm.workspace_id = $2 order by dm.last_at desc, dm.device_id limit 100";
    on!(conn, db => sqlx::query_as(SQL).bind(member).bind(workspace).fetch_all(db))
}

/// What the member calls it; none takes the name away. Answers whether it is theirs.
pub async fn set_name(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    device: &DeviceId,
    name: Option<&str>,
) -> Result<bool> {
    const SQL: &str =
        "update device_members set name = $4 where member_id = $1 and workspace_id = $2 and device_id = $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(member).bind(workspace).bind(device).bind(name))? == 1)
}

/// It is signed out from elsewhere: not known any more, and its next sign-in is that of a new one. Answers whether it is theirs.
pub async fn leave(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    device: &DeviceId,
    now: Timestamp,
) -> Result<bool> {
    const SQL: &str = "update device_members set trusted = false, left_at = $4
        where member_id = $1 and workspace_id = $2 and device_id = $3";
    Ok(execute!(conn, sqlx::query(SQL).bind(member).bind(workspace).bind(device).bind(now))? == 1)
}

/// All but `keep` are left.
pub async fn leave_others(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    keep: Option<&DeviceId>,
    now: Timestamp,
) -> Result<u64> {
    const SQL: &str = "update device_members set trusted = false, left_at = $4
        where member_id = $1 and workspace_id = $2 and left_at is null and ($3 is null or device_id <> $3)";
    execute!(conn, sqlx::query(SQL).bind(member).bind(workspace).bind(keep).bind(now))
}

/// After a recovery or a hold: no device but `keep` is known to the member any more, and no network.
pub async fn forget_member(conn: &mut Conn, member: &MemberId, keep: Option<&DeviceId>) -> Result<u64> {
    const SQL: &str = "update device_members set trusted = false where member_id = $1 and trusted and ($2 is null or device_id <> $2)";
    let devices = execute!(conn, sqlx::query(SQL).bind(member).bind(keep))?;
    execute!(conn, sqlx::query("delete from member_networks where member_id = $1").bind(member))?;
    Ok(devices)
}

/// Whether the device, or else the network, is known to any member who has this verified address.
pub async fn known_for_address(
    conn: &mut Conn,
    kind: crate::model::ContactKind,
    index: &AddressIndex,
    device: Option<&DeviceId>,
    network: &str,
) -> Result<Known> {
    const SQL: &str = "select
            exists (select 1 from contacts c join device_members dm on dm.member_id = c.member_id and dm.trusted
                where c.kind = $1 and c.address_index in ($2, $5) and c.state = 'verified' and dm.device_id = $3) as device,
            exists (select 1 from contacts c join member_networks n on n.member_id = c.member_id
                where c.kind = $1 and c.address_index in ($2, $5) and c.state = 'verified' and n.network = $4) as network";
    on!(conn, db => sqlx::query_as(SQL)
        .bind(kind).bind(index.written()).bind(device).bind(network).bind(index.other()).fetch_one(db))
}

/// What is known of the one who asks.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct Known {
    /// The device signed in as such a member before.
    pub device: bool,
    /// Such a member signed in from this network before.
    pub network: bool,
}
