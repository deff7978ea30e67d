//! What carriers tell afterwards: a message is under way, arrived, or did not. However often, late or in whatever order it is told, what arrived has arrived.
//!
//! A carrier answers its provider only after [`ReceiptBook::note`] came back `Ok`: what was not written down is told again.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::model::{Cause, HandingState, Timestamp, days, hours, id::MessageId};
use crate::store::handings::{self, Early, Handing};
use crate::store::{Conn, Db, Error, Result, outbox, transaction};

/// Providers use their ids again: a receipt belongs to no older message than this.
const BELONGS_FOR: crate::model::time::Span = days(7);
/// How long a receipt waits for its try to be written.
pub const EARLY_FOR: crate::model::time::Span = hours(1);
/// How many wait at most: a provider that tells of what we never sent fills no disk.
const MOST_EARLY: i64 = 10_000;
/// A provider's own id or code, as long as it is kept.
const LONGEST: usize = 128;

/// What a receipt is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// What a carrier took under an id of its own.
    Provider {
        /// The carrier's name in the configuration.
        carrier: String,
        /// The provider's id.
        id: String,
    },
    /// A message, named by our own id: of the newest try that a carrier took, or that this one took. A carrier is believed about itself alone.
    Message {
        /// The message.
        id: MessageId,
        /// The carrier's name in the configuration, where it is known who tells.
        carrier: Option<String>,
    },
}

/// What it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet, it is tried on.
    Underway,
    /// It arrived.
    Delivered,
    /// It did not, and nobody tries on.
    Undeliverable(Cause),
}

/// What a carrier told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Of what.
    pub about: About,
    /// What.
    pub outcome: Outcome,
    /// The provider's own code.
    pub code: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// Written.
    Written,
    /// Nothing new.
    Known,
    /// Kept: the try that it belongs to may be written in a moment.
    Early,
    /// Not written: the message is in somebody's hands, who has not said yet which carrier took it. Let it be told again.
    InHand,
    /// Refused: nothing of it is known.
    Stranger,
}

/// Where receipts are written.
#[derive(Clone)]
pub struct ReceiptBook {
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Rung when another carrier is to be asked.
    pub bell: Arc<Notify>,
}

impl ReceiptBook {
    /// Writes down what was told. `Err` means that it was not: let it be told again.
    pub async fn note(&self, receipt: &Receipt) -> Result<Noted> {
        let since = self.clock.now() - BELONGS_FOR;
        let noted = transaction!(self.db, conn => {
            // Of a report that names no carrier nobody could say which try it is about, while there is one more under way.
            if let About::Message { id, carrier: None } = &receipt.about
                && outbox::is_in_hand(conn, id).await?
            {
                return Ok(Noted::InHand);
            }
            let handing = match &receipt.about {
                About::Provider { id, .. } if id.is_empty() || id.len() > LONGEST => return Ok(Noted::Stranger),
                About::Provider { carrier, id } => handings::by_receipt(conn, carrier, id, since).await?,
                About::Message { id, carrier } => handings::newest_taken(conn, id, carrier.as_deref()).await?,
            };
            match (handing, &receipt.about) {
                (Some(handing), _) => write(conn, &handing, receipt).await,
                (None, About::Provider { carrier, id }) => {
                    let (outcome, cause) = words(receipt.outcome);
                    let early = Early {
                        carrier: carrier.clone(),
                        provider_id: id.clone(),
                        outcome: outcome.to_owned(),
                        cause,
                        code: cut(receipt.code.as_deref()),
                        at: receipt.at,
                    };
                    let kept = handings::keep_early(conn, &early, MOST_EARLY).await?;
                    Ok(if kept { Noted::Early } else { Noted::Stranger })
                }
                (None, About::Message { id, .. }) if outbox::is_in_hand(conn, id).await? => Ok(Noted::InHand),
                (None, About::Message { .. }) => Ok(Noted::Stranger),
            }
        })?;
        self.count(receipt, noted);
        Ok(noted)
    }

    /// Writes down what came before its try was. Answers how many.
    pub async fn settle(&self) -> Result<usize> {
        let early = handings::matched(&mut self.db.read().await?, self.clock.now() - BELONGS_FOR, 200).await?;
        for early in &early {
            let Some(outcome) = outcome(early) else { continue };
            let about = About::Provider { carrier: early.carrier.clone(), id: early.provider_id.clone() };
            let receipt = Receipt { about, outcome, code: early.code.clone(), at: early.at };
            let since = self.clock.now() - BELONGS_FOR;
            let noted = transaction!(self.db, conn => {
                handings::drop_early(conn, early).await?;
                match handings::by_receipt(conn, &early.carrier, &early.provider_id, since).await? {
                    Some(handing) => write(conn, &handing, &receipt).await,
                    None => Ok(Noted::Stranger),
                }
            })?;
            self.count(&receipt, noted);
        }
        Ok(early.len())
    }

    fn count(&self, receipt: &Receipt, noted: Noted) {
        let (outcome, cause) = words(receipt.outcome);
        let word = match noted {
            Noted::Written => outcome,
            Noted::Known => "repeated",
            Noted::Early => "early",
            Noted::InHand => "in_hand",
            Noted::Stranger => "stranger",
        };
        metrics::counter!("aikagi_receipts_total", "outcome" => word).increment(1);
        if noted == Noted::Written && cause.is_some() {
            tracing::info!(about = ?receipt.about, ?cause, code = receipt.code, "a message did not arrive");
            self.bell.notify_one();
        }
    }
}

async fn write(conn: &mut Conn, handing: &Handing, receipt: &Receipt) -> std::result::Result<Noted, Error> {
    let (state, cause) = match receipt.outcome {
        Outcome::Underway => (None, None),
        Outcome::Delivered => (Some(HandingState::Delivered), None),
        Outcome::Undeliverable(cause) => (Some(HandingState::Undeliverable), Some(cause)),
    };
    let code = cut(receipt.code.as_deref());
    if !handings::set_told(conn, &handing.id, (state, cause, code.as_deref()), receipt.at).await? {
        return Ok(Noted::Known);
    }
    match receipt.outcome {
        Outcome::Underway => {}
        Outcome::Delivered => outbox::set_delivered(conn, &handing.message_id, receipt.at).await?,
        Outcome::Undeliverable(cause) => {
            outbox::set_undeliverable(conn, &handing.message_id, cause, receipt.at).await?;
        }
    }
    Ok(Noted::Written)
}

const fn words(outcome: Outcome) -> (&'static str, Option<Cause>) {
    match outcome {
        Outcome::Underway => ("underway", None),
        Outcome::Delivered => ("delivered", None),
        Outcome::Undeliverable(cause) => ("undeliverable", Some(cause)),
    }
}

fn outcome(early: &Early) -> Option<Outcome> {
    match early.outcome.as_str() {
        "underway" => Some(Outcome::Underway),
        "delivered" => Some(Outcome::Delivered),
        "undeliverable" => Some(Outcome::Undeliverable(early.cause.unwrap_or(Cause::Unknown))),
        _ => None,
    }
}

/// A provider's text, without what no line should hold.
fn cut(text: Option<&str>) -> Option<String> {
    Some(text?.chars().filter(|c| !c.is_control()).take(LONGEST).collect())
}
