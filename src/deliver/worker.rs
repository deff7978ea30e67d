//! The outbox's worker: claims messages that are due, hands them to the first carrier that takes them, and empties the
//! row. A message whose time has passed is never sent; one that cannot go now is tried again until then.
//!
//! Any number of workers on any number of nodes may run: a claim is a lease and a fence. What became of a message is kept in hand until it is written: a
//! database that is away for a while costs no second copy.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::breaker::Breakers;
use super::budget::Purse;
use super::handover::{End, Places, Tried};
use super::{Carrier, Channel};
use crate::clock::Clock;
use crate::model::id::MessageId;
use crate::model::{Budgets, MessageKind, MessageState, seconds, time::Span};
use crate::store::outbox::{self, Waiting};
use crate::store::{Db, Error, Result, alerts, apply, handings, transaction};
use crate::vault::{Dice, Keyring, dice};

/// Labels that a message's parts are sealed under. They are part of the sealed data, so they never change.
pub const DESTINATION: &str = "message destination";
/// See [`DESTINATION`].
pub const BODY: &str = "message body";

/// How long a claim holds: longer than any carrier's try, and as long as the messages of a node that died must wait.
pub(super) const CLAIM: Span = seconds(45);
/// How many messages are claimed at once, and how many may be in hand.
const BATCH: usize = 32;
const IN_HAND: usize = 2 * BATCH;
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
    /// Carriers in the order in which they are asked, where a workspace has no order of its own.
    pub carriers: Vec<Arc<dyn Carrier>>,
    /// Which of them are left alone for a while.
    pub breakers: Arc<Breakers>,
    /// What messages may cost.
    pub budgets: Budgets,
    /// How long a receipt is waited for before the next carrier is asked.
    pub receipt_wait: Option<Span>,
    /// Whether it sends what is for webhooks, or what is for people. Programs elsewhere may be slow, and hold up nobody's code.
    pub webhooks: bool,
    /// Rung when a message was queued.
    pub bell: Arc<Notify>,
}

/// What a worker has in hand.
#[derive(Default)]
struct Hands {
    places: Arc<Places>,
    /// Each by itself, so that a quick message waits for no slow one.
    going: JoinSet<Tried>,
    /// What those that are going may cost, which no purse knows yet.
    costs: HashMap<MessageId, Waiting>,
    /// What is still to be written down.
    unwritten: Vec<Tried>,
}

impl Hands {
    /// What has ended: at least one, and all others that have ended by now. Never, where nothing is going.
    async fn ended(&mut self) {
        let Some(first) = self.going.join_next().await else { return std::future::pending().await };
        let mut next = Some(first);
        while let Some(ended) = next {
            match ended {
                Ok(tried) => {
                    self.costs.remove(&tried.id);
                    self.unwritten.push(tried);
                }
                // Its claim runs out, and it is tried again.
                Err(error) => tracing::error!(%error, "a message's try broke"),
            }
            next = self.going.join_next().now_or_never().flatten();
        }
    }

    fn is_empty(&self) -> bool {
        self.going.is_empty() && self.unwritten.is_empty()
    }
}

