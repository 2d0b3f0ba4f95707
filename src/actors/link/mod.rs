//! A link: one page's WebSocket, with all its sessions on it.
//!
//! [`gate`] lets it stop reading its socket without stopping anything else, [`channel`] is one session on it,
//! [`actor`] understands frames, [`input`] hands on what is typed, [`pump`] sends what the windows allow.

mod actor;
mod channel;
mod gate;
mod input;
mod pump;

pub use actor::{Link, LinkSettings};
pub use gate::{Gate, Gated};
