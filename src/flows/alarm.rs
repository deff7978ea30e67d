//! Notices, and 「自分ではない」: every notice carries its own right to hold the account, or to freeze a contact that
//! was changed. Nobody without such a notice can hold anybody, and it opens nothing.

use crate::store::transaction;
use zeroize::Zeroizing;

use super::guard::{self, Wait};
use super::post::{self, Message};
use super::{Deed, Error, Result, Visitor, incidents, new_id, recovery::CONTACT, token_kind};
use crate::app::App;
use crate::model::{AlarmWord, ContactKind, Secret, Timestamp, days, id::ContactId};
use crate::store::alarms::Alarm;
use crate::store::contacts::{Contact, Objection};
use crate::store::members::Member;
use crate::store::{self, Conn};
use crate::vault::Token;
use crate::wording::messages;

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The account was recovered.
    Recovered,
    /// The password was changed.
    PasswordChanged,
    /// A contact was added.
    ContactAdded,
    /// A contact was removed.
    ContactRemoved,
    /// A frozen contact counts again.
    ContactKept,
    /// An administrator put a contact right.
    ContactMended,
    /// An administrator changed the ID.
    IdChanged,
    /// The only administrator declared to have identified the member in person.
    Identified,
    /// The account is held.
    Held,
    /// The member ended the hold by another contact, and set a password.
    Released,
    /// An administrator demands a new password at once.
    ChangeForced,
    /// An administrator suspended the account.
    Suspended,
    /// An administrator lets the account in again.
    Resumed,
    /// An administrator ended its sessions.
    SignedOut,
    /// An administrator deleted the account.
    Deleted,
    /// Its role at the administrators' desk changed.
    RoleChanged,
    /// The help desk was shown the account, after a caller proved to be the member.
    CallProved,
    /// An access token was made in the account's name.
    TokenMade,
    /// A device that the account did not know signed in.
    NewDevice,
    /// A device got the workplace's program in the account's name.
    AgentEnrolled,
    /// A device was reported as lost.
    LossReported,
    /// Somebody signed in from a country that is new to the account.
    NewCountry,
    /// Two sign-ins were farther apart than anybody travels in that time.
    FarApart,
    /// Somebody signed in after many wrong passwords.
    AfterFailures,
    /// Many wrong passwords were typed in a row.
    FailedTries,
}

impl Event {
    /// The word in rows and locale keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::PasswordChanged => "password_changed",
            Self::ContactAdded => "contact_added",
            Self::ContactRemoved => "contact_removed",
            Self::ContactKept => "contact_kept",
            Self::ContactMended => "contact_mended",
            Self::IdChanged => "id_changed",
            Self::Identified => "identified",
            Self::Held => "held",
            Self::Released => "released",
            Self::ChangeForced => "change_forced",
            Self::Suspended => "suspended",
            Self::Resumed => "resumed",
            Self::SignedOut => "signed_out",
            Self::Deleted => "deleted",
            Self::RoleChanged => "role_changed",
            Self::CallProved => "call_proved",
            Self::TokenMade => "token_made",
            Self::NewDevice => "new_device",
            Self::AgentEnrolled => "agent_enrolled",
            Self::LossReported => "loss_reported",
            Self::NewCountry => "new_country",
            Self::FarApart => "far_apart",
            Self::AfterFailures => "after_failures",
            Self::FailedTries => "failed_tries",
        }
    }
    /// The event with this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.as_str() == word)
    }
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Recovered,
        Self::PasswordChanged,
        Self::ContactAdded,
        Self::ContactRemoved,
        Self::ContactKept,
        Self::ContactMended,
        Self::IdChanged,
        Self::Identified,
        Self::Held,
        Self::Released,
        Self::ChangeForced,
        Self::Suspended,
        Self::Resumed,
        Self::SignedOut,
        Self::Deleted,
        Self::RoleChanged,
        Self::CallProved,
        Self::TokenMade,
        Self::NewDevice,
        Self::AgentEnrolled,
        Self::LossReported,
        Self::NewCountry,
        Self::FarApart,
        Self::AfterFailures,
        Self::FailedTries,
    ];
    /// Whether there is anything to stop: what closes an account, only signs it out, or let nobody in needs no objection.
    pub const fn can_be_objected_to(self) -> bool {
        !matches!(self, Self::Held | Self::Suspended | Self::SignedOut | Self::Deleted | Self::FailedTries)
    }
    /// Whether an objection freezes contacts; any other holds the account.
    pub const fn is_about_contacts(self) -> bool {
        matches!(self, Self::ContactAdded | Self::ContactRemoved | Self::ContactKept)
    }
}

