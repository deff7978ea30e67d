//! A new password, on whatever path: the same rules, the same verdict with its reasons, and the hash made before any
//! transaction opens.

use std::sync::Arc;

use super::{
    Changed, Deed, Error, Result, Visitor, alarm, contacts, demanded, guard, invitation, networks, new_id, token_kind,
};
use crate::app::App;
use crate::flows::session::Signed;
use crate::model::{
    Demand, Locale, MemberState, Networks, PasswordTrouble, Policy, Role, Secret, Timestamp,
    id::{LinkId, MemberId, WorkspaceId},
    password::{self, Context},
};
use crate::store::invitations::Invitation;
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::vault::{DataKey, Token};
use zeroize::Zeroizing;

/// Why a new password was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The policy says so.
    Policy(PasswordTrouble),
    /// It is the present one, or one of those before.
    UsedBefore,
}

/// What a member's new password is judged by.
#[derive(Debug)]
pub struct Rules {
    policy: Policy,
    login: String,
    name: String,
    kana: String,
    workspace_name: String,
    slug: String,
    earlier: Vec<String>,
    role: Role,
    networks: Option<Networks>,
    contact_text: [Option<String>; 2],
    workspace_id: WorkspaceId,
    data_key: String,
}

/// Which queue a hash waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// After a proved code: before strangers who try passwords.
    Proved,
    /// Any other.
    Ordinary,
}

impl Rules {
    /// Reads them.
    pub(super) async fn of(conn: &mut Conn, member: &Member) -> Result<Self> {
        let workspace = store::workspaces::by_id(conn, &member.workspace_id)
            .await?
            .ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))?;
        let policy = Policy::from_json(&workspace.policy).map_err(|error| Error::Broken(error.to_string()))?;
        let earlier = store::passwords::recent(conn, &member.id, policy.password.history.into()).await?;
        Ok(Self {
            policy,
            login: member.login.clone(),
            name: member.name.clone(),
            kana: member.kana.clone(),
            workspace_name: workspace.name,
            slug: workspace.slug,
            earlier,
            role: member.role,
            networks: networks::of_row(workspace.networks.as_deref())?,
            contact_text: [workspace.contact_text_ja, workspace.contact_text_en],
            workspace_id: workspace.id,
            data_key: workspace.data_key,
        })
    }

    /// What the workspace's texts are sealed with.
    pub(super) fn key(&self, app: &App) -> Result<Arc<DataKey>> {
        Ok(app.data_key(&self.workspace_id, &self.data_key)?)
    }

    /// How many characters at least.
    pub fn min_length(&self) -> u32 {
        self.policy.password.min_length
    }

    /// How many kinds of character the workspace demands; 0 for no such rule.
    pub fn classes(&self) -> u8 {
        self.policy.password.classes
    }

    /// Whether the member may set a password from where the visitor is: as little as they may sign in from elsewhere.
    pub fn admit(&self, visitor: &Visitor) -> bool {
        self.networks.as_ref().is_none_or(|networks| networks.admit(self.role, visitor.address))
    }

    /// The workspace's own words on whom to ask.
    pub fn contact_text(&self, locale: Locale) -> Option<&str> {
        let [ja, en] = &self.contact_text;
        let (first, second) = if locale == Locale::Ja { (ja, en) } else { (en, ja) };
        first.as_deref().or(second.as_deref())
    }

    fn judge(&self, typed: &Secret) -> Vec<Trouble> {
        let context = Context {
            login: &self.login,
            name: &self.name,
            kana: &self.kana,
            workspace: &self.workspace_name,
            slug: &self.slug,
            product: "",
        };
        let troubles = password::judge(&self.policy.password, typed, &context).err().unwrap_or_default();
        troubles.into_iter().map(Trouble::Policy).collect()
    }
}

/// Judges the password and makes its hash; touches no row. The present password and the earlier ones are refused.
pub(super) async fn prepare(
    app: &App,
    rules: &Rules,
    typed: &Secret,
    lane: Lane,
) -> Result<std::result::Result<String, Vec<Trouble>>> {
    let troubles = rules.judge(typed);
    if !troubles.is_empty() {
        return Ok(Err(troubles));
    }
    let text = normal(typed);
    let earlier = rules.earlier.clone();
    let used = match lane {
        Lane::Proved => app.hashing.proved().verify_any(text.clone(), earlier).await?,
        Lane::Ordinary => app.hashing.verify_any(text.clone(), earlier).await?,
    };
    if used.is_some() {
        return Ok(Err(vec![Trouble::UsedBefore]));
    }
    Ok(Ok(match lane {
        Lane::Proved => app.hashing.proved().hash(text).await?,
        Lane::Ordinary => app.hashing.hash(text).await?,
    }))
}

