//! A caller's case: somebody on the telephone says to be a member. Until that is proved (`proof`) the helper sees nothing but that a call is
//! open, and for an ID that nobody has, or that the helper may not help, every step does the same with a decoy.

use super::{Outcome, Refusal, Seat, proof};
use crate::app::App;
use crate::flows::post::{self, Message};
use crate::flows::recovery::CONTACT;
use crate::flows::{Error, Result, new_id};
use crate::model::id::{CallId, MemberId, RequestId};
use crate::model::{
    Action, CallCode, ContactKind, LoginName, LoginTrouble, LoginTyped, MemberState, Role, Slug, Timestamp, days,
    hours, minutes, seconds, time::Span,
};
use crate::store::calls::{self, Call, Of};
use crate::store::codes::NewCode;
use crate::store::limits::{self, Window};
use crate::store::members::Member;
use crate::store::{self, Conn, transaction};
use crate::wording::help_desk;

/// How long there is to prove it, how long a code or a prompt lives, and how long a proved call shows the member.
const OPEN: Span = minutes(30);
const CODE_LIFE: Span = minutes(10);
pub(super) const PROMPT_LIFE: Span = minutes(10);
pub(super) const SHOWN: Span = minutes(30);
/// Codes that a call sends, and tries that each has: with 160,000 codes, one in 26,666 is guessed by a caller who has all of them.
const SENDS: i64 = 2;
pub(super) const TRIES: i64 = 3;
pub(super) const NUMBER_TRIES: i64 = 2;
/// Label that the typed ID is sealed under.
const TYPED: &str = "call.typed";
/// What a message with a call's letters is for.
pub(in crate::flows) const LETTERS: &str = "call_letters";

/// What came of opening one.
#[derive(Debug)]
pub enum Open {
    /// It is open, as far as the helper is told.
    Done(CallId),
    /// What was typed cannot be an ID here; no matter who has it.
    Typed(LoginTrouble),
    /// Enough for now.
    Wait,
    /// The seat has ended.
    Refused(Refusal),
}

/// Opens a call about the ID that the caller named.
pub async fn open(app: &App, seat: &Seat<'_>, typed: &str, request: Option<&RequestId>) -> Result<Open> {
    let now = seat.now();
    let own = seat.member();
    let name = match name(typed, &seat.signed().slug) {
        Ok(name) => name,
        Err(trouble) => return Ok(Open::Typed(trouble)),
    };
    let id = new_id!(app, now, CallId);
    let sealed = seat.signed().data_key(app)?.seal(&*app.dice, TYPED, id.as_str(), name.as_str().as_bytes());
    let l = &app.config.limits;
    let by_id = format!("call:{}", app.keyring.limit_key(own.workspace_id.as_str(), name.as_str()));
    let by_helper = format!("call:{}", own.id);
    let windows = [
        (by_id.as_str(), Window::new(l.calls_per_id_per_day, days(1))),
        (by_helper.as_str(), Window::new(l.calls_per_helper_per_hour, hours(1))),
    ];
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::TakeCalls).await? {
            return Ok::<_, Error>(Open::Refused(refusal));
        }
        if !limits::take_each(conn, &windows, now).await? {
            return Ok(Open::Wait);
        }
        let request_id = match request {
            Some(id) => store::locked_out::by_id(conn, &own.workspace_id, id).await?.map(|request| request.id),
            None => None,
        };
        let member = store::members::by_login(conn, &own.workspace_id, name.as_str()).await?;
        let member = member.filter(|member| member.id != own.id && can_be_helped(member, own.role));
        let call = Call {
            id: id.clone(),
            workspace_id: own.workspace_id.clone(),
            opener: own.id.clone(),
            request_id,
            member_id: member.as_ref().map(|member| member.id.clone()),
            typed: sealed.clone(),
            state: "open".to_owned(),
            sends: 0,
            sent_at: None,
            sent_by: None,
            number: None,
            prompted_at: None,
            confirmed_at: None,
            number_tries: 0,
            second_asked_at: None,
            second_by: None,
            proved_by: None,
            proved_at: None,
            ended_at: None,
            expires_at: now + OPEN,
            created_at: now,
        };
        let mut deed = seat.did("call_opened", id.as_str());
        deed.member = call.member_id.as_ref();
        let line = deed.line(app, now);
        store::apply(conn, [calls::insert(&call), store::logs::audit(&line)]).await?;
        Ok(Open::Done(id.clone()))
    })
}

