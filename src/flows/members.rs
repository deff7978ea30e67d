//! Members, as the operator adds and looks after them by the command line.

use crate::store::transaction;
use zeroize::Zeroizing;

use super::contacts::Address;
use super::recovery::CONTACT;
use super::{Changed, Deed, Error, Result, alarm, guard, new_id, password};
use crate::app::App;
use crate::model::{AddressIndex, ContactState, Locale, LoginName, MemberState, Role, Secret, Timestamp};
use crate::store::contacts::Contact;
use crate::store::members::Member;
use crate::store::workspaces::Workspace;
use crate::store::{self, Conn};

/// Somebody to be added.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct NewMember {
    pub login: LoginName,
    pub name: String,
    pub kana: String,
    pub department: String,
    pub role: Role,
    pub locale: Locale,
    /// Not counted until the member has typed a code that went there.
    pub contacts: Vec<Address>,
}

/// What came of adding somebody.
#[derive(Debug)]
pub enum Add {
    /// The path of a link with which they set a password, once.
    Done {
        /// The new member.
        member: Box<Member>,
        /// Begins with `/`.
        link: Zeroizing<String>,
    },
    /// The login name is taken, or was given up a short while ago.
    Taken,
}

/// Adds a member in the state `invited`.
pub async fn add(app: &App, workspace: &Workspace, new: &NewMember) -> Result<Add> {
    let now = app.now();
    transaction!(app.db, conn => insert(app, conn, workspace, new, now).await)
}

async fn insert(app: &App, conn: &mut Conn, workspace: &Workspace, new: &NewMember, now: Timestamp) -> Result<Add> {
    let member = row(app, workspace, new, now);
    if !store::members::insert(conn, &member).await? {
        return Ok(Add::Taken);
    }
    for address in &new.contacts {
        let (row, index) = contact(app, workspace, &member, address, None, now)?;
        store::contacts::insert(conn, &row, &index).await?;
    }
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    deed(&member, "member_added").with(key, added(&member)).write(app, conn, now).await?;
    let link = password::new_link(app, conn, &workspace.id, &member.id, now).await?;
    Ok(Add::Done { member: Box::new(member), link })
}

/// The new member as a row.
pub(super) fn row(app: &App, workspace: &Workspace, new: &NewMember, now: Timestamp) -> Member {
    Member {
        id: new_id!(app, now, MemberId),
        workspace_id: workspace.id.clone(),
        login: new.login.as_str().to_owned(),
        name: new.name.clone(),
        kana: new.kana.clone(),
        department: new.department.clone(),
        role: new.role,
        state: MemberState::Invited,
        locale: new.locale,
        held_at: None,
        checkup_since: None,
        recovery_proved: None,
        recovered_at: None,
        recovered_by: None,
        contacts_later: None,
        epoch: 0,
        created_at: now,
        updated_at: now,
    }
}

/// An address of the member as a row, sealed, and what it is found by.
pub(super) fn contact(
    app: &App,
    workspace: &Workspace,
    member: &Member,
    address: &Address,
    verified_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(Contact, AddressIndex)> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let id = new_id!(app, now, ContactId);
    let index = app.keyring.contact_index(address.kind().as_str(), &address.canonical());
    let row = Contact {
        address: key.seal(&*app.dice, CONTACT, id.as_str(), address.as_sent().as_bytes()),
        address_index: index.written().to_owned(),
        id,
        workspace_id: workspace.id.clone(),
        member_id: member.id.clone(),
        kind: address.kind(),
        state: if verified_at.is_some() { ContactState::Verified } else { ContactState::Unverified },
        recovers_from: verified_at,
        verified_at,
        confirmed_at: verified_at,
        removed_at: None,
        created_at: verified_at.unwrap_or(now),
        frozen_at: None,
        changed_at: None,
    };
    Ok((row, index))
}

/// For the demonstration and the tests: somebody who has been with the workspace for a while, with a password and
/// contacts that count. The password is not judged.
pub async fn settle(
    app: &App,
    workspace: &Workspace,
    member: &Member,
    typed: Option<&Secret>,
    contacts: &[Address],
    since: Timestamp,
) -> Result<()> {
    let hash = match typed {
        Some(typed) => Some(app.hashing.hash(password::normal(typed)).await?),
        None => None,
    };
    transaction!(app.db, conn => {
        if let Some(hash) = &hash {
            store::passwords::set(conn, &workspace.id, &member.id, hash, since).await?;
            store::members::activate(conn, &workspace.id, &member.id, since).await?;
            store::links::end_for_member(conn, &member.id, app.now()).await?;
        }
        for address in contacts {
            let (row, index) = contact(app, workspace, member, address, Some(since), since)?;
            store::contacts::insert(conn, &row, &index).await?;
        }
        Ok(())
    })
}

