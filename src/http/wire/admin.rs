//! What an admin sees.

use serde::Serialize;

use crate::actors::supervisor::Row;

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
