//! A real daemon on a free port, and a client that keeps what it is told.

mod client;
mod daemon;
mod wait;

pub use client::{Client, View};
pub use daemon::{Daemon, Options, children, signal};
pub use wait::{DEADLINE, until};
