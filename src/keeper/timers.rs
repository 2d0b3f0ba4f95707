//! Things to do later, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// What falls due. `u64` is a session's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    StartDaemon,
    /// The daemon of this generation had its time to drain: kill it.
    KillDaemon(u64),
    /// Next rung of the ladder that ends a session.
    Ladder(u64),
    /// Look whether the session's ring can give its memory back.
    Idle(u64),
    /// Every process closed the PTY but the program lives: look again.
    HungUp(u64),
    /// Shutdown has taken long enough.
    GiveUp,
}

#[derive(Default)]
pub struct Timers(BinaryHeap<Reverse<(Instant, Due)>>);

impl Timers {
    pub fn after(&mut self, delay: Duration, due: Due) {
        self.0.push(Reverse((Instant::now() + delay, due)));
    }

    /// Time until the next one; `None` when there is none.
    pub fn next(&self) -> Option<Duration> {
        let Reverse((at, _)) = self.0.peek()?;
        Some(at.saturating_duration_since(Instant::now()))
    }

    /// Takes one that is due.
    pub fn pop(&mut self) -> Option<Due> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > Instant::now() {
            return None;
        }
        self.0.pop().map(|Reverse((_, due))| due)
    }
}
