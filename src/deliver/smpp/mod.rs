//! SMS by SMPP 3.4: one bound connection to a provider, kept for as long as the server runs, on which messages go out and their receipts come back.
//!
//! What was sent and not answered when a connection ended counts as not handed over. The provider may have taken it: such a message can go out twice.
//! One part, no headers, no later versions of the protocol.

mod dial;
mod ids;
mod pace;
mod pdu;
mod receipt;
mod session;
mod settings;
mod status;
mod submit;
mod text;
mod window;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use rusmpp::CommandStatus;
use rusmpp::pdus::SubmitSm;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use self::pace::Pace;
use self::pdu::{Body, Pdu};
use self::session::{End, Session};
use self::settings::Checked;
pub use self::settings::{SmppSettings, SmppSettingsError};
use self::submit::Address;
pub use self::submit::BadAddress;
use self::window::Gone;
use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver, ReceiptBook};
use crate::clock::Clock;
use crate::model::{Cause, Timestamp, seconds, time::Span};
use crate::vault::{Dice, dice};

/// The pause after a connection ended or was not made; doubled each time, and begun anew after one that held.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
const HELD: Duration = Duration::from_secs(10);
/// The longest after the provider did not let us in: it counts such tries, and somebody has to mend something first.
const LONGEST_UNWELCOME: Duration = Duration::from_mins(1);
/// How long it is waited for the end of a connection to be known to all.
const BREATH: Duration = Duration::from_millis(10);
/// How long a message waits for somebody who keeps a connection.
const GRACE: Duration = Duration::from_secs(1);
/// After so many failures in a row messages do not wait for the next try.
const HOPELESS: u32 = 2;

/// Hands SMS to one provider.
pub struct SmppCarrier {
    to: Checked,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    pace: Pace,
    state: watch::Sender<State>,
    connections: AtomicU64,
}

/// The connection, as those see it who want to send.
#[derive(Clone)]
enum State {
    /// Nobody keeps one: each message has its own.
    Unkept,
    Dialling,
    Bound(Arc<Session>),
    /// It ended, or was not made; there will be another try.
    Down {
        failures: u32,
        trouble: NotHandedOver,
    },
    /// The server stops.
    Over,
}

/// A letter that can go, except that its time may pass.
struct Message {
    from: Address,
    to: Address,
    text: text::Encoded,
    expires_at: Timestamp,
}

impl Message {
    fn submit(&self, now: Timestamp) -> Result<SubmitSm, NotHandedOver> {
        let validity = submit::validity(now, self.expires_at);
        let validity = validity.ok_or_else(|| NotHandedOver::never(Cause::Expired, "it would come too late"))?;
        submit::submit(self.from.clone(), self.to.clone(), self.text.clone(), &validity)
            .ok_or_else(|| NotHandedOver::never(Cause::Malformed, "the message cannot be written"))
    }
}

impl std::fmt::Debug for SmppCarrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to.settings.fmt(f)
    }
}

impl SmppCarrier {
    /// Checks the settings and reads the file of authorities; connects to nothing yet.
    pub fn new(settings: SmppSettings, clock: Arc<dyn Clock>, dice: Arc<dyn Dice>) -> Result<Self, SmppSettingsError> {
        let pace = Pace::new(settings.per_second);
        let to = Checked::try_from(settings)?;
        Ok(Self { to, clock, dice, pace, state: watch::Sender::new(State::Unkept), connections: AtomicU64::new(0) })
    }

