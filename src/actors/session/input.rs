//! From the viewers to the program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use actix::prelude::*;
use bytes::Buf;
use tokio::io::Interest;

use crate::os::fds;

use super::actor::Session;
use super::feed::{Body, MAX_INPUT};
use super::messages::{Input, ToViewer};

/// Bytes written to the program in one turn at most.
const TURN: usize = 256 * 1024;

impl Handler<Input> for Session {
    type Result = ();

    fn handle(&mut self, message: Input, ctx: &mut Self::Context) {
        let owner = self.owner.owner();
        if !self.running() || !self.owner.typed(message.viewer) {
            return;
        }
        self.last_input = Instant::now();
        self.input.push_back((message.bytes, Some(message.room)));
        if owner != Some(message.viewer) {
            self.apply_size(ctx);
        }
        self.write_input(ctx);
    }
}

impl Session {
    /// Writes what the program takes now; waits for it to take more.
    pub(super) fn write_input(&mut self, ctx: &mut Context<Self>) {
        let Some(body) = self.body.clone() else {
            self.input.clear();
            return;
        };
        let mut written = 0;
        while !self.blocked && written < TURN {
            let Some((bytes, room)) = self.input.front_mut() else { break };
            match rustix::io::write(&body.pty, bytes) {
                Ok(count) => {
                    written += count;
                    bytes.advance(count);
                    if let Some(room) = room {
                        room.shrink(count);
                    }
                    if bytes.is_empty() {
                        self.input.pop_front();
                    }
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => self.wait_until_writable(body.clone(), ctx),
                Err(error) => {
                    tracing::debug!(session = %self.id, %error, "the program takes no input any more");
                    self.input.clear();
                }
            }
        }
        if written >= TURN && !self.input.is_empty() {
            self.wait_until_writable(body, ctx);
        }
        self.offer_room();
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
    fn offer_room(&self) {
        if self.feed.input_waiting() > MAX_INPUT / 2 {
            return;
        }
        for viewer in &self.viewers {
            if viewer.cell.wants_room.swap(false, Ordering::AcqRel) {
                viewer.tell(ToViewer::Room { channel: viewer.channel });
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
