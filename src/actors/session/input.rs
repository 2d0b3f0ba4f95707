//! From the viewers to the program.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::prelude::*;
use bytes::{Buf, Bytes};
use tokio::io::Interest;

use crate::os::{fds, input_pipe};

use super::actor::Session;
use super::feed::{Body, MAX_INPUT, Room};
use super::messages::{Fact, Input, InputId};
use crate::domain::size_owner::ViewerId;

/// Bytes written to the program in one turn at most.
const TURN: usize = 256 * 1024;
/// Longest time until a client learns that its input has reached the program.
const ACK: Duration = Duration::from_millis(50);
/// Clients whose input is counted at once.
const MOST_TYPED: usize = 64;

/// Input that waits for the program.
pub(super) struct Queued {
    pub bytes: Bytes,
    /// None: the daemon's own answer to a query.
    pub room: Option<Room>,
    /// Whose it is, if its writer counts.
    pub from: Option<InputId>,
}

/// A counting writer's place in its input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Typed {
    /// Taken into the queue, or farther.
    accepted: u64,
    /// Has reached the program.
    written: u64,
    /// Its writer was told so.
    told: u64,
    /// Whoever uses this id now; earlier ones are not heard any more.
    viewer: ViewerId,
}

impl Handler<Input> for Session {
    type Result = ();

    fn handle(&mut self, message: Input, ctx: &mut Self::Context) {
        let owner = self.owner.owner();
        if !self.running() || !self.owner.typed(message.viewer) {
            // Nobody will read it: whoever waits for room need not wait for this.
            drop(message);
            return self.offer_room();
        }
        let from = self.viewers.iter().find(|viewer| viewer.id == message.viewer).and_then(|it| it.input_id);
        if let Some(id) = from {
            match self.typed.get_mut(&id) {
                Some(typed) if typed.viewer == message.viewer => typed.accepted += message.bytes.len() as u64,
                _ => return,
            }
        }
        if owner != Some(message.viewer) {
            self.apply_size(ctx);
        }
        self.queue_input(Queued { bytes: message.bytes, room: Some(message.room), from }, ctx);
    }
}

impl Session {
    /// From now on `viewer` sends the input of `id`; how much of it there is already.
    pub(super) fn take_over_input(&mut self, id: InputId, viewer: ViewerId, ctx: &mut Context<Self>) -> u64 {
        self.acknowledge_soon(ctx);
        if self.typed.len() >= MOST_TYPED && !self.typed.contains_key(&id) {
            let watching: Vec<ViewerId> = self.viewers.iter().map(|viewer| viewer.id).collect();
            self.typed.retain(|_, typed| watching.contains(&typed.viewer));
        }
        let known = self.feed.ring().and_then(|ring| ring.input_written(id)).unwrap_or(0);
        let fresh = Typed { accepted: known, written: known, told: 0, viewer };
        let typed = self.typed.entry(id).or_insert(fresh);
        typed.viewer = viewer;
        // Whoever comes back does not know what was acknowledged meanwhile.
        typed.told = 0;
        typed.accepted
    }

    /// Takes what somebody typed.
    pub(super) fn queue_input(&mut self, queued: Queued, ctx: &mut Context<Self>) {
        self.last_input = Instant::now();
        if !queued.bytes.is_empty() {
            self.input.push_back(queued);
        }
        self.write_input(ctx);
    }

    /// Writes what the program takes now; waits for it to take more.
    pub(super) fn write_input(&mut self, ctx: &mut Context<Self>) {
        let Some(body) = self.body.clone() else { return self.drop_input() };
        let mut written = 0;
        while !self.blocked && written < TURN {
            if self.in_pipe == 0 && !self.load_pipe(&body) {
                break;
            }
            match body.pipe.push(body.pty.as_fd()) {
                Ok(0) | Err(rustix::io::Errno::AGAIN) => self.wait_until_writable(body.clone(), ctx),
                Ok(count) => {
                    written += count;
                    self.wrote(count);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::debug!(session = %self.id, %error, "the program takes no input any more");
                    self.drop_input();
                }
            }
        }
        if written >= TURN && !self.input.is_empty() {
            self.wait_until_writable(body, ctx);
        }
        if written > 0 {
            self.acknowledge_soon(ctx);
        }
        self.offer_room();
    }

