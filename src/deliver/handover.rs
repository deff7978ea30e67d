//! One message's try: the carriers are asked in their order, the next one only where the one before cannot, and none once the message's time has passed or
//! somebody else may have it in hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::budget::Spent;
use super::html::{self, Dress};
use super::worker::{BODY, CLAIM, DESTINATION, Worker};
use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::model::id::{HandingId, MessageId, WorkspaceId};
use crate::model::{
    CarrierOrder, Cause, HandingState, Locale, MessageKind, MessageState, Timestamp, seconds, time::Span,
};
use crate::store::handings::Handing;
use crate::store::outbox::{self, Ending, Waiting};
use crate::store::{Change, Error, transaction};
use crate::vault::dice;

/// No carrier's try takes longer: a claim that ends before is made longer first.
const LONGEST_TRY: Span = seconds(30);
/// A carrier that has no place for so long has too much to do.
const BUSY: Duration = Duration::from_secs(5);

/// How many messages each carrier has in hand, and whether any may be given to one.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_carrier: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// What became of others cannot be written down: who cannot write sends nothing more.
    pub(super) closed: AtomicBool,
}

impl Places {
    /// A place at this carrier, as soon as one is free; none in little time where another could be asked.
    async fn at(&self, carrier: &dyn Carrier, others: bool) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut all = self.by_carrier.lock().unwrap_or_else(PoisonError::into_inner);
            let places = all.entry(carrier.name().to_owned());
            places.or_insert_with(|| Arc::new(Semaphore::new(carrier.side_by_side().max(1)))).clone()
        };
        let place = places.acquire_owned();
        if others { timeout(BUSY, place).await.ok()?.ok() } else { place.await.ok() }
    }
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
pub(super) enum End {
    /// handed, failed or expired
    Over(MessageState),
    /// Taken; the next carrier is asked if no receipt has come by then.
    Held { until: Timestamp },
    /// Taken earlier, and nobody is left to ask.
    Closed,
    /// Not taken; tried again.
    Later { after: Option<Span> },
    /// Nobody was asked: somebody else may take it at once.
    Untried,
}

/// Whether a message may be given to a carrier.
enum Turn {
    Comes(OwnedSemaphorePermit),
    /// Not in so long; none where it has too much to do.
    NotNow(Option<Span>, Cause),
    /// Its time has passed meanwhile.
    TooLate,
    /// Nothing may be given to anybody, or somebody else may have it in hand.
    NotOurs,
}

/// A message whose try has ended, and what is to be written about it.
pub(super) struct Tried {
    pub(super) id: MessageId,
    pub(super) workspace: Option<WorkspaceId>,
    /// Which budget held it back, if one did.
    pub(super) spent: Option<Spent>,
    /// What it cost, if a carrier took it and that is counted.
    pub(super) price: i64,
    /// The claim, which is the fence, and how long nobody else can have one.
    claim: Arc<str>,
    pub(super) until: Timestamp,
    pub(super) tries: i64,
    expires_at: Timestamp,
    pub(super) end: End,
    /// The carrier that took it, or refused it last, with its own id for it.
    carrier: Option<String>,
    provider_id: Option<String>,
    /// The last cause, for people, and its words, for the log.
    cause: Option<String>,
    pub(super) why: Option<String>,
    /// Carriers that need not be asked again, each with a comma behind it.
    asked: String,
    pub(super) handings: Vec<Handing>,
    /// Its place at the carrier that took it, free when that is written: should the node die before, no more messages than places go out twice.
    place: Option<OwnedSemaphorePermit>,
}

impl Tried {
    /// Whether a carrier took it just now.
    pub(super) fn is_taken(&self) -> bool {
        self.handings.iter().any(|handing| handing.state == HandingState::Accepted)
    }

