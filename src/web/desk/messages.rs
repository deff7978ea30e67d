//! The message log: found by reference number, looked through by member, number or address, and one message's whole way.

use serde::{Deserialize, Serialize};

use super::{log, sealed};
use crate::flows::desk::Seat;
use crate::flows::desk::logs::Log;
use crate::flows::desk::messages::{CodeFate, Fared, Filter, Named, Way};
use crate::flows::desk::{logs, messages as flow};
use crate::flows::session::Signed;
use crate::model::id::{MemberId, MessageId};
use crate::model::{Action, Cause, HandingState, Locale, MessageKind, MessageState, Reference};
use crate::web::call::{Answer, Call};
use crate::web::failure::Failure;
use crate::web::view::chart::{Chart, Column, Ink, Series, Shape};
use crate::web::view::desk::messages::{
    AskedShown, FaredShown, MessagePage, MessageShown, MessagesPage, Stop, cause_key, handing_key, kind_key,
    purpose_key, state_key,
};
use crate::web::view::{Slip, Troubles, lasting, moment};
use crate::wording::{self, day, second};

/// What is looked for, as it was typed.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Asked {
    reference: String,
    login: String,
    address: String,
    kind: String,
    state: String,
    older: Option<String>,
}

const KINDS: [MessageKind; 2] = [MessageKind::Mobile, MessageKind::Email];
const STATES: [MessageState; 6] = [
    MessageState::Waiting,
    MessageState::Handed,
    MessageState::Delivered,
    MessageState::Undeliverable,
    MessageState::Failed,
    MessageState::Expired,
];

/// What of it can be looked for, and what is to be mended.
struct Read {
    filter: Filter,
    /// Somebody is named whom nobody knows: then nothing fits.
    nobody: bool,
    troubles: Troubles,
}

impl Asked {
    async fn read(&self, call: &Call, signed: &Signed, seat: &Seat<'_>) -> Result<Read, Failure> {
        let (mut nobody, mut troubles) = (false, Troubles::none());
        // A number that is read out is looked for by itself.
        if !self.reference.is_empty() {
            let reference = Reference::parse(&self.reference).map(|reference| reference.as_str().to_owned());
            return Ok(Read {
                nobody: reference.is_none(),
                filter: Filter { reference, ..Filter::default() },
                troubles,
            });
        }
        let mut filter = Filter {
            kind: MessageKind::parse(&self.kind),
            state: MessageState::parse(&self.state),
            ..Filter::default()
        };
        if !self.login.is_empty() {
            filter.member = logs::member_called(&call.app, signed, &self.login).await?;
            nobody |= filter.member.is_none();
        }
        if !self.address.is_empty() {
            filter.contacts = flow::contacts_called(&call.app, seat, &self.address).await?;
            if filter.contacts.is_none() {
                troubles.push(call.locale(), "address", Slip::AddressUnreadable);
            }
            nobody |= filter.contacts.as_ref().is_none_or(Vec::is_empty);
        }
        Ok(Read { filter, nobody, troubles })
    }
}

/// The log.
pub async fn get(mut call: Call, signed: Signed) -> Answer {
    let asked: Asked = sealed::open(&call, &signed);
    let may_read = signed.member.role.may(Action::ReadMessages);
    let locale = call.locale();
    let mut troubles = Troubles::none();
    let (mut lines, mut older) = (Vec::new(), None);
    let (mut chart, mut fared) = (None, Vec::new());
    if !asked.reference.is_empty() {
        let seat = super::seat(&call, &signed, Action::FindMessage)?;
        let ways = flow::by_reference(&call.app, &seat, &asked.reference).await?;
        lines = ways.iter().map(|way| shown(locale, way, may_read)).collect();
    } else if may_read {
        let seat = super::seat(&call, &signed, Action::ReadMessages)?;
        let read = asked.read(&call, &signed, &seat).await?;
        troubles = read.troubles;
        if !read.nobody {
            let page = flow::list(&call.app, &seat, &read.filter, asked.older.as_deref(), flow::PAGE).await?;
            lines = page.lines.iter().map(|named| line(locale, named, true)).collect();
            older = page.older;
        }
        if is_plain(&asked) {
            let all = flow::fared(&call.app, &seat).await?;
            chart = Some(drawn(locale, &all));
            fared = by_place(locale, &all);
        }
    }
    let path = |asked: &Asked| format!("/w/{}/admin/messages?s={}", signed.slug, sealed::seal(&call, &signed, asked));
    let older = older.map(|older| path(&Asked { older: Some(older), ..asked.clone() }));
    let newest = asked.older.is_some().then(|| path(&Asked { older: None, ..asked.clone() }));
    let page = MessagesPage {
        may_read,
        kinds: KINDS.iter().map(|kind| (kind.as_str(), kind_key(*kind), kind.as_str() == asked.kind)).collect(),
        states: STATES.iter().map(|state| (state.as_str(), state_key(*state), state.as_str() == asked.state)).collect(),
        is_answer: may_read || !asked.reference.is_empty(),
        sealed: sealed::seal(&call, &signed, &Asked { older: None, ..asked.clone() }),
        asked: AskedShown { reference: asked.reference, login: asked.login, address: asked.address },
        lines,
        older,
        newest,
        may_export: may_read && signed.member.role.may(Action::Export),
        chart,
        fared,
        troubles,
        page: call.frame_at_desk(&signed),
    };
    if page.troubles.any() { call.mend(&page) } else { call.page(&page) }
}

