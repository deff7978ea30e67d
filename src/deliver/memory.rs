//! The memory carrier: keeps what was sent, for the demo's telephone and for tests, and can be told to fail in the known ways.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{Carrier, Channel, HandedOver, Letter, NotHandedOver};
use crate::model::Cause;

/// How it takes letters at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Mood {
    /// Tries yet to fail.
    failures: u32,
    /// Why every try is refused for good.
    refuses: Option<Cause>,
    hangs: bool,
}

/// Keeps every letter it takes, oldest first.
#[derive(Debug)]
pub struct MemoryCarrier {
    name: String,
    /// It gives each letter an id of its own, and is expected to tell of it.
    tells: bool,
    sent: Mutex<Vec<Letter>>,
    /// Goes up with each letter kept.
    count: watch::Sender<usize>,
    mood: watch::Sender<Mood>,
}

impl Default for MemoryCarrier {
    fn default() -> Self {
        let sent = Mutex::new(Vec::new());
        let (count, mood) = (watch::Sender::new(0), watch::Sender::new(Mood::default()));
        Self { name: "memory".to_owned(), tells: false, sent, count, mood }
    }
}

impl MemoryCarrier {
    /// An empty carrier in a good mood.
    pub fn new() -> Self {
        Self::default()
    }

    /// One of several.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// One of several that tells later what became of a letter: it calls the first one `NAME-1`.
    pub fn telling(name: &str) -> Self {
        Self { tells: true, ..Self::named(name) }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was sent, oldest first.
    pub fn sent(&self) -> Vec<Letter> {
        self.kept().clone()
    }

    /// The newest letter to this destination.
    pub fn newest_to(&self, to: &str) -> Option<Letter> {
        self.kept().iter().rev().find(|letter| letter.to == to).cloned()
    }

    /// Forgets everything sent so far.
    pub fn clear(&self) {
        self.kept().clear();
    }

    /// Goes up whenever a letter is kept; for pages and tests that wait.
    pub fn watch(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// Waits until a letter that fits has been sent (or was already) and gives the oldest such. Waits for ever: set a time limit outside.
    pub async fn wait_for(&self, fits: impl Fn(&Letter) -> bool) -> Letter {
        let mut count = self.watch();
        loop {
            count.borrow_and_update();
            if let Some(letter) = self.kept().iter().find(|letter| fits(letter)) {
                return letter.clone();
            }
            // The sender lives in `self`.
            let _ = count.changed().await;
        }
    }

    /// The next `n` tries fail temporarily.
    pub fn fail_temporarily(&self, n: u32) {
        self.mood.send_modify(|mood| mood.failures = n);
    }

    /// From now on every try is refused for good, or no longer.
    pub fn refuse(&self, refuses: bool) {
        self.mood.send_modify(|mood| mood.refuses = refuses.then_some(Cause::Unknown));
    }

    /// From now on every try is refused for good, for this cause.
    pub fn refuse_for(&self, cause: Cause) {
        self.mood.send_modify(|mood| mood.refuses = Some(cause));
    }

    /// From now on tries hang until [`release`](Self::release).
    pub fn hang(&self) {
        self.mood.send_modify(|mood| mood.hangs = true);
    }

    /// Lets hanging tries go on.
    pub fn release(&self) {
        self.mood.send_modify(|mood| mood.hangs = false);
    }
}

impl Carrier for MemoryCarrier {
    fn name(&self) -> &str {
        &self.name
    }

    fn tells_receipts(&self) -> bool {
        self.tells
    }

    fn carries(&self, channel: Channel) -> bool {
        channel != Channel::Webhook
    }

    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<HandedOver, NotHandedOver>> {
        Box::pin(async move {
            let _ = self.mood.subscribe().wait_for(|mood| !mood.hangs).await;
            let mut fails = false;
            self.mood.send_if_modified(|mood| {
                fails = mood.failures > 0;
                mood.failures = mood.failures.saturating_sub(1);
                fails
            });
            if fails {
                return Err(NotHandedOver::later(Cause::Provider, "told to fail"));
            }
            if let Some(cause) = self.mood.borrow().refuses {
                return Err(NotHandedOver::never(cause, "told to refuse").code("told"));
            }
            self.kept().push(letter.clone());
            self.count.send_modify(|count| *count += 1);
            let provider_id = self.tells.then(|| format!("{}-{}", self.name, *self.count.borrow()));
            Ok(HandedOver { provider_id })
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{super::carrier::letter, *};

    #[tokio::test]
    async fn it_keeps_letters_and_wakes_those_who_wait() {
        let carrier = MemoryCarrier::new();
        let sms = letter(Channel::Sms, "+819012345678", "12345678");
        let mut waiting = Box::pin(carrier.wait_for(|letter| letter.to == "+819012345678"));
        assert!((&mut waiting).now_or_never().is_none());
        assert!(carrier.hand_over(&letter(Channel::Sms, "+819000000000", "x")).await.is_ok());
        assert!((&mut waiting).now_or_never().is_none());
        assert!(carrier.hand_over(&sms).await.is_ok());
        assert_eq!(waiting.await, sms);
        assert_eq!(carrier.newest_to("+819012345678"), Some(sms));
        assert_eq!(carrier.sent().len(), 2);
        carrier.clear();
        assert!(carrier.sent().is_empty());
    }

    #[tokio::test]
    async fn it_fails_refuses_and_hangs_as_told() {
        let carrier = MemoryCarrier::new();
        let sms = letter(Channel::Sms, "+819012345678", "12345678");
        carrier.fail_temporarily(2);
        for _ in 0..2 {
            assert!(matches!(carrier.hand_over(&sms).await, Err(NotHandedOver { is_final: false, .. })));
        }
        assert!(carrier.hand_over(&sms).await.is_ok());
        carrier.refuse(true);
        assert!(matches!(carrier.hand_over(&sms).await, Err(NotHandedOver { is_final: true, .. })));
        carrier.refuse(false);
        carrier.hang();
        let mut hanging = carrier.hand_over(&sms);
        assert!((&mut hanging).now_or_never().is_none());
        carrier.release();
        assert!(hanging.await.is_ok());
        assert_eq!(carrier.sent().len(), 2);
    }
}
