//! Every task there is, and what is to be done about them.

mod slot;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use self::slot::Slot;
use super::question::NotAnswered;
use super::{
    Answer, Body, Decision, Entry, Fact, Moment, Order, Question, Refusal, Settled, State, Task, TaskId,
    chain, queue,
};

#[derive(Debug, Clone)]
pub struct Rules {
    /// Most runs at once.
    pub concurrent: usize,
    /// Most tasks that wait for a slot.
    pub waiting: usize,
    /// How long a task is kept after its end, and how many at the most.
    pub keep: TimeDelta,
    pub most_kept: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub at: DateTime<Utc>,
    pub moment: Moment,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Write this down, one of a task after the other; [`Board::written`] or [`Board::not_written`] answers.
    Write { task: Box<Task>, body: Option<Body>, trail: Vec<Entry> },
    /// Look after the run of this task, which is written down, until it is over.
    Watch(Box<Task>),
    /// That run is over.
    Unwatch { id: TaskId, run: u32 },
    /// End the run of this task: somebody wants it stopped.
    Stop { id: TaskId, run: u32 },
    /// Give the agent this answer.
    Deliver { id: TaskId, run: u32, settled: Box<Settled> },
    /// It is in another state.
    Tell { id: TaskId, session_id: String, state: State, status: &'static str },
    /// Delete it, with the sessions it ran in.
    Forget { id: TaskId, sessions: Vec<String> },
}

/// A task that was taken on, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub id: TaskId,
    /// The same order came before.
    pub again: bool,
}

#[derive(Debug)]
pub struct Board {
    rules: Rules,
    keeper: String,
    slots: BTreeMap<TaskId, Slot>,
}

impl Board {
    /// `kept`: what was written down. `keeper`: which one holds the sessions now.
    pub fn new(rules: Rules, keeper: &str, kept: Vec<Task>) -> Board {
        let slots = kept.into_iter().map(|task| (task.id.clone(), Slot::kept(task))).collect();
        Board { rules, keeper: keeper.to_owned(), slots }
    }

    /// Takes an order on. It counts, and its body is dropped, once it is written.
    pub fn submit(
        &mut self,
        owner: &str,
        (mut order, body): (Order, Body),
        (id, session_id): (TaskId, String),
        now: Now,
    ) -> Result<Taken, Refusal> {
        if let Some(key) = &order.idempotency_key
            && let Some(same) = self.of_key(owner, key)
        {
            let id = same.id.clone();
            return if same.order.digest == order.digest {
                Ok(Taken { id, again: true })
            } else {
                Err(Refusal::KeyTaken(id))
            };
        }
        if let Some(session) = &order.previous_session_id {
            order.previous = Some(chain::find(self.tasks(), session)?.id.clone());
        }
        let waiting = self.tasks().filter(|task| task.state == State::Queued).count();
        if waiting >= self.rules.waiting {
            return Err(Refusal::Full { waiting });
        }
        let task = Task::new(id.clone(), owner.to_owned(), order, session_id, now.at);
        self.slots.insert(id.clone(), Slot::fresh(task, body));
        Ok(Taken { id, again: false })
    }

    fn of_key(&self, owner: &str, key: &str) -> Option<&Task> {
        self.tasks().find(|task| task.owner == owner && task.order.idempotency_key.as_deref() == Some(key))
    }

    /// A task that could not be written down at all was never taken on.
    pub fn withdraw(&mut self, id: &TaskId) {
        if self.slots.get(id).is_some_and(|slot| slot.written == 0) {
            self.slots.remove(id);
        }
    }

    pub fn get(&self, id: &TaskId) -> Option<&Task> {
        self.slots.get(id).map(|slot| &slot.task)
    }

    pub fn tasks(&self) -> impl Iterator<Item = &Task> + Clone {
        self.slots.values().map(|slot| &slot.task)
    }

    /// The order in which tasks get slots, the next one first.
    pub fn waiting(&self) -> Vec<TaskId> {
        queue::order(self.tasks())
    }

    /// Something happened to a run.
    pub fn hear(&mut self, id: &TaskId, run: u32, fact: Fact, now: Now) {
        let Some(slot) = self.slots.get_mut(id).filter(|slot| slot.task.run.number == run) else { return };
        let note = match &fact {
            Fact::Progress { step, .. } => Some(("step", format!("{}: {}", step.step, step.message))),
            Fact::Asked(question) => Some(("asked", asked(question))),
            _ => None,
        };
        let before = slot.task.state;
        if !slot.task.hear(fact, now.at) {
            return;
        }
        if let Some((what, detail)) = note {
            slot.note(what, detail, now.at);
        }
        if slot.task.state != before {
            slot.note_state(now.at);
        }
        slot.changed(now.at);
    }

    /// None: no such task. True: it is being stopped, or is over now.
    pub fn cancel(&mut self, id: &TaskId, by: &str, now: Now) -> Option<bool> {
        let slot = self.slots.get_mut(id)?;
        let changed = slot.task.cancel(by, now.at);
        if changed {
            slot.note("cancelling", format!("by {by}"), now.at);
            if slot.task.state.is_over() {
                slot.note_state(now.at);
            }
            slot.changed(now.at);
        }
        Some(changed)
    }

