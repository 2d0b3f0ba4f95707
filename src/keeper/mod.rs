//! The keeper: the small process that must not die.
//!
//! It opens the listening socket once, owns every PTY and every shell, alone reads the PTYs into shared
//! rings, reaps, and starts the daemon again whenever it ends. It never gives up on the shells. One thread,
//! one `epoll` loop, no async runtime and nothing clever: whatever needs judgement is the daemon's.
//!
//! Absent on purpose: HTTP, the journal, screens, settings. What the two processes say to each other is in
//! [`crate::domain::keeper_frames`], how bytes travel in [`crate::os::ring`].

mod control;
mod daemon;
mod held;
mod run;
mod sessions;
mod timers;

pub use run::{Setup, run};
