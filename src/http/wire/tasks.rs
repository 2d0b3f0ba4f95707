//! Tasks.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actors::tasks::{Left, Listing, Shown};
use crate::domain::tasks::{Decision, Doubt, Entry, Failure, Kind, Question, State, Verdict, Wish};

/// An order. What is missing takes its default.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "CreateTask", optional_fields))]
pub struct NewTask {
    pub prompt: String,
    /// An object, or the text of one.
    #[cfg_attr(test, ts(optional, type = "unknown"))]
    pub context: Option<Value>,
    pub agent: Option<String>,
    /// Absolute, below `~/`, or below `~/projects`.
    pub cwd: Option<String>,
    /// Go on from the task that ran in this session.
    pub previous_session_id: Option<String>,
    /// `smart` or `yolo`.
    pub permissions: Option<String>,
    /// In seconds; 0: the default.
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub timeout_s: Option<i64>,
    pub workflow_protocol: Option<bool>,
    /// The same key of the same person names the same task.
    pub idempotency_key: Option<String>,
}

/// An answer to a question of an agent.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(optional_fields))]
pub struct TaskReply {
    /// May be missing if there is only one.
    pub question_id: Option<String>,
    pub decision: Decision,
    pub text: Option<String>,
}

/// Waits for news: until the revision is more than `seen`, for `wait_ms` at the most (50000).
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams))]
pub struct TaskQuery {
    pub seen: Option<u64>,
    pub wait_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskStep {
    pub step: String,
    pub message: String,
    #[cfg_attr(test, ts(type = "string"))]
    pub at: DateTime<Utc>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskQuestion {
    pub id: String,
    pub kind: Kind,
    pub what: String,
    /// The exact command or change.
    pub detail: Option<String>,
    #[cfg_attr(test, ts(type = "string"))]
    pub asked_at: DateTime<Utc>,
}

/// One task. Times are RFC 3339.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskRow {
    pub task_id: String,
    /// Of its present or last run.
    pub session_id: String,
    pub viewer_url: Option<String>,
    pub state: State,
    /// The same as clients have always known it: `running`, `info_needed`, `timeout` …
    pub status: &'static str,
    /// Grows with each change.
    #[cfg_attr(test, ts(type = "number"))]
    pub revision: u64,
    pub owner: String,
    pub agent: String,
    pub cwd: Option<String>,
    pub prompt_summary: String,
    pub previous_session_id: Option<String>,
    pub runs: u32,
    /// Among those that wait; 1 is next.
    pub position: Option<usize>,
    #[cfg_attr(test, ts(type = "string"))]
    pub created_at: DateTime<Utc>,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub started_at: Option<DateTime<Utc>>,
    #[cfg_attr(test, ts(type = "string | null"))]
    pub ended_at: Option<DateTime<Utc>>,
    /// From its order to its end, or so far.
    pub elapsed_s: f64,
    pub progress: Option<TaskStep>,
    /// What waits for a person.
    pub questions: Vec<TaskQuestion>,
    /// Somebody has asked to stop it.
    pub cancelling: bool,
    pub failure: Option<Failure>,
    /// How it was judged, in a sentence.
    pub why: Option<String>,
    /// What speaks against its result.
    pub doubts: Vec<Doubt>,
    pub summary: String,
    pub feedback: String,
}

/// How many there are of each status; `timeout` counts as failed.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskCounts {
    pub queued: usize,
    pub running: usize,
    pub needs_approval: usize,
    pub info_needed: usize,
    pub completed: usize,
    pub failed: usize,
    pub cancelled: usize,
    pub interrupted: usize,
}

/// First those that need a person, oldest first, then the others, newest first.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskList {
    pub tasks: Vec<TaskRow>,
    pub counts: TaskCounts,
}

/// A task that was taken on; `again`: by an earlier order with the same key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskTaken {
    #[serde(flatten)]
    pub task: TaskRow,
    pub again: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskEvent {
    #[cfg_attr(test, ts(type = "string"))]
    pub at: DateTime<Utc>,
    pub what: String,
    pub detail: String,
}

