//! Where children report to, and where it can be read.
//!
//! One handle for the whole daemon, cloned into every supervisor. A report is a log line, an
//! event in a ring, a change of a row and a nudge to whoever waits for news.
//!
//! It is a lock, not an actor: it must be readable when actors are what is wrong. The lock is
//! taken on life events and by readers, never in a child's turn, and nothing is called under
//! it. Everything in it is bounded ([`super::roster`]); a subscriber gets a number, never a
//! queue, and a slow one misses events but not the fact that it did.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::Utc;
use tokio::sync::watch;

use super::{
    busy::Busy,
    chaos::CrashSite,
    child::ChildHandle,
    orders::Orders,
    roster::{Life, LifeEvent, Roster, Row},
};
use crate::domain::restart::Restart;

/// No child of that name is alive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no actor named \"{name}\" is running; see the list of actors for their names")]
pub struct NoSuchChild {
    pub name: String,
}

/// A cheap handle; all clones see the same.
#[derive(Debug, Clone)]
pub struct Reports(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    roster: Mutex<Roster>,
    /// The `seq` of the last event.
    news: watch::Sender<u64>,
}

impl Default for Reports {
    fn default() -> Reports {
        Reports::new()
    }
}

impl Reports {
    pub fn new() -> Reports {
        Reports(Arc::new(Shared { roster: Mutex::default(), news: watch::Sender::new(0) }))
    }

    /// Every child, by name.
    pub fn rows(&self) -> Vec<Row> {
        self.roster().rows()
    }

    pub fn row(&self, name: &str) -> Option<Row> {
        self.roster().row(name)
    }

    /// The kept events with a higher number than `seq`, oldest first. A first one that is not
    /// `seq + 1` means that those between are lost: re-read the rows.
    pub fn lives_after(&self, seq: u64) -> Vec<Life> {
        self.roster().lives_after(seq)
    }

    /// Changes with every event to that event's number: a hint to call
    /// [`Reports::lives_after`].
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.news.subscribe()
    }

    /// The handle of a child that is not gone.
    pub fn child(&self, name: &str) -> Result<ChildHandle, NoSuchChild> {
        let orders = self.roster().orders(name).map(Arc::clone);
        match orders.filter(|orders| !orders.is_gone()) {
            Some(orders) => Ok(ChildHandle(orders)),
            None => Err(NoSuchChild { name: name.to_owned() }),
        }
    }

    /// Breaks a child by name. The caller has checked that `--chaos` allows it.
    pub fn crash(&self, name: &str, site: CrashSite) -> Result<(), NoSuchChild> {
        self.child(name).map(|child| child.crash(site))
    }

    /// Drops the row of a child that has ended; that of a living one stays.
    pub fn forget(&self, name: &str) {
        self.roster().forget(name);
    }

    /// A new child; answers with the number it reports under.
    pub(super) fn enter(&self, restart: Restart, orders: &Arc<Orders>, busy: &Arc<Busy>) -> u64 {
        self.roster().enter(restart, orders, busy, Utc::now())
    }

    pub(super) fn record(&self, id: u64, name: &Arc<str>, what: LifeEvent) {
        log(name, &what);
        let seq = self.roster().record(id, name, Utc::now(), what);
        // Two reports at once may arrive here in either order.
        self.0.news.send_if_modified(|news| {
            let newer = seq > *news;
            *news = seq.max(*news);
            newer
        });
    }

    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.0.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(actor: &str, what: &LifeEvent) {
    match what {
        LifeEvent::Started => tracing::debug!(actor, "started"),
        LifeEvent::Crashed(panic) => {
            let place = panic.place.as_deref().unwrap_or("unknown");
            tracing::error!(actor, place, panic = %panic.message, "crashed");
        }
        LifeEvent::Restarting { after } => {
            tracing::warn!(actor, after_ms = after.as_millis() as u64, "restarting");
        }
        LifeEvent::Stopping => tracing::debug!(actor, "stopping"),
        LifeEvent::Stopped(cause) => tracing::info!(actor, ?cause, "stopped"),
        LifeEvent::GaveUp { restarts } => tracing::error!(actor, restarts, "gave up"),
    }
}