/// Tells every contact of the member that counts or is frozen, the one that carried a code and all others.
pub(super) async fn tell(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    event: Event,
    subject: &str,
    reference: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    let contacts = store::contacts::list(conn, &member.workspace_id, &member.id).await?;
    tell_all(app, conn, member, &contacts, News { event, subject, about: None, reference }, now).await
}

/// The same as these contacts stand: as they stood before a change that takes one of them away, or gives it a say.
pub(super) async fn tell_all(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    contacts: &[Contact],
    news: News<'_>,
    now: Timestamp,
) -> Result<()> {
    let about = contacts.iter().find(|contact| contact.id.as_str() == news.subject);
    let about = match about {
        Some(contact) => Some(masked(app, conn, member, contact).await?),
        None => news.about.map(str::to_owned),
    };
    for contact in contacts.iter().filter(|contact| contact.is_told()) {
        tell_one(app, conn, member, contact, &News { about: about.as_deref(), ..news }, now).await?;
    }
    Ok(())
}

/// What is told.
#[derive(Clone, Copy)]
pub(super) struct News<'a> {
    pub event: Event,
    pub subject: &'a str,
    /// The contact it is about, masked; the device, in words.
    pub about: Option<&'a str>,
    pub reference: Option<&'a str>,
}

/// Tells one contact, with a right to object that is good only for this notice.
pub(super) async fn tell_one(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    contact: &Contact,
    news: &News<'_>,
    now: Timestamp,
) -> Result<()> {
    let workspace = store::workspaces::by_id(conn, &member.workspace_id)
        .await?
        .ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))?;
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let to = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    let mut alarm = Alarm {
        id: new_id!(app, now, AlarmId),
        workspace_id: member.workspace_id.clone(),
        member_id: member.id.clone(),
        contact_id: Some(contact.id.clone()),
        event: news.event.as_str().to_owned(),
        subject: news.subject.to_owned(),
        token_prefix: None,
        token_hash: None,
        word_hash: None,
        used_at: None,
        expires_at: now + app.config.limits.objection(),
        created_at: now,
    };
    // A frozen contact is told, but has no say; nor has one that only an administrator knows.
    let may_object = contact.is_confirmed() && news.event.can_be_objected_to();
    let way_out: Option<Zeroizing<String>> = match (may_object, contact.kind) {
        (false, _) => None,
        (true, ContactKind::Email) => {
            let token = Token::new(&*app.dice, &app.keyring, token_kind::ALARM);
            alarm.token_prefix = Some(token.prefix.clone());
            alarm.token_hash = Some(token.hash.clone());
            Some(Zeroizing::new(app.config.link(&format!("/not-me/{}", token.text.as_str()))))
        }
        (true, ContactKind::Mobile) => {
            let word = AlarmWord::from_bytes(app.chance());
            alarm.word_hash = word_indexes(app, &word).into_iter().next();
            Some(Zeroizing::new(word.grouped().expose().to_owned()))
        }
    };
    if way_out.is_some() {
        store::alarms::insert(conn, &alarm).await?;
    }
    let notice = messages::Notice {
        event: news.event.as_str(),
        workspace: &workspace.name,
        login: &format!("{}@{}", member.login, workspace.slug),
        at: now,
        about: news.about,
        way_out: way_out.as_deref().map(String::as_str),
        reference: news.reference,
    };
    let message = Message {
        workspace: Some(&member.workspace_id),
        member: Some(&member.id),
        contact: Some(&contact.id),
        // What strangers can cause is paid for from what is theirs.
        known: news.event != Event::FailedTries,
        kind: contact.kind,
        purpose: news.event.as_str(),
        reference: news.reference,
        to: Some(&to),
        rendered: messages::notice(member.locale, contact.kind, &notice),
        expires_at: post::notice_expires(now),
    };
    post::queue(app, conn, message, now).await
}

