//! The board: who gets a slot, what is written before what, and what a killed daemon finds again.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::super::{
    Act, Board, BoardRules, Decision, Ending, Fact, Fate, Kind, Now, Refusal, State, Task, TaskId, Way, Wish,
    way,
};
use super::rules::{ASKS, DONE, at, ended, id, question, says, terms, wish};

fn rules() -> BoardRules {
    BoardRules { concurrent: 2, waiting: 6, keep: TimeDelta::seconds(1_000), most_kept: 5 }
}

fn now(seconds: i64) -> Now {
    Now { at: at(seconds), moment: Duration::from_secs(seconds.unsigned_abs()) }
}

fn submit(board: &mut Board, owner: &str, number: u64, wish: Wish) -> Result<super::super::Taken, Refusal> {
    let order = wish.check(&terms()).unwrap();
    board.submit(owner, order, (id(number), format!("s-{number}")), now(number as i64))
}

/// Does what is due, and writes at once. Which runs are to be looked after.
fn settle(board: &mut Board, seconds: i64) -> Vec<Task> {
    let mut watched = Vec::new();
    loop {
        let acts = board.due(now(seconds));
        if acts.is_empty() {
            return watched;
        }
        for act in acts {
            match act {
                Act::Write { task, .. } => board.written(&task.id, task.revision),
                Act::Watch(task) => watched.push(*task),
                _ => {}
            }
        }
    }
}

fn ids(tasks: &[Task]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id.clone()).collect()
}

#[test]
fn a_task_is_launched_after_it_is_written_and_not_before() {
    let mut board = Board::new(rules(), "k1", Vec::new());
    submit(&mut board, "ann", 1, wish("x")).unwrap();
    let first = board.due(now(1));
    assert!(matches!(&first[..], [Act::Write { body: Some(_), .. }, Act::Tell { .. }]), "{first:?}");
    assert!(board.due(now(1)).is_empty(), "nothing until that is written");
    board.written(&id(1), 1);
    let second = board.due(now(1));
    let Act::Write { task, body, .. } = &second[0] else { panic!("{second:?}") };
    assert_eq!((task.state, body, task.run.keeper.as_deref()), (State::Starting, &None, Some("k1")));
    assert!(!second.iter().any(|act| matches!(act, Act::Watch(_))));
    board.not_written(&id(1));
    assert!(matches!(board.due(now(1))[..], [Act::Write { .. }]), "again");
    board.written(&id(1), task.revision);
    assert!(matches!(board.due(now(1))[..], [Act::Watch(_)]));
}

#[test]
fn slots_go_round_and_the_queue_has_an_end() {
    let mut board = Board::new(rules(), "k1", Vec::new());
    for number in 1..=6 {
        submit(&mut board, "ann", number, wish("x")).unwrap();
    }
    assert_eq!(submit(&mut board, "ann", 7, wish("x")), Err(Refusal::Full { waiting: 6 }));
    assert_eq!(ids(&settle(&mut board, 10)), [id(1), id(2)]);
    submit(&mut board, "bob", 8, wish("x")).unwrap();
    submit(&mut board, "bob", 9, wish("x")).unwrap();
    assert_eq!(ids(&settle(&mut board, 10)), []);
    assert_eq!(
        board.waiting(),
        [id(8), id(9), id(3), id(4), id(5), id(6)],
        "nobody waits behind another's hundred"
    );
    board.hear(&id(1), 1, ended(Ending::Code(0), DONE), now(11));
    assert_eq!(ids(&settle(&mut board, 11)), [id(8)]);
    assert_eq!(
        board.waiting(),
        [id(3), id(9), id(4), id(5), id(6)],
        "one runs of each now: the older goes first"
    );
    board.cancel(&id(3), "ann", now(12));
    board.hear(&id(2), 1, ended(Ending::Code(0), ""), now(12));
    assert_eq!(ids(&settle(&mut board, 12)), [id(4)]);
}

#[test]
fn the_same_key_is_the_same_task() {
    let mut board = Board::new(rules(), "k1", Vec::new());
    let keyed = |prompt: &str| Wish { idempotency_key: Some("k".into()), ..wish(prompt) };
    assert!(!submit(&mut board, "ann", 1, keyed("x")).unwrap().again);
    let again = submit(&mut board, "ann", 2, keyed("x")).unwrap();
    assert_eq!((again.id, again.again), (id(1), true));
    assert_eq!(submit(&mut board, "ann", 3, keyed("y")), Err(Refusal::KeyTaken(id(1))));
    assert!(!submit(&mut board, "bob", 4, keyed("x")).unwrap().again, "another's key is another key");
    board.withdraw(&id(1));
    assert!(
        !submit(&mut board, "ann", 5, keyed("x")).unwrap().again,
        "what could not be written was never taken on"
    );
}

