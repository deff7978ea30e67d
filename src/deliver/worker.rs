//! The outbox's worker: claims messages that are due, hands them to the first carrier that takes them, and empties the
//! row. A message whose time has passed is never sent; one that cannot go now is tried again until then.
//!
//! Any number of workers on any number of nodes may run: a claim is a lease and a fence.

use crate::store::transaction;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::clock::Clock;
use crate::model::{MessageKind, Timestamp, id::MessageId, minutes, seconds, time::Span};
use crate::store::outbox::{self, Ending, Waiting};
use crate::store::{Db, Error, Result, apply};
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
    /// Whether it sends what is for webhooks, or what is for people. Programs elsewhere may be slow, and hold up nobody's code.
    pub webhooks: bool,
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
    /// handed, failed or expired
    Over {
        state: &'static str,
        carrier: Option<String>,
        provider_id: Option<String>,
        cause: Option<String>,
    },
    Later {
        why: String,
        after: Option<Span>,
    },
}

impl Try {
    fn failed(carrier: Option<String>, why: &str) -> Self {
        Self::Over { state: "failed", carrier, provider_id: None, cause: Some(why.to_owned()) }
    }
}

/// A message whose try has ended, and what is to be written about it.
struct Tried {
    id: MessageId,
    tries: i64,
    expires_at: Timestamp,
    end: Try,
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
        let due = transaction!(self.db, conn => {
            let due = outbox::claim(conn, &claim, self.webhooks, BATCH, now + CLAIM, now).await?;
            if due.iter().any(|message| message.decoy) {
                outbox::drop_decoys(conn, &claim, now).await?;
            }
            Ok::<_, Error>(due)
        })?;
        let count = due.len();
        let decoys = due.iter().filter(|message| message.decoy).count();
        metrics::counter!("aikagi_messages_total", "state" => "dropped").increment(decoys as u64);
        let letters = due.into_iter().filter(|message| !message.decoy);
        // What has ended at the same moment is written down together; a quick message waits for no slow one.
        let ended = futures_util::stream::iter(letters).map(|message| self.try_one(message));
        let mut ended = ended.buffer_unordered(SIDE_BY_SIDE).ready_chunks(SIDE_BY_SIDE);
        let mut written = Ok(());
        while let Some(together) = ended.next().await {
            let answer = self.write(&together, &claim, now).await;
            written = written.and(answer);
        }
        written.map(|()| count)
    }

    async fn try_one(&self, message: Waiting) -> Tried {
        let Waiting { tries, expires_at, .. } = message;
        let id = message.id.clone();
        let end = if expires_at <= self.clock.now() {
            tracing::warn!(message = %id, purpose = message.purpose, tries, "message expired unsent");
            Try::Over { state: "expired", carrier: None, provider_id: None, cause: None }
        } else {
            match self.letter(message) {
                Ok(letter) => self.hand_over(&letter).await,
                Err(why) => {
                    tracing::error!(message = %id, why, "message cannot be opened");
                    Try::failed(None, why)
                }
            }
        };
        Tried { id, tries, expires_at, end }
    }

    async fn write(&self, together: &[Tried], claim: &str, claimed_at: Timestamp) -> Result<()> {
        let now = self.clock.now();
        if now >= claimed_at + CLAIM {
            tracing::warn!(
                messages = together.len(),
                "a carrier took longer than a claim holds: another worker may have sent them, too"
            );
        }
        transaction!(self.db, conn => {
            let changes = together.iter().map(|tried| match &tried.end {
                Try::Over { state, carrier, provider_id, cause } => {
                    let (carrier, provider_id) = (carrier.as_deref(), provider_id.as_deref());
                    let ending = Ending { state, carrier, provider_id, cause: cause.as_deref() };
                    outbox::finish(&tried.id, claim, &ending, now)
                }
                Try::Later { why, after } => {
                    // The row ends at its expiry at the latest, so that nothing is left waiting with a dead code inside.
                    let next = (now + after.unwrap_or_else(|| self.pause(tried.tries))).min(tried.expires_at);
                    outbox::retry(&tried.id, claim, why, next)
                }
            });
            apply(conn, changes).await
        })?;
        for Tried { id, tries, end, .. } in together {
            match end {
                Try::Later { why, .. } => tracing::warn!(message = %id, why, tries, "message waits for another try"),
                Try::Over { state, cause, .. } => {
                    let counted = if self.webhooks { "aikagi_webhooks_total" } else { "aikagi_messages_total" };
                    metrics::counter!(counted, "state" => *state).increment(1);
                    if let (&"failed", Some(why)) = (state, cause) {
                        tracing::warn!(message = %id, why, "message refused");
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks the carriers in order; the next one only where the one before cannot.
    async fn hand_over(&self, letter: &Letter) -> Try {
        let mut last = Try::failed(None, "no carrier carries this kind of message");
        for carrier in self.carriers.iter().filter(|carrier| carrier.carries(letter.channel)) {
            match carrier.hand_over(letter).await {
                Ok(HandedOver::Accepted { provider_id }) => {
                    let carrier = Some(carrier.name().to_owned());
                    return Try::Over { state: "handed", carrier, provider_id, cause: None };
                }
                Err(NotHandedOver::Temporary { why, retry_after }) => last = Try::Later { why, after: retry_after },
                // One carrier's "never" does not undo another's "later".
                Err(NotHandedOver::Permanent { why }) if !matches!(last, Try::Later { .. }) => {
                    last = Try::failed(Some(carrier.name().to_owned()), &why);
                }
                Err(NotHandedOver::Permanent { .. }) => {}
            }
        }
        last
    }

    /// 2 s, 4 s, 8 s … one minute, or, for a webhook, one hour.
    fn pause(&self, tries: i64) -> Span {
        let (most, doublings) = if self.webhooks { (3_600, 12) } else { (60, 6) };
        seconds((1_i64 << tries.clamp(1, doublings)).min(most))
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
                MessageKind::Mobile => Channel::Sms,
                MessageKind::Email => Channel::Email,
                MessageKind::Webhook => Channel::Webhook,
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
}
