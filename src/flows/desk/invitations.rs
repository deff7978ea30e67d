//! Inviting somebody who has no password yet: by one of their contacts, or by a slip of paper. The code goes to the contact alone, and nobody at the desk sees
//! it; of a slip it is shown once. Sending again ends the one before.

use super::jobs::{self, Draft};
use super::turn::{Stop, Turn};
use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::contacts::{canonical, masked};
use crate::flows::post::{self, Message};
use crate::flows::recovery::CONTACT;
use crate::flows::sheet::Told;
use crate::flows::{Changed, Error, Result, new_id};
use crate::model::id::{ContactId, JobId, MemberId};
use crate::model::{
    Action, ContactKind, ContactState, ForcedSecret, InvitationWay, JobKind, JobState, MemberState, RowTrouble,
    Timestamp, days, seconds, time::Span,
};
use crate::store::contacts::Contact;
pub use crate::store::invitations::Invitation;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn, transaction};
use crate::wording::messages;

/// What its message is for, in the log.
pub(in crate::flows) const PURPOSE: &str = "invitation";
/// How long one holds.
pub const LIVES: Span = days(14);

/// Where somebody's invitation can go.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The contact.
    pub id: ContactId,
    /// SMS or email.
    pub kind: ContactKind,
    /// Masked.
    pub shown: String,
}

/// What is handed over on paper, once.
#[derive(Debug)]
pub struct Slip {
    /// Whom it is for.
    pub member: Member,
    /// The code.
    pub code: ForcedSecret,
    /// Until when it holds.
    pub until: Timestamp,
}

