//! What the API says when it does not do what was asked: problem details (RFC 9457) with a stable `type`, and words in
//! the caller's language. Handlers answer a [`Problem`] without words; [`super::finish`] gives it its words at the door.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::flows;
use crate::model::{Locale, Scope, Timestamp, id::ContactId};
use crate::wording;

/// What every `type` begins with.
const URN: &str = "urn:aikagi:problem:";
/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $status:ident $name:literal $title:literal $detail:literal;)*) => {
        /// The problems that there are. Their names are part of the API and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$kind),*];
            pub(super) const fn name(self) -> &'static str { match self { $(Self::$kind => $name,)* } }
            pub(super) const fn status(self) -> StatusCode { match self { $(Self::$kind => StatusCode::$status,)* } }
            const fn keys(self) -> (&'static str, &'static str) { match self { $(Self::$kind => ($title, $detail),)* } }
        }
    };
}

kinds! {
    /// Not the JSON that this operation takes.
    Malformed => BAD_REQUEST "malformed" "api-malformed-title" "api-malformed-detail";
    /// A name or word in the query that the operation does not take.
    Query => BAD_REQUEST "query" "api-query-title" "api-query-detail";
    /// No such header, or twice.
    Header => BAD_REQUEST "header" "api-header-title" "api-header-detail";
    /// ID or password are not right; nothing else is told.
    WrongCredentials => UNAUTHORIZED "wrong-credentials" "api-wrong-credentials-title" "api-wrong-credentials-detail";
    /// No token, or one that opens nothing (any more).
    NotSignedIn => UNAUTHORIZED "not-signed-in" "api-not-signed-in-title" "api-not-signed-in-detail";
    /// Right password, but the administrators suspended the account.
    Suspended => FORBIDDEN "account-suspended" "stopped-suspended-title" "stopped-suspended-text";
    /// Right password, but "that was not me" holds the account.
    Held => FORBIDDEN "account-held" "stopped-held-title" "stopped-held-text";
    /// The password must be given once more first.
    ProveAgain => FORBIDDEN "prove-again" "api-prove-again-title" "api-prove-again-detail";
    /// The password is too old: only changing it is open.
    PasswordExpired => FORBIDDEN "password-expired" "api-password-expired-title" "api-password-expired-detail";
    /// Right password, but an administrator demands a new one; or the secret for that, too late.
    ChangeDemanded => FORBIDDEN "change-demanded" "stopped-demanded-title" "stopped-demanded-text";
    /// Right password or proof, but nobody may sign in to the workspace from this network.
    Outside => FORBIDDEN "network-outside" "stopped-outside-title" "stopped-outside-text";
    /// Right password, but the device was reported as lost.
    DeviceLost => FORBIDDEN "device-lost" "stopped-lost-title" "stopped-lost-text";
    /// An administrator asks for a new password: only changing it is open.
    ChangeRequested => FORBIDDEN "change-requested" "api-change-requested-title" "api-change-requested-detail";
    /// The role of whoever asks may not do it.
    NotAllowed => FORBIDDEN "not-allowed" "api-not-allowed-title" "api-not-allowed-detail";
    /// The access token was not made for it.
    ScopeMissing => FORBIDDEN "scope-missing" "api-scope-missing-title" "api-scope-missing-detail";
    /// No access token may do it.
    SessionNeeded => FORBIDDEN "session-needed" "api-session-needed-title" "api-session-needed-detail";
    /// The member's role is not lower; or they have one at the desk, and an access token asks.
    RankTooHigh => FORBIDDEN "rank-too-high" "api-rank-title" "api-rank-detail";
    /// Nobody does this to themselves at the desk.
    Oneself => FORBIDDEN "oneself" "api-oneself-title" "api-oneself-detail";
    /// It protects less than before, which only owners decide, on the page.
    ForOwners => FORBIDDEN "for-owners" "api-for-owners-title" "api-for-owners-detail";
    /// No such thing, or somebody else's.
    NotFound => NOT_FOUND "not-found" "api-not-found-title" "api-not-found-detail";
    /// The path exists, but not with this method.
    MethodNotAllowed => METHOD_NOT_ALLOWED "method-not-allowed" "api-method-title" "api-method-detail";
    /// The attempt to get back in is over, or the handle opens none.
    RecoveryEnded => CONFLICT "recovery-ended" "api-recovery-ended-title" "api-recovery-ended-detail";
    /// The token that sets a password was used or ended, or opens nothing.
    LinkEnded => CONFLICT "link-ended" "api-link-ended-title" "api-link-ended-detail";
    /// The code was not typed yet.
    CodeFirst => CONFLICT "code-first" "api-code-first-title" "api-code-first-detail";
    /// The code is used up or too old.
    CodeDead => CONFLICT "code-dead" "api-code-dead-title" "api-code-dead-detail";
    /// The member has this contact already.
    ContactTaken => CONFLICT "contact-taken" "api-contact-title" "slip-contact-taken";
    /// There is no room for another of this kind.
    ContactFull => CONFLICT "contact-full" "api-contact-title" "slip-contact-full";
    /// It is frozen: that is decided by another operation.
    ContactFrozen => CONFLICT "contact-frozen" "api-frozen-title" "api-frozen-detail";
    /// It is not frozen, so there is nothing to decide.
    NotFrozen => CONFLICT "not-frozen" "api-not-frozen-title" "api-not-frozen-detail";
    /// An older contact must be confirmed first; `contacts` names them.
    ProveContact => CONFLICT "prove-contact" "api-prove-contact-title" "api-prove-contact-detail";
    /// No contact is old enough to decide by.
    AskAdministrator => CONFLICT "ask-administrator" "api-ask-administrator-title" "api-ask-administrator-detail";
    /// For a day after a recovery contacts stay.
    AfterRecovery => CONFLICT "after-recovery" "api-after-recovery-title" "api-after-recovery-detail";
    /// The account, or the work, is not in a state for it (any more).
    NothingToDo => CONFLICT "nothing-to-do" "api-nothing-title" "api-nothing-detail";
    /// Somebody else changed it since it was looked at.
    ChangedMeanwhile => CONFLICT "changed-meanwhile" "api-changed-title" "api-changed-detail";
    /// There is no contact that it could go to.
    NoContact => CONFLICT "no-contact" "api-no-contact-title" "api-no-contact-detail";
    /// The workspace would be left without an owner.
    LastOwner => CONFLICT "last-owner" "api-last-owner-title" "said-last-owner";
    /// The body is larger than any that is wanted.
    TooLarge => PAYLOAD_TOO_LARGE "too-large" "api-too-large-title" "api-too-large-detail";
    /// The body is not `application/json`.
    MediaType => UNSUPPORTED_MEDIA_TYPE "media-type" "api-media-type-title" "api-media-type-detail";
    /// What was typed cannot be taken; `errors` says why.
    Fields => UNPROCESSABLE_ENTITY "invalid-fields" "api-fields-title" "api-fields-detail";
    /// Enough for now; `Retry-After` says when again.
    TooMany => TOO_MANY_REQUESTS "too-many-requests" "problem-busy-title" "problem-busy-text";
    /// Too many wrong passwords in a row; only a recovery helps.
    TriesSpent => TOO_MANY_REQUESTS "tries-spent" "api-tries-spent-title" "api-tries-spent-detail";
    /// Something went wrong on our side.
    Broken => INTERNAL_SERVER_ERROR "broken" "api-broken-title" "api-broken-detail";
    /// Too many passwords wait to be checked.
    Busy => SERVICE_UNAVAILABLE "busy" "problem-away-title" "problem-away-text";
    /// The database is away for a while.
    Unavailable => SERVICE_UNAVAILABLE "unavailable" "problem-closed-title" "problem-closed-text";
}

