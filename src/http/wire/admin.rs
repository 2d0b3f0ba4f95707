//! What an admin sees.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::actors::supervisor::Row;
use crate::domain::audit;
use crate::domain::exit::rfc3339;

/// One supervised actor. Times are RFC 3339, durations microseconds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct ActorRow {
    pub name: String,
    pub state: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub restarts: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub crashes: u64,
    pub last_panic: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub busy_us: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub longest_turn_us: u64,
}

impl From<Row> for ActorRow {
    fn from(row: Row) -> ActorRow {
        ActorRow {
            name: row.name.to_string(),
            state: format!("{:?}", row.state).to_lowercase(),
            restarts: row.restarts,
            crashes: row.crashes,
            last_panic: row.last_panic.map(|last| last.panic.to_string()),
            busy_us: row.busy.total.as_micros() as u64,
            longest_turn_us: row.busy.longest.as_micros() as u64,
        }
    }
}

/// A page of the audit trail, newest row first. `next`: the `before` of the page that follows, if there may be one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct AuditPage {
    pub rows: Vec<AuditRow>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub next: Option<u64>,
}

/// Something that was done or refused. `outcome`: "ok", or the `code` of the refusal; refusals of one kind within a
/// minute share a row, with their number in `count` and the time of the last in `last_time`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct AuditRow {
    #[cfg_attr(test, ts(type = "number"))]
    pub number: u64,
    #[serde(with = "rfc3339")]
    #[cfg_attr(test, ts(type = "string"))]
    pub time: DateTime<Utc>,
    pub identity: String,
    pub act: String,
    pub subject: String,
    pub outcome: String,
    pub peer: String,
    pub detail: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    #[serde(with = "rfc3339")]
    #[cfg_attr(test, ts(type = "string"))]
    pub last_time: DateTime<Utc>,
}

impl AuditPage {
    /// From at most `limit` rows.
    pub fn new(rows: Vec<audit::Row>, limit: u32) -> AuditPage {
        let full = rows.len() >= limit as usize;
        let next = rows.last().map(|row| row.number).filter(|_| full);
        AuditPage { rows: rows.into_iter().map(AuditRow::from).collect(), next }
    }
}

impl From<audit::Row> for AuditRow {
    fn from(row: audit::Row) -> AuditRow {
        AuditRow {
            number: row.number,
            time: row.at,
            identity: row.identity,
            act: row.act,
            subject: row.subject,
            outcome: row.outcome,
            peer: row.peer,
            detail: row.detail,
            count: row.count,
            last_time: row.last_at,
        }
    }
}
