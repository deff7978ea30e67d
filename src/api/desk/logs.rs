//! The sign-in log and the audit log: by pages, newest first, or whole as JSON Lines.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body as Bytes, Bytes as Piece};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::super::body::Body;
use super::super::fields::{self, time};
use super::super::problem::{Kind, Problem};
use super::{AtDesk, refused, size};
use crate::app::App;
use crate::flows::desk::logs::{self, AuditLine, Filter, Format, Log, Part};
use crate::flows::history;
use crate::model::id::MemberId;
use crate::model::{Network, SignInResult, Timestamp};

/// What is looked for. What is left out is not asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct LogFilter {
    /// How a sign-in ended (`done`, `wrong_password`, …), or what was done (`suspended`, `contact_mended`, …).
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    what: Option<String>,
    /// Whom it concerns (an id).
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    member: Option<String>,
    /// Who did it (an id); only in the audit log.
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    actor: Option<String>,
    /// From where: an address, or the network as the lines have it.
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    network: Option<String>,
    /// Not before then.
    #[schema(max_length = 64, format = DateTime)]
    #[param(required = false, nullable = false, format = DateTime)]
    from: Option<String>,
    /// Before then.
    #[schema(max_length = 64, format = DateTime)]
    #[param(required = false, nullable = false, format = DateTime)]
    to: Option<String>,
    /// `next` of the page before; it knows what was asked for, so that nothing but `limit` may stand beside it. Not for files.
    #[schema(max_length = 2048)]
    #[param(required = false, nullable = false)]
    cursor: Option<String>,
    /// How many at most; 50 without it. Not for files.
    #[schema(minimum = 1, maximum = 200)]
    #[param(required = false, nullable = false, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Which log.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    SignIns,
    Audit,
}

impl LogFilter {
    fn is_only_a_cursor(&self) -> bool {
        let all = [&self.what, &self.member, &self.actor, &self.network, &self.from, &self.to];
        all.into_iter().all(Option::is_none)
    }

    /// In the flow's words.
    fn read(&self, which: Which) -> Result<(Log, Filter), Problem> {
        let member = |text: &Option<String>| {
            text.clone().map(|id| fields::id(MemberId::PREFIX, id).map(MemberId)).transpose().map_err(|_| Kind::Query)
        };
        let at = |text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse::<jiff::Timestamp>).transpose().map_err(|_| Kind::Query)?;
            Ok::<_, Kind>(parsed.map(|at| Timestamp(at.as_microsecond())))
        };
        let network = match &self.network {
            None => None,
            Some(text) => {
                let address = text.split('/').next().unwrap_or_default().parse().map_err(|_| Kind::Query)?;
                Some(Network::of(address))
            }
        };
        let filter = Filter { member: member(&self.member)?, network, from: at(&self.from)?, to: at(&self.to)? };
        let actor = member(&self.actor)?;
        let log = match which {
            Which::SignIns if actor.is_some() => return Err(Kind::Query.into()),
            Which::SignIns => {
                let result = self.what.as_deref().map(|word| SignInResult::parse(word).ok_or(Kind::Query));
                Log::SignIns(result.transpose()?)
            }
            Which::Audit => {
                if self.what.as_deref().is_some_and(|word| !history::words().any(|known| known == word)) {
                    return Err(Kind::Query.into());
                }
                Log::Audit { action: self.what.clone(), actor }
            }
        };
        Ok((log, filter))
    }
}

/// A page of the sign-in log.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SignInPage {
    /// Newest first, at most `limit`.
    lines: Vec<SignInLine>,
    /// The cursor of older ones; null where there are none.
    next: Option<String>,
}

/// A try to sign in, whoever tried.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SignInLine {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    /// How it ended. The words may grow.
    result: String,
    /// Whose ID was typed; null where nobody has it.
    member: Option<String>,
    login: Option<String>,
    name: Option<String>,
    /// `page` or `api`.
    way: String,
    address: String,
    network: String,
    /// Text that a stranger may have chosen.
    agent: String,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct AuditPage {
    /// Newest first, at most `limit`.
    lines: Vec<AuditRow>,
    /// The cursor of older ones; null where there are none.
    next: Option<String>,
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct AuditRow {
    id: String,
    #[schema(format = DateTime)]
    at: String,
    /// What. The words grow.
    action: String,
    /// Who: a member's id, or `operator`, `notice`, `server`.
    actor: String,
    actor_login: Option<String>,
    /// Whom it concerns.
    member: Option<String>,
    login: Option<String>,
    name: Option<String>,
    /// What it was done to, an id or a word.
    subject: Option<String>,
    /// The access token by which it was done, or a recovery's reference number.
    reference: Option<String>,
    network: Option<String>,
    /// Its place in the workspace's chain; null for a second after it was written.
    nth: Option<i64>,
    /// What changed: for each name its values before and after.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    details: Option<Value>,
}

impl From<AuditLine> for AuditRow {
    fn from(one: AuditLine) -> Self {
        let line = one.named.line;
        Self {
            id: line.id.0,
            at: time(line.at),
            action: line.action,
            actor: line.actor,
            actor_login: one.named.actor_login,
            member: line.member_id.map(|id| id.0),
            login: one.named.login,
            name: one.named.name,
            subject: line.subject,
            reference: line.reference,
            network: line.network,
            nth: one.named.nth,
            details: one.details.filter(Value::is_object),
        }
    }
}

/// A page that is asked for.
struct Asked {
    filter: LogFilter,
    older: Option<String>,
    size: usize,
}

impl Asked {
    /// What is looked for and behind which line, from the cursor or from the words beside it.
    fn read(
        app: &App,
        sitting: &AtDesk,
        list: &str,
        filter: Result<Query<LogFilter>, QueryRejection>,
    ) -> Result<Self, Problem> {
        let Query(mut filter) = filter.map_err(|_| Kind::Query)?;
        let size = size(filter.limit.take())?;
        match &filter.cursor {
            None => Ok(Self { filter, older: None, size }),
            Some(cursor) if filter.is_only_a_cursor() => {
                let (filter, older): (LogFilter, String) = sitting.place(app, list, cursor)?;
                Ok(Self { filter, older: Some(older), size })
            }
            Some(_) => Err(Kind::Query.into()),
        }
    }

    fn part(&self) -> Part<'_> {
        Part { older: self.older.as_deref(), size: self.size }
    }
}

