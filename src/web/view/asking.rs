//! Asking the administrators: the form, and the page that the person keeps.

use askama::Template;

use super::{Frame, Troubles};
use crate::model::{Plight, RequestState};

/// GET and POST `{p}/recover/ask`: `workspace` (on the common page), `name`, `login`, `reach`, `cause`, `more`.
#[derive(Debug, Template)]
#[template(path = "pages/ask.html")]
pub struct AskPage {
    /// The frame.
    pub page: Frame,
    /// What was typed: workspace, name, ID, how to reach them, what happened.
    pub typed: [String; 5],
    /// The causes, the keys of their words, and whether each is chosen.
    pub causes: Vec<(Plight, &'static str, bool)>,
    /// What to mend.
    pub troubles: Troubles,
}

/// Key of a cause's words.
pub const fn cause_key(cause: Plight) -> &'static str {
    match cause {
        Plight::NumberChanged => "ask-cause-number-changed",
        Plight::PhoneLost => "ask-cause-phone-lost",
        Plight::NoCode => "ask-cause-no-code",
        Plight::NoContact => "ask-cause-no-contact",
        Plight::Other => "ask-cause-other",
    }
}

/// Too many requests. POST `{p}/recover/ask`
#[derive(Debug, Template)]
#[template(path = "pages/ask_busy.html")]
pub struct AskBusy {
    /// The frame.
    pub page: Frame,
    /// Seconds to wait.
    pub wait: i64,
}

/// GET `/recover/asked/{token}`
#[derive(Debug, Template)]
#[template(path = "pages/asked.html")]
pub struct AskedPage {
    /// The frame.
    pub page: Frame,
    /// What to read to the help desk.
    pub reference: String,
    /// When it was written.
    pub at: String,
    /// How far it has come.
    pub state: RequestState,
    /// The administrators' words.
    pub answer: Option<String>,
}

impl AskedPage {
    const fn state_key(&self) -> &'static str {
        match self.state {
            RequestState::Waiting => "asked-waiting",
            RequestState::Taken => "asked-taken",
            RequestState::Answered => "asked-answered",
            RequestState::Closed => "asked-closed",
        }
    }
    const fn class(&self) -> &'static str {
        match self.state {
            RequestState::Waiting | RequestState::Taken => "wait",
            RequestState::Answered => "good",
            RequestState::Closed => "",
        }
    }
    const fn is_open(&self) -> bool {
        matches!(self.state, RequestState::Waiting | RequestState::Taken)
    }
}
