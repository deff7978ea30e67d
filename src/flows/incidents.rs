//! A device is lost or stolen, or somebody else may know the password: one case from the report to the list of what became of each thing.
//!
//! The first question is what is on the device: the contacts on it neither recover nor get secrets from then on, nor can they object, since whoever
//! has the device has them. The thief may report first, so that after a recovery another channel must prove something, and what was lost
//! counts again only by a contact that is not, or by an administrator. Every step can be taken twice and is done once.

mod ending;

pub use ending::{Back, Found, close, close_for, found, found_for, way_back};

use super::contacts::stays_for;
use super::desk::{Outcome, Refusal, Seat, proof};
use super::session::{self, Signed};
use super::wipes::Wipe;
use super::{Changed, Deed, Error, Result, Visitor, alarm, alerts, new_id};
use crate::app::App;
use crate::model::id::{CallId, ContactId, DeviceId, MemberId};
use crate::model::{Action, AlertEvent, ContactState, IncidentKind, IncidentThing, MemberState, Timestamp};
use crate::store::alerts::Alert;
use crate::store::incidents::{self, Incident, Thing};
use crate::store::logs::Audit;
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::vault::Presented;

/// Lines of the audit log that a case shows at most.
const MOST_DEEDS: i64 = 50;

/// What somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What happened.
    pub kind: IncidentKind,
    /// Which devices; none where it is on no list.
    pub devices: Vec<DeviceId>,
    /// Which contacts are on them.
    pub contacts: Vec<ContactId>,
}

/// What came of a member's own report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// It is written down, and what it asks for is done.
    Done,
    /// A recovery happened less than a day ago by the only channel that proved anything.
    AfterRecovery {
        /// Until then no contact is declared lost without a proof.
        until: Timestamp,
        /// By these it can be proved.
        provers: Vec<ContactId>,
    },
    /// The account is held instead, as was asked for; this session is over.
    Held,
    /// The device that the report comes from is none that is lost.
    ThisDevice,
    /// No such device or contact.
    NoSuch,
    /// The password must be given again first, or the session is over.
    ProveAgain,
}

