//! The chain of the audit log: which rows wait for their place, the ends of the chains, and their signed heads.
//!
//! A chain is named by its workspace's id, that of rows without a workspace by the empty text.

use sqlx::FromRow;

use super::change::{Change, of_rows};
use super::db::{Conn, execute, on};
use super::error::Result;
use super::logs::Audit;
use crate::model::{Timestamp, id::AuditId};

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves; see migrations/0009_audit_chain.sql")]
pub struct Tip {
    pub workspace_id: String,
    pub nth: i64,
    pub link: String,
}

/// Where a row stands in its chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Place {
    pub nth: i64,
    pub by_leaf: String,
    pub about_leaf: String,
    pub link: String,
}

/// A row in its chain, with the names that it goes by today.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Chained {
    #[sqlx(flatten)]
    pub line: Audit,
    #[sqlx(flatten)]
    pub place: Place,
    pub slug: Option<String>,
    pub login: Option<String>,
}

/// A signed head.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Head {
    pub workspace_id: String,
    pub day: Timestamp,
    pub nth: i64,
    pub link: String,
    pub signed_at: Timestamp,
    pub key_id: String,
    pub signature: String,
}

/// A public key that another one vouches for.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct VouchedKey {
    pub key_id: String,
    pub by_key_id: String,
    pub public: String,
    pub signature: String,
}

/// The first chain from this name on for which a row waits.
pub async fn waiting(conn: &mut Conn, from: &str) -> Result<Option<String>> {
    const SQL: &str =
        "select coalesce(workspace_id, '') from audit where nth is null and coalesce(workspace_id, '') >= $1
        order by coalesce(workspace_id, '') limit 1";
    let row: Option<(String,)> = on!(conn, db => sqlx::query_as(SQL).bind(from).fetch_optional(db))?;
    Ok(row.map(|row| row.0))
}

/// Holds the end of a chain until the transaction ends, and answers it: nobody else appends meanwhile.
pub async fn take_tip(conn: &mut Conn, chain: &str) -> Result<Tip> {
    const NEW: &str =
        "insert into audit_tips (workspace_id, nth, link) values ($1, 0, '') on conflict (workspace_id) do nothing";
    const TAKE: &str = "update audit_tips set nth = nth where workspace_id = $1 returning workspace_id, nth, link";
    execute!(conn, sqlx::query(NEW).bind(chain))?;
    on!(conn, db => sqlx::query_as(TAKE).bind(chain).fetch_one(db))
}

/// The oldest rows that wait for their place in this chain.
pub async fn unchained(conn: &mut Conn, chain: &str, limit: i64) -> Result<Vec<Audit>> {
    const SQL: &str = "select * from audit where nth is null and coalesce(workspace_id, '') = $1
        order by id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(chain).bind(limit).fetch_all(db))
}

/// Gives rows their places.
pub fn set_places(places: &[(AuditId, Place)]) -> impl Iterator<Item = Change<'_>> {
    const HEAD: &str = "update audit set nth = v.column2, by_leaf = v.column3, about_leaf = v.column4, link = v.column5
        from (values";
    const TAIL: &str = ") v where audit.id = v.column1";
    of_rows(places, [HEAD, TAIL], 5, |change, (id, place)| {
        change.text(id.as_str()).whole(place.nth).text(&place.by_leaf).text(&place.about_leaf).text(&place.link)
    })
}

/// The chain ends here now.
pub fn set_tip(tip: &Tip) -> Change<'_> {
    const SQL: &str = "update audit_tips set nth = $2, link = $3 where workspace_id = $1";
    Change::new(SQL).text(&tip.workspace_id).whole(tip.nth).text(&tip.link)
}

/// The end of a chain.
pub async fn tip(conn: &mut Conn, chain: &str) -> Result<Option<Tip>> {
    on!(conn, db => sqlx::query_as("select * from audit_tips where workspace_id = $1").bind(chain).fetch_optional(db))
}

/// How many rows wait for their place in this chain.
pub async fn count_waiting(conn: &mut Conn, chain: &str) -> Result<i64> {
    const SQL: &str = "select count(*) from audit where nth is null and coalesce(workspace_id, '') = $1";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(chain).fetch_one(db))?;
    Ok(row.0)
}

