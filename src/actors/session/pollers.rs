//! Clients without a link: they ask for output again and again.
//!
//! A caller that names the offset it has gets exactly what follows, however often it asks. For one that does not,
//! the session remembers how far it was, as long as the daemon lives; an answer that is lost on its way is lost to
//! such a caller.

use std::time::{Duration, Instant};

use actix::prelude::*;
use tokio::sync::oneshot;

use super::actor::Session;
use super::feed::Room;
use super::input::Queued;
use super::messages::{
    CallerId, CaughtUp, Poll, PollError, Polled, ResizeFor, ShuttingDown, Type, TypeError,
};
use crate::domain::recording::whole_text;
use crate::domain::size_owner::ViewerId;

/// Callers remembered; who was not heard for longest is forgotten first.
const MOST: usize = 64;
/// A caller that was not heard for so long does not own the size any more.
const GONE: Duration = Duration::from_secs(60);
/// What a caller that was never heard before gets of the past, in bytes at most.
const PAST: u64 = 1024 * 1024;
/// A caller's id as a viewer has this bit, links' have not.
const CALLER: ViewerId = 1 << 63;

/// What is remembered of a caller.
pub(super) struct Poller {
    caller: CallerId,
    cursor: Option<u64>,
    heard: Instant,
}

fn viewer_of(caller: CallerId) -> ViewerId {
    caller | CALLER
}

impl Session {
    fn poller(&mut self, caller: CallerId) -> &mut Poller {
        let known = self.pollers.iter().position(|poller| poller.caller == caller);
        let place = known.unwrap_or_else(|| {
            if self.pollers.len() >= MOST
                && let Some(oldest) = (0..MOST).min_by_key(|&place| self.pollers[place].heard)
            {
                let forgotten = self.pollers.swap_remove(oldest);
                self.owner.leave(viewer_of(forgotten.caller));
            }
            self.pollers.push(Poller { caller, cursor: None, heard: Instant::now() });
            self.pollers.len() - 1
        });
        let poller = &mut self.pollers[place];
        poller.heard = Instant::now();
        poller
    }

    /// Where a caller's output goes on that does not say so itself.
    fn cursor_of(&mut self, caller: CallerId) -> u64 {
        let (lowest, end) = (self.feed.lowest(), self.feed.published());
        let past = if self.running() { lowest } else { end.saturating_sub(PAST) };
        self.poller(caller).cursor.unwrap_or(past)
    }

    /// From now on the caller has everything before `offset`.
    pub(super) fn set_cursor(&mut self, caller: CallerId, offset: u64) {
        self.poller(caller).cursor = Some(offset);
    }

    /// Nobody who polls owns the size for ever.
    pub(super) fn forget_pollers(&mut self) {
        for poller in self.pollers.iter().filter(|poller| poller.heard.elapsed() > GONE) {
            self.owner.leave(viewer_of(poller.caller));
        }
    }

    /// Whether a caller that polls holds a place among the writers, and may lose it.
    pub(super) fn has_polling_writers(&self) -> bool {
        self.pollers.iter().any(|poller| self.owner.is_writer(viewer_of(poller.caller)))
    }

    /// Tells those who wait that there is news.
    pub(super) fn wake_pollers(&mut self) {
        for waiting in self.awaiting.drain(..) {
            let _ = waiting.send(());
        }
    }

    /// Whether there is nothing more to come that is worth waiting for.
    fn has_news(&self, after: u64) -> bool {
        self.feed.published() > after || self.exit.is_some() || self.shutting_down
    }

    /// Answers once there is news after `after`, or after `wait`.
    fn news(&mut self, after: u64, wait: Duration) -> ResponseActFuture<Self, ()> {
        if wait.is_zero() || self.has_news(after) {
            return Box::pin(actix::fut::ready(()));
        }
        let (tell, told) = oneshot::channel();
        self.awaiting.retain(|waiting| !waiting.is_closed());
        self.awaiting.push(tell);
        let deadline = Instant::now() + wait;
        let heard = tokio::time::timeout(wait, told).into_actor(self);
        Box::pin(heard.then(move |told, act, _| match told {
            Ok(_) => act.news(after, deadline.saturating_duration_since(Instant::now())),
            Err(_) => Box::pin(actix::fut::ready(())),
        }))
    }

