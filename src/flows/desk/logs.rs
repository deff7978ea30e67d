//! The sign-in log and the audit log at the desk: looked through by what is wanted, newest first, and taken out as a file, as the message log is, which is itself a
//! line of the audit log.
//!
//! A file is made piece by piece, so that a million lines never stand in memory. In CSV no cell begins as a formula (OWASP, "CSV Injection").

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Outcome, Seat, messages, table};
use crate::app::App;
use crate::flows::session::Signed;
use crate::flows::{Changed, DETAILS, Error, Result};
use crate::model::id::{AuditId, MemberId, MessageId, SignInId, WorkspaceId};
use crate::model::{Action, LoginName, Network, SignInResult, Timestamp};
use crate::store::log_pages::{self, AuditNamed, SignInNamed, Wanted};
use crate::store::{self, transaction};
use crate::vault::DataKey;

/// Lines of one page.
pub const PAGE: usize = 50;
/// Lines of one piece of a file.
const PIECE: usize = 1_000;

/// What is looked for in either log. What is none is not asked for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Whom it concerns.
    pub member: Option<MemberId>,
    /// From where, as the logs write it.
    pub network: Option<Network>,
    /// Not before then.
    pub from: Option<Timestamp>,
    /// Before then.
    pub to: Option<Timestamp>,
}

/// Which log, and what is looked for in it alone.
#[derive(Debug, Clone)]
pub enum Log {
    /// The sign-in log, by how it ended.
    SignIns(Option<SignInResult>),
    /// The audit log.
    Audit {
        /// What was done.
        action: Option<String>,
        /// Who did it.
        actor: Option<MemberId>,
    },
    /// The message log.
    Messages(messages::Filter),
}

impl Log {
    const fn name(&self) -> &'static str {
        match self {
            Self::SignIns(_) => "sign_ins",
            Self::Audit { .. } => "audit",
            Self::Messages(_) => "messages",
        }
    }

    fn wanted(&self, filter: &Filter) -> Wanted {
        let (what, actor) = match self {
            Self::SignIns(result) => (result.map(|result| result.as_str().to_owned()), None),
            Self::Audit { action, actor } => (action.clone(), actor.clone()),
            Self::Messages(filter) => (filter.state.map(|state| state.as_str().to_owned()), None),
        };
        // Ids begin with their time.
        let id = |at: Timestamp| match self {
            Self::SignIns(_) => SignInId::new(at, [0; 10]).0,
            Self::Audit { .. } => AuditId::new(at, [0; 10]).0,
            Self::Messages(_) => MessageId::new(at, [0; 10]).0,
        };
        Wanted {
            member: filter.member.as_ref().map(|member| member.0.clone()),
            what,
            actor: actor.map(|actor| actor.0),
            network: filter.network.map(|network| network.to_string()),
            from: filter.from.map(id),
            before: filter.to.map(id),
        }
    }
}

/// Some lines, newest first.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The lines.
    pub lines: Vec<T>,
    /// Behind which id older ones follow, if any do.
    pub older: Option<String>,
}

/// Which lines of all that are wanted: so many, behind this id where one is given.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The id.
    pub older: Option<&'a str>,
    /// How many at most.
    pub size: usize,
}

impl<'a> Part<'a> {
    /// As many as a page of the desk shows.
    pub const fn usual(older: Option<&'a str>) -> Self {
        Self { older, size: PAGE }
    }
}

impl<T> Page<T> {
    fn new(mut lines: Vec<T>, size: usize, id: impl Fn(&T) -> &str) -> Self {
        let more = lines.len() > size;
        lines.truncate(size);
        let older = if more { lines.last().map(|last| id(last).to_owned()) } else { None };
        Self { lines, older }
    }
}

/// A line of the audit log with what changed, JSON.
#[derive(Debug, Clone)]
pub struct AuditLine {
    /// The line, and the names of those in it.
    pub named: AuditNamed,
    /// Before and after; none also where they do not open.
    pub details: Option<Value>,
}

impl AuditLine {
    fn new(named: AuditNamed, key: &DataKey) -> Self {
        let line = &named.line;
        let plain = line.details.as_ref().and_then(|sealed| key.open_text(DETAILS, line.id.as_str(), sealed).ok());
        let details = plain.and_then(|plain| serde_json::from_str(&plain).ok());
        Self { named, details }
    }
}

/// A page of the sign-in log.
pub async fn sign_ins(
    app: &App,
    seat: &Seat<'_>,
    result: Option<SignInResult>,
    filter: &Filter,
    part: Part<'_>,
) -> Result<Page<SignInNamed>> {
    seat.taken_for(Action::ReadSignIns)?;
    let wanted = behind(Log::SignIns(result).wanted(filter), part.older);
    let workspace = &seat.member().workspace_id;
    let lines = log_pages::sign_ins(&mut app.db.read().await?, workspace, &wanted, part.size + 1).await?;
    Ok(Page::new(lines, part.size, |one| one.line.id.as_str()))
}

