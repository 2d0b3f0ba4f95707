//! Sessions by the number of their pane.

use serde::Serialize;

use crate::actors::sessions::{Listed, Made};

/// Answer to `/api/session`. `pane_id`: the number asked for, or that of its tmux session; `reattached`: it ran in tmux
/// already.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct CreatedSession {
    pub session_id: String,
    pub pane_id: Option<u32>,
    pub reattached: bool,
    /// Where a person looks at it, if it is known what we are called.
    pub viewer_url: Option<String>,
}

impl CreatedSession {
    pub fn new(made: Made, viewer_url: Option<String>) -> CreatedSession {
        CreatedSession { session_id: made.id, pane_id: made.pane_id, reattached: made.reattached, viewer_url }
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TmuxSessions {
    pub sessions: Vec<u32>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ActiveSessions {
    pub sessions: Vec<ActiveSession>,
}

/// `alive`: its program runs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ActiveSession {
    pub session_id: String,
    pub pane_id: Option<u32>,
    pub alive: bool,
}

impl From<Listed> for ActiveSession {
    fn from(listed: Listed) -> ActiveSession {
        let exit = listed.description.and_then(|description| description.exit).or(listed.record.exit);
        ActiveSession { session_id: listed.record.id, pane_id: listed.record.pane_id, alive: exit.is_none() }
    }
}
