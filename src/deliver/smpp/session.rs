//! A bound connection, from the bind to its end: what comes in is answered, what waits to go out is written, and a provider that is silent for too
//! long is taken for gone.
//!
//! A receipt is acknowledged only when it is written down. All others are asked for once more by the provider, now or on the next connection.

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rusmpp::pdus::{DataSmResp, DeliverSmResp};
use rusmpp::{CommandId, CommandStatus, Pdu as Out};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::bytes::BytesMut;
use tokio_util::sync::CancellationToken;

use super::dial::{Link, octets};
use super::pdu::{Body, Lost, Pdu};
use super::receipt::{self, Reading};
use super::settings::Checked;
use super::window::{Gone, Pending, Window};
use crate::clock::Clock;
use crate::deliver::{About, Noted, Receipt, ReceiptBook};

/// Receipts that are being written down at once; while there are more nothing else is read.
const AT_ONCE: usize = 16;
/// Answers that may wait to be written, besides the window's messages.
const QUEUED: usize = 256;
/// How long the provider may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is to be written.
enum Output {
    Pdu(BytesMut),
    /// The last one: the connection is ended after it.
    Last(BytesMut),
}

/// A bound connection, as those see it who send.
pub(super) struct Session {
    window: Window,
    queue: mpsc::Sender<Output>,
    broken: CancellationToken,
    why: OnceLock<End>,
}

/// The other end of `Session`: whoever has it keeps the connection going.
pub(super) struct Drive {
    link: Link,
    queue: mpsc::Receiver<Output>,
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum End {
    #[error("we are done")]
    Done,
    #[error("the provider ended it")]
    Closed,
    #[error("the provider unbound us")]
    Unbound,
    #[error("the provider says that we are not bound")]
    NotBound,
    #[error("the provider does not answer any more")]
    Silent,
    #[error("the provider does not read any more")]
    Stuck,
    #[error("it broke: {0}")]
    Broke(std::io::ErrorKind),
    #[error("what the provider sends cannot be read any more")]
    Unreadable,
}

impl Session {
    pub(super) fn new(link: Link, window: u32) -> (Self, Drive) {
        let (sender, queue) = mpsc::channel(QUEUED + usize::try_from(window).unwrap_or(0));
        let session =
            Self { window: Window::new(window), queue: sender, broken: CancellationToken::new(), why: OnceLock::new() };
        (session, Drive { link, queue })
    }

