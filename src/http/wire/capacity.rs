//! How much room there is, and the answer when there is none.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::actors::capacity::Reading;
use crate::actors::sessions::Refused;
use crate::domain::capacity::{Slots, State};

const MIB: f64 = 1_048_576.0;

/// `/api/capacity`. `current` and `limit` are the container's memory in bytes, null where it has no limit of its own;
/// `observed_at` is seconds since the epoch.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct Capacity {
    #[cfg_attr(test, ts(type = "number | null"))]
    pub current: Option<u64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub limit: Option<u64>,
    pub percent: Option<f64>,
    pub telemetry_available: bool,
    pub state: CapacityState,
    pub observed_at: f64,
    #[cfg_attr(test, ts(type = "number"))]
    pub high_watermark_percent: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub resume_threshold_percent: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub reserve_mb: u64,
    pub browser_sessions: SessionSlots,
    /// Resident memory of CoDA and all that runs in its sessions; null until it was looked at.
    pub process_tree_rss_mb: Option<f64>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CapacityState {
    Ok,
    Pressure,
    /// Memory is not known or not limited: only the number of sessions counts.
    Unavailable,
}

/// Running sessions, those being made, and how many there may be.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SessionSlots {
    pub current: usize,
    pub pending: usize,
    pub limit: usize,
    pub accepting: bool,
}

impl Capacity {
    pub fn new(slots: Slots, reading: Reading) -> Capacity {
        let tenth = |number: f64| (number * 10.0).round() / 10.0;
        let rule = reading.rule;
        let reserve = reading.memory.map_or(rule.reserve, |memory| rule.reserve_of(memory.limit));
        Capacity {
            current: reading.memory.map(|memory| memory.used),
            limit: reading.memory.map(|memory| memory.limit),
            percent: reading.memory.map(|memory| tenth(memory.percent())),
            telemetry_available: reading.memory.is_some(),
            state: reading.state.into(),
            observed_at: epoch(reading.at),
            high_watermark_percent: rule.high_percent,
            resume_threshold_percent: rule.resume_percent,
            reserve_mb: reserve / MIB as u64,
            browser_sessions: SessionSlots {
                current: slots.running,
                pending: slots.pending,
                limit: slots.limit,
                accepting: slots.accepting() && reading.state != State::Pressure,
            },
            process_tree_rss_mb: reading.tree_bytes.map(|bytes| tenth(bytes as f64 / MIB)),
        }
    }
}

impl From<State> for CapacityState {
    fn from(state: State) -> CapacityState {
        match state {
            State::Ok => CapacityState::Ok,
            State::Pressure => CapacityState::Pressure,
            State::Unavailable => CapacityState::Unavailable,
        }
    }
}

fn epoch(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1e3
}

/// The body of a 429 from `/api/session`. `current` and `limit` are sessions; `capacity` has the memory.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct LimitReached {
    pub error: String,
    pub code: String,
    pub message: String,
    pub current: usize,
    pub limit: usize,
    pub retry_guidance: String,
    pub capacity: Option<Capacity>,
}

impl LimitReached {
    pub fn new(code: &str, error: String, guidance: &str, refused: Refused) -> LimitReached {
        let Refused { slots, reading } = refused;
        LimitReached {
            message: error.clone(),
            error,
            code: code.to_owned(),
            current: slots.taken(),
            limit: slots.limit,
            retry_guidance: guidance.to_owned(),
            capacity: reading.map(|reading| Capacity::new(slots, reading)),
        }
    }
}
