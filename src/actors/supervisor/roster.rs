//! What is known of every child: one row per name, and the last events of all.
//!
//! Plain data, behind the lock in [`super::Reports`]. Invariants: at most [`LIVES_KEPT`]
//! events and [`ENDED_KEPT`] rows of children that are no more; the rows of living children
//! are as many as those are.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    busy::{Busy, BusyFigures},
    orders::Orders,
    panics::Panic,
};
use crate::domain::restart::Restart;

/// Events kept.
pub(super) const LIVES_KEPT: usize = 256;
/// Rows kept of children that stopped or were given up; the longest ended goes first.
pub(super) const ENDED_KEPT: usize = 256;

/// Something that happened in a child's life.
#[derive(Debug, Clone)]
pub struct Life {
    /// Counts the events of all children from 1, without gaps.
    pub seq: u64,
    pub name: Arc<str>,
    pub at: DateTime<Utc>,
    pub what: LifeEvent,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifeEvent {
    /// Survived the first turn after a start or restart.
    Started,
    Crashed(Panic),
    /// Will be restarted `after` this long.
    Restarting {
        after: Duration,
    },
    /// Was ordered to stop, and is about it.
    Stopping,
    /// Gone for good, as it should.
    Stopped(StopCause),
    /// Gone for good, after this many restarts.
    GaveUp {
        restarts: u32,
    },
}

/// Why a child stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// Its work was done, or nobody held its address.
    Done,
    Ordered,
    /// Ordered, and dropped when its stop deadline had passed.
    Overran,
    /// Its arbiter ended under it.
    Abandoned,
}

/// Where a child is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildState {
    Starting,
    Running,
    BackingOff,
    Stopping,
    Stopped,
    GaveUp,
}

impl ChildState {
    /// Stopped or given up: nothing more comes of it.
    pub fn is_ended(self) -> bool {
        matches!(self, ChildState::Stopped | ChildState::GaveUp)
    }
}

/// A panic, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPanic {
    pub panic: Panic,
    pub at: DateTime<Utc>,
}

/// A child as the dashboard shows it. Totals go on when another child takes the name.
#[derive(Debug, Clone)]
pub struct Row {
    pub name: Arc<str>,
    pub restart: Restart,
    pub state: ChildState,
    /// When it came into that state.
    pub since: DateTime<Utc>,
    /// The last start or restart that succeeded.
    pub started_at: Option<DateTime<Utc>>,
    pub restarts: u64,
    pub crashes: u64,
    pub last_panic: Option<LastPanic>,
    pub busy: BusyFigures,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    row: Row,
    busy: Arc<Busy>,
    orders: Arc<Orders>,
}

#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: BTreeMap<Arc<str>, Entry>,
    lives: VecDeque<Life>,
    seq: u64,
    ids: u64,
}

impl Roster {
    /// A new child. One of the same name loses its row, and its reports touch none.
    pub(super) fn enter(
        &mut self,
        restart: Restart,
        orders: &Arc<Orders>,
        busy: &Arc<Busy>,
        now: DateTime<Utc>,
    ) -> u64 {
        self.ids += 1;
        let name = orders.name();
        let before = self.entries.remove(name).map(|entry| entry.row);
        let row = Row {
            name: Arc::clone(name),
            restart,
            state: ChildState::Starting,
            since: now,
            started_at: None,
            restarts: before.as_ref().map_or(0, |row| row.restarts),
            crashes: before.as_ref().map_or(0, |row| row.crashes),
            last_panic: before.and_then(|row| row.last_panic),
            busy: BusyFigures::default(),
        };
        let entry = Entry { id: self.ids, row, busy: Arc::clone(busy), orders: Arc::clone(orders) };
        self.entries.insert(Arc::clone(name), entry);
        self.ids
    }

    /// Answers with the event's number.
    pub(super) fn record(&mut self, id: u64, name: &Arc<str>, at: DateTime<Utc>, what: LifeEvent) -> u64 {
        self.seq += 1;
        if let Some(entry) = self.entries.get_mut(name).filter(|entry| entry.id == id) {
            entry.row.apply(at, &what);
            if entry.row.state.is_ended() {
                self.evict();
            }
        }
        if self.lives.len() == LIVES_KEPT {
            self.lives.pop_front();
        }
        self.lives.push_back(Life { seq: self.seq, name: Arc::clone(name), at, what });
        self.seq
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        self.entries.values().map(Entry::figures).collect()
    }

    pub(super) fn row(&self, name: &str) -> Option<Row> {
        self.entries.get(name).map(Entry::figures)
    }

    pub(super) fn orders(&self, name: &str) -> Option<&Arc<Orders>> {
        self.entries.get(name).map(|entry| &entry.orders)
    }

    pub(super) fn lives_after(&self, seq: u64) -> Vec<Life> {
        let older = self.lives.partition_point(|life| life.seq <= seq);
        self.lives.range(older..).cloned().collect()
    }

    pub(super) fn forget(&mut self, name: &str) {
        if self.entries.get(name).is_some_and(|entry| entry.row.state.is_ended()) {
            self.entries.remove(name);
        }
    }

    fn evict(&mut self) {
        let ended = || self.entries.values().filter(|entry| entry.row.state.is_ended());
        if ended().count() > ENDED_KEPT {
            let oldest = ended().min_by_key(|entry| (entry.row.since, entry.id));
            if let Some(name) = oldest.map(|entry| Arc::clone(&entry.row.name)) {
                self.entries.remove(&name);
            }
        }
    }
}

impl Entry {
    fn figures(&self) -> Row {
        Row { busy: self.busy.figures(), ..self.row.clone() }
    }
}

impl Row {
    fn apply(&mut self, at: DateTime<Utc>, what: &LifeEvent) {
        let state = match what {
            LifeEvent::Started => {
                self.started_at = Some(at);
                ChildState::Running
            }
            LifeEvent::Crashed(panic) => {
                self.crashes += 1;
                self.last_panic = Some(LastPanic { panic: panic.clone(), at });
                // Down in any case; the next event says for how long.
                ChildState::BackingOff
            }
            LifeEvent::Restarting { .. } => {
                self.restarts += 1;
                ChildState::BackingOff
            }
            LifeEvent::Stopping => ChildState::Stopping,
            LifeEvent::Stopped(_) => ChildState::Stopped,
            LifeEvent::GaveUp { .. } => ChildState::GaveUp,
        };
        self.state = state;
        self.since = at;
    }
}
