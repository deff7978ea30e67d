//! The hashing pool: threads of its own for Argon2, so that a flood of sign-ins neither stops the async workers nor fills the memory.
//!
//! Each thread owns its memory and keeps it while there is work. Its priority is lower than that of the threads that answer pages. The queue
//! is bounded by waiting time: whoever would wait longer than the budget is told at once when to come back. Setting a password after a
//! proved code goes before everything else, and signing in on a known device before the rest, each in a lane of its own, so that nobody
//! is kept out by a flood at the front door.

mod queues;
mod threads;

use std::{
    io,
    num::NonZeroUsize,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use self::queues::{Lane, Queues};
use self::threads::{Job, Shared, Waiting, Work};
use super::{
    Dice, Keyring, kernel,
    password::{Cost, Passwords},
};

/// Too many are waiting; the request was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked; again in {retry_after_seconds} s")]
pub struct Busy {
    /// Whole seconds, at least 1, for `Retry-After`.
    pub retry_after_seconds: u64,
}

/// How a pool works.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// Threads; one a core by default.
    pub threads: usize,
    /// The longest expected wait that is still queued for.
    pub wait: Duration,
    /// What new hashes cost.
    pub cost: Cost,
}

impl Default for PoolSettings {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { threads, wait: Duration::from_secs(10), cost: Cost::default() }
    }
}

/// Hashes and compares passwords off the async threads. Dropping it lets the running hashes end and answers the waiting ones `Busy`.
pub struct HashingPool {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
    dummy: String,
}

impl std::fmt::Debug for HashingPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HashingPool").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}

/// One of the pool's lanes: served after those before it, and full only by its own number and theirs.
#[derive(Debug, Clone, Copy)]
pub struct InLane<'a>(&'a HashingPool, Lane);

impl HashingPool {
    /// Starts the threads. Nothing dear is hashed yet, so that a start stays short. Fails when the cost is not possible, the system gives
    /// no thread, or this processor hashes wrongly.
    pub fn start(settings: PoolSettings, keyring: Arc<Keyring>, dice: Arc<dyn Dice>) -> io::Result<Self> {
        let passwords = Passwords::new(keyring, settings.cost)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a password hash cannot cost this"))?;
        if !kernel::is_right() {
            return Err(io::Error::other(
                "Argon2 gives a wrong hash on this processor; no password may be set or checked with it",
            ));
        }
        let settings = PoolSettings { threads: settings.threads.max(1), ..settings };
        let dummy = passwords.dummy(dice.as_ref());
        let queues = Queues::new(settings.cost.expected_time());
        let waiting = Mutex::new(Waiting { queues, closed: false });

        let (wake, done) = (Condvar::new(), AtomicU64::new(0));
        let shared = Arc::new(Shared { waiting, wake, done, passwords, dice, settings });
        let mut pool = Self { shared, threads: Vec::new(), dummy };
        for number in 0..settings.threads {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("hashing-{number}"));
            pool.threads.push(thread.spawn(move || threads::serve(&shared))?);
        }
        Ok(pool)
    }

    /// The text to store for a new password.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String, Busy> {
        self.door().hash(password).await
    }

    /// Whether `password` is the one of `stored`.
    pub async fn verify(&self, password: Zeroizing<String>, stored: &str) -> Result<bool, Busy> {
        self.door().verify(password, stored).await
    }

    /// See [`InLane::verify_any`].
    pub async fn verify_any(&self, password: Zeroizing<String>, stored: Vec<String>) -> Result<Option<usize>, Busy> {
        self.door().verify_any(password, stored).await
    }

    /// The lane of those who have proved a code.
    pub fn proved(&self) -> InLane<'_> {
        InLane(self, Lane::Proved)
    }

    /// The lane of those who sign in on a device that the account knows. Strangers have none, so that it tells them nothing.
    pub fn known(&self) -> InLane<'_> {
        InLane(self, Lane::Known)
    }

    /// The lane of everybody else.
    pub fn door(&self) -> InLane<'_> {
        InLane(self, Lane::Door)
    }

    /// The lane of what nobody stands waiting for, such as the secrets of a whole workplace.
    pub fn unhurried(&self) -> InLane<'_> {
        InLane(self, Lane::Unhurried)
    }

    /// A stored hash that no password matches, with the present cost: what an unknown account is checked against.
    pub fn dummy(&self) -> &str {
        &self.dummy
    }

    /// See [`Passwords::needs_rehash`].
    pub fn needs_rehash(&self, stored: &str) -> bool {
        self.shared.passwords.needs_rehash(stored)
    }

    /// Hashes done since the start; tests assert with it that two ways do equal work.
    pub fn done(&self) -> u64 {
        self.shared.done.load(Ordering::SeqCst)
    }

    /// Hashes asked for and not begun, in all lanes.
    pub fn waiting(&self) -> usize {
        self.shared.waiting().queues.units()
    }

    /// Whether somebody who comes to the lane now is served in time.
    fn has_room(&self, waiting: &Waiting, lane: Lane) -> Result<(), Busy> {
        let settings = &self.shared.settings;
        let wait = waiting.queues.expected_wait(lane, settings.threads);
        let retry_after_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        if wait > settings.wait { Err(Busy { retry_after_seconds }) } else { Ok(()) }
    }

    fn push(&self, lane: Lane, job: Job) -> Result<(), Busy> {
        let mut waiting = self.shared.waiting();
        self.has_room(&waiting, lane)?;
        waiting.queues.push(lane, job);
        drop(waiting);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl InLane<'_> {
    /// The text to store for a new password.
    pub async fn hash(self, password: Zeroizing<String>) -> Result<String, Busy> {
        let Self(pool, lane) = self;
        let (reply, answer) = oneshot::channel();
        pool.push(lane, Job { password, work: Work::Hash(reply) })?;
        answer.await.map_err(|_| STOPPED)
    }

    /// Whether `password` is the one of `stored`.
    pub async fn verify(self, password: Zeroizing<String>, stored: &str) -> Result<bool, Busy> {
        Ok(self.verify_any(password, vec![stored.to_owned()]).await?.is_some())
    }

    /// The first of `stored` whose password this is. Every one is evaluated, whichever matches, so that the work tells nothing: callers
    /// who must not tell how many there are fill up with [`dummy`](HashingPool::dummy).
    pub async fn verify_any(self, password: Zeroizing<String>, stored: Vec<String>) -> Result<Option<usize>, Busy> {
        let Self(pool, lane) = self;
        let (reply, answer) = oneshot::channel();
        pool.push(lane, Job { password, work: Work::Verify(stored, reply) })?;
        answer.await.map_err(|_| STOPPED)
    }
}