/// The login name in what was typed, for this workspace.
fn name(typed: &str, slug: &str) -> std::result::Result<LoginName, LoginTrouble> {
    let here = |at: &Slug| at.as_str() == slug;
    match LoginTyped::parse(typed)? {
        LoginTyped::Name { name, workspace } if workspace.as_ref().is_none_or(here) => Ok(name),
        LoginTyped::Name { .. } | LoginTyped::WorkEmail(_) => Err(LoginTrouble::LooksLikeEmail),
    }
}

/// Whether an account is in a state in which a caller can be shown to be its member, and of a lower rank than the helper's. One that is held is not:
/// a contact or a device may be in a thief's hands.
pub(super) fn can_be_helped(member: &Member, helper: Role) -> bool {
    matches!(member.state, MemberState::Active | MemberState::Invited)
        && member.held_at.is_none()
        && helper.stands_above(member.role)
}

/// What the helper sees of a call.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Shown {
    pub id: CallId,
    /// What the caller named.
    pub typed: String,
    pub request: Option<RequestId>,
    pub stage: Stage,
    /// By which way the newest code went, and how often one can be sent yet.
    pub sent_by: Option<ContactKind>,
    pub sends_left: i64,
    pub resend_from: Timestamp,
    /// Tries that the newest code has left; none where it is over.
    pub code_tries: Option<i64>,
    pub code_until: Timestamp,
    pub prompted: bool,
    /// Tries at the number, while there is one to type.
    pub number_tries: Option<i64>,
    pub second_asked: bool,
    pub expires_at: Timestamp,
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is proved.
    Open,
    /// It is this member, whom the helper sees until then.
    Proved(MemberId, Timestamp),
    /// It is over.
    Ended,
}

fn of<'a>(seat: &'a Seat<'_>, id: &'a CallId) -> Of<'a> {
    Of { workspace: &seat.member().workspace_id, opener: &seat.member().id, id }
}

/// The helper's own call.
pub async fn show(app: &App, seat: &Seat<'_>, id: &CallId) -> Result<Option<Shown>> {
    let now = seat.now();
    let mut conn = app.db.read().await?;
    let Some(call) = calls::by_id(&mut conn, of(seat, id)).await? else { return Ok(None) };
    let code = store::codes::state(&mut conn, id.as_str()).await?;
    let stage = match (call.state.as_str(), call.proved_at) {
        ("open", _) if call.expires_at > now => Stage::Open,
        ("proved", Some(at)) if at + SHOWN > now => proof::member(&mut conn, seat, &call)
            .await?
            .map_or(Stage::Ended, |member| Stage::Proved(member.id, at + SHOWN)),
        _ => Stage::Ended,
    };
    let (tries, until) = code.unwrap_or((TRIES, now));
    let prompt_lives = call.prompted_at.is_some_and(|at| at + PROMPT_LIFE > now) && call.number_tries < NUMBER_TRIES;
    Ok(Some(Shown {
        typed: typed(app, seat, &call)?,
        request: call.request_id,
        stage,
        sent_by: call.sent_by,
        sends_left: (SENDS - call.sends).max(0),
        resend_from: call.sent_at.map_or(now, |at| at + pause(app)),
        code_tries: (until > now && tries < TRIES).then_some(TRIES - tries),
        code_until: until,
        prompted: call.prompted_at.is_some(),
        number_tries: prompt_lives.then_some(NUMBER_TRIES - call.number_tries),
        second_asked: call.second_asked_at.is_some(),
        expires_at: call.expires_at,
        id: call.id,
    }))
}

/// The ID as it was typed.
pub(super) fn typed(app: &App, seat: &Seat<'_>, call: &Call) -> Result<String> {
    Ok(seat.signed().data_key(app)?.open_text(TYPED, call.id.as_str(), &call.typed)?.to_string())
}

fn pause(app: &App) -> Span {
    seconds(app.config.limits.resend_seconds)
}

