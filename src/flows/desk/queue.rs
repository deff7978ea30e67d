//! The queue of those who cannot get in: who waits, since when, what they wrote; taken by one helper at a time, answered on the page
//! that the person keeps, closed. Everything that a person wrote is only what they say.

use serde::{Deserialize, Serialize};

use super::{Outcome, Refusal, Seat};
use crate::app::App;
use crate::flows::locked_out::{ANSWER, WRITTEN};
use crate::flows::{Error, Result};
use crate::model::id::{CallId, MemberId, RequestId};
use crate::model::{Action, Asked, Plight, RequestState, Timestamp, minutes};
use crate::store::locked_out::{self, Request};
use crate::store::{self, Conn, transaction};

/// Requests on the page: that wait, and that are over.
const OPEN: usize = 100;
const OVER: usize = 20;
/// Whoever took a request and did nothing for so long may be followed by somebody else.
const IDLE: crate::model::time::Span = minutes(30);

/// A request as the queue shows it.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct Waiting {
    pub id: RequestId,
    pub reference: String,
    pub cause: Plight,
    pub asked: Asked,
    pub state: RequestState,
    /// Who works on it: name, and whether that is the seat's holder.
    pub taken_by: Option<(String, bool)>,
    /// It can be taken by the seat's holder.
    pub can_take: bool,
    pub answer: Option<String>,
    pub created_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    pub network: String,
    /// A call of it proved the caller.
    pub proved: bool,
    /// The seat's holder's newest call of it, and whether it is still worth looking at.
    pub call: Option<CallId>,
    /// Whom that call proved, while it is good.
    pub member: Option<MemberId>,
}

/// How many people wait, at most 99.
pub async fn waiting(app: &App, seat: &Seat<'_>) -> Result<i64> {
    Ok(locked_out::waiting(&mut app.db.read().await?, &seat.member().workspace_id, 99).await?)
}

/// Which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that wait or are worked on, oldest first.
    Open,
    /// Those that are over, newest first.
    Over,
}

/// Behind which request the next page begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Behind(Timestamp, String);

/// Some requests, and where it goes on.
#[derive(Debug)]
pub struct Page {
    /// At most as many as were asked for.
    pub requests: Vec<Waiting>,
    /// None on the last page.
    pub next: Option<Behind>,
}

/// Those that wait, oldest first, and the newest that are over.
pub async fn list(app: &App, seat: &Seat<'_>) -> Result<(Vec<Waiting>, Vec<Waiting>)> {
    let open = page(app, seat, Which::Open, None, OPEN).await?;
    Ok((open.requests, page(app, seat, Which::Over, None, OVER).await?.requests))
}

/// So many of them, behind one where that is given.
pub async fn page(app: &App, seat: &Seat<'_>, which: Which, behind: Option<&Behind>, size: usize) -> Result<Page> {
    seat.taken_for(Action::AnswerLockedOut)?;
    let workspace = &seat.member().workspace_id;
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let behind = behind.map(|Behind(at, id)| (*at, id.as_str()));
    let mut conn = app.db.read().await?;
    let mut rows = match which {
        Which::Open => {
            locked_out::open(&mut conn, workspace, behind.unwrap_or((Timestamp(i64::MIN), "")), limit).await?
        }
        Which::Over => {
            locked_out::done(&mut conn, workspace, behind.unwrap_or((Timestamp(i64::MAX), "~")), limit).await?
        }
    };
    let more = rows.len() > size;
    rows.truncate(size);
    let place = |row: &Request| match which {
        Which::Open => Some(Behind(row.created_at, row.id.0.clone())),
        Which::Over => row.closed_at.map(|at| Behind(at, row.id.0.clone())),
    };
    let next = rows.last().filter(|_| more).and_then(place);
    let mut requests = Vec::with_capacity(rows.len());
    for row in rows {
        requests.push(shown(app, &mut conn, seat, row).await?);
    }
    Ok(Page { requests, next })
}

/// One request.
pub async fn one(app: &App, seat: &Seat<'_>, id: &RequestId) -> Result<Option<Waiting>> {
    let mut conn = app.db.read().await?;
    let Some(row) = locked_out::by_id(&mut conn, &seat.member().workspace_id, id).await? else { return Ok(None) };
    Ok(Some(shown(app, &mut conn, seat, row).await?))
}

async fn shown(app: &App, conn: &mut Conn, seat: &Seat<'_>, row: Request) -> Result<Waiting> {
    let workspace = &seat.member().workspace_id;
    let key = seat.signed().data_key(app)?;
    let plain = key.open_text(WRITTEN, row.id.as_str(), &row.written)?;
    let asked: Asked = serde_json::from_str(&plain).map_err(|error| Error::Broken(error.to_string()))?;
    let answer = row.answer.as_deref().map(|sealed| key.open_text(ANSWER, row.id.as_str(), sealed)).transpose()?;
    let own = row.taken_by.as_ref() == Some(&seat.member().id);
    let taken_by = match &row.taken_by {
        Some(id) => store::members::by_id(conn, workspace, id).await?.map(|member| (member.name, own)),
        None => None,
    };
    let calls = store::calls::of_request(conn, workspace, &row.id).await?;
    let newest = calls.iter().find(|call| call.opener == seat.member().id);
    let now = seat.now();
    let good = newest.filter(|call| super::proof::is_good(call, now));
    Ok(Waiting {
        can_take: match row.state {
            RequestState::Waiting => true,
            RequestState::Taken => !own && row.taken_at.is_some_and(|at| at + IDLE <= now),
            RequestState::Answered | RequestState::Closed => false,
        },
        proved: calls.iter().any(|call| call.proved_at.is_some()),
        call: newest
            .filter(|call| call.state == "open" && call.expires_at > now || good.is_some())
            .map(|call| call.id.clone()),
        member: good.and_then(|call| call.member_id.clone()),
        id: row.id,
        reference: row.reference,
        cause: row.cause,
        asked,
        state: row.state,
        taken_by,
        answer: answer.map(|text| text.to_string()),
        created_at: row.created_at,
        closed_at: row.closed_at,
        network: row.network,
    })
}

/// What a helper does with a request.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// Works on it from now on.
    Take,
    /// Answers, on the page that the person keeps.
    Answer(&'a str),
    /// Ends it.
    Close,
}

/// Takes the step. One that somebody else works on is refused, and so is one that is over.
pub async fn step(app: &App, seat: &Seat<'_>, id: &RequestId, step: Step<'_>) -> Result<Outcome<()>> {
    let now = seat.now();
    let own = &seat.member().id;
    transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::AnswerLockedOut).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let Some(row) = locked_out::by_id(conn, &seat.member().workspace_id, id).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        let (done, word) = match step {
            Step::Take => (locked_out::take(conn, &row, own, now - IDLE, now).await?, "request_taken"),
            Step::Close => (locked_out::close(conn, &row, own, now).await?, "request_closed"),
            Step::Answer(text) => {
                let sealed = seat.signed().data_key(app)?.seal(&*app.dice, ANSWER, id.as_str(), text.as_bytes());
                (locked_out::answer(conn, &row, own, &sealed, now).await?, "request_answered")
            }
        };
        if !done {
            return Ok(Err(Refusal::State));
        }
        let mut deed = seat.did(word, id.as_str());
        // What a program did names its token.
        deed.reference = deed.reference.or(Some(&row.reference));
        deed.write(app, conn, now).await?;
        Ok(Ok(()))
    })
}
