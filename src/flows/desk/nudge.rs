//! Members who could not get back in alone are asked to see to it: by a prompt on their own page, though they put it off, by email where an
//! address of theirs still counts, or by a slip of paper. One, or all with the same reason; nobody twice within a day.
//!
//! All with one reason are asked by a job, some at a time, in the name of whoever began it and only while they may. No email carries a link:
//! people shall not learn to sign in by links in mails.

use super::roster::{After, Member, PAGE};
use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::recovery::CONTACT;
use crate::flows::{Changed, Deed, Error, Result, contacts, new_id, post, readiness};
use crate::model::id::MemberId;
use crate::model::{Action, ContactKind, MemberState, Policy, Readiness, Timestamp, days, time::Span};
use crate::store::contacts::Contact;
use crate::store::nudges::{Run, Step};
use crate::store::roster::{self, Only};
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::wording::readiness as messages;

/// Nobody is asked twice within this time.
const REST: Span = days(1);
/// Members that one transaction takes.
const AT_ONCE: i64 = 50;
/// What the email is for.
pub(in crate::flows) const PURPOSE: &str = "nudge";

/// Why somebody was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// As for all that is done to a member.
    Seat(Refusal),
    /// They could get back in, or asking does not help.
    NotNeeded,
    /// They were asked within the last day.
    Already,
}

/// What asking one member would come to.
#[derive(Debug)]
pub struct Plan {
    /// What they are this moment.
    pub readiness: Readiness,
    /// Where an email would go, masked.
    pub email: Option<String>,
    /// When they were asked last.
    pub asked_at: Option<Timestamp>,
    /// From when they can be asked.
    pub open_from: Option<Timestamp>,
}

/// What a member is this moment, with their contacts.
async fn present(
    conn: &mut Conn,
    workspace: &Workspace,
    member: &Member,
    now: Timestamp,
) -> Result<(Readiness, Vec<Contact>)> {
    let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
    let all = store::contacts::list(conn, &workspace.id, &member.id).await?;
    let readiness = readiness::of(conn, member, &policy.contacts, now).await?;
    Ok((readiness, all))
}

async fn workspace(conn: &mut Conn, seat: &Seat<'_>) -> Result<Workspace> {
    let id = &seat.member().workspace_id;
    store::workspaces::by_id(conn, id).await?.ok_or_else(|| Error::Broken(format!("no workspace {id}")))
}

/// The address that an email goes to: of those that count, the one confirmed last.
fn email_of(contacts: &[Contact]) -> Option<&Contact> {
    let counts = |contact: &&Contact| contact.kind == ContactKind::Email && contact.is_confirmed();
    contacts.iter().filter(counts).max_by_key(|contact| contact.confirmed_at)
}

/// How a member stands and whether they can be asked; none for nobody. Changes nothing.
pub async fn plan(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Option<Plan>> {
    seat.taken_for(Action::SeeMembers)?;
    let now = seat.now();
    let mut conn = app.db.read().await?;
    let workspace = workspace(&mut conn, seat).await?;
    let Some(member) = store::members::by_id(&mut conn, &workspace.id, id).await? else { return Ok(None) };
    let (readiness, all) = present(&mut conn, &workspace, &member, now).await?;
    let key = seat.signed().data_key(app)?;
    let email = match email_of(&all) {
        None => None,
        Some(contact) => {
            let plain = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
            Some(contacts::masked(contact.kind, &plain))
        }
    };
    let asked_at = store::nudges::last(&mut conn, &workspace.id, id).await?;
    Ok(Some(Plan { readiness, email, asked_at, open_from: asked_at.map(|at| at + REST).filter(|from| *from > now) }))
}

/// Asks one member: by the prompt always, by email too where that is wanted and reaches them. Answers whether an email left.
pub async fn one(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    by_email: bool,
) -> Result<std::result::Result<bool, Refused>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::Nudge, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(Refused::Seat(refusal))),
        };
        let workspace = workspace(conn, seat).await?;
        let mailed = match ask(app, conn, &workspace, &member, by_email, now).await? {
            Ok(mailed) => mailed,
            Err(refused) => return Ok(Err(refused)),
        };
        seat.deed(&member, "nudged").write(app, conn, now).await?;
        Ok(Ok(mailed))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Asks, in the caller's transaction, which knows that it may.