/// Where this member's invitation can go; none for somebody of another workspace, or who has a password.
pub async fn choices(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Option<(Member, Vec<Choice>)>> {
    let key = seat.signed().data_key(app)?;
    let workspace = &seat.member().workspace_id;
    let mut conn = app.db.read().await?;
    let member = store::members::by_id(&mut conn, workspace, id).await?;
    let Some(member) = member.filter(|member| member.state == MemberState::Invited) else { return Ok(None) };
    let mut all = Vec::new();
    for row in store::contacts::list(&mut conn, workspace, id).await?.into_iter().filter(is_open) {
        let plain = key.open_text(CONTACT, row.id.as_str(), &row.address)?;
        all.push(Choice { shown: masked(row.kind, &plain), id: row.id, kind: row.kind });
    }
    Ok(Some((member, all)))
}

fn is_open(contact: &Contact) -> bool {
    matches!(contact.state, ContactState::Unverified | ContactState::Verified)
}

/// The newest invitation of a member.
pub async fn newest(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Option<Invitation>> {
    Ok(store::invitations::newest(&mut app.db.read().await?, &seat.member().workspace_id, id).await?)
}

/// Sends an invitation to this contact, or writes a slip.
pub async fn invite(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    to: Option<&ContactId>,
) -> Result<Outcome<Option<Slip>>> {
    let now = seat.now();
    let by = seat.member().id.as_str();
    let done = transaction!(app.db, conn => {
        let member = match held(conn, seat, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let workspace = of(conn, &member).await?;
        let contact = match to {
            None => None,
            Some(to) => {
                let all = store::contacts::list(conn, &member.workspace_id, id).await?;
                match all.into_iter().find(|contact| contact.id == *to && is_open(contact)) {
                    None => return Ok(Err(Refusal::NotFound)),
                    some => some,
                }
            }
        };
        // A press too many sends no second message.
        let since = now - seconds(app.config.limits.resend_seconds);
        if let Some(contact) = &contact
            && let Some(newest) = store::invitations::newest(conn, &member.workspace_id, id).await?
            && newest.contact_id.as_ref() == Some(&contact.id)
            && newest.lives(now)
            && newest.created_at > since
        {
            return Ok(Err(Refusal::Soon));
        }
        let made = put(app, conn, (&workspace, by), &member, contact.as_ref(), now).await?;
        let told = Changed::default().put("way", (), made.0.way);
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        seat.deed(&member, "invited").with(key, told).write(app, conn, now).await?;
        Ok(Ok((contact.is_none(), member, made)))
    })?;
    app.outbox_bell.notify_one();
    Ok(done.map(|(paper, member, (row, code))| paper.then_some(Slip { member, code, until: row.expires_at })))
}

/// Ends an invitation, and any other link to set a first password.
pub async fn revoke(app: &App, seat: &Seat<'_>, id: &MemberId) -> Result<Outcome<()>> {
    let now = seat.now();
    transaction!(app.db, conn => {
        let member = match held(conn, seat, id).await? {
            Ok(member) => member,
            Err(refusal) => return Ok::<_, Error>(Err(refusal)),
        };
        let links = store::links::end_for_member(conn, id, now).await?;
        if !store::invitations::end_for_member(conn, &member.workspace_id, id, now).await? && links == 0 {
            return Ok(Err(Refusal::State));
        }
        seat.deed(&member, "invitation_revoked").write(app, conn, now).await?;
        Ok(Ok(()))
    })
}

async fn held(conn: &mut Conn, seat: &Seat<'_>, id: &MemberId) -> Result<Outcome<Member>> {
    Ok(match seat.hold_for(conn, Action::AddMembers, id).await? {
        Ok(member) if member.state == MemberState::Invited => Ok(member),
        Ok(_) => Err(Refusal::State),
        Err(refusal) => Err(refusal),
    })
}

async fn of(conn: &mut Conn, member: &Member) -> Result<Workspace> {
    let found = store::workspaces::by_id(conn, &member.workspace_id).await?;
    found.ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))
}

/// Makes the invitation, and the message where it goes to a contact; what was there before ends.
async fn put(
    app: &App,
    conn: &mut Conn,
    (workspace, by): (&Workspace, &str),
    member: &Member,
    contact: Option<&Contact>,
    now: Timestamp,
) -> Result<(Invitation, ForcedSecret)> {
    let code = ForcedSecret::from_bytes(app.chance());
    let id = new_id!(app, now, InvitationId);
    let index = app.keyring.invitation_indexes(code.signs().expose()).into_iter().next();
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let address = match contact {
        Some(contact) => Some(key.open_text(CONTACT, contact.id.as_str(), &contact.address)?),
        None => None,
    };
    let bound = match (contact, &address) {
        (Some(contact), Some(address)) => Some(app.keyring.code_hash(id.as_str(), &canonical(contact.kind, address)?)),
        _ => None,
    };
    let row = Invitation {
        id,
        workspace_id: workspace.id.clone(),
        member_id: member.id.clone(),
        way: match contact.map(|contact| contact.kind) {
            Some(ContactKind::Mobile) => InvitationWay::Sms,
            Some(ContactKind::Email) => InvitationWay::Email,
            None => InvitationWay::Slip,
        },
        contact_id: contact.map(|contact| contact.id.clone()),
        bound,
        role: member.role,
        code_index: index.ok_or_else(|| Error::Broken("there is no key".to_owned()))?,
        link_id: None,
        by_member: by.to_owned(),
        opened_at: None,
        used_at: None,
        ended_at: None,
        expires_at: now + LIVES,
        created_at: now,
    };
    store::links::end_for_member(conn, &member.id, now).await?;
    store::invitations::end_for_member(conn, &workspace.id, &member.id, now).await?;
    store::invitations::insert(conn, &row).await?;
    if let (Some(contact), Some(address)) = (contact, &address) {
        let link = app.config.link(&format!("/invitation/{}", code.grouped().expose()));
        let facts = messages::Invitation {
            workspace: &workspace.name,
            login: &format!("{}@{}", member.login, workspace.slug),
            code: &code.grouped(),
            link: &link,
            host: app.config.host(),
        };
        let message = Message {
            workspace: Some(&workspace.id),
            member: Some(&member.id),
            contact: Some(&contact.id),
            known: true,
            kind: contact.kind,
            purpose: PURPOSE,
            reference: None,
            to: Some(address),
            rendered: messages::invitation(member.locale, contact.kind, &facts),
            expires_at: now + days(2),
        };
        post::queue(app, conn, message, now).await?;
    }
    Ok((row, code))
}

/// Slips of one page.
const SLIPS: usize = 20;

/// Slips for those of an import whom no invitation invites yet, of the next so many behind the first `after`. Answers them, and behind which the
/// next are.
pub async fn slips(
    app: &App,
    seat: &Seat<'_>,
    import: &JobId,
    after: usize,
) -> Result<Outcome<(Vec<Slip>, Option<usize>)>> {
    let (workspace, now) = (&seat.member().workspace_id, seat.now());
    let job = store::jobs::by_id(&mut app.db.read().await?, workspace, import).await?;
    let Some(job) = job.filter(|job| job.kind == JobKind::Import) else { return Ok(Err(Refusal::NotFound)) };
    if !job.state.is_over() {
        return Ok(Err(Refusal::State));
    }
    let per_piece = jobs::PIECE.div_ceil(SLIPS);
    let nth = i64::try_from(after / per_piece).unwrap_or(i64::MAX);
    let ids = jobs::members_of(app, seat, &job, nth).await?;
    let ids: Vec<_> = ids.into_iter().skip(after % per_piece * SLIPS).take(SLIPS).collect();
    let by = seat.member().id.as_str();
    let made = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::AddMembers).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let whole = store::workspaces::by_id(conn, workspace).await?;
        let whole = whole.ok_or_else(|| Error::Broken(format!("no workspace {workspace}")))?;
        let key = app.data_key(&whole.id, &whole.data_key)?;
        let mut slips = Vec::new();
        for id in &ids {
            store::members::take(conn, workspace, id).await?;
            let member = store::members::by_id(conn, workspace, id).await?;
            let open = |member: &Member| member.state == MemberState::Invited && seat.stands_above(member.role);
            let Some(member) = member.filter(open) else { continue };
            if store::invitations::newest(conn, workspace, id).await?.is_some_and(|newest| newest.lives(now)) {
                continue;
            }
            let (row, code) = put(app, conn, (&whole, by), &member, None, now).await?;
            let told = Changed::default().put("way", (), row.way);
            seat.deed(&member, "invited").with(key.clone(), told).write(app, conn, now).await?;
            slips.push(Slip { member, code, until: row.expires_at });
        }
        Ok(Ok(slips))
    })?;
    let next = after.saturating_add(1);
    let more = i64::try_from(next / per_piece).is_ok_and(|piece| piece < job.next);
    Ok(made.map(|slips| (slips, more.then_some(next))))
}

