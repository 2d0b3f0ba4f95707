//! What is known of a session besides its output: small, on disk beside its journal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::keeper_frames::Status;
use super::size::Size;
use super::tasks::TaskId;

/// Version that this program writes. Fields are only added; a reader of an older version takes their defaults
/// and drops what it does not know. A higher version is not touched.
pub const VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    pub version: u32,
    pub id: String,
    pub label: String,
    pub argv: Vec<String>,
    pub cwd: String,
    pub created_at: DateTime<Utc>,
    pub size: Size,
    /// None while it runs.
    #[serde(default)]
    pub exit: Option<Exit>,
    /// Length of its output when it ended, in bytes.
    #[serde(default)]
    pub offset: u64,
    /// Number of its pane; with `tmux` that of its tmux session.
    #[serde(default)]
    pub pane_id: Option<u32>,
    /// Its program is tmux's client, and the shell is somebody else's child.
    #[serde(default)]
    pub tmux: bool,
    /// Grows each time it is written down: of two copies the higher one is right.
    #[serde(default)]
    pub revision: u64,
    /// The task whose agent is its program: nobody types into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What the marks of its shell carry; empty for a program without ours.
    pub nonce: String,
}

impl SessionRecord {
    /// For a session that the keeper holds and nobody wrote down.
    pub fn unknown(id: String, now: DateTime<Utc>) -> SessionRecord {
        SessionRecord {
            version: VERSION,
            id,
            label: String::new(),
            argv: Vec::new(),
            cwd: String::new(),
            created_at: now,
            size: Size::DEFAULT,
            exit: None,
            offset: 0,
            pane_id: None,
            tmux: false,
            revision: 0,
            task: None,
            nonce: String::new(),
        }
    }

    /// What is known of the end when the program ended with `status`: a client's code says nothing of its shell.
    pub fn told(&self, status: Status) -> Status {
        if self.tmux { Status { code: None, signal: None, ..status } } else { status }
    }
}
