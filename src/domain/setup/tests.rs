//! The graph by rules, then by chance: random graphs, random outcomes, random orders from people.

use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

const RULES: Rules = Rules { parallel: 2, first_wait: Duration::from_secs(2), workspace: true };

fn now(seconds: u64) -> Now {
    let at = DateTime::from_timestamp(1_700_000_000 + i64::try_from(seconds).unwrap(), 0).unwrap();
    Now { at, moment: Duration::from_secs(seconds) }
}

/// Steps written as `id: need need`.
fn graph(rules: Rules, steps: &[&str]) -> Graph {
    let text: String = steps
        .iter()
        .map(|step| {
            let (id, needs) = step.split_once(':').unwrap();
            let needs: Vec<&str> = needs.split_whitespace().collect();
            format!("[[step]]\nid = \"{id}\"\nneeds = {needs:?}\nrun = {{ kind = \"git\" }}\n")
        })
        .collect();
    let catalogue = Catalogue::read(&[Source { name: "test", text: &text }], &[]).unwrap();
    Graph::new(&catalogue, rules, |_| Verdict::On)
}

fn begun(steps: &[&str]) -> Graph {
    let mut graph = graph(RULES, steps);
    graph.begin(now(0));
    graph
}

/// Ids and numbers of what begins.
fn begins(graph: &mut Graph, at: u64) -> Vec<(String, u64)> {
    let acts = graph.due(now(at)).into_iter();
    acts.map(|act| match act {
        Act::Run { id, run, .. } => (id, run),
        Act::Stop { .. } => panic!("nothing was to stop"),
    })
    .collect()
}

fn names(begins: &[(String, u64)]) -> Vec<&str> {
    begins.iter().map(|(id, _)| id.as_str()).collect()
}

fn done() -> Outcome {
    Outcome::Done { version: None }
}

fn state(graph: &Graph, id: &str) -> State {
    graph.node(id).unwrap().state
}

#[test]
fn a_step_begins_when_its_needs_are_met_and_there_is_room() {
    let mut graph = begun(&["a:", "b:", "c:", "d:a c"]);
    let first = begins(&mut graph, 0);
    assert_eq!(names(&first), ["a", "b"], "no more than two at once");
    assert!(begins(&mut graph, 0).is_empty());
    graph.ended("a", first[0].1, done(), now(1));
    let second = begins(&mut graph, 1);
    assert_eq!(names(&second), ["c"]);
    graph.ended("c", second[0].1, Outcome::Right { why: "it is there".into(), version: None }, now(2));
    assert_eq!(names(&begins(&mut graph, 2)), ["d"], "what was right already is as good");
    assert_eq!(graph.top(), Top::Running);
}

#[test]
fn nothing_runs_before_it_is_asked_for() {
    let mut graph = graph(RULES, &["a:"]);
    assert!(graph.due(now(0)).is_empty());
    assert_eq!((graph.top(), graph.retry("a")), (Top::Idle, Err(Refusal::NotBegun)));
}

#[test]
fn what_may_go_better_is_tried_again_and_later_each_time() {
    let mut graph = begun(&["a:"]);
    let mut at = 0;
    for wait in [2, 4] {
        let run = begins(&mut graph, at)[0].1;
        graph.ended("a", run, Outcome::Failed(Failure::passing("no answer")), now(at));
        assert!(graph.node("a").unwrap().is_backing_off());
        assert!(begins(&mut graph, at + wait - 1).is_empty());
        at += wait;
    }
    let run = begins(&mut graph, at)[0].1;
    graph.ended("a", run, Outcome::Failed(Failure::passing("no answer")), now(at));
    assert_eq!(state(&graph, "a"), State::Error, "two further tries and no more");
    assert_eq!((graph.top(), graph.node("a").unwrap().attempts), (Top::Error, 3));
}

#[test]
fn a_server_s_wish_to_wait_is_heard() {
    let mut graph = begun(&["a:"]);
    let run = begins(&mut graph, 0)[0].1;
    let busy = Failure { after: Some(Duration::from_secs(30)), ..Failure::passing("429") };
    graph.ended("a", run, Outcome::Failed(busy), now(0));
    assert!(begins(&mut graph, 29).is_empty());
    assert_eq!(begins(&mut graph, 30).len(), 1);
}

#[test]
fn what_will_not_go_better_is_an_error_at_once_and_what_needs_it_is_skipped() {
    let mut graph = begun(&["a:", "b:a", "c:b"]);
    let run = begins(&mut graph, 0)[0].1;
    graph.ended("a", run, Outcome::Failed(Failure::last("wrong checksum")), now(1));
    assert!(begins(&mut graph, 1).is_empty());
    assert_eq!((state(&graph, "b"), state(&graph, "c")), (State::Skipped, State::Skipped));
    assert_eq!(graph.node("b").unwrap().why.as_deref(), Some("it needs \"a\", which did not work"));
    assert_eq!(graph.retry("b"), Err(Refusal::Blocked { id: "b".into(), need: "a".into() }));
    // Once it is mended, the rest follows by itself.
    graph.retry("a").unwrap();
    let run = begins(&mut graph, 2)[0].1;
    graph.ended("a", run, done(), now(3));
    assert_eq!(names(&begins(&mut graph, 3)), ["b"]);
    assert_eq!(state(&graph, "c"), State::Pending);
}