/// A place in a lane for one hash: taken before anything is counted for the one who will use it, so that whoever is turned
/// away because too many wait has lost nothing by it. Dropped, it is free again.
#[derive(Debug)]
pub struct Place<'a> {
    pool: &'a HashingPool,
    lane: Lane,
}

impl<'a> InLane<'a> {
    /// Takes a place, if whoever comes now is served in time.
    pub fn place(self) -> Result<Place<'a>, Busy> {
        let Self(pool, lane) = self;
        let mut waiting = pool.shared.waiting();
        pool.has_room(&waiting, lane)?;
        waiting.queues.keep_place(lane);
        Ok(Place { pool, lane })
    }
}

impl Place<'_> {
    /// Whether `password` is the one of `stored`. `Busy` only where the pool stops.
    pub async fn verify(self, password: Zeroizing<String>, stored: &str) -> Result<bool, Busy> {
        let (reply, answer) = oneshot::channel();
        let job = Job { password, work: Work::Verify(vec![stored.to_owned()], reply) };
        self.pool.shared.waiting().queues.push(self.lane, job);
        self.pool.shared.wake.notify_one();
        drop(self);
        Ok(answer.await.map_err(|_| STOPPED)?.is_some())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.pool.shared.waiting().queues.free_place(self.lane);
    }
}

/// The pool stops, or a hash broke: the person may try again at once, perhaps at another node.
const STOPPED: Busy = Busy { retry_after_seconds: 1 };

impl Drop for HashingPool {
    fn drop(&mut self) {
        let mut waiting = self.shared.waiting();
        waiting.closed = true;
        let forsaken = waiting.queues.clear();
        drop(waiting);
        drop(forsaken);
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // it catches its own panics; nothing to learn here
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::vault::{MasterKeys, SeededDice};

    const QUICK: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };

    fn pool(threads: usize, wait: Duration, cost: Cost) -> Arc<HashingPool> {
        let dice = SeededDice::new(8);
        let keyring = Arc::new(Keyring::new(&MasterKeys::generate(&dice)));
        let settings = PoolSettings { threads, wait, cost };
        Arc::new(HashingPool::start(settings, keyring, Arc::new(dice)).expect("threads"))
    }

