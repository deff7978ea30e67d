//! 「ID・パスワードの確認」: a code to a stored contact, the IDs behind it, a new password. No session is given.
//!
//! The attempt hangs on an opaque handle that one browser or client holds. Every step reads the row and proves anew.
//! A number or address that nobody has walks the same way with a decoy: same rows, same time, nothing sent.

mod finish;
mod reach;

pub use finish::{Finish, Found, choose, chosen, ids, set_password};
pub use reach::Reach;
use reach::{Only, candidates, goes_to, stored, way, whose};

use super::alarm::Behind;
use super::guard::{self, Sends, Wait};
use super::post::{self, Message};
use super::trail::Followed;
use super::{Deed, Error, Result, Visitor, countries, devices, new_id, token_kind};
use crate::app::App;
use crate::model::{
    CodeTyped, ContactKind, DigitCode, Mark, Reference, Secret, Timestamp,
    id::{AlarmId, WorkspaceId},
    minutes, seconds,
    time::Span,
};
use crate::store::codes::NewCode;
use crate::store::contacts::Candidate;
use crate::store::devices::Known;
use crate::store::recoveries::Recovery;
use crate::store::transaction;
use crate::store::{self, Conn};
use crate::vault::Token;
use crate::wording::messages;

/// How long an attempt goes on after its code was asked for, and after the code was typed.
pub(super) const ATTEMPT: Span = minutes(30);

/// Label that a contact's address is sealed under.
pub(super) const CONTACT: &str = "contact";
/// What a message with a recovery's code is for.
pub(in crate::flows) const CODE: &str = "recovery_code";

/// An attempt that began.
#[derive(Debug)]
pub struct Started {
    /// What this browser or client keeps; nothing else opens the attempt.
    pub handle: Token,
    /// What the page shows.
    pub view: Shown,
}

/// What may be shown of an attempt: nothing in it tells whether anybody has the contact.
#[derive(Debug, Clone)]
pub struct Shown {
    /// SMS or e-mail.
    pub kind: ContactKind,
    /// The workspace whose page it began on.
    pub workspace: Option<WorkspaceId>,
    /// Two letters, on the page and in the message.
    pub mark: String,
    /// What to read to the help desk.
    pub reference: String,
    /// How far it has come.
    pub step: Step,
    /// Until when the code can be typed.
    pub code_until: Timestamp,
    /// From when another can be sent.
    pub resend_from: Timestamp,
    /// How many tries this code has left.
    pub tries_left: i64,
    /// Whether it began on a device that signed in before: only such a one may be told what becomes of the message.
    pub on_device: bool,
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A code is on its way.
    Code,
    /// The code was typed; the IDs may be shown.
    Proved,
    /// A new password was set, or the attempt is over.
    Ended,
}

/// What came of asking for a code.
#[derive(Debug)]
pub enum Start {
    /// As far as anybody is told, a code is on its way.
    Sent(Box<Started>),
    /// Enough for now.
    Wait(Wait),
    /// There is no such workspace.
    NoWorkspace,
}

/// What came of typing a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// It was right.
    Right,
    /// It was not; so many tries are left.
    Wrong {
        /// With this code.
        tries_left: i64,
    },
    /// This code is used up or too old; another can be sent.
    Dead,
    /// The attempt is over.
    Ended,
}

/// What came of asking for another code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resend {
    /// As far as anybody is told, another is on its way.
    Sent,
    /// Enough for now.
    Wait(Wait),
    /// The attempt is over or past its code.
    Ended,
}

