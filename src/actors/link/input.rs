//! Input on its way to a session, and what happens when there is no room for it.

use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::actor::{Context, Link};
use super::channel::Channel;
use crate::actors::session::{Input, Room};
use crate::domain::frames::Mode;

impl Link {
    pub(super) fn input(&mut self, number: u32, bytes: Bytes, ctx: &mut Context<Self>) {
        let Some(channel) = self.channels.get_mut(&number) else {
            return self.refuse(Some(number), "invalid", "this channel has joined no session", ctx);
        };
        if channel.mode == Mode::Read {
            return self.refuse(Some(number), "read_only", "this viewer may only read", ctx);
        }
        if bytes.is_empty() {
            return;
        }
        channel.held.push_back(bytes);
        self.pass_input(number);
    }

    /// Hands input to the session as long as it has room; else stops reading the socket.
    pub(super) fn pass_input(&mut self, number: u32) {
        let Some(channel) = self.channels.get_mut(&number) else { return };
        while let Some(bytes) = channel.held.front() {
            let mut room = Room::reserve(&channel.feed, bytes.len());
            if room.is_none() {
                channel.cell.wants_room.store(true, Ordering::Release);
                // It may have become free in between.
                room = Room::reserve(&channel.feed, bytes.len());
            }
            let Some(room) = room else {
                self.waiting.insert(number);
                return self.close_gate();
            };
            let viewer = channel.viewer;
            if let Some(bytes) = channel.held.pop_front() {
                channel.session.do_send(Input { viewer, bytes, room });
            }
        }
        self.let_in(number);
    }

    pub(super) fn let_in(&mut self, number: u32) {
        if self.waiting.remove(&number) && self.waiting.is_empty() {
            self.gate.open();
            for channel in self.channels.values() {
                channel.cell.acked_now();
                channel.cell.excused.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Stops reading the socket. Acknowledgements wait there too, so nobody is to be cut off for want of them.
    fn close_gate(&self) {
        self.gate.close();
        for channel in self.channels.values() {
            channel.cell.excused.store(true, Ordering::Relaxed);
        }
    }

    /// The session can take no input any more: what is held for it is let go.
    pub(super) fn let_go(&mut self, session_id: &str) {
        let failed = |(number, channel): (&u32, &mut Channel)| {
            (channel.session_id == session_id).then(|| {
                channel.held.clear();
                *number
            })
        };
        let numbers: Vec<u32> = self.channels.iter_mut().filter_map(failed).collect();
        numbers.into_iter().for_each(|number| self.let_in(number));
    }
}
