//! Signed in: who a session's token stands for, and the ends of sessions.

use super::{Deed, Error, Result, Visitor, guard, networks, password, token_kind};
use crate::app::App;
use crate::model::{
    Locale, MemberState, Policy, Role, Scopes, Secret, Timestamp, hours,
    id::{AccessTokenId, DeviceId, MemberId, SessionId, WorkspaceId},
    minutes,
};
use crate::store;
use crate::store::access_tokens;
use crate::store::members::Member;
pub use crate::store::sessions::Session;
use crate::store::sessions::{self, Live};
use crate::store::transaction;
use crate::vault::{DataKey, Token};

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Signed {
    /// Who.
    pub member: Member,
    /// By which session. Where it is an access token, its id stands here, which is no session's: whatever asks for a session is refused.
    pub session: SessionId,
    /// None for whoever is signed in; else what the program that comes in their name was given.
    pub granted: Option<Granted>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// The workspace's slug.
    pub slug: String,
    /// The workspace's name.
    pub workspace_name: String,
    /// The workspace's policy.
    pub policy: Policy,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// When the session ends at the latest.
    pub ends_at: Timestamp,
    /// When the password was given last.
    pub proved_at: Timestamp,
    /// When the password was set.
    pub password_set_at: Option<Timestamp>,
    /// Only changing the password is open: it has expired by the policy, or an administrator asks for it.
    pub must_change: bool,
    /// An administrator asked for a new password before this session was opened.
    pub is_asked: bool,
    contact_text: [Option<String>; 2],
    data_key: String,
}

/// What a program was given.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The access token that it comes with.
    pub token: AccessTokenId,
    /// What it is good for.
    pub scopes: Scopes,
}

impl Signed {
    /// Whoever made this token, as far as it reaches.
    pub(super) fn by_token(live: access_tokens::Live, scopes: Scopes, policy: Policy, now: Timestamp) -> Self {
        Self {
            session: SessionId(live.token_id.0.clone()),
            granted: Some(Granted { token: live.token_id, scopes }),
            device: None,
            slug: live.slug,
            workspace_name: live.workspace_name,
            opened_at: live.made_at,
            ends_at: live.expires_at,
            proved_at: live.made_at,
            must_change: policy.password.is_expired(live.password_set_at, now),
            is_asked: false,
            password_set_at: live.password_set_at,
            contact_text: [live.contact_text_ja, live.contact_text_en],
            data_key: live.data_key,
            policy,
            member: live.member,
        }
    }

    /// The workspace's own words on whom to ask.
    pub fn contact_text(&self, locale: Locale) -> Option<&str> {
        let [ja, en] = &self.contact_text;
        let (first, second) = if locale == Locale::Ja { (ja, en) } else { (en, ja) };
        first.as_deref().or(second.as_deref())
    }

    /// Whether the password was given a short while ago, as delicate pages want it.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.proved_at + minutes(self.policy.session.reauth_min.into()) > now
    }

    /// Whether somebody has just typed a code of this account and may be about to set a new password.
    pub fn is_being_recovered(&self, now: Timestamp) -> bool {
        self.member.recovery_proved.is_some_and(|at| at + super::recovery::ATTEMPT > now)
    }

    pub(super) fn data_key(&self, app: &App) -> Result<std::sync::Arc<DataKey>> {
        Ok(app.data_key(&self.member.workspace_id, &self.data_key)?)
    }
}

/// How often a session's last use is written at most.
const SEEN_EVERY: crate::model::time::Span = minutes(1);

/// Who the token stands for; none when nothing or no one. One read, and a write once a minute.
pub async fn authenticate(app: &App, token: &Secret, visitor: &Visitor) -> Result<Option<Signed>> {
    let Some((signed, seen_at)) = read(app, token, visitor).await? else { return Ok(None) };
    if seen_at + SEEN_EVERY <= visitor.now {
        let seen = transaction!(app.db, conn => sessions::set_seen(conn, &signed.session, visitor.now).await);
        match seen {
            // It could be read and not be written (a full disk): the session counts as unused and ends the sooner.
            Err(error) if error.is_passing() => tracing::warn!(%error, "a session's use cannot be written down"),
            other => other?,
        }
    }
    Ok(Some(signed))
}

