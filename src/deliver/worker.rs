//! The outbox's worker: claims messages that are due, hands them to the first carrier that takes them, and empties the
//! row. A message whose time has passed is never sent; one that cannot go now is tried again until then.
//!
//! Any number of workers on any number of nodes may run: a claim is a lease and a fence.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::breaker::Breakers;
use super::budget::{Purse, Spent};
use super::html::{self, Dress};
use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::clock::Clock;
use crate::model::id::{HandingId, MessageId, WorkspaceId};
use crate::model::{
    Budgets, CarrierOrder, Cause, HandingState, Locale, MessageKind, MessageState, Timestamp, minutes, seconds,
    time::Span,
};
use crate::store::alerts;
use crate::store::handings::{self, Handing};
use crate::store::outbox::{self, Ending, Waiting};
use crate::store::{Change, Db, Error, Result, apply, transaction};
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

/// What a sealed body holds.
#[derive(serde::Deserialize)]
struct Body {
    subject: Option<String>,
    text: String,
    /// What makes the HTML of an e-mail.
    locale: Option<String>,
    code: Option<String>,
    link: Option<String>,
}

impl Body {
    fn html(&self) -> Option<String> {
        let locale = Locale::parse(self.locale.as_deref()?)?;
        let dress = Dress { locale, code: self.code.as_deref(), link: self.link.as_deref() };
        html::html(self.subject.as_deref()?, &self.text, &dress)
    }
}

/// How one message's try ended.
enum End {
    /// handed, failed or expired
    Over(MessageState),
    /// Taken; the next carrier is asked if no receipt has come by then.
    Held { until: Timestamp },
    /// Taken earlier, and nobody is left to ask.
    Closed,
    /// Not taken; tried again.
    Later { after: Option<Span> },
}

/// A message whose try has ended, and what is to be written about it.
struct Tried {
    id: MessageId,
    workspace: Option<WorkspaceId>,
    /// Which budget held it back, if one did.
    spent: Option<Spent>,
    /// What it cost, if a carrier took it and that is counted.
    price: i64,
    tries: i64,
    expires_at: Timestamp,
    end: End,
    /// The carrier that took it, or refused it last, with its own id for it.
    carrier: Option<String>,
    provider_id: Option<String>,
    /// The last cause, for people, and its words, for the log.
    cause: Option<String>,
    why: Option<String>,
    /// Carriers that need not be asked again, each with a comma behind it.
    asked: String,
    handings: Vec<Handing>,
}

impl Tried {
    /// Whether a carrier took it just now.
    fn is_taken(&self) -> bool {
        self.handings.iter().any(|handing| handing.state == HandingState::Accepted)
    }

