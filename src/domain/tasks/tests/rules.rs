//! Orders, the way of a run, and how long it may go on.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::super::task::Task;
use super::super::{
    Answer, Decision, Ending, Evidence, Fact, Fate, Found, Hand, Heard, Kind, NotAnswered, Pace, PaceRules,
    Question, Refusal, State, Stop, TaskId, Terms, Way, Wish, way,
};

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

pub(super) fn terms() -> Terms {
    let agents = vec![hand("claude", true), hand("codex", true)];
    Terms { agents, timeout_s: 3_600, longest_s: 86_400 }
}

fn hand(name: &str, is_here: bool) -> Hand {
    Hand { name: name.to_owned(), program: name.to_owned(), is_here }
}

pub(super) fn wish(prompt: &str) -> Wish {
    Wish { prompt: prompt.to_owned(), ..Wish::default() }
}

pub(super) fn id(number: u64) -> TaskId {
    TaskId::fresh(&format!("{number:032x}")).unwrap()
}

fn task(state: State) -> Task {
    let (order, _) = wish("do it").check(&terms()).unwrap();
    let mut task = Task::new(id(1), "ann".into(), order, "s-1".into(), at(0));
    if state != State::Queued {
        task.launch("k1", 5, at(1));
        task.state = state;
    }
    task
}

pub(super) fn ended(ending: Ending, result: &str) -> Fact {
    let result = if result.is_empty() { Found::Nothing } else { Found::read(result.as_bytes()) };
    Fact::Ended(Box::new(Evidence { ending, result, heard: Heard::default() }))
}

pub(super) fn question(id: &str, kind: Kind) -> Fact {
    let (what, detail) = ("may it?".to_owned(), Some("rm -rf build".to_owned()));
    Fact::Asked(Question { id: id.to_owned(), kind, what, detail, asked_at: at(2) })
}

pub(super) fn says(decision: Decision, text: &str) -> Answer {
    Answer { decision, text: text.to_owned(), by: "ann".into(), at: at(3) }
}

pub(super) const DONE: &str = r#"{"status": "completed", "summary": "done"}"#;
pub(super) const ASKS: &str = r#"{"status": "info_needed", "feedback": "which?"}"#;

#[test]
fn an_order_is_checked() {
    let refused = |change: fn(&mut Wish)| {
        let mut wish = wish("do it");
        change(&mut wish);
        wish.check(&terms()).map(drop).unwrap_err()
    };
    assert_eq!(refused(|wish| wish.prompt = " \n".into()), Refusal::Empty);
    assert!(matches!(refused(|wish| wish.prompt = "x".repeat(300_000)), Refusal::TooLong { .. }));
    assert!(matches!(refused(|wish| wish.context = Some(json!("{nonsense"))), Refusal::Context(_)));
    assert!(matches!(refused(|wish| wish.context = Some(json!([1]))), Refusal::Context(_)));
    assert!(matches!(
        refused(|wish| wish.context = Some(json!({"a": "x".repeat(70_000)}))),
        Refusal::TooLong { .. }
    ));
    assert!(matches!(refused(|wish| wish.timeout_s = Some(-1)), Refusal::Timeout { .. }));
    assert!(matches!(refused(|wish| wish.timeout_s = Some(90_000)), Refusal::Timeout { .. }));
    assert!(matches!(refused(|wish| wish.agent = Some("vi".into())), Refusal::Agent { .. }));
    assert_eq!(refused(|wish| wish.cwd = Some("a\0b".into())), Refusal::Text("cwd"));
    assert!(matches!(refused(|wish| wish.idempotency_key = Some("x".repeat(201))), Refusal::TooLong { .. }));
}

/// Who there is, whom the order names → who is asked, or the code of the refusal.
#[test]
fn who_is_asked_is_here() {
    for (here, said, expected) in [
        (&[][..], None, Err("NoAgent")),
        (&[("claude", true), ("codex", true)], None, Ok("claude")),
        (&[("claude", false), ("codex", true)], None, Ok("codex")),
        (&[("claude", false), ("codex", true)], Some(""), Ok("codex")),
        (&[("claude", false), ("codex", true)], Some("claude"), Err("NotHere")),
        (&[("claude", false)], None, Err("NotHere")),
        (&[("claude", true)], Some("vi"), Err("Agent")),
    ] {
        let agents = here.iter().map(|(name, is_here)| hand(name, *is_here)).collect();
        let wish = Wish { agent: said.map(str::to_owned), ..wish("x") };
        let asked = wish.check(&Terms { agents, ..terms() }).map(|(order, _)| order.agent);
        let asked = asked.map_err(|refusal| {
            assert_eq!(refusal.code(), "agent_unavailable");
            format!("{refusal:?}")
        });
        match (&asked, expected) {
            (Ok(asked), Ok(expected)) => assert_eq!(asked, expected),
            (Err(refusal), Err(expected)) => assert!(refusal.starts_with(expected), "{refusal}"),
            _ => panic!("{here:?} {said:?}: {asked:?}"),
        }
    }
}

