//! The sign-in log and the audit log: looked through by what is wanted, and taken out as a file.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

use super::sealed;
use crate::flows::desk::logs::{self, AuditLine, Filter, Format, Log, Part};
use crate::flows::history;
use crate::flows::session::Signed;
use crate::model::id::MemberId;
use crate::model::{Action, Network, SignInResult, Timestamp, days};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::Slip;
use crate::web::view::desk::{AuditShown, Lines, LogPage, SignInShown, WhichLog, result_key};
use crate::web::view::{Troubles, moment};
use crate::wording;
use crate::wording::agent;

/// What is looked for, as it was typed.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Asked {
    /// A login name.
    login: String,
    /// A network or address.
    place: String,
    /// The first and the last day, `2026-11-23`.
    from: String,
    to: String,
    /// How it ended, or what was done.
    what: String,
    older: Option<String>,
}

/// What of it can be looked for, and what is to be mended.
struct Read {
    filter: Filter,
    /// Somebody is named whom nobody knows: then nothing fits.
    nobody: bool,
    troubles: Troubles,
}

impl Asked {
    fn of_form(call: &Call) -> Self {
        let text = |name: &str| call.form.text(name).trim().chars().take(200).collect::<String>();
        let (login, place, from, to, what) = (text("login"), text("place"), text("from"), text("to"), text("what"));
        Self { login, place, from, to, what, older: None }
    }

    async fn read(&self, call: &Call, signed: &Signed) -> Result<Read, Failure> {
        let mut troubles = Troubles::none();
        let mut filter = Filter::default();
        let mut day = |typed: &str, field, plus| match (typed.is_empty(), typed.parse::<Date>()) {
            (true, _) => None,
            (false, Ok(date)) => midnight(date).map(|at| at + days(plus)),
            (false, Err(_)) => {
                troubles.push(call.locale(), field, Slip::DayUnreadable);
                None
            }
        };
        filter.from = day(&self.from, "from", 0);
        filter.to = day(&self.to, "to", 1);
        if !self.place.is_empty() {
            match self.place.split('/').next().unwrap_or_default().parse() {
                Ok(address) => filter.network = Some(Network::of(address)),
                Err(_) => troubles.push(call.locale(), "place", Slip::PlaceUnreadable),
            }
        }
        let mut nobody = false;
        if !self.login.is_empty() {
            filter.member = logs::member_called(&call.app, signed, &self.login).await?;
            nobody = filter.member.is_none();
        }
        Ok(Read { filter, nobody, troubles })
    }
}

/// The first moment of a day in Japan, where the pages' times are told.
fn midnight(date: Date) -> Option<Timestamp> {
    let zone = TimeZone::fixed(Offset::constant(9));
    date.to_zoned(zone).ok().map(|at| Timestamp(at.timestamp().as_microsecond()))
}

/// The address of what the sign-in log has of a member or a network.
pub fn path_for(call: &Call, signed: &Signed, login: Option<&str>, network: Option<&str>) -> String {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let asked = Asked { login: text(login), place: text(network), ..Asked::default() };
    format!("/w/{}/admin/sign-ins?s={}", signed.slug, sealed::seal(call, signed, &asked))
}

/// The sign-in log.
pub async fn get_sign_ins(call: Call, signed: Signed) -> Answer {
    let asked: Asked = sealed::open(&call, &signed);
    let read = asked.read(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::ReadSignIns)?;
    let result = SignInResult::parse(&asked.what);
    let page = logs::sign_ins(&call.app, &seat, result, &read.filter, Part::usual(asked.older.as_deref())).await?;
    let locale = call.locale();
    let shown = page.lines.iter().map(|one| SignInShown {
        at: moment(locale, one.line.at),
        result: one.line.result,
        member: one.line.member_id.as_ref().map(ToString::to_string),
        name: one.name.clone().unwrap_or_default(),
        login: one.login.clone().unwrap_or_default(),
        device: agent::in_words(locale, &one.line.agent),
        place: one.line.address.clone(),
    });
    let lines = Lines::SignIns(if read.nobody { Vec::new() } else { shown.collect() });
    show(call, &signed, asked, read, lines, page.older)
}

/// The audit log.
pub async fn get_audit(call: Call, signed: Signed) -> Answer {
    let asked: Asked = sealed::open(&call, &signed);
    let read = asked.read(&call, &signed).await?;
    let seat = super::seat(&call, &signed, Action::ReadAudit)?;
    let action = Some(asked.what.as_str()).filter(|what| !what.is_empty());
    let page = logs::audit(&call.app, &seat, action, None, &read.filter, Part::usual(asked.older.as_deref())).await?;
    let shown = page.lines.iter().map(|one| audit_shown(&call, one));
    let lines = Lines::Audit(if read.nobody { Vec::new() } else { shown.collect() });
    show(call, &signed, asked, read, lines, page.older)
}

