//! Attention, and what happens to a session that gets none.

use std::time::{Duration, Instant};

use actix::prelude::*;

use super::actor::Session;
use super::messages::Heartbeat;
use crate::actors::events::Published;
use crate::actors::keeper_link::Tell;
use crate::domain::event::Event;
use crate::domain::exit::Reason;
use crate::domain::idle::Idleness;
use crate::domain::keeper_frames::Order;

/// Beyond its moment, so that a timer never comes too early by a hair.
const HAIR: Duration = Duration::from_millis(1);

impl Session {
    /// How long nobody has watched or typed.
    pub(super) fn unattended(&self) -> Duration {
        if self.viewers.is_empty() {
            self.last_watched.elapsed().min(self.last_input.elapsed())
        } else {
            Duration::ZERO
        }
    }

    /// Somebody looks after the session. True when it had been warned for want of that, and nobody had heard.
    pub(super) fn attend(&mut self) -> bool {
        self.last_watched = Instant::now();
        std::mem::take(&mut self.idle_warned)
    }

    /// Looks at the idleness now and whenever it may have changed what to do.
    pub(super) fn watch_idleness(&mut self, ctx: &mut Context<Self>) {
        let Some(rule) = self.settings.idle.filter(|_| self.running()) else { return };
        let again = match rule.judge(self.unattended()) {
            Idleness::Fine(left) => {
                self.idle_warned = false;
                left
            }
            Idleness::Warned(left) => {
                if !std::mem::replace(&mut self.idle_warned, true) {
                    tracing::info!(session = %self.id, seconds = left.as_secs(), "idle: it will be ended");
                    let (session_id, ends_in_seconds) = (self.id.clone(), left.as_secs());
                    let warning = Event::SessionIdleWarning { session_id, ends_in_seconds };
                    self.addrs.events.do_send(Published(warning));
                }
                left
            }
            Idleness::Expired => {
                tracing::info!(session = %self.id, "idle for too long: it is ended");
                self.end_for(Reason::Idle);
                return;
            }
        };
        ctx.run_later(again + HAIR, |act, ctx| act.watch_idleness(ctx));
    }

    /// Ends the program; the exit will carry `reason`, or the one that was given before.
    pub(super) fn end_for(&mut self, reason: Reason) {
        self.ending.get_or_insert(reason);
        self.addrs.keeper.do_send(Tell(Order::End { id: self.id.clone() }));
    }
}

impl Handler<Heartbeat> for Session {
    type Result = bool;

    fn handle(&mut self, _: Heartbeat, _: &mut Self::Context) -> bool {
        self.attend()
    }
}