/// A7 20: the replaced server named files of an earlier session that did not exist.
#[test]
fn a_chain_leads_to_the_earlier_task() {
    let mut board = Board::new(rules(), "k1", Vec::new());
    submit(&mut board, "ann", 1, wish("x")).unwrap();
    let after = |session: &str| Wish { previous_session_id: Some(session.into()), ..wish("next") };
    assert_eq!(submit(&mut board, "ann", 2, after("s-1")), Err(Refusal::NotOver(id(1))));
    assert_eq!(submit(&mut board, "ann", 2, after("../../x")), Err(Refusal::NoSuchSession("../../x".into())));
    settle(&mut board, 1);
    board.hear(&id(1), 1, ended(Ending::Code(0), ASKS), now(2));
    submit(&mut board, "ann", 2, after("s-1")).unwrap();
    assert_eq!(board.get(&id(2)).unwrap().order.previous, Some(id(1)));
    submit(&mut board, "ann", 3, after(id(1).as_str())).unwrap();
    assert_eq!(board.get(&id(3)).unwrap().order.previous, Some(id(1)));
}

#[test]
fn orders_reach_the_run_once_and_again_when_it_is_found_again() {
    let mut board = Board::new(rules(), "k1", Vec::new());
    submit(&mut board, "ann", 1, wish("x")).unwrap();
    settle(&mut board, 1);
    board.hear(&id(1), 1, question("q", Kind::Approval), now(2));
    board.answer(&id(1), Some("q"), says(Decision::Approve, ""), "s-9".into()).unwrap().unwrap();
    board.cancel(&id(1), "ann", now(3)).unwrap();
    let orders = |board: &mut Board| {
        let acts = board.due(now(4));
        acts.iter().filter(|act| matches!(act, Act::Stop { .. } | Act::Deliver { .. })).count()
    };
    assert_eq!((orders(&mut board), orders(&mut board)), (2, 0));
    board.unwatched(&id(1), 1);
    assert_eq!(orders(&mut board), 2, "whoever looks after it now has not heard them");
    board.hear(&id(1), 1, Fact::Delivered { question: "q".into() }, now(5));
    board.unwatched(&id(1), 1);
    assert_eq!(orders(&mut board), 1);
}

#[test]
fn what_is_old_goes_but_not_what_is_needed() {
    let mut board = Board::new(BoardRules { waiting: 100, concurrent: 1, ..rules() }, "k1", Vec::new());
    let over = |board: &mut Board, number: u64, wish: Wish, seconds: i64| {
        submit(board, "ann", number, wish).unwrap();
        settle(board, seconds);
        board.hear(&id(number), 1, ended(Ending::Code(0), DONE), now(seconds));
        settle(board, seconds);
    };
    over(&mut board, 1, wish("x"), 10);
    over(&mut board, 2, wish("x"), 20);
    submit(&mut board, "ann", 3, Wish { previous_session_id: Some("s-1".into()), ..wish("on") }).unwrap();
    settle(&mut board, 30);
    assert!(board.due(now(1_010)).is_empty());
    let gone = board.due(now(1_021));
    assert_eq!(gone, [Act::Forget { id: id(2), sessions: vec!["s-2".into()] }], "the first is still needed");
    board.hear(&id(3), 1, ended(Ending::Code(0), DONE), now(1_022));
    settle(&mut board, 1_022);
    for number in 10..20 {
        over(&mut board, number, wish("x"), 1_100);
    }
    assert_eq!(board.tasks().count(), 5, "and there are never too many");
}

/// The world around a board: what is on the disk, and which sessions a keeper was asked for.
#[derive(Debug, Default)]
struct World {
    disk: BTreeMap<TaskId, Task>,
    /// How often each was launched.
    launched: BTreeMap<String, u32>,
    over: Vec<String>,
}

#[derive(Debug, Clone)]
enum Step {
    Submit(u8),
    Write(bool),
    Look,
    End(u8, u8),
    Ask(u8),
    Answer(u8),
    Cancel(u8),
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..3).prop_map(Step::Submit),
        4 => any::<bool>().prop_map(Step::Write),
        4 => Just(Step::Look),
        3 => (any::<u8>(), 0u8..4).prop_map(|(which, how)| Step::End(which, how)),
        1 => any::<u8>().prop_map(Step::Ask),
        2 => any::<u8>().prop_map(Step::Answer),
        1 => any::<u8>().prop_map(Step::Cancel),
        2 => Just(Step::Kill),
    ]
}

/// A daemon in that world: its board, and what it was told to do and has not done.
struct Daemon {
    board: Board,
    writes: Vec<(TaskId, Task)>,
    watched: Vec<Task>,
}

impl Daemon {
    fn start(world: &World) -> Daemon {
        let kept = world.disk.values().cloned().collect();
        Daemon { board: Board::new(rules(), "k1", kept), writes: Vec::new(), watched: Vec::new() }
    }

    fn go_on(&mut self, world: &mut World) {
        for act in self.board.due(now(50)) {
            match act {
                Act::Write { task, .. } => self.writes.push((task.id.clone(), *task)),
                Act::Watch(task) => self.watched.push(*task),
                Act::Unwatch { id, run } => {
                    self.watched.retain(|task| task.id != id || task.run.number != run);
                }
                Act::Stop { id, run } => self.end(world, &id, run, ended(Ending::Signal(15), "")),
                Act::Forget { id, .. } => drop(world.disk.remove(&id)),
                Act::Deliver { .. } | Act::Tell { .. } => {}
            }
        }
    }

