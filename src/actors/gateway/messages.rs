//! What the gateway's actor is asked and told.

use actix::prelude::*;
use chrono::{DateTime, Utc};

use crate::actors::receipts::Unread;
use crate::config::GatewayMode;
use crate::domain::gateway::{Finished, Route};
use crate::domain::usage_report::{Question, Sum};

/// A request is over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Noted {
    pub finished: Finished,
    /// What went wrong, if something did; holds no secret.
    pub trouble: Option<String>,
}

/// Nobody answers where the models should be.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Doubted;

/// How the gateway is.
#[derive(Debug, Message)]
#[rtype(result = "GatewayReport")]
pub struct GetGateway;

/// For people and programs; no token and no key in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayReport {
    pub mode: GatewayMode,
    /// Where agents find it; none where they do not.
    pub url: Option<String>,
    /// Whether there is a workspace at all.
    pub workspace: bool,
    pub route: Option<Route>,
    /// Whether the last request or probe was answered; none before the first.
    pub reachable: Option<bool>,
    /// Whether there is a token to ask with.
    pub lease: bool,
    pub in_flight: usize,
    /// Of this daemon.
    pub requests: u64,
    pub last_trouble: Option<Trouble>,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub at: DateTime<Utc>,
    pub agent: String,
    pub model: String,
    pub message: String,
}

/// What models were asked and what it came to, up to this moment.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Sum>, Unread>")]
pub struct AskUsage(pub Question);
