//! The owners' envelope: how it stands, the code in it, and the page where it is typed.

use askama::Template;

use crate::web::view::{Frame, Troubles};

/// GET `/w/{slug}/admin/owners`
#[derive(Debug, Template)]
#[template(path = "pages/desk/owners.html")]
pub struct OwnersPage {
    /// The frame.
    pub page: Frame,
    /// Somebody else is an owner, too.
    pub second_owner: bool,
    /// When the newest code was made.
    pub made: Option<String>,
    /// When it was used.
    pub used: Option<String>,
    /// It can be used.
    pub good: bool,
}

/// POST `/w/{slug}/admin/owners`: the code, once, to be printed.
#[derive(Debug, Template)]
#[template(path = "pages/desk/sealed.html")]
pub struct SealedPage {
    /// The frame.
    pub page: Frame,
    /// The code's groups, each sign with its word.
    pub groups: Vec<(String, Vec<String>)>,
    /// Where it is typed.
    pub path: String,
    /// When it was made.
    pub at: String,
}

/// GET and POST `/w/{slug}/break-glass`: `login`, `code`.
#[derive(Debug, Template)]
#[template(path = "pages/break_glass.html")]
pub struct BreakGlassPage {
    /// The frame.
    pub page: Frame,
    /// The ID that was typed.
    pub login: String,
    /// What to mend.
    pub troubles: Troubles,
}
