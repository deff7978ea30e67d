//! An invitation, from the side of who was invited: its code is exchanged for a link that this browser alone gets, and that sets a first password and opens
//! nothing else. It holds for the role and for the contact as they were when it was sent.

use zeroize::Zeroizing;

use super::contacts::canonical;
use super::recovery::CONTACT;
use super::{Deed, Error, Result, Visitor, password};
use crate::app::App;
use crate::model::{ContactState, ForcedSecret, MemberState, hours, minutes, time::Span};
use crate::store::contacts::Contact;
use crate::store::invitations::Invitation;
use crate::store::limits::{self, Window};
use crate::store::links::Link;
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};

/// How long the link lives that a code is exchanged for.
const LINK: Span = minutes(30);
/// Codes that a network may try in an hour: a hall full of new people behind one address. No number of tries finds one by chance.
const TRIES: i64 = 300;

/// What came of a code.
#[derive(Debug)]
pub enum Opened {
    /// The path of the page to set a password.
    Link(Zeroizing<String>),
    /// There is no such invitation, or it is over.
    Unknown,
    /// Enough tries for now; so many seconds to wait.
    Wait(i64),
}

/// Exchanges a code, as typed or as it stands in a link.
pub async fn open(app: &App, typed: &str, visitor: &Visitor) -> Result<Opened> {
    let now = visitor.now;
    let window = [Window::new(TRIES, hours(1))];
    let key = format!("invitation:{}", visitor.network);
    let taken = transaction!(app.db, conn => limits::take_all(conn, &key, &window, now).await.map_err(Error::from))?;
    if let Err(until) = taken {
        return Ok(Opened::Wait(now.until(until).as_seconds().max(1)));
    }
    let Some(code) = ForcedSecret::parse(typed) else { return Ok(Opened::Unknown) };
    let indexes = app.keyring.invitation_indexes(code.signs().expose());
    transaction!(app.db, conn => {
        let Some(invitation) = store::invitations::by_code(conn, &indexes, now).await? else {
            return Ok::<_, Error>(Opened::Unknown);
        };
        store::members::take(conn, &invitation.workspace_id, &invitation.member_id).await?;
        let Some((member, _)) = holds(app, conn, &invitation).await? else { return Ok(Opened::Unknown) };
        let (link, path) = password::link(app, &member.workspace_id, &member.id, now);
        let link = Link { expires_at: invitation.expires_at.min(now + LINK), ..link };
        if !store::invitations::set_link(conn, &invitation, &link.id, now).await? {
            return Ok(Opened::Unknown);
        }
        store::links::insert(conn, &link).await?;
        let own = Deed::own(&member, "invitation_opened", visitor);
        Deed { subject: Some(invitation.id.as_str()), ..own }.write(app, conn, now).await?;
        Ok(Opened::Link(path))
    })
}

/// The member, and the contact that it went to, if both are still what the invitation was made for.
pub(super) async fn holds(
    app: &App,
    conn: &mut Conn,
    invitation: &Invitation,
) -> Result<Option<(Member, Option<Contact>)>> {
    let member = store::members::by_id(conn, &invitation.workspace_id, &invitation.member_id).await?;
    let member = member.filter(|member| {
        member.state == MemberState::Invited && member.held_at.is_none() && member.role == invitation.role
    });
    let Some(member) = member else { return Ok(None) };
    let (Some(id), Some(bound)) = (&invitation.contact_id, &invitation.bound) else { return Ok(Some((member, None))) };
    let contacts = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    let Some(contact) = contacts.into_iter().find(|contact| contact.id == *id) else { return Ok(None) };
    if !matches!(contact.state, ContactState::Unverified | ContactState::Verified) {
        return Ok(None);
    }
    let workspace = store::workspaces::by_id(conn, &member.workspace_id)
        .await?
        .ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))?;
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let address = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    let same = app.keyring.code_matches(invitation.id.as_str(), &canonical(contact.kind, &address)?, bound);
    Ok(same.then_some((member, Some(contact))))
}
