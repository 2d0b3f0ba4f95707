//! What a task goes on from.

use super::{Refusal, Task, TaskId};

/// The result of an earlier task, for whoever goes on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    pub task: TaskId,
    pub session_id: String,
    pub status: &'static str,
    pub asked: String,
    /// Its `result.json`, as it was left; none if it left none.
    pub result: Option<String>,
}

/// The task that ran in this session, or that has this id. It must have ended, or rest.
pub(super) fn find<'a>(
    mut tasks: impl Iterator<Item = &'a Task>,
    session: &str,
) -> Result<&'a Task, Refusal> {
    let found = tasks.find(|task| task.ran_in(session) || task.id.as_str() == session);
    match found {
        None => Err(Refusal::NoSuchSession(session.to_owned())),
        Some(task) if task.state.is_over() || task.is_resting() => Ok(task),
        Some(task) => Err(Refusal::NotOver(task.id.clone())),
    }
}
