//! The workplace's program on devices, as its owner and administrators see it: which devices have it, a code for one more, and what a device is told.

use askama::Template;

use super::{Frame, moment};
use crate::flows::agents::Shown;
use crate::model::{Locale, WipeCause, WipeState, WipeWhat};

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
    pub told: Option<ToldShown>,
}

/// What a device was told.
#[derive(Debug, Clone)]
pub struct ToldShown {
    /// What is to be done.
    pub what: WipeWhat,
    /// How far it has come.
    pub state: WipeState,
    /// Why it will not, or did not.
    pub cause: Option<WipeCause>,
    /// When it was asked for.
    pub at: String,
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
            told: shown.wipe.as_ref().map(|wipe| ToldShown {
                what: wipe.what,
                state: wipe.state,
                cause: wipe.cause,
                at: moment(locale, wipe.asked_at),
            }),
        }
    }
}

impl ToldShown {
    /// Key of what is to be done.
    pub fn what(&self) -> &'static str {
        what_key(self.what)
    }
    /// Key of how far it has come.
    pub fn state(&self) -> &'static str {
        match self.state {
            WipeState::Queued => "agent-wipe-queued",
            WipeState::Sent => "agent-wipe-sent",
            WipeState::Confirmed => "agent-wipe-confirmed",
            WipeState::Failed => "agent-wipe-failed",
            WipeState::Impossible => "agent-wipe-impossible",
        }
    }
    /// How it looks.
    pub fn class(&self) -> &'static str {
        match self.state {
            WipeState::Confirmed => "good",
            WipeState::Queued | WipeState::Sent => "wait",
            WipeState::Failed | WipeState::Impossible => "bad",
        }
    }
    /// Key of why not.
    pub fn cause(&self) -> Option<&'static str> {
        Some(match self.cause? {
            WipeCause::NotReached => "agent-wipe-not-reached",
            WipeCause::Refused => "agent-wipe-refused",
            WipeCause::NotRemoved => "agent-wipe-not-removed",
            WipeCause::Found => "agent-wipe-found",
            WipeCause::TakenBack => "agent-wipe-taken-back",
            WipeCause::PassedOn | WipeCause::NotSetUp => "agent-wipe-passed-on",
            WipeCause::Restored => "agent-wipe-restored",
        })
    }
}

/// Key of what a device is told.
pub fn what_key(what: WipeWhat) -> &'static str {
    match what {
        WipeWhat::SignOut => "agent-what-sign-out",
        WipeWhat::Data => "agent-what-data",
        WipeWhat::Device => "agent-what-device",
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
