//! What the job that goes round all members reads and writes: some members at a time with what readiness hangs on, in the order of their ids
//! and whosever they are; the figures of each day; and whose turn it is.

use sqlx::FromRow;

use super::change::{Change, apply, of_rows};
use super::db::{Conn, execute, on};
use super::error::Result;
use crate::model::{
    Cause, ContactState, MemberState, Readiness, Timestamp,
    id::{ContactId, MemberId, WorkspaceId},
    minutes,
    readiness::bounces,
};

/// The row of the whole server.
const ALL: &str = "";

/// A member as readiness sees them.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Seen {
    pub id: MemberId,
    pub workspace_id: WorkspaceId,
    pub state: MemberState,
    pub held_at: Option<Timestamp>,
    pub readiness: Readiness,
}

/// A contact of one of them.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct SeenContact {
    pub id: ContactId,
    pub member_id: MemberId,
    pub state: ContactState,
    pub recovers_from: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
    /// Why its newest message of which anything is known did not arrive; nothing where it did.
    pub newest: Option<String>,
    /// The same of the one before it.
    pub before: Option<String>,
}

impl SeenContact {
    /// Whether its messages come back.
    pub fn bounces(&self) -> bool {
        let cause = |word: &Option<String>| word.as_deref().and_then(Cause::parse);
        bounces(cause(&self.newest), cause(&self.before))
    }
}

/// Why the newest message, or so many before it, did not arrive at a contact that counts: once its code was typed, nothing before matters. What a carrier was to blame for is
/// no word about the contact, and what was handed over and never told of is none either.
macro_rules! known {
    ($before:literal) => {
        concat!(
            "(select case when o.state <> 'delivered' and o.entered_at is null then o.cause end from outbox o
                where c.state = 'verified' and o.contact_id = c.id and o.created_at > coalesce(c.confirmed_at, 0)
                    and (o.state in ('delivered', 'undeliverable', 'failed') or o.entered_at is not null)
                    and (o.state = 'delivered' or o.entered_at is not null
                        or o.cause in ('unknown_destination', 'unreachable', 'full', 'blocked', 'not_mobile'))
                order by o.id desc limit 1 offset ",
            $before,
            ")"
        )
    };
}

/// The next members behind this one.
pub async fn members(conn: &mut Conn, after: &MemberId, limit: i64) -> Result<Vec<Seen>> {
    const SQL: &str =
        "select id, workspace_id, state, held_at, readiness from members where id > $1 order by id limit $2";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(db))
}

/// The contacts of all members between these two, the first left out, in the members' order.
pub async fn contacts(conn: &mut Conn, after: &MemberId, last: &MemberId) -> Result<Vec<SeenContact>> {
    const SQL: &str = concat!(
        "select c.id, c.member_id, c.state, c.recovers_from, c.confirmed_at, ",
        known!(0),
        " as newest, ",
        known!(1),
        " as before from contacts c
        where c.member_id > $1 and c.member_id <= $2 and c.state <> 'removed' order by c.member_id"
    );
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(last).fetch_all(db))
}

/// One member's contacts.
pub async fn contacts_of(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId) -> Result<Vec<SeenContact>> {
    const SQL: &str = concat!(
        "select c.id, c.member_id, c.state, c.recovers_from, c.confirmed_at, ",
        known!(0),
        " as newest, ",
        known!(1),
        " as before from contacts c where c.workspace_id = $1 and c.member_id = $2 and c.state <> 'removed'"
    );
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).fetch_all(db))
}

/// Those between these two who have a link or an invitation that can be used.
pub async fn with_links(
    conn: &mut Conn,
    after: &MemberId,
    last: &MemberId,
    now: Timestamp,
) -> Result<Vec<(MemberId,)>> {
    const SQL: &str = "select member_id from links
        where member_id > $1 and member_id <= $2 and used_at is null and expires_at > $3
        union all select member_id from invitations
            where member_id > $1 and member_id <= $2 and used_at is null and ended_at is null and expires_at > $3";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(last).bind(now).fetch_all(db))
}

/// Those between these two who have done a drill.
pub async fn with_drills(conn: &mut Conn, after: &MemberId, last: &MemberId) -> Result<Vec<(MemberId,)>> {
    const SQL: &str = "select member_id from drills where member_id > $1 and member_id <= $2 and done_at is not null";
    on!(conn, db => sqlx::query_as(SQL).bind(after).bind(last).fetch_all(db))
}

