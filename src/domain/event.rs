//! Facts for anyone who listens. They are hints: the lists are the truth.

use serde::Serialize;

use super::activity::Activity;
use super::exit::Exit;
use super::receipt::Receipt;
use super::setup::State;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "ServerEvent"))]
#[serde(tag = "name")]
pub enum Event {
    #[serde(rename = "session.created")]
    SessionCreated { session_id: String, label: String },
    #[serde(rename = "session.ended")]
    SessionEnded { session_id: String, exit: Exit },
    #[serde(rename = "session.closed")]
    SessionClosed { session_id: String },
    #[serde(rename = "session.renamed")]
    SessionRenamed { session_id: String, label: String },
    /// Something else goes on in the session; null: nobody says what.
    #[serde(rename = "session.activity")]
    SessionActivity { session_id: String, activity: Option<Activity> },
    /// Nobody looks after the session: it will be ended.
    #[serde(rename = "session.idle_warning")]
    SessionIdleWarning {
        session_id: String,
        #[cfg_attr(test, ts(type = "number"))]
        ends_in_seconds: u64,
    },
    #[serde(rename = "session.recovered")]
    SessionRecovered { session_id: String, receipt: Receipt },
    /// The workspace's token changed its state: `accepted`, `rotated`, `expired`, …
    #[serde(rename = "credentials.changed")]
    CredentialsChanged { state: String },
    /// A step of the setup is in another state.
    #[serde(rename = "setup.step")]
    SetupStep { step: String, state: State },
    /// The setup as a whole is in another state.
    #[serde(rename = "setup.changed")]
    SetupChanged {},
    /// A task is in another state; `status` as its clients know it.
    #[serde(rename = "task.changed")]
    TaskChanged { task_id: String, session_id: String, status: String },
    #[serde(rename = "session.failed")]
    SessionFailed { session_id: String, failure: String },
    /// The HEAD of a repository below `~/projects` moved: a commit, most often.
    #[serde(rename = "repository.moved")]
    RepositoryMoved { repository: String },
    /// Somebody's layout was kept: whoever has not seen this revision of their own reads it again.
    #[serde(rename = "workplace.changed")]
    WorkplaceChanged {
        #[cfg_attr(test, ts(type = "number"))]
        revision: u64,
    },
}
