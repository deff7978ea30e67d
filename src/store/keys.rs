//! Which master key writes, which servers can read it, and how much still rests on each. It knows the ids of keys, never a key.

use sqlx::{AssertSqlSafe, FromRow};

use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{Timestamp, time::Span};

/// A key that writes or wrote.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0005_master_keys.sql")]
pub struct MasterKey {
    pub nth: i64,
    pub id: String,
    pub writes_from: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// All of them, the one that writes first.
pub async fn list(conn: &mut Conn) -> Result<Vec<MasterKey>> {
    on!(conn, db => sqlx::query_as("select * from master_keys order by nth desc").fetch_all(db))
}

/// The key `id` writes from now on, behind `after` (0 for the first). Answers false where another was faster.
pub async fn insert(conn: &mut Conn, id: &str, after: i64, now: Timestamp) -> Result<bool> {
    // The first one has nothing to compute anew.
    const SQL: &str = "insert into master_keys (nth, id, writes_from, done_at)
        select $1, $2, $3, case when $1 = 1 then $3 end where not exists (select 1 from master_keys where nth >= $1)
        on conflict do nothing";
    Ok(execute!(conn, sqlx::query(SQL).bind(after + 1).bind(id).bind(now))? == 1)
}

/// Everything that can be computed anew with it was.
pub async fn set_done(conn: &mut Conn, id: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "update master_keys set done_at = $2 where id = $1 and done_at is null";
    execute!(conn, sqlx::query(SQL).bind(id).bind(now))?;
    Ok(())
}

/// Texts that are looked up and were written before they named their key: they get the name `id`. Writes whole tables, once.
pub async fn name_older(conn: &mut Conn, id: &str) -> Result<u64> {
    conn.take_time().await?;
    let mut rows = 0;
    for (table, column) in [("contacts", "address_index"), ("recoveries", "address_index"), ("alarms", "word_hash")] {
        let sql = format!("update {table} set {column} = $1 || '.' || {column} where {column} not like '%.%'");
        rows += execute!(conn, sqlx::query(AssertSqlSafe(sql)).bind(id))?;
    }
    Ok(rows)
}

/// A server that runs, by its own word.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0005_master_keys.sql")]
pub struct Server {
    pub id: String,
    /// Ids between commas.
    pub keys: String,
    pub writes: String,
    pub other: Option<String>,
    pub seen_at: Timestamp,
}

impl Server {
    /// Whether it can read with this key.
    pub fn has(&self, id: &str) -> bool {
        self.keys.split(',').any(|own| own == id)
    }
}

/// The server runs, with these keys.
pub async fn set_seen(conn: &mut Conn, server: &Server) -> Result<()> {
    const SQL: &str = "insert into servers (id, keys, writes, other, seen_at) values ($1, $2, $3, $4, $5)
        on conflict (id) do update set keys = excluded.keys, writes = excluded.writes, other = excluded.other,
            seen_at = excluded.seen_at";
    let s = server;
    execute!(conn, sqlx::query(SQL).bind(&s.id).bind(&s.keys).bind(&s.writes).bind(&s.other).bind(s.seen_at))?;
    Ok(())
}

/// The server ends, or did not speak for a day.
pub async fn forget_server(conn: &mut Conn, id: &str, day_ago: Timestamp) -> Result<()> {
    execute!(conn, sqlx::query("delete from servers where id = $1 or seen_at < $2").bind(id).bind(day_ago))?;
    Ok(())
}

/// The servers that spoke within `within`.
pub async fn servers(conn: &mut Conn, within: Span, now: Timestamp) -> Result<Vec<Server>> {
    const SQL: &str = "select * from servers where seen_at > $1 order by id";
    on!(conn, db => sqlx::query_as(SQL).bind(now - within).fetch_all(db))
}

/// How many rows of each kind need a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Resting {
    pub workspaces: i64,
    pub contacts: i64,
    pub messages: i64,
    pub webhooks: i64,
    pub agent_keys: i64,
    pub managements: i64,
    pub passwords: i64,
    pub older_passwords: i64,
    pub devices: i64,
    pub sessions: i64,
    pub access_tokens: i64,
    pub links: i64,
    pub notices: i64,
    pub recoveries: i64,
    pub codes: i64,
}

