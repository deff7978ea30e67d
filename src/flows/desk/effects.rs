//! What a change would do, before it is made: whom a stricter policy sends to a new password or to the door, whom a list of networks shuts out.
//!
//! It is counted by the rules that hold afterwards, over so many members at most; beyond that every number is "at least". Nothing is changed.

use std::collections::BTreeSet;

use super::Seat;
use crate::app::App;
use crate::flows::{Result, session};
use crate::model::id::{AuditId, MemberId, SignInId};
use crate::model::{MemberState, Networks, Policy, Role, Timestamp, days, minutes};
use crate::store;
use crate::store::effects::{Bound, Open};

/// Members that are looked at.
pub const LOOKED_AT: i64 = 10_000;
/// Members that one statement looks at.
const CHUNK: i64 = 200;
/// Rows of one kind that one statement reads.
const ROWS: i64 = 4_000;

/// So many; where not all were looked at, at least so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many were found.
    pub n: u64,
    /// There may be more.
    pub at_least: bool,
}

/// What another policy would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyEffects {
    /// Members who have to set a new password, at once where they are signed in, or at the next sign-in.
    pub must_change: Count,
    /// Of these so many have no verified contact: whoever has forgotten the old password gets no new one alone.
    pub must_change_alone: Count,
    /// Sessions that end with it.
    pub sessions: Count,
    /// Whether the one who asks is signed out, too.
    pub own_session: bool,
    /// Members without a verified contact who can put it off no longer.
    pub need_contact: Count,
    /// Members who are asked to confirm a contact again.
    pub reconfirm: Count,
    /// Lines of the sign-in log that are forgotten.
    pub sign_ins: Count,
    /// Lines of the audit log that are forgotten.
    pub audit: Count,
}

/// What other networks would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkEffects {
    /// Sessions that end at their next request.
    pub sessions: Count,
    /// Members whose they are.
    pub members: Count,
    /// Members who were never seen signing in from within: they get in no more from where they are, and recover from there no more.
    pub strangers: Count,
}

/// What this policy would do in the place of that one.
pub async fn of_policy(app: &App, seat: &Seat<'_>, before: &Policy, after: &Policy) -> Result<PolicyEffects> {
    let now = seat.now();
    let mut found = PolicyEffects::default();
    let passwords = before.password.expiry_days != after.password.expiry_days;
    let contacts = before.contacts != after.contacts;
    let sessions = before.session != after.session;
    let mut whole = true;
    if passwords || contacts || sessions {
        let mut walk = Walk::of(app, seat);
        while let Some(some) = walk.next().await? {
            for member in some.iter().filter(|member| is_active(member)) {
                count_member(&mut found, member, before, after, now);
            }
            if sessions {
                for open in walk.sessions(now).await? {
                    if lives(before, &open, now) && !lives(after, &open, now) {
                        found.sessions.n += 1;
                    }
                }
            }
        }
        whole = walk.saw_all;
    }
    for count in [
        &mut found.must_change,
        &mut found.must_change_alone,
        &mut found.sessions,
        &mut found.need_contact,
        &mut found.reconfirm,
    ] {
        count.at_least = !whole;
    }
    let signed = seat.signed();
    found.own_session = session::until(after, signed.member.role, signed.opened_at, signed.ends_at) <= now;
    logs(app, seat, before, after, &mut found).await?;
    Ok(found)
}

/// What these networks would do in the place of those.
pub async fn of_networks(app: &App, seat: &Seat<'_>, after: Option<&Networks>) -> Result<NetworkEffects> {
    let mut found = NetworkEffects::default();
    let Some(after) = after else { return Ok(found) };
    let mut walk = Walk::of(app, seat);
    let mut members: BTreeSet<MemberId> = BTreeSet::new();
    while let Some(some) = walk.next().await? {
        for open in walk.sessions(seat.now()).await? {
            let lives = lives(&seat.signed().policy, &open, seat.now());
            if lives && after.binds(open.role) && !after.contain_all_of(open.network) {
                found.sessions.n += 1;
                members.insert(open.member_id);
            }
        }
        let (mut inside, mut seen) = (BTreeSet::new(), BTreeSet::new());
        for place in walk.places().await? {
            if after.contain_all_of(place.network) {
                inside.insert(place.member_id.clone());
            }
            seen.insert(place.member_id);
        }
        let shut_out = |member: &&Bound| {
            is_active(member) && after.binds(member.role) && seen.contains(&member.id) && !inside.contains(&member.id)
        };
        found.strangers.n += some.iter().filter(shut_out).count() as u64;
    }
    found.members.n = members.len() as u64;
    for count in [&mut found.sessions, &mut found.members, &mut found.strangers] {
        count.at_least = !walk.saw_all;
    }
    Ok(found)
}

