//! Tasks are written whole, and the later writing wins.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Database, TaskWriting};
use crate::domain::tasks::{Act, Board, BoardRules, Entry, Hand, Now, Task, TaskId, Terms, Wish};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

/// The first writing of a task, and the second, with which it gets its slot.
fn writings() -> [TaskWriting; 2] {
    let rules = BoardRules { concurrent: 1, waiting: 1, keep: TimeDelta::days(1), most_kept: 1 };
    let agents = vec![Hand { name: "a".into(), program: "a".into(), is_here: true }];
    let terms = Terms { agents, timeout_s: 1, longest_s: 1 };
    let order = Wish { prompt: "do it".into(), ..Wish::default() }.check(&terms).unwrap();
    let (id, now) = (TaskId::fresh(&"1".repeat(32)).unwrap(), Now { at: at(0), moment: Duration::ZERO });
    let mut board = Board::new(rules, "k", Vec::new());
    board.submit("ann", order, (id.clone(), "s".into()), now).unwrap();
    let next = |board: &mut Board| {
        let acts = board.due(now);
        let writing = acts.into_iter().find_map(|act| match act {
            Act::Write { task, body, trail } => {
                Some(TaskWriting { task: *task, body, trail, result: None, receipt: None })
            }
            _ => None,
        });
        let writing = writing.unwrap();
        board.written(&id, writing.task.revision);
        writing
    };
    [next(&mut board), next(&mut board)]
}

#[test]
fn the_later_writing_of_a_task_wins_and_none_counts_twice() {
    let state = tempfile::tempdir().unwrap();
    let mut database = Database::open(state.path(), at(0)).unwrap();
    let [first, second] = writings();
    let later = TaskWriting { result: Some("{}".into()), ..second.clone() };
    for writing in [&first, &first, &later, &first, &later] {
        database.write_task(writing).unwrap();
    }
    drop(database);
    let mut database = Database::open(state.path(), at(1)).unwrap();
    assert_eq!(database.tasks().unwrap(), std::slice::from_ref(&second.task));
    let id = &second.task.id;
    assert_eq!(database.task_body(id).unwrap(), first.body);
    let whats = |trail: Vec<Entry>| trail.into_iter().map(|entry| entry.what).collect::<Vec<_>>();
    assert_eq!(whats(database.task_trail(id).unwrap()), ["queued", "starting"]);
    let bare = Task { revision: 9, ..second.task.clone() };
    let bare = TaskWriting { task: bare, result: None, receipt: Some("[]".into()), ..second.clone() };
    database.write_task(&bare).unwrap();
    let kept = database.task_result(id).unwrap();
    assert_eq!(kept, (Some("{}".into()), Some("[]".into())), "what a run left stays");
    database.forget_task(id).unwrap();
    assert_eq!(database.tasks().unwrap(), []);
    assert!(database.task_body(id).unwrap().is_none() && database.task_trail(id).unwrap().is_empty());
}
