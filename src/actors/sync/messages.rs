//! What the actors of the synchronisation are asked.

use std::path::PathBuf;

use actix::prelude::*;
use chrono::{DateTime, Utc};

use super::report::Report;
use crate::domain::sync::{Refusal, Standing};
use crate::os::sync::Outside;

/// Bring the project that this path is in to the workspace. `at_once`: a person waits.
#[derive(Debug, Message)]
#[rtype(result = "Result<Accepted, AskError>")]
pub struct SyncProject {
    pub path: PathBuf,
    pub at_once: bool,
}

/// Bring a project back from the workspace: the one of this name, or the one that `path` is in.
#[derive(Debug, Message)]
#[rtype(result = "Result<Accepted, AskError>")]
pub struct RestoreProject {
    pub name: Option<String>,
    pub path: Option<PathBuf>,
    /// Also into a folder with something in it; what is in the way is kept beside.
    pub force: bool,
}

/// How everything stands.
#[derive(Debug, Message)]
#[rtype(result = "Status")]
pub struct GetStatus;

/// Bring what agents and shells remember to the workspace now, and projects that wait for it: this is the end.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Flush;

/// It will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub name: String,
    /// It is done when the row of this name has `finished` so many turns.
    pub turn: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("{0}")]
    Outside(#[from] Outside),
    #[error("{} is not empty; --force restores into it and keeps beside what is in the way", .0.display())]
    NotEmpty(PathBuf),
    #[error("{0}")]
    Full(#[from] Refusal),
    #[error("this instance has no workspace to synchronise with; set DATABRICKS_HOST to give it one")]
    NoWorkspace,
    #[error("this part of the daemon did not answer; try again in a moment")]
    NoAnswer,
    #[error("look into {}: {source}; check the folder", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Project,
    Restore,
    State,
}

/// How one folder stands.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: What,
    pub name: String,
    pub standing: Standing,
    /// Turns begun and ended since this daemon began.
    pub started: u64,
    pub finished: u64,
    /// Files of the turn under way: done, and all.
    pub done: usize,
    pub total: usize,
    pub last_success: Option<DateTime<Utc>>,
    pub last_end: Option<DateTime<Utc>>,
    /// Of the last turn.
    pub report: Report,
}

#[derive(Debug, Clone, Default)]
pub struct Status {
    /// There is a workspace.
    pub is_on: bool,
    /// Whose folder it is; `None`: there is no token yet.
    pub user: Option<String>,
    pub rows: Vec<Row>,
    /// What broke so often that it was given up, until the next start.
    pub given_up: Vec<String>,
}

/// The rows of a child.
#[derive(Debug, Message)]
#[rtype(result = "Vec<Row>")]
pub(super) struct GetRows;
