//! What CoDA is compared with: the least that can be done with the same kernel.
//!
//! [`pty`] is a program on a PTY, read directly; [`server`] adds a WebSocket and nothing else: one thread, no
//! journal, no screen, no flow control but TCP's, and the program dies with its server.

mod pty;
mod server;

pub use pty::Pty;
pub use server::{Server, serve};
