//! Programs that wait on this node for something to do. Each has one place, which a newer question of the same program takes over; a bell rings for those
//! whom a look at the database names, once a second for all of them together, or somebody here who has just asked for something.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::model::id::AgentId;

/// How many wait on one node at most: whoever comes later is answered at once and comes again in a while.
const PLACES: usize = 10_000;

/// Those who wait here.
#[derive(Debug, Default)]
pub struct Bell {
    here: Mutex<HashMap<AgentId, (u64, Arc<Notify>)>>,
    tickets: AtomicU64,
    closed: AtomicBool,
}

/// A place among them, free again when it is dropped.
pub(super) struct Place<'a> {
    bell: &'a Bell,
    agent: AgentId,
    ticket: u64,
    rung: Arc<Notify>,
}

impl Bell {
    fn here(&self) -> MutexGuard<'_, HashMap<AgentId, (u64, Arc<Notify>)>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None where all places are taken, or this node ends.
    pub(super) fn wait(&self, agent: &AgentId) -> Option<Place<'_>> {
        let mut here = self.here();
        if self.closed.load(Ordering::Relaxed) || (here.len() >= PLACES && !here.contains_key(agent)) {
            return None;
        }
        let (ticket, rung) = (self.tickets.fetch_add(1, Ordering::Relaxed), Arc::<Notify>::default());
        if let Some((_, before)) = here.insert(agent.clone(), (ticket, rung.clone())) {
            before.notify_one();
        }
        Some(Place { bell: self, agent: agent.clone(), ticket, rung })
    }

    /// Rings for one of them, if it is here.
    pub fn ring(&self, agent: &AgentId) {
        if let Some((_, rung)) = self.here().get(agent) {
            rung.notify_one();
        }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.here().is_empty()
    }

    /// This node ends: all are answered now.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.here().values().for_each(|(_, rung)| rung.notify_one());
    }
}

impl Place<'_> {
    /// Until the bell rings.
    pub(super) async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Whether there is nothing more to wait for here.
    pub(super) fn is_over(&self) -> bool {
        let newer = self.bell.here().get(&self.agent).is_none_or(|(ticket, _)| *ticket != self.ticket);
        newer || self.bell.closed.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut here = self.bell.here();
        if here.get(&self.agent).is_some_and(|(ticket, _)| *ticket == self.ticket) {
            here.remove(&self.agent);
        }
    }
}
