//! Pages that add one member, and invite.

use askama::Template;

use super::super::{Frame, Troubles};
use super::{ForceTo, RoleChoice};
use crate::flows::sheet::Cells;

/// GET and POST `/w/{slug}/admin/members/new`: the columns of a list.
#[derive(Debug, Template)]
#[template(path = "pages/desk/add.html")]
pub struct AddPage {
    /// The frame.
    pub page: Frame,
    /// What was typed.
    pub cells: Cells,
    /// The roles that may be given.
    pub roles: Vec<RoleChoice>,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET and POST `/w/{slug}/admin/members/{id}/invite`: `to`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/invite.html")]
pub struct InvitePage {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// Where it can go.
    pub to: Vec<ForceTo>,
}

/// Slips to print, shown once.
#[derive(Debug, Template)]
#[template(path = "pages/desk/slip.html")]
pub struct SlipPage {
    /// The frame.
    pub page: Frame,
    /// Where one goes back to.
    pub back: String,
    /// One a member.
    pub slips: Vec<InvitationSlip>,
    /// The address of the page that takes the codes.
    pub address: String,
    /// Until when they hold.
    pub until: String,
    /// Where the next are made, and behind which.
    pub next: Option<(String, usize)>,
}

/// A slip with which somebody sets their first password.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct InvitationSlip {
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The code, in groups.
    pub code: String,
    /// The same with the code as a QR code, SVG of our own making.
    pub qr: String,
}
