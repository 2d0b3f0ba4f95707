//! The registry of sessions: makes them, finds them, and decides when one cannot be kept.

mod care;
mod create;
mod drain;
mod messages;
mod registry;

pub use messages::{
    Attend, Close, Create, CreateError, DrainAll, Find, List, Listed, Readopt, ReadoptError, Rename,
    RenameError, Wanted,
};
pub use registry::{Sessions, SessionsSettings};