/// The same for a page that is only open: that is no use of the session, which idles on.
pub async fn look(app: &App, token: &Secret, visitor: &Visitor) -> Result<Option<Signed>> {
    Ok(read(app, token, visitor).await?.map(|(signed, _)| signed))
}

async fn read(app: &App, token: &Secret, visitor: &Visitor) -> Result<Option<(Signed, Timestamp)>> {
    let now = visitor.now;
    let Some(presented) = Token::parse(token_kind::SESSION, token.expose()) else {
        return Ok(None);
    };
    let row = sessions::live(&mut app.db.read().await?, &presented.prefix, now).await?;
    let Some(live) =
        row.filter(|live| presented.matches(&app.keyring, &live.token_hash) && live.way == visitor.way.session())
    else {
        super::incidents::came_back(app, &presented, now).await?;
        return Ok(None);
    };
    let policy = Policy::from_json(&live.policy).map_err(|error| Error::Broken(error.to_string()))?;
    // A policy that became stricter holds for sessions that were opened before, too.
    let ends_at = until(&policy, live.member.role, live.opened_at, live.ends_at);
    let over = if ends_at <= now {
        Some("age")
    } else {
        (live.seen_at + minutes(policy.session.idle_minutes(live.member.role)) <= now).then_some("idle")
    };
    if let Some(why) = over {
        let Live { member, session_id, .. } = &live;
        transaction!(app.db, conn => sessions::end(conn, &member.workspace_id, &member.id, session_id, why, now).await)?;
        return Ok(None);
    }
    if !networks::admit(live.networks.as_deref(), live.member.role, visitor.address)? {
        networks::end_session(app, &live, visitor).await?;
        return Ok(None);
    }
    // It is asked at the next sign-in: what was open before goes on.
    let is_asked = live.member.demand.is_some() && live.member.demand_at.is_none_or(|at| at <= live.opened_at);
    let must_change = is_asked || policy.password.is_expired(live.password_set_at, now);
    let signed = Signed {
        member: live.member,
        session: live.session_id,
        granted: None,
        device: live.device_id,
        slug: live.slug,
        workspace_name: live.workspace_name,
        policy,
        opened_at: live.opened_at,
        ends_at,
        proved_at: live.proved_at,
        must_change,
        is_asked,
        password_set_at: live.password_set_at,
        contact_text: [live.contact_text_ja, live.contact_text_en],
        data_key: live.data_key,
    };
    Ok(Some((signed, live.seen_at)))
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its time was up, or nothing more is known.
    Time,
    /// Its owner ended it, from another device.
    Elsewhere,
    /// The device was reported as lost.
    Lost,
    /// An administrator ended it.
    Desk,
    /// The password was changed, or has to be.
    Password,
    /// Somebody got back in.
    Recovered,
    /// Nobody comes in by this account for now.
    Stopped,
    /// It was used outside the workplace's networks.
    Outside,
}

/// Why the session is over, for whoever shows its token; none for anybody else.
pub async fn why_over(app: &App, token: &Secret) -> Result<Option<Over>> {
    let Some(presented) = Token::parse(token_kind::SESSION, token.expose()) else { return Ok(None) };
    let row = sessions::ended(&mut app.db.read().await?, &presented.prefix).await?;
    Ok(row.filter(|row| presented.matches(&app.keyring, &row.token_hash)).map(|row| over(&row)))
}

fn over(row: &sessions::Ended) -> Over {
    if matches!(row.ended_by.as_deref(), Some("lost" | "wiped")) {
        return Over::Lost;
    }
    if row.state != MemberState::Active || row.held_at.is_some() {
        return Over::Stopped;
    }
    match row.ended_by.as_deref() {
        Some("ended_elsewhere") => Over::Elsewhere,
        Some("signed_out_by_desk" | "session_ended_by_desk" | "id_changed" | "role_changed") => Over::Desk,
        Some("password_changed" | "password_set" | "change_forced") => Over::Password,
        Some("recovered") => Over::Recovered,
        Some("session_outside") => Over::Outside,
        Some(_) | None => Over::Time,
    }
}

