//! The outbox's worker: claims messages that are due, hands them to the first carrier that takes them, and empties the
//! row. A message whose time has passed is never sent; one that cannot go now is tried again until then.
//!
//! Any number of workers on any number of nodes may run: a claim is a lease and a fence.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::clock::Clock;
use crate::model::{ContactKind, Timestamp, id::MessageId, minutes, seconds, time::Span};
use crate::store::outbox::{self, Ending, Waiting};
use crate::store::{Db, Error, Result};
use crate::vault::{Dice, Keyring, dice};

/// Labels that a message's parts are sealed under. They are part of the sealed data, so they never change.
pub const DESTINATION: &str = "message destination";
/// See [`DESTINATION`].
pub const BODY: &str = "message body";

/// How long a claim holds: longer than any carrier's try.
const CLAIM: Span = minutes(2);
/// How many messages are claimed at once, and how many are handed over side by side.
const BATCH: i64 = 32;
const SIDE_BY_SIDE: usize = 8;
/// How often the outbox is looked at when nobody rings.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A worker's parts.
#[derive(Clone)]
pub struct Worker {
    /// The database.
    pub db: Db,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The keys that messages are sealed with.
    pub keyring: Arc<Keyring>,
    /// Chance, for claims.
    pub dice: Arc<dyn Dice>,
    /// Carriers in the order in which they are asked.
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// Rung when a message was queued.
    pub bell: Arc<Notify>,
}

/// What a sealed body holds.
#[derive(serde::Deserialize)]
struct Body {
    subject: Option<String>,
    text: String,
}

/// How one message's try ended.
enum Try {
    Handed { carrier: String, provider_id: Option<String> },
    Later { why: String, after: Option<Span> },
    Never { carrier: Option<String>, why: String },
}

impl Worker {
    /// Works until `stop`; hand-overs that have begun are finished.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.work_once().await {
                Ok(worked) if worked > 0 => {}
                Ok(_) => self.rest(&stop).await,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    self.rest(&stop).await;
                }
            }
        }
    }

    async fn rest(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.bell.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }

    /// Takes what is due now and sees it through. Answers how many messages that was.
    pub async fn work_once(&self) -> Result<usize> {
        let now = self.clock.now();
        let claim = data_encoding::HEXLOWER.encode(&dice::bytes::<16>(&*self.dice));
        let due = self.db.write(async |conn| outbox::claim(conn, &claim, BATCH, now + CLAIM, now).await).await?;
        let count = due.len();
        let done: Vec<Result<()>> = futures_util::stream::iter(due)
            .map(|message| self.see_through(message, &claim))
            .buffer_unordered(SIDE_BY_SIDE)
            .collect()
            .await;
        done.into_iter().collect::<Result<Vec<()>>>()?;
        Ok(count)
    }

    async fn see_through(&self, message: Waiting, claim: &str) -> Result<()> {
        let now = self.clock.now();
        let id = message.id.clone();
        if message.decoy {
            return self
                .finish(&id, claim, &Ending { state: "dropped", carrier: None, provider_id: None, cause: None })
                .await;
        }
        if message.expires_at <= now {
            tracing::warn!(message = %id, purpose = message.purpose, tries = message.tries, "message expired unsent");
            return self
                .finish(&id, claim, &Ending { state: "expired", carrier: None, provider_id: None, cause: None })
                .await;
        }
        let tries = message.tries;
        let letter = match self.letter(message) {
            Ok(letter) => letter,
            Err(why) => {
                tracing::error!(message = %id, why, "message cannot be opened");
                return self
                    .finish(&id, claim, &Ending { state: "failed", carrier: None, provider_id: None, cause: Some(why) })
                    .await;
            }
        };
        match self.hand_over(&letter).await {
            Try::Handed { carrier, provider_id } => {
                let ending = Ending {
                    state: "handed",
                    carrier: Some(&carrier),
                    provider_id: provider_id.as_deref(),
                    cause: None,
                };
                self.finish(&id, claim, &ending).await
            }
            Try::Never { carrier, why } => {
                tracing::warn!(message = %id, why, "message refused");
                let ending =
                    Ending { state: "failed", carrier: carrier.as_deref(), provider_id: None, cause: Some(&why) };
                self.finish(&id, claim, &ending).await
            }
            Try::Later { why, after } => {
                let next = self.clock.now() + after.unwrap_or_else(|| pause(tries));
                tracing::warn!(message = %id, why, tries, "message waits for another try");
                // The row ends at its expiry at the latest, so that nothing is left waiting with a dead code inside.
                let next = next.min(letter.expires_at);
                self.db.write(async |conn| outbox::retry(conn, &id, claim, &why, next).await).await
            }
        }
    }

    /// Asks the carriers in order; the next one only where the one before cannot.
    async fn hand_over(&self, letter: &Letter) -> Try {
        let mut last = Try::Never { carrier: None, why: "no carrier carries this kind of message".to_owned() };
        for carrier in self.carriers.iter().filter(|carrier| carrier.carries(letter.channel)) {
            match carrier.hand_over(letter).await {
                Ok(HandedOver::Accepted { provider_id }) => {
                    return Try::Handed { carrier: carrier.name().to_owned(), provider_id };
                }
                Err(NotHandedOver::Temporary { why, retry_after }) => last = Try::Later { why, after: retry_after },
                // One carrier's "never" does not undo another's "later".
                Err(NotHandedOver::Permanent { why }) if !matches!(last, Try::Later { .. }) => {
                    last = Try::Never { carrier: Some(carrier.name().to_owned()), why };
                }
                Err(NotHandedOver::Permanent { .. }) => {}
            }
        }
        last
    }

    fn letter(&self, message: Waiting) -> std::result::Result<Letter, &'static str> {
        let key = self.keyring.server_key();
        let id = message.id.as_str();
        let (Some(to), Some(body)) = (&message.destination, &message.body) else {
            return Err("the row was emptied");
        };
        let to = key.open_text(DESTINATION, id, to).map_err(|_| "the destination does not open")?;
        let body = key.open_text(BODY, id, body).map_err(|_| "the body does not open")?;
        let body: Body = serde_json::from_str(&body).map_err(|_| "the body has not the form that was written")?;
        Ok(Letter {
            channel: match message.kind {
                ContactKind::Mobile => Channel::Sms,
                ContactKind::Email => Channel::Email,
            },
            to: to.to_string(),
            subject: body.subject,
            text: body.text,
            html: None,
            purpose: message.purpose,
            reference: message.reference,
            at: message.created_at,
            expires_at: message.expires_at,
            id: message.id.0,
        })
    }

    async fn finish(&self, id: &MessageId, claim: &str, ending: &Ending<'_>) -> Result<()> {
        let now: Timestamp = self.clock.now();
        metrics::counter!("aikagi_messages_total", "state" => ending.state).increment(1);
        let kept = self.db.write(async |conn| outbox::finish(conn, id, claim, ending, now).await).await?;
        if !kept {
            // The claim ran out while a carrier hung: another worker has the message now.
            tracing::warn!(message = %id, "claim lost");
        }
        Ok::<(), Error>(())
    }
}

/// 2 s, 4 s, 8 s … one minute.
fn pause(tries: i64) -> Span {
    seconds((1_i64 << tries.clamp(1, 6)).min(60))
}
