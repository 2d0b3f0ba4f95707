//! The setup of this machine, and the agents in it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::actors::setup::{AgentReport, SetupReport, StepReport};
use crate::domain::setup::{State, Top};

/// How far the setup is. `started_at` and `completed_at` are seconds since the epoch, `started` and `finished` the same
/// in RFC 3339.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SetupStatus {
    /// `pending`, `running`, `complete` or `error`.
    pub status: &'static str,
    /// Somebody has asked for it; if not, `POST /api/setup/start` does.
    pub begun: bool,
    pub started_at: Option<f64>,
    pub completed_at: Option<f64>,
    pub started: Option<String>,
    pub finished: Option<String>,
    /// Of the first step that did not work.
    pub error: Option<String>,
    /// The profile is `lab`.
    pub lab_mode: bool,
    pub steps: Vec<SetupStep>,
}

/// One step. Times as in [`SetupStatus`].
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct SetupStep {
    pub id: String,
    pub label: String,
    /// `pending`, `running`, `complete`, `skipped` or `error`.
    pub status: &'static str,
    /// The same, and more closely: a pending step may be waiting for the token, a failed one may have been cancelled.
    pub state: State,
    pub started_at: Option<f64>,
    pub completed_at: Option<f64>,
    pub started: Option<String>,
    pub finished: Option<String>,
    /// How long it took, or has taken so far.
    pub seconds: Option<f64>,
    pub error: Option<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The last lines of what it printed.
    pub log: Vec<String>,
    pub attempts: u32,
    /// Steps, `token` or `workspace`.
    pub needs: Vec<String>,
    /// Of what it installed or found.
    pub version: Option<String>,
    /// It may be worth trying again.
    pub retry: bool,
}

/// An agent that this instance knows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct AgentRow {
    pub id: String,
    pub label: String,
    pub installed: bool,
    /// If it is known without starting it.
    pub version: Option<String>,
    /// Where its program is.
    pub binary: Option<String>,
    /// What to run in a session.
    pub command: Vec<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, utoipa::ToSchema))]
pub struct AgentList {
    pub agents: Vec<AgentRow>,
}

impl SetupStatus {
    pub fn new(report: SetupReport, lab_mode: bool, now: DateTime<Utc>) -> SetupStatus {
        let failed = report.steps.iter().map(|step| &step.node).find(|node| node.state == State::Error);
        let error =
            failed.map(|node| format!("{}: {}", node.step.label, node.why.as_deref().unwrap_or("it failed")));
        SetupStatus {
            status: match report.top {
                Top::Idle | Top::Pending => "pending",
                Top::Running => "running",
                Top::Complete => "complete",
                Top::Error => "error",
            },
            begun: report.top != Top::Idle,
            started_at: report.started_at.map(epoch),
            completed_at: report.finished_at.map(epoch),
            started: report.started_at.map(date),
            finished: report.finished_at.map(date),
            error,
            lab_mode,
            steps: report.steps.into_iter().map(|step| SetupStep::new(step, now)).collect(),
        }
    }
}

impl SetupStep {
    fn new(StepReport { node, log }: StepReport, now: DateTime<Utc>) -> SetupStep {
        let end = node.finished_at.unwrap_or(now);
        let seconds = node.started_at.map(|start| (end - start).num_milliseconds().max(0) as f64 / 1e3);
        let is_failure = matches!(node.state, State::Error | State::Cancelled);
        let (error, reason) = if is_failure { (node.why, None) } else { (None, node.why) };
        SetupStep {
            id: node.step.id,
            label: node.step.label,
            status: match node.state {
                State::Pending | State::WaitingForToken => "pending",
                State::Running => "running",
                State::Complete => "complete",
                State::Skipped => "skipped",
                State::Error | State::Cancelled => "error",
            },
            state: node.state,
            started_at: node.started_at.map(epoch),
            completed_at: node.finished_at.map(epoch),
            started: node.started_at.map(date),
            finished: node.finished_at.map(date),
            seconds,
            error,
            reason,
            log,
            attempts: node.attempts,
            needs: node.step.needs,
            version: node.version,
            retry: is_failure,
        }
    }
}

impl From<AgentReport> for AgentRow {
    fn from(AgentReport { id, label, path, version, command }: AgentReport) -> AgentRow {
        AgentRow { id, label, installed: path.is_some(), version, binary: path, command }
    }
}

fn epoch(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1e3
}

fn date(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
