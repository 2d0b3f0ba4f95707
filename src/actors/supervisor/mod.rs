//! The supervisor: keeps actors running, and gives up on those that cannot be kept.
//!
//! [`supervise`] starts an actor from a [`ChildSpec`] and answers with its address at once.
//! Whatever panics in it (a message, a future, a timer, `started`, `restarting`, `stopped`)
//! ends that life of the actor only: the supervisor waits as [`crate::domain::restart`] says
//! and starts it again under the same address, with the messages that were queued. A child
//! that dies too often is given up: its mailbox closes, and its parent is told with
//! [`ChildGaveUp`] and decides what that means.
//!
//! What an actor has to do for it:
//!
//! * implement [`actix::Supervised`] and put its state back in `restarting`: it is the same
//!   value as before the panic, in whatever shape the panic left it;
//! * start its timers, futures and streams in `started`, which runs after every start and
//!   restart; whatever the previous life had started is gone;
//! * treat "mailbox has closed" on a `send` as *unknown*: the message may have been handled;
//! * when it has children itself, stop those of its last life in `restarting`.
//!
//! To escalate, a parent panics in its handler of [`ChildGaveUp`]: its own supervisor takes
//! over.
//!
//! [`Reports`] is where it can all be read: one row per child, the last events of all.
//!
//! Absent on purpose:
//!
//! * strategies (one for all, rest for one): a parent that needs one does it on
//!   [`ChildGaveUp`], with the handles of its children;
//! * rescue from a handler that never returns: a turn cannot be taken away from a thread.
//!   [`BusyFigures::in_turn`] shows it, and the keeper restarts a daemon that hangs;
//! * a bound on a turn: actix handles all that is queued in one, so under a flood
//!   [`BusyFigures::longest`] is the time of many messages;
//! * mailbox depth: actix does not tell.

// Asking for a child.
mod child;
mod spec;

// Its life.
mod chaos;
mod orders;
mod panics;
mod post;
mod runner;

// What is known of it.
mod busy;
mod reports;
mod roster;

pub use busy::BusyFigures;
pub use chaos::CrashSite;
pub use child::{Child, ChildHandle, supervise};
pub use panics::{Panic, install_hook};
pub use reports::{NoSuchChild, Reports};
pub use roster::{ChildState, LastPanic, Life, LifeEvent, Row, StopCause};
pub use spec::{ChildGaveUp, ChildSpec};

#[cfg(test)]
mod tests;