/// When a session ends at the latest: as was said when it was opened, or earlier where the policy is stricter by now.
pub(super) fn until(policy: &Policy, role: Role, opened_at: Timestamp, ends_at: Timestamp) -> Timestamp {
    ends_at.min(opened_at + hours(policy.session.absolute_hours(role)))
}

/// Signs out here.
pub async fn sign_out(app: &App, signed: &Signed, visitor: &Visitor) -> Result<()> {
    end(app, signed, &signed.session.clone(), visitor).await.map(drop)
}

/// Ends one of one's own sessions. Answers false for any other's.
pub async fn end(app: &App, signed: &Signed, session: &SessionId, visitor: &Visitor) -> Result<bool> {
    let member = &signed.member;
    let why = if *session == signed.session { "signed_out" } else { "ended_elsewhere" };
    transaction!(app.db, conn => {
        let ended = sessions::end(conn, &member.workspace_id, &member.id, session, why, visitor.now).await?;
        if ended {
            deed(signed, why, Some(session.as_str()), visitor).write(app, conn, visitor.now).await?;
        }
        Ok(ended)
    })
}

/// One's own sessions, newest first.
pub async fn list(app: &App, signed: &Signed, now: Timestamp) -> Result<Vec<sessions::Session>> {
    let member = &signed.member;
    let whom = (&member.workspace_id, &member.id);
    Ok(of_member(&mut app.db.read().await?, whom, member.role, &signed.policy, now).await?)
}

/// The same of any member of this role.
pub(super) async fn of_member(
    conn: &mut store::Conn,
    (workspace, member): (&WorkspaceId, &MemberId),
    role: Role,
    policy: &Policy,
    now: Timestamp,
) -> store::Result<Vec<Session>> {
    let rows = sessions::list(conn, workspace, member, now).await?;
    let idle = minutes(policy.session.idle_minutes(role));
    let lives = |row: &Session| row.seen_at + idle > now && until(policy, role, row.created_at, row.ends_at) > now;
    Ok(rows.into_iter().filter(lives).collect())
}

/// What came of giving the present password again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Current {
    /// It is right.
    Right,
    /// It is not.
    Wrong,
    /// Too many wrong tries.
    Wait,
}

/// Looks at the present password once more, for delicate pages. It shares the budget of signing in.
pub async fn prove_again(app: &App, signed: &Signed, typed: &Secret, visitor: &Visitor) -> Result<Current> {
    let current = verify_current(app, signed, typed, visitor).await?;
    if current == Current::Right {
        transaction!(app.db, conn => sessions::set_proved(conn, &signed.session, visitor.now).await)?;
    }
    Ok(current)
}

/// Whether the session is still good, inside the transaction that is about to change something in its name.
pub(super) async fn is_live(conn: &mut store::Conn, signed: &Signed, now: Timestamp) -> store::Result<bool> {
    sessions::take_live(conn, &signed.member, &signed.session, now).await
}

pub(super) async fn verify_current(app: &App, signed: &Signed, typed: &Secret, visitor: &Visitor) -> Result<Current> {
    let member = &signed.member;
    if typed.is_empty() || typed.len_bytes() > super::sign_in::PASSWORD_MAX_BYTES {
        return Ok(Current::Wrong);
    }
    let place = app.hashing.known().place()?;
    let stored = transaction!(app.db, conn => {
        let granted = guard::take_password_try(app, conn, member.id.as_str(), true, visitor.now).await?;
        let stored = store::passwords::recent(conn, &member.id, 0).await?;
        Ok::<_, Error>(stored.into_iter().next().filter(|_| granted))
    })?;
    let Some(stored) = stored else { return Ok(Current::Wait) };
    if !place.verify(password::normal(typed), &stored).await? {
        return Ok(Current::Wrong);
    }
    transaction!(app.db, conn => store::apply(conn, [guard::member_succeeded(member.id.as_str())]).await)?;
    Ok(Current::Right)
}

pub(super) fn deed<'a>(signed: &'a Signed, action: &'a str, subject: Option<&'a str>, visitor: &Visitor) -> Deed<'a> {
    Deed { subject, ..Deed::own(&signed.member, action, visitor) }
}