    /// A place in the window.
    pub(super) async fn slot(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Gone> {
        self.window.slot().await
    }

    /// Sends a message; it waits for its answer.
    pub(super) fn send(
        &self,
        slot: tokio::sync::OwnedSemaphorePermit,
        message: impl Into<Out>,
    ) -> Result<Pending, Gone> {
        let pending = self.window.begin(slot)?;
        let written = self.put(Output::Pdu(octets(CommandStatus::EsmeRok, pending.sequence, message)));
        written.inspect_err(|_| self.give_up(End::Stuck)).map(|()| pending)
    }

    /// The connection is of no use any more.
    pub(super) fn give_up(&self, why: End) {
        self.why.get_or_init(|| why);
        self.broken.cancel();
    }

    /// A full queue is that of a provider that takes nothing.
    fn put(&self, output: Output) -> Result<(), Gone> {
        self.queue.try_send(output).map_err(|_| Gone)
    }
}

impl Drive {
    /// Keeps the connection going until it ends, or, after `stop`, until what is on its way has its answer. Without a book no receipt is
    /// acknowledged.
    pub(super) async fn run(
        self,
        session: &Session,
        to: &Checked,
        clock: &dyn Clock,
        book: Option<&ReceiptBook>,
        stop: &CancellationToken,
    ) -> End {
        let Self { link: Link { mut incoming, mut outgoing }, mut queue } = self;
        let hand = Hand { session, to, clock, book };
        let mut writing = std::pin::pin!(async {
            while let Some(output) = queue.recv().await {
                let (Output::Pdu(octets) | Output::Last(octets)) = &output;
                let written = timeout(to.settings.timeout, async {
                    outgoing.write_all(octets).await?;
                    outgoing.flush().await
                });
                match written.await {
                    Ok(Ok(())) if matches!(output, Output::Last(_)) => break,
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return End::Broke(error.kind()),
                    Err(_) => return End::Stuck,
                }
            }
            outgoing.shutdown().await.ok();
            End::Done
        });
        let mut receipts = FuturesUnordered::new();
        let mut emptied = std::pin::pin!(session.window.emptied());
        // Until when it must have come, once the end has begun.
        let (mut leaving, mut goodbye) = (None::<Instant>, false);
        let (mut heard, mut asked) = (Instant::now(), None::<Instant>);
        let mut ending = None::<End>;
        let end = loop {
            let due = match (leaving, asked) {
                (Some(until), _) => until,
                (None, Some(at)) => at + to.settings.timeout,
                (None, None) => heard + to.settings.enquire,
            };
            tokio::select! {
                end = &mut writing => break ending.unwrap_or(end),
                () = session.broken.cancelled() => break ending.unwrap_or(*session.why.get().unwrap_or(&End::Closed)),
                frame = incoming.next(), if ending.is_none() && receipts.len() < AT_ONCE => {
                    (heard, asked) = (Instant::now(), None);
                    let pdu = match frame {
                        Some(Ok(frame)) => Pdu::read(frame),
                        Some(Err(Lost::Io(error))) => break End::Broke(error.kind()),
                        Some(Err(lost @ Lost::Length(_))) => {
                            hand.count("malformed");
                            tracing::warn!(carrier = to.settings.name, why = %lost, "the provider's connection cannot be read any more");
                            hand.last(CommandStatus::EsmeRinvcmdlen, 0, Out::GenericNack);
                            (ending, leaving) = (Some(End::Unreadable), Some(Instant::now() + FAREWELL));
                            continue;
                        }
                        None => break End::Closed,
                    };
                    match pdu.id {
                        CommandId::UnbindResp if goodbye => break End::Done,
                        CommandId::Unbind => {
                            hand.last(CommandStatus::EsmeRok, pdu.sequence, Out::UnbindResp);
                            ending = Some(if leaving.is_some() { End::Done } else { End::Unbound });
                            leaving = Some(Instant::now() + FAREWELL);
                        }
                        _ => {
                            if let Some(receipt) = hand.take(pdu) {
                                receipts.push(receipt);
                            }
                        }
                    }
                },
                Some(answer) = receipts.next() => {
                    if session.put(Output::Pdu(answer)).is_err() {
                        break End::Stuck;
                    }
                },
                () = stop.cancelled(), if leaving.is_none() && ending.is_none() => {
                    leaving = Some(Instant::now() + to.settings.timeout);
                },
                () = &mut emptied, if leaving.is_some() && !goodbye && ending.is_none() && receipts.is_empty() => {
                    leaving = Some(Instant::now() + FAREWELL);
                    goodbye = true;
                    hand.ask(Out::Unbind);
                },
                () = sleep_until(due) => match (leaving, asked) {
                    (Some(_), _) => break ending.unwrap_or(End::Done),
                    // It is we who do not read: the silence is ours.
                    (None, _) if receipts.len() >= AT_ONCE => (heard, asked) = (Instant::now(), None),
                    (None, Some(_)) => break End::Silent,
                    (None, None) => {
                        asked = Some(Instant::now());
                        hand.ask(Out::EnquireLink);
                    }
                },
            }
        };
        session.window.close();
        end
    }
}

/// What a connection's end needs to answer what comes in.
struct Hand<'a> {
    session: &'a Session,
    to: &'a Checked,
    clock: &'a dyn Clock,
    book: Option<&'a ReceiptBook>,
}

impl<'a> Hand<'a> {
    /// Answers a PDU. A receipt is answered when it is written down, by what this gives back.
    fn take(&self, pdu: Pdu) -> Option<impl Future<Output = BytesMut> + use<'a>> {
        let Pdu { id, sequence, .. } = pdu;
        match (id, &pdu.body) {
            (CommandId::SubmitSmResp | CommandId::GenericNack, _) => {
                // Late, after its message was given up; or of one that never was.
                if !self.session.window.answered(pdu) {
                    self.count("unasked");
                }
            }
            (CommandId::EnquireLink, _) => self.answer(CommandStatus::EsmeRok, sequence, Out::EnquireLinkResp),
            (CommandId::DeliverSm | CommandId::DataSm, Body::Delivery(delivery)) => {
                match receipt::read(delivery, self.to.settings.receipt_ids) {
                    Reading::Receipt(told) => return Some(self.note(id, sequence, told)),
                    // Somebody has answered a code. What they wrote is nobody's business, and nothing is done with it.
                    Reading::NoReceipt => {
                        self.count("message");
                        self.answer(CommandStatus::EsmeRok, sequence, delivered(id));
                    }
                    Reading::Unreadable => self.refuse(id, sequence, "a receipt cannot be understood"),
                }
            }
            (CommandId::DeliverSm | CommandId::DataSm, _) => self.refuse(id, sequence, "a PDU cannot be read"),
            (CommandId::EnquireLinkResp | CommandId::UnbindResp, _) => {}
            // These two want no answer.
            (CommandId::AlertNotification | CommandId::Outbind, _) => self.count("unasked"),
            _ if pdu.asks() => {
                self.count("unasked");
                self.answer(CommandStatus::EsmeRinvcmdid, sequence, Out::GenericNack);
            }
            _ => self.count("unasked"),
        }
        None
    }

