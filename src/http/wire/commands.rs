//! Lists of commands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::commands::{Command, Page};

/// Most commands in one answer, and how many when nobody says.
const MOST: usize = 1_000;
const USUAL: usize = 100;

#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct CommandsQuery {
    /// Most commands in the answer: 1–1000, 100 by default.
    limit: Option<usize>,
    /// Only commands before this offset: `before` of the last answer.
    pub before: Option<u64>,
}

impl CommandsQuery {
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
}

/// One command that a session's shell ran. Times are RFC 3339, UTC, as the marks reached the journal.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct CommandRow {
    /// As typed; null where the shell did not say.
    pub command: Option<String>,
    pub cwd: Option<String>,
    #[cfg_attr(test, ts(type = "string"))]
    pub started_at: DateTime<Utc>,
    /// Null while it runs.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds; null while it runs.
    pub duration: Option<f64>,
    /// Null while it runs, and where nobody said.
    pub exit_code: Option<i32>,
    /// Where its output begins in the session's, in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub offset: u64,
    /// Where its output ends.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub end_offset: Option<u64>,
    /// Its marks carry the session's nonce: they are no file's that somebody printed.
    pub trusted: bool,
}

/// Answer to `/api/sessions/{id}/commands`, newest last.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct CommandList {
    pub commands: Vec<CommandRow>,
    /// Asks for older ones; null: there are none.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub before: Option<u64>,
}

impl From<Command> for CommandRow {
    fn from(command: Command) -> CommandRow {
        let duration = command.ended_us.map(|ended| ended.saturating_sub(command.began_us));
        CommandRow {
            command: command.line,
            cwd: command.cwd,
            started_at: time(command.began_us),
            ended_at: command.ended_us.map(time),
            duration: duration.map(|duration| duration as f64 / 1e6),
            exit_code: command.code,
            offset: command.begin,
            end_offset: command.end,
            trusted: command.trusted,
        }
    }
}

impl From<Page> for CommandList {
    fn from(page: Page) -> CommandList {
        CommandList {
            commands: page.commands.into_iter().map(CommandRow::from).collect(),
            before: page.before,
        }
    }
}

pub(super) fn time(us: u64) -> DateTime<Utc> {
    i64::try_from(us).ok().and_then(DateTime::from_timestamp_micros).unwrap_or_default()
}
