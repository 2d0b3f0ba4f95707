//! Before the daemon ends.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::{join, join_all};
use tokio::sync::oneshot;

use super::messages::DrainAll;
use super::registry::Sessions;
use crate::actors::session::{Drain, ShuttingDown};

/// How long writing down may take before a restart.
const WRITE: Duration = Duration::from_millis(2_500);
/// How long the programs may take to end; the keeper's ladder takes 5 s.
const ENDING: Duration = Duration::from_secs(8);

impl Handler<DrainAll> for Sessions {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, DrainAll { restart }: DrainAll, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        let (tell, told) = oneshot::channel();
        self.done_tell.push((restart, tell));
        self.tell_if_done();
        if restart {
            let running = self.entries.values().filter(|entry| entry.held.is_some());
            let written: Vec<_> = running.map(|entry| entry.child.addr.send(Drain).timeout(WRITE)).collect();
            let told = tokio::time::timeout(WRITE, told);
            return Box::pin(async move { drop(join(join_all(written), told).await) });
        }
        self.entries.values().for_each(|entry| entry.child.addr.do_send(ShuttingDown));
        Box::pin(async move { drop(tokio::time::timeout(ENDING, told).await) })
    }
}

impl Sessions {
    /// Tells who waits once every end is on the disk; before a shutdown that is the end of every session.
    pub(super) fn tell_if_done(&mut self) {
        if !self.writing.is_empty() {
            return;
        }
        let all_ended = self.entries.values().all(|entry| entry.held.is_none());
        for (_, tell) in self.done_tell.extract_if(.., |(restart, _)| *restart || all_ended) {
            let _ = tell.send(());
        }
    }
}