/// The member with this login name.
pub async fn by_login(app: &App, workspace: &Workspace, login: &LoginName) -> Result<Option<Member>> {
    Ok(store::members::by_login(&mut app.db.read().await?, &workspace.id, login.as_str()).await?)
}

/// A page of members after the id `after` (empty for the first).
pub async fn list(app: &App, workspace: &Workspace, after: &str, limit: i64) -> Result<Vec<Member>> {
    Ok(store::members::list(&mut app.db.read().await?, &workspace.id, after, limit).await?)
}

/// One member with what the operator may see: contacts masked.
pub async fn contacts(app: &App, workspace: &Workspace, member: &Member) -> Result<Vec<(Contact, String)>> {
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let rows = store::contacts::list(&mut app.db.read().await?, &workspace.id, &member.id).await?;
    rows.into_iter()
        .map(|row| {
            let plain = key.open_text(CONTACT, row.id.as_str(), &row.address)?;
            let masked = super::contacts::masked(row.kind, &plain);
            Ok((row, masked))
        })
        .collect()
}

/// A new link with which the member sets a first password; older ones end. None for a member who has one already.
pub async fn invite_again(app: &App, workspace: &Workspace, member: &Member) -> Result<Option<Zeroizing<String>>> {
    let now = app.now();
    transaction!(app.db, conn => {
        let present = store::members::by_id(conn, &workspace.id, &member.id).await?;
        if present.is_none_or(|present| present.state != MemberState::Invited) {
            return Ok::<_, Error>(None);
        }
        deed(member, "invited_again").write(app, conn, now).await?;
        password::new_link(app, conn, &workspace.id, &member.id, now).await.map(Some)
    })
}

/// Suspends the member, or lets them in again. Sessions end at once.
pub async fn set_suspended(app: &App, workspace: &Workspace, member: &Member, suspended: bool) -> Result<bool> {
    let now = app.now();
    let (from, to, action) = if suspended {
        (MemberState::Active, MemberState::Suspended, "suspended")
    } else {
        (MemberState::Suspended, MemberState::Active, "resumed")
    };
    transaction!(app.db, conn => {
        if !store::members::set_state_from(conn, member, from, to, now).await? {
            return Ok::<_, Error>(false);
        }
        store::sessions::end_all(conn, &workspace.id, &member.id, None, action, now).await?;
        store::recoveries::end_for_member(conn, &member.id, now).await?;
        let key = app.data_key(&workspace.id, &workspace.data_key)?;
        let changed = Changed::default().put("state", from, to);
        deed(member, action).with(key, changed).write(app, conn, now).await?;
        Ok(true)
    })
}

/// Releases an account that "that was not me" holds, and lets frozen contacts count again (after the hold for new
/// ones). Answers whether there was anything to release.
pub async fn release(app: &App, workspace: &Workspace, member: &Member) -> Result<bool> {
    let now = app.now();
    transaction!(app.db, conn => {
        let held = store::members::set_held(conn, &workspace.id, &member.id, None, now).await?;
        let recovers_from = now + app.config.limits.contact_hold();
        let thawed = store::contacts::thaw(conn, &workspace.id, &member.id, recovers_from).await?;
        store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await?;
        if held || thawed > 0 {
            deed(member, "released").write(app, conn, now).await?;
        }
        Ok::<_, Error>(held || thawed > 0)
    })
}

/// Holds the account by the operator's hand.
pub async fn hold(app: &App, member: &Member) -> Result<()> {
    let now = app.now();
    transaction!(app.db, conn => {
        alarm::hold(app, conn, member, now).await?;
        deed(member, "held").write(app, conn, now).await?;
        Ok(())
    })
}

/// What is told of somebody new.
pub(super) fn added(member: &Member) -> Changed {
    Changed::default().put("login", (), &member.login).put("role", (), member.role)
}

pub(super) fn deed<'a>(member: &'a Member, action: &'a str) -> Deed<'a> {
    Deed {
        workspace: Some(&member.workspace_id),
        actor: "operator",
        action,
        member: Some(&member.id),
        subject: None,
        reference: None,
        network: None,
    }
}