impl Worker {
    /// Works until `stop`; hand-overs that have begun are finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut hands = Hands::default();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut due = true;
        while !(stop.is_cancelled() && hands.is_empty()) {
            let has_room = hands.going.len() + BATCH <= IN_HAND && hands.unwritten.is_empty();
            if due && has_room && !stop.is_cancelled() {
                due = match self.take(&mut hands).await {
                    Ok(taken) => taken == BATCH,
                    Err(error) => {
                        tracing::error!(%error, "the outbox cannot be read");
                        false
                    }
                };
            }
            tokio::select! {
                () = hands.ended() => self.write(&mut hands).await,
                () = self.bell.notified() => due = true,
                _ = look.tick() => {
                    due = true;
                    self.write(&mut hands).await;
                }
                () = stop.cancelled(), if !stop.is_cancelled() => hands.places.closed.store(true, Ordering::Relaxed),
            }
            if stop.is_cancelled() {
                hands.places.closed.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Takes what is due now and sees it through. Answers how many messages that was.
    pub async fn work_once(&self) -> Result<usize> {
        let mut hands = Hands::default();
        let count = self.take(&mut hands).await?;
        let mut written = Ok(());
        while !hands.going.is_empty() {
            hands.ended().await;
            let together = std::mem::take(&mut hands.unwritten);
            written = written.and(self.put_down(&together).await);
        }
        written.map(|()| count)
    }

    /// Claims what is due now and begins with it. Answers how many messages that was.
    async fn take(&self, hands: &mut Hands) -> Result<usize> {
        let now = self.clock.now();
        let until = now + CLAIM;
        let claim: Arc<str> = data_encoding::HEXLOWER.encode(&dice::bytes::<16>(&*self.dice)).into();
        let kinds: &[_] = if self.webhooks {
            &[(MessageKind::Webhook, Channel::Webhook)]
        } else {
            &[(MessageKind::Mobile, Channel::Sms), (MessageKind::Email, Channel::Email)]
        };
        let kinds: Vec<_> = kinds.iter().map(|&(kind, channel)| (kind, self.is_open(channel, now))).collect();
        let limit = i64::try_from(BATCH).unwrap_or(i64::MAX);
        let due = transaction!(self.db, conn => {
            let due = outbox::claim(conn, &claim, &kinds, limit, until, now).await?;
            if due.iter().any(|message| message.decoy) {
                outbox::drop_decoys(conn, &claim, now).await?;
            }
            Ok::<_, Error>(due)
        })?;
        let count = due.len();
        let decoys = due.iter().filter(|message| message.decoy).count();
        metrics::counter!("aikagi_messages_total", "state" => "dropped").increment(decoys as u64);
        let mut purse = Purse::default();
        if due.iter().any(|message| self.budgets.limit(message)) {
            purse = self.budgets.open(&mut self.db.read().await?, &due, now).await?;
            for message in hands.costs.values() {
                // They are on their way, whatever is left.
                let _ = self.budgets.allow(&mut purse, message);
            }
        }
        // In their order, before any of them goes out.
        for message in due.into_iter().filter(|message| !message.decoy) {
            let allowed = self.budgets.allow(&mut purse, &message);
            if allowed.is_ok() && self.budgets.limit(&message) {
                let cost = Waiting { destination: None, body: None, ..message.clone() };
                hands.costs.insert(message.id.clone(), cost);
            }
            let (worker, claim, places) = (self.clone(), claim.clone(), hands.places.clone());
            hands.going.spawn(async move { worker.try_one(message, allowed, (claim, until), &places).await });
        }
        Ok(count)
    }

    /// Writes down what has ended; what cannot be written now stays in hand, and meanwhile nothing more goes out.
    async fn write(&self, hands: &mut Hands) {
        let together = std::mem::take(&mut hands.unwritten);
        match self.put_down(&together).await {
            Ok(()) => {}
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, messages = together.len(), "what became of messages cannot be written down yet");
                hands.unwritten = together;
            }
            // One that can never be written keeps no other from it.
            Err(_) => {
                for tried in together {
                    match self.put_down(std::slice::from_ref(&tried)).await {
                        Err(error) if error.is_passing() => hands.unwritten.push(tried),
                        Err(error) => {
                            tracing::error!(%error, message = %tried.id, "what became of a message cannot be written down");
                        }
                        Ok(()) => {}
                    }
                }
            }
        }
        hands.places.closed.store(!hands.unwritten.is_empty(), Ordering::Relaxed);
    }

    async fn put_down(&self, together: &[Tried]) -> Result<()> {
        if together.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let late = together.iter().filter(|tried| now >= tried.until).count();
        if late > 0 {
            tracing::warn!(
                messages = late,
                "this took longer than a claim holds: another worker may have sent them, too"
            );
        }
        let held = together.iter().filter_map(|tried| Some((tried.workspace.as_ref(), tried.spent?)));
        let spent = Budgets::alerts(held, now);
        transaction!(self.db, conn => {
            let mut changes = Vec::with_capacity(together.len() * 2);
            for tried in together {
                changes.push(tried.change(|tries| self.pause(tries), now));
                changes.extend(tried.handings.iter().map(handings::insert));
            }
            let taken = together.iter().filter(|tried| tried.is_taken());
            changes.extend(spent.iter().map(alerts::count_more));
            changes.extend(self.budgets.spend(taken.map(|tried| (tried.workspace.clone(), tried.price)), now));
            apply(conn, changes).await
        })?;
        for Tried { id, tries, end, why, .. } in together {
            let counted = if self.webhooks { "aikagi_webhooks_total" } else { "aikagi_messages_total" };
            match end {
                End::Later { .. } => tracing::warn!(message = %id, why, tries, "message waits for another try"),
                End::Held { .. } => metrics::counter!(counted, "state" => "handed").increment(1),
                End::Closed | End::Untried => {}
                End::Over(state) => {
                    metrics::counter!(counted, "state" => state.as_str()).increment(1);
                    if let (MessageState::Failed, Some(why)) = (state, why) {
                        tracing::warn!(message = %id, why, "message refused");
                    }
                }
            }
        }
        Ok(())
    }

    /// 2 s, 4 s, 8 s … one minute, or, for a webhook, one hour.
    fn pause(&self, tries: i64) -> Span {
        let (most, doublings) = if self.webhooks { (3_600, 12) } else { (60, 6) };
        seconds((1_i64 << tries.clamp(1, doublings)).min(most))
    }
}