/// What one field has against it.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// RFC 6901, into the request's body.
    pub pointer: String,
    /// A word for programs.
    pub code: &'static str,
    /// The text's key.
    pub key: &'static str,
    /// The text's values.
    pub values: Vec<(&'static str, String)>,
}

impl Field {
    /// A field whose text needs no values.
    pub(super) fn new(name: &str, code: &'static str, key: &'static str) -> Self {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer, code, key, values: Vec::new() }
    }
    /// One value of the text.
    pub(super) fn saying(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}

/// A problem without its words.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    kind: Kind,
    fields: Vec<Field>,
    /// Seconds after which it may be tried again.
    wait: Option<i64>,
    /// Whom to ask, in the workspace's own words.
    contact: Option<Box<str>>,
    tries_left: Option<i64>,
    /// By which of one's own contacts one can go on.
    contacts: Vec<ContactId>,
    /// A token was presented and opened nothing.
    bad_token: bool,
    /// What the access token would have to be good for.
    scope: Option<Scope>,
    /// Another sentence than the kind's own.
    detail: Option<&'static str>,
}

impl Problem {
    /// The service is away for a while; whether the request happened nobody knows.
    pub(super) fn unavailable() -> Self {
        Self { wait: Some(flows::AGAIN_AFTER), ..Kind::Unavailable.into() }
    }
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        let (fields, contacts) = (Vec::new(), Vec::new());
        let (wait, contact, tries_left, bad_token, scope, detail) = (None, None, None, false, None, None);
        Self { kind, fields, wait, contact, tries_left, contacts, bad_token, scope, detail }
    }
}

