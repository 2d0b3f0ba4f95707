//! Who watches, and at which size.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::prelude::*;

use super::actor::Session;
use super::feed::{MAX_UNHEARD, ViewerCell};
use super::messages::{
    Dismissed, Fact, InputId, Join, Joined, Leave, Resize, Snapshot, SnapshotReply, Start, TakeDifference,
    TakeSnapshot, ToViewer,
};
use crate::actors::journals::Noted;
use crate::domain::frames::{History, Mode};
use crate::domain::screen::Shown;
use crate::domain::size::Size;
use crate::domain::size_owner::ViewerId;

/// Largest snapshot for a viewer, in bytes.
pub const SNAPSHOT_BYTES: usize = 256 * 1024;
/// Largest snapshot that begins a segment of the journal, in bytes.
pub(super) const KEYFRAME_BYTES: usize = 1024 * 1024;
/// How often viewers that stopped acknowledging are looked for.
const SWEEP: Duration = Duration::from_secs(1);

pub(super) struct Viewer {
    pub id: ViewerId,
    pub channel: u32,
    pub to: Recipient<ToViewer>,
    pub cell: Arc<ViewerCell>,
    pub input_id: Option<InputId>,
    /// It can be told what has changed since it was drawn a whole screen.
    differences: bool,
    /// That screen, and its offset.
    drawn: Option<(u64, Shown)>,
}

impl Viewer {
    pub(super) fn tell(&self, fact: Fact) {
        self.cell.unheard.fetch_add(1, Ordering::AcqRel);
        self.to.do_send(ToViewer { viewer: self.id, channel: self.channel, fact });
    }
}

impl Handler<Join> for Session {
    type Result = ResponseActFuture<Self, Joined>;

    fn handle(&mut self, message: Join, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.with_screen().map(|(), act, ctx| act.join(message, ctx)))
    }
}

impl Session {
    fn join(&mut self, message: Join, ctx: &mut Context<Self>) -> Joined {
        self.remove_viewer(message.viewer);
        if message.mode == Mode::Write && self.running() && !self.is_task {
            self.owner.join(message.viewer, message.size);
        }
        let cell = Arc::new(ViewerCell::fresh());
        let viewer = Viewer {
            id: message.viewer,
            channel: message.channel,
            to: message.to,
            cell: cell.clone(),
            input_id: message.input_id,
            differences: message.differences,
            drawn: None,
        };
        let input = message.input_id.map(|id| self.take_over_input(id, message.viewer, ctx));
        self.apply_size(ctx);
        self.viewers.push(viewer);
        self.last_watched = Instant::now();
        self.sweep_regularly(ctx);
        let start = self.start_for(message.from, message.viewer, message.history);
        Joined {
            feed: self.feed.clone(),
            cell,
            label: self.label.clone(),
            size: self.size,
            owner: self.owner.owner() == Some(message.viewer),
            start,
            marks: self.feed.marks(),
            exit: self.exit.clone(),
            input,
            widths: self.settings.widths,
            read_only: self.is_task,
        }
    }

    /// The bytes that follow what the viewer has, as long as the ring has them all; else a snapshot. A viewer that
    /// comes back soon so misses nothing, not even in its scrollback.
    fn start_for(&mut self, from: Option<u64>, viewer: ViewerId, history: History) -> Start {
        let most = if history == History::After { 0 } else { SNAPSHOT_BYTES };
        match from {
            Some(from) if from <= self.feed.published() && from >= self.feed.lowest() => Start::At(from),
            _ => Start::Snapshot(self.take_snapshot(Some(viewer), most)),
        }
    }

    fn take_snapshot(&mut self, viewer: Option<ViewerId>, most: usize) -> Snapshot {
        let bytes = self.screen.as_ref().map(|screen| screen.snapshot(most)).unwrap_or_default();
        self.remember_drawn(viewer);
        Snapshot { offset: self.fed, bytes: bytes.into() }
    }

    /// Keeps the screen that `viewer` is drawn, to tell later what has changed.
    fn remember_drawn(&mut self, viewer: Option<ViewerId>) {
        let viewer = self.viewers.iter_mut().find(|known| Some(known.id) == viewer && known.differences);
        if let (Some(viewer), Some(screen)) = (viewer, &self.screen) {
            viewer.drawn = Some((self.fed, screen.shown()));
        }
    }

    /// A screen that was rebuilt has counted from another beginning: nothing can be told from what was drawn before.
    pub(super) fn forget_drawn(&mut self) {
        self.viewers.iter_mut().for_each(|viewer| viewer.drawn = None);
    }

    fn take_difference(&mut self, asked: &TakeDifference) -> Option<Snapshot> {
        let viewer = self.viewers.iter_mut().find(|viewer| viewer.id == asked.viewer)?;
        let (_, shown) = viewer.drawn.take().filter(|(offset, _)| *offset == asked.since)?;
        let bytes = self.screen.as_ref()?.difference(&shown)?;
        let less = bytes.len() <= asked.most && (bytes.len() as u64) < self.fed.saturating_sub(asked.since);
        if !less {
            return None;
        }
        self.remember_drawn(Some(asked.viewer));
        Some(Snapshot { offset: self.fed, bytes: bytes.into() })
    }

