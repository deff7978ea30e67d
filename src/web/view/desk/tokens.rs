//! Access tokens: the list, the form, and the one page that shows a token.

use askama::Template;

use super::super::{Frame, Troubles};
use crate::model::Scope;

/// GET `/w/{slug}/admin/tokens`
#[derive(Debug, Template)]
#[template(path = "pages/desk/tokens.html")]
pub struct TokensPage {
    /// The frame.
    pub page: Frame,
    /// Those that work, newest first.
    pub rows: Vec<TokenRow>,
    /// Where it goes on.
    pub next: Option<String>,
}

/// One that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What its maker calls it.
    pub called: String,
    /// The maker's name; none for the reader's own.
    pub maker: Option<String>,
    /// What it is good for: keys of the names.
    pub scopes: Vec<&'static str>,
    /// When it was made.
    pub made: String,
    /// Until when.
    pub until: String,
    /// When it was used last.
    pub used: Option<String>,
    /// Whether the reader may end it.
    pub may_end: bool,
}

/// GET and POST `/w/{slug}/admin/tokens/new`: `name`, `days`, and each scope by its word.
#[derive(Debug, Template)]
#[template(path = "pages/desk/token_new.html")]
pub struct NewTokenPage {
    /// The frame.
    pub page: Frame,
    /// What was typed as its name.
    pub called: String,
    /// What it can be made for.
    pub scopes: Vec<ScopeChoice>,
    /// For how many days, and whether that is chosen.
    pub days: Vec<(i64, bool)>,
    /// What to mend.
    pub troubles: Troubles,
}

/// Something that a token can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeChoice {
    /// What.
    pub scope: Scope,
    /// Whether it is chosen.
    pub chosen: bool,
}

impl ScopeChoice {
    /// Key of its name.
    pub const fn key(&self) -> &'static str {
        scope_key(self.scope)
    }
}

/// POST `/w/{slug}/admin/tokens/new`: the token, once.
#[derive(Debug, Template)]
#[template(path = "pages/desk/token_made.html")]
pub struct TokenMadePage {
    /// The frame.
    pub page: Frame,
    /// What its maker calls it.
    pub called: String,
    /// The token.
    pub token: String,
    /// Until when.
    pub until: String,
}

/// Key of a scope's name.
pub const fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::MembersRead => "scope-members-read",
        Scope::MembersWrite => "scope-members-write",
        Scope::MembersStop => "scope-members-stop",
        Scope::MembersDelete => "scope-members-delete",
        Scope::ContactsWrite => "scope-contacts-write",
        Scope::PasswordsDemand => "scope-passwords-demand",
        Scope::LogsRead => "scope-logs-read",
        Scope::LogsExport => "scope-logs-export",
        Scope::PolicyRead => "scope-policy-read",
        Scope::PolicyWrite => "scope-policy-write",
        Scope::Jobs => "scope-jobs",
        Scope::RequestsAnswer => "scope-requests-answer",
    }
}
