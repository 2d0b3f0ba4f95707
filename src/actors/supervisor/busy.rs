//! How busy a child is: turns, time in them, the longest, and the one it is in.
//!
//! Two clock readings and a few relaxed stores a turn; read by the dashboard from another
//! thread without stopping anything. Figures run on over restarts.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// What a child did with its thread since it was first started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BusyFigures {
    pub turns: u64,
    /// Time in all turns.
    pub total: Duration,
    pub longest: Duration,
    /// How long the present turn has lasted, when it is in one: more than a moment means
    /// that the child is stuck, and its neighbours on the arbiter with it.
    pub in_turn: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Busy {
    epoch: Instant,
    turns: AtomicU64,
    /// Nanoseconds, as are all below.
    total: AtomicU64,
    longest: AtomicU64,
    /// Since `epoch`, when the present turn began; 0 between turns.
    began: AtomicU64,
}

impl Busy {
    pub(super) fn new() -> Busy {
        Busy {
            epoch: Instant::now(),
            turns: AtomicU64::new(0),
            total: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            began: AtomicU64::new(0),
        }
    }

    /// Counts one turn. One thread at a time calls this, and `turn` does not panic.
    pub(super) fn turn<T>(&self, turn: impl FnOnce() -> T) -> T {
        let began = self.now();
        self.began.store(began, Relaxed);
        let result = turn();
        let took = self.now() - began;
        self.began.store(0, Relaxed);
        self.turns.fetch_add(1, Relaxed);
        self.total.fetch_add(took, Relaxed);
        self.longest.fetch_max(took, Relaxed);
        result
    }

    pub(super) fn figures(&self) -> BusyFigures {
        let began = self.began.load(Relaxed);
        let in_turn = (began != 0).then(|| self.now().saturating_sub(began));
        BusyFigures {
            turns: self.turns.load(Relaxed),
            total: Duration::from_nanos(self.total.load(Relaxed)),
            longest: Duration::from_nanos(self.longest.load(Relaxed)),
            in_turn: in_turn.map(Duration::from_nanos),
        }
    }

    /// Never 0, which means "between turns"; 2⁶⁴ ns are 584 years.
    fn now(&self) -> u64 {
        (self.epoch.elapsed().as_nanos() as u64).max(1)
    }
}
