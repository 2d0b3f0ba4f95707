//! Folders and their copies in the workspace. Times are RFC 3339.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::actors::sync::{Accepted, Note, Row, Status, What};
use crate::domain::sync::Standing;

/// `path`: a path in a project below `~/projects`. `when_quiet`: wait for more, as after a commit.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SyncProjectAsk {
    pub path: String,
    #[serde(default)]
    pub when_quiet: bool,
}

/// The project called `name`, or the one that `path` is in. `force`: also into a folder with something in it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SyncRestoreAsk {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub force: bool,
}

/// It is done when the row of this `name` has `finished` as many as `turn`.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SyncAccepted {
    pub name: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub turn: u64,
}

/// A file, and something about it.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SyncNote {
    pub path: String,
    pub text: String,
}

/// `count` files, of which the first 100 are named.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SyncNotes {
    pub count: usize,
    pub files: Vec<SyncNote>,
}

/// One folder.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SyncRow {
    /// `project`, `restore` or `state`.
    pub what: String,
    pub name: String,
    /// `idle`, `waiting` or `running`.
    pub standing: String,
    /// Turns begun and ended since this daemon began.
    #[cfg_attr(test, ts(type = "number"))]
    pub started: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub finished: u64,
    /// Files of the turn under way: done, and all.
    pub done: usize,
    pub total: usize,
    pub last_success: Option<String>,
    pub last_end: Option<String>,
    /// What went wrong in the last turn; null: nothing.
    pub error: Option<String>,
    /// Another turn follows by itself.
    pub again: bool,
    pub uploaded: usize,
    pub downloaded: usize,
    pub deleted: usize,
    pub same: usize,
    /// Both sides changed: the other content is beside, under the name in `text`.
    pub kept: SyncNotes,
    /// Changed in the workspace alone, and left as they are there.
    pub theirs: SyncNotes,
    /// Cannot be synchronised, and why.
    pub skipped: SyncNotes,
    pub failed: SyncNotes,
}

/// How everything stands. `enabled`: there is a workspace. `user`: whose folder it is, when there is a token.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SyncStatus {
    pub enabled: bool,
    pub user: Option<String>,
    pub folders: Vec<SyncRow>,
    /// What broke so often that it was given up until the next start.
    pub given_up: Vec<String>,
}

impl From<Accepted> for SyncAccepted {
    fn from(Accepted { name, turn }: Accepted) -> SyncAccepted {
        SyncAccepted { name, turn }
    }
}

impl SyncNotes {
    fn new(count: usize, notes: Vec<Note>) -> SyncNotes {
        let files = notes.into_iter().map(|Note { path, text }| SyncNote { path, text });
        SyncNotes { count, files: files.collect() }
    }
}

impl From<Row> for SyncRow {
    fn from(row: Row) -> SyncRow {
        let time =
            |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true));
        let what = match row.what {
            What::Project => "project",
            What::Restore => "restore",
            What::State => "state",
        };
        let standing = match row.standing {
            Standing::Idle => "idle",
            Standing::Waiting => "waiting",
            Standing::Running => "running",
        };
        let error = row.report.problem();
        let report = row.report;
        SyncRow {
            what: what.to_owned(),
            name: row.name,
            standing: standing.to_owned(),
            started: row.started,
            finished: row.finished,
            done: row.done,
            total: row.total,
            last_success: time(row.last_success),
            last_end: time(row.last_end),
            error,
            again: report.again,
            uploaded: report.uploaded,
            downloaded: report.downloaded,
            deleted: report.deleted,
            same: report.same,
            kept: SyncNotes::new(report.kept_count, report.kept),
            theirs: SyncNotes::new(report.theirs_count, report.theirs),
            skipped: SyncNotes::new(report.skipped_count, report.skipped),
            failed: SyncNotes::new(report.failed_count, report.failed),
        }
    }
}

impl From<Status> for SyncStatus {
    fn from(status: Status) -> SyncStatus {
        let folders = status.rows.into_iter().map(SyncRow::from).collect();
        SyncStatus { enabled: status.is_on, user: status.user, folders, given_up: status.given_up }
    }
}