fn is_plain(asked: &Asked) -> bool {
    let Asked { reference, login, address, kind, state, older } = asked;
    [reference, login, address, kind, state].into_iter().all(String::is_empty) && older.is_none()
}

/// A search.
#[expect(clippy::unused_async, reason = "every handler of the desk is called alike")]
pub async fn post(call: Call, signed: Signed) -> Answer {
    let text = |name: &str| call.form.text(name).trim().chars().take(200).collect::<String>();
    let asked = Asked {
        reference: text("reference"),
        login: text("login"),
        address: text("address"),
        kind: text("kind"),
        state: text("state"),
        older: None,
    };
    let sealed = sealed::seal(&call, &signed, &asked);
    call.go(&format!("/w/{}/admin/messages?s={sealed}", signed.slug))
}

/// What is looked for as a file.
pub async fn export(call: Call, signed: Signed) -> Answer {
    let asked: Asked = sealed::read(&call, &signed, call.form.text("s"));
    let seat = super::seat(&call, &signed, Action::ReadMessages)?;
    let mut read = asked.read(&call, &signed, &seat).await?;
    if read.troubles.any() {
        return Err(Failure::BadRequest);
    }
    if read.nobody {
        read.filter = Filter { member: Some(log::nobody()), ..Filter::default() };
    }
    let about = logs::Filter { member: read.filter.member.clone(), ..logs::Filter::default() };
    log::file(call, &signed, "messages", Log::Messages(read.filter), &about).await
}

/// One message.
pub async fn get_one(mut call: Call, signed: Signed) -> Answer {
    let id = MessageId(call.param("message").unwrap_or_default().to_owned());
    let seat = super::seat(&call, &signed, Action::ReadMessages)?;
    let way = flow::one(&call.app, &seat, &id).await?.ok_or(Failure::NotFound)?;
    let line = shown(call.locale(), &way, true);
    let page = MessagePage { line, page: call.frame_at_desk(&signed) };
    call.page(&page)
}

/// The address of what the log has of a member.
pub fn path_for(call: &Call, signed: &Signed, login: &str) -> String {
    let asked = Asked { login: login.to_owned(), ..Asked::default() };
    format!("/w/{}/admin/messages?s={}", signed.slug, sealed::seal(call, signed, &asked))
}

pub fn line(locale: Locale, named: &Named, with_member: bool) -> MessageShown {
    let line = &named.line;
    let id = |id: &MemberId| id.as_str().to_owned();
    MessageShown {
        id: with_member.then(|| line.id.to_string()),
        at: moment(locale, line.created_at),
        purpose: purpose_key(&line.purpose),
        kind: kind_key(line.kind),
        state: line.state,
        cause: line.cause().map(|cause| wording::text(locale, cause_key(cause), &[])),
        carrier: line.carrier.clone(),
        reference: line.reference.clone(),
        member: line.member_id.as_ref().filter(|_| with_member).map(|member| {
            (id(member), named.name.clone().unwrap_or_default(), named.login.clone().unwrap_or_default())
        }),
        way: Vec::new(),
    }
}

