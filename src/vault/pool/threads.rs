//! The threads of the pool: each takes the next job, hashes in memory of its own, answers, and gives the memory back when it idles.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::{
    PoolSettings,
    queues::{Queues, Weighed},
};
use crate::vault::{Dice, kernel::Memory, password::Passwords};

/// Memory that nobody needed for this long goes back to the system.
const IDLE: Duration = Duration::from_mins(1);

/// How much nicer than the rest of the program the threads are. A page that is to be answered gets nearly all of a core that hashing wants,
/// too: with both of two cores hashing, work of 40 µs was held up for 4 ms at worst with 0, and for 0.1 ms with 10. With other programs
/// on the machine, hashing still gets a tenth of what one of them does.
const NICER: i32 = 10;

pub(super) enum Work {
    Hash(oneshot::Sender<String>),
    Verify(Vec<String>, oneshot::Sender<Option<usize>>),
}

pub(super) struct Job {
    pub password: Zeroizing<String>,
    pub work: Work,
}

impl Weighed for Job {
    fn units(&self) -> usize {
        match &self.work {
            Work::Hash(_) => 1,
            Work::Verify(stored, _) => stored.len(),
        }
    }
}

impl Job {
    /// Whether nobody waits for the answer any more.
    fn is_forsaken(&self) -> bool {
        match &self.work {
            Work::Hash(reply) => reply.is_closed(),
            Work::Verify(_, reply) => reply.is_closed(),
        }
    }
}

pub(super) struct Waiting {
    pub queues: Queues<Job>,
    pub closed: bool,
}

pub(super) struct Shared {
    pub waiting: Mutex<Waiting>,
    pub wake: Condvar,
    pub done: AtomicU64,
    pub passwords: Passwords,
    pub dice: Arc<dyn Dice>,
    pub settings: PoolSettings,
}

impl Shared {
    pub fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // A panic while holding the lock leaves whole queues behind: pushing and popping do not stop half-way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The life of one thread.
pub(super) fn serve(shared: &Shared) {
    step_back();
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
            shared.waiting().queues.took(start.elapsed() / units);
        }
    }
}

/// Lowers the priority of this thread alone: Linux counts niceness by thread.
#[cfg(target_os = "linux")]
fn step_back() {
    if let Err(error) = rustix::process::nice(NICER) {
        tracing::warn!(%error, "hashing threads keep the priority of the others");
    }
}

/// Elsewhere niceness is the whole program's, and stays.
#[cfg(not(target_os = "linux"))]
fn step_back() {
    let _ = NICER;
}

/// The next job; none when the pool is closed. Gives the memory back while it waits long.
fn next(shared: &Shared, memory: &mut Memory) -> Option<Job> {
    let mut waiting = shared.waiting();
    loop {
        if waiting.closed {
            return None;
        }
        if let Some(job) = waiting.queues.pop() {
            return Some(job);
        }
        if memory.is_held() {
            let (waited, timeout) = shared.wake.wait_timeout(waiting, IDLE).unwrap_or_else(PoisonError::into_inner);
            waiting = waited;
            if timeout.timed_out() {
                memory.give_back();
            }
        } else {
            waiting = shared.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
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
                if reply.is_closed() {
                    return; // whoever asked went away
                }
                let matches = passwords.verify(memory, &job.password, stored);
                count();
                found = found.or(matches.then_some(at));
            }
            let _ = reply.send(found);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::vault::{HashingPool, Keyring, MasterKeys, SeededDice, password::Cost};

    #[tokio::test]
    async fn hashing_threads_are_nicer_than_the_others() {
        // Field 19 of the thread's `stat`; the name before it stands in brackets and may hold spaces.
        fn niceness(stat: &str) -> i32 {
            let after_name = stat.rsplit_once(") ").expect("a name in brackets").1;
            after_name.split(' ').nth(16).and_then(|field| field.parse().ok()).expect("a number")
        }
        let read = |path: String| std::fs::read_to_string(path).expect("Linux tells");
        let dice = SeededDice::new(8);
        let keyring = Arc::new(Keyring::new(&MasterKeys::generate(&dice)));
        let cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        let settings = PoolSettings { threads: 2, cost, ..PoolSettings::default() };
        let pool = HashingPool::start(settings, keyring, Arc::new(dice)).expect("threads");
        pool.hash(Zeroizing::new("so that they run".to_owned())).await.expect("room");
        let own = niceness(&read("/proc/thread-self/stat".to_owned()));
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let stats = std::fs::read_dir("/proc/self/task").expect("Linux lists threads");
            let stats = stats.flatten().filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
            let (hashing, others): (Vec<_>, Vec<_>) = stats.partition(|stat| stat.contains("(hashing-"));
            // The second thread may still be on its way.
            let there = hashing.iter().filter(|stat| niceness(stat) == (own + NICER).min(19)).count();
            if there == 2 {
                assert!(others.iter().all(|stat| niceness(stat) == own), "the others must stay");
                return;
            }
            assert!(Instant::now() < deadline, "{hashing:?}");
            tokio::task::yield_now().await;
        }
    }
}