    /// What is written about the message itself.
    pub(super) fn change(&self, pause: impl Fn(i64) -> Span, now: Timestamp) -> Change<'_> {
        let (carrier, provider_id) = (self.carrier.as_deref(), self.provider_id.as_deref());
        let claim = &*self.claim;
        match self.end {
            End::Over(state) => {
                let ending = Ending { state, carrier, provider_id, cause: self.cause.as_deref() };
                outbox::finish(&self.id, claim, &ending, now)
            }
            End::Held { until } => {
                let taken = (carrier.unwrap_or_default(), provider_id);
                outbox::hold(&self.id, claim, taken, &self.asked, until, now)
            }
            End::Closed => outbox::close(&self.id, claim, self.cause.as_deref(), now),
            End::Later { after } => {
                // The row ends at its expiry at the latest, so that nothing is left waiting with a dead code inside.
                let next = (now + after.unwrap_or_else(|| pause(self.tries))).min(self.expires_at);
                let asked = Some(self.asked.as_str()).filter(|asked| !asked.is_empty());
                outbox::retry(&self.id, claim, self.cause.as_deref().unwrap_or_default(), asked, next)
            }
            End::Untried => outbox::let_go(&self.id, claim, now),
        }
    }
}

impl Worker {
    /// Sees one message through, which was claimed until `until`. `allowed` is whether it may cost what it costs, or whose budget does not suffice.
    pub(super) async fn try_one(
        &self,
        message: Waiting,
        allowed: std::result::Result<(), Spent>,
        (claim, until): (Arc<str>, Timestamp),
        places: &Places,
    ) -> Tried {
        let Waiting { tries, expires_at, .. } = message;
        let mut tried = Tried {
            id: message.id.clone(),
            workspace: message.workspace_id.clone(),
            spent: None,
            price: if self.budgets.limit(&message) { self.budgets.price(&message) } else { 0 },
            claim,
            until,
            tries,
            expires_at,
            end: End::Over(MessageState::Failed),
            carrier: None,
            provider_id: None,
            cause: None,
            why: None,
            asked: message.asked.clone().unwrap_or_default(),
            handings: Vec::new(),
            place: None,
        };
        let taken = message.handed_at.is_some();
        if expires_at <= self.clock.now() {
            expired(&mut tried, taken);
            return tried;
        }
        if let Err(spent) = allowed {
            tracing::warn!(message = %tried.id, purpose = message.purpose, "the budget for messages is spent");
            if taken {
                tried.end = End::Closed;
            } else {
                tried.cause = Some(Cause::Budget.to_string());
                tried.spent = Some(spent);
            }
            return tried;
        }
        let order = message.carriers.clone();
        match self.letter(message) {
            Ok(letter) => self.hand_over(&letter, order.as_deref(), taken, places, &mut tried).await,
            Err(why) => {
                tracing::error!(message = %tried.id, why, "message cannot be opened");
                tried.why = Some(why.to_owned());
                tried.cause = Some(if self.webhooks { why.to_owned() } else { Cause::Unknown.to_string() });
            }
        }
        tried
    }

