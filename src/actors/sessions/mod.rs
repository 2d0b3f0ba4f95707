//! The registry of sessions: makes them, finds them, and decides when one cannot be kept.

mod create;
mod drain;
mod messages;
mod registry;

pub use messages::{Close, Create, CreateError, DrainAll, Find, List, Listed, Readopt, ReadoptError, Wanted};
pub use registry::{Sessions, SessionsSettings};