    fn write(&mut self, works: bool) {
        let Some((id, _)) = self.writes.first() else { return };
        if !works {
            self.board.not_written(&id.clone());
            self.writes.remove(0);
        }
    }

    fn flush(&mut self, world: &mut World) {
        if self.writes.is_empty() {
            return;
        }
        let (id, task) = self.writes.remove(0);
        let revision = task.revision;
        world.disk.insert(id.clone(), task);
        self.board.written(&id, revision);
    }

    /// What a watcher does first.
    fn look(&mut self, world: &mut World) {
        for task in self.watched.clone() {
            let session = &task.run.session_id;
            let fate = match (world.launched.contains_key(session), world.over.contains(session)) {
                (false, _) => Fate::Absent,
                (true, false) => Fate::Running,
                (true, true) => Fate::Over,
            };
            match way(&task, "k1", fate) {
                Way::Launch => {
                    let on_disk = &world.disk[&task.id];
                    assert_eq!(on_disk.run.session_id, *session, "written down before it is launched");
                    *world.launched.entry(session.clone()).or_default() += 1;
                    self.board.hear(&task.id, task.run.number, Fact::Started, now(50));
                }
                Way::Watch if fate == Fate::Over => {
                    self.board.hear(&task.id, task.run.number, ended(Ending::Code(0), DONE), now(50));
                }
                Way::Watch => self.board.hear(&task.id, task.run.number, Fact::Started, now(50)),
                Way::Lost => panic!("lost under the same keeper: {task:?}"),
            }
        }
    }

    fn end(&mut self, world: &mut World, id: &TaskId, run: u32, how: Fact) {
        let Some(task) = self.watched.iter().find(|task| task.id == *id && task.run.number == run) else {
            return;
        };
        world.over.push(task.run.session_id.clone());
        self.board.hear(id, run, how, now(50));
    }

    fn check(&self) {
        let live = self.board.tasks().filter(|task| task.is_live()).count();
        assert!(live <= rules().concurrent, "{live} run");
    }
}

fn one(board: &Board, which: u8) -> Option<Task> {
    let all: Vec<&Task> = board.tasks().collect();
    all.get(usize::from(which) % all.len().max(1)).map(|task| (*task).clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// However writes, ends, questions, orders and kills fall: no task that was told to be taken on is lost, none is
    /// launched twice, no slot leaks, and in the end all are over.
    #[test]
    fn kills_lose_nothing_and_double_nothing(steps in proptest::collection::vec(step(), 1..80)) {
        let mut world = World::default();
        let mut daemon = Daemon::start(&world);
        let mut number = 0;
        for step in steps {
            match step {
                Step::Submit(owner) => {
                    number += 1;
                    let wish = Wish { idempotency_key: Some(format!("{number}")), ..wish("x") };
                    drop(submit(&mut daemon.board, &owner.to_string(), number, wish));
                }
                Step::Write(true) => daemon.flush(&mut world),
                Step::Write(false) => daemon.write(false),
                Step::Look => daemon.look(&mut world),
                Step::End(which, how) => if let Some(task) = one(&daemon.board, which) {
                    let how = match how {
                        0 => ended(Ending::Code(0), DONE),
                        1 => ended(Ending::Code(0), ASKS),
                        2 => ended(Ending::Signal(9), ""),
                        _ => ended(Ending::Code(0), ""),
                    };
                    daemon.end(&mut world, &task.id, task.run.number, how);
                },
                Step::Ask(which) => if let Some(task) = one(&daemon.board, which)
                    && world.launched.contains_key(&task.run.session_id)
                {
                    let asked = question(&format!("q{number}"), Kind::Input);
                    daemon.board.hear(&task.id, task.run.number, asked, now(50));
                },
                Step::Answer(which) => if let Some(task) = one(&daemon.board, which) {
                    number += 1;
                    let said = says(Decision::Answer, "this");
                    drop(daemon.board.answer(&task.id, None, said, format!("s-{number}")));
                },
                Step::Cancel(which) => if let Some(task) = one(&daemon.board, which) {
                    daemon.board.cancel(&task.id, "ann", now(50));
                },
                Step::Kill => daemon = Daemon::start(&world),
            }
            daemon.go_on(&mut world);
            daemon.check();
        }
        for _ in 0..200 {
            daemon.go_on(&mut world);
            while !daemon.writes.is_empty() {
                daemon.flush(&mut world);
            }
            daemon.look(&mut world);
            let live: Vec<Task> = daemon.watched.clone();
            for task in live {
                daemon.end(&mut world, &task.id, task.run.number, ended(Ending::Code(0), DONE));
            }
        }
        daemon.go_on(&mut world);
        for task in daemon.board.tasks() {
            prop_assert!(task.state.is_over() || task.is_resting(), "{task:?}");
            prop_assert!(world.disk.contains_key(&task.id));
        }
        prop_assert!(world.launched.values().all(|times| *times == 1), "{:?}", world.launched);
    }
}
