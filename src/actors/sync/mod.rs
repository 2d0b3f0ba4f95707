//! Folders here and their copies in the workspace: projects after each commit, and what agents and shells remember
//! every few minutes. The rules are [`crate::domain::sync`]'s.

mod messages;
mod settings;
// Who.
mod parent;
mod projects;
mod state;
// How.
mod carry;
mod pass;
mod report;
mod there;

pub use messages::{Accepted, AskError, Flush, GetStatus, RestoreProject, Row, Status, SyncProject, What};
pub use parent::Sync;
pub use report::{Note, Report};
pub use settings::SyncSettings;
