//! The gateway: agents of the sessions come in here and go on to their models.
//!
//! ```text
//! agent ─ key ─▶ entry ─▶ intake (body, filter) ─▶ forward ─ token ─▶ model
//!       ◀──── relay (filter, meter) ◀───────────────┘
//! ```
//!
//! Invariants: nothing of a body, a key or a token is logged; no request waits behind another; what is held of a request
//! or an answer is bounded; an agent that leaves takes its request along; a token that was refused is replaced once, and
//! only before the agent has been sent anything.
//!
//! A request that is under way when the daemon dies is cut off, and the agent tries again. New ones wait in the
//! listener's backlog for the next daemon: the keeper holds the listener and the secret of the keys.

// The way in.
mod entry;
mod server;

// The way up.
mod forward;
mod intake;

// The way down.
mod meter;
mod relay;

pub use server::{Gate, serve};