    fn text(password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    #[tokio::test]
    async fn a_hundred_at_once_on_two_threads_all_end_and_are_counted() {
        let pool = pool(2, Duration::from_secs(10), QUICK);
        let all = (0..100).map(|i| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                let password = text(&format!("password {i}"));
                let stored = pool.hash(password.clone()).await?;
                pool.verify(password, &stored).await
            })
        });
        for one in futures_util::future::join_all(all).await {
            assert_eq!(one.expect("no panic"), Ok(true));
        }
        assert_eq!(pool.done(), 200);
        assert_eq!(pool.waiting(), 0);
    }

    #[tokio::test]
    async fn a_place_is_kept_until_it_is_used_or_given_up() {
        let pool = pool(1, Duration::ZERO, QUICK);
        let place = pool.door().place().expect("nobody waits");
        assert!(pool.door().place().is_err(), "one is ahead");
        assert!(pool.known().place().is_ok(), "not of those before");
        drop(place);
        let place = pool.door().place().expect("free again");
        assert_eq!(place.verify(text("wrong"), pool.dummy()).await, Ok(false));
        assert!(pool.door().place().is_ok());
    }

    #[tokio::test]
    async fn every_candidate_costs_one_hash_wherever_the_match_is() {
        let pool = pool(1, Duration::from_secs(10), QUICK);
        let right = pool.hash(text("right")).await.expect("room");
        let dummy = || pool.dummy().to_owned();
        for (all, found) in [
            (vec![right.clone(), dummy(), dummy()], Some(0)),
            (vec![dummy(), dummy(), right.clone()], Some(2)),
            (vec![dummy(), dummy(), dummy()], None),
            (vec![dummy(), String::new(), dummy()], None),
        ] {
            let before = pool.done();
            assert_eq!(pool.verify_any(text("right"), all).await, Ok(found));
            assert_eq!(pool.done() - before, 3);
        }
        assert!(!pool.needs_rehash(&right));
    }

    /// Keeps the only thread busy; returns once the thread has begun.
    async fn block(pool: &HashingPool) -> impl Future<Output = Result<String, Busy>> {
        let mut first = Box::pin(pool.hash(text("first")));
        assert!((&mut first).now_or_never().is_none());
        while pool.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        first
    }

    #[tokio::test]
    async fn a_full_queue_says_when_to_come_back_and_the_lanes_before_it_are_still_open() {
        let pool = pool(1, Duration::ZERO, Cost { memory_kib: 65_536, passes: 4, lanes: 1 });
        let first = block(&pool).await;
        let queued = pool.hash(text("second"));
        tokio::pin!(queued);
        assert!((&mut queued).now_or_never().is_none());
        let Err(Busy { retry_after_seconds }) = pool.verify(text("third"), pool.dummy()).await else {
            panic!("the queue holds more than its budget")
        };
        assert!((1..60).contains(&retry_after_seconds));
        let known = pool.known().verify(text("fourth"), pool.dummy());
        tokio::pin!(known);
        assert!((&mut known).now_or_never().is_none());
        assert!(pool.known().verify(text("fifth"), pool.dummy()).await.is_err(), "that lane is full by itself now");
        let proved = pool.proved().hash(text("sixth"));
        tokio::pin!(proved);
        assert!((&mut proved).now_or_never().is_none());

        // In which order they end. What ended is read off the others: none of those behind it is there.
        assert!(proved.await.is_ok());
        assert!((&mut known).now_or_never().is_none());
        assert_eq!(known.await, Ok(false));
        assert!((&mut queued).now_or_never().is_none());
        assert!(queued.await.is_ok());
        assert!(first.await.is_ok());
    }

    #[tokio::test]
    async fn who_went_away_costs_nothing_and_a_stopped_pool_answers_all() {
        let pool = pool(1, Duration::from_mins(1), Cost { memory_kib: 65_536, ..QUICK });
        let first = block(&pool).await;
        {
            let gone = pool.hash(text("gone"));
            tokio::pin!(gone);
            assert!((&mut gone).now_or_never().is_none());
        }
        assert!(pool.hash(text("here")).await.is_ok());
        assert!(first.await.is_ok());
        assert_eq!(pool.done(), 2);
        {
            let many = pool.verify_any(text("gone"), vec![pool.dummy().to_owned(); 1_000]);
            tokio::pin!(many);
            assert!((&mut many).now_or_never().is_none());
            while pool.waiting() > 0 {
                tokio::task::yield_now().await;
            }
        }
        assert!(pool.hash(text("here")).await.is_ok(), "what was begun for nobody ends early");
        assert!(pool.done() < 100);

        let (reply, answer) = oneshot::channel();
        {
            let mut waiting = pool.shared.waiting();
            waiting.closed = true; // the thread takes no more
            waiting.queues.push(Lane::Door, Job { password: text("late"), work: Work::Hash(reply) });
        }
        drop(pool);
        assert!(answer.await.is_err());
    }

    #[test]
    fn impossible_costs_do_not_start_and_debug_shows_no_hash() {
        let dice = SeededDice::new(8);
        let keyring = Arc::new(Keyring::new(&MasterKeys::generate(&dice)));
        let settings = PoolSettings { cost: Cost { passes: 0, ..QUICK }, ..Default::default() };
        assert!(HashingPool::start(settings, keyring, Arc::new(dice)).is_err());
        let pool = pool(1, Duration::ZERO, QUICK);
        assert!(!format!("{pool:?}").contains(pool.dummy()));
    }
}