/// A page of the audit log.
pub async fn audit(
    app: &App,
    seat: &Seat<'_>,
    action: Option<&str>,
    actor: Option<&MemberId>,
    filter: &Filter,
    part: Part<'_>,
) -> Result<Page<AuditLine>> {
    seat.taken_for(Action::ReadAudit)?;
    let log = Log::Audit { action: action.map(str::to_owned), actor: actor.cloned() };
    let wanted = behind(log.wanted(filter), part.older);
    let key = seat.signed().data_key(app)?;
    let workspace = &seat.member().workspace_id;
    let lines = log_pages::audit(&mut app.db.read().await?, workspace, &wanted, part.size + 1).await?;
    let lines = lines.into_iter().map(|named| AuditLine::new(named, &key)).collect();
    Ok(Page::new(lines, part.size, |one: &AuditLine| one.named.line.id.as_str()))
}

/// Who in the workspace is called so: a login name, with or without the workspace behind it.
pub async fn member_called(app: &App, signed: &Signed, typed: &str) -> Result<Option<MemberId>> {
    let typed = typed.replace('＠', "@");
    let name = typed.strip_suffix(&format!("@{}", signed.slug)).unwrap_or(&typed);
    let Ok(login) = LoginName::parse(name) else { return Ok(None) };
    let member =
        store::members::by_login(&mut app.db.read().await?, &signed.member.workspace_id, login.as_str()).await?;
    Ok(member.map(|member| member.id))
}

/// What is wanted and older than this; an id beyond the end of the time wanted does not widen it.
fn behind(mut wanted: Wanted, older: Option<&str>) -> Wanted {
    if let Some(older) = older
        && wanted.before.as_deref().is_none_or(|before| older < before)
    {
        wanted.before = Some(older.to_owned());
    }
    wanted
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For spreadsheets: UTF-8 with a mark, by which Excel knows it.
    Csv,
    /// For programs: an object a line.
    JsonLines,
}

/// A file under way.
pub struct Export {
    workspace: WorkspaceId,
    log: Log,
    wanted: Wanted,
    format: Format,
    key: Arc<DataKey>,
    /// Whether members' names may stand in it.
    names: bool,
    begun: bool,
    over: bool,
}

const SIGN_INS: [&str; 11] =
    ["id", "at", "result", "login", "name", "member_id", "way", "address", "network", "device_id", "agent"];
const AUDIT: [&str; 13] = [
    "id",
    "at",
    "action",
    "actor",
    "actor_login",
    "login",
    "name",
    "member_id",
    "subject",
    "reference",
    "network",
    "nth",
    "details",
];

const MESSAGES: [&str; 14] = [
    "id",
    "at",
    "kind",
    "purpose",
    "reference",
    "state",
    "cause",
    "carrier",
    "handed_at",
    "ended_at",
    "code_entered_at",
    "member_id",
    "login",
    "name",
];

/// Begins a file. That it was taken is in the audit log before its first line is read.
pub async fn export(app: &App, seat: &Seat<'_>, log: Log, filter: &Filter, format: Format) -> Result<Outcome<Export>> {
    seat.taken_for(Action::Export)?;
    let key = seat.signed().data_key(app)?;
    let workspace = seat.member().workspace_id.clone();
    let mut wanted = log.wanted(filter);
    // Its own line and what comes later are not in it.
    wanted = behind(
        wanted,
        Some(&log.wanted(&Filter { to: Some(seat.now()), ..Filter::default() }).before.unwrap_or_default()),
    );
    let held = transaction!(app.db, conn => {
        if let Err(refusal) = seat.hold(conn, Action::Export).await? {
            return Ok::<_, Error>(Err(refusal));
        }
        let deed = seat.did("log_exported", log.name());
        let asked = Changed::default()
            .put("member", (), &wanted.member)
            .put("what", (), &wanted.what)
            .put("actor", (), &wanted.actor)
            .put("network", (), &wanted.network)
            .put("from", (), filter.from.map(|at| at.to_jiff().to_string()))
            .put("to", (), filter.to.map(|at| at.to_jiff().to_string()));
        let asked = match &log {
            Log::Messages(filter) => asked
                .put("reference", (), &filter.reference)
                .put("kind", (), filter.kind)
                .put("contact", (), filter.contacts.as_ref().and_then(|contacts| contacts.first())),
            Log::SignIns(_) | Log::Audit { .. } => asked,
        };
        deed.with(key.clone(), asked).write(app, conn, seat.now()).await?;
        Ok(Ok(()))
    })?;
    let names = seat.may(Action::SeeMembers);
    Ok(held.map(|()| Export { workspace, log, wanted, format, key, names, begun: false, over: false }))
}