impl From<Field> for Problem {
    fn from(field: Field) -> Self {
        Self::fields(vec![field])
    }
}

impl From<flows::Error> for Problem {
    /// The one place where breakage on the API's way is logged.
    fn from(error: flows::Error) -> Self {
        match error {
            flows::Error::Busy(busy) => {
                let wait = i64::try_from(busy.retry_after_seconds).unwrap_or(i64::MAX);
                Self { wait: Some(wait), ..Kind::Busy.into() }
            }
            error if error.is_passing() => {
                tracing::error!(%error, "a request of the API could not be served");
                Self::unavailable()
            }
            flows::Error::Store(_) | flows::Error::Open(_) | flows::Error::Key(_) | flows::Error::Broken(_) => {
                tracing::error!(%error, "a request of the API failed");
                Kind::Broken.into()
            }
        }
    }
}

impl Problem {
    /// What was typed cannot be taken.
    pub(super) fn fields(fields: Vec<Field>) -> Self {
        Self { fields, ..Kind::Fields.into() }
    }
    /// The body is not what the operation takes.
    pub(super) fn malformed(fields: Vec<Field>) -> Self {
        Self { fields, ..Kind::Malformed.into() }
    }
    /// A header is missing or is there twice.
    pub(super) fn header(name: &str) -> Self {
        let field = Field { pointer: String::new(), code: "header", key: "api-field-header", values: Vec::new() };
        Self { fields: vec![field.saying("name", &name)], ..Kind::Header.into() }
    }
    /// Enough for now.
    pub(super) fn wait(now: Timestamp, until: Timestamp) -> Self {
        Self { wait: Some(now.until(until).as_seconds().max(1)), ..Kind::TooMany.into() }
    }
    /// Contacts stay for a while, unless one of these is confirmed.
    pub(super) fn after_recovery(now: Timestamp, until: Timestamp, contacts: Vec<ContactId>) -> Self {
        Self { wait: Some(now.until(until).as_seconds().max(1)), contacts, ..Kind::AfterRecovery.into() }
    }
    /// One of these must be confirmed first.
    pub(super) fn prove_contact(contacts: Vec<ContactId>) -> Self {
        Self { contacts, ..Kind::ProveContact.into() }
    }
    /// Only the administrators can help; the workspace may say whom to ask.
    pub(super) fn ask(kind: Kind, contact: Option<String>) -> Self {
        Self { contact: contact.map(String::into_boxed_str), ..kind.into() }
    }
    /// A code that was not right.
    pub(super) fn wrong_code(tries_left: i64) -> Self {
        let field = Field::new("code", "wrong", "slip-code-wrong").saying("left", &tries_left);
        Self { tries_left: Some(tries_left), ..field.into() }
    }
    /// A token that opens nothing.
    pub(super) fn bad_token() -> Self {
        Self { bad_token: true, ..Kind::NotSignedIn.into() }
    }

