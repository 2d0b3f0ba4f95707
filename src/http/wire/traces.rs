//! Traces on their way to MLflow.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::actors::traces::TracesReport;

/// `/api/traces`. Counts are of this daemon; times are RFC 3339, UTC.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TraceStatus {
    pub enabled: bool,
    /// Address of the MLflow server; null when traces are off.
    pub server: Option<String>,
    /// Null until it is known whose instance this is.
    pub experiment: Option<String>,
    /// Null until MLflow has said it.
    pub experiment_id: Option<String>,
    /// Prompts that have no answer yet.
    pub open: usize,
    /// Traces on the disk that have not landed.
    pub waiting: usize,
    #[cfg_attr(test, ts(type = "number"))]
    pub waiting_bytes: u64,
    /// Traces that were brought and read back.
    #[cfg_attr(test, ts(type = "number"))]
    pub landed: u64,
    /// Calls of models that are in no trace, because there was too much at once.
    #[cfg_attr(test, ts(type = "number"))]
    pub dropped_calls: u64,
    /// Traces that made room for newer ones, or that MLflow did not take.
    #[cfg_attr(test, ts(type = "number"))]
    pub dropped_traces: u64,
    pub last_landed: Option<TraceLanded>,
    pub last_error: Option<TraceTrouble>,
}

/// The trace that was read back last. `trace_id`: as MLflow names it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TraceLanded {
    pub at: String,
    pub trace_id: String,
    pub session_id: String,
    pub agent: String,
}

/// Why a trace has not landed, last.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct TraceTrouble {
    pub at: String,
    pub message: String,
}

impl From<TracesReport> for TraceStatus {
    fn from(report: TracesReport) -> TraceStatus {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        TraceStatus {
            enabled: report.enabled,
            server: report.server,
            experiment: report.experiment,
            experiment_id: report.experiment_id,
            open: report.open,
            waiting: report.waiting,
            waiting_bytes: report.waiting_bytes,
            landed: report.landed,
            dropped_calls: report.dropped_calls,
            dropped_traces: report.dropped_traces,
            last_landed: report.last_landed.map(|landed| TraceLanded {
                at: time(landed.at),
                trace_id: landed.trace,
                session_id: landed.session,
                agent: landed.agent,
            }),
            last_error: report
                .last_trouble
                .map(|trouble| TraceTrouble { at: time(trouble.at), message: trouble.message }),
        }
    }
}
