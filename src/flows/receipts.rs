//! What a provider says became of a message: a request to one of the addresses under `/hooks/messages/`. What is genuine is written down before the
//! provider is told that we have it; what is not changes nothing, is counted and logged.
//!
//! A receipt never takes anything from a member by itself: a number that was out of reach is still theirs.

pub use crate::deliver::hooks::Arrived;

use super::Result;
use crate::app::App;
use crate::deliver::hooks::{Hooks, Refused};
use crate::deliver::{About, Noted};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Everything in it is written down, or was before.
    Written,
    /// No carrier of this name takes receipts.
    NotHere,
    /// It does not prove where it comes from, or was signed too long ago.
    Forged,
    /// It is genuine and cannot be understood.
    Unreadable,
    /// It is genuine, and there is no room for more receipts of messages that we do not know.
    Full,
    /// It is genuine, and of a message that is still in hand.
    InHand,
}

impl Taken {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::NotHere => "not_here",
            Self::Forged => "forged",
            Self::Unreadable => "unreadable",
            Self::Full => "full",
            Self::InHand => "in_hand",
        }
    }
}

/// Where the requests of all carriers arrive.
pub struct Inbox {
    hooks: Hooks,
}

impl Inbox {
    /// For the carriers of the configuration. Reads their secrets; fails with what is wrong.
    pub fn open(app: &App) -> std::result::Result<Self, String> {
        Ok(Self { hooks: Hooks::of(&app.config)? })
    }

    /// Whether a carrier of this name takes receipts.
    pub fn knows(&self, carrier: &str) -> bool {
        self.hooks.of_carrier(carrier).is_some()
    }

    /// Takes a request. An error means that the provider is to send it again.
    pub async fn take(&self, app: &App, carrier: &str, arrived: &Arrived<'_>) -> Result<Taken> {
        let taken = self.read(app, carrier, arrived).await;
        let result = taken.as_ref().map_or("failed", |taken| taken.as_str());
        metrics::counter!("aikagi_receipt_requests_total", "result" => result).increment(1);
        taken
    }

    /// One that is too large to be read.
    pub fn turn_away(carrier: &str) {
        tracing::warn!(carrier, "a receipt is too large");
        metrics::counter!("aikagi_receipt_requests_total", "result" => "too_large").increment(1);
    }

    async fn read(&self, app: &App, carrier: &str, arrived: &Arrived<'_>) -> Result<Taken> {
        let Some(hook) = self.hooks.of_carrier(carrier) else { return Ok(Taken::NotHere) };
        let receipts = match hook.read(arrived, app.now()) {
            Ok(receipts) => receipts,
            Err(Refused::Forged(why)) => {
                tracing::warn!(carrier, why, "a receipt is not genuine");
                return Ok(Taken::Forged);
            }
            Err(Refused::Stale) => {
                tracing::warn!(carrier, "a receipt was signed too long ago, or by a clock that is ahead of ours");
                return Ok(Taken::Forged);
            }
            Err(Refused::Unreadable(why)) => {
                tracing::warn!(carrier, why, "a receipt cannot be understood");
                return Ok(Taken::Unreadable);
            }
        };
        let (mut full, mut in_hand) = (false, false);
        for receipt in &receipts {
            let noted = app.receipts.note(receipt).await?;
            // Of a message that is named by our id and not known any more nothing will ever be known.
            full |= noted == Noted::Stranger && matches!(receipt.about, About::Provider { .. });
            in_hand |= noted == Noted::InHand;
        }
        Ok(match (full, in_hand) {
            (true, _) => Taken::Full,
            (_, true) => Taken::InHand,
            _ => Taken::Written,
        })
    }
}