/// Prepares to invite all whom an import added, each by what contact they have: an address before a number.
pub async fn prepare(app: &App, seat: &Seat<'_>, import: &JobId) -> Result<Outcome<JobId>> {
    let Some(job) = store::jobs::by_id(&mut app.db.read().await?, &seat.member().workspace_id, import).await? else {
        return Ok(Err(Refusal::NotFound));
    };
    if job.kind != JobKind::Import || !job.state.is_over() || job.state == JobState::Draft {
        return Ok(Err(Refusal::State));
    }
    let mut pieces = Vec::new();
    for nth in 0..job.next {
        let members = jobs::members_of(app, seat, &job, nth).await?;
        if !members.is_empty() {
            pieces.push(Draft { rows: members.len(), input: members, told: Vec::new() });
        }
    }
    jobs::draft(app, seat, JobKind::Invite, &pieces).await
}

/// Invites the next members.
pub(super) async fn piece(app: &App, turn: &Turn) -> std::result::Result<(), Stop> {
    let ids: Vec<MemberId> = turn.input()?;
    let now = turn.now;
    let with = turn.writes_with(app);
    transaction!(app.db, conn => {
        let by = turn.hold(conn).await?;
        if store::keys::writing(conn, turn.workspace.id.as_str()).await?.as_ref() != Some(&with) {
            return Err(Stop::Again);
        }
        let mut told = Vec::new();
        for (line, id) in (turn.before() + 1..).zip(&ids) {
            store::members::take(conn, &turn.workspace.id, id).await?;
            let member = store::members::by_id(conn, &turn.workspace.id, id).await?;
            let Some(member) = member.filter(|member| {
                member.state == MemberState::Invited && turn.stands_above(&by, member.role)
            }) else {
                told.push(Told::new(line, None, id.as_str(), RowTrouble::NotInvited));
                continue;
            };
            let newest = store::invitations::newest(conn, &turn.workspace.id, id).await?;
            if newest.is_some_and(|invitation| invitation.lives(now)) {
                told.push(Told::new(line, None, &member.login, RowTrouble::Invited));
                continue;
            }
            let contacts = store::contacts::list(conn, &turn.workspace.id, id).await?;
            let open = || contacts.iter().filter(|contact| is_open(contact));
            let contact = open().find(|contact| contact.kind == ContactKind::Email).or_else(|| open().next());
            let Some(contact) = contact else {
                told.push(Told::new(line, None, &member.login, RowTrouble::NoContact));
                continue;
            };
            put(app, conn, (&turn.workspace, turn.job.by_member.as_str()), &member, Some(contact), now).await?;
            turn.deed(id, "invited").write(app, conn, now).await?;
        }
        turn.put(app, conn, told, Vec::new()).await
    })?;
    app.outbox_bell.notify_one();
    Ok(())
}
