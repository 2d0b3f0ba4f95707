//! What goes on in a session: whether somebody is at work there, waits for a person, or is done.
//!
//! Several sources say so, and none is right always. Each thing said is a [`Claim`] with what it was concluded from;
//! [`Activities`] keeps the last of each source and makes one [`Activity`] of them. Silence says nothing: it only
//! ever raises doubt.

mod fused;
mod hook;
mod program;
#[cfg(test)]
mod tests;
mod title;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use fused::{Activities, Current};
pub use hook::{Told, essence, heard};
pub use program::said;
pub use title::shown;

use crate::domain::mask::mask;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Activity {
    Working,
    /// It may not go on before a person allows something.
    NeedsApproval,
    /// It asked a person something.
    NeedsInput,
    Done,
    Idle,
    Error,
    /// What is said of it does not fit together, or is too old.
    Uncertain,
}

impl Activity {
    pub fn needs_a_person(self) -> bool {
        matches!(self, Activity::NeedsApproval | Activity::NeedsInput)
    }

    /// Whether both may be true at the same time.
    fn fits(self, other: Activity) -> bool {
        let rests = |one: Activity| matches!(one, Activity::Done | Activity::Idle);
        self == other || (rests(self) && rests(other)) || (self.needs_a_person() && other.needs_a_person())
    }
}

/// Who says it, the most telling first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "ActivitySource"), schema(as = ActivitySource))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The agent, in the form in which it speaks to programs.
    Protocol,
    /// The program on the terminal (OSC 7501).
    Program,
    /// A hook of the agent's.
    Hook,
    /// The window's title.
    Title,
    /// What is asked of the models through the gateway.
    Models,
}

impl Source {
    /// Whether a person may be called because of it.
    fn may_call(self) -> bool {
        self <= Source::Hook
    }
}

/// What one source says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub source: Source,
    pub activity: Activity,
    /// What it was concluded from, for people: the command that waits, the title. At most [`EVIDENCE`] characters.
    pub evidence: String,
    pub at: DateTime<Utc>,
}

/// Longest evidence kept, in characters.
pub const EVIDENCE: usize = 400;

impl Claim {
    pub fn new(source: Source, activity: Activity, evidence: &str, at: DateTime<Utc>) -> Claim {
        let line = evidence.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = mask(&line);
        Claim { source, activity, evidence: line.chars().take(EVIDENCE).collect(), at }
    }
}
