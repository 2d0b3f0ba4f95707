//! What can be asked of a child from any thread, past its mailbox.
//!
//! Orders are flags and a wake-up, so that giving one neither blocks nor queues, and giving
//! it twice is giving it once. The mailbox would not do: it is full when it matters, and an
//! actor that stops itself is restarted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use futures_util::task::AtomicWaker;
use tokio::sync::watch;

use super::chaos::CrashSite;

const STOP: u8 = 1;

fn flag(site: CrashSite) -> u8 {
    match site {
        CrashSite::Handler => 2,
        CrashSite::Future => 4,
        CrashSite::Timer => 8,
        CrashSite::Started => 16,
    }
}

/// Shared by the runner of a child, its handles and its row.
#[derive(Debug)]
pub(super) struct Orders {
    name: Arc<str>,
    given: AtomicU8,
    runner: AtomicWaker,
    gone: watch::Sender<bool>,
}

impl Orders {
    pub(super) fn new(name: Arc<str>) -> Orders {
        Orders { name, given: AtomicU8::new(0), runner: AtomicWaker::new(), gone: watch::Sender::new(false) }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn stop(&self) {
        self.give(STOP);
    }

    pub(super) fn crash(&self, site: CrashSite) {
        self.give(flag(site));
    }

    /// Waits until the child is gone for good.
    pub(super) fn gone(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut gone = self.gone.subscribe();
        async move {
            // An error means that the sender was dropped: gone all the more.
            let _ = gone.wait_for(|gone| *gone).await;
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        *self.gone.borrow()
    }

    fn give(&self, flag: u8) {
        self.given.fetch_or(flag, Ordering::AcqRel);
        self.runner.wake();
    }
}

/// The runner's side.
impl Orders {
    /// Who to wake for the next order; call before looking.
    pub(super) fn wake(&self, runner: &Waker) {
        self.runner.register(runner);
    }

    pub(super) fn stopped(&self) -> bool {
        self.given.load(Ordering::Acquire) & STOP != 0
    }

    /// Takes a crash order, if there is one.
    pub(super) fn take(&self, site: CrashSite) -> bool {
        let flag = flag(site);
        // A load is all that a turn costs while nobody breaks anything.
        self.given.load(Ordering::Acquire) & flag != 0
            && self.given.fetch_and(!flag, Ordering::AcqRel) & flag != 0
    }

    pub(super) fn conclude(&self) {
        self.gone.send_replace(true);
    }
}
