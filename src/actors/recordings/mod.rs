//! What journals hold, for whoever asks: exports, replays, lists of commands, full-text search.

mod actor;
mod commands;
mod export;
mod reading;
mod replay;
mod search;

pub use actor::Recordings;
pub use commands::ReadCommands;
pub use export::{Export, Format};
pub use reading::ReadError;
pub use replay::{ReadReplay, Replay};
pub use search::{Found, Search, SearchRefused, Searched};