    pub(super) fn remove_viewer(&mut self, id: ViewerId) {
        self.owner.leave(id);
        self.viewers.retain(|viewer| viewer.id != id);
        self.last_watched = Instant::now();
    }

    /// Gives the session the size its owner has, at a known offset, and tells everyone.
    pub(super) fn apply_size(&mut self, ctx: &mut Context<Self>) {
        let size = self.owner.size().unwrap_or(self.size);
        let owner = self.owner.owner();
        let changed = size != self.size;
        if !changed && self.viewers.len() < 2 {
            return;
        }
        let mut offset = self.feed.published();
        if changed && let Some(body) = self.body.clone() {
            // Everything before the change is drawn at the old size.
            let head = self.feed.ring().map_or(self.fed, |ring| ring.head());
            self.feed_screen(head, ctx);
            offset = self.fed;
            let winsize =
                rustix::termios::Winsize { ws_row: size.rows, ws_col: size.cols, ws_xpixel: 0, ws_ypixel: 0 };
            if let Err(error) = rustix::termios::tcsetwinsize(&body.pty, winsize) {
                tracing::warn!(session = %self.id, %error, "the PTY refused the size");
                return;
            }
            self.size = size;
            if let Some(screen) = &mut self.screen {
                screen.resize(size);
            }
            self.write_down(true, ctx);
            self.note(Noted::Resized(size));
        }
        self.feed.add_mark();
        for viewer in &self.viewers {
            viewer.tell(Fact::Resized { offset, size, owner: owner == Some(viewer.id) });
        }
        self.publish(offset);
    }

    pub(super) fn sweep_regularly(&mut self, ctx: &mut Context<Self>) {
        if !std::mem::replace(&mut self.sweeping, true) {
            ctx.run_later(SWEEP, |act, ctx| {
                act.sweeping = false;
                act.sweep(ctx);
            });
        }
    }

    /// Cuts off viewers that have stopped: they neither acknowledge nor listen.
    fn sweep(&mut self, ctx: &mut Context<Self>) {
        let most_ms = self.settings.viewer_timeout.as_millis() as u64;
        let stuck = |viewer: &Viewer| {
            let excused = viewer.cell.excused.load(Ordering::Relaxed);
            let waiting = !excused && viewer.cell.outstanding.load(Ordering::Relaxed) > 0;
            let deaf = viewer.cell.unheard.load(Ordering::Acquire) > MAX_UNHEARD;
            deaf || (waiting && viewer.cell.ack_age_ms() > most_ms) || !viewer.to.connected()
        };
        let gone: Vec<ViewerId> = self.viewers.iter().filter(|v| stuck(v)).map(|v| v.id).collect();
        for id in &gone {
            if let Some(viewer) = self.viewers.iter().find(|viewer| viewer.id == *id) {
                tracing::info!(session = %self.id, viewer = id, "a viewer did not keep up and is cut off");
                viewer.tell(Fact::CutOff);
            }
            self.remove_viewer(*id);
        }
        let owner = self.owner.owner();
        self.forget_pollers();
        if !gone.is_empty() || owner != self.owner.owner() {
            self.apply_size(ctx);
        }
        if self.viewers.is_empty() && !self.has_polling_writers() {
            self.rest_unwatched();
        } else {
            self.sweep_regularly(ctx);
        }
    }

    /// An ended session that nobody watches needs no screen; it can be drawn again from the journal.
    pub(super) fn rest_unwatched(&mut self) {
        if self.viewers.is_empty() && !self.running() && self.exit.is_some() {
            self.screen = None;
        }
    }
}

impl Handler<Leave> for Session {
    type Result = ();

    fn handle(&mut self, message: Leave, ctx: &mut Self::Context) {
        self.remove_viewer(message.viewer);
        self.apply_size(ctx);
    }
}

impl Handler<Resize> for Session {
    type Result = ();

    fn handle(&mut self, message: Resize, ctx: &mut Self::Context) {
        let Size { rows, cols } = message.size;
        if self.running() && self.owner.resized(message.viewer, message.size) {
            tracing::debug!(session = %self.id, viewer = message.viewer, rows, cols, "resize");
            self.apply_size(ctx);
        }
    }
}

impl Handler<TakeSnapshot> for Session {
    type Result = ResponseActFuture<Self, SnapshotReply>;

    fn handle(&mut self, message: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        Box::pin(self.with_screen().map(move |(), act, _| {
            let snapshot = act.take_snapshot(message.viewer, message.most);
            act.rest_unwatched();
            SnapshotReply { snapshot, size: act.size, marks: act.feed.marks() }
        }))
    }
}

impl Handler<TakeDifference> for Session {
    type Result = Option<Snapshot>;

    fn handle(&mut self, message: TakeDifference, _: &mut Self::Context) -> Option<Snapshot> {
        self.take_difference(&message)
    }
}

impl Handler<Dismissed> for Session {
    type Result = ();

    fn handle(&mut self, _: Dismissed, _: &mut Self::Context) {
        for viewer in self.viewers.drain(..) {
            viewer.tell(Fact::Closed);
        }
    }
}