impl Resting {
    /// What can be computed anew at any time.
    pub fn rows(&self) -> i64 {
        self.workspaces + self.contacts + self.messages + self.webhooks + self.agent_keys + self.managements
    }
    /// Each kind with its count, in words for the operator; those that can be computed anew first.
    pub fn each(&self) -> [(&'static str, i64); 15] {
        [
            ("workspaces", self.workspaces),
            ("contacts", self.contacts),
            ("waiting messages", self.messages),
            ("webhooks", self.webhooks),
            ("keys that devices are commanded by", self.agent_keys),
            ("services that manage devices", self.managements),
            ("passwords", self.passwords),
            ("older passwords kept for comparison", self.older_passwords),
            ("known devices", self.devices),
            ("sessions", self.sessions),
            ("access tokens", self.access_tokens),
            ("links for a first password", self.links),
            ("notices' rights to object", self.notices),
            ("open recoveries", self.recoveries),
            ("open codes", self.codes),
        ]
    }
    /// Whether nothing needs the key.
    pub fn is_nothing(&self) -> bool {
        self.each().iter().all(|(_, rows)| *rows == 0)
    }
}

/// Counts what needs the key `id`: rows that have ended are not asked for any more and need none. Reads whole tables.
pub async fn resting(conn: &mut Conn, id: &str, now: Timestamp) -> Result<Resting> {
    conn.take_time().await?;
    // Ids hold letters, digits and hyphens: nothing that `like` takes for a sign.
    let (token, pepper) = (format!("{id}.%"), format!("%,keyid={id},%"));
    let (wrapped, sealed) = (format!("w1.{id}.%"), format!("s1.{id}.%"));
    macro_rules! count {
        ($like:expr, $sql:literal) => {{
            let row: (i64,) = on!(conn, db => sqlx::query_as(concat!("select count(*) from ", $sql, " and cast($2 as bigint) > 0"))
                .bind($like).bind(now).fetch_one(db))?;
            row.0
        }};
    }
    Ok(Resting {
        workspaces: count!(&wrapped, "workspaces where data_key like $1"),
        contacts: count!(&token, "contacts where address_index like $1"),
        messages: count!(&sealed, "outbox where (destination like $1 or body like $1)"),
        webhooks: count!(&sealed, "alert_settings where webhook like $1"),
        agent_keys: count!(&sealed, "agent_keys where seed like $1"),
        managements: count!(&sealed, "managements where access like $1"),
        passwords: count!(&pepper, "passwords where hash like $1"),
        older_passwords: count!(&pepper, "password_history where hash like $1"),
        devices: count!(
            &token,
            "devices where token_hash like $1 and id in (select device_id from device_members where trusted)"
        ),
        sessions: count!(&token, "sessions where token_hash like $1 and ended_at is null and ends_at > $2"),
        access_tokens: count!(
            &token,
            "access_tokens where token_hash like $1 and ended_at is null and expires_at > $2"
        ),
        // A request's page lives for 90 days, as long as the request.
        links: count!(&token, "links where token_hash like $1 and used_at is null and expires_at > $2")
            + count!(&token, "locked_out where token_hash like $1 and created_at > $2 - 7776000000000"),
        notices: count!(&token, "alarms where (token_hash like $1 or word_hash like $1) and expires_at > $2"),
        recoveries: count!(
            &token,
            "recoveries where (handle_hash like $1 or address_index like $1) and state <> 'finished' and expires_at > $2"
        ),
        codes: count!(&token, "codes where hash like $1 and spent_at is null and expires_at > $2")
            + count!(&token, "agent_codes where code_index like $1 and used_at is null and expires_at > $2"),
    })
}

/// A workspace and its wrapped data key.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Wrapped {
    pub id: String,
    pub data_key: String,
}

/// What a row of this workspace that is written now must be written with: its data key as it is wrapped, and the master key that writes.
/// None without the workspace.
pub async fn writing(conn: &mut Conn, workspace: &str) -> Result<Option<(String, String)>> {
    const SQL: &str = "select w.data_key, m.id from workspaces w join master_keys m
        on m.nth = (select max(nth) from master_keys) where w.id = $1";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).fetch_optional(db))
}

/// The workspaces behind `after` by id, at most `limit`.
pub async fn wrapped(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Wrapped>> {
    const SQL: &str = "select id, data_key from workspaces where id > $1 order by id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(db))
}

/// The data key, wrapped anew. Answers false where it was changed meanwhile.
pub async fn set_wrapped(conn: &mut Conn, old: &Wrapped, new: &str) -> Result<bool> {
    const SQL: &str = "update workspaces set data_key = $3 where id = $1 and data_key = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(&old.id).bind(&old.data_key).bind(new))? == 1)
}

/// How many contacts of the workspace are sealed with another data key than this one. Reads all of them.
pub async fn sealed_otherwise(conn: &mut Conn, workspace: &str, data_key: &str) -> Result<i64> {
    conn.take_time().await?;
    const SQL: &str = "select count(*) from contacts where workspace_id = $1 and address not like 's1.' || $2 || '.%'";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(data_key).fetch_one(db))?;
    Ok(row.0)
}