#[test]
fn a_skipped_step_holds_nobody_up() {
    let mut graph = begun(&["a:", "b:a"]);
    let run = begins(&mut graph, 0)[0].1;
    graph.ended("a", run, Outcome::Failed(Failure::last("no")), now(1));
    begins(&mut graph, 1);
    graph.skip("a", now(2)).unwrap();
    assert_eq!(names(&begins(&mut graph, 2)), ["b"]);
    assert_eq!(graph.skip("a", now(2)), Err(Refusal::Over("a".into())));
}

#[test]
fn a_cancelled_step_stops_and_its_late_word_does_not_count() {
    let mut graph = begun(&["a:"]);
    let run = begins(&mut graph, 0)[0].1;
    graph.cancel("a", now(1)).unwrap();
    assert_eq!(graph.due(now(1)), [Act::Stop { id: "a".into(), run }]);
    assert_eq!((state(&graph, "a"), graph.top()), (State::Cancelled, Top::Error));
    graph.retry("a").unwrap();
    assert!(graph.due(now(1)).is_empty(), "not before the other is gone");
    graph.ended("a", run, done(), now(2));
    assert_eq!(state(&graph, "a"), State::Pending);
    graph.gone("a", run, now(2));
    assert_eq!(begins(&mut graph, 2).len(), 1);
}

#[test]
fn a_step_that_vanishes_has_failed() {
    let mut graph = begun(&["a:"]);
    for at in [0, 10, 20] {
        let run = begins(&mut graph, at)[0].1;
        graph.gone("a", run, now(at));
    }
    assert!(graph.node("a").unwrap().why.as_ref().unwrap().contains("without a word"));
}

#[test]
fn a_token_that_arrives_starts_what_waits_for_it() {
    let mut graph = begun(&["a:", "b:a token", "c:b"]);
    let run = begins(&mut graph, 0)[0].1;
    assert_eq!(state(&graph, "b"), State::Pending);
    graph.ended("a", run, done(), now(1));
    assert!(begins(&mut graph, 1).is_empty());
    assert_eq!((state(&graph, "b"), graph.top()), (State::WaitingForToken, Top::Pending));
    graph.token_is(true);
    let run = begins(&mut graph, 2)[0].1;
    graph.ended("b", run, done(), now(3));
    assert_eq!(names(&begins(&mut graph, 3)), ["c"]);
}

#[test]
fn when_only_the_token_is_missing_the_whole_is_pending() {
    let mut graph = begun(&["b:token", "c:b"]);
    begins(&mut graph, 0);
    assert_eq!((graph.top(), graph.finished_at()), (Top::Pending, None));
}

#[test]
fn without_a_workspace_its_steps_are_skipped() {
    let mut graph = graph(Rules { workspace: false, ..RULES }, &["a:workspace token", "b:a"]);
    graph.begin(now(0));
    assert_eq!(names(&begins(&mut graph, 0)), ["b"]);
    assert_eq!(state(&graph, "a"), State::Skipped);
}

#[test]
fn toggles_decide_who_takes_part() {
    let mut graph = graph(RULES, &["a:", "b:", "c:a"]);
    graph.nodes[0].verdict = Verdict::Off("ENABLE_A is off".into());
    graph.nodes[1].verdict = Verdict::Unreadable("say yes or no".into());
    graph.begin(now(0));
    assert_eq!(names(&begins(&mut graph, 0)), ["c"]);
    assert_eq!((state(&graph, "a"), state(&graph, "b")), (State::Skipped, State::Error));
    let refused = Refusal::Off { id: "a".into(), why: "ENABLE_A is off".into() };
    assert_eq!(graph.retry("a"), Err(refused));
}

#[test]
fn a_new_daemon_goes_on() {
    let steps = ["a:", "b:", "c:", "d:c"];
    let mut graph = begun(&steps);
    let first = begins(&mut graph, 0);
    graph.ended("a", first[0].1, done(), now(1));
    let text = serde_json::to_string(&graph.kept("one", vec![(7, 8)])).unwrap();
    let kept: Kept = serde_json::from_str(&text).unwrap();
    assert_eq!(kept.groups, [(7, 8)]);
    let mut next = begun(&steps);
    assert_eq!(next.resume(kept), ["a"]);
    assert_eq!((state(&next, "a"), state(&next, "b")), (State::Complete, State::Pending));
    assert_eq!(next.node("b").unwrap().attempts, 0, "the interrupted try does not count");
    assert_eq!(names(&begins(&mut next, 2)), ["b", "c"]);
    next.undone("a");
    assert_eq!(state(&next, "a"), State::Pending);
}

