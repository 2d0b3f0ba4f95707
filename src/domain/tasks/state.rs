//! Where a task stands.

use serde::{Deserialize, Serialize};

/// From `queued` to one of the four ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "TaskState"), schema(as = TaskState))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for a slot.
    Queued,
    /// It has a slot; its agent is being launched.
    Starting,
    Working,
    /// Somebody must say yes or no.
    NeedsApproval,
    /// Somebody must give what is missing.
    NeedsInput,
    Completed,
    Failed,
    Cancelled,
    /// Its agent is gone, and nobody saw how it ended.
    Interrupted,
}

impl State {
    /// Every state, in the order in which a task goes through them.
    pub const ALL: [State; 9] = [
        State::Queued,
        State::Starting,
        State::Working,
        State::NeedsApproval,
        State::NeedsInput,
        State::Completed,
        State::Failed,
        State::Cancelled,
        State::Interrupted,
    ];

    /// Nothing changes any more.
    pub fn is_over(self) -> bool {
        matches!(self, State::Completed | State::Failed | State::Cancelled | State::Interrupted)
    }

    pub fn needs_a_person(self) -> bool {
        matches!(self, State::NeedsApproval | State::NeedsInput)
    }

    /// As clients have always known it. `timed_out`: it failed because its time was over.
    pub fn status(self, timed_out: bool) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Starting | State::Working => "running",
            State::NeedsApproval => "needs_approval",
            State::NeedsInput => "info_needed",
            State::Completed => "completed",
            State::Failed if timed_out => "timeout",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
            State::Interrupted => "interrupted",
        }
    }
}
