//! What the traces' actor is asked and told.

use actix::prelude::*;
use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::tap::Share;
use crate::domain::gateway::{Finished, Wire};

/// A request to a model is over. Sent by [`super::Tap`] alone, which drops it where there is no room.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Overheard {
    pub wire: Wire,
    pub finished: Finished,
    pub trouble: Option<String>,
    /// Nanoseconds since 1970.
    pub ended: u64,
    /// `None`: too long.
    pub request: Option<Bytes>,
    pub answer: Option<Vec<u8>>,
    /// The answer is a stream of events.
    pub events: bool,
    /// Its room among all copies is free again when this is gone.
    pub(super) _share: Share,
}

/// How it stands with the traces.
#[derive(Debug, Message)]
#[rtype(result = "TracesReport")]
pub struct GetTraces;

/// See to it that the experiment is there. The error is for people.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<String>, String>")]
pub struct PrepareTraces;

/// For people and programs; no content in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracesReport {
    pub enabled: bool,
    /// Address of the MLflow server; none when traces are off.
    pub server: Option<String>,
    /// Name and id of the experiment, as far as they are known.
    pub experiment: Option<String>,
    pub experiment_id: Option<String>,
    /// Turns under way.
    pub open: usize,
    /// Traces on the disk that have not landed.
    pub waiting: usize,
    pub waiting_bytes: u64,
    /// Of this daemon.
    pub landed: u64,
    pub dropped_calls: u64,
    pub dropped_traces: u64,
    pub last_landed: Option<Landed>,
    pub last_trouble: Option<Trouble>,
}

/// A trace that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    pub at: DateTime<Utc>,
    /// As MLflow names it.
    pub trace: String,
    pub session: String,
    pub agent: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub at: DateTime<Utc>,
    pub message: String,
}
