//! The message log: by pages, newest first, and one message's whole way. Neither text nor destination is in it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::fields::{self, time};
use super::super::problem::{Kind, Problem};
use super::{AtDesk, size};
use crate::app::App;
use crate::flows::desk::messages::{self, CodeFate, Filter, Named, Way};
use crate::model::id::{MemberId, MessageId};
use crate::model::{MessageKind, MessageState, Reference};

/// What is looked for. What is left out is not asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct MessageFilter {
    /// To whom (an id).
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    member: Option<String>,
    /// The number that a person reads out.
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    reference: Option<String>,
    /// How far it has come: `waiting`, `handed`, `delivered`, `undeliverable`, `failed`, `expired`.
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    state: Option<String>,
    /// `sms` or `email`.
    #[schema(max_length = 64)]
    #[param(required = false, nullable = false)]
    kind: Option<String>,
    /// `next` of the page before; it knows what was asked for, so that nothing but `limit` may stand beside it.
    #[schema(max_length = 2048)]
    #[param(required = false, nullable = false)]
    cursor: Option<String>,
    /// How many at most; 50 without it.
    #[schema(minimum = 1, maximum = 200)]
    #[param(required = false, nullable = false, minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

impl MessageFilter {
    fn read(&self) -> Result<Filter, Problem> {
        let member = self.member.clone().map(|id| fields::id(MemberId::PREFIX, id).map(MemberId)).transpose();
        let reference = self.reference.as_deref().map(|text| Reference::parse(text).ok_or(Kind::Query)).transpose()?;
        let state = self.state.as_deref().map(|word| MessageState::parse(word).ok_or(Kind::Query)).transpose()?;
        let kind = self.kind.as_deref().map(|word| MessageKind::parse(word).ok_or(Kind::Query)).transpose()?;
        Ok(Filter {
            member: member.map_err(|_| Kind::Query)?,
            contacts: None,
            reference: reference.map(|reference| reference.as_str().to_owned()),
            state,
            kind,
        })
    }

    fn is_only_a_cursor(&self) -> bool {
        [&self.member, &self.reference, &self.state, &self.kind].into_iter().all(Option::is_none)
    }
}

/// A page of the message log.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct MessageList {
    /// Newest first, at most `limit`.
    lines: Vec<MessageLine>,
    /// The cursor of older ones; null where there are none.
    next: Option<String>,
}

/// A message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct MessageLine {
    id: String,
    /// `sms` or `email`.
    kind: String,
    /// What it was for. The words may grow.
    purpose: String,
    reference: Option<String>,
    /// How far it has come.
    state: String,
    /// Why not further, one word. The words may grow.
    cause: Option<String>,
    /// The name of the carrier that took it, or refused it last.
    carrier: Option<String>,
    member: Option<String>,
    login: Option<String>,
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    handed_at: Option<String>,
    /// When it ended: arrived, or given up.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A message and its way.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct MessageWay {
    #[serde(flatten)]
    message: MessageLine,
    /// Each try at a carrier, oldest first.
    tries: Vec<MessageTry>,
    /// What became of the code in it: `open`, `entered`, `superseded`, `expired`; null where it holds none.
    code: Option<String>,
}

/// A try at a carrier.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct MessageTry {
    carrier: String,
    /// `accepted`, `refused`, `put_off`, `delivered`, `undeliverable`.
    state: String,
    cause: Option<String>,
    /// The carrier's own code.
    code: Option<String>,
    /// What the carrier calls the message.
    provider_id: Option<String>,
    #[schema(format = DateTime)]
    at: String,
    /// When the newest receipt came.
    #[schema(format = DateTime)]
    told_at: Option<String>,
}

impl From<Named> for MessageLine {
    fn from(named: Named) -> Self {
        let line = named.line;
        Self {
            kind: line.kind.to_string(),
            state: line.state.to_string(),
            cause: line.cause,
            purpose: line.purpose,
            reference: line.reference,
            carrier: line.carrier,
            member: line.member_id.map(|id| id.0),
            login: named.login,
            name: named.name,
            created_at: time(line.created_at),
            handed_at: line.handed_at.map(time),
            ended_at: line.done_at.map(time),
            expires_at: time(line.expires_at),
            id: line.id.0,
        }
    }
}

impl From<Way> for MessageWay {
    fn from(way: Way) -> Self {
        let tries = way.handings.into_iter().map(|handing| MessageTry {
            carrier: handing.carrier,
            state: handing.state.to_string(),
            cause: handing.cause.map(|cause| cause.to_string()),
            code: handing.code,
            provider_id: handing.provider_id,
            at: time(handing.at),
            told_at: handing.told_at.map(time),
        });
        let code = way.code.map(|fate| match fate {
            CodeFate::Open => "open",
            CodeFate::Entered(_) => "entered",
            CodeFate::Superseded => "superseded",
            CodeFate::Expired => "expired",
        });
        Self { message: way.named.into(), tries: tries.collect(), code: code.map(str::to_owned) }
    }
}

/// The message log, newest first.
#[utoipa::path(get, path = "/api/v1/desk/messages", operation_id = "listMessages", tag = "desk",
    security(("bearer" = [])), params(MessageFilter),
    responses((status = 200, description = "A page of it.", body = MessageList)))]
pub(in crate::api) async fn list(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    filter: Result<Query<MessageFilter>, QueryRejection>,
) -> Result<Json<MessageList>, Problem> {
    const LIST: &str = "messages";
    let Query(mut filter) = filter.map_err(|_| Kind::Query)?;
    let size = size(filter.limit.take())?;
    let (filter, older): (MessageFilter, Option<String>) = match &filter.cursor {
        None => (filter, None),
        Some(cursor) if filter.is_only_a_cursor() => {
            let (filter, older): (MessageFilter, String) = sitting.place(&app, LIST, cursor)?;
            (filter, Some(older))
        }
        Some(_) => return Err(Kind::Query.into()),
    };
    let seat = sitting.seat()?;
    let page = messages::list(&app, &seat, &filter.read()?, older.as_deref(), size).await?;
    let next = page.older.map(|older| sitting.cursor(&app, LIST, &(&filter, older)));
    Ok(Json(MessageList { lines: page.lines.into_iter().map(MessageLine::from).collect(), next }))
}

/// One message with each try at a carrier.
#[utoipa::path(get, path = "/api/v1/desk/messages/{message}", operation_id = "getMessage", tag = "desk",
    security(("bearer" = [])), params(("message" = String, Path, description = "The message's id", max_length = 64)),
    responses((status = 200, description = "The message.", body = MessageWay)))]
pub(in crate::api) async fn one(
    State(app): State<Arc<App>>,
    sitting: AtDesk,
    Path(id): Path<String>,
) -> Result<Json<MessageWay>, Problem> {
    let id = fields::id(MessageId::PREFIX, id).map(MessageId)?;
    let seat = sitting.seat()?;
    let way = messages::one(&app, &seat, &id).await?.ok_or(Kind::NotFound)?;
    Ok(Json(way.into()))
}