    async fn send(&self, letter: &Letter) -> Result<HandedOver, NotHandedOver> {
        // What can never go is said before anybody waits.
        let text =
            text::encode(&letter.text).map_err(|unfit| NotHandedOver::never(Cause::Malformed, unfit.to_string()))?;
        let to = Address::destination(&letter.to)
            .ok_or_else(|| NotHandedOver::never(Cause::Malformed, "the destination is no number"))?;
        let from = match &letter.sender {
            Some(sender) => Address::source(sender)
                .map_err(|why| NotHandedOver::never(Cause::RefusedSender, format!("the sender is {why}")))?,
            None => self.to.source.clone(),
        };
        let deadline = Instant::now() + self.to.settings.timeout;
        let message = Message { from, to, text, expires_at: letter.expires_at };
        let late = |_| NotHandedOver::later(Cause::Provider, "there is no connection to the provider yet");
        while let Some(session) = timeout_at(deadline, self.bound()).await.map_err(late)?? {
            if let Some(answer) = self.submit(&session, deadline, &message).await {
                return answer;
            }
            // It ended before the message left: that waits for the next one.
            timeout_at(deadline, sleep(BREATH)).await.map_err(late)?;
        }
        // Without a kept connection: one for this message, on which no receipt is taken.
        let link = timeout_at(deadline, dial::dial(&self.to)).await.map_err(late)??;
        let (session, drive) = Session::new(link, 1);
        let stop = CancellationToken::new();
        let kept = drive.run(&session, &self.to, &*self.clock, None, &stop);
        let sent = async {
            let answer = self.submit(&session, deadline, &message).await;
            stop.cancel();
            answer
        };
        let (_, answer) = futures_util::future::join(kept, sent).await;
        answer.unwrap_or_else(|| Err(ended(Gone)))
    }

    /// The kept connection, as soon as it is there; none where nobody keeps one.
    async fn bound(&self) -> Result<Option<Arc<Session>>, NotHandedOver> {
        let mut state = self.state.subscribe();
        loop {
            let now = state.borrow_and_update().clone();
            match &now {
                // When the server starts, who keeps it may come a moment later.
                State::Unkept if timeout(GRACE, state.changed()).await.is_err() => return Ok(None),
                State::Unkept => continue,
                State::Bound(session) => return Ok(Some(Arc::clone(session))),
                State::Down { failures, trouble } if *failures >= HOPELESS => return Err(trouble.clone()),
                State::Over => return Err(NotHandedOver::later(Cause::Provider, "the server stops")),
                State::Dialling | State::Down { .. } => {}
            }
            // The sender is ours: it does not go.
            state.changed().await.ok();
        }
    }

    /// None where the connection ended before the message left.
    async fn submit(
        &self,
        session: &Session,
        deadline: Instant,
        message: &Message,
    ) -> Option<Result<HandedOver, NotHandedOver>> {
        let Ok(slot) = timeout_at(deadline, session.slot()).await else {
            let why = "the provider has too many unanswered messages";
            return Some(Err(NotHandedOver::later(Cause::Throttled, why)));
        };
        let slot = slot.ok()?;
        if !self.pace.turn(deadline).await {
            let why = "more messages wait than may go in a second";
            return Some(Err(NotHandedOver::later(Cause::Throttled, why)));
        }
        let submit = match message.submit(self.clock.now()) {
            Ok(submit) => submit,
            Err(never) => return Some(Err(never)),
        };
        let pending = session.send(slot, submit).ok()?;
        Some(match timeout_at(deadline, pending.answer()).await {
            Ok(Ok(answer)) => self.judge(session, &answer),
            Ok(Err(gone)) => Err(ended(gone)),
            Err(_) => Err(NotHandedOver::later(Cause::Provider, "the provider did not answer in time")),
        })
    }

    /// What the provider's answer means.
    fn judge(&self, session: &Session, answer: &Pdu) -> Result<HandedOver, NotHandedOver> {
        if let (CommandStatus::EsmeRok, Body::Submitted(id)) = (answer.status, &answer.body) {
            self.pace.went_well();
            let id = id.as_deref().and_then(|id| ids::kept(self.to.settings.receipt_ids, id));
            if id.is_none() {
                tracing::warn!(carrier = self.to.settings.name, "the provider took a message and gave no id for it");
            }
            return Ok(HandedOver { provider_id: id });
        }
        let refusal = status::refusal(answer.status);
        if status::is_unbound(answer.status) {
            session.give_up(End::NotBound);
        }
        Err(if status::is_throttled(answer.status) {
            metrics::counter!("aikagi_smpp_throttled_total", "carrier" => self.to.settings.name.clone()).increment(1);
            refusal.after(span(self.pace.too_quick()))
        } else {
            refusal
        })
    }