/// Breakage, or a refusal that must leave no trace: it rolls back what was taken before.
enum Stop {
    Wait(Wait),
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Whom an attempt is for, and what it ends.
struct Aim {
    workspace: Option<WorkspaceId>,
    only: Only,
    releases: Option<AlarmId>,
}

/// Asks for a code. The answer goes out before any carrier is called, and is the same whoever has the contact.
pub async fn start(app: &App, slug: Option<&str>, reach: &Reach, visitor: &Visitor) -> Result<Start> {
    let mut reader = app.db.read().await?;
    let workspace = match slug {
        None => None,
        Some(slug) => match store::workspaces::by_slug(&mut reader, slug).await? {
            Some(workspace) => Some(workspace.id),
            None => return Ok(Start::NoWorkspace),
        },
    };
    let only = whose(&mut reader, workspace.as_ref(), reach).await?;
    drop(reader);
    begin(app, Aim { workspace, only, releases: None }, reach, visitor).await
}

/// Whoever objected, and so held the account, asks for a code to another contact of the same member, to end the hold. It is an attempt like any other, and
/// what was typed tells as little: whether that contact may end the hold is asked anew at each step ([`store::holds`]).
pub async fn start_release(app: &App, behind: &Behind, reach: &Reach, visitor: &Visitor) -> Result<Start> {
    let alarm = behind.alarm();
    let aim = Aim {
        workspace: Some(alarm.workspace_id.clone()),
        only: Only::Member(alarm.member_id.clone()),
        releases: Some(alarm.id.clone()),
    };
    begin(app, aim, reach, visitor).await
}

async fn begin(app: &App, aim: Aim, reach: &Reach, visitor: &Visitor) -> Result<Start> {
    let Aim { workspace, only, releases } = aim;
    let now = visitor.now;
    let kind = reach.kind();
    let index = app.keyring.contact_index(kind.as_str(), &reach.canonical());
    // Read beforehand, so that nobody else's change waits for it. Whatever changes meanwhile is seen when the code is typed.
    let mut reader = app.db.read().await?;
    let device = devices::recognise(app, &mut reader, visitor).await?;
    let network = visitor.network.to_string();
    let known = store::devices::known_for_address(&mut reader, kind, &index, device.as_ref(), &network).await?;
    let only_member_id = match &only {
        Only::Member(id) => Some(id.clone()),
        Only::Nobody | Only::Anybody => None,
    };
    let found = if let Some(alarm) = &releases {
        store::holds::candidates(&mut reader, way(app, alarm), kind, &index, now).await?
    } else {
        let (on_page, one) = (workspace.as_ref(), only_member_id.as_ref());
        store::contacts::candidates(&mut reader, kind, &index, on_page, one, now).await?
    };
    drop(reader);
    let contact_id = match only {
        Only::Nobody => None,
        Only::Member(_) | Only::Anybody => goes_to(app, &found, &reach.as_typed())?,
    };
    let handle = Token::new(&*app.dice, &app.keyring, token_kind::RECOVERY);
    let recovery = Recovery {
        id: new_id!(app, now, RecoveryId),
        workspace_id: workspace,
        reference: Reference::from_bytes(app.chance()).as_str().to_owned(),
        handle_prefix: handle.prefix.clone(),
        handle_hash: handle.hash.clone(),
        kind,
        address_index: index.written().to_owned(),
        other_index: index.kept().map(str::to_owned),
        toward: reach.country(),
        decoy: only == Only::Nobody,
        only_member_id,
        contact_id,
        mark: Mark::from_bytes(app.chance()).to_string(),
        state: "sent".to_owned(),
        member_id: None,
        network,
        device_id: device,
        sends: 1,
        sent_at: now,
        proved_at: None,
        finished_at: None,
        expires_at: now + ATTEMPT,
        created_at: now,
        releases,
    };
    let done = transaction!(app.db, conn => {
        let sends = Sends::Recovery(recovery.workspace_id.as_ref());
        guard::take_send(app, conn, &recovery.address_index, sends, known, visitor).await?.map_err(Stop::Wait)?;
        let l = &app.config.limits;
        let live_since = now - l.code_life();
        let cap = if known.device { l.live_attempts + l.sends_reserve_per_day } else { l.live_attempts };
        if !store::recoveries::insert(conn, &recovery, live_since, cap).await? {
            let oldest = store::recoveries::oldest_live(conn, &recovery, live_since).await?.unwrap_or(now);
            let until = oldest + l.code_life();
            return Err(Stop::Wait(Wait { until, what: guard::Spent::Destination }));
        }
        send(app, conn, &recovery, &found, known, visitor).await?;
        if !known.device {
            let (toward, workspace) = (recovery.toward.as_deref(), recovery.workspace_id.as_ref());
            countries::note(app, conn, toward, visitor.network, workspace, now).await?;
        }
        Ok(())
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(()) => {
            metrics::counter!("aikagi_recoveries_total", "step" => "started").increment(1);
            let view = shown(app, &recovery, Some((0, now + app.config.limits.code_life())));
            Ok(Start::Sent(Box::new(Started { handle, view })))
        }
        Err(Stop::Wait(wait)) => Ok(Start::Wait(wait)),
        Err(Stop::Broken(error)) => Err(error),
    }
}

/// Puts a new code in place of the attempt's older one and queues the message: to the stored contact, never to the
/// typed text, or as a decoy.
async fn send(
    app: &App,
    conn: &mut Conn,
    recovery: &Recovery,
    found: &[Candidate],
    known: Known,
    visitor: &Visitor,
) -> Result<()> {
    let now = visitor.now;
    let expires_at = now + app.config.limits.code_life();
    let first = found.iter().find(|found| recovery.contact_id.as_ref() == Some(&found.contact_id));
    let first = first.filter(|_| !recovery.decoy);
    let to = match first {
        Some(found) => Some(stored(app, found)?),
        None => None,
    };
    let code = DigitCode::from_bytes(app.chance());
    let row = NewCode {
        id: new_id!(app, now, CodeId),
        workspace_id: recovery.workspace_id.as_ref(),
        subject: recovery.id.as_str(),
        hash: app.keyring.code_hash(recovery.id.as_str(), code.digits().expose()),
        expires_at,
        created_at: now,
    };
    let locale = first.map_or(visitor.locale, |found| found.locale);
    let rendered = messages::recovery_code(locale, recovery.kind, app.config.host(), code.digits(), &recovery.mark);
    let message = Message {
        workspace: first.map(|found| &found.workspace_id),
        member: first.map(|found| &found.member_id),
        contact: first.map(|found| &found.contact_id),
        known: known.device,
        kind: recovery.kind,
        purpose: CODE,
        reference: Some(&recovery.reference),
        to: to.as_deref().map(String::as_str),
        rendered,
        expires_at,
    };
    let message = post::sealed(app, &message, now);
    Ok(store::apply(conn, [store::codes::put(&row), store::outbox::insert(&message)]).await?)
}

/// The attempt behind a handle, whatever its state; none when the handle opens nothing.
async fn open(app: &App, conn: &mut Conn, handle: &Secret, now: Timestamp) -> Result<Option<Recovery>> {
    let Some(presented) = Token::parse(token_kind::RECOVERY, handle.expose()) else {
        return Ok(None);
    };
    let row = store::recoveries::by_handle(conn, &presented.prefix).await?;
    Ok(row.filter(|row| presented.matches(&app.keyring, &row.handle_hash) && row.expires_at > now))
}

/// What the pages of an attempt show; none when it is over.
pub async fn show(app: &App, handle: &Secret, visitor: &Visitor) -> Result<Option<Shown>> {
    let mut conn = app.db.read().await?;
    let Some(recovery) = open(app, &mut conn, handle, visitor.now).await? else {
        return Ok(None);
    };
    let code = store::codes::state(&mut conn, recovery.id.as_str()).await?;
    Ok(Some(shown(app, &recovery, code)))
}

/// The newest message of the attempt behind this handle, as long as its code is waited for. Only a device that the account knows may know of it: to everybody else
/// all attempts look alike.
pub async fn followed(app: &App, handle: &Secret, now: Timestamp) -> Result<Option<Followed>> {
    let mut conn = app.db.read().await?;
    let found = open(app, &mut conn, handle, now).await?;
    let Some(recovery) = found.filter(|recovery| recovery.device_id.is_some()) else { return Ok(None) };
    let (index, device) = (recovery.index(), recovery.device_id.as_ref());
    let known = store::devices::known_for_address(&mut conn, recovery.kind, &index, device, &recovery.network).await?;
    Ok(known.device.then_some(Followed::Attempt(recovery.id)))
}

fn shown(app: &App, recovery: &Recovery, code: Option<(i64, Timestamp)>) -> Shown {
    let l = &app.config.limits;
    let (tries, code_until) = code.unwrap_or((l.code_tries, recovery.sent_at));
    Shown {
        kind: recovery.kind,
        workspace: recovery.workspace_id.clone(),
        mark: recovery.mark.clone(),
        reference: recovery.reference.clone(),
        step: match recovery.state.as_str() {
            "sent" => Step::Code,
            "proved" => Step::Proved,
            _ => Step::Ended,
        },
        code_until,
        resend_from: recovery.sent_at + seconds(l.resend_seconds),
        tries_left: (l.code_tries - tries).max(0),
        on_device: recovery.device_id.is_some(),
    }
}

/// Compares a typed code. A wrong guess is an answer, not an error: its count is committed.
pub async fn check(app: &App, handle: &Secret, typed: &CodeTyped, visitor: &Visitor) -> Result<Check> {
    let now = visitor.now;
    transaction!(app.db, conn => {
        let Some(recovery) = open(app, conn, handle, now).await? else {
            return Ok(Check::Ended);
        };
        match recovery.state.as_str() {
            "sent" => {}
            // Typed twice, or in two tabs: the same browser has proved it already.
            "proved" => return Ok(Check::Right),
            _ => return Ok(Check::Ended),
        }
        let limit = app.config.limits.code_tries;
        let Some(tried) = store::codes::take_try(conn, recovery.id.as_str(), limit, now).await? else {
            return Ok(Check::Dead);
        };
        let device = devices::recognise(app, conn, visitor).await?;
        let network = visitor.network.to_string();
        let index = recovery.index();
        let known = store::devices::known_for_address(
            conn,
            recovery.kind,
            &index,
            device.as_ref(),
            &network,
        )
        .await?;
        let compared = guard::take_guess(app, conn, recovery.kind, &index, known, visitor).await?;
        let found = candidates(app, conn, &recovery, now).await?;
        let same = app.keyring.code_matches(recovery.id.as_str(), typed.digits().expose(), &tried.hash);
        if !(compared && same && !found.is_empty()) {
            guard::guess_was_wrong(conn, recovery.kind, &index, recovery.id.as_str(), now).await?;
            return Ok(Check::Wrong { tries_left: limit - tried.tries });
        }
        if !store::codes::consume(conn, &tried.id, now).await?
            || !store::recoveries::set_proved(conn, &recovery.id, now, now + ATTEMPT).await?
        {
            return Ok(Check::Dead);
        }
        let lines: Vec<_> = found
            .iter()
            .map(|found| {
                let deed = Deed {
                    workspace: Some(&found.workspace_id),
                    actor: found.member_id.as_str(),
                    action: "recovery_proved",
                    member: Some(&found.member_id),
                    subject: Some(recovery.id.as_str()),
                    reference: Some(&recovery.reference),
                    network: Some(visitor.network),
                };
                deed.line(app, now)
            })
            .collect();
        let members =
            found.iter().map(|found| store::members::set_recovery_proved(&found.workspace_id, &found.member_id, now));
        let changes = guard::guess_was_right(recovery.kind, &index)
            .into_iter()
            .chain(guard::send_was_proved(&recovery.network, now))
            .chain(countries::was_typed(app, recovery.toward.as_deref(), &recovery.network))
            .chain(members)
            .chain(lines.iter().map(store::logs::audit))
            .chain([store::messages::set_entered(&recovery.reference, recovery.contact_id.as_ref(), CODE, now)]);
        store::apply(conn, changes).await?;
        metrics::counter!("aikagi_recoveries_total", "step" => "proved").increment(1);
        Ok(Check::Right)
    })
}

/// Sends another code; the older one dies. The countdown and the limits are those of the attempt and the destination.
pub async fn resend(app: &App, handle: &Secret, visitor: &Visitor) -> Result<Resend> {
    let now = visitor.now;
    let done = transaction!(app.db, conn => {
        let Some(recovery) = open(app, conn, handle, now).await?.filter(|recovery| recovery.state == "sent") else {
            return Ok(Resend::Ended);
        };
        let pause = seconds(app.config.limits.resend_seconds);
        if !store::recoveries::set_sent_again(conn, &recovery.id, now - pause, now).await? {
            let until = recovery.sent_at + pause;
            return Ok(Resend::Wait(Wait { until, what: guard::Spent::Destination }));
        }
        let device = devices::recognise(app, conn, visitor).await?;
        let index = recovery.index();
        let known = store::devices::known_for_address(
            conn,
            recovery.kind,
            &index,
            device.as_ref(),
            &recovery.network,
        )
        .await?;
        guard::take_send(app, conn, &recovery.address_index, Sends::Recovery(recovery.workspace_id.as_ref()), known, visitor)
            .await?
            .map_err(Stop::Wait)?;
        let found = candidates(app, conn, &recovery, now).await?;
        send(app, conn, &recovery, &found, known, visitor).await?;
        if !known.device {
            let (toward, workspace) = (recovery.toward.as_deref(), recovery.workspace_id.as_ref());
            countries::note(app, conn, toward, visitor.network, workspace, now).await?;
        }
        Ok(Resend::Sent)
    });
    app.outbox_bell.notify_one();
    match done {
        Ok(resend) => Ok(resend),
        Err(Stop::Wait(wait)) => Ok(Resend::Wait(wait)),
        Err(Stop::Broken(error)) => Err(error),
    }
}