    /// Puts the next piece into the pipe and leaves word, beyond this daemon's life, whose it is. False when there is
    /// none.
    fn load_pipe(&mut self, body: &Body) -> bool {
        let (Some(queued), Some(ring)) = (self.input.front(), self.feed.ring()) else { return false };
        let piece = queued.bytes.slice(..queued.bytes.len().min(input_pipe::CAPACITY));
        let typed = queued.from.and_then(|id| Some((id, self.typed.get(&id)?.written)));
        let (id, before) = typed.unwrap_or_default();
        ring.begin_piece(id, before, piece.len());
        if let Err(error) = body.pipe.load(&piece) {
            tracing::error!(session = %self.id, %error, "input is lost");
            self.drop_input();
            return false;
        }
        ring.piece_loaded();
        self.in_pipe = piece.len();
        true
    }

    /// Finds out what became of the piece that this actor or the last daemon died over. What had not reached the
    /// program is still in the queue, or its writer sends it again.
    pub(super) fn settle_input(&mut self) {
        let Some(body) = self.body.clone() else { return };
        let left = body.pipe.waiting().unwrap_or(0);
        self.wrote(self.in_pipe.saturating_sub(left));
        // Settled before the pipe is emptied: killed in between, the next one finds an old rest and nothing open.
        if let Some(ring) = self.feed.ring() {
            ring.settle_piece(left);
        }
        body.pipe.empty();
        self.in_pipe = 0;
    }

    /// Nobody reads any more.
    pub(super) fn drop_input(&mut self) {
        self.settle_input();
        self.input.clear();
        self.in_pipe = 0;
        self.offer_room();
    }

    /// So much of the first in the queue has reached the program.
    fn wrote(&mut self, count: usize) {
        let Some(queued) = self.input.front_mut() else { return };
        self.in_pipe -= count;
        if let Some(ring) = self.feed.ring().filter(|_| self.in_pipe == 0) {
            ring.settle_piece(0);
        }
        if let Some(id) = queued.from
            && let Some(typed) = self.typed.get_mut(&id)
        {
            typed.written += count as u64;
        }
        if let Some(room) = &mut queued.room {
            room.shrink(count);
        }
        queued.bytes.advance(count);
        if queued.bytes.is_empty() {
            self.input.pop_front();
        }
    }

    fn acknowledge_soon(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.acking, true) {
            ctx.run_later(ACK, |act, _| act.acknowledge_input());
        }
    }

    fn acknowledge_input(&mut self) {
        self.acking = false;
        for viewer in &self.viewers {
            let Some(typed) = viewer.input_id.and_then(|id| self.typed.get_mut(&id)) else { continue };
            if typed.viewer == viewer.id && typed.told < typed.written {
                typed.told = typed.written;
                viewer.tell(Fact::InputWritten { offset: typed.written });
            }
        }
    }

    fn wait_until_writable(&mut self, body: Arc<Body>, ctx: &mut Context<Self>) {
        self.blocked = true;
        ctx.spawn(writable(body).into_actor(self).map(|result, act, ctx| {
            act.blocked = false;
            match result {
                Ok(()) => act.write_input(ctx),
                Err(error) => tracing::error!(session = %act.id, %error, "waiting for the program failed"),
            }
        }));
    }

    /// Tells those who wait that there is room again.
    pub(super) fn offer_room(&self) {
        if self.feed.input_waiting() > MAX_INPUT / 2 {
            return;
        }
        for viewer in &self.viewers {
            if viewer.cell.wants_room.swap(false, Ordering::AcqRel) {
                viewer.tell(Fact::Room);
            }
        }
    }
}

/// Registered anew for each wait: the first look at a fresh registration tells the truth.
async fn writable(body: Arc<Body>) -> io::Result<()> {
    let pty = fds::watch(body.pty.clone(), Interest::WRITABLE)?;
    let guard = pty.writable().await?;
    drop(guard);
    Ok(())
}