    /// `session_id`: for another run, if the agent is gone. None: no such task.
    pub fn answer(
        &mut self,
        id: &TaskId,
        question: Option<&str>,
        answer: Answer,
        session_id: String,
    ) -> Option<Result<(), NotAnswered>> {
        let slot = self.slots.get_mut(id)?;
        let (at, by, decision) = (answer.at, answer.by.clone(), answer.decision);
        if let Err(refusal) = slot.task.answer(question, answer, session_id) {
            return Some(Err(refusal));
        }
        slot.note("answered", format!("{} by {by}", word(decision)), at);
        slot.note_state(at);
        slot.changed(at);
        Some(Ok(()))
    }

    /// This revision is safe.
    pub fn written(&mut self, id: &TaskId, revision: u64) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.written = slot.written.max(revision);
            if slot.writing.take_if(|writing| *writing <= revision).is_some() {
                slot.holds = slot.will_hold;
            }
            slot.body = None;
        }
    }

    /// It could not be written; it is due again.
    pub fn not_written(&mut self, id: &TaskId) {
        if let Some(slot) = self.slots.get_mut(id) {
            slot.writing = None;
        }
    }

    pub fn is_written(&self, id: &TaskId, revision: u64) -> bool {
        self.slots.get(id).is_none_or(|slot| slot.written >= revision)
    }

    /// Nobody looks after this run any more.
    pub fn unwatched(&mut self, id: &TaskId, run: u32) {
        if let Some(slot) = self.slots.get_mut(id).filter(|slot| slot.watched == Some(run)) {
            slot.unwatch();
        }
    }

    /// What is to be done now; each thing once.
    pub fn due(&mut self, now: Now) -> Vec<Act> {
        let mut acts = self.forget(now.at);
        self.launch(now);
        for (id, slot) in &mut self.slots {
            if let Some(run) = slot.watched.filter(|run| !slot.task.is_live() || slot.task.run.number != *run)
            {
                acts.push(Act::Unwatch { id: id.clone(), run });
                slot.unwatch();
            }
            if slot.task.is_live() && slot.watched.is_none() && slot.written >= slot.launched {
                slot.watched = Some(slot.task.run.number);
                acts.push(Act::Watch(Box::new(slot.task.clone())));
            }
            acts.extend(slot.orders());
            acts.extend(slot.write());
            if slot.told.replace(slot.task.state) != Some(slot.task.state) {
                let (state, status) = (slot.task.state, slot.task.status());
                acts.push(Act::Tell {
                    id: id.clone(),
                    session_id: slot.task.run.session_id.clone(),
                    state,
                    status,
                });
            }
        }
        acts
    }

    /// Gives free slots to those that wait and are safe.
    fn launch(&mut self, now: Now) {
        let live = self.slots.values().filter(|slot| slot.holds || slot.task.is_live()).count();
        let mut free = self.rules.concurrent.saturating_sub(live);
        for id in self.waiting() {
            let Some(slot) = self.slots.get_mut(&id).filter(|_| free > 0) else { break };
            if slot.written < slot.task.revision {
                continue;
            }
            slot.task.launch(&self.keeper, now.moment.as_millis() as u64, now.at);
            slot.note_state(now.at);
            slot.changed(now.at);
            slot.launched = slot.task.revision;
            free -= 1;
        }
    }

    /// What has been over for long enough, or is more than is kept; nothing from which another goes on.
    fn forget(&mut self, now: DateTime<Utc>) -> Vec<Act> {
        let needed: BTreeSet<TaskId> = self
            .tasks()
            .filter(|task| !task.state.is_over())
            .filter_map(|task| task.order.previous.clone())
            .collect();
        let safe = |slot: &&Slot| slot.writing.is_none() && slot.written == slot.task.revision;
        let rests = |slot: &&Slot| slot.task.state.is_over() || slot.task.is_resting();
        let mut over: Vec<(DateTime<Utc>, &TaskId)> = self
            .slots
            .values()
            .filter(rests)
            .filter(safe)
            .filter(|slot| !needed.contains(&slot.task.id))
            .map(|slot| (slot.task.ended_at.unwrap_or(slot.task.created_at), &slot.task.id))
            .collect();
        over.sort();
        let too_many = over.len().saturating_sub(self.rules.most_kept);
        let old = over.iter().filter(|(at, _)| now - *at > self.rules.keep).count();
        let gone: Vec<TaskId> = over.iter().take(old.max(too_many)).map(|(_, id)| (*id).clone()).collect();
        let forgotten = gone.into_iter().filter_map(|id| self.slots.remove(&id));
        forgotten
            .map(|slot| {
                let Task { id, run, mut earlier, .. } = slot.task;
                earlier.push(run.session_id);
                Act::Forget { id, sessions: earlier }
            })
            .collect()
    }
}

fn asked(question: &Question) -> String {
    question
        .detail
        .as_ref()
        .map_or_else(|| question.what.clone(), |detail| format!("{}: {detail}", question.what))
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Approve => "approved",
        Decision::ApproveForSession => "approved for the session",
        Decision::Deny => "denied",
        Decision::Answer => "answered",
    }
}