#[test]
fn an_order_has_defaults() {
    let (order, body) = wish("fix\n\u{1b}[31m  the   build").check(&terms()).unwrap();
    assert_eq!((order.agent.as_str(), order.timeout_s, order.workflow_protocol), ("claude", 3_600, true));
    assert_eq!(order.summary, "fix [31m the build");
    assert_eq!(body.context, None);
    for nothing in [json!({}), json!(""), json!("{}"), json!(null)] {
        let (_, body) = Wish { context: Some(nothing), ..wish("x") }.check(&terms()).unwrap();
        assert_eq!(body.context, None);
    }
    let (_, body) = Wish { context: Some(json!("{\"a\": 1}")), ..wish("x") }.check(&terms()).unwrap();
    assert_eq!(body.context, Some(json!({"a": 1})), "text of an object does as well");
    let (again, _) = wish("fix\n\u{1b}[31m  the   build").check(&terms()).unwrap();
    assert_eq!(again.digest, order.digest);
    assert_ne!(wish("other").check(&terms()).unwrap().0.digest, order.digest);
}

/// State and fact → state; none: nothing is heard.
#[test]
fn a_run_goes_its_way() {
    use State::{Completed, Failed, Interrupted, NeedsApproval, NeedsInput, Queued, Starting, Working};
    let gone_on = || Fact::GoneOn { question: "q".into() };
    for (state, fact, expected) in [
        (Queued, Fact::Started, None),
        (Queued, ended(Ending::Code(0), DONE), None),
        (Starting, Fact::Started, Some(Working)),
        (Working, Fact::Started, None),
        (Working, question("q", Kind::Approval), Some(NeedsApproval)),
        (Starting, question("q", Kind::Input), Some(NeedsInput)),
        (Working, gone_on(), None),
        (Working, ended(Ending::Code(0), DONE), Some(Completed)),
        (Starting, ended(Ending::NotStarted("no".into()), ""), Some(Failed)),
        (NeedsApproval, ended(Ending::Code(0), ""), Some(Failed)),
        (Working, ended(Ending::Code(1), ""), Some(Failed)),
        (Working, ended(Ending::Unseen, ""), Some(Interrupted)),
        (Working, ended(Ending::Unseen, DONE), Some(Completed)),
        (Working, ended(Ending::Code(0), ASKS), Some(NeedsInput)),
        (Completed, ended(Ending::Code(1), ""), None),
        (Failed, Fact::Started, None),
    ] {
        let mut task = task(state);
        task.run.over = state.is_over();
        let heard = task.hear(fact.clone(), at(9));
        assert_eq!(heard.then_some(task.state), expected, "{state:?} {fact:?}");
    }
}

#[test]
fn the_first_answer_counts() {
    let mut task = task(State::Working);
    assert!(task.hear(question("a", Kind::Approval), at(2)));
    assert!(task.hear(question("b", Kind::Input), at(2)));
    assert!(!task.hear(question("b", Kind::Input), at(2)), "asked twice is asked once");
    let answer =
        |task: &mut Task, question: Option<&str>, answer| task.answer(question, answer, "s-2".into());
    assert_eq!(answer(&mut task, None, says(Decision::Approve, "")), Err(NotAnswered::Which));
    assert_eq!(answer(&mut task, Some("a"), says(Decision::Answer, "yes")), Err(NotAnswered::Decide));
    assert_eq!(answer(&mut task, Some("b"), says(Decision::Answer, " ")), Err(NotAnswered::Text));
    assert_eq!(answer(&mut task, Some("a"), says(Decision::Deny, "too much")), Ok(()));
    assert!(matches!(
        answer(&mut task, Some("a"), says(Decision::Approve, "")),
        Err(NotAnswered::NotOpen(_))
    ));
    assert_eq!(task.state, State::NeedsInput);
    assert!(!task.settled[0].delivered);
    assert!(task.hear(Fact::Delivered { question: "a".into() }, at(4)));
    assert!(task.hear(Fact::GoneOn { question: "b".into() }, at(4)));
    assert_eq!((task.state, task.run.number), (State::Working, 1));
    assert_eq!(answer(&mut task, None, says(Decision::Approve, "")), Err(NotAnswered::NotAsked("running")));
}

