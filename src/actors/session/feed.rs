//! What a session and its viewers share, so that bytes never travel in messages.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use crate::os::input_pipe::InputPipe;
use crate::os::ring::{Overrun, Ring};

/// Input that may wait for one session's program, in bytes.
pub const MAX_INPUT: usize = 1024 * 1024;
/// Messages that may wait for one viewer before it is taken for stuck.
pub const MAX_UNHEARD: u32 = 64;

/// One session's output as its viewers see it, and the room left for its input.
///
/// The session is the only one that publishes; viewers pull on their own thread. `marks` counts the resizes
/// told to viewers: it grows before `published` does, so a viewer that sees new bytes also sees that a mark is
/// on its way and waits for it.
pub struct Feed {
    ring: Option<Ring>,
    published: AtomicU64,
    marks: AtomicU64,
    input: AtomicUsize,
}

impl Feed {
    /// A feed from the ring; or of a session that is over, where only snapshots are left.
    pub fn new(ring: Option<Ring>, published: u64) -> Feed {
        Feed {
            ring,
            published: AtomicU64::new(published),
            marks: AtomicU64::new(0),
            input: AtomicUsize::new(0),
        }
    }

    pub fn ring(&self) -> Option<&Ring> {
        self.ring.as_ref()
    }

    /// Offset up to which viewers may read.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    pub fn publish(&self, offset: u64) {
        self.published.fetch_max(offset, Ordering::Release);
    }

    pub fn marks(&self) -> u64 {
        self.marks.load(Ordering::Acquire)
    }

    pub fn add_mark(&self) {
        self.marks.fetch_add(1, Ordering::Release);
    }

    /// Copies from `offset`, at most `max` bytes and never past `end`.
    pub fn copy(&self, offset: u64, end: u64, max: usize, out: &mut Vec<u8>) -> Result<usize, Overrun> {
        match &self.ring {
            Some(ring) => ring.copy(offset, end, max, out),
            None if offset >= end => Ok(0),
            None => Err(Overrun(offset)),
        }
    }

    /// Lowest offset that [`Feed::copy`] can start from.
    pub fn lowest(&self) -> u64 {
        self.ring.as_ref().map_or_else(|| self.published(), Ring::lowest)
    }

    /// Bytes of input that wait for the program.
    pub fn input_waiting(&self) -> usize {
        self.input.load(Ordering::Acquire)
    }
}

/// Room for input, given back when dropped: in the queue, on the way there, or lost with a crash.
pub struct Room {
    feed: Arc<Feed>,
    bytes: usize,
}

impl Room {
    /// Room for `bytes`; `None` when the queue is full. Something always fits into an empty queue.
    pub fn reserve(feed: &Arc<Feed>, bytes: usize) -> Option<Room> {
        let fits = |waiting: usize| {
            let sum = waiting + bytes;
            (waiting == 0 || sum <= MAX_INPUT).then_some(sum)
        };
        feed.input.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).ok()?;
        Some(Room { feed: feed.clone(), bytes })
    }

    /// Gives back the room of bytes that were written.
    pub fn shrink(&mut self, written: usize) {
        let written = written.min(self.bytes);
        self.bytes -= written;
        self.feed.input.fetch_sub(written, Ordering::AcqRel);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// What a session and one of its viewers share.
pub struct ViewerCell {
    /// A wake-up is on its way.
    pub woken: AtomicBool,
    /// Messages sent to the viewer and not yet taken.
    pub unheard: AtomicU32,
    /// The viewer waits for room for its input.
    pub wants_room: AtomicBool,
    /// The link does not read its socket, so no acknowledgement can come.
    pub excused: AtomicBool,
    /// Bytes sent that are not acknowledged.
    pub outstanding: AtomicU64,
    /// When the last acknowledgement came, in milliseconds after `since`.
    acked_ms: AtomicU64,
    since: Instant,
}

impl ViewerCell {
    pub fn fresh() -> ViewerCell {
        ViewerCell {
            woken: AtomicBool::new(false),
            unheard: AtomicU32::new(0),
            wants_room: AtomicBool::new(false),
            excused: AtomicBool::new(false),
            outstanding: AtomicU64::new(0),
            acked_ms: AtomicU64::new(0),
            since: Instant::now(),
        }
    }

    pub fn acked_now(&self) {
        self.acked_ms.store(self.since.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// Milliseconds since the last acknowledgement (or since the viewer came).
    pub fn ack_age_ms(&self) -> u64 {
        let now = self.since.elapsed().as_millis() as u64;
        now.saturating_sub(self.acked_ms.load(Ordering::Relaxed))
    }
}

/// What a session's program runs on: held by the registry, so that it outlives a failed actor.
pub struct Body {
    pub pid: i32,
    pub pty: Arc<OwnedFd>,
    pub bell: Arc<OwnedFd>,
    /// The way of its input.
    pub pipe: InputPipe,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_comes_back() {
        let feed = Arc::new(Feed::new(None, 0));
        let mut first = Room::reserve(&feed, MAX_INPUT - 10).unwrap();
        assert!(Room::reserve(&feed, 11).is_none());
        let second = Room::reserve(&feed, 10).unwrap();
        first.shrink(100);
        assert_eq!(feed.input_waiting(), MAX_INPUT - 100);
        drop(first);
        drop(second);
        assert_eq!(feed.input_waiting(), 0);
        assert!(Room::reserve(&feed, 2 * MAX_INPUT).is_some(), "a large frame fits into an empty queue");
    }
}