/// Sends letters, which the caller reads out, to the member's newest confirmed contact of this kind; where there is none, a decoy.
pub async fn send(app: &App, seat: &Seat<'_>, id: &CallId, kind: ContactKind) -> Result<Outcome<()>> {
    let now = seat.now();
    let done = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::TakeCalls).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let Some(call) = calls::by_id(conn, of(seat, id)).await? else { return Ok(Err(Refusal::NotFound)) };
        if !calls::set_sent(conn, of(seat, id), kind, (SENDS, now - pause(app)), now).await? {
            return Ok(Err(Refusal::State));
        }
        let reached = reached(app, conn, seat, &call, kind, now).await?;
        let code = CallCode::from_bytes(app.chance());
        let row = NewCode {
            id: new_id!(app, now, CodeId),
            workspace_id: Some(&call.workspace_id),
            subject: id.as_str(),
            hash: app.keyring.code_hash(id.as_str(), code.letters().expose()),
            expires_at: now + CODE_LIFE,
            created_at: now,
        };
        let locale = reached.as_ref().map_or(seat.visitor().locale, |(member, _)| member.locale);
        let message = Message {
            workspace: Some(&call.workspace_id),
            member: reached.as_ref().map(|(member, ..)| &member.id),
            contact: None,
            known: true,
            kind,
            purpose: LETTERS,
            reference: None,
            to: reached.as_ref().map(|(_, address)| address.as_str()),
            rendered: help_desk::call_code(locale, kind, &seat.signed().workspace_name, code.letters()),
            expires_at: now + CODE_LIFE,
        };
        let message = post::sealed(app, &message, now);
        let mut deed = seat.did("call_code_sent", id.as_str());
        deed.member = call.member_id.as_ref();
        let line = deed.line(app, now);
        let changes = [store::codes::put(&row), store::outbox::insert(&message), store::logs::audit(&line)];
        store::apply(conn, changes).await?;
        Ok(Ok(()))
    })?;
    app.outbox_bell.notify_one();
    Ok(done)
}

/// Where the letters go: to a contact that counts, as for a recovery.
async fn reached(
    app: &App,
    conn: &mut Conn,
    seat: &Seat<'_>,
    call: &Call,
    kind: ContactKind,
    now: Timestamp,
) -> Result<Option<(Member, zeroize::Zeroizing<String>)>> {
    // For nobody the same is looked for, and not found.
    let nobody = MemberId(String::new());
    let id = call.member_id.as_ref().unwrap_or(&nobody);
    let all = store::contacts::list(conn, &call.workspace_id, id).await?;
    let member = proof::member(conn, seat, call).await?;
    let good = all.into_iter().filter(|contact| contact.kind == kind && contact.may_get_secrets(now));
    let Some((member, contact)) = member.zip(good.max_by_key(|contact| contact.confirmed_at)) else { return Ok(None) };
    let address = seat.signed().data_key(app)?.open_text(CONTACT, contact.id.as_str(), &contact.address)?;
    Ok(Some((member, address)))
}

/// What a helper does with a call beside proving it.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Asks on the member's own signed-in page, with a number that the caller reads out.
    Prompt,
    /// Asks for a second administrator's agreement.
    AskSecond,
    /// Ends it; what it showed is shown no more.
    End,
}

/// Takes the step.
pub async fn step(app: &App, seat: &Seat<'_>, id: &CallId, step: Step) -> Result<Outcome<()>> {
    let now = seat.now();
    let number = i64::from(u16::from_be_bytes(app.chance::<2>()) % 90) + 10;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::TakeCalls).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let of = of(seat, id);
        let Some(call) = calls::by_id(conn, of).await? else { return Ok(Err(Refusal::NotFound)) };
        let (done, word) = match step {
            Step::Prompt => (calls::set_prompted(conn, of, number, now).await?, "call_prompted"),
            Step::AskSecond => (calls::set_second_asked(conn, of, now).await?, "call_second_asked"),
            Step::End => (calls::end(conn, of, now).await?, "call_ended"),
        };
        if !done {
            return Ok(Err(Refusal::State));
        }
        let mut deed = seat.did(word, id.as_str());
        deed.member = call.member_id.as_ref();
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}
