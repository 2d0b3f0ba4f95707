//! What journals hold, for whoever asks: exports, lists of commands, full-text search.

mod actor;
mod commands;
mod export;
mod search;

pub use actor::Recordings;
pub use commands::ReadCommands;
pub use export::{Export, Format};
pub use search::{Found, Search, SearchRefused, Searched};
