//! The members as the administrators' desk looks through them: in the order of their IDs, by words, by an address. A page after a
//! key, never by counting, so that the thousandth page costs what the first one does.

use std::fmt::Write as _;

use sqlx::AssertSqlSafe;

use super::change::{Change, apply, of_rows};
use super::db::{Conn, execute, on, places};
use super::error::Result;
use super::members::Member;
use crate::model::{
    AddressIndex, ContactKind, MemberState, Readiness,
    id::{MemberId, WorkspaceId},
    search,
};

/// Which members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// All but those who were deleted.
    Present,
    /// In this state.
    State(MemberState),
    /// Held by "that was not me".
    Held,
    /// Of a rank above members.
    Above,
    /// Deleted, and can still be brought back.
    Deleted,
    /// Active, and not signed in since before this day (since 1970, UTC); those longest away first.
    AwaySince(i64),
    /// Who could get back in alone, or could not for this reason, as the job that goes round saw it last.
    Readiness(Readiness),
}

impl Only {
    /// The condition; what it compares with stands at this place.
    fn condition(self, place: usize) -> String {
        match self {
            Self::Present => "m.state <> 'deleted'".to_owned(),
            Self::State(_) => format!("m.state = ${place}"),
            Self::Held => "m.held_at is not null and m.state <> 'deleted'".to_owned(),
            Self::Deleted => "m.deleted_from is not null".to_owned(),
            Self::Above => "m.role <> 'member' and m.state <> 'deleted'".to_owned(),
            Self::Readiness(_) => format!("m.readiness = ${place} and m.state <> 'deleted'"),
            Self::AwaySince(_) => format!("m.signed_in_day < ${place} and m.state = 'active'"),
        }
    }
}

/// Binds what the condition needs.
macro_rules! bind_only {
    ($query:expr, $only:expr) => {
        match $only {
            Only::State(state) => $query.bind(state.as_str()),
            Only::AwaySince(day) => $query.bind(day),
            Only::Readiness(readiness) => $query.bind(readiness.as_str()),
            Only::Present | Only::Held | Only::Above | Only::Deleted => $query,
        }
    };
}

/// The next members by login name.
pub async fn by_login(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    only: Only,
    after: &str,
    limit: i64,
) -> Result<Vec<Member>> {
    let sql = format!(
        "select m.* from members m where m.workspace_id = $1 and m.login > $2 and {} order by m.login limit $3",
        only.condition(4)
    );
    on!(conn, db => bind_only!(sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(after).bind(limit), only).fetch_all(db))
}

/// The next members of those who are away, longest first, after this day and login name.
pub async fn away(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    before: i64,
    after: (i64, &str),
    limit: i64,
) -> Result<Vec<Member>> {
    const SQL: &str = "select m.* from members m
        where m.workspace_id = $1 and (m.signed_in_day, m.login) > ($2, $3) and m.signed_in_day < $4 and m.state = 'active'
        order by m.signed_in_day, m.login limit $5";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(after.0).bind(after.1).bind(before).bind(limit).fetch_all(db))
}

/// A member and the word that it was found by.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Found {
    /// The member.
    #[sqlx(flatten)]
    pub member: Member,
    /// The first of its words that begins with the first one typed.
    pub word: String,
}

/// The next members who have, for each of the typed words, one that begins so; after this word and member.
pub async fn by_words(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    typed: &[String],
    only: Only,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<Found>> {
    let Some((first, others)) = typed.split_first() else { return Ok(Vec::new()) };
    let mut all_fit = String::new();
    for n in 0..others.len() {
        let (from, to) = (7 + n * 2, 8 + n * 2);
        // Writing to a text does not fail.
        let _ = write!(
            all_fit,
            " and (select min(v.word) from member_words v
                where v.member_id = w.member_id and v.word >= ${from} and v.word < ${to}) is not null"
        );
    }
    // A member is listed by the first of their words that fits, once. Asked as a value and not by `exists`: PostgreSQL makes a join of that, and
    // then goes through all whom a frequent word finds instead of the few of a page.
    let sql = format!(
        "select m.*, w.word from member_words w join members m on m.id = w.member_id and m.workspace_id = $1
        where w.workspace_id = $1 and w.word < $3 and (w.word, w.member_id) > ($4, $5)
            and w.word = (select min(v.word) from member_words v
                where v.member_id = w.member_id and v.word >= $2 and v.word < $3){all_fit} and {}
        order by w.word, w.member_id limit $6",
        only.condition(7 + others.len() * 2)
    );
    on!(conn, db => {
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace).bind(first).bind(search::end_of(first));
        // Begun at the typed word, and not by a condition of its own: PostgreSQL searches an index from one of two beginnings only, and not always
        // from the nearer.
        let mut query = query.bind(after.0.max(first)).bind(after.1).bind(limit);
        for word in others {
            query = query.bind(word).bind(search::end_of(word));
        }
        bind_only!(query, only).fetch_all(db)
    })
}

/// Those of these members who are in this workspace, by login name.
pub async fn by_ids(conn: &mut Conn, workspace: &WorkspaceId, ids: &[MemberId]) -> Result<Vec<Member>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql =
        format!("select * from members where workspace_id = $1 and id in ({}) order by login", places(2, ids.len()));
    on!(conn, db => {
        let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(workspace);
        for id in ids {
            query = query.bind(id);
        }
        query.fetch_all(db)
    })
}

/// Whose number or address this is, counted or not; 100 at most.
pub async fn by_address(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    kind: ContactKind,
    index: &AddressIndex,
) -> Result<Vec<Member>> {
    const SQL: &str = "select m.* from members m where m.workspace_id = $1 and m.state <> 'deleted' and m.id in
            (select c.member_id from contacts c
                where c.workspace_id = $1 and c.address_index in ($2, $3) and c.kind = $4 and c.state <> 'removed')
        order by m.login limit 100";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(index.written()).bind(index.other()).bind(kind).fetch_all(db))
}

/// Whether anybody's words are due.
pub async fn is_due(conn: &mut Conn) -> Result<bool> {
    const SQL: &str = "select id from members where words_due and id > '' order by id limit 1";
    let row: Option<(String,)> = on!(conn, db => sqlx::query_as(SQL).fetch_optional(db))?;
    Ok(row.is_some())
}

/// Takes up to so many members whose words are due, in this transaction. The condition on the id lets SQLite search the index of those alone.
pub async fn take_due(conn: &mut Conn, limit: i64) -> Result<Vec<Member>> {
    const SQL: &str = "update members set words_due = false
        where id in (select id from members where words_due and id > '' order by id limit $1) returning *";
    on!(conn, db => sqlx::query_as(SQL).bind(limit).fetch_all(db))
}

/// Puts the words of these members in the place of their former ones.
pub async fn put_words(conn: &mut Conn, members: &[Member]) -> Result<()> {
    for some in members.chunks(100) {
        let sql = format!("delete from member_words where member_id in ({})", places(1, some.len()));
        execute!(conn, {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for member in some {
                query = query.bind(&member.id);
            }
            query
        })?;
    }
    let rows: Vec<(&Member, String)> = members
        .iter()
        .flat_map(|m| search::words(&m.login, &m.name, &m.kana, &m.department).into_iter().map(move |word| (m, word)))
        .collect();
    apply(conn, words(&rows)).await
}

fn words<'a>(rows: &'a [(&'a Member, String)]) -> impl Iterator<Item = Change<'a>> {
    of_rows(
        rows,
        ["insert into member_words (workspace_id, word, member_id) values", ""],
        3,
        |change, (member, word)| change.text(member.workspace_id.as_str()).text(word).text(member.id.as_str()),
    )
}