/// The names of all chains that have a row, one that waits, an end or a head, also where somebody took the end away.
pub async fn names(conn: &mut Conn) -> Result<Vec<String>> {
    const ROW: &str =
        "select coalesce(workspace_id, '') from audit where nth is not null and coalesce(workspace_id, '') >= $1
        order by coalesce(workspace_id, ''), nth limit 1";
    const WAITING: &str =
        "select coalesce(workspace_id, '') from audit where nth is null and coalesce(workspace_id, '') >= $1
        order by coalesce(workspace_id, '') limit 1";
    const TIP: &str = "select workspace_id from audit_tips where workspace_id >= $1 order by workspace_id limit 1";
    const HEAD: &str = "select workspace_id from audit_heads where workspace_id >= $1 order by workspace_id limit 1";
    let mut names = std::collections::BTreeSet::new();
    for sql in [ROW, WAITING, TIP, HEAD] {
        let mut from = String::new();
        // From one to the next, as each has many rows.
        loop {
            let row: Option<(String,)> = on!(conn, db => sqlx::query_as(sql).bind(&from).fetch_optional(db))?;
            let Some((name,)) = row else { break };
            from = format!("{name} ");
            names.insert(name);
        }
    }
    Ok(names.into_iter().collect())
}

/// The next rows of a chain behind the place `after`.
pub async fn page(conn: &mut Conn, chain: &str, after: i64, limit: i64) -> Result<Vec<Chained>> {
    const SQL: &str = "select a.*, w.slug, m.login from audit a
        left join workspaces w on w.id = a.workspace_id left join members m on m.id = a.member_id
        where a.nth > $2 and coalesce(a.workspace_id, '') = $1 order by a.nth limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(chain).bind(after).bind(limit).fetch_all(db))
}

/// The first place of a chain that a row stands at.
pub async fn first(conn: &mut Conn, chain: &str) -> Result<Option<i64>> {
    const SQL: &str = "select min(nth) from audit where coalesce(workspace_id, '') = $1 and nth is not null";
    let row: (Option<i64>,) = on!(conn, db => sqlx::query_as(SQL).bind(chain).fetch_one(db))?;
    Ok(row.0)
}

/// Chains that grew since their newest head and have none from this day.
pub async fn without_head(conn: &mut Conn, day: Timestamp) -> Result<Vec<Tip>> {
    const SQL: &str = "select t.* from audit_tips t where t.nth > coalesce(
            (select max(h.nth) from audit_heads h where h.workspace_id = t.workspace_id), 0)
        and not exists (select 1 from audit_heads h where h.workspace_id = t.workspace_id and h.day = $1)";
    on!(conn, db => sqlx::query_as(SQL).bind(day).fetch_all(db))
}

/// A new head. Answers false, and does nothing, where the chain has one from this day.
pub async fn insert_head(conn: &mut Conn, head: &Head) -> Result<bool> {
    const SQL: &str = "insert into audit_heads (workspace_id, day, nth, link, signed_at, key_id, signature)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace_id, day) do nothing";
    let h = head;
    let rows = execute!(
        conn,
        sqlx::query(SQL)
            .bind(&h.workspace_id)
            .bind(h.day)
            .bind(h.nth)
            .bind(&h.link)
            .bind(h.signed_at)
            .bind(&h.key_id)
            .bind(&h.signature)
    )?;
    Ok(rows == 1)
}

/// A chain's heads in order, from this place on.
pub async fn heads(conn: &mut Conn, chain: &str, from: i64) -> Result<Vec<Head>> {
    const SQL: &str = "select * from audit_heads where workspace_id = $1 and nth >= $2 order by nth, day";
    on!(conn, db => sqlx::query_as(SQL).bind(chain).bind(from).fetch_all(db))
}