    /// Keeps a connection until `stop`.
    async fn keep(&self, book: &ReceiptBook, stop: &CancellationToken) {
        let name = self.to.settings.name.as_str();
        let bound = metrics::gauge!("aikagi_smpp_bound", "carrier" => name.to_owned());
        bound.set(0.0);
        let (mut pause, mut failures) = (FIRST_PAUSE, 0_u32);
        while !stop.is_cancelled() {
            if failures < HOPELESS {
                self.state.send_replace(State::Dialling);
            }
            let dialled = tokio::select! {
                dialled = timeout(self.to.settings.timeout, dial::dial(&self.to)) => dialled,
                () = stop.cancelled() => break,
            };
            let trouble = match dialled {
                Ok(Ok(link)) => {
                    let since = Instant::now();
                    let (session, drive) = Session::new(link, self.to.settings.window);
                    let session = Arc::new(session);
                    self.state.send_replace(State::Bound(Arc::clone(&session)));
                    self.connections.fetch_add(1, Ordering::Relaxed);
                    bound.set(1.0);
                    tracing::info!(carrier = name, "bound to the provider");
                    book.bell.notify_one();
                    let end = drive.run(&session, &self.to, &*self.clock, Some(book), stop).await;
                    bound.set(0.0);
                    if end == End::Done {
                        break;
                    }
                    if since.elapsed() >= HELD {
                        (pause, failures) = (FIRST_PAUSE, 0);
                    }
                    NotHandedOver::later(Cause::Provider, format!("the connection to the provider ended: {end}"))
                }
                Ok(Err(trouble)) => trouble,
                Err(_) => NotHandedOver::later(Cause::Provider, "the provider does not answer in time"),
            };
            failures += 1;
            tracing::warn!(carrier = name, why = trouble.why, failures, "no connection to the provider");
            let longest = if trouble.cause == Cause::Account { LONGEST_UNWELCOME } else { LONGEST_PAUSE };
            self.state.send_replace(State::Down { failures, trouble });
            tokio::select! {
                () = sleep(self.shaken(pause)) => {}
                () = stop.cancelled() => break,
            }
            pause = (pause * 2).min(longest);
        }
        self.state.send_replace(State::Over);
    }

    /// Something between half of it and all, so that several nodes do not come back in step.
    fn shaken(&self, pause: Duration) -> Duration {
        let [chance] = dice::bytes::<1>(&*self.dice);
        pause / 2 + pause * u32::from(chance) / 510
    }
}

impl Carrier for SmppCarrier {
    fn name(&self) -> &str {
        &self.to.settings.name
    }

    fn carries(&self, channel: Channel) -> bool {
        channel == Channel::Sms
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(self.send(letter))
    }

    fn knock(&self) -> BoxFuture<'_, Result<(), NotHandedOver>> {
        Box::pin(async move {
            let late = |_| NotHandedOver::later(Cause::Provider, "the provider does not answer in time");
            let link = timeout(self.to.settings.timeout, dial::dial(&self.to)).await.map_err(late)??;
            // It has let us in; what it would hand to us it keeps for the server.
            let (session, drive) = Session::new(link, 1);
            let stop = CancellationToken::new();
            stop.cancel();
            drive.run(&session, &self.to, &*self.clock, None, &stop).await;
            Ok(())
        })
    }

    fn tells_receipts(&self) -> bool {
        true
    }

    fn is_there(&self) -> bool {
        !matches!(&*self.state.borrow(), State::Down { failures, .. } if *failures >= HOPELESS)
    }

    fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    fn side_by_side(&self) -> usize {
        usize::try_from(self.to.settings.window).unwrap_or(usize::MAX)
    }

    fn run<'a>(&'a self, book: &'a ReceiptBook, stop: CancellationToken) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.keep(book, &stop).await })
    }
}

fn ended(_: Gone) -> NotHandedOver {
    NotHandedOver::later(Cause::Provider, "the connection to the provider ended")
}

fn span(duration: Duration) -> Span {
    seconds(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 1_000_000) + 1)
}