    /// The access token lacks this scope.
    pub(super) fn scope(scope: Scope) -> Self {
        Self { scope: Some(scope), ..Kind::ScopeMissing.into() }
    }
    /// A kind of problem in other words than usual.
    pub(super) fn saying(kind: Kind, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..kind.into() }
    }
    /// In these values it protects less, which is for owners.
    pub(super) fn for_owners(fields: Vec<Field>) -> Self {
        Self { fields, ..Kind::ForOwners.into() }
    }

    /// The answer with its words.
    pub(super) fn render(&self, locale: Locale) -> Response {
        let (title, detail) = self.kind.keys();
        let lasting = wording::lasting(locale, self.wait.unwrap_or_default());
        let say = |key: &str| match self.kind {
            Kind::TooMany | Kind::AfterRecovery => wording::text(locale, key, &[("time", &lasting)]),
            Kind::ScopeMissing => {
                wording::text(locale, key, &[("scope", self.scope.map_or("", |scope| scope.as_str()))])
            }
            _ => wording::text(locale, key, &[]),
        };
        let mut body = Map::new();
        let status = self.kind.status();
        body.insert("type".to_owned(), json!(format!("{URN}{}", self.kind.name())));
        body.insert("title".to_owned(), json!(wording::text(locale, title, &[])));
        body.insert("status".to_owned(), json!(status.as_u16()));
        body.insert("detail".to_owned(), json!(say(self.detail.unwrap_or(detail))));
        if !self.fields.is_empty() {
            let errors: Vec<Value> = self.fields.iter().map(|field| said(field, locale)).collect();
            body.insert("errors".to_owned(), json!(errors));
        }
        if let Some(wait) = self.wait {
            body.insert("retryAfter".to_owned(), json!(wait));
        }
        if let Some(tries_left) = self.tries_left {
            body.insert("triesLeft".to_owned(), json!(tries_left));
        }
        if !self.contacts.is_empty() {
            let ids: Vec<&str> = self.contacts.iter().map(ContactId::as_str).collect();
            body.insert("contacts".to_owned(), json!(ids));
        }
        if let Some(scope) = self.scope {
            body.insert("scope".to_owned(), json!(scope));
        }
        if let Some(contact) = &self.contact {
            body.insert("contact".to_owned(), json!(contact));
        }
        let text = Value::Object(body).to_string();
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.as_str()));
        for (name, value) in self.headers() {
            headers.insert(name, value);
        }
        response
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        if let Some(wait) = self.wait {
            headers.push((header::RETRY_AFTER, HeaderValue::from(wait)));
        }
        if let Some(scope) = self.scope {
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{scope}""#);
            headers.extend(HeaderValue::try_from(challenge).map(|value| (header::WWW_AUTHENTICATE, value)));
        }
        if self.kind.status() == StatusCode::UNAUTHORIZED {
            // RFC 6750 §3.1: no error code where no token was presented.
            let challenge = if self.bad_token { r#"Bearer error="invalid_token""# } else { "Bearer" };
            headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge)));
        }
        headers
    }
}

fn said(field: &Field, locale: Locale) -> Value {
    let values: Vec<(&str, &str)> = field.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    json!({
        "pointer": field.pointer,
        "code": field.code,
        "detail": wording::text(locale, field.key, &values),
    })
}

impl IntoResponse for Problem {
    /// Carried to the door in the answer's extensions.
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Kind {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_names_every_problem() {
        let guide = include_str!("../../docs/api.md");
        for kind in Kind::ALL {
            let row = format!("| {} | `{}` |", kind.status().as_u16(), kind.name());
            assert!(guide.contains(&row), "docs/api.md lacks `{row}`");
        }
    }

    #[test]
    fn names_are_distinct_and_every_problem_has_words_in_both_languages() {
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
        for &kind in Kind::ALL {
            for &locale in Locale::ALL {
                let response = Problem::from(kind).render(locale);
                assert_eq!(response.status(), kind.status());
                assert_eq!(response.headers()[header::CONTENT_LANGUAGE], locale.as_str());
            }
        }
    }
}
