//! A step in its graph: how it is, and how it came there.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::step::Step;

/// How a step is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "SetupState"))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its turn, for what it needs, or for another try.
    #[default]
    Pending,
    /// Only the token is missing.
    WaitingForToken,
    Running,
    Complete,
    /// It was right already, is switched off, is not needed here, or cannot be; the reason is given.
    Skipped,
    Error,
    /// Somebody stopped it.
    Cancelled,
}

impl State {
    /// Nothing follows by itself.
    pub fn is_over(self) -> bool {
        !matches!(self, State::Pending | State::WaitingForToken | State::Running)
    }
}

/// What a run of a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and its product is there.
    Done {
        version: Option<String>,
    },
    /// Nothing was to be done.
    Right {
        why: String,
        version: Option<String>,
    },
    Failed(Failure),
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Failure {
    /// With what to do about it.
    pub why: String,
    /// Another try may go better.
    pub again: bool,
    /// But not before this has passed.
    pub after: Option<Duration>,
}

impl Failure {
    /// It stays so until somebody does something.
    pub fn last(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), again: false, after: None }
    }

    /// It may go better another time.
    pub fn passing(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), again: true, after: None }
    }
}

/// Whether a step takes part, by its toggle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    On,
    /// And why.
    Off(String),
    /// The toggle cannot be read.
    Unreadable(String),
}

/// A step, and how it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub step: Step,
    pub verdict: Verdict,
    pub state: State,
    /// What went wrong, or why it was skipped.
    pub why: Option<String>,
    /// Of what it installed or found.
    pub version: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Tries since somebody last asked for it.
    pub attempts: u32,
    /// When the next try may begin.
    pub(super) not_before: Option<Duration>,
    /// Not to be skipped because all is right.
    pub(super) forced: bool,
    /// Which run is the present one.
    pub(super) run: u64,
    /// A former run that was stopped and has not ended.
    pub(super) leaving: Option<u64>,
    /// Skipped because of a step that failed.
    pub(super) blocked: bool,
}

impl Node {
    pub(super) fn new(step: Step, verdict: Verdict) -> Node {
        Node {
            step,
            verdict,
            state: State::Pending,
            why: None,
            version: None,
            started_at: None,
            finished_at: None,
            attempts: 0,
            not_before: None,
            forced: false,
            run: 0,
            leaving: None,
            blocked: false,
        }
    }

    pub fn id(&self) -> &str {
        &self.step.id
    }

    /// A failed try is over, and another comes.
    pub fn is_backing_off(&self) -> bool {
        self.state == State::Pending && self.not_before.is_some()
    }

    /// What needs it may go on.
    pub(super) fn is_met(&self) -> bool {
        self.state == State::Complete || (self.state == State::Skipped && !self.blocked)
    }

    /// What needs it cannot go on.
    pub(super) fn is_lost(&self) -> bool {
        self.state.is_over() && !self.is_met()
    }

    /// As if nothing had happened; a run that is leaving goes on leaving.
    pub(super) fn reset(&mut self, forced: bool) {
        let leaving = self.leaving;
        *self = Node { leaving, forced, ..Node::new(self.step.clone(), self.verdict.clone()) };
    }

    pub(super) fn settle(&mut self, state: State, why: Option<String>, at: DateTime<Utc>) {
        self.state = state;
        self.why = why;
        self.finished_at = self.started_at.map(|_| at);
        self.not_before = None;
        self.run = 0;
    }
}
