//! Where a child's runner stands: what it was told, and where it reports to.

use std::sync::Arc;

use actix::WeakRecipient;

use super::{
    busy::Busy,
    orders::Orders,
    panics::{Panic, contain},
    reports::Reports,
    roster::{LifeEvent, StopCause},
    spec::{ChildGaveUp, ChildSpec},
};

/// How a child ended for good.
pub(super) enum Last {
    Stopped(StopCause),
    GivenUp { restarts: u32, panic: Option<Panic> },
}

/// Held by a runner from before its actor is made until after that is dropped.
///
/// Dropped without a conclusion (the arbiter is gone), it reports the child as abandoned.
pub(super) struct Post {
    pub(super) spec: ChildSpec,
    pub(super) orders: Arc<Orders>,
    pub(super) busy: Arc<Busy>,
    reports: Reports,
    /// Tells this child's reports from those of another one of the same name.
    id: u64,
}

impl Post {
    pub(super) fn open(spec: ChildSpec, orders: Arc<Orders>, reports: Reports) -> Post {
        let busy = Arc::new(Busy::new());
        let id = reports.enter(spec.restart, &orders, &busy);
        Post { spec, orders, busy, reports, id }
    }

    pub(super) fn report(&self, what: LifeEvent) {
        self.reports.record(self.id, &self.spec.name, what);
    }

    /// Runs a part of the child; a panic in it becomes an error.
    pub(super) fn contain<T>(&self, work: impl FnOnce() -> T) -> Result<T, Panic> {
        contain(&self.spec.name, work)
    }

    /// The last word on a child, whose mailbox must be closed by now.
    pub(super) fn conclude(self, last: Last) {
        match last {
            Last::Stopped(cause) => self.report(LifeEvent::Stopped(cause)),
            Last::GivenUp { restarts, panic } => self.give_up(restarts, panic),
        }
        self.orders.conclude();
    }

    fn give_up(&self, restarts: u32, panic: Option<Panic>) {
        self.report(LifeEvent::GaveUp { restarts });
        if let Some(parent) = self.spec.parent.as_ref().and_then(WeakRecipient::upgrade) {
            parent.do_send(ChildGaveUp { name: Arc::clone(&self.spec.name), restarts, panic });
        }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if !self.orders.is_gone() {
            self.report(LifeEvent::Stopped(StopCause::Abandoned));
            self.orders.conclude();
        }
    }
}
