//! What the desk shows of alerts, and of what is to be told to whom.

use askama::Template;

use super::super::{Frame, Troubles};
use crate::model::AlertEvent;

/// GET `/w/{slug}/admin/alerts`
#[derive(Debug, Template)]
#[template(path = "pages/desk/alerts.html")]
pub struct AlertsPage {
    /// The frame.
    pub page: Frame,
    /// Newest first.
    pub rows: Vec<AlertRow>,
    /// Where older ones follow.
    pub next: Option<String>,
    /// Whether this is not the first page.
    pub further: bool,
    /// Whether the person may decide what is told.
    pub may_set: bool,
}

/// An alert, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct AlertRow {
    pub id: String,
    pub event: AlertEvent,
    pub at: String,
    /// What was seen.
    pub what: String,
    /// Whom it is about: id, name, login.
    pub member: Option<(String, String, String)>,
    /// Where the log shows more.
    pub log: Option<String>,
    /// Who has seen to it, and when.
    pub seen: Option<(String, String)>,
    /// Whether the person may say so.
    pub may_see_to: bool,
}

impl AlertRow {
    /// Key of its name.
    pub const fn title(&self) -> &'static str {
        alert_key(self.event)
    }
    /// Key of what to do about it.
    pub const fn next(&self) -> &'static str {
        match self.event {
            AlertEvent::GuessesInARow => "alert-next-guesses",
            AlertEvent::Sweep => "alert-next-sweep",
            AlertEvent::SignInAfterFailures => "alert-next-after-failures",
            AlertEvent::NetworkFailures => "alert-next-network",
            AlertEvent::ChainBroken => "alert-next-chain",
            AlertEvent::MessagesFailing => "alert-next-messages",
            AlertEvent::ManyCountries => "alert-next-countries",
            AlertEvent::BudgetSpent => "alert-next-budget",
            AlertEvent::UnconfirmedOver => "alert-next-unconfirmed",
            AlertEvent::NewCountry => "alert-next-new-country",
            AlertEvent::FarApart => "alert-next-far-apart",
            AlertEvent::MemberLoss => "alert-next-loss",
            AlertEvent::MemberObjected => "alert-next-objected",
        }
    }
    /// Class of its note on the first page.
    pub const fn class(&self) -> &'static str {
        if matches!(self.event, AlertEvent::ChainBroken | AlertEvent::MessagesFailing | AlertEvent::BudgetSpent) {
            "bad"
        } else {
            "wait"
        }
    }
}

/// Key of an alert's name.
pub const fn alert_key(event: AlertEvent) -> &'static str {
    match event {
        AlertEvent::GuessesInARow => "alert-guesses",
        AlertEvent::Sweep => "alert-sweep",
        AlertEvent::SignInAfterFailures => "alert-after-failures",
        AlertEvent::NetworkFailures => "alert-network",
        AlertEvent::ChainBroken => "alert-chain",
        AlertEvent::MessagesFailing => "alert-messages",
        AlertEvent::ManyCountries => "alert-countries",
        AlertEvent::BudgetSpent => "alert-budget",
        AlertEvent::UnconfirmedOver => "alert-unconfirmed",
        AlertEvent::NewCountry => "alert-new-country",
        AlertEvent::FarApart => "alert-far-apart",
        AlertEvent::MemberLoss => "alert-loss",
        AlertEvent::MemberObjected => "alert-objected",
    }
}

/// Key of what is seen, with `n` and `network`.
pub const fn alert_what(event: AlertEvent) -> &'static str {
    match event {
        AlertEvent::GuessesInARow => "alert-what-guesses",
        AlertEvent::Sweep => "alert-what-sweep",
        AlertEvent::SignInAfterFailures => "alert-what-after-failures",
        AlertEvent::NetworkFailures => "alert-what-network",
        AlertEvent::ChainBroken => "alert-what-chain",
        AlertEvent::MessagesFailing => "alert-what-messages",
        AlertEvent::ManyCountries => "alert-what-countries",
        AlertEvent::BudgetSpent => "alert-what-budget",
        AlertEvent::UnconfirmedOver => "alert-what-unconfirmed",
        AlertEvent::NewCountry => "alert-what-new-country",
        AlertEvent::FarApart => "alert-what-far-apart",
        AlertEvent::MemberLoss => "alert-what-loss",
        AlertEvent::MemberObjected => "alert-what-objected",
    }
}

/// GET and POST `/w/{slug}/admin/alerts/settings`: a field for each kind, `failures`, `members`, `mails`, `heads`, `heads_address`,
/// `heads_to_webhook`, `was`; POST `…/webhook`: `url`.
#[derive(Debug, Template)]
#[template(path = "pages/desk/alert_settings.html")]
pub struct AlertSettingsPage {
    /// The frame.
    pub page: Frame,
    /// Each kind: its word, the key of its name, whether it is told, and whether that can be chosen.
    pub kinds: Vec<(&'static str, &'static str, bool, bool)>,
    /// Failures in a row, and members of a network, as typed.
    pub counts: [String; 2],
    /// Who gets emails.
    pub mails: String,
    /// Who gets the heads.
    pub heads: String,
    /// Their address.
    pub heads_address: String,
    /// Whether they go to the webhook.
    pub heads_to_webhook: bool,
    /// Where the webhook leads.
    pub webhook: Option<String>,
    /// What was typed as another address.
    pub url: String,
    /// Until when two secrets sign.
    pub both_until: Option<String>,
    /// What went there lately.
    pub sent: Vec<SentRow>,
    /// What the form was made upon, sealed.
    pub was: String,
    /// What to mend.
    pub troubles: Troubles,
}

/// A request to the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names speak for themselves")]
pub struct SentRow {
    pub at: String,
    pub what: String,
    /// `handed`, `waiting`, or something that it failed by.
    pub state: &'static str,
    pub tries: i64,
    /// When it is tried again.
    pub again: Option<String>,
    /// What came back.
    pub answer: String,
}

impl SentRow {
    /// Key of how it stands.
    pub fn key(&self) -> &'static str {
        match self.state {
            "handed" => "webhook-sent",
            "waiting" => "webhook-waiting",
            _ => "webhook-failed",
        }
    }
    /// Class of its tag.
    pub fn class(&self) -> &'static str {
        match self.state {
            "handed" => "good",
            "waiting" => "wait",
            _ => "bad",
        }
    }
}

/// The secret of a webhook, once.
#[derive(Debug, Template)]
#[template(path = "pages/desk/webhook_secret.html")]
pub struct WebhookSecretPage {
    /// The frame.
    pub page: Frame,
    /// The secret.
    pub secret: String,
    /// Whether the one before signs for a day longer.
    pub renewed: bool,
    /// Where the reader came from, behind the workspace's path.
    pub back: &'static str,
    /// Key of what it is for.
    pub lead: &'static str,
}