impl Export {
    /// The next piece of the file; none when it is over.
    pub async fn next(&mut self, app: &App) -> Result<Option<Vec<u8>>> {
        if self.over {
            return Ok(None);
        }
        let mut conn = app.db.read().await?;
        let (head, rows, last): (&[&str], Vec<Vec<Value>>, _) = match &self.log {
            Log::SignIns(_) => {
                let lines = log_pages::sign_ins(&mut conn, &self.workspace, &self.wanted, PIECE).await?;
                let last = lines.last().map(|one| one.line.id.0.clone());
                (&SIGN_INS, lines.iter().map(sign_in_cells).collect(), last)
            }
            Log::Audit { .. } => {
                let lines = log_pages::audit(&mut conn, &self.workspace, &self.wanted, PIECE).await?;
                let last = lines.last().map(|one| one.line.id.0.clone());
                let cells = |named| audit_cells(AuditLine::new(named, &self.key));
                (&AUDIT, lines.into_iter().map(cells).collect(), last)
            }
            Log::Messages(filter) => {
                let wanted = filter.clone().behind(self.wanted.before.clone());
                let lines = store::messages::list(&mut conn, &self.workspace, &wanted, PIECE).await?;
                let last = lines.last().map(|one| one.line.id.0.clone());
                (&MESSAGES, lines.iter().map(|one| message_cells(one, self.names)).collect(), last)
            }
        };
        drop(conn);
        self.over = rows.len() < PIECE;
        self.wanted.before = last;
        let is_first = !std::mem::replace(&mut self.begun, true);
        let text = match self.format {
            Format::Csv => csv(is_first.then_some(head), &rows)?,
            Format::JsonLines => json_lines(head, rows),
        };
        Ok(Some(text))
    }
}

fn sign_in_cells(one: &SignInNamed) -> Vec<Value> {
    let l = &one.line;
    vec![
        text(&l.id),
        text(l.at.to_jiff()),
        text(l.result),
        maybe(one.login.as_ref()),
        maybe(one.name.as_ref()),
        maybe(l.member_id.as_ref()),
        text(&l.way),
        text(&l.address),
        text(&l.network),
        maybe(l.device_id.as_ref()),
        text(&l.agent),
    ]
}

fn audit_cells(one: AuditLine) -> Vec<Value> {
    let (named, l) = (&one.named, &one.named.line);
    vec![
        text(&l.id),
        text(l.at.to_jiff()),
        text(&l.action),
        text(&l.actor),
        maybe(named.actor_login.as_ref()),
        maybe(named.login.as_ref()),
        maybe(named.name.as_ref()),
        maybe(l.member_id.as_ref()),
        maybe(l.subject.as_ref()),
        maybe(l.reference.as_ref()),
        maybe(l.network.as_ref()),
        named.nth.map_or(Value::Null, Value::from),
        one.details.unwrap_or_default(),
    ]
}

/// Neither what stood in it nor where it went.
fn message_cells(one: &messages::Named, names: bool) -> Vec<Value> {
    let l = &one.line;
    vec![
        text(&l.id),
        text(l.created_at.to_jiff()),
        text(l.kind),
        text(&l.purpose),
        maybe(l.reference.as_ref()),
        text(l.state),
        maybe(l.cause.as_ref()),
        maybe(l.carrier.as_ref()),
        maybe(l.handed_at.map(Timestamp::to_jiff)),
        maybe(l.done_at.map(Timestamp::to_jiff)),
        maybe(l.entered_at.map(Timestamp::to_jiff)),
        maybe(l.member_id.as_ref()),
        maybe(one.login.as_ref().filter(|_| names)),
        maybe(one.name.as_ref().filter(|_| names)),
    ]
}

fn text(value: impl std::fmt::Display) -> Value {
    Value::String(value.to_string())
}

fn maybe(value: Option<impl std::fmt::Display>) -> Value {
    value.map_or(Value::Null, text)
}

fn json_lines(head: &[&str], rows: Vec<Vec<Value>>) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        let object: Map<String, Value> = head.iter().map(|name| (*name).to_owned()).zip(row).collect();
        out.extend_from_slice(Value::Object(object).to_string().as_bytes());
        out.push(b'\n');
    }
    out
}

/// Lines of a file for spreadsheets.
pub(super) fn csv(head: Option<&[&str]>, rows: &[Vec<Value>]) -> Result<Vec<u8>> {
    let mut out = match head {
        Some(head) => table::first(head)?,
        None => Vec::new(),
    };
    out.extend(table::rows(rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>()))?);
    Ok(out)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_as_a_formula_and_quotes_hold() {
        for bad in ["=1+1", "+81", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"] {
            assert_eq!(table::plain(bad), format!("'{bad}"));
        }
        for good in ["", "田中", "a=1", "'=1", "1-2"] {
            assert_eq!(table::plain(good), good);
        }
        let rows = [vec![text("a,\"b\""), Value::Null, text("=1\nx"), serde_json::json!({ "a": 1 })]];
        let file = String::from_utf8(csv(Some(&["p", "q", "r", "s"]), &rows).expect("it is written")).expect("UTF-8");
        assert_eq!(file, "\u{feff}p,q,r,s\r\n\"a,\"\"b\"\"\",,\"'=1\nx\",\"{\"\"a\"\":1}\"\r\n");
        assert_eq!(csv(None, &[]).expect("it is written"), b"");
    }
}
