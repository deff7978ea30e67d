//! The list at the end of a loss, as it may be handed on: what was told when, what confirmed it when, and what may live until when.

use serde::Serialize;

use super::{Outcome, Refusal, Seat, table};
use crate::app::App;
use crate::flows::incidents::{self, Case};
use crate::flows::{Result, session};
use crate::model::id::{DeviceId, MemberId};
use crate::model::{Action, IncidentThing, Timestamp};
use crate::store::access_tokens;
use crate::store::members::Member;
use crate::store::{self, Conn};

/// Tokens that are looked at: nobody makes more.
const TOKENS: i64 = 200;

/// What was not stopped and lives on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lives {
    /// A session's id, or a token's.
    pub id: String,
    /// The token's name; none for a session.
    pub token: Option<String>,
    /// The session's device.
    pub device: Option<DeviceId>,
    /// Until then at the latest.
    pub until: Timestamp,
}

/// A case with what lives on.
#[derive(Debug)]
pub struct Receipt {
    /// The case.
    pub case: Case,
    /// What lives on, sessions first.
    pub lives: Vec<Lives>,
}

/// The member's; none where nothing was reported.
pub async fn of(app: &App, seat: &Seat<'_>, member: &Member) -> Result<Option<Receipt>> {
    seat.taken_for(Action::SeeMembers)?;
    let Some(case) = incidents::of(app, member).await? else { return Ok(None) };
    let lives = lives(&mut app.db.read().await?, seat, member).await?;
    Ok(Some(Receipt { case, lives }))
}

async fn lives(conn: &mut Conn, seat: &Seat<'_>, member: &Member) -> Result<Vec<Lives>> {
    let (policy, now) = (&seat.signed().policy, seat.now());
    let whom = (&member.workspace_id, &member.id);
    let sessions = session::of_member(conn, whom, member.role, policy, now).await?;
    let tokens = access_tokens::list(conn, &member.workspace_id, Some(&member.id), "~", TOKENS, now).await?;
    let sessions = sessions.into_iter().map(|row| Lives {
        until: session::until(policy, member.role, row.created_at, row.ends_at),
        id: row.id.0,
        token: None,
        device: row.device_id,
    });
    let tokens = tokens.into_iter().map(|made| Lives {
        id: made.token.id.0,
        token: Some(made.token.name),
        device: None,
        until: made.token.expires_at,
    });
    Ok(sessions.chain(tokens).collect())
}

/// As a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A line for each thing.
    Csv,
    /// An object.
    Json,
}

/// One thing in a file. Times are RFC 3339.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the file's own words")]
pub struct Line {
    pub kind: &'static str,
    pub id: String,
    pub name: String,
    pub state: &'static str,
    pub told_at: Option<String>,
    pub confirmed_at: Option<String>,
    pub may_live_until: Option<String>,
    pub cause: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    case: &'a str,
    workspace: &'a str,
    member: &'a str,
    login: &'a str,
    what: &'static str,
    reported_at: String,
    ended_at: Option<String>,
    outcome: Option<&'static str>,
    written_at: String,
    things: Vec<Line>,
}

/// The list as a file; `names` are what devices and contacts are called, contacts masked. That somebody took it is not written down: the page shows the same.
pub async fn file(
    app: &App,
    seat: &Seat<'_>,
    id: &MemberId,
    names: &[(String, String)],
    format: Format,
) -> Result<Outcome<Vec<u8>>> {
    let workspace = &seat.member().workspace_id;
    let Some(member) = store::members::by_id(&mut app.db.read().await?, workspace, id).await? else {
        return Ok(Err(Refusal::NotFound));
    };
    let Some(receipt) = of(app, seat, &member).await? else { return Ok(Err(Refusal::State)) };
    let lines = lines(&receipt, names);
    if format == Format::Csv {
        let head = ["kind", "id", "name", "state", "told_at", "confirmed_at", "may_live_until", "cause"];
        let mut file = table::first(&head)?;
        let row = |line: &Line| {
            let or = |text: &Option<String>| text.clone().unwrap_or_default();
            let (told, confirmed, until) = (or(&line.told_at), or(&line.confirmed_at), or(&line.may_live_until));
            let cause = line.cause.unwrap_or_default().to_owned();
            [line.kind.into(), line.id.clone(), line.name.clone(), line.state.into(), told, confirmed, until, cause]
        };
        file.extend(table::rows(lines.iter().map(row))?);
        return Ok(Ok(file));
    }
    let incident = &receipt.case.incident;
    let file = File {
        case: incident.id.as_str(),
        workspace: workspace.as_str(),
        member: member.id.as_str(),
        login: &format!("{}@{}", member.login, seat.signed().slug),
        what: incident.kind.as_str(),
        reported_at: time(incident.opened_at),
        ended_at: incident.ended_at.map(time),
        outcome: incident.outcome.map(crate::model::IncidentEnd::as_str),
        written_at: time(seat.now()),
        things: lines,
    };
    let mut text = serde_json::to_vec_pretty(&file).map_err(|error| crate::flows::Error::Broken(error.to_string()))?;
    text.push(b'\n');
    Ok(Ok(text))
}

/// What became of each thing; `names` are what devices, programs and contacts are called.
pub fn lines(receipt: &Receipt, names: &[(String, String)]) -> Vec<Line> {
    let name = |id: &str| names.iter().find(|(known, _)| known == id).map_or(String::new(), |(_, name)| name.clone());
    let things = receipt.case.things.iter().map(|thing| Line {
        kind: thing.kind.as_str(),
        id: thing.thing_id.clone(),
        name: name(match (thing.kind, &thing.device_id) {
            (IncidentThing::Session, Some(device)) => device,
            _ => &thing.thing_id,
        }),
        state: match (thing.undone_at, thing.confirmed_at) {
            (Some(_), _) => "restored",
            (None, Some(_)) => "refused",
            (None, None) => "stopped",
        },
        told_at: Some(time(thing.told_at)),
        confirmed_at: thing.confirmed_at.map(time),
        may_live_until: None,
        cause: None,
    });
    let wipes = receipt.case.wipes.iter().map(|wipe| Line {
        kind: "wipe",
        id: wipe.id.to_string(),
        name: name(&wipe.target),
        state: wipe.state.as_str(),
        told_at: wipe.sent_at.map(time),
        confirmed_at: wipe.ended_at.filter(|_| wipe.state == crate::model::WipeState::Confirmed).map(time),
        may_live_until: None,
        cause: wipe.cause.map(crate::model::WipeCause::as_str),
    });
    let lives = receipt.lives.iter().map(|lives| Line {
        kind: if lives.token.is_some() { "token" } else { "session" },
        id: lives.id.clone(),
        name: lives
            .token
            .clone()
            .unwrap_or_else(|| lives.device.as_ref().map_or(String::new(), |id| name(id.as_str()))),
        state: "lives",
        told_at: None,
        confirmed_at: None,
        may_live_until: Some(time(lives.until)),
        cause: None,
    });
    things.chain(wipes).chain(lives).collect()
}

fn time(at: Timestamp) -> String {
    at.to_jiff().to_string()
}