/// What may happen to a graph.
#[derive(Debug, Clone)]
enum Turn {
    End(prop::sample::Index, u8),
    Retry(prop::sample::Index),
    Skip(prop::sample::Index),
    Cancel(prop::sample::Index),
    Token(bool),
    Pass(u64),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (any::<prop::sample::Index>(), 0u8..5).prop_map(|(at, how)| Turn::End(at, how)),
        1 => any::<prop::sample::Index>().prop_map(Turn::Retry),
        1 => any::<prop::sample::Index>().prop_map(Turn::Skip),
        1 => any::<prop::sample::Index>().prop_map(Turn::Cancel),
        1 => any::<bool>().prop_map(Turn::Token),
        3 => (0u64..40).prop_map(Turn::Pass),
    ]
}

fn outcome(how: u8) -> Outcome {
    match how {
        0 | 1 => done(),
        2 => Outcome::Right { why: "there".into(), version: None },
        3 => Outcome::Failed(Failure::passing("later")),
        _ => Outcome::Failed(Failure::last("never")),
    }
}

/// Runs that have begun and not ended.
struct World {
    graph: Graph,
    at: u64,
    alive: Vec<(String, u64)>,
}

impl World {
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for act in self.graph.due(now(self.at)) {
            match act {
                Act::Run { id, run, .. } => {
                    let node = self.graph.node(&id).unwrap();
                    let met = |need: &String| {
                        self.graph
                            .node(need)
                            .is_none_or(|need| need.state == State::Complete || need.state == State::Skipped)
                    };
                    prop_assert!(node.step.needs.iter().all(met), "{id} began without its needs");
                    prop_assert!(self.alive.iter().all(|(other, _)| *other != id), "{id} runs twice");
                    self.alive.push((id, run));
                }
                Act::Stop { id, run } => {
                    self.alive.retain(|other| *other != (id.clone(), run));
                    self.graph.gone(&id, run, now(self.at));
                }
            }
        }
        prop_assert!(self.alive.len() <= RULES.parallel);
        for node in self.graph.nodes() {
            prop_assert!(node.attempts <= node.step.retries + 1);
            let running = self.alive.iter().any(|(id, _)| id == node.id());
            prop_assert_eq!(running, node.state == State::Running, "{}", node.id());
            prop_assert_eq!(node.state == State::Error, node.state == State::Error && node.why.is_some());
        }
        Ok(())
    }

    fn take(&mut self, turn: &Turn) {
        let ids: Vec<String> = self.graph.nodes().iter().map(|node| node.id().to_owned()).collect();
        let time = now(self.at);
        // An order that makes no sense is refused, and changes nothing.
        match turn {
            Turn::End(at, how) if !self.alive.is_empty() => {
                let (id, run) = self.alive.remove(at.index(self.alive.len()));
                self.graph.ended(&id, run, outcome(*how), time);
            }
            Turn::End(..) => {}
            Turn::Retry(at) => drop(self.graph.retry(&ids[at.index(ids.len())])),
            Turn::Skip(at) => drop(self.graph.skip(&ids[at.index(ids.len())], time)),
            Turn::Cancel(at) => drop(self.graph.cancel(&ids[at.index(ids.len())], time)),
            Turn::Token(there) => self.graph.token_is(*there),
            Turn::Pass(seconds) => self.at += seconds,
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_needs_and_limits_hold_and_it_comes_to_an_end(
        needs in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 1..9),
        tokens in prop::collection::vec(any::<bool>(), 9),
        turns in prop::collection::vec(turn(), 0..60),
    ) {
        let steps: Vec<String> = needs.iter().enumerate().map(|(number, needs)| {
            let earlier = needs.iter().filter(|_| number > 0).map(|need| format!("s{}", need.index(number)));
            let token = tokens[number].then(|| "token".to_owned());
            format!("s{number}:{}", earlier.chain(token).collect::<Vec<_>>().join(" "))
        }).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let mut world = World { graph: begun(&steps), at: 0, alive: Vec::new() };
        world.settle()?;
        for turn in &turns {
            world.take(turn);
            world.settle()?;
        }
        // With a token, and when all that runs ends well, nothing is left over.
        world.graph.token_is(true);
        for _ in 0..40 {
            world.at += 700;
            world.settle()?;
            while let Some((id, run)) = world.alive.pop() {
                world.graph.ended(&id, run, done(), now(world.at));
            }
        }
        prop_assert!(world.graph.nodes().iter().all(|node| node.state.is_over()));
        prop_assert!(matches!(world.graph.top(), Top::Complete | Top::Error));
    }

    #[test]
    fn what_is_kept_is_read_again(turns in prop::collection::vec(turn(), 0..30)) {
        let steps = ["a:", "b:a", "c:token", "d:b c"];
        let mut world = World { graph: begun(&steps), at: 0, alive: Vec::new() };
        for turn in &turns {
            world.take(turn);
            world.settle()?;
        }
        let kept = world.graph.kept("x", Vec::new());
        let read: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        let mut next = graph(RULES, &steps);
        next.resume(read);
        for (old, new) in world.graph.nodes().iter().zip(next.nodes()) {
            let expected = if old.state.is_over() { old.state } else { State::Pending };
            prop_assert_eq!(new.state, expected);
        }
    }
}
