//! What the setup is asked and told.

use actix::prelude::*;
use chrono::{DateTime, Utc};

use crate::domain::setup::{Node, Outcome, Refusal, Top};

/// How far it is.
#[derive(Debug, Message)]
#[rtype(result = "SetupReport")]
pub struct GetSetup;

#[derive(Debug, Clone)]
pub struct SetupReport {
    pub top: Top,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub steps: Vec<StepReport>,
}

#[derive(Debug, Clone)]
pub struct StepReport {
    pub node: Node,
    /// The end of what it printed, without secrets.
    pub log: Vec<String>,
}

/// Begin, or begin anew once all is over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Start;

/// Do this step again, even if all is right.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct Retry(pub String);

/// Go on without this step.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct Skip(pub String);

/// Stop this step and all that it started.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct Cancel(pub String);

/// Which agents there are.
#[derive(Debug, Message)]
#[rtype(result = "Vec<AgentReport>")]
pub struct GetAgents;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentReport {
    pub id: String,
    pub label: String,
    /// Where its program is; `None`: it is not installed.
    pub path: Option<String>,
    /// If it is known without starting it.
    pub version: Option<String>,
    /// How it is started.
    pub command: Vec<String>,
}

/// From a run of a step: it is over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Ended {
    pub id: String,
    pub run: u64,
    pub outcome: Outcome,
}

/// What is kept has changed: a program was started that should not outlive its step.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Save;