pub(super) fn normal(typed: &Secret) -> Zeroizing<String> {
    Zeroizing::new(password::normalize(typed).expose().to_owned())
}

/// Puts the hash in place and the one before into the history; links to set a password end, and what administrators demanded is done. Answers what that
/// changed, for the audit log: when a password was set, and never which.
pub(super) async fn put(
    conn: &mut Conn,
    member: &Member,
    rules: &Rules,
    hash: &str,
    now: Timestamp,
) -> Result<Changed> {
    let before = store::passwords::set(conn, &member.workspace_id, &member.id, hash, now).await?;
    store::passwords::trim_history(conn, &member.id, rules.policy.password.history.into()).await?;
    store::links::end_for_member(conn, &member.id, now).await?;
    demanded::fulfilled(conn, member, now).await?;
    let said = |at: Timestamp| at.to_jiff().to_string();
    Ok(Changed::default().put("password_set_at", before.map(said), said(now)).put(
        "demand",
        member.demand,
        None::<Demand>,
    ))
}

/// What the new password of who is signed in is judged by.
pub async fn rules_for(app: &App, signed: &Signed) -> Result<Rules> {
    Rules::of(&mut app.db.read().await?, &signed.member).await
}

/// What came of changing one's own password.
#[derive(Debug)]
pub enum Change {
    /// It holds; every other session is over.
    Done,
    /// The session ended meanwhile.
    Ended,
    /// The present password was not right.
    WrongCurrent,
    /// Too many wrong tries.
    Wait,
    /// Why not.
    Refused(Vec<Trouble>),
}

/// Changes the password of who is signed in and knows the present one. This session goes on, all others end.
pub async fn change(app: &App, signed: &Signed, current: &Secret, typed: &Secret, visitor: &Visitor) -> Result<Change> {
    let now = visitor.now;
    match super::session::verify_current(app, signed, current, visitor).await? {
        super::session::Current::Right => {}
        super::session::Current::Wrong => return Ok(Change::WrongCurrent),
        super::session::Current::Wait => return Ok(Change::Wait),
    }
    let member = &signed.member;
    let rules = Rules::of(&mut app.db.read().await?, member).await?;
    let hash = match prepare(app, &rules, typed, Lane::Ordinary).await? {
        Ok(hash) => hash,
        Err(troubles) => return Ok(Change::Refused(troubles)),
    };
    let done = transaction!(app.db, conn => {
        // A recovery or a hold may have come while the passwords were hashed: it has the last word.
        if !super::session::is_live(conn, signed, now).await? {
            return Ok::<_, Error>(false);
        }
        let keep = Some(&signed.session);
        store::sessions::end_all(conn, &member.workspace_id, &member.id, keep, "password_changed", now).await?;
        let changed = put(conn, member, &rules, &hash, now).await?;
        // A recovery that somebody has proved meanwhile does not undo this.
        store::recoveries::end_for_member(conn, &member.id, now).await?;
        store::sessions::set_proved(conn, &signed.session, now).await?;
        let deed = Deed::own(member, "password_changed", visitor);
        deed.with(rules.key(app)?, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, member, alarm::Event::PasswordChanged, member.id.as_str(), None, now).await?;
        Ok(true)
    })?;
    app.outbox_bell.notify_one();
    Ok(if done { Change::Done } else { Change::Ended })
}

/// A link with which a member sets a password. Answers its path; whoever has it can set the password, once.
pub(super) async fn new_link(
    app: &App,
    conn: &mut Conn,
    workspace: &WorkspaceId,
    member: &MemberId,
    now: Timestamp,
) -> Result<Zeroizing<String>> {
    let (link, path) = link(app, workspace, member, now);
    store::invitations::end_for_member(conn, workspace, member, now).await?;
    store::links::insert(conn, &link).await?;
    Ok(path)
}

/// Such a link as a row, and its path.
pub(super) fn link(
    app: &App,
    workspace: &WorkspaceId,
    member: &MemberId,
    now: Timestamp,
) -> (store::links::Link, Zeroizing<String>) {
    let token = Token::new(&*app.dice, &app.keyring, token_kind::LINK);
    let link = store::links::Link {
        id: new_id!(app, now, LinkId),
        workspace_id: workspace.clone(),
        member_id: member.clone(),
        token_prefix: token.prefix.clone(),
        token_hash: token.hash.clone(),
        used_at: None,
        expires_at: now + crate::model::hours(app.config.limits.link_hours),
        created_at: now,
    };
    (link, Zeroizing::new(format!("{LINK_PATH}{}", token.text.as_str())))
}

/// What a link's path is before its token.
pub(super) const LINK_PATH: &str = "/set-password/";

