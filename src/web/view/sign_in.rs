//! The door: signing in, why it does not work, a first password, an account that is stopped.

use askama::Template;

use super::{Frame, Rules, Troubles};

/// Signing in. GET and POST `{p}/sign-in`: `login`, `password`.
#[derive(Debug, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignIn {
    /// The frame.
    pub page: Frame,
    /// What was typed, or the ID that a recovery found.
    pub login: String,
    /// The one text for every failure ([`super::Slip::SignInFailed`]) or what a field lacks.
    pub troubles: Troubles,
    /// Seconds to wait, when too many attempts were made.
    pub wait: Option<i64>,
    /// The workplace's own words after a failure: the same after every one.
    pub own_texts: Vec<String>,
}

/// 「ログインできない」: by cause to the right step. GET `{p}/cannot-sign-in`.
#[derive(Debug, Template)]
#[template(path = "pages/cannot_sign_in.html")]
pub struct CannotSignIn {
    /// The frame.
    pub page: Frame,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// A first password, or one that an administrator demands. GET and POST `/set-password/{token}`: `password`.
#[derive(Debug, Template)]
#[template(path = "pages/set_password.html")]
pub struct SetPassword {
    /// The frame.
    pub page: Frame,
    /// Where the form goes.
    pub action: String,
    /// The workplace's name.
    pub workspace: String,
    /// The whole ID: `tanaka@sakura`.
    pub login: String,
    /// Whether an administrator demands it.
    pub forced: bool,
    /// What the password has to keep.
    pub rules: Rules,
    /// What to mend.
    pub troubles: Troubles,
}

/// After the right password: the account is stopped, and why.
#[derive(Debug, Template)]
#[template(path = "pages/stopped.html")]
pub struct Stopped {
    /// The frame.
    pub page: Frame,
    /// Why.
    pub kind: StoppedKind,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// Why an account is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedKind {
    /// Held after 「自分ではない」.
    Held,
    /// Suspended by an administrator.
    Suspended,
    /// An administrator demands a new password at once.
    Demanded,
    /// Nobody may sign in from this network.
    Outside,
    /// The device was reported as lost.
    DeviceLost,
}

impl StoppedKind {
    const fn is_held(self) -> bool {
        matches!(self, Self::Held)
    }
    const fn is_outside(self) -> bool {
        matches!(self, Self::Outside)
    }
    const fn is_lost(self) -> bool {
        matches!(self, Self::DeviceLost)
    }
    const fn is_demanded(self) -> bool {
        matches!(self, Self::Demanded)
    }
}

/// An invitation's code. GET and POST `/invitation`: `code`.
#[derive(Debug, Template)]
#[template(path = "pages/invitation.html")]
pub struct InvitationPage {
    /// The frame.
    pub page: Frame,
    /// The code, as far as it is known.
    pub code: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// `/wiped`: a browser that gives up what it holds.
#[derive(Debug, Template)]
#[template(path = "pages/wiped.html")]
pub struct Wiped {
    /// The frame.
    pub page: Frame,
    /// What it reports back with; none when that is done.
    pub token: Option<String>,
}
