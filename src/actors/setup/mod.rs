//! The setup of this machine: the graph of [`crate::domain::setup`], carried out.
//!
//! [`actor`] holds the graph and tells people; each run of a step is a child of its own ([`run`]), whose work is in
//! [`work`], one file per kind of step. [`catalogue`] reads what there is to do, [`files`] keeps how far it is.

mod actor;
mod catalogue;
mod files;
mod messages;
mod run;
mod work;

pub use actor::{Setup, SetupSettings};
pub use messages::{AgentReport, Cancel, GetAgents, GetSetup, Retry, SetupReport, Skip, Start, StepReport};
pub use work::Ground;
