//! A task with what the board remembers of it besides: what is safe, and who was told what.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Act;
use crate::domain::tasks::{Body, Entry, State, Task, cut};

/// Lines of a task's trail that wait to be written; more are dropped.
const TRAIL: usize = 500;

#[derive(Debug)]
pub(super) struct Slot {
    pub task: Task,
    /// Only until it is written.
    pub body: Option<Body>,
    pub trail: Vec<Entry>,
    /// The revision that is safe, and the one that is being written.
    pub written: u64,
    pub writing: Option<u64>,
    /// What is safe says that it has a slot: until its end is safe, too, nobody else gets that.
    pub holds: bool,
    pub will_hold: bool,
    /// The revision with which the present run was launched.
    pub launched: u64,
    /// The run that is looked after.
    pub watched: Option<u32>,
    /// That one was told to stop.
    pub stopped: bool,
    pub delivering: BTreeSet<String>,
    pub told: Option<State>,
}

impl Slot {
    pub fn fresh(task: Task, body: Body) -> Slot {
        let at = task.created_at;
        let mut slot = Slot { written: 0, body: Some(body), ..Slot::kept(task) };
        slot.told = None;
        slot.note_state(at);
        slot
    }

    pub fn kept(task: Task) -> Slot {
        let holds = task.is_live();
        Slot {
            written: task.revision,
            holds,
            will_hold: holds,
            told: Some(task.state),
            task,
            body: None,
            trail: Vec::new(),
            writing: None,
            launched: 0,
            watched: None,
            stopped: false,
            delivering: BTreeSet::new(),
        }
    }

    pub fn changed(&mut self, at: DateTime<Utc>) {
        self.task.revision += 1;
        self.task.changed_at = at;
    }

    pub fn unwatch(&mut self) {
        (self.watched, self.stopped) = (None, false);
        self.delivering.clear();
    }

    pub fn note(&mut self, what: &str, detail: String, at: DateTime<Utc>) {
        if self.trail.len() < TRAIL {
            self.trail.push(Entry { at, what: what.to_owned(), detail: cut(&detail, 4 * 1024) });
        }
    }

    pub fn note_state(&mut self, at: DateTime<Utc>) {
        let why = self.task.outcome.as_ref().map(|outcome| outcome.why.clone()).unwrap_or_default();
        let status = match self.task.state {
            State::Starting => "starting",
            State::Working => "working",
            _ => self.task.status(),
        };
        self.note(status, why, at);
    }

    pub fn write(&mut self) -> Option<Act> {
        if self.writing.is_some() || self.written == self.task.revision {
            return None;
        }
        (self.writing, self.will_hold) = (Some(self.task.revision), self.task.is_live());
        let trail = std::mem::take(&mut self.trail);
        Some(Act::Write { task: Box::new(self.task.clone()), body: self.body.clone(), trail })
    }

    /// For whoever looks after the run.
    pub fn orders(&mut self) -> Vec<Act> {
        let Some(run) = self.watched else { return Vec::new() };
        let id = || self.task.id.clone();
        let mut acts = Vec::new();
        if self.task.cancelling.is_some() && !std::mem::replace(&mut self.stopped, true) {
            acts.push(Act::Stop { id: id(), run });
        }
        for settled in self.task.settled.iter().filter(|settled| !settled.delivered) {
            if self.delivering.insert(settled.question.id.clone()) {
                acts.push(Act::Deliver { id: id(), run, settled: Box::new(settled.clone()) });
            }
        }
        acts
    }
}