/// The newest head that was signed before then.
pub async fn head_before(conn: &mut Conn, chain: &str, before: Timestamp) -> Result<Option<Head>> {
    const SQL: &str = "select * from audit_heads where workspace_id = $1 and signed_at < $2 order by day desc limit 1";
    on!(conn, db => sqlx::query_as(SQL).bind(chain).bind(before).fetch_optional(db))
}

/// Forgets a chain's rows before the place `before`.
pub async fn forget(conn: &mut Conn, chain: &str, before: i64) -> Result<u64> {
    const SQL: &str = "delete from audit where coalesce(workspace_id, '') = $1 and nth < $2";
    execute!(conn, sqlx::query(SQL).bind(chain).bind(before))
}

/// Forgets a chain's heads before the place `before`.
pub async fn forget_heads(conn: &mut Conn, chain: &str, before: i64) -> Result<u64> {
    const SQL: &str = "delete from audit_heads where workspace_id = $1 and nth < $2";
    execute!(conn, sqlx::query(SQL).bind(chain).bind(before))
}

/// All public keys with who vouches for them.
pub async fn keys(conn: &mut Conn) -> Result<Vec<VouchedKey>> {
    on!(conn, db => sqlx::query_as("select * from audit_keys order by key_id, by_key_id").fetch_all(db))
}

/// A key vouches for another; nothing where it did before.
pub fn insert_key(key: &VouchedKey) -> Change<'_> {
    const SQL: &str = "insert into audit_keys (key_id, by_key_id, public, signature) values ($1, $2, $3, $4)
        on conflict (key_id, by_key_id) do nothing";
    Change::new(SQL).text(&key.key_id).text(&key.by_key_id).text(&key.public).text(&key.signature)
}

/// Rows in their places that a member did, or that are about them, behind the id `after`.
pub async fn of_person(conn: &mut Conn, workspace: &str, member: &str, limit: i64) -> Result<Vec<Chained>> {
    const SQL: &str = "select a.*, null as slug, null as login from audit a
        where a.workspace_id = $1 and a.nth is not null and a.id in (
            select b.id from audit b where b.member_id = $2 union all select d.id from audit d where d.actor = $2)
        order by a.id limit $3";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(limit).fetch_all(db))
}

/// Erases who did it and from where; the hash stays in their stead.
pub fn erase_by<'a>(id: &'a AuditId, leaf: &'a str) -> Change<'a> {
    const SQL: &str =
        "update audit set actor = 'erased', network = null, by_leaf = $2 where id = $1 and nth is not null";
    Change::new(SQL).text(id.as_str()).text(leaf)
}

/// Erases whom and what it was about; the hash stays in their stead.
pub fn erase_about<'a>(id: &'a AuditId, leaf: &'a str) -> Change<'a> {
    const SQL: &str =
        "update audit set member_id = null, subject = null, reference = null, details = null, about_leaf = $2
        where id = $1 and nth is not null";
    Change::new(SQL).text(id.as_str()).text(leaf)
}

/// Rows with sealed details behind `after` by id, with their workspace's data key, at most `limit`.
pub async fn sealed(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<SealedDetails>> {
    const SQL: &str = "select a.id, a.workspace_id, a.details, w.data_key from audit a
        join workspaces w on w.id = a.workspace_id where a.details is not null and a.id > $1 order by a.id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(db))
}

/// Sealed details of a row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct SealedDetails {
    pub id: String,
    pub workspace_id: String,
    pub details: String,
    pub data_key: String,
}

/// The details, sealed anew. Answers false where they were changed meanwhile.
pub async fn set_sealed(conn: &mut Conn, old: &SealedDetails, details: &str) -> Result<bool> {
    const SQL: &str = "update audit set details = $3 where id = $1 and details = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(&old.id).bind(&old.details).bind(details))? == 1)
}

/// How many details of the workspace are sealed with another data key than this one. Reads all of them.
pub async fn sealed_otherwise(conn: &mut Conn, workspace: &str, data_key: &str) -> Result<i64> {
    conn.take_time().await?;
    const SQL: &str = "select count(*) from audit where workspace_id = $1 and details is not null
        and details not like 's1.' || $2 || '.%'";
    let row: (i64,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(data_key).fetch_one(db))?;
    Ok(row.0)
}
