//! What the gateway holds: gives copies away and never waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use actix::prelude::*;
use bytes::Bytes;

use super::actor::Traces;
use super::messages::Overheard;
use crate::domain::gateway::{Finished, Wire};

/// Copies that are held at the same time, in bytes.
const MEMORY: u64 = 64 * 1024 * 1024;
/// Longest answer that is kept for reading, in bytes.
const ANSWER: usize = 4 * 1024 * 1024;

/// What is held, and what was given up.
#[derive(Debug, Default)]
pub(super) struct Room {
    held: AtomicU64,
    /// Calls that found no room.
    dropped: AtomicU64,
}

/// A part of the room; gives it back when it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    room: Arc<Room>,
    bytes: u64,
}

#[derive(Clone)]
pub struct Tap {
    actor: Addr<Traces>,
    room: Arc<Room>,
}

/// What is copied of one request and its answer.
pub struct Tape {
    tap: Tap,
    wire: Wire,
    share: Share,
    request: Option<Bytes>,
    answer: Option<Vec<u8>>,
    events: bool,
}

impl Room {
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Share {
    /// False: there is no room for more.
    fn grow(&mut self, more: usize) -> bool {
        let more = more as u64;
        if self.room.held.fetch_add(more, Ordering::Relaxed) + more > MEMORY {
            self.room.held.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.bytes += more;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Tap {
    pub(super) fn new(actor: Addr<Traces>, room: Arc<Room>) -> Tap {
        Tap { actor, room }
    }

    /// `None`: nothing of it would be understood.
    pub fn tape(&self, wire: Wire) -> Option<Tape> {
        let share = Share { room: self.room.clone(), bytes: 0 };
        let tape = Tape { tap: self.clone(), wire, share, request: None, answer: None, events: false };
        (wire != Wire::Other).then_some(tape)
    }
}

impl Tape {
    /// The request as the model gets it; shared, not copied.
    pub fn asked(&mut self, body: &Bytes) {
        self.request = self.share.grow(body.len()).then(|| body.clone());
    }

    /// The head of the answer is there. `events`: a stream of them follows.
    pub fn answering(&mut self, events: bool) {
        (self.answer, self.events) = (Some(Vec::new()), events);
    }

    /// A piece of the answer, as the agent gets it.
    pub fn passed(&mut self, bytes: &[u8]) {
        let Some(answer) = &mut self.answer else { return };
        if answer.len() + bytes.len() <= ANSWER && self.share.grow(bytes.len()) {
            answer.extend_from_slice(bytes);
        } else {
            self.answer = None;
        }
    }

    /// It is over. Where nobody has time for it, it is counted and forgotten.
    pub fn over(self, finished: Finished, trouble: Option<String>) {
        let Tape { tap, wire, share, request, answer, events } = self;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ended = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let overheard = Overheard { wire, finished, trouble, ended, request, answer, events, _share: share };
        if tap.actor.try_send(overheard).is_err() {
            tap.room.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