/// The sign-in log, newest first.
#[utoipa::path(get, path = "/api/v1/desk/sign-ins", operation_id = "listSignIns", tag = "desk",
    security(("bearer" = [])), params(LogFilter),
    responses((status = 200, description = "A page of it.", body = SignInPage)))]
pub(in crate::api) async fn sign_ins(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    filter: Result<Query<LogFilter>, QueryRejection>,
) -> Result<Json<SignInPage>, Problem> {
    const LIST: &str = "sign-ins";
    let asked = Asked::read(&app, &sitting, LIST, filter)?;
    let (Log::SignIns(result), filter) = asked.filter.read(Which::SignIns)? else { return Err(Kind::Query.into()) };
    let seat = sitting.seat()?;
    let page = logs::sign_ins(&app, &seat, result, &filter, asked.part()).await?;
    let lines = page.lines.into_iter().map(|one| SignInLine {
        id: one.line.id.0,
        at: time(one.line.at),
        result: one.line.result.to_string(),
        member: one.line.member_id.map(|id| id.0),
        login: one.login,
        name: one.name,
        way: one.line.way,
        address: one.line.address,
        network: one.line.network,
        agent: one.line.agent,
    });
    let next = page.older.map(|older| sitting.cursor(&app, LIST, &(&asked.filter, older)));
    Ok(Json(SignInPage { lines: lines.collect(), next }))
}

/// The audit log, newest first. What is done by an access token has its maker as `actor` and the token as `reference`.
#[utoipa::path(get, path = "/api/v1/desk/audit", operation_id = "listAudit", tag = "desk",
    security(("bearer" = [])), params(LogFilter),
    responses((status = 200, description = "A page of it.", body = AuditPage)))]
pub(in crate::api) async fn audit(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    filter: Result<Query<LogFilter>, QueryRejection>,
) -> Result<Json<AuditPage>, Problem> {
    const LIST: &str = "audit";
    let asked = Asked::read(&app, &sitting, LIST, filter)?;
    let (Log::Audit { action, actor }, filter) = asked.filter.read(Which::Audit)? else {
        return Err(Kind::Query.into());
    };
    let seat = sitting.seat()?;
    let page = logs::audit(&app, &seat, action.as_deref(), actor.as_ref(), &filter, asked.part()).await?;
    let next = page.older.map(|older| sitting.cursor(&app, LIST, &(&asked.filter, older)));
    Ok(Json(AuditPage { lines: page.lines.into_iter().map(AuditRow::from).collect(), next }))
}

/// The sign-in log as JSON Lines, newest first, an object a line; that it was taken is a line of the audit log.
#[utoipa::path(post, path = "/api/v1/desk/sign-ins/export", operation_id = "exportSignIns", tag = "desk",
    security(("bearer" = [])), request_body = LogFilter,
    responses((status = 200, description = "The whole of it.", body = String, content_type = "application/jsonl")))]
pub(in crate::api) async fn export_sign_ins(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<LogFilter>,
) -> Result<Response, Problem> {
    export(app, &sitting, &typed, Which::SignIns).await
}

/// The audit log as JSON Lines, newest first, an object a line; that it was taken is itself a line, which is not in it.
#[utoipa::path(post, path = "/api/v1/desk/audit/export", operation_id = "exportAudit", tag = "desk",
    security(("bearer" = [])), request_body = LogFilter,
    responses((status = 200, description = "The whole of it.", body = String, content_type = "application/jsonl")))]
pub(in crate::api) async fn export_audit(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Body(typed): Body<LogFilter>,
) -> Result<Response, Problem> {
    export(app, &sitting, &typed, Which::Audit).await
}

async fn export(app: Arc<App>, sitting: &AtDesk, typed: &LogFilter, which: Which) -> Result<Response, Problem> {
    if typed.cursor.is_some() || typed.limit.is_some() {
        return Err(Kind::Query.into());
    }
    let (log, filter) = typed.read(which)?;
    let seat = sitting.seat()?;
    let file = logs::export(&app, &seat, log, &filter, Format::JsonLines).await?.map_err(refused)?;
    // Piece by piece; where the database goes away the file breaks off, and the client's connection says so.
    let pieces = stream::try_unfold((app, file), async |(app, mut file)| {
        let piece = file.next(&app).await.map_err(|error| {
            tracing::error!(%error, "a log broke off on its way out");
            std::io::Error::other("the log broke off")
        })?;
        Ok::<_, std::io::Error>(piece.map(|piece| (Piece::from(piece), (app, file))))
    });
    let mut response = Bytes::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
    Ok(response)
}