fn is_active(member: &Bound) -> bool {
    member.state == MemberState::Active && member.held_at.is_none()
}

fn count_member(found: &mut PolicyEffects, member: &Bound, before: &Policy, after: &Policy, now: Timestamp) {
    let expired = |policy: &Policy| policy.password.is_expired(member.password_set_at, now);
    if expired(after) && !expired(before) {
        found.must_change.n += 1;
        found.must_change_alone.n += u64::from(member.verified == 0);
    }
    let pressed = |policy: &Policy| {
        let limit = policy.contacts.required_after_days;
        member.verified == 0 && limit.is_some_and(|limit| member.created_at + days(limit.into()) <= now)
    };
    found.need_contact.n += u64::from(pressed(after) && !pressed(before));
    let stale = |policy: &Policy| {
        let limit = days(policy.contacts.reconfirm_days.into());
        member.confirmed_at.is_some_and(|at| at + limit <= now)
    };
    found.reconfirm.n += u64::from(stale(after) && !stale(before));
}

fn lives(policy: &Policy, open: &Open, now: Timestamp) -> bool {
    let role: Role = open.role;
    open.seen_at + minutes(policy.session.idle_minutes(role)) > now
        && session::until(policy, role, open.created_at, open.ends_at) > now
}

/// Lines are forgotten in the order of their ids, which begin with their time.
async fn logs(app: &App, seat: &Seat<'_>, before: &Policy, after: &Policy, found: &mut PolicyEffects) -> Result<()> {
    const MOST: i64 = LOOKED_AT;
    let (now, workspace) = (seat.now(), &seat.member().workspace_id);
    let count = |n: i64| Count { n: u64::try_from(n.min(MOST)).unwrap_or(0), at_least: n > MOST };
    let mut conn = app.db.read().await?;
    if after.logs.sign_ins_days < before.logs.sign_ins_days {
        let first = SignInId::new(now - days(after.logs.sign_ins_days.into()), [0; 10]);
        found.sign_ins = count(store::effects::sign_ins_before(&mut conn, workspace, &first, MOST + 1).await?);
    }
    if after.logs.audit_days < before.logs.audit_days {
        let first = AuditId::new(now - days(after.logs.audit_days.into()), [0; 10]);
        found.audit = count(store::effects::audit_before(&mut conn, workspace, &first, MOST + 1).await?);
    }
    Ok(())
}

fn length<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}

/// The members of the seat's workspace, some at a time.
struct Walk<'a> {
    app: &'a App,
    seat: &'a Seat<'a>,
    from: String,
    after: String,
    looked_at: i64,
    is_over: bool,
    saw_all: bool,
}

impl<'a> Walk<'a> {
    fn of(app: &'a App, seat: &'a Seat<'a>) -> Self {
        Self { app, seat, from: String::new(), after: String::new(), looked_at: 0, is_over: false, saw_all: true }
    }

    async fn next(&mut self) -> Result<Option<Vec<Bound>>> {
        if self.is_over {
            return Ok(None);
        }
        self.from.clone_from(&self.after);
        let mut conn = self.app.db.read().await?;
        let workspace = &self.seat.member().workspace_id;
        let some = store::effects::members(&mut conn, workspace, &self.from, CHUNK).await?;
        let Some(last) = some.last() else {
            self.is_over = true;
            return Ok(None);
        };
        self.after = last.id.to_string();
        let n = length(&some);
        self.looked_at += n;
        if n < CHUNK {
            self.is_over = true;
        } else if self.looked_at >= LOOKED_AT {
            self.is_over = true;
            self.saw_all = store::effects::members(&mut conn, workspace, &self.after, 1).await?.is_empty();
        }
        Ok(Some(some))
    }

    /// The open sessions of those whom [`Walk::next`] answered last.
    async fn sessions(&mut self, now: Timestamp) -> Result<Vec<Open>> {
        let mut conn = self.app.db.read().await?;
        let workspace = &self.seat.member().workspace_id;
        let found = store::effects::sessions(&mut conn, workspace, &self.from, CHUNK, now, ROWS).await?;
        self.saw_all &= length(&found) < ROWS;
        Ok(found)
    }

    /// Where they signed in from.
    async fn places(&mut self) -> Result<Vec<store::effects::Place>> {
        let mut conn = self.app.db.read().await?;
        let workspace = &self.seat.member().workspace_id;
        let found = store::effects::places(&mut conn, workspace, &self.from, CHUNK, ROWS).await?;
        self.saw_all &= length(&found) < ROWS;
        Ok(found)
    }
}