/// A contact as it is to be sealed anew.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Sealed {
    pub id: String,
    pub workspace_id: String,
    pub data_key: String,
    pub member_id: String,
    pub kind: crate::model::ContactKind,
    pub address: String,
    pub address_index: String,
}

/// The contacts behind `after` by id, removed ones included, at most `limit`.
pub async fn contacts(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Sealed>> {
    const SQL: &str = "select c.id, c.workspace_id, w.data_key, c.member_id, c.kind, c.address, c.address_index
        from contacts c join workspaces w on w.id = c.workspace_id where c.id > $1 order by c.id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(db))
}

/// The contact, sealed and indexed anew. Answers false where it was changed meanwhile, or where the member has the same address a
/// second time under the new index.
pub async fn set_sealed(conn: &mut Conn, old: &Sealed, address: &str, index: &str) -> Result<bool> {
    const SQL: &str = "update contacts set address = $4, address_index = $5
        where id = $1 and address = $2 and address_index = $3
            and (state = 'removed' or not exists (select 1 from contacts o where o.member_id = contacts.member_id
                and o.kind = contacts.kind and o.address_index = $5 and o.state <> 'removed' and o.id <> contacts.id))";
    let rows = execute!(
        conn,
        sqlx::query(SQL).bind(&old.id).bind(&old.address).bind(&old.address_index).bind(address).bind(index)
    )?;
    Ok(rows == 1)
}

/// Of two contacts of one member with the same address, written at the same moment under two keys, the one that counts less goes:
/// the one that was never proved, or else the younger.
pub async fn drop_twin(conn: &mut Conn, one: &Sealed, index: &str, now: Timestamp) -> Result<u64> {
    const SQL: &str = "update contacts set state = 'removed', removed_at = $5
        where id = (select t.id from contacts t where t.member_id = $1 and t.kind = $2 and t.address_index in ($3, $4)
                and t.state <> 'removed'
            order by case when t.state = 'unverified' then 0 else 1 end, t.id desc limit 1)
        and (select count(*) from contacts t where t.member_id = $1 and t.kind = $2 and t.address_index in ($3, $4)
                and t.state <> 'removed') > 1";
    execute!(conn, sqlx::query(SQL).bind(&one.member_id).bind(one.kind).bind(&one.address_index).bind(index).bind(now))
}

/// An open attempt that does not know its address under the key to come, with the contact that its codes go to.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Attempt {
    pub recovery: String,
    #[sqlx(flatten)]
    pub contact: Sealed,
}

/// Open attempts that know their address under neither text of the key `id`, at most `limit`. Those whose codes go nowhere find nobody
/// under any key.
pub async fn attempts_without(conn: &mut Conn, id: &str, limit: i64, now: Timestamp) -> Result<Vec<Attempt>> {
    const SQL: &str =
        "select r.id as recovery, c.id, c.workspace_id, w.data_key, c.member_id, c.kind, c.address, c.address_index
        from recoveries r join contacts c on c.id = r.contact_id join workspaces w on w.id = c.workspace_id
        where r.state in ('sent', 'proved') and r.expires_at > $2 and r.address_index not like $1 || '.%'
            and (r.other_index is null or r.other_index not like $1 || '.%') limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(id).bind(now).bind(limit).fetch_all(db))
}

/// The attempt looks under this index, too.
pub async fn set_other_index(conn: &mut Conn, recovery: &str, index: &str) -> Result<()> {
    execute!(conn, sqlx::query("update recoveries set other_index = $2 where id = $1").bind(recovery).bind(index))?;
    Ok(())
}

/// A message as it is to be sealed anew.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Letter {
    pub id: String,
    pub destination: Option<String>,
    pub body: Option<String>,
}

/// The waiting messages behind `after` by id, at most `limit`.
pub async fn letters(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<Letter>> {
    const SQL: &str =
        "select id, destination, body from outbox where state = 'waiting' and id > $1 order by id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(db))
}

/// The message, sealed anew, if it still waits.
pub async fn set_letter(conn: &mut Conn, old: &Letter, destination: Option<&str>, body: Option<&str>) -> Result<bool> {
    const SQL: &str = "update outbox set destination = $2, body = $3 where id = $1 and state = 'waiting'";
    Ok(execute!(conn, sqlx::query(SQL).bind(&old.id).bind(destination).bind(body))? == 1)
}
