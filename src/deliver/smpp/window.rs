//! The requests of one connection that wait for their answers: each has a number, and only so many messages are on their way at once.
//!
//! When the connection ends all of them hear of it. Whether the provider took such a message nobody can know.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::pdu::Pdu;

/// The highest number (SMPP 3.4 §5.1.4).
const HIGHEST: u32 = 0x7FFF_FFFF;

/// The connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Window {
    size: u32,
    slots: Arc<Semaphore>,
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    last: u32,
    waiting: HashMap<u32, oneshot::Sender<Pdu>>,
    closed: bool,
}

/// A request that waits; forgotten when dropped, and its place is free again.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) sequence: u32,
    answer: oneshot::Receiver<Pdu>,
    open: Arc<Mutex<Open>>,
    _slot: OwnedSemaphorePermit,
}

impl Window {
    pub(super) fn new(size: u32) -> Self {
        let slots = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1).max(1)));
        Self { size: size.max(1), slots, open: Arc::default() }
    }

    /// A place for one more message, as soon as there is one.
    pub(super) async fn slot(&self) -> Result<OwnedSemaphorePermit, Gone> {
        Arc::clone(&self.slots).acquire_owned().await.map_err(|_| Gone)
    }

    /// Ends when no message waits any more; none begins meanwhile.
    pub(super) async fn emptied(&self) {
        if let Ok(all) = Arc::clone(&self.slots).acquire_many_owned(self.size).await {
            all.forget();
        }
    }

    /// A number for a request.
    pub(super) fn number(&self) -> u32 {
        self.lock().number()
    }

    /// A message begins to wait.
    pub(super) fn begin(&self, slot: OwnedSemaphorePermit) -> Result<Pending, Gone> {
        let mut open = self.lock();
        if open.closed {
            return Err(Gone);
        }
        let sequence = open.number();
        let (answered, answer) = oneshot::channel();
        open.waiting.insert(sequence, answered);
        Ok(Pending { sequence, answer, open: Arc::clone(&self.open), _slot: slot })
    }

    /// Gives an answer to who waits for it; false where nobody does.
    pub(super) fn answered(&self, answer: Pdu) -> bool {
        let waiting = self.lock().waiting.remove(&answer.sequence);
        waiting.is_some_and(|waiting| waiting.send(answer).is_ok())
    }

    /// All hear that the connection has ended.
    pub(super) fn close(&self) {
        self.slots.close();
        let mut open = self.lock();
        open.closed = true;
        open.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn number(&mut self) -> u32 {
        loop {
            self.last = if self.last >= HIGHEST { 1 } else { self.last + 1 };
            if !self.waiting.contains_key(&self.last) {
                return self.last;
            }
        }
    }
}

impl Pending {
    /// The answer, or that none will come.
    pub(super) async fn answer(mut self) -> Result<Pdu, Gone> {
        (&mut self.answer).await.map_err(|_| Gone)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&self.sequence);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusmpp::{CommandId, CommandStatus};
    use tokio::time::timeout;

    use super::super::pdu::Body;
    use super::*;

    fn answer(sequence: u32) -> Pdu {
        Pdu { id: CommandId::SubmitSmResp, status: CommandStatus::EsmeRok, sequence, body: Body::Submitted(None) }
    }

    async fn begun(window: &Window) -> Pending {
        window.begin(window.slot().await.expect("a place")).expect("open")
    }

    #[tokio::test(start_paused = true)]
    async fn answers_find_their_messages_in_any_order() {
        let window = Window::new(2);
        let (one, two) = (begun(&window).await, begun(&window).await);
        assert!(timeout(Duration::from_secs(1), window.slot()).await.is_err(), "two are on their way");
        let (first, second) = (one.sequence, two.sequence);
        assert!(window.answered(answer(second)) && window.answered(answer(first)));
        assert_eq!(two.answer().await.map(|pdu| pdu.sequence), Ok(second));
        assert_eq!(one.answer().await.map(|pdu| pdu.sequence), Ok(first));
        assert!(!window.answered(answer(first)), "a second answer finds nobody");
        assert!(window.slot().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_leaves_their_place_and_nothing_else() {
        let window = Window::new(1);
        let given_up = begun(&window).await;
        let late = given_up.sequence;
        drop(given_up);
        let next = begun(&window).await;
        assert_ne!(next.sequence, late);
        assert!(!window.answered(answer(late)), "a late answer is nobody's");
        assert!(timeout(Duration::from_secs(1), next.answer()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_told_to_all() {
        let window = Arc::new(Window::new(1));
        let waiting = begun(&window).await;
        let queued = tokio::spawn({
            let window = Arc::clone(&window);
            async move { window.slot().await.map(drop) }
        });
        tokio::task::yield_now().await;
        window.close();
        assert_eq!(waiting.answer().await, Err(Gone));
        assert_eq!(queued.await.expect("no panic"), Err(Gone));
        assert_eq!(window.slot().await.map(drop), Err(Gone));
    }

    #[tokio::test(start_paused = true)]
    async fn emptied_waits_for_the_last_answer() {
        let window = Window::new(3);
        let last = begun(&window).await;
        let mut emptied = std::pin::pin!(window.emptied());
        assert!(timeout(Duration::from_secs(1), &mut emptied).await.is_err());
        drop(last);
        assert!(timeout(Duration::from_secs(1), &mut emptied).await.is_ok());
    }

    #[test]
    fn numbers_begin_again_and_pass_over_those_in_use() {
        let mut open = Open { last: HIGHEST - 1, ..Open::default() };
        open.waiting.insert(1, oneshot::channel().0);
        assert_eq!([open.number(), open.number()], [HIGHEST, 2]);
    }
}
