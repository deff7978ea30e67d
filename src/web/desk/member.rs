//! One member: profile, contacts, where they are signed in, the last tries, what was done; and the actions that are open now.

use super::members::row;
use super::messages;
use crate::flows::desk::invitations::{self, Invitation};
use crate::flows::desk::messages as desk_messages;
use crate::flows::desk::roster::{self, Member, One};
use crate::flows::{history, session::Signed};
use crate::model::id::MemberId;
use crate::model::{Action, ContactState, Locale, MemberState, Role, Timestamp};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::member::{devices, own};
use crate::web::view::desk::{ContactLine, Doings, MemberPage, ReadinessShown, SignInLine, Way};
use crate::web::view::{ChangeShown, moment};
use crate::wording::{self, agent};

/// The member whom the path names. Who may not see members sees whom a caller proved to be to them.
pub async fn find(call: &Call, signed: &Signed) -> Result<One, Failure> {
    let id = MemberId(call.param("id").unwrap_or_default().to_owned());
    let by_call = !signed.member.role.may(Action::SeeMembers);
    let seat = super::seat(call, signed, if by_call { Action::TakeCalls } else { Action::SeeMembers })?;
    roster::one(&call.app, &seat, &id).await?.ok_or(Failure::NotFound)
}

/// The page.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let one = find(&call, &signed).await?;
    let (now, locale) = (call.visitor.now, call.locale());
    let contacts = one.contacts.iter().map(|(contact, masked)| ContactLine {
        id: contact.id.to_string(),
        channel: own::channel(contact.kind),
        shown: masked.clone(),
        state: contact.state,
        waits: contact
            .recovers_from
            .filter(|from| contact.state == ContactState::Verified && *from > now)
            .map(|from| moment(locale, from)),
        entered: contact.state == ContactState::Verified && !contact.is_confirmed(),
        confirmed: contact.confirmed_at.map(|at| moment(locale, at)),
    });
    let devices = one.devices.iter().map(|shown| devices::shown(locale, shown, None));
    let sign_ins = one.sign_ins.iter().map(|line| SignInLine {
        at: moment(locale, line.at),
        result: line.result,
        device: agent::in_words(locale, &line.agent),
        place: line.address.clone(),
    });
    let history = one.history.iter().map(|line| ChangeShown {
        at: moment(locale, line.at),
        text: wording::text(locale, history::deed(&line.action).key(), &[]),
    });
    let newest = {
        let seat = super::seat(&call, &signed, Action::TakeCalls)?;
        invitations::newest(&call.app, &seat, &one.member.id).await?
    };
    let messages = {
        let seat = super::seat(&call, &signed, Action::TakeCalls)?;
        desk_messages::of_member(&call.app, &seat, &one).await?
    };
    let invited = newest.as_ref().is_some_and(|row| row.lives(now));
    let invitation = newest.map(|row| in_words(locale, &row, now)).unwrap_or_default();
    let row = row(locale, &one.member, now);
    let page = MemberPage {
        login: format!("{}@{}", row.login, signed.slug),
        row,
        added: moment(locale, one.member.created_at),
        demand: one.member.demand,
        readiness: ReadinessShown(one.readiness),
        drilled: one.drilled_at.map(|at| moment(locale, at)),
        password_at: one.password_set_at.map(|at| moment(locale, at)),
        invitation,
        contacts: contacts.collect(),
        devices: devices.collect(),
        sign_ins: sign_ins.collect(),
        history: history.collect(),
        messages: messages.iter().map(|named| messages::line(locale, named, false)).collect(),
        all_messages: signed
            .member
            .role
            .may(Action::ReadMessages)
            .then(|| messages::path_for(&call, &signed, &one.member.login)),
        doings: doings(&signed, &one, invited),
        owner_step: one.member.id != signed.member.id
            && one.member.role == Role::Owner
            && signed.member.role.may(Action::ActOnOwners),
        note: note(&signed, &one.member, one.below, locale),
        mends: one.below
            && one.member.state != MemberState::Deleted
            && signed.member.role.may(Action::MendContacts)
            && signed.member.role.may(Action::EditProfile),
        page: call.frame_at_desk(&signed),
    };
    call.page(&page)
}

/// How an invitation stands.
fn in_words(locale: Locale, row: &Invitation, now: Timestamp) -> Vec<String> {
    let at = |at| moment(locale, at);
    let said = |key, value: &str| wording::text(locale, key, &[("at", value)]);
    if let Some(used) = row.used_at {
        return vec![said("invitation-used", &at(used))];
    }
    if !row.lives(now) {
        return vec![said("invitation-over", &at(row.created_at))];
    }
    let values = [("at", &*at(row.created_at)), ("until", &*at(row.expires_at))];
    let mut lines = vec![wording::text(locale, "invitation-live", &values)];
    lines.extend(row.opened_at.map(|opened| said("invitation-opened", &at(opened))));
    lines
}

/// What can be done to the account as it stands, by who looks.
fn doings(signed: &Signed, one: &One, invited: bool) -> Doings {
    let may = |action| one.below && signed.member.role.may(action);
    let (state, held) = (one.member.state, one.member.held_at.is_some());
    let frozen = one.contacts.iter().any(|(contact, _)| contact.state == ContactState::Frozen);
    let present = state != MemberState::Deleted;
    let ways = [
        (Way::Invite, Action::AddMembers, state == MemberState::Invited),
        (Way::Uninvite, Action::AddMembers, invited),
        (Way::Release, Action::Release, present && (held || frozen)),
        (Way::Resume, Action::Suspend, state == MemberState::Suspended),
        (Way::BringBack, Action::Delete, one.member.deleted_from.is_some()),
        (Way::Force, Action::DemandPassword, state == MemberState::Active && !held),
        (Way::Request, Action::DemandPassword, state == MemberState::Active && !held && one.member.demand.is_none()),
        (Way::Lost, Action::AnswerLosses, present && state != MemberState::Invited),
        (Way::SignOut, Action::SignOut, state == MemberState::Active && one.open_sessions() > 0),
        (Way::Hold, Action::Release, state == MemberState::Active && !held),
        (Way::Suspend, Action::Suspend, state == MemberState::Active),
        (Way::Nudge, Action::Nudge, one.readiness.is_reason()),
        (Way::Role, Action::SetRoles, state == MemberState::Active),
        (Way::Delete, Action::Delete, present),
    ];
    Doings(ways.into_iter().filter(|(_, action, open)| *open && may(*action)).map(|(way, ..)| way).collect())
}

/// Why nothing can be done.
fn note(signed: &Signed, member: &Member, below: bool, locale: Locale) -> Option<String> {
    if member.id == signed.member.id {
        return Some(wording::text(locale, "desk-note-self", &[]));
    }
    (!below).then(|| wording::text(locale, "desk-note-rank", &[]))
}

/// The name and ID above a page about what is about to be done.
pub fn heading(signed: &Signed, one: &One) -> (String, String) {
    (one.member.name.clone(), format!("{}@{}", one.member.login, signed.slug))
}
