//! The graph: which step begins when.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::catalogue::Catalogue;
use super::node::{Failure, Node, Outcome, State, Verdict};
use super::step::{Step, TOKEN, WORKSPACE};

/// The longest wait between two tries, and the longest that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// The time: for people, and on a clock that never jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    pub at: DateTime<Utc>,
    pub moment: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Steps that run at once.
    pub parallel: usize,
    /// Wait before the second try; twice that before the third, and so on.
    pub first_wait: Duration,
    /// Whether there is a workspace.
    pub workspace: bool,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// `forced`: even if it is right already.
    Run { id: String, run: u64, forced: bool },
    /// Answer with [`Graph::gone`] when it has ended.
    Stop { id: String, run: u64 },
}

/// How the whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Top {
    /// Nobody has asked for it.
    Idle,
    /// What is left waits for the token.
    Pending,
    Running,
    Complete,
    Error,
}

/// An order that makes no sense now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no step `{0}`; see /api/setup-status")]
    Unknown(String),
    #[error("the setup has not begun; start it with POST /api/setup/start or `coda setup`")]
    NotBegun,
    #[error("`{0}` is running; cancel it first")]
    Running(String),
    #[error("`{0}` is over; nothing is left to stop")]
    Over(String),
    #[error("`{id}` is switched off: {why}")]
    Off { id: String, why: String },
    #[error("`{id}` needs `{need}`, which did not work; try that again first")]
    Blocked { id: String, need: String },
}

#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) rules: Rules,
    /// Each after those that it needs.
    pub(super) nodes: Vec<Node>,
    pub(super) begun: bool,
    pub(super) started_at: Option<DateTime<Utc>>,
    token: bool,
    runs: u64,
    stops: Vec<(String, u64)>,
}