/// A message with its way; `with_member` tells whose it was.
pub fn shown(locale: Locale, way: &Way, with_member: bool) -> MessageShown {
    let named = &way.named;
    let text = |key: &str| wording::text(locale, key, &[]);
    // To the second on the day that it was written, as a person compares it with their telephone.
    let begun = named.line.created_at;
    let time = |at| if day(locale, at) == day(locale, begun) { second(at) } else { moment(locale, at) };
    let stop = |at, text, note, class| Stop { at: time(at), text, note, class };
    let mut all = vec![stop(named.line.created_at, text("message-way-written"), None, "done")];
    for handing in &way.handings {
        let carrier = wording::text(locale, "message-way-by", &[("carrier", &handing.carrier)]);
        let why = |cause: Option<Cause>, code: Option<&str>| {
            let cause = cause.map(|cause| text(cause_key(cause)));
            let code = code.map(|code| wording::text(locale, "message-way-code", &[("code", code)]));
            let both: Vec<_> = cause.into_iter().chain(code).collect();
            (!both.is_empty()).then(|| both.join(" "))
        };
        let taken = !matches!(handing.state, HandingState::Refused | HandingState::PutOff);
        let note = if taken { None } else { why(handing.cause, handing.code.as_deref()) };
        let note = Some(note.map_or_else(|| carrier.clone(), |note| format!("{carrier} {note}")));
        let class = if taken { "done" } else { "failed" };
        all.push(stop(handing.at, text(handing_key(handing.state)), note, class));
        match (handing.state, handing.told_at) {
            (HandingState::Delivered, Some(at)) => {
                all.push(stop(at, text("message-way-arrived"), why(None, handing.code.as_deref()), "done"));
            }
            (HandingState::Undeliverable, Some(at)) => {
                let note = why(handing.cause, handing.code.as_deref());
                all.push(stop(at, text("message-way-not-arrived"), note, "failed"));
            }
            (HandingState::Accepted, Some(at)) => {
                all.push(stop(at, text("message-way-underway"), why(None, handing.code.as_deref()), "waiting"));
            }
            _ => {}
        }
    }
    match (named.line.state, named.line.done_at) {
        (MessageState::Expired, Some(at)) => all.push(stop(at, text("message-way-too-late"), None, "failed")),
        (MessageState::Failed, Some(at)) => all.push(stop(at, text("message-way-given-up"), None, "failed")),
        _ => {}
    }
    match way.code {
        Some(CodeFate::Entered(at)) => all.push(stop(at, text("message-code-entered"), None, "done")),
        Some(CodeFate::Superseded) => {
            all.push(Stop { at: String::new(), text: text("message-code-superseded"), note: None, class: "waiting" });
        }
        Some(CodeFate::Expired) => all.push(stop(named.line.expires_at, text("message-code-expired"), None, "waiting")),
        Some(CodeFate::Open) | None => {}
    }
    MessageShown { way: all, ..line(locale, named, with_member) }
}

/// Arrived, not known, not arrived, by carrier.
fn drawn(locale: Locale, all: &[Fared]) -> Chart {
    let text = |key: &str| wording::text(locale, key, &[]);
    let mut columns: Vec<Column> = Vec::new();
    for one in all.iter().filter(|one| !one.carrier.is_empty()) {
        let at = columns.iter().position(|column| column.name == one.carrier).unwrap_or_else(|| {
            columns.push(Column {
                name: one.carrier.clone(),
                tick: Some(one.carrier.clone()),
                values: vec![Some(0); 3],
            });
            columns.len() - 1
        });
        let series = match one.state {
            MessageState::Delivered => 0,
            MessageState::Undeliverable | MessageState::Failed => 2,
            _ => 1,
        };
        if let Some(Some(value)) = columns[at].values.get_mut(series) {
            *value += one.count;
        }
    }
    Chart {
        id: "carriers",
        title: text("messages-chart"),
        about: text("messages-chart-about"),
        shape: Shape::Bars,
        series: [
            ("messages-arrived", Ink::Main),
            ("messages-unknown", Ink::Second),
            ("messages-not-arrived", Ink::Gold),
        ]
        .map(|(key, ink)| Series { name: text(key), ink: Some(ink) })
        .into(),
        across: text("messages-carrier"),
        columns,
    }
}

fn by_place(locale: Locale, all: &[Fared]) -> Vec<FaredShown> {
    let mut found: Vec<(FaredShown, i64)> = Vec::new();
    for one in all {
        let toward = match one.toward.as_deref() {
            None | Some("other") => wording::text(locale, "messages-elsewhere", &[]),
            Some(toward) => toward.to_owned(),
        };
        let at = found.iter().position(|(shown, _)| shown.carrier == one.carrier && shown.toward == toward);
        let at = at.unwrap_or_else(|| {
            let carrier = one.carrier.clone();
            let shown = FaredShown { carrier, toward, all: 0, arrived: 0, took: String::new(), causes: Vec::new() };
            found.push((shown, 0));
            found.len() - 1
        });
        let (shown, took) = &mut found[at];
        shown.all += one.count;
        if one.state == MessageState::Delivered {
            shown.arrived += one.count;
            *took += one.took;
        } else if let Some(cause) = one.cause.as_deref().and_then(Cause::parse) {
            let text = wording::text(locale, cause_key(cause), &[]);
            match shown.causes.iter_mut().find(|(known, _)| *known == text) {
                Some((_, count)) => *count += one.count,
                None => shown.causes.push((text, one.count)),
            }
        }
    }
    let seconds = |(shown, took): (FaredShown, i64)| {
        let took = if shown.arrived > 0 { lasting(locale, took / shown.arrived / 1_000_000) } else { "-".to_owned() };
        FaredShown { took, ..shown }
    };
    found.into_iter().map(seconds).collect()
}