    /// Asks the carriers in order; the next one only where the one before cannot.
    async fn hand_over(&self, letter: &Letter, order: Option<&str>, taken: bool, places: &Places, tried: &mut Tried) {
        let mut later: Option<Span> = None;
        let mut waits = false;
        let left = self.in_order(letter.channel, order);
        let mut left =
            left.filter(|carrier| !asked(&tried.asked).any(|name| name == carrier.name())).collect::<Vec<_>>();
        let nobody = left.is_empty();
        while !left.is_empty() {
            let carrier = left.remove(0);
            let place = match self.turn(&**carrier, letter, !left.is_empty(), places, tried).await {
                Turn::Comes(place) => place,
                Turn::NotNow(pause, cause) => {
                    waits = true;
                    tried.cause.get_or_insert_with(|| cause.to_string());
                    later = pause.map(|pause| later.map_or(pause, |other| other.min(pause))).or(later);
                    continue;
                }
                Turn::TooLate => return expired(tried, taken),
                Turn::NotOurs => {
                    tried.end = match tried.cause {
                        Some(_) => End::Later { after: Some(seconds(0)) },
                        None => End::Untried,
                    };
                    return;
                }
            };
            let begun = Instant::now();
            let answer = carrier.hand_over(letter).await;
            tried.place = Some(place).filter(|_| answer.is_ok());
            let state = self.judge(&**carrier, &answer);
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
                // It did not leave the house: no provider's refusal, and so without its code.
                Err(NotHandedOver { is_final: true, cause: Cause::Expired, code: None, .. }) => {
                    return expired(tried, taken);
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

    /// Waits for a place at this carrier; `others` could be asked, too.
    async fn turn(
        &self,
        carrier: &dyn Carrier,
        letter: &Letter,
        others: bool,
        places: &Places,
        tried: &mut Tried,
    ) -> Turn {
        let alone = |now: Timestamp, until| Turn::NotNow(Some(now.until(until)), Cause::Provider);
        // One that is left alone keeps no message waiting.
        let now = self.clock.now();
        if let Some(until) = self.is_left_alone(carrier, now) {
            return alone(now, until);
        }
        let Some(place) = places.at(carrier, others).await else { return Turn::NotNow(None, Cause::Throttled) };
        let now = self.clock.now();
        if letter.expires_at <= now {
            return Turn::TooLate;
        }
        if places.closed.load(Ordering::Relaxed) || !self.keep(tried, now).await {
            return Turn::NotOurs;
        }
        match self.may_ask(carrier.name(), now) {
            Ok(()) => Turn::Comes(place),
            Err(until) => alone(now, until),
        }
    }

    /// The claim is made longer where it would end within a carrier's try. False where somebody else may have the message.
    async fn keep(&self, tried: &mut Tried, now: Timestamp) -> bool {
        if now + LONGEST_TRY <= tried.until {
            return true;
        }
        let until = now + CLAIM;
        let (id, claim) = (&tried.id, &*tried.claim);
        let kept = transaction!(self.db, conn => outbox::keep(conn, id, claim, until).await);
        if kept.unwrap_or_else(|error: Error| {
            tracing::warn!(message = %tried.id, %error, "a claim cannot be made longer");
            false
        }) {
            tried.until = until;
            return true;
        }
        false
    }

    /// Until when nobody asks this carrier.
    fn is_left_alone(&self, carrier: &dyn Carrier, now: Timestamp) -> Option<Timestamp> {
        // A webhook's carrier has as many far sides as there are workspaces.
        if self.webhooks { None } else { self.breakers.is_left_alone(carrier.name(), carrier.connections(), now) }
    }

    /// Whether anybody can take such messages now, or will never: then each is told so.
    pub(super) fn is_open(&self, channel: Channel, now: Timestamp) -> bool {
        let mut all = self.carriers.iter().filter(|carrier| carrier.carries(channel)).peekable();
        all.peek().is_none() || all.any(|carrier| carrier.is_there() && self.is_left_alone(&**carrier, now).is_none())
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

    fn judge(&self, carrier: &dyn Carrier, answer: &std::result::Result<HandedOver, NotHandedOver>) -> HandingState {
        match answer {
            _ if self.webhooks => {}
            Err(refused) if refused.cause.is_about_provider() => {
                self.breakers.fails(carrier.name(), carrier.connections(), self.clock.now());
            }
            _ => self.breakers.works(carrier.name()),
        }
        match answer {
            Ok(_) => HandingState::Accepted,
            Err(refused) if refused.is_final => HandingState::Refused,
            Err(_) => HandingState::PutOff,
        }
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

/// Its time has passed.
fn expired(tried: &mut Tried, taken: bool) {
    if taken {
        tried.end = End::Closed;
        return;
    }
    tried.end = End::Over(MessageState::Expired);
    (tried.cause, tried.why) = (Some(Cause::Expired.to_string()), None);
    tracing::warn!(message = %tried.id, tries = tried.tries, "message expired unsent");
}
