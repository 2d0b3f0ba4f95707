//! The reader of journals.

use std::path::PathBuf;
use std::sync::Arc;

use actix::prelude::*;
use tokio::sync::Semaphore;

use super::reading::AT_ONCE;
use crate::actors::journals::Journals;
use crate::actors::session::CallerId;

/// Reads journals on the blocking pool, as far as they go when they are read.
///
/// *Parent* root · *Restart* permanent · *Owns* who searches and reads now · *Sends to* journals, whoever asked · *Lost on
/// crash* nothing.
pub struct Recordings {
    /// Holds a folder per session.
    root: PathBuf,
    pub(super) journals: Addr<Journals>,
    /// Whoever searches now.
    pub(super) searching: Vec<CallerId>,
    /// Room for whoever reads a whole journal.
    pub(super) reading: Arc<Semaphore>,
}

impl Recordings {
    pub fn new(root: PathBuf, journals: Addr<Journals>) -> Recordings {
        let reading = Arc::new(Semaphore::new(AT_ONCE));
        Recordings { root, journals, searching: Vec::new(), reading }
    }

    /// The folder of a session's journal.
    pub(super) fn journal(&self, id: &str) -> PathBuf {
        self.root.join(id).join("journal")
    }
}

impl Actor for Recordings {
    type Context = Context<Self>;
}

impl Supervised for Recordings {
    fn restarting(&mut self, _: &mut Self::Context) {
        // Nobody tells this life when those are done.
        self.searching.clear();
    }
}
