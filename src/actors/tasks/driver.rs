//! What every way to run an agent has in common.

use futures_util::future::LocalBoxFuture;

use crate::domain::tasks::{Ending, Fact, Fate, Heard, Settled};

/// Drives one run of an agent. Whoever dies in between is made anew and begins again: what it finds then is the truth.
pub trait Driver: 'static {
    /// What is there of the run already.
    fn find(&mut self) -> LocalBoxFuture<'_, Fate>;

    /// Launches the agent, which is not there.
    fn launch(&mut self, launch: Launch) -> LocalBoxFuture<'_, Result<(), NotLaunched>>;

    /// What has happened since the last look; comes back at once when there is something, and soon in any case.
    fn look(&mut self) -> LocalBoxFuture<'_, Sight>;

    /// Gives the agent an answer to what it asks.
    fn answer(&mut self, settled: Settled) -> LocalBoxFuture<'_, Result<(), String>>;

    /// Ends the agent and all that it started.
    fn end(&mut self) -> LocalBoxFuture<'_, ()>;

    /// What it understood of what the agent said.
    fn heard(&self) -> Heard;
}

/// What an agent is launched with.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Program and arguments.
    pub command: Vec<String>,
    pub cwd: String,
    pub label: String,
}

/// Why an agent was not launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLaunched {
    /// Time may help.
    Later(String),
    Never(String),
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Sight {
    /// The agent did something.
    pub active: bool,
    pub facts: Vec<Fact>,
    /// The agent is gone.
    pub ending: Option<Ending>,
}
