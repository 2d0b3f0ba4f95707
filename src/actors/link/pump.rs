//! Sends what the windows allow, and hears what sessions tell.

use std::sync::atomic::Ordering;

use actix::prelude::*;
use actix_web_actors::ws::CloseCode;

use super::actor::{Context, Link};
use super::channel::Mark;
use crate::actors::session::{Fact, SNAPSHOT_BYTES, Snapshot, TakeDifference, TakeSnapshot, ToViewer};
use crate::domain::frames::{MAX_OUT, OUT_HEADER, OutKind, ServerFrame, close, put_header};

/// Most output in one frame, in bytes.
const PAYLOAD: usize = MAX_OUT - OUT_HEADER;
/// Largest snapshot that a client may ask for, in bytes.
const MOST_HISTORY: usize = 1024 * 1024;

impl Link {
    /// Hears a fact about a channel that has joined; one for a viewer that has left means nothing.
    pub(super) fn hear(&mut self, told: ToViewer, ctx: &mut Context<Self>) {
        let number = told.channel;
        let Some(channel) = self.channels.get_mut(&number) else { return };
        if channel.viewer != told.viewer {
            return;
        }
        channel.cell.unheard.fetch_sub(1, Ordering::AcqRel);
        match told.fact {
            Fact::More => channel.cell.woken.store(false, Ordering::Release),
            Fact::Resized { offset, size, owner } => {
                channel.heard += 1;
                channel.marks.push_back(Mark { offset, size, owner });
            }
            Fact::Exited { offset, exit } => channel.exit = Some((offset, exit)),
            Fact::InputWritten { offset } => {
                return self.say(&ServerFrame::InputAck { channel: number, offset }, ctx);
            }
            Fact::Room => return self.pass_input(number),
            Fact::CutOff => {
                return self.end(CloseCode::Other(close::TOO_SLOW), "too slow: come back and resume", ctx);
            }
            Fact::Closed => {
                let session_id = channel.session_id.clone();
                self.channels.remove(&number);
                self.let_in(number);
                return self.say(&ServerFrame::SessionClosed { channel: number, session_id }, ctx);
            }
        }
        self.pump(number, ctx);
    }

    pub(super) fn ack(&mut self, number: u32, offset: u64, ctx: &mut Context<Self>) {
        // One that crossed the end of its channel means nothing.
        let Some(channel) = self.channels.get_mut(&number) else { return };
        channel.cell.acked_now();
        channel.acked = channel.acked.max(offset.min(channel.sent));
        channel.note_outstanding();
        self.pump(number, ctx);
    }

    /// Sends a channel's marks, output and exit, as far as window and output go.
    pub(super) fn pump(&mut self, number: u32, ctx: &mut Context<Self>) {
        loop {
            self.send_due(number, ctx);
            let window = self.settings.window;
            let Some(channel) = self.channels.get_mut(&number) else { return };
            if let Some(most) = channel.wanted.take_if(|_| !channel.resyncing) {
                return self.resync(number, most, ctx);
            }
            if channel.may_skip() {
                return self.skip(number, ctx);
            }
            let most = channel.allowance(window).min(PAYLOAD as u64) as usize;
            if most == 0 {
                return channel.note_outstanding();
            }
            let mut frame = Vec::with_capacity(OUT_HEADER + most);
            put_header(&mut frame, OutKind::Output, number, channel.sent);
            let end = channel.sent + most as u64;
            match channel.feed.copy(channel.sent, end, most, &mut frame) {
                Ok(0) => return channel.note_outstanding(),
                Ok(count) => {
                    if channel.sent == channel.acked {
                        // The clock of a viewer that owes nothing starts with what it is sent now.
                        channel.cell.acked_now();
                    }
                    channel.sent += count as u64;
                    ctx.binary(frame);
                }
                Err(_) => return self.resync(number, SNAPSHOT_BYTES, ctx),
            }
        }
    }

    fn send_due(&mut self, number: u32, ctx: &mut Context<Self>) {
        let Some(channel) = self.channels.get_mut(&number) else { return };
        let mut frames = Vec::new();
        while let Some(Mark { offset, size, owner }) = channel.due_mark() {
            frames.push(ServerFrame::Resized {
                channel: number,
                offset,
                cols: size.cols,
                rows: size.rows,
                owner,
            });
        }
        if let Some(exit) = channel.due_exit() {
            let session_id = channel.session_id.clone();
            frames.push(ServerFrame::SessionExited { channel: number, session_id, exit });
        }
        for frame in &frames {
            self.say(frame, ctx);
        }
    }

