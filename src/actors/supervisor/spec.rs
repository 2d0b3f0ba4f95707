//! What a supervisor needs to know about a child before it exists.

use std::{sync::Arc, time::Duration};

use actix::{WeakRecipient, prelude::*};

use super::panics::Panic;
use crate::domain::restart::{Backoff, Intensity, Restart};

/// A child was given up: it stays down, and its mailbox is closed.
///
/// Sent once, to the parent in its spec, when the name is free for a new child.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct ChildGaveUp {
    pub name: Arc<str>,
    /// How often it was restarted in all.
    pub restarts: u32,
    /// The last panic; `None` when it never panicked but kept ending.
    pub panic: Option<Panic>,
}

/// How a child is kept.
#[derive(Debug, Clone)]
pub struct ChildSpec {
    pub(super) name: Arc<str>,
    pub(super) restart: Restart,
    pub(super) intensity: Intensity,
    pub(super) backoff: Backoff,
    pub(super) stop_deadline: Duration,
    pub(super) mailbox: usize,
    pub(super) parent: Option<WeakRecipient<ChildGaveUp>>,
}

impl ChildSpec {
    /// From a stop order to being dropped without further asking.
    pub const STOP_DEADLINE: Duration = Duration::from_secs(5);
    /// Messages; actix's own default.
    pub const MAILBOX: usize = 16;

    /// Started again after every end, and kept although nobody holds its address.
    pub fn permanent(name: impl Into<Arc<str>>) -> ChildSpec {
        ChildSpec::new(name.into(), Restart::Permanent)
    }

    /// Started again after a panic; ends by itself, or when nobody holds its address.
    pub fn transient(name: impl Into<Arc<str>>) -> ChildSpec {
        ChildSpec::new(name.into(), Restart::Transient)
    }

    /// Never started again; given up when it panics.
    pub fn temporary(name: impl Into<Arc<str>>) -> ChildSpec {
        ChildSpec::new(name.into(), Restart::Temporary)
    }

    fn new(name: Arc<str>, restart: Restart) -> ChildSpec {
        ChildSpec {
            name,
            restart,
            intensity: Intensity::DEFAULT,
            backoff: Backoff::DEFAULT,
            stop_deadline: ChildSpec::STOP_DEADLINE,
            mailbox: ChildSpec::MAILBOX,
            parent: None,
        }
    }

    /// At most `max` restarts `within` a span. Default: 20 in 60 s.
    #[must_use]
    pub fn intensity(mut self, max: u32, within: Duration) -> ChildSpec {
        self.intensity = Intensity { max, within };
        self
    }

    /// See [`Backoff`]. Default: at once, then 50 ms doubling up to 1 s.
    #[must_use]
    pub fn backoff(mut self, first: Duration, max: Duration) -> ChildSpec {
        self.backoff = Backoff { first, max };
        self
    }

    /// How long the child may take over a stop order. Default: 5 s.
    #[must_use]
    pub fn stop_deadline(mut self, deadline: Duration) -> ChildSpec {
        self.stop_deadline = deadline;
        self
    }

    /// How many messages wait before `send` does. `do_send` is not bound by it.
    #[must_use]
    pub fn mailbox(mut self, capacity: usize) -> ChildSpec {
        self.mailbox = capacity;
        self
    }

    /// Who is told when the child is given up. Does not keep the parent alive.
    #[must_use]
    pub fn parent(mut self, parent: &Recipient<ChildGaveUp>) -> ChildSpec {
        self.parent = Some(parent.downgrade());
        self
    }
}
