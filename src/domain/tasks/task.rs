//! The record of a task and what changes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::question::{self, NotAnswered};
use super::verdict::{self, Ending};
use super::{
    Answer, Claim, Evidence, Heard, Kind, Order, Outcome, Question, Settled, State, Step, TaskId, Verdict,
    judge,
};

/// Version that this program writes. Fields are only added; a higher version is not touched.
pub const VERSION: u32 = 1;

/// A task, as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub version: u32,
    pub id: TaskId,
    /// Grows with each change: of two copies the higher one is right.
    pub revision: u64,
    /// Who wants it.
    pub owner: String,
    pub order: Order,
    pub state: State,
    pub run: Run,
    /// Sessions of earlier runs.
    #[serde(default)]
    pub earlier: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    /// Since when it waits for a slot.
    pub queued_at: DateTime<Utc>,
    /// Of its first run.
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub step: Option<Step>,
    /// How many there were.
    #[serde(default)]
    pub steps: u64,
    /// The open ones, oldest first.
    #[serde(default)]
    pub questions: Vec<Question>,
    #[serde(default)]
    pub settled: Vec<Settled>,
    /// Who wants it stopped.
    #[serde(default)]
    pub cancelling: Option<String>,
    /// Of the last run that ended.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

/// One launch of the agent, in a session of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Counts from 1.
    pub number: u32,
    pub session_id: String,
    /// The keeper under which it is launched; none before.
    pub keeper: Option<String>,
    /// When it was to be launched, in milliseconds since the machine was started.
    pub began_ms: u64,
    pub over: bool,
}

/// What happened to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Its agent is there.
    Started,
    /// The agent says how far it is; `number` counts from 1, so that what is read again is not heard again.
    Progress {
        number: u64,
        step: Step,
    },
    Asked(Question),
    /// The agent goes on without an answer to this, or has had it elsewhere.
    GoneOn {
        question: String,
    },
    /// The agent has the answer to this.
    Delivered {
        question: String,
    },
    Ended(Box<Evidence>),
}

/// Something for the trail of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub at: DateTime<Utc>,
    /// `queued`, `starting`, `working`, `step`, `asked`, `answered`, `cancelling`, or a state it ended in.
    pub what: String,
    pub detail: String,
}

impl Run {
    pub(super) fn planned(number: u32, session_id: String) -> Run {
        Run { number, session_id, keeper: None, began_ms: 0, over: false }
    }
}

impl Task {
    pub(super) fn new(
        id: TaskId,
        owner: String,
        order: Order,
        session_id: String,
        now: DateTime<Utc>,
    ) -> Task {
        Task {
            version: VERSION,
            id,
            revision: 1,
            owner,
            order,
            state: State::Queued,
            run: Run::planned(1, session_id),
            earlier: Vec::new(),
            created_at: now,
            changed_at: now,
            queued_at: now,
            started_at: None,
            ended_at: None,
            step: None,
            steps: 0,
            questions: Vec::new(),
            settled: Vec::new(),
            cancelling: None,
            outcome: None,
        }
    }

    /// It has a slot: its agent runs, or is about to.
    pub fn is_live(&self) -> bool {
        !self.run.over && !matches!(self.state, State::Queued) && !self.state.is_over()
    }

    /// It waits for a person, and no agent runs.
    pub fn is_resting(&self) -> bool {
        self.run.over && self.state.needs_a_person()
    }

    pub fn timed_out(&self) -> bool {
        self.outcome.as_ref().is_some_and(Outcome::timed_out)
    }

