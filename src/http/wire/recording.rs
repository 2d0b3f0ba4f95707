//! Recordings: which part of one is wanted, and what a player needs to know of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::commands::time;
use super::{SessionRow, SessionState};
use crate::actors::recordings;
use crate::domain::exit::Exit;
use crate::domain::recording::{Part, Pause};

/// Both are offsets of a [`RecordingPart`]: elsewhere nobody knows what the screen shows.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct RecordingQuery {
    /// Where it begins, in bytes of the session's output: the offset of a part.
    pub from: Option<u64>,
    /// Where it ends: the offset of a later part.
    pub until: Option<u64>,
}

/// How a session is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// It runs: as a terminal.
    Live,
    /// It is over: as a recording.
    Replay,
    /// It is over and its recording is not kept any more.
    Expired,
}

/// Answer to `/api/sessions/{id}/replay`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Replay {
    pub session_id: String,
    pub label: String,
    pub show: Show,
    pub exit: Option<Exit>,
    /// Null when nothing is kept.
    pub recording: Option<Recording>,
}

/// What is kept of a session's output, as far as it goes when it is asked for. Every `at` and `seconds` is seconds, `at`
/// since the recording begins.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Recording {
    #[cfg_attr(test, ts(type = "string"))]
    pub began_at: DateTime<Utc>,
    pub seconds: f64,
    pub cols: u16,
    pub rows: u16,
    /// Where it can be entered; the first is where it begins.
    pub parts: Vec<RecordingPart>,
    /// Where the output ends, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub end_offset: u64,
    /// Spans of a second and more in which nothing happens; of very many, the longest.
    pub pauses: Vec<RecordingPause>,
    /// Of very many, the newest.
    pub commands: Vec<RecordingCommand>,
}

/// A piece that can be asked for alone: `recording.cast?from={offset}&until={offset of the next}`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct RecordingPart {
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    pub at: f64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct RecordingPause {
    pub at: f64,
    pub seconds: f64,
}

/// A command that its shell ran.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct RecordingCommand {
    pub at: f64,
    /// As typed; null where the shell did not say.
    pub command: Option<String>,
    /// Null while it runs, and where nobody said.
    pub exit_code: Option<i32>,
}

impl Replay {
    /// `found`: what its journal holds, if there is one.
    pub fn new(row: SessionRow, found: Option<recordings::Replay>) -> Replay {
        let show = match (&row.state, &found) {
            (SessionState::Running | SessionState::Failed, _) => Show::Live,
            (SessionState::Ended, Some(_)) => Show::Replay,
            (SessionState::Ended, None) => Show::Expired,
        };
        let recording = found.map(Recording::from);
        Replay { session_id: row.session_id, label: row.label, show, exit: row.exit, recording }
    }
}

impl From<recordings::Replay> for Recording {
    fn from(recordings::Replay { timeline, commands }: recordings::Replay) -> Recording {
        let part = |part: &Part| RecordingPart { offset: part.offset, at: seconds(part.at_us) };
        let pause = |pause: &Pause| RecordingPause { at: seconds(pause.at_us), seconds: seconds(pause.us) };
        Recording {
            began_at: time(timeline.began_us),
            seconds: seconds(timeline.duration_us),
            cols: timeline.size.cols,
            rows: timeline.size.rows,
            parts: timeline.parts.iter().map(part).collect(),
            end_offset: timeline.end,
            pauses: timeline.pauses.iter().map(pause).collect(),
            commands: commands
                .into_iter()
                .map(|it| RecordingCommand { at: seconds(it.began_us), command: it.line, exit_code: it.code })
                .collect(),
        }
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}