fn audit_shown(call: &Call, one: &AuditLine) -> AuditShown {
    let (locale, line) = (call.locale(), &one.named.line);
    let own = line.member_id.as_ref().is_some_and(|member| member.as_str() == line.actor);
    let by = match (&one.named.actor_login, line.actor.as_str()) {
        (Some(_), _) if own => wording::text(locale, "by-own", &[]),
        (Some(login), _) => login.clone(),
        (None, "operator") => wording::text(locale, "by-operator", &[]),
        (None, "notice") => wording::text(locale, "by-notice", &[]),
        (None, "server") => wording::text(locale, "by-server", &[]),
        (None, _) => wording::text(locale, "by-other", &[]),
    };
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let details = one.details.as_ref().and_then(serde_json::Value::as_object);
    let details = details.into_iter().flatten();
    AuditShown {
        at: moment(locale, line.at),
        what: wording::text(locale, history::deed(&line.action).key(), &[]),
        by,
        member: line.member_id.as_ref().map(ToString::to_string),
        name: one.named.name.clone().unwrap_or_default(),
        login: one.named.login.clone().unwrap_or_default(),
        changes: details
            .map(|(name, both)| format!("{name}: {} → {}", value(&both["before"]), value(&both["after"])))
            .collect(),
    }
}

fn show(mut call: Call, signed: &Signed, asked: Asked, read: Read, lines: Lines, older: Option<String>) -> Answer {
    let which = lines.which();
    let path =
        |asked: &Asked| format!("/w/{}/admin/{}?s={}", signed.slug, which.path(), sealed::seal(&call, signed, asked));
    let older = older.filter(|_| !read.nobody).map(|older| path(&Asked { older: Some(older), ..asked.clone() }));
    let words: Vec<(&'static str, &'static str)> = match which {
        WhichLog::SignIns => SignInResult::ALL.iter().map(|one| (one.as_str(), result_key(*one))).collect(),
        WhichLog::Audit => history::words().map(|word| (word, history::deed(word).key())).collect(),
    };
    let page = LogPage {
        further: asked.older.is_some(),
        sealed: sealed::seal(&call, signed, &Asked { older: None, ..asked.clone() }),
        login: asked.login,
        place: asked.place,
        from: asked.from,
        to: asked.to,
        choices: words.into_iter().map(|(word, key)| (word, key, word == asked.what)).collect(),
        lines,
        older,
        may_export: signed.member.role.may(Action::Export),
        troubles: read.troubles,
        page: call.frame_at_desk(signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

/// A search in the sign-in log.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn post_sign_ins(call: Call, signed: Signed) -> Answer {
    search(call, &signed, WhichLog::SignIns)
}

/// A search in the audit log.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn post_audit(call: Call, signed: Signed) -> Answer {
    search(call, &signed, WhichLog::Audit)
}

fn search(call: Call, signed: &Signed, which: WhichLog) -> Answer {
    let sealed = sealed::seal(&call, signed, &Asked::of_form(&call));
    call.go(&format!("/w/{}/admin/{}?s={sealed}", signed.slug, which.path()))
}

/// The sign-in log as a file.
pub async fn export_sign_ins(call: Call, signed: Signed) -> Answer {
    export(call, signed, WhichLog::SignIns).await
}

/// The audit log as a file.
pub async fn export_audit(call: Call, signed: Signed) -> Answer {
    export(call, signed, WhichLog::Audit).await
}

async fn export(call: Call, signed: Signed, which: WhichLog) -> Answer {
    let asked: Asked = sealed::read(&call, &signed, call.form.text("s"));
    let mut read = asked.read(&call, &signed).await?;
    if read.troubles.any() {
        return Err(Failure::BadRequest);
    }
    if read.nobody {
        read.filter.member = Some(nobody());
    }
    let log = match which {
        WhichLog::SignIns => Log::SignIns(SignInResult::parse(&asked.what)),
        WhichLog::Audit => Log::Audit { action: Some(asked.what).filter(|what| !what.is_empty()), actor: None },
    };
    file(call, &signed, which.path(), log, &read.filter).await
}

/// Whose lines a file has for a search that finds nobody: nobody's, not everybody's.
pub(super) const fn nobody() -> MemberId {
    MemberId(String::new())
}

/// A log as a file, for the page of this path.
pub(super) async fn file(mut call: Call, signed: &Signed, path: &str, log: Log, filter: &Filter) -> Answer {
    let (format, ending, kind) = match call.form.text("format") {
        "csv" => (Format::Csv, "csv", "text/csv; charset=utf-8"),
        "jsonl" => (Format::JsonLines, "jsonl", "application/jsonl"),
        _ => return Err(Failure::BadRequest),
    };
    let seat = super::seat(&call, signed, Action::Export)?;
    let file = match logs::export(&call.app, &seat, log, filter, format).await? {
        Ok(file) => file,
        Err(refusal) => {
            let said = super::refused(refusal).ok_or(Failure::NotFound)?;
            call.say_next(said);
            return call.go(&format!("/w/{}/admin/{path}", signed.slug));
        }
    };
    let day = call.visitor.now.to_jiff().strftime("%Y%m%d");
    let name = format!("aikagi-{}-{path}-{day}.{ending}", signed.slug);
    // Piece by piece; where the database goes away the file breaks off, and the browser says so.
    let pieces = stream::try_unfold((call.app, file), async |(app, mut file)| {
        let piece = file.next(&app).await.map_err(|error| {
            tracing::error!(%error, "a log broke off on its way out");
            std::io::Error::other("the log broke off")
        })?;
        Ok::<_, std::io::Error>(piece.map(|piece| (Bytes::from(piece), (app, file))))
    });
    attachment(&name, kind, Body::from_stream(pieces))
}

/// An answer that browsers keep as a file of this name.
pub(super) fn attachment(name: &str, kind: &'static str, body: Body) -> Answer {
    let mut response: Response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition =
        HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).map_err(|_| Failure::Broken)?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
