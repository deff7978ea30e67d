//! Who could get back in alone: one member as they stand this moment, and the job that goes round all of them and writes down what each is
//! and how many there are of each kind.
//!
//! Holds end and contacts grow old without anybody changing a row, and a policy's days change for a whole workspace at once. So nothing is kept
//! up by those who change contacts; the job comes round to everybody, reads mostly, and writes where something changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::pace::Pace;
use super::{Error, Result, workspaces};
use crate::app::App;
use crate::model::id::{self, MemberId, WorkspaceId};
use crate::model::policy::ContactPolicy;
use crate::model::readiness::{Reach, Standing};
use crate::model::{MemberState, Policy, Readiness, Timestamp, hours, seconds, time::Span};
use crate::store::members::Member;
use crate::store::readiness::{self, Figure, Seen, SeenContact};
use crate::store::{self, Conn, transaction};

/// Members that are looked at in one go.
const AT_ONCE: i64 = 200;
/// Nobody else goes round while somebody was seen at it within this time.
const TURN: Span = seconds(50);
/// The figure of those who have tried it out.
pub const DRILLED: &str = "drilled";

/// What a member is this moment.
pub(super) async fn of(conn: &mut Conn, member: &Member, policy: &ContactPolicy, now: Timestamp) -> Result<Readiness> {
    let has_link = member.state == MemberState::Invited
        && readiness::has_link(conn, &member.workspace_id, &member.id, now).await?;
    let standing = Standing { state: member.state, held: member.held_at.is_some(), has_link };
    let contacts = readiness::contacts_of(conn, &member.workspace_id, &member.id).await?;
    Ok(Readiness::of(standing, contacts.iter().map(reach), policy, now))
}

fn reach(seen: &SeenContact) -> Reach {
    let SeenContact { state, recovers_from, confirmed_at, .. } = *seen;
    Reach { state, recovers_from, confirmed_at, bounced: seen.bounces() }
}

/// The day of the figures, counted from 1970: Japan's, as all times on pages are.
pub fn day_of(at: Timestamp) -> i64 {
    (at + hours(9)).day()
}

type Counts = BTreeMap<&'static str, i64>;

/// Looks at every member of every workspace, piece by piece and slowly, and puts down the day's figures. Answers how many changed; none where
/// another node is at it, or took over.
pub async fn go_round(app: &App) -> Result<Option<usize>> {
    let begun = app.now();
    let run = id::text("rnd", begun, app.chance());
    if !transaction!(app.db, conn => readiness::take_turn(conn, &run, begun - TURN, begun).await.map_err(Error::from))?
    {
        return Ok(None);
    }
    let policies = policies(app).await?;
    let mut counts: HashMap<WorkspaceId, Counts> = policies.keys().map(|id| (id.clone(), Counts::new())).collect();
    let (mut after, mut changed, mut seen_at) = (MemberId(String::new()), 0, begun);
    let mut pace = Pace::far_behind();
    loop {
        pace.rest().await;
        let piece = pace.time(look(app, &policies, &after)).await?;
        for one in &piece.found {
            let counts = counts.entry(one.workspace.clone()).or_default();
            *counts.entry(one.readiness.as_str()).or_default() += 1;
            *counts.entry(DRILLED).or_default() += i64::from(one.drilled && one.readiness != Readiness::Apart);
        }
        changed += piece.changed;
        let Some(last) = piece.last else { break };
        after = last;
        if seen_at + seconds(10) <= app.now() {
            seen_at = app.now();
            if !transaction!(app.db, conn => readiness::beat(conn, &run, seen_at).await.map_err(Error::from))? {
                return Ok(None);
            }
        }
    }
    let now = app.now();
    let figures = figures(&counts, day_of(now));
    transaction!(app.db, conn => {
        if !readiness::finish(conn, &run, now).await? {
            return Ok(None);
        }
        readiness::put_figures(conn, &figures).await?;
        Ok::<_, Error>(Some(changed))
    })
}

/// Every kind that is shown, those of which there is nobody included.
fn figures(counts: &HashMap<WorkspaceId, Counts>, day: i64) -> Vec<Figure> {
    let shown = || Readiness::REASONS.iter().map(|one| one.as_str()).chain([Readiness::Ready.as_str(), DRILLED]);
    let of_one = |(id, counts): (&WorkspaceId, &Counts)| {
        let figure = |what: &'static str| {
            let members = counts.get(what).copied().unwrap_or_default();
            Figure { workspace_id: id.clone(), day, what: what.to_owned(), members }
        };
        shown().map(figure).collect::<Vec<_>>()
    };
    counts.iter().flat_map(of_one).collect()
}

async fn policies(app: &App) -> Result<HashMap<WorkspaceId, ContactPolicy>> {
    let mut all = HashMap::new();
    for workspace in workspaces::list(app).await? {
        let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
        all.insert(workspace.id, policy.contacts);
    }
    Ok(all)
}

struct Found {
    workspace: WorkspaceId,
    readiness: Readiness,
    drilled: bool,
}

#[derive(Default)]
struct Piece {
    found: Vec<Found>,
    changed: usize,
    /// Where it goes on; none at the end.
    last: Option<MemberId>,
}

/// Looks at the next members, and writes down what changed.
async fn look(app: &App, policies: &HashMap<WorkspaceId, ContactPolicy>, after: &MemberId) -> Result<Piece> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let members = readiness::members(&mut conn, after, AT_ONCE).await?;
    let Some(last) = members.last().map(|member| member.id.clone()) else { return Ok(Piece::default()) };
    let mut contacts: HashMap<MemberId, Vec<Reach>> = HashMap::new();
    for row in readiness::contacts(&mut conn, after, &last).await? {
        contacts.entry(row.member_id.clone()).or_default().push(reach(&row));
    }
    let links: BTreeSet<_> =
        readiness::with_links(&mut conn, after, &last, now).await?.into_iter().map(|row| row.0).collect();
    let drilled: BTreeSet<_> =
        readiness::with_drills(&mut conn, after, &last).await?.into_iter().map(|row| row.0).collect();
    drop(conn);
    let usual = ContactPolicy::default();
    let judge = |member: &Seen| {
        let standing =
            Standing { state: member.state, held: member.held_at.is_some(), has_link: links.contains(&member.id) };
        let own = contacts.get(&member.id).into_iter().flatten().copied();
        // A workspace that was made since the round began has the usual rules.
        Readiness::of(standing, own, policies.get(&member.workspace_id).unwrap_or(&usual), now)
    };
    let mut changed = Vec::new();
    let mut found = Vec::with_capacity(members.len());
    let is_last = members.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    for member in members {
        let readiness = judge(&member);
        if readiness != member.readiness {
            changed.push((readiness, member.workspace_id.clone(), member.id.clone()));
        }
        found.push(Found { workspace: member.workspace_id, readiness, drilled: drilled.contains(&member.id) });
    }
    if !changed.is_empty() {
        transaction!(app.db, conn => store::readiness::set(conn, &changed).await.map_err(Error::from))?;
    }
    Ok(Piece { found, changed: changed.len(), last: (!is_last).then_some(last) })
}
