//! Sessions.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::actors::session::Since;
use crate::actors::sessions::Listed;
use crate::domain::activity::{Activity, Claim, Current, Source};
use crate::domain::exit::Exit;
use crate::domain::receipt::Receipt;
use crate::domain::size::{Size, SizeError};

#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema), ts(rename = "CreateSession", optional_fields))]
pub struct NewSession {
    pub label: Option<String>,
    pub command: Option<Vec<String>>,
    pub cwd: Option<String>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub rows: Option<i64>,
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub cols: Option<i64>,
    /// Go on from this session: in its directory, and below its history if it has ended.
    pub from: Option<String>,
    /// Which tmux session to attach to or to make, where sessions run in tmux.
    pub pane_id: Option<u32>,
}

/// Names one session, in requests and answers.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SessionId {
    pub session_id: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    Running,
    Ended,
    Failed,
}

/// One row of `/api/sessions`. Times are seconds since the epoch.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SessionRow {
    pub session_id: String,
    pub label: String,
    pub created_at: f64,
    pub last_poll_time: f64,
    pub exited: bool,
    pub process: String,
    pub idle_seconds: f64,
    pub state: SessionState,
    pub rows: u16,
    pub cols: u16,
    pub title: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    pub viewers: usize,
    pub exit: Option<Exit>,
    pub failure: Option<String>,
    pub receipt: Option<Receipt>,
    /// Output that could not be stored (full disk), in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub journal_gap: u64,
    pub command: Vec<String>,
    /// The directory it works in.
    pub cwd: String,
    /// Bells rung so far.
    #[cfg_attr(test, ts(type = "number"))]
    pub bells: u64,
    /// Seconds since the last output, the last input, and since somebody was last watching.
    pub output_idle_seconds: f64,
    pub input_idle_seconds: f64,
    pub viewer_idle_seconds: f64,
    /// Seconds until the session is ended for want of attention; null: it will not be.
    pub ends_in_seconds: Option<f64>,
    /// Four fifths of that time are over.
    pub timeout_warning: bool,
    /// What goes on in it; null: nobody says so.
    pub activity: Option<ActivityRow>,
}

/// What goes on in a session, who says so and why. Times are seconds since the epoch.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ActivityRow {
    pub state: Activity,
    pub source: Source,
    /// What it was concluded from: the command that waits for approval, the last words.
    pub evidence: String,
    pub since: f64,
    /// What does not fit to it.
    pub doubts: Vec<DoubtRow>,
    /// For how long people were waited for so far, in seconds.
    pub waited_seconds: f64,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct DoubtRow {
    pub state: Activity,
    pub source: Source,
    pub evidence: String,
    pub since: f64,
}

impl From<Claim> for DoubtRow {
    fn from(claim: Claim) -> DoubtRow {
        DoubtRow {
            state: claim.activity,
            source: claim.source,
            evidence: claim.evidence,
            since: epoch(claim.at),
        }
    }
}

impl From<Current> for ActivityRow {
    fn from(current: Current) -> ActivityRow {
        ActivityRow {
            state: current.activity,
            source: current.claim.source,
            evidence: current.claim.evidence,
            since: epoch(current.claim.at),
            doubts: current.doubts.into_iter().map(DoubtRow::from).collect(),
            waited_seconds: tenths(Duration::from_millis(current.waited_ms)),
        }
    }
}

impl From<Listed> for SessionRow {
    fn from(listed: Listed) -> SessionRow {
        let Listed { record, description, failure, offset } = listed;
        let described = description.as_ref();
        let exit = described.and_then(|it| it.exit.clone()).or(record.exit.clone());
        let state = match (&failure, &exit) {
            (Some(_), _) => SessionState::Failed,
            (None, Some(_)) => SessionState::Ended,
            (None, None) => SessionState::Running,
        };
        let seconds = |of: fn(&Since) -> Duration| described.map_or(0.0, |it| tenths(of(&it.since)));
        let size = described.map_or(record.size, |it| it.size);
        SessionRow {
            created_at: epoch(record.created_at),
            last_poll_time: epoch(Utc::now()) - described.map_or(0.0, |it| it.since.watched.as_secs_f64()),
            exited: exit.is_some(),
            process: described.and_then(|it| it.process.clone()).unwrap_or_else(|| program(&record.argv)),
            idle_seconds: seconds(|since| since.output.min(since.input)),
            state,
            rows: size.rows,
            cols: size.cols,
            title: described.map(|it| it.title.clone()).unwrap_or_default(),
            offset: described.map_or(offset, |it| it.offset),
            viewers: described.map_or(0, |it| it.viewers),
            exit,
            failure,
            receipt: described.and_then(|it| it.receipt.clone()),
            journal_gap: described.map_or(0, |it| it.journal_gap),
            cwd: described.and_then(|it| it.cwd.clone()).unwrap_or(record.cwd),
            bells: described.map_or(0, |it| it.bells),
            output_idle_seconds: seconds(|since| since.output),
            input_idle_seconds: seconds(|since| since.input),
            viewer_idle_seconds: seconds(|since| since.watched),
            ends_in_seconds: described.and_then(|it| it.ends_in).map(tenths),
            timeout_warning: described.is_some_and(|it| it.idle_warning),
            activity: described.and_then(|it| it.activity.clone()).map(ActivityRow::from),
            session_id: record.id,
            label: record.label,
            command: record.argv,
        }
    }
}

/// What runs when nobody can say: the program it was started with.
fn program(argv: &[String]) -> String {
    let program = argv.first().map_or("unknown", String::as_str);
    program.rsplit('/').next().unwrap_or(program).to_owned()
}

fn epoch(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1e3
}

fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// Answer to `/api/session/attach`: the screen as text with escape sequences.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Attached {
    pub session_id: String,
    pub label: String,
    pub output: Vec<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    pub process: String,
    pub created_at: f64,
    pub exited: bool,
    pub exit: Option<Exit>,
}

impl NewSession {
    /// The size, if one is asked for; a side that is missing takes `default`'s.
    pub fn size(&self, default: Size) -> Result<Option<Size>, SizeError> {
        if self.rows.is_none() && self.cols.is_none() {
            return Ok(None);
        }
        Size::new(self.rows.unwrap_or(default.rows.into()), self.cols.unwrap_or(default.cols.into()))
            .map(Some)
    }
}
