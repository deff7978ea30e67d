//! The workplace's program on devices, as its owner and administrators see it: which devices have it, a code for one more, and what a device is told.

use askama::Template;

use super::loss::WipeShown;
use super::{Frame, moment};
use crate::flows::agents::Shown;
use crate::model::Locale;

/// A device with the program.
#[derive(Debug, Clone)]
pub struct AgentShown {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Since when.
    pub enrolled: String,
    /// When it came last.
    pub seen: String,
    /// What it was told last.
    pub told: Option<WipeShown>,
}

impl AgentShown {
    /// In words.
    pub fn of(locale: Locale, shown: &Shown) -> Self {
        let agent = &shown.agent;
        Self {
            id: agent.id.0.clone(),
            name: agent.name.clone(),
            platform: agent.platform.clone(),
            enrolled: moment(locale, agent.enrolled_at),
            seen: moment(locale, agent.seen_at),
            told: shown.wipe.as_ref().map(|wipe| WipeShown::of(locale, wipe, agent.name.clone())),
        }
    }
}

/// One's own. GET `/w/{slug}/me/devices/agents`; POST makes a code; POST `…/{id}/remove`.
#[derive(Debug, Template)]
#[template(path = "pages/agents.html")]
pub struct Agents {
    /// The frame.
    pub page: Frame,
    /// The devices.
    pub list: Vec<AgentShown>,
}

/// A code, once.
#[derive(Debug, Template)]
#[template(path = "pages/agent_code.html")]
pub struct AgentCodePage {
    /// The frame.
    pub page: Frame,
    /// What is to be typed into the device.
    pub command: String,
    /// The code.
    pub code: String,
    /// Until when.
    pub until: String,
}

/// A member's. GET `/w/{slug}/admin/members/{id}/agents`; POST makes a code; POST `…/{agent}/remove`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/agents.html")]
pub struct DeskAgents {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The devices.
    pub list: Vec<AgentShown>,
    /// Whether whoever reads may do anything about them.
    pub keeps: bool,
}

/// A code for a member's device, once.
#[derive(Debug, Template)]
#[template(path = "pages/desk/agent_code.html")]
pub struct DeskAgentCode {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// What is to be typed into the device.
    pub command: String,
    /// The code.
    pub code: String,
    /// Until when.
    pub until: String,
}

/// Before a device is told. GET and POST `/w/{slug}/admin/members/{id}/agents/{agent}/wipe`: `what`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/agent_wipe.html")]
pub struct DeskAgentWipe {
    /// The frame.
    pub page: Frame,
    /// The member's id.
    pub id: String,
    /// The member's name.
    pub name: String,
    /// The whole ID.
    pub login: String,
    /// The device.
    pub device: AgentShown,
}
