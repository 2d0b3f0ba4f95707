//! The registry of sessions: makes them, finds them, and decides when one cannot be kept.

mod admission;
mod care;
mod close;
mod create;
mod drain;
mod messages;
mod registry;
mod resurrect;
mod writing;

pub use messages::{
    Attend, Close, Count, Create, CreateError, DrainAll, Fated, Find, IsRunning, List, Listed, LookUp, Made,
    Readopt, ReadoptError, Refused, Rename, RenameError, TaskRun, Wanted,
};
pub use registry::{Sessions, SessionsSettings};
