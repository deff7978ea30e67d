//! The hashing pool: threads of its own for Argon2, so that a flood of sign-ins neither stops the async workers nor fills the memory.
//!
//! Each thread owns one buffer and keeps it while there is work. The queue is bounded by waiting time: whoever would wait longer than the
//! budget is told at once when to come back. Setting a password after a proved code goes before everything else, in a lane of its own,
//! so that nobody is kept from getting back in by a flood at the front door.

use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{
    Dice, Keyring,
    kernel::{self, Memory},
    password::{Cost, Passwords},
};

/// A buffer that nobody needed for this long goes back to the system.
const IDLE: Duration = Duration::from_mins(1);

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

/// The two queues.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lane {
    /// After a proved code.
    Proved,
    /// Everybody else.
    Door,
}

enum Work {
    Hash(oneshot::Sender<String>),
    Verify(Vec<String>, oneshot::Sender<Option<usize>>),
}

struct Job {
    password: Zeroizing<String>,
    work: Work,
}

impl Job {
    /// Hashes that this job asks for.
    fn units(&self) -> usize {
        match &self.work {
            Work::Hash(_) => 1,
            Work::Verify(stored, _) => stored.len(),
        }
    }

    /// Whether nobody waits for the answer any more.
    fn is_forsaken(&self) -> bool {
        match &self.work {
            Work::Hash(reply) => reply.is_closed(),
            Work::Verify(_, reply) => reply.is_closed(),
        }
    }
}

#[derive(Default)]
struct Queues {
    proved: VecDeque<Job>,
    door: VecDeque<Job>,
    /// Time that one hash took lately.
    one: Duration,
    closed: bool,
}

impl Queues {
    /// The wait of a job that joins `lane` now. What runs already is left out: it is at most one job a thread.
    fn expected_wait(&self, lane: Lane, threads: usize) -> Duration {
        let units = |jobs: &VecDeque<Job>| jobs.iter().map(Job::units).sum::<usize>();
        let ahead = units(&self.proved) + if lane == Lane::Door { units(&self.door) } else { 0 };
        let rounds = u32::try_from(ahead.div_ceil(threads)).unwrap_or(u32::MAX);
        self.one.saturating_mul(rounds)
    }
}

struct Shared {
    queues: Mutex<Queues>,
    wake: Condvar,
    done: AtomicU64,
    passwords: Passwords,
    dice: Arc<dyn Dice>,
    settings: PoolSettings,
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        // A panic while holding the lock leaves whole queues behind: pushing and popping do not stop half-way.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The pool's lane for those who have proved a code: served first, and full only by their own number.
#[derive(Debug, Clone, Copy)]
pub struct Proved<'a>(&'a HashingPool);

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
        let queues = Mutex::new(Queues { one: settings.cost.expected_time(), ..Queues::default() });

        let (wake, done) = (Condvar::new(), AtomicU64::new(0));
        let shared = Arc::new(Shared { queues, wake, done, passwords, dice, settings });
        let mut pool = Self { shared, threads: Vec::new(), dummy };
        for number in 0..settings.threads {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("hashing-{number}"));
            pool.threads.push(thread.spawn(move || serve(&shared))?);
        }
        Ok(pool)
    }

    /// The text to store for a new password.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String, Busy> {
        self.hash_in(Lane::Door, password).await
    }

    /// Whether `password` is the one of `stored`.
    pub async fn verify(&self, password: Zeroizing<String>, stored: &str) -> Result<bool, Busy> {
        let found = self.verify_in(Lane::Door, password, vec![stored.to_owned()]).await?;
        Ok(found.is_some())
    }

    /// The first of `stored` whose password this is. Every one is evaluated, whichever matches, so that the work tells nothing: callers
    /// who must not tell how many there are fill up with [`dummy`](Self::dummy).
    pub async fn verify_any(&self, password: Zeroizing<String>, stored: Vec<String>) -> Result<Option<usize>, Busy> {
        self.verify_in(Lane::Door, password, stored).await
    }

    /// The lane of those who have proved a code.
    pub fn proved(&self) -> Proved<'_> {
        Proved(self)
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

    /// Hashes asked for and not begun, in both lanes.
    pub fn waiting(&self) -> usize {
        let queues = self.shared.queues();
        queues.proved.iter().chain(&queues.door).map(Job::units).sum()
    }

    async fn hash_in(&self, lane: Lane, password: Zeroizing<String>) -> Result<String, Busy> {
        let (reply, answer) = oneshot::channel();
        self.push(lane, Job { password, work: Work::Hash(reply) })?;
        answer.await.map_err(|_| STOPPED)
    }

    async fn verify_in(
        &self,
        lane: Lane,
        password: Zeroizing<String>,
        stored: Vec<String>,
    ) -> Result<Option<usize>, Busy> {
        let (reply, answer) = oneshot::channel();
        self.push(lane, Job { password, work: Work::Verify(stored, reply) })?;
        answer.await.map_err(|_| STOPPED)
    }

    fn push(&self, lane: Lane, job: Job) -> Result<(), Busy> {
        let mut queues = self.shared.queues();
        let settings = &self.shared.settings;
        let wait = queues.expected_wait(lane, settings.threads);
        if wait > settings.wait {
            let retry_after_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(Busy { retry_after_seconds });
        }
        match lane {
            Lane::Proved => queues.proved.push_back(job),
            Lane::Door => queues.door.push_back(job),
        }
        drop(queues);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Proved<'_> {
    /// [`HashingPool::hash`], served first.
    pub async fn hash(self, password: Zeroizing<String>) -> Result<String, Busy> {
        self.0.hash_in(Lane::Proved, password).await
    }

    /// [`HashingPool::verify_any`], served first.
    pub async fn verify_any(self, password: Zeroizing<String>, stored: Vec<String>) -> Result<Option<usize>, Busy> {
        self.0.verify_in(Lane::Proved, password, stored).await
    }
}