    /// What is written about the message itself.
    fn change<'a>(&'a self, claim: &'a str, pause: impl Fn(i64) -> Span, now: Timestamp) -> Change<'a> {
        let (carrier, provider_id) = (self.carrier.as_deref(), self.provider_id.as_deref());
        match self.end {
            End::Over(state) => {
                let ending = Ending { state, carrier, provider_id, cause: self.cause.as_deref() };
                outbox::finish(&self.id, claim, &ending, now)
            }
            End::Held { until } => {
                let taken = (carrier.unwrap_or_default(), provider_id);
                outbox::hold(&self.id, claim, taken, &self.asked, until, now)
            }
            End::Closed => outbox::close(&self.id, claim, now),
            End::Later { after } => {
                // The row ends at its expiry at the latest, so that nothing is left waiting with a dead code inside.
                let next = (now + after.unwrap_or_else(|| pause(self.tries))).min(self.expires_at);
                let asked = Some(self.asked.as_str()).filter(|asked| !asked.is_empty());
                outbox::retry(&self.id, claim, self.cause.as_deref().unwrap_or_default(), asked, next)
            }
        }
    }
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
        let mut purse = Purse::default();
        if due.iter().any(|message| self.budgets.limit(message)) {
            purse = self.budgets.open(&mut self.db.read().await?, &due, now).await?;
        }
        let letters: Vec<_> = due.into_iter().filter(|message| !message.decoy).collect();
        // In their order, before any of them goes out.
        let letters: Vec<_> =
            letters.into_iter().map(|message| (self.budgets.allow(&mut purse, &message), message)).collect();
        // What has ended at the same moment is written down together; a quick message waits for no slow one.
        let ended = futures_util::stream::iter(letters).map(|(allowed, message)| self.try_one(message, allowed));
        let mut ended = ended.buffer_unordered(SIDE_BY_SIDE).ready_chunks(SIDE_BY_SIDE);
        let mut written = Ok(());
        while let Some(together) = ended.next().await {
            let answer = self.write(&together, &claim, now).await;
            written = written.and(answer);
        }
        written.map(|()| count)
    }

    async fn try_one(&self, message: Waiting, allowed: std::result::Result<(), Spent>) -> Tried {
        let Waiting { tries, expires_at, .. } = message;
        let mut tried = Tried {
            id: message.id.clone(),
            workspace: message.workspace_id.clone(),
            spent: None,
            price: if self.budgets.limit(&message) { self.budgets.price(&message) } else { 0 },
            tries,
            expires_at,
            end: End::Over(MessageState::Failed),
            carrier: None,
            provider_id: None,
            cause: None,
            why: None,
            asked: message.asked.clone().unwrap_or_default(),
            handings: Vec::new(),
        };
        if expires_at <= self.clock.now() {
            tried.end = if message.handed_at.is_some() { End::Closed } else { End::Over(MessageState::Expired) };
            tried.cause = Some(Cause::Expired.to_string());
            if message.handed_at.is_none() {
                tracing::warn!(message = %tried.id, purpose = message.purpose, tries, "message expired unsent");
            }
            return tried;
        }
        if let Err(spent) = allowed {
            tried.spent = Some(spent);
            tracing::warn!(message = %tried.id, purpose = message.purpose, "the budget for messages is spent");
            if message.handed_at.is_some() {
                tried.end = End::Closed;
            }
            tried.cause = Some(Cause::Budget.to_string());
            return tried;
        }
        let (order, taken) = (message.carriers.clone(), message.handed_at.is_some());
        match self.letter(message) {
            Ok(letter) => self.hand_over(&letter, order.as_deref(), taken, &mut tried).await,
            Err(why) => {
                tracing::error!(message = %tried.id, why, "message cannot be opened");
                tried.why = Some(why.to_owned());
                tried.cause = Some(if self.webhooks { why.to_owned() } else { Cause::Unknown.to_string() });
            }
        }
        tried
    }

    async fn write(&self, together: &[Tried], claim: &str, claimed_at: Timestamp) -> Result<()> {
        let now = self.clock.now();
        if now >= claimed_at + CLAIM {
            tracing::warn!(
                messages = together.len(),
                "a carrier took longer than a claim holds: another worker may have sent them, too"
            );
        }
        let held = together.iter().filter_map(|tried| Some((tried.workspace.as_ref(), tried.spent?)));
        let spent = Budgets::alerts(held, now);
        transaction!(self.db, conn => {
            let mut changes = Vec::with_capacity(together.len() * 2);
            for tried in together {
                changes.push(tried.change(claim, |tries| self.pause(tries), now));
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
                End::Closed => {}
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

    /// Asks the carriers in order; the next one only where the one before cannot.
    async fn hand_over(&self, letter: &Letter, order: Option<&str>, taken: bool, tried: &mut Tried) {
        let mut later: Option<Span> = None;
        let mut waits = false;
        let left = self.in_order(letter.channel, order);
        let mut left =
            left.filter(|carrier| !asked(&tried.asked).any(|name| name == carrier.name())).collect::<Vec<_>>();
        let nobody = left.is_empty();
        while !left.is_empty() {
            let carrier = left.remove(0);
            let now = self.clock.now();
            if let Err(until) = self.may_ask(carrier.name(), now) {
                waits = true;
                tried.cause.get_or_insert_with(|| Cause::Provider.to_string());
                let pause = now.until(until);
                later = Some(later.map_or(pause, |other| other.min(pause)));
                continue;
            }
            let begun = Instant::now();
            let answer = carrier.hand_over(letter).await;
            let state = self.judge(carrier.name(), &answer);
            let took = begun.elapsed().as_secs_f64();
            metrics::histogram!("aikagi_hand_over_seconds", "carrier" => carrier.name().to_owned()).record(took);
            let at = self.clock.now();
            let handing = |provider_id, cause, code| Handing {
                id: HandingId::new(at, dice::bytes(&*self.dice)),
                message_id: tried.id.clone(),
                workspace_id: tried.workspace.clone(),
                carrier: carrier.name().to_owned(),
                state,
                provider_id,
                cause,
                code,
                at,
                told_at: None,
            };
            match answer {
                Ok(HandedOver { provider_id }) => {
                    if !self.webhooks {
                        let handing = handing(provider_id.clone(), None, None);
                        tried.handings.push(handing);
                    }
                    tried.carrier = Some(carrier.name().to_owned());
                    tried.provider_id = provider_id;
                    (tried.cause, tried.why) = (None, None);
                    mark_asked(&mut tried.asked, carrier.name());
                    let waits = self.receipt_wait.filter(|_| carrier.tells_receipts() && !left.is_empty());
                    tried.end = match waits {
                        Some(wait) => End::Held { until: (at + wait).min(tried.expires_at) },
                        None => End::Over(MessageState::Handed),
                    };
                    return;
                }
                Err(refused) => {
                    let cause = if self.webhooks { refused.why.clone() } else { refused.cause.to_string() };
                    // Of what is put off again and again the history tells the 1st, 2nd, 4th, 8th time.
                    let is_told = refused.is_final || tried.tries.count_ones() == 1;
                    if !self.webhooks && is_told {
                        let handing = handing(None, Some(refused.cause), refused.code.clone());
                        tried.handings.push(handing);
                    }
                    if refused.is_final {
                        mark_asked(&mut tried.asked, carrier.name());
                    } else {
                        waits = true;
                        later = later.or(refused.retry_after);
                    }
                    // One carrier's "never" does not undo another's "later".
                    if !refused.is_final || !waits {
                        tried.carrier = Some(carrier.name().to_owned());
                        (tried.cause, tried.why) = (Some(cause), Some(refused.why));
                    }
                }
            }
        }
        if nobody && !taken {
            tried.why = Some("no carrier carries this kind of message".to_owned());
            tried.cause = Some(if self.webhooks { "no carrier".to_owned() } else { Cause::Unroutable.to_string() });
        }
        tried.end = match () {
            () if waits => End::Later { after: later },
            () if taken => End::Closed,
            () => End::Over(MessageState::Failed),
        };
    }

    /// The carriers of this channel: in the workspace's order, else in the server's.
    fn in_order(&self, channel: Channel, order: Option<&str>) -> impl Iterator<Item = &Arc<dyn Carrier>> {
        let all = self.carriers.iter().filter(move |carrier| carrier.carries(channel));
        let named = order.map_or_else(Vec::new, |order| CarrierOrder::read(order).of(channel.as_str()).to_vec());
        let mut chosen: Vec<_> =
            named.iter().filter_map(|name| all.clone().find(|carrier| carrier.name() == name)).collect();
        // One that the configuration no longer has is no reason to send nothing.
        if chosen.is_empty() {
            chosen = all.collect();
        }
        chosen.into_iter()
    }

    fn may_ask(&self, carrier: &str, now: Timestamp) -> std::result::Result<(), Timestamp> {
        // A webhook's carrier has as many far sides as there are workspaces.
        if self.webhooks { Ok(()) } else { self.breakers.may_ask(carrier, now) }
    }

    fn judge(&self, carrier: &str, answer: &std::result::Result<HandedOver, NotHandedOver>) -> HandingState {
        match answer {
            _ if self.webhooks => {}
            Err(refused) if refused.cause.is_about_provider() => self.breakers.fails(carrier, self.clock.now()),
            _ => self.breakers.works(carrier),
        }
        match answer {
            Ok(_) => HandingState::Accepted,
            Err(refused) if refused.is_final => HandingState::Refused,
            Err(_) => HandingState::PutOff,
        }
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
            sender: message.sms_sender.filter(|_| message.kind == MessageKind::Mobile),
            html: body.html(),
            subject: body.subject,
            text: body.text,
            purpose: message.purpose,
            reference: message.reference,
            at: message.created_at,
            expires_at: message.expires_at,
            id: message.id.0,
        })
    }
}

fn asked(all: &str) -> impl Iterator<Item = &str> {
    all.split(',').filter(|name| !name.is_empty())
}

fn mark_asked(all: &mut String, name: &str) {
    all.push_str(name);
    all.push(',');
}
