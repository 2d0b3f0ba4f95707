//! Before the daemon ends.

use std::time::Duration;

use actix::prelude::*;
use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::messages::DrainAll;
use super::registry::Sessions;
use crate::actors::session::Drain;

/// How long writing down may take before a restart.
const WRITE: Duration = Duration::from_millis(2_500);
/// How long the programs may take to end; the keeper's ladder takes 5 s.
const ENDING: Duration = Duration::from_secs(8);

impl Handler<DrainAll> for Sessions {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, DrainAll { restart }: DrainAll, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        if restart {
            let running = self.entries.values().filter(|entry| entry.held.is_some());
            let written: Vec<_> = running.map(|entry| entry.child.addr.send(Drain).timeout(WRITE)).collect();
            return Box::pin(async move { drop(join_all(written).await) });
        }
        let (tell, told) = oneshot::channel();
        self.ended_tell.push(tell);
        self.tell_if_all_ended();
        Box::pin(async move { drop(tokio::time::timeout(ENDING, told).await) })
    }
}

impl Sessions {
    pub(super) fn tell_if_all_ended(&mut self) {
        if self.draining && self.entries.values().all(|entry| entry.held.is_none()) {
            for tell in self.ended_tell.drain(..) {
                let _ = tell.send(());
            }
        }
    }
}