impl Graph {
    /// `verdict`: whether a step takes part.
    pub fn new(catalogue: &Catalogue, rules: Rules, verdict: impl Fn(&Step) -> Verdict) -> Graph {
        let nodes = catalogue.steps.iter().map(|step| Node::new(step.clone(), verdict(step))).collect();
        Graph { rules, nodes, begun: false, started_at: None, token: false, runs: 0, stops: Vec::new() }
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id() == id)
    }

    pub fn has_begun(&self) -> bool {
        self.begun
    }

    pub fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// When the last step ended, if all have.
    pub fn finished_at(&self) -> Option<DateTime<Utc>> {
        let over = matches!(self.top(), Top::Complete | Top::Error);
        self.nodes.iter().filter_map(|node| node.finished_at).max().or(self.started_at).filter(|_| over)
    }

    pub fn top(&self) -> Top {
        let is = |state: State| self.nodes.iter().any(|node| node.state == state);
        let stuck = self.waiting_for_the_token();
        let moves = |node: &Node| {
            node.state == State::Running || (node.state == State::Pending && !stuck.contains(&node.id()))
        };
        match () {
            () if !self.begun => Top::Idle,
            () if self.nodes.iter().any(moves) => Top::Running,
            () if is(State::Error) || is(State::Cancelled) => Top::Error,
            () if !stuck.is_empty() => Top::Pending,
            () => Top::Complete,
        }
    }

    /// Steps that wait for the token, themselves or by what they need.
    fn waiting_for_the_token(&self) -> Vec<&str> {
        let mut waiting: Vec<&str> = Vec::new();
        for node in &self.nodes {
            let by_needs = || node.step.needs.iter().any(|need| waiting.contains(&need.as_str()));
            if node.state == State::WaitingForToken || (node.state == State::Pending && by_needs()) {
                waiting.push(node.id());
            }
        }
        waiting
    }

    /// From here on steps run. What is over already begins anew, each step from its check.
    pub fn begin(&mut self, now: Now) {
        if self.begun && self.top() == Top::Running {
            return;
        }
        self.begun = true;
        self.started_at = Some(now.at);
        self.nodes.iter_mut().for_each(|node| node.reset(false));
    }

    /// Whether there is a token.
    pub fn token_is(&mut self, there: bool) {
        self.token = there;
    }

    /// What is to be done now.
    pub fn due(&mut self, now: Now) -> Vec<Act> {
        let mut acts: Vec<Act> =
            std::mem::take(&mut self.stops).into_iter().map(|(id, run)| Act::Stop { id, run }).collect();
        if !self.begun {
            return acts;
        }
        let mut running =
            self.nodes.iter().filter(|node| node.state == State::Running || node.leaving.is_some()).count();
        for index in 0..self.nodes.len() {
            if !matches!(self.nodes[index].state, State::Pending | State::WaitingForToken) {
                continue;
            }
            self.look(index, now);
            let node = &mut self.nodes[index];
            let waits = node.not_before.is_some_and(|moment| moment > now.moment) || node.leaving.is_some();
            if node.state == State::Running && (waits || running >= self.rules.parallel) {
                node.state = State::Pending;
            } else if node.state == State::Running {
                running += 1;
                self.runs += 1;
                (node.run, node.not_before) = (self.runs, None);
                node.attempts += 1;
                node.started_at = node.started_at.or(Some(now.at));
                acts.push(Act::Run { id: node.step.id.clone(), run: node.run, forced: node.forced });
            }
        }
        acts
    }

    /// What a waiting step is by its needs; `Running`: it could.
    fn look(&mut self, index: usize, now: Now) {
        let step = &self.nodes[index].step;
        let needs: Vec<&Node> = step.needs.iter().filter_map(|need| self.node(need)).collect();
        let lost = needs.iter().find(|need| need.is_lost()).map(|need| need.step.label.clone());
        let met = needs.iter().all(|need| need.is_met());
        let asks = |name: &str| step.needs.iter().any(|need| need == name);
        let (workspace, token) = (asks(WORKSPACE) && !self.rules.workspace, asks(TOKEN) && !self.token);
        let node = &mut self.nodes[index];
        match &node.verdict {
            Verdict::Off(why) => {
                let why = why.clone();
                return node.settle(State::Skipped, Some(why), now.at);
            }
            Verdict::Unreadable(why) => {
                let why = why.clone();
                return node.settle(State::Error, Some(why), now.at);
            }
            Verdict::On => {}
        }
        if workspace {
            node.settle(State::Skipped, Some("there is no workspace (DATABRICKS_HOST)".to_owned()), now.at);
        } else if let Some(lost) = lost {
            node.settle(State::Skipped, Some(format!("it needs \"{lost}\", which did not work")), now.at);
            node.blocked = true;
        } else {
            node.state = match (met, token) {
                (true, false) => State::Running,
                (true, true) => State::WaitingForToken,
                (false, _) => State::Pending,
            };
        }
    }

    /// How a run ended. A run that is not the present one of its step any more is heard of in vain.
    pub fn ended(&mut self, id: &str, run: u64, outcome: Outcome, now: Now) {
        self.forget(id, run);
        let first_wait = self.rules.first_wait;
        let Some(node) = self.nodes.iter_mut().find(|node| node.id() == id && node.run == run && run > 0)
        else {
            return;
        };
        match outcome {
            Outcome::Done { version } => {
                node.version = version;
                node.settle(State::Complete, None, now.at);
            }
            Outcome::Right { why, version } => {
                node.version = version;
                node.settle(State::Skipped, Some(why), now.at);
            }
            Outcome::Failed(failure) if failure.again && node.attempts <= node.step.retries => {
                node.state = State::Pending;
                node.run = 0;
                node.not_before = Some(now.moment + wait(first_wait, node.attempts, failure.after));
            }
            Outcome::Failed(failure) => node.settle(State::Error, Some(failure.why), now.at),
        }
        if node.is_met() {
            node.forced = false;
            self.unblock();
        }
    }

    /// A run is gone. If it said nothing, that is a failure, too.
    pub fn gone(&mut self, id: &str, run: u64, now: Now) {
        let silent = Failure::passing("the step ended without a word; look at the log of `coda serve`");
        self.ended(id, run, Outcome::Failed(silent), now);
    }

    fn forget(&mut self, id: &str, run: u64) {
        for node in self.nodes.iter_mut().filter(|node| node.id() == id && node.leaving == Some(run)) {
            node.leaving = None;
        }
    }

    /// What was skipped because of another step looks again.
    fn unblock(&mut self) {
        self.nodes.iter_mut().filter(|node| node.blocked).for_each(|node| node.reset(false));
    }

    /// Do the step again, even if all is right.
    pub fn retry(&mut self, id: &str) -> Result<(), Refusal> {
        let node = self.asked(id)?;
        if node.state == State::Running {
            return Err(Refusal::Running(id.to_owned()));
        }
        if let Verdict::Off(why) | Verdict::Unreadable(why) = &node.verdict {
            return Err(Refusal::Off { id: id.to_owned(), why: why.clone() });
        }
        let needs = node.step.needs.clone();
        let lost = needs.into_iter().find(|need| self.node(need).is_some_and(Node::is_lost));
        if let Some(need) = lost {
            return Err(Refusal::Blocked { id: id.to_owned(), need });
        }
        self.of(id).reset(true);
        Ok(())
    }

    /// Go on without the step.
    pub fn skip(&mut self, id: &str, now: Now) -> Result<(), Refusal> {
        let node = self.asked(id)?;
        if node.is_met() {
            return Err(Refusal::Over(id.to_owned()));
        }
        self.stop(id);
        let node = self.of(id);
        node.blocked = false;
        node.settle(State::Skipped, Some("skipped by hand".to_owned()), now.at);
        self.unblock();
        Ok(())
    }

    /// Stop the step.
    pub fn cancel(&mut self, id: &str, now: Now) -> Result<(), Refusal> {
        if self.asked(id)?.state.is_over() {
            return Err(Refusal::Over(id.to_owned()));
        }
        self.stop(id);
        self.of(id).settle(State::Cancelled, Some("cancelled by hand".to_owned()), now.at);
        Ok(())
    }

    /// The product of a step is gone, or nobody runs it any more.
    pub fn undone(&mut self, id: &str) {
        if let Some(node) = self.nodes.iter_mut().find(|node| node.id() == id) {
            node.reset(false);
            node.leaving = None;
        }
    }

    fn stop(&mut self, id: &str) {
        let node = self.of(id);
        if node.state == State::Running {
            let run = node.run;
            node.leaving = Some(run);
            self.stops.push((id.to_owned(), run));
        }
    }

    fn asked(&self, id: &str) -> Result<&Node, Refusal> {
        if !self.begun {
            return Err(Refusal::NotBegun);
        }
        self.node(id).ok_or_else(|| Refusal::Unknown(id.to_owned()))
    }

    fn of(&mut self, id: &str) -> &mut Node {
        self.nodes.iter_mut().find(|node| node.id() == id).expect("whoever calls has found it")
    }
}

/// How long to wait after so many tries; a server may ask for longer.
fn wait(first: Duration, attempts: u32, asked: Option<Duration>) -> Duration {
    let doubled = first.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_WAIT);
    doubled.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}