/// Whose password a link sets.
#[derive(Debug)]
pub struct Behind {
    link: LinkId,
    invitation: Option<Invitation>,
    member: Member,
    rules: Rules,
    /// It is not the first password: a new one is demanded at once.
    pub forced: bool,
    /// The ID to show.
    pub login: String,
    /// The workspace's slug.
    pub slug: String,
    /// The workspace's name.
    pub workspace_name: String,
}

impl Behind {
    /// What the new password is judged by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
}

/// Opens a link without using it; none when it is over.
pub async fn behind_link(app: &App, token: &Secret, visitor: &Visitor) -> Result<Option<Behind>> {
    let Some(presented) = Token::parse(token_kind::LINK, token.expose()) else {
        return Ok(None);
    };
    let mut conn = app.db.read().await?;
    let row = store::links::by_token(&mut conn, &presented.prefix, visitor.now).await?;
    let Some(link) = row.filter(|link| presented.matches(&app.keyring, &link.token_hash)) else {
        return Ok(None);
    };
    let Some(member) = store::members::by_id(&mut conn, &link.workspace_id, &link.member_id).await? else {
        return Ok(None);
    };
    let forced =
        demanded::is_forced(&member) && store::forced_changes::is_of_link(&mut conn, &member.id, &link.id).await?;
    // A link sets a first password, or one that is demanded. Whoever has one by now has another way.
    if !forced && member.state != MemberState::Invited {
        return Ok(None);
    }
    let invitation = store::invitations::by_link(&mut conn, &link.id).await?;
    if let Some(invitation) = &invitation
        && (!invitation.lives(visitor.now) || invitation::holds(app, &mut conn, invitation).await?.is_none())
    {
        return Ok(None);
    }
    let rules = Rules::of(&mut conn, &member).await?;
    let (login, slug, workspace_name) = (member.login.clone(), rules.slug.clone(), rules.workspace_name.clone());
    Ok(Some(Behind { link: link.id, invitation, member, rules, forced, login, slug, workspace_name }))
}

/// What came of using a link.
#[derive(Debug)]
pub enum First {
    /// The password holds, the member is active.
    Done,
    /// Why not.
    Refused(Vec<Trouble>),
    /// The link is over.
    Ended,
    /// Nobody may sign in from this network, nor set a password. The link lives on.
    Outside,
}

/// Sets the first password, or the one that is demanded, and uses the link up.
pub async fn set_by_link(app: &App, behind: &Behind, typed: &Secret, visitor: &Visitor) -> Result<First> {
    let now = visitor.now;
    if !behind.rules.admit(visitor) {
        networks::turned_away(app, &behind.member, "link_outside", behind.link.as_str(), visitor).await?;
        return Ok(First::Outside);
    }
    let hash = match prepare(app, &behind.rules, typed, Lane::Proved).await? {
        Ok(hash) => hash,
        Err(troubles) => return Ok(First::Refused(troubles)),
    };
    let member = &behind.member;
    if behind.forced {
        let done = demanded::fulfil(app, member, &behind.rules, &behind.link, &hash, visitor).await?;
        app.outbox_bell.notify_one();
        return Ok(if done { First::Done } else { First::Ended });
    }
    let done = transaction!(app.db, conn => {
        if let Some(row) = &behind.invitation {
            store::members::take(conn, &member.workspace_id, &member.id).await?;
            let Some((_, contact)) = invitation::holds(app, conn, row).await? else { return Ok::<_, Error>(false) };
            if !store::invitations::consume(conn, row, &behind.link, now).await? {
                return Ok(false);
            }
            // The code went there, and came back: that proves the contact as a typed code does. The first ones count at once.
            if let Some(contact) = contact
                && store::contacts::set_verified(conn, &member.workspace_id, &contact.id, now, now).await?
            {
                let own = Deed::own(member, "contact_verified", visitor);
                let changed = contacts::verified(contact.state, now);
                let deed = Deed { subject: Some(contact.id.as_str()), ..own };
                deed.with(behind.rules.key(app)?, changed).write(app, conn, now).await?;
            }
        }
        if !store::links::consume(conn, &behind.link, now).await? {
            return Ok::<_, Error>(false);
        }
        if !store::members::activate(conn, &member.workspace_id, &member.id, now).await? {
            return Ok(false);
        }
        let changed = put(conn, member, &behind.rules, &hash, now).await?;
        store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "password_set", now).await?;
        store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await?;
        let own = Deed::own(member, "password_set_by_link", visitor);
        let deed = Deed { subject: Some(behind.link.as_str()), ..own };
        deed.with(behind.rules.key(app)?, changed).write(app, conn, now).await?;
        alarm::tell(app, conn, member, alarm::Event::PasswordChanged, member.id.as_str(), None, now).await?;
        Ok(true)
    })?;
    app.outbox_bell.notify_one();
    Ok(if done { First::Done } else { First::Ended })
}