    /// Writes a receipt down, and says so to the provider; or asks for it later.
    fn note(&self, id: CommandId, sequence: u32, told: receipt::Told) -> impl Future<Output = BytesMut> + use<'a> {
        self.count("receipt");
        let (book, carrier) = (self.book, self.to.settings.name.clone());
        let receipt = Receipt {
            about: About::Provider { carrier: carrier.clone(), id: told.id },
            outcome: told.outcome,
            code: Some(told.code),
            at: self.clock.now(),
        };
        async move {
            let noted = match book {
                Some(book) => book.note(&receipt).await.map_err(|_| "the database does not take it"),
                None => Err("nobody writes receipts down"),
            };
            let status = match noted {
                Ok(Noted::Written | Noted::Known | Noted::Early) => CommandStatus::EsmeRok,
                Ok(Noted::Stranger | Noted::InHand) => CommandStatus::EsmeRxTAppn,
                Err(why) => {
                    tracing::warn!(carrier, why, "a receipt is asked for again later");
                    CommandStatus::EsmeRxTAppn
                }
            };
            octets(status, sequence, delivered(id))
        }
    }

    /// What cannot be read now cannot be read later: the provider need not send it again.
    fn refuse(&self, id: CommandId, sequence: u32, why: &'static str) {
        self.count("malformed");
        tracing::warn!(carrier = self.to.settings.name, why, "refused what the provider sent");
        self.answer(CommandStatus::EsmeRxRAppn, sequence, delivered(id));
    }

    fn ask(&self, pdu: Out) {
        self.answer(CommandStatus::EsmeRok, self.session.window.number(), pdu);
    }

    fn answer(&self, status: CommandStatus, sequence: u32, pdu: Out) {
        if self.session.put(Output::Pdu(octets(status, sequence, pdu))).is_err() {
            self.session.give_up(End::Stuck);
        }
    }

    fn last(&self, status: CommandStatus, sequence: u32, pdu: Out) {
        if self.session.put(Output::Last(octets(status, sequence, pdu))).is_err() {
            self.session.give_up(End::Stuck);
        }
    }

    fn count(&self, what: &'static str) {
        let carrier = self.to.settings.name.clone();
        metrics::counter!("aikagi_smpp_received_total", "carrier" => carrier, "what" => what).increment(1);
    }
}

/// The answer to a delivery of this kind, without an id (SMPP 3.4 §4.6.2).
fn delivered(id: CommandId) -> Out {
    if id == CommandId::DataSm { DataSmResp::default().into() } else { DeliverSmResp::default().into() }
}