/// A task with all that is known of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TaskWhole {
    #[serde(flatten)]
    pub task: TaskRow,
    /// What its agent left.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub result: Option<Value>,
    /// Once it is over.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub receipt: Option<Value>,
    pub events: Vec<TaskEvent>,
}

impl From<NewTask> for Wish {
    fn from(new: NewTask) -> Wish {
        Wish {
            prompt: new.prompt,
            context: new.context,
            agent: new.agent,
            cwd: new.cwd,
            previous_session_id: new.previous_session_id,
            permissions: new.permissions,
            timeout_s: new.timeout_s,
            workflow_protocol: new.workflow_protocol,
            idempotency_key: new.idempotency_key,
        }
    }
}

impl TaskRow {
    pub fn new(Shown { task, position }: Shown, viewer_url: Option<String>) -> TaskRow {
        let status = task.status();
        let until = task.ended_at.unwrap_or_else(Utc::now);
        let outcome = task.outcome;
        let failure = outcome.as_ref().and_then(|outcome| match outcome.verdict {
            Verdict::Failed(failure) => Some(failure),
            _ => None,
        });
        let (summary, feedback) =
            outcome.as_ref().map(|it| (it.summary.clone(), it.feedback.clone())).unwrap_or_default();
        TaskRow {
            task_id: task.id.to_string(),
            session_id: task.run.session_id,
            viewer_url,
            state: task.state,
            status,
            revision: task.revision,
            owner: task.owner,
            agent: task.order.agent,
            cwd: task.order.cwd,
            prompt_summary: task.order.summary,
            previous_session_id: task.order.previous_session_id,
            runs: task.run.number,
            position,
            created_at: task.created_at,
            started_at: task.started_at,
            ended_at: task.ended_at,
            elapsed_s: ((until - task.created_at).num_milliseconds().max(0) as f64 / 100.0).round() / 10.0,
            progress: task.step.map(|step| TaskStep { step: step.step, message: step.message, at: step.at }),
            questions: task.questions.into_iter().map(TaskQuestion::from).collect(),
            cancelling: task.cancelling.is_some() && !task.state.is_over(),
            failure,
            why: outcome.as_ref().map(|outcome| outcome.why.clone()),
            doubts: outcome.map(|outcome| outcome.doubts).unwrap_or_default(),
            summary,
            feedback,
        }
    }
}

impl From<Question> for TaskQuestion {
    fn from(question: Question) -> TaskQuestion {
        let Question { id, kind, what, detail, asked_at } = question;
        TaskQuestion { id, kind, what, detail, asked_at }
    }
}

impl TaskCounts {
    fn count(&mut self, state: State) {
        let count = match state {
            State::Queued => &mut self.queued,
            State::Starting | State::Working => &mut self.running,
            State::NeedsApproval => &mut self.needs_approval,
            State::NeedsInput => &mut self.info_needed,
            State::Completed => &mut self.completed,
            State::Failed => &mut self.failed,
            State::Cancelled => &mut self.cancelled,
            State::Interrupted => &mut self.interrupted,
        };
        *count += 1;
    }
}

impl TaskList {
    /// `url`: where a session is looked at.
    pub fn new(listing: Listing, url: impl Fn(&str) -> Option<String>) -> TaskList {
        let mut counts = TaskCounts::default();
        listing.tasks.iter().for_each(|shown| counts.count(shown.task.state));
        let row = |shown: Shown| {
            let url = url(&shown.task.run.session_id);
            TaskRow::new(shown, url)
        };
        TaskList { tasks: listing.tasks.into_iter().map(row).collect(), counts }
    }
}

impl TaskWhole {
    pub fn new(left: Left, trail: Vec<Entry>, viewer_url: Option<String>) -> TaskWhole {
        let event = |Entry { at, what, detail }| TaskEvent { at, what, detail };
        TaskWhole {
            task: TaskRow::new(left.shown, viewer_url),
            result: left.result,
            receipt: left.receipt,
            events: trail.into_iter().map(event).collect(),
        }
    }
}
