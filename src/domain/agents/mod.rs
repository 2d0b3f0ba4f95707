//! Agents as data: what a file in `config/agents` says of one, and what follows from it, without I/O.
//!
//! A [`Definition`] is read strictly; [`wishes`] says which keys of which files it wants in this place; [`merge`] puts
//! them into a file, key by key, and leaves all others as they are. The rules:
//!
//! * a key that is absent is written, and one that is as we wrote it last time follows what is wanted now;
//! * a key that somebody changed is theirs, and one that they removed stays removed;
//! * a file that cannot be read is not touched;
//! * what was written is remembered by its hash, so that what is remembered of a token is no token.
//!
//! Absent on purpose: how an agent comes here (`crate::domain::setup`), and the files themselves (`crate::os`).

mod definition;
mod document;
mod merge;
mod permissions;
mod place;
mod record;
mod template;
mod wishes;

pub use definition::{BadAgent, Definition, Format, Launch};
pub use document::Unreadable;
pub use merge::{Merged, merge};
pub use permissions::Permissions;
pub use place::{Bases, Mode, Place, Server};
pub use record::{Record, Written};
pub use template::BadTemplate;
pub use wishes::{Wish, variables, wishes};

#[cfg(test)]
mod tests;
