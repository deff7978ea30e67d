//! Somebody gives an ID and a password. One face, one time and one amount of work for every failure; the true reason
//! stands in the log, and is told only to who gave the right password.
//!
//! A try is counted before the password is looked at, so that many at once cannot outrun the counter, and no
//! connection is held while the password is hashed. Whoever comes on a device that the account knows is hashed for before strangers.

use crate::store::transaction;
use zeroize::Zeroizing;

use super::{Error, Result, Visitor, demanded, guard, networks, new_id, token_kind};
use crate::app::App;
use crate::model::{
    LoginName, LoginTrouble, LoginTyped, MemberState, Policy, Secret, SignInResult, Timestamp, hours, id::DeviceId,
    minutes,
};
use crate::store::members::Entrant;
use crate::store::{self, Conn, devices, limits, logs, sessions};
use crate::vault::{Presented, Token};

/// What somebody typed.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The workspace whose page it is; none on the common page.
    pub workspace: Option<&'a str>,
    /// The ID as typed.
    pub login: &'a str,
    /// The password as typed.
    pub password: Secret,
    /// The session that this browser still has in the workspace, which the new one takes the place of.
    pub replaces: Option<Secret>,
}

/// How it ended.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in.
    Done(Box<SignedIn>),
    /// Not signed in, but the secret of a forced change was right.
    SetPassword(Box<Opened>),
    /// Not signed in.
    Refused(Refusal),
}

/// What the browser or client gets.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's token.
    pub session: Token,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
    /// A token for a device that had none.
    pub device: Option<Token>,
    /// The workspace to go on in.
    pub slug: String,
    /// A recovery happened: the check-up comes first.
    pub checkup: bool,
    /// The password has had its time by the workspace's policy, or an administrator asks for a new one: that comes first.
    pub must_change: bool,
}

/// What the secret of a forced change opens.
#[derive(Debug)]
pub struct Opened {
    /// The path of a link that sets a password, once, and does nothing else. Begins with `/`.
    pub link: Zeroizing<String>,
    /// The workspace to sign in to afterwards.
    pub slug: String,
}

impl Opened {
    /// The token in the link.
    pub fn token(&self) -> Option<&str> {
        self.link.rsplit('/').next()
    }
}

/// Why somebody was not signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// What was typed cannot be an ID; says how. It hangs on the typed text alone.
    Login(LoginTrouble),
    /// On the common page the workspace's name is missing.
    WorkspaceMissing,
    /// No password was typed.
    PasswordMissing,
    /// Longer than any password can be.
    PasswordTooLong,
    /// The one answer for every wrong try.
    Wrong,
    /// Too many wrong tries for this ID from this network.
    Wait(Timestamp),
    /// The password was right, but the administrators suspended the account.
    Suspended(Option<String>),
    /// The password was right, but "that was not me" holds the account.
    Held(Option<String>),
    /// The password was right, but an administrator demands a new one; or the secret for that was, and its time is over.
    ChangeDemanded(Option<String>),
    /// The password was right, but nobody may sign in from this network.
    Outside(Option<String>),
    /// The password was right, but the device was reported as lost.
    DeviceLost(Option<String>),
}

/// Bytes of a password at most; longer ones are refused before any work is done.
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// What became of counting a try.
enum Counted {
    /// The password may be looked at.
    Granted,
    /// The account's budget is spent: it is not, and nobody sees a difference.
    Spent,
    /// This ID and network have to wait.
    Wait(Timestamp),
}

