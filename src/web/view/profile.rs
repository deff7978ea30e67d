//! What a signed-in member sees of themselves: home, password, devices, the look around after a recovery.

use askama::Template;

use super::{ContactShown, Frame, Rules, Troubles};

/// GET `/w/{slug}/me`; POST `/w/{slug}/me/later` puts the prompt off.
#[derive(Debug, Template)]
#[template(path = "pages/home.html")]
pub struct Home {
    /// The frame; `page.member` is greeted.
    pub page: Frame,
    /// Whether somebody who says to be this person speaks with the help desk: the call, and the number to read out.
    pub call: Option<(String, i64)>,
    /// What asks for attention.
    pub reminder: Option<Reminder>,
    /// Whether an administrator asks for it.
    pub asked: bool,
    /// How many contacts are confirmed.
    pub contacts: usize,
    /// When the password was set.
    pub password_at: Option<String>,
    /// How many browsers are signed in.
    pub sessions: usize,
}

/// What asks for attention on the first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reminder {
    /// No confirmed contact.
    AddContact {
        /// Whether it can be put off.
        can_wait: bool,
        /// Until when at the latest, where the policy says so.
        until: Option<String>,
    },
    /// A contact was not confirmed for long.
    Reconfirm {
        /// Its id.
        id: String,
        /// As it is shown.
        shown: String,
    },
    /// The look around after a recovery is due.
    Checkup,
}

/// The password once more. GET and POST `/w/{slug}/me/confirm`: `password`, `next`.
#[derive(Debug, Template)]
#[template(path = "pages/reauth.html")]
pub struct Reauth {
    /// The frame.
    pub page: Frame,
    /// Where to go after it: a path.
    pub next: String,
    /// The whole ID.
    pub login: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET and POST `/w/{slug}/me/password`: `current`, `password`.
#[derive(Debug, Template)]
#[template(path = "pages/change_password.html")]
pub struct ChangePassword {
    /// The frame.
    pub page: Frame,
    /// The whole ID.
    pub login: String,
    /// Whether an administrator asks for it.
    pub asked: bool,
    /// What the password has to keep.
    pub rules: Rules,
    /// What to mend.
    pub troubles: Troubles,
}

/// GET `/w/{slug}/me/devices`; POST `…/devices/{id}/sign-out`, `…/devices/sign-out-others`.
#[derive(Debug, Template)]
#[template(path = "pages/devices.html")]
pub struct Devices {
    /// The frame.
    pub page: Frame,
    /// This one first.
    pub list: Vec<DeviceShown>,
}

impl Devices {
    /// Whether anything is signed in on another device.
    pub fn is_in_elsewhere(&self) -> bool {
        self.list.iter().any(|device| device.is_in && !device.this)
    }
}

/// GET and POST `/w/{slug}/me/devices/{id}/name`: `name`.
#[derive(Debug, Template)]
#[template(path = "pages/device_name.html")]
pub struct DeviceNamePage {
    /// The frame.
    pub page: Frame,
    /// The device.
    pub device: DeviceShown,
    /// The name as it stands or was typed.
    pub value: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// A device that somebody signed in on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceShown {
    /// Its id.
    pub id: String,
    /// What its owner calls it; else what it is: "Safari, iPhone".
    pub name: String,
    /// What it is, where the owner calls it something else.
    pub kind: Option<String>,
    /// Where it signed in last, as far as known: an address or network.
    pub place: String,
    /// When it signed in first.
    pub first: String,
    /// When it was last used.
    pub seen: String,
    /// Whether anything is signed in there.
    pub is_in: bool,
    /// Whether this page is shown on it.
    pub this: bool,
}

/// After a recovery. GET and POST `/w/{slug}/me/checkup`.
#[derive(Debug, Template)]
#[template(path = "pages/checkup.html")]
pub struct Checkup {
    /// The frame.
    pub page: Frame,
    /// The contacts.
    pub contacts: Vec<ContactShown>,
    /// Where one is signed in.
    pub devices: Vec<DeviceShown>,
    /// What changed lately, newest first.
    pub changes: Vec<ChangeShown>,
}

/// What a device keeps for when there is no connection. GET `/w/{slug}/me/offline`.
#[derive(Debug, Template)]
#[template(path = "pages/offline.html")]
pub struct Offline {
    /// The frame.
    pub page: Frame,
    /// When it was kept.
    pub kept: String,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
    /// What changed lately, newest first.
    pub changes: Vec<ChangeShown>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeShown {
    /// When.
    pub at: String,
    /// What.
    pub text: String,
}
