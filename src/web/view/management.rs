//! Services that manage devices, as owners connect them; and a member's devices as these know them.

use askama::Template;

use super::loss::WipeShown;
use super::{Frame, Troubles, moment};
use crate::flows::management::Shown;
use crate::model::{Locale, WipeWay};

/// Key of a service's name.
pub const fn way_key(way: WipeWay) -> &'static str {
    match way {
        WipeWay::Graph => "management-graph",
        _ => "management-webhook",
    }
}

/// A service that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedShown {
    /// Where it leads, without what is secret.
    pub place: String,
    /// Since when.
    pub since: String,
    /// Until when the secret before signs, too.
    pub both_until: Option<String>,
}

/// What came of trying one out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedShown {
    /// Which.
    pub way: WipeWay,
    /// Whether it answers as it should.
    pub good: bool,
    /// What it said.
    pub said: String,
}

/// GET `/w/{slug}/admin/management`; POST `…/webhook`: `url`; POST `…/graph`: `tenant`, `client`, `secret`; POST `…/webhook/secret`,
/// `…/{way}/try`, `…/{way}/remove`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/management.html")]
pub struct ManagementPage {
    /// The frame.
    pub page: Frame,
    /// Any program.
    pub webhook: Option<ReachedShown>,
    /// Intune.
    pub graph: Option<ReachedShown>,
    /// What was just tried out.
    pub tried: Option<TriedShown>,
    /// What was typed as another address.
    pub url: String,
    /// What was typed as a directory.
    pub tenant: String,
    /// What was typed as an application.
    pub client: String,
    /// What to mend.
    pub troubles: Troubles,
}

impl ManagementPage {
    fn tried_out(&self, graph: bool) -> Option<&TriedShown> {
        self.tried.as_ref().filter(|tried| (tried.way == WipeWay::Graph) == graph)
    }
}

/// A member's device as a service knows it.
#[derive(Debug, Clone)]
pub struct ManagedShown {
    /// Our id of it.
    pub id: String,
    /// What the workplace calls it.
    pub name: String,
    /// Which service.
    pub way: WipeWay,
    /// What the service calls it.
    pub device: String,
    /// What the service said of it: its name there, what it runs on, whose it is.
    pub known: Option<(String, String, String)>,
    /// Since when.
    pub added: String,
    /// What it was told last.
    pub told: Option<WipeShown>,
}

impl ManagedShown {
    /// In words.
    pub fn of(locale: Locale, shown: &Shown) -> Self {
        let device = &shown.device;
        Self {
            id: device.id.0.clone(),
            name: device.name.clone(),
            way: device.way,
            device: device.device.clone(),
            known: shown.known.as_ref().map(|it| (it.name.clone(), it.system.clone(), it.user_name.clone())),
            added: moment(locale, device.added_at),
            told: shown.wipe.as_ref().map(|wipe| WipeShown::of(locale, wipe, device.name.clone())),
        }
    }
    /// Key of the service's name.
    pub const fn way_key(&self) -> &'static str {
        way_key(self.way)
    }
    /// Whether the service signs somebody out without removing anything.
    pub fn signs_out(&self) -> bool {
        self.way == WipeWay::Webhook
    }
}

/// A member's. GET `/w/{slug}/admin/members/{id}/managed`; POST: `way`, `device`, `name`; POST `…/{managed}/remove`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/managed.html")]
pub struct DeskManaged {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The devices.
    pub list: Vec<ManagedShown>,
    /// Whether whoever reads may do anything about them.
    pub keeps: bool,
    /// Services that are reached: the word, the key of the name, whether it is chosen.
    pub ways: Vec<(&'static str, &'static str, bool)>,
    /// Whether whoever reads may connect one.
    pub may_set: bool,
    /// What was typed as an id.
    pub device: String,
    /// What was typed as a name.
    pub device_name: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// Before a service is told. GET and POST `/w/{slug}/admin/members/{id}/managed/{managed}/wipe`: `what`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/managed_wipe.html")]
pub struct DeskManagedWipe {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The device.
    pub device: ManagedShown,
}
