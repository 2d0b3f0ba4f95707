//! What the credentials actor is asked.

use actix::prelude::*;
use chrono::{DateTime, Utc};

use super::targets::TargetReport;
use crate::domain::lease::{Origin, Refusal, Status};
use crate::domain::secret::Secret;

/// Use this token from now on; answers when the workspace has said whose it is.
#[derive(Debug, Message)]
#[rtype(result = "Result<Configured, ConfigureError>")]
pub struct Configure {
    pub token: Secret,
    pub origin: Origin,
}

/// What became of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Configured {
    /// It counts.
    Accepted { user: String },
    /// The workspace takes its time; an event will tell.
    Checking,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigureError {
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// In the workspace's words.
    #[error("{0}; paste a valid token")]
    Rejected(String),
    #[error("the workspace could not say whose token this is ({0}); try again in a moment")]
    NoAnswer(String),
    #[error("this instance has no workspace, so it needs no token; set DATABRICKS_HOST to give it one")]
    NoWorkspace,
}

/// How the lease is.
#[derive(Debug, Message)]
#[rtype(result = "LeaseReport")]
pub struct GetLease;

/// For people and programs; no token in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseReport {
    /// `None`: there is no workspace.
    pub host: Option<String>,
    /// The service principal's bearer, not a person's.
    pub by_machine: bool,
    pub status: Status,
    /// Now, on the clock of the status, for those who show dates.
    pub now: DateTime<Utc>,
    pub targets: Vec<TargetReport>,
}

/// The workspace refused this token.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Doubt(pub Secret);