async fn ask(
    app: &App,
    conn: &mut Conn,
    workspace: &Workspace,
    member: &Member,
    by_email: bool,
    now: Timestamp,
) -> Result<std::result::Result<bool, Refused>> {
    let (readiness, all) = present(conn, workspace, member, now).await?;
    if !readiness.can_be_asked() {
        return Ok(Err(Refused::NotNeeded));
    }
    if !store::nudges::take(conn, &workspace.id, &member.id, now - REST, now).await? {
        return Ok(Err(Refused::Already));
    }
    let Some(contact) = email_of(&all).filter(|_| by_email) else { return Ok(Ok(false)) };
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    let login = format!("{}@{}", member.login, workspace.slug);
    let message = post::Message {
        workspace: Some(&workspace.id),
        member: Some(&member.id),
        contact: Some(&contact.id),
        known: true,
        kind: ContactKind::Email,
        purpose: PURPOSE,
        reference: None,
        to: Some(&to),
        rendered: messages::nudge_email(member.locale, &workspace.name, &login),
        expires_at: post::notice_expires(now),
    };
    post::queue(app, conn, message, now).await?;
    Ok(Ok(true))
}

/// Begins to ask all with this reason. Refused while another such demand of the workspace is under way.
pub async fn begin(app: &App, seat: &Seat<'_>, readiness: Readiness, by_email: bool) -> Result<Outcome<()>> {
    let now = seat.now();
    let run = Run {
        id: new_id!(app, now, NudgeRunId),
        workspace_id: seat.member().workspace_id.clone(),
        by_member: seat.member().id.clone(),
        readiness,
        email: by_email,
        after_login: String::new(),
        asked: 0,
        passed_over: 0,
        created_at: now,
        done_at: None,
        stopped: false,
    };
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::Nudge).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        if !readiness.can_be_asked() || !store::nudges::insert_run(conn, &run).await? {
            return Ok(Err(Refusal::State));
        }
        let told = Changed::default().put("readiness", (), readiness).put("email", (), by_email);
        let deed = seat.did("nudge_begun", run.id.as_str());
        deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

/// Takes the next piece of a demand to many that is under way, whosever it is. Answers whether there was one.
pub async fn work(app: &App) -> Result<bool> {
    let Some(run) = store::nudges::open_run(&mut app.db.read().await?).await? else { return Ok(false) };
    let now = app.now();
    match next(app, &run, now).await {
        // What no second try mends ends this demand, and no other.
        Err(error) if !error.is_passing() => {
            tracing::error!(%error, run = %run.id, "a demand to many ended midway");
            let step = Step { done: true, stopped: true, ..Step::default() };
            transaction!(app.db, conn => {
                if store::nudges::take_piece(conn, &run).await? {
                    store::nudges::set_piece(conn, &run, &run.after_login, step, now).await?;
                }
                Ok::<_, Error>(())
            })?;
        }
        done => done?,
    }
    app.outbox_bell.notify_one();
    Ok(true)
}

async fn next(app: &App, run: &Run, now: Timestamp) -> Result<()> {
    transaction!(app.db, conn => {
        if !store::nudges::take_piece(conn, run).await? {
            return Ok::<_, Error>(());
        }
        let by = store::members::by_id(conn, &run.workspace_id, &run.by_member).await?;
        let by = by.filter(|by| by.state == MemberState::Active && by.held_at.is_none() && by.role.may(Action::Nudge));
        let workspace = store::workspaces::by_id(conn, &run.workspace_id).await?;
        let Some((by, workspace)) = by.zip(workspace) else {
            let step = Step { done: true, stopped: true, ..Step::default() };
            return Ok(store::nudges::set_piece(conn, run, &run.after_login, step, now).await?);
        };
        piece(app, conn, run, (&by, &workspace), now).await
    })
}