/// A contact as it may be shown in a notice.
pub(super) async fn masked(app: &App, conn: &mut Conn, member: &Member, contact: &Contact) -> Result<String> {
    let workspace = store::workspaces::by_id(conn, &member.workspace_id)
        .await?
        .ok_or_else(|| Error::Broken(format!("{} has no workspace", member.id)))?;
    let key = app.data_key(&workspace.id, &workspace.data_key)?;
    let plain = key.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    Ok(super::contacts::masked(contact.kind, &plain))
}

/// By every key, the one that writes first.
fn word_indexes(app: &App, word: &AlarmWord) -> Vec<String> {
    app.keyring.word_indexes(word.letters().expose())
}

/// How somebody shows their notice.
#[derive(Debug)]
pub enum Proof<'a> {
    /// The token of an e-mail's link.
    Link(&'a Secret),
    /// The word of an SMS, as typed.
    Word(&'a AlarmWord),
}

/// What a notice was about, for the page with the button.
#[derive(Debug)]
pub struct Behind {
    alarm: Alarm,
    /// What happened.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// The workspace's name.
    pub workspace_name: String,
    /// The workspace's slug.
    pub slug: String,
    /// The workspace's own words on whom to ask.
    pub contact_text: Option<String>,
    /// It was used before.
    pub used: bool,
    /// It alone holds the account: whoever has it can take it back by another contact.
    pub holds: bool,
}

impl Behind {
    /// The notice.
    pub(super) const fn alarm(&self) -> &Alarm {
        &self.alarm
    }
}

/// Opens a notice without using it; none when there is no such notice or its days have passed.
pub async fn behind(
    app: &App,
    proof: &Proof<'_>,
    visitor: &Visitor,
) -> Result<std::result::Result<Option<Behind>, Wait>> {
    if let Proof::Word(_) = proof
        && let Err(wait) = transaction!(app.db, conn => guard::take_alarm_try(app, conn, visitor).await)?
    {
        return Ok(Err(wait));
    }
    let mut conn = app.db.read().await?;
    let alarm = match proof {
        Proof::Link(text) => {
            let Some(presented) = Token::parse(token_kind::ALARM, text.expose()) else {
                return Ok(Ok(None));
            };
            let row = store::alarms::by_token(&mut conn, &presented.prefix, visitor.now).await?;
            row.filter(|row| row.token_hash.as_deref().is_some_and(|hash| presented.matches(&app.keyring, hash)))
        }
        Proof::Word(word) => store::alarms::by_word(&mut conn, &word_indexes(app, word), visitor.now).await?,
    };
    let Some(alarm) = alarm else { return Ok(Ok(None)) };
    let event = Event::parse(&alarm.event).ok_or_else(|| Error::Broken(format!("alarm event {}", alarm.event)))?;
    let Some(workspace) = store::workspaces::by_id(&mut conn, &alarm.workspace_id).await? else {
        return Ok(Ok(None));
    };
    let member = store::members::by_id(&mut conn, &alarm.workspace_id, &alarm.member_id).await?;
    Ok(Ok(Some(Behind {
        event,
        holds: member.is_some_and(|member| holds(&member, &alarm)),
        at: alarm.created_at,
        contact_text: workspace.contact_text(visitor.locale).map(str::to_owned),
        workspace_name: workspace.name,
        slug: workspace.slug,
        used: alarm.used_at.is_some(),
        alarm,
    })))
}

/// Whether this notice was used for the hold, and no other contact's was.
fn holds(member: &Member, alarm: &Alarm) -> bool {
    member.held_at.is_some_and(|held| alarm.used_at.is_some_and(|used| used >= held))
        && member.held_by.is_some()
        && member.held_by == alarm.contact_id
}

/// The same of one that is used by now.
async fn holds_now(conn: &mut Conn, alarm: &Alarm, now: Timestamp) -> Result<bool> {
    let member = store::members::by_id(conn, &alarm.workspace_id, &alarm.member_id).await?;
    let used = Alarm { used_at: alarm.used_at.or(Some(now)), ..alarm.clone() };
    Ok(member.is_some_and(|member| holds(&member, &used)))
}

/// Says "that was not me": holds the account, or freezes the contacts. Said twice it changes nothing more. A hold opens a case. Answers whether this
/// notice alone holds the account now.
pub async fn raise(app: &App, behind: &Behind, visitor: &Visitor) -> Result<bool> {
    let now = visitor.now;
    let alarm = &behind.alarm;
    let holds = transaction!(app.db, conn => {
        // A release, and another contact's objection, come wholly before or wholly after.
        store::members::take(conn, &alarm.workspace_id, &alarm.member_id).await?;
        if !store::alarms::consume(conn, &alarm.id, now).await? {
            return holds_now(conn, alarm, now).await;
        }
        let Some(member) = store::members::by_id(conn, &alarm.workspace_id, &alarm.member_id).await? else {
            return Ok(false);
        };
        let action = if behind.event.is_about_contacts() {
            freeze(conn, alarm, alarm.created_at - days(1), alarm.contact_id.as_ref(), now).await?;
            "objected_to_contact"
        } else {
            // What an administrator wrote down since waits anew after the release, and so does whoever wrote it.
            if matches!(behind.event, Event::ContactMended | Event::Identified) {
                freeze(conn, alarm, alarm.created_at, None, now).await?;
            }
            hold(app, conn, &member, Some(alarm), now).await?;
            store::forced_changes::end_shown(conn, &member.id, "held", now).await?;
            incidents::suspect(app, conn, &member, visitor).await?;
            "held_by_member"
        };
        let deed = Deed {
            workspace: Some(&alarm.workspace_id),
            actor: "notice",
            action,
            member: Some(&alarm.member_id),
            subject: Some(alarm.id.as_str()),
            reference: None,
            network: Some(visitor.network),
        };
        deed.write(app, conn, now).await?;
        holds_now(conn, alarm, now).await
    })?;
    app.outbox_bell.notify_one();
    Ok(holds)
}

/// The changed contact and the one that objects neither recover nor count, until another proof or an administrator
/// decides: the old number may be in a thief's hands, or the new one.
async fn freeze(
    conn: &mut Conn,
    alarm: &Alarm,
    since: Timestamp,
    objecting: Option<&ContactId>,
    now: Timestamp,
) -> Result<()> {
    let objection =
        Objection { changed: &ContactId(alarm.subject.clone()), objecting, changed_at: alarm.created_at, since };
    store::contacts::freeze(conn, &alarm.workspace_id, &alarm.member_id, &objection, now).await?;
    Ok(())
}

/// Nobody comes in until a release: sessions, device trust and open recoveries end. Only who said so by the one notice takes it back.
pub(super) async fn hold(
    app: &App,
    conn: &mut Conn,
    member: &Member,
    by: Option<&Alarm>,
    now: Timestamp,
) -> Result<()> {
    let is_new = match by {
        Some(alarm) => store::holds::by_notice(conn, alarm, now).await?,
        None => store::holds::by_others(conn, &member.workspace_id, &member.id, now).await?,
    };
    if !is_new {
        return Ok(());
    }
    store::sessions::end_all(conn, &member.workspace_id, &member.id, None, "held", now).await?;
    store::devices::forget_member(conn, &member.id, None).await?;
    store::recoveries::end_for_member(conn, &member.id, now).await?;
    store::warrants::end_for_member(conn, &member.id, "held", now).await?;
    tell(app, conn, member, Event::Held, member.id.as_str(), None, now).await
}