/// The pool stops, or a hash broke: the person may try again at once, perhaps at another node.
const STOPPED: Busy = Busy { retry_after_seconds: 1 };

impl Drop for HashingPool {
    fn drop(&mut self) {
        let mut queues = self.shared.queues();
        queues.closed = true;
        let forsaken = (std::mem::take(&mut queues.proved), std::mem::take(&mut queues.door));
        drop(queues);
        drop(forsaken);
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // it catches its own panics; nothing to learn here
        }
    }
}

/// The life of one thread.
fn serve(shared: &Shared) {
    let mut memory = Memory::default();
    while let Some(job) = next(shared, &mut memory) {
        if job.is_forsaken() {
            continue;
        }
        let units = u32::try_from(job.units()).unwrap_or(u32::MAX);
        let start = Instant::now();
        // A panic must not take the thread with it: its caller is told to come back.
        if catch_unwind(AssertUnwindSafe(|| work(shared, &mut memory, job))).is_err() {
            tracing::error!("hashing a password broke");
        }
        if units > 0 {
            let mut queues = shared.queues();
            // A moving average that forgets with each hash one eighth of what came before.
            queues.one = (queues.one * 7 + start.elapsed() / units) / 8;
        }
    }
}

/// The next job, the proved lane first; none when the pool is closed. Gives the buffer back while it waits long.
fn next(shared: &Shared, memory: &mut Memory) -> Option<Job> {
    let mut queues = shared.queues();
    loop {
        if queues.closed {
            return None;
        }
        if let Some(job) = queues.proved.pop_front() {
            return Some(job);
        }
        if let Some(job) = queues.door.pop_front() {
            return Some(job);
        }
        if memory.is_held() {
            let (waited, timeout) = shared.wake.wait_timeout(queues, IDLE).unwrap_or_else(PoisonError::into_inner);
            queues = waited;
            if timeout.timed_out() {
                memory.give_back();
            }
        } else {
            queues = shared.wake.wait(queues).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, memory: &mut Memory, job: Job) {
    let passwords = &shared.passwords;
    let count = || shared.done.fetch_add(1, Ordering::SeqCst);
    // An answer that nobody takes is no fault.
    match job.work {
        Work::Hash(reply) => {
            let stored = passwords.hash(memory, shared.dice.as_ref(), &job.password);
            count();
            let _ = reply.send(stored);
        }
        Work::Verify(all, reply) => {
            let mut found = None;
            for (at, stored) in all.iter().enumerate() {
                let matches = passwords.verify(memory, &job.password, stored);
                count();
                found = found.or(matches.then_some(at));
            }
            let _ = reply.send(found);
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
    async fn a_full_queue_says_when_to_come_back_and_the_proved_lane_is_still_open() {
        let pool = pool(1, Duration::ZERO, Cost { memory_kib: 65_536, passes: 4, lanes: 1 });
        let first = block(&pool).await;
        let queued = pool.hash(text("second"));
        tokio::pin!(queued);
        assert!((&mut queued).now_or_never().is_none());
        let Err(Busy { retry_after_seconds }) = pool.verify(text("third"), pool.dummy()).await else {
            panic!("the queue holds more than its budget")
        };
        assert!((1..60).contains(&retry_after_seconds));
        let proved = pool.proved().hash(text("fourth"));
        tokio::pin!(proved);
        assert!((&mut proved).now_or_never().is_none());
        let next = futures_util::future::select(proved, queued).await;
        assert!(matches!(next, futures_util::future::Either::Left((Ok(_), _))));
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

        let (reply, answer) = oneshot::channel();
        {
            let mut queues = pool.shared.queues();
            queues.closed = true; // the thread takes no more
            queues.door.push_back(Job { password: text("late"), work: Work::Hash(reply) });
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
