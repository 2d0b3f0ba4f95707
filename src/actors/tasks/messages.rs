//! What the tasks are asked. Whoever asks for a change is answered once it is written down.

use std::time::Duration;

use actix::prelude::*;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::tasks::{Answer, Decision, Entry, Fact, NotAnswered, Refusal, Task, TaskId, Wish};

/// Take this on for `who`. The same idempotency key of the same person names the same task.
#[derive(Debug, Message)]
#[rtype(result = "Result<Accepted, Refusal>")]
pub struct Run {
    pub who: String,
    pub wish: Wish,
}

/// A task that was taken on; `again`: by an earlier order with the same key.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub shown: Shown,
    pub again: bool,
}

/// A task, and its place among those that wait: 1 is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub task: Task,
    pub position: Option<usize>,
}

/// The tasks there are: first those that need a person, oldest first, then the others, newest first.
#[derive(Debug, Default, Message)]
#[rtype(result = "Listing")]
pub struct Inbox {
    /// Of this person only.
    pub owner: Option<String>,
    /// With this status only, as clients know it: see [`Task::status`].
    pub status: Option<String>,
    /// What has changed since then only.
    pub since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct Listing {
    pub tasks: Vec<Shown>,
    /// Give this as `since` to hear only of what changes from now on.
    pub cursor: DateTime<Utc>,
}

/// One task. None: there is no such task.
#[derive(Debug, Message)]
#[rtype(result = "Option<Shown>")]
pub struct GetTask(pub TaskId);

/// One task, once its revision is more than `seen` or `wait` is over.
#[derive(Debug, Message)]
#[rtype(result = "Option<Shown>")]
pub struct Watch {
    pub id: TaskId,
    pub seen: u64,
    pub wait: Duration,
}

/// What a task left. None: there is no such task.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<Left>, String>")]
pub struct GetResult(pub TaskId);

#[derive(Debug, Clone)]
pub struct Left {
    pub shown: Shown,
    /// Its `result.json`, understood, of the last run that left one.
    pub result: Option<Value>,
    /// What was asked, approved, done and used; once it is over.
    pub receipt: Option<Value>,
}

/// What happened to a task, oldest first.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Entry>, String>")]
pub struct GetTrail(pub TaskId);

/// Answer a question of a task: the one of this id, or the only one.
#[derive(Debug, Message)]
#[rtype(result = "Result<Shown, ReplyError>")]
pub struct Reply {
    pub id: TaskId,
    pub question: Option<String>,
    pub decision: Decision,
    pub text: String,
    pub by: String,
}

/// Stop a task; one that is over stays as it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Shown, NoTask>")]
pub struct Cancel {
    pub id: TaskId,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no such task; coda_inbox lists those there are")]
pub struct NoTask;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error(transparent)]
    NoTask(#[from] NoTask),
    #[error(transparent)]
    NotAnswered(#[from] NotAnswered),
}

impl Reply {
    pub(super) fn answer(&self) -> Answer {
        Answer { decision: self.decision, text: self.text.clone(), by: self.by.clone(), at: Utc::now() }
    }
}

/// The daemon is about to end, and the agents with it or not: what happens to them from now on says nothing.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Rest;

/// From a watcher: something happened to its run.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Happened {
    pub id: TaskId,
    pub run: u32,
    pub fact: Fact,
}