/// Whether this member has a link that can be used.
pub async fn has_link(conn: &mut Conn, workspace: &WorkspaceId, member: &MemberId, now: Timestamp) -> Result<bool> {
    const SQL: &str = "select exists (select 1 from links
        where workspace_id = $1 and member_id = $2 and used_at is null and expires_at > $3
        union all select 1 from invitations
            where workspace_id = $1 and member_id = $2 and used_at is null and ended_at is null and expires_at > $3)";
    let row: (bool,) = on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(member).bind(now).fetch_one(db))?;
    Ok(row.0)
}

/// Writes down what these members are now.
pub async fn set(conn: &mut Conn, members: &[(Readiness, WorkspaceId, MemberId)]) -> Result<()> {
    const SQL: &str = "update members set readiness = $1 where id = $2 and workspace_id = $3";
    for some in members.chunks(50) {
        let change = |(now, workspace, id): &(Readiness, WorkspaceId, MemberId)| {
            Change::new(SQL).text(now.as_str()).text(id.as_str().to_owned()).text(workspace.as_str().to_owned())
        };
        apply(conn, some.iter().map(change)).await?;
    }
    Ok(())
}

/// Takes the turn to go round, if nobody was seen at it since `before`. A time well ahead was written by a clock that was wrong.
pub async fn take_turn(conn: &mut Conn, run: &str, before: Timestamp, now: Timestamp) -> Result<bool> {
    const SQL: &str = "insert into readiness_rounds (workspace_id, run_id, begun_at, beat_at) values ($1, $2, $3, $3)
        on conflict (workspace_id) do update set run_id = excluded.run_id, begun_at = excluded.begun_at, beat_at = excluded.beat_at
        where readiness_rounds.beat_at <= $4 or readiness_rounds.beat_at > $5";
    let ahead = now + minutes(1);
    Ok(execute!(conn, sqlx::query(SQL).bind(ALL).bind(run).bind(now).bind(before).bind(ahead))? == 1)
}

/// Still at it. Answers false where somebody else took over.
pub async fn beat(conn: &mut Conn, run: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "update readiness_rounds set beat_at = $3 where workspace_id = $1 and run_id = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(ALL).bind(run).bind(now))? == 1)
}

/// The round is whole: what is known is as of its beginning.
pub async fn finish(conn: &mut Conn, run: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str =
        "update readiness_rounds set taken_at = begun_at, beat_at = $3 where workspace_id = $1 and run_id = $2";
    Ok(execute!(conn, sqlx::query(SQL).bind(ALL).bind(run).bind(now))? == 1)
}

/// As of when the figures are; none before the first whole round.
pub async fn taken_at(conn: &mut Conn) -> Result<Option<Timestamp>> {
    const SQL: &str = "select taken_at from readiness_rounds where workspace_id = $1";
    let row: Option<(Option<Timestamp>,)> = on!(conn, db => sqlx::query_as(SQL).bind(ALL).fetch_optional(db))?;
    Ok(row.and_then(|row| row.0))
}

/// How many members of a kind a workspace had on a day.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(missing_docs, reason = "the columns speak for themselves")]
pub struct Figure {
    pub workspace_id: WorkspaceId,
    pub day: i64,
    pub what: String,
    pub members: i64,
}

/// Puts the day's figures in the place of those it had.
pub async fn put_figures(conn: &mut Conn, figures: &[Figure]) -> Result<()> {
    const HEAD: &str = "insert into readiness_days (workspace_id, day, what, members) values";
    const TAIL: &str = " on conflict (workspace_id, day, what) do update set members = excluded.members
        where readiness_days.members <> excluded.members";
    for some in figures.chunks(100) {
        let changes = of_rows(some, [HEAD, TAIL], 4, |change: Change<'_>, f| {
            change.text(f.workspace_id.as_str()).whole(f.day).text(&f.what).whole(f.members)
        });
        apply(conn, changes).await?;
    }
    Ok(())
}

/// A workspace's figures from this day on, by day.
pub async fn figures(conn: &mut Conn, workspace: &WorkspaceId, from: i64) -> Result<Vec<Figure>> {
    const SQL: &str = "select workspace_id, day, what, members from readiness_days
        where workspace_id = $1 and day >= $2 order by day, what";
    on!(conn, db => sqlx::query_as(SQL).bind(workspace).bind(from).fetch_all(db))
}

/// Forgets the figures of days before this one.
pub async fn forget(conn: &mut Conn, workspace: &WorkspaceId, before: i64) -> Result<u64> {
    const SQL: &str = "delete from readiness_days where workspace_id = $1 and day < $2";
    execute!(conn, sqlx::query(SQL).bind(workspace).bind(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_causes_in_the_statement_are_those_about_the_destination() {
        for &cause in Cause::ALL {
            assert_eq!(known!(0).contains(&format!("'{cause}'")), cause.is_about_destination(), "{cause}");
        }
    }
}
