//! A real daemon on a free port, and a client that keeps what it is told.

mod cli;
mod client;
mod daemon;
mod git_server;
mod leftovers;
mod nonsense;
mod raw;
mod registry;
mod wait;

pub use cli::{BINARY, Ran, coda, coda_reading, command, ended, ended_reading};
pub use client::{Client, View, open};
pub use daemon::{Daemon, Options, TOKEN, children, signal};
pub use git_server::GitServer;
pub use leftovers::has_token;
pub use nonsense::Nonsense;
pub use raw::{Answer, Wire};
pub use registry::{Page, Registry, arch, archive, sha256};
pub use wait::{DEADLINE, until, until_within};
