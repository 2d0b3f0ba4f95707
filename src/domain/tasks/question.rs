//! What an agent asks, and what it is answered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::cut;

/// Longest text of a question or an answer, in bytes.
const TEXT: usize = 16 * 1024;
/// Questions open at once, and answers remembered.
pub(super) const MOST: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "QuestionKind"), schema(as = QuestionKind))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whether something may be done.
    Approval,
    /// Something that is missing.
    Input,
}

/// A question that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Told by no other of the same task.
    pub id: String,
    pub kind: Kind,
    /// In a sentence or a few.
    pub what: String,
    /// The exact command or change, where there is one.
    pub detail: Option<String>,
    pub asked_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "TaskDecision"), schema(as = TaskDecision))]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Approve,
    ApproveForSession,
    Deny,
    /// No yes or no: the text is the answer.
    Answer,
}

/// What somebody said to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub decision: Decision,
    pub text: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub question: Question,
    pub answer: Answer,
    /// The agent has it.
    pub delivered: bool,
}

impl Question {
    #[must_use]
    pub fn bounded(self) -> Question {
        Question {
            id: cut(&self.id, 200),
            what: cut(&self.what, TEXT),
            detail: self.detail.map(|text| cut(&text, TEXT)),
            ..self
        }
    }
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    #[error("this task asks nothing now (it is {0}); look at it again with coda_get_result")]
    NotAsked(&'static str),
    #[error("the question {0:?} is not open: it was answered, or the agent went on; look at the task again")]
    NotOpen(String),
    #[error("this task has several open questions; say which one with question_id")]
    Which,
    #[error("an answer needs a text of 1 to {TEXT} bytes")]
    Text,
    #[error("a yes or a no is wanted: `approve`, `approve_for_session` or `deny`")]
    Decide,
    #[error("{0}")]
    Unsupported(String),
}

impl Answer {
    /// Whether it answers a question of this kind.
    pub(super) fn fits(&self, kind: Kind) -> Result<(), NotAnswered> {
        let says = !self.text.trim().is_empty();
        match (kind, self.decision) {
            _ if self.text.len() > TEXT => Err(NotAnswered::Text),
            (Kind::Approval, Decision::Answer) => Err(NotAnswered::Decide),
            (Kind::Input, _) if !says => Err(NotAnswered::Text),
            _ => Ok(()),
        }
    }
}
