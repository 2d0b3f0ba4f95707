//! What the registry is asked.

use std::path::PathBuf;

use actix::prelude::*;

use crate::actors::capacity::Reading;
use crate::actors::session::{Description, Session};
use crate::domain::capacity::Slots;
use crate::domain::exit::Exit;
use crate::domain::label::LabelError;
use crate::domain::session_record::SessionRecord;
use crate::domain::size::Size;
use crate::domain::tasks::{Fate, TaskId};

/// Start a session.
#[derive(Debug, Message)]
#[rtype(result = "Result<Made, CreateError>")]
pub struct Create(pub Wanted);

/// A session that has been made. `reattached`: its shell ran in tmux already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub id: String,
    pub pane_id: Option<u32>,
    pub reattached: bool,
}

/// What a new session should be. What is missing takes the configured default.
#[derive(Debug, Default)]
pub struct Wanted {
    pub label: String,
    pub argv: Vec<String>,
    pub cwd: Option<PathBuf>,
    pub size: Option<Size>,
    /// Go on from this session: in its directory, and below its history if it has ended.
    pub from: Option<String>,
    /// Number of its pane; in tmux mode that of its tmux session.
    pub pane_id: Option<u32>,
    /// It is the run of a task.
    pub task: Option<TaskRun>,
}

/// A session for a run of a task: nobody types into it, it takes no slot of people's sessions, and its id is known
/// before, so that it is never made twice.
#[derive(Debug)]
pub struct TaskRun {
    pub task: TaskId,
    pub session_id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("{} sessions are running, which is the limit of {}; close one first", .0.slots.taken(), .0.slots.limit)]
    Limit(Box<Refused>),
    #[error(
        "this machine's memory is short: no new session until some is freed; close one, or end what needs much"
    )]
    Pressure(Box<Refused>),
    #[error("{0}")]
    Invalid(String),
    #[error("session {0} exists already")]
    Exists(String),
    #[error("the daemon is about to end; try again in a moment")]
    Draining,
    #[error("start the session: {0}")]
    Failed(String),
}

/// What stood in the way. `reading`: the container, if it was known in time.
#[derive(Debug, Clone)]
pub struct Refused {
    pub slots: Slots,
    pub reading: Option<Reading>,
}

/// How many sessions run, are being made, and may be.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Slots")]
pub struct Count;

/// Find a session that can be talked to. None: no such session, or it failed.
#[derive(Debug, Message)]
#[rtype(result = "Option<Addr<Session>>")]
pub struct Find(pub String);

/// Whether this session's program runs, or is just being started.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct IsRunning(pub String);

/// What is known of the session of a task's run.
#[derive(Debug, Message)]
#[rtype(result = "Fated")]
pub struct LookUp(pub String);

/// `exit`: how it ended, as far as anybody knows.
#[derive(Debug, MessageResponse)]
pub struct Fated {
    pub fate: Fate,
    pub exit: Option<Exit>,
}

/// All sessions, oldest first.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Listed>")]
pub struct List;

#[derive(Debug, Clone)]
pub struct Listed {
    pub record: SessionRecord,
    /// None: its actor did not answer in time, or failed.
    pub description: Option<Description>,
    /// Why it failed.
    pub failure: Option<String>,
    /// How long its output is, also when its actor cannot say so.
    pub offset: u64,
}

/// End a running session, dismiss an ended one. False: no such session.
#[derive(Debug, Message)]
#[rtype(result = "bool")]
pub struct Close(pub String);

/// Give a session another label.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), RenameError>")]
pub struct Rename {
    pub id: String,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameError {
    #[error("there is no such session")]
    NotFound,
    #[error(transparent)]
    Label(#[from] LabelError),
}

/// Somebody looks after these sessions; unknown ones are passed over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Attend(pub Vec<String>);

/// Take a failed session up again.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), ReadoptError>")]
pub struct Readopt(pub String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReadoptError {
    #[error("there is no such session")]
    NotFound,
    #[error("this session has not failed")]
    NotFailed,
}

/// Write everything down before the daemon ends; when it will not be back, wait for the programs to end.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct DrainAll {
    pub restart: bool,
}
