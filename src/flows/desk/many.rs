//! One thing that is done to many members: a new password demanded of them, suspended, let in again, signed out. A draft counts first for whom it can
//! be done and why not for the others; what each piece then does is decided anew, by the same rules.
//!
//! Each piece is one transaction of [`super::jobs`], so that everybody gets one secret and no second one, whoever stops or dies meanwhile.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::forced_change::{self, By, Lifetime, New, Refused};
use super::jobs::{self, Draft};
use super::roster::{self, Only};
use super::turn::{Stop, Turn};
use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::sheet::Told;
use crate::flows::standing::{self, Step};
use crate::flows::{Error, Result};
use crate::model::id::{JobId, MemberId, WorkspaceId};
use crate::model::{Action, ForcedSecret, JobKind, MemberState, RowTrouble};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};

/// Members of one piece: their secrets are hashed before it, and all is changed in one transaction.
const PIECE: usize = 20;
/// Members that are looked at together for a draft, and chosen one by one at most.
pub const LOOKED_AT: usize = 100;
/// The most that one piece of long work is about.
pub const MOST: usize = 100_000;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A new password at once, by secrets that live so long.
    Force(Lifetime),
    /// A new password at the next sign-in.
    Request,
    /// Nobody of them comes in, sessions end.
    Suspend,
    /// In again.
    Resume,
    /// Ends every session.
    SignOut,
}

/// To whom.
#[derive(Debug)]
pub enum Whom<'a> {
    /// These.
    Chosen(Vec<MemberId>),
    /// All whom a search and a filter find.
    Found(&'a str, Only),
}

/// What came of preparing.
#[derive(Debug)]
pub enum Prepared {
    /// A draft, which waits for the word to go, and for how many it cannot be done why.
    Draft(JobId, BTreeMap<RowTrouble, u64>),
    /// There is nobody.
    Nobody,
    /// More than [`MOST`].
    TooMany,
}

/// What a piece has to do.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    hours: Option<i64>,
    members: Vec<(u64, MemberId)>,
}

impl What {
    /// The work that it is.
    pub const fn kind(self) -> JobKind {
        match self {
            Self::Force(_) => JobKind::Force,
            Self::Request => JobKind::Request,
            Self::Suspend => JobKind::Suspend,
            Self::Resume => JobKind::Resume,
            Self::SignOut => JobKind::SignOut,
        }
    }

    const fn hours(self) -> Option<i64> {
        match self {
            Self::Force(lifetime) => Some(lifetime.hours()),
            _ => None,
        }
    }

    /// What work of this kind does; none for work of another.
    pub fn of(kind: JobKind, hours: Option<i64>) -> Option<Self> {
        Some(match kind {
            JobKind::Force => Self::Force(hours.and_then(Lifetime::of_hours)?),
            JobKind::Request => Self::Request,
            JobKind::Suspend => Self::Suspend,
            JobKind::Resume => Self::Resume,
            JobKind::SignOut => Self::SignOut,
            JobKind::Import | JobKind::Invite => return None,
        })
    }

    /// Whether it can be done to this member by somebody (an id) who stands `above` them or not; `reached` says whether a confirmed contact
    /// reaches the member.
    fn can(self, by: &MemberId, above: bool, member: &Member, reached: bool) -> std::result::Result<(), RowTrouble> {
        if *by == member.id {
            return Err(RowTrouble::Oneself);
        }
        if !above {
            return Err(RowTrouble::Rank);
        }
        let is_open = member.state == MemberState::Active && member.held_at.is_none();
        let fits = match self {
            Self::Force(_) | Self::Request => is_open,
            Self::Suspend | Self::SignOut => member.state == MemberState::Active,
            Self::Resume => member.state == MemberState::Suspended,
        };
        match self {
            _ if !fits => Err(RowTrouble::Standing),
            Self::Force(_) if !reached => Err(RowTrouble::Unreachable),
            Self::Request if member.demand.is_some() => Err(RowTrouble::Asked),
            _ => Ok(()),
        }
    }
}

