//! 「自分ではない」: the word of an SMS or the link of an e-mail, one button, what is held now.

use askama::Template;

use super::{Frame, Troubles};

/// The word of an SMS. GET and POST `/not-me`: `word`.
#[derive(Debug, Template)]
#[template(path = "pages/not_me.html")]
pub struct NotMe {
    /// The frame.
    pub page: Frame,
    /// What was typed.
    pub word: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// What happened, and the button. GET changes nothing: mail scanners open links. GET and POST `/not-me/{token}`.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_confirm.html")]
pub struct NotMeConfirm {
    /// The frame.
    pub page: Frame,
    /// Where the button posts to.
    pub action: String,
    /// What the form carries beside it: the word that was typed, when there is no token in the path.
    pub word: Option<String>,
    /// The workplace's name.
    pub workspace: String,
    /// What happened: [`crate::wording::messages::event_text`].
    pub event: String,
    /// When.
    pub at: String,
    /// Whether it is about a contact: then contacts are frozen, else the account is held.
    pub freezes: bool,
}

/// What is held or frozen now, and what to do next.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_done.html")]
pub struct NotMeDone {
    /// The frame.
    pub page: Frame,
    /// Whether this notice had been used before.
    pub already: bool,
    /// Whether contacts are frozen; else the account is held.
    pub freezes: bool,
    /// Where whoever has the notice goes on to end the hold by another contact, and the word that the form carries there; none where only an
    /// administrator releases it.
    pub release: Option<(String, Option<String>)>,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
}

/// By which other contact the hold is to end. GET and POST `/not-me/{token}/release`, POST `/not-me/release`: `contact`.
#[derive(Debug, Template)]
#[template(path = "pages/not_me_release.html")]
pub struct NotMeRelease {
    /// The frame.
    pub page: Frame,
    /// Where the form posts to.
    pub action: String,
    /// The word that the form carries beside it.
    pub word: Option<String>,
    /// What was typed.
    pub contact: String,
    /// The workplace's own words on whom to ask.
    pub contact_text: Option<String>,
    /// What to mend.
    pub troubles: Troubles,
}

impl NotMeDone {
    const fn title(&self) -> &'static str {
        match (self.already, self.freezes) {
            (true, _) => "not-me-already-title",
            (false, true) => "not-me-freeze-done-title",
            (false, false) => "not-me-done-title",
        }
    }
}
