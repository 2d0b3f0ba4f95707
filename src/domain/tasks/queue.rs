//! Who is next. Each owner's tasks go in the order in which they came; between owners goes first who has the fewest, so
//! that nobody waits behind a hundred of another's.

use std::collections::BTreeMap;

use super::{State, Task, TaskId};

/// The tasks that wait, the next one first.
pub(super) fn order<'a>(tasks: impl Iterator<Item = &'a Task> + Clone) -> Vec<TaskId> {
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks.clone().filter(|task| task.is_live()) {
        *before.entry(&task.owner).or_default() += 1;
    }
    let mut waiting: Vec<&Task> = tasks.filter(|task| task.state == State::Queued).collect();
    waiting.sort_by_key(|task| (task.queued_at, &task.id));
    let mut ranked: Vec<(usize, &Task)> = Vec::with_capacity(waiting.len());
    for task in waiting {
        let rank = before.entry(&task.owner).or_default();
        ranked.push((*rank, task));
        *rank += 1;
    }
    ranked.sort_by_key(|(rank, task)| (*rank, task.queued_at, &task.id));
    ranked.into_iter().map(|(_, task)| task.id.clone()).collect()
}
