//! The queue of those who cannot get in, one request, and a caller's case.

use askama::Template;

use super::asking::cause_key;
use super::{Frame, Troubles};
use crate::model::{ContactKind, Plight};

/// GET `/w/{slug}/admin/queue`
#[derive(Debug, Template)]
#[template(path = "pages/desk/queue.html")]
pub struct QueuePage {
    /// The frame.
    pub page: Frame,
    /// Those that wait, oldest first.
    pub open: Vec<RequestRow>,
    /// The newest that are over.
    pub done: Vec<RequestRow>,
    /// Calls of others that wait for the reader's agreement.
    pub to_agree: usize,
}

/// A request in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct RequestRow {
    pub id: String,
    pub name: String,
    pub login: String,
    pub cause: Plight,
    pub age: String,
    pub proved: bool,
    /// Somebody else works on it.
    pub other: Option<String>,
    /// The reader does.
    pub own: bool,
}

impl RequestRow {
    const fn cause_key(&self) -> &'static str {
        cause_key(self.cause)
    }
}

/// GET `/w/{slug}/admin/queue/{request}`; POST `…/take`, `…/answer`: `answer`, `…/close`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/request.html")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct RequestPage {
    pub page: Frame,
    pub row: RequestRow,
    pub reference: String,
    pub reach: String,
    pub more: String,
    pub at: String,
    pub network: String,
    pub can_take: bool,
    pub is_over: bool,
    /// The answer that was given.
    pub answer: Option<String>,
    /// The answer as it was typed.
    pub typed: String,
    /// The reader's call of it.
    pub call: Option<String>,
    /// Whom it proved.
    pub member: Option<String>,
    pub troubles: Troubles,
}

/// GET and POST `/w/{slug}/admin/calls/new`: `login`, `request`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/call_new.html")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct CallNew {
    pub page: Frame,
    pub login: String,
    pub request: String,
    pub troubles: Troubles,
}

/// GET `/w/{slug}/admin/calls/{call}` and what is posted below it.
#[derive(Debug, Template)]
#[template(path = "pages/desk/call.html")]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one form of the page is open")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct CallPage {
    pub page: Frame,
    pub id: String,
    pub login: String,
    pub request: Option<String>,
    pub stage: CallStage,
    /// Until when it can be proved, or shows the member.
    pub until: String,
    pub sent_by: Option<ContactKind>,
    pub can_send: bool,
    pub resend_in: i64,
    pub can_type: bool,
    pub prompted: bool,
    pub can_number: bool,
    pub second_asked: bool,
    pub troubles: Troubles,
}

/// How far a call has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallStage {
    /// Nothing is proved.
    Open,
    /// It is this member.
    Proved(String),
    /// It is over.
    Ended,
}

/// GET `/w/{slug}/admin/calls`; POST `…/calls/{call}/agree`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/agree.html")]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct AgreePage {
    pub page: Frame,
    pub calls: Vec<AgreeRow>,
}

/// A call that waits for agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct AgreeRow {
    pub id: String,
    pub opener: String,
    pub login: String,
    pub name: Option<String>,
    pub at: String,
}
