//! The keeper's part about sessions: start, watch, stall, end, forget.

use std::time::Duration;

use rustix::event::epoll::{self, EventData, EventFlags};

use super::held::{Held, Turn};
use super::run::Keeper;
use super::timers::Due;
use crate::domain::keeper_frames::{Fact, Spawn};
use crate::os::ring;

/// A ring without output for so long gives its memory back.
const IDLE: Duration = Duration::from_secs(10);

impl Keeper {
    pub(super) fn spawn(&mut self, order: &Spawn) {
        let failed = |error: String| Fact::SpawnFailed { id: order.id.clone(), error };
        if self.stopping {
            return self.tell(&failed("the host is shutting down".to_owned()));
        }
        if self.tokens.contains_key(&order.id) {
            return self.tell(&failed(format!("session {} exists already", order.id)));
        }
        match Held::spawn(order, self.open_files) {
            Ok(held) => {
                let token = self.next_token;
                self.next_token += 1;
                tracing::info!(session = %held.id, pid = held.pid, "started the program");
                let Some(control) = self.daemon.control() else {
                    return;
                };
                let sent = control.send(&Fact::Spawned(held.kept()), &held.fds());
                self.tokens.insert(held.id.clone(), token);
                self.sessions.insert(token, held);
                self.watch(token, true);
                self.after_send(sent);
            }
            Err(error) => self.tell(&failed(error)),
        }
    }

    fn watch(&mut self, token: u64, on: bool) {
        let Some(held) = self.sessions.get_mut(&token) else {
            return;
        };
        if held.watched == on {
            return;
        }
        held.watched = on;
        let result = if on {
            epoll::add(&self.epoll, &held.pty, EventData::new_u64(token), EventFlags::IN)
        } else {
            epoll::delete(&self.epoll, &held.pty)
        };
        if let Err(error) = result {
            tracing::error!(session = %held.id, %error, on, "watching the PTY failed");
        }
    }

    pub(super) fn turn(&mut self, token: u64) {
        let Some(held) = self.sessions.get_mut(&token) else {
            return;
        };
        let turn = held.turn();
        held.stalled = turn == Turn::Stalled;
        let waiting = turn == Turn::HungUp && held.status.is_none();
        let arm = turn == Turn::Watch && !std::mem::replace(&mut held.idle_timer, true);
        self.watch(token, turn == Turn::Watch);
        if waiting {
            self.timers.after(Duration::from_secs(1), Due::HungUp(token));
        }
        if arm {
            self.timers.after(IDLE, Due::Idle(token));
        }
    }

    /// The daemon has made room somewhere: look at everyone who waits for it.
    pub(super) fn on_kick(&mut self) {
        ring::silence_bell(&self.kick);
        let stalled = self.sessions.iter().filter(|(_, held)| held.stalled && !held.ring.full());
        let tokens: Vec<u64> = stalled.map(|(&token, _)| token).collect();
        for token in tokens {
            self.turn(token);
        }
    }

    pub(super) fn idle(&mut self, token: u64) {
        let Some(held) = self.sessions.get_mut(&token) else {
            return;
        };
        let quiet = held.last_output.elapsed() >= IDLE;
        held.idle_timer = !(quiet && held.ring.release());
        if held.idle_timer {
            self.timers.after(IDLE, Due::Idle(token));
        }
    }

    /// Begins the ladder; asking again changes nothing.
    pub(super) fn end(&mut self, id: &str) {
        if let Some(&token) = self.tokens.get(id)
            && self.sessions.get(&token).is_some_and(|held| held.rung == 0)
        {
            self.climb(token);
        }
    }

    pub(super) fn climb(&mut self, token: u64) {
        let Some(held) = self.sessions.get_mut(&token) else {
            return;
        };
        if held.ring.ended() {
            return;
        }
        if let Some(wait) = held.climb() {
            self.timers.after(Duration::from_secs(wait), Due::Ladder(token));
        }
    }

    pub(super) fn forget(&mut self, id: &str) {
        let Some(token) = self.tokens.remove(id) else {
            return;
        };
        self.watch(token, false);
        self.sessions.remove(&token);
        self.finish_if_stopped();
    }
}
