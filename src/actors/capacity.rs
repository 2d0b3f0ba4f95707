//! Knows how much room the container has.
//!
//! *Parent* root · *Restart* permanent · *Owns* the memory gate and the newest reading · *Sends to* nobody · *Lost on
//! crash* the gate's memory: it begins open, and the next reading decides.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actix::prelude::*;
use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use crate::domain::capacity::{Gate, Memory, Rule, State};
use crate::os::{cgroup, resident};

/// How long a reading counts as new.
const FRESH: Duration = Duration::from_millis(500);
const FRESH_TREE: Duration = Duration::from_secs(2);
/// How often the gate is brought up to date when nobody asks.
const EVERY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct CapacitySettings {
    pub rule: Rule,
    pub cgroup_root: PathBuf,
    /// The process whose tree counts: the keeper.
    pub top: i32,
}

pub struct Capacity {
    settings: CapacitySettings,
    gate: Gate,
    last: Option<Seen>,
    tree: Option<(Instant, u64)>,
}

#[derive(Clone, Copy)]
struct Seen {
    memory: Option<Memory>,
    when: Instant,
    at: DateTime<Utc>,
}

/// How it looks now; `pending` sessions are being made. `tree`: look at the processes, too.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reading")]
pub struct Look {
    pub pending: usize,
    pub tree: bool,
}

/// What a look found.
#[derive(Debug, Clone, MessageResponse)]
pub struct Reading {
    pub memory: Option<Memory>,
    pub state: State,
    pub rule: Rule,
    pub at: DateTime<Utc>,
    /// Resident memory of keeper, daemon and sessions, in bytes, when last looked at.
    pub tree_bytes: Option<u64>,
}

impl Capacity {
    pub fn new(settings: CapacitySettings) -> Capacity {
        Capacity { settings, gate: Gate::default(), last: None, tree: None }
    }

    fn reading(&mut self, seen: Seen, pending: usize) -> Reading {
        let before = self.gate;
        let state = self.gate.observe(&self.settings.rule, seen.memory, pending);
        if let Some(memory) = seen.memory.filter(|_| before != self.gate) {
            let percent = memory.percent().round();
            if state == State::Pressure {
                tracing::warn!(percent, pending, "memory is short: no new sessions until it is freed");
            } else {
                tracing::info!(percent, "memory is free again: new sessions are admitted");
            }
        }
        let tree_bytes = self.tree.map(|(_, bytes)| bytes);
        Reading { memory: seen.memory, state, rule: self.settings.rule, at: seen.at, tree_bytes }
    }
}

impl Actor for Capacity {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(EVERY, |_, ctx| ctx.notify(Refresh));
    }
}

impl Supervised for Capacity {
    fn restarting(&mut self, _: &mut Self::Context) {
        *self = Capacity::new(self.settings.clone());
    }
}

impl Handler<Look> for Capacity {
    type Result = ResponseActFuture<Self, Reading>;

    fn handle(&mut self, look: Look, _: &mut Self::Context) -> Self::Result {
        let fresh = self.last.filter(|seen| seen.when.elapsed() < FRESH);
        let old_tree = self.tree.is_none_or(|(when, _)| when.elapsed() >= FRESH_TREE);
        let (root, top) = (self.settings.cgroup_root.clone(), self.settings.top);
        let looked = async move {
            let Ok(found) = spawn_blocking(move || {
                let tree = (look.tree && old_tree).then(|| resident::tree_bytes(Path::new("/proc"), top));
                (fresh.unwrap_or_else(|| seen(&root)), tree)
            })
            .await
            else {
                return (Seen { memory: None, when: Instant::now(), at: Utc::now() }, None);
            };
            found
        };
        Box::pin(looked.into_actor(self).map(move |(seen, tree), act, _| {
            act.last = Some(seen);
            act.tree = tree.map(|bytes| (Instant::now(), bytes)).or(act.tree);
            act.reading(seen, look.pending)
        }))
    }
}

fn seen(root: &Path) -> Seen {
    Seen { memory: cgroup::own_memory(root), when: Instant::now(), at: Utc::now() }
}

/// Nobody asked, it is only time.
#[derive(Message)]
#[rtype(result = "()")]
struct Refresh;

impl Handler<Refresh> for Capacity {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Refresh, ctx: &mut Self::Context) -> Self::Result {
        let look = Handler::<Look>::handle(self, Look { pending: 0, tree: false }, ctx);
        Box::pin(look.map(|_, _, _| ()))
    }
}