/// A member reports, from another device. `hold`: where another channel would have to prove something first, the account is held.
pub async fn report(app: &App, signed: &Signed, report: &Report, hold: bool, visitor: &Visitor) -> Result<Reported> {
    let (member, now) = (&signed.member, visitor.now);
    if !signed.is_fresh(now) {
        return Ok(Reported::ProveAgain);
    }
    if signed.device.as_ref().is_some_and(|own| report.devices.contains(own)) {
        return Ok(Reported::ThisDevice);
    }
    let done = transaction!(app.db, conn => {
        if !session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(Reported::ProveAgain);
        }
        let all = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
        let counts = |id: &ContactId| all.iter().any(|one| one.id == *id && one.state != ContactState::Unverified);
        if report.contacts.iter().any(counts)
            && let Some((until, provers)) = stays_for(signed, &all, &report.contacts, now)
        {
            if !hold {
                return Ok(Reported::AfterRecovery { until, provers });
            }
            alarm::hold(app, conn, member, None, now).await?;
            let (key, changed) = (signed.data_key(app)?, Changed::default().put("held", false, true));
            session::deed(signed, "loss_held", None, visitor).with(key, changed).write(app, conn, now).await?;
            return Ok(Reported::Held);
        }
        let Some(incident) = open(app, conn, member, (&member.id, report), now).await? else {
            return Ok(Reported::NoSuch);
        };
        let deed = session::deed(signed, "loss_reported", Some(incident.id.as_str()), visitor);
        deed.with(signed.data_key(app)?, told_of(report)).write(app, conn, now).await?;
        tell_administrators(conn, AlertEvent::MemberLoss, member, incident, now).await?;
        Ok(Reported::Done)
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// An administrator reports it for a member.
pub async fn report_for(app: &App, seat: &Seat<'_>, id: &MemberId, report: &Report) -> Result<Outcome<()>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::AnswerLosses, id).await? {
            Ok(member) if member.state == MemberState::Deleted => return Ok(Err(Refusal::State)),
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let Some(incident) = open(app, conn, &member, (&seat.member().id, report), now).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let deed = Deed { subject: Some(incident.id.as_str()), ..seat.deed(&member, "loss_reported_by_desk") };
        deed.with(seat.signed().data_key(app)?, told_of(report)).write(app, conn, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// The help desk reports it for a caller whose call it proved.
pub async fn report_for_caller(
    app: &App,
    seat: &Seat<'_>,
    call: &CallId,
    id: &MemberId,
    report: &Report,
) -> Result<Outcome<()>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        let member = match seat.hold_for(conn, Action::HelpCaller, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let proved = proof::held(conn, seat, call).await?.is_some_and(|proved| proved.id == member.id);
        if !proved || member.state == MemberState::Deleted {
            return Ok(Err(Refusal::State));
        }
        // As after a recovery: who has one contact declares no other lost.
        if !report.contacts.is_empty() && proof::is_by_one_contact(conn, seat, call).await? {
            return Ok(Err(Refusal::State));
        }
        let Some(incident) = open(app, conn, &member, (&seat.member().id, report), now).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let told = told_of(report).put("call", (), call.as_str());
        let deed = Deed { subject: Some(incident.id.as_str()), ..seat.deed(&member, "loss_reported_by_desk") };
        deed.with(seat.signed().data_key(app)?, told).write(app, conn, now).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Whether the caller may declare contacts lost, too: not where one of them is all that proved who they are.
pub async fn caller_may_lose_contacts(app: &App, seat: &Seat<'_>, call: &CallId) -> Result<bool> {
    Ok(!proof::is_by_one_contact(&mut app.db.read().await?, seat, call).await?)
}

/// For the audit log: how much was reported.
fn told_of(report: &Report) -> Changed {
    let changed = Changed::default().put("kind", (), report.kind);
    changed.put("devices", 0, report.devices.len()).put("contacts", 0, report.contacts.len())
}

/// Opens the case, or adds to the one that is open. None where a device or contact is not the member's, which changes nothing.
async fn open(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    (by, report): (&MemberId, &Report),
    now: Timestamp,
) -> Result<Option<Incident>> {
    store::members::take(conn, &member.workspace_id, &member.id).await?;
    if !are_theirs(conn, member, report).await? {
        return Ok(None);
    }
    let fresh = fresh(app, member, (by, report.kind), now);
    let is_new = incidents::insert(conn, &fresh).await?;
    let incident = if is_new {
        fresh
    } else {
        let open = incidents::newest(conn, &member.workspace_id, &member.id).await?;
        open.filter(|incident| incident.ended_at.is_none())
            .ok_or_else(|| Error::Broken(format!("{} has an open incident that is not there", member.id)))?
    };
    // The notice goes out by the contacts as they stand after the report: those on the device learn it, too, and have no say.
    for device in &report.devices {
        incidents::lose_device(conn, &incident, device, now).await?;
    }
    if !report.devices.is_empty() {
        incidents::overtake(conn, &incident).await?;
    }
    for contact in &report.contacts {
        incidents::lose_contact(conn, &incident, contact, now).await?;
    }
    // What is under way to get in, or to set a password, may be the thief's.
    store::recoveries::end_open(conn, &member.id, now).await?;
    store::warrants::end_for_member(conn, &member.id, "lost", now).await?;
    if is_new {
        alarm::tell(app, conn, member, alarm::Event::LossReported, incident.id.as_str(), None, now).await?;
    }
    Ok(Some(incident))
}

/// A hold by 「自分ではない」 is a case, too, or part of the one that is open. The caller has taken the member's row.
pub(super) async fn suspect(app: &App, conn: &mut Conn, member: &Member, visitor: &Visitor) -> Result<()> {
    let incident = fresh(app, member, (&member.id, IncidentKind::Suspected), visitor.now);
    if incidents::insert(conn, &incident).await? {
        let deed = Deed { actor: "notice", ..Deed::own(member, "suspicion_opened", visitor) };
        Deed { subject: Some(incident.id.as_str()), ..deed }.write(app, conn, visitor.now).await?;
        tell_administrators(conn, AlertEvent::MemberObjected, member, incident, visitor.now).await?;
    }
    Ok(())
}

/// Written down once for a case, and told by whoever looks for what was not told yet.
async fn tell_administrators(
    conn: &mut Conn,
    event: AlertEvent,
    member: &Member,
    incident: Incident,
    now: Timestamp,
) -> Result<()> {
    let alert = Alert {
        workspace_id: Some(member.workspace_id.clone()),
        member_id: Some(member.id.clone()),
        ..Alert::new(event, incident.id.0, incident.opened_at, now)
    };
    alerts::write(conn, alert, now).await
}

fn fresh(app: &App, member: &Member, (by, kind): (&MemberId, IncidentKind), now: Timestamp) -> Incident {
    Incident {
        id: new_id!(app, now, IncidentId),
        workspace_id: member.workspace_id.clone(),
        member_id: member.id.clone(),
        kind,
        opened_by: by.clone(),
        opened_at: now,
        ended_at: None,
        outcome: None,
    }
}

async fn are_theirs(conn: &mut Conn, member: &Member, report: &Report) -> Result<bool> {
    let contacts = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let devices = store::devices::of_member(conn, &member.workspace_id, &member.id).await?;
    Ok(report.contacts.iter().all(|id| contacts.iter().any(|contact| contact.id == *id))
        && report.devices.iter().all(|id| devices.iter().any(|device| device.device_id == *id)))
}

/// A session that opens nothing was shown. Of one that ended with a lost device it is written down, once.
pub(super) async fn came_back(app: &App, presented: &Presented, now: Timestamp) -> Result<()> {
    let lost = incidents::lost_session(&mut app.db.read().await?, &presented.prefix).await?;
    let Some((session, _)) = lost.filter(|(_, hash)| presented.matches(&app.keyring, hash)) else { return Ok(()) };
    match transaction!(app.db, conn => incidents::set_refused(conn, &session, now).await) {
        // It could be read and not be written (a full disk): it is refused all the same.
        Err(error) if error.is_passing() => {
            tracing::warn!(%error, "that a lost session came back cannot be written down");
            Ok(())
        }
        other => Ok(other?),
    }
}

/// A case as it stands.
#[derive(Debug)]
pub struct Case {
    /// The case.
    pub incident: Incident,
    /// What was done to the account since, newest first: lines of the audit log.
    pub deeds: Vec<Audit>,
    /// What became of each thing.
    pub things: Vec<Thing>,
    /// What devices were told to give up since, newest first.
    pub wipes: Vec<Wipe>,
}

impl Case {
    /// Whether anything is still lost.
    pub fn is_lost(&self) -> bool {
        self.things.iter().any(|thing| thing.kind != IncidentThing::Session && thing.undone_at.is_none())
    }
}

/// The member's open case, or the newest of which something is still lost.
pub async fn own(app: &App, signed: &Signed) -> Result<Option<Case>> {
    newest(&mut app.db.read().await?, &signed.member).await
}

/// The open cases of the workspace that the desk shows at once.
const OPEN: i64 = 50;

/// The workspace's open cases, the oldest first.
pub async fn open_cases(app: &App, seat: &Seat<'_>) -> Result<Vec<incidents::Open>> {
    seat.taken_for(Action::SeeMembers)?;
    Ok(incidents::open_of(&mut app.db.read().await?, &seat.member().workspace_id, OPEN).await?)
}

/// The same of a member at the desk.
pub async fn of(app: &App, member: &Member) -> Result<Option<Case>> {
    newest(&mut app.db.read().await?, member).await
}

pub(super) async fn newest(conn: &mut Conn, member: &Member) -> Result<Option<Case>> {
    let Some(incident) = incidents::newest(conn, &member.workspace_id, &member.id).await? else { return Ok(None) };
    let deeds = store::logs::audit_of(conn, &member.workspace_id, &member.id, MOST_DEEDS).await?;
    let deeds = deeds.into_iter().filter(|line| line.at >= incident.opened_at).collect();
    let things = incidents::things(conn, &incident.id).await?;
    let wipes = super::wipes::of_member(conn, member).await?;
    let wipes = wipes.into_iter().filter(|wipe| wipe.incident_id.as_ref() == Some(&incident.id)).collect();
    let case = Case { incident, deeds, things, wipes };
    Ok((case.incident.ended_at.is_none() || case.is_lost()).then_some(case))
}
