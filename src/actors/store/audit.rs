//! The way into the audit trail.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::prelude::*;

use super::actor::Store;
use super::messages::Add;
use crate::domain::audit::Entry;

/// Entries that may wait for the store; what comes on top is dropped, counted and told.
const BEHIND: usize = 10_000;

/// Writes each entry into the log and into the database. Cheap to clone; never waits.
#[derive(Clone)]
pub struct AuditLog {
    store: Addr<Store>,
    backlog: Arc<Backlog>,
}

/// How far the store is behind.
#[derive(Debug, Default)]
pub struct Backlog {
    waiting: AtomicUsize,
    dropped: AtomicUsize,
}

impl AuditLog {
    pub fn new(store: Addr<Store>, backlog: Arc<Backlog>) -> AuditLog {
        AuditLog { store, backlog }
    }

    /// Says what was done or refused.
    pub fn record(&self, entry: Entry) {
        let entry = entry.bounded();
        tell(&entry);
        if self.backlog.enter() {
            self.store.do_send(Add(entry));
        }
    }
}

impl Backlog {
    /// False: too many wait.
    fn enter(&self) -> bool {
        let room = self.waiting.fetch_add(1, Ordering::Relaxed) < BEHIND;
        if !room {
            self.leave();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        room
    }

    pub(super) fn leave(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many were dropped since the last time.
    pub(super) fn take_dropped(&self) -> usize {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

fn tell(entry: &Entry) {
    let Entry { identity, act, subject, outcome, peer, detail, .. } = entry;
    if entry.is_refusal() {
        tracing::warn!(target: "audit", act, identity, subject, outcome, peer, detail, "refused");
    } else {
        tracing::info!(target: "audit", act, identity, subject, outcome, peer, detail, "done");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_may_wait_are_dropped_and_counted() {
        let backlog = Backlog::default();
        for _ in 0..BEHIND {
            assert!(backlog.enter());
        }
        assert!(!backlog.enter());
        assert!(!backlog.enter());
        assert_eq!(backlog.take_dropped(), 2);
        assert_eq!(backlog.take_dropped(), 0);
        backlog.leave();
        assert!(backlog.enter());
        assert!(!backlog.enter());
    }
}
