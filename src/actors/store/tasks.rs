//! Tasks: what is written of them, and read again.

use actix::prelude::*;

use super::actor::Store;
use crate::domain::tasks::{Body, Entry, TaskId};
use crate::os::store::{StoreError, TaskWriting};

/// Write a task down; what is not newer than what is known changes nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct WriteTask(pub TaskWriting);

/// What is kept of a task besides its record.
#[derive(Debug, Message)]
#[rtype(result = "Result<TaskPapers, StoreError>")]
pub struct ReadTask(pub TaskId);

#[derive(Debug, Clone, Default)]
pub struct TaskPapers {
    pub body: Option<Body>,
    /// JSON.
    pub result: Option<String>,
    pub receipt: Option<String>,
}

/// What happened to a task, oldest first.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Entry>, StoreError>")]
pub struct ReadTaskTrail(pub TaskId);

/// Delete all there is of a task.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ForgetTask(pub TaskId);

impl Handler<WriteTask> for Store {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, WriteTask(writing): WriteTask, ctx: &mut Self::Context) -> Self::Result {
        let written = self.database.write_task(&writing);
        self.done(written, ctx)
    }
}

impl Handler<ReadTask> for Store {
    type Result = Result<TaskPapers, StoreError>;

    fn handle(&mut self, ReadTask(id): ReadTask, ctx: &mut Self::Context) -> Self::Result {
        let read = || {
            let (result, receipt) = self.database.task_result(&id)?;
            Ok(TaskPapers { body: self.database.task_body(&id)?, result, receipt })
        };
        let read = read();
        self.done(read, ctx)
    }
}

impl Handler<ReadTaskTrail> for Store {
    type Result = Result<Vec<Entry>, StoreError>;

    fn handle(&mut self, ReadTaskTrail(id): ReadTaskTrail, ctx: &mut Self::Context) -> Self::Result {
        let trail = self.database.task_trail(&id);
        self.done(trail, ctx)
    }
}

impl Handler<ForgetTask> for Store {
    type Result = ();

    fn handle(&mut self, ForgetTask(id): ForgetTask, ctx: &mut Self::Context) {
        let forgotten = self.database.forget_task(&id);
        drop(self.done(forgotten, ctx));
    }
}