/// Signs in.
pub async fn enter(app: &App, attempt: Attempt<'_>, visitor: &Visitor) -> Result<Outcome> {
    let (slug, login) = match whom(&attempt) {
        Ok(whom) => whom,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    // Where something else ended the account's sessions while the password was hashed, the try is made once more on
    // what holds now: a right password is not called wrong because of an "end the others" in the same moment.
    for _ in 0..2 {
        if let Some(outcome) = enter_once(app, &attempt, &slug, &login, visitor).await? {
            return Ok(outcome);
        }
    }
    let entrant = store::members::entrant(&mut app.db.read().await?, &slug, &login, "").await?;
    refuse(app, (&slug, entrant.as_ref()), SignInResult::WrongPassword, None, visitor).await
}

/// One try; none when it was overtaken.
async fn enter_once(
    app: &App,
    attempt: &Attempt<'_>,
    slug: &str,
    login: &str,
    visitor: &Visitor,
) -> Result<Option<Outcome>> {
    let bucket = app.keyring.limit_key("sign-in", &format!("{login}\n{slug}\n{}", visitor.network));
    let presented = visitor.presented_device();
    let prefix = presented.as_ref().map_or("", |device| device.prefix.as_str());
    let entrant = store::members::entrant(&mut app.db.read().await?, slug, login, prefix).await?;
    let (device, known) = device_of(app, entrant.as_ref(), presented.as_ref());
    // Who is turned away because too many are waiting has not tried.
    let lane = if known { app.hashing.known() } else { app.hashing.door() };
    let place = lane.place()?;
    let counted =
        transaction!(app.db, conn => count(app, conn, (slug, entrant.as_ref()), known, &bucket, visitor).await)?;
    let demanded::Compared { typed, stored, is_secret } = demanded::compared(attempt, entrant.as_ref());
    // The budget is for what people think up. A secret of 80 bits is not guessed, and nobody's guesses keep its owner from it.
    let evaluate = match counted {
        Counted::Granted => entrant.is_some(),
        Counted::Spent => is_secret,
        Counted::Wait(until) => return Ok(Some(Outcome::Refused(Refusal::Wait(until)))),
    };

    let stored = stored.filter(|_| evaluate);
    let fits = place.verify(typed.clone(), stored.unwrap_or_else(|| app.hashing.dummy())).await?;

    let result = verdict(entrant.as_ref(), stored.is_some() && fits, evaluate);
    let result = match &entrant {
        Some(entrant) if result == SignInResult::Done => demanded_of(entrant, is_secret, visitor.now),
        _ => result,
    };
    let result = from_where(entrant.as_ref(), result, visitor)?;
    // Whoever has the lost device has the password that it remembers.
    let is_lost = device.is_some() && entrant.as_ref().is_some_and(|entrant| entrant.device_lost);
    let opens = matches!(result, SignInResult::Done | SignInResult::SecretTaken);
    let result = if is_lost && opens { SignInResult::DeviceLost } else { result };
    let entrant = match entrant {
        Some(entrant) if result == SignInResult::Done => entrant,
        Some(entrant) if result == SignInResult::SecretTaken => {
            return open_for_secret(app, entrant, &bucket, device.as_ref(), visitor).await;
        }
        entrant => return refuse(app, (slug, entrant.as_ref()), result, device.as_ref(), visitor).await.map(Some),
    };
    let rehashed = if stored_needs_rehash(app, &entrant) { Some(lane.hash(typed).await?) } else { None };
    open(app, entrant, &bucket, rehashed.as_deref(), device, attempt.replaces.as_ref(), visitor).await
}

fn stored_needs_rehash(app: &App, entrant: &Entrant) -> bool {
    entrant.password.as_deref().is_some_and(|stored| app.hashing.needs_rehash(stored))
}

/// The workspace and login name that were typed, in the one form that they are compared in.
fn whom(attempt: &Attempt<'_>) -> std::result::Result<(String, String), Refusal> {
    let typed = LoginTyped::parse(attempt.login).map_err(Refusal::Login)?;
    if attempt.password.is_empty() {
        return Err(Refusal::PasswordMissing);
    }
    if attempt.password.len_bytes() > PASSWORD_MAX_BYTES {
        return Err(Refusal::PasswordTooLong);
    }
    let page = attempt.workspace.map(str::to_owned);
    match typed {
        LoginTyped::Name { name, workspace } => {
            let slug =
                workspace.map(|slug| slug.as_str().to_owned()).or(page.clone()).ok_or(Refusal::WorkspaceMissing)?;
            // On a workspace's own page an ID of another workspace is simply nobody's.
            let foreign = page.is_some_and(|page| page != slug);
            Ok((if foreign { String::new() } else { slug }, LoginName::as_str(&name).to_owned()))
        }
        // No workspace has proved a domain yet: nobody's ID, with the face and work of any other.
        LoginTyped::WorkEmail(address) => Ok((String::new(), address.canonical())),
    }
}

/// The presented device if it is ours, and whether it is known to the member.
fn device_of(app: &App, entrant: Option<&Entrant>, presented: Option<&Presented>) -> (Option<DeviceId>, bool) {
    let (Some(entrant), Some(presented)) = (entrant, presented) else { return (None, false) };
    let ours = entrant.device_hash.as_deref().is_some_and(|hash| presented.matches(&app.keyring, hash));
    (entrant.device_id.clone().filter(|_| ours), ours && entrant.device_trusted)
}

/// Takes one try, before the password is looked at.
async fn count(
    app: &App,
    conn: &mut Conn,
    (slug, entrant): (&str, Option<&Entrant>),
    known: bool,
    bucket: &str,
    visitor: &Visitor,
) -> Result<Counted> {
    let l = &app.config.limits;
    let cap = minutes(l.sign_in_delay_cap_minutes);
    let throttle = limits::enter_throttle(conn, bucket, l.sign_in_free_tries, cap, hours(24), visitor.now).await?;
    if throttle.is_none() {
        let until = limits::throttle(conn, bucket).await?.map_or(visitor.now, |throttle| throttle.open_from);
        log(app, conn, (slug, entrant), SignInResult::TooMany, None, visitor).await?;
        return Ok(Counted::Wait(until));
    }
    // An unknown ID spends from a bucket of its own kind, so that it costs the same.
    let account = entrant.map_or_else(|| format!("?{}", &bucket[..3]), |entrant| entrant.member.id.to_string());
    let granted = guard::take_password_try(app, conn, &account, known, visitor.now).await?;
    Ok(if granted { Counted::Granted } else { Counted::Spent })
}

fn verdict(entrant: Option<&Entrant>, right: bool, evaluated: bool) -> SignInResult {
    let Some(entrant) = entrant else { return SignInResult::UnknownId };
    if !evaluated {
        return SignInResult::BudgetSpent;
    }
    if !right {
        return if entrant.password.is_some() { SignInResult::WrongPassword } else { SignInResult::Invited };
    }
    match entrant.member.state {
        _ if entrant.workspace_suspended => SignInResult::Suspended,
        MemberState::Active if entrant.member.held_at.is_some() => SignInResult::Held,
        MemberState::Active => SignInResult::Done,
        MemberState::Suspended => SignInResult::Suspended,
        MemberState::Deleted => SignInResult::Deleted,
        MemberState::Invited => SignInResult::Invited,
    }
}

/// What a right password or secret opens to somebody who may come in.
fn demanded_of(entrant: &Entrant, is_secret: bool, now: Timestamp) -> SignInResult {
    match is_secret {
        false if !demanded::is_forced(&entrant.member) => SignInResult::Done,
        true if demanded::taken(entrant, now).is_some() => SignInResult::SecretTaken,
        _ => SignInResult::ChangeDemanded,
    }
}

/// What would open something opens it only to who comes from where the workspace lets them in.
fn from_where(entrant: Option<&Entrant>, result: SignInResult, visitor: &Visitor) -> Result<SignInResult> {
    let opens = matches!(result, SignInResult::Done | SignInResult::SecretTaken | SignInResult::ChangeDemanded);
    let Some(entrant) = entrant.filter(|_| opens) else { return Ok(result) };
    let admitted = networks::admit(entrant.networks.as_deref(), entrant.member.role, visitor.address)?;
    Ok(if admitted { result } else { SignInResult::Outside })
}

async fn refuse(
    app: &App,
    (slug, entrant): (&str, Option<&Entrant>),
    result: SignInResult,
    device: Option<&DeviceId>,
    visitor: &Visitor,
) -> Result<Outcome> {
    let refusal = transaction!(app.db, conn => {
        log(app, conn, (slug, entrant), result, device, visitor).await?;
        let told = matches!(
            result,
            SignInResult::Suspended
                | SignInResult::Held
                | SignInResult::ChangeDemanded
                | SignInResult::Outside
                | SignInResult::DeviceLost
        );
        let workspace = match (told, &entrant) {
            (true, Some(entrant)) => store::workspaces::by_id(conn, &entrant.member.workspace_id).await?,
            _ => None,
        };
        let text = workspace.and_then(|workspace| workspace.contact_text(visitor.locale).map(str::to_owned));
        Ok::<_, Error>(match result {
            SignInResult::Suspended => Refusal::Suspended(text),
            SignInResult::Held => Refusal::Held(text),
            SignInResult::ChangeDemanded => Refusal::ChangeDemanded(text),
            SignInResult::Outside => Refusal::Outside(text),
            SignInResult::DeviceLost => Refusal::DeviceLost(text),
            _ => Refusal::Wrong,
        })
    })?;
    Ok(Outcome::Refused(refusal))
}

/// No session, but a link to set a password for this browser.
async fn open_for_secret(
    app: &App,
    entrant: Entrant,
    bucket: &str,
    device: Option<&DeviceId>,
    visitor: &Visitor,
) -> Result<Option<Outcome>> {
    let Some(change) = demanded::taken(&entrant, visitor.now) else { return Ok(None) };
    let link = transaction!(app.db, conn => {
        let Some(link) = demanded::exchange(app, conn, &entrant.member, change, visitor).await? else {
            return Ok::<_, Error>(None);
        };
        store::apply(conn, [limits::clear_throttle(bucket)]).await?;
        log(app, conn, (&entrant.slug, Some(&entrant)), SignInResult::SecretTaken, device, visitor).await?;
        Ok(Some(link))
    })?;
    Ok(link.map(|link| Outcome::SetPassword(Box::new(Opened { link, slug: entrant.slug }))))
}

async fn open(
    app: &App,
    entrant: Entrant,
    bucket: &str,
    rehashed: Option<&str>,
    device: Option<DeviceId>,
    replaces: Option<&Secret>,
    visitor: &Visitor,
) -> Result<Option<Outcome>> {
    let now = visitor.now;
    let member = entrant.member;
    let policy = Policy::from_json(&entrant.policy).map_err(|error| Error::Broken(error.to_string()))?;
    let ends_at = now + hours(policy.session.absolute_hours(member.role));
    let session = Token::new(&*app.dice, &app.keyring, token_kind::SESSION);
    let fresh = device.is_none().then(|| Token::new(&*app.dice, &app.keyring, token_kind::DEVICE));
    let network = visitor.network.to_string();
    let new_device = fresh.as_ref().map(|token| new_device(app, token, visitor));
    // A known device rests on the older key until it is shown again.
    let known_hash = entrant.device_hash.as_deref().filter(|_| device.is_some());
    let hashed_anew = known_hash.and_then(|old| Some((old, visitor.presented_device()?.hash_anew(&app.keyring, old)?)));
    let is_familiar = device.is_some() && entrant.device_familiar;
    let device = device
        .or_else(|| new_device.as_ref().map(|device| device.id.clone()))
        .ok_or_else(|| Error::Broken("neither a device nor a token for one".to_owned()))?;
    // The first device of all is no news, nor is the one that a recovery went before, which told of itself.
    let is_news = !is_familiar && entrant.has_devices && member.checkup_since.is_none();
    let row = sessions::Session {
        id: new_id!(app, now, SessionId),
        workspace_id: member.workspace_id.clone(),
        member_id: member.id.clone(),
        device_id: Some(device.clone()),
        epoch: member.epoch,
        way: visitor.way.session().to_owned(),
        token_prefix: session.prefix.clone(),
        token_hash: session.hash.clone(),
        network: network.clone(),
        agent: visitor.agent.clone(),
        proved_at: now,
        seen_at: now,
        ends_at,
        created_at: now,
    };
    let line = line(app, Some((&member.workspace_id, &member.id)), SignInResult::Done, Some(&device), visitor);
    let opened = transaction!(app.db, conn => {
        // While the password was being hashed the account may have been closed or recovered: then nothing of this
        // sign-in holds, neither the session nor that the device is known.
        if !store::members::take_open(conn, &member.workspace_id, &member.id, member.epoch, now).await? {
            return Ok::<_, Error>(false);
        }
        if let (Some(new), Some(old)) = (rehashed, entrant.password.as_deref()) {
            store::passwords::rehash(conn, &member.id, old, new).await?;
        }
        if let Some(old) = replaces.and_then(|text| Token::parse(token_kind::SESSION, text.expose()))
            && let Some(live) = sessions::live(conn, &old.prefix, now).await?
            && old.matches(&app.keyring, &live.token_hash)
        {
            sessions::end(conn, &member.workspace_id, &live.member.id, &live.session_id, "replaced", now).await?;
        }
        let changes = [limits::clear_throttle(bucket), guard::member_succeeded(member.id.as_str())]
            .into_iter()
            .chain(new_device.as_ref().map(devices::insert))
            .chain(hashed_anew.iter().map(|(old, new)| devices::set_hash(&device, old, new.clone())))
            .chain(devices::set_known(&device, &member.workspace_id, &member.id, (&network, &visitor.agent), now))
            .chain([sessions::insert(&row), logs::sign_in(&line)]);
        store::apply(conn, changes).await?;
        if is_news {
            super::devices::tell_new(app, conn, &member, &device, visitor).await?;
        }
        Ok(true)
    })?;
    if opened {
        ended(SignInResult::Done);
        if is_news {
            app.outbox_bell.notify_one();
        }
    }
    Ok(opened.then(|| {
        Outcome::Done(Box::new(SignedIn {
            session,
            ends_at,
            device: fresh,
            slug: entrant.slug,
            checkup: member.checkup_since.is_some(),
            must_change: member.demand.is_some() || policy.password.is_expired(entrant.password_set_at, now),
        }))
    }))
}

fn new_device(app: &App, token: &Token, visitor: &Visitor) -> devices::Device {
    devices::Device {
        id: new_id!(app, visitor.now, DeviceId),
        token_prefix: token.prefix.clone(),
        token_hash: token.hash.clone(),
        agent: visitor.agent.clone(),
        created_at: visitor.now,
        seen_at: visitor.now,
    }
}

/// Writes the line, in one statement whoever it was: of an ID that nobody has for the workspace in which it was looked for.
async fn log(
    app: &App,
    conn: &mut Conn,
    (slug, entrant): (&str, Option<&Entrant>),
    result: SignInResult,
    device: Option<&DeviceId>,
    visitor: &Visitor,
) -> Result<()> {
    let whom = entrant.map(|entrant| (&entrant.member.workspace_id, &entrant.member.id));
    let line = line(app, whom, result, device, visitor);
    let change = match whom {
        Some(_) => logs::sign_in(&line),
        None => logs::sign_in_of_nobody(&line, slug),
    };
    store::apply(conn, [change]).await?;
    ended(result);
    Ok(())
}

fn ended(result: SignInResult) {
    metrics::counter!("aikagi_sign_ins_total", "result" => result.as_str()).increment(1);
}

fn line(
    app: &App,
    whom: Option<(&crate::model::id::WorkspaceId, &crate::model::id::MemberId)>,
    result: SignInResult,
    device: Option<&DeviceId>,
    visitor: &Visitor,
) -> logs::SignIn {
    logs::SignIn {
        id: new_id!(app, visitor.now, SignInId),
        workspace_id: whom.map(|(workspace, _)| workspace.clone()),
        member_id: whom.map(|(_, member)| member.clone()),
        result,
        way: visitor.way.as_str().to_owned(),
        address: visitor.address.to_string(),
        network: visitor.network.to_string(),
        agent: visitor.agent.clone(),
        device_id: device.cloned(),
        at: visitor.now,
    }
}