    /// Output from `from`: out of the ring, or else out of the journal.
    fn read(&mut self, from: u64, most: usize) -> ResponseActFuture<Self, (u64, Vec<u8>)> {
        let end = self.feed.published();
        let mut bytes = Vec::new();
        if from >= end || self.feed.copy(from, end, most, &mut bytes).is_ok() {
            return Box::pin(actix::fut::ready((from, bytes)));
        }
        let (dir, id) = (self.files.join("journal"), self.id.clone());
        let reading = tokio::task::spawn_blocking(move || crate::os::journal::output(&dir, from, end, most));
        Box::pin(reading.into_actor(self).map(move |read, _, _| match read {
            Ok(Ok(piece)) => piece,
            Ok(Err(error)) => {
                tracing::warn!(session = %id, %error, "the journal could not be read");
                (end, Vec::new())
            }
            Err(_) => (end, Vec::new()),
        }))
    }

    fn polled(&mut self, asked: &Poll, from: u64, bytes: &[u8], warning: bool) -> Polled {
        let over = self.exit.is_some() && from + bytes.len() as u64 >= self.feed.published();
        let (output, taken) = whole_text(bytes, over);
        let offset = from + taken as u64;
        if asked.from.is_none() {
            self.set_cursor(asked.caller, offset);
        }
        let exited = self.exit.is_some() && offset >= self.feed.published();
        Polled {
            output,
            from,
            offset,
            exit: self.exit.clone().filter(|_| exited),
            timeout_warning: warning,
            shutting_down: self.shutting_down,
        }
    }
}

impl Handler<Poll> for Session {
    type Result = ResponseActFuture<Self, Result<Polled, PollError>>;

    fn handle(&mut self, asked: Poll, _: &mut Self::Context) -> Self::Result {
        let warning = self.attend();
        let from = asked.from.unwrap_or_else(|| self.cursor_of(asked.caller));
        let end = self.feed.ring().map_or(self.feed.published(), |ring| ring.head());
        if from > end {
            return Box::pin(actix::fut::ready(Err(PollError { from, end })));
        }
        let after = asked.after.unwrap_or(from);
        let answer = self.news(after, asked.wait).then(move |(), act, _| {
            // Another answer may have gone to the same caller meanwhile.
            let from = asked.from.unwrap_or_else(|| act.cursor_of(asked.caller));
            act.read(from, asked.most)
                .map(move |(from, bytes), act, _| Ok(act.polled(&asked, from, &bytes, warning)))
        });
        Box::pin(answer)
    }
}

impl Handler<Type> for Session {
    type Result = Result<u64, TypeError>;

    fn handle(&mut self, Type { caller, bytes }: Type, ctx: &mut Self::Context) -> Self::Result {
        if !self.running() {
            return Err(TypeError::Ended);
        }
        if self.is_task {
            return Err(TypeError::ReadOnly);
        }
        let room = Room::reserve(&self.feed, bytes.len()).ok_or(TypeError::Full)?;
        self.attend();
        self.poller(caller);
        let (viewer, owner) = (viewer_of(caller), self.owner.owner());
        if self.owner.typed(viewer) && owner != Some(viewer) {
            self.apply_size(ctx);
        }
        let before = self.feed.published();
        self.queue_input(Queued { bytes, room: Some(room), from: None }, ctx);
        Ok(before)
    }
}

impl Handler<CaughtUp> for Session {
    type Result = ();

    fn handle(&mut self, CaughtUp { caller, offset }: CaughtUp, _: &mut Self::Context) {
        self.attend();
        self.set_cursor(caller, offset);
    }
}

impl Handler<ResizeFor> for Session {
    type Result = ();

    fn handle(&mut self, ResizeFor { caller, size }: ResizeFor, ctx: &mut Self::Context) {
        self.attend();
        if !self.running() || self.is_task {
            return;
        }
        self.poller(caller);
        let viewer = viewer_of(caller);
        if !self.owner.is_writer(viewer) {
            self.owner.join(viewer, size);
        }
        self.owner.resized(viewer, size);
        self.apply_size(ctx);
        self.sweep_regularly(ctx);
    }
}

impl Handler<ShuttingDown> for Session {
    type Result = ();

    fn handle(&mut self, _: ShuttingDown, _: &mut Self::Context) {
        self.shutting_down = true;
        self.wake_pollers();
    }
}
