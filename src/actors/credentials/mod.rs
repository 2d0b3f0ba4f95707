//! The token with which this instance works in the workspace, kept fresh.

mod actor;
mod bearer;
mod calls;
mod messages;
mod targets;

pub use actor::{Credentials, CredentialsSettings, TellOwnerSearch};
pub use bearer::{Bearer, Published, Standing};
pub use calls::Calls;
pub use messages::{Configure, ConfigureError, Configured, Doubt, GetLease, LeaseReport};
pub use targets::{ConfigFile, Outcome, Target, TargetReport};
