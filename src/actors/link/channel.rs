//! One session on a link: how far it was sent, and what waits.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::prelude::*;
use bytes::Bytes;

use crate::actors::session::{Feed, Session, ViewerCell};
use crate::domain::exit::Exit;
use crate::domain::frames::Mode;
use crate::domain::size::Size;
use crate::domain::size_owner::ViewerId;

/// Bytes behind which a client must be before a difference is thought of.
const SKIP: u64 = 16 * 1024;

/// A change of size that applies from `offset` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub offset: u64,
    pub size: Size,
    pub owner: bool,
}

pub(super) struct Channel {
    pub session_id: String,
    pub session: Addr<Session>,
    pub viewer: ViewerId,
    pub mode: Mode,
    pub feed: Arc<Feed>,
    pub cell: Arc<ViewerCell>,
    /// Offset after the last byte sent.
    pub sent: u64,
    /// Offset that the client has parsed.
    pub acked: u64,
    /// The offset at which the client was drawn a whole screen, if it takes differences from there.
    pub drawn: Option<u64>,
    pub differences: bool,
    /// Marks that were told; those still ahead of `sent` wait in `marks`.
    pub heard: u64,
    pub marks: VecDeque<Mark>,
    /// A snapshot was asked for.
    pub resyncing: bool,
    /// The client wants one of so many bytes, for the lines above the screen.
    pub wanted: Option<usize>,
    pub exit: Option<(u64, Exit)>,
    pub exit_told: bool,
    /// Input for which the session has no room.
    pub held: VecDeque<Bytes>,
}

impl Channel {
    /// Bytes that may be sent now, given the window; 0 while a mark is on its way, and until a screen that was drawn is
    /// acknowledged.
    pub fn allowance(&self, window: u64) -> u64 {
        let published = self.feed.published();
        let drawing = self.drawn == Some(self.sent) && self.acked < self.sent;
        if self.resyncing || drawing || self.feed.marks() != self.heard {
            return 0;
        }
        let until = self.marks.front().map_or(published, |mark| published.min(mark.offset));
        let open = window.saturating_sub(self.sent.saturating_sub(self.acked));
        until.saturating_sub(self.sent).min(open)
    }

    /// Whether what has changed since the screen that the client was drawn may be less than the bytes since then:
    /// it shows that screen, has said so, and is far behind.
    pub fn may_skip(&self) -> bool {
        let shows_it = self.drawn == Some(self.sent) && self.acked == self.sent;
        shows_it && !self.resyncing && self.feed.published() >= self.sent + SKIP
    }

    /// The next mark, if it applies here.
    pub fn due_mark(&mut self) -> Option<Mark> {
        self.marks.pop_front_if(|mark| mark.offset <= self.sent)
    }

    pub fn due_exit(&mut self) -> Option<Exit> {
        let (offset, exit) = self.exit.as_ref()?;
        if self.exit_told || self.sent < *offset {
            return None;
        }
        self.exit_told = true;
        Some(exit.clone())
    }

    /// Tells the session how much is outstanding.
    pub fn note_outstanding(&self) {
        let outstanding = self.sent.saturating_sub(self.acked);
        self.cell.outstanding.store(outstanding, std::sync::atomic::Ordering::Relaxed);
    }
}
