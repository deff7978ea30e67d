//! Members, as the operator adds and looks after them by the command line.

use crate::store::transaction;
use zeroize::Zeroizing;

use super::contacts::Address;
use super::recovery::CONTACT;
use super::standing::{self, Step};
use super::{Changed, Deed, Error, Result, new_id, password, workspaces};
use crate::app::App;
use crate::model::{
    AddressIndex, ContactState, Locale, LoginName, MemberState, Readiness, Role, Secret, Slug, Timestamp,
};
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

/// A new workspace and its owner, both or neither; the path of the owner's link. None when the slug is or was another's.
pub async fn first(
    app: &App,
    (slug, name, locale): (&Slug, &str, Locale),
    owner: &NewMember,
) -> Result<Option<Zeroizing<String>>> {
    let workspace = workspaces::row(app, slug, name, locale);
    transaction!(app.db, conn => {
        if !workspaces::insert(app, conn, &workspace).await? {
            return Ok(None);
        }
        match insert(app, conn, &workspace, owner, workspace.created_at).await? {
            Add::Done { link, .. } => Ok(Some(link)),
            Add::Taken => Err(Error::Broken("somebody in a new workspace".to_owned())),
        }
    })
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
    store::roster::put_words(conn, std::slice::from_ref(&member)).await?;
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
        signed_in_day: 0,
        deleted_at: None,
        deleted_from: None,
        demand: None,
        demand_at: None,
        readiness: Readiness::Unknown,
        held_by: None,
        held_over: None,
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
        lost_in: None,
        lost_from: None,
        recovered_at: None,
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

/// Takes a step about where the account stands, by the operator's hand. Answers whether there was anything to do.
pub async fn take_step(app: &App, member: &Member, step: Step) -> Result<bool> {
    let now = app.now();
    let done = transaction!(app.db, conn => {
        store::members::take(conn, &member.workspace_id, &member.id).await?;
        let Some(member) = store::members::by_id(conn, &member.workspace_id, &member.id).await? else {
            return Ok::<_, Error>(false);
        };
        let done = standing::step(app, conn, &member, step, now).await?;
        if done {
            let workspace = store::workspaces::by_id(conn, &member.workspace_id)
                .await?
                .ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))?;
            let key = app.data_key(&workspace.id, &workspace.data_key)?;
            deed(&member, step.word()).with(key, step.changed(&member)).write(app, conn, now).await?;
        }
        Ok(done)
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
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