async fn piece(
    app: &App,
    conn: &mut Conn,
    run: &Run,
    (by, workspace): (&Member, &Workspace),
    now: Timestamp,
) -> Result<()> {
    let only = Only::Readiness(run.readiness);
    let members = roster::by_login(conn, &workspace.id, only, &run.after_login, AT_ONCE).await?;
    let (mut step, mut lines) = (Step::default(), Vec::new());
    for member in &members {
        // As at the desk: nobody acts on an equal or a higher rank, or on themselves.
        let below = by.role.stands_above(member.role) && by.id != member.id;
        let asked = if below { ask(app, conn, workspace, member, run.email, now).await?.is_ok() } else { false };
        if asked {
            step.asked += 1;
            let deed = Deed {
                workspace: Some(&workspace.id),
                actor: by.id.as_str(),
                action: "nudged",
                member: Some(&member.id),
                subject: Some(run.id.as_str()),
                reference: None,
                network: None,
            };
            lines.push(deed.line(app, now));
        } else {
            step.passed_over += 1;
        }
    }
    store::apply(conn, store::logs::audit_all(&lines)).await?;
    step.done = members.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    let after = members.last().map_or(run.after_login.as_str(), |last| last.login.as_str());
    Ok(store::nudges::set_piece(conn, run, after, step, now).await?)
}

/// A slip of paper for one member.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Slip {
    pub name: String,
    pub department: String,
    /// The whole ID.
    pub login: String,
    pub readiness: Readiness,
}

/// Slips to be printed.
#[derive(Debug)]
pub struct Slips {
    /// One a member, in the order of IDs.
    pub slips: Vec<Slip>,
    /// Where they go on; none at the end.
    pub next: Option<After>,
}

/// For whom slips are.
#[derive(Debug, Clone, Copy)]
pub enum For<'a> {
    /// One member, whose reason is looked at anew.
    One(&'a MemberId),
    /// All with this reason, behind this login name.
    All(Readiness, &'a str),
}

/// Makes slips, which hold no secret. They are not counted as asking: paper jams.
pub async fn slips(app: &App, seat: &Seat<'_>, whom: For<'_>) -> Result<Outcome<Slips>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let (members, more) = match whom {
            For::One(id) => match seat.hold_for(conn, Action::Nudge, id).await? {
                Err(refusal) => return Ok::<_, Error>(Err(refusal)),
                Ok(member) => {
                    let workspace = workspace(conn, seat).await?;
                    let (readiness, _) = present(conn, &workspace, &member, now).await?;
                    if !readiness.is_reason() {
                        return Ok(Err(Refusal::State));
                    }
                    (vec![Member { readiness, ..member }], false)
                }
            },
            For::All(readiness, after) => {
                if let Err(refusal) = seat.hold(conn, Action::Nudge).await? {
                    return Ok(Err(refusal));
                }
                let (workspace, only) = (&seat.member().workspace_id, Only::Readiness(readiness));
                let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
                let mut members = roster::by_login(conn, workspace, only, after, limit).await?;
                let more = members.len() > PAGE;
                members.truncate(PAGE);
                (members, more)
            }
        };
        let deed = match (whom, members.first()) {
            (For::One(_), Some(member)) => seat.deed(member, "slips_printed"),
            (For::All(readiness, _), _) => seat.did("slips_printed", readiness.as_str()),
            (For::One(_), None) => return Ok(Err(Refusal::NotFound)),
        };
        deed.write(app, conn, now).await?;
        let next = members.last().filter(|_| more).map(|last| After(String::new(), last.login.clone()));
        let below = |member: &Member| seat.stands_above(member.role);
        let slug = &seat.signed().slug;
        let slips = members.into_iter().filter(below).map(|member| Slip {
            login: format!("{}@{slug}", member.login),
            name: member.name,
            department: member.department,
            readiness: member.readiness,
        });
        Ok(Ok(Slips { slips: slips.collect(), next }))
    })
}