/// Writes down for whom it can be done and for whom not, and changes nothing else.
pub async fn prepare(app: &App, seat: &Seat<'_>, what: What, whom: Whom<'_>) -> Result<Outcome<Prepared>> {
    seat.taken_for(Action::PrepareJobs)?;
    if !seat.may(what.kind().action()) {
        return Ok(Err(Refusal::Rank));
    }
    let mut rows = Rows { line: 0, told: Vec::new(), members: Vec::new() };
    match whom {
        Whom::Chosen(ids) => {
            let ids = ids.into_iter().take(LOOKED_AT).collect::<Vec<_>>();
            let workspace = &seat.member().workspace_id;
            let found = store::roster::by_ids(&mut app.db.read().await?, workspace, &ids).await?;
            rows.look_at(app, seat, what, &found).await?;
            for id in ids.iter().filter(|id| found.iter().all(|member| member.id != **id)) {
                rows.line += 1;
                rows.told.push(Told::new(rows.line, None, id.as_str(), RowTrouble::Gone));
            }
        }
        Whom::Found(typed, only) => {
            let (workspace, slug) = (&seat.member().workspace_id, &seat.signed().slug);
            let mut after = None;
            loop {
                let page = roster::page(app, (workspace, slug), typed, only, after.as_ref(), LOOKED_AT).await?;
                rows.look_at(app, seat, what, &page.members).await?;
                if rows.line > MOST as u64 {
                    return Ok(Ok(Prepared::TooMany));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
    if rows.line == 0 {
        return Ok(Ok(Prepared::Nobody));
    }
    let mut reasons = BTreeMap::new();
    for told in &rows.told {
        *reasons.entry(told.why).or_default() += 1;
    }
    let drafted = jobs::draft(app, seat, what.kind(), &rows.pieces(what)).await?;
    Ok(drafted.map(|id| Prepared::Draft(id, reasons)))
}

/// The rows of a draft as they are gathered.
struct Rows {
    line: u64,
    told: Vec<Told>,
    members: Vec<(u64, MemberId)>,
}

impl Rows {
    async fn look_at(&mut self, app: &App, seat: &Seat<'_>, what: What, found: &[Member]) -> Result<()> {
        let reached = match what {
            What::Force(_) => {
                reached(&mut app.db.read().await?, &seat.member().workspace_id, found, seat.now()).await?
            }
            _ => HashSet::new(),
        };
        for member in found {
            self.line += 1;
            let above = seat.stands_above(member.role);
            match what.can(&seat.member().id, above, member, reached.contains(&member.id)) {
                Ok(()) => self.members.push((self.line, member.id.clone())),
                Err(why) => self.told.push(Told::new(self.line, None, &member.login, why)),
            }
        }
        Ok(())
    }

    /// Pieces of so many members each; with the first of them stands what is told of everybody whom nothing can be done to.
    fn pieces(self, what: What) -> Vec<Draft<Task>> {
        let mut told = self.told.chunks(jobs::PIECE);
        let mut pieces: Vec<_> = self
            .members
            .chunks(PIECE)
            .map(|some| {
                let told = told.next().unwrap_or_default().to_vec();
                let input = Task { hours: what.hours(), members: some.to_vec() };
                Draft { rows: some.len() + told.len(), input, told }
            })
            .collect();
        for told in told {
            let input = Task { hours: what.hours(), members: Vec::new() };
            pieces.push(Draft { rows: told.len(), input, told: told.to_vec() });
        }
        pieces
    }
}

/// Who of these has a contact that a secret may go to now.
async fn reached(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    members: &[Member],
    now: crate::model::Timestamp,
) -> Result<HashSet<MemberId>> {
    let ids: Vec<_> = members.iter().map(|member| member.id.clone()).collect();
    Ok(store::contacts::reached(conn, workspace, &ids, now).await?.into_iter().collect())
}

/// Says go for a draft of this.
pub async fn begin(app: &App, seat: &Seat<'_>, id: &JobId) -> Result<Outcome<()>> {
    let job = store::jobs::by_id(&mut app.db.read().await?, &seat.member().workspace_id, id).await?;
    match job {
        Some(job) if What::of(job.kind, Some(1)).is_some() => jobs::start(app, seat, &job, false).await,
        _ => Ok(Err(Refusal::NotFound)),
    }
}

/// Does it to the next of them.
pub(super) async fn piece(app: &App, turn: &Turn) -> std::result::Result<(), Stop> {
    let task: Task = turn.input()?;
    let broken = || Error::Broken(format!("nobody knows what {} does", turn.job.id));
    let what = What::of(turn.job.kind, task.hours).ok_or_else(broken)?;
    let mut ready = Vec::with_capacity(task.members.len());
    for (line, id) in task.members {
        let secret = match what {
            What::Force(_) => Some(forced_change::prepare(app, app.hashing.unhurried()).await?),
            _ => None,
        };
        ready.push((line, id, secret));
    }
    // Two of these at once take the members in one order.
    ready.sort_by(|one, other| one.1.cmp(&other.1));
    let with = turn.writes_with(app);
    transaction!(app.db, conn => {
        let by = turn.hold(conn).await?;
        if store::keys::writing(conn, turn.workspace.id.as_str()).await?.as_ref() != Some(&with) {
            return Err(Stop::Again);
        }
        let mut told = Vec::new();
        for (line, id, secret) in &ready {
            if let Err((typed, why)) = one(app, conn, turn, &by, what, id, secret.as_ref()).await? {
                told.push(Told::new(*line, None, &typed, why));
            }
        }
        turn.put(app, conn, told, Vec::new()).await
    })?;
    app.outbox_bell.notify_one();
    Ok(())
}

/// Does it to one, or says of whom not and why.
async fn one(
    app: &App,
    conn: &mut Conn,
    turn: &Turn,
    by: &Member,
    what: What,
    id: &MemberId,
    secret: Option<&(ForcedSecret, String)>,
) -> std::result::Result<std::result::Result<(), (String, RowTrouble)>, Stop> {
    store::members::take(conn, &turn.workspace.id, id).await?;
    let Some(member) = store::members::by_id(conn, &turn.workspace.id, id).await? else {
        return Ok(Err((id.to_string(), RowTrouble::Gone)));
    };
    let now = turn.now;
    let left_out = |why| Ok(Err((member.login.clone(), why)));
    // Whether a contact reaches them is seen where the secret is sent.
    if let Err(why) = what.can(&by.id, turn.stands_above(by, member.role), &member, true) {
        return left_out(why);
    }
    let step = match (what, secret) {
        (What::Force(lifetime), Some((secret, hash))) => {
            let new = New { secret, hash, to: None, run: Some(turn.job.id.as_str()), lifetime, now };
            let done = forced_change::put(app, conn, By::Turn(turn, by), id, &new).await?;
            return done.map_or_else(|refused| left_out(trouble(refused)), |_| Ok(Ok(())));
        }
        (What::Force(_), None) => return Err(Error::Broken("a secret is missing".to_owned()).into()),
        (What::Request, _) => {
            let done = forced_change::put_request(app, conn, By::Turn(turn, by), id, now).await?;
            return done.map_or_else(|refused| left_out(trouble(refused)), |()| Ok(Ok(())));
        }
        (What::Suspend, _) => Step::Suspend,
        (What::Resume, _) => Step::Resume,
        (What::SignOut, _) => Step::SignOut,
    };
    if !standing::step(app, conn, &member, step, now).await? {
        return left_out(RowTrouble::Standing);
    }
    let deed = turn.deed(id, step.word());
    deed.with(turn.key(), step.changed(&member)).write(app, conn, now).await?;
    Ok(Ok(()))
}

const fn trouble(refused: Refused) -> RowTrouble {
    match refused {
        Refused::Oneself => RowTrouble::Oneself,
        Refused::Rank => RowTrouble::Rank,
        Refused::NotFound => RowTrouble::Gone,
        Refused::Already => RowTrouble::Asked,
        Refused::WithoutContact | Refused::Contact => RowTrouble::Unreachable,
        Refused::State | Refused::Ended | Refused::Reachable | Refused::NoWarrant => RowTrouble::Standing,
    }
}