#[test]
fn an_answer_to_an_agent_that_is_gone_is_another_run() {
    let mut task = task(State::Working);
    task.hear(ended(Ending::Code(0), ASKS), at(5));
    assert!(task.is_resting() && !task.is_live());
    assert_eq!((task.status(), task.questions[0].what.as_str()), ("info_needed", "which?"));
    task.answer(None, says(Decision::Answer, "this"), "s-2".into()).unwrap();
    assert_eq!((task.state, task.run.number, task.run.session_id.as_str()), (State::Queued, 2, "s-2"));
    assert!(task.ran_in("s-1") && task.ran_in("s-2"));
    assert!(task.settled[0].delivered, "the next run reads it");
    task.launch("k1", 9, at(6));
    task.hear(Fact::Started, at(6));
    task.hear(ended(Ending::Code(0), DONE), at(7));
    assert_eq!(task.state, State::Completed);
}

#[test]
fn a_cancelled_task_is_cancelled_however_its_agent_ends() {
    for (state, over_at_once) in
        [(State::Queued, true), (State::Starting, false), (State::NeedsApproval, false)]
    {
        let mut task = task(state);
        assert!(task.cancel("ann", at(2)));
        assert!(!task.cancel("bob", at(2)), "once");
        assert_eq!(task.state.is_over(), over_at_once, "{state:?}");
        task.hear(ended(Ending::Signal(15), DONE), at(3));
        assert_eq!(task.state, State::Cancelled, "{state:?}");
        assert_eq!(task.outcome.unwrap().why, "cancelled by ann");
    }
    let mut over = task(State::Working);
    over.hear(ended(Ending::Code(0), DONE), at(3));
    assert!(!over.cancel("ann", at(4)));
    assert_eq!(over.state, State::Completed);
}

#[test]
fn what_is_found_again_is_neither_lost_nor_launched_twice() {
    for (state, keeper, fate, expected) in [
        (State::Starting, "k1", Fate::Absent, Way::Launch),
        (State::Starting, "k1", Fate::Running, Way::Watch),
        (State::Starting, "k1", Fate::Over, Way::Watch),
        (State::Starting, "k2", Fate::Absent, Way::Lost),
        (State::Starting, "k2", Fate::Over, Way::Watch),
        (State::Working, "k1", Fate::Running, Way::Watch),
        (State::Working, "k1", Fate::Absent, Way::Lost),
        (State::Working, "k2", Fate::Absent, Way::Lost),
        (State::NeedsApproval, "k1", Fate::Running, Way::Watch),
        (State::NeedsApproval, "k2", Fate::Over, Way::Watch),
    ] {
        assert_eq!(way(&task(state), keeper, fate), expected, "{state:?} {keeper} {fate:?}");
    }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pace() -> Pace {
    let rules = PaceRules {
        timeout: secs(100),
        silence: secs(30),
        longest: secs(400),
        settle: secs(2),
        grace: secs(10),
    };
    Pace::new(rules, secs(1_000), secs(1_000))
}

/// A7 1, 5: the replaced server could not tell an agent at work from one that was gone, and stopped both.
#[test]
fn who_works_gets_more_time_and_who_does_not_gets_none() {
    let mut quiet = pace();
    assert_eq!(quiet.due(secs(1_099)), None);
    assert_eq!(quiet.due(secs(1_100)), Some(Stop::TimedOut));
    quiet.active(secs(1_095));
    assert_eq!(quiet.due(secs(1_124)), None);
    assert_eq!(quiet.due(secs(1_125)), Some(Stop::TimedOut));
    for now in (1_000..1_400).step_by(10) {
        quiet.active(secs(now));
        assert_eq!(quiet.due(secs(now)), None);
    }
    assert_eq!(quiet.due(secs(1_400)), Some(Stop::TimedOut), "there is an end to it");
}

#[test]
fn waiting_for_a_person_takes_no_time() {
    let mut pace = pace();
    pace.waits(true, secs(1_050));
    assert_eq!(pace.due(secs(9_000)), None);
    pace.waits(false, secs(9_000));
    assert_eq!(pace.due(secs(9_049)), None);
    assert_eq!(pace.due(secs(9_050)), Some(Stop::TimedOut));
}

#[test]
fn an_agent_has_its_grace_after_its_result() {
    let mut pace = pace();
    pace.result(Some(1), secs(1_010));
    pace.result(Some(1), secs(1_011));
    assert_eq!(pace.due(secs(1_012)), None, "not settled yet");
    pace.result(Some(2), secs(1_012));
    pace.result(Some(2), secs(1_014));
    assert_eq!(pace.due(secs(1_023)), None);
    assert_eq!(pace.due(secs(1_024)), Some(Stop::Idle));
    for now in (1_014..1_114).step_by(5) {
        pace.active(secs(now));
        assert_eq!(pace.due(secs(now)), None, "{now}");
    }
    assert_eq!(pace.due(secs(1_114)), Some(Stop::Busy));
    pace.result(None, secs(1_200));
    assert_eq!(
        pace.due(secs(1_201)),
        None,
        "it took its result back, and there is time left by its activity"
    );
}