    /// The client wants the lines above the screen. No terminal can put lines above those it has, so all is drawn again.
    pub(super) fn want_history(&mut self, number: u32, bytes: Option<u64>, ctx: &mut Context<Self>) {
        let Some(channel) = self.channels.get_mut(&number) else {
            return self.refuse(Some(number), "invalid", "this channel has joined no session", ctx);
        };
        let bytes = bytes.map_or(SNAPSHOT_BYTES, |bytes| usize::try_from(bytes).unwrap_or(MOST_HISTORY));
        channel.wanted = Some(bytes.min(MOST_HISTORY));
        self.pump(number, ctx);
    }

    /// The channel fell out of the ring, or wants more history: goes on with a snapshot at the newest offset.
    fn resync(&mut self, number: u32, most: usize, ctx: &mut Context<Self>) {
        let Some(channel) = self.channels.get_mut(&number) else { return };
        channel.resyncing = true;
        tracing::debug!(session = %channel.session_id, viewer = channel.viewer, "resynchronising a viewer");
        let viewer = channel.viewer;
        let taking = channel.session.send(TakeSnapshot { viewer: Some(viewer), most });
        ctx.spawn(taking.into_actor(self).map(move |answer, act, ctx| {
            let channel = act.channels.get_mut(&number).filter(|channel| channel.viewer == viewer);
            let (Some(channel), Ok(reply)) = (channel, answer) else { return };
            channel.resyncing = false;
            let offset = reply.snapshot.offset;
            // Nothing follows until the snapshot is acknowledged.
            channel.sent = offset;
            channel.drawn = channel.differences.then_some(offset);
            channel.cell.acked_now();
            let owner = channel.marks.back().map(|mark| mark.owner);
            channel.marks.retain(|mark| mark.offset > offset);
            if let Some(owner) = owner {
                let (cols, rows) = (reply.size.cols, reply.size.rows);
                act.say(&ServerFrame::Resized { channel: number, offset, cols, rows, owner }, ctx);
            }
            act.send_snapshot(number, &reply.snapshot, ctx);
            act.pump(number, ctx);
        }));
    }

    /// Sends what has changed on the screen instead of the bytes since, if that is less.
    fn skip(&mut self, number: u32, ctx: &mut Context<Self>) {
        let Some(channel) = self.channels.get_mut(&number) else { return };
        channel.resyncing = true;
        let (viewer, since) = (channel.viewer, channel.sent);
        let taking = channel.session.send(TakeDifference { viewer, since, most: PAYLOAD });
        ctx.spawn(taking.into_actor(self).map(move |answer, act, ctx| {
            let channel = act.channels.get_mut(&number).filter(|channel| channel.viewer == viewer);
            let Some(channel) = channel else { return };
            channel.resyncing = false;
            channel.drawn = None;
            if let Ok(Some(difference)) = answer {
                channel.drawn = Some(difference.offset);
                channel.sent = difference.offset;
                channel.cell.acked_now();
                let mut frame = Vec::with_capacity(OUT_HEADER + difference.bytes.len());
                put_header(&mut frame, OutKind::Difference, number, difference.offset);
                frame.extend_from_slice(&difference.bytes);
                ctx.binary(frame);
            }
            act.pump(number, ctx);
        }));
    }

    /// Sends a snapshot in parts that fit into frames.
    pub(super) fn send_snapshot(&self, number: u32, snapshot: &Snapshot, ctx: &mut Context<Self>) {
        let mut rest = &snapshot.bytes[..];
        loop {
            let (part, after) = rest.split_at(rest.len().min(PAYLOAD));
            let kind = if after.is_empty() { OutKind::SnapshotLast } else { OutKind::SnapshotPart };
            let mut frame = Vec::with_capacity(OUT_HEADER + part.len());
            put_header(&mut frame, kind, number, snapshot.offset);
            frame.extend_from_slice(part);
            ctx.binary(frame);
            if after.is_empty() {
                return;
            }
            rest = after;
        }
    }
}