    /// As clients have always known it.
    pub fn status(&self) -> &'static str {
        self.state.status(self.timed_out())
    }

    /// Whether it ran in this session.
    pub fn ran_in(&self, session: &str) -> bool {
        self.run.session_id == session || self.earlier.iter().any(|earlier| earlier == session)
    }

    /// It gets a slot. `keeper`: which one would hold its session.
    pub(super) fn launch(&mut self, keeper: &str, began_ms: u64, now: DateTime<Utc>) {
        self.state = State::Starting;
        (self.run.keeper, self.run.began_ms) = (Some(keeper.to_owned()), began_ms);
        self.started_at.get_or_insert(now);
    }

    /// True if it changes anything. What a run that is over says is not heard.
    pub(super) fn hear(&mut self, fact: Fact, now: DateTime<Utc>) -> bool {
        if !self.is_live() {
            return false;
        }
        match fact {
            Fact::Started if self.state == State::Starting => self.state = State::Working,
            Fact::Started => return false,
            Fact::Progress { number, .. } if number <= self.steps => return false,
            Fact::Progress { number, step } => (self.steps, self.step) = (number, Some(step)),
            Fact::Asked(question) => return self.asked(question.bounded()),
            Fact::GoneOn { question } => {
                let before = self.questions.len();
                self.questions.retain(|open| open.id != question);
                self.restate();
                return self.questions.len() != before;
            }
            Fact::Delivered { question } => {
                let waiting =
                    self.settled.iter_mut().find(|one| one.question.id == question && !one.delivered);
                let Some(settled) = waiting else { return false };
                settled.delivered = true;
            }
            Fact::Ended(evidence) => self.end(&evidence, now),
        }
        true
    }

    fn asked(&mut self, question: Question) -> bool {
        let known = self.questions.iter().any(|open| open.id == question.id)
            || self.settled.iter().any(|settled| settled.question.id == question.id);
        if known || self.questions.len() >= question::MOST {
            return false;
        }
        self.questions.push(question);
        self.restate();
        true
    }

    /// The state that the open questions make of a run.
    fn restate(&mut self) {
        let asks = |kind| self.questions.iter().any(|open| open.kind == kind);
        self.state = match () {
            () if asks(Kind::Approval) => State::NeedsApproval,
            () if asks(Kind::Input) => State::NeedsInput,
            () => State::Working,
        };
    }

    fn end(&mut self, evidence: &Evidence, now: DateTime<Utc>) {
        let outcome = match &self.cancelling {
            Some(by) => verdict::cancelled(evidence, by),
            None => judge(evidence),
        };
        self.questions.clear();
        self.run.over = true;
        self.ended_at = Some(now);
        self.state = match outcome.verdict {
            Verdict::Completed => State::Completed,
            Verdict::Failed(_) => State::Failed,
            Verdict::Cancelled => State::Cancelled,
            Verdict::Interrupted => State::Interrupted,
            Verdict::Asks(claim) => {
                let kind = if claim == Claim::NeedsApproval { Kind::Approval } else { Kind::Input };
                let what =
                    evidence.result.report().map(|report| report.asked().to_owned()).unwrap_or_default();
                let id = format!("run-{}", self.run.number);
                let question = Question { id, kind, what, detail: None, asked_at: now };
                self.questions.push(question.bounded());
                if kind == Kind::Approval { State::NeedsApproval } else { State::NeedsInput }
            }
        };
        self.outcome = Some(outcome);
    }

    /// Somebody wants it stopped. True if it changes anything.
    pub(super) fn cancel(&mut self, by: &str, now: DateTime<Utc>) -> bool {
        if self.state.is_over() || self.cancelling.is_some() {
            return false;
        }
        self.cancelling = Some(by.to_owned());
        if !self.is_live() {
            let evidence = Evidence {
                ending: Ending::NotStarted("it was cancelled".to_owned()),
                result: super::Found::Nothing,
                heard: Heard::default(),
            };
            self.outcome = Some(verdict::cancelled(&evidence, by));
            (self.state, self.ended_at) = (State::Cancelled, Some(now));
            (self.run.over, self.questions) = (true, Vec::new());
        }
        true
    }

    /// Somebody answers a question: the one of this id, or the only one. `session_id`: for another run, if the agent
    /// is gone. The first answer counts.
    pub(super) fn answer(
        &mut self,
        question: Option<&str>,
        answer: Answer,
        session_id: String,
    ) -> Result<(), NotAnswered> {
        if self.questions.is_empty() || self.cancelling.is_some() {
            return Err(NotAnswered::NotAsked(self.status()));
        }
        let place = match question {
            Some(id) => self.questions.iter().position(|open| open.id == id),
            None if self.questions.len() > 1 => return Err(NotAnswered::Which),
            None => Some(0),
        };
        let place = place.ok_or_else(|| NotAnswered::NotOpen(question.unwrap_or_default().to_owned()))?;
        answer.fits(self.questions[place].kind)?;
        let at = answer.at;
        let question = self.questions.remove(place);
        self.settled.push(Settled { question, answer, delivered: self.run.over });
        if self.settled.len() > question::MOST {
            self.settled.remove(0);
        }
        if self.run.over {
            let next = Run::planned(self.run.number + 1, session_id);
            let last = std::mem::replace(&mut self.run, next);
            self.earlier.push(last.session_id);
            (self.state, self.queued_at, self.ended_at, self.outcome) = (State::Queued, at, None, None);
        } else {
            self.restate();
        }
        Ok(())
    }
}
